"""Group memberships: one document for each (group, member), never an array inside the group.

An array would meet the 16 MB limit, cost the whole list on every change and lose updates. A removed membership stays as
a row that is not ``live`` until its event is safe, so that a crash loses no event::

    {_id: "<group>:<member>", ws, group, member, kind, display?, live, touched, event}
"""

import asyncio
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from .counters import Counters
from .documents import DELETED_KEY, Event, minute_of
from .driver import Database
from .driver import Document as Row
from .failures import DuplicateKeys, translated

MEMBER_KINDS = ("users", "groups")
"""Collections whose documents can be members."""
BATCH = 1000
"""Rows written or removed at once; a group of 50,000 is emptied in bounded steps."""


class MembershipStore:
    """Rows of every workspace; each call names the workspace."""

    def __init__(self, database: Database, counters: Counters) -> None:
        self._database = database
        self._rows = database["memberships"]
        self._counters = counters

    # -- writes ----------------------------------------------------------------------------------------------------

    async def add(self, ws: str, group: str, members: Mapping[str, Mapping[str, Any]], moment: datetime) -> list[Event]:
        """Add members, each ``{"type": "User" | "Group", "display"?: str}``; returns the events of the new ones."""
        events: list[Event] = []
        for ids in _batches(members):
            rows = [_row(ws, group, i, members[i], moment) for i in ids]
            async with self._counters.writing(ws):
                events += await self._insert(rows)
        return events

    async def _insert(self, rows: list[Row]) -> list[Event]:
        collided: set[int] = set()
        try:
            with translated():
                await self._rows.insert_many(rows, ordered=False)
        except DuplicateKeys as duplicates:
            collided = set(duplicates.by_position)
        events = [Event.from_bson(row["event"]) for n, row in enumerate(rows) if n not in collided]
        # A row that was removed earlier comes to life again; one that is alive is left as it is.
        for n in sorted(collided):
            row = rows[n]
            change = {name: row[name] for name in ("kind", "live", "touched", "event")}
            with translated():
                revived = await self._rows.update_one(
                    {"_id": row["_id"], "ws": row["ws"], "live": False}, {"$set": change}
                )
            if revived.modified_count:
                events.append(Event.from_bson(row["event"]))
        return events

    async def remove(self, ws: str, group: str, members: Iterable[str], moment: datetime) -> list[Event]:
        """Remove members; returns the events of those that were there."""
        return await self._end(ws, [f"{group}:{member}" for member in members], moment)

    async def remove_group(self, ws: str, group: str, moment: datetime) -> list[Event]:
        """Remove every member of a group."""
        return await self._end(ws, [row["_id"] for row in await self.of_group(ws, group)], moment)

    async def remove_member(self, ws: str, member: str, moment: datetime) -> list[Event]:
        """Remove a member from every group."""
        rows = (await self.of_members(ws, [member])).get(member, [])
        return await self._end(ws, [row["_id"] for row in rows], moment)

    async def _end(self, ws: str, row_ids: list[str], moment: datetime) -> list[Event]:
        events: list[Event] = []
        for ids in _batches(row_ids):
            async with self._counters.writing(ws):
                for row_id in ids:
                    group, _, member = row_id.partition(":")
                    event = _event(ws, "member_remove", group, member, moment)
                    change = {"live": False, "touched": minute_of(moment), "event": event.to_bson()}
                    with translated():
                        ended = await self._rows.update_one({"_id": row_id, "ws": ws, "live": True}, {"$set": change})
                    if ended.modified_count:
                        events.append(event)
        return events

    # -- reads -----------------------------------------------------------------------------------------------------

    @translated()
    async def of_group(self, ws: str, group: str) -> list[Row]:
        """Return the live rows of a group, in a stable order."""
        rows = await self._rows.find({"ws": ws, "live": True, "group": group}).to_list(None)
        return sorted(await self._without_gone(ws, rows), key=lambda row: str(row["member"]))

    @translated()
    async def of_members(self, ws: str, members: Iterable[str]) -> dict[str, list[Row]]:
        """Return the live rows of several members, by member."""
        found: dict[str, list[Row]] = {}
        condition = {"ws": ws, "live": True, "member": {"$in": list(members)}}
        for row in await self._rows.find(condition).to_list(None):
            found.setdefault(row["member"], []).append(row)
        return found

    async def groups_with(self, ws: str, members: Iterable[str]) -> frozenset[str]:
        """Return the ids of the groups that have one of the members."""
        found = [row for rows in (await self.of_members(ws, members)).values() for row in rows]
        return frozenset(row["group"] for row in await self._without_gone(ws, found))

    @translated()
    async def group_names(self, ws: str, groups: Iterable[str]) -> dict[str, str]:
        """Return the display names of those groups that exist."""
        condition = {"_id": {"$in": list(groups)}, "ws": ws}
        rows = await self._database["groups"].find(condition, {"scim.displayName": 1, "seq": 1}).to_list(None)
        return {row["_id"]: str(row["scim"]["displayName"]) for row in rows if "seq" in row}

    @translated()
    async def _without_gone(self, ws: str, rows: list[Row]) -> list[Row]:
        """Leave out rows of deleted members, which a crash between two writes may have left until the next sweep."""
        if not rows:
            return rows
        condition = {"ws": ws, "keys": DELETED_KEY}
        found = await asyncio.gather(
            *(self._database[c].find(condition, {"_id": 1}).to_list(None) for c in MEMBER_KINDS)
        )
        gone = {document["_id"] for documents in found for document in documents}
        return [row for row in rows if row["member"] not in gone] if gone else rows


def _row(ws: str, group: str, member: str, sent: Mapping[str, Any], moment: datetime) -> Row:
    row: Row = {
        "_id": f"{group}:{member}",
        "ws": ws,
        "group": group,
        "member": member,
        "kind": sent["type"],
        "live": True,
        "touched": minute_of(moment),
        "event": _event(ws, "member_add", group, member, moment).to_bson(),
    }
    if sent.get("display"):
        row["display"] = sent["display"]
    return row


def _event(ws: str, action: str, group: str, member: str, moment: datetime) -> Event:
    data = {"group": group, "member": member}
    return Event.new(ws=ws, at=moment, action=action, resource_type="Group", resource_id=group, data=data)


def _batches(ids: Iterable[str]) -> Iterable[list[str]]:
    listed = list(ids)
    return [listed[start : start + BATCH] for start in range(0, len(listed), BATCH)]
