"""Every toleration: what it takes, what that means, and what a workspace without it answers."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import structlog

from scimserver.scim.quirks import TOLERATIONS
from tests.web.conftest import Site

from .cases import Call, Case, Desk, Refused, refusal
from .corpus import CASES

pytestmark = pytest.mark.asyncio(loop_scope="module")
every_case = pytest.mark.parametrize("case", CASES, ids=str)


@every_case
async def test_it_is_read_as_its_legal_form(tolerant: Desk, case: Case) -> None:
    with structlog.testing.capture_logs() as logged:
        assert await result(tolerant, case, case.wrong) == case.after
    # The log tells which toleration was needed: this one and no other.
    told = [entry["tolerated"].keys() for entry in logged if "tolerated" in entry]
    assert told == [{case.toleration}]


@every_case
async def test_its_legal_form_means_the_same_to_the_rfc(strict: Desk, case: Case) -> None:
    assert await result(strict, case, case.legal) == case.after


@every_case
async def test_the_rfc_refuses_it_or_means_something_else(strict: Desk, case: Case) -> None:
    await judged(strict, case)


@every_case
async def test_without_it_all_the_others_do_not_help(site: Site, tolerant: Desk, case: Case) -> None:
    async with switched(site, tolerant, "off", case.toleration, *case.beside):
        await judged(tolerant, case)


@every_case
async def test_it_alone_is_enough(site: Site, strict: Desk, case: Case) -> None:
    async with switched(site, strict, "on", case.toleration):
        assert await result(strict, case, case.wrong) == case.after


@asynccontextmanager
async def switched(site: Site, desk: Desk, state: str, *tolerations: str) -> AsyncIterator[None]:
    """Switch tolerations of a workspace for as long as a case takes."""
    await site.app.workspaces.set(desk.slug, {f"tolerate.{name}": state for name in tolerations})
    try:
        yield
    finally:
        await site.app.workspaces.set(desk.slug, {f"tolerate.{name}": "default" for name in tolerations})


async def result(desk: Desk, case: Case, call: Call) -> Any:
    """Send one of the two requests and return what it has led to."""
    if case.before:
        await desk.create(case.before)
    return await desk.outcome(call, await desk.send(call))


async def judged(desk: Desk, case: Case) -> None:
    """Check that the request is answered as the RFC has it, and has changed nothing if it is refused."""
    endpoint = case.wrong.path.partition("/")[0]
    if case.before:
        await desk.create(case.before)
    before = await desk.read(endpoint) if case.before else None
    answer = await desk.send(case.wrong)
    if not isinstance(case.strict, Refused):
        assert await desk.outcome(case.wrong, answer) == case.strict.after
        return
    assert refusal(answer) == (case.strict.status, case.strict.scim_type), answer.text
    detail = answer.json()["detail"]
    assert [words for words in case.strict.words if words not in detail] == [], detail
    if case.before:
        assert await desk.read(endpoint) == before
    else:
        assert not await desk.exists(case.wrong)


async def test_every_case_has_a_name_of_its_own() -> None:
    assert [name for name, count in Counter(map(str, CASES)).items() if count > 1] == []


async def test_every_toleration_has_a_case() -> None:
    assert {case.toleration for case in CASES} == TOLERATIONS.keys()
    assert {name for case in CASES for name in case.beside} <= TOLERATIONS.keys()
