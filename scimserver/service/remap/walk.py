"""Going over a workspace's documents, and mapping one of them again beside everybody who writes.

A document is read, mapped and written on the condition that it is still as it was read (``v`` and ``remaps``). The
resource has not changed, so it keeps its version, its ETag and its date. Who writes the resource meanwhile looks at the
same two fields: of both, the second finds that it was late, and begins again with what it finds then.
"""

import dataclasses
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ...errors import PluginFailed
from ...store.changes import ChangeLog
from ...store.counters import Counters
from ...store.documents import Document, Event, now
from ...store.resources import ResourceStore, ResourceStores
from ..differences import same
from ..workspaces import ActiveWorkspace

Outcome = Literal["changed", "unchanged", "current", "gone", "missed"]
"""Of one document: another application document; the same one; made by this mapping already; deleted; or written by
others so often that it is left for the next pass."""
ATTEMPTS = 8
STRETCH = 50
"""Sequence numbers looked at at once: the embedded engine, which does one thing at a time, takes some 10 ms for it."""
CHUNK = 10
"""Whole documents read at once."""


class RemapFailed(Exception):
    """A plugin failed on one document; the text says how, without a value of it."""

    def __init__(self, plugin: str, reason: str) -> None:
        super().__init__(reason)
        self.plugin = plugin


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some documents of one type that follow each other, as far as a walk has to know them."""

    store: ResourceStore
    rows: Sequence[tuple[int, str, str]]
    """Sequence number, id and mapping."""
    behind: int
    """The sequence number at which the next stretch of this type begins."""
    took: float
    """Seconds that the database took for it."""

    @property
    def type(self) -> str:
        """Name of the resource type."""
        return self.store.resource_type.name


class Walker:
    """Reads which documents a workspace has, by closed ranges of sequence numbers."""

    def __init__(self, stores: ResourceStores, counters: Counters) -> None:
        self._stores = stores
        self._counters = counters

    async def stretches(self, workspace: ActiveWorkspace, type_: str = "", seq: int = 0) -> AsyncIterator[Stretch]:
        """Yield all documents, type by type; from a place on, if its type exists."""
        types = list(workspace.catalogue.resource_types)
        first = next((n for n, found in enumerate(types) if found.name == type_), -1)
        for n, found in enumerate(types[max(first, 0) :], max(first, 0)):
            store = self._stores.of(found)
            low = seq if n == first else 0
            # One past the last number given out; what is created later was mapped later.
            end = (await self._counters.windows(workspace.id, store.kind)).end
            while low < end:
                behind = (low // STRETCH + 1) * STRETCH
                began = time.monotonic()
                rows = await store.mappings(workspace.id, low, behind - 1)
                yield Stretch(store, rows, behind, time.monotonic() - began)
                low = behind

    async def total(self, workspace: ActiveWorkspace) -> int:
        """Return how many documents a walk will meet."""
        kinds = [self._stores.of(found).kind for found in workspace.catalogue.resource_types]
        return sum([(await self._counters.windows(workspace.id, kind)).total for kind in kinds])


class Mapper:
    """Maps the documents of one workspace again, with its mapping as it is now."""

    def __init__(self, workspace: ActiveWorkspace, changes: ChangeLog) -> None:
        self._workspace = workspace
        self._changes = changes
        self.revision = workspace.pipeline.revision
        # A command has not started the plugins: what they want to be told of is left in the outboxes, for a server.
        self._sends = changes.running or not workspace.pipeline.listeners

    def make(self, document: Document) -> dict[str, Any]:
        """Return the application document that the mapping makes of the resource as it is stored.

        Raises:
            RemapFailed: a plugin failed.
        """
        pipeline = self._workspace.pipeline
        resource = {"id": document.id, **document.scim}
        app: dict[str, Any] = {}
        done = 0
        try:
            for _, fields in pipeline.contributions(document.resource_type, resource, document.app):
                app |= fields
                done += 1
        except PluginFailed as error:
            raise RemapFailed(pipeline.steps[done].name, error.detail) from None
        return app

    async def remap(self, store: ResourceStore, document: Document, *, everything: bool = False) -> Outcome:
        """Map a document again and write it if it is still the same; ``everything`` also if this mapping made it.

        Raises:
            RemapFailed: a plugin failed; the document stays as it is.
        """
        found: Document | None = document
        for _ in range(ATTEMPTS):
            if found is None:
                return "gone"
            if found.map == self.revision and not everything:
                return "current"
            app = self.make(found)
            if same(app, found.app):
                if found.map == self.revision or await store.confirm(found, self.revision):
                    return "unchanged"
            elif await self._write(store, found, app):
                return "changed"
            found = await store.get(document.ws, document.id)
            everything = False
        return "missed"

    async def _write(self, store: ResourceStore, document: Document, app: dict[str, Any]) -> bool:
        event = Event.new(
            ws=document.ws,
            at=now(),
            action="remap",
            resource_type=document.resource_type,
            resource_id=document.id,
            v=document.v,
        )
        kept = dataclasses.replace(document, outbox=self._changes.unsent(document.outbox))
        if not await store.remap(kept, app, self.revision, event):
            return False
        if self._sends:
            self._changes.queue(event)
        return True
