"""A dialogue with a server that is stricter than the dialogue: what is refused, what is not compared, and why."""

import pytest

from scimserver.conformance.fixture import Exchange, Request, Response
from scimserver.conformance.reading import SCHEMAS, STRICT, TOLERANT, Reading, read_otherwise, refusals
from scimserver.conformance.rows import Row, Verdict
from scimserver.conformance.suites import suites
from scimserver.service.profiles import BEHAVIOURS

from .conftest import USER, Judged, Tenant, answer, created, dialogue, error, exchange, read

PASSED, FAILED, SKIPPED = Verdict.PASSED, Verdict.FAILED, Verdict.SKIPPED

SHOUTED = created("ines", active="True", bind="ines", tolerated=("boolean-as-string",))
"""Our tenant takes only a boolean."""


def told(rows: list[Row]) -> list[tuple[Verdict, str]]:
    return [(row.verdict, row.reason) for row in rows]


async def test_where_it_is_not_tolerated_it_must_be_refused(judged: Judged, tenant: Tenant) -> None:
    report = await judged(dialogue(SHOUTED), reading=STRICT)
    assert told(report.rows) == [(PASSED, "needs boolean-as-string")]
    assert (report.rows[0].expected, report.rows[0].got) == ("400 invalidValue", "400 invalidValue")
    assert tenant.names() == []


async def test_where_it_is_tolerated_a_refusal_is_a_failure(judged: Judged) -> None:
    report = await judged(dialogue(SHOUTED), reading=TOLERANT)
    assert report.rows[0].verdict is FAILED
    assert "status: expected 201, got 400" in report.rows[0].got


async def test_what_a_strict_server_accepts_all_the_same_is_a_failure(judged: Judged, tenant: Tenant) -> None:
    accepted = created("ines", tolerated=("boolean-as-string",))
    report = await judged(dialogue(accepted), reading=STRICT)
    assert report.rows[0].verdict is FAILED
    assert report.rows[0].got.startswith("201 ")
    assert tenant.names() == []


async def test_a_refusal_with_another_error_is_a_failure(judged: Judged, tenant: Tenant) -> None:
    tenant.faults.append(lambda request: error(400, "No.", "invalidPath") if request.method == "POST" else None)
    assert (await judged(dialogue(SHOUTED), reading=STRICT)).rows[0].verdict is FAILED


async def test_what_follows_from_a_refused_request_is_not_compared(judged: Judged) -> None:
    other = created("tomas", active="False", tolerated=("boolean-as-string",))
    report = await judged(dialogue(SHOUTED, created("jana"), other), reading=STRICT)
    follows = "follows from “ines is created”, which is refused here"
    assert told(report.rows) == [
        (PASSED, "needs boolean-as-string"), (SKIPPED, follows), (PASSED, "needs boolean-as-string"),
    ]  # fmt: skip


async def test_what_uses_an_id_that_was_never_made_is_not_sent(judged: Judged, tenant: Tenant) -> None:
    change = exchange("off", Request("GET", "/Users/{ines}"), Response(200, body={"...": True}), ("boolean-as-string",))
    report = await judged(dialogue(SHOUTED, change), reading=STRICT)
    assert report.rows[1].reason == "uses an id that a refused request would have made"
    assert not any("{" in str(request.url) for request in tenant.asked)


async def test_a_read_that_is_refused_changes_nothing_so_the_dialogue_goes_on(judged: Judged, tenant: Tenant) -> None:
    tenant.faults.append(lambda request: error(400, "No.", "invalidFilter") if "filter" in request.url.params else None)
    query = Request("GET", "/Users", {"filter": "userName eq ines"})
    search = exchange("unquoted", query, Response(200, body={"...": True}), ("unquoted-value",))
    report = await judged(dialogue(created("ines", bind="ines"), search, read("ines", "ines")), reading=STRICT)
    assert [row.verdict for row in report.rows] == [PASSED] * 3


