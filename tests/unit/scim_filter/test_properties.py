"""Properties over random input: printing and parsing are inverse, no text breaks the parser, both evaluators agree."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scimserver.errors import InvalidFilter, InvalidPath
from scimserver.schema.attributes import ResourceType
from scimserver.scim.filter import Filter
from scimserver.scim.keys import match_keys, unique_keys
from scimserver.scim.match import matches
from scimserver.scim.parser import parse_filter, parse_path
from scimserver.scim.reading import strict
from scimserver.store.query import Plan, plan
from tests.readings import either

from .random_filters import filters, resources
from .samples import BOAT, ENTERPRISE, GROUP, USER

# Built once: making the strategies of a resource type costs far more than drawing from them.
FILTERS = {t.name: filters(t) for t in (USER, GROUP, BOAT)}
RESOURCES = {t.name: st.lists(resources(t), min_size=1, max_size=3) for t in (USER, GROUP, BOAT)}
RESOURCE_TYPES = pytest.mark.parametrize("resource_type", [USER, GROUP, BOAT], ids=lambda t: t.name)
QUICK = settings(suppress_health_check=[HealthCheck.too_slow])

PIECES = [
    "userName", "emails", "emails[", "]", ".value", "(", ")", " ", "  ", "not", "and", "or", "eq", "pr", "co", "gt",
    '"', '"x"', "\\", "true", "null", "1e9", "jyoung", "manager", ENTERPRISE, ":", ".", "$ref", "é", "\ud800", "\x00",
]  # fmt: skip
SOUP = st.lists(st.sampled_from(PIECES), max_size=14).map("".join)


@RESOURCE_TYPES
@given(data=st.data())
@QUICK
def test_parse_and_print_are_inverse(resource_type: ResourceType, data: st.DataObject) -> None:
    tree = data.draw(FILTERS[resource_type.name])
    assert parse_filter(str(tree), resource_type) == tree
    assert parse_filter(str(tree), resource_type, reading=strict()) == tree


@given(text=st.one_of(SOUP, SOUP.map(" ".join), st.text(max_size=60)), tolerant=st.booleans())
def test_no_text_raises_anything_but_the_scim_error(text: str, tolerant: bool) -> None:
    try:
        tree = parse_filter(text, USER, reading=either(tolerant))
    except InvalidFilter:
        pass
    else:
        assert parse_filter(str(tree), USER) == tree
        plan(tree, USER)
    with suppress(InvalidPath):
        parse_path(text, USER, reading=either(tolerant))


@RESOURCE_TYPES
@given(data=st.data())
@QUICK
def test_plan_and_memory_select_the_same_resources(resource_type: ResourceType, data: st.DataObject) -> None:
    tree = data.draw(FILTERS[resource_type.name])
    held = data.draw(RESOURCES[resource_type.name])
    stored = [{"id": str(n), **resource} for n, resource in enumerate(held, start=1)]
    assert _answer(tree, stored, resource_type) == [r for r in stored if matches(tree, r, resource_type)]


def _light_filters() -> st.SearchStrategy[str]:
    """Texts that live on the keys by type: few values, so that filters and elements meet all the time."""
    values = st.sampled_from(["a", "b"])
    terms = st.one_of(
        values.map('type eq "{}"'.format),
        values.map('value eq "{}"'.format),
        values.map('value eq "{}"'.format),
        st.just("primary eq true"),
    )

    def join(children: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        several = st.lists(children, min_size=2, max_size=3)
        return st.one_of(several.map(" and ".join), several.map(lambda found: f"({' or '.join(found)})"))

    return st.recursive(terms, join, max_leaves=5).map("lights[{}]".format)


LIGHT_FILTERS = _light_filters()
LIGHTS = st.lists(
    st.fixed_dictionaries(
        {},
        optional={"type": st.sampled_from(["a", "B"]), "value": st.sampled_from(["A", "b"]), "primary": st.booleans()},
    ),
    max_size=3,
)


@given(texts=st.lists(LIGHT_FILTERS, min_size=1, max_size=2).map(" and ".join), lights=LIGHTS)
def test_elements_found_by_type_are_those_that_memory_finds(texts: str, lights: list[dict[str, Any]]) -> None:
    tree = parse_filter(texts, BOAT)
    boat = {"id": "1", "lights": lights}
    assert _answer(tree, [boat], BOAT) == ([boat] if matches(tree, boat, BOAT) else [])


def _answer(tree: Filter, stored: list[dict[str, Any]], resource_type: ResourceType) -> list[dict[str, Any]]:
    """Stand in for the store: select by the plan's query and references, then check the residual."""
    chosen = plan(tree, resource_type)
    found = []
    for resource in stored:
        document = {"_id": resource["id"], "keys": match_keys(resource_type, resource)}
        assert unique_keys(resource_type, resource)[0] == f"id={resource['id']}"
        if not all(_selects(condition, document[name]) for name, condition in chosen.query.items()):
            continue
        if not _linked(chosen, resource):
            continue
        view = resource if chosen.needs_references else _without_references(resource, resource_type)
        if chosen.residual is None or matches(chosen.residual, view, resource_type):
            found.append(resource)
    return found


def _selects(condition: Any, stored: Any) -> bool:
    """Equality and ``$in`` as MongoDB has them: an array is met by any of its elements."""
    wanted = condition["$in"] if isinstance(condition, dict) else [condition]
    assert all(isinstance(value, str) for value in wanted)
    return any(value in wanted for value in (stored if isinstance(stored, list) else [stored]))


def _linked(chosen: Plan, resource: dict[str, Any]) -> bool:
    for name, wanted in (("members", chosen.members), ("groups", chosen.groups)):
        linked = {link.get("value") for link in resource.get(name, [])}
        if wanted is not None and not wanted & linked:
            return False
    return True


def _without_references(resource: dict[str, Any], resource_type: ResourceType) -> dict[str, Any]:
    kept = {"users": "groups", "groups": "members"}.get(resource_type.collection)
    return {name: value for name, value in resource.items() if name != kept}
