"""What Entra writes, message by message, against literal JSON."""

from typing import Any

import pytest

from scimserver.simulate.entra.dialects import Dialect, Edit, Legacy, Mixed, Scim2, dialect_named

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
LARKFIELD = "urn:ietf:params:scim:schemas:extension:larkfield:2.0:User"
MANAGER = f"{ENTERPRISE}:manager"
PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
BOTH = [Legacy(), Scim2()]

FLAT = {
    "externalId": "tomas.reid",
    "userName": "tomas.reid@larkfield.example",
    "active": True,
    "name.givenName": "Tomás",
    "name.familyName": "Reid",
    'emails[type eq "work"].value': "tomas.reid@larkfield.example",
    'emails[type eq "home"].value': "tomas@home.example",
    'phoneNumbers[type eq "mobile"].value': "+44 7700 900456",
    'addresses[type eq "work"].formatted': "3 Quay Lane, Leith",
    'addresses[type eq "work"].locality': "Leith",
    f"{ENTERPRISE}:department": "Survey",
    f"{LARKFIELD}:badgeColour": "amber",
}
EDITS = [
    Edit("replace", "displayName", "Tomás Okafor-Reid"),
    Edit("replace", "name.familyName", "Okafor-Reid"),
    Edit("replace", 'emails[type eq "work"].value', "t.reid@larkfield.example"),
    Edit("add", 'addresses[type eq "work"].locality', "Leith"),
    Edit("add", f"{LARKFIELD}:badgeColour", "teal"),
    Edit("replace", "active", True),
]


def operations(message: dict[str, Any]) -> list[dict[str, Any]]:
    assert message["schemas"] == [PATCH_OP]
    return list(message["Operations"])


@pytest.mark.parametrize("dialect", BOTH)
def test_a_user_is_created_with_two_schemas_and_all_else_by_its_key(dialect: Dialect) -> None:
    assert dialect.user_body(FLAT) == {
        "schemas": [USER, ENTERPRISE],
        "externalId": "tomas.reid",
        "userName": "tomas.reid@larkfield.example",
        "active": True,
        "name": {"givenName": "Tomás", "familyName": "Reid"},
        "emails": [
            {"type": "work", "value": "tomas.reid@larkfield.example", "primary": True},
            {"type": "home", "value": "tomas@home.example", "primary": False},
        ],
        "phoneNumbers": [{"type": "mobile", "value": "+44 7700 900456"}],
        "addresses": [{"type": "work", "formatted": "3 Quay Lane, Leith", "locality": "Leith", "primary": False}],
        ENTERPRISE: {"department": "Survey"},
        LARKFIELD: {"badgeColour": "amber"},
        "roles": [],
        "meta": {"resourceType": "User"},
    }


@pytest.mark.parametrize("dialect", BOTH)
def test_a_single_role_is_created_with_the_constant_type(dialect: Dialect) -> None:
    body = dialect.user_body({"userName": "a", 'roles[primary eq "True"].value': "Admin"})
    assert body["roles"] == [{"primary": True, "value": "Admin", "type": "WindowsAzureActiveDirectoryRole"}]


@pytest.mark.parametrize("dialect", BOTH)
def test_a_group_is_created_empty_and_with_microsofts_old_schema(dialect: Dialect) -> None:
    assert dialect.group_body({"displayName": "Survey", "externalId": "t-survey"}) == {
        "schemas": [
            "urn:ietf:params:scim:schemas:core:2.0:Group",
            "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group",
        ],
        "displayName": "Survey",
        "externalId": "t-survey",
        "meta": {"resourceType": "Group"},
    }


def test_legacy_has_an_operation_for_each_attribute_and_text_for_booleans() -> None:
    assert operations(Legacy().patch(EDITS, {}, "k")) == [
        {"op": "Replace", "path": "displayName", "value": "Tomás Okafor-Reid"},
        {"op": "Replace", "path": "name.familyName", "value": "Okafor-Reid"},
        {"op": "Replace", "path": 'emails[type eq "work"].value', "value": "t.reid@larkfield.example"},
        {"op": "Add", "path": 'addresses[type eq "work"].locality', "value": "Leith"},
        {"op": "Add", "path": f"{LARKFIELD}:badgeColour", "value": "teal"},
        {"op": "Replace", "path": "active", "value": "True"},
    ]


def test_scim2_merges_all_that_has_no_filter_into_one_map_of_paths() -> None:
    assert operations(Scim2().patch(EDITS, {}, "k")) == [
        {"op": "replace", "path": 'emails[type eq "work"].value', "value": "t.reid@larkfield.example"},
        {"op": "add", "path": 'addresses[type eq "work"].locality', "value": "Leith"},
        {
            "op": "replace",
            "value": {
                "displayName": "Tomás Okafor-Reid",
                "name.familyName": "Okafor-Reid",
                f"{LARKFIELD}:badgeColour": "teal",
                "active": True,
            },
        },
    ]


