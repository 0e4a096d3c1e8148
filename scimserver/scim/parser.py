"""Read filters (RFC 7644 §3.4.2.2) and PATCH paths (§3.5.2, figure 7) into bound trees.

Limits: 4 KiB of text, 100 comparisons, 32 levels of parentheses and brackets. What identity providers write beyond the
grammar is read as the :class:`~scimserver.scim.reading.Reading` allows (see :mod:`.quirks.filters`).
"""

from collections.abc import Sequence
from contextlib import suppress
from typing import NoReturn, cast, get_args

from ..errors import InvalidFilter, InvalidPath
from ..schema.attributes import Attribute, ResourceType
from . import lexer, names
from .filter import (
    AttributePath,
    Comparison,
    Filter,
    Literal_,
    Not,
    Operator,
    PatchPath,
    Present,
    ValuePath,
    conjunction,
    disjunction,
)
from .lexer import Token, TokenKind
from .literals import BadLiteral, bind
from .quirks.filters import value_path_compared
from .reading import Reading, tolerant
from .values import sub_attribute

MAX_TERMS = 100
MAX_DEPTH = 32

_OPERATORS = frozenset(get_args(Operator))
_RESERVED = _OPERATORS | {"pr", "and", "or", "not"}


def parse_filter(
    text: str, resource_type: ResourceType, reading: Reading | None = None, others: Sequence[ResourceType] = ()
) -> Filter:
    """Parse the ``filter`` of a query on this resource type.

    ``others`` are the further types of a query over several: an attribute that only they have may be named too.
    Raises :class:`~scimserver.errors.InvalidFilter`; its text names the attribute, the rule and the place.
    """
    try:
        parser = _Parser(text, resource_type, reading or tolerant(), others)
        return parser.filter()
    except _Refused as refused:
        raise InvalidFilter(refused.describe("filter", text)) from None


def parse_path(text: str, resource_type: ResourceType, reading: Reading | None = None) -> PatchPath:
    """Parse the ``path`` of a PATCH operation on this resource type.

    Raises :class:`~scimserver.errors.InvalidPath`; its text names the attribute, the rule and the place.
    """
    try:
        parser = _Parser(text, resource_type, reading or tolerant())
        return parser.path()
    except _Refused as refused:
        raise InvalidPath(refused.describe("path", text)) from None


class _Refused(Exception):
    def __init__(self, message: str, position: int) -> None:
        super().__init__(message)
        self.position = position

    def describe(self, what: str, text: str) -> str:
        # People count from 1.
        return f"invalid {what}: {self} (at position {self.position + 1}: {lexer.excerpt(text, self.position)})"


