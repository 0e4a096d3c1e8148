"""Workspaces as code: their configuration written as a document, compared with one, and set from one as a whole."""

import asyncio
import dataclasses
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...plugins import PluginManager, PluginProblem
from ...schema.catalogue import SchemaCatalogue
from ...schema.documents import to_texts
from ...schema.loader import SchemaProblem
from ...store.documents import now
from ...store.workspaces import Workspace, WorkspaceChanged, check_slug
from ..profiles import ProfileProblem, Profiles
from ..schemas.plans import SchemaInUse, SchemaPlan
from ..schemas.service import SchemaService
from ..schemas.usage import Progress
from ..workspaces import Revisions, WorkspaceService
from ..yaml_text import dump
from .diff import Change, changes, unified
from .form import Code, code_of, document_of
from .reading import CodeProblem, Problem, read
from .secrets import with_hidden_secrets, with_stored_secrets, without_secrets


@dataclass(frozen=True, slots=True)
class Plan:
    """What an import would do, or did."""

    workspace: Workspace | None
    """As it is before; None if it is to be created."""
    code: Code
    """What it becomes, secrets included: not to be shown."""
    schemas: SchemaPlan | None
    """What becomes of its schemas; None if they stay."""
    old: Mapping[str, Any]
    """Document before, with a mark for each secret; empty if there is no such workspace."""
    new: Mapping[str, Any]
    """Document afterwards, in the same form."""
    warnings: list[str]
    """What is to be known of the new settings and schemas."""
    stale: bool
    """Whether documents that are stored were made by another mapping, until they are mapped again."""

    @property
    def changes(self) -> list[Change]:
        """What differs, in the order of the sections."""
        return changes(self.old, self.new)

    @property
    def fields(self) -> dict[str, Any]:
        """What of the workspace's record is to be written."""
        return self.code.fields() | (self.schemas.fields if self.schemas else {})

    def unified(self, names: tuple[str, str]) -> str:
        """Return the difference as ``diff -u`` writes it, under the names of the two."""
        return unified(self.old, self.new, names)


