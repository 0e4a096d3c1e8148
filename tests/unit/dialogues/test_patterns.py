"""The matching language: what each pattern accepts, and what it says of the rest."""

from typing import Any

import pytest

from scimserver.conformance.patterns import MISSING, bind, differences

NAMES = {"ines": "u_1", "tenant_url": "https://scim.example/t/a/scim/v2"}


def said(pattern: Any, value: Any) -> list[str]:
    names = dict(NAMES)
    bind(pattern, value, names)
    return differences(pattern, value, names, "body")


@pytest.mark.parametrize(
    ("pattern", "accepted", "refused"),
    [
        ("Ines", "Ines", "ines"),
        (1, 1, 2),
        (1, 1, True),
        (1, 1, "1"),
        (True, True, 1),
        (False, False, 0),
        (None, None, MISSING),
        ([], [], [1]),
        ([1, 2], [1, 2], [2, 1]),
        ([1], [1], []),
        ({"a": 1}, {"a": 1}, {"a": 1, "b": 2}),
        ({"a": 1}, {"a": 1}, {}),
        ({"a": 1}, {"a": 1}, [1]),
        ({"a": 1, "...": True}, {"a": 1, "b": 2}, {"b": 2}),
        ({"...": True}, {}, []),
        ({"a": {"b": 1, "...": True}}, {"a": {"b": 1, "c": 1}}, {"a": {"b": 1}, "c": 1}),
        ({"<in any order>": [1, 2]}, [2, 1], [1, 1]),
        ({"<in any order>": [1, 2]}, [1, 2], [1, 2, 3]),
        ({"<in any order>": [1]}, [1], {"a": 1}),
        ("{ines}", "u_1", "u_2"),
        ("/Users/{ines}/x", "/Users/u_1/x", "/Users/{ines}/x"),
        ({"{ines}": 1}, {"u_1": 1}, {"{ines}": 1}),
        ("<any>", 0, None),
        ("<any>", False, MISSING),
        ("<text>", "x", ""),
        ("<text>", "x", 1),
        ("<text containing {ines}>", "user u_1!", "user u_2!"),
        ("<id>", "x", ""),
        ("<integer>", 1, True),
        ("<integer>", 1, 1.5),
        ("<timestamp>", "2031-02-03T09:15:00Z", "2031-02-03"),
        ("<timestamp>", "2031-02-03T09:15:00.123+02:00", "2031-02-03T09:15:00"),
        ("<timestamp>", "2031-02-28T00:00:00Z", "2031-02-30T00:00:00Z"),
        ("<version>", 'W/"1"', "1"),
        ("<version>", '"a"', '"a'),
        ("<cursor>", "aZ0-._~", "a=="),
        ("<url:/Users/{ines}>", f"{NAMES['tenant_url']}/Users/u_1", "/Users/u_1"),
        ("<url:/Users/{ines}>", f"{NAMES['tenant_url']}/Users/u_1", f"{NAMES['tenant_url']}/Users/u_1/"),
        ("<url:/Users/<id>>", f"{NAMES['tenant_url']}/Users/u_7", f"{NAMES['tenant_url']}/Users/"),
        ("<url:/Users/<id>>", f"{NAMES['tenant_url']}/Users/u_7", f"{NAMES['tenant_url']}/Users/a/b"),
        ("<url:/Users/<id:new>>", f"{NAMES['tenant_url']}/Users/u_7", "https://elsewhere.example/Users/u_7"),
        ({"a": "<absent>", "...": True}, {"b": 1}, {"a": None}),
        ("<", "<", ">"),
    ],
)
def test_a_pattern_accepts_this_and_refuses_that(pattern: Any, accepted: Any, refused: Any) -> None:
    assert said(pattern, accepted) == []
    assert len(said(pattern, refused)) >= 1


def test_a_difference_names_its_place_and_both_values() -> None:
    pattern = {"name": {"givenName": "Ines"}, "emails": [{"value": "a"}, {"value": "b"}], "title": "Pilot"}
    value = {"name": {"givenName": "Inez"}, "emails": [{"value": "a"}, {"value": "c", "type": "work"}]}
    assert said(pattern, value) == [
        'body.name.givenName: expected "Ines", got "Inez"',
        'body.emails[1].value: expected "b", got "c"',
        'body.emails[1].type: not expected: "work"',
        'body.title: expected "Pilot", got nothing',
    ]


def test_a_list_of_another_length_is_compared_as_far_as_it_goes() -> None:
    assert said([1, 2], [3]) == ["body: expected 2 entries, got 1: [3]", "body[0]: expected 1, got 3"]


def test_what_is_left_of_an_unordered_list_is_said() -> None:
    assert said({"<in any order>": [{"a": 1}]}, [{"a": 2}]) == [
        'body: nothing fits {"a": 1}',
        'body: not expected: {"a": 2}',
    ]


def test_binding_takes_the_values_of_every_place() -> None:
    names = dict(NAMES)
    pattern = {
        "id": "<id:jun>",
        "meta": {"version": "<version:v>"},
        "l": [1, "<cursor:c>"],
        "$ref": "<url:/Users/<id:r>>",
    }
    value = {"id": "u_7", "meta": {"version": '"2"'}, "l": [1, "x"], "$ref": f"{NAMES['tenant_url']}/Users/u_8"}
    bind(pattern, value, names)
    assert names == NAMES | {"jun": "u_7", "v": '"2"', "c": "x", "r": "u_8"}


def test_what_does_not_fit_binds_nothing() -> None:
    names = dict(NAMES)
    bind({"id": "<id:jun>", "meta": {"version": "<version:v>"}}, {"id": 7, "meta": []}, names)
    assert names == NAMES
