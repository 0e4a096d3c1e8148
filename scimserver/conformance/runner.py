"""Replays dialogues against a server and says exactly where it answers otherwise.

Knows nothing of the dialogues' subject: any folder in the form of README.md can be replayed.
"""

import gzip
import json
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import httpx

from .answers import problems
from .fixture import Actor, Dialogue, Exchange, Request, Response, grown
from .patterns import BOUND_BY_SERVER, MISSING, bind, differences, fill
from .published import SERVICE_SCHEMAS, Published

SCIM_JSON = "application/scim+json"
TIMEOUT_SECONDS = 30
SHOWN = 3000
"""Characters of an answer that a failure shows."""


class DialogueFailed(AssertionError):
    """The server answered something else; the text has the request, the differences and the answer."""


@dataclass(frozen=True, slots=True)
class Server:
    """Where to replay: an empty workspace of a running server."""

    url: str
    """SCIM base where the server is reached, without a trailing slash."""
    token: str
    tenant_url: str
    """SCIM base as the server writes it into ``meta.location``."""
    transport: httpx.AsyncBaseTransport | None = field(default=None, kw_only=True)
    """What carries the requests; None: a plain one, which trusts every certificate."""

    def client(self) -> httpx.AsyncClient:
        """A client without any header of its own: a dialogue says what is sent."""
        # Without certificates to read, a client is made in no time.
        return httpx.AsyncClient(timeout=TIMEOUT_SECONDS, verify=False, transport=self.transport)


@dataclass(frozen=True, slots=True)
class Played:
    """One exchange as it went."""

    answer: httpx.Response
    found: list[str]
    """What is wrong with the answer, a line each; empty if all is well."""

    @property
    def request(self) -> str:
        """Method and address of the request."""
        return f"{self.answer.request.method} {self.answer.request.url.raw_path.decode()}"

    def report(self, exchange: Exchange) -> list[str]:
        """Return the lines of a failure: where it comes from, the request, each difference, the answer."""
        if not self.found:
            return []
        lines = [f"  {exchange.source}", f"  {self.request} -> {self.answer.status_code}"]
        if exchange.note:
            lines.append(f"  note: {exchange.note}")
        lines += [f"  - {line}" for line in self.found]
        return [*lines, f"  answer: {self.answer.text[:SHOWN]}"]


Send = Callable[[], Awaitable[httpx.Response]]
"""Sends the request of an exchange, as it is at that moment of the dialogue."""
Before = Callable[[Exchange, Send], Awaitable[Iterable[str]]]
After = Callable[[Exchange], Awaitable[Iterable[str]]]
"""What a test does before or after each exchange besides; it returns what it finds wrong, a line each."""


async def published_by(server: Server) -> Published:
    """Fetch what a server publishes: ``/ResourceTypes``, ``/Schemas``, and the schemas of these documents themselves.

    Raises:
        DialogueFailed: one of them is not there.
    """

    async def fetch(path: str) -> Any:
        answer = await client.get(f"{server.url}{path}", headers={"Authorization": f"Bearer {server.token}"})
        if answer.status_code != 200:
            raise DialogueFailed(f"GET {path}: {answer.status_code} {answer.text[:SHOWN]}")
        return answer.json()

    async with server.client() as client:
        types, schemas = await fetch("/ResourceTypes"), await fetch("/Schemas")
        services = [await fetch(f"/Schemas/{urn}") for urn in SERVICE_SCHEMAS]
    return Published(server.tenant_url, types["Resources"], schemas["Resources"], services)


async def replay(
    dialogue: Dialogue,
    server: Server,
    published: Published,
    *,
    before: Before | None = None,
    after: After | None = None,
) -> None:
    """Play a dialogue; the workspace should be empty. ``before`` and ``after`` look at each exchange of the dialogue.

    Raises:
        DialogueFailed: an answer differs from what the dialogue says, or from what the server publishes.
    """
    names = {BOUND_BY_SERVER: server.tenant_url}
    async with server.client() as client:
        for actor in dialogue.given:
            exchange = creation(actor)
            played = await play(exchange, client, server, published, names)
            _stop_at(played.report(exchange), dialogue, exchange)
        for exchange in dialogue.exchanges:
            if before is not None:
                sender = partial(send, exchange, client, server, names)
                _stop_at(await before(exchange, sender), dialogue, exchange)
            played = await play(exchange, client, server, published, names)
            _stop_at(played.report(exchange), dialogue, exchange)
            if after is not None:
                _stop_at(await after(exchange), dialogue, exchange)


