"""Changes of a workspace's schemas before they are made: what they break, what they need, what to know about them."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...plugins import PluginManager, PluginProblem
from ...schema.attributes import ResourceType, SchemaDefinition
from ...schema.catalogue import SchemaCatalogue
from ...schema.compatibility import MAX_PUBLISHED, Ledger, cautions, missing_paths
from ...schema.documents import name_of, to_texts
from ...schema.loader import SchemaProblem
from ...store.resources import ResourceStores
from ...store.workspaces import Workspace
from ..catalogues import Catalogues
from .usage import Progress, Removed, Usage, keyed_paths, mentions, removed, shown_ids, usage


class SchemaInUse(SchemaProblem):
    """A change is refused because of what is stored or mapped; force it, or change that first."""

    def __init__(self, text: str, faults: Sequence[tuple[str, str]]) -> None:
        super().__init__(text)
        self.faults = faults
        """What uses what, each with its place."""


@dataclass(frozen=True, slots=True)
class SchemaPlan:
    """A change that was checked and is not made yet."""

    documents: Sequence[Mapping[str, Any]]
    """All of the workspace, after the change."""
    schemas: tuple[str, ...]
    published: str
    unready: tuple[str, ...]
    catalogue: SchemaCatalogue
    """After the change, not adapted to a profile."""
    added: Sequence[str]
    changed: Sequence[str]
    removed: Sequence[str]
    warnings: Sequence[str]

    @property
    def fields(self) -> dict[str, Any]:
        """What of the workspace's record is to be written."""
        return {"schemas": list(self.schemas), "published": self.published, "unready": list(self.unready)}

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to write and nothing left to do."""
        return not (self.added or self.changed or self.removed or self.unready)

    def to_json(self) -> dict[str, Any]:
        """Return the form that commands and the admin API print."""
        return {
            "added": list(self.added),
            "changed": list(self.changed),
            "removed": list(self.removed),
            "keys_made": list(self.unready),
            "warnings": list(self.warnings),
        }


class SchemaPlanner:
    """Checks changes; writes nothing."""

    def __init__(self, catalogues: Catalogues, stores: ResourceStores, plugins: PluginManager) -> None:
        self._catalogues = catalogues
        self._stores = stores
        self._plugins = plugins

    def catalogue(self, workspace: Workspace) -> SchemaCatalogue:
        """Return what the workspace has now; without its own where those do not fit this server (any more)."""
        try:
            return self._catalogues.of(workspace.slug, workspace.schemas)
        except SchemaProblem:
            return self._catalogues.of(workspace.slug)

    def check(self, slug: str, documents: Sequence[Mapping[str, Any]]) -> SchemaCatalogue:
        """Return the catalogue that a workspace would have with these documents; writes and reads nothing.

        Raises:
            SchemaProblem: a limit or a rule is broken, or they do not go together with those of this server.
        """
        catalogue = self._catalogues.of(slug, to_texts(documents))
        for resource_type in catalogue.resource_types:
            catalogue.validator(resource_type.name)
        return catalogue

    async def plan(
        self,
        workspace: Workspace,
        documents: Sequence[Mapping[str, Any]],
        *,
        plugins: Sequence[Mapping[str, Any]] | None = None,
        force: bool = False,
        progress: Progress | None = None,
    ) -> SchemaPlan:
        """Check a change to exactly these documents, against the rules, the ledger, the data and the mappings.

        ``plugins`` is the list that the workspace is to have, where that changes too. Write :attr:`SchemaPlan.fields`
        with a compare on the workspace's revision, then :meth:`finish`.

        Raises:
            SchemaProblem, SchemaInUse: as :meth:`set`.
        """
        # Checking what somebody sent may take a while; the loop serves others meanwhile.
        after = await asyncio.to_thread(self.check, workspace.slug, documents)
        before = self.catalogue(workspace)
        definitions, types = _own(after, documents)
        ledger = Ledger.from_text(workspace.published)
        if breaches := [*ledger.breaches(definitions, types)]:
            raise SchemaProblem(f"{'; '.join(breaches)}.")
        ledger = ledger.with_published(definitions, types)
        if ledger.size > MAX_PUBLISHED:
            raise SchemaProblem(
                f"This workspace has published more than {MAX_PUBLISHED} attributes by now, counting those that were "
                "taken out again: use names that it has published before."
            )
        gone = removed(before, after, missing_paths(before.schemas, after.schemas))
        found = await usage(self._stores, workspace.id, before, after, gone, progress)
        if found.twice:
            raise SchemaProblem(" ".join(_twice(path, ids) for path, ids in found.twice.items()))
        chosen = workspace.plugins if plugins is None else plugins
        faults = [*_in_use(found), *_mapped(chosen, before, after, gone)]
        try:
            warnings = self._plugins.check_settings(workspace.slug, chosen, after.paths())
        except PluginProblem as problem:
            warnings, faults = [], [*faults, ("plugins", str(problem))]
        if faults and not force:
            text = " ".join(text for _, text in faults)
            raise SchemaInUse(
                f"{text} Change that first, or force it: what is stored then stays as it is, unseen, and is there "
                "again when the schema comes back.",
                faults,
            )
        old, new = ({name_of(d): d for d in listed} for listed in (own_documents(workspace), documents))
        changed = [name for name, document in new.items() if name in old and old[name] != document]
        still = {path for t in after.resource_types for path in keyed_paths(t)}
        return SchemaPlan(
            documents=documents,
            schemas=to_texts(documents),
            published=ledger.to_text(),
            unready=tuple(sorted(found.unkeyed | ({*workspace.unready} & still))),
            catalogue=after,
            added=[name for name in new if name not in old],
            changed=changed,
            removed=[name for name in old if name not in new],
            warnings=[*(text for _, text in faults), *_cautions(before, definitions), *warnings],
        )


def own_documents(workspace: Workspace) -> list[dict[str, Any]]:
    """Return the schemas and resource types of a workspace, in order."""
    return [json.loads(text) for text in workspace.schemas]


def _own(
    catalogue: SchemaCatalogue, documents: Sequence[Mapping[str, Any]]
) -> tuple[list[SchemaDefinition], list[ResourceType]]:
    names = {name_of(document) for document in documents}
    return (
        [definition for definition in catalogue.schemas if definition.id in names],
        [resource_type for resource_type in catalogue.resource_types if resource_type.name in names],
    )


def _in_use(found: Usage) -> list[tuple[str, str]]:
    faults = []
    for (kind, what), count in found.values.items():
        if not count:
            continue
        have = f"{count} resource{'s' if count > 1 else ''}"
        if what == kind:
            faults.append((what, f"`{what}`: there {'are' if count > 1 else 'is'} {have} of this type."))
        else:
            faults.append((what, f"`{what}`: {have} of type {kind} {'have' if count > 1 else 'has'} a value of it."))
    if found.unfit:
        text = (
            f"{len(found.unfit)} stored resource{'s' if len(found.unfit) > 1 else ''} ({shown_ids(found.unfit)}) would "
            f"be refused at the next change: {found.reason}."
        )
        faults.append(("resources", text))
    return faults


def _mapped(
    chosen: Sequence[Mapping[str, Any]], before: SchemaCatalogue, after: SchemaCatalogue, gone: Removed
) -> list[tuple[str, str]]:
    left = {definition.id for definition in after.schemas}
    words = [d.id for d in before.schemas if d.id not in left]
    words += gone.paths
    return [
        (what, f"`{what}`: the settings of the plugin `{plugin['name']}` name it.")
        for plugin in chosen
        for what in mentions(plugin.get("settings") or {}, words, gone.types)
    ]


def _cautions(before: SchemaCatalogue, definitions: Sequence[SchemaDefinition]) -> list[str]:
    known = {definition.id: definition for definition in before.schemas}
    return [f"{text}." for d in definitions if d.id in known for text in cautions(known[d.id], d)]


def _twice(path: str, ids: Sequence[str]) -> str:
    return (
        f"`{path}` cannot become unique: {shown_ids(ids)} have a value that another one has too; make the values "
        "different first."
    )
