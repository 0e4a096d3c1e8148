"""Custom resource types share one collection: each has its own numbers, counts, keys and unique values."""

import asyncio
import dataclasses
from pathlib import Path
from typing import Any

import pytest

from scimserver.schema.catalogue import load_schemas
from scimserver.scim.parser import parse_filter
from scimserver.store.counters import WINDOW
from scimserver.store.documents import Document, now
from scimserver.store.driver import Database
from scimserver.store.query import plan
from scimserver.store.resources import DuplicateValue, ResourceStore

from .world import CATALOGUE, WS, World, changed, document, event_of, new_world

TESTS = Path(__file__).parents[1]
CUSTOM = load_schemas([*sorted((TESTS / "devices").glob("*.json")), TESTS / "schemas" / "sample.json"])
DEVICE, APP, SAMPLE = (CUSTOM.resource_type(name) for name in ("Device", "EndpointApp", "Sample"))
MAB = "urn:ietf:params:scim:schemas:extension:ethernet-mab:2.0:Device"
OPTIONAL = "urn:larkfield:params:scim:schemas:extension:1.0:Sample:optional"


class Things:
    """The stores of a process's custom types."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.devices, self.apps, self.samples = (
            ResourceStore(world.database, world.counters, kind) for kind in (DEVICE, APP, SAMPLE)
        )

    async def device(self, name: str, ws: str = WS, **attributes: Any) -> Document:
        return await self.devices.insert(document("Device", "device", ws, {"displayName": name, **attributes}))

    async def app(self, name: str, ws: str = WS, **attributes: Any) -> Document:
        return await self.apps.insert(document("EndpointApp", "app", ws, {"applicationName": name, **attributes}))

    async def sample(self, **attributes: Any) -> Document:
        return await self.samples.insert(document("Sample", "s", WS, attributes))


async def new_things(database: Database, **options: Any) -> Things:
    return Things(await new_world(database, **options))


async def test_types_do_not_see_each_other(database: Database) -> None:
    things = await new_things(database)
    device, app = await things.device("One", externalId="same"), await things.app("One", externalId="same")
    assert (device.seq, app.seq) == (0, 0), "each has numbers of its own"
    for store, own, other in ((things.devices, device, app), (things.apps, app, device)):
        assert await store.get(WS, own.id) == own
        assert await store.get(WS, other.id) is None
        assert await store.find_by_id(WS, [own.id, other.id]) == [own]
        assert await store.find(WS, {"seq": {"$gte": 0, "$lte": 9}}) == [own]
        assert await store.page(WS, 1, 10) == ([own], 1)
        wanted = plan(parse_filter('externalId eq "same"', store.resource_type), store.resource_type)
        assert wanted.exact
        assert await store.find(WS, wanted.query) == [own]


async def test_pages_and_totals_are_each_types_own(database: Database) -> None:
    things = await new_things(database)
    devices, apps = [], []
    for number in range(12):
        devices.append(await things.device(f"d{number}"))
        if number % 3 == 0:
            apps.append(await things.app(f"a{number}"))
    assert await things.devices.delete(devices[4], event_of(devices[4], "delete"))
    del devices[4]
    assert await things.devices.page(WS, 3, 5) == (devices[2:7], 11)
    assert await things.apps.page(WS, 2, 5) == (apps[1:], 4)
    assert await things.devices.page("ws_other", 1, 5) == ([], 0)


async def test_a_page_deep_in_a_shared_collection_is_a_slice(database: Database) -> None:
    things = await new_things(database)
    seqs = {"Device": [n for n in range(2 * WINDOW) if n % 7], "EndpointApp": list(range(0, 2 * WINDOW, 2))}
    windows: dict[str, dict[str, int]] = {}
    for store, prefix, text in ((things.devices, "device", "displayName"), (things.apps, "app", "applicationName")):
        numbers = seqs[store.resource_type.name]
        rows = [
            dataclasses.replace(document(store.resource_type.name, prefix, WS, {text: f"{n}"}), seq=n).to_bson(
                store.resource_type
            )
            for n in numbers
        ]
        await database.resources.insert_many(rows)
        windows[store.kind] = {str(w): sum(n // WINDOW == w for n in numbers) for w in range(2)}
    counters = {"_id": WS, "ws": WS, "seq": dict.fromkeys(windows, 2 * WINDOW), "windows": windows, "rev": 1}
    await database.counters.insert_one(counters)
    for store in (things.devices, things.apps):
        numbers = seqs[store.resource_type.name]
        for start, count in ((1, 3), (100, 200), (len(numbers) - 1, 10)):
            documents, total = await store.page(WS, start, count)
            assert [d.seq for d in documents] == numbers[start - 1 : start - 1 + count]
            assert total == len(numbers)


async def test_after_an_unclean_stop_each_type_is_counted_again(database: Database) -> None:
    crashed = await new_things(database)
    for number in range(5):
        await crashed.device(f"d{number}")
    for number in range(3):
        await crashed.app(f"a{number}")
    await crashed.world.user("ines")
    _, total = await Things(World(database, sole_process=True)).devices.page(WS, 1, 10)
    fresh = Things(World(database, sole_process=True))
    assert (total, (await fresh.apps.page(WS, 1, 10))[1], (await fresh.samples.page(WS, 1, 10))[1]) == (5, 3, 0)
    assert (await fresh.world.users.page(WS, 1, 10))[1] == 1
    stored = await database.counters.find_one({"_id": WS})
    assert stored is not None
    assert stored["windows"] == {"resources:Device": {"0": 5}, "resources:EndpointApp": {"0": 3}, "users": {"0": 1}}


async def test_counts_of_a_type_that_is_not_configured_any_more_are_kept(database: Database) -> None:
    crashed = await new_things(database)
    await crashed.device("one")
    without = World(database, sole_process=True)
    assert await without.users.page(WS, 1, 10) == ([], 0)
    assert [t.name for t in CATALOGUE.resource_types] == ["User", "Group"]
    assert (await Things(World(database)).devices.page(WS, 1, 10))[1] == 1


async def test_a_deleted_thing_is_gone_and_its_value_is_free(database: Database) -> None:
    things = await new_things(database)
    address = {MAB: {"deviceMacAddress": "00:00:00:00:00:01"}}
    first = await things.device("one", **address)
    assert await things.devices.delete(first, event_of(first, "delete"))
    assert await things.devices.get(WS, first.id) is None
    assert await things.devices.page(WS, 1, 10) == ([], 0)
    raw = await database.resources.find_one({"_id": first.id})
    assert raw is not None
    assert "00:00" not in str(raw)
    again = await things.device("two", **address)
    assert await things.devices.page(WS, 1, 10) == ([again], 1)


async def test_events_of_custom_types_leave_and_tombstones_are_swept(database: Database) -> None:
    things = await new_things(database)
    device = await things.device("one")
    await things.devices.delete(device, event_of(device, "delete"))
    await things.app("two")
    assert await things.world.changes.sweep() == 3
    events = await database.changes.find({"ws": WS}).to_list(None)
    assert sorted((e["type"], e["action"]) for e in events) == [
        ("Device", "create"), ("Device", "delete"), ("EndpointApp", "create"),
    ]  # fmt: skip


async def test_a_value_is_unique_in_its_type_and_workspace(wire_database: Database) -> None:
    things = await new_things(wire_database)
    first = await things.sample(name="One", code="x", serial=7)
    with pytest.raises(DuplicateValue) as taken:
        await things.sample(name="ONE")
    assert taken.value.attribute == "name"
    with pytest.raises(DuplicateValue) as taken:
        await things.sample(serial=7.0)
    assert taken.value.attribute == "serial"
    second = await things.sample(name="Two", code="X")
    with pytest.raises(DuplicateValue) as taken:
        await things.samples.replace(changed(second, code="x"), second.v)
    assert taken.value.attribute == "code"
    tag = {OPTIONAL: {"tag": "t"}}
    assert await things.samples.replace(changed(first, **tag), first.v)
    with pytest.raises(DuplicateValue) as taken:
        await things.sample(name="Three", **tag)
    assert taken.value.attribute == f"{OPTIONAL}:tag"
    with pytest.raises(DuplicateValue) as taken:
        await things.sample(part={"value": "p", "key": "k"}, name="Four", code="x")
    assert (await things.samples.page(WS, 1, 10))[1] == 2, "what is refused is not counted"


async def test_two_types_may_hold_the_same_unique_value(wire_database: Database) -> None:
    things = await new_things(wire_database)
    twin = dataclasses.replace(SAMPLE, name="Twin", id_prefix="t")
    twins = ResourceStore(wire_database, things.world.counters, twin)
    await things.sample(name="same", externalId="x")
    other = await twins.insert(document("Twin", "t", WS, {"name": "same", "externalId": "x"}))
    assert await twins.page(WS, 1, 10) == ([other], 1)
    with pytest.raises(DuplicateValue):
        await twins.insert(document("Twin", "t", WS, {"name": "Same"}))
    await things.samples.insert(document("Sample", "s", "ws_other", {"name": "same"}))


async def test_of_two_creates_at_once_exactly_one_gets_the_value(wire_database: Database) -> None:
    things = await new_things(wire_database)
    for attempt in range(3):
        mac = {MAB: {"deviceMacAddress": f"00:00:00:00:00:{attempt:02}"}}
        results = await asyncio.gather(*(things.device("d", **mac) for _ in range(4)), return_exceptions=True)
        assert sorted(type(r).__name__ for r in results) == ["Document", *["DuplicateValue"] * 3]
    assert (await things.devices.page(WS, 1, 10))[1] == 3


async def test_conditions_of_users_and_groups_name_no_type(database: Database) -> None:
    """Their keys, conditions and kinds are what they were before there were custom types."""
    world = await new_world(database)
    user = await world.user("ines@larkfield.example")
    raw = await database.users.find_one({"_id": user.id})
    assert raw is not None
    assert raw["keys"] == ["userName=ines@larkfield.example"]
    assert raw["unique"] == [f"id={user.id}", "userName=ines@larkfield.example"]
    assert (world.users.kind, world.groups.kind) == ("users", "groups")
    await world.users.bump(WS, user.id, now(), event_of(user, "update"))
    assert (await world.users.page(WS, 1, 1))[1] == 1
