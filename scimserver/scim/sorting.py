"""The order of a list (RFC 7644 §3.4.2.3): what ``sortBy`` and ``sortOrder`` mean, and where a resource stands.

A resource without the value stands last in ascending and first in descending order; equal values keep the order of
creation in both, so that the order is total and a cursor can point into it. Texts are compared by code points, folded
unless the attribute is caseExact: the order in which ``gt`` and ``lt`` see them, and nobody's alphabet in particular.
"""

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

from ..errors import InvalidValue
from ..schema.attributes import COMMON, Attribute, ResourceType
from ..schema.instants import parse_instant
from . import names
from .filter import AttributePath
from .keys import fold
from .narrowing import is_foreign
from .reading import Reading, tolerant

MAX_TEXT = 256
"""Folded characters that are compared: the position of a cursor is bounded, and with it the cursor."""

SortKey = tuple[Any, ...]
"""What is compared, as JSON can hold it: ``(0, kind, value)``, with an instant's fraction behind its second, and
:data:`ABSENT`; ``()`` for all if unsorted."""
UNSORTED: SortKey = ()
ABSENT: SortKey = (1,)
_NUMBER, _INSTANT, _TEXT = range(3)
"""Kinds: types of resources may disagree about the type of an attribute, and a list has them all."""

Item = TypeVar("Item")


class Place(NamedTuple):
    """Where a resource stands in a list: by its key, then by resource type, then in order of creation."""

    key: SortKey
    type: int
    """Position among the resource types of the query."""
    seq: int


@dataclass(frozen=True, slots=True)
class Sort:
    """An order, for the resources of one type."""

    path: AttributePath
    descending: bool = False

    def key(self, resource: Mapping[str, Any], resource_type: ResourceType) -> SortKey:
        """Return what the resource, as it would be returned, is sorted by."""
        if is_foreign(self.path.attribute, resource_type):
            return ABSENT
        value = _chosen(resource_type.value(resource, self.path.attribute))
        if self.path.sub is not None:
            value = _chosen(value.get(self.path.sub.name)) if isinstance(value, Mapping) else None
        return _key_of(self.path.leaf, value)


def parse_sort(
    sort_by: str | None,
    sort_order: str | None,
    resource_type: ResourceType,
    others: Sequence[ResourceType] = (),
    reading: Reading | None = None,
) -> Sort | None:
    """Read ``sortBy`` and ``sortOrder``; None without ``sortBy``, which ``sortOrder`` alone does not change.

    A multi-valued attribute is sorted by its primary value, or else its first; a complex one by its ``value``.

    Raises:
        InvalidValue: the attribute is unknown or cannot be sorted by, or the order is neither of the two. RFC 7644
            table 9 has ``invalidValue`` for queries, and ``invalidPath`` for PATCH only.
    """
    if not sort_by:
        return None
    reading = reading or tolerant()
    order = (sort_order or "ascending").lower()
    if order not in ("ascending", "descending"):
        raise InvalidValue("`sortOrder` is neither `ascending` nor `descending`: send one of them, or leave it out.")
    try:
        found = names.resolve(sort_by, resource_type, reading, others)
        if isinstance(found, str):
            raise names.UnknownName(f"{found} names a whole schema; name one of its attributes behind a colon")
        path = names.implied_value(found, reading)
    except names.UnknownName as unknown:
        raise InvalidValue(f"invalid sortBy: {unknown}") from None
    _refuse_unsortable(path)
    return Sort(path, order == "descending")


def in_order(items: Sequence[Item], place: Callable[[Item], Place], *, descending: bool) -> list[Item]:
    """Return the items in the order of their places."""
    by_creation = sorted(items, key=lambda item: place(item)[1:])
    return sorted(by_creation, key=lambda item: place(item).key, reverse=descending)


def position(items: Sequence[Item], place: Callable[[Item], Place], cut: Place, *, descending: bool) -> int:
    """Return how many of the items, which are in order, stand before the cut."""
    return bisect_left(items, True, key=lambda item: not _precedes(place(item), cut, descending))


def _precedes(one: Place, other: Place, descending: bool) -> bool:
    if one.key != other.key:
        return (one.key < other.key) is not descending
    return one[1:] < other[1:]


def _refuse_unsortable(path: AttributePath) -> None:
    """Refuse what only output has, and what must not be found out by sorting."""
    if path.leaf.mutability == "writeOnly" or path.leaf.returned == "never":
        raise InvalidValue(f"invalid sortBy: {path} is never returned; sort by another attribute.")
    source = str(path).replace("$ref", "value") if path.leaf.name == "$ref" else None
    if path.attribute.schema == COMMON and str(path) == "meta.location":
        source = "id"
    if source:
        raise InvalidValue(f"invalid sortBy: {path} is made from {source} on output; sort by {source}.")


def _chosen(value: Any) -> Any:
    """Return the primary of several values, or else the first."""
    if not isinstance(value, list):
        return value
    primary = (element for element in value if isinstance(element, Mapping) and element.get("primary") is True)
    return next(primary, value[0] if value else None)


def _key_of(attribute: Attribute, value: Any) -> SortKey:
    if isinstance(value, bool | int | float):
        return (0, _NUMBER, value)
    if not isinstance(value, str) or not value:
        return ABSENT
    if attribute.type == "dateTime":
        instant = parse_instant(value)
        return (0, _INSTANT, instant.second, instant.fraction[:MAX_TEXT]) if instant else ABSENT
    return (0, _TEXT, fold(attribute, value)[:MAX_TEXT])
