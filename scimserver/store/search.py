"""Filtered lists: an index narrows them where it can, and everything else is read in bounded batches."""

import time
from collections.abc import Callable, Sequence
from typing import Any

from ..errors import TooMany
from ..schema.attributes import ResourceType
from ..scim.filter import Filter
from ..scim.match import matches
from .counters import WINDOW
from .documents import Document
from .memberships import MembershipStore
from .query import Plan, plan
from .resources import ResourceStore

SCAN_DOCUMENTS = 20_000
SCAN_SECONDS = 5.0
BATCH_WINDOWS = 2
"""Windows of sequence numbers read at once: 500 documents."""

View = Callable[[Document], dict[str, Any]]
"""Makes of a document the resource that a filter is evaluated on."""


async def search(
    store: ResourceStore,
    memberships: MembershipStore,
    ws: str,
    condition: Filter,
    start_index: int,
    count: int,
    view: View,
) -> tuple[list[Document], int]:
    """Return the matching documents from the 1-based ``start_index`` in order of creation, and how many match.

    Raises:
        TooMany: no index narrows the filter, and reading everything would exceed the limits.
    """
    return await _Search(store, memberships, ws, plan(condition, store.resource_type), view).run(start_index - 1, count)


class _Search:
    def __init__(self, store: ResourceStore, memberships: MembershipStore, ws: str, chosen: Plan, view: View) -> None:
        self._store = store
        self._memberships = memberships
        self._ws = ws
        self._plan = chosen
        self._view = view

    async def run(self, skip: int, take: int) -> tuple[list[Document], int]:
        """Return the page of matches, and how many there are."""
        if self._plan.scan:
            return await self._scan(skip, take)
        found = await self._matching(await self._selected())
        return found[skip : skip + take], len(found)

    async def _selected(self) -> list[Document]:
        """Return what the indexes leave."""
        query = self._plan.query
        related = await self._related()
        if related is None:
            return await self._store.find(self._ws, query)
        wanted = related & _ids(query["_id"]) if "_id" in query else related
        if len(wanted) > SCAN_DOCUMENTS:
            raise _too_many(self._store.resource_type)
        if "keys" in query:
            return [document for document in await self._store.find(self._ws, query) if document.id in wanted]
        return await self._store.find_by_id(self._ws, wanted)

    async def _related(self) -> frozenset[str] | None:
        """Return the ids that a membership term of the filter leaves, or None if there is no such term."""
        if self._plan.members is not None:
            return await self._memberships.groups_with(self._ws, self._plan.members)
        if self._plan.groups is not None:
            rows = [row for group in self._plan.groups for row in await self._memberships.of_group(self._ws, group)]
            return frozenset(row["member"] for row in rows)
        return None

    async def _scan(self, skip: int, take: int) -> tuple[list[Document], int]:
        """Read everything, 500 documents at a time, up to the limits; holds a batch and the page."""
        windows = await self._store.counters.windows(self._ws, self._store.kind)
        if windows.total > SCAN_DOCUMENTS:
            raise _too_many(self._store.resource_type)
        deadline = time.monotonic() + SCAN_SECONDS
        page: list[Document] = []
        total = 0
        step = BATCH_WINDOWS * WINDOW
        for first in range(0, windows.end, step):
            within = range(first // WINDOW, first // WINDOW + BATCH_WINDOWS)
            if windows.complete and windows.counts.keys().isdisjoint(within):
                continue
            batch = await self._store.find(self._ws, {"seq": {"$gte": first, "$lte": first + step - 1}})
            if time.monotonic() > deadline:
                raise _too_many(self._store.resource_type)
            found = await self._matching(batch)
            page += found[max(skip - total, 0) : max(skip + take - total, 0)]
            total += len(found)
        return page, total

    async def _matching(self, documents: list[Document]) -> list[Document]:
        residual, resource_type = self._plan.residual, self._store.resource_type
        if residual is None:
            return documents
        views = [self._view(document) for document in documents]
        if self._plan.needs_references:
            await self._add_references(documents, views)
        return [d for d, v in zip(documents, views, strict=True) if matches(residual, v, resource_type)]

    async def _add_references(self, documents: Sequence[Document], views: Sequence[dict[str, Any]]) -> None:
        """Put into each view what only the memberships know."""
        if self._store.kind == "users":
            rows_of = await self._memberships.of_members(self._ws, [d.id for d in documents])
            names = await self._memberships.group_names(
                self._ws, {r["group"] for rows in rows_of.values() for r in rows}
            )
            for document, view in zip(documents, views, strict=True):
                groups = [r["group"] for r in rows_of.get(document.id, ()) if r["group"] in names]
                view["groups"] = [{"value": g, "display": names[g], "type": "direct"} for g in groups]
        else:
            for document, view in zip(documents, views, strict=True):
                rows = await self._memberships.of_group(self._ws, document.id)
                view["members"] = [{"value": r["member"], "type": r["kind"], "display": r.get("display")} for r in rows]


def _ids(condition: Any) -> frozenset[str]:
    """Return the ids of an equality or ``$in`` on ``_id``."""
    return frozenset(condition["$in"]) if isinstance(condition, dict) else frozenset({condition})


def _too_many(resource_type: ResourceType) -> TooMany:
    keyed = [a.name for a in resource_type.attributes() if a.keyed]
    keyed += [f"{a.name}.{s.name}" for a in resource_type.attributes() for s in a.sub_attributes if s.keyed]
    return TooMany(
        f"The filter would have to read more than {SCAN_DOCUMENTS} resources. "
        f"Add an `eq` on one of: {', '.join(dict.fromkeys(keyed))}."
    )
