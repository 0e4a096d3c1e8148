"""Every route and every error that can occur there: status, scimType, form of the body, headers, and the connection.

The routes are the application's own and the errors those of ``scimserver.errors``: a new route without rows fails here,
and so does an error that no row brings about.
"""

import gzip
import inspect
import json
import re
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import httpx
import mongomock
import pytest
import structlog
from pymongo.errors import AutoReconnect
from scimserver_plugins import profile

from scimserver import errors
from scimserver.errors import (
    Conflict,
    ExpiredCursor,
    Forbidden,
    HeadersTooLarge,
    InternalError,
    InvalidCount,
    InvalidCursor,
    InvalidFilter,
    InvalidPath,
    InvalidSyntax,
    InvalidValue,
    InvalidVersion,
    MethodNotAllowed,
    Mutability,
    NotAcceptable,
    NoTarget,
    NotFound,
    NotImplementedHere,
    PayloadTooLarge,
    PluginFailed,
    PreconditionFailed,
    ScimError,
    TooMany,
    TooManyRequests,
    Unauthorized,
    Unavailable,
    Uniqueness,
    UnsupportedMediaType,
    UriTooLong,
)
from scimserver.schema.catalogue import load_schemas
from scimserver.schema.validation import check_message
from scimserver.service import cursors
from scimserver.service.application import Application
from scimserver.store import search as store_search
from scimserver.store.resources import DuplicateValue, ResourceStore
from scimserver.web.answers import Answers
from scimserver.web.app import SCIM, TENANT, routes
from scimserver.web.base import BaseHandler

from .conftest import PATCH_OP, USER, Site, create

Kind = type[ScimError]

KINDS: dict[Kind, tuple[int, str | None]] = {
    InvalidFilter: (400, "invalidFilter"),
    TooMany: (400, "tooMany"),
    InvalidSyntax: (400, "invalidSyntax"),
    InvalidPath: (400, "invalidPath"),
    NoTarget: (400, "noTarget"),
    InvalidValue: (400, "invalidValue"),
    InvalidCursor: (400, "invalidCursor"),
    ExpiredCursor: (400, "expiredCursor"),
    InvalidCount: (400, "invalidCount"),
    InvalidVersion: (400, "invalidVers"),
    Mutability: (400, "mutability"),
    Unauthorized: (401, None),
    Forbidden: (403, None),
    NotFound: (404, None),
    MethodNotAllowed: (405, None),
    NotAcceptable: (406, None),
    Conflict: (409, None),
    Uniqueness: (409, "uniqueness"),
    PreconditionFailed: (412, None),
    PayloadTooLarge: (413, None),
    UriTooLong: (414, None),
    UnsupportedMediaType: (415, None),
    TooManyRequests: (429, None),
    HeadersTooLarge: (431, None),
    InternalError: (500, None),
    PluginFailed: (500, None),
    NotImplementedHere: (501, None),
    Unavailable: (503, None),
}
"""Status and scimType as RFC 7644 §3.12 and RFC 9865 §2.1 have them; where there is none, HTTP's status says it all."""

CURES = re.compile(
    r"\b(send|leave|use|set|read|copy|shorten|change|map|match|restart|resumes|give|has to correct|finds the place|"
    r"write|name|add|is one of|there are|it has|the form|message has|is required|needs|begin again|lists what|expected|must be|split|flatten|make)\b",
    re.IGNORECASE,
)
"""What a text has that tells its reader what to do."""

# -- situations that requests run into ---------------------------------------------------------------------------------

Situation = Callable[[Site], AbstractAsyncContextManager[None]]


def failing(error: Exception) -> Callable[..., Any]:
    """A function, or a coroutine function, that raises."""

    def fail(*_: Any, **__: Any) -> Any:
        raise error

    return fail


@asynccontextmanager
async def suspended(site: Site) -> AsyncIterator[None]:
    await site.app.workspaces.suspend(site.slug)
    yield
    await site.app.workspaces.resume(site.slug)


@asynccontextmanager
async def stopping(site: Site) -> AsyncIterator[None]:
    site.app.draining = True
    yield
    site.app.draining = False


@asynccontextmanager
async def busy(site: Site) -> AsyncIterator[None]:
    workspace = await site.app.workspaces.resolve(site.slug)
    assert workspace is not None
    taken = 0
    while site.app.enter(workspace.id, workspace.concurrency):
        taken += 1
    yield
    for _ in range(taken):
        site.app.leave(workspace.id)


