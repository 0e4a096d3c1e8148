"""What comes over the wire when the client is slow, in a hurry, or no HTTP client at all."""

import asyncio
import contextlib
import gzip
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import structlog

from scimserver.web.base import HEADERS_LIMIT, URI_LIMIT
from scimserver.web.server import TORNADO_HEADER_LIMIT

from .conftest import Site, create


class Wire:
    """A connection on which bytes are written, and answers read one after the other."""

    def __init__(self, site: Site, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.site = site
        self.reader = reader
        self.writer = writer

    def head(self, method: str, path: str, *headers: str, token: str | None = None) -> bytes:
        """A request without its body, below the Tenant URL; ``path`` may also be a whole URL."""
        target = path if "://" in path or path.startswith("/") else f"{self.site.path}/{path}"
        lines = [
            f"{method} {target} HTTP/1.1",
            "Host: x",
            f"Authorization: Bearer {token or self.site.token}",
            *headers,
        ]
        return ("\r\n".join(lines) + "\r\n\r\n").encode()

    async def answer(self, *, body: bool = True) -> tuple[int, dict[str, str], Any]:
        """Status, headers with lower-case names, and the JSON."""
        async with asyncio.timeout(5):
            status, *lines = (await self.reader.readuntil(b"\r\n\r\n")).decode().strip().split("\r\n")
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
            content = await self.reader.readexactly(int(headers.get("content-length", 0))) if body else b""
        return int(status.split()[1]), headers, json.loads(content) if content else None

    async def is_closed(self) -> bool:
        """Whether the server ends the connection without another word."""
        try:
            async with asyncio.timeout(5):
                return await self.reader.read() == b""
        except ConnectionError:
            return True

    async def is_open(self) -> bool:
        """Whether the next request is answered."""
        self.writer.write(self.head("GET", "/healthz"))
        return (await self.answer())[0] == 200


@pytest.fixture
async def wire(site: Site) -> AsyncIterator[Wire]:
    reader, writer = await asyncio.open_connection("127.0.0.1", site.port)
    yield Wire(site, reader, writer)
    writer.close()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()


USER = json.dumps({"userName": "ada@larkfield.example"}).encode()

# -- in a hurry --------------------------------------------------------------------------------------------------------


async def test_pipelined_requests_are_answered_in_order_also_after_errors(wire: Wire) -> None:
    length = f"Content-Length: {len(USER)}"
    wire.writer.write(
        wire.head("POST", "Users", length) + USER
        + wire.head("POST", "Users", length, token="wrong") + USER
        + wire.head("POST", "Nowhere", length) + USER
        + wire.head("PUT", "Users", length) + USER
        + wire.head("BREW", "Users", length) + USER
        + wire.head("get", "Users", length) + USER
        + wire.head("POST", "Users", length, "Content-Type: text/plain") + USER
        + wire.head("POST", "Users", "Content-Length: 2") + b"[]"
        + wire.head("GET", "Users")
    )  # fmt: skip
    answers = [await wire.answer() for _ in range(9)]
    assert [a[0] for a in answers] == [201, 401, 404, 405, 501, 501, 415, 400, 200]
    assert answers[-1][2]["totalResults"] == 1


async def test_a_head_request_does_not_shift_the_answers_behind_it(wire: Wire) -> None:
    wire.writer.write(wire.head("HEAD", "Schemas") + wire.head("HEAD", "Nowhere") + wire.head("GET", "Users"))
    assert (await wire.answer(body=False))[0] == 200
    assert (await wire.answer(body=False))[0] == 404
    assert (await wire.answer())[2]["totalResults"] == 0


# -- slow --------------------------------------------------------------------------------------------------------------


async def test_a_request_may_come_byte_by_byte(wire: Wire) -> None:
    body = gzip.compress(USER)
    sent = wire.head("POST", "Users", f"Content-Length: {len(body)}", "Content-Encoding: gzip") + body
    for byte in sent:
        wire.writer.write(bytes([byte]))
        await wire.writer.drain()
        await asyncio.sleep(0)
    assert (await wire.answer())[0] == 201


async def test_a_chunked_body_is_read_plain_and_gzip(wire: Wire) -> None:
    for number, coding in enumerate(("identity", "gzip")):
        body = USER.replace(b"ada", f"ada{number}".encode())
        body = gzip.compress(body) if coding == "gzip" else body
        chunks = b"".join(b"1\r\n" + bytes([b]) + b"\r\n" for b in body) + b"0\r\n\r\n"
        wire.writer.write(
            wire.head("POST", "Users", "Transfer-Encoding: chunked", f"Content-Encoding: {coding}") + chunks
        )
        assert (await wire.answer())[0] == 201


async def test_a_client_that_asks_before_it_sends_is_told_to_go_on_also_if_it_is_refused(wire: Wire) -> None:
    for token, status in (("wrong", 401), (None, 201)):
        wire.writer.write(
            wire.head("POST", "Users", f"Content-Length: {len(USER)}", "Expect: 100-continue", token=token)
        )
        assert (await wire.answer())[0] == 100
        wire.writer.write(USER)
        assert (await wire.answer())[0] == status


async def test_a_client_that_goes_away_in_the_middle_of_a_refused_body_is_no_failure(site: Site, wire: Wire) -> None:
    with structlog.testing.capture_logs() as logs:
        wire.writer.write(wire.head("POST", "Users", "Content-Length: 1000", token="wrong") + b"{")
        await asyncio.sleep(0.02)
        wire.writer.close()
        async with asyncio.timeout(5):
            while not logs:
                await asyncio.sleep(0.005)
        await asyncio.sleep(0.01)
    assert [(entry["event"], entry["log_level"]) for entry in logs] == [("request", "info")]
    assert site.app.in_flight == 0


# -- no HTTP -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "sent",
    [
        b"garbage\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"GET /healthz HTTP/9.9\r\n\r\n",
        b"GET /heal thz HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nno colon\r\n\r\n",
        b"POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: abc\r\n\r\n",
        b"POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 1_0\r\n\r\n",
        b"POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 5, 6\r\n\r\n",
        b"POST /healthz HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n",
        b"POST /healthz HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
    ],
)
async def test_what_is_not_http_is_400_and_the_end_of_the_connection(site: Site, wire: Wire, sent: bytes) -> None:
    wire.writer.write(sent)
    assert (await wire.answer())[0] == 400
    assert await wire.is_closed()
    async with site.client() as client:
        assert (await client.get("Users")).status_code == 200


