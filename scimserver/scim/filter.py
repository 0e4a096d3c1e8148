"""The filter tree (RFC 7644 §3.4.2.2): what the parser makes and both evaluators read.

A tree is *bound*: names are resolved to :class:`~scimserver.schema.attributes.Attribute` and values have the
attribute's type. ``str(tree)`` prints the canonical text; parsing that text gives an equal tree.
"""

import json
from dataclasses import dataclass
from typing import Literal

from ..schema.attributes import Attribute
from ..schema.instants import Instant

Operator = Literal["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"]
Literal_ = str | bool | int | float | Instant | None


@dataclass(frozen=True, slots=True)
class AttributePath:
    """An attribute or one of its sub-attributes: ``userName``, ``name.familyName``, ``urn:…:User:manager.value``.

    Inside a value path the attribute is the sub-attribute itself (``type`` in ``emails[type eq "work"]``) and ``sub``
    is None.
    """

    attribute: Attribute
    sub: Attribute | None = None
    urn: str | None = None
    """URN of the extension that holds the attribute; None for common and core attributes and inside a value path."""

    @property
    def leaf(self) -> Attribute:
        """The attribute whose type and caseExact decide the comparison."""
        return self.sub or self.attribute

    def __str__(self) -> str:
        prefix = f"{self.urn}:" if self.urn else ""
        suffix = f".{self.sub.name}" if self.sub else ""
        return f"{prefix}{self.attribute.name}{suffix}"


@dataclass(frozen=True, slots=True)
class Comparison:
    """``path op value``; a dateTime value is an :class:`Instant`, otherwise as JSON gives it."""

    path: AttributePath
    operator: Operator
    value: Literal_

    def __str__(self) -> str:
        literal = str(self.value) if isinstance(self.value, Instant) else self.value
        return f"{self.path} {self.operator} {json.dumps(literal, ensure_ascii=False)}"


@dataclass(frozen=True, slots=True)
class Present:
    """``path pr``: has a non-empty value."""

    path: AttributePath

    def __str__(self) -> str:
        return f"{self.path} pr"


@dataclass(frozen=True, slots=True)
class Not:
    """``not (term)``."""

    term: "Filter"

    def __str__(self) -> str:
        return f"not ({self.term})"


@dataclass(frozen=True, slots=True)
class And:
    """Two or more terms joined by ``and``; none of them is itself an :class:`And` (see :func:`conjunction`)."""

    terms: tuple["Filter", ...]

    def __str__(self) -> str:
        return " and ".join(f"({term})" if isinstance(term, Or) else str(term) for term in self.terms)


@dataclass(frozen=True, slots=True)
class Or:
    """Two or more terms joined by ``or``; none of them is itself an :class:`Or` (see :func:`disjunction`)."""

    terms: tuple["Filter", ...]

    def __str__(self) -> str:
        return " or ".join(str(term) for term in self.terms)


@dataclass(frozen=True, slots=True)
class ValuePath:
    """``emails[inner]``, optionally with a comparison on one sub-attribute of the same element behind it.

    ``emails[type eq "work"].value eq "x"`` is kept as one node: *the same element* must satisfy both, so the
    parser folds the outer comparison into ``inner`` and it prints as ``emails[type eq "work" and value eq "x"]``.
    """

    attribute: Attribute
    inner: "Filter"
    urn: str | None = None
    """URN of the extension that holds the attribute; None for common and core attributes."""

    def __str__(self) -> str:
        prefix = f"{self.urn}:" if self.urn else ""
        return f"{prefix}{self.attribute.name}[{self.inner}]"


Filter = Comparison | Present | Not | And | Or | ValuePath


@dataclass(frozen=True, slots=True)
class PatchPath:
    """The target of a PATCH operation (RFC 7644 §3.5.2, figure 7).

    ``attribute`` is None only where the path names a whole extension (``urn:…:User``); then ``extension`` is its URN.
    """

    attribute: Attribute | None
    value_filter: Filter | None = None
    sub: Attribute | None = None
    extension: str | None = None


def conjunction(*terms: Filter) -> Filter:
    """Join terms with ``and``; a term that is an :class:`And` gives its own terms instead, one term stays itself."""
    flat = tuple(part for term in terms for part in (term.terms if isinstance(term, And) else (term,)))
    return flat[0] if len(flat) == 1 else And(flat)


def disjunction(*terms: Filter) -> Filter:
    """Join terms with ``or``; a term that is an :class:`Or` gives its own terms instead, one term stays itself."""
    flat = tuple(part for term in terms for part in (term.terms if isinstance(term, Or) else (term,)))
    return flat[0] if len(flat) == 1 else Or(flat)
