"""What calls cost is counted, and whoever keeps everything else waiting is named."""

import pytest
from structlog.testing import capture_logs

from scimserver.errors import InvalidValue, PluginFailed
from scimserver.metrics import HELD_SECONDS, Metrics
from scimserver.plugin_calls import PluginWatch
from scimserver.plugins import PluginManager

HOLDING = """
import time

@hookimpl
def scim_validate(resource):
    if resource["userName"] == "root":
        raise errors.InvalidValue("`userName`: root is reserved.")

@hookimpl
def scim_map(resource):
    time.sleep(resource["seconds"])
    return {"made": object()} if resource["userName"] == "broken" else {}
"""


def read(metrics: Metrics, name: str, **labels: str) -> float | None:
    return metrics.registry.get_sample_value(f"scimserver_plugin_{name}_total", labels)


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


@pytest.fixture
def pipeline(make_plugin, metrics):
    manager = PluginManager(metrics=metrics)
    manager.register(make_plugin(HOLDING), "probe.py")
    return manager.pipeline("acme", [{"name": "probe"}])


def test_counters_are_there_from_the_beginning(pipeline, metrics):
    for name in ("calls", "errors", "refusals", "seconds", "held_loop"):
        assert read(metrics, name, plugin="probe", hook="scim_map") == 0
    assert read(metrics, "calls", plugin="probe", hook="scim_after_commit") is None


def test_calls_errors_refusals_and_time_are_counted_by_plugin_and_hook(pipeline, metrics):
    with capture_logs():
        pipeline.map("User", {"userName": "ada", "seconds": 0.01})
        with pytest.raises(PluginFailed):
            pipeline.map("User", {"userName": "broken", "seconds": 0})
        with pytest.raises(PluginFailed):
            pipeline.map("User", {"userName": "ada"})
        pipeline.validate("User", {"userName": "ada"})
        with pytest.raises(InvalidValue):
            pipeline.validate("User", {"userName": "root"})
    mapper, check = {"plugin": "probe", "hook": "scim_map"}, {"plugin": "probe", "hook": "scim_validate"}
    assert [read(metrics, name, **mapper) for name in ("calls", "errors", "refusals")] == [3, 2, 0]
    assert [read(metrics, name, **check) for name in ("calls", "errors", "refusals")] == [2, 0, 1]
    assert 0.01 <= read(metrics, "seconds", **mapper) < 5


def test_fifty_milliseconds_are_too_long():
    assert HELD_SECONDS == 0.05


def test_a_call_that_holds_the_loop_is_named_and_counted(pipeline, metrics):
    with capture_logs() as logs:
        pipeline.map("User", {"userName": "ada", "seconds": 0})
        assert logs == []
        pipeline.map("User", {"userName": "ada", "seconds": 0.55})
        pipeline.map("User", {"userName": "ada", "seconds": 0.55})
    (entry,) = logs
    assert entry["log_level"] == "warning"
    named = ("event", "plugin", "hook", "workspace", "resource_type")
    assert [entry[n] for n in named] == ["plugin holds up the server", "probe", "scim_map", "acme", "User"]
    assert entry["ms"] >= 550
    assert read(metrics, "held_loop", plugin="probe", hook="scim_map") == 2


def test_a_slow_plugin_does_not_flood_the_log():
    moments = iter((100.0, 100.2, 100.9, 101.0, 102.5))
    watch = PluginWatch("probe", ["scim_map"], Metrics(), lambda: next(moments))
    meter = watch.meters["scim_map"]
    with capture_logs() as logs:
        for _ in range(5):
            meter.took(0.6, "acme", "User")
    assert [entry["untold"] for entry in logs] == [0, 2, 0]


async def test_of_a_coroutine_only_what_it_does_between_its_awaits_holds_the_loop(make_plugin, metrics):
    module = make_plugin(
        """
        import asyncio, time
        @hookimpl
        async def scim_after_commit(context):
            await asyncio.sleep(0.6)
            if context.workspace == "rude":
                time.sleep(0.55)
                await asyncio.sleep(0)
        """
    )
    manager = PluginManager(metrics=metrics)
    manager.register(module, "probe.py")
    with capture_logs() as logs:
        await manager.pipeline("polite", [{"name": "probe"}]).after_commit([])
        assert logs == []
        await manager.pipeline("rude", [{"name": "probe"}]).after_commit([])
    (entry,) = logs
    assert (entry["workspace"], entry["hook"], entry["resource_type"]) == ("rude", "scim_after_commit", None)
    labels = {"plugin": "probe", "hook": "scim_after_commit"}
    assert read(metrics, "held_loop", **labels) == 1
    assert read(metrics, "calls", **labels) == 2
    assert read(metrics, "seconds", **labels) >= 0.16


def test_the_check_of_settings_is_counted(make_plugin, metrics):
    manager = PluginManager(metrics=metrics)
    manager.register(make_plugin("@hookimpl\ndef scim_check_settings(): return []"), "probe.py")
    manager.check_settings("acme", [{"name": "probe"}], {})
    assert read(metrics, "calls", plugin="probe", hook="scim_check_settings") == 1
