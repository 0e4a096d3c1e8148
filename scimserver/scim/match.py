"""Evaluate a filter on one resource in memory (RFC 7644 §3.4.2.2).

A multi-valued attribute matches if any of its values does. ``ne`` follows the same rule: one value that differs is
enough, and an absent attribute differs from every value; where "no value equals" is meant, clients write
``not (… eq …)``. ``eq null`` and ``ne null`` ask for absence and presence. Text is compared as the attribute's
caseExact says; dates are compared as instants.
"""

from collections.abc import Callable, Mapping
from operator import ge, gt, le, lt
from typing import Any

from ..schema.attributes import Attribute, ResourceType
from ..schema.instants import Instant, parse_instant
from .filter import And, AttributePath, Comparison, Filter, Literal_, Not, Or, Present, ValuePath
from .keys import fold

_Lookup = Callable[[Attribute], Any]

_ORDER: Mapping[str, Callable[[Any, Any], bool]] = {"gt": gt, "ge": ge, "lt": lt, "le": le}
_TEXT: Mapping[str, Callable[[str, str], bool]] = {
    "co": str.__contains__,
    "sw": str.startswith,
    "ew": str.endswith,
}


def matches(condition: Filter, resource: dict[str, Any], resource_type: ResourceType) -> bool:
    """Tell whether a canonical resource satisfies the filter.

    The resource carries ``id``, ``schemas``, ``meta`` and, where the filter asks about them, ``members`` or
    ``groups``, exactly as they would be returned.
    """
    return _evaluate(condition, lambda attribute: resource_type.value(resource, attribute))


def element_matches(inner: Filter, element: Any) -> bool:
    """Tell whether one element of a multi-valued attribute satisfies the filter between the brackets.

    The element of a simple multi-valued attribute is the scalar itself and answers to the name ``value``.
    """
    held = element if isinstance(element, dict) else {"value": element}
    return _evaluate(inner, lambda attribute: held.get(attribute.name))


def _evaluate(condition: Filter, lookup: _Lookup) -> bool:
    match condition:
        case And(terms):
            return all(_evaluate(term, lookup) for term in terms)
        case Or(terms):
            return any(_evaluate(term, lookup) for term in terms)
        case Not(term):
            return not _evaluate(term, lookup)
        case ValuePath(attribute, inner):
            return any(element_matches(inner, element) for element in _elements(lookup(attribute)))
        case Present(path):
            return any(_present(value) for value in _values(path, lookup))
        case Comparison(path, operator, operand):
            # An attribute without any value is compared as one absent value.
            values = _values(path, lookup) or [None]
            return any(_compare(path.leaf, operator, value, operand) for value in values)


def _elements(held: Any) -> list[Any]:
    if held is None:
        return []
    return held if isinstance(held, list) else [held]


def _values(path: AttributePath, lookup: _Lookup) -> list[Any]:
    """Return the values at the path; an element that lacks the sub-attribute gives None."""
    elements = _elements(lookup(path.attribute))
    if path.sub is None:
        return elements
    name = path.sub.name
    found: list[Any] = []
    for element in elements:
        found.extend(_elements(element.get(name) if isinstance(element, dict) else None) or [None])
    return found


def _present(value: Any) -> bool:
    """Tell whether a value is there: RFC 7644 calls an empty one and an empty complex one absent."""
    if isinstance(value, dict):
        return any(_present(part) for part in value.values())
    if isinstance(value, list):
        return any(_present(part) for part in value)
    return value is not None and value != ""


def _compare(attribute: Attribute, operator: str, value: Any, operand: Literal_) -> bool:
    if operator == "ne":
        return not _compare(attribute, "eq", value, operand)
    if operand is None:
        return not _present(value)
    if value is None:
        return False
    if operator == "eq":
        return fold(attribute, value) == fold(attribute, operand)
    if isinstance(operand, str):
        if not isinstance(value, str):
            return False
        held, wanted = fold(attribute, value), fold(attribute, operand)
        return _TEXT[operator](held, wanted) if operator in _TEXT else _ORDER[operator](held, wanted)
    if isinstance(operand, Instant):
        instant = parse_instant(value) if isinstance(value, str) else None
        return instant is not None and _ORDER[operator](instant, operand)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return _ORDER[operator](value, operand)
