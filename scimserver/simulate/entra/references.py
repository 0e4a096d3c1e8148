"""The second pass: managers and members, when all ids are known (idp-clients §2.5, §3.4, §3.6).

Entra ID links a manager who comes into scope later only after a restart. Here it is linked in the next cycle, so that
the comparison at the end speaks of the server and not of this.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ..cycle import CHANGED, ENDPOINTS, Kind, reference_key
from ..mapping.targets import MANAGER, target

if TYPE_CHECKING:
    from .service import EntraService

MEMBERS_AT_ONCE = 100
"""Members that one PATCH adds or removes."""


class References:
    """Tells the server who manages whom, and who is in which group."""

    def __init__(self, service: "EntraService") -> None:
        self._service = service
        self._state = service.state

    def waiting(self, kind: Kind) -> list[str]:
        """Return the objectIds whose references are not what the server was told last."""
        things = self._service.directory.people if kind == "user" else self._service.directory.teams
        return [key for key in things if self._is_managed(key) and self._wanted(kind, key) != self._known(key)]

    def all(self, kind: Kind) -> list[str]:
        """Return the objectIds of everything managed, to ask the server whether it has their references."""
        things = self._service.directory.people if kind == "user" else self._service.directory.teams
        return [key for key in things if self._is_managed(key)]

    def _is_managed(self, key: str) -> bool:
        if key not in self._state.ids or key in self._state.stuck:
            return False
        failure = self._state.failures.get(reference_key(key))
        return failure is None or failure.next_cycle <= self._state.cycle

    def _wanted(self, kind: Kind, key: str) -> dict[str, str]:
        """Return objectId → id at the server of what an object should refer to; what has no id yet is left out."""
        if not self._service.mapping.references(kind):
            return {}
        if kind == "group":
            sources: Iterable[str] = self._service.directory.teams[key].members
        else:
            manager = self._service.directory.people[key].get("manager")
            sources = [manager] if manager else []
        found = {source: self._state.target(source) for source in sources}
        return {source: target_id for source, target_id in found.items() if target_id}

    def _known(self, key: str) -> dict[str, str]:
        """Return the same for what the server was told; whoever is deleted has left by that."""
        found = {source: self._state.target(source) for source in self._state.linked.get(key, ())}
        return {source: target_id for source, target_id in found.items() if target_id}

    async def manager(self, key: str, *, ask: bool = False) -> None:
        """Set or remove one user's manager; with ``ask`` only if the server does not have it already."""
        wanted = self._wanted("user", key)
        manager = next(iter(wanted.values()), None)
        before = next(iter(self._known(key).values()), None)
        if manager is None and before is None:
            self._state.linked.setdefault(key, [])  # one who was deleted may still stand at the server
            return
        if ask and await self._stands(key, manager, before):
            self._state.linked[key] = list(wanted)
            return
        body = self._service.dialect.manager_patch(
            manager, before, self._service.wire.url, self._service.request_key(key, "manager")
        )
        await self._patch("user", key, body)
        self._state.linked[key] = list(wanted)

    async def _stands(self, key: str, manager: str | None, before: str | None) -> bool:
        """Ask whether the server has the manager, or if there is none now, no more the one before."""
        if manager is not None:
            return await self._holds("user", key, manager)
        return before is None or not await self._holds("user", key, before)

    async def members(self, key: str, *, ask: bool = False, only: frozenset[str] | None = None) -> None:
        """Add and remove the members of one group, as many at a time as one PATCH holds.

        With ``only``, the objectIds of some people, nobody else is added or removed.
        """
        wanted, known = self._wanted("group", key), self._known(key)
        if ask:
            known = await self._present(key, wanted)
        added = [source for source in wanted if source not in known and (only is None or source in only)]
        removed = [source for source in known if source not in wanted and (only is None or source in only)]
        self._state.linked[key] = list(known)
        for start in range(0, max(len(added), len(removed)), MEMBERS_AT_ONCE):
            new, old = (ids[start : start + MEMBERS_AT_ONCE] for ids in (added, removed))
            body = self._service.dialect.members_patch(
                [wanted[one] for one in new],
                [known[one] for one in old],
                self._service.request_key(key, "members", str(start)),
            )
            await self._patch("group", key, body)
            self._state.linked[key] = [one for one in self._state.linked[key] if one not in set(old)] + new

    async def _patch(self, kind: Kind, key: str, body: dict[str, Any]) -> None:
        target_id = self._state.ids[key]
        note = self._service.note("update", kind, key, target_id)
        await self._service.ask("PATCH", f"{ENDPOINTS[kind]}/{target_id}", note, CHANGED, body=body)

    async def _present(self, key: str, wanted: dict[str, str]) -> dict[str, str]:
        """Return those of the wanted members that the server has: a question for each, or one look at the group."""
        if self._service.dialect.reference_filters:
            return {source: t for source, t in wanted.items() if await self._holds("group", key, t)}
        group = await self._read("group", key)
        return {source: t for source, t in wanted.items() if _refers("group", group, t)}

    async def _read(self, kind: Kind, key: str) -> dict[str, Any]:
        target_id = self._state.ids[key]
        note = self._service.note("read", kind, key, target_id)
        answer = await self._service.ask("GET", f"{ENDPOINTS[kind]}/{target_id}", note)
        resource: dict[str, Any] = answer.body
        return resource

    async def _holds(self, kind: Kind, key: str, other: str) -> bool:
        """Ask whether a resource refers to another one: both terms in one filter, in either order, ids only."""
        if not self._service.dialect.reference_filters:
            return _refers(kind, await self._read(kind, key), other)
        target_id = self._state.ids[key]
        note = self._service.note("read", kind, key, target_id)
        terms = [f'id eq "{target_id}"', f'{"manager" if kind == "user" else "members"} eq "{other}"']
        if self._service.even(key):
            terms.reverse()
        params = {"filter": " and ".join(terms), "attributes": "id"}
        answer = await self._service.ask("GET", ENDPOINTS[kind], note, params=params)
        return bool(answer.body["Resources"])


def _refers(kind: Kind, resource: dict[str, Any], other: str) -> bool:
    if kind == "group":
        return any(member.get("value") == other for member in resource.get("members", ()))
    return bool(target(f"{MANAGER}.value").find(resource) == other)
