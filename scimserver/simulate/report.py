"""What a run did, at its end: a page to read on standard output, or the same as JSON."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol

from .journal import Summary

SHOWN = 20
"""Differences that the page lists."""


class Difference(Protocol):
    """Something that the server holds and the source does not say; ``str()`` of it is a sentence."""

    def __str__(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Report:
    """The end of a run. ``differences`` is None if nothing was compared."""

    service: str
    dialect: str
    summary: Summary
    differences: Sequence[Difference] | None
    seconds: float
    writes: int
    """POST, PUT, PATCH and DELETE requests."""
    quarantine: str = ""
    """Why the service would be in quarantine; empty if it is not."""

    @property
    def good(self) -> bool:
        """Whether the server holds what the source says, and nothing failed that an admin has to look at."""
        return not self.differences and not self.quarantine

    def text(self) -> str:
        """Return the page."""
        parts = [self._headline(), self._phases(), self._latency(), self._errors(), self._differences()]
        return "\n\n".join(part for part in parts if part)

    def json(self) -> dict[str, Any]:
        """Return everything as JSON-ready values."""
        return {
            "service": self.service,
            "dialect": self.dialect,
            "seconds": round(self.seconds, 3),
            "writes": self.writes,
            "quarantine": self.quarantine or None,
            **asdict(self.summary),
            "differences": None if self.differences is None else [str(one) for one in self.differences],
        }

    def _headline(self) -> str:
        rate = self.summary.requests / self.seconds if self.seconds else 0
        line = (
            f"{self.service} ({self.dialect}): {_many(self.summary.requests, 'request')}, {self.writes} of them writes"
        )
        line = f"{line}, in {self.seconds:.1f} s ({rate:.0f}/s)."
        return f"{line}\nIn quarantine: {self.quarantine}" if self.quarantine else line

    def _phases(self) -> str:
        counts = self.summary.counts
        before = [None, *(c.cycle for c in counts)]
        cycles = ["" if c.cycle == last else str(c.cycle) for c, last in zip(counts, before, strict=False)]
        rows = [(cycle, c.phase, c.action, c.result, str(c.count)) for cycle, c in zip(cycles, counts, strict=True)]
        return _table(("cycle", "phase", "action", "result", "count"), rows) if rows else ""

    def _latency(self) -> str:
        if self.summary.p50 is None or self.summary.p95 is None:
            return ""
        return f"Latency: half within {_ms(self.summary.p50)}, 95 of 100 within {_ms(self.summary.p95)}."

    def _errors(self) -> str:
        if not self.summary.errors:
            return "No errors."
        lines = [f"{_many(self.summary.failures, 'error')}:"]
        for group in self.summary.errors:
            status = "no answer" if group.status is None else str(group.status)
            label = f"{status} {group.code}".rstrip()
            lines.append(f"  {group.count} x {label}: {group.detail}")
            lines += [f"      {example}" for example in group.examples]
        if self.summary.other_errors:
            lines.append(f"  … and {self.summary.other_errors} more; the log file has them all.")
        return "\n".join(lines)

    def _differences(self) -> str:
        if self.differences is None:
            return ""
        if not self.differences:
            return "No differences: the server holds what the source says."
        lines = [f"{_many(len(self.differences), 'difference')} between the server and the source:"]
        lines += [f"  {difference}" for difference in self.differences[:SHOWN]]
        more = len(self.differences) - SHOWN
        if more > 0:
            lines.append(f"  … and {more} more; --json lists them all.")
        return "\n".join(lines)


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return aligned columns; the last one holds numbers."""
    everything = (headings, *rows)
    widths = [max(len(row[column]) for row in everything) for column in range(len(headings))]
    lines = []
    for row in everything:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        lines.append("  ".join([*cells[:-1], row[-1].rjust(widths[-1])]))
    return "\n".join(lines)


def _many(count: int, thing: str) -> str:
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms"
