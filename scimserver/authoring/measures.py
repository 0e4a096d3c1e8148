"""What is counted of the calls of a hook, and what is compared of its results."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

SLOW_AVERAGE, SLOW_CALL = 5.0, 50.0
"""Milliseconds."""
PERSONAL = 4
"""Characters from which on a text is taken for a value of a person."""

Timed = Iterable[tuple[float, str]]
"""Milliseconds of each call, with its sample."""


def slowness(hook: str, times: Timed) -> Iterator[tuple[str, str]]:
    """Yield in words what is too slow, with the sample if it is one call."""
    shortest = _shortest(times)
    average = sum(shortest.values()) / len(shortest)
    if average > SLOW_AVERAGE:
        yield (
            f"{hook} takes {average:.0f} ms on average, and every request of the process waits for it; stay below "
            f"{SLOW_AVERAGE:.0f} ms.",
            "",
        )
    for sample, took in shortest.items():
        if took > SLOW_CALL:
            yield f"{hook} takes more than {SLOW_CALL:.0f} ms, and every request of the process waits for it.", sample


def summary(times: Timed) -> dict[str, Any]:
    """Return number, average and longest of the calls."""
    shortest = _shortest(times)
    return {
        "calls": len(shortest),
        "average_ms": round(sum(shortest.values()) / len(shortest), 3),
        "longest_ms": round(max(shortest.values()), 3),
    }


def _shortest(found: Timed) -> dict[str, float]:
    """Return the shortest time of each sample: the rest is the machine's."""
    times: dict[str, float] = {}
    for took, sample in found:
        times[sample] = min(took, times.get(sample, took))
    return times


def texts_of(value: Any) -> Iterator[str]:
    """Yield the texts of a resource that may be a person's."""
    if isinstance(value, str):
        if len(value) >= PERSONAL:
            yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from texts_of(item)
    elif isinstance(value, list):
        for item in value:
            yield from texts_of(item)


def digest(value: Any) -> str:
    """Return a short text that differs when the value does."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()[:16]
