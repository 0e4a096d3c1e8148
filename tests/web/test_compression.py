"""gzip both ways; how a body is inflated is told in test_body, how headers are read in test_negotiation."""

import gzip
import json

import httpx
import pytest

from .conftest import Site, create, patch

GZIP = {"Content-Encoding": "gzip"}


def zipped(body: object) -> bytes:
    return gzip.compress(json.dumps(body).encode())


# -- requests ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("coding", ["gzip", "x-gzip", "GZIP"])
async def test_a_gzip_body_is_read_like_a_plain_one(client: httpx.AsyncClient, coding: str) -> None:
    sent = {"Content-Encoding": coding}
    created = await client.post("Users", content=zipped({"userName": "ada@larkfield.example"}), headers=sent)
    assert created.status_code == 201
    address = f"Users/{created.json()['id']}"
    changed = await client.patch(address, content=zipped(patch(title="Pilot")), headers=sent)
    assert changed.json()["title"] == "Pilot"
    replaced = await client.put(
        address, content=zipped({"userName": "ada@larkfield.example", "title": "Mate"}), headers=sent
    )
    assert replaced.json()["title"] == "Mate"


async def test_identity_is_no_coding(client: httpx.AsyncClient) -> None:
    sent = {"Content-Encoding": "identity"}
    assert (await client.post("Users", json={"userName": "a@larkfield.example"}, headers=sent)).status_code == 201


@pytest.mark.parametrize("coding", ["br", "deflate", "gzip, gzip"])
async def test_another_coding_is_415_and_gzip_is_named(client: httpx.AsyncClient, coding: str) -> None:
    response = await client.post("Users", content=b"x", headers={"Content-Encoding": coding})
    assert response.status_code == 415
    assert response.headers["Accept-Encoding"] == "gzip"
    assert coding in response.json()["detail"]
    plain = await client.post("Users", content=b"x", headers={"Content-Type": "text/plain"})
    assert plain.status_code == 415 and "Accept-Encoding" not in plain.headers


async def test_the_limit_counts_the_inflated_bytes(site: Site, client: httpx.AsyncClient) -> None:
    limit = site.app.settings.limits.body_bytes
    for length, status in ((limit - 3000, 201), (limit, 413)):
        body = zipped({"userName": f"{length}@larkfield.example", "unknown": "x" * length})
        assert len(body) < 50_000
        response = await client.post("Users", content=body, headers=GZIP)
        assert response.status_code == status
    assert f"larger than {limit} bytes" in response.json()["detail"]
    assert (await client.get("Users?count=0")).json()["totalResults"] == 1


@pytest.mark.parametrize(
    "body", [b"{}", zipped({"userName": "a@larkfield.example"})[:-4], b"\x1f\x8b"], ids=["plain", "cut off", "header"]
)
async def test_what_is_not_whole_gzip_is_400_and_the_connection_goes_on(client: httpx.AsyncClient, body: bytes) -> None:
    response = await client.post("Users", content=body, headers=GZIP)
    assert (response.status_code, response.json()["scimType"]) == (400, "invalidSyntax")
    assert "Content-Encoding" in response.json()["detail"]
    assert (await client.get("Users")).json()["totalResults"] == 0
    assert len(client._transport._pool.connections) == 1  # type: ignore[attr-defined]


async def test_no_body_is_told_as_such_with_or_without_a_coding(client: httpx.AsyncClient) -> None:
    for headers in ({}, GZIP):
        response = await client.post("Users", headers=headers)
        assert response.status_code == 400 and "no body" in response.json()["detail"]


# -- answers -----------------------------------------------------------------------------------------------------------


async def raw(client: httpx.AsyncClient, path: str, accept: str) -> tuple[httpx.Response, bytes]:
    """The answer as it came over the wire."""
    async with client.stream("GET", path, headers={"Accept-Encoding": accept}) as response:
        return response, b"".join([part async for part in response.aiter_raw()])


async def test_a_long_answer_is_gzip_for_who_takes_it(client: httpx.AsyncClient) -> None:
    plain, text = await raw(client, "Schemas", "identity")
    small, content = await raw(client, "Schemas", "deflate, gzip;q=0.8")
    assert "Content-Encoding" not in plain.headers and small.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(content) == text
    assert int(small.headers["Content-Length"]) == len(content) < len(text) / 5
    for response in (plain, small):
        assert response.headers["Vary"] == "Accept-Encoding"
        assert response.headers["Content-Type"] == "application/scim+json; charset=utf-8"


@pytest.mark.parametrize("accept", ["", "br", "gzip;q=0", "identity, gzip;q=0.1"])
async def test_nobody_else_is_sent_gzip(client: httpx.AsyncClient, accept: str) -> None:
    response, text = await raw(client, "Schemas", accept)
    assert "Content-Encoding" not in response.headers
    assert json.loads(text)["totalResults"] == 3


async def test_a_short_answer_is_sent_plain(client: httpx.AsyncClient) -> None:
    response, text = await raw(client, "Users", "gzip")
    assert "Content-Encoding" not in response.headers
    assert len(text) < 1024 and json.loads(text)["totalResults"] == 0


async def test_an_etag_is_of_the_resource_and_the_same_for_both_forms(client: httpx.AsyncClient) -> None:
    user = await create(client, displayName="x" * 3000)
    address = f"Users/{user['id']}"
    (plain, _), (small, _) = await raw(client, address, "identity"), await raw(client, address, "gzip")
    assert small.headers["Content-Encoding"] == "gzip"
    assert plain.headers["ETag"] == small.headers["ETag"] == 'W/"1"'
    known = {"If-None-Match": small.headers["ETag"]}
    assert (await client.get(address, headers={**known, "Accept-Encoding": "identity"})).status_code == 304
    unchanged = await client.get(address, headers={**known, "Accept-Encoding": "gzip"})
    assert unchanged.status_code == 304 and "Content-Encoding" not in unchanged.headers
