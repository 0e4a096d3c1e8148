"""Workspaces as they are stored."""

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, Literal

from pymongo import ReturnDocument

from ..schema.documents import name_of
from ..slugs import is_slug
from .documents import decode_all_names, encode_all_names, now
from .driver import Database
from .failures import DuplicateKey, StoreError, translated

State = Literal["active", "suspended", "deleting"]
OWNED = ("tokens", "users", "groups", "resources", "memberships", "changes", "requests", "jobs")
"""Collections whose documents go with their workspace."""
BATCH = 500


class WorkspaceProblem(StoreError):
    """The workspace cannot be created or changed; the text says why and what to do."""


class NoSuchWorkspace(WorkspaceProblem):
    """There is none with that name."""


class WorkspaceTaken(WorkspaceProblem):
    """A workspace of that name exists already."""


class WorkspaceChanged(WorkspaceProblem):
    """Somebody else changed the workspace since it was read, or it is not at the revision that was asked for."""


class WorkspaceDeleting(WorkspaceProblem):
    """The workspace is being deleted, so nothing else can be done with it."""

    @classmethod
    def of(cls, slug: str) -> "WorkspaceDeleting":
        """Return the refusal for a workspace."""
        return cls(f"Workspace `{slug}` is being deleted; repeat the delete to finish it.")


@dataclass(frozen=True, slots=True)
class Workspace:
    """One customer's workspace."""

    id: str
    slug: str
    state: State
    plugins: Sequence[Mapping[str, Any]]
    """In order; each ``{"name": str, "settings": dict}``."""
    limits: Mapping[str, Any]
    created: datetime
    modified: datetime
    revision: int
    profile: str = "default"
    """Which profile of identity-provider quirks its requests are read by."""
    switches: Mapping[str, bool] = field(default_factory=dict)
    """Single tolerations and behaviours of the profile that are on or off here, by name."""
    schemas: Sequence[str] = ()
    """Schemas and resource types of its own, each the JSON text of one document: their names have dots and ``$``."""
    published: str = "{}"
    """JSON text: what each attribute was published as, by URN and name; see :mod:`scimserver.schema.compatibility`."""
    unready: Sequence[str] = ()
    """Paths of attributes whose keys are being made for what is stored."""

    def to_json(self) -> dict[str, Any]:
        """Return the form that commands print."""
        return {
            "name": self.slug,
            "state": self.state,
            "plugins": [dict(plugin) for plugin in self.plugins],
            "limits": dict(self.limits),
            "profile": self.profile,
            "switches": dict(self.switches),
            "schemas": [name_of(json.loads(text)) for text in self.schemas],
            "created": self.created.isoformat(),
            "modified": self.modified.isoformat(),
            "revision": self.revision,
        }


