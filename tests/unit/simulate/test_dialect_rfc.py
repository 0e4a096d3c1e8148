"""The dialect ``rfc`` sends what RFC 7644 demands and nothing else."""

from typing import Any

import pytest

from scimserver.simulate.entra.dialect_rfc import Discovery, Rfc, patched
from scimserver.simulate.entra.dialects import GROUP, USER, Edit
from scimserver.simulate.mapping.targets import ENTERPRISE

rfc = Rfc()

WORK = 'emails[type eq "work"].value'
CITY, COUNTRY = 'addresses[type eq "work"].locality', 'addresses[type eq "work"].country'


def operations(message: dict[str, Any]) -> list[dict[str, Any]]:
    assert message["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:PatchOp"]
    return list(message["Operations"])


def replacing(values: dict[str, Any]) -> list[Edit]:
    return [Edit("replace", path, value) for path, value in values.items()]


def test_a_user_without_extension_names_the_core_schema_only() -> None:
    assert rfc.user_body(
        {"userName": "ines", "active": True, "name.givenName": "Ines", WORK: "ines@larkfield.example"}
    ) == {
        "schemas": [USER],
        "userName": "ines",
        "active": True,
        "name": {"givenName": "Ines"},
        "emails": [{"type": "work", "value": "ines@larkfield.example"}],
    }


def test_an_extension_in_use_is_named_in_schemas() -> None:
    body = rfc.user_body({"userName": "ines", f"{ENTERPRISE}:department": "Survey"})
    assert body["schemas"] == [USER, ENTERPRISE]
    assert body[ENTERPRISE] == {"department": "Survey"}


def test_a_group_is_created_without_members() -> None:
    assert rfc.group_body({"displayName": "Harbour Works", "externalId": "t-1"}) == {
        "schemas": [GROUP],
        "displayName": "Harbour Works",
        "externalId": "t-1",
    }


def test_each_plain_attribute_is_replaced_by_its_path() -> None:
    message = rfc.patch(replacing({"title": "Pilot", "active": False, f"{ENTERPRISE}:department": "Survey"}), {}, "")
    assert operations(message) == [
        {"op": "replace", "path": "title", "value": "Pilot"},
        {"op": "replace", "path": "active", "value": False},
        {"op": "replace", "path": f"{ENTERPRISE}:department", "value": "Survey"},
    ]


def test_a_part_of_an_element_that_is_there_is_replaced() -> None:
    held = {"addresses": [{"type": "work", "locality": "Leith"}]}
    assert operations(rfc.patch(replacing({CITY: "Perth"}), held, "")) == [
        {"op": "replace", "path": CITY, "value": "Perth"}
    ]


def test_an_element_that_is_not_there_is_added_whole() -> None:
    held = {"addresses": [{"type": "home", "locality": "Leith"}]}
    assert operations(rfc.patch(replacing({CITY: "Perth", "title": "Pilot", COUNTRY: "GB"}), held, "")) == [
        {"op": "replace", "path": "title", "value": "Pilot"},
        {"op": "add", "path": "addresses", "value": [{"type": "work", "locality": "Perth", "country": "GB"}]},
    ]


def test_a_manager_is_set_as_an_object_and_removed_without_value() -> None:
    path = f"{ENTERPRISE}:manager"
    assert operations(rfc.manager_patch("u_1", None, "", "")) == [
        {"op": "replace", "path": path, "value": {"value": "u_1"}}
    ]
    assert operations(rfc.manager_patch(None, "u_1", "", "")) == [{"op": "remove", "path": path}]


def test_members_are_added_together_and_removed_one_by_one() -> None:
    assert operations(rfc.members_patch(["u_1", "u_2"], ["u_3"], "")) == [
        {"op": "add", "path": "members", "value": [{"value": "u_1"}, {"value": "u_2"}]},
        {"op": "remove", "path": 'members[value eq "u_3"]'},
    ]
    assert [o["op"] for o in operations(rfc.members_patch([], ["u_3"], ""))] == ["remove"]


