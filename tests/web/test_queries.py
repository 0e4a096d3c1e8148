"""Queries over HTTP: what is read from a URL and from a body, pages, cursors, order, ``.search`` and the root."""

from typing import Any
from urllib.parse import quote

import httpx
import pytest

from scimserver.errors import InvalidCount, InvalidSyntax, InvalidValue
from scimserver.schema.validation import check_message
from scimserver.service.queries import Query
from scimserver.settings import LimitSettings
from scimserver.web.queries import query_of_body, query_of_url

from .conftest import Site

SEARCH_REQUEST = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"
LIMITS = LimitSettings(page_default=10, page_maximum=20)
LARGEST = 2**63 - 1


def of_url(**sent: str) -> Query:
    found = {name.lower(): text for name, text in sent.items()}
    return query_of_url(lambda name: found.get(name.lower()), LIMITS)


def of_body(**sent: Any) -> Query:
    return query_of_body({"schemas": [SEARCH_REQUEST], **sent}, LIMITS)


# -- reading -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sent", "query"),
    [
        ({}, Query(10)),
        ({"startIndex": "0", "count": "0"}, Query(0, 1)),
        ({"startIndex": "-5", "count": "-1"}, Query(0, 1)),
        ({"startIndex": "7", "count": "5000"}, Query(20, 7)),
        ({"startIndex": "", "count": " 15 "}, Query(15, 1)),
        ({"startIndex": "9" * 40, "count": "10"}, Query(10, LARGEST)),
        ({"cursor": ""}, Query(10, cursor="")),
        ({"cursor": "", "count": "1"}, Query(1, cursor="")),
        ({"cursor": "", "count": "0"}, Query(0, cursor="")),
        ({"cursor": "abc", "count": "-1"}, Query(0, cursor="abc")),
        ({"cursor": "abc", "count": "20"}, Query(20, cursor="abc")),
        ({"cursor": "abc", "count": "21", "startIndex": " "}, Query(20, cursor="abc")),
        ({"cursor": "abc", "count": "9" * 40}, Query(20, cursor="abc")),
        ({"filter": "title pr", "sortBy": "title", "sortOrder": "up"}, Query(10, filter="title pr", sort_by="title", sort_order="up")),
        ({"filter": "", "sortBy": " "}, Query(10, filter="")),
        ({"attributes": "title,userName"}, Query(10, attributes="title,userName")),
        ({"excludedAttributes": "title"}, Query(10, excluded_attributes="title")),
    ],
)  # fmt: skip
def test_the_parameters_of_a_url_are_read(sent: dict[str, str], query: Query) -> None:
    assert of_url(**sent) == query


@pytest.mark.parametrize(
    ("sent", "query"),
    [
        ({}, Query(10)),
        ({"startIndex": 0, "count": 0}, Query(0, 1)),
        ({"startIndex": -5, "count": -1}, Query(0, 1)),
        ({"startIndex": 7, "count": 5000}, Query(20, 7)),
        ({"STARTINDEX": 7, "Count": 3, "unknown": True}, Query(3, 7)),
        ({"cursor": ""}, Query(10, cursor="")),
        ({"cursor": "abc", "count": 0}, Query(0, cursor="abc")),
        ({"cursor": "abc", "count": 21}, Query(20, cursor="abc")),
        ({"cursor": None, "startIndex": 2, "filter": None, "count": None}, Query(10, 2)),
        ({"filter": "title pr", "sortBy": "title", "sortOrder": "up"}, Query(10, filter="title pr", sort_by="title", sort_order="up")),
        ({"attributes": ["title", "userName"]}, Query(10, attributes="title,userName")),
        ({"excludedattributes": ["title"]}, Query(10, excluded_attributes="title")),
    ],
)  # fmt: skip
def test_a_search_request_is_read(sent: dict[str, Any], query: Query) -> None:
    assert of_body(**sent) == query


def test_a_search_request_may_leave_its_schemas_out_but_not_be_another_message() -> None:
    assert query_of_body({}, LIMITS) == Query(10)
    with pytest.raises(InvalidSyntax, match="SearchRequest"):
        of_body(schemas=["urn:ietf:params:scim:api:messages:2.0:PatchOp"])


