"""What every provisioning service does: cycle after cycle over many objects, a few at a time, each failing alone."""

import asyncio
import time
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from .journal import Action, Entry, Journal
from .mapping.mapping import Mapping
from .mapping.scoping import Scope
from .problems import MappingProblem, SimulateProblem
from .progress import Progress
from .quarantine import Watch
from .source.directory import Change, Directory, Person, Team
from .state import State
from .wire import Answer, Note, Request, Wire

Kind = Literal["user", "group"]
ENDPOINTS: dict[Kind, str] = {"user": "/Users", "group": "/Groups"}
OK = frozenset({200})
CHANGED = frozenset({200, 204})
CREATED = frozenset({200, 201})
DELETED = frozenset({204, 404})
"""An object that is gone already is what was wanted."""


EXPRESSION_FAILED = "ExpressionFailed"
REFERENCES = ":references"
"""Follows the objectId in the name of a failure that is about references."""


class ConnectionFailed(SimulateProblem):
    """Test Connection says no."""


class ObjectFailed(Exception):
    """One object cannot be done in this cycle; the others can."""

    def __init__(self, code: str, detail: str) -> None:
        self.code = code
        self.detail = detail
        super().__init__(f"{code}: {detail}")


class Service(ABC):
    """A provisioning service that runs against one server."""

    def __init__(
        self,
        wire: Wire,
        directory: Directory,
        mapping: Mapping,
        scope: Scope,
        state: State,
        dialect: Any,
        journal: Journal,
        progress: Progress,
    ) -> None:
        self.wire = wire
        self.directory = directory
        self.mapping = mapping
        self.scope = scope
        self.state = state
        self.dialect = dialect
        self.journal = journal
        self.progress = progress
        self.watch = Watch()
        self.phase = ""
        self.steps: list[str] = []
        """What was done on demand, a line each."""

    @abstractmethod
    async def test_connection(self) -> None:
        """Do what the admin's Test Connection does.

        Raises:
            ConnectionFailed: the server does not answer as it should; says how.
        """

    @abstractmethod
    async def initial_cycle(self) -> None:
        """Find, create or correct every object in scope."""

    @abstractmethod
    async def incremental_cycle(self, changes: Sequence[Change]) -> None:
        """Carry over what changed in the source since the last cycle, and what failed earlier and is due."""

    @abstractmethod
    async def reread(self) -> None:
        """Look at every object again, as after "Restart provisioning"; write only what differs."""

    @abstractmethod
    async def on_demand(self, source_id: str) -> None:
        """Provision one object of the source now; ``steps`` gets a line for each step."""

    def wanted(self, person: Person) -> bool:
        """Say whether a person should have an active account: in scope, not blocked, not deleted."""
        return person.active and self.scope.contains(person)

    def named(self, name: str) -> Person | Team:
        """Find a person by objectId, userPrincipalName, mail or displayName, or a group by objectId or displayName.

        Raises:
            SimulateProblem: nothing or more than one thing in the source has this name.
        """
        names = ("objectId", "userPrincipalName", "mail", "displayName")
        things: list[Person | Team] = [*self.directory.people.values(), *self.directory.teams.values()]
        wanted = name.casefold()
        found = [thing for thing in things if wanted in (str(thing.get(n) or "").casefold() for n in names)]
        if len(found) == 1:
            return found[0]
        if not found:
            raise SimulateProblem(
                f'The source has no user or group "{name}": give an objectId, a sign-in name or a name.'
            )
        ids = ", ".join(thing.id for thing in found[:3])
        raise SimulateProblem(f'"{name}" is the name of {len(found)} objects of the source: give an objectId ({ids}).')

    def note(self, action: Action, kind: Kind, source_id: str | None, target_id: str | None = None) -> Note:
        """Return the journal's part of a request in this phase."""
        return Note(self.state.cycle, self.phase, action, kind, source_id, target_id)

    async def ask(
        self,
        method: str,
        path: str,
        note: Note,
        expect: frozenset[int] = OK,
        *,
        params: dict[str, str] | None = None,
        body: Any = None,
    ) -> Answer:
        """Send a request and return an answer that can be used.

        Raises:
            ObjectFailed: anything else came back.
            Quarantined: the service has to stop.
        """
        answer = await self.wire.send(method, path, params=params, body=body, expect=expect, note=note)
        self.watch.inspect(Request(method, path, params or {}, expect), answer)
        if not answer.ok:
            raise ObjectFailed(answer.code, answer.detail)
        return answer

    def tell(self, note: Note, problem: "ObjectFailed") -> None:
        """Write down a failure that no single answer of the server shows."""
        facts = (note.cycle, note.phase, note.action, note.kind, note.source_id, note.target_id)
        failure: dict[str, Any] = {"code": problem.code, "detail": problem.detail, "attempts": 0}
        self.journal.record(
            Entry(*facts, request=f"{note.action} {note.kind}", status=None, result="failure", **failure)
        )

    async def for_each(
        self, name: str, items: Iterable[str], work: Callable[[str], Awaitable[None]], *, references: bool = False
    ) -> None:
        """Run a phase: ``work`` for every objectId, as many at a time as the wire is parallel.

        An object that fails is remembered for a later cycle; any other exception ends the phase. With ``references``
        it is the object's manager or members that fail, not the object.
        """
        keys = list(items)
        if not keys:
            return
        self.phase = name
        self.progress.phase(f"cycle {self.state.cycle}, {name}", total=len(keys))

        async def one(key: str) -> None:
            await self._try(key, work, references)
            self.progress.advance()

        await in_parallel(keys, one, self.wire.parallel)

    async def _try(self, key: str, work: Callable[[str], Awaitable[None]], references: bool) -> None:
        name = reference_key(key) if references else key
        try:
            await work(key)
        except ObjectFailed as problem:
            self.failed(name, problem)
        except MappingProblem as problem:
            self._cannot_map(name, key, problem)
        else:
            self.state.failures.pop(name, None)
            self.watch.succeed()

    def _cannot_map(self, name: str, key: str, problem: MappingProblem) -> None:
        """An expression cannot be evaluated for one object: that is no reason to stop for the others."""
        kind: Kind = "group" if key in self.directory.teams else "user"
        failure = ObjectFailed(EXPRESSION_FAILED, str(problem))
        self.tell(self.note("other", kind, key, self.state.ids.get(key)), failure)
        self.failed(name, failure)

    def failed(self, key: str, problem: ObjectFailed) -> None:
        """Remember that an object, or what :func:`reference_key` names, failed."""
        self.progress.error()
        self.state.fail(key, problem.code, problem.detail)
        self.watch.fail(reference=key.endswith(REFERENCES))

    def begin_cycle(self) -> None:
        """Count a new cycle, and note up to when the source has been seen."""
        self.state.cycle += 1
        self.state.watermark = datetime.now(UTC).isoformat(timespec="seconds")


