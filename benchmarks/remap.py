"""Re-map a workspace beside provisioning: ``python -m benchmarks.remap [--users N] [--rate N] [--seconds N] [--json]``.

A client patches and reads users at a steady number of requests a second, first undisturbed, then while all users are
mapped again; the re-map runs and stands still by turns, so that a slow moment of the machine hits both. What counts:
the client's 95th percentile beside the re-map, as a multiple of that between; how many documents a second the re-map
makes; and that every document ends as the mapping makes it of its latest resource.
"""

import argparse
import asyncio
import json
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from scimserver.service.application import Application
from scimserver.settings import load
from scimserver.store.documents import Document, Event, new_id, now
from scimserver.store.driver import Database

from .load import Request, drive, prepare
from .run import user_body

BATCH = 500
PHASES = ("undisturbed", "beside", "between")
TURN_SECONDS = 1.5
"""Shorter than the time-outs of a driver that stands still."""
TAKEN = (200, 429)
"""A machine that stands still for seconds makes more than 64 requests wait; their time counts all the same."""
CHANGE = "plugins=profile"
"""Takes the work address out of every document."""


async def fill(app: Application, slug: str, users: int) -> list[str]:
    """Put users straight into the database, as the server would have; returns their ids."""
    workspace = await app.workspaces.active(slug)
    user = workspace.catalogue.resource_type("User")
    store, ws = app.stores.of(user), workspace.id
    first, _ = await app.counters.take(ws, store.kind, users)
    ids: list[str] = []
    async with app.counters.writing(ws, counted=True):
        for start in range(0, users, BATCH):
            rows = []
            for number in range(start, min(start + BATCH, users)):
                scim = dict(user_body(10_000_000 + number))
                moment, id_ = now(), new_id("u")
                made = Document(id_, ws, 1, first + number, "User", scim, {}, "", moment, moment)
                app_document = workspace.pipeline.map("User", {"id": id_, **scim})
                event = Event.new(ws=ws, at=moment, action="create", resource_type="User", resource_id=id_, v=1)
                made = replace(made, app=app_document, map=workspace.pipeline.revision, outbox=[event])
                rows.append(made.to_bson(user))
                app.changes.queue(event)
                ids.append(id_)
            await store.collection.insert_many(rows)
            await app.changes.flush()
        for number in range(users):
            app.counters.count(ws, store.kind, first + number, 1)
    for _ in range(2):
        await app.counters.flush(ws)
    return ids


async def wrong(app: Application, slug: str) -> int:
    """Return how many documents are not what the mapping makes of their resource, or do not say so."""
    workspace = await app.workspaces.active(slug)
    pipeline, found = workspace.pipeline, 0
    async for row in app.database.users.find({"ws": workspace.id, "deleted": None}):
        document = Document.from_bson(row)
        app_document = pipeline.map("User", {"id": document.id, **document.scim}, document.app)
        found += document.app != app_document or document.map != pipeline.revision
    return found


class Traffic:
    """Requests at a steady rate, each on its own, so that a slow one holds up no other."""

    def __init__(self, facts: dict[str, Any], ids: list[str], rate: float) -> None:
        address = urlsplit(facts["tenant_url"])
        self._port, self._base = address.port or 80, address.path
        self._token = facts["secret_token"]
        self._ids = ids
        self._rate = rate
        self._random = random.Random(1)
        self._number = 0
        self.stopped = False
        self.phase = ""
        """What goes on now; requests that begin in it count for it."""
        self.times: dict[str, list[float]] = defaultdict(list)
        """Milliseconds of each answer, by phase."""

    def _request(self) -> Request:
        self._number += 1
        path = f"{self._base}/Users/{self._random.choice(self._ids)}"
        host = f"127.0.0.1:{self._port}"
        if self._number % 2:
            return prepare("GET", path, host, self._token, statuses=TAKEN)
        change = {"op": "Replace", "path": "title", "value": f"Title {self._number}"}
        return prepare("PATCH", path, host, self._token, json.dumps({"Operations": [change]}).encode(), TAKEN)

    async def run(self, phase: str, seconds: float | None = None) -> None:
        """Send until the time is over, or until :attr:`stopped`."""
        self.phase = phase
        began = time.perf_counter()
        async with asyncio.TaskGroup() as group:
            for number in range(10_000_000):
                due = began + number / self._rate
                if self.stopped or (seconds is not None and due - began > seconds):
                    break
                await asyncio.sleep(max(due - time.perf_counter(), 0))
                group.create_task(self._one(self.times[self.phase]))

    async def _one(self, times: list[float]) -> None:
        times.append((await drive(self._port, [self._request()], 1)).p50_ms)


