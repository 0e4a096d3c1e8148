"""A re-map: what it writes, what it leaves, and how it stands beside everybody who writes at the same moment."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from scimserver.errors import Unavailable
from scimserver.pipeline import Pipeline
from scimserver.service.remap.run import RemapRun
from scimserver.store.documents import minute_of, now
from scimserver.store.driver import Database
from scimserver.store.resources import ResourceStore

from .registry import SLUG, Registry, before, open_registry, progress, settle_at_once


@pytest.fixture(autouse=True)
def _settled(monkeypatch: pytest.MonkeyPatch) -> None:
    settle_at_once(monkeypatch)


@pytest.fixture
async def registry(database: Database, tmp_path: Path) -> Registry:
    return await open_registry(database, tmp_path)


async def stale(registry: Registry) -> tuple[int, int]:
    """How many documents are stale, and of how many."""
    found = await registry.app.remaps.staleness(SLUG)
    assert found.complete
    return found.stale, found.documents


# -- what is stale -----------------------------------------------------------------------------------------------------


async def test_a_workspace_without_documents_is_never_stale(registry: Registry) -> None:
    await registry.set(text="two")
    found = await registry.app.remaps.staleness(SLUG)
    assert (found.stale, found.documents, found.last) == (0, 0, None)
    assert found.sentence() == "there are no documents yet"


async def test_another_mapping_makes_documents_stale_and_back_makes_them_current(registry: Registry) -> None:
    await registry.users(3)
    assert await stale(registry) == (0, 3)
    await registry.set(text="two")
    assert await stale(registry) == (3, 3)
    await registry.set(text="one")
    assert await stale(registry) == (0, 3)
    await registry.app.workspaces.set(SLUG, {"plugins": "badge,profile"})
    assert await stale(registry) == (3, 3)
    await registry.app.workspaces.set(SLUG, {"plugins": "profile,badge"})
    assert await stale(registry) == (3, 3)


async def test_what_is_not_the_mapping_makes_nothing_stale(registry: Registry) -> None:
    await registry.users(2)
    old = await registry.app.workspaces.show(SLUG)
    new = (await registry.app.workspaces.set(SLUG, {"limits.concurrency": "7", "profile": "strict"})).workspace
    assert await registry.app.remaps.made_stale(old, new) is None
    assert await stale(registry) == (0, 2)
    newer = (await registry.app.workspaces.set(SLUG, {"badge.text": "two"})).workspace
    made = await registry.app.remaps.made_stale(new, newer)
    assert made is not None
    assert made.stale == 2


async def test_a_plugin_of_another_version_makes_documents_stale(
    registry: Registry, database: Database, tmp_path: Path
) -> None:
    await registry.users(2)
    upgraded = await open_registry(database, tmp_path, version="2", create=False)
    assert await stale(upgraded) == (2, 2)
    assert "`scimserver remap larkfield` makes them again" in (await upgraded.app.remaps.staleness(SLUG)).sentence()
    assert (await upgraded.remap()).state == "finished"
    assert await stale(upgraded) == (0, 2)
    assert await stale(registry) == (2, 2), "to the process with the earlier version they are"


async def test_a_missing_plugin_is_said_and_refuses_a_remap(
    registry: Registry, database: Database, tmp_path: Path
) -> None:
    await registry.users(1)
    await database.workspaces.update_one({"slug": SLUG}, {"$set": {"plugins": [{"name": "gone", "settings": {}}]}})
    found = await registry.app.remaps.staleness(SLUG)
    assert "`gone` is not installed" in found.problem
    with pytest.raises(Unavailable, match="`gone` is not installed"):
        await registry.begin()
    with pytest.raises(Unavailable, match="`gone` is not installed"):
        await registry.app.remaps.dry_run(SLUG)


async def test_counting_ends_somewhere_and_says_so(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    await registry.users(3)
    await registry.create("Crew", "Group")
    await registry.set(text="two")
    monkeypatch.setattr("scimserver.service.remap.remaps.COUNTED", 2)
    found = await registry.app.remaps.staleness(SLUG)
    assert (found.complete, found.stale, found.documents) == (False, 3, 4)
    assert found.sentence().startswith("at least 3 of the 4 ")


# -- what a re-map writes ----------------------------------------------------------------------------------------------


async def test_documents_are_made_again_and_the_resource_stays_as_it_is(registry: Registry) -> None:
    user, crew = await registry.create("ines", title="Pilot"), await registry.create("Crew", "Group")
    device = await registry.create("Beacon", "Device")
    old = await registry.raw(user)
    await registry.set(text="two")
    job = await registry.remap()
    assert (job.state, job.problem, progress(job).changed, progress(job).failed) == ("finished", "", 3, 0)
    new = await registry.raw(user)
    assert new["app"] == {"badge": "two ines Pilot", "first": "one"}, "what was made once is taken from what is stored"
    assert new["map"] == (await registry.app.workspaces.active(SLUG)).pipeline.revision
    for name in ("v", "meta", "scim", "seq", "keys", "unique", "grouped"):
        assert new[name] == old[name], name
    assert (await registry.document(crew, "Group")).app["badge"] == "two Crew "
    assert (await registry.document(device, "Device")).app["badge"] == "two Beacon "
    assert await stale(registry) == (0, 3)
    await registry.check()


async def test_the_application_learns_of_what_has_changed(registry: Registry) -> None:
    ines, bea = await registry.create("ines"), await registry.create("bea")
    await registry.app.changes.flush()
    await registry.set(text="two")
    await registry.remap()
    assert await registry.feed() == [("create", ines), ("create", bea), ("remap", ines), ("remap", bea)]
    event = (await registry.document(ines)).outbox[-1]
    assert (event.action, event.v, event.resource_type) == ("remap", 1, "User")


async def test_a_document_that_comes_out_the_same_is_only_marked(registry: Registry, monkeypatch: Any) -> None:
    user = await registry.create("ines")
    old = await registry.raw(user)
    await registry.set(fail_on="nobody")
    monkeypatch.setattr("scimserver.service.remap.walk.now", lambda: now() + timedelta(minutes=5))
    job = await registry.remap()
    assert (progress(job).changed, progress(job).unchanged) == (0, 1)
    new = await registry.raw(user)
    assert new.pop("map") != old.pop("map")
    assert new == old
    assert await registry.feed() == [("create", user)]


async def test_a_type_is_a_change_though_python_finds_the_values_equal(registry: Registry, database: Database) -> None:
    user = await registry.create("ines")
    await database.users.update_one({"_id": user}, {"$set": {"app": {"badge": 1, "first": True}, "map": "earlier"}})
    await registry.remap()
    assert (await registry.document(user)).app == {"badge": "one ines ", "first": True}


async def test_documents_of_this_mapping_are_left_alone_unless_all_is_asked_for(
    registry: Registry, database: Database
) -> None:
    user = await registry.create("ines")
    await database.users.update_one({"_id": user}, {"$set": {"app.badge": "an earlier program's"}})
    assert progress(await registry.remap()).changed == 0
    assert (await registry.document(user)).app["badge"] == "an earlier program's"
    job = await registry.remap(everything=True)
    assert (progress(job).changed, progress(job).looked) == (1, 1)
    assert (await registry.document(user)).app["badge"] == "one ines "
    await registry.check()


async def sent(database: Database, registry: Registry) -> set[tuple[str, str]]:
    rows = await database.changes.find({"ws": registry.ws}).to_list(None)
    return {(row["action"], row["id"]) for row in rows}


async def test_a_command_sends_its_events_itself(registry: Registry, database: Database) -> None:
    user = await registry.create("ines")
    await registry.app.changes.flush()
    await registry.set(text="two")
    await registry.remap()
    assert await sent(database, registry) == {("create", user), ("remap", user)}


async def test_a_command_leaves_to_a_server_what_a_plugin_wants_to_be_told_of(
    registry: Registry, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The plugin's ``scim_startup`` was not called in the command."""
    user = await registry.create("ines")
    await registry.app.changes.flush()
    await database.users.update_one({"_id": user}, {"$set": {"touched": minute_of(now()) - 60}})
    await registry.set(text="two")
    monkeypatch.setattr(Pipeline, "listeners", property(lambda pipeline: pipeline.steps))
    await registry.remap()
    assert await sent(database, registry) == {("create", user)}
    monkeypatch.undo()
    assert ("remap", user) in await registry.feed()


