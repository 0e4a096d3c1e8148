"""Memberships as the use cases see them: one row per (group, member), never an array inside the group."""

import asyncio
import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import structlog

from ..errors import InvalidValue
from ..schema.attributes import ResourceType
from ..scim.members import MemberPlan, members_of
from ..scim.projection import Projection
from ..store.changes import ChangeLog
from ..store.documents import Document, Event
from ..store.memberships import MembershipStore
from ..store.resources import ResourceStore
from .representation import group_values, member_values

log = structlog.get_logger("scimserver.groups")

NAME_SECONDS = 5.0
"""How old the display name of a group in ``user.groups`` may be."""
MAX_NAMES = 20_000


class GroupMembers:
    """Writes membership rows and shows them as ``members`` and ``groups``."""

    def __init__(self, rows: MembershipStore, users: ResourceStore, groups: ResourceStore, changes: ChangeLog) -> None:
        self.rows = rows
        self._stores = {"User": users, "Group": groups}
        self._types = {name: store.resource_type for name, store in self._stores.items()}
        self._changes = changes
        self._names: dict[str, tuple[float, str | None]] = {}

    # -- writing ---------------------------------------------------------------------------------------------------

    def check_sent(self, group_id: str, sent: list[Any] | None, *, tolerant: bool) -> None:
        """Refuse a malformed member list before anything is written."""
        _refuse_self(group_id, members_of(sent or [], tolerant=tolerant))

    def check_plan(self, group_id: str, plan: MemberPlan | None) -> None:
        """Refuse membership operations that can never be carried out, before anything is written."""
        for step in plan.steps if plan else ():
            if step.op in ("add", "set"):
                _refuse_self(group_id, step.members)

    async def set_all(self, ws: str, group_id: str, sent: list[Any], moment: datetime) -> bool:
        """Make the rows equal to a full list (POST, PUT): a difference, not delete and insert. Tells if any changed."""
        return await self._set(ws, group_id, members_of(sent), moment)

    async def apply(self, ws: str, group_id: str, plan: MemberPlan, moment: datetime) -> bool:
        """Carry out the membership operations of a PATCH; tells whether any row changed.

        Members that do not exist are left out and reported: a 400 would lose the whole push, since Okta never
        retries one (idp-clients §3.6).
        """
        stored = await self._stored(ws, group_id) if plan.needs_stored else None
        changes = plan.resolve(stored)
        if changes.clear:
            return await self._set(ws, group_id, changes.add, moment)
        removed = await self._remove(ws, group_id, changes.remove, moment)
        added = await self._add(ws, group_id, changes.add, moment)
        return removed or added

    async def forget(self, ws: str, document: Document, moment: datetime) -> None:
        """Remove the memberships of a deleted user or group, and those in a deleted group."""
        if document.resource_type == "Group":
            self._names.pop(document.id, None)
            self._queue(await self.rows.remove_group(ws, document.id, moment))
        if document.grouped:
            events = await self.rows.remove_member(ws, document.id, moment)
            self._queue(events)
            await self._stores["Group"].bump_many(ws, {e.data["group"] for e in events}, moment)

    async def _set(self, ws: str, group_id: str, wanted: Mapping[str, dict[str, Any]], moment: datetime) -> bool:
        stored = await self._stored(ws, group_id)
        removed = await self._remove(ws, group_id, stored.keys() - wanted.keys(), moment)
        added = await self._add(ws, group_id, {i: m for i, m in wanted.items() if i not in stored}, moment)
        return removed or added

    async def _stored(self, ws: str, group_id: str) -> dict[str, dict[str, Any]]:
        rows = await self.rows.of_group(ws, group_id)
        return {
            row["member"]: {"value": row["member"], "type": row["kind"], "display": row.get("display")} for row in rows
        }

    async def _add(self, ws: str, group_id: str, members: Mapping[str, dict[str, Any]], moment: datetime) -> bool:
        if not members:
            return False
        known = await self._known(ws, members)
        if missing := members.keys() - known.keys():
            log.warning("members left out", group=group_id, unknown=len(missing), ids=sorted(missing)[:20])
        events = await self.rows.add(ws, group_id, known, moment)
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

    async def _remove(self, ws: str, group_id: str, ids: Iterable[str], moment: datetime) -> bool:
        wanted = list(ids)
        events = await self.rows.remove(ws, group_id, wanted, moment) if wanted else []
        self._queue(events)
        return bool(events)

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