def test_scim2_only_adds_where_there_was_nothing() -> None:
    (operation,) = operations(Scim2().patch([Edit("add", "title", "Pilot")], {}, "k"))
    assert operation == {"op": "add", "value": {"title": "Pilot"}}


def test_disabling_is_the_documented_message() -> None:
    edit = [Edit("replace", "active", False)]
    assert operations(Legacy().patch(edit, {}, "k")) == [{"op": "Replace", "path": "active", "value": "False"}]
    assert operations(Scim2().patch(edit, {}, "k")) == [{"op": "replace", "value": {"active": False}}]


ROLES = [{"id": "r-1", "value": "editor", "displayName": "Editor"}, {"value": "viewer", "display": "Viewer"}]


def test_legacy_packs_roles_into_texts() -> None:
    (operation,) = operations(Legacy().patch([Edit("add", "roles", ROLES)], {}, "k"))
    assert operation == {
        "op": "Add",
        "path": "roles",
        "value": [
            {"value": '{"id":"r-1","value":"editor","displayName":"Editor"}'},
            {"value": '{"value":"viewer","displayName":"Viewer"}'},
        ],
    }


def test_scim2_sends_roles_as_they_are_created() -> None:
    edits = [Edit("replace", "roles", ROLES), Edit("replace", "title", "Pilot")]
    first, second = operations(Scim2().patch(edits, {}, "k"))
    created = [{"value": "editor", "displayName": "Editor"}, {"value": "viewer", "display": "Viewer"}]
    assert first == {"op": "replace", "path": "roles", "value": created}
    assert Scim2().user_body({"roles": ROLES})["roles"] == created
    assert second == {"op": "replace", "value": {"title": "Pilot"}}


def shapes(dialect: Dialect, manager: str | None = "u_2") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for key in range(40):
        (operation,) = operations(dialect.manager_patch(manager, "u_1", "https://scim.example.net/v2", str(key)))
        if operation not in found:
            found.append(operation)
    return sorted(found, key=lambda o: (o["op"], str(o["path"])))


def test_legacy_has_three_shapes_for_a_manager() -> None:
    link = {"$ref": "https://scim.example.net/v2/Users/u_2", "value": "u_2"}
    assert shapes(Legacy()) == [
        {"op": "Add", "path": "manager", "value": [link]},
        {"op": "Add", "path": MANAGER, "value": "u_2"},
        {"op": "Replace", "path": f"{MANAGER}.value", "value": "u_2"},
    ]


def test_scim2_has_two_shapes_for_a_manager() -> None:
    assert shapes(Scim2()) == [
        {"op": "add", "path": MANAGER, "value": "u_2"},
        {"op": "replace", "path": MANAGER, "value": {"value": "u_2"}},
    ]


def test_a_manager_is_removed_with_and_without_a_value() -> None:
    assert shapes(Legacy(), None) == [{"op": "Remove", "path": MANAGER, "value": [{"value": "u_1"}]}]
    assert shapes(Scim2(), None) == [{"op": "remove", "path": MANAGER}]


def test_members_leave_by_a_list_in_legacy_and_by_a_filter_in_scim2() -> None:
    link = [{"$ref": None, "value": "u_1"}]
    gone = [{"$ref": None, "value": "u_2"}, {"$ref": None, "value": "u_3"}]
    assert operations(Legacy().members_patch(["u_1"], ["u_2", "u_3"], "k")) == [
        {"op": "Add", "path": "members", "value": link},
        {"op": "Remove", "path": "members", "value": gone},
    ]
    assert operations(Scim2().members_patch(["u_1"], ["u_2", "u_3"], "k")) == [
        {"op": "add", "path": "members", "value": link},
        {"op": "remove", "path": 'members[value eq "u_2"]'},
        {"op": "remove", "path": 'members[value eq "u_3"]'},
    ]


@pytest.mark.parametrize("dialect", BOTH)
def test_nobody_new_is_no_operation(dialect: Dialect) -> None:
    (operation,) = operations(dialect.members_patch([], ["u_2"], "k"))
    assert operation["op"].lower() == "remove"


def test_mixed_sends_both_and_the_same_seed_the_same() -> None:
    edit = [Edit("replace", "active", False)]
    keys = [f"2:p-{number}" for number in range(30)]

    def ops(seed: int) -> list[str]:
        return [operations(Mixed(seed).patch(edit, {}, key))[0]["op"] for key in keys]

    assert set(ops(1)) == {"replace", "Replace"}
    assert ops(1) == ops(1)
    assert ops(1) != ops(2)


@pytest.mark.parametrize("name", ["legacy", "scim2", "mixed"])
def test_dialects_have_names(name: str) -> None:
    assert dialect_named(name).name == name
