"""Lists of resources: filter, order and paging, of one type or several (RFC 7644 §3.4.2, RFC 9865)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ..schema.attributes import ResourceType
from ..scim.filter import Filter
from ..scim.narrowing import narrow
from ..scim.parser import parse_filter
from ..scim.projection import Projection
from ..scim.reading import Reading
from ..scim.sorting import Place, Sort, parse_sort
from ..store.documents import Document
from ..store.memberships import MembershipStore
from ..store.pages import Page, documents_of, page_by_index, page_from
from ..store.resources import ResourceStores
from ..store.search import Budget, Search, View
from .anchors import PagingAnchors, Walk
from .context import RequestContext
from .cursors import Cursor, Cursors, query_digest
from .representation import list_response, resource_view
from .views import Views


@dataclass(frozen=True, slots=True)
class Query:
    """What a client asks for, as parameters of a URL or as a SearchRequest."""

    count: int
    """Most resources wanted; 0 asks for the total alone."""
    start_index: int = 1
    """From 1; without a cursor only."""
    cursor: str | None = None
    """Empty for the first page; None for paging by index."""
    filter: str | None = None
    sort_by: str | None = None
    sort_order: str | None = None
    attributes: str | None = None
    """Comma-separated, as ``excluded_attributes``."""
    excluded_attributes: str | None = None


@dataclass(frozen=True, slots=True)
class _Bound:
    """A query as the schema of one of its resource types reads it."""

    resource_type: ResourceType
    condition: Filter | None
    sort: Sort | None
    projection: Projection


class Queries:
    """Answers queries; what it holds, the ends of pages, may be lost."""

    def __init__(self, stores: ResourceStores, memberships: MembershipStore, views: Views, cursors: Cursors) -> None:
        self._stores = stores
        self._memberships = memberships
        self._views = views
        self._cursors = cursors
        self._anchors: PagingAnchors[Place] = PagingAnchors()

    async def query(self, ctx: RequestContext, resource_types: Sequence[ResourceType], query: Query) -> dict[str, Any]:
        """Return a ListResponse of what matches, in the order asked for or else type by type in order of creation.

        Raises:
            InvalidFilter: malformed, or names an attribute that none of the types has.
            InvalidValue: the order or the choice of attributes cannot be.
            InvalidCursor, ExpiredCursor: as :meth:`Cursors.open`.
            TooMany: no keyed attribute narrows the filter and the workspace is too large to read through.
        """
        bound = [_bind(query, one, resource_types, ctx.reading) for one in resource_types]
        searches = list(self._searches(ctx, bound))
        digest = _digest(ctx, bound)
        if query.cursor is None:
            return await self._by_index(ctx, bound, searches, query, Walk(ctx.credential, digest.hex()))
        cursor = self._cursors.open(query.cursor, digest) if query.cursor else None
        if query.count == 0:
            return list_response([], (await page_by_index(searches, bound[0].sort, 0, 0)).total)
        cut, backward = (cursor.cut, cursor.backward) if cursor else (None, False)
        page = await page_from(searches, bound[0].sort, cut, query.count, backward=backward)
        return list_response(
            await self._shown(ctx, bound, searches, page),
            page.total,
            next_cursor=self._sealed(page.behind, digest, backward=False),
            previous_cursor=self._sealed(page.before, digest, backward=True),
        )

    async def _by_index(
        self, ctx: RequestContext, bound: Sequence[_Bound], searches: Sequence[Search], query: Query, walk: Walk
    ) -> dict[str, Any]:
        start = query.start_index
        cut = self._anchors.end_before(walk, start)
        page = await page_by_index(searches, bound[0].sort, start - 1, query.count, cut)
        shown = await self._shown(ctx, bound, searches, page)
        if page.end is not None:
            self._anchors.forget_inside(walk, start, start + len(shown))
            # Some clients go on by what they got, others by what they asked for; in a full page the two differ only if
            # something was deleted while it was read. Behind a page that is not full lies nothing to be asked for.
            asked_for = {start + query.count} if len(page.entries) == query.count else set()
            for next_index in {start + len(shown)} | asked_for:
                self._anchors.remember(walk, next_index, page.end)
        return list_response(shown, page.total, start_index=start)

    def _searches(self, ctx: RequestContext, bound: Sequence[_Bound]) -> Iterator[Search]:
        """Yield a search of each type that the filter does not rule out by itself."""
        budget = Budget()
        for position, one in enumerate(bound):
            condition = narrow(one.condition, one.resource_type) if one.condition else True
            if condition is False:
                continue
            yield Search(
                self._stores.of(one.resource_type),
                self._memberships,
                ctx.workspace.id,
                None if condition is True else condition,
                _view_of(one.resource_type, ctx.base_url),
                budget=budget,
                sort=one.sort,
                position=position,
            )

    def _sealed(self, cut: Place | None, digest: bytes, *, backward: bool) -> str | None:
        return self._cursors.seal(Cursor(cut, backward), digest) if cut else None

    async def _shown(
        self, ctx: RequestContext, bound: Sequence[_Bound], searches: Sequence[Search], page: Page
    ) -> list[dict[str, Any]]:
        """Return the page's resources as each type's projection shows them."""
        found = await documents_of(searches, page)
        shown: dict[str, dict[str, Any]] = {}
        for position in dict.fromkeys(position for position, _ in found):
            one = bound[position]
            documents = [document for at, document in found if at == position]
            views = await self._views.of(ctx, one.resource_type, documents, one.projection)
            shown |= {d.id: one.projection.apply(view) for d, view in zip(documents, views, strict=True)}
        return [shown[document.id] for _, document in found]


def _bind(
    query: Query, resource_type: ResourceType, resource_types: Sequence[ResourceType], reading: Reading
) -> _Bound:
    others = [other for other in resource_types if other is not resource_type]
    text = query.filter
    return _Bound(
        resource_type,
        None if text is None else parse_filter(text, resource_type, reading, others),
        parse_sort(query.sort_by, query.sort_order, resource_type, others, reading),
        Projection.parse(query.attributes, query.excluded_attributes, resource_type, reading),
    )


def _view_of(resource_type: ResourceType, base_url: str) -> View:
    def view(document: Document) -> dict[str, Any]:
        return resource_view(document, resource_type, base_url)

    return view


def _digest(ctx: RequestContext, bound: Sequence[_Bound]) -> bytes:
    first = bound[0]
    return query_digest(
        ctx.workspace.id,
        [one.resource_type.name for one in bound],
        str(first.condition or ""),
        str(first.sort.path if first.sort else ""),
        descending=first.sort is not None and first.sort.descending,
    )
