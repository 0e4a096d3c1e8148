"""A resource that is not what the server publishes is found out; each fault beside a value that is right."""

from typing import Any

import pytest

from scimserver.conformance.published import SERVICE_SCHEMAS, Asked, Published

from .conftest import BADGE, GROUP, SCHEMAS, SERVICES, TENANT_URL, TYPES, USER, user

ALL = Asked()


def found(published: Published, resource: Any, asked: Asked = ALL) -> list[str]:
    return list(published.problems(resource, asked, "body"))


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ({"active": True}, {"active": "true"}, "body.active: expected a value of type boolean"),
        ({"age": 7}, {"age": 7.5}, "body.age: expected a value of type integer"),
        ({"age": 7}, {"age": True}, "body.age: expected a value of type integer"),
        ({"size": 7}, {"size": "7"}, "body.size: expected a value of type decimal"),
        ({"born": "2031-02-03T09:15:00Z"}, {"born": "2031-02-03"}, "body.born: expected a value of type dateTime"),
        ({"photo": "TUlJ"}, {"photo": "MII!"}, "body.photo: expected a value of type binary"),
        ({"site": "https://larkfield.example/"}, {"site": "larkfield"}, "body.site: expected an absolute address"),
        ({"site": "https://larkfield.example/"}, {"site": 7}, "body.site: expected a reference"),
        ({"userName": "x"}, {"userName": 7}, "body.userName: expected a value of type string"),
        ({"userName": "x"}, {"userName": None}, "body.userName: is null"),
        ({"tags": ["a"]}, {"tags": "a"}, "body.tags: is multi-valued, expected a list"),
        ({"tags": []}, {"tags": [None]}, "body.tags[0]: expected a value of type string"),
        ({"name": {"familyName": "x"}}, {"name": "x"}, "body.name: expected an object"),
        ({"name": {"familyName": "x"}}, {"name": {}}, "body.name: is an empty object"),
        ({"name": {"familyName": "x"}}, {"name": {"givenName": "x"}}, "body.name.familyName: is required and missing"),
        (
            {"emails": [{"value": "x"}]},
            {"emails": [{"mail": "x"}]},
            "body.emails[0].mail: /Schemas has no such attribute",
        ),
        ({"emails": [{"value": "x"}]}, {"Emails": [{"value": "x"}]}, "body.Emails: /Schemas has no such attribute"),
        (
            {"emails": [{"primary": True}, {"primary": False}]},
            {"emails": [{"primary": True}, {"primary": True}]},
            "body.emails: has two primary values",
        ),
        (
            {"groups": [{"$ref": f"{TENANT_URL}/Groups/g_1"}]},
            {"groups": [{"$ref": f"{TENANT_URL}/Users/g_1"}]},
            "body.groups[0].$ref: expected an address below /Groups",
        ),
        ({}, {"secret": "x"}, "body.secret: is never returned"),
        ({}, {"pin": "x"}, "body.pin: is never returned"),
        ({}, {"hint": "x"}, "body.hint: is returned only when it is asked for"),
        ({"externalId": "x"}, {"externalID": "x"}, "body.externalID: /Schemas has no such attribute"),
        ({"schemas": [USER]}, {"schemas": [USER, USER]}, "body.schemas: has one twice"),
        ({"schemas": [USER]}, {"schemas": [GROUP]}, "body.userName: /Schemas has no such attribute"),
        ({"schemas": [USER]}, {"schemas": ["urn:x"]}, "body.schemas: names no core schema"),
        ({"schemas": [USER]}, {"schemas": USER}, "body: is no resource with `schemas`"),
        ({"schemas": [USER]}, {"schemas": [USER, BADGE]}, f"body.schemas: names {BADGE}, of which nothing is there"),
        (
            {"schemas": [USER, BADGE], BADGE: {"number": 7}},
            {BADGE: {"number": 7}},
            f"body.schemas: does not name {BADGE}",
        ),
        (
            {"schemas": [USER, BADGE], BADGE: {"number": 7}},
            {"schemas": [USER, BADGE], BADGE: {"number": "7"}},
            f"body.{BADGE}.number: expected a value of type integer",
        ),
        (
            {"schemas": [USER, BADGE], BADGE: {"number": 7}},
            {"schemas": [USER, BADGE], BADGE: {"colour": "amber"}},
            f"body.{BADGE}.number: is required and missing",
        ),
    ],
)
def test_this_is_published_and_that_is_not(
    published: Published, right: dict[str, Any], wrong: dict[str, Any], said: str
) -> None:
    assert found(published, user(**right)) == []
    assert any(problem.startswith(said) for problem in found(published, user(**wrong)))


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("resourceType", "Group", "body.meta.resourceType: expected User"),
        ("location", f"{TENANT_URL}/Users/u_2", "body.meta.location: expected"),
        ("version", "1", "body.meta.version: is no entity tag"),
        ("created", "2031-02-03T09:16:00Z", "body.meta.lastModified: is before created"),
        ("created", "yesterday", "body.meta.created: expected a value of type dateTime"),
        ("owner", "x", "body.meta.owner: /Schemas has no such attribute"),
    ],
)
def test_meta_is_right(published: Published, name: str, value: str, said: str) -> None:
    resource = user()
    resource["meta"][name] = value
    assert any(problem.startswith(said) for problem in found(published, resource))


