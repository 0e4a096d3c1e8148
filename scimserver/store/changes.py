"""From outboxes to the ordered feed: events leave in batches, at least once, each exactly once in ``changes``.

A write carries its event in the same document (``outbox``). The writing process queues it here and inserts it into
``changes`` a moment later. What a crash left behind, the sweep sends: it looks at what was touched in the last minutes
and inserts what is missing; then it finishes interrupted deletes and clears what is no longer needed. In the steady
state nothing is written back to the resource.
"""

import asyncio
import contextlib
import secrets
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog

from .counters import COLLECTIONS, Counters
from .documents import DELETED_KEY, Event, minute_of, now
from .driver import Database
from .failures import DuplicateKey, DuplicateKeys, translated
from .memberships import MembershipStore, row_events
from .tasks import end

log = structlog.get_logger("scimserver.changes")

FLUSH_SECONDS = 0.2
SWEEP_SECONDS = 60
SWEEP_BACK_MINUTES = 3
"""How many minutes before its last run the sweep looks at again."""
KEEP_TOMBSTONES = timedelta(minutes=10)
"""Longer than any request takes, so that a membership written beside a delete is found and removed."""
MAX_QUEUED = 50_000
"""Beyond this, events wait in their outboxes for the sweep."""
MAX_REMEMBERED = 20_000
"""Ids of events that this process knows to be in ``changes``."""
BATCH = 500
KNOWN_BATCH = 50
"""Ids asked for at once: 500 keep the embedded engine busy for 600 ms, ten times 50 for 100."""

OnFlushed = Callable[[str, Sequence[Event]], Awaitable[None]]
"""Called with the workspace's id and its events, after they are in ``changes``."""


