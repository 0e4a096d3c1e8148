"""Preview: refusals as the client gets them, drafts, bounds of a sample."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from mongomock_motor import AsyncMongoMockClient

from scimserver.errors import NotFound
from scimserver.service.preview.payloads import PreviewProblem, is_patch
from scimserver.service.preview.sampling import runs
from scimserver.store.driver import Database
from scimserver.store.workspaces import WorkspaceProblem
from tests.previewing import BOTH, LARKFIELD, PATCH_OP, USER, World, new_world, patch, titled, user


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """Two workspaces and two plugins, on a simulated database."""
    made = await new_world(Database.wrap(AsyncMongoMockClient(tz_aware=True)["previews"]), tmp_path)
    yield made
    await made.app.tokens.close()


async def test_a_put_keeps_what_a_put_keeps(world: World) -> None:
    ines = await world.create("ines", title="Mate", active=False)
    told = await world.preview(user(nickName="I"), resource_id=ines)
    assert told.method == "PUT"
    assert told.resource == {"id": ines, "userName": "ines", "nickName": "I", "active": False}
    assert told.resource_difference is not None
    assert told.resource_difference.to_json() == {
        "added": {"nickName": "I"},
        "changed": {},
        "removed": {"title": "Mate"},
    }


async def test_without_a_payload_the_mapping_is_run_as_a_re_map_runs_it(world: World) -> None:
    quiet = await world.create("ines", slug="northgate", title="Quiet")
    told = await world.preview(resource_id=quiet, slug="northgate", draft=BOTH)
    assert (told.method, told.accepted, told.writes) == ("", True, False)  # scim_validate has no say in it
    assert told.difference is not None
    assert sorted(told.difference.added) == ["first", "length", "shout", "since"]


async def test_a_change_of_nothing_writes_nothing_and_says_so(world: World) -> None:
    ines = await world.create("ines", title="Mate")
    told = await world.preview(titled("Mate"), resource_id=ines)
    assert (told.accepted, told.writes) == (True, False)
    assert any("stays as it is" in warning for warning in told.warnings)
    assert told.difference is not None
    assert not told.difference
    changed = await world.preview(titled("Pilot"), resource_id=ines)
    assert (changed.accepted, changed.writes, changed.warnings) == (True, True, ())


@pytest.mark.parametrize(
    ("payload", "status", "scim_type", "text"),
    [
        ({"schemas": [USER]}, 400, "invalidValue", "userName"),
        (user(name="Ines"), 400, "invalidValue", "name"),
        (user(userName=7), 400, "invalidValue", "userName"),
        ([], 400, "invalidSyntax", "JSON object"),
        (None, 400, "invalidSyntax", "JSON object"),
        ("text", 400, "invalidSyntax", "JSON object"),
        (user(title="Quiet"), 400, "invalidValue", "nobody here is quiet"),
        (user(title="Broken"), 500, None, "`shout`"),
        (user(userName="BEA"), 409, "uniqueness", "userName"),
    ],
)
async def test_a_refusal_is_the_clients_own(
    world: World, payload: Any, status: int, scim_type: str | None, text: str
) -> None:
    bea = await world.create("bea")
    assert (await world.preview(user())).accepted
    told = await world.preview(payload)
    assert told.error is not None
    body = told.error.body()
    assert (body["status"], body.get("scimType")) == (str(status), scim_type)
    assert text in body["detail"]
    assert (told.accepted, told.writes) == (False, False)
    again = await world.preview(user(userName="BEA"), resource_id=bea)
    assert again.accepted  # a resource is not in its own way


async def test_a_failing_plugin_is_named_and_the_others_are_not_run(world: World) -> None:
    told = await world.preview(user(title="Broken"), draft=[BOTH[1], BOTH[0]])
    louder, shout = told.steps
    assert (louder.plugin, louder.error) == ("louder", "")
    assert (shout.plugin, "KeyError" in shout.error) == ("shout", True)
    assert told.document is None
    only = await world.preview(user(title="Broken"))
    assert [step.plugin for step in only.steps] == ["shout"]


async def test_a_patch_that_cannot_be_applied_is_refused(world: World) -> None:
    ines = await world.create("ines")
    told = await world.preview(patch({"op": "jump"}), resource_id=ines)
    assert told.error is not None
    assert told.error.body()["scimType"] == "invalidSyntax"
    await world.app.workspaces.set(LARKFIELD, {"profile": "strict"})
    told = await world.preview(patch({"op": "Replace", "path": "title", "value": "x"}), resource_id=ines)
    assert told.error is not None
    assert told.off == ["operation-letter-case"]


@pytest.mark.parametrize(
    ("arguments", "named", "problem", "text"),
    [
        ([], {}, PreviewProblem, "nothing to preview"),
        ([titled("x")], {}, PreviewProblem, "PATCH changes a resource"),
        ([user()], {"method": "PUT"}, PreviewProblem, "PUT changes a resource"),
        ([user()], {"method": "DELETE"}, PreviewProblem, "POST, PUT, PATCH"),
        ([user()], {"method": "POST", "given": user()}, PreviewProblem, "makes a new resource"),
        ([], {"method": "PUT", "given": user()}, PreviewProblem, "has a payload"),
        ([user()], {"given": user(), "resource_id": "u_1"}, PreviewProblem, "one resource"),
        ([titled("x")], {"given": "text"}, PreviewProblem, "The given resource"),
        ([titled("x")], {"match": "userName eq"}, PreviewProblem, "The filter cannot be used"),
        ([titled("x")], {"match": "userName pr"}, PreviewProblem, "more than one"),
        ([user()], {"resource_type": "Ship"}, NotFound, "there are User, Group"),
        ([user()], {"slug": "nobody"}, WorkspaceProblem, "no workspace `nobody`"),
    ],
)
async def test_what_does_not_go_together_is_refused(
    world: World, arguments: list[Any], named: dict[str, Any], problem: type[Exception], text: str
) -> None:
    await world.create("one")
    await world.create("two")
    for _ in range(2):  # a search without an index needs the counts, and these are written then if they are not yet
        await world.app.counters.flush((await world.context()).workspace.id)
    with pytest.raises(problem, match=text):
        await world.preview(*arguments, **named)


async def test_a_draft_is_compared_with_the_mapping_that_the_workspace_has(world: World) -> None:
    draft = [{"name": "shout", "settings": {"mark": ""}}]
    told = await world.preview(user(), draft=draft)
    assert told.accepted
    assert told.draft is not None
    assert told.draft.to_json() == {"errors": [], "warnings": ["shout.mark: is empty, so that nobody will notice."]}
    assert [step.plugin for step in told.steps] == ["shout"]
    assert told.current is not None
    assert [step.plugin for step in told.current.steps] == ["shout", "louder"]
    assert told.current_difference is not None
    assert told.current_difference.to_json() == {
        "added": {},
        "changed": {"shout": {"before": "INES!!!", "after": "INES"}},
        "removed": {"length": 3},
    }
    revision = told.to_json()["revision"]
    await world.app.workspaces.set(LARKFIELD, {"plugins": "shout", "shout.mark": '""'})
    assert (await world.app.workspaces.active(LARKFIELD)).pipeline.revision == revision
    assert (await world.preview(user())).document == told.document


@pytest.mark.parametrize(
    ("draft", "text"),
    [
        ([{"name": "nonesuch", "settings": {}}], "`nonesuch` is not installed"),
        ([{"name": "shout", "settings": {"colour": "red"}}], "colour"),
        ([{"name": "shout", "settings": {"mark": 7}}], "mark"),
        ([{"name": "shout", "settings": {"mark": "?"}}], "shout.mark: is no mark of a shout"),
        ([BOTH[0], BOTH[0]], "listed twice"),
    ],
)
async def test_a_draft_that_could_not_be_saved_says_why(world: World, draft: Any, text: str) -> None:
    told = await world.preview(user(), draft=draft)
    assert told.draft is not None
    assert text in told.draft.errors[0]
    assert (told.accepted, told.error, told.document) == (False, None, None)
    assert told.current is not None
    assert told.current.document is not None
    sample = await world.app.preview.sample(LARKFIELD, draft)
    assert (sample.accepted, sample.sampled, sample.revision) == (False, 0, None)


async def test_a_draft_may_cure_a_workspace_that_cannot_write(world: World) -> None:
    workspace = await world.app.workspaces.show(LARKFIELD)
    await world.app.workspaces.write(workspace, plugins=[{"name": "gone", "settings": {}}])
    told = await world.preview(user())
    assert told.error is not None
    assert (told.error.status, told.steps) == (503, ())
    told = await world.preview(user(), draft=BOTH)
    assert told.accepted
    assert told.current is not None
    assert told.current.error is not None


async def test_a_suspended_workspace_is_previewed_with_a_warning(world: World) -> None:
    await world.app.workspaces.suspend(LARKFIELD)
    told = await world.preview(user())
    assert told.accepted
    assert "suspended" in told.warnings[0]


async def test_a_document_of_an_earlier_mapping_is_said_to_be_one(world: World) -> None:
    ines = await world.create("ines")
    assert (await world.preview(titled("x"), resource_id=ines)).warnings == ()
    await world.app.workspaces.set(LARKFIELD, {"plugins": "louder"})
    assert "earlier mapping" in (await world.preview(titled("x"), resource_id=ines)).warnings[0]


@pytest.mark.parametrize("count", [0, -1, 1001])
async def test_a_sample_has_bounds(world: World, count: int) -> None:
    with pytest.raises(PreviewProblem, match="1 to 1000"):
        await world.app.preview.sample(LARKFIELD, count=count)


@pytest.mark.parametrize("total", [0, 1, 7, 19, 20, 21, 25, 200, 4321])
@pytest.mark.parametrize("count", [1, 3, 20, 24, 1000])
def test_a_sample_is_spread_and_has_nobody_twice(total: int, count: int) -> None:
    taken = [place for start, length in runs(total, count, 5) for place in range(start, start + length)]
    assert len(set(taken)) == len(taken) == min(total, count)
    assert taken == sorted(taken)
    assert all(0 <= place < total for place in taken)
    assert all(length <= 50 for _, length in runs(total, count, 5))
    if total > 4000 and count >= 20:
        assert {place * 4 // total for place in taken} == {0, 1, 2, 3}


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (titled("x"), True),
        ({"schemas": PATCH_OP}, True),
        ({"OPERATIONS": []}, True),
        (user(), False),
        ({}, False),
        ([], False),
        (None, False),
        ({"schemas": [7]}, False),
    ],
)
def test_a_patch_is_known_by_its_schemas_or_its_operations(payload: Any, expected: bool) -> None:
    assert is_patch(payload) == expected


async def test_other_work_goes_on_between_the_resources_of_a_sample(world: World) -> None:
    for number in range(30):
        await world.create(f"user-{number}")
    await world.app.counters.flush((await world.context()).workspace.id)
    turns: list[int] = []
    done = 0

    def count(mapped: int, _: int) -> None:
        nonlocal done
        done = mapped

    async def others() -> None:
        while done < 30:
            turns.append(done)
            await asyncio.sleep(0)

    waiting = asyncio.create_task(others())
    assert (await world.app.preview.sample(LARKFIELD, count=30, progress=count)).sampled == 30
    await waiting
    assert set(turns) >= set(range(1, 30))
