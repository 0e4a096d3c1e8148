"""A world for previews: two workspaces, and two plugins of which one refuses, one fails and both have opinions."""

import json
from pathlib import Path
from typing import Any

from scimserver.scim.projection import Projection
from scimserver.service.application import Application
from scimserver.service.context import RequestContext
from scimserver.service.preview.result import Preview
from scimserver.settings import load
from scimserver.store.driver import Database

from .written import everything

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
LARKFIELD = "larkfield"
SHOUT = """
from datetime import UTC, datetime
from scimserver.errors import InvalidValue
from scimserver.hookspecs import Finding, PluginInfo, hookimpl

@hookimpl
def scim_plugin_info():
    return PluginInfo("shout", settings_schema={"properties": {"mark": {"type": "string", "default": "!"}}})

@hookimpl
def scim_check_settings(context):
    if context.settings["mark"] == "?":
        return [Finding("error", "mark", "is no mark of a shout; use ! instead.")]
    if context.settings["mark"] == "":
        return [Finding("warning", "mark", "is empty, so that nobody will notice.")]

@hookimpl
def scim_validate(context, resource):
    if resource.get("title") == "Quiet":
        raise InvalidValue("`title`: nobody here is quiet. Leave it empty.")

@hookimpl
def scim_map(context, resource, document, stored):
    if resource.get("title") == "Broken":
        raise KeyError("title")
    name = resource.get("userName") or resource.get("displayName", "")
    first = (stored or {}).get("first", name)
    return {"shout": name.upper() + context.settings["mark"], "first": first, "since": datetime(2026, 1, 2, tzinfo=UTC)}
"""
LOUDER = """
from scimserver.hookspecs import PluginInfo, hookimpl

@hookimpl
def scim_plugin_info():
    return PluginInfo("louder", version="3")

@hookimpl
def scim_map(resource, document):
    return {"shout": document.get("shout", "") + "!!", "first": document.get("first"), "length": len(document)}
"""
BOTH = [{"name": "shout", "settings": {}}, {"name": "louder", "settings": {}}]


class World:
    """Two workspaces of one application, and what their identity provider does."""

    def __init__(self, app: Application) -> None:
        self.app = app

    async def context(self, slug: str = LARKFIELD) -> RequestContext:
        return RequestContext(await self.app.workspaces.active(slug), self.app.tenant_url(slug), "r", "t", "pytest")

    async def create(self, name: str, slug: str = LARKFIELD, kind: str = "User", **more: Any) -> str:
        """Create a resource; returns its id."""
        ctx = await self.context(slug)
        resource_type = ctx.workspace.catalogue.resource_type(kind)
        body = {"userName" if kind == "User" else "displayName": name, **more}
        whole = Projection.parse(None, None, resource_type)
        return str((await self.app.provisioning.create(ctx, resource_type, body, whole)).resource["id"])

    async def preview(self, *arguments: Any, slug: str = LARKFIELD, **named: Any) -> Preview:
        """Preview, and assert that nothing was written."""
        before = await everything(self.app.database)
        try:
            told = await self.app.preview.preview(slug, *arguments, **named)
        finally:
            assert await everything(self.app.database) == before
        json.dumps(told.to_json())
        return told


def write_plugins(folder: Path) -> None:
    """Write the plugins ``shout`` and ``louder`` into a folder."""
    for name, source in (("shout", SHOUT), ("louder", LOUDER)):
        (folder / f"{name}.py").write_text(source)


async def new_world(database: Database, folder: Path) -> World:
    """Make ``larkfield`` with both plugins, and ``northgate`` without any."""
    write_plugins(folder)
    settings = load(None, security={"secret_key": "only-for-tests-" * 4}, plugins={"dirs": [folder]})
    app = Application(settings, database)
    await app.migrate()
    await app.workspaces.create(LARKFIELD, plugins=BOTH)
    await app.workspaces.create("northgate", plugins=[])
    return World(app)


def user(**attributes: Any) -> dict[str, Any]:
    return {"schemas": [USER], "userName": "ines", **attributes}


def patch(*operations: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"schemas": [PATCH_OP], "Operations": list(operations), **more}


def titled(title: str) -> dict[str, Any]:
    return patch({"op": "replace", "path": "title", "value": title})
