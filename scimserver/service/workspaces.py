"""Workspaces: what the operator does with them, and the cached view that requests run on."""

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from ..errors import Unavailable
from ..pipeline import Pipeline
from ..plugins import PluginManager
from ..schema.catalogue import SchemaCatalogue
from ..schema.loader import SchemaProblem
from ..scim.quirks.registry import Quirk
from ..settings import Settings
from ..store.workspaces import NoSuchWorkspace, Workspace, WorkspaceChanged, WorkspaceStore, check_slug
from .catalogues import Catalogues
from .profiles import DEFAULT, Profile, ProfileProblem, Profiles
from .redaction import Redaction
from .workspace_changes import (
    Changed,
    WorkspaceChange,
    changed_fields,
    merged_limits,
    merged_switches,
    parse_changes,
    stored_plugin,
)

CACHE_SECONDS = 5.0
"""A change of a workspace reaches every process within this time."""
MAX_CACHED = 10_000

Revisions = Collection[int] | None
"""The revisions at which a workspace may be changed; None is any."""


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
            active, revision = await self._activate(workspace), workspace.revision
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

    def mapping_of(self, workspace: Workspace) -> str:
        """Return the revision of a workspace's mapping, by the plugins that are installed here."""
        return self._plugins.pipeline(workspace.slug, workspace.plugins).revision

    async def refreshed(
        self, workspace_id: str, known: tuple[Workspace, ActiveWorkspace] | None
    ) -> tuple[Workspace, ActiveWorkspace] | None:
        """Return a workspace as it is in the database now; ``known`` itself while that is so, None once it is gone.

        Raises:
            Unavailable: the database is away, or the workspace's profile is not installed.
        """
        workspace = await self._store.get(workspace_id)
        if workspace is None or workspace.state == "deleting":
            return None
        if known is not None and known[0].revision == workspace.revision:
            return known
        return workspace, await self._activate(workspace)

    async def _activate(self, workspace: Workspace) -> ActiveWorkspace:
        try:
            profile = self._profiles.get(workspace.profile).with_switches(workspace.switches)
        except ProfileProblem:
            raise Unavailable(
                f"The profile `{workspace.profile}` of this workspace is not installed on this server: the operator "
                "must bring its file back or choose another profile."
            ) from None
        try:
            vocabulary = await self._catalogues.vocabulary(workspace, profile.behaviours)
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
        self,
        slug: str,
        *,
        plugins: Sequence[Mapping[str, Any]] | None = None,
        profile: str = DEFAULT,
        limits: Mapping[str, int | None] = MappingProxyType({}),
        switches: Mapping[str, bool | None] = MappingProxyType({}),
    ) -> Workspace:
        """Create a workspace with the default plugins, or the given ones.

        Raises:
            WorkspaceTaken: there is one with that slug.
            WorkspaceProblem, PluginProblem, ProfileProblem: name, plugins, profile, limits or switches cannot be used.
        """
        check_slug(slug)
        self._profiles.get(profile)
        if plugins is None:
            plugins = [{"name": name, "settings": {}} for name in self._settings.plugins.default]
        plugins = [stored_plugin(plugin) for plugin in plugins]
        self._plugins.check_settings(slug, plugins, self._catalogues.of(slug).paths())
        wanted: dict[str, Any] = {"limits": merged_limits({}, limits), "switches": merged_switches({}, switches)}
        workspace = await self._store.create(slug, plugins=plugins, profile=profile, **wanted)
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
        return await self._activate(await self.show(slug))

    async def change(self, slug: str, change: WorkspaceChange, *, revisions: Revisions = None) -> Changed:
        """Change a workspace, everything or nothing; what changes nothing is not written.

        With ``revisions`` only if it is at one of them.

        Raises:
            NoSuchWorkspace, WorkspaceDeleting: it is not there, or not for long.
            WorkspaceChanged: it is at another revision, or somebody else changes it at the same moment.
            WorkspaceProblem, PluginProblem, ProfileProblem: a value cannot be used.
        """
        workspace = _at(await self.show(slug), revisions)
        if change.profile is not None:
            self._profiles.get(change.profile)
        fields = changed_fields(workspace, change)
        warnings = self.check_plugins(replace(workspace, **fields))
        mapping = self.mapping_of(workspace)
        if fields or workspace.state == "deleting":
            workspace = await self.write(workspace, **fields)
        return Changed(workspace, warnings, stale=self.mapping_of(workspace) != mapping)

    async def set(self, slug: str, texts: Mapping[str, str]) -> Changed:
        """Apply ``KEY=VALUE`` changes, see :func:`~.workspace_changes.parse_changes`; raises as :meth:`change`."""
        workspace = await self.show(slug)
        return await self.change(slug, parse_changes(workspace, texts), revisions=[workspace.revision])

    async def create_as(self, slug: str, fields: Mapping[str, Any]) -> Workspace:
        """Create a workspace with fields of its record that were checked.

        Raises:
            WorkspaceProblem: the name cannot be used, or is taken.
        """
        workspace = await self._store.create(slug, **fields)
        self._cache.pop(slug, None)
        return workspace

    async def write(self, workspace: Workspace, **fields: Any) -> Workspace:
        """Set fields of a workspace's record that were checked, if nobody changed it since it was read.

        Raises:
            WorkspaceProblem: somebody did, or it is being deleted.
        """
        written = await self._store.update(workspace, **fields)
        self._cache.pop(workspace.slug, None)
        return written

    def check_plugins(self, workspace: Workspace) -> Sequence[str]:
        """Return what the plugins of a workspace say of their settings: sentences for whoever makes a change.

        Raises:
            PluginProblem: a plugin is not installed or listed twice, or refuses its settings.
        """
        catalogue = self._catalogues.of(workspace.slug, workspace.schemas)
        return self._plugins.check_settings(workspace.slug, workspace.plugins, catalogue.paths())

    async def suspend(self, slug: str, *, revisions: Revisions = None) -> Workspace:
        """Answer every request of the workspace 503 until it is resumed; 401 would quarantine the job in Entra.

        Raises:
            NoSuchWorkspace, WorkspaceDeleting, WorkspaceChanged: as :meth:`change`.
        """
        return await self.write(_at(await self.show(slug), revisions), state="suspended")

    async def resume(self, slug: str, *, revisions: Revisions = None) -> Workspace:
        """End a suspension; raises as :meth:`suspend`."""
        return await self.write(_at(await self.show(slug), revisions), state="active")

    async def delete(self, slug: str) -> None:
        """Delete the workspace and everything in it; can be repeated after an interruption.

        Raises:
            NoSuchWorkspace: there is none with that slug.
        """
        workspace = await self.show(slug)
        await self.finish_delete(workspace)

    async def begin_delete(self, slug: str, *, revisions: Revisions = None) -> Workspace:
        """Mark a workspace as being deleted, and close it; :meth:`finish_delete` does the rest.

        Raises:
            NoSuchWorkspace, WorkspaceChanged: as :meth:`change`.
        """
        workspace = await self.show(slug)
        if workspace.state == "deleting":
            return workspace
        return await self.write(_at(workspace, revisions), state="deleting")

    async def finish_delete(self, workspace: Workspace) -> None:
        """Delete everything of a workspace, and then the workspace; can be repeated after an interruption."""
        self._cache.pop(workspace.slug, None)
        await self._store.delete(workspace.id)


def _at(workspace: Workspace, revisions: Revisions) -> Workspace:
    if revisions is not None and workspace.revision not in revisions:
        raise WorkspaceChanged(
            f"Workspace `{workspace.slug}` is at revision {workspace.revision} by now: somebody else changed it. "
            "Read it again."
        )
    return workspace
