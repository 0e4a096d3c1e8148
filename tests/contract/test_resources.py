"""Documents: conditional writes, uniqueness, tombstones and pages, the same on every database."""

import asyncio
import dataclasses

import pytest

from scimserver.store.counters import WINDOW
from scimserver.store.documents import Document, decode_names, encode_names, now
from scimserver.store.driver import Database
from scimserver.store.resources import DuplicateValue

from .world import CATALOGUE, WS, World, changed, document, event_of, new_world

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"


async def test_a_document_comes_back_as_it_was_stored(database: Database) -> None:
    world = await new_world(database)
    scim = {"userName": "ines@larkfield.example", "name": {"givenName": "Zoë"}, ENTERPRISE: {"department": "Survey"}}
    stored = await world.users.insert(document("User", "u", WS, scim))
    assert await world.users.get(WS, stored.id) == stored
    assert stored.scim == scim
    assert stored.app == {"name": "mapped"}


async def test_a_document_of_another_workspace_is_not_there(database: Database) -> None:
    world = await new_world(database)
    stored = await world.user("ines@larkfield.example")
    assert await world.users.get("ws_other", stored.id) is None
    assert await world.users.set_grouped("ws_other", [stored.id]) == frozenset()
    assert not await world.users.replace(dataclasses.replace(changed(stored), ws="ws_other"), 1)
    assert await world.users.get(WS, stored.id) == stored


async def test_no_name_in_mongodb_has_a_dot_or_a_dollar(database: Database) -> None:
    world = await new_world(database)
    stored = await world.user("ines@larkfield.example", **{ENTERPRISE: {"department": "Survey"}})
    raw = await database.users.find_one({"_id": stored.id})
    assert raw is not None
    assert not [name for name in raw["scim"] if "." in name or name.startswith("$")]


@pytest.mark.parametrize("names", [["userName"], [ENTERPRISE, "a.b.c", "plain"]])
def test_encoding_of_names_can_be_undone(names: list[str]) -> None:
    assert decode_names(encode_names(dict.fromkeys(names, 1))) == dict.fromkeys(names, 1)


async def test_a_write_needs_the_version_that_was_read(database: Database) -> None:
    world = await new_world(database)
    stored = await world.user("ines@larkfield.example")
    assert await world.users.replace(changed(stored, title="One"), stored.v)
    assert not await world.users.replace(changed(stored, title="Two"), stored.v)
    current = await world.users.get(WS, stored.id)
    assert current is not None
    assert (current.scim["title"], current.v) == ("One", 2)


async def test_a_workspace_may_have_two_groups_of_one_name_if_its_schema_says_so(wire_database: Database) -> None:
    world = await new_world(wire_database)
    free = CATALOGUE.changed(CATALOGUE.resource_type("Group").schema.id, "displayName", uniqueness="none")
    crew = document("Group", "g", WS, {"displayName": "Crew"})
    await world.groups.insert(crew)
    other = dataclasses.replace(crew, id="g_other")
    with pytest.raises(DuplicateValue, match="displayName"):
        await world.groups.insert(other)
    second = await world.groups.insert(other, free.resource_type("Group"))
    assert await world.groups.replace(changed(second, displayName="crew"), second.v, free.resource_type("Group"))


async def test_of_many_writers_of_one_version_one_wins(wire_database: Database) -> None:
    world = await new_world(wire_database)
    stored = await world.user("ines@larkfield.example")
    won = await asyncio.gather(*(world.users.replace(changed(stored, title=f"{n}"), 1) for n in range(20)))
    assert sorted(won) == [False] * 19 + [True]


async def test_a_write_does_not_take_back_that_the_user_is_in_a_group(database: Database) -> None:
    world = await new_world(database)
    read = await world.user("ines@larkfield.example")
    await world.users.set_grouped(WS, [read.id])
    assert not await world.users.replace(changed(read, title="Late"), read.v), "read before the mark was set"
    assert not await world.users.delete(read, event_of(read, "delete"))
    current = await world.users.get(WS, read.id)
    assert current is not None
    assert current.grouped


async def test_a_unique_value_is_given_once_in_a_workspace_in_any_letter_case(wire_database: Database) -> None:
    world = await new_world(wire_database)
    first = await world.user("ines@larkfield.example")
    with pytest.raises(DuplicateValue) as taken:
        await world.user("INES@Larkfield.example")
    assert taken.value.attribute == "userName"
    second = await world.user("other@larkfield.example")
    with pytest.raises(DuplicateValue):
        await world.users.replace(changed(second, userName="Ines@larkfield.example"), second.v)
    await world.user("ines@larkfield.example", ws="ws_other")
    assert await world.users.get(WS, first.id) == first


