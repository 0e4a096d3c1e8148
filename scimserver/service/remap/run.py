"""One re-map on its way through a workspace, in the process that holds its lease."""

import asyncio
import contextlib
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import structlog

from ...errors import Unavailable
from ...plugin_calls import where
from ...store.changes import ChangeLog
from ...store.documents import Document, now
from ...store.jobs import Job, JobStore, State
from ...store.resources import ResourceStore
from ...store.workspaces import Workspace
from ..workspaces import CACHE_SECONDS, ActiveWorkspace, WorkspaceService
from .pace import RATE, Pace
from .progress import Progress
from .walk import CHUNK, Mapper, RemapFailed, Stretch, Walker

log = structlog.get_logger("scimserver.remap")

SETTLE = timedelta(seconds=CACHE_SECONDS + 2)
"""After a change of the mapping, other processes may map with the earlier one for this long: what they keep of the
workspace, and a request that is on its way."""
SAVE_SECONDS = 1.0
MAX_TURNS = 5
"""Passes; who still finds documents of an earlier mapping then has a process that will go on making them."""

Told = Callable[[Progress], None]
"""Called now and then with how far the run is."""


class _Lost(Exception):
    """The job is another's, cancelled, or its workspace is gone."""


class _Stopped(Exception):
    """Somebody wants this process to stop, and the job to be gone on with later."""


class _Again(Exception):
    """The mapping has changed: the walk begins again."""


