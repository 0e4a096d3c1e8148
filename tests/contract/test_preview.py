"""Preview on real databases: what would be refused, drafts, samples; and nothing is ever written."""

import json
import textwrap
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from scimserver.errors import BadRequest, NotFound
from scimserver.scim.projection import Projection
from scimserver.service.application import Application
from scimserver.service.context import RequestContext
from scimserver.service.payloads import is_patch
from scimserver.service.previews import Preview
from scimserver.service.sampling import runs
from scimserver.settings import load
from scimserver.store.driver import Database
from scimserver.store.workspaces import WorkspaceProblem
from tests.written import everything

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
LARKFIELD = "larkfield"
SHOUT = """
from datetime import UTC, datetime
from scimserver.errors import InvalidValue
from scimserver.hookspecs import Finding, PluginInfo, hookimpl

@hookimpl
def scim_plugin_info():
    return PluginInfo("shout", settings_schema={"properties": {"mark": {"type": "string", "default": "!"}}})

@hookimpl
def scim_check_settings(context):
    if context.settings["mark"] == "?":
        return [Finding("error", "mark", "is no mark of a shout; use ! instead.")]
    if context.settings["mark"] == "":
        return [Finding("warning", "mark", "is empty, so that nobody will notice.")]

@hookimpl
def scim_validate(context, resource):
    if resource.get("title") == "Quiet":
        raise InvalidValue("`title`: nobody here is quiet. Leave it empty.")

@hookimpl
def scim_map(context, resource, document, stored):
    if resource.get("title") == "Broken":
        raise KeyError("title")
    name = resource.get("userName") or resource.get("displayName", "")
    first = (stored or {}).get("first", name)
    return {"shout": name.upper() + context.settings["mark"], "first": first, "since": datetime(2026, 1, 2, tzinfo=UTC)}
"""
LOUDER = """
from scimserver.hookspecs import PluginInfo, hookimpl

@hookimpl
def scim_plugin_info():
    return PluginInfo("louder", version="3")

@hookimpl
def scim_map(resource, document):
    return {"shout": document.get("shout", "") + "!!", "first": document.get("first"), "length": len(document)}
"""
BOTH = [{"name": "shout", "settings": {}}, {"name": "louder", "settings": {}}]


class World:
    """Two workspaces of one application, and what their identity provider does."""

    def __init__(self, app: Application) -> None:
        self.app = app

    async def context(self, slug: str = LARKFIELD) -> RequestContext:
        return RequestContext(await self.app.workspaces.active(slug), self.app.tenant_url(slug), "r", "t", "pytest")

    async def create(self, name: str, slug: str = LARKFIELD, kind: str = "User", **more: Any) -> str:
        """Create a resource; returns its id."""
        ctx = await self.context(slug)
        resource_type = ctx.workspace.catalogue.resource_type(kind)
        body = {"userName" if kind == "User" else "displayName": name, **more}
        everything = Projection.parse(None, None, resource_type)
        return str((await self.app.provisioning.create(ctx, resource_type, body, everything)).resource["id"])

    async def preview(self, *arguments: Any, slug: str = LARKFIELD, **named: Any) -> Preview:
        """Preview, and assert that nothing was written."""
        before = await everything(self.app.database)
        try:
            told = await self.app.preview.preview(slug, *arguments, **named)
        finally:
            assert await everything(self.app.database) == before
        json.dumps(told.to_json())
        return told


@pytest.fixture
async def world(database: Database, tmp_path: Path) -> AsyncIterator[World]:
    """``larkfield`` with the plugins shout and louder, ``northgate`` without any."""
    for name, source in (("shout", SHOUT), ("louder", LOUDER)):
        (tmp_path / f"{name}.py").write_text(textwrap.dedent(source))
    settings = load(None, security={"secret_key": "only-for-tests-" * 4}, plugins={"dirs": [tmp_path]})
    app = Application(settings, database)
    await app.migrate()
    await app.workspaces.create(LARKFIELD, plugins=BOTH)
    await app.workspaces.create("northgate", plugins=[])
    yield World(app)
    await app.tokens.close()


def user(**attributes: Any) -> dict[str, Any]:
    return {"schemas": [USER], "userName": "ines", **attributes}


def patch(*operations: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"schemas": [PATCH_OP], "Operations": list(operations), **more}


def titled(title: str) -> dict[str, Any]:
    return patch({"op": "replace", "path": "title", "value": title})


# -- payloads ----------------------------------------------------------------------------------------------------------


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


# -- refusals ----------------------------------------------------------------------------------------------------------


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
    strict = await world.app.workspaces.set(LARKFIELD, {"profile": "strict"})
    assert strict.profile == "strict"
    told = await world.preview(patch({"op": "Replace", "path": "title", "value": "x"}), resource_id=ines)
    assert told.error is not None
    assert told.off == ["operation-letter-case"]


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


@pytest.mark.parametrize(
    ("arguments", "named", "problem", "text"),
    [
        ([], {}, BadRequest, "nothing to preview"),
        ([titled("x")], {}, BadRequest, "PATCH changes a resource"),
        ([user()], {"method": "PUT"}, BadRequest, "PUT changes a resource"),
        ([user()], {"method": "DELETE"}, BadRequest, "POST, PUT, PATCH"),
        ([user()], {"method": "POST", "given": user()}, BadRequest, "makes a new resource"),
        ([], {"method": "PUT", "given": user()}, BadRequest, "has a payload"),
        ([user()], {"given": user(), "resource_id": "u_1"}, BadRequest, "one resource"),
        ([titled("x")], {"given": "text"}, BadRequest, "The given resource"),
        ([titled("x")], {"match": "userName eq"}, BadRequest, "userName eq"),
        ([titled("x")], {"match": "userName pr"}, BadRequest, "more than one"),
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


# -- drafts ------------------------------------------------------------------------------------------------------------


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
    await world.app.workspaces._update(workspace, plugins=[{"name": "gone", "settings": {}}])
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


# -- samples -----------------------------------------------------------------------------------------------------------


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


@pytest.mark.parametrize("count", [0, -1, 1001])
async def test_a_sample_has_bounds(world: World, count: int) -> None:
    with pytest.raises(BadRequest, match="1 to 1000"):
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
