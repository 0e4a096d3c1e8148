"""Memberships as the use cases see them: one row per (group, member), never an array inside the group."""

import asyncio
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..errors import InvalidValue
from ..schema.attributes import ResourceType
from ..scim.members import MemberChanges, MemberPlan, members_of
from ..scim.projection import Projection
from ..scim.quirks.operations import remove_absent, unknown_member
from ..scim.reading import shown
from ..store.changes import ChangeLog
from ..store.documents import Document, Event
from ..store.memberships import MembershipStore
from ..store.resources import ResourceStore
from .context import RequestContext
from .representation import group_values, member_values

SHOWN_MEMBERS = 20
"""Ids that an error text lists."""
NAME_SECONDS = 5.0
"""How old the display name of a group in ``user.groups`` may be."""
MAX_NAMES = 20_000


@dataclass(frozen=True, slots=True)
class MemberCounts:
    """How many memberships a write would begin and end."""

    added: int
    removed: int


class GroupMembers:
    """Writes membership rows and shows them as ``members`` and ``groups``."""

    def __init__(self, rows: MembershipStore, users: ResourceStore, groups: ResourceStore, changes: ChangeLog) -> None:
        self.rows = rows
        self._stores = {"User": users, "Group": groups}
        attribute = groups.resource_type.attribute("members")
        assert attribute is not None  # every group has members
        self._attribute = attribute
        self._types = {name: store.resource_type for name, store in self._stores.items()}
        self._changes = changes
        self._names: dict[str, tuple[float, str | None]] = {}

    # -- writing ---------------------------------------------------------------------------------------------------

    async def check_sent(self, ctx: RequestContext, group_id: str, sent: list[Any] | None) -> None:
        """Refuse a member list that cannot be stored, before anything is written."""
        members = members_of(sent or [], self._attribute, reading=ctx.reading)
        _refuse_self(group_id, members)
        await self._refuse_unknown(ctx, members)

    async def check_plan(
        self,
        ctx: RequestContext,
        group_id: str,
        plan: MemberPlan | None,
        given: Mapping[str, dict[str, Any]] | None = None,
    ) -> None:
        """Refuse membership operations that can never be carried out, before anything is written.

        ``given`` are the group's members, where they are not those that are stored.
        """
        added: dict[str, Any] = {}
        for step in plan.steps if plan else ():
            if step.op in ("add", "set"):
                added |= step.members
        _refuse_self(group_id, added)
        await self._refuse_unknown(ctx, added)
        if plan and plan.may_find_nobody:
            known = given is not None or not plan.needs_stored
            plan.resolve(given if known else await self._stored(ctx.workspace.id, group_id))

    async def _refuse_unknown(self, ctx: RequestContext, members: Mapping[str, dict[str, Any]]) -> None:
        """Refuse members that do not exist, unless the profile has them left out (see :meth:`_add`)."""
        if not members or ctx.reading.allows(unknown_member):
            return
        found = [await store.find_by_id(ctx.workspace.id, members) for store in self._stores.values()]
        missing = members.keys() - {document.id for documents in found for document in documents} - ctx.expected
        if missing:
            listed = ", ".join(f"`{shown(member_id)}`" for member_id in sorted(missing)[:SHOWN_MEMBERS])
            raise InvalidValue(
                f"`members`: {len(missing)} of {len(members)} do not exist in this workspace ({listed}): provision "
                "them first, or take them out."
            )

    async def set_all(self, ctx: RequestContext, group_id: str, sent: list[Any], moment: datetime) -> bool:
        """Make the rows equal to a full list (POST, PUT): a difference, not delete and insert. Tells if any changed."""
        return await self._set(ctx, group_id, members_of(sent, self._attribute), moment)

    async def apply(self, ctx: RequestContext, group_id: str, plan: MemberPlan, moment: datetime) -> bool:
        """Carry out the membership operations of a PATCH; tells whether any row changed."""
        stored = await self._stored(ctx.workspace.id, group_id) if plan.needs_stored else None
        changes = plan.resolve(stored)
        if changes.clear:
            return await self._set(ctx, group_id, changes.add, moment)
        removed = await self._remove(ctx.workspace.id, group_id, changes.remove, moment)
        if (plan.selected & changes.remove) - removed:
            ctx.reading.excuses(remove_absent, "members", "remove")
        added = await self._add(ctx, group_id, changes.add, moment)
        return bool(removed) or added

    async def foresee(
        self,
        ctx: RequestContext,
        group_id: str,
        change: MemberPlan | Sequence[Any],
        given: Mapping[str, dict[str, Any]] | None = None,
    ) -> MemberCounts:
        """Return what :meth:`apply` of a plan or :meth:`set_all` of a full list would come to; only reads.

        ``given`` as for :meth:`check_plan`. Notes the same tolerations.
        """
        stored = await self._stored(ctx.workspace.id, group_id) if given is None else given
        selected = frozenset[str]()
        if isinstance(change, MemberPlan):
            changes, selected = change.resolve(stored), change.selected
        else:
            changes = MemberChanges(clear=True, add=members_of(change, self._attribute), remove=frozenset())
        if changes.clear:
            removed, wanted = stored.keys() - changes.add.keys(), changes.add.keys() - stored.keys()
        else:
            removed, wanted = stored.keys() & changes.remove, set(changes.add)
            if (selected & changes.remove) - removed:
                ctx.reading.excuses(remove_absent, "members", "remove")
        kinds = {i: _kind(i, changes.add[i]) for i in wanted}
        known: set[str] = set()
        for kind, store in self._stores.items():
            found = await store.find_by_id(ctx.workspace.id, [i for i in wanted if kinds[i] == kind])
            known |= {document.id for document in found}
        for member_id in sorted(wanted - known - ctx.expected):
            ctx.reading.excuses(unknown_member, member_id, member_id)
        return MemberCounts(len(known - stored.keys()), len(removed))

    async def forget(self, ws: str, document: Document, moment: datetime) -> None:
        """Remove the memberships of a deleted user or group, and those in a deleted group."""
        if document.resource_type == "Group":
            self._names.pop(document.id, None)
            self._queue(await self.rows.remove_group(ws, document.id, moment))
        if document.grouped:
            events = await self.rows.remove_member(ws, document.id, moment)
            self._queue(events)
            await self._stores["Group"].bump_many(ws, {e.data["group"] for e in events}, moment)

    async def _set(
        self, ctx: RequestContext, group_id: str, wanted: Mapping[str, dict[str, Any]], moment: datetime
    ) -> bool:
        stored = await self._stored(ctx.workspace.id, group_id)
        removed = await self._remove(ctx.workspace.id, group_id, stored.keys() - wanted.keys(), moment)
        added = await self._add(ctx, group_id, {i: m for i, m in wanted.items() if i not in stored}, moment)
        return bool(removed) or added

    async def _stored(self, ws: str, group_id: str) -> dict[str, dict[str, Any]]:
        rows = await self.rows.of_group(ws, group_id)
        return {
            row["member"]: {"value": row["member"], "type": row["kind"], "display": row.get("display")} for row in rows
        }

    async def _add(
        self, ctx: RequestContext, group_id: str, members: Mapping[str, dict[str, Any]], moment: datetime
    ) -> bool:
        """Add members; one that does not exist is left out: a 400 would lose the whole push (idp-clients §3.6)."""
        if not members:
            return False
        known = await self._known(ctx.workspace.id, members)
        for member_id in sorted(members.keys() - known.keys() - ctx.expected):
            ctx.reading.excuses(unknown_member, member_id, member_id)
        events = await self.rows.add(ctx.workspace.id, group_id, known, moment)
        self._queue(events)
        return bool(events)

    async def _known(self, ws: str, members: Mapping[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
        """Keep the members that exist, with their kind; marks them as being in a group, before the first row."""
        known: dict[str, dict[str, Any]] = {}
        for kind, store in self._stores.items():
            ids = [i for i in members if _kind(i, members[i]) == kind]
            if ids:
                known |= {i: {**members[i], "type": kind} for i in await store.set_grouped(ws, ids)}
        return known

    async def _remove(self, ws: str, group_id: str, ids: Iterable[str], moment: datetime) -> set[str]:
        """End memberships; returns the members whose was there."""
        wanted = list(ids)
        events = await self.rows.remove(ws, group_id, wanted, moment) if wanted else []
        self._queue(events)
        return {event.data["member"] for event in events}

    def _queue(self, events: Iterable[Event]) -> None:
        self._changes.queue(*events)

    # -- reading ---------------------------------------------------------------------------------------------------

    async def add_to_views(
        self,
        ws: str,
        resource_type: ResourceType,
        documents: Sequence[Document],
        views: Sequence[dict[str, Any]],
        projection: Projection,
        base_url: str,
    ) -> None:
        """Put ``members`` into groups and ``groups`` into users, unless the projection leaves them out."""
        if resource_type.name == "Group" and projection.wants("members"):
            rows = await asyncio.gather(*(self.rows.of_group(ws, d.id) for d in documents))
            for view, members in zip(views, rows, strict=True):
                view["members"] = member_values(members, self._types, base_url)
        elif resource_type.name == "User" and projection.wants("groups"):
            grouped = [d.id for d in documents if d.grouped]
            rows_of = await self.rows.of_members(ws, grouped) if grouped else {}
            names = await self._group_names(ws, {row["group"] for found in rows_of.values() for row in found})
            for document, view in zip(documents, views, strict=True):
                ids = (row["group"] for row in rows_of.get(document.id, ()))
                groups = group_values(ids, names, self._types["Group"], base_url)
                if groups:
                    view["groups"] = groups

    async def _group_names(self, ws: str, ids: set[str]) -> dict[str, str]:
        """Return display names of those groups that exist; kept for a few seconds, since every user read asks."""
        moment = time.monotonic()
        fresh = {i: self._names[i][1] for i in ids if i in self._names and self._names[i][0] > moment}
        missing = ids - fresh.keys()
        if missing:
            found = await self.rows.group_names(ws, missing)
            if len(self._names) > MAX_NAMES:
                self._names.clear()
            self._names.update({i: (moment + NAME_SECONDS, found.get(i)) for i in missing})
            fresh.update({i: found.get(i) for i in missing})
        return {i: name for i, name in fresh.items() if name is not None}


def _kind(member_id: str, member: Mapping[str, Any]) -> str:
    """Our ids carry their kind; the sent ``type`` decides only for an id that is not ours."""
    prefix = member_id.partition("_")[0]
    return {"u": "User", "g": "Group"}.get(prefix) or member.get("type") or "User"


def _refuse_self(group_id: str, members: Mapping[str, Any]) -> None:
    if group_id in members:
        raise InvalidValue("`members`: a group cannot be a member of itself; remove its own id from the list.")
