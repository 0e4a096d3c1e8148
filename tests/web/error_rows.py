"""The error catalogue as data: every kind of error, and by route the requests that are answered with it."""

import gzip
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

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
from scimserver.web.app import ENDPOINT, SCIM, TENANT, routes
from scimserver.web.base import BaseHandler

from .conftest import PATCH_OP, USER
from .situations import (
    Situation,
    away,
    busy,
    failing,
    much_later,
    patched,
    plugin_broken,
    raced,
    raced_delete,
    scan_too_long,
    stopping,
    suspended,
    taken,
)

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
    yield Row(InvalidCount, "GET", "?cursor=&count=ten")
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
        Row(InvalidCount, "POST", body={**asked, "cursor": "", "count": "ten"}),
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
    "/metrics": [Row(NotImplementedHere, "BREW"), *(Row(MethodNotAllowed, m, body={}) for m in BODY_METHODS)],
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
    pattern.removesuffix("$").removeprefix(TENANT).removeprefix(SCIM): spec
    for spec in routes({})
    if not spec.regex.pattern.startswith("/admin")
    for pattern in {spec.regex.pattern.replace(ENDPOINT, f"{TENANT}{endpoint}") for endpoint in ("/Users", "/Groups")}
    if not pattern.startswith("/admin/")
}
"""The application's routes by their patterns, without what those below a Tenant URL have in common.

Those of resource types are there once for each, as a new workspace has them. Those of the admin API answer problems
of another form, and have tests of their own.
"""


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
