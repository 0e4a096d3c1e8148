"""``/ServiceProviderConfig``, ``/Schemas`` and ``/ResourceTypes`` of a workspace (RFC 7644 §4)."""

from collections.abc import Callable
from typing import Any

from ..errors import Forbidden, NotFound
from ..schema import discovery
from ..schema.catalogue import SchemaCatalogue
from ..service.application import Application
from ..service.representation import list_response
from .addresses import Addresses, path_segment
from .base import ScimHandler

Documents = Callable[[SchemaCatalogue, str], dict[str, dict[str, Any]]]
"""From a workspace's catalogue and Tenant URL to its documents by name."""


def schema_documents(catalogue: SchemaCatalogue, base_url: str) -> dict[str, dict[str, Any]]:
    """Return what Entra's schema discovery reads (idp-clients §5), by URN."""
    return {s.id: discovery.schema_document(s, base_url) for s in catalogue.schemas}


def resource_type_documents(catalogue: SchemaCatalogue, base_url: str) -> dict[str, dict[str, Any]]:
    """Return endpoints and the schemas behind them, by name."""
    return {t.name: discovery.resource_type_document(t, base_url) for t in catalogue.resource_types}


class ServiceProviderConfigHandler(ScimHandler):
    """What this server supports; announces only what works."""

    async def get(self) -> None:
        self.send_json(
            discovery.service_provider_config(self.ctx.base_url, max_results=self.app.settings.limits.page_maximum)
        )


class DocumentsHandler(ScimHandler):
    """A list of discovery documents, or one of them by name in any letter case."""

    def initialize(self, app: Application, addresses: Addresses, endpoint: str, documents: Documents) -> None:  # type: ignore[override]
        super().initialize(app, addresses)
        self.endpoint = endpoint
        self.documents = documents

    async def get(self, name: str | None = None) -> None:
        if self.argument("filter") is not None:
            # RFC 7644 §4: a filter on these endpoints must be refused with 403.
            raise Forbidden(f"`filter` is not allowed on {self.endpoint} (RFC 7644 section 4): leave it out.")
        documents = self.documents(self.app.catalogue, self.ctx.base_url)
        if name is None:
            self.send_json(list_response(list(documents.values()), len(documents), 1))
            return
        wanted = path_segment(name).lower()
        found = next((d for key, d in documents.items() if key.lower() == wanted), None)
        if found is None:
            raise NotFound(f"{self.endpoint} has no `{wanted[:200]}`; it has {', '.join(documents)}.")
        self.send_json(found)
