"""Which requests are let in: methods, sizes, workspace, authentication, fair share, media types; then JSON in."""

import contextlib
from collections.abc import Awaitable, Mapping, Sequence
from typing import Any, ClassVar

import structlog
from tornado.iostream import StreamClosedError
from tornado.web import RequestHandler, stream_request_body

from ..errors import (
    HeadersTooLarge,
    MethodNotAllowed,
    NotFound,
    NotImplementedHere,
    PayloadTooLarge,
    ScimError,
    TooManyRequests,
    Unavailable,
    UriTooLong,
)
from ..scim.reading import Reading
from ..service.application import Application
from ..service.context import RequestContext
from ..service.workspaces import ActiveWorkspace
from .addresses import Addresses
from .answers import Answers
from .body import Body
from .negotiation import SCIM_TYPES, check_accept, check_media_type, is_gzip
from .recording import entry_of
from .requests import decode_json, too_large

log = structlog.get_logger("scimserver.http")

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
DRAIN_LIMIT = 32 * 1024 * 1024
"""Bytes of a refused body that are read and thrown away, so that the client gets to read the 413."""
URI_LIMIT = 32 * 1024
"""Bytes of path and query: a filter at its limit fits, also with every character escaped."""
HEADERS_LIMIT = 32 * 1024
"""Bytes of all header fields."""


class _AnyMethod(tuple[str, ...]):
    """Tornado refuses an unknown method before anybody is authenticated; :meth:`BaseHandler.check` does it after."""

    def __contains__(self, method: object) -> bool:
        return True


@stream_request_body
class BaseHandler(Answers):
    """Which requests are let in, by address, method and size; no authentication.

    The body is streamed, so that whether to answer at all is decided before it is read; what nobody wants is not kept.
    """

    SUPPORTED_METHODS = _AnyMethod(METHODS)
    COUNTED: ClassVar[bool] = True
    """Whether its requests are in the metrics: what asks every few seconds would drown the others."""

    def initialize(self, app: Application, addresses: Addresses) -> None:
        self.app = app
        self.addresses = addresses

    async def prepare(self) -> None:
        structlog.contextvars.bind_contextvars(request_id=self.request_id)
        try:
            await self.admit()
            self.check()
        except ScimError as refusal:
            if self._declared_length() > DRAIN_LIMIT:
                refusal.headers["Connection"] = "close"
            else:
                await self._throw_body_away()
            raise

    async def admit(self) -> None:
        """Raise if this client is not to be served at all; nothing of the body has been read yet."""
        if self.app.draining:
            refusal = Unavailable("The server is stopping: send the request again.", retry_after=2)
            refusal.headers["Connection"] = "close"
            raise refusal
        if len(self.request.uri or "") > URI_LIMIT:
            raise UriTooLong(f"The address is longer than {URI_LIMIT} bytes: shorten `filter` or `attributes`.")
        if sum(len(name) + len(value) for name, value in self.request.headers.get_all()) > HEADERS_LIMIT:
            raise HeadersTooLarge(f"The header fields are longer than {HEADERS_LIMIT} bytes in all: send fewer.")

    def check(self) -> None:
        """Raise if nobody is served here with such a request: address, method, media types, in this order."""
        method = self.request.method or ""
        if method not in METHODS:
            raise NotImplementedHere(f"There is no method `{method[:40]}` here; there are {', '.join(METHODS)}.")
        allowed = self.allowed_methods()
        if method not in allowed:
            listed = ", ".join(allowed)
            raise MethodNotAllowed(f"`{method}` is not allowed here; use {listed}.", headers={"Allow": listed})

    @classmethod
    def allowed_methods(cls) -> list[str]:
        """Return the methods that this handler implements; HEAD comes with GET, and OPTIONS is everywhere."""
        own = {m for m in METHODS if getattr(cls, m.lower()) is not getattr(RequestHandler, m.lower())}
        return [m for m in METHODS if m in own and (m != "HEAD" or "GET" in own)]

    def head(self, *args: Any, **kwargs: Any) -> Awaitable[None] | None:
        """Answer like GET; Tornado leaves the body out and keeps its length."""
        return self.get(*args, **kwargs)

    def options(self, *_: Any, **__: Any) -> None:
        """Tell the methods of this address."""
        self.send_nothing(204, {"Allow": ", ".join(self.allowed_methods())})

    async def _throw_body_away(self) -> None:
        """Read a body that nobody wants.

        Tornado closes a connection without a word when the answer is finished before the request is read: a client that
        is still sending, or sends its next request there, sees a broken connection and no answer.
        """
        ready_for_body: Any = self._prepared_future
        ready_for_body.set_result(None)
        with contextlib.suppress(StreamClosedError):
            await self.request._body_future

    def _declared_length(self) -> int:
        """Return the length of the body in bytes as the client announced it; 0 if it did not, or not in digits."""
        declared = self.request.headers.get("Content-Length", "")
        return int(declared) if declared.isdecimal() else 0

    def decode_argument(self, value: bytes, name: str | None = None) -> str:
        """Decode a part of the path; what is not UTF-8 names nothing, and gets the answer that such a name gets."""
        return value.decode("utf-8", "replace")

    def data_received(self, chunk: bytes) -> Awaitable[None] | None:
        """Throw a body away that this handler has no use for."""
        return None


