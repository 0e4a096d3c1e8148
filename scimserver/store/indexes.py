"""Collections and their indexes: declared once, created and upgraded by ``migrate``, checked by readiness."""

from typing import Any

from pymongo.errors import OperationFailure

from .documents import now
from .driver import Database, settled
from .failures import StoreError

INDEX_NOT_FOUND = 27
VERSION = 1
"""Raised with every change of the stored form that older processes cannot read."""

Keys = list[tuple[str, int]]

# Every index begins with the workspace, so that a sharded cluster sends each query to one shard; the exceptions are
# looked up before the workspace is known: slugs, ids, and jobs that wait for somebody to run them.
INDEXES: dict[str, dict[str, tuple[Keys, bool]]] = {
    "workspaces": {"slug": ([("slug", 1)], True)},
    "tokens": {"ws": ([("ws", 1)], False)},
    "memberships": {
        "group": ([("ws", 1), ("live", 1), ("group", 1), ("member", 1)], False),
        "member": ([("ws", 1), ("live", 1), ("member", 1)], False),
        "touched": ([("ws", 1), ("touched", 1)], False),
    },
    "changes": {"n": ([("ws", 1), ("n", 1)], True)},
    "requests": {"n": ([("ws", 1), ("n", 1)], True)},
    "jobs": {"n": ([("ws", 1), ("n", 1)], True), "state": ([("state", 1)], False)},
}
for _name in ("users", "groups", "resources"):
    INDEXES[_name] = {
        "keys": ([("ws", 1), ("keys", 1)], False),
        "unique": ([("ws", 1), ("unique", 1)], True),
        "seq": ([("ws", 1), ("seq", 1)], False),
        "touched": ([("ws", 1), ("touched", 1)], False),
    }
# Each custom resource type has sequence numbers of its own.
INDEXES["resources"]["seq"] = ([("ws", 1), ("type", 1), ("seq", 1)], False)

# Collection → the date after which MongoDB deletes a document by itself. Such an index (TTL) has one field only, so it
# cannot begin with the workspace; no query uses it, and in a sharded cluster each shard works through its own.
EXPIRING = {"requests": "expires"}


async def ensure_indexes(database: Database) -> list[str]:
    """Create what is missing, replace what differs; returns what was done, in words. Safe to run twice at once.

    An index that is not declared here stays: the operator may have added it for the application's own queries.

    Raises:
        StoreError: the database is of a newer version than this program.
    """
    version = await stored_version(database)
    if version > VERSION:
        raise StoreError(_newer(version))
    done: list[str] = []
    for collection, wanted in INDEXES.items():
        present = await _present(database, collection)
        for name, (keys, unique) in wanted.items():
            if present.get(name) == (keys, unique):
                continue
            if name in present:
                await _drop(database, collection, name)
                done.append(f"dropped index {collection}.{name}, which had another form")
            await database[collection].create_index(keys, name=name, unique=unique)
            done.append(f"created {'unique ' if unique else ''}index {collection}.{name}")
    done += await _ensure_expiry(database)
    if version != VERSION:
        await database["deployment"].update_one(
            {"_id": "version"}, {"$set": {"version": VERSION, "since": now()}}, upsert=True
        )
        done.append(f"raised the version of the stored form from {version} to {VERSION}")
    return done


async def _ensure_expiry(database: Database) -> list[str]:
    done = []
    for collection, date in EXPIRING.items():
        if date not in await _present(database, collection):
            await database[collection].create_index([(date, 1)], name=date, expireAfterSeconds=0)
            done.append(f"created index {collection}.{date}, by which documents expire")
    return done


async def check_version(database: Database) -> str | None:
    """Return what is wrong with the stored form for this program, or None."""
    version = await stored_version(database)
    if version == VERSION:
        return None
    if version > VERSION:
        return _newer(version)
    return "The database lacks the collections or indexes of this version: run `scimserver migrate`."


async def stored_version(database: Database) -> int:
    """Return the version of the stored form; 0 for a new database."""
    stored = await database["deployment"].find_one({"_id": "version"})
    return int(stored["version"]) if stored else 0


def _newer(version: int) -> str:
    return f"The database is of a newer version ({version}) than this program ({VERSION}): upgrade the program."


async def _drop(database: Database, collection: str, name: str) -> None:
    try:
        await database[collection].drop_index(name)
    except OperationFailure as error:
        # Another process that migrates at the same time was faster.
        if error.code != INDEX_NOT_FOUND:
            raise


async def _present(database: Database, collection: str) -> dict[str, tuple[Keys, bool]]:
    if collection not in await database.collection_names():
        return {}
    cursor = await settled(database[collection].list_indexes())
    found: dict[str, tuple[Keys, bool]] = {}
    async for index in cursor:
        keys: Any = index["key"]
        pairs = keys.items() if hasattr(keys, "items") else keys
        found[index["name"]] = ([(str(k), int(v)) for k, v in pairs], bool(index.get("unique")))
    return found