def patched(target: object, name: str, value: object) -> Situation:
    @asynccontextmanager
    async def situation(site: Site) -> AsyncIterator[None]:
        with pytest.MonkeyPatch.context() as monkeypatch:
            monkeypatch.setattr(target, name, value)
            yield

    return situation


@asynccontextmanager
async def away(site: Site) -> AsyncIterator[None]:
    """The database is away, and nothing is remembered of what it said."""
    site.app.workspaces._cache.clear()
    site.app.tokens._cache.clear()
    with pytest.MonkeyPatch.context() as monkeypatch:
        for name in ("find", "find_one"):
            monkeypatch.setattr(mongomock.collection.Collection, name, failing(AutoReconnect("gone")))
        yield


async def loses(*_: Any) -> bool:
    """A write that somebody else was always faster than."""
    return False


raced = patched(ResourceStore, "replace", loses)
raced_delete = patched(ResourceStore, "delete", loses)
plugin_broken = patched(profile, "_pick", failing(ZeroDivisionError()))
scan_too_long = patched(store_search, "SCAN_DOCUMENTS", 0)
much_later = patched(cursors, "time", SimpleNamespace(time=lambda: 9e9))


def taken(write: str) -> Situation:
    async def collides(*_: Any) -> Any:
        raise DuplicateValue("userName", "ada@larkfield.example")

    return patched(ResourceStore, write, collides)


# -- rows --------------------------------------------------------------------------------------------------------------

BODY_METHODS = ("POST", "PUT", "PATCH")
ZIPPED = {"Content-Encoding": "gzip"}


@dataclass(frozen=True)
class Row:
    """A request and the error it is answered with."""

    error: Kind
    method: str = "GET"
    suffix: str = ""
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    situation: Situation | None = None

    @property
    def content(self) -> bytes | None:
        return self.body if self.body is None or isinstance(self.body, bytes) else json.dumps(self.body).encode()


def admission(method: str) -> Iterator[Row]:
    """Errors that await every request below a Tenant URL, whatever it asks for."""
    yield Row(Unauthorized, method, headers={"Authorization": "Bearer wrong"})
    yield Row(Unauthorized, method, headers={"Authorization": ""})
    yield Row(Unavailable, method, situation=suspended)
    yield Row(Unavailable, method, situation=stopping)
    yield Row(Unavailable, method, situation=away)
    yield Row(TooManyRequests, method, situation=busy)
    yield Row(UriTooLong, method, "?filter=" + "x" * 40_000)
    yield Row(HeadersTooLarge, method, headers={"X-Long": "x" * 40_000})


def negotiation(handler: type[BaseHandler]) -> Iterator[Row]:
    """Errors of method, media type and coding, and those of any body."""
    allowed = handler.allowed_methods()
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
        if method not in allowed:
            yield Row(MethodNotAllowed, method, body={})
            continue
        yield Row(InternalError, method, body={}, situation=patched(handler, method.lower(), failing(KeyError("x"))))
        if method != "DELETE":
            yield Row(NotAcceptable, method, body={}, headers={"Accept": "text/html"})
        if method in BODY_METHODS:
            yield Row(UnsupportedMediaType, method, body={}, headers={"Content-Type": "text/plain"})
            yield Row(UnsupportedMediaType, method, body={}, headers={"Content-Type": "application/json; charset=x"})
            yield Row(UnsupportedMediaType, method, body={}, headers={"Content-Encoding": "br"})
            small = patched(handler, "body_limit", lambda _: 2000)
            yield Row(PayloadTooLarge, method, body=b" " * 2001, situation=small)
            yield Row(PayloadTooLarge, method, body=gzip.compress(b" " * 2001), headers=ZIPPED, situation=small)
            yield Row(InvalidSyntax, method, body=b"{}", headers=ZIPPED)
            for body in (b"", b"{", b"[]", b"[" * 65 + b"]" * 65, b'{"a": "\xff"}'):
                yield Row(InvalidSyntax, method, body=body)
            yield Row(InvalidValue, method, body={"a": 1 << 63})
    yield Row(NotImplementedHere, "BREW", body={})