async def test_a_server_sends_the_event_at_once(registry: Registry, database: Database) -> None:
    user = await registry.create("ines")
    await registry.set(text="two")
    app = registry.app
    app.changes._tasks = [asyncio.create_task(asyncio.sleep(0))]  # as in a server process
    await registry.remap()
    await app.changes.flush()
    assert await sent(database, registry) == {("create", user), ("remap", user)}


async def test_a_failing_plugin_stops_only_the_document_that_it_fails_on(registry: Registry) -> None:
    good, bad, last = [await registry.create(name) for name in ("ines", "secretive", "zoe")]
    old = await registry.raw(bad)
    await registry.set(text="two", fail_on="secretive")
    job = await registry.remap()
    report = progress(job)
    assert (job.state, report.changed, report.failed) == ("finished", 2, 1)
    (failure,) = report.failures
    assert (failure["id"], failure["type"], failure["plugin"]) == (bad, "User", "badge")
    assert "secretive" not in str(failure)
    assert await registry.raw(bad) == old
    assert [(await registry.document(user)).app["badge"] for user in (good, last)] == ["two ines ", "two zoe "]
    assert await stale(registry) == (1, 3)
    await registry.set(fail_on="nobody")
    assert progress(await registry.remap()).failed == 0
    await registry.check()


