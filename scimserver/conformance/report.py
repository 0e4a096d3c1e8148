"""What a run found, for people and for machines: a summary by suite, JSON, and an HTML page."""

import json
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from .page import page
from .rows import Row, Verdict, count
from .run import Report

HIDDEN = "***"
_TITLE = re.compile("“[^”]*”")
FORM = "scimserver conformance report 1"
"""Names the form of the JSON report; a change that breaks a reader has another number."""


@dataclass(frozen=True, slots=True)
class Line:
    """A suite of the report, summed up."""

    suite: str
    parts: int
    """Dialogues; for a judge the parts of its checks."""
    parts_run: int
    counts: dict[Verdict, int]
    seconds: float


def lines(report: Report) -> list[Line]:
    """Sum the rows up by suite, in the order of the run."""
    by_suite: dict[str, list[Row]] = defaultdict(list)
    for row in report.rows:
        by_suite[row.suite].append(row)
    return [
        Line(
            suite,
            len({row.part for row in held}),
            len({row.part for row in held if row.verdict is not Verdict.SKIPPED}),
            count(held),
            report.took.get(suite, 0.0),
        )
        for suite, held in by_suite.items()
    ]


def reasons(rows: Iterable[Row], verdict: Verdict) -> dict[str, list[Row]]:
    """Return the rows with a verdict by their reason, the most frequent reason first.

    Reasons why something was not run differ in their particulars, which are left out: the reports have them.
    """
    by_reason: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if row.verdict is verdict:
            short = _TITLE.sub("…", row.reason.partition(": ")[0])
            by_reason[short if verdict is Verdict.SKIPPED else row.reason].append(row)
    return dict(sorted(by_reason.items(), key=lambda item: -len(item[1])))


def to_json(report: Report) -> dict[str, Any]:
    """Return the whole report for machines (see docs/howto/check-conformance.md for its members)."""
    return {
        "form": FORM,
        "server": report.target.url,
        "name": report.target.name,
        "reading": report.target.reading.name,
        "prefix": report.choice.prefix or None,
        "only": sorted(report.choice.only),
        "started": report.started.isoformat(timespec="seconds"),
        "seconds": round(report.seconds, 3),
        "passed": report.passed,
        "counts": _by_name(report.counts),
        "held_before": dict(report.held),
        "left_behind": report.left_behind,
        "suites": [
            {
                "suite": line.suite,
                "parts": line.parts,
                "parts_run": line.parts_run,
                "counts": _by_name(line.counts),
                "seconds": round(line.seconds, 3),
            }
            for line in lines(report)
        ],
        "checks": [
            {**asdict(row), "verdict": row.verdict.value, "seconds": round(row.seconds, 4)} for row in report.rows
        ],
    }


def write(report: Report, folder: Path) -> list[Path]:
    """Write ``report.html`` and ``report.json`` into a folder, which is made if need be; return their paths.

    A server that sends its clients' token back does not get it into a report.
    """
    found = json.loads(hidden(json.dumps(to_json(report), ensure_ascii=False), report.target.token))
    folder.mkdir(parents=True, exist_ok=True)
    as_json, as_page = folder / "report.json", folder / "report.html"
    as_json.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    as_page.write_text(page(found), encoding="utf-8")
    return [as_page, as_json]


def hidden(text: str, token: str) -> str:
    """Return a text without the token."""
    return text.replace(token, HIDDEN) if token else text


def _by_name(counts: dict[Verdict, int]) -> dict[str, int]:
    return {verdict.value: number for verdict, number in counts.items()}
