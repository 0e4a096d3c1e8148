"""Create, read, replace, patch and delete one resource of a workspace (RFC 7644 §3)."""

import dataclasses
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from ..errors import Conflict, NotFound
from ..schema.attributes import ResourceType
from ..scim.projection import Projection
from ..store.changes import ChangeLog
from ..store.documents import Document, Event, new_id, now
from ..store.resources import DuplicateValue, ResourceStore, ResourceStores
from . import writing
from .context import RequestContext
from .groups import GroupMembers
from .representation import location, resource_view
from .versions import UNCONDITIONAL, Conditions, version_tag
from .views import Views

Written = TypeVar("Written")

WRITE_ATTEMPTS = 8
"""How often a lost race is tried again, when the client gave no ``If-Match``."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A resource as the client gets it, with what the headers need."""

    resource: dict[str, Any]
    version: str
    location: str


class Provisioning:
    """The write path of design §5 and the read of one resource; holds no state of its own."""

    def __init__(
        self,
        stores: ResourceStores,
        members: GroupMembers,
        views: Views,
        changes: ChangeLog,
    ) -> None:
        self._stores = stores
        self._members = members
        self._views = views
        self._changes = changes

    # -- reading ---------------------------------------------------------------------------------------------------

    async def get(
        self, ctx: RequestContext, resource_type: ResourceType, resource_id: str, projection: Projection
    ) -> Stored:
        """Return one resource.

        Raises:
            NotFound: no such id in this workspace.
        """
        document = await self._find(ctx, resource_type, resource_id)
        return await self._answer(ctx, resource_type, document, projection)

    # -- writing ---------------------------------------------------------------------------------------------------

    async def create(
        self,
        ctx: RequestContext,
        resource_type: ResourceType,
        body: dict[str, Any],
        projection: Projection,
        resource_id: str | None = None,
    ) -> Stored:
        """Create a resource and return it; ``resource_id`` is one that :func:`new_id` made earlier.

        Raises:
            InvalidSyntax, InvalidValue: the body is not an acceptable resource.
            Uniqueness: a unique value is taken.
        """
        sent = writing.read_resource(ctx, resource_type, body)
        moment = now()
        document = Document(
            id=resource_id or new_id(resource_type.id_prefix),
            ws=ctx.workspace.id,
            v=1,
            seq=0,
            resource_type=resource_type.name,
            scim=sent.resource,
            app={},
            map="",
            created=moment,
            modified=moment,
        )
        await self._members.check_sent(ctx, document.id, sent.members)
        document = self._mapped(ctx, resource_type, document, None)
        event = self._event(document, "create", moment)
        document = dataclasses.replace(document, outbox=[event])
        insert = self._stores.of(resource_type).insert(document, resource_type)
        document = await self._unique(resource_type, document, insert)
        self._changes.queue(event)
        if sent.members:
            await self._members.set_all(ctx, document.id, sent.members, moment)
        return await self._answer(ctx, resource_type, document, projection.answering(sent.resource))

    async def replace(
        self,
        ctx: RequestContext,
        resource_type: ResourceType,
        resource_id: str,
        body: dict[str, Any],
        projection: Projection,
        conditions: Conditions = UNCONDITIONAL,
    ) -> Stored:
        """Replace a resource (RFC 7644 §3.5.1); what the client cannot have seen is kept (idp-clients §9.1)."""
        sent = writing.read_resource(ctx, resource_type, body)
        await self._members.check_sent(ctx, resource_id, sent.members)

        def change(document: Document) -> dict[str, Any]:
            return writing.replaced(resource_type, document.scim, sent)

        async def change_members(document: Document, moment: datetime) -> bool:
            if sent.members is None:
                return False
            return await self._members.set_all(ctx, document.id, sent.members, moment)

        document = await self._write(ctx, resource_type, resource_id, change, change_members, conditions)
        return await self._answer(ctx, resource_type, document, projection.answering(sent.resource))

    async def patch(
        self,
        ctx: RequestContext,
        resource_type: ResourceType,
        resource_id: str,
        body: dict[str, Any],
        projection: Projection | None,
        conditions: Conditions = UNCONDITIONAL,
    ) -> Stored:
        """Apply a PatchOp (RFC 7644 §3.5.2): all operations or none; a change of nothing writes nothing.

        Without ``projection`` the answer carries only version and location.
        """
        message = writing.read_patch(ctx, resource_type, body)
        plan = message.members
        await self._members.check_plan(ctx, resource_id, plan)
        specified: dict[str, Any] = {}

        def change(document: Document) -> dict[str, Any]:
            result = writing.patched(ctx, resource_type, document.id, document.scim, message)
            specified.update(result.specified)
            return result.resource

        async def change_members(document: Document, moment: datetime) -> bool:
            if plan is None:
                return False
            return await self._members.apply(ctx, document.id, plan, moment)

        document = await self._write(ctx, resource_type, resource_id, change, change_members, conditions)
        if projection is None:
            return Stored({}, version_tag(document.v), location(resource_type, ctx.base_url, document.id))
        return await self._answer(ctx, resource_type, document, projection.answering(specified))

    async def delete(
        self,
        ctx: RequestContext,
        resource_type: ResourceType,
        resource_id: str,
        conditions: Conditions = UNCONDITIONAL,
    ) -> None:
        """Delete a resource and its memberships; its id is never used again.

        Raises:
            NotFound: no such id, also the second time (RFC 7644 §3.6).
        """
        store = self._stores.of(resource_type)
        for _ in range(WRITE_ATTEMPTS):
            document = await self._find(ctx, resource_type, resource_id)
            conditions.check_write(document.v)
            ctx.workspace.pipeline.before_delete(
                resource_type.name, resource_view(document, resource_type, ctx.base_url)
            )
            moment = now()
            event = self._event(document, "delete", moment, version=document.v + 1)
            if await store.delete(document, event):
                self._changes.queue(event)
                await self._members.forget(ctx.workspace.id, document, moment)
                return
        raise _kept_changing(resource_type)

    # -- the parts of a write --------------------------------------------------------------------------------------

    async def _write(
        self,
        ctx: RequestContext,
        resource_type: ResourceType,
        resource_id: str,
        change: Callable[[Document], dict[str, Any]],
        change_members: Callable[[Document, datetime], Awaitable[bool]],
        conditions: Conditions,
    ) -> Document:
        """Read, change, check, map and write with a compare on the version; then the membership rows.

        Attributes go first: they may be refused (409, 412), and then no row has been written. With ``If-Match`` a
        group is written in any case, so that of two such changes of its members one is refused.
        """
        store = self._stores.of(resource_type)
        for _ in range(WRITE_ATTEMPTS):
            document = await self._find(ctx, resource_type, resource_id)
            conditions.check_write(document.v)
            moment = now()
            changed = change(document)
            if changed != document.scim or (conditions.wants_version and resource_type.name == "Group"):
                updated = dataclasses.replace(document, scim=changed, v=document.v + 1, modified=moment)
                updated = self._mapped(ctx, resource_type, updated, document.app)
                event = self._event(updated, "update", moment)
                updated = dataclasses.replace(updated, outbox=[*self._changes.unsent(document.outbox), event])
                if not await self._unique(resource_type, updated, store.replace(updated, document.v, resource_type)):
                    continue
                self._changes.queue(event)
                document = updated
            else:
                # Nothing to write, as to Python 0 is False; but a number sent for a boolean is refused all the same.
                writing.check(ctx, resource_type, changed)
            if await change_members(document, moment):
                document = await self._bump(store, document, moment)
            return document
        raise _kept_changing(resource_type)

    async def _bump(self, store: ResourceStore, document: Document, moment: datetime) -> Document:
        event = self._event(document, "update", moment)
        if not await store.bump(document.ws, document.id, moment, event):
            raise NotFound(f"{document.resource_type} `{document.id}` was deleted meanwhile.")
        self._changes.queue(event)
        return dataclasses.replace(document, v=document.v + 1, modified=moment)

    @staticmethod
    def _mapped(
        ctx: RequestContext, resource_type: ResourceType, document: Document, stored: Mapping[str, Any] | None
    ) -> Document:
        """Check the resource and let the workspace's plugins make the application document.

        ``stored`` is the application document as it is before this write; None at creation.
        """
        writing.check(ctx, resource_type, document.scim)
        pipeline = ctx.workspace.pipeline
        resource = {"id": document.id, **document.scim}
        pipeline.validate(resource_type.name, resource)
        app = pipeline.map(resource_type.name, resource, stored)
        return dataclasses.replace(document, app=app, map=pipeline.revision)

    def _event(self, document: Document, action: str, moment: datetime, version: int | None = None) -> Event:
        return Event.new(
            ws=document.ws,
            at=moment,
            action=action,
            resource_type=document.resource_type,
            resource_id=document.id,
            v=version or document.v,
        )

    async def _unique(self, resource_type: ResourceType, document: Document, write: Awaitable[Written]) -> Written:
        try:
            return await write
        except DuplicateValue as duplicate:
            raise writing.taken(resource_type, duplicate.attribute) from None

    async def _find(self, ctx: RequestContext, resource_type: ResourceType, resource_id: str) -> Document:
        document = await self._stores.of(resource_type).get(ctx.workspace.id, resource_id)
        if document is None:
            raise writing.missing(resource_type, resource_id)
        return document

    async def _answer(
        self, ctx: RequestContext, resource_type: ResourceType, document: Document, projection: Projection
    ) -> Stored:
        (view,) = await self._views.of(ctx, resource_type, [document], projection)
        return Stored(projection.apply(view), view["meta"]["version"], view["meta"]["location"])


def _kept_changing(resource_type: ResourceType) -> Conflict:
    return Conflict(f"This {resource_type.name} is being changed by others at the same time: send the request again.")
