"""The values of a multi-valued attribute: which are the same, which is primary, which a filter describes."""

from collections.abc import Hashable, Iterable
from typing import Any

from ..errors import InvalidValue
from ..schema.attributes import Attribute
from .filter import And, Comparison, Filter
from .keys import fold
from .mutability import writable


def identity(value: Any, attribute: Attribute) -> Hashable:
    """Return what makes two values the same: ``value`` and ``type`` (RFC 7643 §2.4), compared as a filter would.

    Of a value without ``value``, such as an address, everything counts.
    """
    if not isinstance(value, dict):
        return _folded(attribute, value)
    sub, kind = attribute.sub("value"), attribute.sub("type")
    if sub is None or value.get("value") is None:
        return repr(sorted(value.items()))
    return _folded(sub, value["value"]), _folded(kind, value["type"]) if kind and "type" in value else None


def append(held: list[Any], values: Iterable[Any], attribute: Attribute) -> list[Any]:
    """Append what is not there yet; a present value takes over what the new one says besides. Return the touched.

    Roles are the same by their ``value`` alone: Entra repeats them without ``type`` (idp-clients §4).
    """

    def same(value: Any) -> Hashable:
        by_value = attribute.name == "roles" and isinstance(value, dict) and value.get("value") is not None
        return identity({"value": value["value"]} if by_value else value, attribute)

    known = {same(value): value for value in reversed(held)}
    touched = []
    for value in values:
        key = same(value)
        if key not in known:
            known[key] = value
            held.append(value)
        elif isinstance(value, dict) and isinstance(known[key], dict):
            known[key].update(value)
        touched.append(known[key])
    return touched


def distinct(values: Iterable[Any], attribute: Attribute) -> list[Any]:
    """Return each (type, value) once, since no answer may repeat one (RFC 7643 §2.4)."""
    found: dict[Hashable, Any] = {}
    for value in values:
        first = found.setdefault(identity(value, attribute), value)
        if first is not value and isinstance(first, dict) and isinstance(value, dict):
            first.update(value)
    return list(found.values())


def without(held: Iterable[Any], gone: Iterable[Any], attribute: Attribute) -> list[Any]:
    """Return what is left when the given values are removed; they are found by their ``value`` alone."""

    def by_value(value: Any) -> Hashable:
        plain = isinstance(value, dict) and value.get("value") is not None
        return identity({"value": value["value"]} if plain else value, attribute)

    removed = {by_value(value) for value in gone}
    return [value for value in held if by_value(value) not in removed]


def check_one_primary(elements: Iterable[Any], path: str) -> None:
    """Raise InvalidValue if two values are primary (RFC 7643 §2.4)."""
    if sum(isinstance(element, dict) and element.get("primary") is True for element in elements) > 1:
        raise InvalidValue(f"`{path}`: only one value may be primary. Set `primary` to false on the others.")


def move_primary(elements: Iterable[Any], changed: Iterable[Any]) -> None:
    """Take ``primary`` from the others where a changed value has it (RFC 7644 §3.5.2)."""
    first = next((e for e in changed if isinstance(e, dict) and e.get("primary") is True), None)
    if first is None:
        return
    for element in elements:
        if isinstance(element, dict) and element is not first and element.get("primary") is True:
            element["primary"] = False


def equalities(condition: Filter) -> dict[str, Any]:
    """Return what a filter's equality terms say of a value: ``{"type": "work", "primary": True}``.

    What a client cannot write is left out.
    """
    terms = condition.terms if isinstance(condition, And) else (condition,)
    return {
        term.path.attribute.name: term.value
        for term in terms
        if isinstance(term, Comparison)
        and term.operator == "eq"
        and isinstance(term.value, str | bool | int | float)
        and writable(term.path.attribute)
    }


def _folded(attribute: Attribute, value: Any) -> Hashable:
    # A value of a wrong type is no duplicate of a right one, and stays for the schema check to name.
    return isinstance(value, str), fold(attribute, value)
