"""Over HTTP: a plugin that does its worst ends its own write; the provisioning log names it."""

import asyncio
import copy
from collections.abc import AsyncIterator
from types import ModuleType
from typing import Any

import httpx
import pytest
from mongomock_motor import AsyncMongoMockClient
from tornado.testing import bind_unused_port

from scimserver.service.application import Application
from scimserver.service.log_reading import LogReader
from scimserver.settings import load
from scimserver.store.driver import Database
from scimserver.web.server import http_server
from tests import hostile

from .conftest import USER, Site, create, patch

BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"


GUARD = """
from scimserver import errors
from scimserver.hookspecs import PluginInfo, hookimpl

@hookimpl
def scim_plugin_info():
    return PluginInfo("guard")

@hookimpl
def scim_validate(resource):
    title = resource.get("title")
    if title == "taken":
        raise errors.InvalidValue("`title`: is taken; choose another.")
    if title == "odd":
        raise errors.Conflict("`jersey`: is no attribute of ours.")
    if title == "wrong":
        raise ValueError("`title`: is wrong.")
"""
LISTENER = """
import asyncio
from scimserver.hookspecs import PluginInfo, hookimpl

TOLD = []

@hookimpl
def scim_plugin_info():
    return PluginInfo("listener", settings_schema={"properties": {"stuck": {"default": False}}})

@hookimpl
async def scim_after_commit(context, events):
    if context.settings["stuck"]:
        await asyncio.Event().wait()
    TOLD.extend((context.workspace, event.action) for event in events)
"""


def install(app: Application) -> None:
    """Add the hostile plugin, one that refuses or fails to, and one that listens."""
    for name, source in (("guard", GUARD), ("listener", LISTENER)):
        module = ModuleType(name)
        exec(source, vars(module))
        app.plugins.register(module, f"{name}.py")
    app.plugins.register(hostile, "hostile.py")


@pytest.fixture(scope="module")
def app() -> Application:
    settings = load(None, security={"secret_key": "only-for-tests-" * 4})
    made = Application(settings, Database.wrap(AsyncMongoMockClient(tz_aware=True)["hostile"]))
    install(made)
    return made


@pytest.fixture
async def sites(app: Application, slugs: Any) -> AsyncIterator[tuple[Site, Site]]:
    """A workspace with the hostile plugin and one with the shipped ones, on one server."""
    await app.migrate()
    http = http_server(app)
    listener, port = bind_unused_port()
    http.add_sockets([listener])
    made = []
    for plugins in ([{"name": "guard"}, {"name": "hostile"}, {"name": "profile"}], None):
        slug = next(slugs)
        record, token = await app.tokens.create(await app.workspaces.create(slug, plugins=plugins))
        made.append(Site(app, http, port, slug, token, record.public_id))
    yield made[0], made[1]
    http.stop()
    await http.close_all_connections()
    await app.tokens.close()
    for collection in ("users", "groups", "memberships", "changes", "counters", "requests"):
        await app.database[collection].delete_many({})


async def documents(app: Application) -> list[dict[str, Any]]:
    return sorted(copy.deepcopy(await app.database["users"].find({}).to_list(None)), key=lambda d: d["_id"])


async def last_entry(site: Site) -> dict[str, Any]:
    await asyncio.sleep(0)
    await site.app.requests.flush()
    ws = (await site.app.workspaces.show(site.slug)).id
    return [entry async for entry in LogReader(site.app.requests.store, ws).past()][-1]


@pytest.mark.parametrize("how", hostile.FAILS)
async def test_a_hostile_mapper_ends_its_own_write_alone(sites: tuple[Site, Site], how: str) -> None:
    site, other = sites
    async with site.client() as client, other.client() as neighbour:
        stored = await create(client, "ada@larkfield.example")
        await create(neighbour, "ada@larkfield.example")
        before = await documents(site.app)
        await site.app.workspaces.set(site.slug, {"hostile.how": how})
        for answer in (
            await client.post("Users", json={"schemas": [USER], "userName": "ines@larkfield.example"}),
            await client.patch(f"Users/{stored['id']}", json=patch(title="Pilot")),
        ):
            assert answer.status_code == 500, answer.text
            assert "The plugin `hostile` of this workspace" in answer.json()["detail"]
        assert await documents(site.app) == before
        entry = await last_entry(site)
        assert (entry["plugin"], entry["resource_id"], entry["status"]) == ("hostile", stored["id"], 500)
        # The next write of the same workspace, of the same resource, and of another workspace.
        await create(client, "spared@larkfield.example")
        await create(neighbour, "ines@larkfield.example")
        await site.app.workspaces.set(site.slug, {"hostile.how": "nothing"})
        assert (await client.patch(f"Users/{stored['id']}", json=patch(title="Pilot"))).status_code == 200


