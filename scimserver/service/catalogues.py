"""Which resource types and schemas each workspace has; workspaces that have the same share one catalogue."""

import asyncio
import json
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..plugins import PluginManager
from ..schema.catalogue import SchemaCatalogue, build_catalogue
from ..schema.documents import Placed, name_of, read_files
from ..store.workspaces import Workspace
from .redaction import Redaction

MAX_KEPT = 256
"""Catalogues that are kept for the next workspace with the same schemas; those in use stay in any case."""
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
USER = "urn:ietf:params:scim:schemas:core:2.0:User"

_Key = tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...], frozenset[str]]
"""What makes two catalogues equal: limited plugins, own documents, attributes without keys, behaviours."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The names of a workspace: its resource types and schemas, and what of them may be said in a log."""

    catalogue: SchemaCatalogue
    redaction: Redaction


class Catalogues:
    """Puts catalogues together: those of the deployment, of plugins for single workspaces, and of workspaces."""

    def __init__(self, documents: Sequence[Placed], plugins: PluginManager) -> None:
        """``documents`` are those of the deployment: every workspace has them.

        Raises:
            SchemaProblem: they cannot be used.
        """
        self._documents = tuple(documents)
        self._plugins = plugins
        self._limited = {name: read_files(files) for name, files in plugins.limited_schema_files().items()}
        self.deployment = build_catalogue(self._documents)
        """What a workspace without schemas of its own has, before its profile adapts it."""
        for documents in self._limited.values():
            build_catalogue([*self._documents, *documents])
        self._kept: OrderedDict[_Key, Vocabulary] = OrderedDict()
        self._making: dict[_Key, asyncio.Task[Vocabulary]] = {}
        """Requests that arrive together wait for one."""

    def of(self, slug: str, schemas: Sequence[str] = ()) -> SchemaCatalogue:
        """Return the catalogue of a workspace with these documents of its own, not adapted to a profile.

        Raises:
            SchemaProblem: the documents cannot be used together with those of this server.
        """
        return self._of(self._limited_to(slug), schemas)

    def _limited_to(self, slug: str) -> tuple[str, ...]:
        """Return the plugins with schemas that only some workspaces may use, this one among them."""
        return tuple(name for name in self._limited if self._plugins.may_use(name, slug))

    def _of(self, limited: tuple[str, ...], schemas: Sequence[str]) -> SchemaCatalogue:
        if not limited and not schemas:
            return self.deployment
        documents = [one for name in limited for one in self._limited[name]]
        return build_catalogue([*self._documents, *documents, *placed(schemas)])

    async def vocabulary(self, workspace: Workspace, behaviours: frozenset[str]) -> Vocabulary:
        """Return the catalogue that a workspace's requests run on: its own, as its profile wants it.

        Raises:
            SchemaProblem: its documents cannot be used together with those of this server.
        """
        limited = self._limited_to(workspace.slug)
        key = (limited, tuple(workspace.schemas), tuple(workspace.unready), behaviours)
        found = self._kept.get(key)
        if found is None:
            if key not in self._making:
                # Many attributes take a fifth of a second, which is too long for the loop.
                making = asyncio.to_thread(self._vocabulary, limited, workspace, behaviours)
                self._making[key] = asyncio.create_task(making)
                self._making[key].add_done_callback(lambda _: self._making.pop(key, None))
            found = await asyncio.shield(self._making[key])
            self._kept[key] = found
            while len(self._kept) > MAX_KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return found

    def _vocabulary(self, limited: tuple[str, ...], workspace: Workspace, behaviours: frozenset[str]) -> Vocabulary:
        catalogue = adapted(self._of(limited, workspace.schemas).without_keys(workspace.unready), behaviours)
        for resource_type in catalogue.resource_types:
            catalogue.validator(resource_type.name)
        return Vocabulary(catalogue, Redaction(catalogue))


def placed(schemas: Sequence[str]) -> list[Placed]:
    """Return a workspace's stored documents, with places for messages."""
    documents: list[Mapping[str, Any]] = [json.loads(text) for text in schemas]
    return [(f"`{name_of(document)}` of this workspace", document) for document in documents]


def adapted(catalogue: SchemaCatalogue, behaviours: frozenset[str]) -> SchemaCatalogue:
    """Return the schemas as a profile wants them published and enforced."""
    if "unique-group-names" not in behaviours:
        name = "A human-readable name for the group."
        catalogue = catalogue.changed(GROUP, "displayName", uniqueness="none", description=name)
    if "hide-password" not in behaviours:
        catalogue = catalogue.changed(USER, "password", published=True)
    return catalogue
