"""Documents as clients see them: the stored part, and what the memberships add to it."""

from typing import Any

from ..schema.attributes import ResourceType
from ..scim.projection import Projection
from ..store.documents import Document
from .context import RequestContext
from .groups import GroupMembers
from .representation import resource_view


class Views:
    """Makes full resources of documents; a projection then takes what the client asked for."""

    def __init__(self, members: GroupMembers) -> None:
        self._members = members

    async def of(
        self, ctx: RequestContext, resource_type: ResourceType, documents: list[Document], projection: Projection
    ) -> list[dict[str, Any]]:
        """Return the full resources; ``members`` and ``groups`` only where the projection wants them."""
        views = [resource_view(document, resource_type, ctx.base_url) for document in documents]
        await self._members.add_to_views(ctx.workspace.id, resource_type, documents, views, projection, ctx.base_url)
        return views