@pytest.mark.parametrize(
    ("sent", "error", "told"),
    [
        ({"startIndex": "one"}, InvalidValue, "`startIndex`"),
        ({"count": "1.5"}, InvalidValue, "`count`"),
        ({"count": "1_0"}, InvalidValue, "`count`"),
        ({"count": "١"}, InvalidValue, "`count`"),
        ({"cursor": "x", "count": "ten"}, InvalidCount, "from 0 to 20"),
        ({"cursor": "", "startIndex": "1"}, InvalidValue, "`cursor` alone"),
    ],
)
def test_a_url_that_cannot_be_meant_is_refused(sent: dict[str, str], error: type[Exception], told: str) -> None:
    with pytest.raises(error, match=told):
        of_url(**sent)


@pytest.mark.parametrize(
    ("sent", "error", "told"),
    [
        ({"startIndex": "1"}, InvalidValue, "`startIndex`"),
        ({"startIndex": True}, InvalidValue, "`startIndex`"),
        ({"count": 1.0}, InvalidValue, "`count`"),
        ({"count": [1]}, InvalidValue, "`count`"),
        ({"cursor": "", "count": "1"}, InvalidCount, "from 0 to 20"),
        ({"cursor": "", "count": True}, InvalidCount, "from 0 to 20"),
        ({"cursor": "", "count": 2.5}, InvalidCount, "from 0 to 20"),
        ({"cursor": "", "startIndex": 1}, InvalidValue, "`cursor` alone"),
        ({"cursor": 5}, InvalidSyntax, "cursor"),
        ({"filter": ["title pr"]}, InvalidSyntax, "filter"),
        ({"sortBy": {}}, InvalidSyntax, "sortBy"),
        ({"attributes": "title"}, InvalidSyntax, "attributes"),
        ({"attributes": [1]}, InvalidSyntax, "attributes"),
        ({"filter": "title pr", "FILTER": "title pr"}, InvalidSyntax, "twice"),
    ],
)
def test_a_body_that_cannot_be_meant_is_refused(sent: dict[str, Any], error: type[Exception], told: str) -> None:
    with pytest.raises(error, match=told):
        of_body(**sent)


@pytest.mark.parametrize("body", [[], "userName pr", 5, None])
def test_a_body_that_is_no_object_is_refused(body: Any) -> None:
    with pytest.raises(InvalidSyntax, match="SearchRequest"):
        query_of_body(body, LIMITS)


# -- asking ------------------------------------------------------------------------------------------------------------

PEOPLE = {"carol": "Mate", "Anna": "Pilot", "bert": None, "dora": "mate", "Emil": None}


@pytest.fixture
async def people(client: httpx.AsyncClient) -> dict[str, str]:
    """Five users and two groups; returns ids by name."""
    ids: dict[str, str] = {}
    for name, title in PEOPLE.items():
        created = await client.post("Users", json={"userName": name, **({"title": title} if title else {})})
        ids[name] = created.json()["id"]
    for name, members in (("Works", ["Anna"]), ("Crew", ["bert", "carol"])):
        body = {"displayName": name, "members": [{"value": ids[m]} for m in members]}
        ids[name] = (await client.post("Groups", json=body)).json()["id"]
    return ids


async def ask(client: httpx.AsyncClient, path: str, **sent: Any) -> dict[str, Any]:
    """Ask by URL and by ``.search``, hold the two answers equal and valid, and return one."""
    response = await client.get(f"{path}?{query_string(sent)}")
    assert response.status_code == 200, response.text
    page = dict(response.json())
    check_message("ListResponse", page)
    posted = await client.post(f"{path}/.search", json={"schemas": [SEARCH_REQUEST], **sent})
    assert posted.status_code == 200 and posted.headers["Content-Type"] == response.headers["Content-Type"]
    assert without_cursors(posted.json()) == without_cursors(page)
    assert page["itemsPerPage"] == len(page["Resources"])
    return page


