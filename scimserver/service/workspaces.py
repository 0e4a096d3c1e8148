"""Workspaces: what the operator does with them, and the cached view that requests run on."""

import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import Unavailable
from ..pipeline import Pipeline
from ..plugins import PluginManager
from ..schema.catalogue import SchemaCatalogue
from ..schema.loader import SchemaProblem
from ..scim.quirks.registry import Quirk
from ..settings import Settings
from ..store.workspaces import NoSuchWorkspace, Workspace, WorkspaceProblem, WorkspaceStore
from .catalogues import Catalogues
from .profiles import DEFAULT, Profile, ProfileProblem, Profiles, check_switch
from .redaction import Redaction

CACHE_SECONDS = 5.0
"""A change of a workspace reaches every process within this time."""
MAX_CACHED = 10_000

_SWITCH = re.compile(r"(tolerate|behaviour)\.(.+)")
_POSITIONS: Mapping[str, bool | None] = {"on": True, "off": False, "default": None}


@dataclass(frozen=True, slots=True)
class ActiveWorkspace:
    """A workspace with everything a request needs, made once per revision."""

    id: str
    slug: str
    suspended: bool
    concurrency: int
    """Requests in flight per process before the answer is 429."""
    profile: Profile
    """How requests are read and answered; with the workspace's own switches."""
    quirks: frozenset[Quirk]
    """The tolerations of the profile."""
    catalogue: SchemaCatalogue
    """The resource types as this workspace has them."""
    pipeline: Pipeline
    redaction: Redaction
    """What of its requests may be said in a log."""


