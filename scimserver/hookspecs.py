"""The plugin contract: every hook, when it is called, with what, and what its result or its exception means.

A plugin is a module with functions marked :data:`hookimpl`::

    from scimserver.hookspecs import MapContext, PluginInfo, hookimpl

    @hookimpl
    def scim_plugin_info() -> PluginInfo:
        return PluginInfo(name="badge", description="Prints the name on a badge.")

    @hookimpl
    def scim_map(context: MapContext, resource: dict, document: dict) -> dict:
        return {"badge": resource.get("displayName", "").upper()}

An implementation may leave out arguments that it does not need. Plugins run in the order in which the workspace lists
them, with that workspace's settings.

Only a coroutine can be interrupted. A plain function runs to its end, and while it runs nothing else in the process
does: no other request, no other workspace. There is no limit that could be set to it; one that takes more than 50 ms is
named in the log (``plugin holds up the server``) and counted in ``/metrics``.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import pluggy

PROJECT = "scimserver"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)

LONGEST_TIME_LIMIT = 600
"""Seconds that a plugin may allow itself at most."""


@dataclass(frozen=True, slots=True)
class PluginInfo:
    """What a plugin says of itself."""

    name: str
    """By which workspaces list it: ``[a-z][a-z0-9_]*``."""
    description: str = ""
    version: str = "1"
    """Part of the mapping revision: raise it when the same input gives another document."""
    settings_schema: Mapping[str, Any] = field(default_factory=dict)
    """JSON Schema (2020-12) of the settings; ``default`` of a property is filled in, and one with ``writeOnly: true``,
    such as a password, is left out when a workspace is exported."""
    time_limit_seconds: float = 30
    """How long a batch of :func:`scim_after_commit` may take as a coroutine; above 0, at most 600."""


@dataclass(frozen=True, slots=True)
class WorkspaceContext:
    """For which workspace and with which settings a hook is called."""

    workspace: str
    """The workspace's name, as in its Tenant URL."""
    plugin: str
    """The plugin's own name."""
    settings: Mapping[str, Any]
    """The plugin's settings in this workspace: checked, defaults filled in, read-only (lists are tuples)."""


@dataclass(frozen=True, slots=True)
class MapContext(WorkspaceContext):
    """The same on the write path, where one resource is at hand."""

    resource_type: str
    """``User``, ``Group`` or the name of a custom resource type."""


@dataclass(frozen=True, slots=True)
class SettingsContext(WorkspaceContext):
    """The same when settings are about to be saved."""

    attributes: Mapping[str, Sequence[str]]
    """Name of a resource type → the paths of its attributes in this workspace, as filters and Entra's mappings write
    them: ``userName``, ``name.givenName``, ``emails.value``, ``urn:…:User:department``."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with settings."""

    level: Literal["error", "warning"]
    place: str
    """Path of the setting below the plugin's settings: ``fields.User.work_address.expression``; empty for all."""
    text: str
    """Which rule is broken, and the cure."""


@dataclass(frozen=True, slots=True)
class CommittedEvent:
    """A change that is in the database."""

    id: str
    """Unique, and the ``_id`` in ``changes``; the same event may be delivered twice, after a crash."""
    action: str
    """``create``, ``update``, ``delete``, ``remap`` (the same resource, another document), ``member_add`` or
    ``member_remove``."""
    resource_type: str
    resource_id: str
    version: int
    """Version of the resource after the change; a re-map has not changed it; 0 for a membership."""
    at: datetime
    data: Mapping[str, Any]
    """``group`` and ``member`` of a membership; empty otherwise."""


@hookspec
def scim_plugin_info() -> PluginInfo:  # type: ignore[empty-body]
    """Describe the plugin. Required, since a workspace lists plugins by the name given here.

    Called once, when the plugin is loaded, in every process and for every command; never again. Plain function
    without arguments and without time limit.

    Returns a :class:`PluginInfo`. An exception, another result, a name that is taken, a time limit that is out of
    bounds, or a ``settings_schema`` that is no JSON Schema of an object stops the start of the server with a text that
    names the file. A schema that says nothing of ``additionalProperties`` refuses settings it does not name.
    """


@hookspec
def scim_startup() -> None:
    """Prepare the plugin in this process.

    Called once in every server process before the first request, also if no workspace lists the plugin; not by
    commands such as ``workspace list``. Plain function without arguments and without time limit: the server is not up
    before it returns.

    Its result is ignored. An exception stops the start, after :func:`scim_shutdown` of the plugins that had started.
    """


@hookspec
def scim_shutdown() -> None:
    """Release what :func:`scim_startup` took.

    Called once in every server process after the last request and the last event, last started first; not if the
    process is killed, nor for a plugin whose start failed. Plain function without arguments and without time limit of
    its own; who stops the server may kill it.

    Its result is ignored. An exception is logged and does not keep the others from being called.
    """


@hookspec
def scim_schema_files() -> Sequence[Path]:  # type: ignore[empty-body]
    """Return files with schemas (annotated JSON Schema, as in ``schemas/``) and resource types that the plugin brings.

    Called once, when a server process or a command starts. Plain function without arguments and without time limit.

    The files are read like those of the setting ``schemas.files``: a schema that no resource type names becomes an
    extension of User. They hold for all workspaces that may list the plugin (all, unless ``plugins.only`` limits it),
    whether or not these do: what a workspace has stored must stay readable. An exception, or a file that is missing or
    invalid, stops the start with a text that names it.
    """


