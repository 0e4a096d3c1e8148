"""What MongoDB can store: good and bad, and the copy that comes out."""

import copy
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scimserver.storable import MAX_BYTES, MAX_DEPTH, Budget, NotStorable, plain_copy, storable, storable_settings


class Colour(StrEnum):
    RED = "red"


def nested(levels: int) -> dict[str, object]:
    value: dict[str, object] = {}
    for _ in range(levels):
        value = {"a": value}
    return value


def doubled(levels: int) -> list[object]:
    """Return a list that is small in memory and has 2**levels leaves."""
    value: list[object] = []
    for _ in range(levels):
        value = [value, value]
    return value


@pytest.mark.parametrize(
    ("good", "bad", "told"),
    [
        ({"f": 2**63 - 1}, {"f": 2**63}, "`f` does not fit 64 bits"),
        ({"f": -(2**63)}, {"f": -(2**63) - 1}, "`f` does not fit 64 bits"),
        ({"f": 1.5}, {"f": float("nan")}, "`f` is not a finite number"),
        ({"f": -1.5}, {"f": float("-inf")}, "`f` is not a finite number"),
        ({"f": None}, {"f": object}, "`f` is a type"),
        ({"f": True}, {"f": {1, 2}}, "`f` is a set"),
        ({"f": "red"}, {"f": Colour.RED}, "`f` is a Colour"),
        ({"f": "text"}, {"f": b"bytes"}, "`f` is a bytes"),
        ({"f": "\U0001f680"}, {"f": "\ud83d"}, "`f` holds half of a surrogate pair"),
        ({"f": datetime(2026, 1, 2, tzinfo=UTC)}, {"f": datetime(2026, 1, 2)}, "`f` is a datetime without a time zone"),
        ({"f": [{"g": 1}]}, {"f": [0, {"g": {"h": {1}}}]}, "`f.1.g.h` is a set"),
        ({"f": {"g$": 1}}, {"f": {"$g": 1}}, "`f` has a field named '$g'"),
        ({"f_g": 1}, {"f.g": 1}, "the document has a field named 'f.g'"),
        ({"f": 1}, {"f\0": 1}, "has a field named"),
        ({"f": 1}, {"": 1}, "has a field named ''"),
        ({"f": {"1": 1}}, {"f": {1: 1}}, "`f` has a field named 1"),
        ({"f\u00fc": 1}, {"f\ud83d": 1}, "half of a surrogate pair"),
        ({}, [], "the document is a list"),
        ({}, None, "the document is a NoneType"),
        ({"f": "x" * (MAX_BYTES - 100)}, {"f": "x" * MAX_BYTES}, "`f` is larger than"),
        ({"f": "x" * (MAX_BYTES - 100)}, {"f": "\u20ac" * (MAX_BYTES // 2)}, "`f` is larger than"),
        ({"f": doubled(8)}, {"f": doubled(60)}, "is larger than"),
        (nested(MAX_DEPTH), nested(MAX_DEPTH + 1), "is nested more than 64 levels"),
    ],
)
def test_what_can_be_stored_and_what_cannot(good, bad, told):
    assert storable(good) == good
    with pytest.raises(NotStorable) as problem:
        storable(bad)
    assert told in str(problem.value)


def test_a_structure_that_holds_itself_is_refused():
    loop: list[object] = []
    loop.append(loop)
    with pytest.raises(NotStorable, match="nested"):
        storable({"f": loop})


def test_the_copy_is_detached_and_has_the_form_in_which_mongodb_gives_it_back():
    moment = datetime(2026, 1, 2, 3, 4, 5, 678_901, tzinfo=timezone(timedelta(hours=2)))
    shared = ["a"]
    made = storable({"f": (1, MappingProxyType({"g": shared})), "at": moment})
    shared.append("b")
    assert made == {"f": [1, {"g": ["a"]}], "at": moment.replace(microsecond=678_000)}
    assert type(made["f"]) is list
    assert type(made["f"][1]) is dict


def test_one_budget_serves_several_plugins():
    budget = Budget(100)
    storable({"a": "x" * 60}, budget)
    with pytest.raises(NotStorable):
        storable({"b": "x" * 60}, budget)
    storable({"b": "x" * 60}, Budget(100))


CHARACTERS = "aZ 0.$\0é€\U0001f680"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(CHARACTERS, max_size=5),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.text("abcdefgh", min_size=1, max_size=3), inner, max_size=3),
    max_leaves=12,
)  # fmt: skip


@given(st.dictionaries(st.text("abcdefgh", min_size=1, max_size=3), JSON, max_size=4))
def test_json_goes_through_unchanged_and_copies_are_deep(document):
    before = copy.deepcopy(document)
    for made in (storable(document), plain_copy(document)):
        assert made == before
        spoil(made)
    assert document == before


def spoil(value: object) -> None:
    if isinstance(value, dict):
        for item in list(value.values()):
            spoil(item)
        value.clear()
    elif isinstance(value, list):
        for item in value:
            spoil(item)
        value.clear()


def test_names_of_settings_may_have_dots_and_nothing_else_more() -> None:
    settings = {"fields": {"User": {"card.email": {"attribute": "emails.value", "list": [1, {"a.b": None}]}}}}
    made = storable_settings(settings)
    assert made == settings
    assert made["fields"] is not settings["fields"]
    for wrong, path in (
        ({"$a": 1}, []),
        ({"a\uff0eb": 1}, []),
        ({"x.y": {"$a": 1}}, ["x.y"]),
        ({"x.y": [2**63]}, ["x.y", "0"]),
    ):
        with pytest.raises(NotStorable) as refused:
            storable_settings(wrong)
        assert refused.value.path == path
