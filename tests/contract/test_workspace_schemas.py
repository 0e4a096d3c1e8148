"""Unique values and keys of a workspace's own attributes, over HTTP and on real unique indexes."""

import asyncio
from collections.abc import AsyncIterator
from types import SimpleNamespace

import httpx
import pytest
from tornado.testing import bind_unused_port

from scimserver.schema.loader import SchemaProblem
from scimserver.service.application import Application
from scimserver.service.schemas import service as schemas
from scimserver.store.driver import Database
from scimserver.web.server import http_server
from tests.badges import BADGE_URN, badges, schema, text, tool
from tests.web.conftest import Site, create
from tests.web.custom import found, made, patch_of, refused

from .office import SETTINGS


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is one process: nobody else has to hear of a change before keys are made."""
    monkeypatch.setattr(schemas, "SETTLE_SECONDS", 0)


@pytest.fixture
async def site(wire_database: Database) -> AsyncIterator[Site]:
    app = Application(SETTINGS, wire_database)
    await app.migrate()
    http = http_server(app)
    listener, port = bind_unused_port()
    http.add_sockets([listener])
    record, token = await app.tokens.create(await app.workspaces.create("larkfield"))
    yield Site(app, http, port, "larkfield", token, record.public_id)
    http.stop()
    await http.close_all_connections()
    await app.tokens.close()


@pytest.fixture
async def client(site: Site) -> AsyncIterator[httpx.AsyncClient]:
    async with site.client() as opened:
        yield opened


async def test_a_unique_value_is_given_once_in_any_letter_case(site: Site, client: httpx.AsyncClient) -> None:
    await site.app.schemas.set(site.slug, [badges(), *tool()])
    await create(client, **{BADGE_URN: {"badgeNumber": "B-1"}})
    ben = await create(client, "ben@larkfield.example", **{BADGE_URN: {"badgeNumber": "B-2"}})
    taken = {"badgeNumber": "b-1"}
    again = await client.post("Users", json={"userName": "c@larkfield.example", BADGE_URN: taken})
    refused(again, 409, "uniqueness", f"`{BADGE_URN}:badgeNumber` already exists in this workspace")
    change = patch_of({"op": "add", "path": f"{BADGE_URN}:badgeNumber", "value": "b-1"})
    refused(await client.patch(f"Users/{ben['id']}", json=change), 409, "uniqueness")
    await made(client, "Tools", {"label": "Hammer"})
    refused(await client.post("Tools", json={"label": "hammer"}), 409, "uniqueness", "`label`")


async def test_another_workspace_has_the_same_value(site: Site, client: httpx.AsyncClient) -> None:
    await site.app.workspaces.create("northgate")
    record, token = await site.app.tokens.create(await site.app.workspaces.show("northgate"))
    for slug in ("larkfield", "northgate"):
        await site.app.schemas.set(slug, tool())
    elsewhere = Site(site.app, site.http, site.port, "northgate", token, record.public_id)
    await made(client, "Tools", {"label": "Hammer"})
    async with elsewhere.client() as other:
        await made(other, "Tools", {"label": "Hammer"})


async def test_of_many_who_write_a_unique_value_at_once_one_gets_it(site: Site, client: httpx.AsyncClient) -> None:
    await site.app.schemas.set(site.slug, badges())
    bodies = [{"userName": f"u{n}@larkfield.example", BADGE_URN: {"badgeNumber": "B-9"}} for n in range(8)]
    answers = await asyncio.gather(*(client.post("Users", json=body) for body in bodies))
    assert sorted(a.status_code for a in answers) == [201] + [409] * 7


async def test_unique_values_are_unique_again_when_a_schema_comes_back(site: Site, client: httpx.AsyncClient) -> None:
    await site.app.schemas.set(site.slug, badges())
    ada = await create(client, **{BADGE_URN: {"badgeNumber": "B-1"}})
    await site.app.schemas.remove(site.slug, BADGE_URN, force=True)
    await client.patch(f"Users/{ada['id']}", json=patch_of({"op": "add", "path": "title", "value": "Pilot"}))
    await site.app.schemas.set(site.slug, badges())
    assert await found(client, "Users", f'{BADGE_URN}:badgeNumber eq "b-1"') == [ada["id"]]
    taken = await client.post("Users", json={"userName": "b@x.example", BADGE_URN: {"badgeNumber": "b-1"}})
    refused(taken, 409, "uniqueness")


async def test_an_attribute_with_data_becomes_keyed_and_unique_when_its_values_allow(
    site: Site, client: httpx.AsyncClient
) -> None:
    await site.app.schemas.set(site.slug, schema(code=text()))
    ada = await create(client, **{BADGE_URN: {"code": "X1"}})
    ben = await create(client, "ben@larkfield.example", **{BADGE_URN: {"code": "x1"}})
    with pytest.raises(SchemaProblem, match=f"cannot become unique: {ada['id']}, {ben['id']}"):
        await site.app.schemas.set(site.slug, schema(code=text(keyed=True, uniqueness="server")))
    assert sorted(await found(client, "Users", f'{BADGE_URN}:code eq "x1"')) == sorted([ada["id"], ben["id"]])
    await site.app.schemas.set(site.slug, schema(code=text(keyed=True)))
    assert sorted(await found(client, "Users", f'{BADGE_URN}:code eq "X1"')) == sorted([ada["id"], ben["id"]])
    version = (await client.get(f"Users/{ben['id']}")).headers["ETag"]
    await client.delete(f"Users/{ada['id']}")
    await site.app.schemas.set(site.slug, schema(code=text(keyed=True, uniqueness="server")))
    assert (await client.get(f"Users/{ben['id']}")).headers["ETag"] == version
    refused(await client.post("Users", json={"userName": "c@x.example", BADGE_URN: {"code": "X1"}}), 409, "uniqueness")
    await site.app.schemas.set(site.slug, schema(code=text(keyed=True, caseExact=True)))
    assert await found(client, "Users", f'{BADGE_URN}:code eq "X1"') == []
    assert await found(client, "Users", f'{BADGE_URN}:code eq "x1"') == [ben["id"]]


async def test_filters_miss_nothing_while_keys_are_being_made(
    site: Site, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    await site.app.schemas.set(site.slug, schema(code=text()))
    ada = await create(client, **{BADGE_URN: {"code": "X1"}})
    halfway = asyncio.Event()
    done = asyncio.Event()

    async def sleep(_: float) -> None:
        halfway.set()
        await done.wait()

    monkeypatch.setattr(schemas, "asyncio", SimpleNamespace(sleep=sleep))
    change = asyncio.create_task(site.app.schemas.set(site.slug, schema(code=text(keyed=True, uniqueness="server"))))
    await halfway.wait()
    monkeypatch.undo()
    assert (await site.app.schemas.list(site.slug))[0]["keys_in_the_making"] == [f"{BADGE_URN}:code"]
    assert await found(client, "Users", f'{BADGE_URN}:code eq "x1"') == [ada["id"]]
    # What is written meanwhile is unique among itself, and collides with the old only now.
    ben = await create(client, "ben@larkfield.example", **{BADGE_URN: {"code": "x1"}})
    done.set()
    with pytest.raises(SchemaProblem, match="a value was written twice meanwhile; the change was taken back"):
        await change
    assert len(await found(client, "Users", f'{BADGE_URN}:code eq "x1"')) == 2
    await client.delete(f"Users/{ben['id']}")
    monkeypatch.setattr(schemas, "SETTLE_SECONDS", 0)
    await site.app.schemas.set(site.slug, schema(code=text(keyed=True, uniqueness="server")))
    assert await found(client, "Users", f'{BADGE_URN}:code eq "x1"') == [ada["id"]]
