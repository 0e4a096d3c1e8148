"""Hypothesis strategies: bound filter trees and resources of a resource type, from small pools so that they meet."""

from typing import Any

from hypothesis import strategies as st

from scimserver.schema.attributes import Attribute, ResourceType
from scimserver.schema.instants import parse_instant
from scimserver.scim.filter import (
    AttributePath,
    Comparison,
    Filter,
    Not,
    Present,
    ValuePath,
    conjunction,
    disjunction,
)
from scimserver.scim.values import sub_attribute

TEXTS = ["a", "A", "b", "ß", "SS", "work", "Work", "", "$gt", "a.*", "#", "a].value=b", "x" * 201, "X" * 201, "\x00"]
INSTANTS = ["2031-02-03T09:15:00Z", "2031-02-03T11:15:00.000+02:00", "2031-02-03T09:15:00.5Z", "2030-01-01T00:00:00"]
INSTANTS += ["2031-02-03T09:15:00.12345678Z", "2031-02-03T09:15:00.123456789Z", "-0044-03-15T24:00:00-01:30"]

_ANY = ("eq", "ne", "eq", "eq")
_ORDER = ("gt", "ge", "lt", "le")
_TEXT = ("co", "sw", "ew")
OPERATORS = {
    "boolean": _ANY,
    "binary": _ANY + _TEXT,
    "integer": _ANY + _ORDER,
    "decimal": _ANY + _ORDER,
    "dateTime": _ANY + _ORDER,
    "string": _ANY + _ORDER + _TEXT,
    "reference": _ANY + _ORDER + _TEXT,
}


def filters(resource_type: ResourceType) -> st.SearchStrategy[Filter]:
    """Trees as the parser would make them."""
    return _combined(_top_level_terms(resource_type))


def resources(resource_type: ResourceType) -> st.SearchStrategy[dict[str, Any]]:
    """Canonical resources without id: a random part of the attributes, extensions under their URN."""
    containers: dict[str | None, dict[str, Any]] = {None: {}}
    for attribute in filterable(resource_type):
        home = attribute.schema if resource_type.is_extension_attribute(attribute) else None
        containers.setdefault(home, {})[attribute.name] = _held(attribute)
    core = containers.pop(None)
    extensions = {urn: _object(shape) for urn, shape in containers.items()}
    return _object({**core, **extensions})


def filterable(resource_type: ResourceType) -> list[Attribute]:
    """Return the attributes that a filter may name, without the server's own."""
    own = ("id", "schemas", "meta")
    return [a for a in resource_type.attributes() if a.mutability != "writeOnly" and a.name not in own]


def _combined(terms: st.SearchStrategy[Filter]) -> st.SearchStrategy[Filter]:
    def join(children: st.SearchStrategy[Filter]) -> st.SearchStrategy[Filter]:
        several = st.lists(children, min_size=2, max_size=3)
        return st.one_of(
            several.map(lambda found: conjunction(*found)),
            several.map(lambda found: disjunction(*found)),
            children.map(Not),
        )

    return st.recursive(terms, join, max_leaves=6)


def _top_level_terms(resource_type: ResourceType) -> st.SearchStrategy[Filter]:
    options: list[st.SearchStrategy[Filter]] = []
    ids = AttributePath(_required(resource_type, "id"))
    options.append(st.sampled_from(["1", "2", "3"]).map(lambda i: Comparison(ids, "eq", i)))
    for attribute in filterable(resource_type):
        urn = attribute.schema if resource_type.is_extension_attribute(attribute) else None
        subs = [a for a in attribute.sub_attributes if a.name != "$ref"]
        options.append(st.just(Present(AttributePath(attribute, urn=urn))))
        if attribute.type != "complex":
            options.append(_comparisons(AttributePath(attribute, urn=urn)))
        for sub in subs:
            options.append(_comparisons(AttributePath(attribute, sub, urn)))
        if subs or attribute.multi_valued:
            options.append(_value_paths(attribute, subs, urn))
    return st.one_of(options)


def _value_paths(attribute: Attribute, subs: list[Attribute], urn: str | None) -> st.SearchStrategy[Filter]:
    inner = subs or [sub for sub in [sub_attribute(attribute, "value")] if sub]
    terms = st.one_of([_comparisons(AttributePath(sub)) for sub in inner])
    return _combined(terms).map(lambda tree: ValuePath(attribute, tree, urn))


def _comparisons(path: AttributePath) -> st.SearchStrategy[Filter]:
    kind = path.leaf.type
    usual = st.builds(Comparison, st.just(path), st.sampled_from(OPERATORS[kind]), _operands(kind))
    null = st.builds(Comparison, st.just(path), st.sampled_from(["eq", "ne"]), st.none())
    return st.one_of(usual, usual, usual, null, st.just(Present(path)))


def _operands(kind: str) -> st.SearchStrategy[Any]:
    if kind == "dateTime":
        return st.sampled_from(INSTANTS).map(parse_instant)
    return _scalars(kind)


def _scalars(kind: str) -> st.SearchStrategy[Any]:
    match kind:
        case "boolean":
            return st.booleans()
        case "integer":
            return st.integers(0, 3)
        case "decimal":
            return st.sampled_from([0, 1, 1.0, 1.5, -2.25])
        case "dateTime":
            return st.sampled_from(INSTANTS)
        case _:
            return st.sampled_from(TEXTS)


def _held(attribute: Attribute) -> st.SearchStrategy[Any]:
    one = (
        _object({sub.name: _scalars(sub.type) for sub in attribute.sub_attributes if sub.name != "$ref"})
        if attribute.type == "complex"
        else _scalars(attribute.type)
    )
    return st.lists(one, min_size=1, max_size=3) if attribute.multi_valued else one


def _object(shape: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=shape)


def _required(resource_type: ResourceType, name: str) -> Attribute:
    attribute = resource_type.attribute(name)
    assert attribute is not None
    return attribute
