"""How far a re-map is: kept with its job, so that another process can go on with it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

MAX_FAILURES = 20
"""Documents that a report names."""


@dataclass(slots=True)
class Progress:
    """The place of a walk and its counts."""

    revision: str
    """The mapping that documents are made with."""
    basis: int
    """Revision of the workspace in which that mapping was found."""
    documents: int = 0
    """How many there were when the first pass began."""
    turn: int = 1
    """Which pass this is; those after the first look for documents of an earlier mapping only."""
    type: str = ""
    """Resource type that the walk is at."""
    seq: int = 0
    """Sequence number at which it goes on."""
    looked: int = 0
    """Documents that the first pass has passed."""
    changed: int = 0
    unchanged: int = 0
    """Documents whose content is the same with this mapping."""
    failed: int = 0
    """Documents of an earlier mapping on which a plugin failed, in this pass; each pass tries them again."""
    failed_current: int = 0
    """Documents of this mapping on which a plugin failed, which only a re-map of all meets."""
    left: int = 0
    """Documents of an earlier mapping that this pass has met, without those that failed; none ends the re-map."""
    restarts: int = 0
    """How often the mapping was changed while this ran, so that it began again."""
    failures: list[dict[str, Any]] = field(default_factory=list)
    """``{"id", "type", "plugin", "reason", "current"}`` of the first that failed."""

    @classmethod
    def from_bson(cls, stored: Mapping[str, Any]) -> "Progress":
        """Read what :meth:`to_bson` gave."""
        return cls(**{**stored, "failures": [dict(failure) for failure in stored["failures"]]})

    def to_bson(self) -> dict[str, Any]:
        """Return the form in the job's document."""
        return asdict(self)

    def fail(self, failure: Mapping[str, Any]) -> None:
        """Count a document on which a plugin failed, and name it if it is one of the first."""
        if failure["current"]:
            self.failed_current += 1
        else:
            self.failed += 1
        if len(self.failures) < MAX_FAILURES:
            self.failures.append(dict(failure))

    def next_turn(self) -> None:
        """Begin the next pass, which meets every document of an earlier mapping again."""
        self.turn += 1
        self.type, self.seq, self.failed, self.left = "", 0, 0, 0
        self.failures = [failure for failure in self.failures if failure["current"]]

    def again(self, revision: str, basis: int) -> "Progress":
        """Return the beginning of the walk for another mapping."""
        return Progress(revision, basis, restarts=self.restarts + 1)

    def to_json(self) -> dict[str, Any]:
        """Return the counts that commands and the API show."""
        return {
            "documents": max(self.documents, self.looked),
            "looked_at": self.looked,
            "changed": self.changed,
            "unchanged": self.unchanged,
            "failed": self.failed + self.failed_current,
            "left": self.left if self.turn > 1 else 0,
            "pass": self.turn,
            "restarts": self.restarts,
            "failures": [{k: v for k, v in failure.items() if k != "current"} for failure in self.failures],
        }
