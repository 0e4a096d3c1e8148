"""Preview on real databases: what it reads, and that it never writes."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from scimserver.errors import NotFound
from scimserver.store.driver import Database
from tests.previewing import BOTH, LARKFIELD, PATCH_OP, USER, World, new_world, patch, titled, user
from tests.written import everything


@pytest.fixture
async def world(database: Database, tmp_path: Path) -> AsyncIterator[World]:
    """Two workspaces and two plugins."""
    made = await new_world(database, tmp_path)
    yield made
    await made.app.tokens.close()


async def test_a_post_is_shown_step_by_step(world: World) -> None:
    told = await world.preview(user(active="True", id="mine", password="secret", shoeSize=42))
    assert (told.method, told.accepted, told.writes, told.error) == ("POST", True, True, None)
    assert told.tolerations == {"boolean-as-string": ["active"], "unknown-attribute": ["shoeSize"]}
    assert told.stripped == ["shoeSize"]
    assert told.read_only == ("id", "password")
    assert told.resource is not None
    assert told.resource["id"].startswith("u_preview")
    assert (told.resource["userName"], told.resource["active"]) == ("ines", True)
    assert "secret" not in json.dumps(told.to_json())
    first, second = told.steps
    assert (first.plugin, list(first.added), first.replaced, first.error) == (
        "shout",
        ["shout", "first", "since"],
        {},
        "",
    )
    assert first.settings == {"mark": "!"}
    assert (second.plugin, second.added, second.repeated) == ("louder", {"length": 3}, ("first",))
    assert second.replaced == {"shout": ("INES!", "INES!!!")}
    assert told.document is not None
    assert (told.document["shout"], told.document["length"]) == ("INES!!!", 3)
    assert told.to_json()["document"]["since"] == {"$date": "2026-01-02T00:00:00.000Z"}
    assert told.to_json()["revision"] == (await world.app.workspaces.active(LARKFIELD)).pipeline.revision
    assert (told.difference, told.resource_difference, told.resource_id) == (None, None, None)


async def test_a_patch_is_compared_with_what_is_stored(world: World) -> None:
    ines = await world.create("ines", title="Mate")
    for message in (
        patch({"op": "Replace", "path": "userName", "value": "Inés"}),
        {"operations": [{"op": "replace", "value": {"userName": "Inés"}}]},
        {"schemas": [PATCH_OP.lower()], "Operations": [{"op": "add", "path": "username", "value": "Inés"}]},
    ):
        told = await world.preview(message, resource_id=ines)
        assert (told.method, told.accepted, told.writes, told.resource_id) == ("PATCH", True, True, ines)
        assert told.resource_difference is not None
        assert told.resource_difference.changed == {"userName": ("ines", "Inés")}
        assert told.difference is not None
        assert told.difference.changed == {"shout": ("INES!!!", "INÉS!!!")}
        assert told.document is not None
        assert told.document["first"] == "ines"  # the mapper saw the stored document
        assert told.stored_revision == told.to_json()["revision"]


async def test_a_resource_may_be_found_by_a_filter_or_given(world: World) -> None:
    ines = await world.create("ines")
    told = await world.preview(titled("Pilot"), match='userName eq "INES"')
    assert (told.resource_id, told.accepted) == (ines, True)
    assert told.tolerations == {}
    given = {"id": "u_elsewhere", "schemas": [USER], "userName": "bea", "meta": {"version": "1"}, "title": "Mate"}
    told = await world.preview(titled("Pilot"), given=given)
    assert told.resource == {"id": "u_elsewhere", "userName": "bea", "title": "Pilot"}
    assert (told.resource_id, told.difference) == (None, None)
    assert told.resource_difference is not None
    assert told.resource_difference.changed == {"title": ("Mate", "Pilot")}


async def test_members_are_counted(world: World) -> None:
    ines, bea = await world.create("ines"), await world.create("bea")
    crew = await world.create("Crew", kind="Group", members=[{"value": ines}])
    add = patch({"op": "add", "path": "members", "value": [{"value": ines}, {"value": bea}, {"value": "u_nobody"}]})
    told = await world.preview(add, resource_type="Group", resource_id=crew)
    assert told.to_json()["members"] == {"added": 1, "removed": 0}
    assert (told.writes, told.tolerations) == (False, {"unknown-member": ["u_nobody"]})
    empty = patch({"op": "remove", "path": "members"})
    told = await world.preview(empty, resource_type="Group", resource_id=crew)
    assert told.to_json()["members"] == {"added": 0, "removed": 1}
    given = {"displayName": "Crew", "members": [{"value": ines}, {"value": bea}]}
    told = await world.preview(empty, resource_type="Group", given=given)
    assert told.to_json()["members"] == {"added": 0, "removed": 2}
    body = {"displayName": "New", "members": [{"value": bea}]}
    assert (await world.preview(body, resource_type="Group")).to_json()["members"] == {"added": 1, "removed": 0}


@pytest.mark.parametrize("payload", [titled("x"), user()])
async def test_a_resource_of_another_workspace_is_not_there(world: World, payload: Any) -> None:
    foreign = await world.create("ines", slug="northgate")
    assert (await world.preview(payload, resource_id=foreign, slug="northgate")).accepted
    for unknown in (foreign, "u_nobody"):
        told = await world.preview(payload, resource_id=unknown)
        assert told.error is not None
        assert told.error.status == 404
        assert (told.resource, told.document) == (None, None)
    with pytest.raises(NotFound, match="finds no User"):
        await world.preview(payload, match='userName eq "ines"')


async def test_a_sample_counts_what_a_draft_would_change(world: World) -> None:
    for number in range(12):
        await world.create(f"user-{number}", title="Broken" if number == 11 else "Mate", slug="northgate")
    await world.app.counters.flush((await world.app.workspaces.active("northgate")).id)
    before = await everything(world.app.database)
    told: list[tuple[int, int]] = []
    sample = await world.app.preview.sample(
        "northgate", BOTH, count=100, seed=1, progress=lambda done, total: told.append((done, total))
    )
    assert await everything(world.app.database) == before
    assert (sample.total, sample.sampled, sample.unchanged, sample.changed, sample.failed) == (12, 12, 0, 11, 1)
    assert told[-1] == (12, 12)
    (reason,) = sample.failures
    assert "`shout`" in reason
    assert sample.fields["shout"] == {"added": 11}
    assert len(sample.examples) == 5
    assert (sample.examples[0].name, sample.examples[0].difference) == ("user-11", None)
    assert not sample.accepted
    same = await world.app.preview.sample("northgate", count=100)
    assert (same.unchanged, same.changed, same.stale, same.accepted) == (12, 0, 0, True)
    few = [await world.app.preview.sample("northgate", BOTH, count=4, seed=9) for _ in range(2)]
    assert few[0].sampled == 4
    assert few[0] == few[1]
    assert json.dumps(few[0].to_json())
    other = await world.app.preview.sample(LARKFIELD, BOTH)
    assert (other.total, other.sampled) == (0, 0)


async def test_a_sample_names_fields_of_lists_once(world: World) -> None:
    await world.create("ines")
    collection = world.app.database["users"]
    await collection.update_many({}, {"$set": {"app.length": 99, "map": "earlier"}})
    await world.app.counters.flush((await world.app.workspaces.active(LARKFIELD)).id)
    sample = await world.app.preview.sample(LARKFIELD)
    assert (sample.changed, sample.stale, sample.fields) == (1, 1, {"length": {"changed": 1}})


async def test_a_taken_name_is_a_conflict_as_for_the_client(world: World) -> None:
    bea = await world.create("bea")
    await world.create("bea", slug="northgate")
    told = await world.preview(user(userName="BEA"))
    assert told.error is not None
    assert (told.error.status, told.error.scim_type) == (409, "uniqueness")
    assert told.document is not None  # so far it came
    assert (await world.preview(user(userName="BEA"), resource_id=bea)).accepted  # a resource is not in its own way
    assert (await world.preview(user(userName="cy"))).accepted
