"""Reading a JSON body, with limits."""

from typing import Any

import orjson

from ..errors import InvalidSyntax, InvalidValue, PayloadTooLarge

_INT64 = 1 << 63


def too_large(limit: int) -> PayloadTooLarge:
    """Return the refusal of a body that is longer than ``limit`` bytes."""
    return PayloadTooLarge(f"The body is larger than {limit} bytes: send fewer members or values in one request.")


def decode_json(body: bytes, max_depth: int) -> Any:
    """Parse a body; its nesting is at most ``max_depth`` levels and its integers fit 64 bits (BSON has no larger).

    Raises:
        InvalidSyntax: not JSON, or nested too deeply.
        InvalidValue: an integer too large to store.
    """
    if not body.strip():
        raise InvalidSyntax("The request has no body: send a JSON object.")
    try:
        document = orjson.loads(body.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError as error:
        raise InvalidSyntax(
            f"The body is not valid JSON: {error.msg} (line {error.lineno}, column {error.colno}). "
            "Send one JSON document in UTF-8."
        ) from None
    _check_depth_and_numbers(document, max_depth)
    return document


def _check_depth_and_numbers(document: Any, max_depth: int) -> None:
    level, depth = [document], 0
    while level:
        below: list[Any] = []
        for value in level:
            if isinstance(value, dict):
                below.extend(value.values())
            elif isinstance(value, list):
                below.extend(value)
            elif isinstance(value, int) and not -_INT64 <= value < _INT64:
                raise InvalidValue(f"The number {value} does not fit 64 bits: send it as a string or make it smaller.")
        if any(isinstance(value, dict | list) for value in level):
            depth += 1
        if depth > max_depth:
            raise InvalidSyntax(f"The JSON is nested more than {max_depth} levels deep: flatten it.")
        level = below
