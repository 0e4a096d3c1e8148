"""What a conformance run finds: one row for each exchange of a dialogue and each check of another judge."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """What became of one check."""

    PASSED = "passed"
    FAILED = "failed"
    ARGUED = "argued"
    """A judge finds fault, and is wrong; ``argued.toml`` has the reason."""
    SKIPPED = "not run"


@dataclass(frozen=True, slots=True)
class Row:
    """One check with its verdict. Texts hold what was sent and answered; a token is never among them."""

    suite: str
    part: str
    """The dialogue's file, or the part of the judge's checks."""
    title: str
    verdict: Verdict
    source: str = ""
    """Where the check comes from, such as ``RFC 7644 §3.5.2``."""
    request: str = ""
    expected: str = ""
    got: str = ""
    """The answer's status; of a failure also every difference, a line each."""
    reason: str = ""
    """Why it was not run, why it is argued, or what passing means here."""
    seconds: float = 0.0


def count(rows: Iterable[Row]) -> dict[Verdict, int]:
    """Return how many rows have each verdict, also those that none has."""
    counts = dict.fromkeys(Verdict, 0)
    for row in rows:
        counts[row.verdict] += 1
    return counts
