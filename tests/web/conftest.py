"""The whole application in this process, on a simulated database and a real loopback socket."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx
import pytest
from mongomock_motor import AsyncMongoMockClient
from tornado.httpserver import HTTPServer
from tornado.testing import bind_unused_port

from scimserver.service.application import Application
from scimserver.settings import load
from scimserver.store.driver import Database
from scimserver.web.server import http_server

PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
USER = "urn:ietf:params:scim:schemas:core:2.0:User"


@dataclass
class Site:
    """One workspace of its own on a running server."""

    app: Application
    http: HTTPServer
    port: int
    slug: str
    token: str
    token_id: str

    @property
    def origin(self) -> str:
        """Scheme, host and port."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def path(self) -> str:
        """Path of the Tenant URL."""
        return f"/t/{self.slug}/scim/v2"

    def client(self, token: str | None = None) -> httpx.AsyncClient:
        """A client below the Tenant URL with the workspace's token, or the given one."""
        headers = {"Authorization": f"Bearer {token or self.token}", "Content-Type": "application/scim+json"}
        return self.anonymous(f"{self.path}/", headers)

    def anonymous(self, path: str = "", headers: dict[str, str] | None = None) -> httpx.AsyncClient:
        """A client without a token, below the origin."""
        # Without certificates to read, a client is made in no time.
        return httpx.AsyncClient(base_url=f"{self.origin}{path}", headers=headers, timeout=10, verify=False)

    async def new_token(self, expires: datetime | None = None) -> tuple[str, str]:
        """Make another token; returns its id and its text."""
        record, text = await self.app.tokens.create(await self.app.workspaces.show(self.slug), expires=expires)
        return record.public_id, text


async def create(client: httpx.AsyncClient, name: str = "ada@larkfield.example", **more: Any) -> dict[str, Any]:
    """Create a user and return it."""
    response = await client.post("Users", json={"schemas": [USER], "userName": name, **more})
    assert response.status_code == 201, response.text
    return dict(response.json())


def patch(**values: Any) -> dict[str, Any]:
    """A PATCH message that replaces these attributes."""
    return {"schemas": [PATCH_OP], "Operations": [{"op": "replace", "value": values}]}


@pytest.fixture(scope="session")
def application() -> Application:
    """Made once: reading schemas and plugins is the slow part. Tests differ in their workspaces."""
    settings = load(None, security={"secret_key": "only-for-tests-" * 4})
    return Application(settings, Database.wrap(AsyncMongoMockClient(tz_aware=True)["unit"]))


@pytest.fixture(scope="session")
def slugs() -> Iterator[str]:
    """Names of workspaces that were not used before."""
    return (f"larkfield-{number}" for number in range(1, 10_000))


@pytest.fixture
async def site(application: Application, slugs: Iterator[str]) -> AsyncIterator[Site]:
    """A fresh workspace, served until the test ends."""
    await application.migrate()
    slug = next(slugs)
    record, token = await application.tokens.create(await application.workspaces.create(slug))
    http = http_server(application)
    listener, port = bind_unused_port()
    http.add_sockets([listener])
    yield Site(application, http, port, slug, token, record.public_id)
    application.draining = False
    http.stop()
    await http.close_all_connections()
    await application.tokens.close()
    # The simulated database reads every document of a collection for every question: what nobody needs costs the others.
    for collection in ("users", "groups", "resources", "memberships", "changes", "counters"):
        await application.database[collection].delete_many({"ws": record.ws})


@pytest.fixture
async def client(site: Site) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the fresh workspace."""
    async with site.client() as made:
        yield made
