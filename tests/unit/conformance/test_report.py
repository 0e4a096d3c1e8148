"""The report for people and for machines: its form, and that no token and no markup gets through."""

import json
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import jsonschema
import pytest

from scimserver.conformance.reading import TOLERANT
from scimserver.conformance.report import lines, reasons, to_json, write
from scimserver.conformance.rows import Row, Verdict
from scimserver.conformance.run import Choice, Report, Target

TOKEN = "scs_invented_0123456789"
NUMBER, TEXT = {"type": "number", "minimum": 0}, {"type": "string"}
COUNTS = {
    "type": "object",
    "properties": {verdict.value: {"type": "integer", "minimum": 0} for verdict in Verdict},
    "required": [verdict.value for verdict in Verdict],
    "additionalProperties": False,
}


def closed(**properties: object) -> dict[str, object]:
    return {"type": "object", "properties": properties, "required": [*properties], "additionalProperties": False}


FORM = closed(
    form={"const": "scimserver conformance report 1"},
    server=TEXT, name=TEXT, reading=TEXT, prefix={"type": ["string", "null"]},
    only={"type": "array", "items": TEXT}, started={"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT.*\+00:00$"},
    seconds=NUMBER, passed={"type": "boolean"}, counts=COUNTS,
    held_before={"type": "object", "additionalProperties": {"type": "integer"}},
    left_behind={"type": "array", "items": TEXT},
    suites={
        "type": "array",
        "items": closed(suite=TEXT, parts=NUMBER, parts_run=NUMBER, counts=COUNTS, seconds=NUMBER),
    },
    checks={
        "type": "array",
        "items": closed(
            suite=TEXT, part=TEXT, title=TEXT, verdict={"enum": [verdict.value for verdict in Verdict]}, source=TEXT,
            request=TEXT, expected=TEXT, got=TEXT, reason=TEXT, seconds=NUMBER,
        ),
    },
)  # fmt: skip
"""The form that docs/howto/check-conformance.md promises."""

ROWS = [
    Row("rfc7644", "put.json", "a user", Verdict.PASSED, "RFC 7644 §3.5.1", "PUT /Users/u_1", "200", "200", "", 0.0123),
    Row(
        "rfc7644", "put.json", "<script>", Verdict.FAILED, "RFC", "GET /Users?a&b", "200", f"500\nbody: <b>{TOKEN}</b>"
    ),
    Row(
        "rfc7644", "sort.json", "sorted", Verdict.SKIPPED, reason="needs an empty workspace: “sorted” lists everything"
    ),
    Row("rfc7644", "page.json", "paged", Verdict.SKIPPED, reason="needs an empty workspace: “paged” lists everything"),
    Row("scim-sanity", "Groups", "PATCH", Verdict.ARGUED, got="got 204", reason="204 is right."),
]


@pytest.fixture
def report() -> Report:
    target = Target("https://scim.example/scim/v2", TOKEN, "larkfield", TOLERANT)
    return Report(target, Choice(), datetime(2031, 2, 3, 9, 15, tzinfo=UTC), list(ROWS), 1.5)


class Page(HTMLParser):
    """Checks that what is opened is closed, and keeps the texts."""

    VOID = {"meta", "br"}

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.seen: set[str] = set()
        self.texts: list[str] = []
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        self.addresses += [value or "" for name, value in attrs if name in ("href", "src")]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def parsed(report: Report, folder: Path) -> Page:
    html, _ = write(report, folder)
    page = Page()
    page.feed(html.read_text(encoding="utf-8"))
    page.close()
    return page


def test_the_json_report_has_the_promised_form(report: Report, tmp_path: Path) -> None:
    _, path = write(report, tmp_path / "new" / "folder")
    found = json.loads(path.read_text(encoding="utf-8"))
    jsonschema.validate(found, FORM)
    assert found["counts"] == {"passed": 1, "failed": 1, "argued": 1, "not run": 2}
    assert found["passed"] is False
    assert [check["title"] for check in found["checks"]] == [row.title for row in ROWS]


def test_no_report_has_the_token(report: Report, tmp_path: Path) -> None:
    for path in write(report, tmp_path):
        text = path.read_text(encoding="utf-8")
        assert TOKEN not in text
        assert "***" in text


def test_the_page_is_well_formed_and_needs_nothing_from_elsewhere(report: Report, tmp_path: Path) -> None:
    page = parsed(report, tmp_path)
    assert page.open == []
    assert page.addresses == []
    assert page.seen.isdisjoint({"script", "link", "img", "iframe"})
    assert {"html", "head", "title", "main", "table", "thead", "tbody"} <= page.seen


def test_the_page_shows_each_check_with_its_texts_as_texts(report: Report, tmp_path: Path) -> None:
    texts = parsed(report, tmp_path).texts
    for row in ROWS:
        assert row.title in texts
    for shown in ("GET /Users?a&b", "body: <b>***</b>", "204 is right.", "Failed: 1", "Argued: 1", "Not run: 2", "12"):
        assert shown in texts


def test_what_was_left_behind_stands_on_the_page(report: Report, tmp_path: Path) -> None:
    report.left_behind = ["/Users: 0 before the run, 1 after it"]
    assert report.left_behind[0] in parsed(report, tmp_path).texts


def test_suites_are_summed_up(report: Report) -> None:
    ours, theirs = lines(report)
    assert (ours.suite, ours.parts, ours.parts_run) == ("rfc7644", 3, 1)
    assert (theirs.suite, theirs.parts_run, theirs.counts[Verdict.ARGUED]) == ("scim-sanity", 1, 1)


def test_reasons_are_grouped_without_their_particulars() -> None:
    grouped = reasons(ROWS, Verdict.SKIPPED)
    assert {reason: len(rows) for reason, rows in grouped.items()} == {"needs an empty workspace": 2}
    assert list(reasons(ROWS, Verdict.ARGUED)) == ["204 is right."]


@pytest.mark.parametrize(
    ("verdicts", "left_behind", "passed"),
    [
        ([Verdict.PASSED, Verdict.ARGUED, Verdict.SKIPPED], [], True),
        ([Verdict.PASSED, Verdict.FAILED], [], False),
        ([Verdict.PASSED], ["/Users/u_1"], False),
        ([Verdict.SKIPPED, Verdict.ARGUED], [], False),
        ([], [], False),
    ],
)
def test_a_run_passes_if_something_passed_and_nothing_failed_or_was_left(
    report: Report, verdicts: list[Verdict], left_behind: list[str], passed: bool
) -> None:
    report.rows = [Row("s", "p", "t", verdict) for verdict in verdicts]
    report.left_behind = left_behind
    assert report.passed is passed
    assert to_json(report)["passed"] is passed
