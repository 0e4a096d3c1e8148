"""The plugin contract: every hook, when it is called, with what, and what its result or its exception means.

A plugin is a module (or an object) with functions marked :data:`hookimpl`::

    from scimserver.hookspecs import MapContext, PluginInfo, hookimpl

    @hookimpl
    def scim_plugin_info() -> PluginInfo:
        return PluginInfo(name="badge", description="Prints the name on a badge.")

    @hookimpl
    def scim_map(context: MapContext, resource: dict, document: dict) -> dict:
        return {"badge": resource.get("displayName", "").upper()}

An implementation may leave out arguments that it does not need. Plugins run in the order in which the workspace lists
them, with that workspace's settings.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pluggy

PROJECT = "scimserver"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@dataclass(frozen=True, slots=True)
class PluginInfo:
    """What a plugin says of itself."""

    name: str
    """By which workspaces list it: ``[a-z][a-z0-9_]*``."""
    description: str = ""
    version: str = "1"
    """Part of the mapping revision: raise it when the same input gives another document."""
    settings_schema: Mapping[str, Any] = field(default_factory=dict)
    """JSON Schema (2020-12) of the settings; ``default`` of a property is filled in."""


@dataclass(frozen=True, slots=True)
class MapContext:
    """In which workspace, for which kind of resource and with which settings a hook is called."""

    workspace: str
    """The workspace's name."""
    resource_type: str
    """``User``, ``Group`` or the name of a custom resource type."""
    settings: Mapping[str, Any]
    """The plugin's settings in this workspace, checked, with defaults filled in."""


@dataclass(frozen=True, slots=True)
class CommittedEvent:
    """A change that is in the database."""

    id: str
    """Unique; the same event may be delivered twice, after a crash."""
    action: str
    """``create``, ``update``, ``delete``, ``member_add`` or ``member_remove``."""
    resource_type: str
    resource_id: str
    version: int
    """Version of the resource after the change; 0 for a membership."""
    at: datetime
    data: Mapping[str, Any]
    """``group`` and ``member`` of a membership; empty otherwise."""


@hookspec(firstresult=True)
def scim_plugin_info() -> PluginInfo:  # type: ignore[empty-body]
    """Describe the plugin. Required.

    Called once, when the plugin is loaded. An exception, or a result that is not a :class:`PluginInfo`, stops the start
    of the server.
    """


@hookspec
def scim_startup() -> None:
    """Prepare the plugin in this process.

    Called once in every server process before the first request; not by commands. An exception stops the start.
    """


@hookspec
def scim_shutdown() -> None:
    """Release what :func:`scim_startup` took.

    Called once in every server process after the last request. An exception is logged.
    """


@hookspec
def scim_schema_files() -> Sequence[Path]:  # type: ignore[empty-body]
    """Return files with extension schemas (annotated JSON Schema, as in ``schemas/``) that the plugin brings along.

    Called once, when the server starts. Every listed schema becomes an extension of User, in all workspaces. An unreadable
    or invalid file stops the start with a text that names it.
    """


@hookspec
def scim_validate(context: MapContext, resource: Mapping[str, Any]) -> None:
    """Refuse a resource that SCIM allows but the application does not.

    Called before each create, replace and effective patch, after the schema check and before any :func:`scim_map`; not
    for membership changes. ``resource`` is the whole canonical resource after the change (names as in the schemas,
    extensions under their URN, ``id`` included); a change made to it has no effect.

    Raise a :class:`scimserver.errors.ScimError`, normally :class:`~scimserver.errors.InvalidValue`, whose text names the
    attribute, the rule and the cure: the identity provider's admin reads it. Any other exception answers the request 500
    and names the plugin. Either way nothing is written.
    """


@hookspec
def scim_map(context: MapContext, resource: Mapping[str, Any], document: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return fields for the document that the application reads (``app`` in MongoDB).

    Called for each create, replace and effective patch with the whole resource after *all* operations of the request (see
    :func:`scim_validate`); ``document`` is what the plugins before this one have made. The returned fields are merged over
    it; None means none.

    Must be a plain function and pure: same input, same result, no input or output, since it also runs for previews and
    re-maps. Values must be storable in MongoDB: strings, booleans, 64-bit integers, floats, datetimes, None, lists and
    objects of these, with keys that neither start with ``$`` nor contain a dot or NUL. An exception or another value stops
    the write: 500 naming the plugin, nothing written, other workspaces not affected.
    """


@hookspec
def scim_before_delete(context: MapContext, resource: Mapping[str, Any]) -> None:
    """Refuse the deletion of a resource.

    Called before each DELETE, with the resource as the client sees it. Exceptions mean the same as in
    :func:`scim_validate`.
    """


@hookspec
async def scim_after_commit(context: MapContext, events: Sequence[CommittedEvent]) -> None:
    """Learn of changes that are in the database.

    Called a moment after the commit with a batch of one workspace's events of one resource type, in order; may be a plain
    function or a coroutine function. At least once: after a crash an event may come twice or from another process. An
    exception is logged and changes nothing.
    """
