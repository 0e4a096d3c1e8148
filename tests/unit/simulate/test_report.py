"""The end of a run, to read and as JSON; and the lines that say how far it is."""

import io
import json
from dataclasses import replace

import pytest

from scimserver.simulate import progress as progress_module
from scimserver.simulate.journal import Entry, Journal
from scimserver.simulate.progress import Progress
from scimserver.simulate.report import Report

CREATED = Entry(1, "users", "create", "user", "o-1", "u_1", "POST /Users", 201, "success", seconds=0.02)
CONFLICT = replace(
    CREATED, status=409, result="failure", code="EntryConflict", detail="`userName` is taken. (request r7)"
)


def report(*entries: Entry, differences=(), **more) -> Report:
    journal = Journal()
    for entry in entries:
        journal.record(entry)
    return Report("entra", "legacy", journal.summary(), differences, seconds=2.0, writes=1, **more)


def test_a_run_without_trouble_is_good_and_says_so() -> None:
    made = report(CREATED)
    assert made.good
    text = made.text()
    assert text.startswith("entra (legacy): 1 request, 1 of them writes, in 2.0 s (0/s).")
    assert "No errors." in text
    assert text.endswith("No differences: the server holds what the source says.")


def test_it_has_a_row_for_each_cycle_phase_action_and_result() -> None:
    later = replace(CREATED, cycle=2, action="update")
    text = report(*[CREATED] * 10, CONFLICT, later).text()
    assert text.split("\n\n")[1].splitlines() == [
        "cycle  phase  action  result   count",
        "1      users  create  success     10",
        "       users  create  failure      1",
        "2      users  update  success      1",
    ]


def test_it_tells_the_latency() -> None:
    assert "Latency: half within 20 ms, 95 of 100 within 20 ms." in report(CREATED).text()
    assert "Latency" not in report().text()


def test_errors_are_told_in_the_servers_words_with_their_numbers() -> None:
    text = report(CONFLICT, CONFLICT, replace(CONFLICT, status=None, code="", detail="connection refused")).text()
    assert "3 errors:" in text
    assert "  2 x 409 EntryConflict: `userName` is taken.\n      POST /Users (request r7)" in text
    assert "  1 x no answer: connection refused" in text


def test_differences_are_listed_up_to_twenty_and_counted() -> None:
    made = report(CREATED, differences=[f"user {number}: `title` differs" for number in range(23)])
    assert not made.good
    lines = made.text().splitlines()
    assert "23 differences between the server and the source:" in lines
    assert sum("`title` differs" in line for line in lines) == 20
    assert lines[-1] == "  … and 3 more; --json lists them all."


def test_one_difference_is_one_difference() -> None:
    assert "1 difference between" in report(differences=["x"]).text()


def test_a_run_that_compared_nothing_does_not_claim_to_have() -> None:
    made = report(CREATED, differences=None)
    assert "ifference" not in made.text()
    assert made.json()["differences"] is None


def test_a_service_in_quarantine_is_not_good_and_says_why() -> None:
    made = report(CREATED, quarantine="EncounteredQuarantineException: the token is refused")
    assert not made.good
    assert "In quarantine: EncounteredQuarantineException: the token is refused" in made.text()


def test_the_json_form_has_everything() -> None:
    made = report(CREATED, CONFLICT, differences=[f"d{number}" for number in range(25)]).json()
    assert json.loads(json.dumps(made)) == made
    assert (made["requests"], made["failures"], made["writes"], made["seconds"]) == (2, 1, 1, 2.0)
    assert len(made["differences"]) == 25
    assert made["errors"][0]["examples"] == ["POST /Users (request r7)"]


# -- progress ----------------------------------------------------------------------------------------------------------


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def clock(monkeypatch):
    """Give the time of the progress a hand that tests can move."""
    hand = [100.0]
    monkeypatch.setattr(progress_module.time, "monotonic", lambda: hand[0])
    return hand


def test_elsewhere_than_at_a_terminal_a_line_comes_every_ten_seconds(clock) -> None:
    stream = io.StringIO()
    with Progress(stream=stream) as progress:
        progress.phase("initial cycle: users", total=100)
        for _ in range(25):
            clock[0] += 1
            progress.advance(2)
        told = stream.getvalue().splitlines()
    assert told == [
        "initial cycle: users: 20 of 100, 2/s, 40 s left",
        "initial cycle: users: 40 of 100, 2/s, 30 s left",
    ]


def test_the_end_of_a_phase_is_told_with_its_errors(clock) -> None:
    stream = io.StringIO()
    with Progress(stream=stream) as progress:
        progress.phase("users", total=2)
        clock[0] += 1
        progress.advance()
        progress.error()
        progress.phase("groups")
        clock[0] += 2
        progress.advance(3)
    assert stream.getvalue().splitlines() == ["users: 1 of 2, in 1.0 s, 1 error", "groups: 3, in 2.0 s"]


def test_at_a_terminal_there_is_a_live_line_with_phase_and_errors() -> None:
    stream = Terminal()
    with Progress(stream=stream) as progress:
        progress.phase("initial cycle: users", total=5)
        progress.advance(3)
        progress.error()
        progress.error()
    text = stream.getvalue()
    assert "initial cycle: users" in text
    assert "3/3" in text
    assert "2 errors" in text


def test_a_phase_whose_size_nobody_knows_can_be_shown() -> None:
    stream = Terminal()
    with Progress(stream=stream) as progress:
        progress.phase("reading")
        progress.advance()
    assert "reading" in stream.getvalue()


@pytest.mark.parametrize("stream", [io.StringIO(), Terminal()])
def test_a_disabled_one_says_nothing(clock, stream) -> None:
    with Progress(enabled=False, stream=stream) as progress:
        progress.phase("users", total=5)
        clock[0] += 60
        progress.advance()
        progress.error()
    assert stream.getvalue() == ""
