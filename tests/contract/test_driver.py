"""Both drivers, and mongomock, behave alike behind ``Database``; their errors become ours."""

import time
from datetime import UTC, datetime

import pytest
from pymongo.errors import (
    AutoReconnect,
    ExecutionTimeout,
    NetworkTimeout,
    NotPrimaryError,
    OperationFailure,
    PyMongoError,
    ServerSelectionTimeoutError,
    WaitQueueTimeoutError,
)

from scimserver.errors import Unavailable
from scimserver.store.driver import Database, DriverName, Timeouts, settled
from scimserver.store.failures import DuplicateKey, DuplicateKeys, translated

UNIQUE = [("ws", 1), ("unique", 1)]


async def test_ping_answers(database: Database) -> None:
    await database.ping()


async def test_collections_are_attributes_and_items(database: Database) -> None:
    await database.users.insert_one({"_id": "u_1"})
    assert await database["users"].find_one({"_id": "u_1"}) == {"_id": "u_1"}
    assert database.users is database["users"]


async def test_collection_names_lists_what_exists(database: Database) -> None:
    await database.users.insert_one({"_id": "u_1"})
    assert await database.collection_names() == ["users"]


async def test_datetimes_come_back_with_their_time_zone(database: Database) -> None:
    moment = datetime(2026, 5, 4, 3, 2, 1, 123000, tzinfo=UTC)
    await database.tokens.insert_one({"_id": "t", "expires": moment})
    found = await database.tokens.find_one({"_id": "t"})
    assert found is not None
    assert found["expires"] == moment


async def test_aggregate_is_settled_for_every_driver(database: Database) -> None:
    await database.users.insert_many([{"_id": n, "ws": "a"} for n in range(3)])
    cursor = await settled(database.users.aggregate([{"$match": {"_id": {"$gte": 1}}}, {"$sort": {"_id": 1}}]))
    assert [document["_id"] for document in await cursor.to_list()] == [1, 2]


async def test_list_indexes_is_settled_for_every_driver(database: Database) -> None:
    await database.users.create_index([("ws", 1), ("keys", 1)], name="keys")
    cursor = await settled(database.users.list_indexes())
    assert {index["name"] for index in await cursor.to_list()} == {"_id_", "keys"}


async def test_cursors_sort_limit_and_iterate(database: Database) -> None:
    await database.users.insert_many([{"_id": n} for n in (3, 1, 2)])
    cursor = database.users.find({}).sort("_id", -1).limit(2)
    assert [document["_id"] async for document in cursor] == [3, 2]


async def test_a_duplicate_id_names_the_index(database: Database) -> None:
    await database.users.insert_one({"_id": "u_1"})
    with pytest.raises(DuplicateKey) as caught, translated():
        await database.users.insert_one({"_id": "u_1"})
    assert (caught.value.index, caught.value.field) == ("_id_", "_id")
    assert caught.value.value == (None if database.driver == "mongomock" else "u_1")


async def test_a_duplicate_in_a_unique_index_names_field_and_value(database: Database) -> None:
    await database.workspaces.create_index([("slug", 1)], unique=True, name="slug")
    await database.workspaces.insert_one({"_id": "ws_1", "slug": "larkfield"})
    with pytest.raises(DuplicateKey) as caught, translated():
        await database.workspaces.insert_one({"_id": "ws_2", "slug": "larkfield"})
    assert (caught.value.field, caught.value.value) == ("slug", "larkfield")


async def test_a_duplicate_in_a_multikey_index_names_the_one_key(wire_database: Database) -> None:
    await wire_database.users.create_index(UNIQUE, unique=True, name="unique")
    await wire_database.users.insert_one({"_id": "u_1", "ws": "a", "unique": ["u_1", "username=ada"]})
    await wire_database.users.insert_one({"_id": "u_2", "ws": "b", "unique": ["u_2", "username=ada"]})
    with pytest.raises(DuplicateKey) as caught, translated():
        await wire_database.users.insert_one({"_id": "u_3", "ws": "a", "unique": ["u_3", "username=ada"]})
    assert caught.value.index == "unique"
    assert caught.value.key_value == {"ws": "a", "unique": "username=ada"}


