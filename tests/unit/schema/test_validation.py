"""Canonical resources, messages and settings: each refusal beside what is accepted."""

from typing import Any

import pytest

from scimserver.errors import InvalidSyntax, InvalidValue, NotFound
from scimserver.schema.attributes import ResourceType
from scimserver.schema.catalogue import load_resource_type
from scimserver.schema.discovery import service_provider_config
from scimserver.schema.files import messages
from scimserver.schema.loader import load_schema
from scimserver.schema.validation import ResourceValidator, check_message, check_settings, with_defaults
from scimserver.settings import LimitSettings

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
LARKFIELD = "urn:ietf:params:scim:schemas:extension:larkfield:2.0:User"
NAME = "ines.okafor@larkfield.example"
PLAIN = {"mutability": "readWrite", "returned": "default", "uniqueness": "none"}


@pytest.fixture(scope="module")
def users(user: ResourceType) -> ResourceValidator:
    return ResourceValidator(user)


@pytest.fixture(scope="module")
def badged(user: ResourceType) -> ResourceValidator:
    """Users who must have an extension with a list of dates, a required attribute and one only the server writes."""
    text = {"type": "string", "description": "Text.", "scim": {**PLAIN, "caseExact": False}}
    larkfield = load_schema(
        {
            "$id": LARKFIELD,
            "title": "Larkfield",
            "description": "Badges.",
            "type": "object",
            "required": ["badge", "serial"],
            "properties": {
                "badge": {**text, "minLength": 2, "maxLength": 4},
                "serial": {**text, "scim": {**text["scim"], "mutability": "readOnly"}},
                "days": {
                    "type": "array",
                    "description": "Days.",
                    "scim": {**PLAIN, "type": "dateTime"},
                    "items": {"type": "string"},
                },
                "height": {"type": "number", "description": "Height.", "scim": PLAIN},
                "floor": {"type": "integer", "description": "Floor.", "scim": PLAIN},
            },
        }
    )
    document = {
        "name": "User",
        "endpoint": "/Users",
        "schema": user.schema.id,
        "schemaExtensions": [{"schema": LARKFIELD, "required": True}],
    }
    definitions = {user.schema.id: user.schema, LARKFIELD: larkfield}
    return ResourceValidator(load_resource_type(document, definitions, user.common))


def refusal(validator: ResourceValidator, resource: dict[str, Any]) -> str:
    with pytest.raises(InvalidValue) as refused:
        validator.check(resource)
    return refused.value.detail


