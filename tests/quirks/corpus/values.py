"""The value of an attribute has another shape than the schema gives it."""

from typing import Any

from ..cases import (
    CREW,
    ENTERPRISE,
    INES,
    SAMPLE_EXTENSION,
    Case,
    Means,
    Refused,
    add,
    patch,
    post,
    put,
    remove,
    replace,
)

NAME = "ines@larkfield.example"
MANAGER = f"{ENTERPRISE}:manager"
_MANAGED = {"userName": NAME, ENTERPRISE: {"manager": {"value": "{theo}"}}}
_MAIL = {"type": "work", "value": NAME}
_EDITOR = r'{"id":"c0a9b2f4","value":"editor","displayName":"Editor"}'
_VIEWER = r'{"id":"4b8d23aa","value":"viewer","displayName":"Viewer"}'
_ROLES = [{"value": "editor", "display": "Editor"}, {"value": "viewer", "display": "Viewer"}]
_ACTIVE = post("Users", userName=NAME, active=True)
_TITLED = post("Users", userName=NAME, title="Pilot")


def _sample(value: Any) -> dict[str, Any]:
    return {"name": "Lathe", "integerValue": value, SAMPLE_EXTENSION: {"level": 1}}


CASES = [
    Case(
        "in a PATCH with a path", "boolean-as-string", 2, _ACTIVE,
        wrong=patch("Users", replace("active", "False")),
        legal=patch("Users", replace("active", False)),
        after={"userName": NAME, "active": False},
        strict=Refused(400, "invalidValue", ("`active`", "boolean")),
    ),
    Case(
        "in a PATCH without a path, in small letters", "boolean-as-string", 2, _ACTIVE,
        wrong=patch("Users", {"op": "replace", "value": {"active": "false"}}),
        legal=patch("Users", {"op": "replace", "value": {"active": False}}),
        after={"userName": NAME, "active": False},
        strict=Refused(400, "invalidValue", ("`active`", "boolean")),
    ),
    Case(
        "in a sub-attribute", "boolean-as-string", 2, post("Users", userName=NAME, emails=[_MAIL]),
        wrong=patch("Users", replace('emails[type eq "work"].primary', "True")),
        legal=patch("Users", replace('emails[type eq "work"].primary', True)),
        after={"userName": NAME, "emails": [{**_MAIL, "primary": True}]},
        strict=Refused(400, "invalidValue", ("emails", "primary", "boolean")),
    ),
    Case(
        "in a POST", "boolean-as-string", 3, None,
        wrong=post("Users", userName=NAME, active="true", emails=[{**_MAIL, "primary": True}]),
        legal=post("Users", userName=NAME, active=True, emails=[{**_MAIL, "primary": True}]),
        after={"userName": NAME, "active": True, "emails": [{**_MAIL, "primary": True}]},
        strict=Refused(400, "invalidValue", ("`active`", "boolean")),
    ),
    Case(
        "in a PUT", "boolean-as-string", 3, _ACTIVE,
        wrong=put("Users", userName=NAME, active="FALSE"),
        legal=put("Users", userName=NAME, active=False),
        after={"userName": NAME, "active": False},
        strict=Refused(400, "invalidValue", ("`active`", "boolean")),
    ),
    Case(
        "4.0", "whole-number-with-fraction", None, None,
        wrong=post("Samples", **_sample(4.0)),
        legal=post("Samples", **_sample(4)),
        after=_sample(4),
        strict=Refused(400, "invalidValue", ("`integerValue`", "without fraction")),
    ),
    Case(
        "one e-mail", "single-value-for-list", None, None,
        wrong=post("Users", userName=NAME, emails=_MAIL),
        legal=post("Users", userName=NAME, emails=[_MAIL]),
        after={"userName": NAME, "emails": [_MAIL]},
        strict=Refused(400, "invalidValue", ("`emails`", "list")),
    ),
    Case(
        "one e-mail in a PATCH", "single-value-for-list", None, INES,
        wrong=patch("Users", replace("emails", _MAIL)),
        legal=patch("Users", replace("emails", [_MAIL])),
        after={"userName": NAME, "emails": [_MAIL]},
        strict=Refused(400, "invalidValue", ("`emails`", "list")),
    ),
    Case(
        "the manager in a PATCH", "list-for-single-value", 20, INES,
        wrong=patch("Users", add(MANAGER, [{"value": "{theo}"}])),
        legal=patch("Users", add(MANAGER, {"value": "{theo}"})),
        after=_MANAGED,
        strict=Refused(400, "invalidValue", ("manager", "object")),
    ),
    Case(
        "the manager in a POST", "list-for-single-value", 20, None,
        wrong=post("Users", userName=NAME, **{ENTERPRISE: {"manager": [{"value": "{theo}"}]}}),
        legal=post("Users", **_MANAGED),
        after=_MANAGED,
        strict=Refused(400, "invalidValue", ("manager", "object")),
    ),
    Case(
        "the manager in a PATCH", "reference-as-string", 19, INES,
        wrong=patch("Users", add(MANAGER, "{theo}")),
        legal=patch("Users", add(MANAGER, {"value": "{theo}"})),
        after=_MANAGED,
        strict=Refused(400, "invalidValue", ("manager", "object")),
    ),
    Case(
        "the manager in a POST", "reference-as-string", 19, None,
        wrong=post("Users", userName=NAME, **{ENTERPRISE: {"manager": "{theo}"}}),
        legal=post("Users", **_MANAGED),
        after=_MANAGED,
        strict=Refused(400, "invalidValue", ("manager", "object")),
    ),
    Case(
        "a member in a POST", "reference-as-string", 19, None,
        wrong=post("Groups", displayName="Crew", members=["{theo}"]),
        legal=post("Groups", displayName="Crew", members=[{"value": "{theo}"}]),
        after={"displayName": "Crew", "members": [{"value": "{theo}", "type": "User"}]},
        strict=Refused(400, "invalidValue", ("`members[0]`", "object with `value`")),
    ),
    Case(
        "a member in a PATCH", "reference-as-string", 19, CREW,
        wrong=patch("Groups", add("members", ["{theo}"])),
        legal=patch("Groups", add("members", [{"value": "{theo}"}])),
        after={"displayName": "Crew", "members": [{"value": "{theo}", "type": "User"}]},
        strict=Refused(400, "invalidValue", ("`members[0]`", "object with `value`")),
    ),
    Case(
        "AppRoleAssignmentsComplex", "role-as-json", 23, INES,
        wrong=patch("Users", add("roles", [{"value": _EDITOR}, {"value": _VIEWER}])),
        legal=patch("Users", add("roles", _ROLES)),
        after={"userName": NAME, "roles": _ROLES},
        strict=Means({"userName": NAME, "roles": [{"value": _EDITOR}, {"value": _VIEWER}]}),
    ),
    Case(
        "AssertiveAppRoleAssignmentsComplex", "role-as-json", 23,
        post("Users", userName=NAME, roles=[{"value": "owner"}]),
        wrong=patch("Users", replace("roles", [{"value": _VIEWER}])),
        legal=patch("Users", replace("roles", _ROLES[1:])),
        after={"userName": NAME, "roles": _ROLES[1:]},
        strict=Means({"userName": NAME, "roles": [{"value": _VIEWER}]}),
    ),
    Case(
        "SingleAppRoleAssignment", "role-as-json", 23,
        post("Users", userName=NAME, roles=[{"value": "owner", "primary": True}]),
        wrong=patch("Users", replace("roles[primary eq true].value", _EDITOR)),
        legal=patch(
            "Users",
            replace("roles[primary eq true].display", "Editor"),
            replace("roles[primary eq true].value", "editor"),
        ),
        after={"userName": NAME, "roles": [{"value": "editor", "display": "Editor", "primary": True}]},
        strict=Means({"userName": NAME, "roles": [{"value": _EDITOR, "primary": True}]}),
    ),
    Case(
        "a text in a PATCH", "empty-as-unassigned", None, _TITLED,
        wrong=patch("Users", replace("title", "")),
        legal=patch("Users", remove("title")),
        after={"userName": NAME},
        strict=Means({"userName": NAME, "title": ""}),
    ),
    Case(
        "a text in a POST", "empty-as-unassigned", None, None,
        wrong=post("Users", userName=NAME, title=""),
        legal=post("Users", userName=NAME),
        after={"userName": NAME},
        strict=Means({"userName": NAME, "title": ""}),
    ),
    Case(
        "the manager in a PATCH", "empty-as-unassigned", None, post("Users", **_MANAGED),
        wrong=patch("Users", replace(MANAGER, "")),
        legal=patch("Users", replace(MANAGER, None)),
        after={"userName": NAME},
        strict=Refused(400, "invalidValue", ("manager", "object")),
    ),
    Case(
        "in a PUT", "null-active", 60, post("Users", userName=NAME, active=False),
        wrong=put("Users", userName=NAME, active=None),
        legal=put("Users", userName=NAME),
        after={"userName": NAME, "active": False},
        strict=Means({"userName": NAME}),
    ),
    Case(
        "a list for a single value", "empty-as-unassigned", None, _TITLED,
        wrong=put("Users", userName=NAME, title=[]),
        legal=put("Users", userName=NAME, title=None),
        after={"userName": NAME},
        strict=Refused(400, "invalidValue", ("`title`", "string")),
    ),
]  # fmt: skip
