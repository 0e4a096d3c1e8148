"""What a server publishes, small enough to be read at a glance."""

from typing import Any

import pytest

from scimserver.conformance.published import SERVICE_SCHEMAS, Published

TENANT_URL = "https://scim.example/t/larkfield/scim/v2"
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
BADGE = "urn:example:badge:2.0:User"


def attribute(name: str, kind: str = "string", **more: Any) -> dict[str, Any]:
    return {"name": name, "type": kind, **more}


SCHEMAS = [
    {
        "id": USER,
        "attributes": [
            attribute("userName", required=True),
            attribute("active", "boolean"),
            attribute("age", "integer"),
            attribute("size", "decimal"),
            attribute("born", "dateTime"),
            attribute("photo", "binary"),
            attribute("site", "reference", referenceTypes=["external"]),
            attribute("secret", returned="never"),
            attribute("pin", mutability="writeOnly"),
            attribute("hint", returned="request"),
            attribute("anchor", returned="always"),
            attribute("tags", multiValued=True),
            attribute(
                "name", "complex", subAttributes=[attribute("givenName"), attribute("familyName", required=True)]
            ),
            attribute(
                "emails",
                "complex",
                multiValued=True,
                subAttributes=[attribute("value"), attribute("primary", "boolean")],
            ),
            attribute(
                "groups",
                "complex",
                multiValued=True,
                subAttributes=[attribute("value"), attribute("$ref", "reference", referenceTypes=["Group"])],
            ),
        ],
    },
    {"id": GROUP, "attributes": [attribute("displayName", required=True)]},
    {"id": BADGE, "attributes": [attribute("colour"), attribute("number", "integer", required=True)]},
]
TYPES = [
    {
        "name": "User",
        "endpoint": "/Users",
        "schema": USER,
        "schemaExtensions": [{"schema": BADGE, "required": False}],
    },
    {"name": "Group", "endpoint": "/Groups", "schema": GROUP},
]
SERVICES = [{"id": urn, "attributes": [attribute("name", required=True)]} for urn in SERVICE_SCHEMAS]


def user(**more: Any) -> dict[str, Any]:
    """A user without a fault."""
    return {
        "schemas": [USER],
        "id": "u_1",
        "userName": "ines",
        "anchor": "a",
        "meta": {
            "resourceType": "User",
            "created": "2031-02-03T09:15:00Z",
            "lastModified": "2031-02-03T09:15:00Z",
            "location": f"{TENANT_URL}/Users/u_1",
            "version": 'W/"1"',
        },
        **more,
    }


@pytest.fixture(scope="session")
def published() -> Published:
    return Published(TENANT_URL, TYPES, SCHEMAS, SERVICES)
