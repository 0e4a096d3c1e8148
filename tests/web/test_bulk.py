"""``POST /Bulk`` over HTTP: the form of request and answer, and the limits."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from scimserver.schema.validation import check_message
from scimserver.settings import LimitSettings

from .conftest import Site

BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
Body = dict[str, Any]


def post(bulk_id: str, **data: Any) -> Body:
    return {"method": "POST", "path": "/Users", "bulkId": bulk_id, "data": {"userName": bulk_id, **data}}


def message(*operations: Any, **more: Any) -> Body:
    return {"schemas": [BULK], "Operations": list(operations), **more}


async def test_a_bulk_request_is_answered_with_a_bulk_response(site: Site, client: httpx.AsyncClient) -> None:
    club = {
        "method": "POST",
        "path": "/Groups",
        "bulkId": "club",
        "data": {"displayName": "Tour Guides", "members": [{"type": "User", "value": "bulkId:ines"}]},
    }
    response = await client.post("Bulk", json=message(post("ines"), club))
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "application/scim+json; charset=utf-8"
    check_message("BulkResponse", response.json())
    user, group = response.json()["Operations"]
    assert (user["status"], group["status"]) == ("201", "201")
    members = (await client.get(group["location"].replace("http://127.0.0.1:8080", site.origin))).json()["members"]
    assert [member["$ref"] for member in members] == [user["location"]]


async def test_a_path_may_be_an_address_that_an_answer_gave(client: httpx.AsyncClient) -> None:
    (user,) = (await client.post("Bulk", json=message(post("ines")))).json()["Operations"]
    operation = {"method": "DELETE", "path": user["location"], "version": user["version"]}
    assert (await client.post("Bulk", json=message(operation))).json()["Operations"] == [
        {"method": "DELETE", "location": user["location"], "status": "204"}
    ]


async def test_a_refused_operation_is_a_result_with_a_scim_error(client: httpx.AsyncClient) -> None:
    response = await client.post("Bulk", json=message(post("a", active="perhaps"), post("b", x="bulkId:ghost")))
    assert response.status_code == 200
    for result in response.json()["Operations"]:
        assert result["status"] == result["response"]["status"] == "400" and "location" not in result
        assert result["response"]["detail"].endswith(f"(request {response.headers['X-Request-Id']})")
        check_message("Error", result["response"])


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"", "no body"),
        (b"{", "not valid JSON"),
        (b"[]", "expected an object"),
        (b'{"Operations": {}}', "expected a list"),
        (b'{"schemas": ["urn:other"], "Operations": []}', "`schemas`"),
        (b'{"Operations": [{"method": "GET", "path": "/Users"}]}', "must be one of POST, PUT, PATCH, DELETE"),
    ],
)
async def test_a_body_that_is_no_bulk_request_is_a_400(client: httpx.AsyncClient, content: bytes, text: str) -> None:
    response = await client.post("Bulk", content=content)
    assert response.status_code == 400
    assert response.json()["scimType"] == "invalidSyntax" and text in response.json()["detail"]


async def test_half_a_surrogate_pair_in_a_name_is_a_400_of_its_operation(client: httpx.AsyncClient) -> None:
    data = {"Operations": [{"op": "remove", "path": 'emails[value eq "bulkId:\\ud83d"]'}]}
    user = post("a")
    patch = {"method": "PATCH", "path": "/Users/bulkId:a", "data": data}
    results = (await client.post("Bulk", json=message(user, patch))).json()["Operations"]
    assert [result["status"] for result in results] == ["201", "400"]


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
async def test_only_post_is_offered(client: httpx.AsyncClient, method: str) -> None:
    response = await client.request(method, "Bulk", json=message())
    assert response.status_code == 405
    assert "POST" in response.headers["Allow"] and "PUT" not in response.headers["Allow"]


# -- limits ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def limits(site: Site, monkeypatch: pytest.MonkeyPatch) -> Iterator[LimitSettings]:
    """Three operations and two kilobytes."""
    made = LimitSettings(bulk_operations=3, bulk_bytes=2048)
    with monkeypatch.context() as patched:
        patched.setattr(site.app, "settings", site.app.settings.model_copy(update={"limits": made}))
        yield made


async def test_as_many_operations_as_announced_are_carried_out_and_one_more_is_a_413(
    client: httpx.AsyncClient, limits: LimitSettings
) -> None:
    many = [post(str(number)) for number in range(limits.bulk_operations + 1)]
    refused = await client.post("Bulk", json=message(*many))
    assert refused.status_code == 413 and refused.json()["status"] == "413"
    assert "4 operations, at most 3" in refused.json()["detail"] and "maxOperations" in refused.json()["detail"]
    assert (await client.get("Users")).json()["totalResults"] == 0
    assert len((await client.post("Bulk", json=message(*many[1:]))).json()["Operations"]) == 3


async def test_as_many_bytes_as_announced_are_read_and_one_more_is_a_413(
    client: httpx.AsyncClient, limits: LimitSettings
) -> None:
    body = json.dumps(message(post("ines"))).encode().ljust(limits.bulk_bytes)
    refused = await client.post("Bulk", content=body + b" ")
    assert refused.status_code == 413
    assert f"{limits.bulk_bytes} bytes" in refused.json()["detail"] and "maxPayloadSize" in refused.json()["detail"]
    assert (await client.post("Bulk", content=body)).status_code == 200
    assert (await client.post("Users", content=b'{"userName": "otto"}'.ljust(4096))).status_code == 201


async def test_a_bulk_request_counts_as_one_request(site: Site, client: httpx.AsyncClient) -> None:
    await site.app.workspaces.set(site.slug, {"limits.concurrency": "1"})
    response = await client.post("Bulk", json=message(*(post(str(number)) for number in range(5))))
    assert [result["status"] for result in response.json()["Operations"]] == ["201"] * 5
    await asyncio.sleep(0)
    assert (await client.get("Users")).json()["totalResults"] == 5
