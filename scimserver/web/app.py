"""The Tornado application: routes and the access log."""

from typing import Any

import structlog
from tornado.httputil import HTTPServerRequest
from tornado.routing import URLSpec
from tornado.web import Application as TornadoApplication
from tornado.web import RequestHandler

from ..errors import InvalidVersion, NotImplementedHere
from ..service.application import Application
from .addresses import Addresses
from .admin.base import AdminHandler
from .admin.routes import admin_routes
from .base import BaseHandler, ScimHandler, UnknownPathHandler
from .bulk import BulkHandler
from .discovery import (
    DocumentsHandler,
    ServiceProviderConfigHandler,
    no_documents,
    resource_type_documents,
    schema_documents,
    service_schema_documents,
)
from .ops import HealthHandler, MetricsHandler, ReadyHandler
from .queries import RootHandler, SearchHandler, TypeSearchHandler
from .resources import CollectionHandler, ResourceHandler

log = structlog.get_logger("scimserver.access")

SCIM = r"/t/(?P<workspace>[^/]+)/scim"
TENANT = f"{SCIM}/v2"
ENDPOINT = f"{TENANT}/(?P<endpoint>[A-Za-z][A-Za-z0-9_-]*)"
"""Of a resource type; which there are, the workspace says."""


class WebApplication(TornadoApplication):
    """Routes by the folded path, so that ``//Users/`` and a workspace host need no routes of their own."""

    def __init__(self, app: Application) -> None:
        self._addresses = Addresses(app.settings)
        shared = {"app": app, "addresses": self._addresses}
        super().__init__(
            routes(shared),
            default_handler_class=UnknownPathHandler,
            default_handler_args=shared,
            log_function=log_request,
        )

    def find_handler(self, request: HTTPServerRequest, **kwargs: Any) -> Any:
        request.path = self._addresses.route_path(request)
        return super().find_handler(request, **kwargs)


def routes(shared: dict[str, Any]) -> list[URLSpec]:
    """Return every route; ``shared`` are the arguments that each handler gets."""
    specs = [
        URLSpec("/healthz", HealthHandler, shared),
        URLSpec("/metrics", MetricsHandler, shared),
        URLSpec("/readyz", ReadyHandler, shared),
        *admin_routes(shared),
        URLSpec(f"{TENANT}/ServiceProviderConfig", ServiceProviderConfigHandler, shared),
        URLSpec(f"{TENANT}/Me(?:/.*)?", MeHandler, shared),
        URLSpec(f"{TENANT}/Bulk", BulkHandler, shared),
    ]
    for endpoint, listed, unlisted in (
        ("/Schemas", schema_documents, service_schema_documents),
        ("/ResourceTypes", resource_type_documents, no_documents),
    ):
        arguments = {**shared, "endpoint": endpoint, "listed": listed, "unlisted": unlisted}
        specs += [
            URLSpec(f"{TENANT}{endpoint}", DocumentsHandler, arguments),
            URLSpec(f"{TENANT}{endpoint}/(?P<name>[^/]+)", DocumentsHandler, arguments),
        ]
    specs += [
        URLSpec(TENANT, RootHandler, shared),
        URLSpec(rf"{TENANT}/\.search", SearchHandler, shared),
        URLSpec(rf"{ENDPOINT}/\.search", TypeSearchHandler, shared),
        URLSpec(ENDPOINT, CollectionHandler, shared),
        URLSpec(f"{ENDPOINT}/(?P<resource_id>[^/]+)", ResourceHandler, shared),
    ]
    specs.append(URLSpec(f"{TENANT}(?:/.*)?", UnknownTenantPathHandler, shared))
    specs.append(URLSpec(rf"{SCIM}/v\d+(?:/.*)?", OtherVersionHandler, shared))
    return specs


class MeHandler(ScimHandler):
    """501 (RFC 7644 §3.11): a Secret Token stands for a workspace and not for a user who could be meant by ``/Me``."""

    def check(self) -> None:
        raise NotImplementedHere("`/Me` is not offered by this server: read and change a user as /Users/{id}.")


class UnknownTenantPathHandler(ScimHandler):
    """404 below a Tenant URL, but only for who may see that the workspace exists."""

    def check(self) -> None:
        raise self.no_such_path()


class OtherVersionHandler(ScimHandler):
    """400 below ``/scim/v1`` and the like (RFC 7644 §3.13): the client is set up for another version of SCIM."""

    def check(self) -> None:
        raise InvalidVersion(
            "This server speaks SCIM 2.0 only: set the client up for SCIM 2.0, "
            f"with the Tenant URL {self.ctx.base_url}."
        )


def log_request(handler: RequestHandler) -> None:
    """Count a finished request and write one line for it: no token, no query values, no body."""
    fields: dict[str, Any] = {
        "method": handler.request.method,
        "path": handler.request.path,
        "status": handler.get_status(),
        "ms": round(handler.request.request_time() * 1000, 1),
    }
    if isinstance(handler, BaseHandler):
        fields["request_id"] = handler.request_id
        if handler.COUNTED:
            seconds = handler.request.request_time()
            handler.app.metrics.request(handler.request.method or "", handler.get_status(), seconds)
    if isinstance(handler, ScimHandler) and handler.workspace:
        fields["workspace"] = handler.workspace.slug
        if tolerated := handler.tolerated()[0]:
            fields["tolerated"] = tolerated
    if isinstance(handler, AdminHandler) and handler.operator:
        fields["operator"] = handler.operator
    # 501 is what the client asked for, not what the server failed at.
    level = log.error if handler.get_status() >= 500 and handler.get_status() != 501 else log.info
    level("request", **fields)