def queries() -> Iterator[Row]:
    """Errors of a query in a URL."""
    for text in ("userName", "nosuch%20eq%20%22a%22", "meta.created%20gt%20%22yesterday%22", "password%20pr"):
        yield Row(InvalidFilter, "GET", f"?filter={text}")
    yield Row(InvalidValue, "GET", "?attributes=id&excludedAttributes=meta")
    yield Row(InvalidValue, "GET", "?startIndex=one")
    yield Row(InvalidValue, "GET", "?count=1.5")
    yield Row(InvalidValue, "GET", "?cursor=&startIndex=2")
    yield Row(InvalidCursor, "GET", "?cursor=made-up")
    yield Row(InvalidCount, "GET", "?cursor=&count=-1")
    yield Row(TooMany, "GET", "?filter=meta.created%20pr", situation=scan_too_long)


def collection(body: dict[str, Any]) -> list[Row]:
    return [
        *queries(),
        Row(InvalidValue, "POST", body={}),
        Row(InvalidValue, "POST", body={**body, "schemas": ["urn:example:Other"]}),
        Row(InvalidValue, "POST", "?attributes=id&excludedAttributes=meta", body),
        Row(Uniqueness, "POST", body=body, situation=taken("insert")),
        Row(PluginFailed, "POST", body=body, situation=plugin_broken),
    ]


def operation(**parts: Any) -> dict[str, Any]:
    return {"schemas": [PATCH_OP], "Operations": [parts]}


def resource(body: dict[str, Any], required: str) -> list[Row]:
    change = operation(op="replace", path="displayName", value="Changed")
    return [
        Row(InvalidValue, "GET", "?attributes=id&excludedAttributes=meta"),
        Row(InvalidValue, "PUT", body={}),
        Row(PluginFailed, "PUT", body={**body, "displayName": "Changed"}, situation=plugin_broken),
        Row(InvalidSyntax, "PATCH", body={"schemas": [PATCH_OP]}),
        Row(InvalidSyntax, "PATCH", body=operation(op="move", path="displayName")),
        Row(InvalidValue, "PATCH", body={**change, "schemas": ["urn:example:Other"]}),
        Row(InvalidValue, "PATCH", body=operation(op="replace", path="displayName", value=["a"])),
        Row(InvalidPath, "PATCH", body=operation(op="replace", path="nosuch", value="a")),
        Row(InvalidPath, "PATCH", body=operation(op="replace", path="displayName[", value="a")),
        Row(NoTarget, "PATCH", body=operation(op="remove")),
        Row(Mutability, "PATCH", body=operation(op="replace", path="meta.created", value="2031-01-01T00:00:00Z")),
        Row(Mutability, "PATCH", body=operation(op="remove", path=required)),
        Row(PluginFailed, "PATCH", body=change, situation=plugin_broken),
        *(
            Row(PreconditionFailed, method, body=sent, headers=condition)
            for method, sent in (("PUT", body), ("PATCH", change), ("DELETE", None))
            for condition in ({"If-Match": 'W/"99"'}, {"If-None-Match": "*"})
        ),
        Row(PreconditionFailed, "GET", headers={"If-Match": 'W/"99"'}),
        *(
            Row(error, method, body={**sent, **more}, situation=situation)
            for error, situation in ((Uniqueness, taken("replace")), (Conflict, raced))
            for method, sent, more in (("PUT", body, {"displayName": "Changed"}), ("PATCH", change, {}))
        ),
        Row(Conflict, "DELETE", situation=raced_delete),
        *(
            Row(NotFound, method, "-none", sent)
            for method, sent in (("GET", None), ("PUT", body), ("PATCH", change), ("DELETE", None))
        ),
    ]


def search(schema: str = "urn:ietf:params:scim:api:messages:2.0:SearchRequest") -> list[Row]:
    asked = {"schemas": [schema]}
    return [
        Row(InvalidFilter, "POST", body={**asked, "filter": "userName"}),
        Row(InvalidFilter, "POST", body={**asked, "filter": 'password eq "x"'}),
        Row(InvalidSyntax, "POST", body={**asked, "filter": 1}),
        Row(InvalidValue, "POST", body={**asked, "attributes": ["id"], "excludedAttributes": ["meta"]}),
        Row(InvalidValue, "POST", body={**asked, "count": "ten"}),
        Row(TooMany, "POST", body={**asked, "filter": "meta.created pr"}, situation=scan_too_long),
        Row(InvalidCursor, "POST", body={**asked, "cursor": "made-up"}),
        Row(InvalidCount, "POST", body={**asked, "cursor": "", "count": -1}),
    ]


