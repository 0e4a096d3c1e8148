"""What crashes, lost answers and slow processes leave behind in counts, membership rows and the feed."""

import asyncio
import dataclasses
import random
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from scimserver.errors import Unavailable
from scimserver.store.changes import ChangeLog
from scimserver.store.counters import STALE, WINDOW, Counters
from scimserver.store.documents import Event, now
from scimserver.store.driver import Database
from scimserver.store.memberships import BATCH, KEEP_EVENTS, row_events

from .world import USER, WS, World, changed, document, new_world


async def total(world: World) -> int:
    return (await world.counters.windows(WS, "users")).total


async def stored_counters(database: Database) -> dict[str, Any]:
    return await database.counters.find_one({"_id": WS}) or {}


async def crash(world: World) -> None:
    """What the world has not written is lost, and its mark is as old as that of a process that is gone."""
    mark = f"dirty.{world.counters._process}"
    await world.database.counters.update_one({"_id": WS}, {"$set": {mark: now() - STALE - timedelta(seconds=1)}})


class LosingAnswers:
    """A collection whose next call of one kind is done, and whose answer is lost."""

    def __init__(self, real: Any, call: str) -> None:
        self._real, self._call, self._armed = real, call, True

    def __getattr__(self, name: str) -> Any:
        return self._lose if name == self._call and self._armed else getattr(self._real, name)

    async def _lose(self, *args: Any, **kwargs: Any) -> None:
        self._armed = False
        await getattr(self._real, self._call)(*args, **kwargs)
        raise Unavailable("the answer is lost")


# -- counts --------------------------------------------------------------------------------------------------------


async def test_a_live_process_with_unwritten_counts_delays_the_recount(database: Database) -> None:
    """Counting its documents now and adding its own sum later would count them twice."""
    crashed, alive, reader = await new_world(database), World(database), World(database)
    await crashed.user("ines")
    await crash(crashed)
    await alive.user("otto")
    await total(reader)
    await alive.counters.flush(WS)
    await alive.counters.flush(WS)
    assert await total(reader) == 2
    assert await total(alive) == 2


async def test_writes_during_the_recount_are_counted_once(database: Database) -> None:
    crashed = await new_world(database)
    for number in range(20):
        await crashed.user(f"user{number}")
    world = World(database, sole_process=True)
    await asyncio.gather(total(world), *(world.user(f"new{number}") for number in range(5)))
    assert await total(world) == 25
    await world.counters.flush(WS)
    assert await total(World(database)) == 25


async def test_a_process_taken_for_dead_counts_again_itself(database: Database) -> None:
    slow, other = await new_world(database), World(database)
    await slow.user("ines")
    await crash(slow)
    assert await total(other) == 1
    await slow.user("otto")
    assert await total(slow) == 2
    assert await total(other) == 2


async def test_a_create_whose_answer_is_lost_is_counted_and_listed(database: Database) -> None:
    world = await new_world(database)
    await world.user("ines")
    world.users.collection = LosingAnswers(world.users.collection, "insert_one")  # type: ignore[assignment]
    with pytest.raises(Unavailable):
        await world.user("otto")
    assert await total(world) == 2
    assert len((await world.users.page(WS, 1, 10))[0]) == 2


async def test_a_process_that_dies_in_doubt_leaves_a_mark(database: Database) -> None:
    world = await new_world(database)
    world.users.collection = LosingAnswers(world.users.collection, "insert_one")  # type: ignore[assignment]
    with pytest.raises(Unavailable):
        await world.user("otto")
    await world.counters.flush(WS)
    await world.counters.flush(WS)
    assert await total(World(database)) == 1


async def test_counts_whose_answer_is_lost_are_not_added_twice(database: Database) -> None:
    world = await new_world(database)
    await world.user("ines")
    world.counters._collection = LosingAnswers(world.counters._collection, "update_one")  # type: ignore[assignment]
    with pytest.raises(Unavailable):
        await world.counters.flush(WS)
    await world.user("otto")
    assert await total(world) == 2
    assert await total(World(database)) == 2


