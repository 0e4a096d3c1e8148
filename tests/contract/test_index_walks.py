"""Walks by ``startIndex`` while others write: a process goes on where the last page ended."""

import dataclasses
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from scimserver.schema.attributes import ResourceType
from scimserver.service.queries import Query
from scimserver.store import counters, resources
from scimserver.store.driver import Database

from .office import Office, id_of, open_office, post

USERS, PAGE = 40, 6
LISTS: dict[str, dict[str, str]] = {
    "natural": {},
    "by index": {"filter": " or ".join(f'userName eq "user{n:02}@larkfield.example"' for n in range(USERS))},
    "by reading through": {"filter": 'userName sw "user"'},
    "sorted": {"sort_by": "userName"},
    "sorted, descending, by reading through": {
        "filter": 'userName sw "user"',
        "sort_by": "userName",
        "sort_order": "descending",
    },
}


@pytest.fixture(autouse=True)
def small_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """So small that a few users fill many."""
    for module in (counters, resources):
        monkeypatch.setattr(module, "WINDOW", 10)


async def filled(database: Database) -> tuple[Office, list[str]]:
    office = await open_office(database)
    return office, [id_of(r) for r in await office.bulk(*(post(f"user{n:02}") for n in range(USERS)))]


async def walk(
    office: Office,
    query: dict[str, str],
    between: Callable[[int], Awaitable[None]],
    *,
    step: Callable[[dict[str, Any]], int] = lambda page: int(page["itemsPerPage"]),
    types: tuple[ResourceType, ...] = (),
) -> list[str]:
    """Read page by page as clients do: on until ``startIndex`` is beyond ``totalResults``."""
    kinds = types or (office.app.catalogue.resource_type("User"),)
    seen: list[str] = []
    start = 1
    for number in range(100):
        page = await office.app.queries.query(office.ctx, kinds, Query(count=PAGE, start_index=start, **query))
        assert page["startIndex"] == start
        seen += [resource["id"] for resource in page["Resources"]]
        await between(number)
        start += step(page)
        if not page["Resources"] or start > page["totalResults"]:
            return seen
    raise AssertionError("the walk does not end")


class Churn:
    """Deletes one that has been passed, one that has not, and creates one."""

    def __init__(self, office: Office, ids: list[str]) -> None:
        self._office = office
        self._ids = ids
        self.gone: set[str] = set()

    async def __call__(self, number: int) -> None:
        for at in (number * PAGE + 2, USERS - 1 - 2 * number, number):
            if 0 <= at < USERS and self._ids[at] not in self.gone:
                self.gone.add(self._ids[at])
                (result,) = await self._office.bulk({"method": "DELETE", "path": f"/Users/{self._ids[at]}"})
                assert result["status"] == "204"
        (made,) = await self._office.bulk(post(f"user-new{number}"))
        assert made["status"] == "201"


@pytest.mark.parametrize("step", ["what came", "what was asked for"])
@pytest.mark.parametrize("name", LISTS)
async def test_who_stays_is_met_once_though_others_are_deleted(database: Database, name: str, step: str) -> None:
    office, ids = await filled(database)
    churn = Churn(office, ids)
    steps: dict[str, Any] = {} if step == "what came" else {"step": lambda _: PAGE}
    seen = await walk(office, LISTS[name], churn, **steps)
    assert len(churn.gone) > 8
    assert len(set(seen)) == len(seen)
    assert [i for i in ids if i not in seen and i not in churn.gone] == []


async def test_a_walk_over_every_type_misses_nobody_either(database: Database) -> None:
    office, ids = await filled(database)
    groups = await office.bulk(*(post(f"group{n}", "/Groups") for n in range(20)))
    churn = Churn(office, ids)
    seen = await walk(office, {}, churn, types=office.app.catalogue.resource_types)
    stay = [i for i in [*ids, *map(id_of, groups)] if i not in churn.gone]
    assert [i for i in stay if i not in seen] == []
    assert len(set(seen)) == len(seen)


async def test_another_process_finds_the_page_by_its_place(database: Database) -> None:
    office, ids = await filled(database)
    other = await open_office(database, create=False)
    kinds = (office.app.catalogue.resource_type("User"),)
    await office.app.queries.query(office.ctx, kinds, Query(count=PAGE))
    (result,) = await office.bulk({"method": "DELETE", "path": f"/Users/{ids[0]}"})
    assert result["status"] == "204"
    await office.app.counters.flush(office.ctx.workspace.id)
    second = Query(count=PAGE, start_index=PAGE + 1)
    here = await office.app.queries.query(office.ctx, kinds, second)
    assert (here["Resources"][0]["id"], here["totalResults"]) == (ids[PAGE], USERS), "of the walk"
    there = await other.app.queries.query(other.ctx, kinds, second)
    assert (there["Resources"][0]["id"], there["totalResults"]) == (ids[PAGE + 1], USERS - 1)


async def test_another_credential_has_a_walk_of_its_own(database: Database) -> None:
    office, ids = await filled(database)
    neighbour = dataclasses.replace(office, ctx=dataclasses.replace(office.ctx, credential="token-2"))
    kinds = (office.app.catalogue.resource_type("User"),)
    await office.app.queries.query(office.ctx, kinds, Query(count=PAGE))
    await office.bulk({"method": "DELETE", "path": f"/Users/{ids[0]}"})
    second = await neighbour.app.queries.query(neighbour.ctx, kinds, Query(count=PAGE, start_index=PAGE + 1))
    assert (second["Resources"][0]["id"], second["totalResults"]) == (ids[PAGE + 1], USERS - 1)
