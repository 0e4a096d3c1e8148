"""The order of operations: as in the request where possible, circles together."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scimserver.scim.ordering import in_order

GRAPHS = st.integers(1, 9).flatmap(
    lambda size: st.lists(st.sets(st.integers(0, size - 1), max_size=4), min_size=size, max_size=size)
)


@pytest.mark.parametrize(
    ("waits_for", "steps"),
    [
        ([], []),
        ([[], [], []], [[0], [1], [2]]),
        ([[], [0], [1]], [[0], [1], [2]]),
        ([[2], [], []], [[1], [2], [0]]),
        ([[3], [0], [], []], [[2], [3], [0], [1]]),
        ([[0], []], [[0], [1]]),
        ([[1], [0]], [[0, 1]]),
        ([[1], [0], [0]], [[0, 1], [2]]),
        ([[3], [], [], [0]], [[1], [2], [0, 3]]),
        ([[1], [0], [3], [2], [0, 2]], [[0, 1], [2, 3], [4]]),
        ([[1], [2], [0], []], [[0, 1, 2], [3]]),
        ([[1, 2], [0], [1], []], [[0, 1, 2], [3]]),
    ],
)
def test_numbers_wait_only_for_what_they_need(waits_for: list[list[int]], steps: list[list[int]]) -> None:
    assert list(in_order(waits_for)) == steps


@pytest.mark.parametrize("length", [10_000])
def test_a_chain_and_a_circle_may_be_as_long_as_the_list(length: int) -> None:
    chain = [[number + 1] for number in range(length - 1)]
    assert list(in_order([*chain, []])) == [[number] for number in reversed(range(length))]
    assert list(in_order([*chain, [0]])) == [list(range(length))]


def reached(waits_for: list[set[int]], start: int) -> set[int]:
    seen: set[int] = set()
    ahead = [start]
    while ahead:
        for following in waits_for[ahead.pop()] - seen:
            seen.add(following)
            ahead.append(following)
    return seen


@given(waits_for=GRAPHS)
def test_whatever_a_step_waits_for_has_had_its_turn_and_circles_are_whole(waits_for: list[set[int]]) -> None:
    steps = list(in_order(waits_for))
    assert sorted(number for step in steps for number in step) == list(range(len(waits_for)))
    done: set[int] = set()
    for step in steps:
        circle = {n for n in range(len(waits_for)) if n in reached(waits_for, step[0])}
        mutual = {n for n in circle if step[0] in reached(waits_for, n)} | {step[0]}
        assert step == sorted(mutual)
        done |= set(step)
        assert all(waits_for[number] <= done for number in step)


@given(waits_for=GRAPHS)
def test_those_that_wait_for_nothing_behind_them_keep_their_order(waits_for: list[set[int]]) -> None:
    order = [number for step in in_order(waits_for) for number in step]
    forward = {n for n in range(len(waits_for)) if any(m > n for m in reached(waits_for, n))}
    free = [n for n in order if n not in forward]
    assert free == sorted(free)
