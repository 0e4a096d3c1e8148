"""Ending background work."""

import asyncio
from collections.abc import Iterable

AGAIN_SECONDS = 0.5


async def end(tasks: Iterable[asyncio.Task[None]]) -> None:
    """Cancel tasks and return when they are over.

    A cancellation can get lost: Python 3.11's ``wait_for``, which the driver uses, returns its result instead if that
    comes at the same moment. A background task would then go on for ever, and the process with it: so it is repeated.
    """
    pending = set(tasks)
    while pending:
        for task in pending:
            task.cancel()
        done, pending = await asyncio.wait(pending, timeout=AGAIN_SECONDS)
        for task in done:
            if not task.cancelled():
                task.exception()  # it ended by itself: what went wrong was its own to tell
