"""Bad input: the right status and scimType, a detail that names the attribute and the cure, and nothing changed."""

import asyncio
import json
from typing import Any

import pytest

from . import entra
from .deployment import Deployment

ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
WORK_MAIL = 'emails[type eq "work"].value'


def deep(levels: int) -> bytes:
    return b'{"userName":"deep@larkfield.example","x":' + b"[" * (levels - 1) + b"]" * (levels - 1) + b"}"


def user(**changes: Any) -> dict[str, Any]:
    return {"schemas": [entra.CORE], "userName": "new@larkfield.example", **changes}


def operations(*items: dict[str, Any]) -> dict[str, Any]:
    return {"schemas": [entra.PATCH_OP], "Operations": list(items)}


POST_CASES: list[tuple[str, Any, int, str | None, list[str]]] = [
    ("no body", b"", 400, "invalidSyntax", ["body"]),
    ("malformed JSON", b'{"userName": ', 400, "invalidSyntax", ["JSON"]),
    ("not UTF-8", b'{"userName": "\xff"}', 400, "invalidSyntax", ["JSON"]),
    ("an array", b"[]", 400, "invalidSyntax", ["object"]),
    ("65 levels", deep(65), 400, "invalidSyntax", ["64", "levels"]),
    ("too large", b'{"userName":"' + b"x" * (11 * 1024 * 1024) + b'"}', 413, None, ["bytes"]),
    ("no userName", {"schemas": [entra.CORE], "displayName": "X"}, 400, "invalidValue", ["userName", "required"]),
    ("userName a number", user(userName=42), 400, "invalidValue", ["userName", "string"]),
    ("active a word", user(active="perhaps"), 400, "invalidValue", ["active", "boolean"]),
    ("emails a string", user(emails="a@larkfield.example"), 400, "invalidValue", ["emails"]),
    ("email value an object", user(emails=[{"value": {}}]), 400, "invalidValue", ["emails[0].value", "string"]),
    ("name a string", user(name="Ines"), 400, "invalidValue", ["name"]),
    (
        "two primaries",
        user(emails=[{"value": "a", "primary": True}, {"value": "b", "primary": True}]),
        400,
        "invalidValue",
        ["emails", "primary"],
    ),
    ("schemas of something else", user(schemas=["urn:example:Other"]), 400, "invalidValue", ["schemas", entra.CORE]),
    ("userName taken", user(userName="TAKEN@larkfield.example"), 409, "uniqueness", ["userName", "exists"]),
]

PATCH_CASES: list[tuple[str, Any, int, str | None, list[str]]] = [
    ("malformed JSON", b"{", 400, "invalidSyntax", ["JSON"]),
    ("no operations", {"schemas": [entra.PATCH_OP]}, 400, "invalidSyntax", ["Operations"]),
    ("unknown op", operations({"op": "move", "path": "title", "value": "x"}), 400, "invalidSyntax", ["move"]),
    ("unknown path", operations({"op": "replace", "path": "titel", "value": "x"}), 400, "invalidPath", ["titel", "title"]),
    ("broken path", operations({"op": "replace", "path": 'emails[type eq "work"', "value": "x"}), 400, "invalidPath", ["emails"]),
    ("remove without path", operations({"op": "remove"}), 400, "noTarget", ["path"]),
    ("wrong type", operations({"op": "replace", "path": "active", "value": "perhaps"}), 400, "invalidValue", ["active", "boolean"]),
    ("readOnly", operations({"op": "replace", "path": "meta.created", "value": "2031-01-01T00:00:00Z"}), 400, "mutability", ["meta"]),
    ("required removed", operations({"op": "remove", "path": "userName"}), 400, "mutability", ["userName"]),
    ("good and bad", operations({"op": "replace", "path": "title", "value": "Changed"}, {"op": "replace", "path": "nope", "value": 1}), 400, "invalidPath", ["nope"]),
    ("userName taken", operations({"op": "replace", "path": "userName", "value": "Taken@Larkfield.example"}), 409, "uniqueness", ["userName"]),
]  # fmt: skip

FILTER_CASES: list[tuple[str, list[str]]] = [
    ("userName", ["userName"]),
    ("userName eq", ["userName"]),
    ('userName eq "a" and', ["and"]),
    ('userNam eq "a"', ["userNam", "userName"]),
    ('userName is "a"', ["is"]),
    ('(userName eq "a"', [")"]),
    ('active gt true', ["active"]),
    ('meta.created gt "yesterday"', ["meta.created"]),
]  # fmt: skip


@pytest.fixture(scope="module")
def client(deployment: Deployment) -> Any:
    with deployment.sync_client("larkfield") as client:
        response = client.post("Users", json=user(userName="taken@larkfield.example", title="Kept"))
        assert response.status_code == 201
        yield client


@pytest.fixture(scope="module")
def victim(client: Any) -> Any:
    response = client.post("Users", json=user(userName="victim@larkfield.example", title="Kept", active=True))
    assert response.status_code == 201
    return response.json()


