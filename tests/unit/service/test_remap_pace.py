"""The pauses of a re-map, on a clock of our own."""

import pytest

from scimserver.service.remap.pace import YIELD_SECONDS, Pace


class Clock:
    """Time that passes only in sleep and by :attr:`now`."""

    def __init__(self) -> None:
        self.now = 100.0
        self.naps = 0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        assert seconds >= 0
        self.naps += 1
        self.now += seconds


async def paced(rate: float, took: float, count: int, busy: bool = False) -> float:
    """Seconds that so many documents take, each of which takes some itself."""
    clock = Clock()
    pace = Pace(rate, lambda: busy, clock=clock, sleep=clock.sleep)
    for _ in range(count):
        clock.now += took
        await pace.pause(took)
        assert clock.naps, "the loop is given up after every document"
    return clock.now - 100.0


@pytest.mark.parametrize(
    ("rate", "took", "seconds"),
    [
        (200, 0.001, 0.5),  # the rate holds
        (50, 0.001, 2.0),
        (200, 0.020, 4.0),  # slow documents: as much rest as work
        (100_000, 0.0, 0.001),
    ],
)
async def test_the_stronger_brake_holds(rate: float, took: float, seconds: float) -> None:
    assert await paced(rate, took, 100) == pytest.approx(seconds, rel=0.05, abs=0.01)


async def test_steps_that_become_slow_are_followed_by_more_rest() -> None:
    clock = Clock()
    pace = Pace(1000, clock=clock, sleep=clock.sleep)
    for took, rest in [(0.01, 0.01), (0.02, 0.02), (0.05, 0.12), (0.1, 0.3), (0.01, 0.01)]:
        clock.now += took
        began = clock.now
        await pace.pause(took)
        assert clock.now - began == pytest.approx(rest, rel=0.05), took


async def test_after_a_read_there_is_rest_too() -> None:
    clock = Clock()
    pace = Pace(1, clock=clock, sleep=clock.sleep)
    await pace.rest(0.02)
    assert clock.now == pytest.approx(100.06)


async def test_requests_in_flight_slow_it_and_do_not_stop_it(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = await paced(200, 0.001, 20, busy=True)
    assert seconds == pytest.approx(20 * (YIELD_SECONDS + 0.002), rel=0.1)


async def test_it_waits_no_longer_than_requests_are_in_flight() -> None:
    clock = Clock()
    pace = Pace(1000, lambda: clock.now < 100.05, clock=clock, sleep=clock.sleep)
    await pace.pause(0.0)
    assert 100.05 <= clock.now < 100.06


async def test_a_long_stop_is_not_made_up_for_by_a_burst() -> None:
    clock = Clock()
    pace = Pace(100, clock=clock, sleep=clock.sleep)
    clock.now += 60
    began = clock.now
    for _ in range(200):
        await pace.pause(0.0)
    assert clock.now - began > 1.7
