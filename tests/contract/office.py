"""A workspace whose use cases run on a database, spoken to in bulk requests as their JSON."""

import dataclasses
import secrets
from typing import Any

from scimserver.errors import NotFound
from scimserver.schema.validation import check_message
from scimserver.scim.bulk import read_bulk
from scimserver.scim.projection import Projection
from scimserver.service.application import Application
from scimserver.service.context import RequestContext
from scimserver.settings import load
from scimserver.store.driver import Database

BASE = "https://scim.example.net/t/larkfield/scim/v2"
BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
SETTINGS = load(None, security={"secret_key": "only-for-tests-" * 4})

Body = dict[str, Any]


@dataclasses.dataclass
class Office:
    """One workspace of one process."""

    app: Application
    ctx: RequestContext

    async def bulk(self, *operations: Body, **envelope: Any) -> list[Body]:
        """Carry out a bulk request; returns the results, which were checked against the schema of the message."""
        body = {"schemas": [BULK], "Operations": list(operations), **envelope}
        answer = await self.app.bulk.run(self.ctx, read_bulk(body, self.app.catalogue, BASE, 10_000))
        check_message("BulkResponse", answer)
        return list(answer["Operations"])

    async def another(self) -> "Office":
        """Make another workspace on the same database."""
        return await _opened(self.app, f"elsewhere-{secrets.token_hex(8)}")

    async def get(self, location: str) -> Body | None:
        """Return a resource by its address, or None if there is none."""
        _, kind, resource_id = location.removeprefix(BASE).split("/")
        resource_type = self.app.catalogue.by_endpoint(f"/{kind}")
        assert resource_type is not None
        try:
            everything = Projection.parse(None, None, resource_type)
            stored = await self.app.provisioning.get(self.ctx, resource_type, resource_id, everything)
        except NotFound:
            return None
        return stored.resource

    async def total(self, kind: str) -> int:
        """Return how many users or groups there are, as a list would say it."""
        return (await self.app.counters.windows(self.ctx.workspace.id, kind)).total

    async def stored_text(self) -> str:
        """Return everything in the database that belongs to the workspace, as text."""
        found = []
        for collection in ("users", "groups", "resources", "memberships", "changes"):
            found += await self.app.database[collection].find({"ws": self.ctx.workspace.id}).to_list(None)
        return repr(found)


async def open_office(database: Database, *, create: bool = True) -> Office:
    """Make the workspace, or as another process open the one that is there."""
    app = Application(SETTINGS, database)
    await app.migrate()
    return await _opened(app, "larkfield", create=create)


async def _opened(app: Application, slug: str, *, create: bool = True) -> Office:
    if create:
        await app.workspaces.create(slug)
    workspace = await app.workspaces.resolve(slug)
    assert workspace is not None
    return Office(app, RequestContext(workspace, BASE, "request-1", "token-1", "pytest"))


def post(bulk_id: str, path: str = "/Users", **data: Any) -> Body:
    """An operation that creates; a user without a name gets the bulkId as one."""
    named = {"displayName": bulk_id} if path == "/Groups" else {"userName": f"{bulk_id}@larkfield.example"}
    return {"method": "POST", "path": path, "bulkId": bulk_id, "data": named | data}


def group(bulk_id: str, *members: str, **data: Any) -> Body:
    """An operation that creates a group with members, which are ids or references."""
    return post(bulk_id, "/Groups", members=[{"value": member} for member in members], **data)


def patch(path: str, *operations: Body, **more: Any) -> Body:
    """An operation that patches."""
    return {"method": "PATCH", "path": path, "data": {"schemas": [PATCH_OP], "Operations": list(operations)}, **more}


def id_of(result: Body) -> str:
    """The id in a result's location."""
    return str(result["location"].rpartition("/")[2])


def statuses(results: list[Body]) -> list[str]:
    """The statuses of results."""
    return [result["status"] for result in results]