ACCEPTED: dict[str, dict[str, Any]] = {
    "only a name": {"userName": NAME},
    "schemas": {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": NAME},
    "arbitrary texts where the RFC wants a form": {
        "userName": NAME,
        "emails": [{"value": "not an address", "type": "vault"}],
        "addresses": [{"country": "NZVJQLDXYE", "primary": True}],
        "locale": "??",
        "timezone": "Mars/Olympus",
        "preferredLanguage": "",
        "profileUrl": "no url",
        "photos": [{"value": ""}],
    },
    "certificate in base64": {"userName": NAME, "x509Certificates": [{"value": "MIIDQzCCAqygAw+/=="}]},
    "random letters as certificate": {"userName": NAME, "x509Certificates": [{"value": "QWXKVJPDZ"}]},
    "names it does not know": {"userName": NAME, "shoeSize": 43, "urn:example:Other": {"a": 1}},
    "enterprise": {"userName": NAME, ENTERPRISE: {"department": "Harbour", "manager": {"value": "u_theo"}}},
    "one primary each": {
        "userName": NAME,
        "emails": [{"value": "a", "primary": True}, {"value": "b", "primary": False}, {"value": "c"}],
        "phoneNumbers": [{"value": "1", "primary": True}],
    },
}


@pytest.mark.parametrize("resource", ACCEPTED.values(), ids=ACCEPTED)
def test_what_scim_allows_is_accepted(users: ResourceValidator, resource: dict[str, Any]) -> None:
    users.check(resource)


WRONG = "Change the mapping of this attribute in your identity provider."
REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "a number for a text": (
        {"userName": NAME, "emails": [{"value": 42}]},
        f"`emails[0].value`: expected a string, got a number. {WRONG}",
    ),
    "a text for a boolean": (
        {"userName": NAME, "active": "perhaps"},
        f"`active`: expected a boolean (true or false), got a string. {WRONG}",
    ),
    "an object for a list": (
        {"userName": NAME, "emails": {"value": "a"}},
        f"`emails`: expected a list, got an object. {WRONG}",
    ),
    "texts for objects": (
        {"userName": NAME, "emails": ["a"]},
        f"`emails[0]`: expected an object, got a string. {WRONG}",
    ),
    "null": ({"userName": None}, f"`userName`: expected a string, got null. {WRONG}"),
    "empty userName": ({"userName": ""}, f"`userName`: must not be empty. {WRONG}"),
    "extension attribute": (
        {"userName": NAME, ENTERPRISE: {"manager": {"value": ["u_theo"]}}},
        f"`{ENTERPRISE}:manager.value`: expected a string, got a list. {WRONG}",
    ),
    "extension": (
        {"userName": NAME, ENTERPRISE: "Harbour"},
        f"`{ENTERPRISE}`: expected an object, got a string. {WRONG}",
    ),
    "certificate": (
        {"userName": NAME, "x509Certificates": [{"value": "not base64!"}]},
        f"`x509Certificates[0].value`: expected binary data as base64 text, got another text. {WRONG}",
    ),
    "certificate with a line break": (
        {"userName": NAME, "x509Certificates": [{"value": "TWlu\n"}]},
        f"`x509Certificates[0].value`: expected binary data as base64 text, got another text. {WRONG}",
    ),
    "two primaries": (
        {"userName": NAME, "emails": [{"value": "a", "primary": True}, {"value": "b", "primary": True}]},
        "`emails`: 2 values are marked primary, at most one may be. Set `primary` to false on the others.",
    ),
}


@pytest.mark.parametrize(("resource", "text"), REFUSED.values(), ids=REFUSED)
def test_a_refusal_names_attribute_rule_and_cure(users: ResourceValidator, resource: dict[str, Any], text: str) -> None:
    assert refusal(users, resource) == text


def test_a_missing_user_name_is_refused_with_its_own_cure(users: ResourceValidator) -> None:
    text = refusal(users, {"displayName": "Ines"})
    assert text.startswith("`userName` is required. Map a source attribute to it")


def test_a_group_needs_a_display_name(group: ResourceType) -> None:
    groups = ResourceValidator(group)
    groups.check({"displayName": "Harbour crew"})
    assert refusal(groups, {"externalId": "g1"}).startswith("`displayName` is required.")


def test_several_errors_are_named_at_once_and_the_rest_counted(users: ResourceValidator) -> None:
    text = refusal(users, {"userName": NAME, "title": 1, "locale": 2, "active": 3, "nickName": 4, "userType": 5})
    assert text.count("expected") == 3
    assert "; and 2 more. " in text


def test_a_refusal_never_holds_a_value(users: ResourceValidator) -> None:
    for resource in ({"userName": 4915112345}, {"userName": NAME, "active": "S3cret"}):
        assert not any(secret in refusal(users, resource) for secret in ("4915112345", "S3cret"))


def test_a_required_extension_is_demanded(badged: ResourceValidator) -> None:
    assert refusal(badged, {"userName": NAME}).startswith(f"`{LARKFIELD}` is required.")


def test_what_only_the_server_writes_is_not_demanded(badged: ResourceValidator) -> None:
    badged.check({"userName": NAME, LARKFIELD: {"badge": "red"}})
    assert refusal(badged, {"userName": NAME, LARKFIELD: {"floor": 1}}).startswith(f"`{LARKFIELD}:badge` is required.")


