"""Converting"""

from base64 import b64encode

from ..registry import function


@function("CStr(value)")
def cstr(value: str) -> str:
    """Return a number, a reference or a boolean as text. Null gives null (our assumption).

    Example: ``CStr(40017)`` → ``"40017"``
    Example: ``CStr(IsPresent([city]))`` → ``"True"``
    """
    return value


@function("CBool(expression)")
def cbool(expression: bool | None) -> bool:
    """Tell whether a value or a comparison is true: see IIF.

    Example: ``CBool([city] = [state])`` → ``False``
    Example: ``CBool(Count([proxyAddresses]))`` → ``True``
    """
    return bool(expression)


@function("ConvertToBase64(source)")
def convert_to_base64(source: str) -> str:
    """Return a text in base64, of its bytes in UTF-16LE. Null gives null (our assumption).

    Example: ``ConvertToBase64("Ada")`` → ``"QQBkAGEA"``
    """
    return b64encode(source.encode("utf-16-le", "surrogatepass")).decode("ascii")


@function("ConvertToUTF8Hex(source)")
def convert_to_utf8_hex(source: str) -> str:
    """Return the bytes of a text in UTF-8, in hexadecimal with capitals. Null gives null (our assumption).

    Example: ``ConvertToUTF8Hex("Zoë Q")`` → ``"5A6FC3AB2051"``
    """
    whole = source.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return whole.encode().hex().upper()


@function("BitAnd(value1, value2)")
def bit_and(value1: int, value2: int) -> int:
    """Keep the bits that both numbers have. Null gives null (our assumption).

    Example: ``BitAnd(&H2A, 253)`` → ``40``
    """
    return value1 & value2
