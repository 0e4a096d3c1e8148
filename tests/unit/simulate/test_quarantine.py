"""When Entra stops: at once, by share, by number; and what it says then."""

import pytest

from scimserver.simulate.quarantine import Quarantined, Watch, explain
from scimserver.simulate.state import Quarantine
from scimserver.simulate.wire import Answer, Request

QUESTION = Request("GET", "/Users", {"filter": 'userName eq "x"'}, frozenset({200}))
READ = Request("GET", "/Users/u_1", {}, frozenset({200}))


@pytest.mark.parametrize("status", [401, 403])
def test_refused_credentials_stop_at_once(status: int) -> None:
    with pytest.raises(Quarantined, match=f"Secret Token with {status}.*expired") as caught:
        Watch().inspect(READ, Answer(status, body={"detail": "the token has expired"}))
    assert caught.value.reason == "EncounteredQuarantineException"


def test_404_on_a_question_stops_at_once() -> None:
    with pytest.raises(Quarantined, match=r"404 instead of 200 with an empty list.*SCIM compliance issue"):
        Watch().inspect(QUESTION, Answer(404))


@pytest.mark.parametrize(
    ("request_", "status"), [(READ, 404), (QUESTION, 200), (QUESTION, 400), (QUESTION, 500), (READ, 429), (READ, 0)]
)
def test_other_answers_do_not(request_: Request, status: int) -> None:
    Watch().inspect(request_, Answer(status))


def test_the_share_counts_from_5000_failures() -> None:
    watch = Watch()
    for _ in range(4_999):
        watch.fail()
    with pytest.raises(Quarantined, match=r"5,000 of 5,000 objects failed \(100%\)") as caught:
        watch.fail()
    assert caught.value.reason == "EncounteredEscrowProportionThreshold"


def test_forty_percent_is_not_too_much() -> None:
    watch = Watch()
    watch.successes = 7_500
    for _ in range(5_000):
        watch.fail()
    with pytest.raises(Quarantined, match="5,001 of 12,501"):
        watch.fail()


def test_more_than_40000_are_too_many_whatever_their_share() -> None:
    watch = Watch()
    watch.successes, watch.failures = 1_000_000, 40_000 - 1
    watch.fail()
    with pytest.raises(Quarantined, match="40,001 objects failed"):
        watch.fail()


def test_references_count_only_for_the_limit_of_any_kind() -> None:
    watch = Watch()
    for _ in range(60_000):
        watch.fail(reference=True)
    with pytest.raises(Quarantined, match="60,001 objects, managers and memberships"):
        watch.fail(reference=True)


@pytest.mark.parametrize(
    ("attempts", "when"),
    [
        (1, "6 hours after the first failure"),
        (2, "12 hours after the first"),
        (3, "24 hours after the first"),
        (4, "24 hours after the last try"),
    ],
)
def test_the_text_says_when_entra_would_try_again(attempts: int, when: str) -> None:
    text = explain(Quarantine("EncounteredQuarantineException", "", attempts))
    assert when in text
    assert "28 days" in text