def query_string(sent: dict[str, Any]) -> str:
    texts = {name: ",".join(value) if isinstance(value, list) else str(value) for name, value in sent.items()}
    return "&".join(f"{name}={quote(text)}" for name, text in texts.items())


def without_cursors(page: dict[str, Any]) -> dict[str, Any]:
    return {k: bool(v) if k.endswith("Cursor") else v for k, v in page.items()}


def names(page: dict[str, Any]) -> list[str]:
    return [r.get("userName") or r["displayName"] for r in page["Resources"]]


async def last_page(client: httpx.AsyncClient, path: str, **sent: Any) -> dict[str, Any]:
    page = await ask(client, path, cursor="", **sent)
    assert "previousCursor" not in page
    while "nextCursor" in page:
        page = await ask(client, path, cursor=page["nextCursor"], **sent)
    return page


async def walk(client: httpx.AsyncClient, path: str, link: str, **sent: Any) -> list[list[str]]:
    pages = []
    while True:
        page = await ask(client, path, **sent)
        assert "startIndex" not in page
        pages.append(names(page))
        if link not in page:
            return pages
        sent["cursor"] = page[link]


BY_INDEX: list[tuple[dict[str, Any], list[str], int]] = [
    ({}, ["carol", "Anna", "bert", "dora", "Emil"], 5),
    ({"startIndex": 2, "count": 2}, ["Anna", "bert"], 5),
    ({"startIndex": 5, "count": 9}, ["Emil"], 5),
    ({"startIndex": 6}, [], 5),
    ({"count": 0}, [], 5),
    ({"count": 0, "filter": 'title eq "mate"'}, [], 2),
    ({"filter": 'title eq "mate"', "startIndex": 2}, ["dora"], 2),
    ({"filter": 'userName eq "anna"', "startIndex": 2}, [], 1),
    ({"filter": 'meta.resourceType eq "User"', "count": 1}, ["carol"], 5),
    ({"filter": 'meta.resourceType eq "Group"'}, [], 0),
    ({"sortBy": "userName"}, ["Anna", "bert", "carol", "dora", "Emil"], 5),
    ({"sortBy": "USERNAME", "sortOrder": "Descending", "count": 2}, ["Emil", "dora"], 5),
    ({"sortBy": "title", "startIndex": 2, "count": 3}, ["dora", "Anna", "bert"], 5),
    ({"sortBy": "title", "sortOrder": "descending"}, ["bert", "Emil", "Anna", "carol", "dora"], 5),
    ({"sortBy": "meta.created"}, ["carol", "Anna", "bert", "dora", "Emil"], 5),
    ({"sortBy": "groups.display"}, ["carol", "bert", "Anna", "dora", "Emil"], 5),
    ({"sortBy": "userName", "filter": "title pr", "count": 0}, [], 3),
    ({"sortBy": "userName", "filter": 'title eq "mate"'}, ["carol", "dora"], 2),
    ({"sortOrder": "descending", "count": 1}, ["carol"], 5),
]  # fmt: skip


async def test_a_page_by_index(client: httpx.AsyncClient, people: dict[str, str]) -> None:
    for sent, found, total in BY_INDEX:
        page = await ask(client, "Users", **sent)
        assert (sent, names(page), page["totalResults"]) == (sent, found, total)
        assert page["startIndex"] == sent.get("startIndex", 1)
        assert not page.keys() & {"nextCursor", "previousCursor"}


async def test_a_walk_that_goes_on_behind_the_last_page_finds_nothing_more_and_the_same_total(
    client: httpx.AsyncClient, people: dict[str, str]
) -> None:
    for sent in ({}, {"filter": 'title eq "mate" or userName eq "anna"'}, {"sortBy": "title"}):
        total = (await ask(client, "Users", count=0, **sent))["totalResults"]
        for start in (1, 3, 5, 6, 7):
            page = await ask(client, "Users", startIndex=start, count=2, **sent)
            assert (start, page["totalResults"]) == (start, total)
            assert len(names(page)) == max(0, min(2, total + 1 - start))


