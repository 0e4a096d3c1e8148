from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from scimserver.schema.attributes import Attribute, ResourceType, SchemaDefinition
from scimserver.schema.catalogue import load_schemas
from scimserver.scim.members import MemberPlan, split
from scimserver.scim.messages import PATCH_SCHEMA, parse_patch
from scimserver.scim.patch import PatchResult, apply
from scimserver.scim.reading import Reading

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
BADGE = "urn:ietf:params:scim:schemas:extension:larkfield:2.0:User"

INES: dict[str, Any] = {
    "id": "u_ines",
    "externalId": "ines.okafor",
    "userName": "ines.okafor@larkfield.example",
    "displayName": "Ines Okafor",
    "title": "Field Engineer",
    "active": True,
    "name": {"formatted": "Ines Okafor", "givenName": "Ines", "familyName": "Okafor"},
    "emails": [
        {"type": "work", "value": "ines.okafor@larkfield.example", "primary": True},
        {"type": "home", "value": "ines@okafor.example"},
    ],
    "addresses": [{"type": "work", "locality": "Leith", "country": "GB"}],
    ENTERPRISE: {"department": "Harbour Works", "manager": {"value": "u_theo"}},
}

Operations = list[dict[str, Any]]


@pytest.fixture(scope="session")
def user() -> ResourceType:
    return load_schemas().resource_type("User")


@pytest.fixture(scope="session")
def group() -> ResourceType:
    return load_schemas().resource_type("Group")


@pytest.fixture(scope="session")
def badged(user: ResourceType) -> ResourceType:
    """Users with an extension of the workspace: a plain, an immutable, a required, a boolean attribute and a list."""
    attributes = (
        Attribute("badgeColour", "string", BADGE),
        Attribute("badgeNumber", "string", BADGE, mutability="immutable"),
        Attribute("contractor", "boolean", BADGE),
        Attribute("tags", "string", BADGE, multi_valued=True),
    )
    larkfield = SchemaDefinition(BADGE, "Larkfield", "Badges", attributes, {})
    return ResourceType("User", "/Users", "", user.schema, user.common, (*user.extensions, larkfield))


@pytest.fixture
def ines() -> dict[str, Any]:
    return deepcopy(INES)


@pytest.fixture
def run(user: ResourceType) -> Callable[..., PatchResult]:
    """Return a function that applies operations as a client writes them and checks that nothing given is changed."""

    def run_operations(
        operations: Operations,
        resource: dict[str, Any] | None = None,
        resource_type: ResourceType = user,
        *,
        reading: Reading | None = None,
    ) -> PatchResult:
        before = deepcopy(INES if resource is None else resource)
        given = deepcopy(before)
        message = {"schemas": [PATCH_SCHEMA], "Operations": deepcopy(operations)}
        parsed = parse_patch(message, reading)
        try:
            return apply(given, parsed, resource_type, reading)
        finally:
            assert given == before
            assert message["Operations"] == operations

    return run_operations


@pytest.fixture
def patched(run: Callable[..., PatchResult]) -> Callable[..., dict[str, Any]]:
    """Return a function that gives the resource after the operations."""
    return lambda *operations, **options: run(list(operations), **options).resource


@pytest.fixture
def planned(group: ResourceType) -> Callable[..., MemberPlan]:
    """Return a function that reads the membership operations among those given."""

    def plan(*operations: dict[str, Any]) -> MemberPlan:
        others, found = split(parse_patch({"Operations": list(operations)}), group)
        assert not others
        assert found is not None
        return found

    return plan
