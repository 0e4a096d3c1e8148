"""Walk a whole workspace while it changes: ``python -m benchmarks.walk [--users N] [--changes N] [--json]``.

Reads every user page by page, by index and by cursor, while users are deleted and created between the pages, as an
identity provider's import does beside a provisioning cycle. What counts: a user who exists throughout must be on
exactly one page.
"""

import argparse
import asyncio
import json
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import httpx

from .load import drive
from .run import Side, both_sides, user_body

WAYS: dict[str, tuple[str, dict[str, str]]] = {
    "index": ("index", {}),
    "index, filtered": ("index", {"filter": "active eq true"}),
    "index, sorted": ("index", {"sortBy": "userName"}),
    "cursor": ("cursor", {}),
    "cursor, filtered": ("cursor", {"filter": "active eq true"}),
    "cursor, sorted": ("cursor", {"sortBy": "userName"}),
}
"""Name of a walk → paging method and query."""

PAGEWISE = ["index", "cursor", "cursor, filtered"]
"""The others read through everything for each page, which takes too long to be allowed at 20,000 users here."""
SETTLE_SECONDS = 20

Between = Callable[[], Awaitable[None]]
"""Called after each page."""


@dataclass(frozen=True, slots=True)
class Walked:
    """What one walk has seen."""

    ids: Counter[str]
    pages: int
    seconds: float

    def missed(self, survivors: set[str]) -> int:
        """Return how many of those who existed throughout were on no page."""
        return len(survivors - self.ids.keys())

    def repeated(self) -> int:
        """Return how many were on more than one page."""
        return sum(1 for seen in self.ids.values() if seen > 1)


async def walk(client: httpx.AsyncClient, method: str, count: int, between: Between, **query: str) -> Walked:
    """Read all pages of ``Users``; ``method`` is ``index`` or ``cursor``. Between the pages others may write."""
    asked: dict[str, Any] = {"count": count, "attributes": "userName", **query}
    asked |= {"cursor": ""} if method == "cursor" else {"startIndex": 1}
    ids: Counter[str] = Counter()
    pages, started = 0, time.perf_counter()
    while True:
        answer = await client.get("Users", params=asked)
        if answer.status_code != 200:
            raise SystemExit(f"{answer.request.url}: {answer.status_code} {answer.text}")
        page = answer.json()
        ids.update(resource["id"] for resource in page["Resources"])
        pages += 1
        await between()
        if method == "cursor":
            if "nextCursor" not in page:
                break
            asked["cursor"] = page["nextCursor"]
        else:
            asked["startIndex"] += page["itemsPerPage"]
            if not page["Resources"] or asked["startIndex"] > page["totalResults"]:
                break
    return Walked(ids, pages, time.perf_counter() - started)


class Churn:
    """Deletes and creates users, evenly over the pages of a walk."""

    def __init__(self, client: httpx.AsyncClient, ids: list[str], changes: int, pages: int, seed: int) -> None:
        self._client = client
        self._random = random.Random(seed)
        self._left = list(ids)
        self._random.shuffle(self._left)
        self._per_page = -(-changes // pages)
        self._changes = changes
        self.deleted: set[str] = set()
        self.created: set[str] = set()

    async def __call__(self) -> None:
        for _ in range(min(self._per_page, self._changes - len(self.deleted))):
            gone = self._left.pop()
            answer = await self._client.delete(f"Users/{gone}")
            answer.raise_for_status()
            self.deleted.add(gone)
            body = user_body(self._random.getrandbits(60))
            made = await self._client.post("Users", json=body)
            made.raise_for_status()
            self.created.add(made.json()["id"])


async def fill(side: Side, users: int, lanes: int = 8) -> list[str]:
    """Create users; returns their ids."""
    made = await drive(side.port, side.requests("create", users), lanes)
    side.made += users
    return [json.loads(body)["id"] for body in made.bodies]


async def compare(side: Side, users: int, changes: int, count: int, ways: list[str]) -> list[dict[str, Any]]:
    """Walk in each way in turn, each beside as many changes; returns a row for each."""
    ids = await fill(side, users)
    # The embedded engine stands still for some seconds while it writes the checkpoint of so much that is new.
    await asyncio.sleep(SETTLE_SECONDS)
    rows: list[dict[str, Any]] = []
    headers = {"Authorization": f"Bearer {side.token}"}
    base = f"http://127.0.0.1:{side.port}{side.base}/"
    async with httpx.AsyncClient(base_url=base, headers=headers, timeout=60) as client:
        for seed, name in enumerate(ways):
            method, query = WAYS[name]
            churn = Churn(client, ids, changes, -(-len(ids) // count), seed)
            walked = await walk(client, method, count, churn, **query)
            survivors = set(ids) - churn.deleted
            rows.append(
                {
                    "walk": name,
                    "users": len(ids),
                    "deleted": len(churn.deleted),
                    "created": len(churn.created),
                    "survivors missed": walked.missed(survivors),
                    "repeated": walked.repeated(),
                    "pages": walked.pages,
                    "seconds": round(walked.seconds, 1),
                }
            )
            ids = [*survivors, *churn.created]
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, default=20_000)
    parser.add_argument("--changes", type=int, default=200, help="users deleted, and as many created, during a walk")
    parser.add_argument("--count", type=int, default=100, help="users on a page")
    parser.add_argument(
        "--way", action="append", choices=WAYS, help="which walks; those that read page by page if none"
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of the table")
    options = parser.parse_args()
    with both_sides() as (server, _):
        rows = asyncio.run(compare(server, options.users, options.changes, options.count, options.way or PAGEWISE))
    if options.json:
        print(json.dumps(rows, indent=2))
        return
    print("".join(f"{name:>18}" for name in rows[0]))
    for row in rows:
        print("".join(f"{value:>18}" for value in row.values()))


if __name__ == "__main__":
    main()
