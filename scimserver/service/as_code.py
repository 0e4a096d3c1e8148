"""Workspaces as code: their configuration written as a document, compared with one, and set from one as a whole."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..plugins import PluginManager, PluginProblem
from ..schema.loader import SchemaProblem
from ..store.workspaces import Workspace, WorkspaceChanged, check_slug
from .catalogues import Catalogues
from .code_diff import Change, changes, unified
from .code_form import Code, code_of, document_of
from .code_reading import CodeProblem, Problem, read
from .code_secrets import with_hidden_secrets, with_stored_secrets, without_secrets
from .profiles import ProfileProblem, Profiles
from .workspaces import WorkspaceService
from .yaml_text import dump


@dataclass(frozen=True, slots=True)
class Plan:
    """What an import would do, or did."""

    workspace: Workspace | None
    """As it is before; None if it is to be created."""
    code: Code
    """What it becomes, secrets included: not to be shown."""
    old: Mapping[str, Any]
    """Document before, with a mark for each secret; empty if there is no such workspace."""
    new: Mapping[str, Any]
    """Document afterwards, in the same form."""
    warnings: list[str]
    """What plugins say of the new settings."""
    stale: bool
    """Whether documents that are stored were made by another mapping, until they are mapped again."""

    @property
    def changes(self) -> list[Change]:
        """What differs, in the order of the sections."""
        return changes(self.old, self.new)

    def unified(self, names: tuple[str, str]) -> str:
        """Return the difference as ``diff -u`` writes it, under the names of the two."""
        return unified(self.old, self.new, names)


class AsCode:
    """Writes, compares and reads the documents of workspaces."""

    def __init__(
        self, workspaces: WorkspaceService, plugins: PluginManager, profiles: Profiles, catalogues: Catalogues
    ) -> None:
        self._workspaces = workspaces
        self._plugins = plugins
        self._profiles = profiles
        self._catalogues = catalogues

    async def export(self, slug: str) -> dict[str, Any]:
        """Return the document of a workspace: no secrets, ids, dates or revision; the same for equal workspaces.

        Raises:
            NoSuchWorkspace: there is none with that slug.
        """
        return self.document(await self._workspaces.show(slug))

    def document(self, workspace: Workspace) -> dict[str, Any]:
        """Return the document of a workspace that was read."""
        infos = self._plugins.infos
        return document_of(without_secrets(code_of(workspace), infos), infos)

    async def export_text(self, slug: str) -> str:
        """Return the same as YAML."""
        return dump(await self.export(slug))

    async def plan(self, slug: str, document: Any, *, create: bool = False, expected: int | None = None) -> Plan:
        """Check a document as everything is checked that is set by hand, and compare it with the workspace.

        ``expected`` is the revision of the workspace that whoever wrote the document had seen, if they say so.

        Raises:
            NoSuchWorkspace: there is none with that slug, and it is not to be created.
            WorkspaceProblem: a workspace cannot have that name.
            WorkspaceChanged: it has another revision than the expected one.
            CodeProblem: the document cannot be used; names every place, rule and cure.
        """
        workspace = await (self._workspaces.find if create else self._workspaces.show)(slug)
        if workspace is None:
            check_slug(slug)
        if expected is not None and (workspace is None or workspace.revision != expected):
            raise WorkspaceChanged(
                f"Workspace `{slug}` is not at revision {expected} any more: compare the document with it again."
                if workspace
                else f"There is no workspace `{slug}` yet, so none at revision {expected}."
            )
        stored = code_of(workspace) if workspace else Code()
        infos = self._plugins.infos
        code, problems = read(document)
        code = with_stored_secrets(code, stored, infos)
        warnings: list[str] = []
        problems += self._refused(slug, code, warnings)
        if problems:
            raise CodeProblem(problems)
        return Plan(
            workspace,
            code,
            document_of(with_hidden_secrets(stored, stored, infos), infos) if workspace else {},
            document_of(with_hidden_secrets(code, stored, infos), infos),
            warnings,
            workspace is not None and self._mapping(slug, stored) != self._mapping(slug, code),
        )

    async def import_(self, slug: str, document: Any, *, create: bool = False, expected: int | None = None) -> Plan:
        """Set a workspace from its document, all or nothing; nothing is written if nothing differs.

        Raises:
            NoSuchWorkspace, WorkspaceProblem, CodeProblem: as for :meth:`plan`; nothing was changed.
            WorkspaceChanged, WorkspaceTaken: somebody else changed or created the workspace meanwhile.
            WorkspaceDeleting: it is being deleted.
        """
        plan = await self.plan(slug, document, create=create, expected=expected)
        if plan.workspace is None:
            await self._workspaces.create_as(slug, plan.code.fields())
        elif plan.changes:
            await self._workspaces.replace(plan.workspace, plan.code.fields())
        return plan

    def _refused(self, slug: str, code: Code, warnings: list[str]) -> Iterator[Problem]:
        """Yield what the form alone does not tell; adds to the warnings."""
        if code.profile:
            try:
                self._profiles.get(code.profile)
            except ProfileProblem as problem:
                yield Problem("profile", str(problem).removeprefix("profile: "))
        try:
            attributes = self._catalogues.of(slug, code.schemas).paths()
        except SchemaProblem as problem:
            yield Problem("schemas", str(problem))
            return  # what plugins say would be about other attributes
        for position, plugin in enumerate(code.plugins):
            place = f"plugins[{position}]"
            try:
                found = self._plugins.check_settings(slug, [plugin], attributes)
                warnings += [f"{place}: {text}" for text in found]
            except PluginProblem as problem:
                yield Problem(place, str(problem).removeprefix(f"Workspace `{slug}`: "))

    def _mapping(self, slug: str, code: Code) -> str:
        return self._plugins.pipeline(slug, code.plugins).revision
