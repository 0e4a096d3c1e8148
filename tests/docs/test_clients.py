"""``docs/clients.toml``: every row is decided and held by tests that exist, and every toleration is told."""

import re
import tomllib
from typing import Any

import pytest

from scimserver.scim.quirks import TOLERATIONS
from scimserver.service.profiles import BEHAVIOURS, Profiles
from tests.docs.test_conformance import functions
from tests.docs.test_reference import DOCS, generate
from tests.quirks.corpus import CASES

DOCUMENT = tomllib.loads((DOCS / "clients.toml").read_text(encoding="utf-8"))
SOURCES = DOCUMENT.pop("sources")
ROWS: dict[str, dict[str, Any]] = DOCUMENT
PAGE = (DOCS / "clients.md").read_text(encoding="utf-8")
KEYS = {"client", "answer", "rfc", "tolerations", "behaviours", "sources", "cases", "tests", "otherwise"}
BEYOND = {
    "bare-element-value",
    "dot-after-urn",
    "empty-as-unassigned",
    "empty-path",
    "keep-described",
    "schema-listed-twice",
    "schemas-in-patch",
    "schemas-missing",
    "single-value-for-list",
    "unknown-attribute",
    "whole-number-with-fraction",
}
"""Tolerations that the quirk table does not ask for."""

every_row = pytest.mark.parametrize("number", ROWS)


def names(key: str) -> set[str]:
    return {name for row in ROWS.values() for name in row.get(key, ())}


def test_there_are_all_seventy_seven_rows_in_order() -> None:
    assert list(ROWS) == [str(number) for number in range(1, 78)]


@every_row
def test_a_row_says_what_is_sent_what_is_made_of_it_and_what_the_rfc_has(number: str) -> None:
    row = ROWS[number]
    assert row.keys() <= KEYS
    for key in ("client", "answer", "rfc"):
        assert row[key].endswith("."), key
    assert row["sources"] and row.get("tests", []) + row.get("cases", [])
    assert len(row.get("otherwise", "a reason is longer than this")) > 20


@every_row
def test_the_tests_of_a_row_exist(number: str) -> None:
    for test in ROWS[number].get("tests", ()):
        path, _, name = test.partition("::")
        assert path.startswith("tests/") and name in functions(path.removeprefix("tests/")), test
    assert {*ROWS[number].get("cases", ())} <= {*map(str, CASES)}


@every_row
def test_a_row_names_exactly_the_cases_that_are_about_it_with_their_tolerations(number: str) -> None:
    about = {str(case): case.toleration for case in CASES if case.row == int(number)}
    assert {*ROWS[number].get("cases", ())} == about.keys()
    assert {*ROWS[number].get("tolerations", ())} == {*about.values()}


def test_the_tests_that_play_the_cases_exist() -> None:
    assert {generate.clients.ACCEPTED, generate.clients.REFUSED} <= functions(
        generate.clients.CASES.removeprefix("tests/")
    )


def test_every_toleration_is_in_a_row_or_beyond_the_table() -> None:
    assert names("tolerations") | BEYOND == TOLERATIONS.keys()
    assert not names("tolerations") & BEYOND
    assert names("behaviours") == BEHAVIOURS.keys()


def test_a_source_is_explained_or_is_an_issue() -> None:
    assert names("sources") >= SOURCES.keys()
    assert [name for name in names("sources") - SOURCES.keys() if not re.fullmatch(r"[\w.-]+#\d+", name)] == []


def test_the_page_has_every_row_and_every_toleration_with_its_profiles() -> None:
    profiles = [Profiles().get(name) for name in Profiles().names]
    for number in ROWS:
        assert f"\n| {number} | " in PAGE
    for name in TOLERATIONS:
        (line,) = [line for line in PAGE.splitlines() if line.startswith(f"| `{name}` | ")]
        assert line.endswith(f"| {', '.join(f'`{p.name}`' for p in profiles if name in p.tolerations)} |")


@pytest.mark.parametrize("name", sorted(TOLERATIONS))
def test_a_toleration_is_there_by_default_and_never_to_the_letter(name: str) -> None:
    assert name in Profiles().get("default").tolerations
    assert name not in Profiles().get("strict").tolerations


@pytest.mark.parametrize(
    ("client", "profile"), [("Entra", "entra"), ("Microsoft", "entra"), ("Okta", "okta"), ("OneLogin", "onelogin")]
)
def test_a_client_finds_what_it_needs_in_its_own_profile(client: str, profile: str) -> None:
    needed = {name for row in ROWS.values() if client in row["client"] for name in row.get("tolerations", ())}
    # Row 24 is about others too.
    assert needed - {"literal-letter-case"} <= Profiles().get(profile).tolerations
