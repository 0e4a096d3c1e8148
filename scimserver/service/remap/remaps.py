"""Re-map: make the application documents of a workspace again after its mapping has changed.

Each document says in ``map`` with which mapping it was made: plugins, order, settings and versions of plugins. One that
was made with another than the workspace's is *stale*. A re-map is a job in the database: one at a time for a workspace,
run by one process, gone on with by another if that one ends.
"""

import asyncio
import contextlib
import functools
import random
from collections.abc import Callable

import structlog

from ...errors import Unavailable
from ...store.changes import ChangeLog
from ...store.counters import Counters
from ...store.documents import now
from ...store.driver import Database
from ...store.jobs import WAITING, Job, JobOver, JobProblem, JobStore, NoSuchJob, State
from ...store.resources import ResourceStores
from ...store.tasks import end
from ...store.workspaces import Workspace, WorkspaceDeleting
from ..workspaces import ActiveWorkspace, WorkspaceService
from .pace import RATE, Pace
from .progress import Progress
from .report import DryRun, Staleness
from .run import RemapRun, Told
from .trial import Trial
from .walk import Mapper, Walker

log = structlog.get_logger("scimserver.remap")

KIND = "remap"
POLL_SECONDS = 5.0
"""How often a server process looks for jobs that nobody runs."""
WATCH_SECONDS = 1.0
PATIENCE_SECONDS = 60.0
"""How long a command waits for a database that is away."""
COUNTED = 5_000
"""Documents that are looked at to say how many are stale; then "at least"."""
SAMPLES = 10
MAX_RATE = 100_000


