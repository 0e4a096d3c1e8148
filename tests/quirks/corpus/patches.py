"""The operations of a PATCH have other effects than the RFC gives them."""

from ..cases import CREW, ENTERPRISE, INES, Case, Means, Refused, add, merge, patch, post, remove, replace
from .values import NAME

_WORK = {"type": "work", "value": NAME}
_HOME = {"type": "home", "value": "ines@home.example"}
_MAILED = post("Users", userName=NAME, emails=[_WORK, _HOME])
_STAFFED = post("Groups", displayName="Crew", members=[{"value": "{theo}"}, {"value": "{mia}"}])
_THEO = {"value": "{theo}", "type": "User"}
_NAMED = post("Users", userName=NAME, name={"givenName": "Ines", "familyName": "Okafor"})

CASES = [
    Case(
        "replace of a typed value that is not there", "create-selected", 4, INES,
        wrong=patch("Users", replace('emails[type eq "work"].value', NAME)),
        legal=patch("Users", add('emails[type eq "work"].value', NAME)),
        after={"userName": NAME, "emails": [_WORK]},
        strict=Refused(400, "noTarget", ('`emails[type eq "work"].value`', "add the value first")),
    ),
    Case(
        "beside one of another type", "create-selected", 4, post("Users", userName=NAME, emails=[_HOME]),
        wrong=patch("Users", replace('emails[type eq "work"].value', NAME)),
        legal=patch("Users", add('emails[type eq "work"].value', NAME)),
        after={"userName": NAME, "emails": [_HOME, _WORK]},
        strict=Refused(400, "noTarget", ('`emails[type eq "work"].value`', "add the value first")),
    ),
    Case(
        "every equality of the filter", "create-selected", 4, INES,
        wrong=patch("Users", replace('emails[type eq "work" and primary eq true].value', NAME)),
        legal=patch("Users", add('emails[type eq "work" and primary eq true].value', NAME)),
        after={"userName": NAME, "emails": [{**_WORK, "primary": True}]},
        strict=Refused(400, "noTarget", ("emails[", "add the value first")),
    ),
    Case(
        "several parts of one address", "create-selected", 5, INES,
        wrong=patch(
            "Users",
            replace('addresses[type eq "work"].locality', "Leith"),
            replace('addresses[type eq "work"].postalCode', "EH6 6QQ"),
        ),
        legal=patch(
            "Users",
            add('addresses[type eq "work"].locality', "Leith"),
            add('addresses[type eq "work"].postalCode', "EH6 6QQ"),
        ),
        after={"userName": NAME, "addresses": [{"type": "work", "locality": "Leith", "postalCode": "EH6 6QQ"}]},
        strict=Refused(400, "noTarget", ("addresses[", "add the value first")),
    ),
    Case(
        "a dotted key", "path-as-key", 7, _NAMED,
        wrong=patch("Users", merge(**{"name.familyName": "Reid", "title": "Pilot"})),
        legal=patch("Users", merge(name={"familyName": "Reid"}, title="Pilot")),
        after={"userName": NAME, "name": {"givenName": "Ines", "familyName": "Reid"}, "title": "Pilot"},
        strict=Refused(400, "invalidValue", ("`name.familyName`",)),
        beside=("unknown-attribute",),
    ),
    Case(
        "a key with a filter", "path-as-key", 7, _MAILED,
        wrong=patch("Users", merge(**{'emails[type eq "work"].value': "reid@larkfield.example"})),
        legal=patch("Users", replace('emails[type eq "work"].value', "reid@larkfield.example")),
        after={"userName": NAME, "emails": [{**_WORK, "value": "reid@larkfield.example"}, _HOME]},
        strict=Refused(400, "invalidValue", ('`emails[type eq "work"].value`',)),
        beside=("unknown-attribute",),
    ),
    Case(
        "a key with a URN", "path-as-key", 8, INES,
        wrong=patch("Users", merge(**{f"{ENTERPRISE}:department": "Survey"})),
        legal=patch("Users", merge(**{ENTERPRISE: {"department": "Survey"}})),
        after={"userName": NAME, ENTERPRISE: {"department": "Survey"}},
        strict=Refused(400, "invalidValue", (f"`{ENTERPRISE}:department`",)),
        beside=("unknown-attribute",),
    ),
    Case(
        "a key for one member", "path-as-key", 7, CREW,
        wrong=patch("Groups", {"op": "add", "value": {'members[value eq "{theo}"]': {"value": "{theo}"}}}),
        legal=patch("Groups", {"op": "add", "value": {"members": [{"value": "{theo}"}]}}),
        after={"displayName": "Crew", "members": [_THEO]},
        strict=Refused(400, "invalidValue", ("members[",)),
        beside=("unknown-attribute",),
    ),
    Case(
        "members", "remove-listed", 10, _STAFFED,
        wrong=patch("Groups", remove("members", value=[{"$ref": None, "value": "{mia}"}])),
        legal=patch("Groups", remove('members[value eq "{mia}"]')),
        after={"displayName": "Crew", "members": [_THEO]},
        strict=Means({"displayName": "Crew", "members": []}),
    ),
    Case(
        "values of a user", "remove-listed", 65, _MAILED,
        wrong=patch("Users", remove("emails", value=[_WORK])),
        legal=patch("Users", remove('emails[type eq "work"]')),
        after={"userName": NAME, "emails": [_HOME]},
        strict=Means({"userName": NAME}),
    ),
    Case(
        "a member who is none", "remove-absent", 14, _STAFFED,
        wrong=patch("Groups", remove('members[value eq "u_nobody"]')),
        legal=patch("Groups", merge(displayName="Crew")),
        after={"displayName": "Crew", "members": [{**_THEO, "value": "{mia}"}, _THEO]},
        strict=Refused(400, "noTarget", ("members[",)),
    ),
    Case(
        "a typed value", "remove-absent", 14, post("Users", userName=NAME, emails=[_WORK]),
        wrong=patch("Users", remove('emails[type eq "home"]')),
        legal=patch("Users", merge(userName=NAME)),
        after={"userName": NAME, "emails": [_WORK]},
        strict=Refused(400, "noTarget", ('`emails[type eq "home"]`',)),
    ),
    Case(
        "the type of an e-mail", "keep-described", None, _MAILED,
        wrong=patch("Users", replace('emails[type eq "work"]', {"value": "reid@larkfield.example"})),
        legal=patch("Users", replace('emails[type eq "work"]', {"type": "work", "value": "reid@larkfield.example"})),
        after={"userName": NAME, "emails": [{**_WORK, "value": "reid@larkfield.example"}, _HOME]},
        strict=Means({"userName": NAME, "emails": [{"value": "reid@larkfield.example"}, _HOME]}),
    ),
    Case(
        "an e-mail as a string", "bare-element-value", None, _MAILED,
        wrong=patch("Users", add('emails[type eq "work"]', "reid@larkfield.example")),
        legal=patch("Users", add('emails[type eq "work"]', {"value": "reid@larkfield.example"})),
        after={"userName": NAME, "emails": [{**_WORK, "value": "reid@larkfield.example"}, _HOME]},
        strict=Refused(400, "invalidValue", ("emails[", "object")),
    ),
    Case(
        "an e-mail in a list of one", "bare-element-value", None, _MAILED,
        wrong=patch("Users", add('emails[type eq "work"]', [{"display": "Ines"}])),
        legal=patch("Users", add('emails[type eq "work"]', {"display": "Ines"})),
        after={"userName": NAME, "emails": [{**_WORK, "display": "Ines"}, _HOME]},
        strict=Refused(400, "invalidValue", ("emails[", "object")),
    ),
    Case(
        "the value of an e-mail, with a value", "drop-label-only-element", 65, _MAILED,
        wrong=patch("Users", remove('emails[type eq "work"].value', value=NAME)),
        legal=patch("Users", remove('emails[type eq "work"]')),
        after={"userName": NAME, "emails": [_HOME]},
        strict=Means({"userName": NAME, "emails": [{"type": "work"}, _HOME]}),
    ),
]  # fmt: skip
