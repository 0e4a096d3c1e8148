"""The simulator's provisioning log: one line of JSON for each action, and what its summary counts."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from scimserver.simulate.journal import REMEMBERED, Entry, Journal, percentile

CREATED = Entry(
    cycle=1,
    phase="users",
    action="create",
    kind="user",
    source_id="o-1",
    target_id="u_1",
    request="POST /Users",
    status=201,
    result="success",
    seconds=0.02,
)
CONFLICT = replace(
    CREATED,
    target_id=None,
    status=409,
    result="failure",
    code="EntryConflict",
    detail="`userName` is taken. (request r7)",
)


@pytest.fixture
def log(tmp_path) -> Path:
    return tmp_path / "log.jsonl"


def test_each_entry_is_one_line_and_is_there_at_once(log) -> None:
    with Journal(log) as journal:
        journal.record(CREATED)
        (line,) = log.read_text().splitlines()
        journal.record(CONFLICT)
    assert json.loads(line) == {
        "cycle": 1,
        "phase": "users",
        "action": "create",
        "kind": "user",
        "source_id": "o-1",
        "target_id": "u_1",
        "request": "POST /Users",
        "status": 201,
        "result": "success",
        "code": "",
        "detail": "",
        "seconds": 0.02,
        "attempts": 1,
        "request_id": "",
    }
    assert json.loads(log.read_text().splitlines()[1])["detail"] == "`userName` is taken. (request r7)"


def test_a_second_run_goes_on_in_the_same_file(log) -> None:
    for _ in range(2):
        with Journal(log) as journal:
            journal.record(CREATED)
    assert len(log.read_text().splitlines()) == 2


def test_letters_of_every_language_stay_readable(log) -> None:
    with Journal(log) as journal:
        journal.record(replace(CONFLICT, detail="„Zoë“ fehlt"))
    assert "„Zoë“ fehlt" in log.read_text(encoding="utf-8")


def test_without_a_file_it_counts_all_the_same() -> None:
    with Journal() as journal:
        journal.record(CREATED)
    assert journal.summary().requests == 1


def test_a_file_that_cannot_be_written_is_refused_before_the_run(tmp_path) -> None:
    with pytest.raises(OSError, match="No such file"), Journal(tmp_path / "none" / "log.jsonl"):
        pass


def test_the_summary_counts_by_cycle_phase_action_and_result() -> None:
    journal = Journal()
    groups = replace(CREATED, phase="groups", kind="group")
    for entry in (CREATED, CREATED, CONFLICT, groups, replace(CREATED, cycle=2)):
        journal.record(entry)
    counts = {(c.cycle, c.phase, c.action, c.result): c.count for c in journal.summary().counts}
    assert counts == {
        (1, "users", "create", "success"): 2,
        (1, "users", "create", "failure"): 1,
        (1, "groups", "create", "success"): 1,
        (2, "users", "create", "success"): 1,
    }


def test_what_was_skipped_or_had_no_answer_is_no_request_with_a_latency() -> None:
    journal = Journal()
    journal.record(replace(CREATED, status=None, result="skipped"))
    journal.record(replace(CREATED, status=None, result="failure", detail="no answer within 60 s"))
    summary = journal.summary()
    assert (summary.requests, summary.skipped, summary.failures) == (0, 1, 1)
    assert summary.p50 is summary.p95 is None


def test_latency_is_told_as_median_and_for_95_of_100() -> None:
    journal = Journal()
    for number in range(1, 101):
        journal.record(replace(CREATED, seconds=number / 1000))
    assert (journal.summary().p50, journal.summary().p95) == (0.050, 0.095)


@pytest.mark.parametrize(
    ("values", "share", "value"),
    [([], 0.5, None), ([3.0], 0.5, 3.0), ([3.0], 0.95, 3.0), ([2.0, 1.0], 0.5, 1.0), ([1.0, 2.0, 3.0], 0.95, 3.0)],
)
def test_a_percentile_is_one_of_the_values(values, share, value) -> None:
    assert percentile(values, share) == value


def test_one_trouble_is_one_group_whatever_the_number_of_the_request() -> None:
    journal = Journal()
    for number in range(5):
        journal.record(replace(CONFLICT, detail=f"`userName` is taken. (request r{number})"))
    journal.record(replace(CONFLICT, detail="`externalId` is taken. (request r9)"))
    first, second = journal.summary().errors
    assert (first.count, first.detail, first.status, first.code) == (5, "`userName` is taken.", 409, "EntryConflict")
    assert first.examples == [f"POST /Users (request r{number})" for number in range(3)]
    assert (second.count, second.detail) == (1, "`externalId` is taken.")


def test_the_number_of_the_request_may_be_given_beside_the_text() -> None:
    journal = Journal()
    journal.record(replace(CONFLICT, detail="taken", request_id="r1"))
    journal.record(replace(CONFLICT, detail="taken", request="POST /Groups"))
    assert journal.summary().errors[0].examples == ["POST /Users (request r1)", "POST /Groups"]


def test_a_success_is_no_error_even_if_the_server_said_something() -> None:
    journal = Journal()
    journal.record(replace(CREATED, detail="done"))
    assert journal.summary().errors == []


def test_a_server_that_says_something_else_each_time_does_not_fill_the_memory() -> None:
    journal = Journal()
    for number in range(REMEMBERED + 5):
        journal.record(replace(CONFLICT, detail=f"trouble {number}"))
    summary = journal.summary()
    assert (len(summary.errors), summary.other_errors, summary.failures) == (REMEMBERED, 5, REMEMBERED + 5)
