"""Order of a list: what each kind of value is compared by, where absent ones stand, and what is refused."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scimserver.errors import InvalidValue
from scimserver.schema.attributes import ResourceType
from scimserver.scim.sorting import ABSENT, MAX_TEXT, Place, Sort, in_order, parse_sort, position

from .random_filters import resources
from .samples import BOAT, ENTERPRISE, GROUP, USER


def sort_of(sort_by: str, order: str | None = None, resource_type: ResourceType = USER) -> Sort:
    sort = parse_sort(sort_by, order, resource_type)
    assert sort is not None
    return sort


def ordered(values: list[dict[str, Any]], sort_by: str, order: str | None = None, kind: ResourceType = USER) -> Any:
    sort = sort_of(sort_by, order, kind)
    places = [(Place(sort.key(v, kind), 0, n), n) for n, v in enumerate(values)]
    return [n for _, n in in_order(places, lambda pair: pair[0], descending=sort.descending)]


@pytest.mark.parametrize(
    ("sort_by", "kind", "ascending"),
    [
        ("userName", USER, [{"userName": "anna"}, {"userName": "BEA"}, {"userName": "Straße"}, {"userName": "strasst"}]),
        ("externalId", USER, [{"externalId": "B"}, {"externalId": "a"}]),
        ("active", USER, [{"active": False}, {"active": True}]),
        ("berths", BOAT, [{"berths": -1}, {"berths": 9}, {"berths": 10}]),
        ("length", BOAT, [{"length": 9}, {"length": 9.5}, {"length": 10.0}]),
        ("launched", BOAT, [{"launched": "2031-01-01T01:00:00+02:00"}, {"launched": "2031-01-01T00:00:00Z"}]),
        ("launched", BOAT, [{"launched": "2031-01-01T00:00:00Z"}, {"launched": "2031-01-01T00:00:00.25Z"}]),
        ("meta.created", USER, [{"meta": {"created": "1999-12-31T00:00:00Z"}}, {"meta": {"created": "2031-01-01T00:00:00Z"}}]),
        ("id", USER, [{"id": "u_B"}, {"id": "u_a"}]),
        ("name.familyName", USER, [{"name": {"familyName": "a"}}, {"name": {"familyName": "b", "givenName": "a"}}]),
        (f"{ENTERPRISE}:department", USER, [{ENTERPRISE: {"department": "a"}}, {ENTERPRISE: {"department": "B"}}]),
        ("department", USER, [{ENTERPRISE: {"department": "a"}}, {ENTERPRISE: {"department": "B"}}]),
        ("manager", USER, [{ENTERPRISE: {"manager": {"value": "u_1"}}}, {ENTERPRISE: {"manager": {"value": "u_2"}}}]),
        ("emails", USER, [{"emails": [{"value": "a"}]}, {"emails": [{"value": "b"}, {"value": "a"}]}]),
        ("emails.value", USER, [{"emails": [{"value": "z"}, {"value": "a", "primary": True}]}, {"emails": [{"value": "b"}]}]),
        ("tags", BOAT, [{"tags": ["a", "z"]}, {"tags": ["b", "a"]}]),
        ("lights.range", BOAT, [{"lights": [{"range": 2}]}, {"lights": [{"range": 10}]}]),
        ("emails.primary", USER, [{"emails": [{"primary": False}]}, {"emails": [{"primary": True}]}]),
    ],
)  # fmt: skip
def test_values_are_ordered_as_their_type_says(sort_by: str, kind: ResourceType, ascending: list[Any]) -> None:
    absent: dict[str, Any] = {}
    count = len(ascending)
    upwards = list(range(count))
    values = [*ascending, absent]
    assert ordered(values, sort_by, None, kind) == [*upwards, count], "an absent value comes last"
    assert ordered(values, sort_by.upper() if ":" not in sort_by else sort_by, "Descending", kind) == [
        count,
        *upwards[::-1],
    ]
    assert ordered(values[::-1], sort_by, "ASCENDING", kind) == [*range(count, 0, -1), 0]


@pytest.mark.parametrize(
    ("sort_by", "kind", "value"),
    [
        ("title", USER, {"title": ""}),
        ("title", USER, {"title": None}),
        ("emails", USER, {"emails": []}),
        ("emails.type", USER, {"emails": [{"value": "x"}, {"type": "work"}]}),
        ("emails.type", USER, {"emails": [{"type": "work"}, {"value": "x", "primary": True}]}),
        ("name.familyName", USER, {"name": {"givenName": "a"}}),
        ("department", USER, {ENTERPRISE: {}}),
    ],
)
def test_what_has_no_value_there_counts_as_absent(sort_by: str, kind: ResourceType, value: dict[str, Any]) -> None:
    assert sort_of(sort_by, None, kind).key(value, kind) == ABSENT


@pytest.mark.parametrize("order", ["ascending", "descending"])
def test_equal_values_keep_the_order_of_creation_in_both_directions(order: str) -> None:
    values = [{"title": "Mate"}, {"title": "MATE"}, {}, {"title": "mate"}, {}]
    assert ordered(values, "title", order) == ([0, 1, 3, 2, 4] if order == "ascending" else [2, 4, 0, 1, 3])


def test_texts_are_compared_up_to_a_bound() -> None:
    assert ordered([{"title": "a" * MAX_TEXT + "z"}, {"title": "a" * MAX_TEXT + "b"}], "title") == [0, 1]
    assert ordered([{"title": "a" * (MAX_TEXT - 1) + "z"}, {"title": "a" * (MAX_TEXT - 1) + "b"}], "title") == [1, 0]


@pytest.mark.parametrize(
    ("sort_by", "order", "told"),
    [
        ("usrName", None, r'"usrName" is unknown; did you mean "userName"\?'),
        ("emails.valeu", None, r'did you mean "emails.value"\?'),
        ("name", None, "one of name.formatted, name.familyName"),
        ("addresses", None, "one of addresses.formatted"),
        ("meta", None, "meta.resourceType"),
        (ENTERPRISE, None, "names a whole schema"),
        ('emails[type eq "work"].value', None, "an attribute name is expected"),
        ("password", None, "never returned"),
        ("manager.$ref", None, "sort by .*manager.value"),
        ("groups.$ref", None, "sort by groups.value"),
        ("meta.location", None, "sort by id"),
        ("$where", None, "unknown"),
        ("userName", "up", "`sortOrder`.*`ascending`"),
    ],
)
def test_what_cannot_be_sorted_by_is_refused_with_the_cure(sort_by: str, order: str | None, told: str) -> None:
    with pytest.raises(InvalidValue, match=told):
        parse_sort(sort_by, order, USER)


@pytest.mark.parametrize("sort_by", [None, ""])
def test_an_order_without_an_attribute_is_ignored(sort_by: str | None) -> None:
    assert parse_sort(sort_by, "sideways", USER) is None


def test_an_attribute_of_another_type_counts_as_absent() -> None:
    sort = parse_sort("userName", None, GROUP, [USER])
    assert sort is not None and sort.key({"userName": "impostor", "displayName": "Works"}, GROUP) == ABSENT
    both = parse_sort("displayName", None, GROUP, [USER])
    assert both is not None and both.key({"displayName": "Works"}, GROUP) != ABSENT


SORTS = [
    sort_of(name, order) for name in ("userName", "active", "emails", "externalId") for order in (None, "descending")
]
LISTS = st.lists(resources(USER), max_size=6)


@given(held=LISTS, sort=st.sampled_from(SORTS), data=st.data())
def test_a_cut_divides_a_list_where_its_resource_stands(held: list[Any], sort: Sort, data: st.DataObject) -> None:
    places = [Place(sort.key(resource, USER), 0, n) for n, resource in enumerate(held)]
    items = in_order(places, lambda place: place, descending=sort.descending)
    assert sorted(items, key=lambda place: place.seq) == places
    for n, place in enumerate(items):
        assert position(items, lambda one: one, place, descending=sort.descending) == n
        without = items[:n] + items[n + 1 :]
        assert position(without, lambda one: one, place, descending=sort.descending) == n, "though it is deleted"
