"""Sequence numbers and live counts of a workspace, so that a page costs the page and a total costs one small read.

One document a workspace in ``counters``::

    {_id: ws, ws, rev, touched, seq: {users: next}, windows: {users: {"0": 250, "1": 248}}, dirty: {process: since}}

Sequence numbers are leased in blocks. ``windows`` counts the live documents of each :data:`WINDOW` sequence numbers:
their sum is the total, their prefix sums find the document at a ``startIndex``. A process sums its changes and writes
them every :data:`FLUSH_SECONDS` and before it answers a list. Before the first unwritten change of a burst it marks
itself ``dirty``; a mark that stays means an unclean stop, and the windows are counted again.
"""

import asyncio
import contextlib
import secrets
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import structlog

from .documents import minute_of, now
from .driver import Database
from .failures import translated

log = structlog.get_logger("scimserver.counters")

BLOCK = 64
WINDOW = 250
FLUSH_SECONDS = 0.5
STALE = timedelta(seconds=30)
"""A dirty mark is renewed with every flush; one older than this belongs to a process that is gone."""
COLLECTIONS = ("users", "groups", "resources")


@dataclass(slots=True)
class _Lease:
    next: int = 0
    end: int = 0


@dataclass(slots=True)
class _Workspace:
    """What this process holds of one workspace."""

    leases: dict[str, _Lease] = field(default_factory=lambda: defaultdict(_Lease))
    deltas: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    """``users.3`` → change of that window's count that is not written yet."""
    marked: bool = False
    writing: int = 0
    """Counted writes under way: while there are any, the mark stays."""
    touched: int = 0
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


@dataclass(frozen=True, slots=True)
class Windows:
    """Live counts by window number, of one collection of one workspace."""

    counts: Mapping[int, int]

    @property
    def total(self) -> int:
        """How many live documents there are."""
        return sum(self.counts.values())

    def spans(self, start: int, count: int) -> list[tuple[int, slice, bool]]:
        """Return the windows that hold the 0-based positions ``start`` to ``start + count``.

        Each with the part of it that is wanted, and whether that is all of it.
        """
        found: list[tuple[int, slice, bool]] = []
        before = 0
        for window in sorted(self.counts):
            held = self.counts[window]
            skip = max(start - before, 0)
            take = min(held - skip, start + count - max(before, start))
            if skip < held and take > 0:
                found.append((window, slice(skip, skip + take), take == held))
            before += held
            if before >= start + count:
                break
        return found


