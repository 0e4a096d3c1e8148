"""Groups over HTTP: what is refused has changed nothing, and conditions hold for members too."""

import asyncio
from typing import Any

import httpx

PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


def operations(*items: dict[str, Any]) -> dict[str, Any]:
    return {"schemas": [PATCH_OP], "Operations": list(items)}


def add(member: str) -> dict[str, Any]:
    return {"op": "Add", "path": "members", "value": [{"value": member}]}


async def made(client: httpx.AsyncClient, endpoint: str, body: dict[str, Any]) -> dict[str, Any]:
    response = await client.post(endpoint, json=body)
    assert response.status_code == 201, response.text
    return dict(response.json())


async def test_a_group_is_no_member_of_itself_and_the_refusal_changes_nothing(client: httpx.AsyncClient) -> None:
    group = await made(client, "Groups", {"displayName": "Works"})
    rename = {"op": "replace", "path": "displayName", "value": "Renamed"}
    refused = await client.patch(f"Groups/{group['id']}", json=operations(rename, add(group["id"])))
    assert refused.status_code == 400
    assert refused.json()["scimType"] == "invalidValue"
    assert "member of itself" in refused.json()["detail"]
    assert (await client.get(f"Groups/{group['id']}")).json() == group
    other = await made(client, "Groups", {"displayName": "Survey"})
    assert (await client.patch(f"Groups/{group['id']}", json=operations(rename, add(other["id"])))).status_code == 204
    members = (await client.get(f"Groups/{group['id']}")).json()["members"]
    assert [(m["value"], m["type"]) for m in members] == [(other["id"], "Group")]


async def test_of_two_conditional_member_changes_one_is_refused(client: httpx.AsyncClient) -> None:
    group = await made(client, "Groups", {"displayName": "Works"})
    users = [await made(client, "Users", {"userName": f"{n}@larkfield.example"}) for n in range(2)]
    condition = {"If-Match": group["meta"]["version"]}
    address = f"Groups/{group['id']}"
    answers = await asyncio.gather(
        *(client.patch(address, json=operations(add(u["id"])), headers=condition) for u in users)
    )
    assert sorted(a.status_code for a in answers) == [204, 412]
    (member,) = (await client.get(address)).json()["members"]
    won = next(u for u, a in zip(users, answers, strict=True) if a.status_code == 204)
    assert member["value"] == won["id"]


async def test_without_a_condition_both_member_changes_count_and_a_repetition_changes_nothing(
    client: httpx.AsyncClient,
) -> None:
    group = await made(client, "Groups", {"displayName": "Works"})
    users = [await made(client, "Users", {"userName": f"{n}@larkfield.example"}) for n in range(2)]
    address = f"Groups/{group['id']}"
    answers = await asyncio.gather(*(client.patch(address, json=operations(add(u["id"]))) for u in users))
    assert [a.status_code for a in answers] == [204, 204]
    before = (await client.get(address)).json()
    assert {m["value"] for m in before["members"]} == {u["id"] for u in users}
    assert (await client.patch(address, json=operations(add(users[0]["id"])))).status_code == 204
    assert (await client.get(address)).json() == before


async def test_put_makes_the_member_list_what_was_sent(client: httpx.AsyncClient) -> None:
    users = [await made(client, "Users", {"userName": f"{n}@larkfield.example"}) for n in range(3)]
    first = [{"value": u["id"]} for u in users[:2]]
    group = await made(client, "Groups", {"displayName": "Works", "members": first})
    assert [m["value"] for m in group["members"]] == sorted(u["id"] for u in users[:2])
    body = {**group, "members": [{"value": u["id"]} for u in users[1:]]}
    changed = (await client.put(f"Groups/{group['id']}", json=body)).json()
    assert [m["value"] for m in changed["members"]] == sorted(u["id"] for u in users[1:])
    assert changed["meta"]["version"] != group["meta"]["version"]
    assert "groups" not in (await client.get(f"Users/{users[0]['id']}")).json()