class AsCode:
    """Writes, compares and reads the documents of workspaces."""

    def __init__(
        self, workspaces: WorkspaceService, plugins: PluginManager, profiles: Profiles, schemas: SchemaService
    ) -> None:
        self._workspaces = workspaces
        self._plugins = plugins
        self._profiles = profiles
        self._schemas = schemas

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
        """Return the document as YAML."""
        return dump(await self.export(slug))

    async def plan(
        self,
        slug: str,
        document: Any,
        *,
        create: bool = False,
        force: bool = False,
        revisions: Revisions = None,
        progress: Progress | None = None,
    ) -> Plan:
        """Check a document as everything is checked that is set by hand, and compare it with the workspace.

        With ``revisions`` the workspace must be at one of them. ``force`` allows changes of schemas that stored
        resources or mappings stand against, see :meth:`SchemaService.set`.

        Raises:
            NoSuchWorkspace: there is none with that slug, and it is not to be created.
            WorkspaceProblem: a workspace cannot have that name.
            WorkspaceChanged: it is at another revision.
            CodeProblem: the document cannot be used; names every place, rule and cure.
        """
        workspace = await self._found(slug, create, revisions)
        stored = code_of(workspace) if workspace else Code()
        infos = self._plugins.infos
        code, problems = read(document)
        code = with_stored_secrets(code, stored, infos)
        problems += self._profile(code)
        code, catalogue = await self._with_schemas(slug, code, problems)
        warnings: list[Problem] = []
        if catalogue is not None:
            problems += self._plugin_problems(slug, code, catalogue.paths(), warnings)
        schemas = None
        if not problems and _differ(code.schemas, stored.schemas):
            schemas = await self._schema_plan(workspace or _blank(slug), code, problems, force, progress)
        if problems:
            raise CodeProblem(problems)
        if schemas:
            said = {warning.text for warning in warnings}
            warnings += [Problem("schemas", text) for text in schemas.warnings if text not in said]
        return Plan(
            workspace,
            code,
            schemas,
            document_of(with_hidden_secrets(stored, stored, infos), infos) if workspace else {},
            document_of(with_hidden_secrets(code, stored, infos), infos),
            [str(warning) for warning in warnings],
            workspace is not None and self._mapping(slug, stored) != self._mapping(slug, code),
        )

    async def import_(
        self,
        slug: str,
        document: Any,
        *,
        create: bool = False,
        force: bool = False,
        revisions: Revisions = None,
        progress: Progress | None = None,
    ) -> Plan:
        """Set a workspace from its document, all or nothing; nothing is written if nothing differs.

        Where an attribute that has data becomes keyed or unique, this waits for the keys of what is stored, as
        :meth:`SchemaService.set` does.

        Raises:
            NoSuchWorkspace, WorkspaceProblem, CodeProblem: as for :meth:`plan`; nothing was changed.
            WorkspaceChanged, WorkspaceTaken: somebody else changed or created the workspace meanwhile.
            WorkspaceDeleting: it is being deleted.
            SchemaProblem: a value that became unique was written twice meanwhile; the schemas were taken back.
        """
        plan = await self.plan(slug, document, create=create, force=force, revisions=revisions, progress=progress)
        if plan.workspace is None:
            fields = {name: value for name, value in plan.fields.items() if name != "unready"}
            await self._workspaces.create_as(slug, fields)
        elif plan.changes or plan.workspace.state == "deleting":
            await self._workspaces.write(plan.workspace, **plan.fields)
            if plan.schemas:
                await self._schemas.finish(slug, plan.schemas, plan.workspace, progress)
        return plan

    async def _found(self, slug: str, create: bool, revisions: Revisions) -> Workspace | None:
        workspace = await (self._workspaces.find if create else self._workspaces.show)(slug)
        if workspace is None:
            check_slug(slug)
        if revisions is not None and (workspace is None or workspace.revision not in revisions):
            raise WorkspaceChanged(
                f"Workspace `{slug}` is not at the revision that was asked for: compare the document with it once more."
            )
        return workspace

    def _profile(self, code: Code) -> Iterator[Problem]:
        if code.profile:
            try:
                self._profiles.get(code.profile)
            except ProfileProblem as problem:
                yield Problem("profile", str(problem).removeprefix("profile: "))

    async def _with_schemas(
        self, slug: str, code: Code, problems: list[Problem]
    ) -> tuple[Code, SchemaCatalogue | None]:
        """Return the code with its schemas as they are stored, and what they make; None if they have a problem."""
        if any(problem.place.startswith("schemas") for problem in problems):
            return code, None
        try:
            documents = [json.loads(text) for text in to_texts(code.schemas)]
            # Checking what somebody sent may take a while; the loop serves others meanwhile.
            catalogue = await asyncio.to_thread(self._schemas.check, slug, documents)
        except SchemaProblem as problem:
            problems.append(Problem("schemas", str(problem)))
            return code, None
        return dataclasses.replace(code, schemas=documents), catalogue

    def _plugin_problems(
        self, slug: str, code: Code, attributes: Mapping[str, Sequence[str]], warnings: list[Problem]
    ) -> Iterator[Problem]:
        """Yield what plugins refuse; what they warn of is added to the warnings."""
        for position, plugin in enumerate(code.plugins):
            place = f"plugins[{position}]"
            try:
                found = self._plugins.check_settings(slug, [plugin], attributes)
                warnings += [Problem(place, text) for text in found]
            except PluginProblem as problem:
                yield Problem(place, str(problem).removeprefix(f"Workspace `{slug}`: "))

    async def _schema_plan(
        self, workspace: Workspace, code: Code, problems: list[Problem], force: bool, progress: Progress | None
    ) -> SchemaPlan | None:
        plan = self._schemas.planner.plan
        try:
            return await plan(workspace, code.schemas, plugins=code.plugins, force=force, progress=progress)
        except SchemaInUse as problem:
            problems += [Problem("schemas", text) for _, text in problem.faults]
            problems.append(Problem("schemas", "change that first, or force it: then the values stay, unseen."))
        except SchemaProblem as problem:
            problems.append(Problem("schemas", str(problem)))
        return None

    def _mapping(self, slug: str, code: Code) -> str:
        return self._plugins.pipeline(slug, code.plugins).revision


def _differ(one: Sequence[Mapping[str, Any]], other: Sequence[Mapping[str, Any]]) -> bool:
    """Tell whether schemas differ, also in the order of their attributes, which clients see."""
    return json.dumps(list(one)) != json.dumps(list(other))


def _blank(slug: str) -> Workspace:
    """Return a workspace that has nothing yet, for checking what it is to have."""
    return Workspace("", slug, "active", [], {}, now(), now(), 0)
