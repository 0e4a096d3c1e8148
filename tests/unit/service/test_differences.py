"""The difference between two documents: paths, types, lists."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from bson.int64 import Int64
from hypothesis import given
from hypothesis import strategies as st

from scimserver.service.differences import Difference, difference, json_value, same

DAY = datetime(2026, 11, 27, 8, tzinfo=UTC)
LARKFIELD = "urn:larkfield:User"
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.sampled_from([1.0, 0.5]) | st.text("ab", max_size=2),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)
DOCUMENTS = st.dictionaries(st.sampled_from("abc"), VALUES, max_size=3)


@pytest.mark.parametrize(
    ("before", "after", "added", "changed", "removed"),
    [
        ({"a": 1}, {"a": 1}, {}, {}, {}),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, {}, {}, {}),
        ({}, {"a": None}, {"a": None}, {}, {}),
        ({"a": None}, {}, {}, {}, {"a": None}),
        ({"a": "x"}, {"a": "y"}, {}, {"a": ("x", "y")}, {}),
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": 3, "d": 4}}, {"a.d": 4}, {"a.b": (1, 3)}, {"a.c": 2}),
        ({"a": {}}, {"a": {"b": {"c": 1}}}, {"a.b": {"c": 1}}, {}, {}),
        ({"a": [1, {"b": 2}]}, {"a": [1, {"b": 3}]}, {}, {"a[1].b": (2, 3)}, {}),
        ({"a": [1, 2]}, {"a": [1]}, {}, {"a": ([1, 2], [1])}, {}),
        ({"a": [1]}, {"a": {"b": 1}}, {}, {"a": ([1], {"b": 1})}, {}),
        (
            {LARKFIELD: {"badge": {"no": 1}}},
            {LARKFIELD: {"badge": {"no": 2}}},
            {},
            {f"{LARKFIELD}:badge.no": (1, 2)},
            {},
        ),
        ({"a": 1}, {"a": True}, {}, {"a": (1, True)}, {}),
        ({"a": 1}, {"a": 1.0}, {}, {"a": (1, 1.0)}, {}),
        ({"a": 1}, {"a": "1"}, {}, {"a": (1, "1")}, {}),
        ({"a": [0]}, {"a": [False]}, {}, {"a[0]": (0, False)}, {}),
        ({"a": DAY}, {"a": "2026-11-27T08:00:00.000Z"}, {}, {"a": (DAY, "2026-11-27T08:00:00.000Z")}, {}),
    ],
)
def test_what_differs_is_named_by_its_path(
    before: Any, after: Any, added: dict[str, Any], changed: dict[str, Any], removed: dict[str, Any]
) -> None:
    found = difference(before, after)
    assert repr(found) == repr(Difference(added, changed, removed))  # as text, since 1 == True
    assert bool(found) == bool(added or changed or removed)


def test_what_the_driver_makes_of_a_value_is_no_difference() -> None:
    class Later(datetime):
        """As a driver's own date."""

    assert not difference({"n": Int64(5)}, {"n": 5})
    assert not difference({"at": Later(2026, 11, 27, 8, tzinfo=UTC)}, {"at": DAY})
    assert difference({"at": DAY}, {"at": DAY + timedelta(milliseconds=1)})
    assert not same(Int64(1), True)


def test_a_date_is_not_taken_for_its_text_in_json() -> None:
    found = difference({"at": DAY}, {"at": "2026-11-27T08:00:00.000Z", "more": [DAY]})
    date = {"$date": "2026-11-27T08:00:00.000Z"}
    assert found.to_json() == {
        "added": {"more": [date]},
        "changed": {"at": {"before": date, "after": "2026-11-27T08:00:00.000Z"}},
        "removed": {},
    }
    assert json_value(("a", {"b": DAY})) == ["a", {"b": date}]


@given(DOCUMENTS, DOCUMENTS)
def test_a_difference_is_empty_for_the_same_document_only(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert not difference(one, one)
    assert bool(difference(one, other)) == (not same(one, other))


@given(DOCUMENTS, DOCUMENTS)
def test_a_difference_turned_round_is_that_of_the_documents_turned_round(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    there, back = difference(one, other), difference(other, one)
    assert sorted(there.added) == sorted(back.removed)
    assert sorted(there.removed) == sorted(back.added)
    assert sorted(there.changed) == sorted(back.changed)
