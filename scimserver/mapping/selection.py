"""The filter between the brackets of ``emails[type eq "work"].value``, read without a schema.

The tree is that of :mod:`scimserver.scim.filter`, evaluated by :func:`scimserver.scim.match.element_matches`: the same
rules as in a request, but for what only a schema could tell. Texts compare whatever their letter case.
"""

import json
import re
from collections.abc import Mapping
from typing import Any, cast

from ..schema.attributes import Attribute, AttributeType
from ..scim.filter import (
    And,
    AttributePath,
    Comparison,
    Filter,
    Literal_,
    Not,
    Operator,
    Or,
    Present,
    conjunction,
    disjunction,
)
from ..scim.lexer import LexicalError, Token, tokenize
from ..scim.match import element_matches

MAX_DEPTH = 16
"""Deepest nesting of brackets."""
_OPERATORS = frozenset({"eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"})
_ORDERING = frozenset({"gt", "ge", "lt", "le"})
_NAME = re.compile(r"\$?[A-Za-z][A-Za-z0-9_-]*")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,18})(?:\.[0-9]{1,19})?")
_KINDS: Mapping[type, AttributeType] = {bool: "boolean", int: "decimal", float: "decimal"}
_WORDS: Mapping[str, Any] = {"true": True, "false": False, "null": None}


class BadPath(Exception):
    """The name between the brackets of an expression is no path; the text says why."""


def read_filter(text: str) -> Filter:
    """Read a filter on the elements of an attribute. Raises :class:`BadPath`."""
    try:
        return _Reader(tokenize(text)).whole()
    except LexicalError as error:
        raise BadPath(f"its filter cannot be read: {error}") from None


def selects(condition: Filter, element: Any) -> bool:
    """Tell whether one element of an attribute satisfies the filter."""
    held = element if isinstance(element, Mapping) else {"value": element}
    return element_matches(condition, {name.lower(): value for name, value in held.items()})


def names_in(condition: Filter) -> frozenset[str]:
    """Return the sub-attributes that a filter names, in lower case."""
    match condition:
        case And(terms) | Or(terms):
            return frozenset[str]().union(*map(names_in, terms))
        case Not(term):
            return names_in(term)
        case Present(path) | Comparison(path):
            return frozenset({path.attribute.name})
    return frozenset()


class _Reader:
    """Descends from ``or`` to the single comparison, as deep as brackets go."""

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._next = 0

    def whole(self) -> Filter:
        condition = self._any(0)
        if self._peek.kind != "end":
            raise self._expected("and, or, or the end of the filter")
        return condition

    @property
    def _peek(self) -> Token:
        return self._tokens[self._next]

    def _take(self) -> Token:
        self._next += 1
        return self._tokens[self._next - 1]

    def _any(self, depth: int) -> Filter:
        terms = [self._all(depth)]
        while self._peek.keyword == "or":
            self._take()
            terms.append(self._all(depth))
        return disjunction(*terms)

    def _all(self, depth: int) -> Filter:
        terms = [self._one(depth)]
        while self._peek.keyword == "and":
            self._take()
            terms.append(self._one(depth))
        return conjunction(*terms)

    def _one(self, depth: int) -> Filter:
        negated = self._peek.keyword == "not"
        if negated:
            self._take()
        if self._peek.kind == "(":
            if depth == MAX_DEPTH:
                raise BadPath(f"its filter is nested more than {MAX_DEPTH} levels deep")
            self._take()
            term = self._any(depth + 1)
            if self._take().kind != ")":
                raise BadPath("a ( in its filter is not closed")
            return Not(term) if negated else term
        if negated:
            raise self._expected("( behind not")
        return self._comparison()

    def _comparison(self) -> Filter:
        name = self._peek
        if name.kind != "word" or not _NAME.fullmatch(name.text):
            raise self._expected("the name of a sub-attribute, such as type")
        self._take()
        operator = self._peek.keyword
        if operator == "pr":
            self._take()
            return Present(_path(name, None))
        if operator not in _OPERATORS:
            raise self._expected(f"an operator behind {name.text}, such as eq")
        self._take()
        value = self._literal(operator)
        return Comparison(_path(name, value), cast(Operator, operator), value)

    def _literal(self, operator: str) -> Literal_:
        token = self._peek
        if token.kind == "string":
            self._take()
            return token.text
        if token.keyword in _WORDS and operator in ("eq", "ne"):
            self._take()
            return cast(Literal_, _WORDS[token.keyword])
        if token.kind == "word" and _NUMBER.fullmatch(token.text) and operator in _ORDERING | {"eq", "ne"}:
            self._take()
            return cast(Literal_, json.loads(token.text))
        raise self._expected(f"a text in double quotes behind {operator}, or a value that {operator} can compare")

    def _expected(self, what: str) -> BadPath:
        at = f"before character {self._peek.position + 1} of it" if self._peek.kind != "end" else "at its end"
        return BadPath(f"its filter cannot be read: {what} is expected {at}")


def _path(name: Token, value: Literal_) -> AttributePath:
    # Names are compared in lower case; a boolean is told by what it is compared with, and `primary` is always one.
    lowered = name.text.lower()
    kind = "boolean" if lowered == "primary" else _KINDS.get(type(value), "string")
    return AttributePath(Attribute(lowered, kind, ""))