class UnknownPathHandler(BaseHandler):
    """404 with a SCIM body for everything that has no route."""

    def check(self) -> None:
        raise NotFound("There is no such address here. A Tenant URL has the form /t/{workspace}/scim/v2.")


class JsonHandler(BaseHandler):
    """A handler that takes and answers JSON: media types, size limit, then the body."""

    MEDIA_TYPES: ClassVar[Sequence[str]] = SCIM_TYPES
    message: Any = None
    """The decoded body."""
    _body: Body | None = None

    def check(self) -> None:
        super().check()
        headers = self.request.headers
        if self.request.method not in ("DELETE", "OPTIONS"):  # their answers have no body
            check_accept(headers.get("Accept"), self.MEDIA_TYPES)
        if self.request.method in ("POST", "PUT", "PATCH"):
            check_media_type(headers.get("Content-Type"), self.MEDIA_TYPES)
            self._body = Body(self.body_limit(), gzip=is_gzip(headers.get("Content-Encoding")))
            if self._declared_length() > DRAIN_LIMIT:
                raise self.too_large()

    @property
    def client(self) -> str:
        """The User-Agent, not all of it if it is long."""
        return self.request.headers.get("User-Agent", "")[:200]

    def body_limit(self) -> int:
        """Return the length in bytes beyond which a body is refused."""
        return self.app.settings.limits.body_bytes

    def too_large(self) -> PayloadTooLarge:
        """Return the refusal of a body that is longer than that."""
        return too_large(self.body_limit())

    def data_received(self, chunk: bytes) -> Awaitable[None] | None:
        return self._body.receive(chunk) if self._body else None

    def read_body(self) -> bytes:
        """Return the body, inflated.

        Raises:
            PayloadTooLarge: longer than :meth:`body_limit`.
            InvalidSyntax: it is not the gzip it is said to be.
        """
        assert self._body is not None  # methods with a body only
        if self._body.too_large:
            raise self.too_large()
        return self._body.content()

    def read_json(self) -> Any:
        """Return the decoded body.

        Raises:
            PayloadTooLarge: longer than :meth:`body_limit`.
            InvalidSyntax: not JSON, or nested too deeply, or not the gzip it is said to be.
        """
        self.message = decode_json(self.read_body(), self.app.settings.limits.json_depth)
        return self.message