class _Parser:
    """Recursive descent over the tokens; ``scope`` is the attribute whose brackets we are in."""

    def __init__(
        self, text: str, resource_type: ResourceType, reading: Reading, others: Sequence[ResourceType] = ()
    ) -> None:
        try:
            self._tokens = lexer.tokenize(text)
        except lexer.LexicalError as error:
            raise _Refused(str(error), error.position) from None
        self._next = 0
        self._resource_type = resource_type
        self._others = others
        self._reading = reading
        self._terms = 0
        self._depth = 0

    def filter(self) -> Filter:
        if self._peek().kind == "end":
            self._refuse('it is empty; write a comparison such as userName eq "…"')
        tree = self._or(None)
        self._expect_end()
        return tree

    def path(self) -> PatchPath:
        token = self._peek()
        target = self._resolve(self._word("an attribute name"))
        if isinstance(target, str):
            self._expect_end()
            if not self._resource_type.extension(target):
                self._refuse(f"{target} is the resource's own schema; leave the path out or name an attribute", token)
            return PatchPath(None, extension=target)
        value_filter, sub = None, target.sub
        if self._peek().kind == "[":
            value_filter = self._brackets(target, token)
            sub = self._sub_after_brackets(target.attribute)
        self._expect_end()
        return PatchPath(target.attribute, value_filter, sub)

    def _or(self, scope: Attribute | None) -> Filter:
        terms = [self._and(scope)]
        while self._accept_keyword("or"):
            terms.append(self._and(scope))
        return disjunction(*terms)

    def _and(self, scope: Attribute | None) -> Filter:
        terms = [self._term(scope)]
        while self._accept_keyword("and"):
            terms.append(self._term(scope))
        return conjunction(*terms)

    def _term(self, scope: Attribute | None) -> Filter:
        if self._peek().kind == "(":
            return self._group(scope)
        if self._peek().keyword == "not":
            self._take()
            if self._peek().kind != "(":
                self._refuse('"not" negates a group; put the comparison between parentheses: not (…)')
            return Not(self._group(scope))
        return self._attribute_term(scope)

    def _group(self, scope: Attribute | None) -> Filter:
        self._take()
        self._descend(1)
        tree = self._or(scope)
        self._close(")", "a parenthesis")
        self._depth -= 1
        return tree

    def _attribute_term(self, scope: Attribute | None) -> Filter:
        token = self._word("an attribute name")
        path = self._path_of(token, scope)
        if scope is None and self._peek().kind == "[":
            return self._value_path(self._selectable(path, token), token)
        return self._comparison(path, token)

    def _selectable(self, path: AttributePath, token: Token) -> AttributePath:
        """Return the path; or that of another type, if types of a query disagree and it is simple in this one only."""
        if not _is_selectable(path):
            for other in self._others:
                with suppress(names.UnknownName):
                    found = names.resolve(token.text, other, self._reading)
                    if isinstance(found, AttributePath) and _is_selectable(found):
                        return found
        return path

    def _value_path(self, path: AttributePath, token: Token) -> Filter:
        inner = self._brackets(path, token)
        sub = self._sub_after_brackets(path.attribute)
        if sub is None and self._peek().keyword in _OPERATORS:
            sub = sub_attribute(path.attribute, "value")
            if sub is None or not self._reading.excuses(value_path_compared, str(path), path.attribute):
                self._refuse(f"{path}[…] is no value to compare; name a sub-attribute behind the bracket")
        if sub is not None:
            inner = conjunction(inner, self._comparison(AttributePath(sub), token))
        return ValuePath(path.attribute, inner, path.urn)

    def _brackets(self, path: AttributePath, token: Token) -> Filter:
        if path.sub is not None:
            self._refuse(f"a filter in brackets belongs behind {path.attribute.name}, not behind {path}", token)
        if not _is_selectable(path):
            self._refuse(
                f"{path} has a single simple value, of which nothing can be selected; leave the brackets out", token
            )
        self._take()
        # Two levels: folding a comparison behind the bracket into it may need a pair of parentheses to print.
        self._descend(2)
        inner = self._or(path.attribute)
        self._close("]", "a bracket")
        self._depth -= 2
        return inner

    def _sub_after_brackets(self, attribute: Attribute) -> Attribute | None:
        token = self._peek()
        if not token.text.startswith(".") or token.kind != "word":
            return None
        self._take()
        return self._sub(token.text[1:], attribute, token)

    def _comparison(self, path: AttributePath, token: Token) -> Filter:
        self._terms += 1
        if self._terms > MAX_TERMS:
            self._refuse(f"more than {MAX_TERMS} comparisons; split the query", token)
        if path.leaf.mutability == "writeOnly" or path.leaf.returned == "never":
            self._refuse(f"{path} is never returned and cannot be filtered on; leave it out", token)
        if path.leaf.name == "$ref":
            # Computed on output from the server's address and never stored: no comparison could be true.
            cure = str(path).replace("$ref", "value")
            self._refuse(f"{path} is made from {cure} on output and cannot be filtered on; use {cure}", token)
        operator = self._peek()
        if operator.keyword == "pr":
            self._take()
            return Present(path)
        if operator.keyword not in _OPERATORS:
            self._refuse(f"an operator is expected behind {path}: pr, or one of eq ne co sw ew gt ge lt le and a value")
        self._take()
        try:
            path = names.implied_value(path, self._reading)
        except names.UnknownName as unknown:
            self._refuse(str(unknown), token)
        return Comparison(path, cast(Operator, operator.keyword), self._value(path, operator.keyword))

    def _value(self, path: AttributePath, operator: str) -> Literal_:
        token = self._peek()
        if token.kind not in ("string", "word") or token.keyword in _RESERVED:
            self._refuse(f'a value is missing behind {path} {operator}; write it between double quotes: "…"')
        self._take()
        try:
            return bind(path.leaf, operator, token, str(path), self._reading)
        except BadLiteral as bad:
            self._refuse(f"{path} {operator}: {bad}", token)

    def _path_of(self, token: Token, scope: Attribute | None) -> AttributePath:
        if scope is not None:
            return AttributePath(self._sub(token.text, scope, token))
        target = self._resolve(token)
        if isinstance(target, str):
            self._refuse(f"{target} names a whole schema; name one of its attributes behind a colon", token)
        return target

    def _resolve(self, token: Token) -> AttributePath | str:
        try:
            return names.resolve(token.text, self._resource_type, self._reading, self._others)
        except names.UnknownName as unknown:
            self._refuse(str(unknown), token)

    def _sub(self, name: str, attribute: Attribute, token: Token) -> Attribute:
        try:
            return names.resolve_sub(name, attribute, self._resource_type, self._reading, self._others)
        except names.UnknownName as unknown:
            self._refuse(str(unknown), token)

    def _descend(self, levels: int) -> None:
        self._depth += levels
        if self._depth > MAX_DEPTH:
            self._refuse(f"nested more than {MAX_DEPTH} levels deep; a bracket counts as two")

    def _peek(self) -> Token:
        return self._tokens[self._next]

    def _take(self) -> Token:
        token = self._tokens[self._next]
        self._next += 1
        return token

    def _accept_keyword(self, keyword: str) -> bool:
        if self._peek().keyword != keyword:
            return False
        self._take()
        return True

    def _word(self, what: str) -> Token:
        token = self._peek()
        if token.kind != "word" or token.keyword in _RESERVED:
            self._refuse(f"{what} is expected here")
        return self._take()

    def _close(self, kind: TokenKind, what: str) -> None:
        if self._peek().kind != kind:
            self._refuse(f'{what} is not closed; "and", "or" or "{kind}" is expected here')
        self._take()

    def _expect_end(self) -> None:
        if self._peek().kind != "end":
            self._refuse(
                'the end, "and" or "or" is expected here; put a value that contains spaces between double quotes'
            )

    def _refuse(self, message: str, token: Token | None = None) -> NoReturn:
        raise _Refused(message, (token or self._peek()).position)


def _is_selectable(path: AttributePath) -> bool:
    """Tell whether a filter in brackets can select something of the attribute."""
    return path.attribute.type == "complex" or path.attribute.multi_valued
