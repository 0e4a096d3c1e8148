"""What a comparison finds, as data and as a line for people."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from .mapping.mapping import Kind

SHOWN = 5
"""Members of one group that a line names."""

Problem = Literal["missing", "left over", "value", "active", "manager", "members", "unmappable"]


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing in which the server is not as it should be; ``str()`` is a line for people."""

    problem: Problem
    kind: Kind
    name: str
    """userName of the user, displayName of the group."""
    source_id: str
    target_id: str | None
    path: str = ""
    """Target path of the attribute."""
    wanted: Any = None
    found: Any = None
    reason: str = ""

    def __str__(self) -> str:
        where = f"{self.kind} {self.name}" + (f" ({self.target_id})" if self.target_id else "")
        because = f": {self.reason}" if self.reason else ""
        if self.problem == "missing":
            return f"{where} is missing{because}"
        if self.problem == "left over":
            return f"{where} is still there{because}"
        if self.problem == "unmappable":
            return f"{where} cannot be mapped{because}"
        if self.problem == "members":
            return f"{where}: members {_moves(self.wanted, self.found)}"
        return f"{where}: {self.path} is {_shown(self.found)} and should be {_shown(self.wanted)}{because}"


class Differences(list[Difference]):
    """What was found, and how much was read."""

    users = 0
    """Users that the server has."""
    groups = 0
    foreign = 0
    """Users and groups among them that the service has never touched."""
    dangling = 0
    """Members of groups that are deleted users: the RFC does not forbid it, and a good server takes them out."""


def _shown(value: Any) -> str:
    if value is None:
        return "not there"
    return f'"{value}"' if isinstance(value, str) else str(value)


def _moves(wanted: Sequence[str], found: Sequence[str]) -> str:
    lacking, extra = sorted(set(wanted) - set(found)), sorted(set(found) - set(wanted))
    texts = [f"lack {_few(lacking)}"] if lacking else []
    texts += [f"have {_few(extra)} too many"] if extra else []
    return " and ".join(texts)


def _few(ids: Sequence[str]) -> str:
    more = f" and {len(ids) - SHOWN} more" if len(ids) > SHOWN else ""
    return ", ".join(ids[:SHOWN]) + more
