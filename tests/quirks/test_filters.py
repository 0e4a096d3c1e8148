"""Queries: the rows that need no toleration."""

import asyncio
from typing import Any

import httpx
import pytest
import structlog

from .cases import ENTERPRISE, Call, Desk, find, post, refusal

pytestmark = pytest.mark.asyncio(loop_scope="module")

NAME = "ines+post@larkfield.example"
INES = post(
    "Users",
    userName=NAME,
    displayName="Ines Okafor",
    externalId="Jyoung",
    emails=[{"type": "work", "value": NAME}],
    **{ENTERPRISE: {"manager": {"value": "{theo}"}}},
)
GUID = "b7c0b0fe-52d3-4c8e-9a7a-0f2f6f3b61d4"


async def raw(client: httpx.AsyncClient, target: str, method: str = "GET", body: bytes = b"") -> tuple[int, bytes]:
    """Send a request whose target no library has touched; returns status and body."""
    reader, writer = await asyncio.open_connection(client.base_url.host, client.base_url.port)
    lines = [
        f"{method} {client.base_url.raw_path.decode().rstrip('/')}{target} HTTP/1.1",
        f"Host: {client.base_url.netloc.decode()}",
        f"Authorization: {client.headers['Authorization']}",
        "Content-Type: application/scim+json",
        f"Content-Length: {len(body)}",
        "Connection: close",
    ]
    writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    head, _, content = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), content


@pytest.mark.parametrize(
    "query",
    [
        "filter=userName+eq+%22ines%2Bpost%40larkfield.example%22",
        "filter=userName%20eq%20%22ines%2Bpost@larkfield.example%22",
        'filter=userName+eq+"ines%2Bpost@larkfield.example"',
        "filter=userName+eq+%22ines%2Bpost%40larkfield.example%22&",
        "&filter=userName+eq+%22ines%2Bpost%40larkfield.example%22&&",
        "aadOptscim062020&filter=userName+eq+%22ines%2Bpost%40larkfield.example%22",
    ],
)
async def test_row_37_a_query_is_decoded_once_as_a_form(either: Desk, query: str) -> None:
    made = await either.create(INES)
    status, content = await raw(either.client, f"/Users?{query}")
    assert status == 200, content
    assert made["id"].encode() in content and b'"totalResults":1' in content


async def test_row_37_a_plus_that_is_not_escaped_is_a_blank(either: Desk) -> None:
    await either.create(INES)
    status, content = await raw(either.client, '/Users?filter=userName+eq+"ines+post@larkfield.example"')
    assert status == 200 and b'"totalResults":0' in content


@pytest.mark.parametrize(
    "target", ["/Users/{}?", "//Users/{}", "/Users/{}/", "/Users//{}//?", "/Users/{}?aadOptscim062020"]
)
@pytest.mark.parametrize("method", ["GET", "PUT"])
async def test_row_38_slashes_and_question_marks_too_many_do_not_matter(either: Desk, target: str, method: str) -> None:
    made = await either.create(INES)
    body = httpx.Request("PUT", "http://x", json=made).content if method == "PUT" else b""
    status, content = await raw(either.client, target.format(made["id"]), method, body)
    assert status == 200, content
    assert made["id"].encode() in content


@pytest.mark.parametrize(
    ("text", "finds"),
    [
        (f'userName eq "{NAME.upper()}"', [NAME]),
        (f'USERNAME eq "{NAME}"', [NAME]),
        (f'emails.value eq "{NAME.upper()}"', [NAME]),
        (f'emails[type eq "WORK"].value eq "{NAME}"', [NAME]),
        ('displayName eq "INES OKAFOR"', [NAME]),
        ('externalId eq "Jyoung"', [NAME]),
        ('externalId eq "jyoung"', []),
    ],
)
async def test_row_39_values_are_found_in_any_letter_case_unless_case_counts(
    either: Desk, text: str, finds: list[str]
) -> None:
    await either.create(INES)
    call = find("Users", text)
    assert await either.outcome(call, await either.send(call)) == finds


@pytest.mark.parametrize("operator", ["eq", "Eq", "EQ", "Co", "SW"])
async def test_row_40_operators_have_no_letter_case(either: Desk, operator: str) -> None:
    await either.create(INES)
    call = find("Users", f'username {operator} "{NAME}" AND emails PR')
    assert await either.outcome(call, await either.send(call)) == [NAME]


async def test_row_43_members_are_compared_by_their_value(either: Desk) -> None:
    await either.create(post("Groups", displayName="Crew", members=[{"value": "{theo}"}]))
    for text in ('members eq "{theo}"', 'members.value eq "{theo}"', 'members[value eq "{theo}"]'):
        call = find("Groups", text)
        assert await either.outcome(call, await either.send(call)) == ["Crew"]
        other = find("Groups", text.replace("theo", "mia"))
        assert await either.outcome(other, await either.send(other)) == []


