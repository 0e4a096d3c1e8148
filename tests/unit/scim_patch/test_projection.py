"""`attributes`, `excludedAttributes` and `returned`."""

from copy import deepcopy

import pytest

from scimserver.errors import InvalidValue
from scimserver.schema.attributes import Attribute, ResourceType, SchemaDefinition
from scimserver.scim.projection import Projection

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
FULL = {
    "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", ENTERPRISE],
    "id": "u_ines",
    "userName": "ines@larkfield.example",
    "name": {"givenName": "Ines", "familyName": "Okafor"},
    "emails": [{"type": "work", "value": "ines@larkfield.example", "primary": True}, {"type": "home"}],
    "groups": [],
    ENTERPRISE: {
        "department": "Survey",
        "manager": {"value": "u_theo", "$ref": "https://scim.larkfield.example/u_theo"},
    },
    "meta": {"resourceType": "User", "version": 'W/"1"'},
}
ALWAYS = {"schemas": FULL["schemas"], "id": "u_ines"}


def shown(user, attributes=None, excluded=None):
    return Projection.parse(attributes, excluded, user).apply(FULL)


def test_everything_of_the_default_set_is_shown(user):
    assert shown(user) == FULL
    assert shown(user, "", "") == FULL


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ("id", {}),
        ("userName", {"userName": FULL["userName"]}),
        (" USERNAME , id", {"userName": FULL["userName"]}),
        ("urn:ietf:params:scim:schemas:core:2.0:User:userName", {"userName": FULL["userName"]}),
        ("name.givenName", {"name": {"givenName": "Ines"}}),
        ("name.givenName,name", {"name": FULL["name"]}),
        ("emails.value", {"emails": [{"value": "ines@larkfield.example"}]}),
        ("groups", {"groups": []}),
        ("department", {ENTERPRISE: {"department": "Survey"}}),
        (f"{ENTERPRISE}:department", {ENTERPRISE: {"department": "Survey"}}),
        ("manager.value", {ENTERPRISE: {"manager": {"value": "u_theo"}}}),
        (ENTERPRISE.upper(), {ENTERPRISE: FULL[ENTERPRISE]}),
        ("shoeSize", {}),
        ("meta.version", {"meta": {"version": 'W/"1"'}}),
    ],
)
def test_only_what_is_asked_for_and_what_is_always_returned(user, attributes, expected):
    assert shown(user, attributes) == {**ALWAYS, **expected}


@pytest.mark.parametrize(
    ("excluded", "gone"),
    [("groups", "groups"), ("Emails", "emails"), (ENTERPRISE, ENTERPRISE), ("id", None), ("shoeSize", None)],
)
def test_what_is_excluded_is_absent_unless_always_returned(user, excluded, gone):
    assert shown(user, None, excluded) == {name: value for name, value in FULL.items() if name != gone}


def test_a_sub_attribute_can_be_excluded(user):
    result = shown(user, None, "name.givenName,emails.primary,manager")
    assert result["name"] == {"familyName": "Okafor"}
    assert result["emails"] == [{"type": "work", "value": "ines@larkfield.example"}, {"type": "home"}]
    assert result[ENTERPRISE] == {"department": "Survey"}


def test_both_parameters_are_refused(user):
    with pytest.raises(InvalidValue, match="attributes"):
        Projection.parse("id", "groups", user)


def test_the_stored_resource_is_not_changed(user):
    before = deepcopy(FULL)
    shown(user, "name.givenName")
    shown(user, None, "name.givenName")
    assert before == FULL


@pytest.mark.parametrize(
    ("attributes", "excluded", "wanted"),
    [
        (None, None, True),
        (None, "members", False),
        (None, "Members", False),
        (None, "members.display", True),
        ("id", None, False),
        ("members", None, True),
        ("members.value", None, True),
        ("urn:ietf:params:scim:schemas:core:2.0:Group:members", None, True),
    ],
)
def test_row_47_members_are_wanted_or_not(group, attributes, excluded, wanted):
    projection = Projection.parse(attributes, excluded, group)
    assert projection.wants("members") is wanted
    assert ("members" in projection.apply({"id": "g_1", "members": [{"value": "u_1", "display": "I"}]})) is wanted


@pytest.fixture
def secretive(user):
    kinds = ("always", "default", "request", "never")
    core = SchemaDefinition(
        "urn:larkfield:Box",
        "Box",
        "",
        (
            *(Attribute(kind, "string", "urn:larkfield:Box", returned=kind) for kind in kinds),
            Attribute(
                "inner",
                "complex",
                "urn:larkfield:Box",
                sub_attributes=tuple(Attribute(kind, "string", "urn:larkfield:Box", returned=kind) for kind in kinds),
            ),
        ),
        {},
    )
    return ResourceType("Box", "/Boxes", "", core, user.common)


@pytest.mark.parametrize(
    ("attributes", "excluded", "names", "inner"),
    [
        (None, None, {"always", "default"}, {"always", "default"}),
        ("request,never", None, {"always", "request"}, None),
        ("default,inner.request", None, {"always", "default"}, {"always", "request"}),
        (None, "always,default,inner.always,inner.default", {"always"}, {"always"}),
        ("inner", None, {"always"}, {"always", "default"}),
    ],
)
def test_returned_is_honoured_on_both_levels(secretive, attributes, excluded, names, inner):
    kinds = ("always", "default", "request", "never")
    box = {**dict.fromkeys(kinds, "x"), "inner": dict.fromkeys(kinds, "x")}
    result = Projection.parse(attributes, excluded, secretive).apply(box)
    assert result.keys() - {"inner"} == names
    assert (result["inner"].keys() if inner is not None else result.get("inner")) == inner
