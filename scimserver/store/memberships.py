"""Group memberships: one document for each (group, member), never an array inside the group.

An array would meet the 16 MB limit, cost the whole list on every change and lose updates. A removed membership stays as
a row that is not ``live`` until its event is safe, so that a crash loses no event::

    {_id: "<group>:<member>", ws, group, member, kind, display?, live, touched, outbox: [{id, action, at}]}

The rows of one call change together and share what stands in ``outbox``; :func:`row_events` makes each row's own
events of it. A row whose group or member is gone answers nothing: the tombstone says, by its match keys, that rows
of it may be left.
"""

import asyncio
import time
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from .counters import Counters
from .documents import DELETED_KEY, HAS_MEMBERS_KEY, IS_MEMBER_KEY, Event, minute_of, new_id
from .driver import Database
from .driver import Document as Row
from .failures import DuplicateKeys, translated

MEMBER_KINDS = ("users", "groups")
"""Collections whose documents can be members."""
BATCH = 500
"""Rows written or removed at once; a group of 50,000 is emptied in bounded steps."""
KEEP_EVENTS = 4
"""Events that stay in a row's outbox: it may be removed and added again before they are sent."""
GONE_SECONDS = 1.0
"""How old the knowledge may be of what another process deleted without ending its rows."""
LINKED_FOR = timedelta(minutes=2)
"""Longer than a request that adds a member can still run after that member was deleted."""
_LINK_KEYS = {"$in": [HAS_MEMBERS_KEY, IS_MEMBER_KEY]}


def row_events(row: Mapping[str, Any]) -> list[Event]:
    """Return the events in a row's outbox."""
    return [_event_of(row, kept) for kept in row["outbox"]]