WORKER = {"schemas": [USER], "userName": "new@larkfield.example"}
CREW = {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "New"}
BULK = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"]}
EXPIRED = Row(ExpiredCursor, "GET", "?cursor={cursor}", situation=much_later)
FILTERED = Row(Forbidden, "GET", "?filter=id%20pr")


@dataclass(frozen=True)
class Route:
    """An address that the route matches, below the Tenant URL, and what is particular to it."""

    path: str
    rows: Sequence[Row] = ()
    always: Kind | None = None
    """What every method is answered with, where nothing is offered."""


ROUTES = {
    "/ServiceProviderConfig": Route("/ServiceProviderConfig", [FILTERED]),
    "/Schemas": Route("/Schemas", [FILTERED]),
    "/Schemas/(?P<name>[^/]+)": Route(f"/Schemas/{USER}", [FILTERED, Row(NotFound, "GET", "x")]),
    "/ResourceTypes": Route("/ResourceTypes", [FILTERED]),
    "/ResourceTypes/(?P<name>[^/]+)": Route("/ResourceTypes/User", [FILTERED, Row(NotFound, "GET", "x")]),
    "/Me(?:/.*)?": Route("/Me", always=NotImplementedHere),
    "/Users": Route("/Users", [*collection(WORKER), EXPIRED]),
    "/Users/(?P<resource_id>[^/]+)": Route("/Users/{user}", resource(WORKER, "userName")),
    "/Groups": Route("/Groups", collection(CREW)),
    "/Groups/(?P<resource_id>[^/]+)": Route("/Groups/{group}", resource(CREW, "displayName")),
    "": Route("", list(queries())),
    "/\\.search": Route("/.search", search()),
    "/Users/\\.search": Route("/Users/.search", search()),
    "/Groups/\\.search": Route("/Groups/.search", search()),
    "/Bulk": Route(
        "/Bulk",
        [
            Row(InvalidSyntax, "POST", body=BULK),
            Row(InvalidSyntax, "POST", body={**BULK, "Operations": "all"}),
            Row(PayloadTooLarge, "POST", body={**BULK, "Operations": [{}] * 1001}),
        ],
    ),
    "(?:/.*)?": Route("/Nowhere", always=NotFound),
    "/v\\d+(?:/.*)?": Route("/../v1/Users", always=InvalidVersion),
}
"""By the route's pattern without the Tenant URL."""

OUTSIDE = {
    "/healthz": [Row(NotImplementedHere, "BREW"), *(Row(MethodNotAllowed, m, body={}) for m in BODY_METHODS)],
    "/readyz": [Row(NotImplementedHere, "BREW"), *(Row(MethodNotAllowed, m, body={}) for m in BODY_METHODS)],
    "/nowhere": [
        *(Row(NotFound, method, body={}) for method in ("GET", "POST", "DELETE", "OPTIONS", "BREW")),
        Row(Unavailable, situation=stopping),
        Row(UriTooLong, suffix="?" + "x" * 40_000),
        Row(HeadersTooLarge, headers={"X-Long": "x" * 40_000}),
    ],
}
"""Addresses that are of no workspace; the last has no route."""


SPECS = {
    spec.regex.pattern.removesuffix("$").removeprefix(TENANT).removeprefix(SCIM): spec
    for spec in routes(cast(Application, SimpleNamespace(catalogue=load_schemas())), {})
}
"""The application's routes by their patterns, without what those below a Tenant URL have in common."""


def rows_of(pattern: str) -> list[Row]:
    """Every row of a route."""
    handler: type[BaseHandler] = SPECS[pattern].handler_class
    route = ROUTES[pattern]
    if route.always:
        methods = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "BREW")
        return [*admission("POST"), *(Row(route.always, method, body={}) for method in methods)]
    methods = handler.allowed_methods()
    rows = [row for method in ("GET", "POST", "DELETE") if method in methods for row in admission(method)]
    return [*rows, *negotiation(handler), *route.rows]


# -- the test ----------------------------------------------------------------------------------------------------------


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
