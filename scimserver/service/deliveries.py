"""Telling plugins of committed changes: one queue for each plugin of a workspace, so that none waits for another.

The queues are in this process alone. What must not be missed is in the collection ``changes``, from which an
application reads in its own time.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import structlog

from ..hookspecs import CommittedEvent
from ..metrics import Metrics
from ..pipeline import Pipeline, Step, StoredEvent, as_told

log = structlog.get_logger("scimserver.plugins")

MAX_WAITING = 10_000
"""Events that wait for one plugin of one workspace; beyond this, it is not told."""
QUIET_SECONDS = 1.0


@dataclass(slots=True)
class _Queue:
    """What waits for one plugin of one workspace, and the task that works it off."""

    batches: deque[tuple[Step, tuple[CommittedEvent, ...]]] = field(default_factory=deque)
    events: int = 0
    task: "asyncio.Task[None] | None" = None


class Deliveries:
    """A process's queues of events for ``scim_after_commit``."""

    def __init__(self, metrics: Metrics, clock: Callable[[], float] = time.monotonic) -> None:
        self._metrics = metrics
        self._clock = clock
        self._queues: dict[tuple[str, str], _Queue] = {}
        self._quiet_until = 0.0
        self._stopped = False

    def put(self, pipeline: Pipeline, events: Sequence[StoredEvent]) -> None:
        """Take over committed events of a workspace; never waits and never fails."""
        if not pipeline.listeners:
            return
        told = as_told(events)
        for step in pipeline.listeners:
            key = (step.workspace, step.name)
            queue = self._queues.get(key) or _Queue()
            if self._stopped or queue.events + len(told) > MAX_WAITING:
                self._leave_out(step, len(told))
                continue
            self._queues[key] = queue
            queue.batches.append((step, told))
            queue.events += len(told)
            if queue.task is None:
                queue.task = asyncio.create_task(self._work_off(key, queue))

    async def _work_off(self, key: tuple[str, str], queue: _Queue) -> None:
        while queue.batches:
            step, events = queue.batches[0]
            await step.tell(events)
            queue.batches.popleft()
            queue.events -= len(events)
        del self._queues[key]

    def _leave_out(self, step: Step, events: int) -> None:
        self._metrics.undelivered(step.name, events)
        moment = self._clock()
        if moment >= self._quiet_until:
            log.error("events not delivered to a plugin", plugin=step.name, workspace=step.workspace, events=events)
            self._quiet_until = moment + QUIET_SECONDS

    async def settle(self, seconds: float) -> bool:
        """Wait until nothing waits, at most so long; returns whether that is so."""
        tasks = [queue.task for queue in self._queues.values() if queue.task]
        if tasks:
            await asyncio.wait(tasks, timeout=seconds)
        return not any(queue.batches for queue in self._queues.values())

    async def stop(self, seconds: float) -> None:
        """Deliver what waits, for at most so long; what is left then is counted and told of."""
        self._stopped = True
        await self.settle(seconds)
        tasks = [queue.task for queue in self._queues.values() if queue.task]
        for queue in list(self._queues.values()):
            if queue.batches:
                self._quiet_until = 0.0
                self._leave_out(queue.batches[0][0], queue.events)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._queues.clear()
