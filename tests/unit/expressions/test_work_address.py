"""The joined work address of the tutorial: all sixteen rows, and the same as the shipped plugin makes of the parts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scimserver_plugins.work_address import join_parts

from scimserver.expressions import compile_expression
from tests.unit.expressions.people import value

ADDRESS = """Join("", [streetAddress],
         IIF(IsPresent([city]),", ",""), [city],
         IIF(IsPresent([state]),", ",""), [state],
         IIF(IsPresent([postalCode])," ",""), [postalCode])"""
WITHOUT_IIF = 'Join(", ", [streetAddress], [city], Join(" ", [state], [postalCode]))'
SCIM_ADDRESS = (
    ADDRESS.replace("[streetAddress]", '[addresses[type eq "work"].streetAddress]')
    .replace("[city]", '[addresses[type eq "work"].locality]')
    .replace("[state]", '[addresses[type eq "work"].region]')
    .replace("[postalCode]", '[addresses[type eq "work"].postalCode]')
)
PARTS = {"streetAddress": "streetAddress", "city": "locality", "state": "region", "postalCode": "postalCode"}

STREET, CITY, STATE, CODE = "14 Harbour Row", "Leith", "Lothian", "EH6 6QQ"
ROWS = [
    (STREET, CITY, STATE, CODE, "14 Harbour Row, Leith, Lothian EH6 6QQ"),
    (STREET, CITY, STATE, None, "14 Harbour Row, Leith, Lothian"),
    (STREET, CITY, None, CODE, "14 Harbour Row, Leith EH6 6QQ"),
    (STREET, CITY, None, None, "14 Harbour Row, Leith"),
    (STREET, None, STATE, CODE, "14 Harbour Row, Lothian EH6 6QQ"),
    (STREET, None, STATE, None, "14 Harbour Row, Lothian"),
    (STREET, None, None, CODE, "14 Harbour Row EH6 6QQ"),
    (STREET, None, None, None, "14 Harbour Row"),
    (None, CITY, STATE, CODE, ", Leith, Lothian EH6 6QQ"),
    (None, CITY, STATE, None, ", Leith, Lothian"),
    (None, CITY, None, CODE, ", Leith EH6 6QQ"),
    (None, CITY, None, None, ", Leith"),
    (None, None, STATE, CODE, ", Lothian EH6 6QQ"),
    (None, None, STATE, None, ", Lothian"),
    (None, None, None, CODE, " EH6 6QQ"),
    (None, None, None, None, ""),
]


def person(*parts):
    return dict(zip(PARTS, parts, strict=True))


@pytest.mark.parametrize(("street", "city", "state", "code", "joined"), ROWS)
@pytest.mark.parametrize("missing", [None, "", "left out"])
def test_the_sixteen_rows(street, city, state, code, joined, missing):
    source = person(street, city, state, code)
    if missing == "left out":
        source = {name: part for name, part in source.items() if part is not None}
    else:
        source = {name: missing if part is None else part for name, part in source.items()}
    assert value(ADDRESS, source) == joined
    assert join_parts({PARTS[name]: part for name, part in source.items()}) == joined


@pytest.mark.parametrize(
    ("parts", "joined"),
    [
        ((STREET, " ", STATE, CODE), "14 Harbour Row,  , Lothian EH6 6QQ"),
        ((STREET, "", STATE, CODE), "14 Harbour Row, Lothian EH6 6QQ"),
        (("14 Harbour Row\nFloor 2", CITY, None, None), "14 Harbour Row\nFloor 2, Leith"),
        ((STREET, "Leith, Edinburgh", STATE, CODE), "14 Harbour Row, Leith, Edinburgh, Lothian EH6 6QQ"),
        ((STREET, None, None, CODE), "14 Harbour Row EH6 6QQ"),
        (("  Quay ", "Cafe\u0301", None, None), "  Quay , Cafe\u0301"),
    ],
)
def test_edge_cases_nothing_is_trimmed_normalised_or_guessed(parts, joined):
    assert value(ADDRESS, person(*parts)) == joined


@pytest.mark.parametrize(
    ("parts", "joined"),
    [
        ((STREET, CITY, STATE, CODE), "14 Harbour Row, Leith, Lothian EH6 6QQ"),
        ((STREET, CITY, None, CODE), "14 Harbour Row, Leith, EH6 6QQ"),
        ((STREET, None, None, CODE), "14 Harbour Row, EH6 6QQ"),
        ((None, None, STATE, CODE), "Lothian EH6 6QQ"),
        ((None, None, None, None), ""),
    ],
)
def test_the_way_without_iif(parts, joined):
    assert value(WITHOUT_IIF, person(*parts)) == joined


PART = st.none() | st.text(max_size=12)


@given(st.tuples(PART, PART, PART, PART))
def test_random_parts_join_as_the_plugin_joins_them(parts):
    source = person(*parts)
    address = {PARTS[name]: part for name, part in source.items()}
    scim = {f'addresses[type eq "work"].{name}': part for name, part in address.items()}
    joined = join_parts(address)
    assert compile_expression(ADDRESS).evaluate(source) == joined
    assert compile_expression(SCIM_ADDRESS).evaluate(scim) == joined