class ChangeLog:
    """A process's queue of committed events, and the sweep that one process at a time runs."""

    def __init__(self, database: Database, counters: Counters, on_flushed: OnFlushed) -> None:
        self._database = database
        self._changes = database["changes"]
        self._counters = counters
        self._on_flushed = on_flushed
        self._queue: list[Event] = []
        self._sent: dict[str, None] = {}
        self._swept = 0
        """Events of earlier minutes than this one have been sent, whoever made them."""
        self._tasks: list[asyncio.Task[None]] = []
        self._process = secrets.token_hex(8)
        self._memberships = MembershipStore(database, counters)

    async def start(self) -> None:
        """Begin to flush and to sweep in the background."""
        self._tasks = [
            asyncio.create_task(self._every(FLUSH_SECONDS, self.flush)),
            asyncio.create_task(self._every(SWEEP_SECONDS, self.sweep, at_once=True)),
        ]

    async def stop(self) -> None:
        """Send what is queued, and end the background work."""
        await end(self._tasks)
        await self.flush()

    async def _every(self, seconds: float, work: Callable[[], Awaitable[Any]], *, at_once: bool = False) -> None:
        while True:
            if not at_once:
                await asyncio.sleep(seconds)
            at_once = False
            try:
                await work()
            except Exception as error:
                log.warning("changes not sent, will be tried again", error=repr(error))

    @property
    def running(self) -> bool:
        """Whether this process sends events in the background, as a server does and a command does not."""
        return bool(self._tasks)

    async def catch_up(self) -> None:
        """Learn what the sweeps have sent so far, in a process that does not sweep itself."""
        with translated():
            stored = await self._database["deployment"].find_one({"_id": "sweep"})
        if stored is not None:
            self._swept = max(self._swept, int(stored["minute"]) - SWEEP_BACK_MINUTES)

    def queue(self, *events: Event) -> None:
        """Take over events that are committed."""
        if len(self._queue) + len(events) <= MAX_QUEUED:
            self._queue.extend(events)

    def unsent(self, outbox: Iterable[Event]) -> list[Event]:
        """Return the events of an outbox that may not be in ``changes`` yet; the next write keeps only these."""
        return [e for e in outbox if e.id not in self._sent and minute_of(e.at) >= self._swept]

    async def flush(self) -> None:
        """Insert what is queued; on failure it stays queued."""
        while self._queue:
            batch = self._queue[:BATCH]
            await self._send(batch)
            del self._queue[: len(batch)]

    async def _send(self, events: Sequence[Event]) -> None:
        by_workspace: dict[str, list[Event]] = defaultdict(list)
        for event in events:
            by_workspace[event.ws].append(event)
        for ws, listed in by_workspace.items():
            with translated():
                first, _ = await self._counters.take(ws, "changes", len(listed))
            rows = [{**event.to_bson(), "n": first + n} for n, event in enumerate(listed)]
            with contextlib.suppress(DuplicateKey, DuplicateKeys), translated():
                await self._changes.insert_many(rows, ordered=False)
            self._sent |= {event.id: None for event in listed}
            while len(self._sent) > MAX_REMEMBERED:
                del self._sent[next(iter(self._sent))]
            try:
                await self._on_flushed(ws, listed)
            except Exception:
                # The events are safe; sending them again would only call the same code again.
                log.exception("a consumer of committed changes failed", ws=ws)

    # -- the sweep -------------------------------------------------------------------------------------------------

    async def sweep(self) -> int:
        """Send what is missing and clear what is no longer needed; returns how many events were sent.

        Runs in one process at a time: the others find the lease taken.
        """
        moment = now()
        lease = await self._take_lease(moment)
        if lease is None:
            return 0
        since = max(lease - SWEEP_BACK_MINUTES, 0)
        sent = 0
        for ws in await self._touched_since(since):
            sent += await self._send_missing(ws, since, minute_of(moment))
            await self._clear(ws, moment)
        with translated():
            await self._database["deployment"].update_one({"_id": "sweep"}, {"$set": {"minute": minute_of(moment)}})
        if sent:
            log.info("events sent by the sweep", events=sent)
        return sent

    async def _take_lease(self, moment: datetime) -> int | None:
        """Return the minute up to which the last sweep looked, or None if another process is at it."""
        collection = self._database["deployment"]
        with contextlib.suppress(DuplicateKey), translated():
            await collection.insert_one({"_id": "sweep", "owner": None, "until": moment, "minute": 0})
        with translated():
            stored = await collection.find_one({"_id": "sweep"})
            assert stored is not None
            if stored["owner"] not in (None, self._process) and stored["until"] > moment:
                self._swept = int(stored["minute"])
                return None
            taken = await collection.update_one(
                {"_id": "sweep", "owner": stored["owner"], "until": stored["until"]},
                {"$set": {"owner": self._process, "until": moment + timedelta(seconds=2 * SWEEP_SECONDS)}},
            )
        self._swept = int(stored["minute"])
        return self._swept if taken.matched_count else None

    @translated()
    async def _touched_since(self, minute: int) -> list[str]:
        rows = await self._database["counters"].find({}, {"touched": 1}).to_list(None)
        # Dead rows and tombstones are cleared ten minutes after the last write.
        limit = minute - 2 * int(KEEP_TOMBSTONES.total_seconds()) // 60
        return [row["_id"] for row in rows if row.get("touched", 0) >= limit]

    async def _send_missing(self, ws: str, first: int, last: int) -> int:
        """Send the events of what was touched in these minutes as far as they are missing; returns how many."""
        sent = 0
        batch: list[Event] = []
        async for event in self._events_of(ws, first, last):
            batch.append(event)
            if len(batch) == BATCH:
                sent += await self._send_unknown(batch)
                batch = []
        return sent + await self._send_unknown(batch)

    async def _events_of(self, ws: str, first: int, last: int) -> AsyncIterator[Event]:
        for touched in ({"ws": ws, "touched": {"$gte": low, "$lte": high}} for low, high in _spans(first, last)):
            began = time.monotonic()
            with translated():
                for kind in COLLECTIONS:
                    async for row in self._database[kind].find(touched, {"outbox": 1}):
                        for event in row.get("outbox", ()):
                            yield Event.from_bson(event)
                parts = {"ws": 1, "group": 1, "member": 1, "outbox": 1}
                async for row in self._database["memberships"].find(touched, parts):
                    for event in row_events(row):
                        yield event
            # A minute of a large import or re-map keeps the embedded engine busy: others get their turn in between.
            await asyncio.sleep(min(time.monotonic() - began, 1.0))

    async def _send_unknown(self, events: Sequence[Event]) -> int:
        doubtful = [event for event in events if event.id not in self._sent]
        known = await self._known([event.id for event in doubtful])
        missing = sorted((event for event in doubtful if event.id not in known), key=lambda event: event.at)
        if missing:
            await self._send(missing)
        return len(missing)

    @translated()
    async def _known(self, ids: Sequence[str]) -> set[str]:
        known: set[str] = set()
        for start in range(0, len(ids), KNOWN_BATCH):
            among = {"_id": {"$in": ids[start : start + KNOWN_BATCH]}}
            known |= {row["_id"] for row in await self._changes.find(among, {"_id": 1}).to_list(None)}
        return known

    async def _clear(self, ws: str, moment: datetime) -> None:
        """Finish interrupted deletes, then drop tombstones and ended memberships whose events are safe."""
        self.queue(*await self._memberships.remove_leftovers(ws, moment))
        limit = moment - KEEP_TOMBSTONES
        with translated():
            for kind in COLLECTIONS:
                gone = await self._database[kind].find({"ws": ws, "keys": DELETED_KEY}, {"deleted": 1}).to_list(None)
                await self._drop(kind, ws, [row["_id"] for row in gone if row["deleted"] < limit])
            ended = await self._database["memberships"].find({"ws": ws, "live": False}, {"touched": 1}).to_list(None)
            old = [row["_id"] for row in ended if row["touched"] < minute_of(limit)]
            await self._drop("memberships", ws, old, live=False)

    async def _drop(self, collection: str, ws: str, ids: list[str], **condition: Any) -> None:
        for start in range(0, len(ids), BATCH):
            await self._database[collection].delete_many(
                {"_id": {"$in": ids[start : start + BATCH]}, "ws": ws, **condition}
            )


def _spans(first: int, last: int) -> list[tuple[int, int]]:
    """Return the minutes from first to last in parts: the latest ones singly, what an outage has left as a whole."""
    singly = max(first, last - 2 * SWEEP_BACK_MINUTES)
    older = [(first, singly - 1)] if first < singly else []
    return older + [(minute, minute) for minute in range(singly, last + 1)]