class WorkspaceService:
    """Creates, changes and resolves workspaces."""

    def __init__(
        self,
        store: WorkspaceStore,
        plugins: PluginManager,
        profiles: Profiles,
        catalogues: Catalogues,
        settings: Settings,
    ) -> None:
        self._store = store
        self._plugins = plugins
        self._profiles = profiles
        self._catalogues = catalogues
        self._settings = settings
        self._cache: dict[str, tuple[float, int, ActiveWorkspace | None]] = {}

    async def resolve(self, slug: str) -> ActiveWorkspace | None:
        """Return the workspace of a Tenant URL, at most five seconds old; None if there is none.

        Raises:
            Unavailable: the database is away and nothing fresh is known, or the workspace's profile is not there.
        """
        slug = slug.lower()
        moment = time.monotonic()
        cached = self._cache.get(slug)
        if cached and cached[0] > moment:
            return cached[2]
        workspace = await self._store.get_by_slug(slug)
        if workspace is None or workspace.state == "deleting":
            active, revision = None, 0
        elif cached and cached[2] and cached[1] == workspace.revision and cached[2].id == workspace.id:
            active, revision = cached[2], workspace.revision
        else:
            active, revision = self._activate(workspace), workspace.revision
        if len(self._cache) >= MAX_CACHED:
            self._cache.clear()
        self._cache[slug] = (moment + CACHE_SECONDS, revision, active)
        return active

    def last_known(self, slug: str) -> ActiveWorkspace | None:
        """Return the workspace as this process saw it last, however long ago; only to say whose request it was."""
        cached = self._cache.get(slug.lower())
        return cached[2] if cached else None

    async def by_id(self, workspace_id: str) -> ActiveWorkspace | None:
        """Return the workspace with that internal id; None if it is gone."""
        slug = next((slug for slug, (_, _, w) in self._cache.items() if w and w.id == workspace_id), None)
        if slug is None:
            stored = await self._store.get(workspace_id)
            slug = stored.slug if stored else None
        return await self.resolve(slug) if slug else None

    def _activate(self, workspace: Workspace) -> ActiveWorkspace:
        try:
            profile = self._profiles.get(workspace.profile).with_switches(workspace.switches)
        except ProfileProblem:
            raise Unavailable(
                f"The profile `{workspace.profile}` of this workspace is not installed on this server: the operator "
                "must bring its file back or choose another profile."
            ) from None
        try:
            vocabulary = self._catalogues.vocabulary(workspace, profile.behaviours)
        except SchemaProblem as problem:
            raise Unavailable(
                "The schemas of this workspace do not go together with those of this server: the operator must change "
                f"one or the other. {problem}"
            ) from None
        return ActiveWorkspace(
            id=workspace.id,
            slug=workspace.slug,
            suspended=workspace.state == "suspended",
            concurrency=int(workspace.limits.get("concurrency") or self._settings.limits.concurrency),
            profile=profile,
            quirks=profile.quirks,
            catalogue=vocabulary.catalogue,
            pipeline=self._plugins.pipeline(workspace.slug, workspace.plugins),
            redaction=vocabulary.redaction,
        )

    async def create(
        self, slug: str, *, plugins: list[dict[str, Any]] | None = None, profile: str = DEFAULT
    ) -> Workspace:
        """Create a workspace with the default plugins, or the given ones.

        Raises:
            WorkspaceProblem, PluginProblem, ProfileProblem: name, plugins or profile cannot be used.
        """
        self._profiles.get(profile)
        if plugins is None:
            plugins = [{"name": name, "settings": {}} for name in self._settings.plugins.default]
        self._plugins.check_settings(slug, plugins, self._catalogues.of(slug).paths())
        workspace = await self._store.create(slug, plugins=plugins, profile=profile)
        self._cache.pop(slug, None)
        return workspace

    async def list(self) -> list[Workspace]:
        """Return every workspace, by slug."""
        return await self._store.list()

    async def show(self, slug: str) -> Workspace:
        """Return one workspace.

        Raises:
            NoSuchWorkspace: there is none with that slug.
        """
        workspace = await self.find(slug)
        if workspace is None:
            raise NoSuchWorkspace(
                f"There is no workspace `{slug}`; `scimserver workspace list` shows those that exist."
            )
        return workspace

    async def find(self, slug: str) -> Workspace | None:
        """Return one workspace as it is in the database now; None if there is none with that slug."""
        return await self._store.get_by_slug(slug)

    async def active(self, slug: str) -> ActiveWorkspace:
        """Return a workspace as it is in the database now, ready to run; for operators, requests use :meth:`resolve`.

        Raises:
            NoSuchWorkspace: there is none with that slug.
            Unavailable: its profile is not installed.
        """
        return self._activate(await self.show(slug))

    async def set(self, slug: str, changes: Mapping[str, str]) -> Workspace:
        """Apply ``KEY=VALUE`` changes, all or none.

        Keys are ``plugins``, ``PLUGIN.SETTING``, ``limits.concurrency``, ``profile``, and ``tolerate.NAME`` and
        ``behaviour.NAME`` with ``on``, ``off`` or ``default``, which is as the profile has it.

        Raises:
            WorkspaceProblem, PluginProblem, ProfileProblem: a key or a value cannot be used.
        """
        workspace = await self.show(slug)
        plugins = [{"name": p["name"], "settings": dict(p.get("settings") or {})} for p in workspace.plugins]
        limits, profile, switches = dict(workspace.limits), workspace.profile, dict(workspace.switches)
        for key, value in changes.items():
            if key == "plugins":
                known = {p["name"]: p for p in plugins}
                names = [name.strip() for name in value.split(",") if name.strip()]
                plugins = [known.get(name, {"name": name, "settings": {}}) for name in names]
            elif key == "limits.concurrency":
                limits["concurrency"] = _positive(key, value)
            elif key == "profile":
                profile = self._profiles.get(value).name
            elif switch := _SWITCH.fullmatch(key):
                _turn(switches, switch[1], switch[2], value)
            else:
                _set_plugin_setting(plugins, key, value)
        self._plugins.check_settings(slug, plugins, self._catalogues.of(slug, workspace.schemas).paths())
        return await self._update(workspace, plugins=plugins, limits=limits, profile=profile, switches=switches)

    async def create_as(self, slug: str, fields: Mapping[str, Any]) -> Workspace:
        """Create a workspace with fields of its record that were checked.

        Raises:
            WorkspaceProblem: the name cannot be used, or is taken.
        """
        workspace = await self._store.create(slug, **fields)
        self._cache.pop(slug, None)
        return workspace

    async def replace(self, workspace: Workspace, fields: Mapping[str, Any]) -> Workspace:
        """Set fields of a workspace's record that were checked, if nobody changed it since it was read.

        Raises:
            WorkspaceProblem: somebody did, or it is being deleted.
        """
        return await self._update(workspace, **fields)

    async def suspend(self, slug: str) -> Workspace:
        """Answer every request of the workspace 503 until it is resumed; 401 would quarantine the job in Entra."""
        return await self._update(await self.show(slug), state="suspended")

    async def resume(self, slug: str) -> Workspace:
        """End a suspension."""
        return await self._update(await self.show(slug), state="active")

    async def delete(self, slug: str) -> None:
        """Delete the workspace and everything in it; can be repeated after an interruption."""
        workspace = await self.show(slug)
        self._cache.pop(slug, None)
        await self._store.delete(workspace.id)

    async def _update(self, workspace: Workspace, **changes: Any) -> Workspace:
        updated = await self._store.update(workspace, **changes)
        self._cache.pop(workspace.slug, None)
        return updated


def _positive(key: str, value: str) -> int:
    if not re.fullmatch(r"[1-9]\d{0,5}", value.strip()):
        raise WorkspaceProblem(f"{key}: expected a whole number from 1 to 999999, got `{value}`.")
    return int(value)


def _turn(switches: dict[str, bool], kind: str, name: str, value: str) -> None:
    check_switch(kind, name)
    if value not in _POSITIONS:
        raise WorkspaceProblem(f"{kind}.{name}: expected on, off or default, got `{value}`.")
    position = _POSITIONS[value]
    if position is None:
        switches.pop(name, None)
    else:
        switches[name] = position


def _set_plugin_setting(plugins: list[dict[str, Any]], key: str, value: str) -> None:
    name, dot, setting = key.partition(".")
    plugin = next((p for p in plugins if p["name"] == name), None)
    if not dot or not setting or plugin is None:
        listed = ", ".join(p["name"] for p in plugins) or "none"
        raise WorkspaceProblem(
            f"`{key}` is not a setting: use plugins=NAME,NAME, limits.concurrency=N, profile=NAME, "
            "tolerate.NAME=on|off|default, behaviour.NAME=on|off|default, or "
            f"PLUGIN.SETTING=VALUE for a plugin of this workspace ({listed})."
        )
    plugin["settings"][setting] = _json_or_text(value)


def _json_or_text(value: str) -> Any:
    """Read ``true``, ``12`` and ``["a"]`` as JSON and everything else as text, as a shell user expects."""
    try:
        return json.loads(value)
    except ValueError:
        return value
