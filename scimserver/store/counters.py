"""Sequence numbers and live counts of a workspace, so that a page costs the page and a total costs one small read.

One document a workspace in ``counters``::

    {_id: ws, ws, rev, touched, seq: {users: next}, windows: {users: {"0": 250, "1": 248}}, dirty: {process: since}}

What is numbered and counted has a *kind*: ``users``, ``groups``, ``resources:Device`` and the like for each custom
resource type, and ``changes``. Sequence numbers are leased in blocks. ``windows`` counts the live documents of each
:data:`WINDOW` sequence numbers: their sum is the total, their prefix sums find the document at a ``startIndex``. A
process sums its changes and writes them every :data:`FLUSH_SECONDS` and before it answers a list. Before the first
unwritten change of a burst it marks itself ``dirty``; a mark that stays means an unclean stop, and the windows are
counted again. So they are when the outcome of a write is unknown, because the connection broke before the answer.
"""

import asyncio
import secrets
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog

from .documents import minute_of, now, where_kept
from .driver import Database
from .driver import Document as Stored
from .failures import StoreError, translated
from .tasks import end

log = structlog.get_logger("scimserver.counters")

BLOCK = 64
WINDOW = 250
FLUSH_SECONDS = 0.5
STALE = timedelta(seconds=30)
"""A dirty mark is renewed with every flush; one older than this belongs to a process that is gone."""
COLLECTIONS = ("users", "groups", "resources")
RECOUNT_WINDOWS = 20
"""Windows read at once when counting again: 5000 sequence numbers."""
_DOUBTFUL = datetime(1970, 1, 1, tzinfo=UTC)
"""Mark of a process that has nothing to write but does not trust the counts; stale, so anybody may count again."""


@dataclass(slots=True)
class _Lease:
    next: int = 0
    end: int = 0


@dataclass(frozen=True, slots=True)
class _Flush:
    """Changes on their way to the database, and the mark that proves they have arrived."""

    deltas: Mapping[str, int]
    mark: datetime | None


@dataclass(slots=True)
class _Workspace:
    """What this process holds of one workspace."""

    leases: dict[str, _Lease] = field(default_factory=lambda: defaultdict(_Lease))
    deltas: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    """``users.3`` → change of that window's count that is not written yet."""
    mark: datetime | None = None
    """This process's dirty mark as the database has it."""
    flush: _Flush | None = None
    """A flush whose answer never came: settled before anything else is written."""
    writing: int = 0
    """Counted writes under way: while there are any, the mark stays."""
    begun: int = 0
    """Counted writes begun so far: tells a recount that somebody wrote meanwhile."""
    doubtful: bool = False
    """The counts may be wrong: count again as soon as nobody writes."""
    touched: int = 0
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def quiet(self) -> bool:
        """Whether this process has nothing under way that would change a count."""
        return not self.writing and not self.deltas and self.flush is None


