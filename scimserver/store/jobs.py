"""Long work on one workspace, done in steps by one process at a time and gone on with by another if that one ends.

One document a job::

    {_id: "<ws>:<n>", ws, n, kind, state, options, progress, by, problem, owner, until, created, started, finished}

``n`` counts the workspace's jobs, and while one is open no next one is made: two that begin at once want the same
``_id``, and one of them gets it. Whoever runs a job holds a lease (``owner``, ``until``) and renews it with each
progress that it saves; a lease that has run out belongs to a process that is gone.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, get_args

from .documents import now
from .driver import Database
from .failures import DuplicateKey, StoreError, translated

State = Literal["queued", "running", "paused", "finished", "failed", "cancelled"]
OPEN: tuple[State, ...] = ("queued", "running", "paused")
WAITING: tuple[State, ...] = ("queued", "running")
"""States that a server process looks for; a paused job waits for a person."""
LEASE = timedelta(seconds=15)
KEPT = 20
"""Jobs of a workspace that stay."""
_STATES = frozenset(get_args(State))


class JobProblem(StoreError):
    """What was asked of a job cannot be done; the text says why and what to do."""


class NoSuchJob(JobProblem):
    """The workspace has no job of that number."""


class JobOver(JobProblem):
    """The job is at its end."""


class JobOpen(JobProblem):
    """The workspace has a job that is not finished."""

    def __init__(self, job: "Job") -> None:
        super().__init__(f"Job {job.n} of this workspace is {job.state}: let it finish, or cancel it first.")
        self.job = job


@dataclass(frozen=True, slots=True)
class Job:
    """One job as it is in the database."""

    ws: str
    n: int
    """Number within the workspace, from 1."""
    kind: str
    state: State
    options: Mapping[str, Any]
    """What was asked for."""
    progress: Mapping[str, Any]
    """What is done: the runner's own."""
    by: str
    """Who asked for it: ``command``, or the public id of an admin key."""
    created: datetime
    started: datetime | None = None
    finished: datetime | None = None
    problem: str = ""
    """Why it failed."""
    owner: str | None = None
    until: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Whether it is not at its end."""
        return self.state in OPEN

    def held(self, moment: datetime) -> bool:
        """Tell whether some process runs it at that moment."""
        return self.state == "running" and self.until is not None and self.until > moment


class JobStore:
    """The ``jobs`` collection; each store has a name of its own as a runner."""

    def __init__(self, database: Database) -> None:
        self._collection = database["jobs"]
        self.owner = secrets.token_hex(8)

    async def create(
        self, ws: str, kind: str, *, options: Mapping[str, Any], progress: Mapping[str, Any], by: str
    ) -> Job:
        """Queue a job.

        Raises:
            JobOpen: the workspace has one that is not finished.
        """
        while True:
            jobs = await self.of(ws)
            if jobs and jobs[0].is_open:
                raise JobOpen(jobs[0])
            job = Job(ws, jobs[0].n + 1 if jobs else 1, kind, "queued", options, progress, by, now())
            try:
                with translated():
                    await self._collection.insert_one(_to_bson(job))
            except DuplicateKey:
                continue  # somebody made this number just now: look again
            await self._forget([old.n for old in jobs[KEPT - 1 :]], ws)
            return job

    @translated()
    async def of(self, ws: str) -> list[Job]:
        """Return the jobs of a workspace, the newest first."""
        found = await self._collection.find({"ws": ws}).to_list(None)
        return sorted(map(_from_bson, found), key=lambda job: -job.n)

    @translated()
    async def get(self, ws: str, n: int) -> Job | None:
        """Return one job."""
        stored = await self._collection.find_one({"_id": _id(ws, n)})
        return _from_bson(stored) if stored else None

    @translated()
    async def takeable(self) -> list[Job]:
        """Return the jobs of all workspaces that wait for a runner, the oldest first."""
        found = await self._collection.find({"state": {"$in": list(WAITING)}}).to_list(None)
        moment = now()
        return sorted((j for j in map(_from_bson, found) if not j.held(moment)), key=lambda job: job.created)

    async def lease(self, job: Job) -> Job | None:
        """Take over an open job that nobody runs; None if somebody was faster, or it has changed since it was read."""
        moment = now()
        if not job.is_open or job.held(moment):
            return None
        unchanged = {"_id": _id(job.ws, job.n), "state": job.state, "owner": job.owner, "until": job.until}
        lease = {"state": "running", "owner": self.owner, "until": moment + LEASE, "started": job.started or moment}
        with translated():
            result = await self._collection.update_one(unchanged, {"$set": lease})
        return await self.get(job.ws, job.n) if result.matched_count else None

    async def save(self, job: Job, progress: Mapping[str, Any]) -> bool:
        """Note progress and renew the lease; False if the job is not this process's any more."""
        return await self._set(job, progress=dict(progress), until=now() + LEASE)

    async def end(self, job: Job, state: State, progress: Mapping[str, Any], problem: str = "") -> bool:
        """Let go of a job in the given state; False if it was not this process's any more."""
        over = {"finished": now()} if state not in OPEN else {}
        return await self._set(
            job, state=state, progress=dict(progress), problem=problem, owner=None, until=None, **over
        )

    @translated()
    async def _set(self, job: Job, **values: Any) -> bool:
        mine = {"_id": _id(job.ws, job.n), "state": "running", "owner": self.owner}
        return bool((await self._collection.update_one(mine, {"$set": values})).matched_count)

    @translated()
    async def turn(self, ws: str, n: int, among: Sequence[State], state: State) -> bool:
        """Change the state of a job that is in one of the given ones; its runner finds out when it saves."""
        values: dict[str, Any] = {"state": state, "owner": None, "until": None}
        if state not in OPEN:
            values["finished"] = now()
        condition = {"_id": _id(ws, n), "state": {"$in": list(among)}}
        return bool((await self._collection.update_one(condition, {"$set": values})).matched_count)

    @translated()
    async def set_options(self, ws: str, n: int, options: Mapping[str, Any]) -> None:
        """Change what was asked for; holds from the next time that somebody takes the job over."""
        await self._collection.update_one({"_id": _id(ws, n)}, {"$set": {"options": dict(options)}})

    @translated()
    async def _forget(self, numbers: Sequence[int], ws: str) -> None:
        if numbers:
            await self._collection.delete_many({"_id": {"$in": [_id(ws, n) for n in numbers]}, "ws": ws})


def _id(ws: str, n: int) -> str:
    return f"{ws}:{n}"


def _to_bson(job: Job) -> dict[str, Any]:
    return {
        "_id": _id(job.ws, job.n),
        "ws": job.ws,
        "n": job.n,
        "kind": job.kind,
        "state": job.state,
        "options": dict(job.options),
        "progress": dict(job.progress),
        "by": job.by,
        "problem": job.problem,
        "owner": job.owner,
        "until": job.until,
        "created": job.created,
        "started": job.started,
        "finished": job.finished,
    }


def _from_bson(stored: Mapping[str, Any]) -> Job:
    assert stored["state"] in _STATES
    return Job(
        ws=stored["ws"],
        n=stored["n"],
        kind=stored["kind"],
        state=stored["state"],
        options=stored["options"],
        progress=stored["progress"],
        by=stored["by"],
        created=stored["created"],
        started=stored["started"],
        finished=stored["finished"],
        problem=stored["problem"],
        owner=stored["owner"],
        until=stored["until"],
    )
