"""Coroutines of plugins end in time, whatever they do about it."""

import asyncio
import contextlib
import time

import pytest
from structlog.testing import capture_logs

from scimserver import time_limit
from scimserver.metrics import Metrics
from scimserver.plugins import PluginManager, PluginProblem
from scimserver.time_limit import Ended, TookTooLong, within


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(time_limit, "CLEANUP_SECONDS", 0.05)


def ignore(_: float) -> None:
    pass


async def test_a_quick_coroutine_returns_its_result_or_raises_what_it_raises():
    async def quick():
        await asyncio.sleep(0.01)
        return 7

    async def failing():
        await asyncio.sleep(0)
        raise KeyError("x")

    assert await within(1, quick(), ignore) == 7
    future = asyncio.get_running_loop().create_future()
    future.set_result(8)
    assert await within(1, future, ignore) == 8
    with pytest.raises(KeyError):
        await within(1, failing(), ignore)


async def test_a_slow_coroutine_is_cancelled_and_may_clean_up():
    cleaned = []

    async def slow():
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0.01)
            cleaned.append(True)

    with pytest.raises(TookTooLong) as late:
        await within(0.02, slow(), ignore)
    assert late.value.obeyed
    assert cleaned == [True]


async def test_a_coroutine_that_swallows_its_cancellation_is_not_resumed_any_more():
    resumed = 0

    async def stubborn():
        nonlocal resumed
        while True:
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.sleep(0.005)
            resumed += 1

    started = time.monotonic()
    with pytest.raises(TookTooLong) as late:
        await within(0.02, stubborn(), ignore)
    assert not late.value.obeyed
    assert time.monotonic() - started < 2
    seen = resumed
    await asyncio.sleep(0.05)
    assert resumed == seen
    assert not time_limit._left


async def test_what_waits_for_a_task_that_cannot_be_cancelled_is_left_behind():
    release = asyncio.Event()

    async def stubborn():
        while not release.is_set():
            with contextlib.suppress(asyncio.CancelledError):
                await release.wait()

    async def waiting():
        await asyncio.create_task(stubborn())

    with pytest.raises(TookTooLong):
        await within(0.02, waiting(), ignore)
    assert time_limit._left
    release.set()
    await asyncio.sleep(0.02)
    assert not time_limit._left


@pytest.mark.parametrize("raised", [SystemExit, asyncio.CancelledError, GeneratorExit])
async def test_what_is_meant_for_others_is_the_coroutines_own_end(raised):
    async def ending():
        await asyncio.sleep(0)
        raise raised

    with pytest.raises(Ended) as end:
        await within(1, ending(), ignore)
    assert type(end.value.__cause__) is raised


async def test_to_cancel_the_one_who_waits_ends_the_coroutine_too():
    ended = asyncio.Event()

    async def slow():
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()

    waiting = asyncio.create_task(within(60, slow(), ignore))
    await asyncio.sleep(0.01)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await asyncio.wait_for(ended.wait(), 1)


SLOW = """
import asyncio

@hookimpl
def scim_plugin_info():
    return PluginInfo("slow", time_limit_seconds=0.05)

@hookimpl
async def scim_after_commit(context):
    CALLS.append("begun")
    await asyncio.sleep(60)
"""


async def test_a_batch_that_takes_longer_than_the_plugins_limit_is_logged_and_counted(make_plugin):
    module = make_plugin(SLOW, info=False)
    metrics = Metrics()
    manager = PluginManager(metrics=metrics)
    manager.register(module, "slow.py")
    with capture_logs() as logs:
        await manager.pipeline("acme", [{"name": "slow"}]).after_commit([])
    (entry,) = logs
    told = ("event", "plugin", "hook", "workspace", "limit", "obeyed")
    assert [entry[name] for name in told] == [
        "plugin took too long after commit",
        "slow",
        "scim_after_commit",
        "acme",
        0.05,
        True,
    ]
    labels = {"plugin": "slow", "hook": "scim_after_commit"}
    assert metrics.registry.get_sample_value("scimserver_plugin_errors_total", labels) == 1


@pytest.mark.parametrize("ending", ["SystemExit(3)", "asyncio.CancelledError()", "GeneratorExit()", "MemoryError()"])
@pytest.mark.parametrize("kind", ["", "async "])
async def test_a_listener_that_ends_oddly_ends_nothing_else(make_plugin, make_pipeline, ending, kind):
    odd = make_plugin(f"import asyncio\n@hookimpl\n{kind}def scim_after_commit(): raise {ending}", "odd")
    good = make_plugin("@hookimpl\nasync def scim_after_commit(): CALLS.append(1)", "good")
    with capture_logs() as logs:
        await make_pipeline(odd, good).after_commit([])
    assert good.CALLS == [1]
    (entry,) = logs
    assert (entry["plugin"], entry["error"]) == ("odd", ending.partition("(")[0].removeprefix("asyncio."))


@pytest.mark.parametrize("limit", ["0.001", "30", "600"])
def test_a_sensible_time_limit_is_accepted(make_plugin, limit):
    source = SLOW.replace("0.05", limit)
    assert PluginManager().register(make_plugin(source, info=False), "slow.py").time_limit_seconds == float(limit)


@pytest.mark.parametrize("limit", ["0", "-1", "600.1", "float('nan')", "float('inf')", "'30'", "True", "None"])
def test_any_other_time_limit_stops_the_start(make_plugin, limit):
    source = SLOW.replace("0.05", limit)
    with pytest.raises(PluginProblem, match=r"^slow\.py: time_limit_seconds must be a number above 0 and at most 600"):
        PluginManager().register(make_plugin(source, info=False), "slow.py")
