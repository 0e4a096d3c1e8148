"""Events: every committed one reaches ``changes`` once, also when its process died right after the commit."""

from datetime import timedelta

import pytest

from scimserver.store import changes
from scimserver.store.documents import minute_of, now
from scimserver.store.driver import Database

from .world import WS, World, changed, event_of, new_world


async def feed(database: Database) -> list[tuple[int, str, str]]:
    rows = await database.changes.find({"ws": WS}).to_list(None)
    return sorted((row["n"], row["action"], row["id"]) for row in rows)


async def test_queued_events_are_sent_in_order_and_told_afterwards(database: Database) -> None:
    world = await new_world(database)
    ines = await world.user("ines")
    update = changed(ines, title="Pilot")
    assert await world.users.replace(update, 1)
    world.changes.queue(*ines.outbox, *update.outbox)
    await world.changes.flush()
    assert await feed(database) == [(0, "create", ines.id), (1, "update", ines.id)]
    assert [e.action for e in world.told] == ["create", "update"]


async def test_the_sweep_sends_what_a_crash_left_and_sends_it_once(database: Database) -> None:
    crashed = await new_world(database)
    group, ines = await crashed.group("Works"), await crashed.user("ines")
    await crashed.join(group, ines)
    await crashed.rows.remove(WS, group.id, [ines.id], now())
    await crashed.delete(ines)
    world = World(database)
    assert await world.changes.sweep() == 5
    told = sorted(action for _, action, _ in await feed(database))
    assert told == ["create", "create", "delete", "member_add", "member_remove"]
    assert await world.changes.sweep() == 0
    assert len(await feed(database)) == 5


async def test_an_event_sent_twice_is_in_the_feed_once(database: Database) -> None:
    world = await new_world(database)
    ines = await world.user("ines")
    for _ in range(2):
        world.changes.queue(*ines.outbox)
        await world.changes.flush()
    assert [entry[1:] for entry in await feed(database)] == [("create", ines.id)]


async def test_one_process_sweeps_at_a_time(database: Database) -> None:
    one, two = await new_world(database), World(database)
    await one.user("ines")
    assert await one.changes.sweep() == 1
    await one.user("bea")
    assert await two.changes.sweep() == 0, "the lease is the other's"
    await database.deployment.update_one({"_id": "sweep"}, {"$set": {"until": now() - timedelta(seconds=1)}})
    assert await two.changes.sweep() == 1


async def test_an_interrupted_delete_is_finished(database: Database) -> None:
    crashed = await new_world(database)
    group, ines = await crashed.group("Works"), await crashed.user("ines")
    await crashed.join(group, ines)
    await crashed.delete(ines)
    assert await database.memberships.count_documents({"live": True}) == 1
    await World(database).changes.sweep()
    assert await database.memberships.count_documents({"live": True}) == 0


async def test_tombstones_and_ended_rows_go_away_when_they_are_old(database: Database) -> None:
    world = await new_world(database)
    group, ines = await world.group("Works"), await world.user("ines")
    await world.join(group, ines)
    await world.rows.remove(WS, group.id, [ines.id], now())
    await world.delete(ines)
    await world.changes.sweep()
    assert await database.users.count_documents({}) == 1
    assert await database.memberships.count_documents({}) == 1
    old = now() - changes.KEEP_TOMBSTONES - timedelta(minutes=2)
    await database.users.update_one({"_id": ines.id}, {"$set": {"deleted": old}})
    await database.memberships.update_many({}, {"$set": {"touched": minute_of(old)}})
    await world.changes.sweep()
    assert await database.users.count_documents({}) == 0
    assert await database.memberships.count_documents({}) == 0
    assert len(await feed(database)) == 5, "what is told stays told"


async def test_an_outbox_keeps_what_may_not_be_sent_yet_however_old_it_is(database: Database) -> None:
    world = await new_world(database)
    ines = await world.user("ines")
    sent, waiting, old = (
        event_of(ines, "update"),
        event_of(ines, "update"),
        event_of(ines, "update", timedelta(hours=1)),
    )
    world.changes.queue(sent)
    await world.changes.flush()
    assert world.changes.unsent([old, sent, waiting]) == [old, waiting]
    await world.changes.sweep()
    assert world.changes.unsent([old, waiting]) == [old, waiting], "what this sweep looked at is safe after the next"
    await world.changes.sweep()
    assert world.changes.unsent([old, waiting]) == [waiting]


async def test_what_waits_longer_than_a_day_is_still_sent(database: Database) -> None:
    """The server was down from Friday to Monday, right after a commit."""
    crashed = await new_world(database)
    ines = await crashed.user("ines")
    long_ago = now() - timedelta(days=3)
    await database.users.update_one({"_id": ines.id}, {"$set": {"touched": minute_of(long_ago)}})
    await database.counters.update_one({"_id": WS}, {"$set": {"touched": minute_of(long_ago)}})
    await database.deployment.insert_one(
        {"_id": "sweep", "owner": None, "until": long_ago, "minute": minute_of(long_ago)}
    )
    assert await World(database).changes.sweep() == 1
    assert [action for _, action, _ in await feed(database)] == ["create"]


@pytest.mark.parametrize(("first", "last"), [(10, 10), (10, 13), (0, 100), (94, 100), (93, 100)])
def test_the_sweep_looks_at_every_minute_once(first: int, last: int) -> None:
    spans = changes._spans(first, last)
    assert [minute for low, high in spans for minute in range(low, high + 1)] == list(range(first, last + 1))
    assert len(spans) <= 2 * changes.SWEEP_BACK_MINUTES + 2
