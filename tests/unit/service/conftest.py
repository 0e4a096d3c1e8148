"""The use cases on a simulated database, without HTTP."""

import dataclasses
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from mongomock_motor import AsyncMongoMockClient

from scimserver.schema.attributes import ResourceType
from scimserver.scim.projection import Projection
from scimserver.service.application import Application
from scimserver.service.context import RequestContext
from scimserver.service.provisioning import Stored
from scimserver.service.queries import Query
from scimserver.service.versions import UNCONDITIONAL, Conditions
from scimserver.settings import load
from scimserver.store.driver import Database

PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
BASE = "https://scim.example.net/t/larkfield/scim/v2"


@dataclasses.dataclass
class Tenant:
    """One workspace, spoken to in plain calls."""

    app: Application
    slug: str
    ctx: RequestContext

    def type(self, name: str) -> ResourceType:
        return self.app.catalogue.resource_type(name)

    def _everything(self, name: str) -> Projection:
        return Projection.parse(None, None, self.type(name))

    async def create(self, name: str, **body: Any) -> dict[str, Any]:
        stored = await self.app.provisioning.create(self.ctx, self.type(name), body, self._everything(name))
        return stored.resource

    async def get(self, name: str, resource_id: str) -> dict[str, Any]:
        return (
            await self.app.provisioning.get(self.ctx, self.type(name), resource_id, self._everything(name))
        ).resource

    async def patch(
        self, name: str, resource_id: str, *operations: dict[str, Any], conditions: Conditions = UNCONDITIONAL
    ) -> Stored:
        body = {"schemas": [PATCH_OP], "Operations": list(operations)}
        return await self.app.provisioning.patch(
            self.ctx, self.type(name), resource_id, body, self._everything(name), conditions
        )

    async def replace(self, name: str, resource_id: str, **body: Any) -> dict[str, Any]:
        stored = await self.app.provisioning.replace(
            self.ctx, self.type(name), resource_id, body, self._everything(name)
        )
        return stored.resource

    async def delete(self, name: str, resource_id: str) -> None:
        await self.app.provisioning.delete(self.ctx, self.type(name), resource_id)

    async def query(self, name: str, filter_text: str | None = None) -> list[str]:
        page = await self.app.queries.query(self.ctx, [self.type(name)], Query(100, filter=filter_text))
        assert page["totalResults"] == len(page["Resources"])
        return [r["id"] for r in page["Resources"]]


@pytest.fixture(scope="session")
def application() -> Application:
    """Made once: reading schemas and plugins is the slow part. Tests differ in their workspaces."""
    settings = load(None, security={"secret_key": "only-for-tests-" * 4})
    return Application(settings, Database.wrap(AsyncMongoMockClient(tz_aware=True)["service"]))


@pytest.fixture(scope="session")
def slugs() -> Iterator[str]:
    """Names of workspaces that were not used before."""
    return (f"larkfield-{number}" for number in range(1, 10_000))


@pytest.fixture
async def tenant(application: Application, slugs: Iterator[str]) -> AsyncIterator[Tenant]:
    """A fresh workspace."""
    await application.migrate()
    slug = next(slugs)
    await application.workspaces.create(slug)
    workspace = await application.workspaces.resolve(slug)
    assert workspace is not None
    yield Tenant(application, slug, RequestContext(workspace, BASE, "request-1", "token-1", "pytest"))
    await application.tokens.close()
