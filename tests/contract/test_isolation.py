"""Two workspaces on one server: each is as it would be if it were alone.

Two random configurations with colliding names (schemas, attributes, resource types, people, groups) are worked on in
turns. Every answer, document and log entry of each workspace must equal what the same operations give on a server of its
own; whatever the one was given out (ids, tokens, cursors, versions) opens nothing of the other.
"""

import asyncio
import json
import re
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Any

import httpx
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from mongomock_motor import AsyncMongoMockClient
from tornado.testing import bind_unused_port

from scimserver.scim.sorting import Place
from scimserver.secret_tokens import new_token
from scimserver.service.application import Application
from scimserver.service.cursors import Cursor, Cursors
from scimserver.service.log_reading import LogReader
from scimserver.settings import load
from scimserver.store.documents import new_id
from scimserver.store.driver import Database
from scimserver.store.embedded import EmbeddedDatabase
from scimserver.web.server import http_server

from .neighbours import (
    CREATES,
    ENDPOINTS,
    EXTENSION,
    ID,
    MOMENT,
    OPERATIONS,
    ORIGIN,
    Operation,
    documents,
    plugin_lists,
)

PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
SECRET_KEY = "only-for-tests-" * 4
SLUGS = ("larkfield", "northgate")
KEPT = (
    "type",
    "v",
    "seq",
    "keys",
    "unique",
    "scim",
    "app",
    "map",
    "grouped",
    "deleted",
    "group",
    "member",
    "data",
    "action",
)
"""Fields of stored documents that are compared."""
STORED = ("users", "groups", "resources", "memberships")

Configuration = tuple[dict[str, Any], list[dict[str, Any]]]
"""The document of a workspace, and another list of plugins for later."""
NewDatabase = Callable[[], AbstractAsyncContextManager[Database]]


@st.composite
def configurations(draw: st.DrawFn) -> Configuration:
    document = draw(documents())
    return document, draw(plugin_lists(document["schemas"]))


CASES = {
    "configurations": st.tuples(configurations(), configurations()),
    "steps": st.tuples(
        st.lists(st.tuples(st.integers(0, 1), CREATES), min_size=6, max_size=10),
        st.lists(st.tuples(st.integers(0, 1), OPERATIONS), min_size=12, max_size=30),
    ).map(lambda steps: steps[0] + steps[1]),
}


def bounded(examples: int) -> settings:
    return settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],  # the assertion names the operation; making the example smaller takes minutes
        suppress_health_check=list(HealthCheck),
    )