class Counters:
    """Leases, counts and activity marks of this process; the truth is in the database."""

    def __init__(self, database: Database, *, sole_process: bool = False) -> None:
        self._collection = database["counters"]
        self._database = database
        self._sole = sole_process
        self._process = secrets.token_hex(8)
        self._held: dict[str, _Workspace] = defaultdict(_Workspace)
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to flush in the background."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Write what is summed up and take back every mark."""
        if self._task:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        for ws in list(self._held):
            await self.flush(ws)
            await self.flush(ws)  # the second finds nothing to write and takes the mark back

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(FLUSH_SECONDS)
            for ws in list(self._held):
                try:
                    await self.flush(ws)
                except Exception as error:
                    log.warning("counters not written, will be tried again", error=repr(error))

    @translated()
    async def lease(self, ws: str, kind: str) -> int:
        """Return the next sequence number of ``users``, ``groups``, ``resources`` or ``changes``; one write a block."""
        held = self._held[ws]
        lease = held.leases[kind]
        if lease.next == lease.end:
            async with held.lock:
                if lease.next == lease.end:
                    lease.next, lease.end = await self.take(ws, kind, BLOCK)
        number = lease.next
        lease.next += 1
        return number

    async def take(self, ws: str, kind: str, count: int) -> tuple[int, int]:
        """Reserve ``count`` sequence numbers at once; returns first and one past the last."""
        stored = await self._collection.find_one_and_update(
            {"_id": ws},
            {"$inc": {f"seq.{kind}": count, "rev": 1}, "$setOnInsert": {"ws": ws}},
            upsert=True,
            return_document=True,
        )
        assert stored is not None
        end = int(stored["seq"][kind])
        return end - count, end

    @asynccontextmanager
    async def writing(self, ws: str, *, counted: bool = False) -> AsyncIterator[None]:
        """Mark the workspace as written to in this minute, and this process as holding unwritten counts.

        Wraps the write, so that after a crash the sweep and the recount know where to look; costs a write of its own
        once a minute and, if ``counted``, once a burst. :meth:`count` belongs inside.
        """
        held = self._held[ws]
        if counted:
            held.writing += 1
        try:
            await self._mark(ws, held, counted)
            yield
        finally:
            if counted:
                held.writing -= 1

    @translated()
    async def _mark(self, ws: str, held: _Workspace, counted: bool) -> None:
        async with held.lock:
            minute = minute_of(now())
            if held.touched == minute and (held.marked or not counted):
                return
            update: dict[str, Any] = {"$inc": {"rev": 1}, "$set": {"touched": minute, "ws": ws}}
            if counted:
                update["$set"][f"dirty.{self._process}"] = now()
            await self._collection.update_one({"_id": ws}, update, upsert=True)
            held.touched = minute
            held.marked = held.marked or counted

    def count(self, ws: str, kind: str, seq: int, change: int) -> None:
        """Add to the count of the window that holds ``seq``; after the write that makes it true."""
        self._held[ws].deltas[f"{kind}.{seq // WINDOW}"] += change

    @translated()
    async def flush(self, ws: str) -> None:
        """Write the summed changes of a workspace; where there is nothing more to come, take back the dirty mark."""
        held = self._held[ws]
        if not held.marked:
            return
        async with held.lock:
            deltas = {window: change for window, change in held.deltas.items() if change}
            held.deltas.clear()
            done = not deltas and not held.writing
            update: dict[str, Any] = {"$inc": {"rev": 1, **{f"windows.{w}": c for w, c in deltas.items()}}}
            update["$unset" if done else "$set"] = {f"dirty.{self._process}": now()}
            held.marked = not done
            try:
                await self._collection.update_one({"_id": ws}, update)
            except BaseException:
                held.marked = True
                for window, change in deltas.items():
                    held.deltas[window] += change
                raise

    @translated()
    async def windows(self, ws: str, kind: str) -> Windows:
        """Return the live counts of a collection, with everything this process has done counted in."""
        if self._held[ws].deltas:
            await self.flush(ws)
        stored = await self._collection.find_one({"_id": ws}) or {}
        if self._unclean(stored.get("dirty") or {}):
            stored = await self._recount(ws, stored)
        counts = (stored.get("windows") or {}).get(kind) or {}
        return Windows({int(window): count for window, count in counts.items() if count > 0})

    async def end_of(self, ws: str, kind: str) -> int:
        """Return one past the highest sequence number given out so far."""
        stored = await self._collection.find_one({"_id": ws}) or {}
        return int((stored.get("seq") or {}).get(kind) or 0)

    def _unclean(self, dirty: Mapping[str, datetime]) -> bool:
        limit = now() - STALE
        return any(p != self._process and (self._sole or since < limit) for p, since in dirty.items())

    async def _recount(self, ws: str, stored: dict[str, Any]) -> dict[str, Any]:
        """Count every window again; given up if somebody wrote meanwhile, since the next list tries again."""
        started = time.monotonic()
        windows = {kind: await self._count_all(ws, kind, stored) for kind in COLLECTIONS}
        limit = now() - STALE
        live = {
            p: s
            for p, s in (stored.get("dirty") or {}).items()
            if p == self._process or (not self._sole and s >= limit)
        }
        result = await self._collection.update_one(
            {"_id": ws, "rev": stored["rev"]}, {"$set": {"windows": windows, "dirty": live}, "$inc": {"rev": 1}}
        )
        log.info(
            "counted again", ws=ws, written=bool(result.matched_count), seconds=round(time.monotonic() - started, 2)
        )
        return {**stored, "windows": windows} if result.matched_count else stored

    async def _count_all(self, ws: str, kind: str, stored: Mapping[str, Any]) -> dict[str, int]:
        end = int((stored.get("seq") or {}).get(kind) or 0)
        counts: dict[str, int] = {}
        for window in range(-(-end // WINDOW)):
            within = {"ws": ws, "seq": {"$gte": window * WINDOW, "$lt": (window + 1) * WINDOW}}
            held = len(await self._database[kind].find(within, {"seq": 1}).to_list(None))
            if held:
                counts[str(window)] = held
        return counts