def assert_error(response: Any, status: int, scim_type: str | None, words: list[str]) -> None:
    assert response.status_code == status, response.text
    assert response.headers["Content-Type"].startswith("application/scim+json")
    body = response.json()
    assert body["schemas"] == [ERROR] and body["status"] == str(status)
    assert body.get("scimType") == scim_type, body
    for word in words:
        assert word in body["detail"], (word, body["detail"])
    assert response.headers["X-Request-Id"] in body["detail"]


def content(body: Any) -> bytes:
    return body if isinstance(body, bytes) else json.dumps(body).encode()


@pytest.mark.parametrize(("name", "body", "status", "scim_type", "words"), POST_CASES, ids=[c[0] for c in POST_CASES])
def test_a_bad_create_is_explained_and_creates_nothing(
    client: Any, name: str, body: Any, status: int, scim_type: str | None, words: list[str]
) -> None:
    before = client.get("Users", params={"count": 0}).json()["totalResults"]
    assert_error(client.post("Users", content=content(body)), status, scim_type, words)
    assert client.get("Users", params={"count": 0}).json()["totalResults"] == before


@pytest.mark.parametrize(("name", "body", "status", "scim_type", "words"), PATCH_CASES, ids=[c[0] for c in PATCH_CASES])
def test_a_bad_patch_is_explained_and_changes_nothing(
    client: Any, victim: Any, name: str, body: Any, status: int, scim_type: str | None, words: list[str]
) -> None:
    address = f"Users/{victim['id']}"
    assert_error(client.patch(address, content=content(body)), status, scim_type, words)
    assert client.get(address).json() == victim


@pytest.mark.parametrize(("text", "words"), FILTER_CASES)
def test_a_bad_filter_is_explained_and_never_an_empty_list(client: Any, text: str, words: list[str]) -> None:
    assert_error(client.get("Users", params={"filter": text}), 400, "invalidFilter", words)


def test_64_levels_are_accepted(client: Any) -> None:
    response = client.post("Users", content=deep(64))
    assert response.status_code == 201, response.text
    assert client.delete(f"Users/{response.json()['id']}").status_code == 204


@pytest.mark.parametrize(("media_type", "status"), [("text/xml", 415), ("application/x-www-form-urlencoded", 415), ("application/json", 201), ("application/scim+json; charset=utf-8", 201)])  # fmt: skip
def test_media_types(client: Any, media_type: str, status: int) -> None:
    response = client.post("Users", json=user(userName="media@larkfield.example"), headers={"Content-Type": media_type})
    if status == 415:
        assert_error(response, 415, None, ["application/scim+json", media_type])
    else:
        assert response.status_code == 201
        assert client.delete(f"Users/{response.json()['id']}").status_code == 204


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "Users/u_unknown", 404),
        ("PUT", "Users/u_unknown", 404),
        ("PATCH", "Users/u_unknown", 404),
        ("DELETE", "Users/u_unknown", 404),
        ("GET", "Groups/g_unknown", 404),
        ("GET", "Schemas/urn:unknown", 404),
        ("GET", "ResourceTypes/Nothing", 404),
        ("GET", "Nothing", 404),
        ("POST", "ServiceProviderConfig", 405),
        ("DELETE", "Users", 405),
    ],
)
def test_unknown_addresses_and_methods_are_scim_errors(client: Any, method: str, path: str, status: int) -> None:
    bodies = {"PUT": user(), "PATCH": operations({"op": "replace", "path": "title", "value": "x"}), "POST": user()}
    response = client.request(method, path, json=bodies.get(method))
    assert_error(response, status, None, [])
    if status == 405:
        assert "GET" in response.headers["Allow"]


@pytest.mark.parametrize(("parameter", "value"), [("startIndex", "one"), ("count", "many")])
def test_paging_parameters_must_be_numbers(client: Any, parameter: str, value: str) -> None:
    assert_error(client.get("Users", params={parameter: value}), 400, "invalidValue", [parameter, value])


async def test_of_two_simultaneous_creates_of_one_name_exactly_one_succeeds(deployment: Deployment) -> None:
    async with deployment.client("northgate") as client:
        for attempt in range(10):
            names = [f"race{attempt}@larkfield.example", f"RACE{attempt}@larkfield.example"]
            answers = await asyncio.gather(*(client.post("Users", json=user(userName=n)) for n in names * 2))
            assert sorted(a.status_code for a in answers) == [201, 409, 409, 409]
            assert all(a.json()["scimType"] == "uniqueness" for a in answers if a.status_code == 409)


async def test_no_member_is_lost_when_a_group_is_patched_from_all_sides(deployment: Deployment) -> None:
    async with deployment.client("northgate") as client:
        users = [
            (await client.post("Users", json=user(userName=f"side{n}@larkfield.example"))).json()["id"]
            for n in range(20)
        ]
        group = (await client.post("Groups", json=entra.group_body("All sides", "g-sides"))).json()["id"]
        rename = {"op": "replace", "value": {"displayName": "All sides renamed"}}
        requests = [client.patch(f"Groups/{group}", json=entra.add_members([u])) for u in users]
        requests.append(client.patch(f"Groups/{group}", json=operations(rename)))
        answers = await asyncio.gather(*requests)
        assert {a.status_code for a in answers} == {204}
        body = (await client.get(f"Groups/{group}")).json()
        assert {m["value"] for m in body["members"]} == set(users)
        assert body["displayName"] == "All sides renamed"
