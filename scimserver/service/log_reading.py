"""Reading the provisioning log of one workspace: what was, what comes, and what it adds up to."""

import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from typing import Any

from ..store.requests import Bucket, RequestStore

WINDOW = 20
"""Whole buckets read at once."""
COUNTS_WINDOW = 200
"""Buckets read at once without their entries. Where so many numbers in a row have none, all before are expired."""
LATE_SECONDS = 60
"""How long a number that others have overtaken is waited for; its process may have died."""
LATE_NUMBERS = 64
"""How many of the last numbers are looked at for such a one, at the beginning."""


class LogReader:
    """Reads first what is there (:meth:`past`), then again and again what has come since (:meth:`news`).

    An entry comes as ``{"position": "17-3", "at": "2026-11-27T08:40:12.345Z", "request_id": …}``: the fields of
    :class:`~scimserver.service.requests.Entry` as far as they say something. A position never changes.
    """

    def __init__(self, store: RequestStore, ws: str, *, errors: bool = False) -> None:
        self._store = store
        self._ws = ws
        self._errors = errors
        self._next = 0
        self._late: dict[int, float] = {}
        """Numbers that had no bucket although higher ones may have → until when they are asked for."""

    async def past(self, *, since: datetime | None = None, limit: int | None = None) -> AsyncIterator[dict[str, Any]]:
        """Yield the newest ``limit`` entries (None: all) that began at ``since`` or later, the oldest first."""
        self._next = await self._store.end(self._ws)
        await self._look_for_late_ones()
        first, skip = await self._beginning(since, limit)
        for start in range(first, self._next, WINDOW):
            end = min(start + WINDOW, self._next)
            buckets = await self._store.between(self._ws, start, end)
            self._late = {n: deadline for n, deadline in self._late.items() if n not in _numbers(buckets)}
            for bucket in buckets:
                for entry in self._wanted(bucket):
                    if skip:
                        skip -= 1
                    elif since is None or entry["at"] >= since:
                        yield _shown(entry)

    async def news(self) -> list[dict[str, Any]]:
        """Return the entries that have come since the last time; after a failure nothing is missed.

        Raises:
            Unavailable: the database is away.
        """
        end = max(await self._store.end(self._ws), self._next)
        late = {number for number, deadline in self._late.items() if deadline > time.monotonic()}
        buckets = await self._store.numbered(self._ws, late) if late else []
        end = min(end, self._next + WINDOW)
        fresh = await self._store.between(self._ws, self._next, end) if end > self._next else []
        found = _numbers(buckets) | _numbers(fresh)
        self._late = {number: self._late[number] for number in late - found}
        self._wait_for(set(range(self._next, end)) - found)
        self._next = end
        return [_shown(entry) for bucket in (*buckets, *fresh) for entry in self._wanted(bucket)]

    async def summary(self, since: datetime | None = None) -> dict[str, Any]:
        """Return the sums of all buckets that hold a request of ``since`` or later; reads no entry."""
        sums = {
            name: Counter[str]()
            for name in ("results", "operations", "tolerations", "off", "stripped", "clients", "errors")
        }
        unlisted = dropped = 0
        moments: list[datetime] = []
        async for bucket in self._downwards(await self._store.end(self._ws), since):
            unlisted += bucket.unlisted
            dropped += bucket.dropped
            moments += [bucket.at, bucket.until]
            for name, counter in sums.items():
                counter.update(dict(bucket.counts.get(name, {})))
        results = sums.pop("results")
        return {
            "since": _iso(min(moments)) if moments else None,
            "until": _iso(max(moments)) if moments else None,
            "requests": results.total() + unlisted,
            "failures": results["failure"] + unlisted,
            "unlisted": unlisted,
            "dropped": dropped,
            **{name: dict(counter.most_common()) for name, counter in sums.items()},
        }

    async def _look_for_late_ones(self) -> None:
        first = max(self._next - LATE_NUMBERS, 0)
        buckets = await self._store.between(self._ws, first, self._next, entries=False)
        self._wait_for(set(range(first, self._next)) - _numbers(buckets))

    # -- where to begin --------------------------------------------------------------------------------------------

    async def _beginning(self, since: datetime | None, limit: int | None) -> tuple[int, int]:
        """Return the number to begin with, and how many of its wanted entries are too many."""
        first, entries = self._next, 0
        async for bucket in self._downwards(self._next, since):
            first = bucket.n or 0
            results = bucket.counts["results"]
            entries += results.get("failure", 0) + (0 if self._errors else results.get("success", 0))
            if limit is not None and entries >= limit:
                return first, entries - limit
        return first, 0

    async def _downwards(self, end: int, since: datetime | None) -> AsyncIterator[Bucket]:
        """Yield the buckets below a number without their entries, the newest first, down to one that is too old."""
        while end > 0:
            start = max(end - COUNTS_WINDOW, 0)
            buckets = await self._store.between(self._ws, start, end, entries=False)
            for bucket in reversed(buckets):
                if since is not None and bucket.until < since:
                    return
                yield bucket
            if not buckets:
                return
            end = start

    def _wanted(self, bucket: Bucket) -> Iterator[dict[str, Any]]:
        for index, entry in enumerate(bucket.entries):
            if not self._errors or entry["result"] == "failure":
                yield {"position": f"{bucket.n}-{index}", **entry}

    def _wait_for(self, numbers: set[int]) -> None:
        self._late |= dict.fromkeys(numbers, time.monotonic() + LATE_SECONDS)


def _numbers(buckets: list[Bucket]) -> set[int]:
    return {bucket.n for bucket in buckets if bucket.n is not None}


def _shown(entry: dict[str, Any]) -> dict[str, Any]:
    return {**entry, "at": _iso(entry["at"])}


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
