"""Where the next page of an index walk begins: what keeps it whole while resources are deleted.

``startIndex`` is a place in a list that has changed since the last page: every delete before it moves the rest one
place down, and a walk by index steps over them (45 of 1,895 survivors were missed when 100 of 2,000 users were deleted
on the way). So a process remembers behind which resource each page ended; the request for the next page goes on from
there. It is a memory that may be lost, on a restart or where the next request meets another process: the page is then
found by its place, as RFC 7644 §3.4.2.4 has it. Who must not miss anything walks by cursor.
"""

import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import Generic, TypeVar

ANCHOR_SECONDS = 120.0
"""How long a client may think between two pages."""
MAX_ANCHORS = 10_000

Position = TypeVar("Position")


@dataclass(frozen=True, slots=True)
class Walk:
    """One client's walk through one list; two clients that walk at once have different places."""

    credential: str
    """Public id of the token."""
    query: str
    """What the walk is bound to: workspace, endpoint, filter and order."""


class PagingAnchors(Generic[Position]):
    """The ends of the last pages of this process, by walk and by the ``startIndex`` of the page that follows."""

    def __init__(self, seconds: float = ANCHOR_SECONDS, most: int = MAX_ANCHORS) -> None:
        self._seconds = seconds
        self._most = most
        self._held: OrderedDict[tuple[Walk, int], tuple[float, Position]] = OrderedDict()

    def remember(self, walk: Walk, next_index: int, end: Position) -> None:
        """Note that the page before ``next_index`` ended with the resource at ``end``."""
        self._held[walk, next_index] = (time.monotonic() + self._seconds, end)
        self._held.move_to_end((walk, next_index))
        while len(self._held) > self._most:
            self._held.popitem(last=False)

    def forget_inside(self, walk: Walk, start_index: int, next_index: int) -> None:
        """Forget what earlier pages said of places inside a page that was just read: it is the newer truth."""
        for index in range(start_index + 1, next_index):
            self._held.pop((walk, index), None)

    def end_before(self, walk: Walk, start_index: int) -> Position | None:
        """Return where the page before ``start_index`` ended, or None if that is not known (any more)."""
        until, end = self._held.get((walk, start_index), (0.0, None))
        return end if until > time.monotonic() else None
