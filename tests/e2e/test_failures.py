"""Kills in the middle of writes, and a database that goes away: nothing acknowledged is lost, nothing is invented."""

import asyncio
import contextlib
import os
import signal
import socket
import time
from collections.abc import Iterator
from typing import Any

import httpx

from . import entra
from .deployment import Deployment


class Writer:
    """Writes as fast as it can and remembers what was acknowledged."""

    def __init__(self) -> None:
        self.created: dict[str, str] = {}
        self.titles: dict[str, str] = {}
        self.members: set[str] = set()
        self.group = ""
        self.statuses: list[int] = []

    async def run(self, client: httpx.AsyncClient, number: int) -> None:
        flat = entra.make_user(number)
        answer = await self._send(client, "POST", "Users", entra.create_body(flat))
        if answer is None or answer.status_code != 201:
            return
        user = answer.json()["id"]
        self.created[user] = str(flat["userName"])
        title = f"Title {number}"
        answer = await self._send(client, "PATCH", f"Users/{user}", entra.patch_body({"title": title}, "legacy"))
        if answer is not None and answer.status_code == 200:
            self.titles[user] = title
        answer = await self._send(client, "PATCH", f"Groups/{self.group}", entra.add_members([user]))
        if answer is not None and answer.status_code == 204:
            self.members.add(user)

    async def _send(self, client: httpx.AsyncClient, method: str, path: str, body: Any) -> httpx.Response | None:
        try:
            response = await client.request(method, path, json=body)
        except httpx.HTTPError:
            return None
        self.statuses.append(response.status_code)
        return response


async def write_until(client: httpx.AsyncClient, writer: Writer, first: int, kill: Any) -> None:
    """Write in parallel; after a second, pull the plug."""

    async def lane(number: int) -> None:
        for step in range(60):
            await writer.run(client, number + step * 4)

    lanes = [asyncio.create_task(lane(first + n)) for n in range(4)]
    await asyncio.sleep(1.0)
    kill()
    await asyncio.gather(*lanes)


async def check_everything_acknowledged_is_there(client: httpx.AsyncClient, writer: Writer) -> None:
    listed: dict[str, dict[str, Any]] = {}
    total = None
    while total is None or len(listed) < total:
        page = (await client.get("Users", params={"startIndex": len(listed) + 1, "count": 200})).json()
        total = page["totalResults"]
        assert page["Resources"], f"totalResults says {total}, the pages hold {len(listed)}"
        listed |= {r["id"]: r for r in page["Resources"]}
    assert writer.created.keys() <= listed.keys()
    for user, name in writer.created.items():
        flat = entra.read_back(listed[user])
        assert flat["userName"] == name
        whole = entra.make_user(int(name[4:8]))
        assert {k: v for k, v in flat.items() if k != "title"} == {k: v for k, v in whole.items() if k != "title"}
        if user in writer.titles:
            assert flat["title"] == writer.titles[user]
        (found,) = (await client.get("Users", params={"filter": f'userName eq "{name}"'})).json()["Resources"]
        assert found["id"] == user
    members = {m["value"] for m in (await client.get(f"Groups/{writer.group}")).json()["members"]}
    assert writer.members <= members
    assert members <= listed.keys(), "a membership of a user that does not exist"
    in_group = {i for i, r in listed.items() if any(g["value"] == writer.group for g in r.get("groups", []))}
    assert in_group == members


async def test_nothing_acknowledged_is_lost_when_server_and_database_are_killed(fresh: Deployment) -> None:
    writer = Writer()
    async with fresh.client() as client:
        writer.group = (await client.post("Groups", json=entra.group_body("Everyone", "g-1"))).json()["id"]
        await write_until(client, writer, 0, fresh.kill)
    assert writer.created, "the test must have written something before the kill"
    fresh.start()
    async with fresh.client() as client:
        await check_everything_acknowledged_is_there(client, writer)
        before = len(writer.created)
        await write_until(client, writer, 1000, lambda: os.kill(fresh.database_pid(), signal.SIGKILL))
        await wait_until_served(client)
        await check_everything_acknowledged_is_there(client, writer)
    assert len(writer.created) > before
    assert set(writer.statuses) <= {200, 201, 204, 503}, "only success or 503 while the database is away"


