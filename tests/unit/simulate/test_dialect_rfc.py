"""The dialect ``rfc`` sends what RFC 7644 demands and nothing else."""

from typing import Any

import pytest

from scimserver.simulate import dialect_rfc as rfc
from scimserver.simulate.targets import ENTERPRISE

WORK = 'emails[type eq "work"].value'
CITY, COUNTRY = 'addresses[type eq "work"].locality', 'addresses[type eq "work"].country'


def operations(message: dict[str, Any]) -> list[dict[str, Any]]:
    assert message["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:PatchOp"]
    return list(message["Operations"])


def test_a_user_without_extension_names_the_core_schema_only() -> None:
    assert rfc.user_body(
        {"userName": "ines", "active": True, "name.givenName": "Ines", WORK: "ines@larkfield.example"}
    ) == {
        "schemas": [rfc.USER],
        "userName": "ines",
        "active": True,
        "name": {"givenName": "Ines"},
        "emails": [{"type": "work", "value": "ines@larkfield.example"}],
    }


def test_an_extension_in_use_is_named_in_schemas() -> None:
    body = rfc.user_body({"userName": "ines", f"{ENTERPRISE}:department": "Survey"})
    assert body["schemas"] == [rfc.USER, ENTERPRISE]
    assert body[ENTERPRISE] == {"department": "Survey"}


def test_a_group_is_created_without_members() -> None:
    assert rfc.group_body({"displayName": "Harbour Works", "externalId": "t-1"}) == {
        "schemas": [rfc.GROUP],
        "displayName": "Harbour Works",
        "externalId": "t-1",
    }


def test_each_plain_attribute_is_replaced_by_its_path() -> None:
    message = rfc.patch({"title": "Pilot", "active": False, f"{ENTERPRISE}:department": "Survey"}, {})
    assert operations(message) == [
        {"op": "replace", "path": "title", "value": "Pilot"},
        {"op": "replace", "path": "active", "value": False},
        {"op": "replace", "path": f"{ENTERPRISE}:department", "value": "Survey"},
    ]


def test_a_part_of_an_element_that_is_there_is_replaced() -> None:
    held = {"addresses": [{"type": "work", "locality": "Leith"}]}
    assert operations(rfc.patch({CITY: "Perth"}, held)) == [{"op": "replace", "path": CITY, "value": "Perth"}]


def test_an_element_that_is_not_there_is_added_whole() -> None:
    held = {"addresses": [{"type": "home", "locality": "Leith"}]}
    assert operations(rfc.patch({CITY: "Perth", "title": "Pilot", COUNTRY: "GB"}, held)) == [
        {"op": "replace", "path": "title", "value": "Pilot"},
        {"op": "add", "path": "addresses", "value": [{"type": "work", "locality": "Perth", "country": "GB"}]},
    ]


def test_a_manager_is_set_as_an_object_and_removed_without_value() -> None:
    path = f"{ENTERPRISE}:manager"
    assert operations(rfc.manager_patch("u_1")) == [{"op": "replace", "path": path, "value": {"value": "u_1"}}]
    assert operations(rfc.manager_patch(None)) == [{"op": "remove", "path": path}]


def test_members_are_added_together_and_removed_one_by_one() -> None:
    assert operations(rfc.members_patch(["u_1", "u_2"], ["u_3"])) == [
        {"op": "add", "path": "members", "value": [{"value": "u_1"}, {"value": "u_2"}]},
        {"op": "remove", "path": 'members[value eq "u_3"]'},
    ]
    assert [o["op"] for o in operations(rfc.members_patch([], ["u_3"]))] == ["remove"]


def test_put_keeps_what_was_read_and_changes_what_changed() -> None:
    held = {
        "schemas": [rfc.USER],
        "id": "u_1",
        "nickName": "Ni",
        "emails": [{"type": "home", "value": "h@larkfield.example"}],
    }
    body = rfc.put_body(held, {WORK: "w@larkfield.example", f"{ENTERPRISE}:department": "Survey"})
    assert body == {
        "schemas": [rfc.USER, ENTERPRISE],
        "id": "u_1",
        "nickName": "Ni",
        "emails": [{"type": "home", "value": "h@larkfield.example"}, {"type": "work", "value": "w@larkfield.example"}],
        ENTERPRISE: {"department": "Survey"},
    }
    assert held["schemas"] == [rfc.USER], "what was read stays as it was"


SCHEMAS = [
    {
        "id": rfc.USER,
        "attributes": [
            {"name": "userName"},
            {"name": "emails", "subAttributes": [{"name": "value"}, {"name": "type"}]},
            {"name": "name", "subAttributes": [{"name": "givenName"}]},
        ],
    },
    {"id": rfc.GROUP, "attributes": [{"name": "displayName"}]},
]


@pytest.mark.parametrize("path", ["userName", "username", WORK, "name.givenName", "externalId"])
def test_a_published_attribute_is_known(path: str) -> None:
    assert rfc.Discovery.of({}, SCHEMAS).publishes(path)


@pytest.mark.parametrize("path", ["nickName", "name.familyName", "displayName", f"{ENTERPRISE}:department"])
def test_an_attribute_that_is_not_published_is_told_apart(path: str) -> None:
    assert not rfc.Discovery.of({}, SCHEMAS).publishes(path)


def test_group_attributes_are_looked_up_in_the_schema_of_groups() -> None:
    found = rfc.Discovery.of({}, SCHEMAS)
    assert found.publishes("displayName", rfc.GROUP)
    assert not found.publishes("userName", rfc.GROUP)


@pytest.mark.parametrize(
    ("config", "patch"), [({"patch": {"supported": True}}, True), ({"patch": {"supported": False}}, False), ({}, False)]
)
def test_patch_is_used_only_where_it_is_announced(config: dict[str, Any], patch: bool) -> None:
    assert rfc.Discovery.of(config, []).patch is patch