@pytest.mark.parametrize(
    "good",
    ["2031-02-03T09:15:00Z", "2031-02-03T09:15:00", "2031-02-03T09:15:00.123456+05:30", "12031-02-03T09:15:00-08:00"],
)
def test_dates_with_times_are_accepted(badged: ResourceValidator, good: str) -> None:
    badged.check({"userName": NAME, LARKFIELD: {"badge": "red", "days": [good]}})


@pytest.mark.parametrize(
    "bad",
    [
        "2031-02-03",
        "09:15:00",
        "2031-02-03 09:15:00",
        "2031-02-03T09:15:00Z\n",
        "2031-02-03T09:15Z",
        "٢٠٣١-02-03T09:15:00Z",
        "",
    ],
)
def test_other_texts_are_no_dates(badged: ResourceValidator, bad: str) -> None:
    text = refusal(badged, {"userName": NAME, LARKFIELD: {"badge": "red", "days": ["2031-02-03T09:15:00Z", bad]}})
    assert text.startswith(f"`{LARKFIELD}:days[1]`: expected a date and time such as 2031-02-03T09:15:00Z")


@pytest.mark.parametrize(
    ("attribute", "good", "bad", "text"),
    [
        ("height", 1.5, "1.5", "expected a number, got a string"),
        ("height", 2, True, "expected a number, got a boolean"),
        ("floor", 2.0, 2.5, "expected a whole number, got a number"),
        ("badge", "blue", "r", "must have 2 or more characters"),
        ("badge", "🦊🦊🦊🦊", "purple", "must have 4 or fewer characters"),
    ],
)
def test_an_extension_decides_types_and_lengths(
    badged: ResourceValidator, attribute: str, good: Any, bad: Any, text: str
) -> None:
    badged.check({"userName": NAME, LARKFIELD: {"badge": "red", attribute: good}})
    found = refusal(badged, {"userName": NAME, LARKFIELD: {"badge": "red", attribute: bad}})
    assert found.startswith(f"`{LARKFIELD}:{attribute}`: {text}.")


PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
GOOD_MESSAGES: list[tuple[str, Any]] = [
    ("PatchOp", {"schemas": [PATCH], "Operations": [{"op": "replace", "path": "active", "value": False}]}),
    ("PatchOp", {"Operations": []}),
    ("SearchRequest", {"filter": 'userName eq "a"', "startIndex": 1, "count": 0, "sortOrder": "descending"}),
    ("BulkRequest", {"failOnErrors": 1, "Operations": [{"method": "POST", "path": "/Users", "data": {}}]}),
    (
        "BulkResponse",
        {
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkResponse"],
            "Operations": [{"method": "DELETE", "status": "204"}],
        },
    ),
    (
        "ListResponse",
        {
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
            "totalResults": 1,
            "startIndex": 1,
            "itemsPerPage": 1,
            "Resources": [service_provider_config("https://scim.larkfield.example", LimitSettings())],
        },
    ),
    ("Error", NotFound("No such user.").body("r1")),
    ("Error", InvalidValue("Wrong.").body()),
]
BAD_MESSAGES: list[tuple[str, Any, str]] = [
    ("PatchOp", [], "The PatchOp message: expected an object, got a list."),
    ("PatchOp", {}, "`Operations` is required"),
    ("PatchOp", {"Operations": {}}, "`Operations`: expected a list, got an object"),
    ("PatchOp", {"Operations": [{"op": "move"}]}, "`Operations[0].op`: must be one of add, replace, remove"),
    ("PatchOp", {"Operations": [{"path": "a"}]}, "`Operations[0].op` is required"),
    ("PatchOp", {"schemas": ["urn:other"], "Operations": []}, f"`schemas`: must contain {PATCH}"),
    ("SearchRequest", {"count": "10"}, "`count`: expected a whole number, got a string"),
    ("BulkRequest", {"failOnErrors": 0, "Operations": []}, "`failOnErrors`: must be 1 or more"),
    ("ListResponse", {"totalResults": 0}, "`schemas` is required"),
    ("Error", {"status": 404}, "`schemas` is required; `status`: expected a string, got a number"),
]


