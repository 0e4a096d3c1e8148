"""Translate a filter into what an index answers on every MongoDB-compatible engine (design §4).

Only equality and ``$in`` on ``_id`` and on the array of match keys are used; references between users and groups
come from the ``memberships`` collection. What no index answers is left as ``residual`` for
:func:`scimserver.scim.match.matches`. Values only ever stand as strings on the right of an equality, so ``$``,
dots, NUL and regular expressions inside them are data.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

from ..schema.attributes import Attribute, ResourceType
from ..schema.instants import Instant
from ..scim.filter import And, AttributePath, Comparison, Filter, Not, Or, Present, ValuePath, conjunction
from ..scim.keys import is_id, is_membership, key_for

_Operand = str | bool | int | float | Instant
_Source = Literal["_id", "keys", "memberships"]


@dataclass(frozen=True, slots=True)
class Plan:
    """How to answer: read what ``query``, ``members`` and ``groups`` select, keep what ``residual`` accepts."""

    query: dict[str, Any]
    """Condition on ``_id`` or ``keys``, to be joined with the workspace; empty if no key narrows the search."""
    residual: Filter | None = None
    """What must still be checked on each document read; None if the index decides alone."""
    members: frozenset[str] | None = None
    """Only groups that have at least one of these members."""
    groups: frozenset[str] | None = None
    """Only users that are in at least one of these groups."""
    needs_references: bool = False
    """The residual reads ``members`` or ``groups``: they must be in the resource it is evaluated on."""

    @property
    def exact(self) -> bool:
        """Whether everything selected is a result, without a look at the document."""
        return self.residual is None

    @property
    def scan(self) -> bool:
        """Whether no index narrows the search: every resource of the workspace must be read."""
        return not self.query and self.members is None and self.groups is None


@dataclass(frozen=True, slots=True)
class _Access:
    """One way to find the documents of a condition: all of them, and others too unless ``exact``."""

    source: _Source
    values: frozenset[str]
    exact: bool = True
    unique: bool = False

    @property
    def cost(self) -> tuple[int, int]:
        """Sorts the most selective first: id, unique keys, other keys, memberships; then fewer values."""
        rank = {"_id": 0, "keys": 1 if self.unique else 2, "memberships": 3}[self.source]
        return rank, len(self.values)


def plan(condition: Filter | None, resource_type: ResourceType) -> Plan:
    """Choose the index for a filter; None asks for everything."""
    if condition is None:
        return Plan({})
    terms = condition.terms if isinstance(condition, And) else (condition,)
    accesses = [(_access(term, resource_type), term) for term in terms]
    stored = _cheapest(access for access, _ in accesses if access and access.source != "memberships")
    linked = _cheapest(access for access, _ in accesses if access and access.source == "memberships")
    rest = [term for access, term in accesses if access is None or not access.exact or access not in (stored, linked)]
    residual = conjunction(*rest) if rest else None
    owners = linked.values if linked else None
    return Plan(
        _query(stored),
        residual,
        members=owners if resource_type.collection == "groups" else None,
        groups=owners if resource_type.collection == "users" else None,
        needs_references=any(is_membership(a, resource_type) for a in attributes_of(residual)),
    )


def _query(access: _Access | None) -> dict[str, Any]:
    if access is None:
        return {}
    values = sorted(access.values)
    return {access.source: values[0] if len(values) == 1 else {"$in": values}}


def _cheapest(accesses: Iterable[_Access | None]) -> _Access | None:
    return min((access for access in accesses if access), key=lambda access: access.cost, default=None)


def _access(condition: Filter, resource_type: ResourceType) -> _Access | None:
    match condition:
        case Comparison(path, "eq", value) if value is not None:
            return _equality(path, value, resource_type)
        case ValuePath(attribute, inner, urn):
            return _element_access(AttributePath(attribute, urn=urn), inner, resource_type)
        case And(terms):
            # The cheapest term finds the conjunction and leaves the others to be checked.
            found = _cheapest(_access(term, resource_type) for term in terms)
            return replace(found, exact=False) if found else None
        case Or(terms):
            return _union([_access(term, resource_type) for term in terms])
        case _:
            return None


def _equality(
    path: AttributePath, value: _Operand, resource_type: ResourceType, element_type: str | None = None
) -> _Access | None:
    if is_id(path.attribute):
        return _Access("_id", frozenset({str(value)}))
    if is_membership(path.attribute, resource_type):
        is_reference = path.leaf.name == "value" and element_type is None
        return _Access("memberships", frozenset({str(value)})) if is_reference else None
    if not path.leaf.searchable:
        return None
    key = key_for(resource_type, path, value, element_type)
    return _Access("keys", frozenset({key}), unique=path.leaf.uniqueness != "none")


def _element_access(path: AttributePath, inner: Filter, resource_type: ResourceType) -> _Access | None:
    """Find the elements of ``emails[…]`` by a keyed sub-attribute, by type where the filter names one."""
    match inner:
        case Comparison():
            return _element_equality(path, inner, None, resource_type)
        case And(terms):
            by_type = path.attribute.multi_valued and not is_membership(path.attribute, resource_type)
            element_type = next((t for t in map(_type_of, terms) if t is not None), None) if by_type else None
            found = _cheapest(
                _element_equality(path, term, element_type, resource_type)
                if isinstance(term, Comparison)
                else _element_access(path, term, resource_type)
                for term in terms
                if _type_of(term) is None
            )
            # The key by type decides on type and value; any third term remains to be checked.
            decided = element_type is not None and len(terms) == 2 and all(isinstance(t, Comparison) for t in terms)
            return replace(found, exact=decided) if found else None
        case Or(terms):
            return _union([_element_access(path, term, resource_type) for term in terms])
        case _:
            return None


def _element_equality(
    path: AttributePath, condition: Comparison, element_type: str | None, resource_type: ResourceType
) -> _Access | None:
    if condition.operator != "eq" or condition.value is None:
        return None
    # The element of a simple multi-valued attribute is its own value.
    sub = condition.path.leaf if path.attribute.type == "complex" else None
    return _equality(AttributePath(path.attribute, sub, path.urn), condition.value, resource_type, element_type)


def _type_of(condition: Filter) -> str | None:
    match condition:
        case Comparison(AttributePath(Attribute(name="type")), "eq", str() as value):
            return value
        case _:
            return None


def _union(accesses: list[_Access | None]) -> _Access | None:
    """Find a disjunction, if one index finds each of its terms."""
    found = [access for access in accesses if access]
    if len(found) < len(accesses) or len({access.source for access in found}) > 1:
        return None
    return _Access(
        found[0].source,
        frozenset().union(*(access.values for access in found)),
        exact=all(access.exact for access in found),
        unique=all(access.unique for access in found),
    )


def attributes_of(condition: Filter | None) -> Iterator[Attribute]:
    """Yield the top-level attribute of every comparison, some more than once."""
    match condition:
        case And(terms) | Or(terms):
            for term in terms:
                yield from attributes_of(term)
        case Not(term):
            yield from attributes_of(term)
        case ValuePath(attribute):
            yield attribute
        case Comparison(path) | Present(path):
            yield path.attribute