async def wait_until_served(client: httpx.AsyncClient, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if (await client.get("Users", params={"count": 1})).status_code == 200:
            return
        await asyncio.sleep(0.2)
    raise AssertionError("the service did not resume by itself")


@contextlib.contextmanager
def database_away(deployment: Deployment) -> Iterator[None]:
    """Kill the database, and sit on its port so that it cannot come back; what connects there gets no answer."""
    state = deployment.database_state()
    os.kill(state["pid"], signal.SIGKILL)
    with socket.socket() as squatter:
        squatter.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        deadline = time.monotonic() + 5
        while True:
            try:
                squatter.bind(("127.0.0.1", state["port"]))
                break
            except OSError:
                assert time.monotonic() < deadline
                # The one killed may be gone already, and the next one not yet be named in the file.
                with contextlib.suppress(ProcessLookupError):
                    os.kill(deployment.database_state()["pid"], signal.SIGKILL)
        squatter.listen()
        yield


async def test_database_away_is_503_and_never_an_empty_list(fresh: Deployment) -> None:
    async with fresh.client() as client:
        created = await client.post("Users", json=entra.create_body(entra.make_user(1)))
        assert created.status_code == 201
        address = f"Users/{created.json()['id']}"
        with database_away(fresh):
            requests = [
                client.get("Users", params={"filter": 'userName eq "user0001@larkfield.example"'}),
                client.get("Users", params={"filter": 'userName eq "nobody@larkfield.example"'}),
                client.get("Users"),
                client.get(address),
                client.post("Users", json=entra.create_body(entra.make_user(2))),
                client.patch(address, json=entra.patch_body({"title": "Lost"}, "legacy")),
                client.delete(address),
            ]
            for response in await asyncio.gather(*requests):
                assert response.status_code == 503, response.text
                assert int(response.headers["Retry-After"]) > 0
                assert response.headers["Content-Type"].startswith("application/scim+json")
                body = response.json()
                assert body["status"] == "503" and "database" in body["detail"].lower()
        await wait_until_served(client)
        page = (await client.get("Users")).json()
        assert page["totalResults"] == 1
        assert entra.read_back(page["Resources"][0]) == entra.make_user(1), "nothing of a 503 was written"


async def test_health_stays_up_and_readiness_tells_the_truth(fresh: Deployment) -> None:
    origin = fresh.facts["tenant_url"].partition("/t/")[0]
    async with httpx.AsyncClient(base_url=origin, timeout=30) as client:
        assert (await client.get("/healthz")).json() == {"status": "ok"}
        assert (await client.get("/readyz")).status_code == 200
        with database_away(fresh):
            away = await client.get("/readyz")
            assert away.status_code == 503 and "database" in away.json()["reason"]
            assert (await client.get("/healthz")).status_code == 200
        deadline = time.monotonic() + 30
        while (await client.get("/readyz")).status_code != 200:
            assert time.monotonic() < deadline
            await asyncio.sleep(0.2)


async def test_a_graceful_stop_finishes_what_is_in_flight(fresh: Deployment) -> None:
    async with fresh.client() as client:
        jobs = [
            asyncio.create_task(client.post("Users", json=entra.create_body(entra.make_user(n)))) for n in range(30)
        ]
        await asyncio.wait(jobs, return_when=asyncio.FIRST_COMPLETED)
        status, seconds = await asyncio.to_thread(fresh.stop)
        answers = await asyncio.gather(*jobs, return_exceptions=True)
    assert status == 0 and seconds < 10
    done = [a for a in answers if isinstance(a, httpx.Response) and a.status_code == 201]
    assert all(
        isinstance(a, httpx.HTTPError) or (isinstance(a, httpx.Response) and a.status_code in (201, 503))
        for a in answers
    )
    fresh.start()
    async with fresh.client() as client:
        total = (await client.get("Users", params={"count": 0})).json()["totalResults"]
    assert total >= len(done) > 0


async def test_a_bulk_request_tells_the_truth_when_the_database_is_killed_in_the_middle(fresh: Deployment) -> None:
    operations = [
        {
            "method": "POST",
            "path": "/Users",
            "bulkId": f"b{number}",
            "data": {"userName": f"bulk{number}@larkfield.example"},
        }
        for number in range(900)
    ]
    message = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": operations}
    async with fresh.client() as client:
        bulk = asyncio.create_task(client.post("Bulk", json=message, timeout=90))
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            if (await client.get("Users", params={"count": 0})).json()["totalResults"] >= 50:
                break
        # Stopped first, so that an operation is under way when it is killed: between two of them nobody would notice.
        database = fresh.database_pid()
        os.kill(database, signal.SIGSTOP)
        await asyncio.sleep(0.3)
        os.kill(database, signal.SIGKILL)
        answer = await bulk
        assert answer.status_code == 200
        results = answer.json()["Operations"]
        assert [r["bulkId"] for r in results] == [o["bulkId"] for o in operations]
        assert {r["status"] for r in results} == {"201", "503"}, "killed neither before nor after"
        await wait_until_served(client)
        for number, result in enumerate(results):
            if result["status"] == "201":
                found = (await client.get(result["location"])).json()
                assert found["userName"] == operations[number]["data"]["userName"]  # type: ignore[index]
        again = (await client.post("Bulk", json=message, timeout=90)).json()["Operations"]
        # What was refused is made now; the one that the kill met may be there already.
        made = [(first["status"], second["status"]) for first, second in zip(results, again, strict=True)]
        assert made.count(("503", "409")) <= 1
        assert set(made) <= {("201", "409"), ("503", "201"), ("503", "409")}
        assert (await client.get("Users", params={"count": 0})).json()["totalResults"] == len(operations)
