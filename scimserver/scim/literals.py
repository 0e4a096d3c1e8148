"""Give the value of a comparison the type of its attribute (RFC 7644 §3.4.2.2), or refuse it."""

import json
import math
import re

from ..schema.attributes import Attribute
from ..schema.instants import parse_instant
from .filter import Literal_
from .lexer import Token
from .quirks import filters as quirks
from .reading import Reading

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_LITERALS = frozenset({"true", "false", "null"})
_TEXTUAL = frozenset({"co", "sw", "ew"})
_ORDERING = frozenset({"gt", "ge", "lt", "le"})
_QUOTES = ("'", "`", "‘", "’", "“", "”", "„", "«", "»")


class BadLiteral(Exception):
    """The operator or the value does not suit the attribute; the message says the rule and the cure."""


def bind(attribute: Attribute, operator: str, token: Token, place: str, reading: Reading) -> Literal_:
    """Return the token's value in the attribute's type; a dateTime becomes an instant.

    The literals of a filter are those of JSON (RFC 7644 figure 1); ``place`` is the attribute's path, for the reading.
    Raises :class:`BadLiteral`.
    """
    _check_operator(attribute, operator)
    word = token.text
    if token.kind == "word" and reading.excuses(quirks.literal_letter_case, place, token):
        word = token.keyword
    if token.kind == "word" and word == "null":
        if operator not in ("eq", "ne"):
            raise BadLiteral("null can only be compared with eq or ne; use pr to ask for a value")
        return None
    if attribute.type in ("boolean", "integer", "decimal"):
        quoted = token.kind == "string"
        if quoted and not reading.excuses(quirks.literal_as_string, place, attribute, token):
            word = ""
        return _boolean(word.lower() if quoted else word) if attribute.type == "boolean" else _number(attribute, word)
    text = _text(operator, token, place, reading)
    if attribute.type != "dateTime":
        return text
    # A dateTime has no letter case (RFC 7643 §2.3.5).
    instant = parse_instant(text.upper())
    if instant is None:
        raise BadLiteral('a date and time is expected, such as "2031-02-03T09:15:00Z"')
    return instant


def _check_operator(attribute: Attribute, operator: str) -> None:
    kind = attribute.type
    if operator in _ORDERING and kind in ("boolean", "binary"):
        raise BadLiteral(f"{kind} values have no order; use eq, ne or pr")
    if operator in _TEXTUAL and kind in ("boolean", "integer", "decimal", "dateTime"):
        cure = "eq, ne or pr" if kind == "boolean" else "eq, ne, gt, ge, lt, le or pr"
        raise BadLiteral(f"{kind} values have no parts to search in; use {cure}")


def _boolean(word: str) -> bool:
    if word in ("true", "false"):
        return word == "true"
    raise BadLiteral("true or false is expected")


def _number(attribute: Attribute, word: str) -> int | float:
    if _NUMBER.fullmatch(word):
        value: int | float = json.loads(word)
        if isinstance(value, int) or math.isfinite(value):
            return value
    raise BadLiteral("a whole number is expected" if attribute.type == "integer" else "a number is expected")


def _text(operator: str, token: Token, place: str, reading: Reading) -> str:
    if token.kind == "string":
        return token.text
    if token.text.startswith(_QUOTES):
        raise BadLiteral('strings stand between double quotes: "…"')
    if reading.excuses(quirks.unquoted_value, place, operator, token):
        return token.text
    if token.keyword in _LITERALS or _NUMBER.fullmatch(token.text):
        raise BadLiteral('a string is expected; put the value between double quotes: "…"')
    raise BadLiteral('put the value between double quotes: "…"')