async def test_a_failure_on_a_document_of_this_mapping_is_counted_too(registry: Registry, database: Database) -> None:
    user = await registry.create("secretive")
    await registry.set(fail_on="secretive")
    revision = (await registry.app.workspaces.active(SLUG)).pipeline.revision
    await database.users.update_one({"_id": user}, {"$set": {"map": revision}})
    report = progress(await registry.remap(everything=True))
    assert (report.to_json()["failed"], len(report.failures)) == (1, 1)


# -- beside others -----------------------------------------------------------------------------------------------------


async def test_a_write_that_read_before_a_remap_begins_again(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = await registry.create("ines")
    await registry.set(text="two")
    await registry.see()
    calls = before(monkeypatch, ResourceStore, "replace", registry.remap)
    await registry.patch(user, title="Pilot")
    assert len(calls) == 2
    document = await registry.document(user)
    assert (document.v, document.app) == (2, {"badge": "two ines Pilot", "first": "one"})
    assert document.outbox[-1].action == "update"
    assert [action for action, _ in await registry.feed()] == ["create", "remap", "update"], "no event is lost"


async def test_a_write_between_reading_and_writing_of_a_remap_wins(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = await registry.create("ines")
    await registry.set(text="two")
    await registry.see()

    async def write() -> None:
        await registry.patch(user, title="Pilot")

    calls = before(monkeypatch, ResourceStore, "remap", write)
    job = await registry.remap()
    assert len(calls) == 1, "the writer's document is of the new mapping already"
    assert progress(job).changed == 0
    document = await registry.document(user)
    assert (document.v, document.app["badge"]) == (2, "two ines Pilot")
    await registry.check()


async def test_a_write_with_the_earlier_mapping_between_is_mapped_again(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = await registry.create("ines")
    await registry.set(text="two")

    async def write() -> None:
        await registry.patch(user, title="Pilot")  # this process has not seen the change yet

    calls = before(monkeypatch, ResourceStore, "remap", write)
    await registry.remap()
    assert len(calls) == 2
    assert (await registry.document(user)).app["badge"] == "two ines Pilot"
    await registry.check()


@pytest.mark.parametrize("what", ["patch", "create"])
async def test_the_second_pass_catches_what_the_earlier_mapping_wrote_meanwhile(
    registry: Registry, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    user = await registry.create("ines")
    await registry.set(text="two")
    original = RemapRun._settle

    async def settle(run: RemapRun) -> None:
        if run._progress.turn == 2:
            await (registry.patch(user, title="Late") if what == "patch" else registry.create("late"))
            assert (await stale(registry))[0] == 1
        await original(run)

    monkeypatch.setattr(RemapRun, "_settle", settle)
    job = await registry.remap()
    assert (progress(job).turn, progress(job).left) == (3, 0)
    assert (await stale(registry))[0] == 0
    await registry.check()


async def test_a_process_that_never_learns_is_told_of(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    user = await registry.create("ines")
    await registry.set(text="two")
    original = RemapRun._pass
    titles = iter(range(100))

    async def pass_(run: RemapRun) -> None:
        await registry.patch(user, title=str(next(titles)))
        await original(run)

    monkeypatch.setattr(RemapRun, "_pass", pass_)
    job = await registry.remap()
    report = progress(job).to_json()
    assert (job.state, report["pass"], report["left"]) == ("finished", 5, 1)


async def test_a_delete_between_is_not_undone(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    user, other = await registry.users(2)
    await registry.set(text="two")

    async def delete() -> None:
        await registry.delete(user)

    before(monkeypatch, ResourceStore, "remap", delete)
    job = await registry.remap()
    assert job.state == "finished"
    assert "deleted" in await registry.raw(user)
    assert "app" not in await registry.raw(user)
    assert (await registry.document(other)).app["badge"] == "two user1 "


async def test_a_delete_that_read_before_a_remap_keeps_its_event(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = await registry.create("ines")
    await registry.set(text="two")
    calls = before(monkeypatch, ResourceStore, "delete", registry.remap)
    await registry.delete(user)
    assert len(calls) == 2
    assert [action for action, _ in await registry.feed()] == ["create", "remap", "delete"]


async def test_joining_a_group_between_is_kept(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    user = await registry.create("ines")
    await registry.set(text="two")

    async def join() -> None:
        await registry.create("Crew", "Group", members=[{"value": user}])

    before(monkeypatch, ResourceStore, "remap", join)
    await registry.remap()
    document = await registry.document(user)
    assert document.grouped
    assert document.app["badge"] == "two ines "


async def test_members_of_a_group_change_between(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    crew, user = await registry.create("Crew", "Group"), await registry.create("ines")
    await registry.remap()
    await registry.set(text="two")
    moment = now()
    document = await registry.document(crew, "Group")
    groups = registry.app.stores.of(registry.app.catalogue.resource_type("Group"))

    async def bump() -> None:
        event = registry.app.provisioning._event(document, "update", moment)
        assert await groups.bump(registry.ws, crew, moment, event)

    before(monkeypatch, groups, "remap", bump)
    await registry.remap()
    found = await registry.document(crew, "Group")
    assert (found.v, found.app["badge"]) == (2, "two Crew ")
    assert found.outbox[-1].action == "remap"
    told = [action for action, id_ in await registry.feed() if id_ == crew]
    assert sorted(told) == ["create", "remap", "update"]
    assert (await registry.document(user)).app["badge"] == "two ines "


async def test_two_remaps_of_one_document_at_once_write_it_once(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a lease that has run out though its owner is alive."""
    user = await registry.create("ines")
    await registry.set(text="two")
    active = await registry.app.workspaces.active(SLUG)
    store = registry.app.stores.of(registry.app.catalogue.resource_type("User"))
    from scimserver.service.remap.walk import Mapper

    document = await registry.document(user)
    one, two = (Mapper(active, registry.app.changes) for _ in range(2))

    async def other() -> None:
        assert await two.remap(store, document) == "changed"

    before(monkeypatch, store, "remap", other)
    assert await one.remap(store, document) == "current"
    assert [event.action for event in (await registry.document(user)).outbox] == ["create", "remap"]


async def test_writers_with_either_mapping_and_a_remap_at_once(database: Database, tmp_path: Path) -> None:
    registry = await open_registry(database, tmp_path)
    users = await registry.users(12)
    await registry.set(text="two")
    newer = await open_registry(database, tmp_path, create=False)

    async def write(writer: Registry, title: str) -> None:
        for user in users:
            await writer.patch(user, title=f"{title} {user}")

    await asyncio.gather(newer.remap(), write(registry, "Old"), write(newer, "New"), registry.create("late"))
    await newer.remap()
    await newer.check()
    actions = [action for action, id_ in await newer.feed() if id_ in users]
    assert actions.count("update") == sum([(await newer.document(user)).v - 1 for user in users])


# -- a dry run ---------------------------------------------------------------------------------------------------------


async def test_a_dry_run_counts_and_shows_and_writes_nothing(registry: Registry, database: Database) -> None:
    ines, bad = await registry.create("ines", title="Pilot"), await registry.create("secretive")
    same = await registry.create("zoe")
    await registry.set(text="two", fail_on="secretive")
    revision = (await registry.app.workspaces.active(SLUG)).pipeline.revision
    made = {"badge": "two zoe ", "first": "one"}
    await database.users.update_one({"_id": same}, {"$set": {"app": made}})
    old = await database.users.find({}).to_list(None)
    told: list[tuple[int, int]] = []
    trial = await registry.app.remaps.dry_run(SLUG, rate=100_000, told=lambda *counts: told.append(counts))
    found = trial.to_json()
    assert {name: found[name] for name in ("documents", "looked_at", "changed", "unchanged", "failed")} == {
        "documents": 3,
        "looked_at": 3,
        "changed": 1,
        "unchanged": 1,
        "failed": 1,
    }
    assert (found["revision"], found["complete"]) == (revision, True)
    changed = {"badge": {"before": "one ines Pilot", "after": "two ines Pilot"}}
    difference = {"added": {}, "changed": changed, "removed": {}}
    assert found["samples"] == [{"id": ines, "type": "User", "difference": difference}]
    assert [failure["id"] for failure in found["failures"]] == [bad]
    assert told[-1] == (3, 3)
    assert await database.users.find({}).to_list(None) == old
    assert await registry.app.remaps.jobs(SLUG) == []


async def test_a_dry_run_may_look_at_some_only(registry: Registry) -> None:
    await registry.users(30)
    await registry.set(text="two")
    found = (await registry.app.remaps.dry_run(SLUG, rate=100_000, samples=2, limit=27)).to_json()
    assert (found["looked_at"], found["changed"], found["complete"]) == (27, 27, False)
    assert len(found["samples"]) == 2
    assert (await registry.app.remaps.dry_run(SLUG, rate=100_000)).to_json()["looked_at"] == 30
