"""Membership rows: added, removed, revived, and silent about whoever is gone."""

import asyncio

from scimserver.store.documents import now
from scimserver.store.driver import Database

from .world import WS, new_world


async def members(world: object, group: str) -> list[str]:
    return [row["member"] for row in await world.rows.of_group(WS, group)]  # type: ignore[attr-defined]


async def test_members_are_added_once_and_the_events_name_only_new_ones(database: Database) -> None:
    world = await new_world(database)
    group, ines, bea = await world.group("Works"), await world.user("ines"), await world.user("bea")
    first = await world.join(group, ines)
    assert [(e.action, e.data["member"], e.resource_id) for e in first] == [("member_add", ines.id, group.id)]
    second = await world.join(group, ines, bea)
    assert [e.data["member"] for e in second] == [bea.id]
    assert await members(world, group.id) == sorted([ines.id, bea.id])


async def test_removing_tells_only_of_who_was_there(database: Database) -> None:
    world = await new_world(database)
    group, ines, bea = await world.group("Works"), await world.user("ines"), await world.user("bea")
    await world.join(group, ines, bea)
    gone = await world.rows.remove(WS, group.id, [ines.id, "u_never"], now())
    assert [(e.action, e.data["member"]) for e in gone] == [("member_remove", ines.id)]
    assert await members(world, group.id) == [bea.id]
    assert await world.rows.remove(WS, group.id, [ines.id], now()) == []


async def test_a_removed_member_can_come_back(database: Database) -> None:
    world = await new_world(database)
    group, ines = await world.group("Works"), await world.user("ines")
    await world.join(group, ines)
    await world.rows.remove(WS, group.id, [ines.id], now())
    back = await world.join(group, ines)
    assert [e.action for e in back] == ["member_add"]
    assert await members(world, group.id) == [ines.id]


async def test_rows_of_another_workspace_are_not_touched(database: Database) -> None:
    world = await new_world(database)
    group, ines = await world.group("Works"), await world.user("ines")
    await world.join(group, ines)
    assert await world.rows.of_group("ws_other", group.id) == []
    assert await world.rows.remove("ws_other", group.id, [ines.id], now()) == []
    assert await world.rows.groups_with("ws_other", [ines.id]) == frozenset()
    assert await members(world, group.id) == [ines.id]


async def test_groups_of_members_are_found_in_one_question(database: Database) -> None:
    world = await new_world(database)
    works, survey = await world.group("Works"), await world.group("Survey")
    ines, bea, tom = [await world.user(name) for name in ("ines", "bea", "tom")]
    await world.join(works, ines, bea)
    await world.join(survey, ines)
    found = await world.rows.of_members(WS, [ines.id, bea.id, tom.id])
    assert {m: {r["group"] for r in rows} for m, rows in found.items()} == {
        ines.id: {works.id, survey.id},
        bea.id: {works.id},
    }
    assert await world.rows.groups_with(WS, [ines.id]) == {works.id, survey.id}


async def test_a_group_can_be_a_member(database: Database) -> None:
    world = await new_world(database)
    outer, inner = await world.group("All"), await world.group("Works")
    await world.join(outer, inner)
    (row,) = await world.rows.of_group(WS, outer.id)
    assert (row["member"], row["kind"]) == (inner.id, "Group")


async def test_rows_of_a_deleted_member_answer_nothing_even_before_they_are_removed(database: Database) -> None:
    world = await new_world(database)
    group, ines, bea = await world.group("Works"), await world.user("ines"), await world.user("bea")
    await world.join(group, ines, bea)
    await world.delete(ines)
    assert await members(world, group.id) == [bea.id]
    assert await world.rows.groups_with(WS, [ines.id]) == frozenset()


async def test_a_member_and_a_group_can_be_forgotten(database: Database) -> None:
    world = await new_world(database)
    works, survey = await world.group("Works"), await world.group("Survey")
    ines, bea = await world.user("ines"), await world.user("bea")
    await world.join(works, ines, bea)
    await world.join(survey, ines)
    assert {e.data["group"] for e in await world.rows.remove_member(WS, ines.id, now())} == {works.id, survey.id}
    assert await members(world, works.id) == [bea.id]
    assert {e.data["member"] for e in await world.rows.remove_group(WS, works.id, now())} == {bea.id}
    assert await members(world, works.id) == []


async def test_no_member_is_lost_when_many_are_added_and_removed_at_once(wire_database: Database) -> None:
    world = await new_world(wire_database)
    group = await world.group("Works")
    users = [await world.user(f"u{n}") for n in range(12)]
    await world.join(group, *users[:6])
    await asyncio.gather(
        *(world.join(group, user) for user in users[6:]),
        *(world.rows.remove(WS, group.id, [user.id], now()) for user in users[:6]),
    )
    assert await members(world, group.id) == sorted(user.id for user in users[6:])


async def test_names_are_given_of_groups_that_exist(database: Database) -> None:
    world = await new_world(database)
    works, survey = await world.group("Works"), await world.group("Survey")
    await world.delete(survey)
    assert await world.rows.group_names(WS, [works.id, survey.id, "g_unknown"]) == {works.id: "Works"}
    assert await world.rows.group_names("ws_other", [works.id]) == {}
