"""A whole run against one tenant: what is refused, what is cleaned, and what is told of it."""

import asyncio

import httpx
import pytest

from scimserver.conformance.fixture import Request, Response
from scimserver.conformance.rows import Verdict
from scimserver.conformance.run import CannotRun, HoldsData

from .conftest import URL, Judged, Tenant, answer, created, dialogue, error, exchange, listed, read

GOOD = dialogue(created("ines", bind="ines"), read("ines", "ines"), listed())
BAD = dialogue(created("ines", bind="ines"), read("ines", "nobody"), created("tomas"))
SLOW = dialogue(created("ines"), exchange("for ever", Request("POST", "/Slow"), Response(204)))


def verdicts(report) -> list[Verdict]:
    return [row.verdict for row in report.rows]


# -- before ------------------------------------------------------------------------------------------------------------


async def test_an_empty_tenant_is_judged(judged: Judged) -> None:
    report = await judged(GOOD)
    assert report.passed
    assert verdicts(report) == [Verdict.PASSED] * 3
    assert report.held == {"/Users": 0}


async def test_a_tenant_with_data_is_refused_before_anything_is_changed(judged: Judged, tenant: Tenant) -> None:
    tenant.add("somebody@larkfield.example")
    with pytest.raises(HoldsData, match=r"larkfield holds data \(1 in /Users\).*--prefix"):
        await judged(GOOD)
    assert {request.method for request in tenant.asked} == {"GET"}


async def test_a_token_that_is_refused_is_said_in_one_line(judged: Judged) -> None:
    with pytest.raises(CannotRun, match=f"{URL} refuses the Secret Token"):
        await judged(GOOD, token="another")


async def test_a_server_that_is_not_there_is_said_in_one_line(judged: Judged, tenant: Tenant) -> None:
    def away(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    tenant.faults.append(away)
    with pytest.raises(CannotRun, match=f"Nothing answers at {URL}.*start the server"):
        await judged(GOOD)


async def test_what_is_no_scim_server_is_said_in_one_line(judged: Judged, tenant: Tenant) -> None:
    tenant.faults.append(lambda _: answer(200, "Welcome"))
    with pytest.raises(CannotRun, match="is this the SCIM base of a tenant"):
        await judged(GOOD)


async def test_a_server_that_publishes_no_schemas_fails_and_no_dialogue_is_played(
    judged: Judged, tenant: Tenant
) -> None:
    tenant.faults.append(lambda request: error(404, "Gone.") if request.url.path.endswith("/Schemas") else None)
    report = await judged(GOOD)
    assert verdicts(report) == [Verdict.FAILED] + [Verdict.SKIPPED] * 3
    assert "/Schemas" in report.rows[0].got


# -- cleaning ----------------------------------------------------------------------------------------------------------


async def test_each_dialogue_begins_in_an_empty_tenant_and_the_second_run_is_like_the_first(
    judged: Judged, tenant: Tenant
) -> None:
    for _ in range(2):
        assert (await judged(GOOD, GOOD)).passed
        assert tenant.names() == []


async def test_a_failed_dialogue_stops_there_and_is_cleaned_up(judged: Judged, tenant: Tenant) -> None:
    report = await judged(BAD, GOOD)
    assert verdicts(report) == [Verdict.PASSED, Verdict.FAILED, Verdict.SKIPPED] + [Verdict.PASSED] * 3
    failed, skipped = report.rows[1:3]
    assert 'body.userName: expected "nobody", got "ines"' in failed.got
    assert (failed.request, failed.expected) == ("GET /t/larkfield/scim/v2/Users/u_1", "200")
    assert skipped.reason == "the dialogue stopped at “ines is read”"
    assert not report.passed
    assert tenant.names() == []


async def test_what_a_bulk_request_created_is_deleted(judged: Judged, tenant: Tenant) -> None:
    operations = [{"method": "POST", "path": "/Users", "data": {"userName": name}} for name in ("ines", "tomas")]
    request = Request("POST", "/Bulk", body={"Operations": operations})
    await judged(dialogue(exchange("both at once", request, Response(200, body={"...": True}))))
    assert sum(request.method == "DELETE" for request in tenant.asked) == 2
    assert tenant.names() == []


async def test_what_was_created_without_a_location_is_deleted(judged: Judged, tenant: Tenant) -> None:
    def forgetful(request: httpx.Request) -> httpx.Response | None:
        return answer(201, tenant.add("ines")) if request.method == "POST" else None

    tenant.faults.append(forgetful)
    report = await judged(dialogue(created("ines")))
    assert "header Location: missing" in report.rows[0].got
    assert tenant.names() == []


async def test_what_cannot_be_deleted_is_told_and_fails_the_run(judged: Judged, tenant: Tenant) -> None:
    tenant.faults.append(lambda request: error(403, "Never.") if request.method == "DELETE" else None)
    report = await judged(dialogue(created("ines")))
    assert report.left_behind == ["/Users/u_1: DELETE answered 403", "/Users: 0 before the run, 1 after it"]
    assert not report.passed


async def test_an_interrupted_run_deletes_what_it_created(judged: Judged, tenant: Tenant) -> None:
    running = asyncio.ensure_future(judged(SLOW))
    await tenant.slow.wait()
    assert tenant.names() == ["ines"]
    running.cancel()
    # The request in flight may still create something: its answer is waited for a while.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("scimserver.conformance.cleaning.LAST_ANSWER_SECONDS", 0.01)
        with pytest.raises(asyncio.CancelledError):
            await running
    assert tenant.names() == []


async def test_a_server_that_asks_to_wait_is_asked_again(judged: Judged, tenant: Tenant) -> None:
    busy = iter([answer(429, {}, **{"Retry-After": "0"}), answer(429, {}, **{"Retry-After": "0"})])
    tenant.faults.append(lambda request: next(busy, None) if request.method == "POST" else None)
    assert (await judged(dialogue(created("ines")))).passed


# -- beside other data -------------------------------------------------------------------------------------------------


async def test_with_a_prefix_all_names_begin_with_it_and_others_are_left_alone(judged: Judged, tenant: Tenant) -> None:
    tenant.add("ines")
    report = await judged(dialogue(created("ines", bind="ines"), read("ines", "ines")), prefix="cf-")
    assert report.passed
    sent = [request.content.decode() for request in tenant.asked if request.method == "POST"]
    assert len(sent) == 1
    assert '"userName": "cf-ines"' in sent[0]
    assert tenant.names() == ["ines"]


async def test_with_a_prefix_what_counts_everything_is_listed_as_not_run(judged: Judged, tenant: Tenant) -> None:
    tenant.add("somebody")
    report = await judged(GOOD, prefix="cf-")
    assert verdicts(report) == [Verdict.SKIPPED] * 3
    assert {row.reason for row in report.rows} == {"needs an empty workspace: “all are listed” lists everything"}
    assert not report.passed, "nothing was checked"


async def test_a_prefix_that_names_begin_with_already_is_refused(judged: Judged, tenant: Tenant) -> None:
    tenant.add("cf-ines")
    with pytest.raises(CannotRun, match="begins with cf- are there already"):
        await judged(GOOD, prefix="cf-")
    assert tenant.names() == ["cf-ines"]