async def test_what_the_rfc_means_otherwise_is_not_sent(judged: Judged, tenant: Tenant) -> None:
    request = Request("PATCH", "/Users/u_1", body={})
    emptied = exchange("emptied", request, Response(200, body={"...": True}), ("empty-as-unassigned",))
    report = await judged(dialogue(created("ines"), emptied, created("jana")), reading=STRICT)
    assert [row.verdict for row in report.rows] == [PASSED, SKIPPED, SKIPPED]
    assert report.rows[1].reason == "without empty-as-unassigned it means something else: an empty text is a text"
    assert not any(request.method == "PATCH" for request in tenant.asked)


async def test_a_name_that_is_left_out_is_no_failure_where_unknown_names_are(judged: Judged) -> None:
    lenient = Reading("profile own", frozenset({"unknown-attribute"}))
    renamed = created("ines", tolerated=("display-name",))
    report = await judged(dialogue(renamed, created("jana")), reading=lenient)
    assert report.rows[0].reason == "needs display-name; what is not known is left out here"
    assert [row.verdict for row in report.rows] == [SKIPPED, SKIPPED]


async def test_an_answer_of_a_behaviour_is_not_compared_where_it_is_off(judged: Judged) -> None:
    twice = Exchange(
        "a second one", "s", Request("POST", "/Users", body={"schemas": [USER], "userName": "ines"}),
        Response(409, body={"...": True}), behaviours=("unique-group-names",),
    )  # fmt: skip
    report = await judged(dialogue(twice), reading=STRICT)
    assert report.rows[0].reason == "the answer is another one where unique-group-names is off"


@pytest.mark.parametrize(("off", "verdict"), [(frozenset({"quiet-group-patch"}), PASSED), (frozenset(), FAILED)])
async def test_a_group_is_sent_back_where_the_server_is_not_quiet(
    judged: Judged, tenant: Tenant, off: frozenset[str], verdict: Verdict
) -> None:
    shown = tenant.add("x")
    tenant.users.clear()
    tenant.faults.append(lambda request: answer(200, shown) if request.method == "PATCH" else None)
    change = exchange("renamed", Request("PATCH", "/Groups/g_1", body={}), Response(204))
    assert (await judged(dialogue(change), reading=Reading("own", None, off))).rows[0].verdict is verdict


def test_a_server_with_other_schemas_has_other_lists_of_them() -> None:
    assert TOLERANT.of_server(SCHEMAS) == TOLERANT
    assert TOLERANT.of_server(SCHEMAS | {"urn:example:badge:2.0:User"}).behaviours_off == {"shipped-schemas"}


def test_every_behaviour_of_a_dialogue_is_known() -> None:
    shipped = [exchange for suite in suites() for held in suite.dialogues for exchange in held.exchanges]
    named = {name for exchange in shipped for name in exchange.behaviours}
    assert named == {"unique-group-names", "hide-password", "shipped-schemas"} <= {*BEHAVIOURS, "shipped-schemas"}


def test_what_is_refused_anyway_may_be_refused_for_its_letter_case_first() -> None:
    body = {"Operations": [{"op": "Replace", "path": "nothing"}]}
    shouted = exchange("e", Request("PATCH", "/Users/u", body=body), Response(400, body={"...": True}))
    assert STRICT.refused(shouted) == ("operation-letter-case",)
    assert TOLERANT.refused(shouted) == ()
    quiet = Request("PATCH", "/Users/u", body={"Operations": [{"op": "replace"}]})
    assert STRICT.refused(exchange("e", quiet, Response(400, body={"...": True}))) == ()


def test_a_request_with_several_tolerations_is_refused_for_any_of_them() -> None:
    assert refusals(("boolean-as-string", "create-selected", "role-as-json")) == {"invalidValue", "noTarget"}
    assert refusals(("role-as-json",)) == frozenset()
    assert read_otherwise(("role-as-json", "boolean-as-string")) == "a role's value may be any text"
