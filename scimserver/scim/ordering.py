"""The order of things that wait for each other: as given where possible, circles together."""

from collections.abc import Collection, Iterator, Sequence
from graphlib import TopologicalSorter
from heapq import heappop, heappush


def in_order(waits_for: Sequence[Collection[int]]) -> Iterator[list[int]]:
    """Yield the numbers from 0 on in steps, so that whatever a step waits for is in an earlier one.

    ``waits_for[n]`` are the numbers that ``n`` waits for. Numbers that wait for each other in a circle make one step;
    all other steps are a single number. Who waits for nobody behind him keeps his place among his like: others are
    held back until what they wait for has had its turn, nobody is drawn forward.
    """
    circle_of = _circles(waits_for)
    circles: dict[int, list[int]] = {}
    for number, circle in enumerate(circle_of):
        circles.setdefault(circle, []).append(number)
    sorter = TopologicalSorter(
        {
            circle: {circle_of[m] for n in numbers for m in waits_for[n]} - {circle}
            for circle, numbers in circles.items()
        }
    )
    sorter.prepare()
    ready: list[tuple[int, int]] = []
    while sorter.is_active():
        for circle in sorter.get_ready():
            heappush(ready, (circles[circle][-1], circle))
        _, circle = heappop(ready)
        yield circles[circle]
        sorter.done(circle)


def _circles(waits_for: Sequence[Collection[int]]) -> list[int]:
    """Return for each number one that stands for its circle: the strongly connected components (Tarjan, 1972).

    Without recursion, since a chain may be as long as the list.
    """
    found: dict[int, int] = {}
    lowest: dict[int, int] = {}
    circle_of: dict[int, int] = {}
    open_numbers: list[int] = []
    for root in range(len(waits_for)):
        path = [] if root in found else [(root, iter(waits_for[root]))]
        while path:
            number, rest = path[-1]
            if number not in found:
                found[number] = lowest[number] = len(found)
                open_numbers.append(number)
            following = next(rest, None)
            if following is None:
                path.pop()
                if path:
                    before = path[-1][0]
                    lowest[before] = min(lowest[before], lowest[number])
                if lowest[number] == found[number]:
                    _close(number, open_numbers, circle_of)
            elif following not in found:
                path.append((following, iter(waits_for[following])))
            elif following not in circle_of:
                lowest[number] = min(lowest[number], found[following])
    return [circle_of[number] for number in range(len(waits_for))]


def _close(number: int, open_numbers: list[int], circle_of: dict[int, int]) -> None:
    """Take a finished circle from the open numbers: all that were found since ``number``."""
    while number not in circle_of:
        circle_of[open_numbers.pop()] = number
