"""Every toleration: what it takes, what that means, and what a workspace without it answers."""

from collections import Counter
from typing import Any

import pytest

from .cases import Call, Case, Desk, Refused, refusal
from .corpus import CASES

every_case = pytest.mark.parametrize("case", CASES, ids=str)

NOT_YET = {
    "path-as-key: a key with a URN": "a strict workspace takes the key",
    "remove-absent: a member who is none": "a strict workspace removes nobody without a word",
    "unknown-member: one of three that are added": "a strict workspace leaves it out",
    "unknown-member: one of three in a full list": "a strict workspace leaves it out",
    "unknown-member: in a POST": "a strict workspace leaves it out",
    "unknown-member: in a PUT": "a strict workspace leaves it out",
}
refused_cases = [
    pytest.param(case, id=str(case), marks=[pytest.mark.xfail(strict=True, reason=NOT_YET[str(case)])])
    if str(case) in NOT_YET
    else pytest.param(case, id=str(case))
    for case in CASES
]
pytestmark = pytest.mark.asyncio(loop_scope="module")


@every_case
async def test_it_is_read_as_its_legal_form(tolerant: Desk, case: Case) -> None:
    assert await result(tolerant, case, case.wrong) == case.after


@every_case
async def test_its_legal_form_means_the_same_everywhere(either: Desk, case: Case) -> None:
    assert await result(either, case, case.legal) == case.after


@pytest.mark.parametrize("case", refused_cases)
async def test_the_rfc_refuses_it_or_means_something_else(strict: Desk, case: Case) -> None:
    await judged(strict, case)


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
