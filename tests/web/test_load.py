"""Fair shares and the graceful stop: what is refused while a request is in flight, and what frees its place."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable

import pytest

from scimserver.web.server import Server, bind

from .conftest import Site

BODY = json.dumps({"userName": "slow@larkfield.example"}).encode()


@contextlib.asynccontextmanager
async def half_sent(site: Site) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A POST that is in flight: its head and half of its body have arrived."""
    before = site.app.in_flight
    reader, writer = await asyncio.open_connection("127.0.0.1", site.port)
    head = (
        f"POST {site.path}/Users HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {site.token}\r\n"
        f"Content-Type: application/scim+json\r\nContent-Length: {len(BODY)}\r\n\r\n"
    )
    writer.write(head.encode() + BODY[:10])
    await until(lambda: site.app.in_flight == before + 1)
    try:
        yield reader, writer
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.005)


async def status_of(reader: asyncio.StreamReader) -> int:
    async with asyncio.timeout(5):
        return int((await reader.readline()).split()[1])


@pytest.fixture
async def narrow(site: Site) -> Site:
    """A workspace that may have one request in flight."""
    await site.app.workspaces.set(site.slug, {"limits.concurrency": "1"})
    return site


async def test_more_requests_in_flight_than_allowed_are_429_with_retry_after(narrow: Site) -> None:
    async with half_sent(narrow) as (reader, writer), narrow.client() as client:
        refused = await client.get("Users")
        assert refused.status_code == 429 and refused.headers["Retry-After"] == "1"
        assert "1 requests" in refused.json()["detail"]
        assert (await client.post("Users", json={"userName": "also@larkfield.example"})).status_code == 429
        writer.write(BODY[10:])
        assert await status_of(reader) == 201
        assert (await client.get("Users")).json()["totalResults"] == 1


async def test_another_workspace_is_not_held_up(narrow: Site) -> None:
    other = await narrow.app.workspaces.create(f"other-{narrow.slug}")
    _, token = await narrow.app.tokens.create(other)
    async with half_sent(narrow), narrow.client(token) as client:
        url = f"{narrow.origin}/t/{other.slug}/scim/v2/Users"
        assert (await client.get(url)).status_code == 200


async def test_a_client_that_goes_away_in_the_middle_of_its_body_frees_its_place(narrow: Site) -> None:
    for _ in range(3):
        async with half_sent(narrow):
            pass
        await until(lambda: narrow.app.in_flight == 0)
    async with narrow.client() as client:
        assert (await client.get("Users")).json()["totalResults"] == 0


async def test_a_refused_or_failed_request_frees_its_place(narrow: Site) -> None:
    async with narrow.client() as client:
        for body in (b"{", b"[]", b'{"userName": 1}'):
            assert (await client.post("Users", content=body)).status_code == 400
        assert (await client.post("Users", content=BODY, headers={"Content-Type": "text/plain"})).status_code == 415
        assert (await client.delete("Users")).status_code == 405
        assert (await client.get("Nowhere")).status_code == 404
        assert (await client.get("Users")).status_code == 200
    assert narrow.app.in_flight == 0


async def test_a_stopping_server_refuses_what_is_new_and_closes_the_connection(site: Site) -> None:
    async with site.client() as client:
        assert (await client.get("Users")).status_code == 200
        site.app.draining = True
        for method in ("GET", "POST"):
            response = await client.request(method, "Users", json={"userName": "late@larkfield.example"})
            assert response.status_code == 503 and int(response.headers["Retry-After"]) > 0
            assert response.headers["Connection"] == "close"
            assert response.headers["Content-Type"].startswith("application/scim+json")
        health, ready = await client.get(f"{site.origin}/healthz"), await client.get(f"{site.origin}/readyz")
        assert health.status_code == 200
        assert ready.status_code == 503 and ready.json()["reason"] == "stopping"


async def test_a_stopping_server_finishes_what_is_in_flight(site: Site) -> None:
    async with half_sent(site) as (reader, writer):
        site.app.draining = True
        writer.write(BODY[10:])
        assert await status_of(reader) == 201
    assert site.app.in_flight == 0


async def test_a_stopping_server_waits_for_a_client_that_is_still_reading_its_answer(site: Site) -> None:
    async with site.client() as client:
        for number in range(8):
            user = {"userName": f"user{number}@larkfield.example", "displayName": "x" * 1_000_000}
            assert (await client.post("Users", json=user)).status_code == 201
    sockets = bind("127.0.0.1", 0)
    server = Server(site.app, sockets)
    reader, writer = await asyncio.open_connection("127.0.0.1", sockets[0].getsockname()[1], limit=1024)
    writer.write(f"GET {site.path}/Users HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {site.token}\r\n\r\n".encode())
    head = await reader.readuntil(b"\r\n\r\n")
    stopping = asyncio.create_task(server.drain(5))
    await asyncio.sleep(0.1)
    assert not stopping.done()
    length = int(head.lower().partition(b"content-length: ")[2].split()[0])
    assert len(await reader.readexactly(length)) == length > 8_000_000
    async with asyncio.timeout(2):
        await stopping
    writer.close()


async def test_a_stopping_server_does_not_wait_for_idle_connections(site: Site) -> None:
    sockets = bind("127.0.0.1", 0)
    server = Server(site.app, sockets)
    async with site.client() as client:
        address = f"http://127.0.0.1:{sockets[0].getsockname()[1]}{site.path}/Users"
        assert (await client.get(address)).status_code == 200
        async with asyncio.timeout(2):
            await server.drain(60)


async def test_readiness_asks_the_database(site: Site) -> None:
    async with site.anonymous() as client:
        ready = await client.get("/readyz")
        assert (ready.status_code, ready.json()) == (200, {"status": "ready"})


@pytest.mark.parametrize("path", ["/nowhere", "/healthz", "/t/nobody/scim/v2/Users", "/t/nobody/scim/v2/Nowhere"])
async def test_a_body_that_nobody_wants_is_read_away_and_the_connection_goes_on(site: Site, path: str) -> None:
    async with site.anonymous() as client:
        for _ in range(2):
            answer = await client.post(path, content=b"x" * 3_000_000)
            assert answer.status_code in (401, 404, 405)
            assert answer.json()["detail"]
        assert len(client._transport._pool.connections) == 1  # type: ignore[attr-defined]


async def test_a_wrong_token_is_told_before_a_wrong_address(site: Site) -> None:
    async with site.client("wrong") as stranger:
        assert (await stranger.post("Nowhere", json={})).status_code == 401
        assert (await stranger.get("Nowhere")).status_code == 401