def _start(stack: ExitStack, data: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "scimserver", "demo", "--json", "--port", "0", "--data", f"{data}/db"]
    log = stack.enter_context((Path(data) / "server.log").open("wb"))
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log)
    stack.callback(process.wait, 20)
    stack.callback(process.terminate)
    assert process.stdout is not None
    return dict(json.loads(process.stdout.readline()))


async def _begun(*arguments: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "scimserver", *arguments, "--json", stdout=subprocess.PIPE
    )


async def _ended(process: asyncio.subprocess.Process) -> dict[str, Any]:
    out, _ = await process.communicate()
    return dict(json.loads(out))


async def _take_turns(process: asyncio.subprocess.Process, traffic: Traffic) -> float:
    """Let the re-map run and stand still by turns until it ends; returns for how many seconds it ran."""
    ran = 0.0
    while process.returncode is None:
        for phase, number in (("beside", signal.SIGCONT), ("between", signal.SIGSTOP)):
            if process.returncode is None:
                process.send_signal(number)
            traffic.phase, began = phase, time.perf_counter()
            while process.returncode is None and time.perf_counter() - began < TURN_SECONDS:
                await asyncio.sleep(0.05)
            ran += time.perf_counter() - began if phase == "beside" else 0
    return ran


def _summary(times: list[float]) -> dict[str, float]:
    times.sort()
    return {
        "requests": len(times),
        "p50_ms": round(times[len(times) // 2], 1),
        "p95_ms": round(times[int(len(times) * 0.95)], 1),
    }


async def measure(users: int, rate: float, seconds: float, remap_rate: float | None) -> dict[str, Any]:
    """Return the figures of one run, on a server of its own."""
    with ExitStack() as stack:
        facts = _start(stack, stack.enter_context(tempfile.TemporaryDirectory()))
        database, slug = ["--database", facts["mongo_url"]], facts["workspaces"][0]["name"]
        app = Application(load(None), Database.connect(facts["mongo_url"], facts["database"]))
        ids = await fill(app, slug, users)
        traffic = Traffic(facts, ids, rate)
        await traffic.run("warming up", min(seconds, 5))
        await traffic.run("undisturbed", seconds)
        await _ended(await _begun("workspace", "set", slug, CHANGE, *database))
        writing = asyncio.create_task(traffic.run("beside"))
        limit = ["--rate", str(remap_rate)] if remap_rate else []
        process = await _begun("remap", slug, *limit, *database)
        took = await _take_turns(process, traffic)
        report = await _ended(process)
        traffic.stopped = True
        await writing
        phases = {name: _summary(traffic.times[name]) for name in PHASES}
        figures = {
            "users": users,
            **phases,
            "p95_ratio": {
                name: round(phases["beside"]["p95_ms"] / phases[name]["p95_ms"], 2)
                for name in ("undisturbed", "between")
            },
            "documents_per_second": round(report["looked_at"] / took, 1),
            "seconds": round(took, 1),
            "changed": report["changed"],
            "failed": report["failed"],
            "wrong": await wrong(app, slug),
        }
        await app.database.close()
        return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, default=20_000)
    parser.add_argument("--rate", type=float, default=25, help="requests a second beside the re-map")
    parser.add_argument("--seconds", type=float, default=30, help="of undisturbed requests, before")
    parser.add_argument("--remap-rate", type=float, help="documents a second [default: the command's own]")
    parser.add_argument("--json", action="store_true", help="print JSON instead of the table")
    options = parser.parse_args()
    figures = asyncio.run(measure(options.users, options.rate, options.seconds, options.remap_rate))
    if options.json:
        print(json.dumps(figures, indent=2))
    else:
        ratio = figures["p95_ratio"]
        print(f"{'':14}{'requests':>9}{'p50 ms':>9}{'p95 ms':>9}")
        for name in PHASES:
            row = figures[name]
            print(f"{name:14}{row['requests']:>9}{row['p50_ms']:>9}{row['p95_ms']:>9}")
        print(
            f"{figures['users']} users in {figures['seconds']} s, {figures['documents_per_second']} documents/s; "
            f"{figures['wrong']} documents are wrong; p95 beside it is {ratio['undisturbed']} times the undisturbed "
            f"one, and {ratio['between']} times that between"
        )
    if figures["wrong"] or figures["failed"]:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