async def test_a_taken_name_leaves_no_doubt(wire_database: Database) -> None:
    world = await new_world(wire_database)
    await world.user("ines")
    with pytest.raises(Exception, match="userName"):
        await world.user("INES")
    assert (await world.counters.windows(WS, "users")).complete


async def test_windows_beyond_the_first_are_counted_again_too(database: Database) -> None:
    world = await new_world(database)
    await world.counters.take(WS, "users", 3 * WINDOW - 10)
    for number in range(20):
        await world.user(f"user{number}")
    await crash(world)
    again = await World(database).counters.windows(WS, "users")
    assert again.counts == {2: 10, 3: 10}
    assert again.complete


async def test_first_numbers_asked_for_at_once_are_all_different(database: Database) -> None:
    """The embedded engine answers one of two simultaneous first writers with nothing."""
    one, two = Counters(database), Counters(database)
    numbers = await asyncio.gather(*((one, two)[n % 2].lease(WS, "users") for n in range(150)))
    assert len(set(numbers)) == 150
    assert max(numbers) < (await stored_counters(database))["seq"]["users"]


@pytest.mark.parametrize("seed", [1, 2])
async def test_pages_equal_the_model_over_several_windows_and_processes(wire_database: Database, seed: int) -> None:
    worlds = [await new_world(wire_database), World(wire_database)]
    chance = random.Random(seed)
    model = []
    for number in range(WINDOW + 60):
        model.append(await chance.choice(worlds).user(f"user{number}"))
        if chance.random() < 0.25:
            await chance.choice(worlds).delete(model.pop(chance.randrange(len(model))))
    for world in worlds:
        await world.counters.flush(WS)
    ids = [held.id for held in sorted(model, key=lambda held: held.seq)]
    for _ in range(25):
        start, count = chance.randint(1, len(ids) + 5), chance.choice([0, 1, 7, 100, 1000])
        page, found = await chance.choice(worlds).users.page(WS, start, count)
        assert [held.id for held in page] == ids[start - 1 : start - 1 + count]
        assert found == len(ids)


# -- membership rows -----------------------------------------------------------------------------------------------


async def test_each_change_of_a_row_keeps_its_own_event(database: Database) -> None:
    """A member removed and added again before anything was sent has three events to tell of."""
    world = await new_world(database)
    sent = {"u_1": {"type": "User"}}
    made = await world.rows.add(WS, "g_1", sent, now())
    made += await world.rows.remove(WS, "g_1", ["u_1"], now())
    made += await world.rows.add(WS, "g_1", sent, now())
    assert await World(database).changes.sweep() == 3
    row = await database.memberships.find_one({"_id": "g_1:u_1"})
    assert row is not None
    assert row_events(row) == made
    for _ in range(KEEP_EVENTS):
        await world.rows.remove(WS, "g_1", ["u_1"], now())
        await world.rows.add(WS, "g_1", sent, now())
    row = await database.memberships.find_one({"_id": "g_1:u_1"})
    assert row is not None
    assert len(row_events(row)) == KEEP_EVENTS


async def test_of_two_who_change_one_member_at_once_one_gets_the_event(database: Database) -> None:
    world = await new_world(database)
    sets = [{i: {"type": "User"} for i in ("u_1", other)} for other in ("u_2", "u_3")]
    for _ in range(2):
        added = await asyncio.gather(*(world.rows.add(WS, "g_1", sent, now()) for sent in sets))
        assert sorted(e.data["member"] for events in added for e in events) == ["u_1", "u_2", "u_3"]
        ended = await asyncio.gather(*(world.rows.remove(WS, "g_1", list(sent), now()) for sent in sets))
        assert sorted(e.data["member"] for events in ended for e in events) == ["u_1", "u_2", "u_3"]


