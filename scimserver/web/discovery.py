"""``/ServiceProviderConfig``, ``/Schemas`` and ``/ResourceTypes`` of a workspace (RFC 7644 §4)."""

from collections.abc import Callable
from typing import Any

from ..errors import Forbidden, NotFound
from ..schema import discovery
from ..schema.catalogue import SchemaCatalogue
from ..schema.loader import service_schemas
from ..service.application import Application
from ..service.representation import list_response
from .addresses import Addresses
from .base import ScimHandler

Documents = Callable[[SchemaCatalogue, str], dict[str, dict[str, Any]]]
"""From a workspace's catalogue and Tenant URL to its documents by name."""


def schema_documents(catalogue: SchemaCatalogue, base_url: str) -> dict[str, dict[str, Any]]:
    """Return what Entra's schema discovery reads (idp-clients §5), by URN."""
    return {s.id: discovery.schema_document(s, base_url) for s in catalogue.schemas}


def service_schema_documents(_: SchemaCatalogue, base_url: str) -> dict[str, dict[str, Any]]:
    """Return the schemas of the discovery documents themselves (RFC 7643 §8.7.2), by URN."""
    return {s.id: discovery.schema_document(s, base_url) for s in service_schemas().values()}


def resource_type_documents(catalogue: SchemaCatalogue, base_url: str) -> dict[str, dict[str, Any]]:
    """Return endpoints and the schemas behind them, by name."""
    return {t.name: discovery.resource_type_document(t, base_url) for t in catalogue.resource_types}


def no_documents(_: SchemaCatalogue, __: str) -> dict[str, dict[str, Any]]:
    """Return none: everything is listed."""
    return {}


class _DiscoveryHandler(ScimHandler):
    """Query parameters are ignored here (RFC 7644 §4), also ``attributes``, ``sortBy`` and ``startIndex``."""

    OPERATIONS = {"GET": "discovery", "HEAD": "discovery"}

    def check(self) -> None:
        super().check()
        if self.argument("filter") is not None:
            # Who filters relies on the answer being filtered: RFC 7644 §4 refuses this parameter alone.
            raise Forbidden("`filter` is not allowed on discovery endpoints (RFC 7644 section 4): leave it out.")


class ServiceProviderConfigHandler(_DiscoveryHandler):
    """What this server supports; announces only what works."""

    async def get(self) -> None:
        self.send_json(discovery.service_provider_config(self.ctx.base_url, self.app.settings.limits))


class DocumentsHandler(_DiscoveryHandler):
    """A list of discovery documents, or one of them by name in any letter case.

    What is listed Entra's schema discovery offers for mapping: ``unlisted`` documents are there only by name.
    """

    def initialize(  # type: ignore[override]
        self, app: Application, addresses: Addresses, endpoint: str, listed: Documents, unlisted: Documents
    ) -> None:
        super().initialize(app, addresses)
        self.endpoint = endpoint
        self.listed = listed
        self.unlisted = unlisted

    async def get(self, name: str | None = None) -> None:
        documents = self.listed(self.ctx.workspace.catalogue, self.ctx.base_url)
        if name is None:
            self.send_json(list_response(list(documents.values()), len(documents), 1))
            return
        named = documents | self.unlisted(self.ctx.workspace.catalogue, self.ctx.base_url)
        found = next((d for key, d in named.items() if key.lower() == name.lower()), None)
        if found is None:
            raise NotFound(f"{self.endpoint} has no `{name[:200]}`; it has {', '.join(documents)}.")
        self.send_json(found)