async def test_the_same_length_twice_is_that_length(wire: Wire) -> None:
    wire.writer.write(wire.head("POST", "Users", f"Content-Length: {len(USER)}, {len(USER)}") + USER)
    assert (await wire.answer())[0] == 201
    assert await wire.is_open()


# -- addresses ---------------------------------------------------------------------------------------------------------


async def test_a_request_line_may_hold_the_whole_url(wire: Wire) -> None:
    wire.writer.write(wire.head("GET", f"http://x{wire.site.path}/Users?count=0"))
    assert (await wire.answer())[2]["totalResults"] == 0


@pytest.mark.parametrize(("name", "status"), [("%FF", 404), ("%00", 404), ("%", 404), ("%zz", 404), ("a%2Fb", 404)])
async def test_an_id_in_any_spelling_is_looked_for_and_not_found(wire: Wire, name: str, status: int) -> None:
    for path in (f"Users/{name}", f"Schemas/{name}"):
        wire.writer.write(wire.head("GET", path))
        assert (await wire.answer())[0] == status
    assert await wire.is_open()


async def test_an_id_is_decoded_once(site: Site, wire: Wire) -> None:
    async with site.client() as client:
        user = await create(client)
    spelt = "".join(f"%{ord(letter):02X}" for letter in user["id"])
    wire.writer.write(wire.head("GET", f"Users/{spelt}"))
    assert (await wire.answer())[2] == user
    wire.writer.write(wire.head("GET", f"Users/{spelt.replace('%', '%25')}"))
    assert (await wire.answer())[0] == 404


@pytest.mark.parametrize(("extra", "status"), [(0, 200), (1, 414)])
async def test_an_address_has_a_limit(wire: Wire, extra: int, status: int) -> None:
    start = f"{wire.site.path}/Users?x="
    wire.writer.write(wire.head("GET", start + "y" * (URI_LIMIT - len(start) + extra)))
    found, headers, body = await wire.answer()
    assert found == status
    if status == 414:
        assert headers["content-type"].startswith("application/scim+json")
        assert str(URI_LIMIT) in body["detail"] and "shorten" in body["detail"]
    assert await wire.is_open()


@pytest.mark.parametrize(("length", "status"), [(HEADERS_LIMIT // 2, 200), (HEADERS_LIMIT, 431)])
async def test_header_fields_have_a_limit(wire: Wire, length: int, status: int) -> None:
    wire.writer.write(wire.head("GET", "Users", "X-Long: " + "y" * length))
    found, _, body = await wire.answer()
    assert found == status
    if status == 431:
        assert body["status"] == "431" and "send fewer" in body["detail"]
    assert await wire.is_open()


async def test_a_head_without_end_is_not_kept(wire: Wire) -> None:
    wire.writer.write(b"GET /healthz HTTP/1.1\r\nX-Long: " + b"y" * (TORNADO_HEADER_LIMIT + 1))
    assert await wire.is_closed()


# -- versions of SCIM --------------------------------------------------------------------------------------------------


async def test_a_tenant_url_without_a_version_means_the_newest(wire: Wire) -> None:
    unversioned = wire.site.path.removesuffix("/v2")
    wire.writer.write(wire.head("GET", f"{unversioned}/Users"))
    assert (await wire.answer())[0] == 200
    wire.writer.write(wire.head("GET", f"{unversioned}/Nowhere"))
    assert (await wire.answer())[0] == 404


@pytest.mark.parametrize("version", ["v1", "v3", "v11"])
async def test_another_version_of_scim_is_400_with_the_address_to_use(wire: Wire, version: str) -> None:
    other = wire.site.path.removesuffix("v2") + version
    for path in (other, f"{other}/Users", f"{other}/Users/u_1"):
        wire.writer.write(wire.head("GET", path))
        status, _, body = await wire.answer()
        assert (status, body["scimType"]) == (400, "invalidVers")
        assert f"http://127.0.0.1:8080{wire.site.path}." in body["detail"]
        wire.writer.write(wire.head("GET", path, token="wrong"))
        assert (await wire.answer())[0] == 401
