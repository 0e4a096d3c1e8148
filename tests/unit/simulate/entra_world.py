"""Entra's service and a server in memory that reads both of its dialects, for the simulator's own tests."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from scimserver.simulate.entra.dialects import Dialect, Legacy
from scimserver.simulate.entra.service import EntraService
from scimserver.simulate.journal import Entry, Journal
from scimserver.simulate.mapping.mapping import Mapping
from scimserver.simulate.mapping.targets import MANAGER, target
from scimserver.simulate.progress import Progress
from scimserver.simulate.source.directory import Change, Directory
from scimserver.simulate.state import State
from scimserver.simulate.wire import Wire

from .fake_server import LIST, URL, Answer, FakeServer


class EntraServer(FakeServer):
    """Answers Entra's questions: value filters, the two terms about a reference, and groups without members."""

    def _do(self, request: httpx.Request, path: str, body: Any) -> Answer:
        status, content = super()._do(request, path, body)
        if request.method == "DELETE":
            gone = path.rpartition("/")[2]
            for group in self.groups.values():
                group["members"] = [member for member in group.get("members", []) if member["value"] != gone]
        if request.method == "PATCH" and status == 200 and path.startswith("/Groups"):
            return 204, None
        return status, content

    def _list(self, resources: list[dict[str, Any]], request: httpx.Request) -> dict[str, Any]:
        condition = request.url.params.get("filter")
        if condition and " and " in condition:
            terms = dict(term.split(" eq ") for term in condition.split(" and "))
            wanted = {name: value.strip('"') for name, value in terms.items()}
            resources = [r for r in resources if r["id"] == wanted["id"] and _refers(r, wanted)]
        elif condition:
            name, _, value = condition.rpartition(" eq ")
            plain = value[1:-1].replace('\\"', '"').replace("\\\\", "\\").casefold()
            resources = [r for r in resources if str(target(name).find(r)).casefold() == plain]
        if request.url.params.get("excludedAttributes") == "members":
            resources = [{k: v for k, v in r.items() if k != "members"} for r in resources]
        return {
            "schemas": [LIST],
            "totalResults": len(resources),
            "startIndex": 1,
            "itemsPerPage": len(resources),
            "Resources": resources,
        }

    def answer(self, request: httpx.Request) -> httpx.Response:
        answer = super().answer(request)
        if request.method == "GET" and request.url.path.count("/Groups/") and answer.status_code == 200:
            return httpx.Response(200, json={k: v for k, v in answer.json().items() if k != "members"})
        return answer

    def apply(self, resource: dict[str, Any], operation: dict[str, Any]) -> None:
        op, path, value = operation["op"].lower(), operation.get("path"), operation.get("value")
        if path is None:
            for name, one in value.items():
                self.apply(resource, {"op": op, "path": name, "value": one})
        elif path.startswith("members"):
            gone = [m["value"] for m in value] if value else [path.split('"')[1]]
            members = [m for m in resource.get("members", []) if m["value"] not in gone]
            resource["members"] = members + (value if op == "add" else [])
        elif "manager" in path:
            target(MANAGER).put(resource, {"value": _manager_id(value)} if op != "remove" else None)
        else:
            target(path).put(resource, {"True": True, "False": False}.get(str(value), value))


def _manager_id(value: Any) -> Any:
    if isinstance(value, list):
        value = value[0]
    return value["value"] if isinstance(value, dict) else value


def _refers(resource: dict[str, Any], wanted: dict[str, str]) -> bool:
    if "manager" in wanted:
        return (target(MANAGER).find(resource) or {}).get("value") == wanted["manager"]
    return wanted["members"] in [m["value"] for m in resource.get("members", [])]


class Memory(Journal):
    """A journal that keeps its entries."""

    def __init__(self) -> None:
        super().__init__()
        self.entries: list[Entry] = []

    def record(self, entry: Entry) -> None:
        super().record(entry)
        self.entries.append(entry)

    def codes(self) -> list[str]:
        return [entry.code for entry in self.entries if entry.code]


@asynccontextmanager
async def entra(
    server: FakeServer,
    directory: Directory,
    dialect: Dialect | None = None,
    state: State | None = None,
    mapping: Mapping | None = None,
) -> AsyncIterator[EntraService]:
    mapping = mapping or Mapping.load(None, "entra")
    journal = Memory()

    async def sleep(seconds: float) -> None:
        pass

    wire = Wire(URL, "secret", journal=journal, parallel=2, transport=server.transport(), sleep=sleep)
    state = state or State("entra", URL, directory)
    async with wire:
        yield EntraService(
            wire, directory, mapping, mapping.scope, state, dialect or Legacy(), journal, Progress(False)
        )


def changed(*keys: str) -> list[Change]:
    return [Change("update", key) for key in keys]
