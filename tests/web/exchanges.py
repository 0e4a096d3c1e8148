"""What the conformance tests send, and the checks that every answer must pass."""

from typing import Any

import httpx

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"


async def user(client: httpx.AsyncClient, user_name: str, **more: Any) -> dict[str, Any]:
    """Create a user, and return the representation that came back."""
    return body(await client.post("Users", json={"schemas": [USER], "userName": user_name, **more}), 201)


async def group(client: httpx.AsyncClient, name: str, *members: dict[str, Any]) -> dict[str, Any]:
    """Create a group of these resources, and return the representation that came back."""
    values = [{"value": member["id"]} for member in members]
    return body(await client.post("Groups", json={"schemas": [GROUP], "displayName": name, "members": values}), 201)


def address(location: str) -> str:
    """Return the address below the Tenant URL: the server under test listens elsewhere than its public URL says."""
    return location.partition("/scim/v2/")[2]


async def patch(client: httpx.AsyncClient, resource: dict[str, Any], *operations: dict[str, Any]) -> httpx.Response:
    """Send operations to a resource."""
    message = {"schemas": [PATCH_OP], "Operations": operations}
    return await client.patch(address(resource["meta"]["location"]), json=message)


async def read(client: httpx.AsyncClient, resource: dict[str, Any], **parameters: Any) -> dict[str, Any]:
    """Return a resource as it is now."""
    return body(await client.get(address(resource["meta"]["location"]), params=parameters), 200)


async def found(client: httpx.AsyncClient, text: str, endpoint: str = "Users") -> list[str]:
    """Return the ids that a filter selects."""
    listed = body(await client.get(endpoint, params={"filter": text}), 200)
    assert listed["totalResults"] == len(listed["Resources"])
    return [resource["id"] for resource in listed["Resources"]]


def body(answer: httpx.Response, status: int) -> dict[str, Any]:
    """Return the JSON object of an answer of this status."""
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/scim+json; charset=utf-8"
    return dict(answer.json())


def refusal(answer: httpx.Response, status: int, scim_type: str | None = None) -> str:
    """Return the detail of a SCIM error of this status and scimType."""
    told = body(answer, status)
    assert told["schemas"] == [ERROR] and told["status"] == str(status)
    assert told.get("scimType") == scim_type, told
    return str(told["detail"])
