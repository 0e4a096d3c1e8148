"""Members of groups: the rows that need no toleration."""

from typing import Any

import pytest

from tests.web.conftest import Site

from .cases import CREW, Desk, add, patch, post, remove, replace

pytestmark = pytest.mark.asyncio(loop_scope="module")

THEO, MIA = {"value": "{theo}", "type": "User"}, {"value": "{mia}", "type": "User"}
STAFFED = post("Groups", displayName="Crew", members=[THEO, MIA])


async def members_after(desk: Desk, *operations: dict[str, Any]) -> list[dict[str, str]]:
    call = patch("Groups", *operations)
    answer = await desk.send(call)
    assert answer.status_code == 204 and answer.content == b"", answer.text
    return (await desk.outcome(call, answer))["members"]


async def test_row_11_remove_without_value_and_filter_empties_the_group(either: Desk) -> None:
    await either.create(STAFFED)
    assert await members_after(either, remove("members")) == []


async def test_row_12_remove_with_a_filter_removes_one(either: Desk) -> None:
    await either.create(STAFFED)
    assert await members_after(either, remove('members[value eq "{theo}"]')) == [MIA]


async def test_row_13_who_is_a_member_is_not_added_again_and_nothing_is_written(either: Desk) -> None:
    made = await either.create(STAFFED)
    assert await members_after(either, add("members", [THEO, MIA])) == [MIA, THEO]
    assert (await either.client.get(f"Groups/{made['id']}")).json()["meta"] == made["meta"]


async def test_row_16_a_null_reference_is_no_reference(either: Desk) -> None:
    await either.create(CREW)
    sent = [{"$ref": None, "value": "{theo}"}, {"$ref": None, "value": "{mia}"}]
    assert await members_after(either, add("members", sent)) == [MIA, THEO]


async def test_row_17_a_member_without_a_type_is_what_its_id_says(either: Desk) -> None:
    nested = await either.create(post("Groups", displayName="Hands"))
    await either.create(CREW)
    after = await members_after(either, add("members", [{"value": "{theo}"}, {"value": nested["id"]}]))
    assert after == [{"value": nested["id"], "type": "Group"}, THEO] or after == [
        THEO,
        {"value": nested["id"], "type": "Group"},
    ]


async def test_row_61_a_full_list_is_a_difference_and_leaves_alone_who_stays(either: Desk, site: Site) -> None:
    ida = await either.create(post("Users", userName="ida@larkfield.example"))
    made = await either.create(STAFFED)
    before = {row["member"]: row async for row in site.app.database["memberships"].find({"group": made["id"]})}
    after = await members_after(either, replace("members", [{"value": "{mia}"}, {"value": ida["id"]}]))
    assert {member["value"] for member in after} == {"{mia}", ida["id"]}
    rows = {row["member"]: row async for row in site.app.database["memberships"].find({"group": made["id"]})}
    mia = either.named("{mia}")
    assert rows[mia] == before[mia]
    assert {member for member, row in rows.items() if row["live"]} == {mia, ida["id"]}


async def test_row_61_the_same_full_list_again_writes_nothing(either: Desk) -> None:
    made = await either.create(STAFFED)
    assert await members_after(either, replace("members", [MIA, THEO])) == [MIA, THEO]
    assert (await either.client.get(f"Groups/{made['id']}")).json()["meta"] == made["meta"]


async def test_an_empty_full_list_empties_the_group(either: Desk) -> None:
    await either.create(STAFFED)
    assert await members_after(either, replace("members", [])) == []
