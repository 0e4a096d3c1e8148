"""SCIM paths and the directory's names as sources of an expression."""

import tomllib
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scimserver.expressions import compile_expression
from scimserver.mapping.aliases import ALIASES, alias
from scimserver.mapping.checks import unknown
from scimserver.mapping.paths import covers, leaves, read_path
from scimserver.mapping.selection import BadPath, read_filter, selects
from scimserver.mapping.sources import reader
from scimserver.schema.catalogue import load_schemas
from scimserver.scim.match import element_matches
from scimserver.scim.parser import parse_filter
from scimserver.scim.reading import tolerant
from tests.unit.mapping.mappings import ATTRIBUTES, ENTERPRISE, INES


def read(name, resource=INES, resource_type="User", document=None):
    return reader(resource_type, resource, document)(name)


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("userName", "ines.okafor@larkfield.example"),
        ("USERNAME", "ines.okafor@larkfield.example"),
        ("id", "u_1"),
        ("externalId", "ines.okafor"),
        ("active", True),
        ("name.givenName", "Ines"),
        ("Name.GIVENNAME", "Ines"),
        ("name", None),
        ("name.middleName", None),
        ("nickName", None),
        ("nickName.value", None),
        ("userName.value", "ines.okafor@larkfield.example"),
        ("emails.value", ["io@home.example", "ines@larkfield.example", "second@larkfield.example"]),
        ("emails", ["io@home.example", "ines@larkfield.example", "second@larkfield.example"]),
        ("emails.type", ["home", "work", "work"]),
        ("emails.display", []),
        ('emails[type eq "work"].value', "ines@larkfield.example"),
        ('EMAILS[TYPE EQ "WORK"].VALUE', "ines@larkfield.example"),
        ('emails[type eq "work"]', "ines@larkfield.example"),
        ('emails[type eq "other"].value', None),
        ("emails[primary eq true].value", "ines@larkfield.example"),
        ('emails[primary eq "True"].value', "ines@larkfield.example"),
        ('emails[type eq "work" and not (primary eq true)].value', "second@larkfield.example"),
        ('emails[value ew "home.example" or (type eq "x")].type', "home"),
        ("emails[display pr].value", None),
        ('addresses[type eq "work"].postalCode', "EH6 6QQ"),
        (f"{ENTERPRISE}:department", "Harbour Works"),
        (f"{ENTERPRISE.upper()}:DEPARTMENT", "Harbour Works"),
        (f"{ENTERPRISE}:manager.value", "u_2"),
        (f"{ENTERPRISE}:manager", "u_2"),
        ("urn:ietf:params:scim:schemas:core:2.0:User:userName", "ines.okafor@larkfield.example"),
        ('urn:ietf:params:scim:schemas:core:2.0:User:emails[type eq "home"].value', "io@home.example"),
        ("urn:example:none:2.0:User:department", None),
        ("urn:example:none:2.0:User:title", None),
        ("app.card.line", "made before"),
        ("app.card.none", None),
        ("app.CARD", None),
    ],
)
def test_a_path_finds(name, found):
    assert read(name, document={"card": {"line": "made before"}}) == found


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("user name", "no name of an attribute"),
        ("emails[type eq].value", "a text in double quotes behind eq"),
        ("emails[type like 1].value", "an operator behind type"),
        ('emails[type eq "work"]value', "a dot and a sub-attribute"),
        ('name.givenName[type eq "x"]', "behind the attribute"),
        ('emails[type eq "work" xor].value', "and, or, or the end"),
        ('emails[(type eq "work"].value', "is not closed"),
        ('emails[not type eq "work"].value', "( behind not"),
        ("emails[value gt null].value", "gt can compare"),
        ("emails[" + "(" * 17 + "primary pr" + ")" * 17 + "].value", "nested more than 16"),
        ("emails[].value", "the name of a sub-attribute"),
        ("app.card..line", "between two dots"),
        ("a.b.c", "no name of an attribute"),
        ("", "no name of an attribute"),
    ],
)
def test_what_is_no_path_is_null_and_is_told_when_saved(name, why):
    with pytest.raises(BadPath) as bad:
        read_path(name)
    assert why in str(bad.value)
    assert read(name) is None
    assert why in unknown(name, "User", ATTRIBUTES["User"])


def test_sixteen_brackets_are_not_too_many():
    assert read("emails[" + "(" * 16 + "primary eq true" + ")" * 16 + "].value") == "ines@larkfield.example"


