"""What counts as a reference, and what takes its place."""

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scimserver.scim.references import resolve_data, resolve_patch, resolve_text

IDS = {
    "ada": "u_1",
    "the boat club": "g_2",
    "a/b": "u_3",
    'qu"ote': "u_4",
    "bulkId:ada": "u_5",
    "x/bulkId:ada": "u_7",
    "a\nb": "u_6",
}


def resolve(name: str) -> str:
    return IDS[name]


@pytest.mark.parametrize(
    ("text", "resolved"),
    [
        ("bulkId:ada", "u_1"),
        ("bulkId:the boat club", "g_2"),
        ("bulkId:a/b", "u_3"),
        ("bulkId:bulkId:ada", "u_5"),
        ("bulkId:x/bulkId:ada", "u_7"),
        ("bulkId:a\nb", "u_6"),
        ("/Users/bulkId:ada", "/Users/u_1"),
        ("../Users/bulkId:ada", "../Users/u_1"),
        ("https://scim.example.net/t/x/scim/v2/Users/bulkId:ada", "https://scim.example.net/t/x/scim/v2/Users/u_1"),
    ],
)
def test_a_reference_gives_way_to_the_id(text: str, resolved: str) -> None:
    assert resolve_text(text, resolve) == resolved


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ada",
        "bulkId:",
        "bulkId",
        "bulkid:ada",
        " bulkId:ada",
        "the bulkId:ada",
        "see /Users/bulkId:ada",
        "xbulkId:ada",
        "/Users/xbulkId:ada",
    ],
)
def test_any_other_text_stays_as_it_is(text: str) -> None:
    assert resolve_text(text, resolve) == text


def test_values_at_any_depth_are_resolved_and_names_are_not() -> None:
    data = {
        "bulkId:ada": "bulkId:ada",
        "members": [{"value": "bulkId:ada", "deep": [[{"deeper": ["bulkId:ada", None, 1, True]}]]}, "bulkId:ada"],
        "manager": "bulkId:the boat club",
    }
    before = copy.deepcopy(data)
    assert resolve_data(data, resolve) == {
        "bulkId:ada": "u_1",
        "members": [{"value": "u_1", "deep": [[{"deeper": ["u_1", None, 1, True]}]]}, "u_1"],
        "manager": "g_2",
    }
    assert data == before


@pytest.mark.parametrize(
    ("path", "resolved"),
    [
        ('members[value eq "bulkId:ada"]', 'members[value eq "u_1"]'),
        ('members[value eq "bulkId:ada" or value eq "bulkId:a/b"]', 'members[value eq "u_1" or value eq "u_3"]'),
        ('members[value eq "bulkId:qu\\"ote"]', 'members[value eq "u_4"]'),
        ('members[value eq "bulkId:a\\nb"]', 'members[value eq "u_6"]'),
        ('members[$ref eq "../Users/bulkId:ada"]', 'members[$ref eq "../Users/u_1"]'),
        ('emails[display eq "x \\" \\"bulkId:ada"]', 'emails[display eq "x \\" \\"bulkId:ada"]'),
        ("members[value eq bulkId:ada]", "members[value eq bulkId:ada]"),
        ('emails[display eq "not closed', 'emails[display eq "not closed'),
        ('emails[display eq "bulkId:\\ud800"]', 'emails[display eq "bulkId:\\ud800"]'),
        ('emails[display eq "bulkId:\\q"]', 'emails[display eq "bulkId:\\q"]'),
    ],
)
def test_quoted_texts_in_the_path_of_a_patch_are_resolved(path: str, resolved: str) -> None:
    def message(text: str) -> dict[str, Any]:
        return {"schemas": ["x"], "operations": [{"op": "remove", "Path": text}, {"op": "add", "value": {text: 1}}]}

    assert resolve_patch(message(path), resolve) == message(resolved)


def test_a_patch_in_any_state_keeps_its_form() -> None:
    broken = {"Operations": ["bulkId:ada", 1, None, {"path": 7, "value": "bulkId:ada"}, {"path": ["bulkId:ada"]}]}
    assert resolve_patch(broken, resolve) == {
        "Operations": ["u_1", 1, None, {"path": 7, "value": "u_1"}, {"path": ["u_1"]}]
    }
    assert resolve_patch({"Operations": {"path": "bulkId:ada"}}, resolve) == {"Operations": {"path": "u_1"}}


def test_an_attribute_that_is_called_path_is_data() -> None:
    patch = {"Operations": [{"op": "add", "value": {"path": 'the "bulkId:ada" boat', "deep": {"path": "bulkId:ada"}}}]}
    assert resolve_patch(patch, resolve) == {
        "Operations": [{"op": "add", "value": {"path": 'the "bulkId:ada" boat', "deep": {"path": "u_1"}}}]
    }


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9) | st.sampled_from(["bulkId:ada", "x/bulkId:ada"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)


@given(data=JSON)
def test_nothing_but_references_changes(data: Any) -> None:
    text = json.dumps(data)
    expected = json.loads(text.replace('"bulkId:ada"', '"u_1"').replace('"x/bulkId:ada"', '"x/u_1"'))
    assert resolve_data(data, lambda name: "u_1" if name == "ada" else f"bulkId:{name}") == expected
