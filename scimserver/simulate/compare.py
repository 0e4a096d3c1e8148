"""The comparison at the end of a run: what the server holds, and what the source says that it should hold.

Everything is read anew, page by page and without filters. For each object that the service manages the values are
expected that the mapping makes of it now. Since a provisioning service never sends nulls, a value that the source has
lost stays at the server: there, and for users that nobody manages any more, what was *last sent* is expected
(:attr:`State.sent`, a flat map of target paths for each object). Values are compared exactly, types and letter case
included. Where a mapping gives a whole list (app roles), each of its elements must be there; others may be, as Entra's
``AppRoleAssignmentsComplex`` only ever adds.

Objects of the server that the service has never touched are counted and are no differences.
"""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import Any

from .differences import Difference, Differences, Problem
from .mapping.mapping import Attribute, Kind
from .mapping.mapping import Mapping as AttributeMapping
from .mapping.scoping import Scope
from .mapping.targets import target
from .problems import MappingProblem, SimulateProblem
from .source.directory import Directory
from .source.people import Person, Team
from .state import State
from .wire import Answer, Note, Wire

PAGE = 200
PHASE = "comparison"
ENDPOINTS: Mapping[Kind, str] = {"user": "/Users", "group": "/Groups"}
NAMES: Mapping[Kind, str] = {"user": "userName", "group": "displayName"}

Resource = Mapping[str, Any]


async def compare(
    wire: Wire, directory: Directory, mapping: AttributeMapping, scope: Scope, state: State
) -> Differences:
    """Read everything from the server and return how it differs from the source.

    Raises:
        SimulateProblem: the server does not let itself be read; says which request got which answer.
    """
    scope.resolve(directory)
    users = {r["id"]: r async for r in _listed(wire, "user", state.cycle)}
    groups = {r["id"]: r async for r in _listed(wire, "group", state.cycle)}
    comparison = _Comparison(directory, mapping, scope, state, {"user": users, "group": groups})
    found = Differences(comparison.run())
    found.users, found.groups, found.dangling = len(users), len(groups), comparison.dangling
    found.foreign = len((users.keys() | groups.keys()) - comparison.known)
    found += [d for d in [await _still_there(wire, state.cycle, *gone) for gone in state.deleted.items()] if d]
    return found


async def _listed(wire: Wire, kind: Kind, cycle: int) -> AsyncIterator[Resource]:
    """Yield every resource of a kind; a server may give smaller pages than it was asked for."""
    endpoint, start, total = ENDPOINTS[kind], 1, 1
    while start <= total:
        note = Note(cycle, PHASE, "read", kind)
        params = {"startIndex": str(start), "count": str(PAGE)}
        answer = await wire.send("GET", endpoint, params=params, expect=frozenset({200}), note=note)
        page, total = _page(answer, endpoint)
        for resource in page:
            yield resource
        if not page and start <= total:
            raise SimulateProblem(
                f"GET {endpoint}?startIndex={start}&count={PAGE} is an empty page, although totalResults is {total}."
            )
        start += len(page)


def _page(answer: Answer, endpoint: str) -> tuple[list[Resource], int]:
    if not answer.ok:
        raise SimulateProblem(f"GET {endpoint} was answered {answer.status or 'not at all'}: {answer.detail}")
    body = answer.body if isinstance(answer.body, dict) else {}
    page, total = body.get("Resources", []), body.get("totalResults")
    if not isinstance(page, list) or not isinstance(total, int) or not all(_has_id(entry) for entry in page):
        raise SimulateProblem(f"GET {endpoint}: the answer is no ListResponse of resources with ids.")
    return page, total


def _has_id(entry: Any) -> bool:
    return isinstance(entry, dict) and isinstance(entry.get("id"), str)


async def _still_there(wire: Wire, cycle: int, source_id: str, path: str) -> Difference | None:
    """Ask for what was deleted: it must be 404."""
    kind: Kind = "group" if path.startswith(ENDPOINTS["group"]) else "user"
    target_id = _id_of(path)
    note = Note(cycle, PHASE, "read", kind, source_id, target_id)
    answer = await wire.send("GET", path, expect=frozenset({200, 404, 410}), note=note)
    if answer.status != 200:
        return None
    name = str(answer.body.get(NAMES[kind], "")) if isinstance(answer.body, dict) else ""
    return Difference("left over", kind, name, source_id, target_id, reason="it was deleted")


def _id_of(path: str) -> str:
    return path.rpartition("/")[2]


