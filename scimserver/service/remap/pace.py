"""How fast a re-map goes, so that provisioning beside it keeps its latency.

Three brakes, of which the strongest holds: a number of documents a second; rest after each step in proportion to what
it took, and more of it when steps take longer than the quickest ones do, since then others want the database too; and a
wait while requests are in flight in this process, which is bounded so that steady traffic slows a re-map and does not
stop it.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable

RATE = 200.0
"""Documents a second, unless somebody asks for another number."""
REST = 1.0
"""Rest after a step, in times of what it took, where nothing else goes on."""
MOST_REST = 3.0
"""The same where steps take many times as long as the quickest."""
_USUAL = 2.0
"""Up to so many times the quickest, steps differ by themselves."""
YIELD_SECONDS = 0.1
"""How long one step waits for the requests in flight at most."""
_STEP = 0.005
_CATCH_UP = 0.25
"""Seconds of lost time that may be made up for by going faster."""
_FORGET = 1.01
"""By how much the quickest step counts for slower with each step after it."""


class Pace:
    """The pauses of one re-map."""

    def __init__(
        self,
        rate: float = RATE,
        busy: Callable[[], bool] = lambda: False,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._interval = 1 / rate
        self._busy = busy
        self._clock = clock
        self._sleep = sleep
        self._due = clock()
        self._quickest = float("inf")

    async def pause(self, took: float) -> None:
        """Wait as long as one document of ``took`` seconds asks for; gives up the loop in any case."""
        self._quickest = min(self._quickest * _FORGET, took)
        slower = took / self._quickest / _USUAL if self._quickest else 1.0
        moment = self._clock()
        self._due = max(self._due + self._interval, moment - _CATCH_UP)
        await self._wait(max(self._due - moment, took * min(max(REST, slower), MOST_REST)))

    async def rest(self, took: float) -> None:
        """Wait as long as a read of ``took`` seconds asks for; gives up the loop in any case."""
        await self._wait(took * MOST_REST)

    async def _wait(self, seconds: float) -> None:
        await self._sleep(max(seconds, 0.0))
        waited = 0.0
        while waited < YIELD_SECONDS and self._busy():
            await self._sleep(_STEP)
            waited += _STEP
