"""What a filter selects among the resources of one type: an index narrows it where it can, everything else is read in
bounded batches.

A batch is a closed range of sequence numbers, so that every engine answers it from the index. While reading through,
only the attributes that the filter and the order look at are fetched; the page is then read by id.
"""

import math
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import TooMany
from ..schema.attributes import COMMON, Attribute, ResourceType
from ..scim.filter import Filter
from ..scim.keys import is_membership
from ..scim.match import matches
from ..scim.sorting import UNSORTED, Place, Sort
from .counters import WINDOW, Windows
from .documents import Document
from .memberships import MembershipStore
from .query import attributes_of, plan
from .resources import ResourceStore

SCAN_DOCUMENTS = 20_000
SCAN_SECONDS = 5.0
BATCH = 500
"""Documents read at once."""
BATCH_OF_GROUPS = 50
"""Where each document needs a read of its own: its members."""

View = Callable[[Document], dict[str, Any]]
"""Makes of a document the resource that a filter is evaluated on."""


class Budget:
    """What one request may read through, over all types together."""

    def __init__(self) -> None:
        self._left = SCAN_DOCUMENTS
        self._deadline = time.monotonic() + SCAN_SECONDS

    @property
    def spent(self) -> bool:
        """Whether the request has read enough."""
        return self._left < 0 or time.monotonic() > self._deadline

    def allows(self, documents: int) -> bool:
        """Tell whether that many more could be read; a guess saves reading them in vain."""
        return documents <= self._left

    def spend(self, documents: int) -> None:
        """Count documents that were read."""
        self._left -= documents