class Player:
    """One workspace, what was given out by it, and what it has answered."""

    def __init__(self, app: Application, port: int, slug: str, configuration: Configuration) -> None:
        self.app, self.port, self.slug = app, port, slug
        self.document, self.plugins = configuration
        self.neighbour: Player | None = None
        self.resources: list[tuple[str, str]] = []
        """Endpoint and id of what was created, also if it is deleted."""
        self.versions: dict[str, str] = {}
        self.cursor = ""
        self.token = ""
        self.known: dict[str, str] = {}
        """Id or secret → what stands for it in the transcript."""
        self.counts: Counter[str] = Counter()
        self.transcript: list[Any] = []

    async def begin(self) -> None:
        await self.app.as_code.import_(self.slug, self.document, create=True)
        self.workspace = await self.app.workspaces.show(self.slug)
        record, self.token = await self.app.tokens.create(self.workspace)
        self.known |= {record.public_id: "TOKEN", self.workspace.id: "WORKSPACE"}

    def client(self, token: str) -> httpx.AsyncClient:
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/scim+json", "User-Agent": "probe"}
        base = f"http://127.0.0.1:{self.port}/t/{self.slug}/scim/v2/"
        hooks = {"response": [self.count]}
        return httpx.AsyncClient(base_url=base, headers=headers, event_hooks=hooks, timeout=30, verify=False)

    async def count(self, answer: httpx.Response) -> None:
        self.counts["answers"] += 1

    async def play(self, client: httpx.AsyncClient, operation: Operation) -> None:
        """Do one thing; what came of it goes into the transcript."""
        kind, arguments = operation
        client.headers["X-Request-Id"] = f"request-{len(self.transcript):05}"
        result = await getattr(self, f"do_{kind.replace(' ', '_')}")(client, **arguments)
        self.transcript.append(self.normal([kind, arguments, result]))

    # -- operations ----------------------------------------------------------------------------------------------------

    async def do_create(self, client: httpx.AsyncClient, endpoint: str, body: dict[str, Any]) -> Any:
        answer = await client.post(endpoint, json=body)
        if answer.status_code == 201:
            self.resources.append((endpoint, answer.json()["id"]))
        return self.told(answer)

    async def do_put(self, client: httpx.AsyncClient, number: int, body: dict[str, Any]) -> Any:
        return self.told(await client.put(self.address(number), json=body))

    async def do_patch(
        self, client: httpx.AsyncClient, number: int, path: str, value: Any, flat: bool, condition: str | None
    ) -> Any:
        operation = (
            {"op": "replace", "value": {path: value}} if flat else {"op": "Replace", "path": path, "value": value}
        )
        address = self.address(number)
        tags = {"current": self.versions.get(address, 'W/"1"'), "wrong": 'W/"999"', "foreign": self.foreign_version()}
        headers = {"If-Match": tags[condition]} if condition else {}
        body = {"schemas": [PATCH_OP], "Operations": [operation]}
        return self.told(await client.patch(address, json=body, headers=headers))

    async def do_delete(self, client: httpx.AsyncClient, number: int) -> Any:
        return self.told(await client.delete(self.address(number)))

    async def do_join(self, client: httpx.AsyncClient, group: int, number: int, foreign: bool) -> Any:
        groups = [resource_id for endpoint, resource_id in self.resources if endpoint == "Groups"]
        if not groups:
            return None
        member = self.foreign_resource(number)[1] if foreign else self.address(number).partition("/")[2]
        operation = {"op": "Add", "path": "members", "value": [{"value": member}]}
        body = {"schemas": [PATCH_OP], "Operations": [operation]}
        return self.told(await client.patch(f"Groups/{groups[group % len(groups)]}", json=body))

    async def do_get(self, client: httpx.AsyncClient, number: int, foreign: bool) -> Any:
        answer = await client.get("/".join(self.foreign_resource(number)) if foreign else self.address(number))
        assert not foreign or answer.status_code == 404, answer.text
        return self.told(answer)

    async def do_remove_foreign(self, client: httpx.AsyncClient, number: int) -> Any:
        answer = await client.delete("/".join(self.foreign_resource(number)))
        assert answer.status_code == 404, answer.text
        return self.told(answer)

    async def do_list(self, client: httpx.AsyncClient, endpoint: str, condition: str | None) -> Any:
        return self.told(await client.get(endpoint, params={"filter": condition} if condition else {}))

    async def do_walk(self, client: httpx.AsyncClient, foreign: bool) -> Any:
        if foreign:
            answer = await client.get("Users", params={"cursor": self.foreign_cursor(), "count": "1"})
            assert answer.json().get("scimType") == "invalidCursor", answer.text
        seen, self.cursor = [], ""
        for _ in range(20):
            answer = await client.get("Users", params={"cursor": self.cursor, "count": "1"})
            page = answer.json()
            seen += [resource["id"] for resource in page.get("Resources", ())]
            if not page.get("nextCursor"):
                break
            self.cursor = page["nextCursor"]
        return seen

    async def do_discover(self, client: httpx.AsyncClient, path: str) -> Any:
        return self.told(await client.get(path))

    async def do_token(self, client: httpx.AsyncClient, foreign: bool) -> Any:
        if foreign:
            text = self.neighbour.token if self.neighbour else new_token().text
            async with self.client(text) as stranger:
                stranger.headers["X-Request-Id"] = client.headers["X-Request-Id"]
                answers = [await stranger.get("Users"), await stranger.post("Users", json={"userName": "stranger"})]
            assert {answer.status_code for answer in answers} == {401}
            return [self.told(answer) for answer in answers]
        record, text = await self.app.tokens.create(self.workspace, label="another")
        self.known |= {record.public_id: self.next_name("TOKEN")}
        async with self.client(text) as another:
            another.headers["X-Request-Id"] = client.headers["X-Request-Id"]
            status = (await another.get("Users")).status_code
        return status, [token.label for token in await self.app.tokens.list(self.workspace)]

    async def do_log(self, client: httpx.AsyncClient) -> Any:
        entries: list[dict[str, Any]] = []
        while len(entries) < self.counts["answers"]:  # an answer is sent before its entry is made
            await asyncio.sleep(0)
            await self.app.requests.flush()
            reader = LogReader(self.app.requests.store, self.workspace.id)
            entries = [entry async for entry in reader.past()]
        return [{k: v for k, v in entry.items() if k not in ("at", "position")} for entry in entries]

    async def do_plugins(self, client: httpx.AsyncClient, number: int) -> Any:
        wanted = {**self.document, **({"plugins": self.plugins} if number else {})}
        plan = await self.app.as_code.import_(self.slug, wanted)
        return [str(change) for change in plan.changes], plan.stale

    async def do_preview(
        self, client: httpx.AsyncClient, body: dict[str, Any], number: int, draft: bool, sample: bool
    ) -> Any:
        mapping = [{"settings": {}, **plugin} for plugin in self.plugins] if draft else None
        users = [resource_id for endpoint, resource_id in self.resources if endpoint == "Users"]
        resource_id = users[number % len(users)] if users and number % 2 else None
        if sample:
            return (await self.app.preview.sample(self.slug, mapping, count=3, seed=number)).to_json()
        return (await self.app.preview.preview(self.slug, body, resource_id=resource_id, draft=mapping)).to_json()

    # -- what is compared ----------------------------------------------------------------------------------------------

    async def end(self, client: httpx.AsyncClient) -> None:
        """Look at everything once more, from outside and in the database."""
        for path in ("Schemas", "ResourceTypes", f"Schemas/{EXTENSION}"):
            await self.play(client, ("discover", {"path": path}))
        for endpoint in ("Users", "Groups", *ENDPOINTS):
            await self.play(client, ("list", {"endpoint": endpoint, "condition": None}))
        await self.play(client, ("log", {}))
        self.transcript.append(await self.app.as_code.export(self.slug))
        for collection in STORED:
            found = await self.app.database[collection].find({"ws": self.workspace.id}).to_list(None)
            rows = [self.normal({k: v for k, v in row.items() if k in KEPT}) for row in found]
            self.transcript.append([collection, *sorted(json.dumps(row, sort_keys=True) for row in rows)])

    def told(self, answer: httpx.Response) -> Any:
        """Return what a client sees of an answer, and remember the version of a resource."""
        headers = {k: v for k, v in answer.headers.items() if k in ("etag", "location", "www-authenticate", "allow")}
        if "etag" in headers and answer.request.url.path.count("/") > 4:
            self.versions["/".join(answer.request.url.path.split("/")[-2:])] = headers["etag"]
        return answer.status_code, headers, answer.json() if answer.content else None

    def normal(self, value: Any) -> Any:
        """Return the value without what is another one each time: ids, moments, durations, the port."""
        text = json.dumps(value, default=str)
        for secret, name in self.known.items():
            text = text.replace(secret, name)
        text = ORIGIN.sub("http://origin", MOMENT.sub("MOMENT", text))
        return json.loads(ID.sub(self.name_of, text), object_hook=_without_durations)

    def name_of(self, match: re.Match[str]) -> str:
        """Return what stands for an id: its number in the order in which this workspace has told of it."""
        if match[0] not in self.known:
            self.known[match[0]] = self.next_name("ID")
        return self.known[match[0]]

    def next_name(self, kind: str) -> str:
        self.counts[kind] += 1
        return f"{kind} {self.counts[kind]}"

    def address(self, number: int) -> str:
        return "/".join(self.resources[number % len(self.resources)]) if self.resources else "Users/nobody"

    def foreign_resource(self, number: int) -> tuple[str, str]:
        """Return endpoint and id of a resource of the neighbour; made up if there is none."""
        theirs = [r for r in (self.neighbour.resources if self.neighbour else ()) if r[0] == "Users"]
        found = theirs[number % len(theirs)] if theirs else ("Users", new_id("u"))
        self.known.setdefault(found[1], "FOREIGN")
        return found

    def foreign_cursor(self) -> str:
        """Return a cursor of the neighbour; if there is none, one of this deployment for no query of ours."""
        if self.neighbour and self.neighbour.cursor:
            return self.neighbour.cursor
        return Cursors(SECRET_KEY, 60).seal(Cursor(Place((1,), 0, 1)), b"another query")

    def foreign_version(self) -> str:
        """Return a version that no resource here has reached, as the neighbour's might be."""
        return 'W/"77"'