class WorkspaceStore:
    """The ``workspaces`` collection."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._collection = database["workspaces"]

    @translated()
    async def create(
        self,
        slug: str,
        *,
        plugins: Sequence[Mapping[str, Any]],
        profile: str = "default",
        limits: Mapping[str, Any] = MappingProxyType({}),
        switches: Mapping[str, bool] = MappingProxyType({}),
        schemas: Sequence[str] = (),
        published: str = "{}",
    ) -> Workspace:
        """Store a new workspace.

        Raises:
            WorkspaceProblem: the slug is not one.
            WorkspaceTaken: there is one already.
        """
        check_slug(slug)
        moment = now()
        # A random id, and not the slug, is the shard key: a range of similar names must not land on one shard.
        made = f"ws_{secrets.token_hex(10)}"
        workspace = Workspace(
            made,
            slug,
            "active",
            list(plugins),
            dict(limits),
            moment,
            moment,
            1,
            profile,
            dict(switches),
            schemas,
            published,
        )
        try:
            with translated():
                await self._collection.insert_one(_to_bson(workspace))
        except DuplicateKey:
            raise WorkspaceTaken(f"A workspace `{slug}` already exists; choose another name.") from None
        return workspace

    @translated()
    async def get_by_slug(self, slug: str) -> Workspace | None:
        """Return the workspace with that slug, whatever its state."""
        stored = await self._collection.find_one({"slug": slug})
        return _from_bson(stored) if stored else None

    @translated()
    async def get(self, workspace_id: str) -> Workspace | None:
        """Return the workspace with that internal id."""
        stored = await self._collection.find_one({"_id": workspace_id})
        return _from_bson(stored) if stored else None

    @translated()
    async def list(self) -> list[Workspace]:
        """Return every workspace, by slug."""
        return sorted((_from_bson(d) for d in await self._collection.find({}).to_list(None)), key=lambda w: w.slug)

    @translated()
    async def update(self, workspace: Workspace, **changes: Any) -> Workspace:
        """Change fields, if nobody else changed the workspace since it was read.

        Raises:
            WorkspaceChanged: somebody did.
            WorkspaceDeleting: it is being deleted.
        """
        if workspace.state == "deleting":
            raise WorkspaceDeleting.of(workspace.slug)
        stored = await self._collection.find_one_and_update(
            {"_id": workspace.id, "revision": workspace.revision},
            {"$set": {**_encoded(changes), "modified": now(), "revision": workspace.revision + 1}},
            return_document=ReturnDocument.AFTER,
        )
        if stored is None:
            raise WorkspaceChanged(f"Workspace `{workspace.slug}` was changed by somebody else meanwhile; try again.")
        return _from_bson(stored)

    @translated()
    async def delete(self, workspace_id: str) -> None:
        """Delete a workspace and everything in it; marked first, so that an interrupted delete can be repeated."""
        await self._collection.update_one(
            {"_id": workspace_id}, {"$set": {"state": "deleting", "modified": now()}, "$inc": {"revision": 1}}
        )
        for name in OWNED:
            await self._delete_documents(name, workspace_id)
        await self._database["counters"].delete_one({"_id": workspace_id})
        await self._collection.delete_one({"_id": workspace_id})

    async def _delete_documents(self, name: str, workspace_id: str) -> None:
        """Delete in batches, so that no single operation outlasts the driver's timeout."""
        collection = self._database[name]
        # One cursor over all: with `limit` the embedded engine would read the whole workspace for every batch.
        cursor = collection.find({"ws": workspace_id}, {"_id": 1}).batch_size(BATCH)
        while ids := [document["_id"] for document in await cursor.to_list(BATCH)]:
            await collection.delete_many({"_id": {"$in": ids}, "ws": workspace_id})


def check_slug(slug: str) -> None:
    """Check a workspace's name for URLs.

    Raises:
        WorkspaceProblem: it is not 2 to 63 characters of a–z, 0–9 and single inner hyphens.
    """
    if not is_slug(slug):
        raise WorkspaceProblem(
            f"`{slug[:80]}` cannot be the name of a workspace: use 2 to 63 characters of a-z and 0-9, "
            "with single hyphens between them, such as `north-gate2`."
        )


def _to_bson(workspace: Workspace) -> dict[str, Any]:
    return {
        "_id": workspace.id,
        "slug": workspace.slug,
        "state": workspace.state,
        "profile": workspace.profile,
        "switches": dict(workspace.switches),
        "schemas": list(workspace.schemas),
        "published": workspace.published,
        "unready": list(workspace.unready),
        "plugins": encode_all_names(workspace.plugins),
        "limits": dict(workspace.limits),
        "created": workspace.created,
        "modified": workspace.modified,
        "revision": workspace.revision,
    }


def _encoded(changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return changed fields as they are stored."""
    return {name: encode_all_names(value) if name == "plugins" else value for name, value in changes.items()}


def _from_bson(stored: Mapping[str, Any]) -> Workspace:
    return Workspace(
        id=stored["_id"],
        slug=stored["slug"],
        state=stored["state"],
        plugins=decode_all_names(stored["plugins"]),
        limits=stored["limits"],
        created=stored["created"],
        modified=stored["modified"],
        revision=stored["revision"],
        profile=stored["profile"],
        switches=stored.get("switches", {}),
        schemas=tuple(stored.get("schemas", ())),
        published=stored.get("published", "{}"),
        unready=tuple(stored.get("unready", ())),
    )