class ScimHandler(JsonHandler):
    """A handler below a Tenant URL: workspace, uniform 401, fair share, then what every JSON handler does."""

    OPERATIONS: ClassVar[Mapping[str, str]] = {}
    """Method → what the provisioning log calls it; all others are ``other``."""

    ctx: RequestContext
    workspace: ActiveWorkspace | None = None
    addressed: ActiveWorkspace | None = None
    """The workspace of the address, whoever asks: its provisioning log tells of refused requests too."""
    credential: str | None = None
    """Public id of the token, once it is known to be good."""
    _entered = False

    async def _execute(self, *args: Any, **kwargs: Any) -> None:
        # Tornado calls neither the method nor on_finish() when the client goes away in the middle of its body, so this
        # is the only place where every request that was counted in is counted out.
        try:
            await super()._execute(*args, **kwargs)
        finally:
            if self._entered and self.workspace:
                self.app.leave(self.workspace.id)
            self._record()

    def _record(self) -> None:
        """Tell the provisioning log; the answer is on its way already, and nothing that fails here may touch it."""
        if self.addressed is None or not self.app.requests.enabled:
            return
        try:
            self.app.requests.record(self.addressed.id, entry_of(self))
        except Exception:
            log.exception("request not recorded")

    def operation(self) -> str:
        """Return what the provisioning log calls the request."""
        return self.OPERATIONS.get(self.request.method or "", "other")

    @property
    def type_name(self) -> str | None:
        """The name of the resource type that the address is about, if it is about one."""
        return None

    async def admit(self) -> None:
        """Resolve the workspace and authenticate; a suspended or busy workspace is told so."""
        slug = self.path_kwargs.pop("workspace", None) or ""
        self.addressed = self.app.workspaces.last_known(slug)
        await super().admit()
        self.addressed = workspace = await self.app.workspaces.resolve(slug)
        authorization = self.request.headers.get("Authorization")
        credential = await self.app.tokens.authenticate(workspace, authorization, self.client)
        assert workspace is not None  # authenticate() refuses an unknown workspace like a wrong token
        self.workspace, self.credential = workspace, credential
        if workspace.suspended:
            raise Unavailable(
                "This workspace is suspended; provisioning resumes when its owner reactivates it.", retry_after=3600
            )
        self._enter(workspace)
        self.ctx = RequestContext(
            workspace,
            self.addresses.tenant_url(workspace.slug, self.request),
            self.request_id,
            credential,
            self.client,
            reading=Reading(workspace.quirks),
        )

    def no_such_path(self) -> NotFound:
        """Return the refusal of an address that the workspace does not have."""
        resources = ", ".join(t.endpoint for t in self.ctx.workspace.catalogue.resource_types)
        return NotFound(
            f"There is no `{self.request.path[:200]}`: below a Tenant URL there are {resources}, /.search, /Bulk, "
            "/Schemas, /ResourceTypes and /ServiceProviderConfig."
        )

    def tolerated(self) -> tuple[dict[str, list[str]], list[str]]:
        """Return name → places of the tolerations that the request needed, and the names of those that are off."""
        return (self.ctx.reading.used, self.ctx.reading.missed) if self._entered else ({}, [])

    def _enter(self, workspace: ActiveWorkspace) -> None:
        limit = workspace.concurrency
        if not self.app.enter(workspace.id, limit):
            raise TooManyRequests(
                f"More than {limit} requests of this workspace are in flight: send fewer at once.",
                headers={"Retry-After": "1"},
            )
        self._entered = True

    def argument(self, name: str) -> str | None:
        """Return a query parameter by name in any letter case, or None.

        Names are case-insensitive (RFC 7644 §3.4.2 uses ``startIndex``; clients also send ``startindex``). Decoded
        once as a form: ``+`` is a blank, ``%2B`` a plus (idp-clients §1.2).
        """
        for key, values in self.request.query_arguments.items():
            if key.lower() == name.lower() and values:
                return values[-1].decode("utf-8", "replace")
        return None
