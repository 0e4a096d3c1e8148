"""Lists of resources: filter and paging (RFC 7644 §3.4.2)."""

from collections.abc import Mapping
from typing import Any

from ..schema.attributes import ResourceType
from ..scim.parser import parse_filter
from ..scim.projection import Projection
from ..store.memberships import MembershipStore
from ..store.resources import ResourceStore
from ..store.search import search
from .context import RequestContext
from .representation import list_response, resource_view
from .views import Views


class Queries:
    """Answers queries; holds no state of its own."""

    def __init__(self, stores: Mapping[str, ResourceStore], memberships: MembershipStore, views: Views) -> None:
        self._stores = stores
        self._memberships = memberships
        self._views = views

    async def query(
        self,
        ctx: RequestContext,
        resource_type: ResourceType,
        filter_text: str | None,
        start_index: int,
        count: int,
        projection: Projection,
    ) -> dict[str, Any]:
        """Return a ListResponse of the resources that match, in order of creation.

        Raises:
            InvalidFilter: malformed, or names an unknown attribute.
            TooMany: no keyed attribute narrows the filter and the workspace is too large to read through.
        """
        store = self._stores[resource_type.name]
        if filter_text is None:
            documents, total = await store.page(ctx.workspace.id, start_index, count)
        else:
            condition = parse_filter(filter_text, resource_type)
            documents, total = await search(
                store,
                self._memberships,
                ctx.workspace.id,
                condition,
                start_index,
                count,
                view=lambda document: resource_view(document, resource_type, ctx.base_url),
            )
        views = await self._views.of(ctx, resource_type, documents, projection)
        return list_response([projection.apply(view) for view in views], total, start_index)
