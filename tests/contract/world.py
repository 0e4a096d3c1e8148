"""What the contract tests of the stores share: one workspace's stores on a database, and documents to put into them."""

import dataclasses
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from scimserver.schema.catalogue import load_schemas
from scimserver.scim.parser import parse_filter
from scimserver.scim.sorting import Sort
from scimserver.store.changes import ChangeLog
from scimserver.store.counters import Counters
from scimserver.store.documents import Document, Event, new_id, now
from scimserver.store.driver import Database
from scimserver.store.indexes import ensure_indexes
from scimserver.store.memberships import MembershipStore
from scimserver.store.resources import ResourceStore
from scimserver.store.search import Budget, Search

WS = "ws_larkfield"
CATALOGUE = load_schemas()
USER, GROUP = CATALOGUE.resource_type("User"), CATALOGUE.resource_type("Group")


class World:
    """The stores of one process."""

    def __init__(self, database: Database, *, sole_process: bool = False) -> None:
        self.database = database
        self.counters = Counters(database, sole_process=sole_process)
        self.users = ResourceStore(database, self.counters, USER)
        self.groups = ResourceStore(database, self.counters, GROUP)
        self.rows = MembershipStore(database, self.counters)
        self.told: list[Event] = []
        self.changes = ChangeLog(database, self.counters, self._tell)

    async def _tell(self, ws: str, events: Sequence[Event]) -> None:
        assert all(event.ws == ws for event in events)
        self.told += events

    async def user(self, name: str, ws: str = WS, **attributes: Any) -> Document:
        return await self.users.insert(document("User", "u", ws, {"userName": name, **attributes}))

    async def group(self, name: str, ws: str = WS) -> Document:
        return await self.groups.insert(document("Group", "g", ws, {"displayName": name}))

    def search(
        self,
        store: ResourceStore,
        text: str | None,
        *,
        sort: Sort | None = None,
        position: int = 0,
        ws: str = WS,
        budget: Budget | None = None,
    ) -> Search:
        """One request's search; the resource that it sees has no schemas and no meta."""
        condition = parse_filter(text, store.resource_type) if text else None
        return Search(store, self.rows, ws, condition, _view, budget=budget or Budget(), sort=sort, position=position)

    async def join(self, group: Document, *members: Document) -> list[Event]:
        sent = {m.id: {"type": m.resource_type} for m in members}
        for kind, store in (("User", self.users), ("Group", self.groups)):
            ids = [i for i, m in sent.items() if m["type"] == kind]
            if ids:
                assert await store.set_grouped(group.ws, ids) == set(ids)
        return await self.rows.add(group.ws, group.id, sent, now())

    async def delete(self, stored: Document) -> Event:
        """Delete as far as a crash right after the tombstone would get."""
        event = event_of(stored, "delete")
        store = self.users if stored.resource_type == "User" else self.groups
        current = await store.get(stored.ws, stored.id)
        assert current is not None
        assert await store.delete(current, event)
        return event


def _view(document: Document) -> dict[str, Any]:
    return {"id": document.id, **document.scim}


async def new_world(database: Database, **options: Any) -> World:
    await ensure_indexes(database)
    return World(database, **options)


def document(resource_type: str, prefix: str, ws: str, scim: dict[str, Any]) -> Document:
    moment = now()
    made = Document(new_id(prefix), ws, 1, 0, resource_type, scim, {"name": "mapped"}, "revision", moment, moment)
    return dataclasses.replace(made, outbox=[event_of(made, "create")])


def event_of(stored: Document, action: str, age: timedelta = timedelta()) -> Event:
    return Event.new(
        ws=stored.ws,
        at=now() - age,
        action=action,
        resource_type=stored.resource_type,
        resource_id=stored.id,
        v=stored.v,
    )


def changed(stored: Document, **scim: Any) -> Document:
    """The next version of a document, with its event."""
    made = dataclasses.replace(stored, scim={**stored.scim, **scim}, v=stored.v + 1, modified=now())
    return dataclasses.replace(made, outbox=[event_of(made, "update")])
