"""Documents of one resource type: conditional writes, and reads that an index answers."""

from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from ..schema.attributes import ResourceType
from ..scim.keys import path_and_value, unique_keys
from .counters import WINDOW, Counters, Windows
from .documents import Document, Event, encode_names, is_tombstone, kind_of, minute_of, tombstone, where_kept
from .driver import Database
from .failures import DuplicateKey, StoreError, translated

BATCH = 500
"""Ids in one condition."""
_ALWAYS_READ = ("ws", "v", "seq", "type", "map", "meta", "grouped", "deleted")
KEEP_BUMPS = 20
"""Events that stay in an outbox when memberships change: the rows carry the events that say what changed."""


class DuplicateValue(StoreError):
    """A unique attribute's value is taken in this workspace."""

    def __init__(self, attribute: str, value: str) -> None:
        super().__init__(f"{attribute} is taken")
        self.attribute = attribute
        """Path of the attribute: ``userName``, ``urn:…:User:employeeNumber``."""
        self.value = value
        """Folded value, or its hash if it is long."""


class ResourceStore:
    """All documents of one resource type, of every workspace; each call names the workspace.

    Conditions on ids name ``_id`` first: the embedded engine looks at the first field alone, and would read the whole
    workspace for ``{ws, _id}`` (690 ms against 2 at 5,000 documents).
    """

    def __init__(self, database: Database, counters: Counters, resource_type: ResourceType) -> None:
        self.resource_type = resource_type
        self.counters = counters
        self.kind = kind_of(resource_type)
        collection, self.own = where_kept(self.kind)
        """What a condition on ids or sequence numbers needs beside the workspace."""
        self.collection = database[collection]

    # -- writes ----------------------------------------------------------------------------------------------------

    async def insert(self, document: Document, resource_type: ResourceType | None = None) -> Document:
        """Store a new document; returns it with its sequence number.

        ``resource_type`` is the workspace's own form of the type, where that differs in what is unique.

        Raises:
            DuplicateValue: a unique value is taken; of two at once, exactly one gets this.
        """
        ws = document.ws
        stored = document.to_bson(resource_type or self.resource_type)
        async with self.counters.writing(ws, counted=True):
            stored["seq"] = await self.counters.lease(ws, self.kind)
            with self._named_duplicate(), translated():
                await self.collection.insert_one(stored)
            self.counters.count(ws, self.kind, stored["seq"], 1)
        return Document.from_bson(stored)

    async def replace(
        self, document: Document, expected_version: int, resource_type: ResourceType | None = None
    ) -> bool:
        """Write a changed document if it is still at the expected version; False if somebody was faster.

        ``resource_type`` as for :meth:`insert`.

        Raises:
            DuplicateValue: a unique value is taken.
        """
        condition = self._unchanged(document, expected_version)
        async with self.counters.writing(document.ws):
            with self._named_duplicate(), translated():
                stored = document.to_bson(resource_type or self.resource_type)
                result = await self.collection.replace_one(condition, stored)
        return bool(result.matched_count)

    async def rekey(self, document: Document) -> bool:
        """Write a document's keys anew, as the resource type has them now; False if it has changed since it was read.

        No client sees a difference: the version stays.

        Raises:
            DuplicateValue: a value that has become unique is there twice.
        """
        made = document.to_bson(self.resource_type)
        change = {"$set": {"keys": made["keys"], "unique": made["unique"]}}
        condition = {"_id": document.id, "ws": document.ws, "v": document.v, "deleted": None}
        with self._named_duplicate(), translated():
            result = await self.collection.update_one(condition, change)
        return bool(result.matched_count)

    async def bump(self, ws: str, resource_id: str, moment: datetime, event: Event) -> bool:
        """Give the resource a new version because its memberships changed; False if it is gone.

        An increment and not a compare: two changes of members of one group do not get in each other's way.
        """
        change = _new_version(moment) | {"$push": {"outbox": {"$each": [event.to_bson()], "$slice": -KEEP_BUMPS}}}
        async with self.counters.writing(ws):
            with translated():
                result = await self.collection.update_one({"_id": resource_id, "ws": ws, "deleted": None}, change)
        return bool(result.matched_count)

    async def bump_many(self, ws: str, ids: Iterable[str], moment: datetime) -> None:
        """Give several resources a new version; their membership rows carry the events."""
        for batch in _batches(ids):
            async with self.counters.writing(ws):
                with translated():
                    await self.collection.update_many(_among(ws, batch), _new_version(moment))

    async def delete(self, document: Document, event: Event) -> bool:
        """Put a tombstone in the document's place if it is still at that version; False if somebody was faster."""
        condition = self._unchanged(document, document.v)
        async with self.counters.writing(document.ws, counted=True):
            with translated():
                result = await self.collection.replace_one(condition, tombstone(document, event))
            if result.matched_count:
                self.counters.count(document.ws, self.kind, document.seq, -1)
        return bool(result.matched_count)

    @contextmanager
    def _named_duplicate(self) -> Iterator[None]:
        """Raise :class:`DuplicateValue` with the attribute's path for a collision in the unique index."""
        try:
            yield
        except DuplicateKey as error:
            attribute, value = path_and_value(self.resource_type, str(error.value))
            raise DuplicateValue(attribute, value) from error

    @staticmethod
    def _unchanged(document: Document, version: int) -> dict[str, Any]:
        # `grouped` and `remaps` change without a new version: without them here, a write would take the mark back, or
        # lose the event of a re-map that came between.
        return {
            "_id": document.id,
            "ws": document.ws,
            "v": version,
            "grouped": document.grouped,
            "remaps": document.remaps,
        }

    async def remap(self, document: Document, app: dict[str, Any], revision: str, event: Event) -> bool:
        """Write what a mapping has made of a resource that has not changed; False if somebody was faster.

        ``document`` is as it was read, with the outbox that is to stay. It keeps its version and its date.
        """
        made: dict[str, Any] = {
            "app": app,
            "map": revision,
            "touched": minute_of(event.at),
            "remaps": (document.remaps or 0) + 1,
            "outbox": [e.to_bson() for e in (*document.outbox, event)],
        }
        async with self.counters.writing(document.ws):
            with translated():
                result = await self.collection.update_one(self._as_read(document), {"$set": made})
        return bool(result.matched_count)

    async def confirm(self, document: Document, revision: str) -> bool:
        """Note that this mapping makes the same of the resource; False if somebody was faster."""
        with translated():
            result = await self.collection.update_one(self._as_read(document), {"$set": {"map": revision}})
        return bool(result.matched_count)

    @staticmethod
    def _as_read(document: Document) -> dict[str, Any]:
        return {"_id": document.id, "ws": document.ws, "v": document.v, "remaps": document.remaps, "deleted": None}

    async def set_grouped(self, ws: str, ids: Iterable[str]) -> frozenset[str]:
        """Mark documents as members of some group, before the first row is written; returns those that exist."""
        known: set[str] = set()
        for batch in _batches(ids):
            condition = _among(ws, batch)
            with translated():
                result = await self.collection.update_many(condition, {"$set": {"grouped": True}})
                if result.matched_count == len(batch):
                    known |= set(batch)
                else:
                    found = await self.collection.find(condition, {"_id": 1}).to_list(None)
                    known |= {document["_id"] for document in found}
        return frozenset(known)

    # -- reads -----------------------------------------------------------------------------------------------------

    @translated()
    async def get(self, ws: str, resource_id: str) -> Document | None:
        """Return one document, or None if this workspace has none with that id (any more)."""
        stored = await self.collection.find_one({"_id": resource_id, "ws": ws, **self.own})
        return None if stored is None or is_tombstone(stored) else Document.from_bson(stored)

    @translated()
    async def find(self, ws: str, condition: dict[str, Any]) -> list[Document]:
        """Return all documents for a condition that an index answers, in order of creation."""
        # Match keys name the type themselves; with `type` beside them the embedded engine would use no index at all.
        own = {} if "keys" in condition else self.own
        found = await self.collection.find({**condition, "ws": ws, **own}).to_list(None)
        return sorted((Document.from_bson(d) for d in found if not is_tombstone(d)), key=lambda d: d.seq)

    @translated()
    async def find_parts(self, ws: str, condition: dict[str, Any], names: Iterable[str]) -> list[Document]:
        """Return documents as :meth:`find` does, each with only these names of ``scim``, no ``app`` and no outbox.

        For reading through many: it costs this process a third of reading them whole.
        """
        wanted = dict.fromkeys((*_ALWAYS_READ, *(f"scim.{name}" for name in encode_names(dict.fromkeys(names)))), 1)
        found = await self.collection.find({**condition, "ws": ws, **self.own}, wanted).to_list(None)
        whole = ({"scim": {}, "app": {}, "outbox": [], **d} for d in found if not is_tombstone(d))
        return sorted(map(Document.from_bson, whole), key=lambda d: d.seq)

    async def find_by_id(self, ws: str, ids: Iterable[str]) -> list[Document]:
        """Return those documents that exist, in order of creation."""
        found = [d for batch in _batches(ids) for d in await self.find(ws, {"_id": {"$in": batch}})]
        return sorted(found, key=lambda d: d.seq)

    async def duplicate(self, document: Document, resource_type: ResourceType | None = None) -> DuplicateValue | None:
        """Return what :meth:`insert` or :meth:`replace` of the document would be refused for now; None if nothing."""
        resource = {"id": document.id, **document.scim}
        keys = unique_keys(resource_type or self.resource_type, resource)
        with translated():
            condition = {"unique": {"$in": keys}, "ws": document.ws}
            found = await self.collection.find(condition, {"unique": 1}).to_list(None)
        held = {key for other in found if other["_id"] != document.id for key in other["unique"]}
        key = next((key for key in keys if key in held), None)
        return DuplicateValue(*path_and_value(self.resource_type, key)) if key else None

    async def walk(self, ws: str) -> AsyncIterator[list[Document]]:
        """Yield all documents in batches, in order of creation; what is created meanwhile may be among them."""
        windows = await self.counters.windows(ws, self.kind)
        for window in range(-(-windows.end // WINDOW)):
            # Where another process may hold counts that are not written, a window that seems empty is read too.
            if windows.counts.get(window) or not windows.complete:
                start = window * WINDOW
                if found := await self.find(ws, {"seq": {"$gte": start, "$lte": start + WINDOW - 1}}):
                    yield found

    async def page(
        self, ws: str, start_index: int, count: int, windows: Windows | None = None
    ) -> tuple[list[Document], int]:
        """Return the documents from the 1-based ``start_index`` in order of creation, and how many there are.

        ``windows`` are the counts to go by, if they are known already.
        """
        windows = windows or await self.counters.windows(ws, self.kind)
        spans = windows.spans(start_index - 1, count)
        if not spans:
            return [], windows.total
        first, last = await self._ends(ws, windows, *spans[0])
        if len(spans) > 1:
            _, last = await self._ends(ws, windows, *spans[-1])
        documents = await self.find(ws, {"seq": {"$gte": first, "$lte": last}}) if first <= last else []
        return documents[:count], windows.total

    @translated()
    async def mappings(self, ws: str, low: int, high: int) -> list[tuple[int, str, str]]:
        """Return sequence number, id and mapping of the documents between two numbers, both included, in order."""
        within = {"seq": {"$gte": low, "$lte": high}, "ws": ws, **self.own}
        rows = await self.collection.find(within, {"seq": 1, "map": 1}).to_list(None)
        return sorted((row["seq"], row["_id"], row["map"]) for row in rows)

    async def rank(self, ws: str, windows: Windows, seq: int) -> int:
        """Return how many documents have a lower sequence number; ``windows`` are the workspace's counts."""
        window, within = divmod(seq, WINDOW)
        before = sum(count for number, count in windows.counts.items() if number < window)
        held = windows.counts.get(window, 0)
        if held in (0, WINDOW) or not within:
            return before + (within if held else 0)
        return before + len(await self._numbers(ws, window * WINDOW, seq - 1))

    async def _ends(self, ws: str, windows: Windows, window: int, part: slice, whole: bool) -> tuple[int, int]:
        """Return the first and last sequence number of a part of a window; full windows need no look."""
        start, end = window * WINDOW, (window + 1) * WINDOW - 1
        if whole:
            return start, end
        if windows.counts[window] == WINDOW:
            return start + part.start, start + part.stop - 1
        numbers = (await self._numbers(ws, start, end))[part]
        # A delete since the count may leave fewer; what follows begins in the next window.
        return (numbers[0], numbers[-1]) if numbers else (end + 1, end)

    @translated()
    async def _numbers(self, ws: str, low: int, high: int) -> list[int]:
        """Return the sequence numbers in use between two, both included."""
        within = {"ws": ws, "seq": {"$gte": low, "$lte": high}, **self.own}
        rows = await self.collection.find(within, {"_id": 0, "seq": 1}).to_list(None)
        return sorted(row["seq"] for row in rows)


def _among(ws: str, ids: list[str]) -> dict[str, Any]:
    return {"_id": {"$in": ids}, "ws": ws, "deleted": None}


class ResourceStores:
    """The stores of all resource types.

    Workspaces whose types have one name share a collection and nothing else: what a type is, each has for itself.
    """

    def __init__(self, database: Database, counters: Counters) -> None:
        self._database = database
        self._counters = counters
        self._by_kind: dict[str, ResourceStore] = {}
        """The store that was asked for last, of each kind."""

    def of(self, resource_type: ResourceType) -> ResourceStore:
        """Return the store in which documents of this type are kept."""
        kind = kind_of(resource_type)
        store = self._by_kind.get(kind)
        if store is None or store.resource_type is not resource_type:
            store = self._by_kind[kind] = ResourceStore(self._database, self._counters, resource_type)
        return store


def _batches(ids: Iterable[str]) -> Iterator[list[str]]:
    listed = list(dict.fromkeys(ids))
    return (listed[start : start + BATCH] for start in range(0, len(listed), BATCH))


def _new_version(moment: datetime) -> dict[str, Any]:
    return {"$inc": {"v": 1}, "$set": {"meta.lastModified": moment, "touched": minute_of(moment)}}