def _without_durations(value: dict[str, Any]) -> dict[str, Any]:
    return {name: item for name, item in value.items() if name != "ms"}


@asynccontextmanager
async def server(database: Database) -> AsyncIterator[tuple[Application, int]]:
    app = Application(load(None, security={"secret_key": SECRET_KEY}), database)
    await app.migrate()
    http = http_server(app)
    listener, port = bind_unused_port()
    http.add_sockets([listener])
    try:
        yield app, port
    finally:
        http.stop()
        await http.close_all_connections()
        await app.tokens.close()


async def together(
    new_database: NewDatabase, who: dict[int, Configuration], steps: list[tuple[int, Operation]]
) -> dict[int, list[Any]]:
    """Play the steps of these workspaces in turns on one server; returns their transcripts."""
    async with AsyncExitStack() as stack:
        app, port = await stack.enter_async_context(server(await stack.enter_async_context(new_database())))
        players = {n: Player(app, port, SLUGS[n], configuration) for n, configuration in who.items()}
        clients = {}
        for number, player in players.items():
            await player.begin()
            player.neighbour = players.get(1 - number)
            clients[number] = await stack.enter_async_context(player.client(player.token))
        for number, operation in steps:
            if number in players:
                await players[number].play(clients[number], operation)
        for number, player in players.items():
            await player.end(clients[number])
        return {number: player.transcript for number, player in players.items()}


