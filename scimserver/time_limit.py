"""Awaiting other people's coroutines: each stretch is measured, and they end in time, whatever they do about it."""

import asyncio
import contextlib
import inspect
import time
from collections.abc import Awaitable, Callable, Coroutine, Generator
from typing import Any

CLEANUP_SECONDS = 1.0
"""How long a coroutine may still await after it was cancelled, to put things in order."""
_END_SECONDS = 0.1

_left: set[asyncio.Task[Any]] = set()
"""Tasks that wait for something that cannot be cancelled: nobody waits for them, but they must not be collected."""


class TookTooLong(Exception):
    """A coroutine was cancelled, since its time was over; says whether it ended by that."""

    def __init__(self, *, obeyed: bool) -> None:
        super().__init__("took too long")
        self.obeyed = obeyed


class Ended(Exception):
    """Somebody raised what is meant for others, such as ``SystemExit``; the cause is that."""


async def within(seconds: float, awaitable: Awaitable[Any], measure: Callable[[float], None]) -> Any:
    """Return the result of a coroutine that may take so long; ``measure`` gets the seconds of each stretch it runs.

    After its time the coroutine is cancelled. If it goes on for longer than :data:`CLEANUP_SECONDS`, it is not
    resumed any more.

    Raises:
        TookTooLong: it was cancelled.
        Ended: it raised ``SystemExit``, ``GeneratorExit`` or ``CancelledError``; the cause says which.
    """
    driven = _Driven(awaitable if inspect.iscoroutine(awaitable) else _awaiting(awaitable), measure)
    task = asyncio.create_task(driven)
    try:
        done, _ = await asyncio.wait({task}, timeout=seconds)
        if not done:
            raise TookTooLong(obeyed=await _end(task, driven))
    except asyncio.CancelledError:
        driven.abandon()
        task.cancel()
        _leave(task)
        raise
    if task.cancelled():
        raise Ended from asyncio.CancelledError()
    return task.result()


async def _awaiting(awaitable: Awaitable[Any]) -> Any:
    return await awaitable


async def _end(task: "asyncio.Task[Any]", driven: "_Driven") -> bool:
    """Cancel a task; returns whether it took notice."""
    task.cancel()
    done, _ = await asyncio.wait({task}, timeout=CLEANUP_SECONDS)
    if not done:
        driven.abandon()
        task.cancel()
        await asyncio.wait({task}, timeout=_END_SECONDS)
    _leave(task)
    return bool(done)


def _leave(task: "asyncio.Task[Any]") -> None:
    """Let a task end by itself, without a complaint that nobody asked for its exception."""

    def forget(ended: "asyncio.Task[Any]") -> None:
        _left.discard(ended)
        if not ended.cancelled():
            ended.exception()

    _left.add(task)
    task.add_done_callback(forget)


class _Driven(Coroutine[Any, Any, Any]):
    """A coroutine in the hands of somebody who can stop to resume it."""

    def __init__(self, inner: Coroutine[Any, Any, Any], measure: Callable[[float], None]) -> None:
        self._inner = inner
        self._measure = measure
        self._abandoned = False

    def abandon(self) -> None:
        """Never resume the coroutine again: whoever does gets ``CancelledError`` instead."""
        self._abandoned = True

    def send(self, value: Any) -> Any:
        return self._resume(self._inner.send, value)

    def throw(self, error: Any, *_: Any) -> Any:
        return self._resume(self._inner.throw, error)

    def _resume(self, resume: Callable[[Any], Any], argument: Any) -> Any:
        if self._abandoned:
            # It may catch even this and await once more, which is a RuntimeError.
            with contextlib.suppress(Exception, SystemExit, asyncio.CancelledError):
                self._inner.close()
            raise asyncio.CancelledError
        started = time.perf_counter()
        try:
            return resume(argument)
        except (SystemExit, GeneratorExit) as error:
            # The loop would end by the first, and the process with it.
            raise Ended from error
        finally:
            self._measure(time.perf_counter() - started)

    def close(self) -> None:
        self._inner.close()

    def __await__(self) -> Generator[Any, Any, Any]:
        return self._inner.__await__()
