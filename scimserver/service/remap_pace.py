"""How fast a re-map goes, so that provisioning beside it keeps its latency.

Three brakes, of which the strongest holds: a number of documents a second; as much rest as the last document took, so
that a database or a process that has become slow under other work gets half of the time to itself; and a wait while
requests are in flight in this process, which is bounded so that steady traffic slows a re-map and does not stop it.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable

RATE = 200.0
"""Documents a second, unless somebody asks for another number."""
REST = 1.0
"""Rest after a document, in times of what it took."""
YIELD_SECONDS = 0.1
"""How long one document waits for the requests in flight at most."""
_STEP = 0.005
_CATCH_UP = 0.25
"""Seconds of lost time that may be made up for by going faster."""


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

    async def pause(self, took: float) -> None:
        """Wait as long as one document of ``took`` seconds asks for; gives up the loop in any case."""
        moment = self._clock()
        self._due = max(self._due + self._interval, moment - _CATCH_UP)
        await self._sleep(max(self._due - moment, took * REST, 0.0))
        waited = 0.0
        while waited < YIELD_SECONDS and self._busy():
            await self._sleep(_STEP)
            waited += _STEP
