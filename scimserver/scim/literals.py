"""Give the value of a comparison the type of its attribute (RFC 7644 §3.4.2.2), or refuse it."""

import json
import math
import re

from ..schema.attributes import Attribute
from ..schema.instants import parse_instant
from .filter import Literal_
from .lexer import Token

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_LITERALS = frozenset({"true", "false", "null"})
_TEXTUAL = frozenset({"co", "sw", "ew"})
_ORDERING = frozenset({"gt", "ge", "lt", "le"})
_QUOTES = ("'", "`", "‘", "’", "“", "”", "„", "«", "»")


class BadLiteral(Exception):
    """The operator or the value does not suit the attribute; the message says the rule and the cure."""


def bind(attribute: Attribute, operator: str, token: Token, *, bare_ok: bool, tolerant: bool) -> Literal_:
    """Return the token's value in the attribute's type; a dateTime becomes an instant.

    ``bare_ok`` takes a word without quotes as a string, ``tolerant`` takes ``"True"`` and ``"5"`` in quotes
    for booleans and numbers, and ``True`` for ``true``: the literals of a filter are those of JSON, which has them in
    lower case only (RFC 7644 figure 1). Raises :class:`BadLiteral`.
    """
    _check_operator(attribute, operator)
    if token.keyword == "null" and (tolerant or token.text == "null"):
        if operator not in ("eq", "ne"):
            raise BadLiteral("null can only be compared with eq or ne; use pr to ask for a value")
        return None
    match attribute.type:
        case "boolean":
            return _boolean(token, tolerant)
        case "integer" | "decimal":
            return _number(attribute, token, tolerant)
        case "dateTime":
            # A dateTime has no letter case (RFC 7643 §2.3.5).
            instant = parse_instant(_text(token, bare_ok).upper())
            if instant is None:
                raise BadLiteral('a date and time is expected, such as "2031-02-03T09:15:00Z"')
            return instant
        case _:
            return _text(token, bare_ok)


def _check_operator(attribute: Attribute, operator: str) -> None:
    kind = attribute.type
    if operator in _ORDERING and kind in ("boolean", "binary"):
        raise BadLiteral(f"{kind} values have no order; use eq, ne or pr")
    if operator in _TEXTUAL and kind in ("boolean", "integer", "decimal", "dateTime"):
        cure = "eq, ne or pr" if kind == "boolean" else "eq, ne, gt, ge, lt, le or pr"
        raise BadLiteral(f"{kind} values have no parts to search in; use {cure}")


def _boolean(token: Token, tolerant: bool) -> bool:
    text = token.text.lower() if tolerant else token.text
    if text in ("true", "false") and (token.kind == "word" or tolerant):
        # Entra writes roles[primary eq "True"]: idp-clients §11 row 24.
        return text == "true"
    raise BadLiteral("true or false is expected")


def _number(attribute: Attribute, token: Token, tolerant: bool) -> int | float:
    if (token.kind == "word" or tolerant) and _NUMBER.fullmatch(token.text):
        value: int | float = json.loads(token.text)
        if isinstance(value, int) or math.isfinite(value):
            return value
    raise BadLiteral("a whole number is expected" if attribute.type == "integer" else "a number is expected")


def _text(token: Token, bare_ok: bool) -> str:
    if token.kind == "string":
        return token.text
    if token.text.startswith(_QUOTES):
        raise BadLiteral('strings stand between double quotes: "…"')
    if bare_ok:
        return token.text
    if token.keyword in _LITERALS or _NUMBER.fullmatch(token.text):
        raise BadLiteral('a string is expected; put the value between double quotes: "…"')
    raise BadLiteral('put the value between double quotes: "…"')
