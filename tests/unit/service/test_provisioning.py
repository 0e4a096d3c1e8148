"""The write path: lost races, all or nothing, and memberships that stay true.

Unique values are checked in tests/e2e: the simulated database compares arrays in a unique index as a whole.
"""

import dataclasses
from typing import Any

import pytest

from scimserver.errors import Conflict, InvalidValue, NoTarget, NotFound, PreconditionFailed, ScimError
from scimserver.scim.reading import strict
from scimserver.service.versions import Conditions
from scimserver.store.resources import ResourceStore

from .conftest import Tenant


def put(path: str, value: Any) -> dict[str, Any]:
    return {"op": "replace", "path": path, "value": value}


def race(monkeypatch: pytest.MonkeyPatch, tenant: Tenant, user_id: str, times: int) -> list[int]:
    """Let somebody else change the user just before each of the next writes; returns a list that counts them."""
    original, raced = ResourceStore.replace, [0]

    async def replace(self: ResourceStore, *args: Any, **kwargs: Any) -> Any:
        if raced[0] < times:
            raced[0] += 1
            with monkeypatch.context() as undisturbed:
                undisturbed.setattr(ResourceStore, "replace", original)
                await tenant.patch("User", user_id, put("nickName", f"Rival {raced[0]}"))
        return await original(self, *args, **kwargs)

    monkeypatch.setattr(ResourceStore, "replace", replace)
    return raced


