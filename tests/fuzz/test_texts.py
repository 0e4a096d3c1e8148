"""Filter and path texts: a tree or a ScimError, never anything else; and what is read can be printed and read again."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scimserver.errors import InvalidFilter, InvalidPath
from scimserver.schema.attributes import ResourceType
from scimserver.schema.catalogue import load_schemas
from scimserver.scim.match import element_matches, matches
from scimserver.scim.parser import parse_filter, parse_path
from scimserver.scim.projection import Projection
from scimserver.scim.reading import strict
from scimserver.store.query import plan
from tests.kitchen import crane
from tests.readings import either
from tests.unit.scim_filter.random_filters import resources

from .budget import assert_refusal, cases
from .strategies import filter_texts, garbage, json_values, mutated, paths

TYPES = (load_schemas().resource_type("User"), load_schemas().resource_type("Group"), crane())
EACH_TYPE = pytest.mark.parametrize("resource_type", TYPES, ids=lambda t: t.name)
# Made once: making the strategies of a resource type costs far more than drawing from them.
FILTERS = {t.name: filter_texts(t) for t in TYPES}
PATHS = {
    t.name: st.one_of(paths(t).map(lambda target: target[0]), mutated(paths(t).map(lambda target: target[0])), garbage)
    for t in TYPES
}
HELD = {
    t.name: st.one_of(
        resources(t),
        st.dictionaries(st.sampled_from([a.name for a in t.attributes()]), json_values(st.just("value")), max_size=4),
    )
    for t in TYPES
}


@EACH_TYPE
@given(data=st.data(), tolerant=st.booleans())
@cases(6)
def test_a_filter_text_is_read_or_refused_with_the_place(
    resource_type: ResourceType, data: st.DataObject, tolerant: bool
) -> None:
    text = data.draw(FILTERS[resource_type.name], "filter")
    try:
        tree = parse_filter(text, resource_type, reading=either(tolerant))
    except InvalidFilter as refused:
        assert_refusal(refused, "⟨here⟩")
        return
    printed = str(tree)
    assert parse_filter(printed, resource_type, reading=either(tolerant)) == tree
    assert str(parse_filter(printed, resource_type, reading=strict())) == printed
    plan(tree, resource_type)
    held: dict[str, Any] = data.draw(HELD[resource_type.name], "resource")
    verdict = matches(tree, held, resource_type)
    assert matches(parse_filter(f"not ({printed})", resource_type), held, resource_type) is not verdict


@EACH_TYPE
@given(data=st.data(), tolerant=st.booleans())
@cases(3)
def test_a_path_text_is_read_or_refused_with_the_place(
    resource_type: ResourceType, data: st.DataObject, tolerant: bool
) -> None:
    text = data.draw(PATHS[resource_type.name], "path")
    try:
        path = parse_path(text, resource_type, reading=either(tolerant))
    except InvalidPath as refused:
        assert_refusal(refused, "⟨here⟩")
        return
    assert (path.attribute is None) == (path.extension is not None)
    if path.value_filter is not None:
        element_matches(path.value_filter, data.draw(json_values(st.just("value")), "element"))


@EACH_TYPE
@given(data=st.data())
@cases(1)
def test_a_projection_shows_a_part_of_the_resource(resource_type: ResourceType, data: st.DataObject) -> None:
    names = st.lists(PATHS[resource_type.name], max_size=3).map(",".join)
    asked, excluded = data.draw(st.one_of(st.tuples(names, st.none()), st.tuples(st.none(), names)), "parameters")
    held = {"id": "1", "schemas": [resource_type.schema.id], **data.draw(HELD[resource_type.name], "resource")}
    shown = Projection.parse(asked, excluded, resource_type).answering(held).apply(held)
    assert shown["id"] == held["id"]
    assert shown["schemas"] == held["schemas"]
    assert shown.keys() <= held.keys()
    assert "pin" not in shown
