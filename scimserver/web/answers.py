"""How requests are answered: request id, JSON, compression, errors as SCIM bodies."""

import re
import secrets
import time
import zlib
from collections.abc import Mapping
from typing import Any

import orjson
import structlog
from tornado.web import RequestHandler

from ..errors import InternalError, ScimError
from .negotiation import SCIM_JSON, takes_gzip

log = structlog.get_logger("scimserver.http")

COMPRESS_ABOVE = 1024
"""Bytes. A shorter answer fits one packet either way."""
_COMPRESSION = 1
"""Level 1 makes JSON a twelfth of its size at 4 ms a megabyte; level 6 takes twice as long for three percent less."""
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
FAILED = "The server failed on this request. Give the request id to the operator."


class Answers(RequestHandler):
    """The sending half of every handler."""

    request_id: str
    started: float
    sent_error: dict[str, Any] | None = None
    """The SCIM Error body that the client got."""
    blamed: tuple[str | None, str | None] = (None, None)
    """Which plugin that is due to, and the field of its document, if one is to blame."""

    def compute_etag(self) -> None:
        """Leave out Tornado's hash of the body: a resource's ETag is its version."""

    def set_default_headers(self) -> None:
        # Tornado calls this from __init__ and again when it clears a half-made answer for an error.
        if not hasattr(self, "request_id"):
            sent = self.request.headers.get("X-Request-Id", "")
            self.request_id = sent if _REQUEST_ID.fullmatch(sent) else secrets.token_hex(8)
            self.started = time.perf_counter()
        self.clear_header("Server")
        self.set_header("X-Request-Id", self.request_id)
        self.set_header("Cache-Control", "no-store")
        self.set_header("Vary", "Accept-Encoding")
        self.set_header("X-Content-Type-Options", "nosniff")

    def send_json(
        self,
        body: Any,
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        media_type: str = f"{SCIM_JSON}; charset=utf-8",
    ) -> None:
        """Answer with a JSON body; Tornado's own ``finish(dict)`` would force ``application/json``."""
        self.send_bytes(orjson.dumps(body), status=status, headers=headers, media_type=media_type)

    def send_bytes(
        self, content: bytes, *, status: int = 200, headers: Mapping[str, str] | None = None, media_type: str
    ) -> None:
        """Answer with a body, compressed if that pays and the client takes it."""
        self._start(status, headers)
        self.set_header("Content-Type", media_type)
        if len(content) > COMPRESS_ABOVE and takes_gzip(self.request.headers.get("Accept-Encoding")):
            content = zlib.compress(content, _COMPRESSION, wbits=16 + zlib.MAX_WBITS)
            self.set_header("Content-Encoding", "gzip")
        self.finish(content)

    def send_nothing(self, status: int, headers: Mapping[str, str] | None = None) -> None:
        """Answer without a body: 204 or 304."""
        self._start(status, headers)
        self.finish()

    def _start(self, status: int, headers: Mapping[str, str] | None) -> None:
        self.set_status(status)
        for name, value in (headers or {}).items():
            self.set_header(name, value)

    def send_error(self, status_code: int = 500, **kwargs: Any) -> None:
        """Answer any exception, unless an answer is on its way already."""
        raised = kwargs["exc_info"][1] if "exc_info" in kwargs else None
        if self._headers_written:
            log.error("answer cut off", error=repr(raised))
            self.finish()
            return
        self.clear()
        self.send_failure(raised)

    def send_failure(self, raised: BaseException | None) -> None:
        """Answer an exception as a SCIM Error body that carries the request id (RFC 7644 §3.12)."""
        error = raised if isinstance(raised, ScimError) else InternalError(FAILED)
        self.sent_error = error.body(self.request_id)
        self.blamed = error.plugin, error.attribute
        self.send_json(self.sent_error, status=error.status, headers=error.headers)

    def log_exception(self, typ: Any, value: Any, tb: Any) -> None:
        """Expected errors are the request's result, not the server's failure: only the rest leaves a traceback."""
        if not self.is_expected(value):
            log.error("request failed", exc_info=(typ, value, tb))

    def is_expected(self, error: Any) -> bool:
        """Tell whether an exception is an answer, and no fault of ours."""
        return isinstance(error, ScimError) and not isinstance(error, InternalError)
