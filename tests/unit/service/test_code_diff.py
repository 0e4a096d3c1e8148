"""What differs between two documents of a workspace."""

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scimserver.service.code.diff import Change, changes, unified

BEFORE: dict[str, Any] = {
    "version": 1,
    "profile": "default",
    "switches": {"tolerate": {"boolean-as-string": False}},
    "limits": {},
    "plugins": [
        {"name": "profile"},
        {"name": "work_address", "settings": {"prefer": "formatted", "clean": True}},
        {"name": "badge", "settings": {"colours": ["teal"]}},
    ],
}


def lines(**sections: Any) -> list[str]:
    return [str(change) for change in changes(BEFORE, {**BEFORE, **sections})]


def plugins(*order: int, **settings: Any) -> list[dict[str, Any]]:
    made = copy.deepcopy(BEFORE["plugins"])
    made[1]["settings"].update(settings)
    return [made[n] for n in order]


def test_equal_documents_have_no_difference() -> None:
    assert lines() == []
    assert unified(BEFORE, copy.deepcopy(BEFORE), ("a", "b")) == ""


@pytest.mark.parametrize(
    ("sections", "line"),
    [
        ({"profile": "entra"}, 'profile: "default" → "entra"'),
        ({"limits": {"concurrency": 8}}, "limits.concurrency: added, 8"),
        ({"switches": {}}, "switches.tolerate.boolean-as-string: removed, was false"),
        ({"switches": {"tolerate": {"boolean-as-string": True}}}, "switches.tolerate.boolean-as-string: false → true"),
        ({"plugins": plugins(0, 1, 2, prefer="parts")}, 'plugins[1].settings.prefer: "formatted" → "parts"'),
        ({"plugins": plugins(0, 1, 2, clean=1)}, "plugins[1].settings.clean: true → 1"),
        ({"plugins": plugins(0, 1)}, 'plugins[2]: badge removed, was {"name": "badge", "settings": {"colours": ["teal"]}}'),
        ({"plugins": [*plugins(0, 1, 2), {"name": "x"}]}, 'plugins[3]: x added, {"name": "x"}'),
        ({"plugins": plugins(2, 0, 1)}, "plugins[0]: badge moved here from plugins[2]"),
        ({"plugins": plugins(1, 2, 0)}, "plugins[2]: profile moved here from plugins[0]"),
        ({"plugins": [*plugins(0, 1), {"name": "badge", "settings": {"colours": ["teal", "red"]}}]},
         'plugins[2].settings.colours: ["teal"] → ["teal", "red"]'),
        ({"plugins": [{"name": "profile", "settings": {"a": None}}, *plugins(1, 2)]}, "plugins[0].settings.a: added, null"),
    ],
)  # fmt: skip
def test_a_difference_is_one_line(sections: dict[str, Any], line: str) -> None:
    assert lines(**sections) == [line]


def test_several_differences_stand_in_the_order_of_the_sections() -> None:
    found = lines(profile="okta", limits={"concurrency": 8}, plugins=plugins(1, 0, clean=False))
    assert found == [
        'profile: "default" → "okta"',
        "limits.concurrency: added, 8",
        'plugins[2]: badge removed, was {"name": "badge", "settings": {"colours": ["teal"]}}',
        "plugins[0]: work_address moved here from plugins[1]",
        "plugins[0].settings.clean: true → false",
    ]


def test_a_plugin_that_stays_where_others_come_and_go_has_not_moved() -> None:
    assert lines(plugins=[{"name": "first"}, *plugins(1, 2)]) == [
        'plugins[0]: profile removed, was {"name": "profile"}',
        'plugins[0]: first added, {"name": "first"}',
    ]


def test_a_long_value_is_cut_in_its_line_and_whole_for_machines() -> None:
    text = "x" * 1000
    (change,) = changes(BEFORE, {**BEFORE, "profile": text})
    assert len(str(change)) < 300
    assert change.to_json() == {"path": "profile", "kind": "changed", "old": "default", "new": text}


def test_machines_get_old_and_new_only_where_there_is_one() -> None:
    assert Change("a", "added", new=None).to_json() == {"path": "a", "kind": "added", "new": None}
    assert Change("a", "removed", old=1, name="n").to_json() == {"path": "a", "kind": "removed", "name": "n", "old": 1}
    moved = Change("plugins[0]", "moved", "plugins[1]", "plugins[0]", "n").to_json()
    assert moved == {"path": "plugins[0]", "kind": "moved", "name": "n", "old": "plugins[1]", "new": "plugins[0]"}


def test_the_text_form_is_a_unified_diff() -> None:
    found = unified(BEFORE, {**BEFORE, "profile": "entra"}, ("larkfield", "file.yaml")).splitlines()
    assert found[:2] == ["--- larkfield", "+++ file.yaml"]
    assert [line for line in found[3:] if line[0] in "+-"] == ["-profile: default", "+profile: entra"]


ORDERS = st.permutations(range(6)).map(lambda order: [{"name": f"p{n}"} for n in order])


@given(ORDERS, ORDERS)
def test_a_new_order_is_told_by_moves_and_by_no_more_than_it_takes(old: list[Any], new: list[Any]) -> None:
    found = changes({"plugins": old}, {"plugins": new})
    assert {change.kind for change in found} <= {"moved"}
    assert (found == []) == (old == new)
    moved = {change.name for change in found}
    assert [p for p in old if p["name"] not in moved] == [p for p in new if p["name"] not in moved]
    assert len(found) < len(new)