class MembershipStore:
    """Rows of every workspace; each call names the workspace."""

    def __init__(self, database: Database, counters: Counters) -> None:
        self._database = database
        self._rows = database["memberships"]
        self._counters = counters
        self._gone_ids: dict[str, tuple[float, set[str]]] = {}

    # -- writes ----------------------------------------------------------------------------------------------------

    async def add(self, ws: str, group: str, members: Mapping[str, Mapping[str, Any]], moment: datetime) -> list[Event]:
        """Add members, each ``{"type": "User" | "Group", "display"?: str}``; returns the events of the new ones."""
        kept = _kept("member_add", moment)
        events: list[Event] = []
        for ids in _batches(members):
            rows = [_row(ws, group, i, members[i], kept) for i in ids]
            async with self._counters.writing(ws):
                events += await self._insert(rows, kept)
        return events

    async def _insert(self, rows: list[Row], kept: Mapping[str, Any]) -> list[Event]:
        collided: set[int] = set()
        try:
            with translated():
                await self._rows.insert_many(rows, ordered=False)
        except DuplicateKeys as duplicates:
            collided = set(duplicates.by_position)
        events = [_event_of(row, kept) for n, row in enumerate(rows) if n not in collided]
        # A row that was removed earlier comes to life again; one that is alive is left as it is.
        again = [rows[n] for n in sorted(collided)]
        plain = [row for row in again if "display" not in row]
        if plain:
            events += await self._change(plain, False, kept, {"$unset": {"display": ""}})
        for row in again:
            if "display" in row:
                events += await self._change([row], False, kept, {}, display=row["display"])
        return events

    async def remove(self, ws: str, group: str, members: Iterable[str], moment: datetime) -> list[Event]:
        """Remove members; returns the events of those that were there."""
        pairs = [(group, member) for member in members]
        return await self._end(ws, [_identity(ws, *pair) for pair in pairs], moment)

    async def remove_group(self, ws: str, group: str, moment: datetime) -> list[Event]:
        """Remove every member of a deleted group."""
        return await self._end_all(ws, group, {"group": group}, moment)

    async def remove_member(self, ws: str, member: str, moment: datetime) -> list[Event]:
        """Remove a deleted member from every group."""
        return await self._end_all(ws, member, {"member": member}, moment)

    async def remove_leftovers(self, ws: str, moment: datetime) -> list[Event]:
        """Finish what interrupted deletes have left; after :data:`LINKED_FOR` tombstones stop being asked about.

        A member may be added while it is deleted, and its row written after the delete has looked for rows.
        """
        events: list[Event] = []
        for kind in MEMBER_KINDS:
            gone = self._database[kind]
            with translated():
                found = await gone.find({"ws": ws, "keys": _LINK_KEYS}, {"deleted": 1}).to_list(None)
            for ids in _batches(tombstone["_id"] for tombstone in found):
                for end in ("group", "member"):
                    events += await self._end_all(ws, None, {end: {"$in": ids}}, moment)
            for ids in _batches(t["_id"] for t in found if t["deleted"] < moment - LINKED_FOR):
                with translated():
                    await gone.update_many({"_id": {"$in": ids}, "ws": ws}, {"$set": {"keys": [DELETED_KEY]}})
        return events

    async def _end_all(self, ws: str, gone: str | None, condition: Row, moment: datetime) -> list[Event]:
        if gone and ws in self._gone_ids:
            self._gone_ids[ws][1].add(gone)
        query = {"ws": ws, "live": True, **condition}
        with translated():
            rows = await self._rows.find(query, {"ws": 1, "group": 1, "member": 1}).to_list(None)
        return await self._end(ws, rows, moment)

    async def _end(self, ws: str, rows: list[Row], moment: datetime) -> list[Event]:
        kept = _kept("member_remove", moment)
        events: list[Event] = []
        for start in range(0, len(rows), BATCH):
            async with self._counters.writing(ws):
                events += await self._change(rows[start : start + BATCH], True, kept, {})
        return events

    @translated()
    async def _change(
        self, rows: list[Row], live: bool, kept: Mapping[str, Any], update: Row, **also: Any
    ) -> list[Event]:
        """Turn those of the rows that are ``live`` (or are not) to the contrary; returns their events."""
        ids = [row["_id"] for row in rows]
        result = await self._rows.update_many(
            {"_id": {"$in": ids}, "ws": rows[0]["ws"], "live": live},
            {
                "$set": {"live": not live, "touched": minute_of(kept["at"]), **also},
                "$push": {"outbox": {"$each": [kept], "$slice": -KEEP_EVENTS}},
                **update,
            },
        )
        if result.matched_count == len(rows):
            return [_event_of(row, kept) for row in rows]
        if not result.matched_count:
            return []
        stored = await self._rows.find({"_id": {"$in": ids}, "ws": rows[0]["ws"]}, {"outbox": 1}).to_list(None)
        changed = {row["_id"] for row in stored if any(event["id"] == kept["id"] for event in row["outbox"])}
        return [_event_of(row, kept) for row in rows if row["_id"] in changed]

    # -- reads -----------------------------------------------------------------------------------------------------

    @translated()
    async def of_group(self, ws: str, group: str) -> list[Row]:
        """Return the live rows of a group, in a stable order."""
        rows = await self._living(ws, {"group": group})
        return sorted(rows, key=lambda row: str(row["member"]))

    @translated()
    async def of_members(self, ws: str, members: Iterable[str]) -> dict[str, list[Row]]:
        """Return the live rows of several members, by member."""
        found: dict[str, list[Row]] = {}
        for ids in _batches(members):
            for row in await self._living(ws, {"member": {"$in": ids}}):
                found.setdefault(row["member"], []).append(row)
        return found

    async def groups_with(self, ws: str, members: Iterable[str]) -> frozenset[str]:
        """Return the ids of the groups that have one of the members."""
        found = [row for rows in (await self.of_members(ws, members)).values() for row in rows]
        return frozenset(row["group"] for row in found)

    @translated()
    async def group_names(self, ws: str, groups: Iterable[str]) -> dict[str, str]:
        """Return the display names of those groups that exist."""
        names: dict[str, str] = {}
        for ids in _batches(groups):
            condition = {"_id": {"$in": ids}, "ws": ws}
            for row in await self._database["groups"].find(condition, {"scim.displayName": 1, "seq": 1}).to_list(None):
                if "seq" in row:
                    names[row["_id"]] = str(row["scim"]["displayName"])
        return names

    async def _living(self, ws: str, condition: Row) -> list[Row]:
        """Return live rows but for those whose group or member is deleted and whose end was interrupted."""
        rows = await self._rows.find({"ws": ws, "live": True, **condition}).to_list(None)
        gone = await self._gone(ws) if rows else set()
        return [row for row in rows if row["member"] not in gone and row["group"] not in gone] if gone else rows

    async def _gone(self, ws: str) -> set[str]:
        """Return ids whose tombstones say that rows of them may be left: those of the last minutes.

        Read after the rows, so that a delete that was done before them is seen.
        """
        until, gone = self._gone_ids.get(ws, (0.0, set[str]()))
        if until < time.monotonic():
            until = time.monotonic() + GONE_SECONDS
            condition = {"ws": ws, "keys": _LINK_KEYS}
            cursors = [self._database[kind].find(condition, {"_id": 1}) for kind in MEMBER_KINDS]
            found = await asyncio.gather(*(cursor.to_list(None) for cursor in cursors))
            gone = {document["_id"] for documents in found for document in documents}
            self._gone_ids[ws] = (until, gone)
        return gone


def _identity(ws: str, group: str, member: str) -> Row:
    return {"_id": f"{group}:{member}", "ws": ws, "group": group, "member": member}


def _row(ws: str, group: str, member: str, sent: Mapping[str, Any], kept: Mapping[str, Any]) -> Row:
    row = _identity(ws, group, member)
    row |= {"kind": sent["type"], "live": True, "touched": minute_of(kept["at"]), "outbox": [dict(kept)]}
    if sent.get("display"):
        row["display"] = sent["display"]
    return row


def _kept(action: str, moment: datetime) -> dict[str, Any]:
    """Return what the rows of one call keep of their events."""
    return {"id": new_id("e"), "action": action, "at": moment}


def _event_of(row: Mapping[str, Any], kept: Mapping[str, Any]) -> Event:
    return Event(
        id=f"{kept['id']}:{row['_id']}",
        ws=row["ws"],
        at=kept["at"],
        action=kept["action"],
        resource_type="Group",
        resource_id=row["group"],
        v=0,
        data={"group": row["group"], "member": row["member"]},
    )


def _batches(ids: Iterable[str]) -> Iterator[list[str]]:
    listed = list(dict.fromkeys(ids))
    return (listed[start : start + BATCH] for start in range(0, len(listed), BATCH))
