"""The whole application in this process, served once for all tests of a file; a workspace for each profile."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager

import httpx
import pytest
import pytest_asyncio
from tornado.testing import bind_unused_port

from scimserver.web.server import http_server
from tests.unit.web.conftest import Site
from tests.unit.web.custom import custom_application

from .cases import PEOPLE, Desk, post

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
                slug = f"{module}-{profile}"
                workspace = await site.app.workspaces.create(slug)
                await site.app.workspaces.set(slug, {"profile": profile})
                record, token = await site.app.tokens.create(workspace)
                served = Site(site.app, site.http, site.port, slug, token, record.public_id)
                client = await stack.enter_async_context(served.client())
                desks[profile] = await staffed(client)
            return desks[profile]

        yield opened


async def staffed(client: httpx.AsyncClient) -> Desk:
    """Return a desk in a workspace that has its people."""
    ids = {}
    for name in PEOPLE:
        call = post("Users", userName=f"{name}@larkfield.example")
        ids[name] = (await client.post("Users", json=call.body)).json()["id"]
    return Desk(client, ids)


@pytest_asyncio.fixture(loop_scope="module")
async def tolerant(desk: Open) -> AsyncIterator[Desk]:
    """The workspace that tolerates everything."""
    async with cleared(await desk("default")) as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="module")
async def strict(desk: Open) -> AsyncIterator[Desk]:
    """The workspace that reads to the letter."""
    async with cleared(await desk("strict")) as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="module", params=["default", "strict"])
async def either(desk: Open, request: pytest.FixtureRequest) -> AsyncIterator[Desk]:
    """Each of the two in turn: what the RFC has is the same in both."""
    async with cleared(await desk(request.param)) as opened:
        yield opened


@asynccontextmanager
async def cleared(desk: Desk) -> AsyncIterator[Desk]:
    """Delete what a test has created."""
    yield desk
    await desk.clear()