async def test_an_update_into_a_taken_key_is_a_duplicate_too(wire_database: Database) -> None:
    await wire_database.users.create_index(UNIQUE, unique=True, name="unique")
    await wire_database.users.insert_one({"_id": "u_1", "ws": "a", "unique": ["u_1", "username=ada"]})
    await wire_database.users.insert_one({"_id": "u_2", "ws": "a", "unique": ["u_2"]})
    with pytest.raises(DuplicateKey) as caught, translated():
        await wire_database.users.update_one({"_id": "u_2"}, {"$set": {"unique": ["u_2", "username=ada"]}})
    assert (caught.value.index, caught.value.value) == ("unique", "username=ada")


async def test_an_unordered_insert_writes_the_others_and_tells_which_collided(database: Database) -> None:
    await database.changes.create_index([("ws", 1), ("n", 1)], unique=True, name="n")
    await database.changes.insert_one({"_id": "e1", "ws": "a", "n": 1})
    with pytest.raises(DuplicateKeys) as caught, translated():
        await database.changes.insert_many(
            [{"_id": "e0", "ws": "a", "n": 0}, {"_id": "e9", "ws": "a", "n": 1}, {"_id": "e2", "ws": "a", "n": 2}],
            ordered=False,
        )
    assert list(caught.value.by_position) == [1]
    assert await database.changes.count_documents({}) == 3


@pytest.mark.parametrize(
    "error",
    [
        AutoReconnect("connection closed"),
        NetworkTimeout("timed out"),
        ServerSelectionTimeoutError("no server"),
        WaitQueueTimeoutError("pool is full"),
        NotPrimaryError("not primary"),
        ExecutionTimeout("operation exceeded time limit", 50),
        OperationFailure("interrupted at shutdown", 11600),
        OperationFailure("Authentication failed.", 18),
    ],
)
def test_every_way_to_be_away_is_unavailable(error: PyMongoError) -> None:
    with pytest.raises(Unavailable) as caught, translated():
        raise error
    assert caught.value.status == 503
    assert int(caught.value.headers["Retry-After"]) > 0


def test_a_fault_of_ours_stays_what_it_is() -> None:
    with pytest.raises(OperationFailure), translated():
        raise OperationFailure("unknown operator: $nope", 2)


def test_other_errors_pass_untouched() -> None:
    with pytest.raises(KeyError), translated():
        raise KeyError("ws")


async def test_the_decorator_translates_a_coroutine_function() -> None:
    @translated()
    async def read(number: int) -> int:
        if number:
            return number
        raise AutoReconnect("connection closed")

    assert await read(7) == 7
    with pytest.raises(Unavailable):
        await read(0)


@pytest.mark.parametrize("driver", ["pymongo", "motor"])
async def test_nobody_listening_is_unavailable_within_the_timeout(driver: DriverName, unused_port: int) -> None:
    url = f"mongodb://127.0.0.1:{unused_port}"
    database = Database.connect(url, "scimserver", driver=driver, timeouts=Timeouts(server_selection=0.2))
    started = time.monotonic()
    with pytest.raises(Unavailable), translated():
        await database.users.find_one({"_id": "u_1"})
    assert time.monotonic() - started < 2
    await database.close()


@pytest.mark.parametrize("driver", ["pymongo", "motor"])
async def test_a_closed_database_is_unavailable(driver: DriverName, unused_port: int) -> None:
    database = Database.connect(f"mongodb://127.0.0.1:{unused_port}", "scimserver", driver=driver)
    await database.close()
    with pytest.raises(Unavailable), translated():
        await database.ping()


@pytest.mark.parametrize("driver", ["pymongo", "motor"])
async def test_an_option_in_the_url_wins_over_ours(driver: DriverName, unused_port: int) -> None:
    url = f"mongodb://127.0.0.1:{unused_port}/?maxPoolSize=3"
    database = Database.connect(url, "scimserver", driver=driver, pool_size=24)
    assert database.client.options.pool_options.max_pool_size == 3
    await database.close()


async def test_a_private_name_is_no_collection(database: Database) -> None:
    with pytest.raises(AttributeError):
        database.__wrapped__  # noqa: B018 (the access is the test)
