"""Filtered lists: from an index where there is one, otherwise in bounded batches, and never an empty answer instead."""

import pytest

from scimserver.errors import TooMany
from scimserver.store import counters, resources
from scimserver.store import search as search_module
from scimserver.store.driver import Database
from scimserver.store.pages import documents_of, page_by_index

from .world import WS, World, new_world


async def find(world: World, text: str, start: int = 1, count: int = 100, ws: str = WS) -> tuple[list[str], int]:
    store = world.groups if text.startswith("group:") else world.users
    searches = [world.search(store, text.removeprefix("group:"), ws=ws)]
    page = await page_by_index(searches, None, start - 1, count)
    documents = [document for _, document in await documents_of(searches, page)]
    assert page.total is not None
    return [d.scim.get("userName") or d.scim["displayName"] for d in documents], page.total


@pytest.fixture
async def world(database: Database) -> World:
    world = await new_world(database)
    emails = [{"type": "work", "value": "ines@larkfield.example"}, {"type": "home", "value": "i@home.example"}]
    ines = await world.user("ines", title="Pilot", emails=emails, externalId="Ext-1")
    bea = await world.user("bea", title="pilot", emails=[{"type": "home", "value": "ines@larkfield.example"}])
    await world.user("tom", title="Mate")
    await world.user("ines", ws="ws_other", title="Pilot")
    works = await world.group("Works")
    await world.group("Survey")
    await world.join(works, ines, bea)
    return world


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('userName eq "INES"', ["ines"]),
        ('userName eq "nobody"', []),
        ('externalId eq "Ext-1"', ["ines"]),
        ('externalId eq "ext-1"', []),
        ('emails[type eq "work"].value eq "INES@larkfield.example"', ["ines"]),
        ('emails.value eq "ines@larkfield.example"', ["ines", "bea"]),
        ('emails.value eq "ines@larkfield.example" and title eq "PILOT"', ["ines", "bea"]),
        ('title eq "pilot"', ["ines", "bea"]),
        ('title co "at" or userName sw "b"', ["bea", "tom"]),
        ('not (title eq "pilot")', ["tom"]),
        ('userName eq "tom" or userName eq "bea"', ["bea", "tom"]),
        ('groups.display eq "works"', ["ines", "bea"]),
        ("not (groups pr)", ["tom"]),
        ('group:displayName eq "works" and members pr', ["Works"]),
        ("group:not (members pr)", ["Survey"]),
    ],
)
async def test_a_filter_finds_what_matches_in_order_of_creation(world: World, text: str, found: list[str]) -> None:
    assert await find(world, text) == (found, len(found))


async def test_references_are_found_by_id(world: World) -> None:
    (ines,) = await world.search(world.users, 'userName eq "ines"').all()
    (works,) = await world.search(world.groups, 'displayName eq "works"').all()
    assert await find(world, f'group:members eq "{ines.id}"') == (["Works"], 1)
    assert await find(world, f'group:members[value eq "{ines.id}"] and id eq "{works.id}"') == (["Works"], 1)
    assert await find(world, f'group:id eq "g_other" and members eq "{ines.id}"') == ([], 0)
    assert await find(world, f'groups.value eq "{works.id}"') == (["ines", "bea"], 2)
    assert await find(world, f'id eq "{ines.id}" and groups.value eq "{works.id}"') == (["ines"], 1)
    assert await find(world, f'id eq "{ines.id}"', ws="ws_other") == ([], 0)


async def test_a_page_of_the_found_is_a_slice_and_the_total_stays(world: World) -> None:
    assert await find(world, "userName pr", 2, 1) == (["bea"], 3)
    assert await find(world, "userName pr", 4, 5) == ([], 3)
    assert await find(world, "userName pr", 1, 0) == ([], 3)


async def test_what_would_read_too_much_is_refused_with_the_cure(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search_module, "SCAN_DOCUMENTS", 2)
    with pytest.raises(TooMany, match=r"userName.*emails\.value"):
        await find(world, 'title eq "pilot"')
    assert await find(world, 'userName eq "ines" and title eq "pilot"') == (["ines"], 1)


async def test_as_much_as_may_be_read_is_read_though_it_is_spread_unevenly(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (counters, resources, search_module):
        monkeypatch.setattr(module, "WINDOW", 2)
    monkeypatch.setattr(search_module, "BATCH", 1)
    # Another process has counts of its own: windows that look empty are looked into.
    other = World(world.database)
    await other.user("zoe")
    monkeypatch.setattr(search_module, "SCAN_DOCUMENTS", 4)
    assert (await find(world, 'title co "pilot"'))[1] == 2
    monkeypatch.setattr(search_module, "SCAN_DOCUMENTS", 2)
    with pytest.raises(TooMany):
        await find(world, 'title co "pilot"')
