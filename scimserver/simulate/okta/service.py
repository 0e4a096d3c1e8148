"""Okta's provisioning service, as its documentation and its traffic show it.

A user who is assigned to the application is looked for by ``userName`` and created or linked; changes of the profile
are pushed; one who is no longer assigned (blocked, deleted, out of scope) is deactivated and **never deleted**. Groups
are pushed with their members, and deleted when they are unlinked.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..cycle import CHANGED, CREATED, OK, ConnectionFailed
from ..mapping.targets import MANAGER, target
from ..source.directory import Change, Person
from . import messages
from .client import OktaClient, Resource
from .groups import GroupPush


class OktaService(OktaClient):
    """Okta against one server; ``dialect`` is a key of :data:`~.okta_client.STYLES`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._push = GroupPush(self)

    async def test_connection(self) -> None:
        """Ask for one user, and look whether the answer is a list that Okta can count."""
        self.phase = "test connection"
        params = {"startIndex": "1", "count": "1"}
        answer = await self.wire.send("GET", "/Users", params=params, expect=OK, note=self.note("other", "user", None))
        if not answer.ok:
            raise ConnectionFailed(f"Test failed: {answer.status or 'no answer'} to GET /Users. {answer.detail}")
        if len(answer.body.get("Resources", [])) > 1:
            raise ConnectionFailed(f"GET /Users?count=1 gave {len(answer.body['Resources'])} users.")

    async def initial_cycle(self) -> None:
        """Import what is there, then assign everybody in scope and push every group."""
        self._begin()
        await self.read_everything()
        await self._users(self._wanted_ids())
        await self._groups(self.directory.teams)
        self.state.initial_done = True
        self.state.pending.clear()

    async def incremental_cycle(self, changes: Sequence[Change]) -> None:
        """Carry over what changed, what an earlier cycle left undone, and what is due again."""
        self._begin()
        keys = dict.fromkeys([*self.state.pending, *(c.object_id for c in changes), *self.state.due()])
        groups = self.state.group_ids | self.directory.teams.keys()
        await self._users(key for key in keys if key not in groups)
        moved = (key for key in self.directory.teams if self._push.has_moved(key) and key not in self.state.stuck)
        await self._groups([*self._gone_groups(), *(key for key in keys if key in self.directory.teams), *moved])
        self.state.pending.clear()

    async def reread(self) -> None:
        """Import and compare everything, as "Force Sync" does; write only what differs."""
        self._begin()
        await self.read_everything()
        await self._users([*self._wanted_ids(), *(k for k in self.state.ids if k not in self.state.group_ids)])
        await self.for_each("groups", [*self._gone_groups(), *self.directory.teams], self._push.check)

    async def on_demand(self, source_id: str) -> None:
        """Provision one user or group now, with the user's manager or the group's members as far as they are there.

        Raises:
            SimulateProblem: nothing or more than one thing in the source has this name.
            ObjectFailed: the object cannot be provisioned.
        """
        thing = self.named(source_id)
        self._begin()
        self.phase = "on demand"
        known = self.state.ids.get(thing.id)
        if isinstance(thing, Person):
            await self._user(thing.id)
            if self._manager_of(thing.id):
                await self._manager(thing.id)
        else:
            await self._push.push(thing.id)
        now = self.state.ids.get(thing.id)
        state = f"is {now} and as the source says" if now else "is not assigned: nothing to do, or deactivated"
        self.steps.append(f'"{source_id}" {state}{"" if known else ", found or created now" if now else ""}.')

    def _begin(self) -> None:
        self.begin_cycle()
        self.scope.resolve(self.directory)

    def _wanted_ids(self) -> list[str]:
        return [key for key, person in self.directory.people.items() if self.wanted(person)]

    def _gone_groups(self) -> list[str]:
        return sorted(self.state.group_ids - self.directory.teams.keys())

    async def _groups(self, keys: Iterable[str]) -> None:
        await self.for_each("groups", dict.fromkeys(keys), self._push.push)

    async def _users(self, keys: Iterable[str]) -> None:
        keys = list(dict.fromkeys(keys))
        await self.for_each("users", keys, self._user)
        await self.for_each("managers", [key for key in self.state.ids if self._manager_of(key)], self._manager)

    async def _user(self, key: str) -> None:
        self.state.stuck.pop(key, None)
        person = self.directory.people.get(key)
        if person is None or not self.wanted(person):
            if key in self.state.ids:
                await self._deactivate(key)
        elif key in self.state.ids:
            resource = (await self.send("GET", self._path(key), "user", key)).body
            await self._update(person, resource, self._profile(person))
        else:
            await self._assign(person)

    def _profile(self, person: Person, *, creating: bool = False) -> dict[str, Any]:
        """Return what is mapped, without ``active``: assignment decides on that, never a push of the profile."""
        flat = self.mapping.flat(person, creating=creating)
        return {path: value for path, value in flat.items() if path.casefold() != "active"}

    async def _assign(self, person: Person) -> None:
        profile = self._profile(person, creating=True)
        found = await self.find("user", person.id, "userName", profile["userName"])
        if found is None:
            body = messages.user_body(profile)
            answer = await self.send("POST", "/Users", "user", person.id, CREATED, body=body)
            self.state.adopt(person.id, str(answer.body["id"]))
            self.state.remember(person.id, {**profile, "active": True})
        else:
            self.state.adopt(person.id, str(found["id"]))
            await self._update(person, found, {**self._profile(person), "active": True})

    async def _update(self, person: Person, resource: Resource, wanted: Mapping[str, Any]) -> None:
        """Send what differs from the resource as it was just read."""
        changes = {path: value for path, value in wanted.items() if target(path).find(resource) != value}
        if changes:
            await self._write(person.id, resource, changes)
        self.state.remember(person.id, wanted)

    async def _write(self, key: str, resource: Resource, changes: Mapping[str, Any]) -> None:
        path = self._path(key)
        if self.style() == "put":
            await self.send("PUT", path, "user", key, body=messages.profile_put(resource, changes))
            return
        profile = {name: value for name, value in changes.items() if name != "active"}
        if "active" in changes:
            await self.send("PATCH", path, "user", key, CHANGED, body=messages.activation(changes["active"]))
        if profile:
            await self.send("PATCH", path, "user", key, CHANGED, body=messages.profile_patch(resource, profile))

    async def _deactivate(self, key: str) -> None:
        if self.style() == "put":
            resource = (await self.send("GET", self._path(key), "user", key)).body
            method, body = "PUT", messages.profile_put(resource, {"active": False})
        else:
            method, body = "PATCH", messages.activation(False)
        await self.send(method, self._path(key), "user", key, CHANGED, action="disable", body=body)
        self.state.remember(key, {"active": False})
        self.state.release(key)

    def _path(self, key: str) -> str:
        return f"/Users/{self.state.ids[key]}"

    def _manager_of(self, key: str) -> str | None:
        """Return the manager's objectId if the server has to be told of it now."""
        person = self.directory.people.get(key)
        if person is None or not self.wanted(person) or key in self.state.failures or key in self.state.stuck:
            return None
        manager = person.get("manager") if MANAGER in {row.target for row in self.mapping.references("user")} else None
        return manager if manager and self.state.target(manager) and self.state.linked.get(key) != [manager] else None

    async def _manager(self, key: str) -> None:
        manager = self._manager_of(key)
        wanted = self.state.target(manager or "")
        resource = (await self.send("GET", self._path(key), "user", key)).body
        held = target(f"{MANAGER}.value").find(resource)
        if held != wanted:
            await self._write(key, resource, {MANAGER: {"value": wanted}})
        self.state.linked[key] = [str(manager)]