class RemapRun:
    """Runs a job from where it is to its end."""

    def __init__(
        self,
        job: Job,
        jobs: JobStore,
        workspaces: WorkspaceService,
        walker: Walker,
        changes: ChangeLog,
        *,
        busy: Callable[[], bool],
        told: Told,
        stop: Callable[[], bool],
        stopped: State,
    ) -> None:
        self._job = job
        self._jobs = jobs
        self._workspaces = workspaces
        self._walker = walker
        self._changes = changes
        self._told = told
        self._stop = stop
        self._stopped = stopped
        self._everything = bool(job.options.get("all"))
        self._pace = Pace(float(job.options.get("rate") or RATE), busy)
        self._progress = Progress.from_bson(job.progress)
        self._known: tuple[Workspace, ActiveWorkspace] | None = None
        self._mapper: Mapper | None = None
        self._saved = 0.0

    async def to_its_end(self) -> None:
        """Go on until the job is finished or failed, or is no longer this process's.

        Raises:
            Unavailable: the database is away; the job stays for whoever goes on with it.
        """
        log.info("re-map runs", **self._names(), **{"pass": self._progress.turn, "at": self._progress.looked})
        try:
            await self._changes.catch_up()
            await self._passes()
        except _Lost:
            await self._send()
            log.info("re-map ended here", **self._names())
        except BaseException as error:
            # The next runner need not wait until the lease has run out; a fault of ours is not tried for ever.
            stopped = isinstance(error, asyncio.CancelledError | _Stopped)
            state: State = self._stopped if stopped else "queued" if isinstance(error, Unavailable) else "failed"
            problem = f"{type(error).__name__} at {where(error)}" if state == "failed" else ""
            with contextlib.suppress(Exception):
                await self._send()
                await self._jobs.end(self._job, state, self._progress.to_bson(), problem)
            if not isinstance(error, _Stopped):
                raise

    async def _passes(self) -> None:
        while True:
            try:
                await self._refresh()
                await self._settle()
                await self._pass()
                await self._keep(at_once=True)
            except _Again:
                continue
            progress = self._progress
            if progress.turn >= MAX_TURNS or (progress.turn > 1 and not progress.left):
                await self._end("finished")
                return
            progress.next_turn()

    async def _settle(self) -> None:
        """Wait before a later pass until no process can make documents with the earlier mapping any more."""
        assert self._known is not None
        turn = self._progress.turn
        if turn == 1:
            return
        until = self._known[0].modified + SETTLE if turn == 2 else now() + SETTLE
        while (left := (until - now()).total_seconds()) > 0:
            await asyncio.sleep(min(left, SAVE_SECONDS))
            await self._keep()

    async def _pass(self) -> None:
        assert self._known is not None
        workspace, progress = self._known[1], self._progress
        if progress.turn == 1 and not progress.type:
            progress.documents = await self._walker.total(workspace)
        async for stretch in self._walker.stretches(workspace, progress.type, progress.seq):
            progress.type = stretch.type
            await self._pace.rest(stretch.took)
            for start in range(0, len(stretch.rows), CHUNK):
                await self._chunk(stretch, start)
            progress.seq = stretch.behind
            await self._keep()

    async def _chunk(self, stretch: Stretch, start: int) -> None:
        """Map what has to be mapped of some documents, one by one with pauses, and note the place behind them."""
        progress = self._progress
        rows = stretch.rows[start : start + CHUNK]
        everything = self._everything and progress.turn == 1
        wanted = [id_ for _, id_, made_by in rows if everything or made_by != progress.revision]
        if wanted:
            assert self._known is not None
            began = time.monotonic()
            for document in await stretch.store.find_by_id(self._known[0].id, wanted):
                await self._one(stretch.store, document, everything=everything)
                await self._pace.pause(time.monotonic() - began)
                await self._keep()
                began = time.monotonic()
        progress.seq = rows[-1][0] + 1
        if progress.turn == 1:
            progress.looked += len(rows)
        self._told(progress)
        await self._keep()

    async def _one(self, store: ResourceStore, document: Document, *, everything: bool) -> None:
        assert self._mapper is not None
        progress = self._progress
        try:
            outcome = await self._mapper.remap(store, document, everything=everything)
        except RemapFailed as failure:
            progress.fail(
                {
                    "id": document.id,
                    "type": document.resource_type,
                    "plugin": failure.plugin,
                    "reason": str(failure),
                    "current": document.map == progress.revision,
                }
            )
            return
        progress.changed += outcome == "changed"
        progress.unchanged += outcome == "unchanged"
        progress.left += outcome in ("changed", "unchanged", "missed")

    # -- the job and the workspace beside it -----------------------------------------------------------------------

    async def _keep(self, *, at_once: bool = False) -> None:
        """Save progress and look whether the mapping is still the same, once a second."""
        if self._stop():
            raise _Stopped
        if not at_once and time.monotonic() - self._saved < SAVE_SECONDS:
            return
        await self._send()
        await self._refresh()
        if not await self._jobs.save(self._job, self._progress.to_bson()):
            raise _Lost
        self._saved = time.monotonic()
        self._told(self._progress)

    async def _send(self) -> None:
        """Send the events so far, where nothing in the background does."""
        if not self._changes.running:
            await self._changes.flush()

    async def _refresh(self) -> None:
        """Take the workspace as it is now; begin again if its mapping is another."""
        known = await self._workspaces.refreshed(self._job.ws, self._known)
        if known is None:
            raise _Lost
        if known is self._known:
            return
        record, active = self._known = known
        if active.pipeline.problem:
            await self._end("failed", active.pipeline.problem)
            raise _Lost
        self._mapper = Mapper(active, self._changes)
        progress = self._progress
        if active.pipeline.revision != progress.revision:
            self._progress = progress.again(active.pipeline.revision, record.revision)
            log.info("re-map begins again for another mapping", **self._names())
            raise _Again
        progress.basis = record.revision

    async def _end(self, state: State, problem: str = "") -> None:
        ended = await self._jobs.end(self._job, state, self._progress.to_bson(), problem)
        if not ended:
            raise _Lost
        self._told(self._progress)
        counts: dict[str, Any] = self._progress.to_json()
        del counts["failures"]
        log.info(f"re-map {state}", **self._names(), **counts)

    def _names(self) -> dict[str, Any]:
        return {"ws": self._job.ws, "job": self._job.n, "mapping": self._progress.revision}
