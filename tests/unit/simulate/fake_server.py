"""A SCIM server of a few lines, for the simulator's own tests: it believes everything and writes down what it was asked."""

import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

import httpx

URL = "https://scim.example.net/t/larkfield/scim/v2"
LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"

Answer = tuple[int, Any]
Scripted = Callable[[httpx.Request], "httpx.Response | None"]


class FakeServer:
    """Holds users and groups by id. ``scripted`` may answer a request first; None leaves it to the server."""

    def __init__(self) -> None:
        self.held: dict[str, dict[str, dict[str, Any]]] = {"Users": {}, "Groups": {}}
        self.asked: list[tuple[str, str, Any]] = []
        """Method, path with query as it came, and body."""
        self.agents: set[str] = set()
        self.scripted: list[Scripted] = []
        self.page = 1000

    @property
    def users(self) -> dict[str, dict[str, Any]]:
        return self.held["Users"]

    @property
    def groups(self) -> dict[str, dict[str, Any]]:
        return self.held["Groups"]

    def transport(self) -> httpx.MockTransport:
        return httpx.MockTransport(self.answer)

    def writes(self) -> list[tuple[str, str, Any]]:
        return [request for request in self.asked if request[0] != "GET"]

    def reads(self) -> list[str]:
        return [path for method, path, _ in self.asked if method == "GET"]

    def answer(self, request: httpx.Request) -> httpx.Response:
        path = request.url.raw_path.decode().removeprefix("/t/larkfield/scim/v2")
        body = json.loads(request.content) if request.content else None
        self.asked.append((request.method, path, body))
        self.agents.add(request.headers["User-Agent"])
        for scripted in self.scripted:
            response = scripted(request)
            if response is not None:
                return response
        status, content = self._do(request, path, body)
        return httpx.Response(status, json=content) if content is not None else httpx.Response(status)

    def _do(self, request: httpx.Request, path: str, body: Any) -> Answer:
        endpoint, _, id_ = path.partition("?")[0].lstrip("/").partition("/")
        resources = self.held[endpoint]
        if request.method == "POST":
            made = f"{endpoint[0].lower()}_new{len(self.asked)}"
            resources[made] = {**body, "id": made, "meta": {"resourceType": endpoint.rstrip("s")}}
            resources[made].pop("password", None)
            return 201, resources[made]
        if not id_:
            return 200, self._list(list(resources.values()), request)
        if id_ not in resources:
            return 404, {"status": "404", "detail": f"no {id_}"}
        if request.method == "DELETE":
            del resources[id_]
            return 204, None
        if request.method == "PUT":
            resources[id_] = {**body, "id": id_}
        if request.method == "PATCH":
            for operation in body["Operations"]:
                self.apply(resources[id_], operation)
        return 200, resources[id_]

    def apply(self, resource: dict[str, Any], operation: dict[str, Any]) -> None:
        """Carry out one operation of a PATCH."""
        _apply(resource, operation)

    def _list(self, resources: list[dict[str, Any]], request: httpx.Request) -> dict[str, Any]:
        params = request.url.params
        if "filter" in params:
            path, value = params["filter"].split(" eq ")
            resources = [r for r in resources if str(r.get(path)).lower() == json.loads(value).lower()]
        start, count = int(params.get("startIndex", 1)), min(int(params.get("count", 100)), self.page)
        page = resources[start - 1 : start - 1 + count]
        return {
            "schemas": [LIST],
            "totalResults": len(resources),
            "startIndex": start,
            "itemsPerPage": len(page),
            "Resources": page,
        }


def _apply(resource: dict[str, Any], operation: dict[str, Any]) -> None:
    """The PATCH forms that Okta sends, no others."""
    members = resource.setdefault("members", []) if "members" in operation.get("path", "") else []
    match operation:
        case {"op": "replace", "value": dict(values)} if "path" not in operation:
            for name, value in values.items():
                if isinstance(value, dict):
                    resource.setdefault(name, {}).update(value)
                else:
                    resource[name] = value
        case {"op": "add", "path": "members", "value": new}:
            members.extend(new)
        case {"op": "replace", "path": "members", "value": new}:
            members[:] = new
        case {"op": "remove", "path": path}:
            gone = re.fullmatch(r'members\[value eq "(.+)"\]', unquote(path))
            assert gone, path
            members[:] = [member for member in members if member["value"] != gone[1]]
        case _:
            raise AssertionError(operation)


def refuse(method: str, path: str, status: int, detail: str, **headers: str) -> Scripted:
    """Answer such requests with an error."""

    def scripted(request: httpx.Request) -> httpx.Response | None:
        if request.method == method and request.url.path.endswith(path):
            return httpx.Response(status, json={"status": str(status), "detail": detail}, headers=headers)
        return None

    return scripted
