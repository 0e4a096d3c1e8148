"""Addresses that an HTTP client would encode before sending, and identity providers do not."""

import asyncio

import httpx
import pytest

from .conftest import Site, create


@pytest.mark.parametrize(
    "query",
    [
        'filter=userName+eq+"ada@larkfield.example"',
        'filter=userName%20eq%20"ada%40larkfield.example"',
        'excludedAttributes=groups&filter=emails[type+eq+"work"].value+eq+"ada@larkfield.example"',
    ],
)
async def test_quotes_and_brackets_need_not_be_encoded(query: str, site: Site, client: httpx.AsyncClient) -> None:
    user = await create(client, emails=[{"type": "work", "value": "ada@larkfield.example"}])
    answer = await sent_as_it_is(f"{site.path}/Users?{query}", site)
    assert answer.startswith("HTTP/1.1 200 OK")
    assert '"totalResults":1' in answer and user["id"] in answer


async def test_a_space_must_be_encoded(site: Site) -> None:
    """It ends the address; what follows would be another version of HTTP."""
    answer = await sent_as_it_is(f'{site.path}/Users?filter=userName eq "ada"', site)
    assert answer.startswith("HTTP/1.1 400")


async def sent_as_it_is(address: str, site: Site) -> str:
    reader, writer = await asyncio.open_connection("127.0.0.1", site.port)
    lines = [f"GET {address} HTTP/1.1", "Host: localhost", f"Authorization: Bearer {site.token}", "Connection: close"]
    writer.write("\r\n".join([*lines, "", ""]).encode())
    answer = await asyncio.wait_for(reader.read(), 10)
    writer.close()
    await writer.wait_closed()
    return answer.decode()
