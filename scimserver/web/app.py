"""The Tornado application: routes and the access log."""

import re
from typing import Any

import structlog
from tornado.httputil import HTTPServerRequest
from tornado.routing import URLSpec
from tornado.web import Application as TornadoApplication
from tornado.web import RequestHandler

from ..errors import NotFound, NotImplementedHere
from ..service.application import Application
from .addresses import Addresses
from .base import BaseHandler, ScimHandler, UnknownPathHandler
from .bulk import BulkHandler
from .discovery import DocumentsHandler, ServiceProviderConfigHandler, resource_type_documents, schema_documents
from .ops import HealthHandler, ReadyHandler
from .resources import CollectionHandler, ResourceHandler

log = structlog.get_logger("scimserver.access")

TENANT = r"/t/(?P<workspace>[^/]+)/scim/v2"

NOT_OFFERED = {
    "/Me": "read and change a user as /Users/{id}",
    "/.search": "send GET with `filter`, `attributes`, `startIndex` and `count` in the query",
}
"""Endpoints of RFC 7644 that this server leaves out, each with what to do instead."""


class WebApplication(TornadoApplication):
    """Routes by the folded path, so that ``//Users/`` and a workspace host need no routes of their own."""

    def __init__(self, app: Application) -> None:
        self._addresses = Addresses(app.settings)
        shared = {"app": app, "addresses": self._addresses}
        super().__init__(
            routes(app, shared),
            default_handler_class=UnknownPathHandler,
            default_handler_args=shared,
            log_function=log_request,
        )

    def find_handler(self, request: HTTPServerRequest, **kwargs: Any) -> Any:
        request.path = self._addresses.route_path(request)
        return super().find_handler(request, **kwargs)


def routes(app: Application, shared: dict[str, Any]) -> list[URLSpec]:
    """Return every route; ``shared`` are the arguments that each handler gets."""
    specs = [
        URLSpec("/healthz", HealthHandler, shared),
        URLSpec("/readyz", ReadyHandler, shared),
        URLSpec(f"{TENANT}/ServiceProviderConfig", ServiceProviderConfigHandler, shared),
        URLSpec(f"{TENANT}/Bulk", BulkHandler, shared),
    ]
    for endpoint, documents in (("/Schemas", schema_documents), ("/ResourceTypes", resource_type_documents)):
        arguments = {**shared, "endpoint": endpoint, "documents": documents}
        specs += [
            URLSpec(f"{TENANT}{endpoint}", DocumentsHandler, arguments),
            URLSpec(f"{TENANT}{endpoint}/(?P<name>[^/]+)", DocumentsHandler, arguments),
        ]
    for endpoint, instead in NOT_OFFERED.items():
        under = "(?:/Users|/Groups)?" if endpoint == "/.search" else ""
        arguments = {**shared, "endpoint": endpoint, "instead": instead}
        specs.append(URLSpec(f"{TENANT}{under}{re.escape(endpoint)}", NotOfferedHandler, arguments))
    for resource_type in app.catalogue.resource_types:
        arguments = {**shared, "resource_type": resource_type}
        specs += [
            URLSpec(f"{TENANT}{resource_type.endpoint}", CollectionHandler, arguments),
            URLSpec(f"{TENANT}{resource_type.endpoint}/(?P<resource_id>[^/]+)", ResourceHandler, arguments),
        ]
    specs.append(URLSpec(f"{TENANT}(?:/.*)?", UnknownTenantPathHandler, shared))
    return specs


class NotOfferedHandler(ScimHandler):
    """501 for a part of SCIM that is left out (RFC 7644 §3.11, §3.12): a 404 would send people looking for a typo."""

    def initialize(self, app: Application, addresses: Addresses, endpoint: str, instead: str) -> None:  # type: ignore[override]
        super().initialize(app, addresses)
        self._refusal = f"`{endpoint}` is not offered by this server: {instead}."

    async def admit(self) -> None:
        await super().admit()
        raise NotImplementedHere(self._refusal)


class UnknownTenantPathHandler(ScimHandler):
    """404 below a Tenant URL, but only for who may see that the workspace exists."""

    async def admit(self) -> None:
        await super().admit()
        endpoints = ", ".join(t.endpoint for t in self.app.catalogue.resource_types)
        raise NotFound(
            f"There is no `{self.request.path}`: below a Tenant URL there are {endpoints}, /Schemas, "
            "/ResourceTypes and /ServiceProviderConfig."
        )


def log_request(handler: RequestHandler) -> None:
    """Write one line for a finished request: no token, no query values, no body."""
    fields: dict[str, Any] = {
        "method": handler.request.method,
        "path": handler.request.path,
        "status": handler.get_status(),
        "ms": round(handler.request.request_time() * 1000, 1),
    }
    if isinstance(handler, BaseHandler):
        fields["request_id"] = handler.request_id
    if isinstance(handler, ScimHandler) and handler.workspace:
        fields["workspace"] = handler.workspace.slug
    level = log.error if handler.get_status() >= 500 else log.info
    level("request", **fields)
