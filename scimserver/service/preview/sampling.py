"""What a mapping would make of a sample of the stored resources."""

import asyncio
import random
import re
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...pipeline import Pipeline
from ...schema.attributes import ResourceType
from ...store.counters import Windows
from ...store.documents import Document
from ...store.resources import ResourceStore
from ..differences import Difference, difference
from ..workspaces import ActiveWorkspace
from .drafts import DraftCheck
from .payloads import PreviewProblem
from .tracing import trace

MAX_SAMPLE = 1000
EXAMPLES = 5
"""Differences that are shown in full, unless asked otherwise."""
MAX_FIELDS = 200
"""Paths that are counted; a mapper may use an unlimited number of names."""
_RUNS = 20
"""Places of the workspace that a sample is taken from."""
_CHUNK = 50
"""Documents read at once; each may have a megabyte."""
_POSITION = re.compile(r"\[\d+\]")
_WHO = ("userName", "displayName")

Progress = Callable[[int, int], None]
"""Is told how many are done, and how many there are to do."""


@dataclass(frozen=True, slots=True)
class Example:
    """One resource whose document would change, or could not be made."""

    id: str
    name: str
    """``userName`` or ``displayName``."""
    difference: Difference | None
    error: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return the form that the command and the admin API give out."""
        found = self.difference.to_json() if self.difference else None
        return {"id": self.id, "name": self.name, "difference": found, "error": self.error or None}


@dataclass(frozen=True, slots=True)
class Sample:
    """What a mapping would make of some stored resources."""

    workspace: str
    resource_type: str
    total: int
    """Resources in the workspace."""
    seed: int
    """Chooses the same resources again."""
    revision: str | None
    """Of the mapping; None if the draft is refused."""
    draft: DraftCheck | None
    sampled: int = 0
    unchanged: int = 0
    changed: int = 0
    failed: int = 0
    stale: int = 0
    """Whose stored document was made by an earlier mapping than the workspace has now."""
    failures: Mapping[str, int] = field(default_factory=dict)
    """Reason → number of resources, most first."""
    fields: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """Path → ``{"added": n, "changed": n, "removed": n}``; positions in lists are left out: ``tags[]``."""
    examples: Sequence[Example] = ()

    @property
    def accepted(self) -> bool:
        """Whether the draft could be saved, and every document could be made."""
        return not self.failed and not (self.draft and self.draft.errors)

    def to_json(self) -> dict[str, Any]:
        """Return the form that the command and the admin API give out."""
        return {
            "workspace": self.workspace,
            "resource_type": self.resource_type,
            "total": self.total,
            "seed": self.seed,
            "revision": self.revision,
            "draft": self.draft.to_json() if self.draft else None,
            "sampled": self.sampled,
            "unchanged": self.unchanged,
            "changed": self.changed,
            "failed": self.failed,
            "stale": self.stale,
            "failures": dict(self.failures),
            "fields": {path: dict(counts) for path, counts in self.fields.items()},
            "examples": [example.to_json() for example in self.examples],
        }


class Sampler:
    """Takes one sample; ``pipeline`` is None where the draft was refused."""

    def __init__(
        self,
        store: ResourceStore,
        workspace: ActiveWorkspace,
        resource_type: ResourceType,
        pipeline: Pipeline | None,
        draft: DraftCheck | None,
    ) -> None:
        self._store = store
        self._workspace = workspace
        self._type = resource_type
        self._pipeline = pipeline
        self._draft = draft
        self._counts: Counter[str] = Counter()
        self._failures: Counter[str] = Counter()
        self._fields: dict[str, Counter[str]] = {}
        self._changes: list[Example] = []
        self._errors: list[Example] = []

    async def sample(self, count: int, seed: int | None, examples: int, progress: Progress | None) -> Sample:
        """Read, map and compare; other work of the process goes on between two documents."""
        if not 1 <= count <= MAX_SAMPLE:
            raise PreviewProblem(f"A sample has 1 to {MAX_SAMPLE} resources, not {count}.")
        seed = random.randrange(1 << 32) if seed is None else seed
        windows = await self._store.counters.last_known(self._workspace.id, self._store.kind)
        pipeline = self._pipeline
        sampled = 0
        if pipeline is not None:
            async for document in self._documents(windows, count, seed):
                self._compare(document, pipeline, examples)
                sampled += 1
                if progress:
                    progress(sampled, min(count, windows.total))
                await asyncio.sleep(0)
        return Sample(
            workspace=self._workspace.slug,
            resource_type=self._type.name,
            total=windows.total,
            seed=seed,
            revision=pipeline.revision if pipeline else None,
            draft=self._draft,
            sampled=sampled,
            unchanged=sampled - self._counts["changed"] - self._counts["failed"],
            changed=self._counts["changed"],
            failed=self._counts["failed"],
            stale=self._counts["stale"],
            failures=dict(self._failures.most_common()),
            fields={p: dict(c) for p, c in sorted(self._fields.items(), key=lambda f: -f[1].total())},
            # What cannot be mapped is what has to be looked at first.
            examples=[*self._errors, *self._changes][:examples],
        )

    async def _documents(self, windows: Windows, count: int, seed: int) -> AsyncIterator[Document]:
        seen: set[str] = set()
        for start, length in runs(windows.total, count, seed):
            documents, _ = await self._store.page(self._workspace.id, start + 1, length, windows)
            for document in documents:
                # The counts may be a second old: two runs can then meet.
                if document.id not in seen:
                    seen.add(document.id)
                    yield document

    def _compare(self, document: Document, pipeline: Pipeline, examples: int) -> None:
        self._counts["stale"] += document.map != self._workspace.pipeline.revision
        resource = {"id": document.id, **document.scim}
        made = trace(pipeline, self._type.name, resource, document.app, validates=False)
        name = str(next((document.scim[key] for key in _WHO if key in document.scim), ""))
        if made.document is None:
            reason = made.error.detail if made.error else ""
            self._counts["failed"] += 1
            self._failures[reason] += 1
            if len(self._errors) < examples:
                self._errors.append(Example(document.id, name, None, reason))
            return
        found = difference(document.app, made.document)
        if not found:
            return
        self._counts["changed"] += 1
        for how, paths in (("added", found.added), ("changed", found.changed), ("removed", found.removed)):
            for path in {_POSITION.sub("[]", path) for path in paths}:
                if path in self._fields or len(self._fields) < MAX_FIELDS:
                    self._fields.setdefault(path, Counter())[how] += 1
        if len(self._changes) < examples:
            self._changes.append(Example(document.id, name, found))


def runs(total: int, count: int, seed: int) -> Iterator[tuple[int, int]]:
    """Yield 0-based start and length of the runs of a sample, disjoint and in order, spread over ``total`` places."""
    chosen = random.Random(seed)
    count = min(count, total)
    pieces = max(min(count, _RUNS), -(-count // _CHUNK))
    taken = 0
    for piece in range(pieces):
        length = count * (piece + 1) // pieces - taken
        # As many places lie between the runs as are not taken; each run gets its place in its own share of them.
        low, high = (total - count) * piece // pieces, (total - count) * (piece + 1) // pieces
        yield chosen.randint(low, high) + taken, length
        taken += length
