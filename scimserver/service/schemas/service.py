"""Schemas and resource types of single workspaces: listed, added, changed and taken out, with what depends on them."""

import asyncio
import builtins
from collections.abc import Mapping, Sequence
from typing import Any

from ...plugins import PluginManager
from ...schema import targets as entra
from ...schema.catalogue import SchemaCatalogue, load_schemas
from ...schema.documents import is_resource_type, name_of
from ...schema.loader import SchemaProblem
from ...store.resources import DuplicateValue, ResourceStores
from ...store.workspaces import Workspace, WorkspaceChanged
from ..catalogues import Catalogues
from ..workspaces import CACHE_SECONDS, WorkspaceService
from .plans import SchemaPlan, SchemaPlanner, own_documents
from .usage import Progress, keyed_paths, make_keys

SETTLE_SECONDS = 2 * CACHE_SECONDS
"""After it every process writes the keys of changed schemas, and what was under way before has been answered."""
ATTEMPTS = 5
"""How often the end of making keys is told, if others change the workspace at the same moment."""


class NoSuchSchema(SchemaProblem):
    """The workspace has no schema or resource type of that name."""


class SchemaService:
    """What the operator does with the schemas of a workspace; holds no state of its own."""

    def __init__(
        self, workspaces: WorkspaceService, catalogues: Catalogues, stores: ResourceStores, plugins: PluginManager
    ) -> None:
        self._workspaces = workspaces
        self._stores = stores
        self.planner = SchemaPlanner(catalogues, stores, plugins)

    # -- reading ---------------------------------------------------------------------------------------------------

    async def list(self, slug: str) -> builtins.list[dict[str, Any]]:
        """Return what the workspace has of its own, in order: name, kind, what it extends, how many attributes.

        Raises:
            WorkspaceProblem: there is no such workspace.
        """
        workspace = await self._workspaces.show(slug)
        catalogue = self.planner.catalogue(workspace)
        return [_summary(document, catalogue, workspace.unready) for document in own_documents(workspace)]

    async def get(self, slug: str, name: str) -> dict[str, Any]:
        """Return one document, by its ``$id`` or the name of the resource type, in any letter case.

        Raises:
            WorkspaceProblem: there is no such workspace.
            NoSuchSchema: it has none of that name.
        """
        return _named(own_documents(await self._workspaces.show(slug)), name, slug)

    async def targets(self, slug: str) -> tuple[dict[str, builtins.list[entra.Target]], builtins.list[str]]:
        """Return Entra's target attributes by resource type, and warnings about what Entra cannot take.

        Raises:
            WorkspaceProblem: there is no such workspace.
            Unavailable: its profile is not installed, or its schemas do not go together with those of this server.
        """
        catalogue = (await self._workspaces.active(slug)).catalogue
        shipped = load_schemas()
        listed = {name: entra.targets(catalogue, shipped, name) for name in entra.PROVISIONED}
        return listed, entra.warnings(catalogue, shipped)

    def check(self, slug: str, documents: Sequence[Mapping[str, Any]]) -> SchemaCatalogue:
        """Check documents against the rules alone; see :meth:`SchemaPlanner.check`."""
        return self.planner.check(slug, documents)

    # -- changing --------------------------------------------------------------------------------------------------

    async def set(
        self,
        slug: str,
        document: Mapping[str, Any] | Sequence[Mapping[str, Any]],
        *,
        force: bool = False,
        dry_run: bool = False,
        progress: Progress | None = None,
    ) -> SchemaPlan:
        """Add or change one document, or several at once, each by its ``$id`` or the name of its resource type.

        Where an attribute that has data becomes keyed or unique, this takes :data:`SETTLE_SECONDS` and reads through
        the workspace: the keys of what is stored are made.

        Raises:
            WorkspaceProblem: there is no such workspace, or somebody else changed it meanwhile.
            SchemaProblem: a document breaks a rule, or contradicts what was published.
            SchemaInUse: stored resources or mappings use what the change takes away or makes stricter; ``force`` it.
        """
        given = [document] if isinstance(document, Mapping) else [*document]
        workspace = await self._workspaces.show(slug)
        merged: dict[str, Mapping[str, Any]] = {name_of(d).lower(): d for d in own_documents(workspace)}
        merged |= {name_of(d).lower(): d for d in given}
        if len({name_of(d).lower() for d in given}) < len(given):
            raise SchemaProblem("One document is given twice: each name may be there once; take one of them out.")
        return await self._change(workspace, [*merged.values()], force=force, dry_run=dry_run, progress=progress)

    async def remove(
        self,
        slug: str,
        name: str,
        *,
        force: bool = False,
        dry_run: bool = False,
        progress: Progress | None = None,
    ) -> SchemaPlan:
        """Take one document out; what was published stays known, so that it can only come back as it was.

        With ``force`` values stay in the stored documents where nobody sees them, until a PUT or they are shown again.

        Raises:
            WorkspaceProblem, NoSuchSchema: there is no such workspace or document.
            SchemaProblem: other documents need it.
            SchemaInUse: stored resources or mappings use it; ``force`` it.
        """
        workspace = await self._workspaces.show(slug)
        documents = own_documents(workspace)
        taken = name_of(_named(documents, name, slug))
        kept = [document for document in documents if name_of(document) != taken]
        return await self._change(workspace, kept, force=force, dry_run=dry_run, progress=progress)

    async def finish(
        self, slug: str, plan: SchemaPlan, before: Workspace, progress: Progress | None = None
    ) -> Workspace:
        """Make the keys that a change needs, after its record was written; ``before`` is the workspace as it was.

        Until then filters on those attributes read through everything, so that they miss nothing.

        Raises:
            SchemaProblem: a value that became unique was written twice meanwhile; the change was taken back.
        """
        if not plan.unready:
            return await self._workspaces.show(slug)
        await asyncio.sleep(SETTLE_SECONDS)
        active = await self._workspaces.active(slug)
        for resource_type in active.catalogue.resource_types:
            if keyed_paths(resource_type).keys() & {*plan.unready}:
                duplicate = await make_keys(self._stores.of(resource_type), active.id, progress)
                if duplicate is not None:
                    await self._take_back(slug, plan, before)
                    raise SchemaProblem(_lately_twice(duplicate))
        return await self._settled(slug, plan.schemas, unready=[])

    async def _change(
        self,
        workspace: Workspace,
        documents: Sequence[Mapping[str, Any]],
        *,
        force: bool,
        dry_run: bool,
        progress: Progress | None,
    ) -> SchemaPlan:
        plan = await self.planner.plan(workspace, documents, force=force, progress=progress)
        if not dry_run and not plan.is_empty:
            await self._workspaces.write(workspace, **plan.fields)
            await self.finish(workspace.slug, plan, workspace, progress)
        return plan

    async def _take_back(self, slug: str, plan: SchemaPlan, before: Workspace) -> None:
        await self._settled(slug, plan.schemas, schemas=list(before.schemas), unready=list(before.unready))

    async def _settled(self, slug: str, expected: Sequence[str], **fields: Any) -> Workspace:
        """Write the end of a change, unless the schemas were changed once more since."""
        for _ in range(ATTEMPTS):
            workspace = await self._workspaces.show(slug)
            if tuple(workspace.schemas) != tuple(expected):
                break
            try:
                return await self._workspaces.write(workspace, **fields)
            except WorkspaceChanged:
                continue
        raise WorkspaceChanged(f"Workspace `{slug}` is being changed by others: set the schema again to finish it.")


