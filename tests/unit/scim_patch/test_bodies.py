"""Bodies of POST and PUT become canonical: idp-clients §2.1, §4 and the rows of §11 that are about bodies."""

from copy import deepcopy

import pytest

from scimserver.errors import InvalidSyntax, InvalidValue
from scimserver.scim.canonical import canonicalise
from scimserver.scim.reading import MAX_PLACES, strict, tolerant

CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
BADGE = "urn:ietf:params:scim:schemas:extension:larkfield:2.0:User"
NAME = "ines@larkfield.example"


def test_names_in_any_letter_case_become_canonical(user):
    body = {"USERNAME": NAME, "Name": {"FamilyName": "Okafor"}, "Emails": [{"Value": NAME, "TYPE": "work"}]}
    assert canonicalise(body, user).resource == {
        "userName": NAME,
        "name": {"familyName": "Okafor"},
        "emails": [{"value": NAME, "type": "work"}],
    }


def test_the_body_is_not_changed(user):
    body = {"userName": NAME, "active": "True", "manager": "u_theo", "emails": {"value": NAME}, "roles": [None, {}]}
    before = deepcopy(body)
    canonicalise(body, user)
    assert body == before


@pytest.mark.parametrize("body", [[], "x", None, 3, True])
def test_a_body_that_is_no_object_is_refused(user, body):
    with pytest.raises(InvalidSyntax):
        canonicalise(body, user)


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"userName": "a", "USERNAME": "b"}, "userName"),
        ({"name": {"givenName": "a", "GivenName": "b"}}, "name.givenName"),
        ({"emails": [{"value": "a", "Value": "b"}]}, "emails.value"),
        ({ENTERPRISE: {"department": "a"}, ENTERPRISE.upper(): {"division": "b"}}, ENTERPRISE),
        ({ENTERPRISE: {"department": "a", "Department": "b"}}, "department"),
        ({"manager": "a", "MANAGER": "b"}, "manager"),
    ],
)
def test_one_attribute_in_two_letter_cases_is_refused_by_name(user, body, named):
    with pytest.raises(InvalidValue, match="sent twice") as refused:
        canonicalise(body, user)
    assert named in refused.value.detail


def test_row_2_and_3_booleans_as_strings_in_any_case(user):
    for text, value in {"True": True, "true": True, "FALSE": False, "False": False}.items():
        reading = tolerant()
        sent = canonicalise({"active": text, "emails": [{"value": NAME, "primary": text}]}, user, reading)
        assert sent.resource == {"active": value, "emails": [{"value": NAME, "primary": value}]}
        assert reading.used["boolean-as-string"] == ["active", "emails.primary"]


def test_a_string_that_is_no_boolean_is_left_for_the_schema_check_to_name(user):
    assert canonicalise({"active": "yes", "userName": 42}, user).resource == {"active": "yes", "userName": 42}


def test_row_16_and_31_null_is_absent(user):
    body = {"userName": NAME, "title": None, "addresses": None, "manager": None, "name": {"givenName": None}}
    assert canonicalise(body, user).resource == {"userName": NAME}


def test_empty_lists_objects_and_texts_are_absent(user):
    body = {"userName": NAME, "roles": [], "title": "", "name": {"middleName": ""}, "emails": [{}, {"value": ""}]}
    assert canonicalise(body, user).resource == {"userName": NAME}


def test_an_empty_text_is_a_value_in_a_strict_profile_unless_the_attribute_is_required(user):
    body = {"schemas": [CORE], "userName": "", "title": ""}
    assert canonicalise(body, user, reading=strict()).resource == {"title": ""}


def test_row_32_and_33_read_only_attributes_are_ignored(user):
    body = {"userName": NAME, "id": None, "meta": {"resourceType": "User"}, "groups": [{"value": "g_1"}]}
    reading = tolerant()
    assert canonicalise(body, user, reading).resource == {"userName": NAME}
    assert reading.used.keys() == {"schemas-missing"}


