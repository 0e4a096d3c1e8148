"""Group push: a group is created empty or found by its name, then its members follow."""

from collections.abc import Iterable, Sequence

from ..cycle import CHANGED, CREATED, DELETED
from ..source.directory import Team
from . import messages
from .client import OktaClient


class GroupPush:
    """Pushes groups through one client."""

    def __init__(self, client: OktaClient) -> None:
        self._client = client
        self._state = client.state

    async def push(self, key: str) -> None:
        """Bring one group up to date, or unlink it if it is gone from the source or out of scope."""
        self._state.stuck.pop(key, None)
        team = self._client.directory.teams.get(key)
        if team is None or not self._client.scope.contains(team):
            if key in self._state.ids:
                await self._client.send("DELETE", f"/Groups/{self._state.ids[key]}", "group", key, DELETED)
                self._state.forget(key)
        elif key in self._state.ids:
            await self._move(team, self._state.linked.get(key, []), self._has_new_name(team))
        else:
            await self._link(team)

    async def _link(self, team: Team) -> None:
        found = await self._client.find("group", team.id, "displayName", team["displayName"])
        if found is None:
            body = messages.group_body(team["displayName"])
            answer = await self._client.send("POST", "/Groups", "group", team.id, CREATED, body=body)
            self._keep(team, str(answer.body["id"]), [])
            await self._move(team, [], renamed=False)
        else:
            self._keep(team, str(found["id"]), [])
            await self._replace(team)

    async def _move(self, team: Team, held: Sequence[str], renamed: bool) -> None:
        """Send the difference between the members that the server was told of and those of now, and the name."""
        wanted = self._members(team)
        added, removed = [m for m in wanted if m not in set(held)], [m for m in held if m not in set(wanted)]
        if not (added or removed or renamed):
            return
        if self._client.style() == "put":
            await self._put(team)
            return
        group_id = self._state.ids[team.id]
        gone = [target_id for key in removed if (target_id := self._state.target(key))]
        body = messages.membership_patch(group_id, team["displayName"], self._named(added), gone)
        await self._client.send("PATCH", f"/Groups/{group_id}", "group", team.id, CHANGED, body=body)
        self._keep(team, group_id, wanted)

    async def _replace(self, team: Team) -> None:
        """Send the full list, as "Push now" does."""
        if self._client.style() == "put":
            await self._put(team)
            return
        group_id, wanted = self._state.ids[team.id], self._members(team)
        body = messages.members_replacement(group_id, team["displayName"], self._named(wanted))
        await self._client.send("PATCH", f"/Groups/{group_id}", "group", team.id, CHANGED, body=body)
        self._keep(team, group_id, wanted)

    async def _put(self, team: Team) -> None:
        group_id, wanted = self._state.ids[team.id], self._members(team)
        body = messages.group_put(group_id, team["displayName"], self._named(wanted))
        await self._client.send("PUT", f"/Groups/{group_id}", "group", team.id, body=body)
        self._keep(team, group_id, wanted)

    async def check(self, key: str) -> None:
        """Read a group and push it only if it is not as it should be."""
        team = self._client.directory.teams.get(key)
        if team is None or key not in self._state.ids or not self._client.scope.contains(team):
            await self.push(key)
            return
        resource = (await self._client.send("GET", f"/Groups/{self._state.ids[key]}", "group", key)).body
        held = {member.get("value") for member in resource.get("members") or []}
        wanted = {target_id for target_id, _ in self._named(self._members(team))}
        if held != wanted or resource.get("displayName") != team["displayName"]:
            await self._replace(team)

    def _keep(self, team: Team, group_id: str, members: Sequence[str]) -> None:
        self._state.adopt(team.id, group_id, group=True)
        self._state.remember(team.id, {"displayName": team["displayName"]})
        self._state.linked[team.id] = list(members)

    def _members(self, team: Team) -> list[str]:
        return [key for key in team.members if self._state.target(key)]

    def _named(self, keys: Iterable[str]) -> list[messages.Member]:
        people = self._client.directory.people
        return [(str(self._state.target(key)), str(people[key]["userPrincipalName"])) for key in keys]

    def _has_new_name(self, team: Team) -> bool:
        return bool(self._state.sent.get(team.id, {}).get("displayName") != team["displayName"])

    def has_moved(self, key: str) -> bool:
        """Say whether the server does not know the group, or its members of now."""
        team = self._client.directory.teams[key]
        return key not in self._state.ids or set(self._members(team)) != set(self._state.linked.get(key, []))
