"""Background work ends when it is told to, also when it overhears that once."""

import asyncio
import contextlib

import pytest

from scimserver.store import tasks


@pytest.mark.parametrize("overheard", [0, 1, 2])
async def test_a_task_that_overhears_its_cancellation_ends_all_the_same(
    overheard: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "AGAIN_SECONDS", 0.01)
    heard = 0

    async def work() -> None:
        nonlocal heard
        while True:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                heard += 1
                if heard > overheard:
                    raise

    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    await asyncio.wait_for(tasks.end([task]), 2)
    assert task.done()
    assert heard == overheard + 1


async def test_a_task_that_has_failed_hides_nothing_from_who_ends_it() -> None:
    async def fail() -> None:
        raise RuntimeError("told by itself")

    task = asyncio.create_task(fail())
    with contextlib.suppress(RuntimeError):
        await task
    await tasks.end([task])
    await tasks.end([])
