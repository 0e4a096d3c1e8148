"""Every error a client can be answered with: one class per ``scimType`` (RFC 7644 §3.12) and per HTTP reason.

``detail`` is user interface: an IT admin reads it in the provisioning log of Entra ID or Okta. It names
the attribute, the rule and the cure, and never holds a secret.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

ERROR_SCHEMA = "urn:ietf:params:scim:api:messages:2.0:Error"


class ScimError(Exception):
    """Base of all answers that are errors; carries what the SCIM Error body needs."""

    status: int = 500
    scim_type: ClassVar[str | None] = None
    plugin: str | None = None
    """Name of the plugin that refused, or failed; for the log."""
    attribute: str | None = None
    """Path of the field that a plugin's document cannot have; for the log."""

    def __init__(self, detail: str, *, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.headers: dict[str, str] = dict(headers or {})

    def body(self, request_id: str | None = None) -> dict[str, Any]:
        """Return the SCIM Error message (RFC 7644 §3.12); ``status`` is a string there."""
        body: dict[str, Any] = {"schemas": [ERROR_SCHEMA], "status": str(self.status)}
        if self.scim_type:
            body["scimType"] = self.scim_type
        body["detail"] = f"{self.detail} (request {request_id})" if request_id else self.detail
        return body


class BadRequest(ScimError):
    """400 without a scimType."""

    status = 400


class InvalidFilter(BadRequest):
    """The filter text is malformed, or compares what cannot be compared."""

    scim_type = "invalidFilter"


class TooMany(BadRequest):
    """The filter would have to read more resources than the server is willing to."""

    scim_type = "tooMany"


class InvalidSyntax(BadRequest):
    """The body is not JSON, or not the message that the endpoint expects."""

    scim_type = "invalidSyntax"


class InvalidPath(BadRequest):
    """The ``path`` of a PATCH operation is malformed or names an unknown attribute."""

    scim_type = "invalidPath"


class NoTarget(BadRequest):
    """The ``path`` of a PATCH operation matched no value."""

    scim_type = "noTarget"


class InvalidValue(BadRequest):
    """A value is missing or not compatible with the attribute's type."""

    scim_type = "invalidValue"


class InvalidCursor(BadRequest):
    """The cursor was not given out for this query (RFC 9865 §2.1)."""

    scim_type = "invalidCursor"


class ExpiredCursor(BadRequest):
    """The cursor is too old; the walk begins anew with an empty one (RFC 9865 §2.1)."""

    scim_type = "expiredCursor"


class InvalidCount(BadRequest):
    """The page size of a cursor query cannot be used (RFC 9865 §2.1)."""

    scim_type = "invalidCount"


class InvalidVersion(BadRequest):
    """The protocol version in the URL is not supported."""

    scim_type = "invalidVers"


class Mutability(BadRequest):
    """The change is not compatible with the attribute's mutability."""

    scim_type = "mutability"


class Unauthorized(ScimError):
    """401: the same for an unknown workspace, a missing token and a wrong one."""

    status = 401


class Forbidden(ScimError):
    """403: the credential is good but does not allow this."""

    status = 403


class NotFound(ScimError):
    """404: no such resource or endpoint."""

    status = 404


class MethodNotAllowed(ScimError):
    """405, with ``Allow``."""

    status = 405


class NotAcceptable(ScimError):
    """406: the client accepts none of our media types."""

    status = 406


class Uniqueness(ScimError):
    """409: a unique value is taken."""

    status = 409
    scim_type = "uniqueness"


class Conflict(ScimError):
    """409 without scimType: the resource kept changing, or another operation of the bulk request failed."""

    status = 409


class PreconditionFailed(ScimError):
    """412: ``If-Match`` names another version, or ``If-None-Match`` this one."""

    status = 412


class PayloadTooLarge(ScimError):
    """413: the body exceeds the documented limit."""

    status = 413


class UriTooLong(ScimError):
    """414: path and query exceed the documented limit."""

    status = 414


class UnsupportedMediaType(ScimError):
    """415: the body is neither ``application/scim+json`` nor ``application/json``, or in a coding other than gzip."""

    status = 415


class TooManyRequests(ScimError):
    """429, with ``Retry-After`` in whole seconds (Okta ignores the HTTP-date form)."""

    status = 429


class HeadersTooLarge(ScimError):
    """431: the header fields exceed the documented limit."""

    status = 431


class InternalError(ScimError):
    """500: our fault; the text carries no internals."""

    status = 500


class PluginFailed(InternalError):
    """500: a mapper plugin raised; names the plugin, so that the operator knows where to look."""

    def __init__(self, detail: str, *, plugin: str | None = None, attribute: str | None = None) -> None:
        super().__init__(detail)
        self.plugin = plugin
        self.attribute = attribute


class MappingFailed(Exception):
    """Raised by a mapper that cannot make one field; answered as :class:`PluginFailed`, which names the field too.

    ``reason`` completes "could not make FIELD: " and goes to the identity provider's admin: the rule and the cure,
    never a person's value.
    """

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(field, reason)
        self.field = field
        self.reason = reason


class NotImplementedHere(ScimError):
    """501: a part of SCIM, or a method of HTTP, that this server does not offer."""

    status = 501


class Unavailable(ScimError):
    """503 with ``Retry-After``: never answer an empty list while the database is away.

    An empty list reads as "no such user" and makes Entra create duplicates.
    """

    status = 503

    def __init__(self, detail: str, *, retry_after: int = 10) -> None:
        super().__init__(detail, headers={"Retry-After": str(retry_after)})