async def test_a_lost_race_is_tried_again_and_keeps_what_the_other_wrote(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = await tenant.create("User", userName="ines@larkfield.example")
    raced = race(monkeypatch, tenant, user["id"], 3)
    changed = (await tenant.patch("User", user["id"], put("title", "Pilot"))).resource
    assert raced == [3]
    assert (changed["title"], changed["nickName"]) == ("Pilot", "Rival 3")
    assert changed["meta"]["version"] == 'W/"5"'


async def test_a_race_that_is_lost_again_and_again_is_a_conflict(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = await tenant.create("User", userName="ines@larkfield.example")
    race(monkeypatch, tenant, user["id"], 1000)
    with pytest.raises(Conflict, match="again"):
        await tenant.patch("User", user["id"], put("title", "Pilot"))


async def test_a_race_lost_with_if_match_is_a_failed_precondition(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = await tenant.create("User", userName="ines@larkfield.example")
    race(monkeypatch, tenant, user["id"], 1)
    with pytest.raises(PreconditionFailed, match='W/"2"'):
        await tenant.patch("User", user["id"], put("title", "Pilot"), conditions=Conditions('W/"1"'))
    assert "title" not in await tenant.get("User", user["id"])


async def test_one_bad_operation_undoes_all(tenant: Tenant) -> None:
    user = await tenant.create("User", userName="ines@larkfield.example", title="Mate")
    for bad in (put("active", "perhaps"), put("no.such[", 1), put("userName", None), {"op": "jump"}):
        with pytest.raises(ScimError):
            await tenant.patch("User", user["id"], put("title", "Pilot"), bad)
    assert await tenant.get("User", user["id"]) == user


async def test_a_bad_operation_undoes_member_changes_too(tenant: Tenant) -> None:
    user = await tenant.create("User", userName="ines@larkfield.example")
    group = await tenant.create("Group", displayName="Crew")
    add = {"op": "add", "path": "members", "value": [{"value": user["id"]}]}
    with pytest.raises(ScimError):
        await tenant.patch("Group", group["id"], add, put("displayName", {"x": 1}))
    assert not (await tenant.get("Group", group["id"])).get("members")


async def test_a_name_is_free_again_after_a_delete(tenant: Tenant) -> None:
    user = await tenant.create("User", userName="ines@larkfield.example")
    await tenant.delete("User", user["id"])
    again = await tenant.create("User", userName="ines@larkfield.example")
    assert again["id"] != user["id"]
    with pytest.raises(NotFound):
        await tenant.delete("User", user["id"])
    assert await tenant.query("User") == [again["id"]]


async def test_memberships_follow_what_is_deleted(tenant: Tenant) -> None:
    ines = await tenant.create("User", userName="ines@larkfield.example")
    bea = await tenant.create("User", userName="bea@larkfield.example")
    crew = await tenant.create("Group", displayName="Crew", members=[{"value": ines["id"]}, {"value": bea["id"]}])
    deck = await tenant.create("Group", displayName="Deck", members=[{"value": crew["id"]}, {"value": ines["id"]}])
    assert [g["value"] for g in (await tenant.get("User", ines["id"]))["groups"]] == [crew["id"], deck["id"]]
    await tenant.delete("User", ines["id"])
    assert [m["value"] for m in (await tenant.get("Group", crew["id"]))["members"]] == [bea["id"]]
    await tenant.delete("Group", crew["id"])
    assert "groups" not in await tenant.get("User", bea["id"])
    left = await tenant.get("Group", deck["id"])
    assert not left.get("members")
    assert await tenant.query("Group", f'members eq "{crew["id"]}"') == []


async def test_members_that_do_not_exist_are_left_out(tenant: Tenant) -> None:
    ines = await tenant.create("User", userName="ines@larkfield.example")
    crew = await tenant.create("Group", displayName="Crew", members=[{"value": ines["id"]}, {"value": "u_nobody"}])
    assert [m["value"] for m in crew["members"]] == [ines["id"]]


async def test_a_member_of_another_workspace_does_not_exist_here(tenant: Tenant) -> None:
    other = await tenant.app.workspaces.create(f"other-{tenant.slug}")
    workspace = await tenant.app.workspaces.resolve(other.slug)
    assert workspace is not None
    context = dataclasses.replace(tenant.ctx, workspace=workspace, base_url="https://x.example")
    neighbour = Tenant(tenant.app, other.slug, context)
    foreign = await neighbour.create("User", userName="ines@larkfield.example")
    crew = await tenant.create("Group", displayName="Crew", members=[{"value": foreign["id"]}])
    assert not crew.get("members")
    assert "groups" not in await neighbour.get("User", foreign["id"])
    for attempt in (tenant.get("User", foreign["id"]), tenant.delete("User", foreign["id"])):
        with pytest.raises(NotFound):
            await attempt
    assert await tenant.query("User", f'id eq "{foreign["id"]}"') == []


async def test_a_group_cannot_be_its_own_member(tenant: Tenant) -> None:
    crew = await tenant.create("Group", displayName="Crew")
    with pytest.raises(InvalidValue, match="itself"):
        await tenant.patch("Group", crew["id"], {"op": "add", "path": "members", "value": [{"value": crew["id"]}]})
    with pytest.raises(InvalidValue, match="itself"):
        await tenant.replace("Group", crew["id"], displayName="Crew", members=[{"value": crew["id"]}])
    assert await tenant.get("Group", crew["id"]) == crew


async def test_adding_a_member_twice_makes_one_version(tenant: Tenant) -> None:
    ines = await tenant.create("User", userName="ines@larkfield.example")
    crew = await tenant.create("Group", displayName="Crew")
    add = {"op": "add", "path": "members", "value": [{"value": ines["id"]}]}
    first = await tenant.patch("Group", crew["id"], add)
    second = await tenant.patch("Group", crew["id"], add)
    assert (first.version, second.version) == ('W/"2"', 'W/"2"')
    assert len(second.resource["members"]) == 1


async def test_what_members_needed_is_remembered(tenant: Tenant) -> None:
    ines = await tenant.create("User", userName="ines")
    group = await tenant.create("Group", displayName="Crew", members=[{"value": ines["id"]}, {"value": "u_nobody"}])
    assert tenant.ctx.reading.used["unknown-member"] == ["u_nobody"]
    removal = {"op": "remove", "path": f'members[value eq "{ines["id"]}"]'}
    await tenant.patch("Group", group["id"], removal)
    assert "remove-absent" not in tenant.ctx.reading.used
    await tenant.patch("Group", group["id"], removal)
    assert tenant.ctx.reading.used["remove-absent"] == ["members"]


async def test_members_that_do_not_exist_are_refused_before_anything_is_written_where_it_is_not_tolerated(
    tenant: Tenant,
) -> None:
    ines = await tenant.create("User", userName="ines")
    group = await tenant.create("Group", displayName="Crew")
    strictly = dataclasses.replace(tenant, ctx=dataclasses.replace(tenant.ctx, reading=strict()))
    add = {"op": "add", "path": "members", "value": [{"value": ines["id"]}, {"value": "u_nobody"}]}
    with pytest.raises(InvalidValue, match=r"1 of 2 do not exist in this workspace \(`u_nobody`\)"):
        await strictly.patch("Group", group["id"], put("displayName", "Gang"), add)
    removal = {"op": "remove", "path": f'members[value eq "{ines["id"]}"]'}
    with pytest.raises(NoTarget, match="members"):
        await strictly.patch("Group", group["id"], put("displayName", "Gang"), removal)
    assert await tenant.get("Group", group["id"]) == group
    add["value"].pop()
    await strictly.patch("Group", group["id"], put("displayName", "Gang"), add)
    assert [m["value"] for m in (await tenant.get("Group", group["id"]))["members"]] == [ines["id"]]
