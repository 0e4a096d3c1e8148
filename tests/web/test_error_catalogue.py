"""Every route and every error that can occur there: status, scimType, form of the body, headers, and the connection.

The routes are the application's own and the errors those of ``scimserver.errors``: a new route without rows fails here,
and so does an error that no row brings about.
"""

import inspect
import re
from collections.abc import Sequence
from typing import Any

import httpx
import pytest
import structlog

from scimserver import errors
from scimserver.errors import InternalError, ScimError
from scimserver.schema.validation import check_message
from scimserver.web.answers import Answers

from .conftest import Site, create
from .error_rows import KINDS, OUTSIDE, ROUTES, SPECS, Row, rows_of
from .situations import stopping

CURES = re.compile(
    r"\b(send|leave|use|set|read|copy|shorten|change|map|match|restart|resumes|give|has to correct|finds the place|"
    r"write|name|add|is one of|there are|it has|the form|message has|is required|needs|begin again|lists what|expected|must be|split|flatten|make)\b",
    re.IGNORECASE,
)
"""What a text has that tells its reader what to do."""


@pytest.fixture
def raised(monkeypatch: pytest.MonkeyPatch) -> list[type]:
    """The classes of what was raised, one for each request that was answered with an error."""
    found: list[type] = []
    original = Answers.send_error

    def send_error(self: Answers, status_code: int = 500, **kwargs: Any) -> None:
        error = kwargs["exc_info"][1]
        found.append(type(error) if isinstance(error, ScimError) else InternalError)
        original(self, status_code, **kwargs)

    monkeypatch.setattr(Answers, "send_error", send_error)
    return found


def test_every_route_has_rows() -> None:
    assert SPECS.keys() == ROUTES.keys() | OUTSIDE.keys() - {"/nowhere"}


def test_every_error_has_a_row_that_brings_it_about() -> None:
    defined = {e for e in vars(errors).values() if inspect.isclass(e) and issubclass(e, ScimError)}
    assert set(KINDS) == defined - {ScimError, errors.BadRequest}, "those two are only bases"
    assert {row.error for pattern in SPECS.keys() & ROUTES.keys() for row in rows_of(pattern)} == set(KINDS)


def check(row: Row, response: httpx.Response) -> None:
    """Hold one answer against the RFC and against our own promises."""
    status, scim_type = KINDS[row.error]
    what = f"{row.method} {response.request.url} -> {response.status_code} {response.text[:300]}"
    assert response.status_code == status, what
    assert response.headers["Content-Type"] == "application/scim+json; charset=utf-8", what
    assert response.headers["X-Request-Id"] == "catalogue-1" and response.headers["Cache-Control"] == "no-store", what
    body = response.json()
    check_message("Error", body)
    assert body["status"] == str(status) and body.get("scimType") == scim_type, what
    assert body.keys() <= {"schemas", "status", "scimType", "detail"}, what
    detail = body["detail"].removesuffix(" (request catalogue-1)")
    assert detail != body["detail"] and len(detail) > 20, what
    assert status == 500 or CURES.search(detail), f"no cure: {what}"
    assert ("WWW-Authenticate" in response.headers) == (status == 401), what
    assert ("Allow" in response.headers) == (status == 405), what
    assert response.headers.get("Retry-After", "").isdecimal() == (status in (429, 503)), what


def connections(client: httpx.AsyncClient) -> list[Any]:
    """The open connections of a client."""
    return list(client._transport._pool.connections)  # type: ignore[attr-defined]


async def run(site: Site, client: httpx.AsyncClient, base: str, rows: Sequence[Row], raised: list[type]) -> None:
    """Send the requests of the rows, all over one connection but for those that a stopping server ends."""
    async with site.client() as admin:
        users = [await create(admin, f"{name}@larkfield.example") for name in ("ada", "ben")]
        page = (await admin.get("Users?cursor=&count=1")).json()
        names = {"user": users[0]["id"], "cursor": page["nextCursor"]}
        names["group"] = (await admin.post("Groups", json={"displayName": "Crew"})).json()["id"]
    for row in rows:
        address = (base + row.suffix).format(**names)
        headers = {"X-Request-Id": "catalogue-1", **row.headers}
        raised.clear()
        connected = connections(client)
        if row.situation:
            async with row.situation(site):
                response = await client.request(row.method, address, content=row.content, headers=headers)
        else:
            response = await client.request(row.method, address, content=row.content, headers=headers)
        check(row, response)
        assert raised == [row.error], (row, raised)
        # A server that stops ends the connection; every other answer leaves it open for the next request.
        assert (response.headers.get("Connection") == "close") == (row.situation is stopping)
        assert row.situation is stopping or connections(client) == (connected or connections(client))
    assert site.app.in_flight == 0
    async with site.client() as admin:
        assert (await admin.get("Users")).json()["Resources"] == users, "errors create, change and delete nothing"


@pytest.mark.parametrize("pattern", sorted(SPECS.keys() - OUTSIDE.keys()), ids=lambda pattern: pattern or "root")
async def test_every_error_of_a_route_is_as_the_rfc_has_it(
    site: Site, client: httpx.AsyncClient, raised: list[type], pattern: str
) -> None:
    with structlog.testing.capture_logs():
        await run(site, client, f"{site.origin}{site.path}{ROUTES[pattern].path}", rows_of(pattern), raised)


@pytest.mark.parametrize("path", OUTSIDE)
async def test_every_error_outside_of_the_workspaces_is_a_scim_error_too(
    site: Site, client: httpx.AsyncClient, raised: list[type], path: str
) -> None:
    await run(site, client, f"{site.origin}{path}", OUTSIDE[path], raised)