async def test_a_page_is_found_by_its_place_when_everything_is_new_since_a_probe(
    client: httpx.AsyncClient, people: dict[str, str]
) -> None:
    await ask(client, "Users", startIndex=1, count=1)
    for user in (people[name] for name in PEOPLE):
        assert (await client.delete(f"Users/{user}")).status_code == 204
    for name in ("frida", "gus", "hugo"):
        await client.post("Users", json={"userName": name})
    assert names(await ask(client, "Users", startIndex=1, count=3)) == ["frida", "gus", "hugo"]
    page = await ask(client, "Users", startIndex=2, count=2)
    assert (names(page), page["totalResults"]) == (["gus", "hugo"], 3)


BY_CURSOR: list[tuple[dict[str, Any], list[list[str]]]] = [
    ({}, [["carol", "Anna"], ["bert", "dora"], ["Emil"]]),
    ({"filter": "id pr"}, [["carol", "Anna"], ["bert", "dora"], ["Emil"]]),
    ({"filter": "title pr"}, [["carol", "Anna"], ["dora"]]),
    ({"filter": 'userName eq "anna" or userName eq "bert" or userName eq "emil"'}, [["Anna", "bert"], ["Emil"]]),
    ({"filter": 'title eq "mate"'}, [["carol", "dora"]]),
    ({"filter": 'userName eq "nobody"'}, [[]]),
    ({"sortBy": "userName"}, [["Anna", "bert"], ["carol", "dora"], ["Emil"]]),
    ({"sortBy": "title"}, [["carol", "dora"], ["Anna", "bert"], ["Emil"]]),
    ({"sortBy": "title", "sortOrder": "descending"}, [["bert", "Emil"], ["Anna", "carol"], ["dora"]]),
]  # fmt: skip


async def test_a_walk_by_cursor_there_and_back(client: httpx.AsyncClient, people: dict[str, str]) -> None:
    for sent, pages in BY_CURSOR:
        asked = {"count": 2, **sent}
        assert (sent, await walk(client, "Users", "nextCursor", cursor="", **asked)) == (sent, pages)
        last = await last_page(client, "Users", **asked)
        assert ("previousCursor" in last) is (len(pages) > 1)
        if len(pages) > 1:
            back = await walk(client, "Users", "previousCursor", cursor=last["previousCursor"], **asked)
            assert (sent, back) == (sent, pages[-2::-1])
            again = await ask(client, "Users", cursor=last["previousCursor"], **asked)
            assert names(await ask(client, "Users", cursor=again["nextCursor"], **asked)) == pages[-1]


async def test_a_cursor_parameter_without_a_value_is_the_first_page(
    client: httpx.AsyncClient, people: dict[str, str]
) -> None:
    for query in ("cursor&count=2", "count=2&CURSOR="):
        assert names((await client.get(f"Users?{query}")).json()) == ["carol", "Anna"]


async def test_a_total_is_told_unless_everything_would_have_to_be_read(
    client: httpx.AsyncClient, people: dict[str, str]
) -> None:
    assert (await ask(client, "Users", cursor="", count=1))["totalResults"] == 5
    assert (await ask(client, "Users", cursor="", count=1, filter='title eq "mate"')).get("totalResults") is None
    assert (await ask(client, "Users", cursor="", count=5, filter='title eq "mate"'))["totalResults"] == 2
    assert (await ask(client, "Users", cursor="", count=1, filter='userName eq "anna"'))["totalResults"] == 1
    assert (await ask(client, "Users", cursor="", count=1, filter="title pr", sortBy="title"))["totalResults"] == 3


async def test_with_a_cursor_too_a_count_of_zero_only_counts(client: httpx.AsyncClient, people: dict[str, str]) -> None:
    for count in (0, -1):
        for sent, total in (({}, 5), ({"filter": 'title eq "mate"'}, 2), ({"sortBy": "title"}, 5)):
            page = await ask(client, "Users", cursor="", count=count, **sent)
            assert page.pop("schemas") and page == {"totalResults": total, "itemsPerPage": 0, "Resources": []}
    assert (await client.get("Users?cursor=invented&count=0")).json()["scimType"] == "invalidCursor"


