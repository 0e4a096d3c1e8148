"""What a mapping changes in an application document, field by field."""

from collections.abc import Iterator, Mapping
from typing import Any

_ABSENT = object()


def same(one: Any, other: Any) -> bool:
    """Tell whether two stored values are equal for the application, to which true is not 1 and 1 is not 1.0."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(same(value, other[name]) for name, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    # Large integers come back from the driver as a class of its own, so the classes themselves are not compared.
    alike = all(isinstance(one, kind) is isinstance(other, kind) for kind in (bool, float))
    return alike and bool(one == other)


def differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return ``{"field", "old", "new"}`` of each field that differs; ``old`` or ``new`` is absent where the field is.

    Fields of nested objects have a path, ``address.city``; lists are compared as a whole.
    """
    return list(_differences(old, new, ""))


def _differences(old: Mapping[str, Any], new: Mapping[str, Any], above: str) -> Iterator[dict[str, Any]]:
    for name in dict.fromkeys((*old, *new)):
        before, after = old.get(name, _ABSENT), new.get(name, _ABSENT)
        if isinstance(before, Mapping) and isinstance(after, Mapping):
            yield from _differences(before, after, f"{above}{name}.")
        elif not same(before, after):
            values = {"old": before, "new": after}
            yield {"field": above + name} | {key: value for key, value in values.items() if value is not _ABSENT}
