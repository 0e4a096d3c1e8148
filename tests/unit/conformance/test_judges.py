"""What other judges say, and what is argued of it."""

import pytest

from scimserver.conformance import judges
from scimserver.conformance.cleaning import Ledger
from scimserver.conformance.judges import Argued, argued, judge, row_of
from scimserver.conformance.rows import Row, Verdict

WRONG = [Argued("scim-sanity", ("PATCH /Groups/{id}",), "got 204", "204 is right.")]


def check(title: str, status: str, says: str = "") -> dict[str, str]:
    return {"part": "Groups", "title": title, "status": status, "says": says}


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        ("SUCCESS", Verdict.PASSED),
        ("ACCEPTABLE", Verdict.PASSED),
        ("DEVIATION", Verdict.FAILED),
        ("ERROR", Verdict.FAILED),
        ("CRITICAL", Verdict.FAILED),
        ("SKIPPED", Verdict.SKIPPED),
        ("pass", Verdict.PASSED),
        ("warn", Verdict.PASSED),
        ("fail", Verdict.FAILED),
        ("error", Verdict.FAILED),
        ("skip", Verdict.SKIPPED),
        ("something new", Verdict.FAILED),
    ],
)
def test_each_status_of_a_judge_has_its_verdict(status: str, verdict: Verdict) -> None:
    assert row_of("scim-sanity", check("POST /Users", status), []).verdict is verdict


def test_a_fault_that_is_none_is_argued_with_its_reason() -> None:
    row = row_of("scim-sanity", check("PATCH /Groups/{id}", "fail", "Expected 200, got 204"), WRONG)
    assert (row.verdict, row.reason, row.got) == (Verdict.ARGUED, "204 is right.", "Expected 200, got 204")


@pytest.mark.parametrize(
    ("name", "title", "says"),
    [
        ("scim-sanity", "PATCH /Groups/{id}", "Expected 200, got 500"),
        ("scim-sanity", "PATCH /Users/{id}", "Expected 200, got 204"),
        ("scim2-tester", "PATCH /Groups/{id}", "Expected 200, got 204"),
    ],
)
def test_another_fault_of_the_same_check_fails(name: str, title: str, says: str) -> None:
    assert row_of(name, check(title, "fail", says), WRONG).verdict is Verdict.FAILED


def test_every_argued_fault_has_a_judge_a_check_and_a_reason() -> None:
    held = argued()
    assert {one.judge for one in held} == judges.JUDGES.keys()
    assert all(one.checks and one.says and one.reason.endswith(".") for one in held)


async def test_a_judge_that_is_not_installed_is_listed_as_not_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judges, "find_spec", lambda _: None)
    rows: list[Row] = []
    await judge("scim-sanity", "https://scim.example", "t", Ledger(), rows.append)
    assert [(row.verdict, row.reason) for row in rows] == [
        (Verdict.SKIPPED, "scim-sanity is not installed: pip install 'scimserver[tools]'")
    ]


async def test_a_judge_that_breaks_off_is_a_failure_with_its_last_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(judges.JUDGES, "a judge that nobody knows", "json")
    rows: list[Row] = []
    await judge("a judge that nobody knows", "https://scim.example", "t", Ledger(), rows.append)
    assert [row.verdict for row in rows] == [Verdict.FAILED]
    assert rows[0].got == "ended with status 1: KeyError: 'a judge that nobody knows'"
