"""One thing that a client does which the RFC does not have: the request, its legal form, and what both kinds of
workspace make of it. The cases themselves are in ``corpus``.
"""

from dataclasses import dataclass, field
from typing import Any

import httpx

CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
SAMPLE = "urn:larkfield:params:scim:schemas:core:1.0:Sample"
SAMPLE_EXTENSION = "urn:larkfield:params:scim:schemas:extension:1.0:Sample:required"
PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"

PEOPLE = ("theo", "mia")
"""Users of every workspace; ``{theo}`` stands for an id. ``{id}`` is the resource that a case is about."""


@dataclass(frozen=True)
class Call:
    """A request as a client sends it."""

    method: str
    path: str
    body: Any = None


@dataclass(frozen=True)
class Refused:
    """The answer is an error; ``words`` are in its ``detail``: the attribute and the cure among them."""

    status: int
    scim_type: str
    words: tuple[str, ...]


@dataclass(frozen=True)
class Means:
    """The RFC allows the request, but means something else by it."""

    after: Any


@dataclass(frozen=True)
class Case:
    """A wrong request and the legal one that is meant.

    ``after`` is what is read back in either case: the resource, or the names that a filter finds.
    """

    name: str
    toleration: str
    row: int | None
    before: Call | None
    """Makes the resource that the request is about; None where the request itself creates it."""
    wrong: Call
    legal: Call
    after: Any
    strict: Refused | Means
    beside: tuple[str, ...] = field(default=())
    """Tolerations that would take the request in another way if only the one it needs were off."""

    def __str__(self) -> str:
        return f"{self.toleration}: {self.name}"


def post(endpoint: str, **body: Any) -> Call:
    """Create a resource; ``schemas`` are right unless they are given."""
    return Call("POST", endpoint, with_schemas(endpoint, body))


def put(endpoint: str, **body: Any) -> Call:
    """Replace the resource of the case."""
    return Call("PUT", f"{endpoint}/{{id}}", with_schemas(endpoint, body))


def patch(endpoint: str, *operations: dict[str, Any]) -> Call:
    """Change the resource of the case."""
    return Call("PATCH", f"{endpoint}/{{id}}", {"schemas": [PATCH_OP], "Operations": list(operations)})


def find(endpoint: str, text: str) -> Call:
    """Ask by a filter."""
    return Call("GET", endpoint, text)


def with_schemas(endpoint: str, body: dict[str, Any]) -> dict[str, Any]:
    """Return a body with the URNs of what is in it, in front."""
    own = {"Users": CORE, "Groups": GROUP, "Samples": SAMPLE}[endpoint]
    return {"schemas": [own, *(name for name in body if ":" in name)], **body}


def add(path: str, value: Any) -> dict[str, Any]:
    return {"op": "add", "path": path, "value": value}


def replace(path: str, value: Any) -> dict[str, Any]:
    return {"op": "replace", "path": path, "value": value}


def remove(path: str, **value: Any) -> dict[str, Any]:
    return {"op": "remove", "path": path, **value}


def legacy(path: str, value: Any) -> dict[str, Any]:
    """A replace in the dialect that Entra has without its flag."""
    return {"op": "Replace", "path": path, "value": value}


def merge(**values: Any) -> dict[str, Any]:
    """A replace without a path."""
    return {"op": "replace", "value": values}


INES = post("Users", userName="ines@larkfield.example")
CREW = post("Groups", displayName="Crew")


class Desk:
    """One workspace with its people, where requests are sent."""

    def __init__(self, client: httpx.AsyncClient, people: dict[str, str], slug: str = "", ws: str = "") -> None:
        self.client = client
        self.slug = slug
        self.ws = ws
        self.people = people
        self.ids = dict(people)
        """Name → id, of the people and of the resource that was created last, which is ``id``."""

    async def create(self, call: Call) -> dict[str, Any]:
        """Create a resource and return it as it was answered."""
        answer = await self.send(call)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    async def send(self, call: Call) -> httpx.Response:
        """Send a request with ids in the place of names; a resource that it creates becomes that of the case."""
        path = self.named(call.path)
        if call.method == "GET":
            return await self.client.get(path, params={"filter": self.named(call.body)})
        answer = await self.client.request(call.method, path, json=self.named(call.body))
        if answer.status_code == 201:
            self.ids["id"] = answer.json()["id"]
        return answer

    async def outcome(self, call: Call, answer: httpx.Response) -> Any:
        """Return what the request has led to: the names found, or the resource as it is read back."""
        assert answer.status_code < 300, answer.text
        if call.method == "GET":
            listed = answer.json()
            assert listed["totalResults"] == len(listed["Resources"])
            return sorted(r.get("userName") or r["displayName"] for r in listed["Resources"])
        return await self.read(call.path.partition("/")[0])

    async def read(self, endpoint: str) -> Any:
        """Return the resource of the case with names in the place of ids, without what the server adds.

        What it adds is checked: ``schemas`` name exactly what is there, a reference leads to whom it names.
        """
        answer = await self.client.get(f"{endpoint}/{self.ids['id']}")
        assert answer.status_code == 200, answer.text
        read = answer.json()
        own = with_schemas(endpoint, {})["schemas"]
        assert read["schemas"] == own + [name for name in read if ":" in name]
        names = {i: f"{{{name}}}" for name, i in self.ids.items()}
        return _plain({n: v for n, v in read.items() if n not in ("id", "meta", "schemas")}, names)

    async def exists(self, call: Call) -> bool:
        """Tell whether a refused create has left something behind."""
        name = "userName" if call.path == "Users" else "displayName" if call.path == "Groups" else "name"
        found = await self.client.get(call.path, params={"filter": f'{name} eq "{call.body[name]}"'})
        return bool(found.json()["totalResults"])

    def forget(self) -> None:
        """Know only the people again."""
        self.ids = dict(self.people)

    def named(self, sent: Any) -> Any:
        """Return a request with ids in the place of names."""
        if isinstance(sent, dict):
            return {self.named(name): self.named(value) for name, value in sent.items()}
        if isinstance(sent, list):
            return [self.named(value) for value in sent]
        if isinstance(sent, str):
            for name, found in self.ids.items():
                sent = sent.replace(f"{{{name}}}", found)
        return sent


def _plain(read: Any, names: dict[str, str]) -> Any:
    """Put names in the place of ids and leave out ``$ref``, which must be right."""
    if isinstance(read, dict):
        if "$ref" in read:
            assert read["$ref"].endswith(f"/{read['value']}")
        plain = {name: _plain(value, names) for name, value in read.items() if name != "$ref"}
        if "members" in plain:
            plain["members"].sort(key=lambda member: member["value"])  # members have no order
        return plain
    if isinstance(read, list):
        return [_plain(value, names) for value in read]
    return names.get(read, read) if isinstance(read, str) else read


def refusal(answer: httpx.Response) -> tuple[int, str | None]:
    """Return status and scimType of an answer that must be a SCIM error."""
    told = answer.json()
    assert told["schemas"] == [ERROR] and told["status"] == str(answer.status_code), answer.text
    return answer.status_code, told.get("scimType")