def test_row_34_a_password_is_dropped(user):
    assert canonicalise({"userName": NAME, "password": "t1!x"}, user).resource == {"userName": NAME}


@pytest.mark.parametrize(
    "manager",
    [
        "u_theo",  # row 19
        ["u_theo"],
        [{"value": "u_theo", "$ref": "https://scim.larkfield.example/Users/u_theo"}],  # row 20
        {"value": "u_theo", "displayName": "Theo"},
        {"managerId": "u_theo"},  # row 22
        {"Value": "u_theo", "$REF": None},
    ],
)
def test_row_19_20_22_a_manager_in_every_shape_is_one_object(user, manager):
    expected = {ENTERPRISE: {"manager": {"value": "u_theo"}}}
    assert canonicalise({ENTERPRISE: {"manager": manager}}, user).resource == expected


def test_row_21_a_manager_without_its_urn_moves_below_it(user):
    reading = tolerant()
    sent = canonicalise({"manager": "u_theo", ENTERPRISE: {"department": "Survey"}}, user, reading)
    assert sent.resource == {ENTERPRISE: {"department": "Survey", "manager": {"value": "u_theo"}}}
    assert reading.used["without-urn"] == ["manager"]


def test_what_came_with_its_urn_wins_over_what_came_without(user):
    sent = canonicalise({"department": "Survey", ENTERPRISE: {"department": "Harbour Works"}}, user)
    assert sent.resource == {ENTERPRISE: {"department": "Harbour Works"}}


def test_row_23_roles_packed_as_json_are_unpacked(user):
    packed = '{"id":"c0a9","value":"editor","displayName":"Editor"}'
    reading = tolerant()
    sent = canonicalise({"roles": [{"value": packed, "primary": "False"}, {"value": "viewer"}]}, user, reading)
    assert sent.resource == {"roles": [{"value": "editor", "display": "Editor", "primary": False}, {"value": "viewer"}]}
    assert reading.used["role-as-json"] == ["roles"]


@pytest.mark.parametrize("text", ["{", "{}", '{"id":"c0a9"}', "[1]", "{" * 5000])
def test_a_role_that_only_looks_packed_stays_as_it_is(user, text):
    assert canonicalise({"roles": [{"value": text}]}, user).resource == {"roles": [{"value": text}]}


def test_row_25_an_extension_counts_by_its_key_without_its_urn_in_schemas(user, badged):
    body = {"schemas": [CORE], "userName": NAME, BADGE: {"BadgeColour": "teal"}}
    sent = canonicalise(body, badged)
    assert sent.resource[BADGE] == {"badgeColour": "teal"}
    assert sent.extensions == {BADGE}
    reading = tolerant()
    canonicalise(body, user, reading)
    assert reading.used == {"unknown-attribute": [BADGE]}


def test_row_26_unknown_schemas_are_ignored(group):
    microsoft = "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"
    body = {"schemas": [group.schema.id, microsoft], "displayName": "Harbour Works"}
    assert canonicalise(body, group).resource == {"displayName": "Harbour Works"}


@pytest.mark.parametrize("urn", ["urn:scim:schemas:core:1.0", "urn:scim:schemas:core:2.0"])
def test_row_27_urns_of_earlier_versions_mean_the_present_ones(user, urn):
    enterprise = urn.replace("core", "extension:enterprise")
    sent = canonicalise({"schemas": [urn, enterprise], enterprise: {"department": "Survey"}}, user)
    assert sent.resource == {ENTERPRISE: {"department": "Survey"}}
    with pytest.raises(InvalidValue, match="schemas"):
        canonicalise({"schemas": [urn]}, user, reading=strict())


def test_schemas_that_name_none_of_the_resources_own_are_refused(user):
    with pytest.raises(InvalidValue, match="schemas"):
        canonicalise({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "userName": NAME}, user)
    with pytest.raises(InvalidValue, match="schemas"):
        canonicalise({"schemas": [7], "userName": NAME}, user)
    assert canonicalise({"schemas": [CORE.upper()], "userName": NAME}, user).resource == {"userName": NAME}


