"""The whole application in this process, served once for all tests of a file; a workspace for each profile."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import count
from typing import Any

import pytest
import pytest_asyncio
from tornado.testing import bind_unused_port

from scimserver.service.application import Application
from scimserver.web.server import http_server
from tests.web.conftest import Site
from tests.web.custom import custom_application

from .cases import PEOPLE, Desk, post

_NUMBERS = count()

Open = Callable[[str], Awaitable[Desk]]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site() -> AsyncIterator[Site]:
    """The application with its own HTTP server; custom types are there for attributes that users do not have."""
    app = custom_application()
    await app.migrate()
    http = http_server(app)
    listener, port = bind_unused_port()
    http.add_sockets([listener])
    yield Site(app, http, port, "", "", "")
    http.stop()
    await http.close_all_connections()
    await app.tokens.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def desk(site: Site, request: pytest.FixtureRequest) -> AsyncIterator[Open]:
    """Returns a function that gives the workspace of a profile, made when it is asked for first."""
    module = request.module.__name__.rpartition(".")[2].replace("_", "-")
    desks: dict[str, Desk] = {}
    async with AsyncExitStack() as stack:

        async def opened(profile: str) -> Desk:
            if profile not in desks:
                desks[profile] = await stack.enter_async_context(open_desk(site, f"{module}-{profile}", profile))
            return desks[profile]

        yield opened


@asynccontextmanager
async def open_desk(site: Site, slug: str, profile: str) -> AsyncIterator[Desk]:
    """Make a workspace of a profile, with its people."""
    app = site.app
    await app.workspaces.create(slug)
    workspace = (await app.workspaces.set(slug, {"profile": profile})).workspace
    record, token = await app.tokens.create(workspace)
    async with Site(app, site.http, site.port, slug, token, record.public_id).client() as client:
        ids = {}
        for name in PEOPLE:
            call = post("Users", userName=f"{name}@larkfield.example")
            ids[name] = (await client.post("Users", json=call.body)).json()["id"]
        yield Desk(client, ids, slug, workspace.id)
    await wipe(app, {"ws": workspace.id})


@pytest_asyncio.fixture(loop_scope="module")
async def tolerant(desk: Open, site: Site) -> AsyncIterator[Desk]:
    """The workspace that tolerates everything."""
    async with cleared(site, await desk("default")) as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="module")
async def strict(desk: Open, site: Site) -> AsyncIterator[Desk]:
    """The workspace that reads to the letter."""
    async with cleared(site, await desk("strict")) as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="module", params=["default", "entra"])
async def entra(desk: Open, site: Site, request: pytest.FixtureRequest) -> AsyncIterator[Desk]:
    """A workspace for any identity provider, and one for Entra ID only."""
    async with cleared(site, await desk(request.param)) as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="module", params=["default", "strict"])
async def either(desk: Open, site: Site, request: pytest.FixtureRequest) -> AsyncIterator[Desk]:
    """Each of the two in turn: what the RFC has is the same in both."""
    async with cleared(site, await desk(request.param)) as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="module", params=["default", "strict"])
async def fresh(site: Site, request: pytest.FixtureRequest) -> AsyncIterator[Desk]:
    """The same as a workspace of one's own, for what is about everything that there is."""
    async with open_desk(site, f"fresh-{next(_NUMBERS)}", request.param) as made:
        yield made


@asynccontextmanager
async def cleared(site: Site, desk: Desk) -> AsyncIterator[Desk]:
    """Remove what a test has left, behind the server's back: a simulated database reads all of it for every question."""
    yield desk
    await wipe(site.app, {"ws": desk.ws, "_id": {"$nin": list(desk.people.values())}})
    desk.forget()


async def wipe(app: Application, condition: dict[str, Any]) -> None:
    """Remove documents from all collections of resources."""
    for collection in ("users", "groups", "resources", "memberships", "changes"):
        await app.database[collection].delete_many(condition)