@hookspec
def scim_check_settings(context: SettingsContext) -> Iterable[Finding] | None:
    """Check a workspace's settings beyond what ``settings_schema`` can say.

    Called before a workspace's list of plugins is saved, previewed or imported, and by ``scimserver plugin check``;
    after the JSON Schema check, with settings that have passed it; not when requests are served, and not for settings
    that are stored already. ``context`` has the settings with defaults filled in, and the attributes of the workspace.
    Plain function, without input or output and without time limit: it holds up every other request of the process.

    Returns what is wrong with the settings, or None: a :class:`Finding` of level ``error`` refuses the change, one of
    level ``warning`` is shown to whoever makes it. An exception refuses it, and names the plugin and the place in its
    code.
    """


@hookspec
def scim_validate(context: MapContext, resource: Mapping[str, Any]) -> None:
    """Refuse a resource that SCIM allows but the application does not.

    Called before each create, replace and effective patch, after the schema check and before any :func:`scim_map`;
    not for membership changes and not for a patch that changes nothing. ``resource`` is the whole canonical resource
    after the change (names as in the schemas, extensions under their URN, ``id`` included); it is a copy, a change
    made to it has no effect. Plain function, without input or output and without time limit: it holds up every other
    request of the process.

    Returns nothing. To refuse, raise a 4xx class of :mod:`scimserver.errors`, normally
    :class:`~scimserver.errors.InvalidValue` (400 ``invalidValue``), whose text names the attribute, the rule and the
    cure: the identity provider's admin reads it, at most 2,000 characters of it. If it begins with the attribute's name
    in backquotes, the provisioning log names the attribute as well as the plugin.

    Any other exception answers 500 and names the plugin, also a ``ValueError``, and so does
    :class:`~scimserver.errors.Unauthorized`, which would put the provider's job into quarantine. Either way nothing is
    written.
    """


@hookspec
def scim_map(
    context: MapContext,
    resource: Mapping[str, Any],
    document: Mapping[str, Any],
    stored: Mapping[str, Any] | None,
) -> Mapping[str, Any] | None:
    """Return fields for the document that the application reads (``app`` in MongoDB).

    Called for each create, replace and effective patch with the whole resource after *all* operations of the request
    (as for :func:`scim_validate`); not on reads, deletes and membership changes. Called by a re-map and a preview as
    well, with the resource and the document that are stored. ``document`` is what the plugins before this one in the
    workspace's list have made. ``stored`` is the whole document as the database has it before this write, made by all
    plugins and perhaps by an earlier mapping; None when the resource is created: a field that is made once and then
    kept is taken from there. All three are copies.

    The returned fields are merged over the document: a field replaces the one of that name, whole. None means none.
    Values must be storable in MongoDB: strings, booleans, 64-bit integers, finite floats, datetimes with a time zone,
    None, lists and objects of these, with names that are not empty, do not start with ``$`` and contain neither dot
    nor NUL; at most 64 levels and 1 MiB for the whole document.

    Must be a plain function and pure: same input, same result, no input or output, since a write may be tried again
    and documents are compared. There is no time limit; it holds up every other request of the process. Any exception,
    or a result that cannot be stored, stops the write: 500 naming the plugin (and the field), nothing written, other
    workspaces not affected. The text of an exception is kept to the server, since it may quote a value;
    :class:`~scimserver.errors.MappingFailed` tells field and reason to the client. To refuse a resource use
    :func:`scim_validate`.
    """


@hookspec
def scim_before_delete(context: MapContext, resource: Mapping[str, Any]) -> None:
    """Refuse the deletion of a resource.

    Called before each DELETE of a resource that exists; not for members taken out of a group, and not when a workspace
    is deleted. ``resource`` is a copy of the resource as the client sees it. Plain function, without input or output
    and without time limit: it holds up every other request of the process. Result and exceptions mean the same as in
    :func:`scim_validate`.
    """


@hookspec
async def scim_after_commit(context: WorkspaceContext, events: Sequence[CommittedEvent]) -> None:
    """Learn of changes that are in the database.

    Called a moment after the commit with a batch of one workspace's events, at most 500, in order of their commit; not
    for changes that were refused or changed nothing. May be a plain function or a coroutine function. The next batch of
    the same workspace waits for it; requests, other plugins and other workspaces do not, unless it is a plain function,
    which holds up everything while it runs.

    A coroutine may take ``time_limit_seconds`` of its :class:`PluginInfo` (30) for a batch. Then it is cancelled and
    may still await for a second to put things in order; after that it is not resumed any more, so one that swallows
    ``CancelledError`` ends too. Tasks that it started are its own to end.

    The result is ignored. An exception, and a batch that took too long, is logged and counted, changes nothing, and the
    batch is not delivered to this plugin again. Normally an event comes once. It may come twice, late or from another
    process, after a crash; and it does not come at all if the process is killed before the batch was delivered, if the
    time to stop is over (``server.shutdown_grace_seconds``), or if more than 10,000 events wait for the plugin in one
    workspace (logged, and counted in ``/metrics``). What must not miss a change reads the collection ``changes``.
    """
