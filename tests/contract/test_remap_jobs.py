"""Re-maps as jobs: interrupted and gone on with, by whom, cancelled, and begun again for another mapping."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from scimserver.errors import Unavailable
from scimserver.service.remap.run import RemapRun
from scimserver.service.remap.walk import Mapper
from scimserver.store.documents import Document, now
from scimserver.store.driver import Database
from scimserver.store.jobs import JobOpen, JobOver, NoSuchJob
from scimserver.store.resources import ResourceStore
from scimserver.store.tasks import end
from scimserver.store.workspaces import WorkspaceProblem

from .registry import SLUG, Registry, open_registry, progress, settle_at_once

USERS = 12


@pytest.fixture(autouse=True)
def _settled(monkeypatch: pytest.MonkeyPatch) -> None:
    settle_at_once(monkeypatch)
    monkeypatch.setattr("scimserver.service.remap.run.SAVE_SECONDS", 0.0)
    monkeypatch.setattr("scimserver.service.remap.remaps.WATCH_SECONDS", 0.02)
    monkeypatch.setattr("scimserver.service.remap.run.CHUNK", 5)


@pytest.fixture
async def registry(database: Database, tmp_path: Path) -> Registry:
    """A workspace whose documents are stale."""
    made = await open_registry(database, tmp_path)
    await made.users(USERS)
    await made.set(text="two")
    return made


@pytest.fixture
def mapped(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Ids in the order in which they are mapped again."""
    made: list[str] = []
    original = Mapper.make

    def make(self: Mapper, document: Document) -> dict[str, object]:
        made.append(document.id)
        return original(self, document)

    monkeypatch.setattr(Mapper, "make", make)
    return made


async def until(mapped: list[str], count: int) -> None:
    while len(mapped) < count:
        await asyncio.sleep(0.001)


async def interrupted(registry: Registry, mapped: list[str], count: int = 6) -> None:
    """Begin a re-map here and stop it in the middle."""
    await registry.app.remaps.follow(await registry.begin(), stop=lambda: len(mapped) >= count)
    assert len(mapped) == count


async def test_an_interrupted_remap_goes_on_where_it_was(registry: Registry, mapped: list[str]) -> None:
    await interrupted(registry, mapped)
    (job,) = await registry.app.remaps.jobs(SLUG)
    assert job.state == "paused"
    assert await registry.app.remaps.run_waiting() == 0, "a person has stopped it"
    with pytest.raises(JobOpen) as open_:
        await registry.begin()
    done = await registry.app.remaps.follow(open_.value.job)
    assert (done.n, done.state) == (1, "finished")
    assert progress(done).looked == USERS
    assert len(mapped) == len(set(mapped)) == USERS, "what was done is not done again"
    await registry.check()


async def test_a_cancelled_task_pauses_its_job_too(registry: Registry, mapped: list[str]) -> None:
    # Slow, so that there is time for a second attempt: a cancellation may get lost in the driver.
    task = asyncio.create_task(registry.remap(rate=3))
    await until(mapped, 2)
    await end([task])
    (job,) = await registry.app.remaps.jobs(SLUG)
    assert (job.state, len(mapped) < USERS) == ("paused", True)


