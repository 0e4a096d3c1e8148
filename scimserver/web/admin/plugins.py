"""Plugins: what is installed, and what a workspace may list."""

from typing import Any

from ...hookspecs import PluginInfo
from ...store.workspaces import NoSuchWorkspace
from .operations import Call, Endpoints, Model

endpoints = Endpoints(
    "plugins", "Plugins that are installed on this server. A workspace chooses and configures them: see workspaces."
)


class Plugin(Model):
    """An installed plugin."""

    name: str
    """By which workspaces list it."""
    version: str
    description: str
    hooks: list[str]
    """The hooks that it has."""
    settings_schema: dict[str, Any]
    """JSON Schema of its settings in a workspace."""
    installed_from: str
    """File or package."""


class Plugins(Model):
    """Installed plugins, by name."""

    plugins: list[Plugin]


class WorkspacePlugin(Plugin):
    """A plugin that a workspace may list."""

    listed: bool
    """Whether it does; where in the order, the workspace itself tells."""


class WorkspacePlugins(Model):
    """The plugins that a workspace may list, by name."""

    plugins: list[WorkspacePlugin]


def _fields(call: Call, info: PluginInfo) -> dict[str, Any]:
    return {
        "name": info.name,
        "version": info.version,
        "description": info.description,
        "hooks": call.app.plugins.hooks_of(info.name),
        "settings_schema": dict(info.settings_schema),
        "installed_from": call.app.plugins.place(info.name),
    }


@endpoints.get("/plugins")
async def list_plugins(call: Call) -> Plugins:
    """List the plugins that are installed on this server."""
    infos = call.app.plugins.infos
    return Plugins(plugins=[Plugin.model_validate(_fields(call, infos[name])) for name in sorted(infos)])


@endpoints.get("/workspaces/{workspace}/plugins", errors=(NoSuchWorkspace,))
async def list_workspace_plugins(call: Call, workspace: str) -> WorkspacePlugins:
    """List the plugins that a workspace may use.

    Those that the setting `plugins.only` limits to other workspaces are left out.
    """
    owner = await call.app.workspaces.show(workspace)
    listed = {plugin["name"] for plugin in owner.plugins}
    infos = call.app.plugins.visible_to(owner.slug)
    found = [{**_fields(call, infos[name]), "listed": name in listed} for name in sorted(infos)]
    return WorkspacePlugins(plugins=[WorkspacePlugin.model_validate(plugin) for plugin in found])
