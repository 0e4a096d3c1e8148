"""Users and groups come, go and come back: the rows about what outlives a change."""

import pytest

from .cases import CREW, INES, Call, Desk, find, merge, patch, post, refusal, replace

pytestmark = pytest.mark.asyncio(loop_scope="module")

NAME = "ines@larkfield.example"


async def test_row_50_a_disabled_user_is_found_by_filter_and_by_id(either: Desk) -> None:
    made = await either.create(post("Users", userName=NAME, active=True))
    await either.send(patch("Users", replace("active", False)))
    (found,) = (await either.send(find("Users", f'userName eq "{NAME}"'))).json()["Resources"]
    assert found == (await either.client.get(f"Users/{made['id']}")).json()
    assert found["id"] == made["id"] and found["active"] is False


async def test_row_51_a_user_who_comes_back_is_still_in_the_groups(either: Desk) -> None:
    user = await either.create(post("Users", userName=NAME, active=True))
    group = await either.create(post("Groups", displayName="Crew", members=[{"value": user["id"]}]))
    for active in (False, True):
        message = patch("Users", replace("active", active)).body
        answer = await either.client.patch(f"Users/{user['id']}", json=message)
        assert answer.json()["active"] is active
        assert [g["value"] for g in answer.json()["groups"]] == [group["id"]]
        members = (await either.client.get(f"Groups/{group['id']}")).json()["members"]
        assert [member["value"] for member in members] == [user["id"]]


async def test_row_69_a_test_user_and_a_test_group_come_and_go(either: Desk) -> None:
    user = await either.create(post("Users", userName="probe@larkfield.example", active=True))
    group = await either.create(post("Groups", displayName="Probe", members=[{"value": user["id"]}]))
    for path in (f"Users/{user['id']}", f"Groups/{group['id']}"):
        assert (await either.client.delete(path)).status_code == 204
        assert refusal(await either.client.get(path)) == (404, None)
    for call in (find("Users", 'userName eq "probe@larkfield.example"'), find("Groups", 'displayName eq "Probe"')):
        assert await either.outcome(call, await either.send(call)) == []


@pytest.mark.parametrize("call", [INES, CREW], ids=["user", "group"])
async def test_row_73_what_is_deleted_twice_is_not_there_the_second_time(either: Desk, call: Call) -> None:
    made = await either.create(call)
    path = f"{call.path}/{made['id']}"
    assert (await either.client.delete(path)).status_code == 204
    answer = await either.client.delete(path)
    assert refusal(answer) == (404, None) and answer.json()["detail"]


@pytest.mark.parametrize("call", [INES, CREW], ids=["user", "group"])
async def test_row_74_what_is_created_again_is_another_one(either: Desk, call: Call) -> None:
    first = await either.create(call)
    await either.client.delete(f"{call.path}/{first['id']}")
    second = await either.create(call)
    assert second["id"] != first["id"]
    assert refusal(await either.client.get(f"{call.path}/{first['id']}")) == (404, None)


async def test_row_64_what_is_not_sent_stays(either: Desk) -> None:
    address = {"type": "work", "formatted": "Leith, Lothian", "locality": "Leith", "region": "Lothian"}
    await either.create(post("Users", userName=NAME, title="Pilot", addresses=[address]))
    call = patch("Users", replace('addresses[type eq "work"].formatted', "Leith"))
    after = {"userName": NAME, "title": "Pilot", "addresses": [{**address, "formatted": "Leith"}]}
    assert await either.outcome(call, await either.send(call)) == after
    again = patch("Users", merge(title="Pilot"))
    assert await either.outcome(again, await either.send(again)) == after
