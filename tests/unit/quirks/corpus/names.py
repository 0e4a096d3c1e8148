"""An attribute or a schema has another name, or none that the resource has."""

from ..cases import CORE, CREW, ENTERPRISE, GROUP, INES, PATCH_OP, Call, Case, Refused, add, find, merge, patch, post, replace
from .values import MANAGER, NAME

_MANAGED = {"userName": NAME, ENTERPRISE: {"manager": {"value": "{theo}"}}}
_SURVEY = {"userName": NAME, ENTERPRISE: {"department": "Survey"}}
_MICROSOFT = "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"
_MEMBER = {"value": "{theo}", "type": "User", "display": "Theo"}
_GROUP = {"displayName": "Crew", "members": [_MEMBER]}

CASES = [
    Case(
        "in a POST", "manager-id", 22, None,
        wrong=post("Users", userName=NAME, **{ENTERPRISE: {"manager": {"managerId": "{theo}"}}}),
        legal=post("Users", **_MANAGED),
        after=_MANAGED,
        strict=Refused(400, "invalidValue", ("`manager.managerId`", "Remove it from the attribute mapping")),
        beside=("unknown-attribute",),
    ),
    Case(
        "in a PATCH", "manager-id", 22, INES,
        wrong=patch("Users", add(MANAGER, {"managerId": "{theo}"})),
        legal=patch("Users", add(MANAGER, {"value": "{theo}"})),
        after=_MANAGED,
        strict=Refused(400, "invalidValue", ("manager.managerId`", "Remove it from the attribute mapping")),
        beside=("unknown-attribute",),
    ),
    Case(
        "of a member in a POST", "display-name", 18, None,
        wrong=post("Groups", displayName="Crew", members=[{"value": "{theo}", "displayName": "Theo"}]),
        legal=post("Groups", displayName="Crew", members=[{"value": "{theo}", "display": "Theo"}]),
        after=_GROUP,
        strict=Refused(400, "invalidValue", ("`members[0].displayName`", "Take it out")),
        beside=("unknown-attribute",),
    ),
    Case(
        "of a member in a PATCH", "display-name", 18, CREW,
        wrong=patch("Groups", add("members", [{"value": "{theo}", "displayName": "Theo"}])),
        legal=patch("Groups", add("members", [{"value": "{theo}", "display": "Theo"}])),
        after=_GROUP,
        strict=Refused(400, "invalidValue", ("`members[0].displayName`", "Take it out")),
        beside=("unknown-attribute",),
    ),
    Case(
        "of a role in a POST", "display-name", 18, None,
        wrong=post("Users", userName=NAME, roles=[{"value": "editor", "displayName": "Editor", "primary": False}]),
        legal=post("Users", userName=NAME, roles=[{"value": "editor", "display": "Editor", "primary": False}]),
        after={"userName": NAME, "roles": [{"value": "editor", "display": "Editor", "primary": False}]},
        strict=Refused(400, "invalidValue", ("`roles.displayName`", "Remove it from the attribute mapping")),
        beside=("unknown-attribute",),
    ),
    Case(
        "the path of a PATCH", "without-urn", 21, INES,
        wrong=patch("Users", add("manager", {"value": "{theo}"})),
        legal=patch("Users", add(MANAGER, {"value": "{theo}"})),
        after=_MANAGED,
        strict=Refused(400, "invalidPath", ("manager", f"write {MANAGER}")),
    ),
    Case(
        "a key of a POST", "without-urn", 21, None,
        wrong=post("Users", userName=NAME, manager={"value": "{theo}"}),
        legal=post("Users", **_MANAGED),
        after=_MANAGED,
        strict=Refused(400, "invalidValue", ("`manager`", "Remove it from the attribute mapping")),
        beside=("unknown-attribute",),
    ),
    Case(
        "a filter", "without-urn", 21, post("Users", **_SURVEY),
        wrong=find("Users", 'department eq "Survey"'),
        legal=find("Users", f'{ENTERPRISE}:department eq "Survey"'),
        after=[NAME],
        strict=Refused(400, "invalidFilter", ("department", f"write {ENTERPRISE}:department")),
    ),
    Case(
        "schemas of SCIM 1.0", "earlier-urn", 27, None,
        wrong=Call("POST", "Users", {"schemas": ["urn:scim:schemas:core:1.0"], "userName": NAME}),
        legal=post("Users", userName=NAME),
        after={"userName": NAME},
        strict=Refused(400, "invalidValue", ("`schemas`", f"Add `{CORE}`")),
    ),
    Case(
        "schemas of OneLogin", "earlier-urn", 27, None,
        wrong=Call(
            "POST",
            "Users",
            {
                "schemas": ["urn:scim:schemas:core:2.0", "urn:scim:schemas:extension:enterprise:2.0"],
                "userName": NAME,
                "urn:scim:schemas:extension:enterprise:2.0": {"department": "Survey"},
            },
        ),
        legal=post("Users", **_SURVEY),
        after=_SURVEY,
        strict=Refused(400, "invalidValue", ("urn:scim:schemas:extension:enterprise:2.0",)),
        beside=("unknown-attribute",),
    ),
    Case(
        "a path of the time before 2018", "dot-after-urn", None, INES,
        wrong=patch("Users", replace(f"{ENTERPRISE}.department", "Survey")),
        legal=patch("Users", replace(f"{ENTERPRISE}:department", "Survey")),
        after=_SURVEY,
        strict=Refused(400, "invalidPath", (f"{ENTERPRISE}.department",)),
    ),
    Case(
        "in a POST", "unknown-attribute", None, None,
        wrong=post("Users", userName=NAME, shoeSize=41),
        legal=post("Users", userName=NAME),
        after={"userName": NAME},
        strict=Refused(400, "invalidValue", ("`shoeSize`", "Remove it from the attribute mapping")),
    ),
    Case(
        "below another one", "unknown-attribute", None, None,
        wrong=post("Users", userName=NAME, name={"familyName": "Okafor", "maidenName": "Reid"}),
        legal=post("Users", userName=NAME, name={"familyName": "Okafor"}),
        after={"userName": NAME, "name": {"familyName": "Okafor"}},
        strict=Refused(400, "invalidValue", ("`name.maidenName`", "Remove it from the attribute mapping")),
    ),
    Case(
        "in a PATCH without a path", "unknown-attribute", None, INES,
        wrong=patch("Users", merge(title="Pilot", shoeSize=41)),
        legal=patch("Users", merge(title="Pilot")),
        after={"userName": NAME, "title": "Pilot"},
        strict=Refused(400, "invalidValue", ("`shoeSize`", "Remove it from the attribute mapping")),
    ),
    Case(
        "of a member", "unknown-attribute", None, CREW,
        wrong=patch("Groups", add("members", [{"value": "{theo}", "mail": "theo@larkfield.example"}])),
        legal=patch("Groups", add("members", [{"value": "{theo}"}])),
        after={"displayName": "Crew", "members": [{"value": "{theo}", "type": "User"}]},
        strict=Refused(400, "invalidValue", ("`members[0].mail`", "Take it out")),
    ),
    Case(
        "an extension in a POST", "schema-not-listed", 25, None,
        wrong=post("Users", schemas=[CORE], **_SURVEY),
        legal=post("Users", **_SURVEY),
        after=_SURVEY,
        strict=Refused(400, "invalidValue", ("`schemas`", f"`{ENTERPRISE}`", "Add it")),
    ),
    Case(
        "a POST without any", "schemas-missing", None, None,
        wrong=Call("POST", "Users", {"userName": NAME}),
        legal=post("Users", userName=NAME),
        after={"userName": NAME},
        strict=Refused(400, "invalidValue", ("`schemas`: missing", CORE)),
    ),
    Case(
        "a PUT with an empty list of them", "schemas-missing", None, INES,
        wrong=Call("PUT", "Users/{id}", {"schemas": [], "userName": NAME, "title": "Pilot"}),
        legal=Call("PUT", "Users/{id}", {"schemas": [CORE], "userName": NAME, "title": "Pilot"}),
        after={"userName": NAME, "title": "Pilot"},
        strict=Refused(400, "invalidValue", ("`schemas`: missing", CORE)),
    ),
    Case(
        "Microsoft's of 2006", "unknown-schema", 26, None,
        wrong=post("Groups", schemas=[GROUP, _MICROSOFT], displayName="Crew"),
        legal=post("Groups", displayName="Crew"),
        after={"displayName": "Crew", "members": []},
        strict=Refused(400, "invalidValue", ("`schemas`", "Take it out")),
    ),
    Case(
        "the own one", "schema-listed-twice", None, None,
        wrong=post("Users", schemas=[CORE, CORE.upper()], userName=NAME),
        legal=post("Users", userName=NAME),
        after={"userName": NAME},
        strict=Refused(400, "invalidValue", ("`schemas`", "Send each once")),
    ),
    Case(
        "those of the message", "schemas-in-patch", None, INES,
        wrong=patch("Users", merge(schemas=[PATCH_OP], title="Pilot")),
        legal=patch("Users", merge(title="Pilot")),
        after={"userName": NAME, "title": "Pilot"},
        strict=Refused(400, "invalidValue", ("`schemas`", f"Add `{CORE}`")),
    ),
    Case(
        "what was read, without a path", "read-only-in-patch", 58, CREW,
        wrong=patch("Groups", merge(id="{id}", meta={"resourceType": "Group"}, displayName="Harbour Works")),
        legal=patch("Groups", merge(displayName="Harbour Works")),
        after={"displayName": "Harbour Works", "members": []},
        strict=Refused(400, "mutability", ("`meta`", "Take it out of the attribute mapping")),
    ),
    Case(
        "the groups of a user", "read-only-in-patch", 58, INES,
        wrong=patch("Users", merge(groups=[], title="Pilot")),
        legal=patch("Users", merge(title="Pilot")),
        after={"userName": NAME, "title": "Pilot"},
        strict=Refused(400, "mutability", ("`groups`", "Take it out of the attribute mapping")),
    ),
]  # fmt: skip
