"""What a check of a plugin found."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

Level = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to mend."""

    level: Level
    text: str
    """The rule, and the cure."""
    place: str = ""
    """``file:line``, or the file, as far as it is known."""
    sample: str = ""
    """The first resource that shows it, such as ``entra-legacy/update.json: ines``; empty if none is needed."""
    count: int = 1
    """How many resources show it."""

    def __str__(self) -> str:
        more = f" and {self.count - 1} more" if self.count > 1 else ""
        on = f"\n    on {self.sample}{more}" if self.sample else ""
        return f"{self.level}: {self.place}{': ' if self.place else ''}{self.text}{on}"


@dataclass(frozen=True, slots=True)
class Times:
    """How long the calls of a hook took, in milliseconds; of two calls with equal arguments the shorter one counts."""

    calls: int
    average_ms: float
    longest_ms: float


@dataclass(frozen=True, slots=True)
class Report:
    """The result of a check; it passed if no problem is an error."""

    path: Path
    name: str = ""
    """The plugin's name; empty if it could not be loaded."""
    version: str = ""
    hooks: Sequence[str] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    """With which it was tried, defaults filled in."""
    tried: int = 0
    """Resources, each state counted."""
    mapped: int = 0
    """Of these: gave at least one field."""
    refused: int = 0
    """Of these: refused by ``scim_validate``."""
    largest: int = 0
    """Bytes of the largest document, as the server counts them."""
    times: Mapping[str, Times] = field(default_factory=dict)
    """By hook."""
    problems: Sequence[Problem] = ()

    @property
    def ok(self) -> bool:
        """Whether the plugin may be installed."""
        return not self.errors

    @property
    def errors(self) -> list[Problem]:
        """What the server would refuse, or what would harm in production."""
        return [p for p in self.problems if p.level == "error"]

    @property
    def warnings(self) -> list[Problem]:
        """What the author should look at."""
        return [p for p in self.problems if p.level == "warning"]

    def to_json(self) -> dict[str, Any]:
        """Return the report as JSON data."""
        return {
            "ok": self.ok,
            "path": str(self.path),
            "name": self.name or None,
            "version": self.version or None,
            "hooks": list(self.hooks),
            "settings": dict(self.settings),
            "tried": self.tried,
            "mapped": self.mapped,
            "refused": self.refused,
            "largest_document_bytes": self.largest,
            "times": {hook: asdict(times) for hook, times in self.times.items()},
            "errors": [_shown(p) for p in self.errors],
            "warnings": [_shown(p) for p in self.warnings],
        }


def _shown(problem: Problem) -> dict[str, Any]:
    return {"place": problem.place or None, "text": problem.text, "sample": problem.sample or None,
            "count": problem.count}  # fmt: skip