async def test_a_killed_remap_is_gone_on_with_by_a_server(
    registry: Registry, database: Database, tmp_path: Path, mapped: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nothing(*_: object, **__: object) -> bool:
        return False

    monkeypatch.setattr("scimserver.store.jobs.JobStore.end", nothing)  # a killed process says nothing
    await interrupted(registry, mapped)
    monkeypatch.undo()
    settle_at_once(monkeypatch)
    server = await open_registry(database, tmp_path, create=False)
    assert await server.app.remaps.run_waiting() == 0, "it may be alive"
    await database.jobs.update_one({}, {"$set": {"until": now() - timedelta(seconds=1)}})
    assert await server.app.remaps.run_waiting() == 1
    (job,) = await server.app.remaps.jobs(SLUG)
    assert job.state == "finished"
    await server.check()


@pytest.fixture
async def serving(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Registry]:
    """The same as a server process: what waits is run in the background."""
    monkeypatch.setattr("scimserver.service.remap.remaps.POLL_SECONDS", 0.02)
    await registry.app.remaps.start()
    yield registry
    await registry.app.remaps.stop()


async def test_a_server_runs_what_is_queued(serving: Registry) -> None:
    job = await serving.begin(by="key_1")
    while job.is_open:
        await asyncio.sleep(0.02)
        job = await serving.app.remaps.job(SLUG, job.n)
    assert (job.state, job.by) == ("finished", "key_1")
    await serving.check()


async def test_a_server_that_stops_leaves_its_job_to_the_others(
    registry: Registry, database: Database, tmp_path: Path, mapped: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scimserver.service.remap.remaps.POLL_SECONDS", 0.02)
    await registry.app.remaps.start()
    await registry.begin(rate=5)
    await until(mapped, 5)
    await registry.app.remaps.stop()
    (job,) = await registry.app.remaps.jobs(SLUG)
    assert job.state == "queued"
    other = await open_registry(database, tmp_path, create=False)
    assert await other.app.remaps.run_waiting() == 1
    await other.check()


async def test_a_second_one_watches_the_first(registry: Registry, database: Database, tmp_path: Path) -> None:
    job = await registry.begin()
    other = await open_registry(database, tmp_path, create=False)
    runs: list[RemapRun] = []
    original = RemapRun.to_its_end

    async def to_its_end(self: RemapRun) -> None:
        runs.append(self)
        await original(self)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(RemapRun, "to_its_end", to_its_end)
        one, two = await asyncio.gather(registry.app.remaps.follow(job), other.app.remaps.follow(job))
    assert len(runs) == 1
    assert one == two
    assert one.state == "finished"


async def test_who_watches_takes_over_when_the_runner_is_gone(
    registry: Registry, database: Database, tmp_path: Path
) -> None:
    job = await registry.begin()
    dead = await open_registry(database, tmp_path, create=False)
    assert await dead.app.remaps._jobs.lease(job) is not None
    following = asyncio.create_task(registry.app.remaps.follow(await registry.app.remaps.job(SLUG, 1)))
    await asyncio.sleep(0.1)
    assert not following.done()
    await database.jobs.update_one({}, {"$set": {"until": now() - timedelta(seconds=1)}})
    assert (await following).state == "finished"
    await registry.check()


async def test_a_database_that_is_away_for_a_moment_is_waited_for(
    registry: Registry, mapped: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    original, fails = ResourceStore.remap, iter([True, True])

    async def remap(self: ResourceStore, *arguments: Any) -> bool:
        if len(mapped) > 5 and next(fails, False):
            raise Unavailable("The database is not reachable at the moment.")
        return await original(self, *arguments)

    monkeypatch.setattr(ResourceStore, "remap", remap)
    job = await registry.remap()
    assert (job.state, progress(job).looked) == ("finished", USERS)
    await registry.check()
    monkeypatch.setattr("scimserver.service.remap.remaps.PATIENCE_SECONDS", 0.0)
    monkeypatch.setattr(ResourceStore, "remap", _away)
    await registry.set(text="three")
    with pytest.raises(Unavailable):
        await registry.remap()
    assert [job.state for job in await registry.app.remaps.jobs(SLUG)] == ["queued", "finished"]


async def _away(*_: object) -> bool:
    raise Unavailable("The database is not reachable at the moment.")


async def test_a_cancelled_remap_stops(registry: Registry, mapped: list[str]) -> None:
    task = asyncio.create_task(registry.remap())
    await until(mapped, 5)
    assert (await registry.app.remaps.cancel(SLUG, 1)).state == "cancelled"
    job = await task
    assert (job.state, len(mapped) < USERS) == ("cancelled", True)
    assert 0 < (await registry.app.remaps.staleness(SLUG)).stale < USERS
    with pytest.raises(JobOver, match="cancelled already"):
        await registry.app.remaps.cancel(SLUG, 1)
    with pytest.raises(JobOver, match="begin another one"):
        await registry.app.remaps.resume(SLUG, 1)
    with pytest.raises(NoSuchJob):
        await registry.app.remaps.cancel(SLUG, 2)
    assert (await registry.remap()).n == 2
    await registry.check()


async def test_a_paused_remap_may_be_left_to_the_servers(registry: Registry, mapped: list[str]) -> None:
    await interrupted(registry, mapped)
    assert (await registry.app.remaps.resume(SLUG, 1)).state == "queued"
    assert await registry.app.remaps.run_waiting() == 1
    await registry.check()


async def test_another_mapping_meanwhile_begins_the_walk_again(registry: Registry, mapped: list[str]) -> None:
    task = asyncio.create_task(registry.remap())
    await until(mapped, 6)
    await registry.set(text="three")
    job = await task
    report = progress(job)
    assert (job.state, report.restarts, report.looked, report.changed) == ("finished", 1, USERS, USERS)
    assert report.revision == (await registry.app.workspaces.active(SLUG)).pipeline.revision
    await registry.check()


async def test_a_change_of_something_else_meanwhile_does_not(registry: Registry, mapped: list[str]) -> None:
    task = asyncio.create_task(registry.remap())
    await until(mapped, 6)
    await registry.app.workspaces.suspend(SLUG)
    job = await task
    assert (job.state, progress(job).restarts) == ("finished", 0)
    await registry.check()


async def test_a_mapping_that_cannot_be_used_any_more_ends_it(
    registry: Registry, database: Database, mapped: list[str]
) -> None:
    task = asyncio.create_task(registry.remap())
    await until(mapped, 5)
    gone = {"plugins": [{"name": "gone", "settings": {}}]}
    await database.workspaces.update_one({"slug": SLUG}, {"$set": gone, "$inc": {"revision": 1}})
    job = await task
    assert job.state == "failed"
    assert "`gone` is not installed" in job.problem


async def test_a_process_with_plugins_of_other_versions_leaves_a_job_alone(
    registry: Registry, database: Database, tmp_path: Path
) -> None:
    upgraded = await open_registry(database, tmp_path, version="2", create=False)
    await upgraded.begin()
    assert await registry.app.remaps.run_waiting() == 0
    assert await upgraded.app.remaps.run_waiting() == 1
    await upgraded.check()


async def test_a_job_that_waits_while_the_mapping_changes_is_run_with_the_new_one(registry: Registry) -> None:
    await registry.begin()
    await registry.set(text="three")
    assert await registry.app.remaps.run_waiting() == 1
    await registry.check()


async def test_a_fault_of_ours_fails_the_job_and_is_not_tried_for_ever(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> bool:
        raise ZeroDivisionError

    monkeypatch.setattr(ResourceStore, "remap", broken)
    await registry.begin()
    with pytest.raises(ZeroDivisionError):
        await registry.app.remaps.run_waiting()
    (job,) = await registry.app.remaps.jobs(SLUG)
    assert job.state == "failed"
    assert "ZeroDivisionError at " in job.problem
    assert await registry.app.remaps.run_waiting() == 0


async def test_jobs_go_with_their_workspace(registry: Registry, database: Database, mapped: list[str]) -> None:
    task = asyncio.create_task(registry.remap())
    await until(mapped, 5)
    await registry.app.workspaces.delete(SLUG)
    with pytest.raises(WorkspaceProblem, match="deleted"):
        await task
    assert await database.jobs.count_documents({}) == 0
    assert await database.users.count_documents({}) == 0
    with pytest.raises(WorkspaceProblem, match="no workspace"):
        await registry.begin()


async def test_the_rate_of_an_open_job_can_be_changed(registry: Registry) -> None:
    job = await registry.begin(rate=1)
    assert (await registry.app.remaps.set_rate(job, 100_000)).options == {"all": False, "rate": 100_000}
    assert (await registry.app.remaps.follow(await registry.app.remaps.job(SLUG, 1))).state == "finished"
