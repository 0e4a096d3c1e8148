"""Events on their way to plugins: in order, each plugin by itself, and bounded."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import ModuleType
from typing import Any

import pytest
from structlog.testing import capture_logs

from scimserver.hookspecs import PluginInfo, hookimpl
from scimserver.metrics import Metrics
from scimserver.plugins import PluginManager
from scimserver.service import deliveries
from scimserver.service.deliveries import Deliveries


@dataclass(frozen=True)
class StoredEvent:
    id: str
    action: str = "update"
    resource_type: str = "User"
    resource_id: str = "u_1"
    v: int = 2
    at: datetime = datetime(2026, 1, 2, tzinfo=UTC)
    data: dict[str, str] = field(default_factory=dict)


class World:
    """Two workspaces with two listeners: ``quick``, and ``slow``, which waits to be released."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str, list[str]]] = []
        self.release = asyncio.Event()
        self.metrics = Metrics()
        self.manager = PluginManager(metrics=self.metrics)
        self.manager.register(self._listener("quick", waits=False), "quick.py")
        self.manager.register(self._listener("slow", waits=True), "slow.py")
        self.deliveries = Deliveries(self.metrics)

    def _listener(self, name: str, *, waits: bool) -> ModuleType:
        module: Any = ModuleType(name)

        @hookimpl
        def scim_plugin_info() -> PluginInfo:
            return PluginInfo(name)

        @hookimpl
        async def scim_after_commit(context: Any, events: Any) -> None:
            if waits:
                await self.release.wait()
            self.told.append((context.workspace, name, [event.id for event in events]))

        module.scim_plugin_info, module.scim_after_commit = scim_plugin_info, scim_after_commit
        return module  # type: ignore[no-any-return]

    def put(self, workspace: str, plugins: list[str], *ids: str) -> None:
        pipeline = self.manager.pipeline(workspace, [{"name": name} for name in plugins])
        self.deliveries.put(pipeline, [StoredEvent(identifier) for identifier in ids])

    def undelivered(self, plugin: str) -> float | None:
        name = "scimserver_plugin_undelivered_events_total"
        return self.metrics.registry.get_sample_value(name, {"plugin": plugin})


@pytest.fixture
async def world() -> World:
    return World()


async def test_a_slow_plugin_holds_up_neither_another_one_nor_another_workspace(world: World) -> None:
    world.put("larkfield", ["slow", "quick"], "e_1", "e_2")
    world.put("larkfield", ["slow", "quick"], "e_3")
    world.put("northgate", ["quick"], "e_4")
    assert not await world.deliveries.settle(0.05)
    assert world.told == [
        ("larkfield", "quick", ["e_1", "e_2"]),
        ("northgate", "quick", ["e_4"]),
        ("larkfield", "quick", ["e_3"]),
    ]
    world.release.set()
    assert await world.deliveries.settle(1)
    # One batch after the other, in the order of their commit.
    assert world.told[3:] == [("larkfield", "slow", ["e_1", "e_2"]), ("larkfield", "slow", ["e_3"])]
    await world.deliveries.stop(0)
    assert world.undelivered("slow") is None


async def test_what_waits_is_bounded_and_the_rest_is_counted(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deliveries, "MAX_WAITING", 3)
    with capture_logs() as logs:
        world.put("larkfield", ["slow"], "e_1", "e_2")
        world.put("larkfield", ["slow"], "e_3", "e_4")
        world.put("larkfield", ["slow"], "e_5")
        world.put("larkfield", ["slow"], "e_6")
    (entry,) = logs
    assert (entry["plugin"], entry["workspace"], entry["events"]) == ("slow", "larkfield", 2)
    assert world.undelivered("slow") == 3
    world.release.set()
    assert await world.deliveries.settle(1)
    assert [ids for _, _, ids in world.told] == [["e_1", "e_2"], ["e_5"]]
    world.put("larkfield", ["slow"], "e_7")
    assert await world.deliveries.settle(1)
    assert world.told[-1][2] == ["e_7"]


async def test_a_stopping_process_delivers_what_waits_and_no_more_than_it_has_time_for(world: World) -> None:
    world.put("larkfield", ["quick", "slow"], "e_1")
    with capture_logs() as logs:
        await world.deliveries.stop(0.05)
    assert world.told == [("larkfield", "quick", ["e_1"])]
    assert [(entry["plugin"], entry["events"]) for entry in logs] == [("slow", 1)]
    assert world.undelivered("slow") == 1
    with capture_logs():
        world.put("larkfield", ["quick"], "e_2")
    assert await world.deliveries.settle(0.1)
    assert len(world.told) == 1


async def test_a_workspace_without_listeners_costs_nothing(world: World) -> None:
    world.put("larkfield", [], "e_1")
    assert world.deliveries._queues == {}
