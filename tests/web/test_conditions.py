"""Conditional requests on a resource (RFC 7644 §3.14, RFC 9110 §13); which headers match is told in test_versions."""

import httpx
import pytest

from .conftest import create, patch


async def test_a_resource_carries_its_version_as_etag_in_every_answer(client: httpx.AsyncClient) -> None:
    created = await client.post("Users", json={"userName": "ada@larkfield.example"})
    address = f"Users/{created.json()['id']}"
    read, head = await client.get(address), await client.head(address)
    assert read.json()["meta"]["version"] == 'W/"1"'
    assert [a.headers["ETag"] for a in (created, read, head)] == ['W/"1"'] * 3
    changed = await client.patch(address, json=patch(title="Pilot"))
    assert changed.headers["ETag"] == changed.json()["meta"]["version"] == 'W/"2"'
    same = await client.patch(address, json=patch(title="Pilot"))
    assert same.headers["ETag"] == 'W/"2"', "a change of nothing makes no version"
    replaced = await client.put(address, json={"userName": "ada@larkfield.example", "title": "Mate"})
    assert replaced.headers["ETag"] == 'W/"3"'


async def test_other_answers_carry_no_etag(client: httpx.AsyncClient) -> None:
    user = await create(client)
    for path in ("Users", "Schemas", "ResourceTypes/User", "ServiceProviderConfig", "Users/u_none"):
        assert "ETag" not in (await client.get(path, headers={"If-None-Match": "*"})).headers
    assert "ETag" not in (await client.delete(f"Users/{user['id']}")).headers


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_a_resource_that_the_client_has_is_304_without_a_body(client: httpx.AsyncClient, method: str) -> None:
    user = await create(client)
    for tag in ('W/"1"', '"1"', "*", 'W/"7", W/"1"'):
        response = await client.request(method, f"Users/{user['id']}", headers={"If-None-Match": tag})
        assert response.status_code == 304 and not response.content
        assert response.headers["ETag"] == 'W/"1"'
        assert response.headers["Content-Location"] == user["meta"]["location"]
        assert response.headers["Vary"] == "Accept-Encoding"
        assert "Content-Type" not in response.headers and "Content-Length" not in response.headers


async def test_a_resource_that_the_client_does_not_have_is_sent(client: httpx.AsyncClient) -> None:
    user = await create(client)
    for tag in ('W/"2"', '"11"', "W/1", "malformed"):
        assert (await client.get(f"Users/{user['id']}", headers={"If-None-Match": tag})).json() == user


async def test_a_read_of_another_version_than_the_one_wanted_is_412(client: httpx.AsyncClient) -> None:
    user = await create(client)
    address = f"Users/{user['id']}"
    refused = await client.get(address, headers={"If-Match": 'W/"2"', "If-None-Match": 'W/"1"'})
    assert refused.status_code == 412 and 'W/"1"' in refused.json()["detail"]
    assert (await client.head(address, headers={"If-Match": 'W/"2"'})).status_code == 412
    assert (await client.get(address, headers={"If-Match": '"1", "2"'})).json() == user


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize(
    ("refusing", "accepting"),
    [
        ({"If-Match": 'W/"2"'}, {"If-Match": 'W/"1"'}),
        ({"If-Match": "malformed"}, {"If-Match": "*"}),
        ({"If-None-Match": "*"}, {"If-None-Match": 'W/"2"'}),
        ({"If-None-Match": 'W/"1"'}, {"If-None-Match": '"9"', "If-Match": '"1"'}),
    ],
)
async def test_a_condition_that_does_not_hold_is_412_and_changes_nothing(
    client: httpx.AsyncClient, method: str, refusing: dict[str, str], accepting: dict[str, str]
) -> None:
    user = await create(client)
    body = patch(title="Pilot") if method == "PATCH" else {"userName": user["userName"], "title": "Pilot"}
    address = f"Users/{user['id']}"
    refused = await client.request(method, address, json=body, headers=refusing)
    assert refused.status_code == 412 and 'W/"1"' in refused.json()["detail"]
    assert (await client.get(address)).json() == user
    accepted = await client.request(method, address, json=body, headers=accepting)
    assert accepted.status_code in (200, 204)


async def test_conditions_do_not_matter_where_there_is_no_resource(client: httpx.AsyncClient) -> None:
    for method in ("GET", "PATCH", "DELETE"):
        for condition in ({"If-Match": "*"}, {"If-Match": '"1"'}, {"If-None-Match": "*"}):
            response = await client.request(method, "Users/u_none", json=patch(title="X"), headers=condition)
            assert response.status_code == 404
    created = await client.post("Users", json={"userName": "new@larkfield.example"}, headers={"If-Match": '"1"'})
    assert created.status_code == 201
