"""The provisioning log as it is stored: numbered buckets of entries that expire.

One document for each workspace and flush::

    {_id, ws, n, at, until, expires, process, entries: [{…}, …], counts: {…}, dropped, unlisted}

The number ``n`` counts up in each workspace, so that reading in either direction is a closed range of one index. A
process takes a number and then writes the bucket: for a moment a higher number may be there before a lower one, and a
number whose process died in between stays unused.

MongoDB deletes expired buckets by itself, from the lowest number on (``EXPIRING`` in :mod:`.indexes`).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .counters import Counters
from .documents import new_id
from .driver import Database
from .failures import DuplicateKey, translated

KIND = "requests"
"""Name of the collection, and of its sequence numbers among the workspace's counters."""


@dataclass(slots=True)
class Bucket:
    """Entries of one workspace that were written at once."""

    ws: str
    entries: Sequence[Mapping[str, Any]]
    """Never changed once written: an entry is named by the bucket's number and its place in here."""
    counts: Mapping[str, Any]
    at: datetime
    until: datetime
    expires: datetime
    process: str
    dropped: int = 0
    """Requests that are not in here because too many waited."""
    unlisted: int = 0
    """Requests without a good credential beyond those that are listed."""
    n: int | None = None
    """None until it has been taken."""
    id: str = ""

    def to_bson(self) -> dict[str, Any]:
        """Return the stored form."""
        return {
            "_id": self.id,
            "ws": self.ws,
            "n": self.n,
            "at": self.at,
            "until": self.until,
            "expires": self.expires,
            "process": self.process,
            "entries": list(self.entries),
            "counts": dict(self.counts),
            "dropped": self.dropped,
            "unlisted": self.unlisted,
        }

    @classmethod
    def from_bson(cls, stored: Mapping[str, Any]) -> "Bucket":
        """Read the form of :meth:`to_bson`; a read without entries gives none."""
        fields = ("ws", "counts", "at", "until", "expires", "process", "dropped", "unlisted", "n")
        return cls(id=stored["_id"], entries=stored.get("entries", ()), **{name: stored[name] for name in fields})


class RequestStore:
    """The ``requests`` collection."""

    def __init__(self, database: Database, counters: Counters) -> None:
        self._database = database
        self._collection = database[KIND]
        self._counters = counters

    # -- writing ---------------------------------------------------------------------------------------------------

    async def write(self, bucket: Bucket) -> None:
        """Store a bucket once, however often it is tried; it keeps the number and the id that it is given here.

        Raises:
            Unavailable: the database is away, and the bucket may or may not be there: try again.
        """
        bucket.id = bucket.id or new_id("r")
        while True:
            if bucket.n is None:
                bucket.n, _ = await self._counters.take(bucket.ws, KIND, 1)
            try:
                with translated():
                    await self._collection.insert_one(bucket.to_bson())
                return
            except DuplicateKey:
                with translated():
                    if await self._collection.find_one({"_id": bucket.id, "ws": bucket.ws}, {"n": 1}):
                        return
                # The counters are older than the log, as after restoring a part of the database.
                bucket.n = None

    # -- reading ---------------------------------------------------------------------------------------------------

    @translated()
    async def end(self, ws: str) -> int:
        """Return one past the highest number that was taken."""
        stored = await self._database["counters"].find_one({"_id": ws}, {f"seq.{KIND}": 1}) or {}
        return int((stored.get("seq") or {}).get(KIND, 0))

    async def between(self, ws: str, first: int, end: int, *, entries: bool = True) -> list[Bucket]:
        """Return the buckets from number ``first`` to before ``end``, in order; without entries much less is read."""
        return await self._find({"ws": ws, "n": {"$gte": first, "$lte": end - 1}}, entries=entries)

    async def numbered(self, ws: str, numbers: Collection[int]) -> list[Bucket]:
        """Return the buckets with these numbers as far as they are there, in order."""
        return await self._find({"ws": ws, "n": {"$in": sorted(numbers)}}, entries=True)

    @translated()
    async def _find(self, condition: Mapping[str, Any], *, entries: bool) -> list[Bucket]:
        found = await self._collection.find(condition, None if entries else {"entries": 0}).to_list(None)
        return sorted((Bucket.from_bson(stored) for stored in found), key=lambda bucket: bucket.n or 0)
