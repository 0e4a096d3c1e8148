"""One run from its options to its outcome: what the command does, without the command line."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, Literal

from .compare import compare
from .cycle import CycleTime, ObjectFailed, Service, run_cycles
from .entra.dialect_rfc import Rfc
from .entra.dialects import dialect_named
from .entra.rfc import RfcService
from .entra.service import EntraService
from .journal import Journal
from .mapping.mapping import Mapping
from .mapping.scoping import Scope
from .okta.client import SPACE as OKTA_SPACE
from .okta.client import USER_AGENT as OKTA_USER_AGENT
from .okta.client import OktaRetries
from .okta.service import OktaService
from .progress import Progress
from .quarantine import Quarantined, explain
from .report import Difference, Report
from .source.directory import Change, Directory
from .state import Quarantine, State
from .wire import Unreachable, Wire, base_url


@dataclass(frozen=True, slots=True)
class Options:
    """What a run is told; see the command's options of the same names."""

    service: Literal["entra", "okta"]
    url: str
    token: str
    dialect: str = "legacy"
    cycles: int = 2
    state: Path | None = None
    users: int = 50
    groups: int = 5
    seed: int | None = None
    """Whom to invent; None: others in every run."""
    source: Path | None = None
    mapping: Path | None = None
    scope: Path | None = None
    on_demand: str | None = None
    schemas: bool = False
    parallel: int = 5
    rate: float | None = None
    log: Path | None = None
    quiet: bool = False
    """No progress on standard error."""


@dataclass(slots=True)
class Outcome:
    """The end of a run, also of one that had to stop."""

    report: Report
    times: list[CycleTime] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """What else the person should know, a line each."""
    problem: str = ""
    """Why the run had to stop."""

    @property
    def good(self) -> bool:
        """Whether it came to its end, and the server holds what the source says."""
        return self.report.good and not self.problem

    def text(self) -> str:
        """Return the page for people."""
        lines = [
            f"{t.name}: {t.requests} requests in {t.seconds:.1f} s ({t.requests / max(t.seconds, 0.001):.0f}/s)."
            for t in self.times
        ]
        return "\n\n".join(part for part in ("\n".join([*self.notes, *lines]), self.report.text()) if part)

    def json(self) -> dict[str, Any]:
        """Return everything as JSON-ready values."""
        times = [{"name": t.name, "seconds": round(t.seconds, 3), "requests": t.requests} for t in self.times]
        more = {"good": self.good, "problem": self.problem or None, "notes": self.notes, "cycles": times}
        return {**more, **self.report.json()}


async def run(options: Options) -> Outcome:
    """Provision, compare and tell.

    Raises:
        SimulateProblem: it cannot begin: a file is wrong, or Test Connection says no.
    """
    mapping = Mapping.load(options.mapping, options.service)
    scope = Scope.load(options.scope) if options.scope else mapping.scope
    url = base_url(options.url)
    state = (
        State.load(options.state, service=options.service, url=url) if options.state else State(options.service, url)
    )
    source = _Source(options, state)
    with Journal(options.log) as journal, Progress(not options.quiet) as progress:
        async with _wire(options, url, journal) as wire:
            make, dialect = _kind(options)
            service = make(wire, source.directory, mapping, scope, state, dialect, journal, progress)
            return await _Run(options, service, source).run()


def _kind(options: Options) -> tuple[Callable[..., Service], Any]:
    if options.service == "okta":
        return OktaService, options.dialect
    if options.dialect == Rfc.name:
        return RfcService, Rfc()
    return EntraService, dialect_named(options.dialect, options.seed or 0)


def _wire(options: Options, url: str, journal: Journal) -> Wire:
    more: dict[str, Any] = {"user_agent": "scimserver-simulate"}
    if options.service == "okta":
        more = {"user_agent": OKTA_USER_AGENT, "retries": OktaRetries(), "space": OKTA_SPACE}
    return Wire(url, options.token, journal=journal, rate=options.rate, parallel=options.parallel, **more)


