"""Requests: what goes over the wire, what is tried again and when, what is counted and written down."""

from collections.abc import Callable

import httpx
import pytest

from scimserver.simulate.problems import SimulateProblem
from scimserver.simulate.wire import Note, Retries, Unreachable, Wire, base_url

from .entra_world import Memory
from .fake_server import URL

NOTE = Note(1, "users", "match", "user", "p-ines")
OK = frozenset({200})


class Clock:
    """Time that passes only by sleeping."""

    def __init__(self) -> None:
        self.now = 100.0
        self.pauses: list[float] = []

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.pauses.append(round(seconds, 6))
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def journal() -> Memory:
    return Memory()


Script = list[httpx.Response | Exception]


@pytest.fixture
def asked() -> list[httpx.Request]:
    return []


@pytest.fixture
def wire(clock: Clock, journal: Memory, asked: list[httpx.Request]) -> Callable[..., Wire]:
    def make(*answers: httpx.Response | Exception, **options: object) -> Wire:
        waiting = iter(answers)

        def answer(request: httpx.Request) -> httpx.Response:
            asked.append(request)
            found = next(waiting)
            if isinstance(found, Exception):
                raise found
            return found

        transport = httpx.MockTransport(answer)
        return Wire(URL, "scs_1", journal=journal, transport=transport, sleep=clock.sleep, clock=clock, **options)  # type: ignore[arg-type]

    return make


async def test_a_filter_goes_form_encoded(wire: Callable[..., Wire], asked: list[httpx.Request]) -> None:
    params = {"filter": 'userName eq "ines+field@larkfield.example"'}
    await wire(httpx.Response(200, json={})).send("GET", "/Users", params=params, expect=OK, note=NOTE)
    assert asked[0].url.raw_path == (
        b"/t/larkfield/scim/v2/Users?filter=userName+eq+%22ines%2Bfield%40larkfield.example%22"
    )


async def test_headers_are_those_of_entra(wire: Callable[..., Wire], asked: list[httpx.Request]) -> None:
    answers = [httpx.Response(200, json={}), httpx.Response(200, json={})]
    client = wire(*answers)
    await client.send("POST", "/Users", body={"userName": "ines"}, expect=OK, note=NOTE)
    await client.send("GET", "/Users", expect=OK, note=NOTE)
    assert asked[0].headers["Authorization"] == "Bearer scs_1"
    assert asked[0].headers["Accept"] == "application/scim+json"
    assert asked[0].headers["Content-Type"] == "application/scim+json; charset=utf-8"
    assert "Content-Type" not in asked[1].headers


@pytest.mark.parametrize(
    ("url", "base"),
    [
        ("https://scim.example.net/t/lark/scim/v2", "https://scim.example.net/t/lark/scim/v2"),
        ("https://scim.example.net/t/lark/scim/v2/", "https://scim.example.net/t/lark/scim/v2"),
        ("https://scim.example.net/t/lark/scim/v2/?aadOptscim062020", "https://scim.example.net/t/lark/scim/v2"),
    ],
)
def test_a_tenant_url_is_taken_without_flag_and_slash(url: str, base: str) -> None:
    assert base_url(url) == base


@pytest.mark.parametrize("url", ["scim.example.net/t/lark", "ftp://scim.example.net", "https:///t/lark", ""])
def test_what_is_no_url_is_refused(url: str) -> None:
    with pytest.raises(SimulateProblem, match="is not a Tenant URL"):
        base_url(url)


