"""Everything that a database holds, to be compared before and after what must not write."""

from typing import Any

from scimserver.store.driver import Database


async def everything(database: Database) -> dict[str, list[dict[str, Any]]]:
    """Return every document of every collection, in a fixed order."""
    found = {}
    for name in sorted(await database.collection_names()):
        documents = await database[name].find({}).to_list(None)
        found[name] = sorted(documents, key=lambda document: str(document["_id"]))
    return found