@pytest.mark.parametrize("name", ["resourceType", "created", "lastModified", "location", "version"])
def test_meta_is_complete(published: Published, name: str) -> None:
    resource = user()
    del resource["meta"][name]
    assert found(published, resource) == [f"body.meta.{name}: missing"]


@pytest.mark.parametrize("name", ["id", "userName", "meta", "anchor"])
def test_what_every_resource_has_is_there(published: Published, name: str) -> None:
    resource = user()
    del resource[name]
    assert any(problem.startswith(f"body.{name}: ") and "missing" in problem for problem in found(published, resource))


CHOSEN = {"schemas": [USER], "id": "u_1", "anchor": "a"}


@pytest.mark.parametrize(
    ("attributes", "shown"),
    [
        ("userName", {"userName": "ines"}),
        ("USERNAME, active", {"userName": "ines", "active": True}),
        (f"{USER}:userName", {"userName": "ines"}),
        (USER, {"userName": "ines"}),
        ("hint", {"hint": "x"}),
        ("name", {"name": {"givenName": "x", "familyName": "y"}}),
        ("name.givenName", {"name": {"givenName": "x"}}),
        ("emails.value", {"emails": [{"value": "x"}]}),
        ("meta.version", {"meta": {"version": 'W/"1"'}}),
        (f"{BADGE}:colour", {"schemas": [USER, BADGE], BADGE: {"colour": "amber"}}),
        (BADGE, {"schemas": [USER, BADGE], BADGE: {"colour": "amber", "number": 7}}),
        ("userName", {"schemas": [USER, BADGE], "userName": "ines"}),
    ],
)
def test_what_was_asked_for_may_be_shown_and_nothing_else(
    published: Published, attributes: str, shown: dict[str, Any]
) -> None:
    asked = Asked.of(attributes, None)
    assert found(published, CHOSEN | shown, asked) == []
    assert found(published, CHOSEN | shown | {"age": 7}, asked) == (
        [] if attributes == USER else ["body.age: was not asked for by `attributes`"]
    )


@pytest.mark.parametrize(
    ("attributes", "shown", "said"),
    [
        ("name.givenName", {"name": {"givenName": "x", "familyName": "y"}}, "body.name.familyName: was not asked for"),
        ("emails.value", {"emails": [{"primary": True}]}, "body.emails[0].primary: was not asked for"),
        (
            f"{BADGE}:colour",
            {"schemas": [USER, BADGE], BADGE: {"number": 7}},
            f"body.{BADGE}.number: was not asked for",
        ),
        ("secret", {"secret": "x"}, "body.secret: is never returned"),
    ],
)
def test_what_was_not_asked_for_is_found(
    published: Published, attributes: str, shown: dict[str, Any], said: str
) -> None:
    problems = found(published, CHOSEN | shown, Asked.of(attributes, None))
    assert [problem for problem in problems if problem.startswith(said)]


def test_what_is_always_shown_is_there_in_any_choice(published: Published) -> None:
    shown = {"schemas": [USER], "id": "u_1"}
    assert found(published, shown, Asked.of("userName", None)) == ["body.anchor: is always returned and missing"]


def test_what_was_left_out_is_not_shown(published: Published) -> None:
    asked = Asked.of(None, ["userName", "meta.version", "emails"])
    without = user()
    del without["userName"], without["meta"]["version"]
    assert found(published, without, asked) == []
    assert found(published, user(emails=[{"value": "x"}]), asked) == [
        "body.userName: was excluded by `excludedAttributes`",
        "body.meta.version: was excluded by `excludedAttributes`",
        "body.emails: was excluded by `excludedAttributes`",
    ]


def test_a_schema_that_is_not_published_is_found() -> None:
    published = Published(TENANT_URL, TYPES, SCHEMAS[1:], SERVICES)
    assert f"body.schemas: /Schemas does not publish {USER}" in found(published, user())


def test_an_extension_that_is_required_is_there() -> None:
    types = [TYPES[0] | {"schemaExtensions": [{"schema": BADGE, "required": True}]}]
    published = Published(TENANT_URL, types, SCHEMAS, SERVICES)
    assert found(published, user()) == [f"body: lacks the required extension {BADGE}"]
    assert found(published, user(schemas=[USER, BADGE], **{BADGE: {"number": 7}})) == []


def test_a_discovery_document_is_checked_by_its_own_schema(published: Published) -> None:
    urn = SERVICE_SCHEMAS[1]
    meta = {"resourceType": "ResourceType", "location": f"{TENANT_URL}/ResourceTypes/User"}
    assert found(published, {"schemas": [urn], "id": "User", "name": "User", "meta": meta}) == []
    assert found(published, {"schemas": [urn], "id": "User", "meta": meta}) == ["body.name: is required and missing"]
    assert found(published, {"schemas": [urn], "name": "User", "owner": "x", "meta": meta}) == [
        "body.owner: /Schemas has no such attribute in this letter case"
    ]
