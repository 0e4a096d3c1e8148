"""A re-map that writes nothing: what it would do, in numbers and samples."""

import time
from collections.abc import Callable

from ...store.documents import Document
from ..differences import difference
from ..workspaces import ActiveWorkspace
from .pace import Pace
from .progress import Progress
from .report import DryRun, Sample
from .walk import CHUNK, Mapper, RemapFailed, Stretch


class Trial:
    """The counts of one dry run."""

    def __init__(self, workspace: ActiveWorkspace, mapper: Mapper, *, everything: bool, samples: int) -> None:
        self._workspace = workspace
        self._mapper = mapper
        self._everything = everything
        self._wanted_samples = samples
        self._samples: list[Sample] = []
        self._progress = Progress(mapper.revision, 0)

    @property
    def looked(self) -> int:
        """How many documents have been looked at."""
        return self._progress.looked

    async def look(self, stretch: Stretch, pace: Pace, limit: int | None, told: Callable[[], None]) -> None:
        """Map documents that follow each other, as far as ``limit`` allows."""
        await pace.rest(stretch.took)
        for start in range(0, len(stretch.rows), CHUNK):
            rows = stretch.rows[start : start + CHUNK][: None if limit is None else limit - self.looked]
            wanted = [id_ for _, id_, made_by in rows if self._everything or made_by != self._mapper.revision]
            began = time.monotonic()
            for document in await stretch.store.find_by_id(self._workspace.id, wanted):
                self._try(document)
                await pace.pause(time.monotonic() - began)
                began = time.monotonic()
            self._progress.looked += len(rows)
            told()

    def _try(self, document: Document) -> None:
        about = {"id": document.id, "type": document.resource_type}
        try:
            app = self._mapper.make(document)
        except RemapFailed as failure:
            current = document.map == self._mapper.revision
            self._progress.fail({**about, "plugin": failure.plugin, "reason": str(failure), "current": current})
            return
        found = difference(document.app, app)
        if not found:
            self._progress.unchanged += 1
            return
        self._progress.changed += 1
        if len(self._samples) < self._wanted_samples:
            self._samples.append(Sample(document.id, document.resource_type, found))

    def result(self, documents: int) -> DryRun:
        """Return what was found, in a workspace of so many documents."""
        return DryRun(documents, self._progress, self._samples)
