"""``docs/conformance.md``: every row is whole and in its place, and every test that it names exists."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import pytest

from tests.docs.test_reference import DOCS, ROOT

LEVELS = {"MUST", "MUST NOT", "SHALL", "SHALL NOT", "REQUIRED", "SHOULD", "SHOULD NOT", "RECOMMENDED"}
ADVICE = {"SHOULD", "SHOULD NOT", "RECOMMENDED"}
RFCS = {"7643", "7644", "9865"}
PAGE = (DOCS / "conformance.md").read_text(encoding="utf-8")
TEST = re.compile(r"`([a-z0-9_/]+\.py)(?:::(test_[a-z0-9_]+))?`")


@dataclass(frozen=True)
class Row:
    id: str
    cells: tuple[str, ...]

    @property
    def section(self) -> tuple[str, tuple[int, ...], int]:
        """RFC, section and number, in the order in which rows stand."""
        rfc, section, number = self.id.split("-")
        return rfc, tuple(map(int, section.split("."))), int(number)

    @property
    def tests(self) -> list[tuple[str, str | None]]:
        return [(path, name or None) for path, name in TEST.findall(self.cells[-1])]


def rows(pattern: str) -> list[Row]:
    """The table rows whose first cell has this form."""
    found = []
    for line in PAGE.splitlines():
        cells = tuple(cell.strip() for cell in line.strip("|").split(" | ")) if line.startswith("| ") else ("",)
        if re.fullmatch(pattern, cells[0]):
            found.append(Row(cells[0], cells[1:]))
    return found


REQUIREMENTS = rows(r"\d{4}-[\d.]+-\d+")
ERRATA = rows(r"E\d{4}")


@cache
def functions(path: str) -> frozenset[str]:
    """The test functions of a file below ``tests/``."""
    tree = ast.parse((ROOT / "tests" / path).read_text(encoding="utf-8"))
    return frozenset(n.name for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef))


def named_tests() -> Iterator[tuple[str, str, str | None]]:
    for row in [*REQUIREMENTS, *ERRATA]:
        for path, name in row.tests:
            yield row.id, path, name


def test_every_requirement_has_a_level_a_text_and_tests_or_a_reason() -> None:
    for row in REQUIREMENTS:
        assert len(row.cells) == 3, row.id
        level, text, held = row.cells
        assert level in LEVELS, row.id
        assert text.endswith("."), row.id
        reason = TEST.sub("", held).strip("; .")
        assert row.tests or len(reason) > 10, row.id
        assert held.count("::") == sum(name is not None for _, name in row.tests), f"{row.id}: a test is misspelt"


def test_every_test_that_is_named_exists() -> None:
    missing = [
        (row, path, name)
        for row, path, name in named_tests()
        if not (ROOT / "tests" / path).is_file() or (name is not None and name not in functions(path))
    ]
    assert missing == []


def test_ids_are_numbered_without_a_gap_and_stand_in_order() -> None:
    places = [row.section for row in REQUIREMENTS]
    assert places == sorted(places)
    assert {rfc for rfc, _, _ in places} == RFCS
    for before, place in zip([None, *places], places, strict=False):
        follows = before is not None and before[:2] == place[:2]
        assert place[2] == (before[2] + 1 if follows and before else 1), place


def test_rows_stand_below_the_heading_of_their_section() -> None:
    heading = ""
    for line in PAGE.splitlines():
        if line.startswith("## RFC "):
            rfc = line[7:11]
        elif line.startswith("### §"):
            heading = f"{rfc}-{line[5:].partition(' ')[0]}-"
        elif re.match(r"\| \d{4}-", line):
            assert line.startswith(f"| {heading}"), line[:60]


def test_errata_are_told_once_in_order_and_with_a_test() -> None:
    ids = [row.id for row in ERRATA]
    assert ids == sorted(set(ids)) and len(ids) > 10
    assert all(row.tests and re.match(r"764[34] §", row.cells[0]) for row in ERRATA)


def test_the_numbers_at_the_top_are_true() -> None:
    told = re.search(
        r"^(\d+) requirements: (\d+) MUST or SHALL, (\d+) SHOULD; (\d+) are held by tests, (\d+) by the reason given\.$",
        PAGE,
        re.MULTILINE,
    )
    assert told is not None
    advice = sum(row.cells[0] in ADVICE for row in REQUIREMENTS)
    tested = sum(bool(row.tests) for row in REQUIREMENTS)
    total = len(REQUIREMENTS)
    assert tuple(map(int, told.groups())) == (total, total - advice, advice, tested, total - tested)


@pytest.mark.parametrize("row", ["7644-3.4.2.2-7", "7644-3.5.2-11", "7644-3.7-6", "7643-3.1-8", "9865-2-5"])
def test_requirements_that_everybody_asks_about_are_there(row: str) -> None:
    assert row in {requirement.id for requirement in REQUIREMENTS}
