"""An application with resource types that are given as data: the devices of RFC 9944, and one with everything."""

from functools import cache
from pathlib import Path
from typing import Any

import httpx
from mongomock_motor import AsyncMongoMockClient

from scimserver.service.application import Application
from scimserver.settings import load
from scimserver.store.driver import Database

TESTS = Path(__file__).parents[1]
FILES = [*sorted((TESTS / "devices").glob("*.json")), TESTS / "schemas" / "sample.json"]
PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


@cache
def custom_application() -> Application:
    """Put one together on a simulated database, once; tests differ in their workspaces."""
    settings = load(None, security={"secret_key": "only-for-tests-" * 4}, schemas={"files": FILES})
    return Application(settings, Database.wrap(AsyncMongoMockClient(tz_aware=True)["custom"]))


def patch_of(*operations: dict[str, Any]) -> dict[str, Any]:
    """A PatchOp message."""
    return {"schemas": [PATCH_OP], "Operations": list(operations)}


def refused(response: httpx.Response, status: int, scim_type: str | None, *texts: str) -> None:
    """Check an error's status, scimType and words."""
    assert response.status_code == status, response.text
    body = response.json()
    assert body.get("scimType") == scim_type, body
    for text in texts:
        assert text in body["detail"], body["detail"]


async def made(client: httpx.AsyncClient, endpoint: str, body: dict[str, Any]) -> dict[str, Any]:
    """Create a resource."""
    response = await client.post(endpoint, json=body)
    assert response.status_code == 201, response.text
    return dict(response.json())


async def found(client: httpx.AsyncClient, endpoint: str, condition: str) -> list[str]:
    """The ids that a filter finds."""
    response = await client.get(endpoint, params={"filter": condition})
    assert response.status_code == 200, response.text
    body = response.json()
    assert body["totalResults"] == len(body["Resources"])
    return [resource["id"] for resource in body["Resources"]]
