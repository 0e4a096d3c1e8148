"""What counts as another document, and how the difference is shown."""

from datetime import UTC, datetime
from typing import Any

import pytest
from bson.int64 import Int64

from scimserver.service.remap_differences import differences, same

MOMENT = datetime(2026, 11, 27, 8, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({}, {}),
        ({"a": 1, "b": [1, {"c": None}]}, {"b": [1, {"c": None}], "a": 1}),
        ({"a": Int64(5_000_000_000)}, {"a": 5_000_000_000}),
        ({"a": MOMENT}, {"a": MOMENT}),
        ({"a": True}, {"a": True}),
    ],
)
def test_the_same(one: Any, other: Any) -> None:
    assert same(one, other)
    assert differences(one, other) == []


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ({"a": 1}, {"a": True}, [{"field": "a", "old": 1, "new": True}]),
        ({"a": 0}, {"a": False}, [{"field": "a", "old": 0, "new": False}]),
        ({"a": 1}, {"a": 1.0}, [{"field": "a", "old": 1, "new": 1.0}]),
        ({"a": "1"}, {"a": 1}, [{"field": "a", "old": "1", "new": 1}]),
        ({"a": None}, {}, [{"field": "a", "old": None}]),
        ({}, {"a": None}, [{"field": "a", "new": None}]),
        ({"a": [1, 2]}, {"a": [2, 1]}, [{"field": "a", "old": [1, 2], "new": [2, 1]}]),
        ({"a": [1]}, {"a": [True]}, [{"field": "a", "old": [1], "new": [True]}]),
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": 1, "c": 3}}, [{"field": "a.c", "old": 2, "new": 3}]),
        ({"a": {"b": 1}}, {"a": "b"}, [{"field": "a", "old": {"b": 1}, "new": "b"}]),
        ({"a": 1, "b": 2}, {"c": 3, "b": 2}, [{"field": "a", "old": 1}, {"field": "c", "new": 3}]),
    ],
)
def test_not_the_same(old: Any, new: Any, found: list[dict[str, Any]]) -> None:
    assert not same(old, new)
    assert repr(differences(old, new)) == repr(found), "1 and true are told apart"