class _Comparison:
    """One comparison; what the server holds is ``held``, by kind and id."""

    def __init__(
        self,
        directory: Directory,
        mapping: AttributeMapping,
        scope: Scope,
        state: State,
        held: Mapping[Kind, Mapping[str, Resource]],
    ) -> None:
        self._directory, self._mapping, self._scope, self._state, self._held = directory, mapping, scope, state, held
        self._deleted = {_id_of(path) for path in state.deleted.values()}
        self.known = {*state.ids.values(), *state.released.values(), *self._deleted}
        self.dangling = 0

    def run(self) -> Iterator[Difference]:
        for person in self._directory.people.values():
            yield from self._thing("user", person)
        for team in self._directory.teams.values():
            yield from self._thing("group", team)
        for source_id in self._state.released.keys() - self._directory.people.keys():
            yield from self._released(source_id, source_id)
        for source_id, target_id in self._state.ids.items():
            if source_id not in self._directory.people and source_id not in self._directory.teams:
                yield from self._left_over(source_id, target_id)

    def _thing(self, kind: Kind, thing: Person | Team) -> Iterator[Difference]:
        name, state = _name(thing), self._state
        if thing.id in state.released:
            yield from self._released(thing.id, name)
        elif thing.id not in state.ids:
            if self._belongs(thing):
                yield Difference("missing", kind, name, thing.id, None, reason=self._why(thing.id))
        elif state.ids[thing.id] not in self._held[kind]:
            yield Difference("missing", kind, name, thing.id, state.ids[thing.id], reason="it was there before")
        elif kind == "group" and not self._scope.contains(thing):
            yield Difference("left over", kind, name, thing.id, state.ids[thing.id], reason="it is out of scope")
        else:
            resource = self._held[kind][state.ids[thing.id]]
            try:
                wanted = self._wanted(thing)
            except MappingProblem as problem:
                yield Difference("unmappable", kind, name, thing.id, resource["id"], reason=str(problem))
                return
            yield from self._values(kind, name, thing.id, resource, wanted)
            for row in self._mapping.references(kind):
                yield from self._reference(kind, row, thing, resource)

    def _belongs(self, thing: Person | Team) -> bool:
        """Say whether the service has to keep it up to date, and create it if need be; nobody is created disabled."""
        return self._scope.contains(thing) and (not isinstance(thing, Person) or thing.active)

    def _why(self, source_id: str) -> str:
        failure = self._state.failures.get(source_id)
        return self._state.stuck.get(source_id) or (failure.detail or failure.code if failure else "")

    def _wanted(self, thing: Person | Team) -> dict[str, Any]:
        sent = self._state.sent.get(thing.id, {})
        if not self._belongs(thing):  # of somebody disabled nothing else is sent
            return {**sent, "active": False} if "active" in sent else dict(sent)
        return {**sent, **self._mapping.flat(thing, creating=False)}

    def _released(self, source_id: str, name: str) -> Iterator[Difference]:
        """A user whom nobody manages any more stays as last sent, disabled."""
        target_id = self._state.released[source_id]
        resource = self._held["user"].get(target_id)
        if resource is None:
            yield Difference("missing", "user", name, source_id, target_id, reason="it was disabled, not deleted")
            return
        wanted = {**self._state.sent.get(source_id, {}), "active": False}
        yield from self._values("user", name, source_id, resource, wanted)

    def _left_over(self, source_id: str, target_id: str) -> Iterator[Difference]:
        for kind, resources in self._held.items():
            if target_id in resources:
                name = str(resources[target_id].get(NAMES[kind], ""))
                yield Difference("left over", kind, name, source_id, target_id, reason="the source has it no more")

    def _values(
        self, kind: Kind, name: str, source_id: str, resource: Resource, wanted: Mapping[str, Any]
    ) -> Iterator[Difference]:
        for path, value in wanted.items():
            found = target(path).find(resource)
            if not _same(value, found):
                problem: Problem = "active" if path.casefold() == "active" else "value"
                yield Difference(problem, kind, name, source_id, resource["id"], path, value, found)

    def _reference(self, kind: Kind, row: Attribute, thing: Person | Team, resource: Resource) -> Iterator[Difference]:
        found = target(row.target).find(resource)
        facts = (kind, _name(thing), thing.id, resource["id"], row.target)
        if kind == "group":
            wanted, held = self._ids(thing.get(row.source or "")), _values_of(found)
            self.dangling += len(held & self._deleted)
            held -= self._deleted
            if wanted != held:
                yield Difference("members", *facts, sorted(wanted), sorted(held))
            return
        allowed = self._managers(thing, row)
        held_id = found.get("value") if isinstance(found, dict) else found
        bare = "it is a bare string, where an object belongs" if isinstance(found, str) else ""
        if held_id not in allowed or bare:
            yield Difference("manager", *facts, allowed[0], held_id, bare)

    def _ids(self, source_ids: Sequence[str] | None) -> set[str]:
        return {target_id for key in source_ids or () if (target_id := self._state.target(key))}

    def _managers(self, person: Person | Team, row: Attribute) -> list[str | None]:
        """Return the ids that may stand there: the manager's; without one that is known, what was last sent."""
        now = self._state.target(str(person.get(row.source or ""))) if self._belongs(person) else None
        if now:
            return [now]
        before = self._state.linked.get(person.id, [])
        last = self._state.target(before[0]) if before else None
        if last or not before:
            return [last]
        gone = self._state.deleted.get(before[0], "")
        return [None, _id_of(gone)]  # a server may clear what points to a deleted user, or not


def _name(thing: Person | Team) -> str:
    return str(thing.get("userPrincipalName" if isinstance(thing, Person) else "displayName") or thing.id)


def _values_of(members: Any) -> set[str]:
    elements = members if isinstance(members, list) else []
    return {str(element.get("value")) for element in elements if isinstance(element, dict)}


def _same(wanted: Any, found: Any) -> bool:
    if isinstance(wanted, list):
        return isinstance(found, list) and all(any(_within(one, other) for other in found) for one in wanted)
    return type(wanted) is type(found) and bool(wanted == found)


def _within(wanted: Any, found: Any) -> bool:
    """Say whether an element has all that was sent in it; the server may have added to it."""
    if isinstance(wanted, dict) and isinstance(found, dict):
        if "value" in wanted and "value" in found:
            return bool(wanted["value"] == found["value"])  # a role: its other parts are written in several ways
        return all(found.get(name) == value for name, value in wanted.items())
    return bool(wanted == found)