@pytest.mark.parametrize(("name", "body"), GOOD_MESSAGES)
def test_good_messages_are_accepted(name: str, body: Any) -> None:
    check_message(name, body)


@pytest.mark.parametrize(("name", "body", "text"), BAD_MESSAGES)
def test_bad_messages_are_refused_with_their_place(name: str, body: Any, text: str) -> None:
    with pytest.raises(InvalidSyntax) as refused:
        check_message(name, body)
    assert text in refused.value.detail


def test_every_message_has_a_good_and_a_bad_example() -> None:
    assert {name for name, _ in GOOD_MESSAGES} == set(messages())
    assert {name for name, _, _ in BAD_MESSAGES} == set(messages()) - {"BulkResponse"}


UNKNOWN = "`zzz`, `yyy` are not known here: known are prefer, target, limit, names"
SETTINGS = {
    "type": "object",
    "additionalProperties": False,
    "required": ["target"],
    "properties": {
        "prefer": {"enum": ["formatted", "parts"], "default": "formatted"},
        "target": {"anyOf": [{"type": "string", "minLength": 1}, {"type": "null"}]},
        "limit": {"type": "integer", "exclusiveMinimum": 0, "maximum": 9, "multipleOf": 2},
        "names": {"type": "array", "uniqueItems": True, "minItems": 1, "maxItems": 2},
    },
}


@pytest.mark.parametrize(
    ("settings", "problems"),
    [
        ({"target": "x", "prefer": "parts", "limit": 4, "names": ["a"]}, []),
        ({}, ["`target` is required"]),
        ({"target": "x", "prefer": "part"}, ["`prefer`: must be one of formatted, parts"]),
        ({"target": "x", "prefr": "parts"}, ["`prefr` is not known here: did you mean `prefer`"]),
        ({"zzz": 1, "yyy": 2, "target": "x"}, [UNKNOWN]),
        ({"target": ""}, ["`target`: must not be empty; or `target`: expected null, got a string"]),
        ({"target": "x", "limit": 0}, ["`limit`: must be more than 0"]),
        ({"target": "x", "limit": 10}, ["`limit`: must be 9 or less"]),
        ({"target": "x", "limit": 3}, ["`limit`: breaks the rule multipleOf: 2"]),
        ({"target": "x", "names": []}, ["`names`: must not be empty"]),
        ({"target": "x", "names": ["a", "a"]}, ["`names`: must not hold a value twice"]),
        ({"target": "x", "names": ["a", "b", "c"]}, ["`names`: must have 2 or fewer values"]),
        (
            {"limit": 10, "target": 5},
            [
                "`limit`: must be 9 or less",
                "`target`: expected a string, got a number; or `target`: expected null, got a number",
            ],
        ),
    ],
)
def test_settings_are_explained(settings: dict[str, Any], problems: list[str]) -> None:
    assert check_settings(SETTINGS, settings) == problems


def test_an_empty_schema_accepts_no_setting() -> None:
    assert check_settings({}, {}) == []
    assert check_settings({}, {"prefer": 1}) == ["`prefer` is not known here: known are none"]


def test_settings_need_a_real_schema() -> None:
    with pytest.raises(ValueError, match="not a JSON Schema: `type`"):
        check_settings({"type": "objekt"}, {})


def test_defaults_fill_what_is_not_set() -> None:
    assert with_defaults(SETTINGS, {"limit": 2}) == {"prefer": "formatted", "limit": 2}
    assert with_defaults(SETTINGS, {"prefer": "parts"}) == {"prefer": "parts"}
