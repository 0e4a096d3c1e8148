"""Walks through lists while others write: what stays is met exactly once, in order, forwards and backwards."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import pytest

from scimserver.errors import TooMany
from scimserver.scim.sorting import Place, Sort, parse_sort
from scimserver.store import counters, resources
from scimserver.store import search as search_module
from scimserver.store.documents import Document
from scimserver.store.driver import Database
from scimserver.store.pages import documents_of, page_by_index, page_from
from scimserver.store.search import Search

from .world import USER, WS, World, new_world

WINDOW = 10
PAGE = 6
TITLES = ["Mate", "pilot", None, "Cook"]
UNIQUE = " or ".join(f'userName eq "user{n:02}"' for n in range(0, 40, 2))
LISTS: dict[str, tuple[str | None, tuple[str, str] | None]] = {
    "natural": (None, None),
    "by index": (UNIQUE, None),
    "by reading through": ('title eq "mate" or title eq null', None),
    "sorted": (None, ("title", "ascending")),
    "sorted, by index, descending": (UNIQUE, ("title", "descending")),
    "sorted, by reading through": ('userName co "1"', ("userName", "descending")),
}


@pytest.fixture(autouse=True)
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows and batches so small that a few users fill many."""
    for module in (counters, resources, search_module):
        monkeypatch.setattr(module, "WINDOW", WINDOW)
    monkeypatch.setattr(search_module, "BATCH", 7)


@dataclass
class Walk:
    """One client's way through a list; each page is a request of its own, to either of two processes."""

    worlds: list[World]
    text: str | None
    sort: Sort | None
    backward: bool = False
    page: int = PAGE

    async def run(self, between: Callable[[Place, list[Document]], Awaitable[None]] | None = None) -> list[Document]:
        seen: list[Document] = []
        cut: Place | None = None
        number = 0
        while True:
            world = self.worlds[number % len(self.worlds)]
            searches = [world.search(world.users, self.text, sort=self.sort)]
            page = await page_from(searches, self.sort, cut, self.page, backward=self.backward)
            found = [document for _, document in await documents_of(searches, page)]
            seen += found[::-1] if self.backward else found
            cut = page.before if self.backward else page.behind
            number += 1
            if cut is None:
                return seen
            assert number < 200, "the walk does not end"
            if between:
                await between(cut, seen)


def sort_of(order: tuple[str, str] | None) -> Sort | None:
    return parse_sort(*order, USER) if order else None


async def filled(database: Database, count: int = 60) -> tuple[World, World]:
    """Two processes that both have created users, so that their sequence numbers come from different blocks."""
    one, other = await new_world(database), World(database)
    for n in range(count):
        title = TITLES[n % len(TITLES)]
        await (other if n % 3 == 2 else one).user(f"user{n:02}", **({"title": title} if title else {}))
    await other.counters.flush(WS)  # as it does twice a second
    return one, other


async def everyone(world: World) -> list[Document]:
    return await world.users.find(WS, {"seq": {"$gte": 0, "$lte": 10_000}})


