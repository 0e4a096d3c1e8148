"""The flat card."""

import pytest
import scimserver_plugins.profile as profile

from scimserver.testing import map_resource

FULL = {
    "id": "u_1",
    "userName": "ada@larkfield.example",
    "externalId": "4711",
    "displayName": "Ada Quill",
    "nickName": "Ada",
    "title": "Pilot",
    "locale": "en-GB",
    "timezone": "Europe/London",
    "preferredLanguage": "en",
    "active": False,
    "name": {
        "givenName": "Ada",
        "familyName": "Quill",
        "middleName": "M",
        "formatted": "Dr Ada M Quill II",
        "honorificPrefix": "Dr",
        "honorificSuffix": "II",
    },
    "emails": [
        {"type": "home", "value": "ada@home.example"},
        {"type": "work", "value": "ada@work.example"},
    ],
    "phoneNumbers": [{"type": "work", "value": "+44 1"}, {"type": "mobile", "value": "+44 2"}, {"value": "+44 3"}],
    profile.ENTERPRISE: {
        "department": "Fleet",
        "organization": "Larkfield",
        "division": "North",
        "costCenter": "C1",
        "employeeNumber": "007",
        "manager": {"value": "u_9", "displayName": "Bo"},
    },
}


def test_every_field_of_the_card():
    assert map_resource(profile, FULL) == {
        "user_name": "ada@larkfield.example",
        "external_id": "4711",
        "display_name": "Ada Quill",
        "nick_name": "Ada",
        "title": "Pilot",
        "locale": "en-GB",
        "timezone": "Europe/London",
        "preferred_language": "en",
        "active": False,
        "given_name": "Ada",
        "family_name": "Quill",
        "middle_name": "M",
        "formatted_name": "Dr Ada M Quill II",
        "honorific_prefix": "Dr",
        "honorific_suffix": "II",
        "email": "ada@work.example",
        "emails": {"home": "ada@home.example", "work": "ada@work.example"},
        "phones": {"work": "+44 1", "mobile": "+44 2", "other": "+44 3"},
        "department": "Fleet",
        "organization": "Larkfield",
        "division": "North",
        "cost_center": "C1",
        "employee_number": "007",
        "manager_id": "u_9",
    }


def test_a_field_without_a_value_is_absent_and_active_is_true_unless_said_otherwise():
    assert map_resource(profile, {"id": "u_1", "userName": "ada"}) == {"user_name": "ada", "active": True}


WORK, HOME = {"type": "Work", "value": "w@x.example"}, {"type": "home", "value": "h@x.example"}


@pytest.mark.parametrize(
    ("emails", "user_name", "expected"),
    [
        ([WORK, {**HOME, "primary": True}], "ada", "h@x.example"),
        ([HOME, {**WORK, "primary": False}], "ada", "w@x.example"),
        ([HOME, {"type": "other", "value": "o@x.example"}], "ada@x.example", "h@x.example"),
        ([{"type": "work", "primary": True}, HOME], "ada", "h@x.example"),
        ([], "ada@x.example", "ada@x.example"),
        ([], "ada", None),
        ([], "@x.example", None),
        ([], "ada@localhost", None),
    ],
)
def test_the_address_to_write_to(emails, user_name, expected):
    assert map_resource(profile, {"id": "u_1", "userName": user_name, "emails": emails}).get("email") == expected


def test_types_become_field_names_that_mongodb_can_address():
    phones = [{"type": kind, "value": kind} for kind in ("Desk.2", "$x", "a\0b", "desk.2")]
    card = map_resource(profile, {"id": "u_1", "phoneNumbers": phones})
    assert card["phones"] == {"desk_2": "Desk.2", "_x": "$x", "a_b": "a\0b"}


def test_a_group_has_name_and_external_id():
    group = {"id": "g_1", "displayName": "Crew", "externalId": "9"}
    assert map_resource(profile, group, resource_type="Group") == {"name": "Crew", "external_id": "9"}


def test_a_resource_of_another_type_has_no_card():
    assert map_resource(profile, {"id": "r_1", "displayName": "Drill"}, resource_type="Device") == {}
