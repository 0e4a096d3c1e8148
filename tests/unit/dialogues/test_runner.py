"""The runner against a server that answers whatever a test wants: every kind of wrong answer is reported readably."""

import gzip
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from scimserver.conformance.answers import BULK, ERROR, LIST, MEDIA_TYPE
from scimserver.conformance.fixture import Actor, Dialogue, Exchange, Request, Response
from scimserver.conformance.published import SERVICE_SCHEMAS, Asked, Published
from scimserver.conformance.runner import DialogueFailed, Send, Server, published_by, replay

from .conftest import SCHEMAS, SERVICES, TENANT_URL, TYPES, user

HEADERS = {"Content-Type": MEDIA_TYPE, "X-Request-Id": "r-1", "ETag": 'W/"1"'}

Answer = Callable[[httpx.Request], httpx.Response]


def answer(status: int, body: Any = None, **headers: str | None) -> Answer:
    """Always answer this; a header of None is left out."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    kept = {name: value for name, value in (HEADERS | named).items() if value is not None}
    content = b"" if body is None else body.encode() if isinstance(body, str) else json.dumps(body).encode()
    return lambda _: httpx.Response(status, headers=kept, content=content)


@dataclass(frozen=True)
class Scripted(Server):
    """A server without a network; remembers what it was asked."""

    answers: list[Answer] = field(default_factory=list)
    asked: list[httpx.Request] = field(default_factory=list)

    def client(self) -> httpx.AsyncClient:
        def serve(request: httpx.Request) -> httpx.Response:
            self.asked.append(request)
            return self.answers[min(len(self.asked), len(self.answers)) - 1](request)

        return httpx.AsyncClient(transport=httpx.MockTransport(serve))


def server(*answers: Answer) -> Scripted:
    return Scripted("http://127.0.0.1:1/scim", "token-1", TENANT_URL, list(answers))


def exchange(request: Request, response: Response, title: str = "an exchange") -> Exchange:
    return Exchange(title, "RFC 7644 §3", request, response, note="A note.")


def dialogue(*exchanges: Exchange, given: tuple[Actor, ...] = ()) -> Dialogue:
    return Dialogue("some.json", "Some dialogue", frozenset(), given, exchanges)


GET = Request("GET", "/Users/u_1")
OK = Response(200, body={"...": True})


async def failure(published: Published, request: Request, expected: Response, answered: Answer) -> list[str]:
    """Return the lines that begin with a dash; an empty list if nothing is wrong."""
    try:
        await replay(dialogue(exchange(request, expected)), server(answered), published)
    except DialogueFailed as failed:
        return [line.strip().removeprefix("- ") for line in str(failed).splitlines() if line.startswith("  - ")]
    return []


# -- what a dialogue says ----------------------------------------------------------------------------------------------


async def test_an_answer_that_fits_is_silent(published: Published) -> None:
    assert await failure(published, GET, Response(200, {"ETag": 'W/"1"', "X": None}, user()), answer(200, user())) == []


async def test_a_failure_tells_file_exchange_source_request_and_answer(published: Published) -> None:
    played = dialogue(exchange(Request("GET", "/Users", {"count": "1"}), OK, "one user"))
    with pytest.raises(DialogueFailed) as failed:
        await replay(played, server(answer(404, {"schemas": [ERROR], "status": "404", "detail": "Gone."})), published)
    assert str(failed.value).splitlines() == [
        "some.json: Some dialogue: one user",
        "  RFC 7644 §3",
        "  GET /scim/Users?count=1 -> 404",
        "  note: A note.",
        "  - status: expected 200, got 404",
        '  answer: {"schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "status": "404", "detail": "Gone."}',
    ]


async def test_a_wrong_body_is_reported_by_its_places(published: Published) -> None:
    expected = Response(200, body=user(userName="jun", active=True))
    assert await failure(published, GET, expected, answer(200, user(age=7))) == [
        'body.userName: expected "jun", got "ines"',
        "body.active: missing, expected true",
        "body.age: not expected: 7",
    ]


async def test_a_wrong_header_is_reported(published: Published) -> None:
    expected = Response(200, {"ETag": 'W/"2"', "Location": "<text>", "X-Request-Id": None}, {"...": True})
    assert await failure(published, GET, expected, answer(200, user())) == [
        'header ETag: expected "W/\\"2\\"", got "W/\\"1\\""',
        "header Location: expected <text>, got nothing",
        'header X-Request-Id: expected <absent>, got "r-1"',
    ]


async def test_an_answer_that_is_no_json_is_reported(published: Published) -> None:
    (line,) = await failure(published, GET, OK, answer(200, "<html>"))
    assert line.startswith("body: ") and "<html>" in line


async def test_a_name_that_is_there_twice_is_reported(published: Published) -> None:
    (line,) = await failure(published, GET, OK, answer(200, '{"id": "u_1", "id": "u_2"}'))
    assert "has id twice" in line


async def test_the_first_exchange_that_fails_ends_the_dialogue(published: Published) -> None:
    asked = server(answer(200, user()), answer(500, {"schemas": [ERROR], "status": "500", "detail": "Oh."}))
    with pytest.raises(DialogueFailed, match="the second"):
        await replay(
            dialogue(exchange(GET, OK, "the first"), exchange(GET, OK, "the second"), exchange(GET, OK)),
            asked,
            published,
        )
    assert len(asked.asked) == 2


async def test_an_answer_without_what_it_should_bind_is_reported(published: Published) -> None:
    expected = Response(200, body={"id": "<id:ines>", "userName": "{ines}", "...": True})
    resource = user()
    del resource["id"]
    lines = await failure(published, GET, expected, answer(200, resource))
    assert "body.id: expected <id:ines>, got nothing" in lines
    assert 'body.userName: expected "{ines}", got "ines"' in lines


# -- what is sent ------------------------------------------------------------------------------------------------------


async def test_what_was_bound_is_used_in_path_query_header_and_body(published: Published) -> None:
    asked = server(
        answer(201, user(), Location=f"{TENANT_URL}/Users/u_1"),
        answer(200, user()),
        answer(200, {"schemas": [LIST], "totalResults": 0, "startIndex": 1, "itemsPerPage": 0, "Resources": []}),
    )
    body = {"{ines}": ["x {ines}"], "long": "<letters:3>"}
    await replay(
        dialogue(
            exchange(Request("PUT", "/Users/{ines}", headers={"If-Match": "{ines}"}, body=body), OK),
            exchange(Request("GET", "/Users", {"filter": 'id eq "{ines}"', "attributes": "id"}), OK),
            given=(Actor("ines", "/Users", {"userName": "ines"}),),
        ),
        asked,
        published,
    )
    created, replaced, queried = asked.asked
    assert (created.method, str(created.url)) == ("POST", "http://127.0.0.1:1/scim/Users")
    assert (replaced.url.path, replaced.headers["If-Match"]) == ("/scim/Users/u_1", "u_1")
    assert json.loads(replaced.content) == {"u_1": ["x u_1"], "long": "xxx"}
    assert queried.url.params["filter"] == 'id eq "u_1"'


async def test_the_usual_headers_are_sent_replaced_or_left_out(published: Published) -> None:
    asked = server(answer(200, user()))
    own = {"accept": "text/html", "Authorization": None, "Content-Type": None, "User-Agent": None}
    plain, changed = Request("PUT", "/Users/u_1", body={}), Request("PUT", "/Users/u_1", headers=own, body={})
    await replay(dialogue(exchange(plain, OK), exchange(changed, OK)), asked, published)
    first, second = (request.headers for request in asked.asked)
    assert first["Authorization"] == "Bearer token-1" and first["Accept-Encoding"] == "identity"
    assert first["Accept"] == first["Content-Type"] == "application/scim+json"
    assert second["Accept"] == "text/html"
    assert not {"authorization", "content-type", "user-agent"} & set(second)


async def test_a_query_that_is_a_text_is_sent_as_it_is(published: Published) -> None:
    asked = server(answer(200, user()))
    await replay(dialogue(exchange(Request("GET", "/Users/u_1", "cursor&a=%20b"), OK)), asked, published)
    assert asked.asked[0].url.query == b"cursor&a=%20b"


async def test_a_lone_question_mark_is_sent(published: Published) -> None:
    asked = server(answer(200, user()))
    await replay(dialogue(exchange(Request("GET", "/Users/u_1?"), OK)), asked, published)
    assert asked.asked[0].url.raw_path.endswith(b"/Users/u_1?")


async def test_a_body_that_says_so_is_compressed(published: Published) -> None:
    asked = server(answer(200, user()))
    packed = Request("PUT", "/Users/u_1", headers={"Content-Encoding": "gzip"}, body={"userName": "ines"})
    await replay(
        dialogue(exchange(packed, OK), exchange(Request("PUT", "/Users/u_1", text="{broken"), OK)), asked, published
    )
    assert json.loads(gzip.decompress(asked.asked[0].content)) == {"userName": "ines"}
    assert asked.asked[1].content == b"{broken"


# -- what every answer must hold ---------------------------------------------------------------------------------------


def listed(*resources: Any, **more: Any) -> dict[str, Any]:
    body = {"schemas": [LIST], "totalResults": len(resources), "startIndex": 1, "itemsPerPage": len(resources)}
    return {**body, "Resources": list(resources), **more}


def error(status: int = 400, **more: Any) -> dict[str, Any]:
    return {"schemas": [ERROR], "status": str(status), "detail": "Because.", **more}


@pytest.mark.parametrize(
    ("request_", "status", "right", "wrong", "said"),
    [
        (GET, 200, answer(200, user()), answer(200, user(age="7")), "body.age: expected a value of type integer"),
        (GET, 200, answer(200, user()), answer(200, user(), X_Request_Id=None), "header X-Request-Id: missing"),
        (GET, 200, answer(200, user()), answer(200, user(), ETag=None), "header ETag: missing"),
        (GET, 200, answer(200, user()), answer(200, user(), ETag='W/"2"'), 'header ETag: W/"2" is not meta.version'),
        (
            GET,
            200,
            answer(200, user()),
            answer(200, user(), Content_Location="/x"),
            "header Content-Location: /x is not",
        ),
        (GET, 200, answer(200, user()), answer(200, user(), Content_Type="application/json"), "header Content-Type"),
        (GET, 200, answer(200, user()), answer(200, [user()]), "body: expected a JSON object"),
        (
            Request("POST", "/Users", body={}),
            201,
            answer(201, user(), Location=f"{TENANT_URL}/Users/u_1"),
            answer(201, user()),
            "header Location: missing",
        ),
        (GET, 400, answer(400, error()), answer(400, user()), "body: is no Error message"),
        (GET, 400, answer(400, error()), answer(400, error(status=404)), "body.status: expected the text '400'"),
        (GET, 400, answer(400, error()), answer(400, error() | {"status": 400}), "body.status: expected the text"),
        (GET, 400, answer(400, error()), answer(400, error(detail="")), "body.detail: expected a text"),
        (GET, 400, answer(400, error()), answer(400, error(title="x")), "body.title: no such member"),
        (
            GET,
            400,
            answer(400, error(scimType="invalidValue")),
            answer(400, error(scimType="uniqueness")),
            "body.scimType: 'uniqueness' does not go with 400",
        ),
        (GET, 400, answer(400, error(scimType="noTarget")), answer(400, error(scimType="x")), "body.scimType: 'x'"),
        (GET, 200, answer(200, listed(user())), answer(200, listed(user(age="7"))), "body.Resources[0].age: expected"),
        (
            GET,
            200,
            answer(200, listed(user())),
            answer(200, listed(user(), user())),
            "body.Resources: has one resource twice",
        ),
        (GET, 200, answer(200, listed(user())), answer(200, listed(user(), totalResults=0)), "body.totalResults"),
        (GET, 200, answer(200, listed(user())), answer(200, listed(user(), totalResults="1")), "body.totalResults"),
        (GET, 200, answer(200, listed(user())), answer(200, listed(user(), itemsPerPage=2)), "body.itemsPerPage"),
        (GET, 200, answer(200, listed()), answer(200, listed(Resources=None)), "body.Resources: expected a list"),
        (GET, 200, answer(200, listed()), answer(200, listed(startIndex=2)), "body.startIndex: got 2"),
        (GET, 200, answer(200, listed()), answer(200, listed(nextCursor="a")), "body.nextCursor: no such member"),
        (
            Request("GET", "/Users", {"count": "1", "startIndex": "3"}),
            200,
            answer(200, listed(user(), startIndex=3)),
            answer(200, listed(user(), user(id="u_2"), startIndex=3)),
            "body.Resources: 2 entries, the request asked for at most 1",
        ),
        (
            Request("GET", "/Users", {"attributes": "userName"}),
            200,
            answer(200, listed({k: v for k, v in user().items() if k != "meta"})),
            answer(200, listed(user())),
            "body.Resources[0].meta: was not asked for",
        ),
        (
            Request("POST", "/Users/.search", body={"excludedAttributes": ["userName"]}),
            200,
            answer(200, listed({k: v for k, v in user().items() if k != "userName"})),
            answer(200, listed(user())),
            "body.Resources[0].userName: was excluded",
        ),
        (
            Request("DELETE", "/Users/u_1"),
            204,
            answer(204),
            lambda _: httpx.Response(204, headers={"X-Request-Id": "r-1"}, content=b"{}"),
            "body: 204 to DELETE must have none",
        ),
        (
            Request("HEAD", "/Users/u_1"),
            200,
            answer(200),
            lambda _: httpx.Response(200, headers={"X-Request-Id": "r-1"}, content=b"{}"),
            "body: 200 to HEAD must have none",
        ),
    ],
)
async def test_an_answer_is_checked_whatever_its_dialogue_says(
    published: Published, request_: Request, status: int, right: Answer, wrong: Answer, said: str
) -> None:
    expected = Response(status, body=None if status == 204 or request_.method == "HEAD" else "<any>")
    assert await failure(published, request_, expected, right) == []
    assert [line for line in await failure(published, request_, expected, wrong) if line.startswith(said)]


def paged(**more: Any) -> dict[str, Any]:
    return {"schemas": [LIST], "totalResults": 0, "itemsPerPage": 0, "Resources": [], **more}


async def test_a_page_by_cursor_has_cursors_and_no_index(published: Published) -> None:
    request = Request("GET", "/Users", "cursor&count=2")
    for right in (paged(), paged(nextCursor="a", previousCursor="b")):
        assert await failure(published, request, OK, answer(200, right)) == []
    uncounted = paged()
    del uncounted["totalResults"]
    assert await failure(published, request, OK, answer(200, uncounted)) == []
    for wrong, said in ((paged(startIndex=1), "body.startIndex"), (paged(nextCursor="a/b"), "body.nextCursor")):
        (line,) = await failure(published, request, OK, answer(200, wrong))
        assert line.startswith(said)


OPERATIONS = [{"METHOD": "post", "bulkID": "a", "path": "/Users"}, {"method": "DELETE", "path": "/Users/u_1"}]
RESULTS = [
    {"method": "POST", "bulkId": "a", "location": f"{TENANT_URL}/Users/u_2", "version": 'W/"1"', "status": "201"},
    {"method": "DELETE", "location": f"{TENANT_URL}/Users/u_1", "status": "204"},
]


@pytest.mark.parametrize(
    ("number", "change", "said"),
    [
        (0, {}, ""),
        (0, {"status": "400", "location": None, "version": None, "response": error()}, ""),
        (0, {"status": 201}, "Operations[0].status: expected a text of digits"),
        (0, {"method": "PUT"}, "Operations[0].method: expected 'POST'"),
        (0, {"bulkId": "b"}, "Operations[0].bulkId: expected 'a'"),
        (0, {"location": None}, "Operations[0].location: missing"),
        (0, {"location": "/Users/u_2"}, "Operations[0].location: is not below the Tenant URL"),
        (0, {"version": "1"}, "Operations[0].version: is no entity tag"),
        (0, {"path": "/Users"}, "Operations[0].path: no such member"),
        (0, {"response": user(age="7")}, "Operations[0].response.age: expected a value of type integer"),
        (1, {"status": "404"}, "Operations[1].response: is no Error message"),
        (1, {"status": "404", "response": error(400)}, "Operations[1].response.status: expected the text '404'"),
        (1, {"status": "404", "response": error(404), "location": None}, "Operations[1].location: missing"),
    ],
)
async def test_the_results_of_a_bulk_request_are_checked(
    published: Published, number: int, change: dict[str, Any], said: str
) -> None:
    results = [dict(result) for result in RESULTS]
    results[number] = {name: value for name, value in (results[number] | change).items() if value is not None}
    request = Request("POST", "/Bulk", body={"Operations": OPERATIONS})
    lines = await failure(published, request, OK, answer(200, {"schemas": [BULK], "Operations": results}))
    assert [line for line in lines if not line.startswith(f"body.{said}")] == [] and bool(lines) == bool(said)


async def test_a_bulk_answer_is_complete_unless_errors_may_end_it(published: Published) -> None:
    short = answer(200, {"schemas": [BULK], "Operations": RESULTS[:1]})
    request = Request("POST", "/Bulk", body={"Operations": OPERATIONS})
    assert "without failOnErrors" in (await failure(published, request, OK, short))[0]
    ended = Request("POST", "/Bulk", body={"failOnErrors": 1, "Operations": OPERATIONS})
    assert await failure(published, ended, OK, short) == []
    long = answer(200, {"schemas": [BULK], "Operations": [*RESULTS, *RESULTS]})
    assert "expected a list of at most 2" in (await failure(published, request, OK, long))[0]


# -- what a server publishes -------------------------------------------------------------------------------------------


async def test_what_is_published_is_fetched_with_the_token() -> None:
    documents = {"/scim/ResourceTypes": {"Resources": TYPES}, "/scim/Schemas": {"Resources": SCHEMAS}}
    documents |= {f"/scim/Schemas/{schema['id']}": schema for schema in SERVICES}
    asked = server(lambda request: httpx.Response(200, json=documents[request.url.path]))
    published = await published_by(asked)
    assert list(published.problems(user(), Asked(), "body")) == []
    assert {request.headers["Authorization"] for request in asked.asked} == {"Bearer token-1"}


async def test_a_server_that_does_not_publish_is_refused() -> None:
    def serve(request: httpx.Request) -> httpx.Response:
        return httpx.Response(404 if SERVICE_SCHEMAS[2] in str(request.url) else 200, json={"Resources": TYPES})

    with pytest.raises(DialogueFailed, match=f"GET /Schemas/{SERVICE_SCHEMAS[2]}: 404"):
        await published_by(server(serve))


# -- what a test looks at besides --------------------------------------------------------------------------------------


async def test_before_an_exchange_its_request_can_be_sent_and_the_answer_is_for_the_test(published: Published) -> None:
    statuses: list[int] = []

    async def before(_: Exchange, send: Send) -> list[str]:
        statuses.append((await send()).status_code)
        return []

    scripted = server(answer(400), answer(200, user()))
    await replay(dialogue(exchange(GET, OK)), scripted, published, before=before)
    assert statuses == [400]
    assert [str(request.url) for request in scripted.asked] == ["http://127.0.0.1:1/scim/Users/u_1"] * 2


async def test_what_a_test_finds_before_or_after_ends_the_dialogue(published: Published) -> None:
    async def wrong(*_: Any) -> list[str]:
        return ["  the log says nothing"]

    played = dialogue(exchange(GET, OK, "the first"), exchange(GET, OK, "the second"))
    for hooks, asked in (({"before": wrong}, 0), ({"after": wrong}, 1)):
        scripted = server(answer(200, user()))
        with pytest.raises(DialogueFailed, match="Some dialogue: the first\n  the log says nothing"):
            await replay(played, scripted, published, **hooks)
        assert len(scripted.asked) == asked


async def test_what_is_given_is_none_of_the_tests_exchanges(published: Published) -> None:
    seen: list[str] = []

    async def after(played: Exchange) -> list[str]:
        seen.append(played.title)
        return []

    ines = Actor("ines", "/Users", {"userName": "ines"})
    created = answer(201, user(), Location=f"{TENANT_URL}/Users/u_1")
    played = dialogue(exchange(GET, OK, "read"), given=(ines,))
    await replay(played, server(created, answer(200, user())), published, after=after)
    assert seen == ["read"]