@dataclass(frozen=True, slots=True)
class Entry:
    """One result, and its document if that was read as a whole."""

    place: Place
    id: str
    document: Document | None = None


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some results in the order of a walk."""

    entries: list[Entry]
    rest: int | None = None
    """Sequence number at which the walk was broken off, as the next one takes it; None if all was read or enough."""


class Search:
    """One filter on one resource type of one workspace, for one request; remembers what it has read."""

    def __init__(
        self,
        store: ResourceStore,
        memberships: MembershipStore,
        ws: str,
        condition: Filter | None,
        view: View,
        *,
        budget: Budget,
        sort: Sort | None = None,
        position: int = 0,
    ) -> None:
        self.position = position
        """Of the resource type, among those of the query."""
        self._store = store
        self._type = store.resource_type
        self._memberships = memberships
        self._ws = ws
        self._plan = plan(condition, self._type)
        self._view = view
        self._budget = budget
        self._sort = sort
        read = {*attributes_of(self._plan.residual), *([sort.path.attribute] if sort else ())}
        self._names = _stored_names(read, self._type)
        sorted_by_reference = sort is not None and is_membership(sort.path.attribute, self._type)
        self._needs_references = self._plan.needs_references or sorted_by_reference
        self._whole = self._plan.residual is None and sort is None
        self._selected: list[Entry] | None = None
        self._windows: Windows | None = None

    async def total(self) -> int | None:
        """Return how many match, or None if everything would have to be read for it."""
        if not self._plan.scan:
            return len(await self._found_by_index())
        return (await self._counts()).total if self.is_counted else None

    @property
    def is_counted(self) -> bool:
        """Whether everything of the type matches, so that counters know how many there are."""
        return self._plan.scan and self._plan.residual is None

    async def count_from(self, cut: Place) -> int:
        """Return how many stand at the cut or behind it, where :attr:`is_counted` and nothing is sorted."""
        if self.position < cut.type:
            return 0
        windows = await self._counts()
        before = await self._store.rank(self._ws, windows, cut.seq) if self.position == cut.type else 0
        return windows.total - before

    async def all(self, start: int = 0) -> list[Entry]:
        """Return everything that matches from a sequence number on, in order of creation.

        Raises:
            TooMany: no index narrows the filter, and reading everything would exceed the limits.
        """
        if not self._plan.scan:
            return [entry for entry in await self._found_by_index() if entry.place.seq >= start]
        windows = await self._counts()
        if not start and not self._budget.allows(windows.total):
            raise self._too_many()
        entries: list[Entry] = []
        number = start
        while reach := _reach(windows, number, self._batch, backward=False):
            if self._budget.spent:
                raise self._too_many()
            entries += await self._between(*reach)
            number = reach[1] + 1
        return entries

    async def slice(self, skip: int, take: int) -> tuple[list[Entry], int]:
        """Return a part of what matches, in order of creation, and how many match. Raises as :meth:`all`."""
        if self.is_counted:
            documents, total = await self._store.page(self._ws, skip + 1, take)
            return [self._entry(document) for document in documents], total
        entries = await self.all()
        return entries[skip : skip + take], len(entries)

    async def walk(self, cut: int | None, wanted: int, *, backward: bool) -> Stretch:
        """Return at least ``wanted`` results from a sequence number on, or backwards those before it, if there are.

        None is the beginning, or backwards the end. Breaks off when the budget is spent, but never without progress.
        """
        if not self._plan.scan:
            selected = [e for e in await self._found_by_index() if cut is None or (e.place.seq < cut) is backward]
            return Stretch(selected[::-1] if backward else selected)
        windows = await self._counts()
        start = (windows.end if backward else 0) if cut is None else cut
        number = start - 1 if backward else start
        size = wanted if self._whole else self._batch
        entries: list[Entry] = []
        progress = False
        while len(entries) < wanted and (reach := _reach(windows, number, size, backward=backward)):
            if progress and self._budget.spent:
                return Stretch(entries, number + 1 if backward else number)
            low, high = reach
            found = await self._between(low, high)
            entries += reversed(found) if backward else found
            number = low - 1 if backward else high + 1
            progress = True
        return Stretch(entries)

    async def documents(self, entries: Sequence[Entry]) -> dict[str, Document]:
        """Return the documents of those entries that still exist, by id."""
        held = {e.id: e.document for e in entries if e.document is not None}
        missing = [e.id for e in entries if e.document is None]
        read = await self._store.find_by_id(self._ws, missing) if missing else []
        return held | {document.id: document for document in read}

    # -- reading ---------------------------------------------------------------------------------------------------

    @property
    def _batch(self) -> int:
        each_reads = self._needs_references and self._type.collection == "groups"
        return BATCH_OF_GROUPS if each_reads else BATCH

    async def _counts(self) -> Windows:
        if self._windows is None:
            self._windows = await self._store.counters.windows(self._ws, self._store.kind)
        return self._windows

    async def _between(self, low: int, high: int) -> list[Entry]:
        """Return what matches among these sequence numbers."""
        within = {"seq": {"$gte": low, "$lte": high}}
        if self._whole:
            return [self._entry(document) for document in await self._store.find(self._ws, within)]
        documents = await self._store.find_parts(self._ws, within, self._names)
        self._budget.spend(len(documents))
        return await self._matching(documents, whole=False)

    async def _found_by_index(self) -> list[Entry]:
        if self._selected is None:
            self._selected = await self._matching(await self._select(), whole=True)
        return self._selected

    async def _select(self) -> list[Document]:
        """Return what the indexes leave."""
        query = self._plan.query
        related = await self._related()
        if related is None:
            return await self._store.find(self._ws, query)
        wanted = related & _ids(query["_id"]) if "_id" in query else related
        if not self._budget.allows(len(wanted)):
            raise self._too_many()
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

    async def _matching(self, documents: list[Document], *, whole: bool) -> list[Entry]:
        if self._whole:
            return [self._entry(document) for document in documents]
        views = [self._view(document) for document in documents]
        if self._needs_references:
            await self._add_references(documents, views)
        residual = self._plan.residual
        return [
            self._entry(document, view, whole=whole)
            for document, view in zip(documents, views, strict=True)
            if residual is None or matches(residual, view, self._type)
        ]

    def _entry(self, document: Document, view: dict[str, Any] | None = None, *, whole: bool = True) -> Entry:
        key = self._sort.key(view, self._type) if self._sort and view is not None else UNSORTED
        return Entry(Place(key, self.position, document.seq), document.id, document if whole else None)

    async def _add_references(self, documents: Sequence[Document], views: Sequence[dict[str, Any]]) -> None:
        """Put into each view what only the memberships know."""
        if self._type.collection == "users":
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

    def _too_many(self) -> TooMany:
        what = "Sorting" if self._plan.residual is None else "The filter"
        keyed = [a.name for a in self._type.attributes() if a.searchable]
        keyed += [f"{a.name}.{s.name}" for a in self._type.attributes() for s in a.sub_attributes if s.searchable]
        walk = "" if self._sort else " Or walk through the list with an empty `cursor`, which has no such limit."
        return TooMany(
            f"{what} would have to read more than {SCAN_DOCUMENTS} resources, or for longer than {SCAN_SECONDS:g} s. "
            f"Add an `eq` on one of: {', '.join(dict.fromkeys(keyed))}.{walk}"
        )


def _reach(windows: Windows, number: int, wanted: int, *, backward: bool) -> tuple[int, int] | None:
    """Return a closed range of sequence numbers, from the given one on or backwards from it; None beyond the end.

    By the counts it holds as many documents as are wanted, as if each window's were spread evenly. Windows that are
    known to be empty are passed over first; where another process may hold counts, an empty one is taken for full.
    """
    step, end = (-1, -1) if backward else (1, windows.end)
    unknown = 0 if windows.complete else WINDOW
    first, next_, expected = number, number, 0.0
    while (end - next_) * step > 0:
        left = next_ % WINDOW + 1 if backward else WINDOW - next_ % WINDOW
        held = windows.counts.get(next_ // WINDOW) or unknown
        if held and (wanted - expected) * WINDOW <= held * left:
            next_ += step * max(math.ceil((wanted - expected) * WINDOW / held), 1)
            break
        expected += held * left / WINDOW
        next_ += step * left
        if not expected:
            first = next_
    if (end - first) * step <= 0:
        return None
    last = next_ - step
    return (last, first) if backward else (first, last)


def _ids(condition: Any) -> frozenset[str]:
    """Return the ids of an equality or ``$in`` on ``_id``."""
    return frozenset(condition["$in"]) if isinstance(condition, dict) else frozenset({condition})


def _stored_names(attributes: Iterable[Attribute], resource_type: ResourceType) -> frozenset[str]:
    """Return the names below ``scim`` that the attributes are made of."""
    names: set[str] = set()
    for attribute in attributes:
        if resource_type.is_extension_attribute(attribute):
            names.add(attribute.schema)
        elif attribute.schema == COMMON and attribute.name == "schemas":
            names.update(extension.id for extension in resource_type.extensions)
        else:
            names.add(attribute.name)
    return frozenset(names)
