"""``/Users`` and ``/Groups``: one pair of handlers for every resource type (RFC 7644 §3)."""

from typing import Any

from ..scim.projection import Projection
from ..service.provisioning import Stored
from ..service.versions import Conditions
from ..service.writing import require_object
from .endpoints import ResourceTypeHandler
from .queries import query_of_url


class _ResourceHandler(ResourceTypeHandler):
    def projection(self) -> Projection:
        asked, excluded = self.argument("attributes"), self.argument("excludedAttributes")
        return Projection.parse(asked, excluded, self.resource_type, self.ctx.reading)

    def read_object(self) -> dict[str, Any]:
        return require_object(self.read_json())

    def send_resource(self, stored: Stored, status: int = 200) -> None:
        headers = {"ETag": stored.version, "Location": stored.location}
        if status == 200:
            headers["Content-Location"] = headers.pop("Location")
        self.send_json(stored.resource, status=status, headers=headers)


class CollectionHandler(_ResourceHandler):
    """``GET`` with filter and paging, ``POST`` to create."""

    OPERATIONS = {"GET": "list", "HEAD": "list", "POST": "create"}

    async def get(self) -> None:
        query = query_of_url(self.argument, self.app.settings.limits)
        self.send_json(await self.app.queries.query(self.ctx, [self.resource_type], query))

    async def post(self) -> None:
        stored = await self.app.provisioning.create(self.ctx, self.resource_type, self.read_object(), self.projection())
        self.send_resource(stored, 201)


class ResourceHandler(_ResourceHandler):
    """``GET``, ``PUT``, ``PATCH`` and ``DELETE`` of one resource."""

    OPERATIONS = {"GET": "read", "HEAD": "read", "PUT": "replace", "PATCH": "patch", "DELETE": "delete"}

    def conditions(self) -> Conditions:
        return Conditions(self.request.headers.get("If-Match"), self.request.headers.get("If-None-Match"))

    async def get(self, resource_id: str) -> None:
        conditions = self.conditions()
        stored = await self.app.provisioning.get(self.ctx, self.resource_type, resource_id, self.projection())
        conditions.check_match(stored.version)
        if conditions.spares(stored.version):
            self.send_nothing(304, {"ETag": stored.version, "Content-Location": stored.location})
        else:
            self.send_resource(stored)

    async def put(self, resource_id: str) -> None:
        self.send_resource(
            await self.app.provisioning.replace(
                self.ctx, self.resource_type, resource_id, self.read_object(), self.projection(), self.conditions()
            )
        )

    async def patch(self, resource_id: str) -> None:
        # A group answers 204 unless attributes are asked for: its member list is the cost (idp-clients §3.6).
        quiet = self.type_name == "Group" and self.argument("attributes") is None
        quiet = quiet and "quiet-group-patch" in self.ctx.workspace.profile.behaviours
        stored = await self.app.provisioning.patch(
            self.ctx,
            self.resource_type,
            resource_id,
            self.read_object(),
            None if quiet else self.projection(),
            self.conditions(),
        )
        if quiet:
            self.send_nothing(204, {"ETag": stored.version})
        else:
            self.send_resource(stored)

    async def delete(self, resource_id: str) -> None:
        await self.app.provisioning.delete(self.ctx, self.resource_type, resource_id, self.conditions())
        self.send_nothing(204)
