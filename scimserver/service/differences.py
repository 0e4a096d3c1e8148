"""In what two documents differ, by paths; types count, as they do in the database: 1, 1.0, true and "1" are four."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from .representation import timestamp

_KINDS = (bool, int, float, str, datetime, Mapping, list)
"""A boolean is an integer to Python; the driver's integers and dates are of classes of its own."""
_ABSENT = object()


@dataclass(frozen=True, slots=True)
class Difference:
    """What was added, changed and removed; false if nothing was."""

    added: Mapping[str, Any] = field(default_factory=dict)
    """Path → value."""
    changed: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)
    """Path → value before and after."""
    removed: Mapping[str, Any] = field(default_factory=dict)
    """Path → value that was there."""

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed)

    def to_json(self) -> dict[str, Any]:
        """Return the form that commands and the admin API give out."""
        return {
            "added": json_value(self.added),
            "changed": {p: {"before": json_value(b), "after": json_value(a)} for p, (b, a) in self.changed.items()},
            "removed": json_value(self.removed),
        }


def difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> Difference:
    """Compare two documents.

    A path is made of names and, below lists of equal length, of positions: ``tags[1]``, ``address.city``,
    ``urn:…:User:department``. Lists of different length differ as a whole; the order of names says nothing.
    """
    added: dict[str, Any] = {}
    changed: dict[str, tuple[Any, Any]] = {}
    removed: dict[str, Any] = {}
    for path, old, new in _walk(before, after, ""):
        if old is _ABSENT:
            added[path] = new
        elif new is _ABSENT:
            removed[path] = old
        else:
            changed[path] = (old, new)
    return Difference(added, changed, removed)


def same(one: Any, other: Any) -> bool:
    """Tell whether two values are the same value of the same type."""
    kind = kind_of(one)
    if kind is not kind_of(other):
        return False
    if kind is Mapping:
        return one.keys() == other.keys() and all(same(value, other[name]) for name, value in one.items())
    if kind is list:
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


def kind_of(value: Any) -> type:
    """Return the class that stands for the type of a storable value."""
    return next((kind for kind in _KINDS if isinstance(value, kind)), type(value))


def json_value(value: Any) -> Any:
    """Return a document or a part of one as JSON: a date is ``{"$date": …}``, as MongoDB's own JSON has it."""
    if isinstance(value, Mapping):
        return {name: json_value(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [json_value(item) for item in value]
    return {"$date": timestamp(value)} if isinstance(value, datetime) else value


def _walk(before: Any, after: Any, path: str, separator: str = ".") -> Iterator[tuple[str, Any, Any]]:
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for name in dict.fromkeys((*before, *after)):
            old, new = before.get(name, _ABSENT), after.get(name, _ABSENT)
            inner = f"{path}{separator}{name}" if path else name
            if old is _ABSENT or new is _ABSENT:
                yield inner, old, new
            else:
                # An attribute of an extension is written as filters write it: behind its URN and a colon.
                yield from _walk(old, new, inner, ":" if not path and ":" in name else ".")
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for position, (old, new) in enumerate(zip(before, after, strict=True)):
            yield from _walk(old, new, f"{path}[{position}]")
    elif not same(before, after):
        yield path, before, after
