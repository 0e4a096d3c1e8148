"""A small cycle of Entra ID for a demonstration: twelve people, three groups, one who moves, one who is blocked.

Played once; later runs find everything there, read it again and write nothing.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

from .entra.dialects import Legacy
from .entra.service import EntraService
from .journal import Journal
from .mapping.mapping import Mapping as AttributeMapping
from .mapping.targets import target
from .progress import Progress
from .source.directory import Change, Directory, Person
from .state import State
from .wire import Answer, Wire

SHOWN = "marta.lindqvist@northgate.example"
"""Sign-in name of the person whose address is shown."""
MOVE = {"streetAddress": "2 Quay Lane", "city": "Newhaven", "state": "Lothian", "postalCode": "EH6 4LP"}
DISABLED = "ib.nygaard@northgate.example"
ADDRESS = 'addresses[type eq "work"].'


@dataclass(frozen=True, slots=True)
class Sent:
    """One request of Entra about the work address of the person shown."""

    request: str
    """``PATCH /Users/u_1``."""
    values: dict[str, str]
    """Target path → value; in a PATCH with the name of the operation before the path."""


@dataclass(slots=True)
class Story:
    """What happened, and what there is to see."""

    name: str
    user_id: str
    users: int
    groups: int
    again: bool
    """Whether everything was there from an earlier run."""
    sent: list[Sent] = field(default_factory=list)


async def play(url: str, token: str, folder: Path, label: str) -> Story:
    """Play the cycles against a Tenant URL, or read again what they made.

    Args:
        url: the Tenant URL.
        token: the Secret Token.
        folder: where the state is kept, and what was sent; it exists.
        label: what tells this workspace from others for ever, whatever port it answers on.

    Raises:
        SimulateProblem: the server does not answer as it should, or a kept file cannot be used.
    """
    state = State.load(folder / "state.json", service="entra", url=label)
    again = state.initial_done
    state.directory = state.directory or _source()
    mapping = AttributeMapping.load(None, "entra")
    shown = _named(state.directory, SHOWN)
    journal = Journal()
    async with _Watched(url, token, journal=journal, user_agent="scimserver-sample") as wire:
        wire.watched = shown.id
        service = EntraService(
            wire, state.directory, mapping, mapping.scope, state, Legacy(), journal, Progress(enabled=False)
        )
        await _run(service, shown)
    state.save(folder / "state.json")
    sent = _remembered(folder / "sent.json", list(wire.sent()))
    users = len(state.ids) - len(state.group_ids) + len(state.released)
    return Story(str(shown["displayName"]), state.ids[shown.id], users, len(state.group_ids), again, sent)


async def _run(service: EntraService, shown: Person) -> None:
    if not service.state.initial_done:
        await service.initial_cycle()
    if shown["streetAddress"] == MOVE["streetAddress"]:
        await service.reread()
        return
    leaving = _named(service.directory, DISABLED)
    shown.update(MOVE)
    leaving["accountEnabled"] = False
    await service.incremental_cycle([Change("update", shown.id), Change("disable", leaving.id)])


def _source() -> Directory:
    with as_file(files("scimserver.simulate") / "sample.json") as path:
        return Directory.read(path)


def _named(directory: Directory, name: str) -> Person:
    return next(person for person in directory.people.values() if person["userPrincipalName"] == name)


def _remembered(path: Path, new: list[Sent]) -> list[Sent]:
    """Return what was sent in all runs, and keep it."""
    before = [Sent(**one) for one in json.loads(path.read_text(encoding="utf-8"))] if path.exists() else []
    every = [*before, *new]
    if new:
        kept = [{"request": one.request, "values": one.values} for one in every]
        path.write_text(json.dumps(kept, ensure_ascii=False), encoding="utf-8")
    return every


class _Watched(Wire):
    """Remembers what it sends about one person."""

    watched = ""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._messages: list[tuple[str, Mapping[str, Any]]] = []

    async def send(self, method: str, path: str, *, body: Any = None, **request: Any) -> Answer:
        answer = await super().send(method, path, body=body, **request)
        if body is not None and answer.ok and request["note"].source_id == self.watched:
            self._messages.append((f"{method} {path}", body))
        return answer

    def sent(self) -> Iterator[Sent]:
        """Yield what of it was about the work address."""
        for request, body in self._messages:
            values = dict(_changed(body) if "Operations" in body else _created(body))
            if values:
                yield Sent(request, values)


def _created(body: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for part in ("streetAddress", "locality", "region", "postalCode", "country", "formatted"):
        value = target(f"{ADDRESS}{part}").find(body)
        if value is not None:
            yield f"{ADDRESS}{part}", str(value)


def _changed(body: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for operation in body["Operations"]:
        if str(operation.get("path", "")).startswith(ADDRESS):
            yield f"{operation['op']} {operation['path']}", str(operation["value"])
