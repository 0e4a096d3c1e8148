"""What every handler shares: request id, JSON in and out, errors as SCIM bodies, workspace and authentication."""

import re
import secrets
import time
from collections.abc import Mapping
from typing import Any

import orjson
import structlog
from tornado.web import HTTPError, RequestHandler, stream_request_body

from ..errors import (
    HttpError,
    InternalError,
    MethodNotAllowed,
    NotFound,
    PayloadTooLarge,
    ScimError,
    TooManyRequests,
    Unavailable,
)
from ..service.application import Application
from ..service.context import RequestContext
from ..service.workspaces import ActiveWorkspace
from .addresses import Addresses
from .requests import check_media_type, decode_json

log = structlog.get_logger("scimserver.http")

SCIM_JSON = "application/scim+json; charset=utf-8"
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
DRAIN_LIMIT = 32 * 1024 * 1024
"""Bytes of a refused body that are read and thrown away, so that the client gets to read the 413."""


@stream_request_body
class BaseHandler(RequestHandler):
    """Request id, JSON answers and SCIM errors; no authentication.

    The body is streamed, so that whether to answer at all is decided before it is read; what nobody wants is not kept.
    """

    request_id: str
    started: float

    def initialize(self, app: Application, addresses: Addresses) -> None:
        self.app = app
        self.addresses = addresses

    async def prepare(self) -> None:
        structlog.contextvars.bind_contextvars(request_id=self.request_id)
        try:
            await self.admit()
        except ScimError as error:
            if self._declared_length() > DRAIN_LIMIT:
                error.headers["Connection"] = "close"
                raise
            # Tornado closes a connection without a word when the answer is finished before the request is read: a
            # client that is still sending, or sends its next request there, sees a broken connection and no answer.
            refusal = error

            async def refuse(*_: Any, **__: Any) -> None:
                raise refusal

            setattr(self, (self.request.method or "").lower(), refuse)

    async def admit(self) -> None:
        """Raise if the request is not to be served; nothing of its body has been read yet."""
        if self.app.draining:
            refusal = Unavailable("The server is stopping: send the request again.", retry_after=2)
            refusal.headers["Connection"] = "close"
            raise refusal

    def _declared_length(self) -> int:
        """Return the length of the body in bytes as the client announced it; 0 if it did not."""
        return int(self.request.headers.get("Content-Length") or 0)

    def compute_etag(self) -> None:
        """Leave out Tornado's hash of the body: a resource's ETag is its version."""

    def data_received(self, chunk: bytes) -> None:
        """Throw a body away that this handler has no use for."""

    def set_default_headers(self) -> None:
        # Tornado calls this from __init__ and again when it clears a half-made answer for an error.
        if not hasattr(self, "request_id"):
            sent = self.request.headers.get("X-Request-Id", "")
            self.request_id = sent if _REQUEST_ID.fullmatch(sent) else secrets.token_hex(8)
            self.started = time.perf_counter()
        self.clear_header("Server")
        self.set_header("X-Request-Id", self.request_id)
        self.set_header("Cache-Control", "no-store")
        self.set_header("X-Content-Type-Options", "nosniff")

    def send_json(
        self, body: Any, *, status: int = 200, headers: Mapping[str, str] | None = None, media_type: str = SCIM_JSON
    ) -> None:
        """Answer with a JSON body; Tornado's own ``finish(dict)`` would force ``application/json``."""
        self.set_status(status)
        for name, value in (headers or {}).items():
            self.set_header(name, value)
        self.set_header("Content-Type", media_type)
        self.finish(orjson.dumps(body))

    def send_error(self, status_code: int = 500, **kwargs: Any) -> None:
        """Answer any exception as a SCIM Error body that carries the request id (RFC 7644 §3.12)."""
        error = self._as_scim_error(status_code, kwargs.get("exc_info"))
        if self._headers_written:
            log.error("answer cut off", error=repr(error))
            self.finish()
            return
        self.clear()
        self.send_json(error.body(self.request_id), status=error.status, headers=error.headers)

    def _as_scim_error(self, status_code: int, exc_info: Any) -> ScimError:
        error = exc_info[1] if exc_info else None
        if isinstance(error, ScimError):
            return error
        if isinstance(error, HTTPError) and error.status_code < 500:
            if error.status_code == 405:
                allowed = ", ".join(self.allowed_methods())
                return MethodNotAllowed(
                    f"`{self.request.method}` is not allowed here; use {allowed}.", headers={"Allow": allowed}
                )
            return HttpError(error.status_code, error.log_message or error.reason or "The request is malformed.")
        return InternalError("The server failed on this request. Give the request id to the operator.")

    def allowed_methods(self) -> list[str]:
        """Methods that this handler class implements itself."""
        return [
            m
            for m in self.SUPPORTED_METHODS
            if getattr(type(self), m.lower()) is not getattr(RequestHandler, m.lower())
        ]

    def log_exception(self, typ: Any, value: Any, tb: Any) -> None:
        """Expected errors are the request's result, not the server's failure: only the rest leaves a traceback."""
        if not isinstance(value, ScimError | HTTPError) or isinstance(value, InternalError):
            log.error("request failed", exc_info=(typ, value, tb))


