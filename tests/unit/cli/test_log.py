"""``scimserver log``: how requests are shown, and what may be asked for."""

from datetime import UTC, datetime, timedelta
from typing import Any

import click
import pytest
from click.testing import CliRunner

from scimserver.cli import main
from scimserver.cli.log import lines_of, log, read_since, summary_lines

USUAL: dict[str, Any] = {
    "position": "3-0",
    "at": "2026-11-27T08:40:12.345Z",
    "request_id": "2cd0c4fc5f05f55d",
    "operation": "patch",
    "method": "PATCH",
    "path": "/Users/u_1",
    "resource_type": "User",
    "resource_id": "u_1",
    "status": 200,
    "result": "success",
    "ms": 3.7,
}


def test_a_request_is_one_line() -> None:
    assert lines_of(USUAL) == ["2026-11-27T08:40:12.345Z  200  patch     User u_1  3.7 ms"]


def test_a_request_without_a_resource_shows_its_address() -> None:
    search = {
        **USUAL,
        "operation": "search",
        "method": "GET",
        "path": '/Users?filter=userName eq "…"',
        "resource_id": None,
    }
    assert lines_of(search) == ['2026-11-27T08:40:12.345Z  200  search    GET /Users?filter=userName eq "…"  3.7 ms']


def test_what_was_tolerated_is_said_by_the_names_that_switch_it() -> None:
    tolerated = {"boolean-as-string": ["active", "emails.primary"], "unknown-attribute": ["shoeSize"]}
    assert lines_of({**USUAL, "attributes": ["active"], "tolerations": tolerated}) == [
        "2026-11-27T08:40:12.345Z  200  patch     User u_1  3.7 ms  (active)",
        "    tolerated: boolean-as-string (active, emails.primary)",
        "    tolerated: unknown-attribute (shoeSize)",
    ]


def test_what_a_failure_would_have_needed_is_said() -> None:
    failed = {**USUAL, "status": 400, "result": "failure", "off": ["operation-letter-case"]}
    assert "    off here: operation-letter-case would read it otherwise" in lines_of(failed)


def test_an_error_is_shown_as_the_client_got_it_with_its_request_id() -> None:
    detail = "`active`: expected a boolean. (request 2cd0c4fc5f05f55d)"
    failed = {**USUAL, "status": 400, "result": "failure", "error": {"scimType": "invalidValue", "detail": detail}}
    assert lines_of(failed)[1:] == [f"    invalidValue: {detail}"]


def test_an_error_of_a_bulk_request_shows_what_was_sent_and_failed() -> None:
    errors = [{"status": "409", "scimType": "uniqueness", "detail": "Taken."}]
    bulk = {"operations": {"POST": 3, "PATCH": 1}, "failures": 1, "errors": errors}
    assert lines_of({**USUAL, "operation": "bulk", "bulk": bulk})[1:] == [
        "    operations: 3 POST, 1 PATCH; failed: 1",
        "    uniqueness: Taken. (request 2cd0c4fc5f05f55d)",
    ]


def test_a_client_that_went_away_is_said_so() -> None:
    gone = {name: value for name, value in USUAL.items() if name != "status"} | {"result": "failure"}
    first, second = lines_of(gone)
    assert "  ---  patch" in first
    assert second == "    the client went away before it was answered (request 2cd0c4fc5f05f55d)"


# -- sums --------------------------------------------------------------------------------------------------------------

SUMS: dict[str, Any] = {
    "since": "2026-11-27T08:00:00.000Z",
    "until": "2026-11-27T09:00:00.000Z",
    "requests": 120,
    "failures": 3,
    "unlisted": 0,
    "dropped": 0,
    "operations": {"search": 80, "create": 40},
    "tolerations": {"boolean-as-string": 40},
    "off": {"operation-letter-case": 1},
    "stripped": {"shoeSize": 2},
    "clients": {"Probe/1.0": 120},
    "errors": {"409 Taken.": 3},
}


def test_a_summary_says_how_many_requests_needed_what() -> None:
    assert summary_lines(SUMS) == [
        "120 requests from 2026-11-27T08:00:00.000Z to 2026-11-27T09:00:00.000Z, 3 failed.",
        "\noperations",
        "      80  search",
        "      40  create",
        "\nclients",
        "     120  Probe/1.0",
        "\ntolerations",
        "      40  boolean-as-string",
        "\ntolerations that are off and were wanted",
        "       1  operation-letter-case",
        "\nunknown attributes left out",
        "       2  shoeSize",
        "\nerrors",
        "       3  409 Taken.",
    ]


def test_a_summary_admits_what_it_does_not_know() -> None:
    lines = summary_lines({**SUMS, "unlisted": 7, "dropped": 5})
    assert lines[1].startswith("7 of them had a refused credential")
    assert lines[2].startswith("5 more were not recorded")


def test_a_summary_of_nothing_is_a_sentence() -> None:
    assert summary_lines({**SUMS, "requests": 0}) == ["There was no request."]


def since(text: str) -> datetime:
    moment = read_since(click.Context(log), log.params[0], text)
    assert moment is not None
    return moment


# -- options -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("text", "ago"), [("90m", {"minutes": 90}), ("2h", {"hours": 2}), ("7d", {"days": 7})])
def test_since_takes_how_long_ago(text: str, ago: dict[str, int]) -> None:
    assert abs(datetime.now(UTC) - timedelta(**ago) - since(text)) < timedelta(seconds=5)


@pytest.mark.parametrize(
    ("text", "hour"), [("2026-11-27T08:00", 8), ("2026-11-27T08:00Z", 8), ("2026-11-27T08:00+02:00", 6)]
)
def test_since_takes_an_instant_which_is_utc_unless_it_says_otherwise(text: str, hour: int) -> None:
    assert since(text) == datetime(2026, 11, 27, hour, tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "yesterday", "5 parsecs", "-2h", "999999w", "2026-13-01"])
def test_since_refuses_what_is_neither(text: str) -> None:
    with pytest.raises(click.BadParameter, match="90m, 2h or 7d"):
        since(text)


@pytest.mark.parametrize("option", [["--follow"], ["--errors"], ["--limit", "5"]])
def test_a_summary_takes_no_option_that_would_mean_nothing(option: list[str]) -> None:
    done = CliRunner().invoke(main, ["log", "larkfield", "--summary", *option])
    assert done.exit_code == 2 and "only --since goes with it" in done.stderr


def test_the_plugin_that_is_to_blame_is_named() -> None:
    failed = {**USUAL, "status": 500, "result": "failure", "error": {"detail": "No. (request 2cd0c4fc5f05f55d)"}}
    blamed = {**failed, "plugin": "badge"}
    assert not any("plugin" in line for line in lines_of(failed))
    assert lines_of(blamed)[-1] == "    by the plugin badge"
    assert lines_of({**blamed, "attribute": "badge.lines.1"})[-1] == "    by the plugin badge, attribute badge.lines.1"
    bulk = {"operations": {"POST": 3}, "failures": 2, "errors": [], "plugins": {"badge": 2}}
    assert lines_of({**USUAL, "bulk": bulk})[-1] == "    operations: 3 POST; failed: 2; by the plugin badge: 2"
