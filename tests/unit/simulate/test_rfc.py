"""Entra's cycles in the RFC's shapes: what a server says of itself decides how it is asked."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from scimserver.simulate.compare import compare
from scimserver.simulate.cycle import ConnectionFailed
from scimserver.simulate.entra.dialect_rfc import Rfc
from scimserver.simulate.entra.rfc import RfcService, judge_by_the_rfc
from scimserver.simulate.journal import Journal
from scimserver.simulate.mapping.mapping import Attribute, Mapping
from scimserver.simulate.mapping.scoping import Scope
from scimserver.simulate.mapping.targets import ENTERPRISE
from scimserver.simulate.progress import Progress
from scimserver.simulate.source.directory import Change, Directory
from scimserver.simulate.state import State
from scimserver.simulate.wire import Answer, Request, Retries, Wire

from .fake_server import LIST, URL, FakeServer, Scripted, refuse
from .people import person, source, team

CORE = "urn:ietf:params:scim:schemas:core:2.0"
MAPPING = Mapping(
    users=(
        Attribute("userName", source="userPrincipalName", matching=1),
        Attribute("active", source="accountEnabled", type="boolean"),
        Attribute('emails[type eq "work"].value', source="mail"),
        Attribute("title", source="jobTitle"),
        Attribute(f"{ENTERPRISE}:department", source="department"),
        Attribute(f"{ENTERPRISE}:manager", source="manager", reference=True),
    ),
    groups=(
        Attribute("displayName", source="displayName", matching=1),
        Attribute("members", source="members", reference=True),
    ),
    scope=Scope(),
)
USER_ATTRIBUTES = ("userName", "active", "title", "emails.value")


def schema(urn: str, *names: str) -> dict[str, Any]:
    attributes: dict[str, dict[str, Any]] = {}
    for name in names:
        first, _, sub = name.partition(".")
        attribute = attributes.setdefault(first, {"name": first, "subAttributes": []})
        attribute["subAttributes"] += [{"name": sub}] if sub else []
    return {"id": urn, "attributes": list(attributes.values())}


def says(
    *, patch: bool = True, filters: bool = True, users: tuple[str, ...] = USER_ATTRIBUTES, enterprise: bool = True
) -> Scripted:
    """Let the server describe itself."""
    schemas = [schema(f"{CORE}:User", *users), schema(f"{CORE}:Group", "displayName", "members")]
    schemas += [schema(ENTERPRISE, "department", "manager")] if enterprise else []
    config = {"patch": {"supported": patch}, "filter": {"supported": filters, "maxResults": 200}}

    def answer(request: httpx.Request) -> httpx.Response | None:
        if request.url.path.endswith("/ServiceProviderConfig"):
            return httpx.Response(200, json=config)
        if request.url.path.endswith("/Schemas"):
            body = {"schemas": [LIST], "totalResults": len(schemas), "Resources": schemas}
            return httpx.Response(200, json=body)
        if not filters and "filter" in request.url.params:
            return httpx.Response(400, json={"detail": "no filters here"})
        return httpx.Response(501) if request.method == "PATCH" and not patch else None

    return answer


@asynccontextmanager
async def service(server: FakeServer, directory: Directory, mapping: Mapping = MAPPING) -> AsyncIterator[RfcService]:
    journal = Journal()
    wire = Wire(URL, "secret", journal=journal, parallel=1, retries=Retries(1), transport=server.transport())
    async with wire:
        state = State("entra", URL, directory)
        yield RfcService(wire, directory, mapping, mapping.scope, state, Rfc(), journal, Progress(False))


async def test_a_server_without_patch_gets_put() -> None:
    server = FakeServer()
    server.scripted.append(says(patch=False))
    ines, bea = person("ines", department="Survey"), person("bea", manager="p-ines")
    works = team("Harbour Works", "ines", "bea")
    directory = source(ines, bea, works)
    async with service(server, directory) as running:
        await running.initial_cycle()
        ines.update(jobTitle="Pilot", department="Pilotage")
        bea.update(accountEnabled=False)
        works["members"] = ["p-bea"]
        await running.incremental_cycle([Change("update", key) for key in (ines.id, bea.id, works.id)])
        assert await compare(running.wire, directory, running.mapping, running.scope, running.state) == []
        ids = running.state.ids
    assert {method for method, _, _ in server.writes()} == {"POST", "PUT"}
    assert server.users[ids["p-ines"]]["title"] == "Pilot"
    assert server.users[ids["p-bea"]]["active"] is False
    assert server.groups[ids[works.id]]["members"] == [{"value": ids["p-bea"]}]


async def test_a_server_with_patch_gets_patch() -> None:
    server = FakeServer()
    server.scripted += [says(), lambda r: httpx.Response(204) if r.method == "PATCH" else None]
    ines = person("ines")
    async with service(server, source(ines)) as running:
        await running.initial_cycle()
        ines["jobTitle"] = "Pilot"
        await running.incremental_cycle([Change("update", ines.id)])
    method, _, body = server.writes()[-1]
    assert (method, body["Operations"]) == ("PATCH", [{"op": "add", "path": "title", "value": "Pilot"}])


async def test_a_server_without_filters_is_listed_once_a_cycle() -> None:
    server = FakeServer()
    server.scripted.append(says(filters=False))
    server.users["u_1"] = {"id": "u_1", "userName": "INES@larkfield.example", "active": True, "emails": [{"type": "work", "value": "ines@larkfield.example"}]}  # fmt: skip
    for number in range(2, 130):
        server.users[f"u_{number}"] = {"id": f"u_{number}", "userName": f"user{number}"}
    server.scripted.append(lambda r: httpx.Response(204) if r.method == "PATCH" else None)
    async with service(server, source(person("bea"), person("ines"))) as running:
        await running.initial_cycle()
        assert running.state.ids["p-ines"] == "u_1"
        server.users["u_130"] = {"id": "u_130", "userName": "tom@larkfield.example"}
        running.directory.people["p-tom"] = person("tom")
        await running.incremental_cycle([Change("create", "p-tom")])
        assert running.state.ids["p-tom"] == "u_130"
    pages = [path for path in server.reads() if path.startswith("/Users?startIndex=")]
    assert pages == ["/Users?startIndex=1&count=100", "/Users?startIndex=101&count=100"] * 2
    assert len(server.users) == 131


async def test_what_is_not_published_is_not_sent_and_not_missed() -> None:
    server = FakeServer()
    server.scripted.append(says(users=("userName", "active"), enterprise=False))
    directory = source(person("ines", department="Survey", jobTitle="Pilot"))
    async with service(server, directory) as running:
        await running.initial_cycle()
        assert await compare(running.wire, directory, running.mapping, running.scope, running.state) == []
        told = [count for count in running.journal.summary().counts if count.result == "skipped"]
    assert server.writes()[0][2] == {"schemas": [f"{CORE}:User"], "userName": "ines@larkfield.example", "active": True}
    assert [(count.phase, count.count) for count in told] == [("discovery", 4)]


async def test_a_server_whose_users_cannot_be_found_again_is_refused() -> None:
    server = FakeServer()
    server.scripted.append(says(users=("title",)))
    async with service(server, source(person("ines"))) as running:
        with pytest.raises(ConnectionFailed, match=r"no matching attribute of the users \(userName\)"):
            await running.initial_cycle()


@pytest.mark.parametrize("path", ["/ServiceProviderConfig", "/Schemas"])
async def test_a_server_that_does_not_describe_itself_is_refused(path: str) -> None:
    server = FakeServer()
    server.scripted += [refuse("GET", path, 404, "nothing here"), says()]
    async with service(server, source(person("ines"))) as running:
        with pytest.raises(
            ConnectionFailed, match=rf"GET {path} ended in NotFound: nothing here\. RFC 7644 §4 requires it"
        ):
            await running.test_connection()


def test_an_empty_list_needs_no_resources_and_another_one_does() -> None:
    request = Request("GET", "/Users", {}, frozenset({200}))
    empty = {"schemas": [LIST], "totalResults": 0}
    assert judge_by_the_rfc(request, Answer(200, empty)) == ("", "")
    code, text = judge_by_the_rfc(request, Answer(200, {**empty, "totalResults": 1}))
    assert code
    assert "`Resources` is missing" in text