@pytest.mark.parametrize("backward", [False, True], ids=["forwards", "backwards"])
@pytest.mark.parametrize("name", LISTS)
async def test_a_walk_meets_what_stays_exactly_once(database: Database, name: str, backward: bool) -> None:
    text, order = LISTS[name]
    one, other = await filled(database)
    sort = sort_of(order)
    whole = [d.id for d in await Walk([one], text, sort).run()]
    assert len(whole) > 2 * PAGE
    by_seq = {d.seq: d for d in await everyone(one)}
    gone: set[str] = set()

    async def drop(document: Document | None) -> None:
        if document is not None and document.id not in gone:
            gone.add(document.id)
            await one.delete(document)

    async def disturb(cut: Place, seen: list[Document]) -> None:
        # The very resource at the cut, one that was shown, one that may be ahead; and new ones on both processes.
        await drop(by_seq.get(cut.seq))
        await drop(seen[len(seen) // 2] if seen else None)
        await drop(by_seq.get((cut.seq * 7 + 3) % 60))
        for world in (one, other):
            await world.user(f"new-{cut.type}-{len(gone)}-{len(seen)}-1{id(world)}", title="Mate")

    seen = [d.id for d in await Walk([one, other], text, sort, backward).run(disturb)]
    assert len(set(seen)) == len(seen)
    assert len(gone) > 3
    kept = [i for i in (whole[::-1] if backward else whole) if i not in gone]
    assert [i for i in seen if i in kept] == kept


@pytest.mark.parametrize("name", LISTS)
async def test_a_walk_goes_back_the_way_it_came(database: Database, name: str) -> None:
    text, order = LISTS[name]
    one, _ = await filled(database)
    there = [d.id for d in await Walk([one], text, sort_of(order)).run()]
    back = [d.id for d in await Walk([one], text, sort_of(order), backward=True).run()]
    assert back == there[::-1]
    searches = [one.search(one.users, text, sort=sort_of(order))]
    assert [e.id for e in (await page_by_index(searches, sort_of(order), 0, 1000)).entries] == there


@pytest.mark.parametrize("text", [None, "title pr or title eq null"])
@pytest.mark.parametrize("backward", [False, True], ids=["forwards", "backwards"])
async def test_what_another_process_has_not_counted_yet_is_walked_too(
    database: Database, text: str | None, backward: bool
) -> None:
    one, other = await new_world(database), World(database)
    users = [await (one if n < 5 else other).user(f"user{n:02}") for n in range(40)]
    found = [d.id for d in await Walk([one], text, None, backward).run()]
    assert found == [u.id for u in (users[::-1] if backward else users)]


async def test_a_page_ends_where_the_last_resource_is(database: Database) -> None:
    one = await new_world(database)
    for n in range(12):
        await one.user(f"user{n}")
    for take, pages in ((12, 1), (11, 2), (6, 2), (4, 3)):
        shown = []

        async def count(cut: Place, seen: list[Document], shown: list[int] = shown) -> None:
            shown.append(len(seen))

        await Walk([one], None, None, page=take).run(count)
        assert len(shown) + 1 == pages


@pytest.mark.parametrize("order", [None, ("userName", "ascending")], ids=["natural", "sorted"])
async def test_a_deleted_page_neither_ends_the_walk_nor_loses_the_way_back(
    database: Database, order: tuple[str, str] | None
) -> None:
    one, sort = await new_world(database), sort_of(order)
    users = [await one.user(f"user{n:02}", title="Mate") for n in range(18)]

    def searches() -> list[Search]:
        return [one.search(one.users, "title pr", sort=sort)]

    asked = searches()
    first = await page_from(asked, sort, None, 6, backward=False)
    for user in users[:6]:
        await one.delete(user)
    assert await documents_of(asked, first) == [], "deleted between the order and the reading"
    assert first.behind is not None
    second = await page_from(searches(), sort, first.behind, 6, backward=False)
    assert [e.id for e in second.entries] == [u.id for u in users[6:12]]
    assert second.behind is not None
    for user in users[12:]:
        await one.delete(user)
    last = await page_from(searches(), sort, second.behind, 6, backward=False)
    assert (last.entries, last.behind) == ([], None)
    assert last.before is not None
    back = await page_from(searches(), sort, last.before, 9, backward=True)
    assert [e.id for e in back.entries] == [u.id for u in users[6:12]]


async def test_what_no_index_finds_is_walked_in_short_pages(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, _ = await filled(database)
    text = 'userName eq "user07" or title eq "cook"'
    whole = [d.id for d in await Walk([one], text, None).run()]
    monkeypatch.setattr(search_module, "SCAN_DOCUMENTS", 5)
    for backward in (False, True):
        pages: list[int] = []

        async def note(cut: Place, seen: list[Document], pages: list[int] = pages) -> None:
            pages.append(len(seen))

        found = [d.id for d in await Walk([one], text, None, backward, page=50).run(note)]
        assert found == (whole[::-1] if backward else whole)
        assert len(pages) >= 7, "each request reads a batch and no more"
    rare = [d.id for d in await Walk([one], 'userName co "59"', None, page=3).run()]
    assert len(rare) == 1, "empty pages lead on to the one that is not"
    for sort in (None, sort_of(("title", "ascending"))):
        with pytest.raises(TooMany, match="userName") as refused:
            await page_by_index([one.search(one.users, text, sort=sort)], sort, 0, 10)
        assert ("`cursor`" in refused.value.detail) is (sort is None)
    sort = sort_of(("title", "ascending"))
    with pytest.raises(TooMany, match="Sorting"):
        await page_from([one.search(one.users, None, sort=sort)], sort, None, 10, backward=False)


async def test_totals_are_exact_where_they_are_told(database: Database) -> None:
    one, _ = await filled(database)
    cases: list[tuple[str | None, str | None, int | None]] = [
        (None, None, 60),
        (UNIQUE, None, 20),
        ('title eq "mate"', "title", 15),
        ('title eq "mate"', None, None),
        ('userName co "59"', None, None),
    ]
    for text, order, total in cases:
        sort = sort_of((order, "ascending")) if order else None
        page = await page_from([one.search(one.users, text, sort=sort)], sort, None, 1, backward=False)
        assert (text, page.total) == (text, total if text != 'userName co "59"' else 1)


async def test_an_emptied_stretch_is_passed_over(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    one = await new_world(database)
    users = [await one.user(f"user{n:02}") for n in range(60)]
    for user in users[5:55]:
        await one.delete(user)
    reads: list[dict[str, object]] = []
    find = one.users.find

    async def counted(ws: str, condition: dict[str, object]) -> list[Document]:
        reads.append(condition)
        return await find(ws, condition)

    monkeypatch.setattr(one.users, "find", counted)
    assert [d.id for d in await Walk([one], None, None).run()] == [u.id for u in users[:5] + users[55:]]
    assert len(reads) <= 6, reads
