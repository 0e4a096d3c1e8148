"""Jobs: one at a time for a workspace, one runner at a time, and the next runner goes on where the last one was."""

import asyncio
from datetime import timedelta

import pytest

from scimserver.store.documents import now
from scimserver.store.driver import Database
from scimserver.store.indexes import ensure_indexes
from scimserver.store.jobs import KEPT, Job, JobOpen, JobStore

from .world import WS


@pytest.fixture
async def jobs(database: Database) -> JobStore:
    await ensure_indexes(database)
    return JobStore(database)


async def made(jobs: JobStore, ws: str = WS) -> Job:
    return await jobs.create(ws, "remap", options={"rate": 5}, progress={"seq": 0}, by="command")


async def finished(jobs: JobStore) -> Job:
    leased = await jobs.lease(await made(jobs))
    assert leased is not None
    assert await jobs.end(leased, "finished", {"seq": 9})
    return leased


async def expire(database: Database) -> None:
    await database.jobs.update_many({}, {"$set": {"until": now() - timedelta(seconds=1)}})


async def test_a_job_is_there_as_it_was_made(jobs: JobStore) -> None:
    job = await made(jobs)
    assert await jobs.get(WS, job.n) == job
    assert (job.n, job.state, job.options, job.progress) == (1, "queued", {"rate": 5}, {"seq": 0})
    assert await jobs.get(WS, 2) is None
    assert await jobs.get("ws_other", 1) is None


async def test_a_workspace_has_one_open_job(jobs: JobStore) -> None:
    job = await made(jobs)
    with pytest.raises(JobOpen) as refused:
        await made(jobs)
    assert refused.value.job == job
    assert (await made(jobs, "ws_other")).n == 1
    assert await jobs.turn(WS, 1, ("queued",), "cancelled")
    assert (await made(jobs)).n == 2
    assert [job.n for job in await jobs.of(WS)] == [2, 1]


async def test_of_many_that_begin_at_once_one_does(jobs: JobStore) -> None:
    await finished(jobs)
    results = await asyncio.gather(*(made(jobs) for _ in range(6)), return_exceptions=True)
    assert sorted(type(result).__name__ for result in results) == ["Job"] + ["JobOpen"] * 5
    assert [job.n for job in await jobs.of(WS)] == [2, 1]


async def test_one_runner_gets_the_lease(jobs: JobStore, database: Database) -> None:
    job, other = await made(jobs), JobStore(database)
    taken = await asyncio.gather(jobs.lease(job), other.lease(job))
    assert len([one for one in taken if one is not None]) == 1
    current = await jobs.get(WS, 1)
    assert current is not None
    assert current.held(now())
    assert current.started is not None
    assert await other.lease(current) is None
    assert await jobs.takeable() == []


async def test_a_lease_that_has_run_out_is_taken_over_with_the_progress(jobs: JobStore, database: Database) -> None:
    job = await jobs.lease(await made(jobs))
    assert job is not None
    assert await jobs.save(job, {"seq": 7})
    await expire(database)
    other = JobStore(database)
    (waiting,) = await other.takeable()
    taken = await other.lease(waiting)
    assert taken is not None
    assert (taken.progress, taken.started) == ({"seq": 7}, job.started)
    assert not await jobs.save(job, {"seq": 8}), "it is the other's now"
    assert not await jobs.end(job, "finished", {"seq": 8})
    assert await other.save(taken, {"seq": 9})


async def test_saving_renews_the_lease(jobs: JobStore, database: Database) -> None:
    job = await jobs.lease(await made(jobs))
    assert job is not None
    await expire(database)
    assert await jobs.save(job, {"seq": 1})
    assert await jobs.takeable() == []


async def test_a_cancelled_job_is_not_its_runners_any_more(jobs: JobStore) -> None:
    job = await jobs.lease(await made(jobs))
    assert job is not None
    assert await jobs.turn(WS, 1, ("running",), "cancelled")
    assert not await jobs.save(job, {"seq": 1})
    current = await jobs.get(WS, 1)
    assert current is not None
    assert (current.state, current.is_open) == ("cancelled", False)
    assert current.finished is not None
    assert await jobs.lease(current) is None
    assert not await jobs.turn(WS, 1, ("running", "queued"), "cancelled")


async def test_a_paused_job_waits_for_a_person(jobs: JobStore) -> None:
    job = await jobs.lease(await made(jobs))
    assert job is not None
    assert await jobs.end(job, "paused", {"seq": 3})
    assert await jobs.takeable() == []
    paused = await jobs.get(WS, 1)
    assert paused is not None
    assert (paused.is_open, paused.finished) == (True, None)
    assert await jobs.lease(paused) is not None


async def test_the_oldest_jobs_are_forgotten(jobs: JobStore) -> None:
    for _ in range(KEPT + 3):
        await finished(jobs)
    assert [job.n for job in await jobs.of(WS)] == list(range(KEPT + 3, 3, -1))
