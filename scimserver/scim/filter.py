"""The filter tree (RFC 7644 §3.4.2.2): what the parser makes and both evaluators read.

A tree is *bound*: names are resolved to :class:`~scimserver.schema.attributes.Attribute` and values have the
attribute's type. ``str(tree)`` prints the canonical text; parsing that text gives an equal tree.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from ..schema.attributes import Attribute

Operator = Literal["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"]
Literal_ = str | bool | int | float | datetime | None


@dataclass(frozen=True, slots=True)
class AttributePath:
    """An attribute or one of its sub-attributes: ``userName``, ``name.familyName``, ``urn:…:User:manager.value``.

    Inside a value path the attribute is the sub-attribute itself (``type`` in ``emails[type eq "work"]``) and ``sub`` is None.
    """

    attribute: Attribute
    sub: Attribute | None = None

    @property
    def leaf(self) -> Attribute:
        """The attribute whose type and caseExact decide the comparison."""
        return self.sub or self.attribute


@dataclass(frozen=True, slots=True)
class Comparison:
    """``path op value``; a dateTime value is an aware datetime, otherwise as JSON gives it."""

    path: AttributePath
    operator: Operator
    value: Literal_


@dataclass(frozen=True, slots=True)
class Present:
    """``path pr``: has a non-empty value."""

    path: AttributePath


@dataclass(frozen=True, slots=True)
class Not:
    """``not (term)``."""

    term: "Filter"


@dataclass(frozen=True, slots=True)
class And:
    """Two or more terms joined by ``and``."""

    terms: tuple["Filter", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Two or more terms joined by ``or``."""

    terms: tuple["Filter", ...]


@dataclass(frozen=True, slots=True)
class ValuePath:
    """``emails[inner]``, optionally with a comparison on one sub-attribute of the same element behind it.

    ``emails[type eq "work"].value eq "x"`` is kept as one node: *the same element* must satisfy both, so the
    parser folds the outer comparison into ``inner``.
    """

    attribute: Attribute
    inner: "Filter"


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