class _Source:
    """Where people come from: the state, a file, or invention."""

    def __init__(self, options: Options, state: State) -> None:
        self.notes: list[str] = []
        self.invents = True
        """Whether cycles have invented changes; otherwise they come from the file."""
        kept = state.directory
        if options.source is not None:
            self.directory = Directory.read(options.source)
            if kept is not None:
                changed = changes_between(kept, self.directory)
                state.pending += changed
                self.invents = False
                self.notes.append(f"{len(changed)} objects of {options.source} differ from the last run.")
        elif kept is not None:
            self.directory = kept
        else:
            seed = Random().randrange(10_000, 100_000) if options.seed is None else options.seed
            # Names of their own: what an earlier run has left at the server is not taken for these people.
            self.directory = Directory.generate(options.users, options.groups, seed, label=str(seed))
            self.notes.append(f"Invented {options.users} users and {options.groups} groups; --seed {seed} is the same.")
        if kept is not None:
            people, teams = len(self.directory.people), len(self.directory.teams)
            self.notes.append(
                f"Going on with {options.state} after cycle {state.cycle}: {people} users and {teams} groups."
            )
        state.directory = self.directory

    def evolve(self, cycle: int) -> list[Change]:
        """Return what happens before a cycle."""
        return self.directory.evolve(cycle) if self.invents else []


def changes_between(old: Directory, new: Directory) -> list[str]:
    """Return the objectIds of what is new, different or gone."""
    before: dict[str, Any] = {**old.people, **old.teams}
    after: dict[str, Any] = {**new.people, **new.teams}
    return [key for key in {**before, **after} if before.get(key) != after.get(key)]


class _Run:
    def __init__(self, options: Options, service: Service, source: _Source) -> None:
        self._options = options
        self._service = service
        self._source = source
        self._notes = source.notes
        self._began = time.monotonic()
        self._times: list[CycleTime] = []

    async def run(self) -> Outcome:
        state = self._service.state
        try:
            await self._work()
            differences = None if self._options.on_demand else await self._compare()
        except Quarantined as problem:
            attempts = state.quarantine.attempts + 1 if state.quarantine else 1
            state.quarantine = Quarantine(problem.reason, problem.detail, attempts)
            return self._outcome(None, quarantine=f"{problem.reason}. {problem.detail} {explain(state.quarantine)}")
        except Unreachable as problem:
            return self._outcome(None, problem=str(problem))
        except ObjectFailed as problem:
            return self._outcome(None, problem=f"{problem.code}: {problem.detail}")
        finally:
            self._save()
        return self._outcome(differences)

    async def _work(self) -> None:
        service = self._service
        if self._options.schemas and isinstance(service, EntraService):
            missing = await service.unpublished()
            self._notes += [f"/Schemas does not list {path}, which is mapped." for path in missing]
        if self._options.on_demand:
            try:
                await service.on_demand(self._options.on_demand)
            finally:
                self._notes += service.steps
        else:
            await run_cycles(service, self._options.cycles, self._source.evolve, self._save, self._times)

    async def _compare(self) -> list[Difference]:
        service = self._service
        service.progress.phase("comparison", total=len(service.state.ids))
        found = await compare(service.wire, service.directory, service.mapping, service.scope, service.state)
        service.progress.advance(len(service.state.ids))
        if found.foreign:
            self._notes.append(f"{found.foreign} objects at the server are none of this source's, and were left alone.")
        if found.dangling:
            self._notes.append(
                f"{found.dangling} members of groups at the server are users that were deleted there. RFC 7643 allows "
                "it, but an application that looks them up will not find them."
            )
        return list(found)

    def _save(self) -> None:
        if self._options.state is not None:
            self._service.state.save(self._options.state)

    def _outcome(self, differences: list[Difference] | None, *, quarantine: str = "", problem: str = "") -> Outcome:
        seconds = time.monotonic() - self._began
        report = Report(
            self._options.service,
            self._options.dialect,
            self._service.journal.summary(),
            differences,
            seconds,
            self._service.wire.writes,
            quarantine,
        )
        return Outcome(report, self._times, self._notes, problem)