class Remaps:
    """The re-maps of all workspaces: begun, run, watched and ended."""

    def __init__(
        self,
        database: Database,
        workspaces: WorkspaceService,
        stores: ResourceStores,
        counters: Counters,
        changes: ChangeLog,
        *,
        busy: Callable[[], bool] = lambda: False,
    ) -> None:
        self._jobs = JobStore(database)
        self._workspaces = workspaces
        self._walker = Walker(stores, counters)
        self._changes = changes
        self._busy = busy
        self._nudge = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    # -- what stands there -----------------------------------------------------------------------------------------

    async def staleness(self, slug: str) -> Staleness:
        """Count the stale documents of a workspace, looking at :data:`COUNTED` at most.

        Raises:
            WorkspaceProblem: there is no such workspace.
            Unavailable: its profile is not installed.
        """
        active = await self._workspaces.active(slug)
        jobs = [job for job in await self._jobs.of(active.id) if job.kind == KIND]
        documents = await self._walker.total(active)
        revision, problem = active.pipeline.revision, active.pipeline.problem
        looked = stale = 0
        if not problem:
            async for stretch in self._walker.stretches(active):
                looked += len(stretch.rows)
                stale += sum(made_by != revision for _, _, made_by in stretch.rows)
                if looked >= COUNTED:
                    break
            else:
                documents = looked
        return Staleness(active.slug, revision, documents, looked, stale, problem, jobs[0] if jobs else None)

    async def made_stale(self, before: Workspace, after: Workspace) -> Staleness | None:
        """Return what a change of a workspace has made stale; None if it has not changed the mapping.

        Raises:
            Unavailable: the workspace's profile is not installed.
        """
        if self._workspaces.mapping_of(before) == self._workspaces.mapping_of(after):
            return None
        return await self.staleness(after.slug)

    async def jobs(self, slug: str) -> list[Job]:
        """Return a workspace's re-maps, the newest first.

        Raises:
            WorkspaceProblem: there is no such workspace.
        """
        workspace = await self._workspaces.show(slug)
        return [job for job in await self._jobs.of(workspace.id) if job.kind == KIND]

    async def job(self, slug: str, n: int) -> Job:
        """Return one re-map.

        Raises:
            WorkspaceProblem: there is no such workspace.
            NoSuchJob: it has no such job.
        """
        workspace = await self._workspaces.show(slug)
        job = await self._jobs.get(workspace.id, n)
        if job is None or job.kind != KIND:
            raise NoSuchJob(f"Workspace `{slug}` has no re-map with the number {n}.")
        return job

    # -- beginning and ending --------------------------------------------------------------------------------------

    async def begin(self, slug: str, *, everything: bool = False, rate: float | None = None, by: str) -> Job:
        """Queue a re-map; :meth:`follow`, or some server process, runs it.

        ``everything`` maps documents of the current mapping too; ``rate`` is in documents a second.

        Raises:
            WorkspaceProblem: there is no such workspace, or it is being deleted.
            JobOpen: it has a re-map that is not finished.
            JobProblem: the rate cannot be used.
            Unavailable: the workspace cannot map, for instance because a plugin is not installed.
        """
        record = await self._workspaces.show(slug)
        if record.state == "deleting":
            raise WorkspaceDeleting(f"Workspace `{slug}` is being deleted.")
        active = await self._mapping(slug)
        _check_rate(rate)
        progress = Progress(active.pipeline.revision, record.revision)
        job = await self._jobs.create(
            record.id, KIND, options={"all": everything, "rate": rate}, progress=progress.to_bson(), by=by
        )
        self._nudge.set()
        return job

    async def cancel(self, slug: str, n: int) -> Job:
        """End a re-map where it is; what is mapped stays.

        Raises:
            WorkspaceProblem: there is no such workspace.
            NoSuchJob, JobOver: there is no such job, or it is at its end already.
        """
        job = await self.job(slug, n)
        if not await self._jobs.turn(job.ws, n, (*WAITING, "paused"), "cancelled"):
            job = await self.job(slug, n)
            raise JobOver(f"Re-map {n} of workspace `{slug}` is {job.state} already.")
        return await self.job(slug, n)

    async def resume(self, slug: str, n: int) -> Job:
        """Let the server processes go on with a paused re-map; one that runs or waits stays as it is.

        Raises:
            WorkspaceProblem: there is no such workspace.
            NoSuchJob, JobOver: there is no such job, or it is at its end.
        """
        job = await self.job(slug, n)
        if not job.is_open:
            raise JobOver(f"Re-map {n} of workspace `{slug}` is {job.state}: begin another one.")
        await self._jobs.turn(job.ws, n, ("paused",), "queued")
        self._nudge.set()
        return await self.job(slug, n)

    @staticmethod
    def held(job: Job) -> bool:
        """Tell whether some process runs the job now."""
        return job.held(now())

    async def set_rate(self, job: Job, rate: float) -> Job:
        """Change the rate of a job for whoever takes it over next.

        Raises:
            JobProblem: the rate cannot be used.
        """
        _check_rate(rate)
        await self._jobs.set_options(job.ws, job.n, {**job.options, "rate": rate})
        return await self._jobs.get(job.ws, job.n) or job

    async def follow(
        self,
        job: Job,
        told: Callable[[Job, Progress], None] = lambda _, __: None,
        *,
        stop: Callable[[], bool] = lambda: False,
    ) -> Job:
        """Run an open re-map here, or watch it while another process does; returns it when it is no longer open.

        Or when somebody else has paused it, or ``stop`` says so; a job that runs here is paused then, as if this is
        cancelled. (A cancellation alone may get lost, see :mod:`scimserver.store.tasks`.)

        Raises:
            WorkspaceProblem: the workspace was deleted.
            Unavailable: the database stays away, or the workspace's profile is not installed.
        """
        reached = asyncio.get_running_loop().time()
        while True:
            try:
                leased = await self._jobs.lease(job)
                if leased is not None:
                    await self._run(leased, functools.partial(told, leased), stop, "paused")
                found = await self._jobs.get(job.ws, job.n)
                reached = asyncio.get_running_loop().time()
            except Unavailable:
                if stop() or asyncio.get_running_loop().time() - reached > PATIENCE_SECONDS:
                    raise
                await asyncio.sleep(WATCH_SECONDS)
                continue
            if found is None:
                raise WorkspaceDeleting("The workspace was deleted meanwhile.")
            job = found
            told(job, Progress.from_bson(job.progress))
            if job.state not in WAITING or stop():
                return job
            await asyncio.sleep(WATCH_SECONDS)

    async def dry_run(
        self,
        slug: str,
        *,
        everything: bool = False,
        rate: float | None = None,
        samples: int = SAMPLES,
        limit: int | None = None,
        told: Callable[[int, int], None] = lambda _, __: None,
    ) -> DryRun:
        """Map as a re-map would, and write nothing.

        ``limit`` is how many documents to look at; ``told`` learns how many were, and of how many.

        Raises:
            WorkspaceProblem, JobProblem, Unavailable: as :meth:`begin`.
        """
        active = await self._mapping(slug)
        _check_rate(rate)
        trial = Trial(active, Mapper(active, self._changes), everything=everything, samples=samples)
        total = await self._walker.total(active)
        pace = Pace(rate or RATE)
        async for stretch in self._walker.stretches(active):
            await trial.look(stretch, pace, limit, lambda: told(trial.looked, total))
            if trial.looked == limit:
                break
        return trial.result(total)

    async def _mapping(self, slug: str) -> ActiveWorkspace:
        active = await self._workspaces.active(slug)
        if active.pipeline.problem:
            raise Unavailable(f"Workspace `{slug}` cannot map: {active.pipeline.problem}", retry_after=300)
        return active

    # -- running ---------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Begin to run, in the background, jobs that nobody runs."""
        self._task = asyncio.create_task(self._serve())

    async def stop(self) -> None:
        """Let go of the job that runs here, for another process."""
        if self._task is not None:
            await end([self._task])

    async def _serve(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                # Not all processes at the same moment.
                await asyncio.wait_for(self._nudge.wait(), POLL_SECONDS * random.uniform(0.8, 1.2))
            self._nudge.clear()
            try:
                await self.run_waiting()
            except Unavailable as error:
                log.warning("re-maps wait for the database", reason=error.detail)
            except Exception:
                log.exception("a re-map failed")

    async def run_waiting(self) -> int:
        """Run what waits and can be run here, to its end; returns how many jobs that were."""
        ran = 0
        for job in await self._jobs.takeable():
            if job.kind == KIND and await self._can_run(job):
                leased = await self._jobs.lease(job)
                if leased is not None:
                    await self._run(leased, lambda _: None, lambda: False, "queued")
                    ran += 1
        return ran

    async def _can_run(self, job: Job) -> bool:
        """Tell whether this process maps as the job wants it.

        If the workspace is as it was and the mapping another, then the plugins installed here are of other versions:
        this process would turn back what the job has done.
        """
        known = await self._workspaces.refreshed(job.ws, None)
        if known is None or known[1].pipeline.problem:
            return False
        progress = Progress.from_bson(job.progress)
        return known[1].pipeline.revision == progress.revision or known[0].revision != progress.basis

    async def _run(self, job: Job, told: Told, stop: Callable[[], bool], stopped: State) -> None:
        run = RemapRun(
            job,
            self._jobs,
            self._workspaces,
            self._walker,
            self._changes,
            busy=self._busy,
            told=told,
            stop=stop,
            stopped=stopped,
        )
        await run.to_its_end()


def _check_rate(rate: float | None) -> None:
    if rate is not None and not 0 < rate <= MAX_RATE:
        raise JobProblem(f"The rate is documents a second: more than 0 and at most {MAX_RATE}, for instance 100.")
