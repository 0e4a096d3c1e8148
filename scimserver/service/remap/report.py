"""What is said of a re-map and of stale documents: by commands and by the admin API alike."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ...store.jobs import Job
from ..differences import Difference
from .progress import Progress


@dataclass(frozen=True, slots=True)
class Staleness:
    """How many documents of a workspace were made with another mapping than it has now."""

    slug: str
    revision: str
    documents: int
    """How many there are."""
    looked: int
    """How many of them were looked at."""
    stale: int
    """How many of those are stale."""
    problem: str = ""
    """Why the workspace cannot map at all; then nothing was counted."""
    last: Job | None = None
    """The last re-map, whatever became of it."""

    @property
    def complete(self) -> bool:
        """Whether all documents were looked at."""
        return self.looked >= self.documents

    def sentence(self) -> str:
        """Return what a person has to know."""
        if self.problem:
            return f"nothing can be mapped: {self.problem}"
        if not self.documents:
            return "there are no documents yet"
        if not self.stale:
            checked = "all" if self.complete else f"the first {self.looked} of"
            return f"{checked} {self.documents} existing documents are made by this mapping"
        how_many = f"{self.stale} of the" if self.complete else f"at least {self.stale} of the"
        return (
            f"{how_many} {self.documents} existing documents were made by an earlier mapping; "
            f"`scimserver remap {self.slug}` makes them again"
        )

    def last_sentence(self) -> str:
        """Return what became of the last re-map."""
        if self.last is None:
            return "none"
        moment = self.last.finished or self.last.started or self.last.created
        which = "this mapping" if self.last.progress["revision"] == self.revision else "an earlier mapping"
        return f"{self.last.n}, for {which}: {self.last.state}, {moment:%Y-%m-%d %H:%M:%S} UTC"

    def to_json(self) -> dict[str, Any]:
        """Return the form that commands and the API show."""
        return {
            "revision": self.revision,
            "problem": self.problem or None,
            "documents": self.documents,
            "looked_at": self.looked,
            "stale": self.stale,
            "complete": self.complete,
            "last_remap": report(self.last) if self.last else None,
        }


@dataclass(frozen=True, slots=True)
class Sample:
    """A document that a re-map would change; holds values of a person."""

    id: str
    type: str
    difference: Difference

    def to_json(self) -> dict[str, Any]:
        """Return the form that commands and the API show."""
        return {"id": self.id, "type": self.type, "difference": self.difference.to_json()}


@dataclass(frozen=True, slots=True)
class DryRun:
    """What a re-map would do."""

    documents: int
    """How many there were when it began."""
    progress: Progress
    samples: Sequence[Sample]
    """The first that would change."""

    def to_json(self) -> dict[str, Any]:
        """Return the form that commands and the API show."""
        counts = self.progress.to_json()
        documents = max(self.documents, self.progress.looked)
        return {
            "dry_run": True,
            "revision": self.progress.revision,
            "documents": documents,
            "looked_at": self.progress.looked,
            "complete": self.progress.looked == documents,
            **{name: counts[name] for name in ("changed", "unchanged", "failed")},
            "samples": [sample.to_json() for sample in self.samples],
            "failures": counts["failures"],
        }


def report(job: Job) -> dict[str, Any]:
    """Return a job as commands and the API show it."""
    progress = Progress.from_bson(job.progress)
    return {
        "id": job.n,
        "state": job.state,
        "revision": progress.revision,
        "all": bool(job.options.get("all")),
        "rate": job.options.get("rate"),
        **progress.to_json(),
        "problem": job.problem or None,
        "by": job.by,
        "created": job.created.isoformat(),
        "started": job.started.isoformat() if job.started else None,
        "finished": job.finished.isoformat() if job.finished else None,
    }