def test_absent_schemas_are_tolerated_but_not_in_a_strict_profile(user):
    assert canonicalise({"userName": NAME}, user).resource == {"userName": NAME}
    with pytest.raises(InvalidValue, match="schemas"):
        canonicalise({"userName": NAME}, user, reading=strict())


def test_unknown_attributes_are_dropped_and_noted_by_name_only(user):
    reading = tolerant()
    sent = canonicalise({"userName": NAME, "shoeSize": "secret", "name": {"nick": "secret"}}, user, reading)
    assert sent.resource == {"userName": NAME}
    assert reading.used["unknown-attribute"] == ["shoeSize", "name.nick"]


@pytest.mark.parametrize("body", [{"shoeSize": 41}, {"name": {"nick": "I"}}, {"manager": "u_theo"}])
def test_unknown_attributes_are_refused_by_name_in_a_strict_profile(user, body):
    with pytest.raises(InvalidValue, match=r"shoeSize|name\.nick|manager"):
        canonicalise({"schemas": [CORE], **body}, user, reading=strict())


def test_a_strict_profile_leaves_quirks_for_the_schema_check(user):
    body = {"schemas": [CORE, ENTERPRISE], "active": "True", ENTERPRISE: {"manager": "u_theo"}}
    expected = {"active": "True", ENTERPRISE: {"manager": "u_theo"}}
    assert canonicalise(body, user, reading=strict()).resource == expected


def test_what_is_remembered_has_an_end(user):
    reading = tolerant()
    canonicalise({f"x{i}" * 200: i for i in range(500)}, user, reading)
    assert len(reading.used["unknown-attribute"]) == MAX_PLACES
    assert all(len(place) <= 120 for place in reading.used["unknown-attribute"])


def test_one_value_for_a_list_is_wrapped(user):
    assert canonicalise({"emails": {"value": NAME}}, user).resource == {"emails": [{"value": NAME}]}


def test_two_primary_values_are_refused(user):
    emails = [{"value": "a", "primary": True}, {"value": "b", "primary": "True"}]
    with pytest.raises(InvalidValue, match="primary"):
        canonicalise({"emails": emails}, user)
    emails[1]["primary"] = False
    assert len(canonicalise({"emails": emails}, user).resource["emails"]) == 2


def test_values_are_kept_as_sent(user):
    """Row 75: the client compares what it reads with what it wrote."""
    body = {"userName": " Ines@LARKFIELD.example ", "phoneNumbers": [{"value": "+44 (7700) 900-123"}]}
    assert canonicalise(body, user).resource == body


def test_members_are_kept_apart_as_sent(group):
    assert canonicalise({"displayName": "Harbour Works"}, group).members is None
    assert canonicalise({"displayName": "Harbour Works", "members": None}, group).members == []
    sent = canonicalise({"displayName": "Harbour Works", "Members": [{"value": "u_ines"}]}, group)
    assert sent.members == [{"value": "u_ines"}]
    assert sent.resource == {"displayName": "Harbour Works"}


@pytest.mark.parametrize("nothing", [None, ""])
def test_an_element_that_came_without_its_value_is_left_out_unless_the_profile_is_strict(user, nothing):
    phones = [{"type": "work", "value": nothing}, {"type": "fax", "value": "+44 7700 900123"}]
    reading = tolerant()
    sent = canonicalise({"phoneNumbers": phones}, user, reading)
    assert sent.resource == {"phoneNumbers": [phones[1]]}
    assert reading.used["drop-label-only-element"] == ["phoneNumbers"]
    strictly = canonicalise({"schemas": [CORE], "phoneNumbers": phones}, user, strict())
    assert strictly.resource["phoneNumbers"][0]["type"] == "work"
    typed = [{"type": "work", "display": "Desk"}, {"type": "fax"}]
    assert canonicalise({"phoneNumbers": typed}, user).resource == {"phoneNumbers": typed}
