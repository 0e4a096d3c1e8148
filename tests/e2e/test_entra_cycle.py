"""A whole Entra provisioning cycle over HTTP, read back exactly, with the mapped documents compared in MongoDB."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import Any

import httpx
import pytest

from . import entra
from .deployment import Deployment

USERS = 200
PARALLEL = 8

# Which target attributes match exactly (RFC 7643 §8.7.1): everything else is found in another letter case.
CASE_EXACT = {"externalId"}


async def for_all(numbers: Iterable[int], job: Callable[[int], Awaitable[Any]]) -> list[Any]:
    """Run the job for every number as Entra does: a few at a time."""
    gate = asyncio.Semaphore(PARALLEL)

    async def one(number: int) -> Any:
        async with gate:
            return await job(number)

    return await asyncio.gather(*(one(number) for number in numbers))


async def find(client: httpx.AsyncClient, endpoint: str, condition: str, **more: str) -> list[dict[str, Any]]:
    response = await client.get(endpoint, params={"filter": condition, **more})
    assert response.status_code == 200, response.text
    body = response.json()
    assert body["totalResults"] == len(body["Resources"]) == body["itemsPerPage"]
    return list(body["Resources"])


def other_case(text: str) -> str:
    return text.swapcase()


async def send(client: httpx.AsyncClient, method: str, path: str, status: int, body: Any = None) -> dict[str, Any]:
    response = await client.request(method, path, json=body)
    assert response.status_code == status, f"{method} {path}: {response.status_code} {response.text}"
    return dict(response.json()) if response.content else {}


async def play_cycle(deployment: Deployment, workspace: str, users: int, *, deep: bool = True) -> None:
    """Test Connection → create → groups and members → change everything → disable, restore, delete, re-create."""
    async with deployment.client(workspace) as client:
        await check_test_connection(client)
        flats = {n: entra.make_user(n) for n in range(users)}
        ids = await create_all(client, flats)
        await read_everything_back(client, flats, ids)
        await link_managers(client, ids)
        groups = await fill_groups(client, ids)
        if deep:
            await change_each_attribute(client, flats, ids)
        await change_all_users(client, flats, ids)
        await read_everything_back(client, flats, ids)
        await find_by_every_filterable_attribute(client, flats[3], ids[3])
        await disable_and_restore(client, flats, ids, groups)
        await delete_and_create_again(client, flats, ids, groups)
        await read_everything_back(client, flats, ids)
    check_documents(deployment, workspace, flats, ids)


async def check_test_connection(client: httpx.AsyncClient) -> None:
    probe = str(uuid.uuid4())
    for path in ("userName", "externalId", 'emails[type eq "work"].value'):
        assert await find(client, "Users", f'{path} eq "{probe}"') == []
    assert await find(client, "Groups", f'displayName eq "{probe}"', excludedAttributes="members") == []


async def create_all(client: httpx.AsyncClient, flats: dict[int, entra.Flat]) -> dict[int, str]:
    async def match_then_create(number: int) -> str:
        assert await find(client, "Users", f'userName eq "{flats[number]["userName"]}"') == []
        response = await client.post("Users", json=entra.create_body(flats[number]))
        assert response.status_code == 201, response.text
        created = response.json()
        assert entra.read_back(created) == flats[number]
        assert response.headers["Location"] == created["meta"]["location"]
        assert response.headers["Content-Type"].startswith("application/scim+json")
        return str(created["id"])

    ids = await for_all(flats, match_then_create)
    assert len(set(ids)) == len(ids)
    return dict(zip(flats, ids, strict=True))


async def read_everything_back(client: httpx.AsyncClient, flats: dict[int, entra.Flat], ids: dict[int, str]) -> None:
    async def read(number: int) -> None:
        assert entra.read_back(await send(client, "GET", f"Users/{ids[number]}", 200)) == flats[number]

    await for_all(flats, read)
    listed: dict[str, entra.Flat] = {}
    while True:
        page = (await client.get("Users", params={"startIndex": len(listed) + 1, "count": 70})).json()
        assert page["totalResults"] == len(flats)
        listed |= {r["id"]: entra.read_back(r) for r in page["Resources"]}
        if len(listed) >= page["totalResults"]:
            break
    assert listed == {ids[n]: flats[n] for n in flats}


async def link_managers(client: httpx.AsyncClient, ids: dict[int, str]) -> None:
    dialects: tuple[entra.Dialect, ...] = ("legacy", "scim2")
    for number in range(1, 9):
        body = entra.manager_body(ids[0], dialects[number % 2], str(client.base_url))
        manager = (await send(client, "PATCH", f"Users/{ids[number]}", 200, body))[entra.ENTERPRISE]["manager"]
        assert manager["value"] == ids[0]
        assert manager["$ref"].endswith(f"/scim/v2/Users/{ids[0]}")
        for condition in (
            f'id eq "{ids[number]}" and manager eq "{ids[0]}"',
            f'manager eq "{ids[0]}" and id eq "{ids[number]}"',
        ):
            assert [set(r) & {"id", "userName"} for r in await find(client, "Users", condition, attributes="id")] == [
                {"id"}
            ]
        assert await find(client, "Users", f'id eq "{ids[number]}" and manager eq "{ids[9]}"', attributes="id") == []


async def fill_groups(client: httpx.AsyncClient, ids: dict[int, str]) -> dict[str, str]:
    groups: dict[str, str] = {}
    for name in ("Harbour Works", "Survey"):
        created = await send(client, "POST", "Groups", 201, entra.group_body(name, f"gid-{name}"))
        assert created["members"] == []
        groups[name] = created["id"]
        (found,) = await find(client, "Groups", f'displayName eq "{name.upper()}"', excludedAttributes="members")
        assert found["id"] == created["id"] and "members" not in found
        await send(client, "POST", "Groups", 409, entra.group_body(name.lower(), "another"))
    harbour, survey = groups["Harbour Works"], groups["Survey"]
    await send(client, "PATCH", f"Groups/{harbour}", 204, entra.add_members([ids[n] for n in range(10)]))
    await send(client, "PATCH", f"Groups/{harbour}", 204, entra.add_members([ids[n] for n in range(5, 20)]))
    await send(client, "PATCH", f"Groups/{survey}", 204, entra.add_members([ids[1], "u_notHere", ids[2]]))
    await send(client, "PATCH", f"Groups/{harbour}", 204, entra.remove_member(ids[19], "legacy"))
    await send(client, "PATCH", f"Groups/{harbour}", 204, entra.remove_member(ids[18], "scim2"))
    await send(client, "PATCH", f"Groups/{harbour}", 204, entra.remove_member(ids[18], "scim2"))
    assert await members_of(client, harbour) == {ids[n] for n in range(18)}
    assert await members_of(client, survey) == {ids[1], ids[2]}
    for condition in (
        f'id eq "{survey}" and members eq "{ids[1]}"',
        f'members[value eq "{ids[1]}"] and displayName eq "survey"',
    ):
        assert [g["id"] for g in await find(client, "Groups", condition, attributes="id")] == [survey]
    assert {g["id"] for g in await find(client, "Groups", f'members[value eq "{ids[1]}"]', attributes="id")} == set(
        groups.values()
    )
    assert await find(client, "Groups", f'id eq "{survey}" and members eq "{ids[9]}"', attributes="id") == []
    return groups


async def members_of(client: httpx.AsyncClient, group: str) -> set[str]:
    body = await send(client, "GET", f"Groups/{group}", 200)
    values = [m["value"] for m in body["members"]]
    assert len(values) == len(set(values))
    assert "members" not in await send(client, "GET", f"Groups/{group}?excludedAttributes=members", 200)
    return set(values)


async def groups_of(client: httpx.AsyncClient, user: str) -> set[str]:
    return {g["display"] for g in (await send(client, "GET", f"Users/{user}", 200)).get("groups", [])}


async def change_each_attribute(client: httpx.AsyncClient, flats: dict[int, entra.Flat], ids: dict[int, str]) -> None:
    """Each attribute by its own path and in its own request, once in each dialect."""
    dialects: tuple[entra.Dialect, ...] = ("legacy", "scim2")
    for number, dialect in zip((1, 2), dialects, strict=True):
        for path in entra.ATTRIBUTE_PATHS:
            flats[number][path] = f"{flats[number][path]}!{dialect}"
            answer = await send(
                client, "PATCH", f"Users/{ids[number]}", 200, entra.patch_body({path: flats[number][path]}, dialect)
            )
            assert entra.read_back(answer) == flats[number], path


async def change_all_users(client: httpx.AsyncClient, flats: dict[int, entra.Flat], ids: dict[int, str]) -> None:
    """Everything of every user in one request, odd numbers in one dialect and even ones in the other, twice."""

    async def change(number: int) -> None:
        flats[number] = entra.changed(flats[number])
        dialect: entra.Dialect = "legacy" if number % 2 else "scim2"
        body = entra.patch_body(flats[number], dialect)
        first = await send(client, "PATCH", f"Users/{ids[number]}", 200, body)
        assert entra.read_back(first) == flats[number]
        again = await send(client, "PATCH", f"Users/{ids[number]}", 200, body)
        assert again["meta"]["version"] == first["meta"]["version"], "a change of nothing writes nothing"

    await for_all(flats, change)


async def find_by_every_filterable_attribute(client: httpx.AsyncClient, flat: entra.Flat, user_id: str) -> None:
    for path in entra.ATTRIBUTE_PATHS:
        value = str(flat[path])
        literal = value.replace("\\", "\\\\").replace('"', '\\"')
        assert user_id in {u["id"] for u in await find(client, "Users", f'{path} eq "{literal}"', count="1000")}, path
        swapped = {u["id"] for u in await find(client, "Users", f'{path} eq "{other_case(literal)}"', count="1000")}
        if other_case(value) != value:
            assert (user_id in swapped) is (path not in CASE_EXACT), path


async def disable_and_restore(
    client: httpx.AsyncClient, flats: dict[int, entra.Flat], ids: dict[int, str], groups: dict[str, str]
) -> None:
    shapes: list[tuple[Any, Any]] = [
        (entra.patch_body({"active": False}, "legacy"), entra.patch_body({"active": True}, "legacy")),
        (entra.patch_body({"active": False}, "scim2"), entra.patch_body({"active": True}, "scim2")),
        (
            {"Operations": [{"op": "Replace", "path": "active", "value": "false"}]},
            {"Operations": [{"op": "Add", "path": "active", "value": "TRUE"}]},
        ),
    ]
    for number, (disable, restore) in enumerate(shapes, 1):
        before = await groups_of(client, ids[number])
        disabled = await send(client, "PATCH", f"Users/{ids[number]}", 200, disable)
        assert disabled["active"] is False
        (found,) = await find(client, "Users", f'userName eq "{flats[number]["userName"]}"')
        assert found["active"] is False and found["id"] == ids[number]
        assert await groups_of(client, ids[number]) == before
        restored = await send(client, "PATCH", f"Users/{ids[number]}", 200, restore)
        assert restored["active"] is True
        assert await groups_of(client, ids[number]) == before
    assert await groups_of(client, ids[1]) == set(groups)


async def delete_and_create_again(
    client: httpx.AsyncClient, flats: dict[int, entra.Flat], ids: dict[int, str], groups: dict[str, str]
) -> None:
    old = ids[1]
    await send(client, "DELETE", f"Users/{old}", 204)
    await send(client, "DELETE", f"Users/{old}", 404)
    await send(client, "GET", f"Users/{old}", 404)
    assert await find(client, "Users", f'userName eq "{flats[1]["userName"]}"') == []
    for group in groups.values():
        assert old not in await members_of(client, group)
    ids[1] = (await send(client, "POST", "Users", 201, entra.create_body(flats[1])))["id"]
    assert ids[1] != old
    assert await groups_of(client, ids[1]) == set(), "a new id has no old memberships"
    await send(client, "DELETE", f"Groups/{groups['Survey']}", 204)
    await send(client, "GET", f"Groups/{groups['Survey']}", 404)
    assert await groups_of(client, ids[2]) == {"Harbour Works"}


def expected_card(flat: entra.Flat, manager: str | None) -> dict[str, Any]:
    """The application document that the shipped plugins must make of a user, written down a second time."""
    card: dict[str, Any] = {
        "work_address": flat['addresses[type eq "work"].formatted'],
        "user_name": flat["userName"],
        "display_name": flat["displayName"],
        "nick_name": flat["nickName"],
        "given_name": flat["name.givenName"],
        "family_name": flat["name.familyName"],
        "middle_name": flat["name.middleName"],
        "formatted_name": flat["name.formatted"],
        "honorific_prefix": flat["name.honorificPrefix"],
        "honorific_suffix": flat["name.honorificSuffix"],
        "email": flat['emails[type eq "work"].value'],
        "emails": {t: flat[f'emails[type eq "{t}"].value'] for t in entra.EMAILS},
        "phones": {t: flat[f'phoneNumbers[type eq "{t}"].value'] for t in entra.PHONES},
        "title": flat["title"],
        "department": flat[f"{entra.ENTERPRISE}:department"],
        "organization": flat[f"{entra.ENTERPRISE}:organization"],
        "division": flat[f"{entra.ENTERPRISE}:division"],
        "cost_center": flat[f"{entra.ENTERPRISE}:costCenter"],
        "employee_number": flat[f"{entra.ENTERPRISE}:employeeNumber"],
        "locale": flat["locale"],
        "timezone": flat["timezone"],
        "preferred_language": flat["preferredLanguage"],
        "active": flat["active"],
        "external_id": flat["externalId"],
    }
    return card | ({"manager_id": manager} if manager else {})


def check_documents(deployment: Deployment, workspace: str, flats: dict[int, entra.Flat], ids: dict[int, str]) -> None:
    with deployment.mongo() as mongo:
        database = mongo[deployment.facts["database"]]
        owner = database.workspaces.find_one({"slug": workspace})
        assert owner is not None
        by_id = {d["_id"]: d for d in database.users.find({"ws": owner["_id"]}) if "deleted" not in d}
        assert by_id.keys() == set(ids.values())
        for number, flat in flats.items():
            manager = ids[0] if 2 <= number <= 8 else None
            assert by_id[ids[number]]["app"] == expected_card(flat, manager), f"user {number}"
            assert by_id[ids[number]]["map"]
        rows = {(r["group"], r["member"]) for r in database.memberships.find({"ws": owner["_id"], "live": True})}
        assert {member for _, member in rows} == {ids[n] for n in range(18) if n != 1}


async def test_a_whole_entra_cycle_leaves_every_document_right(fresh: Deployment) -> None:
    await play_cycle(fresh, "larkfield", USERS)


async def test_the_cycle_is_the_same_through_motor(tmp_path: Path) -> None:
    deployment = Deployment(tmp_path / "data", ["larkfield"], {"SCIMSERVER_DATABASE__DRIVER": "motor"}).start()
    try:
        await play_cycle(deployment, "larkfield", 20, deep=False)
    finally:
        deployment.stop()


async def test_two_workspaces_with_equal_names_do_not_meet(deployment: Deployment) -> None:
    await asyncio.gather(
        play_cycle(deployment, "larkfield", 40, deep=False), play_cycle(deployment, "northgate", 40, deep=False)
    )
    larkfield, northgate = deployment.facts["workspaces"]
    async with httpx.AsyncClient(timeout=30) as client:
        refusals = []
        for url, token in (
            (northgate["tenant_url"], larkfield["secret_token"]),
            (larkfield["tenant_url"].replace("larkfield", "nobody"), larkfield["secret_token"]),
            (larkfield["tenant_url"], larkfield["secret_token"][:-8] + "aaaaaaaa"),
            (larkfield["tenant_url"], None),
        ):
            headers = {"Authorization": f"Bearer {token}"} if token else {}
            response = await client.get(f"{url}/Users", headers=headers)
            assert response.headers["WWW-Authenticate"].startswith("Bearer")
            body = response.json()
            body["detail"] = body["detail"].partition(" (request")[0]
            refusals.append((response.status_code, body))
        assert [status for status, _ in refusals] == [401] * 4
        assert all(body == refusals[0][1] for _, body in refusals), "the 401 says nothing about its reason"


@pytest.mark.parametrize("missing", ["streetAddress", "locality", "region", "postalCode"])
async def test_the_work_address_is_joined_from_parts_when_formatted_is_not_sent(
    deployment: Deployment, missing: str
) -> None:
    flat = entra.make_user(900 + len(missing), seed=2)
    for part in ("formatted", missing):
        del flat[f'addresses[type eq "work"].{part}']
    parts = [flat.get(f'addresses[type eq "work"].{p}') for p in ("streetAddress", "locality", "region", "postalCode")]
    async with deployment.client("northgate") as client:
        created = await send(client, "POST", "Users", 201, entra.create_body(flat))
    with deployment.mongo() as mongo:
        document = mongo[deployment.facts["database"]].users.find_one({"_id": created["id"]})
    assert document is not None
    assert document["app"]["work_address"] == entra.joined(*(None if p is None else str(p) for p in parts))