def _named(documents: Sequence[dict[str, Any]], name: str, slug: str) -> dict[str, Any]:
    for document in documents:
        if name_of(document).lower() == name.lower():
            return document
    known = ", ".join(f"`{name_of(document)}`" for document in documents) or "none"
    raise NoSuchSchema(f"Workspace `{slug}` has no schema or resource type `{name[:200]}` of its own; it has {known}.")


def _summary(document: Mapping[str, Any], catalogue: SchemaCatalogue, unready: Sequence[str]) -> dict[str, Any]:
    name = name_of(document)
    if is_resource_type(document):
        return {
            "name": name,
            "kind": "resource type",
            "endpoint": document["endpoint"],
            "core_schema": document["schema"],
        }
    definition = next((d for d in catalogue.schemas if d.id == name), None)
    return {
        "name": name,
        "kind": "schema",
        "of": [t.name for t in catalogue.resource_types if definition in (t.schema, *t.extensions)],
        "attributes": len(document["properties"]),
        "keys_in_the_making": [path for path in unready if path.startswith(f"{name}:")],
    }


def _lately_twice(duplicate: DuplicateValue) -> str:
    return (
        f"`{duplicate.attribute}` cannot become unique: a value was written twice meanwhile; the change was taken "
        "back. Make the values different first."
    )