# -- the filter is the server's own ------------------------------------------------------------------------------------

LABELS = st.sampled_from(["work", "Work", "home", "", "ß", "x y"])
TERMS = st.one_of(
    st.builds("{} {} {}".format, st.sampled_from(["type", "value", "Display"]),
              st.sampled_from(["eq", "ne", "co", "sw", "ew"]), LABELS.map('"{}"'.format)),
    st.sampled_from(["primary eq true", "primary ne true", "primary eq false", "type pr", "primary pr", "value eq null"]),
)  # fmt: skip
FILTERS = st.recursive(
    TERMS,
    lambda inner: st.one_of(
        st.builds("({} and {})".format, inner, inner),
        st.builds("({} or {})".format, inner, inner),
        st.builds("not ({})".format, inner),
    ),
    max_leaves=6,
)
ELEMENTS = st.fixed_dictionaries(
    {}, optional={"type": LABELS, "value": LABELS, "display": LABELS, "primary": st.booleans()}
)


@given(FILTERS, ELEMENTS)
def test_a_filter_selects_what_it_selects_in_a_request(text, element):
    user = load_schemas().resource_type("User")
    bound = parse_filter(f"emails[{text}]", user, tolerant())
    assert selects(read_filter(text), element) == element_matches(bound.inner, element)


# -- aliases -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("userPrincipalName", "ines.okafor@larkfield.example"),
        ("mailNickname", "ines.okafor"),
        ("givenName", "Ines"),
        ("surname", "Okafor"),
        ("SurName", "Okafor"),
        ("jobTitle", "Surveyor"),
        ("mail", "ines@larkfield.example"),
        ("mobile", "+44 7700 900123"),
        ("telephoneNumber", None),
        ("city", "Leith"),
        ("state", "Lothian"),
        ("employeeId", "40017"),
        ("department", "Harbour Works"),
        ("manager", "u_2"),
        ("accountEnabled", True),
        ("IsSoftDeleted", False),
        ("otherMails", ["io@home.example"]),
        (
            "appRoleAssignments",
            [{"value": "editor", "displayName": "Editor"}, {"value": "viewer", "displayName": "viewer"}],
        ),
    ],
)
def test_a_name_of_the_directory_stands_for_what_the_tutorial_maps_it_to(name, found):
    assert read(name) == found


def test_a_user_who_says_nothing_of_active_is_neither_deleted_nor_not():
    assert read("IsSoftDeleted", {"userName": "x"}) is None
    assert read("IsSoftDeleted", {"active": False}) is True


def test_aliases_belong_to_users_and_groups_and_hide_no_attribute():
    assert read("city", {"city": "Leith"}, "Device") == "Leith"
    assert alias("Device", "mail") is None
    assert read("objectId", {"externalId": "9"}, "Group") == "9"
    for resource_type, named in ALIASES.items():
        core = {path.lower() for path in ATTRIBUTES[resource_type]}
        assert not core & {name.lower() for name in named}


def test_every_alias_leads_to_an_attribute_that_there_is():
    for resource_type, named in ALIASES.items():
        for name in named:
            assert unknown(name, resource_type, ATTRIBUTES[resource_type]) == ""


def test_the_mapping_of_the_simulated_entra_is_turned_round():
    rows = tomllib.loads(files("scimserver.simulate").joinpath("mappings", "entra.toml").read_text())["users"]
    invented = ("extension", "displayName", "preferredLanguage")
    direct = {row["source"]: row["target"] for row in rows if "source" in row}
    for name, target in direct.items():
        if not name.startswith(invented):
            assert alias("User", name).paths[0].removesuffix(".value") == target.removesuffix(".value")
    for row in rows:
        for name in compile_expression(row["expression"]).attributes if "expression" in row else ():
            assert name.startswith("extension") or alias("User", name), name


# -- what a resource has -----------------------------------------------------------------------------------------------


def test_a_leaf_is_found_under_the_name_that_it_is_given():
    for text, path, element in leaves(INES):
        assert read(text) is not None, text
        assert covers(read_path(text), path, element), text
        assert not covers(read_path("nickName"), path, element)


def test_a_path_covers_its_own_elements_only():
    work = read_path('emails[type eq "work"].value')
    covered = [text for text, path, element in leaves(INES) if covers(work, path, element)]
    assert covered == ['emails[type eq "work"].value'] * 2