async def check(new_database: NewDatabase, configurations: Any, steps: list[tuple[int, Operation]]) -> None:
    shared = await together(new_database, dict(enumerate(configurations)), steps)
    for number, configuration in enumerate(configurations):
        alone = await together(new_database, {number: configuration}, steps)
        for seen, expected in zip(shared[number], alone[number], strict=True):
            assert seen == expected, SLUGS[number]


@asynccontextmanager
async def simulated() -> AsyncIterator[Database]:
    yield Database.wrap(AsyncMongoMockClient(tz_aware=True)["isolation"])


@bounded(max((settings.default.max_examples if settings.default else 40) // 3, 10))
@given(**CASES)
async def test_a_workspace_is_as_if_it_were_alone(configurations: Any, steps: list[tuple[int, Operation]]) -> None:
    await check(simulated, configurations, steps)


@bounded(3)
@given(**CASES)
async def test_a_workspace_is_as_if_it_were_alone_on_a_real_server(
    engine: EmbeddedDatabase, configurations: Any, steps: list[tuple[int, Operation]]
) -> None:
    @asynccontextmanager
    async def real() -> AsyncIterator[Database]:
        database = Database.connect(engine.url, f"isolation_{new_id('x')[2:]}", driver="pymongo")
        yield database
        await database.drop()
        await database.close()

    await check(real, configurations, steps)