@pytest.mark.parametrize("how", hostile.HARMLESS)
async def test_what_goes_through_leaves_the_resource_as_it_was_sent(sites: tuple[Site, Site], how: str) -> None:
    site, other = sites
    await site.app.workspaces.set(site.slug, {"hostile.how": how})
    async with site.client() as client, other.client() as neighbour:
        user = await create(client, "ada@larkfield.example", title="Pilot")
        assert user["title"] == "Pilot"
        answer = await client.patch(f"Users/{user['id']}", json=patch(displayName="Ada"))
        assert (answer.json()["title"], answer.json()["displayName"]) == ("Pilot", "Ada")
        await create(neighbour, "ada@larkfield.example")


async def test_the_log_names_the_field_that_cannot_be_stored(sites: tuple[Site, Site]) -> None:
    site, _ = sites
    await site.app.workspaces.set(site.slug, {"hostile.how": "an object"})
    async with site.client() as client:
        await client.post("Users", json={"schemas": [USER], "userName": "ada"})
        entry = await last_entry(site)
    assert (entry["plugin"], entry["attribute"]) == ("hostile", "badge.lines.1")


@pytest.mark.parametrize(
    ("title", "status", "scim_type", "attribute"),
    [
        ("taken", 400, "invalidValue", "title"),
        ("odd", 409, None, None),
        ("wrong", 500, None, None),
    ],
)
async def test_the_log_names_the_plugin_that_refused(
    sites: tuple[Site, Site], title: str, status: int, scim_type: str | None, attribute: str | None
) -> None:
    site, _ = sites
    async with site.client() as client:
        answer = await client.post("Users", json={"schemas": [USER], "userName": "ada", "title": title})
        assert (answer.status_code, answer.json().get("scimType")) == (status, scim_type)
        entry = await last_entry(site)
        assert (entry["plugin"], entry.get("attribute")) == ("guard", attribute)
        # What no plugin is to blame for names none.
        await client.post("Users", json={"schemas": [USER]})
        entry = await last_entry(site)
        assert entry["status"] == 400
        assert "plugin" not in entry and "attribute" not in entry


async def test_the_log_of_a_bulk_request_counts_by_plugin(sites: tuple[Site, Site]) -> None:
    site, _ = sites
    operations = [
        {"method": "POST", "path": "/Users", "bulkId": name, "data": {"schemas": [USER], "userName": name, "title": t}}
        for name, t in (("a", "taken"), ("b", "taken"), ("c", "fine"))
    ]
    async with site.client() as client:
        answer = await client.post("Bulk", json={"schemas": [BULK], "Operations": operations})
        assert [one["status"] for one in answer.json()["Operations"]] == ["400", "400", "201"]
        entry = await last_entry(site)
    assert entry["bulk"]["plugins"] == {"guard": 2}


async def test_a_plugin_that_is_taken_away_stops_writes_and_not_reads(app: Application, sites: Any) -> None:
    """The operator limits it to others and restarts: the same database, another process."""
    site, _ = sites
    async with site.client() as client:
        user = await create(client)
    settings = load(None, security={"secret_key": "only-for-tests-" * 4})
    restarted = Application(settings, app.database)
    restarted.plugins._only_for = {"hostile": frozenset({"northgate"})}
    install(restarted)
    http = http_server(restarted)
    listener, port = bind_unused_port()
    http.add_sockets([listener])
    try:
        async with Site(restarted, http, port, site.slug, site.token, site.token_id).client() as client:
            assert (await client.get(f"Users/{user['id']}")).status_code == 200
            answer = await client.patch(f"Users/{user['id']}", json=patch(title="Pilot"))
            assert answer.status_code == 503
            detail = answer.json()["detail"]
            assert "the plugin `hostile` is not installed on this server (installed: " in detail
            assert "`guard`" in detail and detail.count("`hostile`") == 1
            assert isinstance(answer, httpx.Response) and int(answer.headers["Retry-After"]) > 0
    finally:
        http.stop()
        await http.close_all_connections()
        await restarted.tokens.close()


async def test_a_listener_that_never_ends_holds_up_neither_the_feed_nor_another_workspace(
    app: Application, sites: tuple[Site, Site]
) -> None:
    stuck, other = sites
    await app.workspaces.set(stuck.slug, {"plugins": "listener", "listener.stuck": "true"})
    await app.workspaces.set(other.slug, {"plugins": "listener"})
    async with stuck.client() as client, other.client() as neighbour:
        for number in range(3):
            await create(client, f"user{number}@larkfield.example")
            await create(neighbour, f"user{number}@larkfield.example")
            await asyncio.wait_for(app.changes.flush(), 2)
    for site in (stuck, other):
        ws = (await app.workspaces.show(site.slug)).id
        assert len(await app.database["changes"].find({"ws": ws}).to_list(None)) == 3
    assert not await app.deliveries.settle(0.1)
    told = app.plugins._manager.get_plugin("listener").TOLD  # type: ignore[union-attr]
    assert told == [(other.slug, "create")] * 3
    await app.deliveries.stop(0)
    app.deliveries._stopped = False
