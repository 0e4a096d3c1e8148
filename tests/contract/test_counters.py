"""Counts and sequence numbers: right after an unclean stop, right with several processes."""

from datetime import timedelta

import pytest

from scimserver.store.counters import BLOCK, STALE, Windows
from scimserver.store.documents import now
from scimserver.store.driver import Database

from .world import WS, World, new_world


async def test_sequence_numbers_are_given_once_to_all_processes(database: Database) -> None:
    one, two = await new_world(database), World(database)
    numbers = [await w.counters.lease(WS, "users") for _ in range(BLOCK + 5) for w in (one, two)]
    assert len(set(numbers)) == len(numbers)


async def test_a_total_counts_what_this_process_has_just_done(database: Database) -> None:
    world = await new_world(database)
    users = [await world.user(f"u{n}") for n in range(3)]
    assert (await world.counters.windows(WS, "users")).total == 3
    await world.delete(users[0])
    assert (await world.counters.windows(WS, "users")).total == 2
    assert (await world.counters.windows(WS, "groups")).total == 0


async def test_a_total_counts_other_processes_once_they_have_flushed(database: Database) -> None:
    one, two = await new_world(database), World(database)
    await one.user("one")
    await two.user("two")
    await one.counters.flush(WS)
    assert (await two.counters.windows(WS, "users")).total == 2


async def test_a_clean_stop_leaves_no_mark(database: Database) -> None:
    world = await new_world(database)
    await world.counters.start()
    await world.user("one")
    await world.counters.stop()
    stored = await database.counters.find_one({"_id": WS})
    assert stored is not None
    assert stored["dirty"] == {}
    assert stored["windows"]["users"] == {"0": 1}


async def test_after_an_unclean_stop_the_only_process_counts_again_at_once(database: Database) -> None:
    crashed = await new_world(database)
    users = [await crashed.user(f"u{n}") for n in range(5)]
    await crashed.delete(users[0])
    # Nothing was flushed: the counts of this process are lost with it.
    fresh = World(database, sole_process=True)
    assert (await fresh.counters.windows(WS, "users")).total == 4
    stored = await database.counters.find_one({"_id": WS})
    assert stored is not None
    assert stored["dirty"] == {}


@pytest.mark.parametrize(("age", "total"), [(STALE - timedelta(seconds=20), 0), (STALE + timedelta(seconds=1), 5)])
async def test_another_process_waits_until_the_mark_is_old(database: Database, age: timedelta, total: int) -> None:
    crashed = await new_world(database)
    for n in range(5):
        await crashed.user(f"u{n}")
    stored = await database.counters.find_one({"_id": WS})
    assert stored is not None
    await database.counters.update_one({"_id": WS}, {"$set": {"dirty": dict.fromkeys(stored["dirty"], now() - age)}})
    other = World(database)
    assert (await other.counters.windows(WS, "users")).total == total


@pytest.mark.parametrize(
    ("start", "count", "parts"),
    [
        (0, 4, [(0, slice(0, 4), False)]),
        (0, 8, [(0, slice(0, 5), True), (3, slice(0, 3), True)]),
        (4, 2, [(0, slice(4, 5), False), (3, slice(0, 1), False)]),
        (5, 3, [(3, slice(0, 3), True)]),
        (8, 5, []),
        (0, 0, []),
    ],
)
def test_windows_find_positions(start: int, count: int, parts: list[object]) -> None:
    assert Windows({0: 5, 3: 3}, end=1000, complete=True).spans(start, count) == parts