async def test_the_size_of_a_page_may_change_during_a_walk(client: httpx.AsyncClient, people: dict[str, str]) -> None:
    first = await ask(client, "Users", cursor="", count=1)
    assert names(await ask(client, "Users", cursor=first["nextCursor"], count=3)) == ["Anna", "bert", "dora"]


async def test_a_cursor_holds_for_its_query_its_endpoint_and_its_workspace(
    site: Site, client: httpx.AsyncClient, people: dict[str, str]
) -> None:
    cursor = (await ask(client, "Users", cursor="", count=1, filter="title pr"))["nextCursor"]
    same = [{"filter": "TITLE  pr"}, {"filter": "title pr", "count": 2}, {"filter": "(title pr)", "attributes": ["id"]}]
    for sent in same:
        assert (await client.get(f"Users?cursor={cursor}&{query_string(sent)}")).status_code == 200
    record, token = await site.app.tokens.create(await site.app.workspaces.create(f"other-{site.slug}"))
    assert record.ws
    async with site.anonymous(
        f"/t/other-{site.slug}/scim/v2/", {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    ) as foreign:
        for asker, path, sent in (
            (client, "Users", {}),
            (client, "Users", {"filter": "title eq null"}),
            (client, "Users", {"filter": "title pr", "sortBy": "title"}),
            (client, "", {"filter": "title pr"}),
            (client, "Groups", {}),
            (foreign, "Users", {"filter": "title pr"}),
        ):
            response = await asker.get(f"{path}?cursor={cursor}&{query_string(sent)}")
            assert (response.status_code, response.json()["scimType"]) == (400, "invalidCursor"), (path, sent)
            assert "another query" in response.json()["detail"]


REFUSED = [
    ("cursor=VZUTiyhEQJ94IR", "invalidCursor"),
    ("cursor&count=ten", "invalidCount"),
    ("cursor&startIndex=1", "invalidValue"),
    ("sortBy=nothing", "invalidValue"),
    ("sortBy=userName&sortOrder=up", "invalidValue"),
    ("sortBy=name", "invalidValue"),
    ("filter=nothing+pr", "invalidFilter"),
    ("filter=", "invalidFilter"),
    ("attributes=title&excludedAttributes=title", "invalidValue"),
]


@pytest.mark.parametrize("path", ["Users", ""])
async def test_what_cannot_be_answered_is_400_with_its_type(client: httpx.AsyncClient, path: str) -> None:
    for query, scim_type in REFUSED:
        response = await client.get(f"{path}?{query}")
        assert (query, response.status_code, response.json()["scimType"]) == (query, 400, scim_type)


# -- over several types ------------------------------------------------------------------------------------------------


OVER_TYPES: list[tuple[dict[str, Any], list[str], int]] = [
    ({}, ["carol", "Anna", "bert", "dora", "Emil", "Works", "Crew"], 7),
    ({"startIndex": 5, "count": 2}, ["Emil", "Works"], 7),
    ({"startIndex": 7, "count": 2}, ["Crew"], 7),
    ({"startIndex": 8}, [], 7),
    ({"count": 0}, [], 7),
    ({"filter": 'userName eq "anna"'}, ["Anna"], 1),
    ({"filter": 'displayName eq "crew" or userName eq "emil"'}, ["Emil", "Crew"], 2),
    ({"filter": 'meta.resourceType eq "Group"'}, ["Works", "Crew"], 2),
    ({"filter": 'meta.resourceType eq "User" and title eq "pilot"'}, ["Anna"], 1),
    ({"filter": 'title ne "mate"'}, ["Anna", "bert", "Emil", "Works", "Crew"], 5),
    ({"filter": "not (title pr)", "startIndex": 2, "count": 2}, ["Emil", "Works"], 4),
    ({"filter": "displayName pr and userName pr"}, [], 0),
    ({"sortBy": "displayName"}, ["Crew", "Works", "carol", "Anna", "bert", "dora", "Emil"], 7),
    ({"sortBy": "userName", "sortOrder": "descending", "count": 3}, ["Works", "Crew", "Emil"], 7),
    ({"sortBy": "userName", "filter": "title pr or members pr", "startIndex": 3}, ["dora", "Works", "Crew"], 5),
]  # fmt: skip


async def test_a_query_over_every_type(client: httpx.AsyncClient, people: dict[str, str]) -> None:
    own = {}
    for endpoint in ("Users", "Groups"):
        own |= {r["id"]: r for r in (await client.get(endpoint)).json()["Resources"]}
    for sent, found, total in OVER_TYPES:
        page = await ask(client, "", **sent)
        assert (sent, names(page), page["totalResults"]) == (sent, found, total)
        assert all(own[r["id"]] == r for r in page["Resources"]), "each as its own endpoint shows it"


WALKS_OVER_TYPES: list[tuple[dict[str, Any], list[list[str]]]] = [
    ({"count": 3}, [["carol", "Anna", "bert"], ["dora", "Emil", "Works"], ["Crew"]]),
    ({"count": 5}, [["carol", "Anna", "bert", "dora", "Emil"], ["Works", "Crew"]]),
    ({"count": 2, "filter": "not (title pr)"}, [["bert", "Emil"], ["Works", "Crew"]]),
    ({"count": 1, "filter": 'userName eq "emil" or members pr'}, [["Emil"], ["Works"], ["Crew"]]),
    ({"count": 3, "sortBy": "displayName"}, [["Crew", "Works", "carol"], ["Anna", "bert", "dora"], ["Emil"]]),
    ({"count": 4, "sortBy": "userName", "sortOrder": "descending"}, [["Works", "Crew", "Emil", "dora"], ["carol", "bert", "Anna"]]),
]  # fmt: skip


async def test_a_walk_over_every_type_there_and_back(client: httpx.AsyncClient, people: dict[str, str]) -> None:
    for sent, pages in WALKS_OVER_TYPES:
        assert (sent, await walk(client, "", "nextCursor", cursor="", **sent)) == (sent, pages)
        last = await last_page(client, "", **sent)
        back = await walk(client, "", "previousCursor", cursor=last["previousCursor"], **sent)
        assert (sent, back) == (sent, pages[-2::-1])


async def test_attributes_are_chosen_for_each_type(client: httpx.AsyncClient, people: dict[str, str]) -> None:
    page = await ask(client, "", attributes=["userName", "members.value"], startIndex=5, count=2)
    user, group = page["Resources"]
    assert user.keys() == {"schemas", "id", "userName"} and group.keys() == {"schemas", "id", "members"}
    assert group["members"] == [{"value": people["Anna"]}]


async def test_a_group_search_reads_the_members(client: httpx.AsyncClient, people: dict[str, str]) -> None:
    page = await ask(client, "Groups", filter=f'members eq "{people["bert"]}"', excludedAttributes=["meta"])
    assert names(page) == ["Crew"] and len(page["Resources"][0]["members"]) == 2
    first = await ask(client, "Groups", sortBy="members", count=1)
    least = min(people[n] for n in ("Anna", "bert", "carol"))
    assert least in [m["value"] for m in first["Resources"][0]["members"]]


async def test_a_search_is_for_who_has_a_token(site: Site) -> None:
    async with site.client("wrong") as stranger:
        for path in (".search", "Users/.search", "Groups/.search"):
            assert (await stranger.post(path, json={})).status_code == 401
        assert (await stranger.get("")).status_code == 401


@pytest.mark.parametrize("path", [".search", "Users/.search", "Groups/.search"])
async def test_a_search_is_posted_with_a_body(client: httpx.AsyncClient, path: str) -> None:
    for content in (b"", b"[]", b"{"):
        response = await client.post(path, content=content)
        assert (response.status_code, response.json()["scimType"]) == (400, "invalidSyntax")
    refused = await client.get(path)
    assert refused.status_code == 405 and "POST" in refused.headers["Allow"]
    odd = await client.post(path, content=b"{}", headers={"Content-Type": "text/plain"})
    assert odd.status_code == 415
