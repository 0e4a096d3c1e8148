"""The joined work address: the tutorial's expression, and which of line and parts wins."""

import pytest
import scimserver_plugins.work_address as work_address

from scimserver.testing import map_resource

STREET, CITY, STATE, CODE = "14 Harbour Row", "Leith", "Lothian", "EH6 6QQ"


def mapped(address: dict[str, object], **settings: object) -> str | None:
    user = {"id": "u_1", "userName": "ada", "addresses": [{"type": "work", **address}]}
    return map_resource(work_address, user, settings=settings).get("work_address")


def parts(street="", city="", state="", code="") -> dict[str, str]:
    named = {"streetAddress": street, "locality": city, "region": state, "postalCode": code}
    return {name: value for name, value in named.items() if value}


ROWS = [
    ((STREET, CITY, STATE, CODE), "14 Harbour Row, Leith, Lothian EH6 6QQ", "14 Harbour Row, Leith, Lothian EH6 6QQ"),
    ((STREET, CITY, STATE, ""), "14 Harbour Row, Leith, Lothian", "14 Harbour Row, Leith, Lothian"),
    ((STREET, CITY, "", CODE), "14 Harbour Row, Leith EH6 6QQ", "14 Harbour Row, Leith EH6 6QQ"),
    ((STREET, CITY, "", ""), "14 Harbour Row, Leith", "14 Harbour Row, Leith"),
    ((STREET, "", STATE, CODE), "14 Harbour Row, Lothian EH6 6QQ", "14 Harbour Row, Lothian EH6 6QQ"),
    ((STREET, "", STATE, ""), "14 Harbour Row, Lothian", "14 Harbour Row, Lothian"),
    ((STREET, "", "", CODE), "14 Harbour Row EH6 6QQ", "14 Harbour Row EH6 6QQ"),
    ((STREET, "", "", ""), "14 Harbour Row", "14 Harbour Row"),
    (("", CITY, STATE, CODE), ", Leith, Lothian EH6 6QQ", "Leith, Lothian EH6 6QQ"),
    (("", CITY, STATE, ""), ", Leith, Lothian", "Leith, Lothian"),
    (("", CITY, "", CODE), ", Leith EH6 6QQ", "Leith EH6 6QQ"),
    (("", CITY, "", ""), ", Leith", "Leith"),
    (("", "", STATE, CODE), ", Lothian EH6 6QQ", "Lothian EH6 6QQ"),
    (("", "", STATE, ""), ", Lothian", "Lothian"),
    (("", "", "", CODE), " EH6 6QQ", "EH6 6QQ"),
    (("", "", "", ""), None, None),
]


@pytest.mark.parametrize(("given", "joined", "cleaned"), ROWS)
def test_the_sixteen_rows(given, joined, cleaned):
    assert mapped(parts(*given)) == joined
    assert mapped(parts(*given), prefer="parts") == joined
    assert mapped(parts(*given), clean=True) == cleaned


@pytest.mark.parametrize(("given", "joined", "cleaned"), ROWS[:-1])
def test_clean_treats_a_line_that_entra_joined_as_it_treats_one_of_ours(given, joined, cleaned):
    assert mapped({"formatted": joined}) == joined
    assert mapped({"formatted": joined}, clean=True) == cleaned
    assert mapped({"formatted": joined, **parts(*given)}, clean=True) == cleaned


def test_clean_goes_by_the_line_when_a_cleared_street_is_still_among_the_parts():
    assert mapped({"formatted": ", Leith", **parts(STREET, CITY)}, clean=True) == "Leith"


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        (parts(STREET, " ", STATE, CODE), "14 Harbour Row,  , Lothian EH6 6QQ"),
        ({"streetAddress": STREET, "locality": "", "region": STATE}, "14 Harbour Row, Lothian"),
        (parts("14 Harbour Row\nFloor 2", CITY), "14 Harbour Row\nFloor 2, Leith"),
        (parts(STREET, "Leith, Edinburgh", STATE, CODE), "14 Harbour Row, Leith, Edinburgh, Lothian EH6 6QQ"),
        (parts("  Quay ", CITY), "  Quay , Leith"),
        (parts("Cafe\u0301 Row", CITY), "Cafe\u0301 Row, Leith"),
        ({"country": "GB"}, None),
        ({"formatted": "", "country": "GB"}, None),
    ],
)
def test_nothing_is_trimmed_normalised_or_guessed(address, expected):
    assert mapped(address) == expected


@pytest.mark.parametrize(
    ("settings", "expected"),
    [({}, "14 Harbour Row, Leith"), ({"prefer": "formatted"}, "14 Harbour Row, Leith"),
     ({"prefer": "parts"}, "14 Harbour Row, Leith, Lothian")],
)  # fmt: skip
def test_a_cleared_state_shows_only_in_the_line_that_entra_joined(settings, expected):
    stale = {"formatted": "14 Harbour Row, Leith", **parts(STREET, CITY, STATE)}
    assert mapped(stale, **settings) == expected


def test_the_line_is_used_when_there_are_no_parts_whatever_is_preferred():
    assert mapped({"formatted": "Pier 9"}, prefer="parts") == "Pier 9"


@pytest.mark.parametrize(
    ("addresses", "expected"),
    [
        ([{"type": "home", "formatted": "Home"}], None),
        ([{"type": "home", "formatted": "Home", "primary": True}, {"type": "work", "formatted": "Work"}], "Work"),
        ([{"type": "WORK", "formatted": "Loud"}], "Loud"),
        ([{"formatted": "Untyped"}], None),
        ([], None),
    ],
)
def test_only_an_address_of_type_work_counts(addresses, expected):
    user = {"id": "u_1", "addresses": addresses}
    assert map_resource(work_address, user).get("work_address") == expected


def test_a_group_has_no_work_address():
    group = {"id": "g_1", "addresses": [{"type": "work", "formatted": "Work"}]}
    assert map_resource(work_address, group, resource_type="Group") == {}