class UnknownPathHandler(BaseHandler):
    """404 with a SCIM body for everything that has no route."""

    async def admit(self) -> None:
        await super().admit()
        raise NotFound("There is no such address here. A Tenant URL has the form /t/{workspace}/scim/v2.")


class ScimHandler(BaseHandler):
    """A handler below a Tenant URL: workspace, uniform 401, fair share, size limit, then the body."""

    ctx: RequestContext
    workspace: ActiveWorkspace | None = None
    _entered = False
    _received = 0

    def initialize(self, app: Application, addresses: Addresses) -> None:
        super().initialize(app, addresses)
        self._chunks: list[bytes] = []

    async def _execute(self, *args: Any, **kwargs: Any) -> None:
        # Tornado calls neither the method nor on_finish() when the client goes away in the middle of its body, so this
        # is the only place where every request that was counted in is counted out.
        try:
            await super()._execute(*args, **kwargs)
        finally:
            if self._entered and self.workspace:
                self.app.leave(self.workspace.id)

    async def admit(self) -> None:
        """Resolve the workspace, authenticate, and check what can be checked before the body."""
        await super().admit()
        slug = self.path_kwargs.pop("workspace", None)
        workspace = await self.app.workspaces.resolve(slug or "")
        authorization = self.request.headers.get("Authorization")
        credential = await self.app.tokens.authenticate(workspace, authorization, self._client())
        assert workspace is not None  # authenticate() refuses an unknown workspace like a wrong token
        self.workspace = workspace
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
            self._client(),
        )
        if self.request.method in ("POST", "PUT", "PATCH"):
            check_media_type(self.request.headers.get("Content-Type"))
            if self._declared_length() > DRAIN_LIMIT:
                raise self.too_large()

    def _client(self) -> str:
        return self.request.headers.get("User-Agent", "")[:200]

    def _enter(self, workspace: ActiveWorkspace) -> None:
        limit = workspace.concurrency
        if not self.app.enter(workspace.id, limit):
            raise TooManyRequests(
                f"More than {limit} requests of this workspace are in flight: send fewer at once.",
                headers={"Retry-After": "1"},
            )
        self._entered = True

    def body_limit(self) -> int:
        """Return the length in bytes beyond which a body is refused."""
        return self.app.settings.limits.body_bytes

    def too_large(self) -> PayloadTooLarge:
        """Return the refusal of a body that is longer than that."""
        return PayloadTooLarge(
            f"The body is larger than {self.body_limit()} bytes: send fewer members or values in one request."
        )

    def data_received(self, chunk: bytes) -> None:
        self._received += len(chunk)
        if self._received <= self.body_limit():
            self._chunks.append(chunk)
        else:
            self._chunks.clear()

    def read_json(self) -> Any:
        """Return the decoded body.

        Raises:
            PayloadTooLarge: longer than :meth:`body_limit`.
            InvalidSyntax: not JSON, or nested too deeply.
        """
        if self._received > self.body_limit():
            raise self.too_large()
        return decode_json(b"".join(self._chunks), self.app.settings.limits.json_depth)

    def argument(self, name: str) -> str | None:
        """Return a query parameter by name in any letter case, or None.

        Names are case-insensitive (RFC 7644 §3.4.2 uses ``startIndex``; clients also send ``startindex``). Decoded
        once as a form: ``+`` is a blank, ``%2B`` a plus (idp-clients §1.2).
        """
        for key, values in self.request.query_arguments.items():
            if key.lower() == name.lower() and values:
                return values[-1].decode("utf-8", "replace")
        return None
