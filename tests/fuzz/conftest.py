from collections.abc import AsyncIterator
from copy import deepcopy
from typing import Any

import bson
import pytest

from scimserver.service.application import Application
from tests.web.conftest import Site, site, slugs
from tests.web.custom import custom_application

from .wire import Wire

__all__ = ["site", "slugs"]

COLLECTIONS = ("users", "groups", "memberships", "resources")


class Target:
    """A served workspace with a few users and groups, which can be looked at and put back as it was."""

    def __init__(self, site: Site, wire: Wire) -> None:
        self.site = site
        self.wire = wire
        self.ids: dict[str, list[str]] = {}
        """Of the resources that are there, by the name of their type."""
        self._before: dict[str, list[dict[str, Any]]] = {}

    async def fill(self) -> None:
        """Create resources of each type, one of them with much and one with little."""
        emails = [{"value": "a", "type": "work", "primary": True}, {"value": "b", "type": "home"}]
        urns = (
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
            "urn:larkfield:params:scim:schemas:extension:1.0:Sample:required",
        )
        enterprise = {"department": "a", "manager": {"value": "u_1"}}
        async with self.site.client() as client:

            async def create(kind: str, *bodies: dict[str, Any]) -> None:
                answers = [await client.post(f"{kind}s", json=body) for body in bodies]
                self.ids[kind] = [answer.json()["id"] for answer in answers]

            everything = {"userName": "a", "emails": emails, "title": "a", "active": True, urns[0]: enterprise}
            await create("User", everything, {"userName": "b"})
            await create(
                "Group", {"displayName": "a", "members": [{"value": self.ids["User"][0]}]}, {"displayName": "b"}
            )
            await create("Sample", {"name": "a", urns[1]: {"level": 1}, "members": [{"value": "a"}]})
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


@pytest.fixture(scope="session")
def application() -> Application:
    """One that has a resource type of its own besides users and groups."""
    return custom_application()


@pytest.fixture(params=["default", "strict"])
async def target(site: Site, request: pytest.FixtureRequest) -> AsyncIterator[Target]:
    """A filled workspace of either profile behind one connection."""
    wire = Wire(site.port)
    made = Target(site, wire)
    await made.fill()
    await site.app.workspaces.set(site.slug, {"profile": request.param})
    yield made
    await wire.close()
