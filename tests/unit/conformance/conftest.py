"""A tenant without a network, small enough to be read at a glance, that can be made to misbehave."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from scimserver.conformance.answers import BULK, ERROR, LIST, MEDIA_TYPE
from scimserver.conformance.fixture import Dialogue, Exchange, Request, Response
from scimserver.conformance.published import SERVICE_SCHEMAS
from scimserver.conformance.reading import TOLERANT, Reading
from scimserver.conformance.run import Choice, Report, Target, conformance
from scimserver.conformance.suites import Suite

URL = "https://scim.example/t/larkfield/scim/v2"
TOKEN = "scs_invented_0123456789"
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
SCHEMAS = [
    {
        "id": USER,
        "attributes": [
            {"name": "userName", "type": "string", "required": True},
            {"name": "title", "type": "string"},
            {"name": "active", "type": "boolean"},
        ],
    }
]
ETAG = 'W/"1"'
TYPES = [{"name": "User", "endpoint": "/Users", "schema": USER}]


class Tenant(httpx.AsyncBaseTransport):
    """Users that can be created, read, listed, found by ``sw`` and deleted; ``faults`` answer before it does."""

    def __init__(self) -> None:
        self.users: dict[str, dict[str, Any]] = {}
        self.asked: list[httpx.Request] = []
        self.faults: list[Callable[[httpx.Request], httpx.Response | None]] = []
        self.slow = asyncio.Event()
        """Set while a request to ``/Slow`` waits for ever."""
        self._made = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        self.asked.append(request)
        for fault in self.faults:
            if (answer := fault(request)) is not None:
                return answer
        path = request.url.path.removeprefix("/t/larkfield/scim/v2")
        if path == "/Slow":
            self.slow.set()
            await asyncio.sleep(3600)
        return self._answer(request, path)

    def names(self) -> list[str]:
        return [user["userName"] for user in self.users.values()]

    def add(self, name: str, **more: Any) -> dict[str, Any]:
        self._made += 1
        made = f"u_{self._made}"
        moment = "2031-02-03T09:15:00Z"
        location = f"{URL}/Users/{made}"
        meta = {
            "resourceType": "User",
            "created": moment,
            "lastModified": moment,
            "location": location,
            "version": ETAG,
        }
        self.users[made] = {"schemas": [USER], "id": made, "userName": name, "meta": meta, **more}
        return self.users[made]

    def _answer(self, request: httpx.Request, path: str) -> httpx.Response:
        if request.headers["Authorization"] != f"Bearer {TOKEN}":
            return error(401, "The Secret Token is wrong.")
        known = {"/ResourceTypes": TYPES, "/Schemas": SCHEMAS}
        if path in known:
            return answer(200, {"Resources": known[path]})
        if path.removeprefix("/Schemas/") in SERVICE_SCHEMAS:
            return answer(200, {"id": path.removeprefix("/Schemas/"), "attributes": []})
        if path == "/Bulk":
            return self._bulk(json.loads(request.content))
        if path == "/Users":
            return self._create(json.loads(request.content)) if request.method == "POST" else self._list(request)
        found = self.users.get(path.removeprefix("/Users/"))
        if found is None:
            return error(404, f"{path} does not exist.")
        if request.method == "DELETE":
            del self.users[found["id"]]
            return answer(204)
        return answer(200, found)

    def _create(self, body: dict[str, Any]) -> httpx.Response:
        if not isinstance(body.get("active", True), bool):
            return error(400, "`active`: must be a boolean.", "invalidValue")
        made = self.add(**{"name" if name == "userName" else name: v for name, v in body.items() if name != "schemas"})
        return answer(201, made, Location=made["meta"]["location"])

    def _bulk(self, body: dict[str, Any]) -> httpx.Response:
        made = [self.add(operation["data"]["userName"]) for operation in body["Operations"]]
        results = [{"method": "POST", "status": "201", "location": user["meta"]["location"]} for user in made]
        return answer(200, {"schemas": [BULK], "Operations": results})

    def _list(self, request: httpx.Request) -> httpx.Response:
        begin = request.url.params.get("filter", '"').split('"')[1]
        found = [user for user in self.users.values() if user["userName"].startswith(begin)]
        shown = found[: int(request.url.params.get("count", 100))]
        listed = {"totalResults": len(found), "startIndex": 1, "itemsPerPage": len(shown), "Resources": shown}
        return answer(200, {"schemas": [LIST], **listed})


def answer(status: int, body: Any = None, **headers: str) -> httpx.Response:
    content = b"" if body is None else json.dumps(body).encode()
    sent = {"Content-Type": MEDIA_TYPE, "X-Request-Id": "r-1", "ETag": ETAG, **headers}
    return httpx.Response(status, headers=sent, content=content)


def error(status: int, detail: str, scim_type: str | None = None) -> httpx.Response:
    told = {"schemas": [ERROR], "status": str(status), "detail": detail}
    return answer(status, {**told, "scimType": scim_type} if scim_type else told)


# -- dialogues ---------------------------------------------------------------------------------------------------------


def exchange(title: str, request: Request, response: Response, tolerated: tuple[str, ...] = ()) -> Exchange:
    return Exchange(title, "RFC 7644 §3", request, response, tolerated=tolerated)


def created(name: str, *, bind: str = "", tolerated: tuple[str, ...] = (), **more: Any) -> Exchange:
    body = {"schemas": [USER], "userName": name, **more}
    shown = {"id": f"<id:{bind}>" if bind else "<id>", "...": True}
    return exchange(f"{name} is created", Request("POST", "/Users", body=body), Response(201, body=shown), tolerated)


def read(bound: str, name: str) -> Exchange:
    shown = Response(200, body={"userName": name, "...": True})
    return exchange(f"{bound} is read", Request("GET", f"/Users/{{{bound}}}"), shown)


def listed() -> Exchange:
    return exchange("all are listed", Request("GET", "/Users"), Response(200, body={"...": True}))


def dialogue(*exchanges: Exchange, file: str = "some.json") -> Dialogue:
    return Dialogue(file, "Some dialogue", frozenset(), (), exchanges)


class Silent:
    """Nobody watches."""

    def begin(self, total: int) -> None: ...

    def part(self, name: str) -> None: ...


class Judged:
    """Runs dialogues against the tenant, as if they were the only ones shipped."""

    def __init__(self, tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
        self.tenant = tenant
        self._patch = monkeypatch

    async def __call__(
        self, *dialogues: Dialogue, prefix: str = "", reading: Reading = TOLERANT, token: str = TOKEN
    ) -> Report:
        self._patch.setattr("scimserver.conformance.run.suites", lambda: [Suite("ours", dialogues)])
        target, choice = Target(URL, token, "larkfield", reading), Choice(prefix, frozenset({"ours"}))
        return await conformance(target, choice, Silent(), transport=self.tenant)


@pytest.fixture
def tenant() -> Tenant:
    return Tenant()


@pytest.fixture
def judged(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> Judged:
    return Judged(tenant, monkeypatch)
