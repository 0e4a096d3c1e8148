from collections.abc import AsyncIterator
from copy import deepcopy
from typing import Any

import bson
import pytest

from tests.unit.web.conftest import Site, application, site, slugs

from .wire import Wire

__all__ = ["application", "site", "slugs"]

COLLECTIONS = ("users", "groups", "memberships", "resources")


class Target:
    """A served workspace with a few users and groups, which can be looked at and put back as it was."""

    def __init__(self, site: Site, wire: Wire) -> None:
        self.site = site
        self.wire = wire
        self.users: list[str] = []
        self.groups: list[str] = []
        self._before: dict[str, list[dict[str, Any]]] = {}

    async def fill(self) -> None:
        """Create two users, one of them with everything, and two groups, one of them with members."""
        emails = [{"value": "a", "type": "work", "primary": True}, {"value": "b", "type": "home"}]
        enterprise = {"department": "a", "manager": {"value": "u_1"}}
        urn = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
        async with self.site.client() as client:
            for body in (
                {"userName": "a", "emails": emails, "title": "a", "active": True, urn: enterprise},
                {"userName": "b"},
            ):
                self.users.append((await client.post("Users", json=body)).json()["id"])
            for body in ({"displayName": "a", "members": [{"value": self.users[0]}]}, {"displayName": "b"}):
                self.groups.append((await client.post("Groups", json=body)).json()["id"])
        self._before = await self.documents()

    async def documents(self) -> dict[str, list[dict[str, Any]]]:
        """Return everything that is stored, in a fixed order."""
        database = self.site.app.database
        return {
            name: deepcopy(
                sorted(await database[name].find({}).to_list(None), key=lambda document: str(document["_id"]))
            )
            for name in COLLECTIONS
        }

    async def changed(self) -> bool:
        """Tell whether anything is stored otherwise than before; what is stored could be written to a real database."""
        now = await self.documents()
        if now == self._before:
            return False
        for documents in now.values():
            for document in documents:
                bson.encode(document)
        return True

    async def restore(self) -> None:
        """Put everything back."""
        for name, documents in self._before.items():
            collection = self.site.app.database[name]
            await collection.delete_many({})
            if documents:
                await collection.insert_many(deepcopy(documents))


@pytest.fixture(params=["default", "strict"])
async def target(site: Site, request: pytest.FixtureRequest) -> AsyncIterator[Target]:
    """A filled workspace of either profile behind one connection."""
    wire = Wire(site.port)
    made = Target(site, wire)
    await made.fill()
    await site.app.workspaces.set(site.slug, {"profile": request.param})
    yield made
    await wire.close()
