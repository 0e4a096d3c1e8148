"""Indexes: created, upgraded, and checked before a server works with them."""

import asyncio

import pytest

from scimserver.store import indexes
from scimserver.store.driver import Database
from scimserver.store.failures import DuplicateKey, StoreError, translated
from scimserver.store.indexes import INDEXES, VERSION, check_version, ensure_indexes, stored_version


async def present(database: Database, collection: str) -> dict[str, object]:
    return {name: dict(i["key"]) for name, i in (await database[collection].index_information()).items()}


async def test_a_new_database_gets_every_index_and_the_version(database: Database) -> None:
    done = await ensure_indexes(database)
    for collection, wanted in INDEXES.items():
        found = await present(database, collection)
        for name, (keys, _) in wanted.items():
            assert found[name] == dict(keys)
            assert any(f"index {collection}.{name}" in line for line in done)
    assert await stored_version(database) == VERSION


async def test_an_index_lets_documents_expire(database: Database) -> None:
    assert "created index requests.expires, by which documents expire" in await ensure_indexes(database)
    made = (await database.requests.index_information())["expires"]
    assert dict(made["key"]) == {"expires": 1}
    assert made["expireAfterSeconds"] == 0


async def test_a_second_run_does_nothing(database: Database) -> None:
    await ensure_indexes(database)
    assert await ensure_indexes(database) == []


async def test_two_runs_at_once_end_in_the_same_state(database: Database) -> None:
    await database.users.create_index([("ws", 1), ("old", 1)], name="keys")
    await asyncio.gather(*(ensure_indexes(database) for _ in range(3)))
    assert await ensure_indexes(database) == []


async def test_an_index_of_another_form_is_replaced(database: Database) -> None:
    await database.users.create_index([("ws", 1), ("keys", 1), ("old", 1)], name="keys")
    await database.groups.create_index([("ws", 1), ("unique", 1)], name="unique")
    done = await ensure_indexes(database)
    assert "dropped index users.keys, which had another form" in done
    assert "dropped index groups.unique, which had another form" in done
    assert (await present(database, "users"))["keys"] == {"ws": 1, "keys": 1}
    assert (await database.groups.index_information())["unique"]["unique"]


async def test_an_index_of_the_operator_stays(database: Database) -> None:
    await database.users.create_index([("ws", 1), ("app.city", 1)], name="by_city")
    await ensure_indexes(database)
    assert "by_city" in await present(database, "users")


async def test_an_unmigrated_database_is_told_apart_from_a_current_one(database: Database) -> None:
    assert "scimserver migrate" in (await check_version(database) or "")
    await ensure_indexes(database)
    assert await check_version(database) is None


async def test_an_older_program_neither_serves_nor_migrates_a_newer_database(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexes, "VERSION", VERSION + 1)
    await ensure_indexes(database)
    monkeypatch.undo()
    assert "upgrade the program" in (await check_version(database) or "")
    with pytest.raises(StoreError, match="upgrade the program"):
        await ensure_indexes(database)
    assert await stored_version(database) == VERSION + 1


def test_every_index_begins_with_the_workspace_but_what_is_looked_up_before_it_is_known() -> None:
    firsts = {(c, name): keys[0][0] for c, wanted in INDEXES.items() for name, (keys, _) in wanted.items()}
    assert {where for where, first in firsts.items() if first != "ws"} == {
        ("workspaces", "slug"),
        ("jobs", "state"),
    }


async def test_a_user_name_is_unique_in_its_workspace_only(wire_database: Database) -> None:
    await ensure_indexes(wire_database)
    users = wire_database.users
    await users.insert_one({"_id": "u_1", "ws": "a", "unique": ["u_1", "username=ada@larkfield.example"]})
    await users.insert_one({"_id": "u_2", "ws": "b", "unique": ["u_2", "username=ada@larkfield.example"]})
    await users.insert_one({"_id": "u_3", "ws": "a", "unique": ["u_3"]})
    await users.insert_one({"_id": "u_4", "ws": "a", "unique": ["u_4"]})
    with pytest.raises(DuplicateKey), translated():
        await users.insert_one({"_id": "u_5", "ws": "a", "unique": ["u_5", "username=ada@larkfield.example"]})


async def test_of_two_at_once_exactly_one_gets_the_name(wire_database: Database) -> None:
    await ensure_indexes(wire_database)

    async def create(number: int) -> bool:
        try:
            with translated():
                await wire_database.users.insert_one({"_id": f"u_{number}", "ws": "a", "unique": ["username=ada"]})
        except DuplicateKey:
            return False
        return True

    assert sum(await asyncio.gather(*(create(number) for number in range(8)))) == 1
