"""Entra ID's provisioning service: Test Connection, the cycles, and provisioning on demand (idp-clients §1, §6.3)."""

import re
import uuid
import zlib
from collections.abc import Iterable, Sequence
from typing import Any

from ..cycle import ENDPOINTS, ConnectionFailed, Kind, ObjectFailed, Service
from ..source.directory import Change
from ..source.people import Person, Team
from .answers import judge
from .dialect_rfc import Discovery
from .dialects import GROUP, USER, Legacy
from .objects import WITHOUT_MEMBERS, Objects, equals
from .references import References

KINDS: tuple[Kind, ...] = ("user", "group")
MEMBERS_ON_DEMAND = 5
"""Members that can be chosen when a group is provisioned on demand."""


class EntraService(Service):
    """Runs as Entra ID does, against one server. Create it with a wire of its own."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.wire.judge = judge
        self.objects = Objects(self)
        self.references = References(self)

    @property
    def accumulating(self) -> frozenset[str]:
        """The target paths whose expression only ever adds (idp-clients §4)."""
        return frozenset(row.target for row in self.mapping.users if _only_adds(row.expression))

    def request_key(self, *parts: str) -> str:
        """Return what tells one request of one cycle from another, for choices that must be the same in each run."""
        return ":".join((str(self.state.cycle), *parts))

    def even(self, key: str) -> bool:
        """Choose one of two forms for an object."""
        return zlib.crc32(self.request_key(key).encode()) % 2 == 0

    async def test_connection(self) -> None:
        """Ask for a user and a group that cannot exist, by each matching attribute.

        Raises:
            ConnectionFailed: something else came back than an empty list.
            Quarantined: the token is refused, or there is nothing at that address.
        """
        self.phase = "test connection"
        for kind in KINDS:
            for path in self.mapping.matching(kind):
                await self._probe(kind, path)
        self.state.quarantine = None

    async def _probe(self, kind: Kind, path: str) -> None:
        condition = equals(path, uuid.uuid4())
        params = {**(WITHOUT_MEMBERS if kind == "group" else {}), "filter": condition}
        try:
            answer = await self.ask("GET", ENDPOINTS[kind], self.note("other", kind, None), params=params)
        except ObjectFailed as problem:
            raise ConnectionFailed(
                f"Test Connection failed: GET {ENDPOINTS[kind]} with the filter {condition} ended in {problem.code}: "
                f"{problem.detail}"
            ) from None
        if answer.body["Resources"]:
            raise ConnectionFailed(
                f"Test Connection failed: the filter {condition} found something though nothing has this random value: "
                f"the server ignores filters on `{path}`. Every object would then match a wrong one."
            )

    async def unpublished(self) -> list[str]:
        """Ask for ``/Schemas`` and return the mapped target paths that it does not list.

        Raises:
            ConnectionFailed: there is no such answer.
        """
        self.phase = "schema discovery"
        try:
            answer = await self.ask("GET", "/Schemas", self.note("other", "user", None))
        except ObjectFailed as problem:
            raise ConnectionFailed(f"Schema discovery failed: {problem.code}: {problem.detail}") from None
        found = Discovery.of({}, answer.body["Resources"])
        schemas: dict[Kind, str] = {"user": USER, "group": GROUP}
        return [
            row.target
            for kind in KINDS
            for row in self.mapping.of(kind)
            if not found.publishes(row.target, schemas[kind])
        ]

    async def initial_cycle(self) -> None:
        """Match or create every object in scope; then managers and members."""
        await self._begin()
        await self._all(anew=False)

    async def reread(self) -> None:
        """Match every object again, whether its id is cached or not, and ask for every reference."""
        self.state.restart()
        await self._begin()
        await self._all(anew=True)

    async def incremental_cycle(self, changes: Sequence[Change]) -> None:
        """Evaluate what changed, what comes into or leaves the scope, and the failures that are due."""
        await self._begin()
        changed = {*self.state.pending, *(change.object_id for change in changes), *self.state.due()}
        changed |= set(self._scope_changed())
        await self._delete_what_is_gone()
        await self.for_each("users", (k for k in self.directory.people if k in changed), self.objects.user)
        await self.for_each("groups", (k for k in self.directory.teams if k in changed), self.objects.group)
        await self._link(ask_all=False)
        self.state.pending.clear()

    async def _begin(self) -> None:
        self.begin_cycle()
        self.scope.resolve(self.directory)
        await self.test_connection()

    async def _all(self, *, anew: bool) -> None:
        await self._delete_what_is_gone()
        await self.for_each("users", self.directory.people, lambda key: self.objects.user(key, anew=anew))
        await self.for_each("groups", self.directory.teams, lambda key: self.objects.group(key, anew=anew))
        await self._link(ask_all=anew)
        self.state.pending.clear()
        self.state.initial_done = True

    async def _delete_what_is_gone(self) -> None:
        """Deletes come first: a name that became free may be given to another one in the same cycle."""
        there = self.directory.people.keys() | self.directory.teams.keys()
        gone = [key for key in self.state.ids if key not in there and self._is_due(key)]
        await self.for_each("deletes", gone, self.objects.delete)

    async def _link(self, *, ask_all: bool) -> None:
        """Send managers and members. Of what was found at the server and not created, it is asked first."""
        find = self.references.all if ask_all else self.references.waiting

        def ask(key: str) -> bool:
            return key not in self.objects.created and (ask_all or key not in self.state.linked)

        await self.for_each(
            "managers", find("user"), lambda key: self.references.manager(key, ask=ask(key)), references=True
        )
        await self.for_each(
            "members", find("group"), lambda key: self.references.members(key, ask=ask(key)), references=True
        )

    def _scope_changed(self) -> Iterable[str]:
        """Yield those who came into scope, or left it, by what happened to others (groups that are assigned)."""
        for key, person in self.directory.people.items():
            if key in self.state.ids:
                if not self.scope.contains(person):
                    yield key
            elif self.wanted(person) and key not in self.state.failures:
                yield key
        for key, team in self.directory.teams.items():
            if key not in self.state.ids and key not in self.state.failures and self.scope.contains(team):
                yield key

    def _is_due(self, key: str) -> bool:
        failure = self.state.failures.get(key)
        return failure is None or failure.next_cycle <= self.state.cycle

    async def on_demand(self, source_id: str) -> None:
        """Provision one user, or one group with at most five of its members, in the dialect without the flag.

        Raises:
            SimulateProblem: nothing or more than one thing in the source has this name.
            ConnectionFailed: Test Connection says no.
            ObjectFailed: the object cannot be provisioned.
        """
        thing = self.named(source_id)
        self.dialect = Legacy()
        self.scope.resolve(self.directory)
        await self.test_connection()
        self.phase = "on demand"
        self.steps += ["Test connection: the server answers.", f'Import: "{source_id}" is {thing.id} in the source.']
        if isinstance(thing, Person):
            await self._user_on_demand(thing)
        else:
            await self._group_on_demand(thing)

    async def _user_on_demand(self, person: Person) -> None:
        before = person.id in self.state.ids
        self.steps.append(f"Scope: {self._scope_text(person)}")
        await self.objects.user(person.id)
        if person.id in self.objects.created:
            self.steps.append("Match: no user has the matching attributes.")
            self.steps.append(f"Act: created as {self.state.ids[person.id]}.")
        elif person.id in self.state.ids:
            how = "known by its cached id" if before else "found"
            self.steps.append(f"Match: {how}, {self.state.ids[person.id]}.")
            self.steps.append("Act: brought to what the source says.")
        else:
            self.steps.append("Act: nothing to do.")
        if self.wanted(person) and person.id in self.references.waiting("user"):
            await self.references.manager(person.id)
            self.steps.append("Act: the manager is set.")

    async def _group_on_demand(self, team: Team) -> None:
        if not self.scope.contains(team):
            self.steps += ["Scope: the group is not in scope.", "Act: nothing to do."]
            return
        self.steps.append("Scope: the group is in scope.")
        await self.objects.group(team.id)
        self.steps.append(f"Act: the group is {self.state.ids[team.id]}.")
        waiting = [key for key in team.members if key not in self.state.linked.get(team.id, ())]
        chosen = [key for key in waiting if key in self.directory.people][:MEMBERS_ON_DEMAND]
        for key in chosen:
            await self.objects.user(key)
        await self.references.members(team.id, only=frozenset(chosen))
        rest = len(waiting) - len(chosen)
        left = f"; {rest} more wait for the next cycle, as on demand takes five at most" if rest else ""
        self.steps.append(f"Act: {len(chosen)} members are added{left}." if waiting else "Act: all members are there.")

    def _scope_text(self, person: Person) -> str:
        if self.wanted(person):
            return "in scope."
        if not self.scope.contains(person):
            return "not in scope."
        return "the account is soft-deleted." if person.get("IsSoftDeleted") else "the account is blocked."


def _only_adds(expression: Any) -> bool:
    return re.search(r"\bAppRoleAssignmentsComplex\b", str(expression or "")) is not None
