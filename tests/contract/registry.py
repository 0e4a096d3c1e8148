"""A workspace with a mapping of its own, its documents, and whoever maps them again: for the tests of re-maps."""

import dataclasses
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from scimserver.scim.projection import Projection
from scimserver.service.application import Application
from scimserver.service.context import RequestContext
from scimserver.service.remap import run as remap_run
from scimserver.service.remap.progress import Progress
from scimserver.settings import load
from scimserver.store.documents import Document
from scimserver.store.driver import Database
from scimserver.store.jobs import Job

SLUG = "larkfield"
BASE = f"https://scim.example.net/t/{SLUG}/scim/v2"
TESTS = Path(__file__).parents[1]
FAST = 100_000.0
"""Documents a second: no pauses worth the name."""
PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"

BADGE = """
from collections.abc import Mapping
from typing import Any

from scimserver.hookspecs import MapContext, PluginInfo, hookimpl

SETTINGS = {"type": "object", "properties": {"text": {"type": "string", "default": "one"},
            "fail_on": {"type": "string", "default": ""}}}


@hookimpl
def scim_plugin_info() -> PluginInfo:
    return PluginInfo("badge", "A badge, and what was printed first.", "VERSION", SETTINGS)


@hookimpl
def scim_map(context: MapContext, resource: Mapping[str, Any], stored: Mapping[str, Any] | None) -> dict[str, Any]:
    name = resource.get("userName") or resource.get("displayName")
    if context.settings["fail_on"] and context.settings["fail_on"] in name:
        raise KeyError(name)
    first = (stored or {}).get("first") or context.settings["text"]
    return {"badge": f"{context.settings['text']} {name} {resource.get('title', '')}", "first": first}
"""


@dataclasses.dataclass
class Registry:
    """One process: an application on the database, and the workspace as its requests see it."""

    app: Application
    ctx: RequestContext

    async def see(self) -> None:
        """Let this process learn how the workspace is now."""
        workspace = await self.app.workspaces.active(SLUG)
        self.ctx = dataclasses.replace(self.ctx, workspace=workspace)

    @property
    def ws(self) -> str:
        return self.ctx.workspace.id

    async def create(self, name: str, kind: str = "User", **attributes: Any) -> str:
        """Create a user, a group or a device; returns its id."""
        resource_type = self.app.catalogue.resource_type(kind)
        named: dict[str, Any] = {"userName": name} if kind == "User" else {"displayName": name}
        if kind == "Device":
            named["active"] = True
        body = {"schemas": [resource_type.schema.id], **named, **attributes}
        everything = Projection.parse(None, None, resource_type)
        return str((await self.app.provisioning.create(self.ctx, resource_type, body, everything)).resource["id"])

    async def users(self, count: int) -> list[str]:
        """Create several users."""
        return [await self.create(f"user{n}") for n in range(count)]

    async def patch(self, user: str, **values: Any) -> None:
        """Change attributes of a user, as its identity provider does."""
        operations = [{"op": "replace", "path": name, "value": value} for name, value in values.items()]
        body = {"schemas": [PATCH_OP], "Operations": operations}
        await self.app.provisioning.patch(self.ctx, self.app.catalogue.resource_type("User"), user, body, None)

    async def delete(self, user: str) -> None:
        """Delete a user."""
        await self.app.provisioning.delete(self.ctx, self.app.catalogue.resource_type("User"), user)

    async def set(self, **settings: str) -> None:
        """Change settings of the badge; this process's requests do not see it before :meth:`see`."""
        await self.app.workspaces.set(SLUG, {f"badge.{name}": value for name, value in settings.items()})

    async def remap(self, **options: Any) -> Job:
        """Run a re-map to its end."""
        return await self.app.remaps.follow(await self.begin(**options))

    async def begin(self, **options: Any) -> Job:
        """Queue a re-map."""
        return await self.app.remaps.begin(SLUG, **{"rate": FAST, "by": "command", **options})

    async def document(self, user: str, kind: str = "User") -> Document:
        """Return a document that exists."""
        store = self.app.stores.of(self.app.catalogue.resource_type(kind))
        found = await store.get(self.ws, user)
        assert found is not None
        return found

    async def raw(self, user: str) -> dict[str, Any]:
        """Return a user's document as it lies in the database."""
        found = await self.app.database.users.find_one({"_id": user})
        assert found is not None
        return found

    async def feed(self) -> list[tuple[str, str]]:
        """Return action and id of everything in the change feed, in order, once all that waits has been sent."""
        await self.app.changes.sweep()
        rows = await self.app.database.changes.find({"ws": self.ws}).to_list(None)
        return [(row["action"], row["id"]) for row in sorted(rows, key=lambda row: row["n"])]

    async def check(self) -> None:
        """Every document is what the mapping makes of its resource as it is now, and says so."""
        active = await self.app.workspaces.active(SLUG)
        rows = await self.app.database.users.find({"ws": self.ws, "deleted": None}).to_list(None)
        assert rows
        for document in map(Document.from_bson, rows):
            resource = {"id": document.id, **document.scim}
            assert document.app == active.pipeline.map("User", resource, document.app)
            assert document.map == active.pipeline.revision


async def open_registry(database: Database, folder: Path, *, version: str = "1", create: bool = True) -> Registry:
    """Make the workspace, or open it as another process does, with this version of the plugin installed."""
    plugins = folder / f"plugins-{version}"
    plugins.mkdir(exist_ok=True)
    (plugins / "badge.py").write_text(BADGE.replace("VERSION", version))
    settings = load(
        None,
        security={"secret_key": "only-for-tests-" * 4},
        plugins={"dirs": [plugins], "default": ["badge"]},
        schemas={"files": sorted((TESTS / "devices").glob("*.json"))},
    )
    app = Application(settings, database)
    await app.migrate()
    if create:
        await app.workspaces.create(SLUG)
    return Registry(app, RequestContext(await app.workspaces.active(SLUG), BASE, "request-1", "token-1", "pytest"))


def before(monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, first: Callable[[], Awaitable[Any]]) -> list[Any]:
    """Do something right before the first call of a method; returns a list with the arguments of every call."""
    original, calls = getattr(owner, name), []

    async def wrapper(*args: Any, **kwargs: Any) -> Any:
        calls.append(args)
        if len(calls) == 1:
            await first()
        return await original(*args, **kwargs)

    monkeypatch.setattr(owner, name, wrapper)
    return calls


def settle_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """No waiting for other processes, of which a test has none or knows what they do."""
    monkeypatch.setattr(remap_run, "SETTLE", remap_run.timedelta(0))


def progress(job: Job) -> Progress:
    """What a job has done."""
    return Progress.from_bson(json.loads(json.dumps(job.progress)))