async def test_of_two_creates_at_once_exactly_one_succeeds(wire_database: Database) -> None:
    world = await new_world(wire_database)
    for attempt in range(5):
        name = f"race{attempt}@larkfield.example"
        results = await asyncio.gather(*(world.user(name) for _ in range(4)), return_exceptions=True)
        assert len([r for r in results if isinstance(r, Document)]) == 1
        assert len([r for r in results if isinstance(r, DuplicateValue)]) == 3
    _, total = await world.users.page(WS, 1, 10)
    assert total == 5, "a refused create is not counted"


async def test_a_deleted_document_is_gone_and_its_name_is_free(database: Database) -> None:
    world = await new_world(database)
    stored = await world.user("ines@larkfield.example")
    assert await world.users.delete(stored, event_of(stored, "delete"))
    assert await world.users.get(WS, stored.id) is None
    assert not await world.users.delete(stored, event_of(stored, "delete"))
    assert not await world.users.bump(WS, stored.id, now(), event_of(stored, "update"))
    assert await world.users.set_grouped(WS, [stored.id]) == frozenset()
    assert await world.users.find(WS, {"keys": "userName=ines@larkfield.example"}) == []
    again = await world.user("ines@larkfield.example")
    assert again.id != stored.id
    assert await world.users.page(WS, 1, 10) == ([again], 1)


async def test_a_tombstone_keeps_no_value_of_the_person(database: Database) -> None:
    world = await new_world(database)
    stored = await world.user("ines@larkfield.example", title="Pilot")
    await world.delete(stored)
    raw = str(await database.users.find_one({"_id": stored.id}))
    assert "ines" not in raw.lower()
    assert "Pilot" not in raw


async def test_bumps_from_all_sides_all_count(wire_database: Database) -> None:
    world = await new_world(wire_database)
    group = await world.group("Harbour Works")
    await asyncio.gather(*(world.groups.bump(WS, group.id, now(), event_of(group, "update")) for _ in range(10)))
    current = await world.groups.get(WS, group.id)
    assert current is not None
    assert current.v == 11


async def test_known_members_are_told_from_unknown_ones(database: Database) -> None:
    world = await new_world(database)
    users = [await world.user(f"u{n}@larkfield.example") for n in range(3)]
    wanted = [u.id for u in users]
    assert await world.users.set_grouped(WS, wanted) == set(wanted)
    assert await world.users.set_grouped(WS, [*wanted, "u_unknown"]) == set(wanted)


@pytest.mark.parametrize(
    ("start", "count"), [(1, 10), (1, 0), (3, 4), (WINDOW - 2, 6), (WINDOW + 1, 3), (2 * WINDOW, 100), (9999, 5)]
)
async def test_a_page_is_a_slice_of_all_in_order_of_creation(database: Database, start: int, count: int) -> None:
    world = await new_world(database)
    await fill(world, 2 * WINDOW + 40, gone=range(0, 2 * WINDOW, 7))
    expected = [n for n in range(2 * WINDOW + 40) if not (n < 2 * WINDOW and n % 7 == 0)]
    documents, total = await world.users.page(WS, start, count)
    assert [d.seq for d in documents] == expected[start - 1 : start - 1 + count]
    assert total == len(expected)


async def fill(world: World, count: int, gone: range) -> None:
    """Put documents in at once; those of ``gone`` are left out, as if they had been deleted."""
    rows = [
        dataclasses.replace(document("User", "u", WS, {"userName": f"n{n}"}), seq=n).to_bson(world.users.resource_type)
        for n in range(count)
        if n not in gone
    ]
    for start in range(0, len(rows), 200):
        await world.database.users.insert_many(rows[start : start + 200])
    windows: dict[str, int] = {}
    for row in rows:
        window = str(row["seq"] // WINDOW)
        windows[window] = windows.get(window, 0) + 1
    await world.database.counters.insert_one(
        {"_id": WS, "ws": WS, "seq": {"users": count}, "windows": {"users": windows}, "rev": 1}
    )


async def test_pages_stay_right_while_documents_come_and_go(database: Database) -> None:
    world = await new_world(database)
    alive: list[Document] = []
    for step in range(40):
        if alive and step % 3 == 2:
            await world.delete(alive.pop(step % len(alive)))
        else:
            alive.append(await world.user(f"u{step}@larkfield.example"))
        start = step % 5 + 1
        documents, total = await world.users.page(WS, start, 4)
        assert [d.id for d in documents] == [d.id for d in alive[start - 1 : start + 3]]
        assert total == len(alive)