def _stop_at(found: Iterable[str], dialogue: Dialogue, exchange: Exchange) -> None:
    if lines := list(found):
        raise DialogueFailed("\n".join([f"{dialogue.file}: {dialogue.title}: {exchange.title}", *lines]))


def creation(actor: Actor) -> Exchange:
    """Return the exchange that makes a resource of the cast."""
    return Exchange(
        title=f"given {actor.name}",
        source="cast",
        request=Request("POST", actor.endpoint, body=actor.resource),
        response=Response(201, body={"id": f"<id:{actor.name}>", "...": True}),
    )


async def play(
    exchange: Exchange, client: httpx.AsyncClient, server: Server, published: Published, names: dict[str, str]
) -> Played:
    """Send one request, bind in ``names`` what its answer binds, and compare."""
    expected = exchange.response
    sent = _filled(grown(exchange.request.body), names)
    answer = await send(exchange, client, server, names)
    try:
        body: Any = json.loads(answer.content, object_pairs_hook=_object) if answer.content else MISSING
    except ValueError as error:
        return Played(answer, [f"body: {error}: {answer.text[:SHOWN]}"])
    headers = {name: answer.headers.get(name, MISSING) for name in expected.headers}
    bind(dict(expected.headers), headers, names)
    bind(expected.body, body, names)
    found = []
    if answer.status_code != expected.status:
        found.append(f"status: expected {expected.status}, got {answer.status_code}")
    for name, pattern in expected.headers.items():
        found += differences("<absent>" if pattern is None else pattern, headers[name], names, f"header {name}")
    if expected.body is not None:
        found += differences(expected.body, body, names, "body")
    found += problems(exchange, sent, answer, body, published)
    return Played(answer, found)


async def send(
    exchange: Exchange, client: httpx.AsyncClient, server: Server, names: Mapping[str, str]
) -> httpx.Response:
    """Send the request of an exchange, whatever comes back."""
    body = _filled(grown(exchange.request.body), names)
    return await client.send(_http_request(exchange.request, body, client, server, names))


def _http_request(
    request: Request, sent: Any, client: httpx.AsyncClient, server: Server, names: Mapping[str, str]
) -> httpx.Request:
    content = None if sent is None else json.dumps(sent, ensure_ascii=False).encode()
    if request.text is not None:
        content = fill(request.text, names).encode()
    usual = {"Authorization": f"Bearer {server.token}", "Accept": SCIM_JSON, "Accept-Encoding": "identity"}
    if content is not None:
        usual["Content-Type"] = SCIM_JSON
    own = {name: None if value is None else fill(value, names) for name, value in request.headers.items()}
    replaced = {name.lower() for name in own}
    headers = {name: value for name, value in usual.items() if name.lower() not in replaced}
    headers |= {name: value for name, value in own.items() if value is not None}
    if content is not None and "gzip" in headers.get("Content-Encoding", ""):
        content = gzip.compress(content)
    if isinstance(request.query, str):
        query = fill(request.query, names)
    else:
        query = str(httpx.QueryParams({name: fill(value, names) for name, value in request.query.items()}))
    address = server.url + fill(request.path, names) + (f"?{query}" if query else "")
    built = client.build_request(request.method, address, headers=headers, content=content)
    for name in replaced - {name.lower() for name in headers}:
        if name in built.headers:
            del built.headers[name]
    return built


def _filled(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return fill(value, names)
    if isinstance(value, list):
        return [_filled(item, names) for item in value]
    if isinstance(value, dict):
        return {fill(name, names): _filled(item, names) for name, item in value.items()}
    return value


def _object(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Make an object of an answer; a name that is there twice is no JSON that clients agree on."""
    members: dict[str, Any] = {}
    for name, value in pairs:
        if name in members:
            raise ValueError(f"the answer has {name} twice in one object")
        members[name] = value
    return members