def reference_key(key: str) -> str:
    """Return the name under which a failure of an object's references is kept."""
    return key + REFERENCES


async def in_parallel(keys: Iterable[str], work: Callable[[str], Awaitable[None]], parallel: int) -> None:
    """Run ``work`` for every key, at most ``parallel`` at a time; the first exception ends all and is raised."""
    waiting = iter(keys)

    async def worker() -> None:
        for key in waiting:
            await work(key)

    tasks = [asyncio.create_task(worker()) for _ in range(parallel)]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@dataclass(frozen=True, slots=True)
class CycleTime:
    """Seconds and requests of one cycle."""

    name: str
    seconds: float
    requests: int


async def run_cycles(
    service: Service,
    cycles: int,
    evolve: Callable[[int], Sequence[Change]],
    save: Callable[[], None],
    times: list[CycleTime],
) -> None:
    """Run what a new state needs (an initial cycle) or a used one asks for, then the incremental cycles.

    A used state with ``cycles`` 0 is read again as a whole. ``evolve`` lets happen what happens before a cycle;
    ``save`` is called whenever there is something to keep; ``times`` gets each cycle that came to its end.
    """

    async def timed(name: str, work: Awaitable[None]) -> None:
        began, sent = time.monotonic(), service.wire.counts.total()
        try:
            await work
        finally:
            save()
        times.append(CycleTime(name, time.monotonic() - began, service.wire.counts.total() - sent))

    state = service.state
    if not state.initial_done:
        await timed("initial cycle", service.initial_cycle())
    elif cycles == 0:
        await timed("everything again", service.reread())
    for _ in range(cycles):
        changes = evolve(state.cycle + 1)
        state.pending += [change.object_id for change in changes]
        save()
        await timed(f"incremental cycle {state.cycle + 1}", service.incremental_cycle(changes))