@pytest.mark.parametrize(
    ("refusal", "pause"),
    [
        (httpx.Response(429, headers={"Retry-After": "7"}), 7.0),
        (httpx.Response(429), 5.0),
        (httpx.Response(429, headers={"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}), 5.0),
        (httpx.Response(503, headers={"Retry-After": "2"}), 2.0),
        (httpx.Response(500), 0.5),
        (httpx.ConnectError("refused"), 0.5),
        (httpx.ReadTimeout("slow"), 0.5),
    ],
)
async def test_what_may_pass_is_tried_again_after_a_pause(
    wire: Callable[..., Wire], clock: Clock, refusal: httpx.Response | Exception, pause: float
) -> None:
    answer = await wire(refusal, httpx.Response(200, json={})).send("GET", "/Users", expect=OK, note=NOTE)
    assert (answer.status, answer.attempts, clock.pauses) == (200, 2, [pause])


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 409, 412, 413, 422, 501])
async def test_what_will_not_pass_is_not_tried_again(wire: Callable[..., Wire], clock: Clock, status: int) -> None:
    answer = await wire(httpx.Response(status)).send("GET", "/Users", expect=OK, note=NOTE)
    assert (answer.status, answer.attempts, answer.ok, clock.pauses) == (status, 1, False, [])


async def test_pauses_double_and_end(wire: Callable[..., Wire], clock: Clock, journal: Memory) -> None:
    answers = [httpx.Response(500, json={"detail": "no"}) for _ in range(4)]
    answer = await wire(*answers).send("PATCH", "/Users/u_1", body={}, expect=OK, note=NOTE)
    assert (answer.status, answer.attempts, clock.pauses) == (500, 4, [0.5, 1.0, 2.0])
    (entry,) = journal.entries
    assert (entry.result, entry.status, entry.attempts, entry.detail) == ("failure", 500, 4, "no")


async def test_a_server_that_wants_an_hour_is_left_alone(wire: Callable[..., Wire], clock: Clock) -> None:
    answer = await wire(httpx.Response(429, headers={"Retry-After": "3600"})).send(
        "GET", "/Users", expect=OK, note=NOTE
    )
    assert (answer.status, clock.pauses) == (429, [])


async def test_a_create_whose_answer_was_lost_is_not_sent_twice(wire: Callable[..., Wire], clock: Clock) -> None:
    answer = await wire(httpx.ReadError("reset")).send("POST", "/Users", body={}, expect=OK, note=NOTE)
    assert (answer.status, answer.ok, clock.pauses) == (0, False, [])


async def test_a_create_that_never_reached_the_server_is(wire: Callable[..., Wire]) -> None:
    answers = [httpx.ConnectError("refused"), httpx.Response(201, json={"id": "u_1"})]
    answer = await wire(*answers).send("POST", "/Users", body={}, expect=frozenset({201}), note=NOTE)
    assert (answer.status, answer.attempts) == (201, 2)


async def test_a_server_that_is_gone_ends_the_run(wire: Callable[..., Wire]) -> None:
    client = wire(*[httpx.ConnectError("refused")] * 99, retries=Retries(attempts=1))
    for _ in range(9):
        await client.send("GET", "/Users", expect=OK, note=NOTE)
    with pytest.raises(Unreachable, match=r"10 requests in a row.*--state"):
        await client.send("GET", "/Users", expect=OK, note=NOTE)


async def test_an_answer_in_between_shows_that_it_is_not_gone(wire: Callable[..., Wire]) -> None:
    answers: list[httpx.Response | Exception] = [httpx.ConnectError("refused")] * 9
    client = wire(*answers, httpx.Response(500), *answers, retries=Retries(attempts=1))
    for _ in range(19):
        await client.send("GET", "/Users", expect=OK, note=NOTE)


async def test_the_rate_is_kept(wire: Callable[..., Wire], clock: Clock) -> None:
    client = wire(*[httpx.Response(200, json={}) for _ in range(5)], rate=25)
    for _ in range(5):
        await client.send("GET", "/Users", expect=OK, note=NOTE)
    assert clock.pauses == [0.04] * 4


async def test_writes_are_counted_with_every_attempt(wire: Callable[..., Wire]) -> None:
    client = wire(httpx.Response(500), httpx.Response(204), httpx.Response(200, json={}))
    await client.send("DELETE", "/Users/u_1", expect=frozenset({204}), note=NOTE)
    await client.send("GET", "/Users", expect=OK, note=NOTE)
    assert (client.counts, client.writes) == ({"DELETE": 2, "GET": 1}, 2)


async def test_the_journal_has_the_servers_words_and_no_parameters(wire: Callable[..., Wire], journal: Memory) -> None:
    refusal = httpx.Response(400, json={"detail": "`active`: expected a boolean"}, headers={"X-Request-Id": "7f"})
    await wire(refusal).send("GET", "/Users", params={"filter": 'userName eq "ines"'}, expect=OK, note=NOTE)
    (entry,) = journal.entries
    assert (entry.request, entry.detail, entry.request_id) == ("GET /Users", "`active`: expected a boolean", "7f")
    assert (entry.source_id, entry.phase, entry.code) == ("p-ines", "users", "400")


async def test_a_body_that_is_no_json_is_quoted(wire: Callable[..., Wire]) -> None:
    answer = await wire(httpx.Response(502, text="<h1>Bad Gateway</h1>"), retries=Retries(attempts=1)).send(
        "GET", "/Users", expect=OK, note=NOTE
    )
    assert (answer.body, answer.detail) == (None, "<h1>Bad Gateway</h1>")
