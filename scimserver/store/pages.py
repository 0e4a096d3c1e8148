"""Pages of a list over one or several resource types, by index (RFC 7644 §3.4.2.4) or from a cut on (RFC 9865).

A page lies between two cuts. A cut is a place in the order, not a resource and not a number of them: what is created or
deleted elsewhere in the list moves nothing across it, so a walk from cut to cut meets everything that stays exactly
once. Where everything that matches is known, because an index found it or an order had to be made, pages are parts of
that; otherwise each page reads on from its cut in order of creation.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter

from ..scim.sorting import UNSORTED, Place, Sort, in_order, position
from .documents import Document
from .search import Entry, Search

_place = attrgetter("place")


@dataclass(frozen=True, slots=True)
class Page:
    """Some of the results, in order."""

    entries: Sequence[Entry]
    total: int | None
    """How many results there are in all; None if only reading through everything could tell."""
    before: Place | None = None
    """The cut where the page before this one ends; None if this is the first, or pages are counted."""
    behind: Place | None = None
    """The cut where the next page begins; None if this is the last."""

    @property
    def end(self) -> Place | None:
        """The cut right behind the last entry; None if there is none."""
        last = self.entries[-1].place if self.entries else None
        return last and last._replace(seq=last.seq + 1)


async def page_by_index(
    searches: Sequence[Search], sort: Sort | None, skip: int, take: int, cut: Place | None = None
) -> Page:
    """Return a page by the position of its first result, counted from 0.

    ``cut`` is where the page before this one ended, if that is known: then this one goes on from there, and the total
    is that of the walk, so that deletes in what has been read shorten neither.

    Raises:
        TooMany: everything would have to be read, and that is more than one request may.
    """
    if cut is not None:
        return await _continued(searches, sort, skip, take, cut)
    if sort is not None:
        entries = await _sorted(searches, sort)
        return Page(entries[skip : skip + take], len(entries))
    page: list[Entry] = []
    total = 0
    for search in searches:
        entries, found = await search.slice(max(skip - total, 0), take - len(page))
        page += entries
        total += found
    return Page(page, total)


async def page_from(
    searches: Sequence[Search], sort: Sort | None, cut: Place | None, take: int, *, backward: bool
) -> Page:
    """Return the page that begins at a cut, or backwards ends there; None is the beginning, or the end.

    Unsorted pages may hold fewer than ``take`` though more follow, where a filter made them read too much.

    Raises:
        TooMany: everything would have to be read to sort it, and that is more than one request may.
    """
    if sort is None:
        return await _walked(searches, cut, take, backward=backward)
    entries = await _sorted(searches, sort)
    total = len(entries)
    at = position(entries, _place, cut, descending=sort.descending) if cut else (total if backward else 0)
    start, end = (max(at - take, 0), at) if backward else (at, min(at + take, total))
    # Between the two nothing may be shown, if all that followed has been deleted: then the cut itself stays.
    before = (entries[start].place if start < end else cut) if start > 0 else None
    behind = entries[end].place if end < total else None
    return Page(entries[start:end], total, before, behind)


async def documents_of(searches: Sequence[Search], page: Page) -> list[tuple[int, Document]]:
    """Return the page's documents with the position of their type; those deleted meanwhile are left out."""
    by_type: dict[int, list[Entry]] = defaultdict(list)
    for entry in page.entries:
        by_type[entry.place.type].append(entry)
    found: dict[str, Document] = {}
    for search in searches:
        if search.position in by_type:
            found |= await search.documents(by_type[search.position])
    return [(entry.place.type, found[entry.id]) for entry in page.entries if entry.id in found]


async def _continued(searches: Sequence[Search], sort: Sort | None, skip: int, take: int, cut: Place) -> Page:
    if sort is not None:
        entries = await _sorted(searches, sort)
        at = position(entries, _place, cut, descending=sort.descending)
        return Page(entries[at : at + take], skip + len(entries) - at)
    if all(search.is_counted for search in searches):
        page = await _walked(searches, cut, take, backward=False)
        counted = [await search.count_from(cut) for search in searches]
        return Page(page.entries, skip + sum(counted))
    ahead = [search for search in searches if search.position >= cut.type]
    left = [e for search in ahead for e in await search.all(cut.seq if search.position == cut.type else 0)]
    return Page(left[:take], skip + len(left))


async def _sorted(searches: Sequence[Search], sort: Sort) -> list[Entry]:
    entries = [entry for search in searches for entry in await search.all()]
    return in_order(entries, _place, descending=sort.descending)


async def _walked(searches: Sequence[Search], cut: Place | None, take: int, *, backward: bool) -> Page:
    """Walk type by type until one more than the page is found: that one tells where the next page begins."""
    entries: list[Entry] = []
    far: Place | None = None
    for search in reversed(searches) if backward else searches:
        ahead = 0 if cut is None else (search.position - cut.type) * (-1 if backward else 1)
        if ahead < 0:
            continue
        number = cut.seq if cut is not None and ahead == 0 else None
        stretch = await search.walk(number, take + 1 - len(entries), backward=backward)
        entries += stretch.entries
        if len(entries) > take:
            far = entries[take - 1 if backward else take].place
            break
        if stretch.rest is not None:
            far = Place(UNSORTED, search.position, stretch.rest)
            break
    shown = entries[:take]
    totals = [await search.total() for search in searches]
    known = [total for total in totals if total is not None]
    whole = cut is None and far is None
    total = len(shown) if whole else sum(known) if len(known) == len(totals) else None
    if backward:
        return Page(shown[::-1], total, before=far, behind=cut)
    return Page(shown, total, before=cut, behind=far)