def test_several_new_elements_of_one_attribute_are_added_together() -> None:
    home = 'addresses[type eq "home"].locality'
    assert operations(rfc.patch(replacing({CITY: "Perth", home: "Leith"}), {}, "")) == [
        {
            "op": "add",
            "path": "addresses",
            "value": [{"type": "work", "locality": "Perth"}, {"type": "home", "locality": "Leith"}],
        }
    ]


def test_an_element_of_an_extension_is_added_under_its_urn() -> None:
    urn = "urn:ietf:params:scim:schemas:extension:larkfield:2.0:User"
    message = rfc.patch(replacing({f'{urn}:badges[type eq "door"].value': "teal"}), {}, "")
    assert operations(message) == [
        {"op": "add", "path": f"{urn}:badges", "value": [{"type": "door", "value": "teal"}]},
    ]


def test_an_attribute_that_is_not_there_is_added() -> None:
    assert operations(rfc.patch([Edit("add", "title", "Pilot")], {}, "")) == [
        {"op": "add", "path": "title", "value": "Pilot"}
    ]


HELD = {
    "schemas": [USER],
    "id": "u_1",
    "nickName": "Ni",
    "emails": [{"type": "home", "value": "h@larkfield.example"}],
}


def test_a_put_keeps_what_was_read_and_has_what_changed() -> None:
    message = rfc.patch(replacing({WORK: "w@larkfield.example", f"{ENTERPRISE}:department": "Survey"}), HELD, "")
    assert patched(HELD, message) == {
        "schemas": [USER, ENTERPRISE],
        "id": "u_1",
        "nickName": "Ni",
        "emails": [{"type": "home", "value": "h@larkfield.example"}, {"type": "work", "value": "w@larkfield.example"}],
        ENTERPRISE: {"department": "Survey"},
    }
    assert HELD["schemas"] == [USER], "what was read stays as it was"


def test_a_put_has_the_manager_or_has_none() -> None:
    with_manager = patched(HELD, rfc.manager_patch("u_2", None, "", ""))
    assert with_manager[ENTERPRISE] == {"manager": {"value": "u_2"}}
    assert "manager" not in patched(with_manager, rfc.manager_patch(None, "u_2", "", ""))[ENTERPRISE]
    assert ENTERPRISE not in patched(HELD, rfc.manager_patch(None, "u_2", "", ""))


def test_a_put_has_the_members_of_now() -> None:
    group = {"schemas": [GROUP], "members": [{"value": "u_1", "display": "Ines"}, {"value": "u_2"}]}
    assert patched(group, rfc.members_patch(["u_3"], ["u_1"], ""))["members"] == [{"value": "u_2"}, {"value": "u_3"}]
    assert patched({"schemas": [GROUP]}, rfc.members_patch(["u_3"], ["u_1"], ""))["members"] == [{"value": "u_3"}]


SCHEMAS = [
    {
        "id": USER,
        "attributes": [
            {"name": "userName"},
            {"name": "emails", "subAttributes": [{"name": "value"}, {"name": "type"}]},
            {"name": "name", "subAttributes": [{"name": "givenName"}]},
        ],
    },
    {"id": GROUP, "attributes": [{"name": "displayName"}]},
]


@pytest.mark.parametrize("path", ["userName", "username", WORK, "name.givenName", "externalId"])
def test_a_published_attribute_is_known(path: str) -> None:
    assert Discovery.of({}, SCHEMAS).publishes(path)


@pytest.mark.parametrize("path", ["nickName", "name.familyName", "displayName", f"{ENTERPRISE}:department"])
def test_an_attribute_that_is_not_published_is_told_apart(path: str) -> None:
    assert not Discovery.of({}, SCHEMAS).publishes(path)


def test_group_attributes_are_looked_up_in_the_schema_of_groups() -> None:
    found = Discovery.of({}, SCHEMAS)
    assert found.publishes("displayName", GROUP)
    assert not found.publishes("userName", GROUP)


@pytest.mark.parametrize(
    ("config", "patch"), [({"patch": {"supported": True}}, True), ({"patch": {"supported": False}}, False), ({}, False)]
)
def test_patch_is_used_only_where_it_is_announced(config: dict[str, Any], patch: bool) -> None:
    assert Discovery.of(config, []).patch is patch