@dataclass(frozen=True, slots=True)
class Windows:
    """Live counts by window number, of one kind in one workspace."""

    counts: Mapping[int, int]
    end: int
    """One past the highest sequence number given out so far."""
    complete: bool
    """Whether no other process may hold changes that are not counted yet."""

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
            await end([self._task])
        for ws in list(self._held):
            await self.flush(ws)
            await self.flush(ws)  # the second finds nothing to write and takes the mark back

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(FLUSH_SECONDS)
            for ws, held in list(self._held.items()):
                try:
                    await self.flush(ws)
                    if held.doubtful and held.quiet:
                        await self._recount(ws)
                except Exception as error:
                    log.warning("counters not written, will be tried again", error=repr(error))

    # -- sequence numbers ------------------------------------------------------------------------------------------

    async def lease(self, ws: str, kind: str) -> int:
        """Return the next sequence number of a kind; one write a block."""
        held = self._held[ws]
        lease = held.leases[kind]
        if lease.next == lease.end:
            async with held.lock:
                if lease.next == lease.end:
                    lease.next, lease.end = await self.take(ws, kind, BLOCK)
        number = lease.next
        lease.next += 1
        return number

    @translated()
    async def take(self, ws: str, kind: str, count: int) -> tuple[int, int]:
        """Reserve ``count`` sequence numbers at once; returns first and one past the last."""
        stored = None
        while stored is None:
            # Of two that make the document at once, the embedded engine answers one with nothing.
            stored = await self._collection.find_one_and_update(
                {"_id": ws},
                {"$inc": {f"seq.{kind}": count}, "$setOnInsert": {"ws": ws}},
                {f"seq.{kind}": 1},
                upsert=True,
                return_document=True,
            )
        end = int(stored["seq"][kind])
        return end - count, end

    # -- counts ----------------------------------------------------------------------------------------------------

    @asynccontextmanager
    async def writing(self, ws: str, *, counted: bool = False) -> AsyncIterator[None]:
        """Mark the workspace as written to in this minute, and this process as holding unwritten counts.

        Wraps the write, so that after a crash the sweep and the recount know where to look; costs a write of its own
        once a minute and, if ``counted``, once a burst. :meth:`count` belongs inside.
        """
        held = self._held[ws]
        if not counted:
            await self._mark(ws, held, counted=False)
            yield
            return
        held.writing += 1
        held.begun += 1
        try:
            await self._mark(ws, held, counted=True)
            yield
        except StoreError:
            raise
        except BaseException:
            # The answer may have been lost after the write was done.
            held.doubtful = True
            raise
        finally:
            held.writing -= 1

    @translated()
    async def _mark(self, ws: str, held: _Workspace, *, counted: bool) -> None:
        async with held.lock:
            if counted and held.flush is not None:
                await self._write_flush(ws, held, held.flush)
            minute = minute_of(now())
            unmarked = counted and held.mark in (None, _DOUBTFUL)
            if held.touched == minute and not unmarked:
                return
            update: dict[str, Any] = {"$set": {"touched": minute, "ws": ws}}
            mark = _after(held.mark)
            if unmarked:
                update["$set"][f"dirty.{self._process}"] = mark
                update["$inc"] = {"rev": 1}
            await self._collection.update_one({"_id": ws}, update, upsert=True)
            held.touched = minute
            if unmarked:
                held.mark = mark

    def count(self, ws: str, kind: str, seq: int, change: int) -> None:
        """Add to the count of the window that holds ``seq``; after the write that makes it true."""
        self._held[ws].deltas[f"{kind}.{seq // WINDOW}"] += change

    @translated()
    async def flush(self, ws: str) -> None:
        """Write the summed changes of a workspace; where there is nothing more to come, take back the dirty mark."""
        held = self._held[ws]
        if held.mark is None or (held.mark == _DOUBTFUL and held.quiet):
            return
        async with held.lock:
            if held.flush is None:
                deltas = {window: change for window, change in held.deltas.items() if change}
                held.deltas.clear()
                idle = not deltas and not held.writing
                held.flush = _Flush(deltas, _after(held.mark) if not idle else _DOUBTFUL if held.doubtful else None)
            await self._write_flush(ws, held, held.flush)

    async def _write_flush(self, ws: str, held: _Workspace, flush: _Flush) -> None:
        """Write a flush exactly once, however often it is tried: each one replaces the mark it was begun under."""
        mark = f"dirty.{self._process}"
        update: dict[str, Any] = {"$inc": {"rev": 1, **{f"windows.{w}": c for w, c in flush.deltas.items()}}}
        update |= {"$unset": {mark: ""}} if flush.mark is None else {"$set": {mark: flush.mark}}
        result = await self._collection.update_one({"_id": ws, mark: held.mark}, update)
        if not result.matched_count:
            stored = await self._collection.find_one({"_id": ws}, {"dirty": 1}) or {}
            if (stored.get("dirty") or {}).get(self._process) != flush.mark:
                # Another process took us for gone and counted again: what we held may or may not be in its counts.
                held.doubtful = True
                flush = _Flush({}, flush.mark or _DOUBTFUL)
                await self._collection.update_one({"_id": ws}, {"$set": {mark: flush.mark}, "$inc": {"rev": 1}})
        held.mark = flush.mark
        held.flush = None

    @translated()
    async def windows(self, ws: str, kind: str) -> Windows:
        """Return the live counts of a kind, with everything this process has done counted in."""
        held = self._held[ws]
        if held.deltas or held.flush:
            await self.flush(ws)
        stored = await self._collection.find_one({"_id": ws}) or {}
        if held.doubtful or any(self._is_stale(since) for since in self._others(stored)):
            held.doubtful = True
            stored = await self._recount(ws) or stored
        return _windows(stored, kind, complete=not held.doubtful and not self._others(stored))

    @translated()
    async def last_known(self, ws: str, kind: str) -> Windows:
        """Return the counts as they were written last, a second old or after a crash a little wrong; only reads."""
        return _windows(await self._collection.find_one({"_id": ws}) or {}, kind, complete=False)

    def _others(self, stored: Stored) -> list[datetime]:
        """Return the dirty marks of other processes."""
        return [since for process, since in (stored.get("dirty") or {}).items() if process != self._process]

    def _is_stale(self, since: datetime) -> bool:
        return self._sole or since < now() - STALE

    # -- counting again --------------------------------------------------------------------------------------------

    async def _recount(self, ws: str) -> Stored | None:
        """Count every window again and return the new counters; None if somebody writes, since it is tried again later.

        A count and a change that is summed elsewhere must not both hold the same document: so nobody, in this process
        or in another that is alive, may have changes under way from the first read to the conditional write.
        """
        held = self._held[ws]
        begun = held.begun
        with translated():
            stored = await self._collection.find_one({"_id": ws})
            if stored is None or not held.quiet:
                return None
            if not all(self._is_stale(since) for since in self._others(stored)):
                return None
            started = time.monotonic()
            # What never had a number has no document; what had one counts, also if its resource type is gone.
            kinds = [kind for kind in stored.get("seq") or {} if where_kept(kind)[0] in COLLECTIONS]
            windows = {kind: await self._count_all(ws, kind, stored) for kind in kinds}
            async with held.lock:
                if held.begun != begun or not held.quiet:
                    return None
                # Nothing of ours is under way, and whoever begins now waits for the lock and marks itself again.
                mark, held.mark = held.mark, None
                counted = {"$set": {"windows": windows, "dirty": {}}, "$inc": {"rev": 1}}
                result = await self._collection.update_one({"_id": ws, "rev": stored.get("rev")}, counted)
                if not result.matched_count:
                    held.mark = mark
                    return None
        held.doubtful = False
        log.info("counted again", ws=ws, seconds=round(time.monotonic() - started, 2))
        return {**stored, "windows": windows, "dirty": {}}

    async def _count_all(self, ws: str, kind: str, stored: Stored) -> dict[str, int]:
        collection, own = where_kept(kind)
        end = int(stored["seq"][kind])
        counts: dict[str, int] = defaultdict(int)
        step = RECOUNT_WINDOWS * WINDOW
        for first in range(0, end, step):
            within = {"ws": ws, "seq": {"$gte": first, "$lte": first + step - 1}, **own}
            for row in await self._database[collection].find(within, {"_id": 0, "seq": 1}).to_list(None):
                counts[str(row["seq"] // WINDOW)] += 1
        return dict(counts)


def _windows(stored: Stored, kind: str, *, complete: bool) -> Windows:
    counts = (stored.get("windows") or {}).get(kind) or {}
    live = {int(window): count for window, count in counts.items() if count > 0}
    return Windows(live, int((stored.get("seq") or {}).get(kind) or 0), complete=complete)


def _after(mark: datetime | None) -> datetime:
    """Return a mark for now that differs from the last one."""
    return max(now(), mark + timedelta(milliseconds=1)) if mark else now()
