"""The simulator's own provisioning log: what was done to whom, how long it took, and what the server said.

Values of people never appear in it, except in what an error text of the server says.
"""

import json
import math
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Literal, Self

Action = Literal["create", "update", "disable", "delete", "match", "read", "other"]
Result = Literal["success", "failure", "skipped"]

_NUMBER = re.compile(r" \(request ([^()\s]+)\)$")
REMEMBERED = 200
"""Distinct error texts that a summary keeps; the log file has all."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One action on one object; ``seconds`` is the time of the last attempt's answer."""

    cycle: int
    phase: str
    action: Action
    kind: Literal["user", "group"]
    source_id: str | None
    """objectId in the source directory; None for a request that is about nobody."""
    target_id: str | None
    request: str
    """Method and path without parameters: ``PATCH /Users/u_1``."""
    status: int | None
    """None if there was no answer."""
    result: Result
    code: str = ""
    """Entra ID's name of what went wrong: ``DuplicateTargetEntries``, ``InvalidAnchor``, ``EntryConflict``, …"""
    detail: str = ""
    """The server's text, verbatim."""
    seconds: float = 0.0
    attempts: int = 1
    request_id: str = ""
    """The server's number of the request, from its answer."""


@dataclass(slots=True)
class ErrorGroup:
    """The failures that had one status, code and text."""

    status: int | None
    code: str
    detail: str
    count: int = 0
    examples: list[str] = field(default_factory=list)
    """Up to three requests, each with its request id if there was one."""


@dataclass(frozen=True, slots=True)
class PhaseCount:
    """How often one action had one result in one phase of one cycle."""

    cycle: int
    phase: str
    action: Action
    result: Result
    count: int


@dataclass(frozen=True, slots=True)
class Summary:
    """What a run did; times are in seconds."""

    counts: list[PhaseCount]
    requests: int
    failures: int
    skipped: int
    p50: float | None
    p95: float | None
    errors: list[ErrorGroup]
    """The most frequent first."""
    other_errors: int
    """Failures whose texts were too many to keep apart."""


class Journal:
    """Takes the entries of one run; with a path it writes each as one line of JSON, at once."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._file: IO[str] | None = None
        self._counts: Counter[tuple[int, str, Action, Result]] = Counter()
        self._seconds: list[float] = []
        self._errors: dict[tuple[int | None, str, str], ErrorGroup] = {}
        self._other_errors = 0

    def __enter__(self) -> Self:
        if self._path is not None:
            self._file = self._path.open("a", encoding="utf-8", buffering=1)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def record(self, entry: Entry) -> None:
        """Count an entry and write it."""
        self._counts[entry.cycle, entry.phase, entry.action, entry.result] += 1
        if entry.status is not None:
            self._seconds.append(entry.seconds)
        if entry.result == "failure":
            self._fail(entry)
        if self._file is not None:
            self._file.write(json.dumps(asdict(entry), ensure_ascii=False) + "\n")

    def summary(self) -> Summary:
        """Return the counts so far."""
        by_result: Counter[Result] = Counter()
        for (_, _, _, result), count in self._counts.items():
            by_result[result] += count
        return Summary(
            counts=[PhaseCount(*key, count) for key, count in self._counts.items()],
            requests=len(self._seconds),
            failures=by_result["failure"],
            skipped=by_result["skipped"],
            p50=percentile(self._seconds, 0.50),
            p95=percentile(self._seconds, 0.95),
            errors=sorted(self._errors.values(), key=lambda group: -group.count),
            other_errors=self._other_errors,
        )

    def _fail(self, entry: Entry) -> None:
        detail, number = _numbered(entry.detail)
        key = (entry.status, entry.code, detail)
        group = self._errors.get(key)
        if group is None:
            if len(self._errors) >= REMEMBERED:
                self._other_errors += 1
                return
            group = self._errors[key] = ErrorGroup(entry.status, entry.code, detail)
        group.count += 1
        if len(group.examples) < 3:
            number = entry.request_id or number
            group.examples.append(f"{entry.request} (request {number})" if number else entry.request)


def percentile(values: Iterable[float], share: float) -> float | None:
    """Return the smallest value that at least this share of all does not exceed; None of nothing."""
    ordered = sorted(values)
    if not ordered:
        return None
    return ordered[max(0, math.ceil(len(ordered) * share) - 1)]


def _numbered(detail: str) -> tuple[str, str]:
    """Return a text without the number of its request, so that the same trouble is the same text; and the number."""
    found = _NUMBER.search(detail)
    return (detail[: found.start()], found[1]) if found else (detail, "")


def summary_json(summary: Summary) -> dict[str, Any]:
    """Return a summary as JSON-ready values."""
    return asdict(summary)