@pytest.mark.parametrize(
    ("reference", "target"), [("members", "{theo}"), ("members.value", "{theo}"), ("displayName", "Crew")]
)
async def test_row_44_a_group_is_asked_for_by_id_and_member_in_either_order(
    either: Desk, reference: str, target: str
) -> None:
    await either.create(post("Groups", displayName="Crew", members=[{"value": "{theo}"}]))
    terms = 'id eq "{id}"', f'{reference} eq "{target}"'
    for text in (" and ".join(terms), " and ".join(reversed(terms))):
        answer = await either.client.get("Groups", params={"filter": either.named(text), "attributes": "id"})
        assert [resource["id"] for resource in answer.json()["Resources"]] == [either.ids["id"]]
        other = await either.client.get("Groups", params={"filter": either.named(text.replace(target, "{mia}"))})
        assert other.json()["Resources"] == []


@pytest.mark.parametrize("reference", ["manager", f"{ENTERPRISE}:manager", f"{ENTERPRISE}:manager.value"])
async def test_row_44_a_user_is_asked_for_by_id_and_manager_in_either_order(tolerant: Desk, reference: str) -> None:
    await tolerant.create(INES)
    terms = 'id eq "{id}"', f'{reference} eq "{{theo}}"'
    for text in (" and ".join(terms), " and ".join(reversed(terms))):
        call = find("Users", text)
        assert await tolerant.outcome(call, await tolerant.send(call)) == [NAME]
        other = find("Users", text.replace("{theo}", "{mia}"))
        assert await tolerant.outcome(other, await tolerant.send(other)) == []


@pytest.mark.parametrize(
    ("endpoint", "text"),
    [
        ("Users", f'userName eq "{GUID}"'),
        ("Users", f'externalId eq "{GUID}"'),
        ("Users", f'emails[type eq "work"].value eq "{GUID}"'),
        ("Users", f'id eq "{GUID}"'),
        ("Groups", f'displayName eq "{GUID}"'),
    ],
)
async def test_row_45_the_probe_finds_nobody_and_is_no_error(either: Desk, endpoint: str, text: str) -> None:
    with structlog.testing.capture_logs() as logged:
        answer = await either.send(find(endpoint, text))
    assert answer.status_code == 200
    assert answer.json() == {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
        "totalResults": 0,
        "startIndex": 1,
        "itemsPerPage": 0,
        "Resources": [],
    }
    assert {entry["log_level"] for entry in logged} <= {"debug", "info"}


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ('shoeSize eq "41"', "shoeSize"),
        ('password eq "x"', "password"),
        ('userName like "ines"', "operator"),
        ("userName eq", "value is missing"),
        ("active gt true", "active"),
        ("", "empty"),
    ],
)
async def test_row_46_what_cannot_be_answered_is_never_an_empty_list(either: Desk, text: str, word: str) -> None:
    answer = await either.send(find("Users", text))
    assert refusal(answer) == (400, "invalidFilter")
    assert word in answer.json()["detail"]


@pytest.mark.parametrize(
    "text", ["userName eq", "jyoung", "userName eq jyoung again", "userName jyoung", "userName eq 'jyoung'"]
)
async def test_row_41_only_one_bare_word_behind_eq_is_taken(tolerant: Desk, text: str) -> None:
    assert refusal(await tolerant.send(find("Users", text))) == (400, "invalidFilter")


def listed(answer: httpx.Response) -> list[Any]:
    assert answer.status_code == 200, answer.text
    return list(answer.json()["Resources"])


async def test_row_47_excluded_members_are_left_out_in_a_list_and_alone(either: Desk) -> None:
    made = await either.create(post("Groups", displayName="Crew", members=[{"value": "{theo}"}]))
    asked = {"excludedAttributes": "members", "filter": 'displayName eq "Crew"'}
    (group,) = listed(await either.client.get("Groups", params=asked))
    assert group.keys() == {"schemas", "id", "displayName", "meta"}
    alone = await either.client.get(f"Groups/{made['id']}", params={"excludedAttributes": "members"})
    assert alone.json() == group
    assert "members" in listed(await either.client.get("Groups", params={"filter": 'displayName eq "Crew"'}))[0]


async def test_row_62_pages_follow_each_other_in_one_order(fresh: Desk) -> None:
    names = [f"reader{number}@larkfield.example" for number in range(5)]
    for name in names:
        await fresh.create(post("Users", userName=name))
    seen: list[str] = []
    for start in range(1, 9, 2):
        answer = await fresh.client.get("Users", params={"startIndex": start, "count": 2})
        assert answer.json()["totalResults"] == 7
        seen += [resource["userName"] for resource in listed(answer)]
    assert len(seen) == len(set(seen)) == 7 and [name for name in seen if name in names] == names
    everybody = listed(await fresh.client.get("Users", params={"count": 100}))
    assert [resource["userName"] for resource in everybody] == seen


@pytest.mark.parametrize("start", ["0", "-3", "1"])
async def test_row_63_a_start_before_the_first_is_the_first(fresh: Desk, start: str) -> None:
    answer = await fresh.client.get("Users", params={"startIndex": start, "count": 1})
    assert answer.json()["startIndex"] == 1
    assert [resource["userName"] for resource in listed(answer)] == ["theo@larkfield.example"]


async def test_row_56_counters_are_numbers(either: Desk) -> None:
    for call in (Call("GET", "Users", 'userName eq "x"'), Call("GET", "Users", "userName pr")):
        told = (await either.send(call)).json()
        assert all(type(told[name]) is int for name in ("totalResults", "startIndex", "itemsPerPage"))
