"""What a provisioning service remembers between two cycles, in one JSON file.

The file also holds the source directory, so that the next run goes on where this one ended. It has no token in it.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal, Self

from .problems import SimulateProblem
from .source.directory import Directory

FORMAT = 1


class StateProblem(SimulateProblem):
    """The state file cannot be used."""


@dataclass(slots=True)
class Failure:
    """An object that could not be provisioned, and when it is tried again."""

    code: str
    detail: str
    attempts: int
    """Cycles in which it was tried."""
    next_cycle: int
    """The first cycle that tries it again: the gap grows with each attempt."""


@dataclass(slots=True)
class Quarantine:
    """Why the service has stopped, and what comes then."""

    reason: str
    """Entra ID's name: ``EncounteredQuarantineException``, ``EncounteredEscrowProportionThreshold``, …"""
    detail: str
    attempts: int = 1
    """How often a cycle has begun, or would have begun, and ended here."""


@dataclass(slots=True)
class State:
    """Everything kept; objects are named by their objectId in the source directory."""

    service: Literal["entra", "okta"]
    url: str
    """Tenant URL, without its query: the cached ids mean nothing to another workspace."""
    directory: Directory | None = None
    ids: dict[str, str] = field(default_factory=dict)
    """objectId of a user or group → id at the server, for what the service manages."""
    group_ids: set[str] = field(default_factory=set)
    """The objectIds in ``ids`` that are groups."""
    released: dict[str, str] = field(default_factory=dict)
    """objectId → id of users that were disabled because they left the scope. Nobody manages them any more: they stay
    at the server, also when they are deleted in the source."""
    linked: dict[str, list[str]] = field(default_factory=dict)
    """objectId of a group → objectIds of the members that the server has been told of; of a user → their manager's."""
    deleted: dict[str, str] = field(default_factory=dict)
    """objectId → path (``/Users/u_1``) of what is gone at the server, and must answer 404 for ever."""
    sent: dict[str, dict[str, Any]] = field(default_factory=dict)
    """objectId → target path → the value last sent with success (or found there already). A value that the source no
    longer has stays at the server, as nulls are never sent: the comparison at the end expects what is in here."""
    cycle: int = 0
    """Number of the last cycle that was begun; the initial one is 1."""
    initial_done: bool = False
    """Whether an initial cycle has come to its end. Until then the next run begins with one."""
    watermark: str | None = None
    """Time (ISO 8601, UTC) up to which changes of the source have been seen."""
    pending: list[str] = field(default_factory=list)
    """objectIds that changed in a cycle which did not come to its end."""
    failures: dict[str, Failure] = field(default_factory=dict)
    stuck: dict[str, str] = field(default_factory=dict)
    """objectId → why nothing is done any more for it until provisioning is restarted (``InvalidAnchor``)."""
    quarantine: Quarantine | None = None

    @classmethod
    def load(cls, path: Path, *, service: Literal["entra", "okta"], url: str) -> Self:
        """Return the state of an earlier run, or a new one if the file is not there.

        Raises:
            StateProblem: the file is no state, or one of another service or Tenant URL.
        """
        if not path.exists():
            return cls(service, url)
        try:
            value = json.loads(path.read_text(encoding="utf-8"))
            found = cls._from_json(value)
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise StateProblem(
                f"{path} cannot be used as a state ({type(error).__name__}: {error}). Choose another --state, or "
                "delete it: the next run then begins with an initial cycle and finds what is there by matching."
            ) from None
        for name, wanted, present in (("service", service, found.service), ("Tenant URL", url, found.url)):
            if wanted != present:
                raise StateProblem(
                    f"{path} is the state of another {name}: {present}, not {wanted}. Its cached ids mean nothing "
                    "there: choose another --state."
                )
        return found

    @classmethod
    def _from_json(cls, value: Mapping[str, Any]) -> Self:
        fields = dict(value)
        if fields.pop("format") != FORMAT:
            raise ValueError(f"its format is not {FORMAT}")
        source = fields.pop("directory")
        quarantine = fields.pop("quarantine")
        groups = set(fields.pop("group_ids"))
        failures = {key: Failure(**failure) for key, failure in fields.pop("failures").items()}
        return cls(
            **fields,
            directory=Directory.from_json(source) if source else None,
            group_ids=groups,
            failures=failures,
            quarantine=Quarantine(**quarantine) if quarantine else None,
        )

    def to_json(self) -> dict[str, Any]:
        """Return everything as JSON-ready values."""
        fields = {name: getattr(self, name) for name in self.__slots__ if name != "directory"}
        fields["group_ids"] = sorted(self.group_ids)
        fields["failures"] = {key: asdict(failure) for key, failure in self.failures.items()}
        fields["quarantine"] = asdict(self.quarantine) if self.quarantine else None
        return {"format": FORMAT, "directory": self.directory.to_json() if self.directory else None, **fields}

    def save(self, path: Path) -> None:
        """Write the file, readable by its owner only, whole or not at all: another run may read it at any time."""
        beside = path.with_name(f"{path.name}.{os.getpid()}.new")
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(self.to_json(), file, ensure_ascii=False)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)

    def target(self, object_id: str) -> str | None:
        """Return the id at the server of an object that is or was managed: what a reference to it becomes."""
        return self.ids.get(object_id) or self.released.get(object_id)

    def adopt(self, object_id: str, target_id: str, *, group: bool = False) -> None:
        """Cache the id at the server of an object that is managed from now on."""
        self.ids[object_id] = target_id
        self.released.pop(object_id, None)
        if group:
            self.group_ids.add(object_id)

    def release(self, object_id: str) -> None:
        """Stop managing a user that has been disabled because it left the scope."""
        self.released[object_id] = self.ids.pop(object_id)

    def remember(self, object_id: str, flat: Mapping[str, Any]) -> None:
        """Remember what the server holds of an object now: what was sent and accepted, or was there already."""
        self.sent.setdefault(object_id, {}).update(flat)

    def fail(self, object_id: str, code: str, detail: str) -> None:
        """Remember a failure: tried again in the next cycle, then after two, four, eight, … cycles."""
        earlier = self.failures.get(object_id)
        attempts = earlier.attempts + 1 if earlier else 1
        self.failures[object_id] = Failure(code, detail, attempts, self.cycle + 2 ** (attempts - 1))

    def due(self) -> list[str]:
        """Return the objects whose failures this cycle tries again."""
        return [key for key, failure in self.failures.items() if failure.next_cycle <= self.cycle]

    def forget(self, object_id: str) -> None:
        """Forget an object that is gone at the server."""
        if object_id in self.ids:
            endpoint = "/Groups" if object_id in self.group_ids else "/Users"
            self.deleted[object_id] = f"{endpoint}/{self.ids[object_id]}"
        for kept in (self.ids, self.released, self.linked, self.sent, self.failures, self.stuck):
            kept.pop(object_id, None)
        self.group_ids.discard(object_id)

    def restart(self) -> None:
        """Begin again, as "Restart provisioning" does: every object is matched anew, nobody is stuck."""
        self.failures.clear()
        self.stuck.clear()
        self.pending.clear()
        self.initial_done = False