async def test_more_members_than_one_batch(database: Database) -> None:
    world = await new_world(database)
    many = {f"u_{n}": {"type": "User"} for n in range(BATCH + 1)}
    assert len(await world.rows.add(WS, "g_1", many, now())) == BATCH + 1
    assert len(await world.rows.of_members(WS, many)) == BATCH + 1
    assert len(await world.rows.remove_group(WS, "g_1", now())) == BATCH + 1
    assert await world.rows.of_group(WS, "g_1") == []


async def test_rows_of_a_group_whose_delete_broke_off_answer_nothing(database: Database) -> None:
    world = await new_world(database)
    works, ines = await world.group("Works"), await world.user("ines")
    await world.join(works, ines)
    await world.delete(works)
    assert await World(database).rows.of_members(WS, [ines.id]) == {}
    assert await World(database).rows.of_group(WS, works.id) == []


async def test_leftovers_of_interrupted_deletes_are_ended_with_their_events(database: Database) -> None:
    world = await new_world(database)
    works, survey = await world.group("Works"), await world.group("Survey")
    ines, bea = await world.user("ines"), await world.user("bea")
    await world.join(works, ines, bea)
    await world.join(survey, ines)
    await world.delete(ines)
    await world.delete(works)
    events = await world.rows.remove_leftovers(WS, now())
    assert {(e.resource_id, e.data["member"]) for e in events} == {
        (works.id, ines.id),
        (works.id, bea.id),
        (survey.id, ines.id),
    }
    assert await database.memberships.count_documents({"live": True}) == 0


async def test_a_member_added_while_it_is_deleted_is_ended_by_the_next_sweep(database: Database) -> None:
    world = await new_world(database)
    ines = await world.user("ines")
    assert await world.users.set_grouped(WS, [ines.id])
    await world.delete(ines)
    await world.rows.remove_member(WS, ines.id, now())
    await world.rows.add(WS, "g_1", {ines.id: {"type": "User"}}, now())
    assert await World(database).rows.of_group(WS, "g_1") == []
    await World(database).changes.sweep()
    assert await database.memberships.count_documents({"live": True}) == 0


# -- the feed ------------------------------------------------------------------------------------------------------


async def test_the_sweep_sends_every_kind_of_event_that_a_crash_left(database: Database) -> None:
    world = await new_world(database)
    works, ines = await world.group("Works"), await world.user("ines")
    expected = {e.id for e in (*works.outbox, *ines.outbox)}
    expected |= {e.id for e in await world.join(works, ines)}
    expected |= {e.id for e in await world.rows.remove(WS, works.id, [ines.id], now())}
    held = await world.users.get(WS, ines.id)
    assert held is not None
    updated = changed(held, title="Pilot")
    updated = dataclasses.replace(updated, outbox=[*held.outbox, *updated.outbox])
    assert await world.users.replace(updated, held.v)
    expected |= {e.id for e in updated.outbox} | {(await world.delete(held)).id}
    restarted = World(database)
    assert await restarted.changes.sweep() == len(expected)
    assert {row["_id"] for row in await database.changes.find({}).to_list(None)} == expected
    assert {e.id for e in restarted.told} == expected


async def test_the_sweep_reaches_back_over_a_long_pause(database: Database) -> None:
    world = await new_world(database)
    assert await world.changes.sweep() == 0
    await world.user("ines")
    for name in ("users", "counters"):
        await database[name].update_many({}, {"$inc": {"touched": -60}})
    past = {"$inc": {"minute": -24 * 60}, "$set": {"until": now() - timedelta(seconds=1)}}
    await database.deployment.update_one({"_id": "sweep"}, past)
    assert await World(database).changes.sweep() == 1


async def test_a_consumer_that_fails_does_not_stop_the_feed(database: Database) -> None:
    calls = 0

    async def fail(ws: str, events: Sequence[Event]) -> None:
        nonlocal calls
        calls += 1
        raise RuntimeError("a plugin is broken")

    await new_world(database)
    changes = ChangeLog(database, Counters(database), fail)
    for name in ("ines", "otto"):
        changes.queue(*document("User", USER.id_prefix, WS, {"userName": name}).outbox)
        await changes.flush()
    assert calls == 2
    assert await database.changes.count_documents({}) == 2
