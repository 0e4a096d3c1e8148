"""Workspaces as code on a simulated database, with plugins that have secrets and opinions."""

import json
from collections.abc import AsyncIterator
from types import ModuleType
from typing import Any

import pytest
from mongomock_motor import AsyncMongoMockClient

from scimserver.hookspecs import Finding, PluginInfo, SettingsContext, hookimpl
from scimserver.service.application import Application
from scimserver.service.code.reading import CodeProblem
from scimserver.service.yaml_text import load
from scimserver.settings import load as load_settings
from scimserver.store.driver import Database
from scimserver.store.workspaces import WorkspaceProblem

EMPTY: dict[str, Any] = {
    "version": 1,
    "profile": "default",
    "switches": {},
    "limits": {},
    "plugins": [],
    "schemas": [],
}
BADGE = {
    "type": "object",
    "properties": {
        "colour": {"type": "string", "default": "grey"},
        "key": {"type": "string", "writeOnly": True},
        "fields": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "properties": {"path": {"type": "string"}, "form": {"enum": ["short", "long"]}},
                "additionalProperties": False,
            },
        },
    },
}


@hookimpl
def scim_plugin_info() -> PluginInfo:
    return PluginInfo("badge", "Prints a badge.", settings_schema=BADGE)


@hookimpl
def scim_check_settings(context: SettingsContext) -> list[Finding]:
    found = [Finding("warning", "colour", "red is hard to read.")] if context.settings["colour"] == "red" else []
    for name, rule in context.settings.get("fields", {}).items():
        if rule.get("path", "userName") not in context.attributes["User"]:
            found.append(Finding("error", f"fields.{name}.path", "users have no such attribute; choose another."))
    return found


@hookimpl
def scim_map(resource: dict[str, Any]) -> dict[str, Any]:
    return {"badge": resource.get("displayName", "")}


def badge() -> ModuleType:
    module = ModuleType("badge")
    vars(module).update(scim_plugin_info=scim_plugin_info, scim_check_settings=scim_check_settings, scim_map=scim_map)
    return module


@pytest.fixture(scope="module")
def made() -> Application:
    settings = load_settings(None, security={"secret_key": "only-for-tests-" * 4})
    app = Application(settings, Database.wrap(AsyncMongoMockClient(tz_aware=True)["as_code"]))
    app.plugins.register(badge(), "badge.py")
    return app


@pytest.fixture
async def app(made: Application) -> AsyncIterator[Application]:
    await made.migrate()
    yield made
    for workspace in await made.workspaces.list():
        await made.workspaces.delete(workspace.slug)


def document(**sections: Any) -> dict[str, Any]:
    return {**EMPTY, **sections}


def with_badge(**settings: Any) -> dict[str, Any]:
    return document(plugins=[{"name": "badge", "settings": settings}])


async def test_a_new_workspace_says_what_was_set_and_no_default(app: Application) -> None:
    await app.workspaces.create("larkfield")
    assert await app.as_code.export_text("larkfield") == (
        "version: 1\nprofile: default\nswitches: {}\nlimits: {}\nplugins:\n  - name: work_address\n  - name: profile\nschemas: []\n"
    )


async def test_everything_that_was_set_stands_in_a_fixed_order(app: Application) -> None:
    await app.workspaces.create("larkfield")
    await app.workspaces.set(
        "larkfield",
        {
            "plugins": "profile,badge",
            "badge.fields": json.dumps({"b": {"form": "short", "path": "title"}, "a": {"path": "userName"}}),
            "badge.colour": "teal",
            "behaviour.hide-password": "off",
            "tolerate.boolean-as-string": "off",
            "limits.concurrency": "7",
            "profile": "entra",
        },
    )
    assert await app.as_code.export_text("larkfield") == (
        "version: 1\n"
        "profile: entra\n"
        "switches:\n"
        "  tolerate:\n"
        "    boolean-as-string: false\n"
        "  behaviour:\n"
        "    hide-password: false\n"
        "limits:\n"
        "  concurrency: 7\n"
        "plugins:\n"
        "  - name: profile\n"
        "  - name: badge\n"
        "    settings:\n"
        "      colour: teal\n"
        "      fields:\n"
        "        a:\n"
        "          path: userName\n"
        "        b:\n"
        "          path: title\n"
        "          form: short\n"
        "schemas: []\n"
    )


async def test_equal_workspaces_give_equal_files_however_they_came_about(app: Application) -> None:
    changes = {"badge.colour": "teal", "badge.fields": '{"x": {"path": "title"}}', "limits.concurrency": "9"}
    for slug, order in (("one", [*changes]), ("two", [*reversed(changes)])):
        await app.workspaces.create(slug, plugins=[{"name": "badge", "settings": {}}])
        for key in order:
            await app.workspaces.set(slug, {key: changes[key]})
    assert await app.as_code.export_text("one") == await app.as_code.export_text("two")


async def test_a_text_of_several_lines_is_a_block(app: Application) -> None:
    await app.as_code.import_("larkfield", with_badge(colour="IIF(\n  a,\n  b)\n"), create=True)
    assert "      colour: |\n        IIF(\n          a,\n          b)\n" in await app.as_code.export_text("larkfield")


async def test_an_import_of_the_export_changes_nothing(app: Application) -> None:
    await app.workspaces.create("larkfield")
    await app.workspaces.set("larkfield", {"work_address.prefer": "parts", "limits.concurrency": "7"})
    before = await app.workspaces.show("larkfield")
    plan = await app.as_code.import_("larkfield", load(await app.as_code.export_text("larkfield")))
    assert (plan.changes, plan.stale) == ([], False)
    assert await app.workspaces.show("larkfield") == before


async def test_what_an_import_changes_is_in_the_record_and_served_at_once(app: Application) -> None:
    await app.workspaces.create("larkfield")
    await app.workspaces.set("larkfield", {"tolerate.boolean-as-string": "off", "limits.concurrency": "7"})
    await app.workspaces.resolve("larkfield")
    wanted = document(profile="strict", plugins=[{"name": "work_address", "settings": {"prefer": "parts"}}])
    plan = await app.as_code.import_("larkfield", wanted)
    assert [str(change) for change in plan.changes] == [
        'profile: "default" → "strict"',
        "switches.tolerate.boolean-as-string: removed, was false",
        "limits.concurrency: removed, was 7",
        'plugins[1]: profile removed, was {"name": "profile"}',
        'plugins[0].settings.prefer: added, "parts"',
    ]
    after = await app.workspaces.show("larkfield")
    assert (after.profile, after.switches, after.limits) == ("strict", {}, {})
    assert after.plugins == [{"name": "work_address", "settings": {"prefer": "parts"}}]
    active = await app.workspaces.resolve("larkfield")
    assert active is not None and active.profile.name == "strict" and active.concurrency != 7
    assert await app.as_code.export("larkfield") == wanted


@pytest.mark.parametrize(
    ("sections", "stale"),
    [
        ({"profile": "okta"}, False),
        ({"limits": {"concurrency": 5}}, False),
        ({"plugins": [{"name": "work_address"}, {"name": "badge", "settings": {"colour": "grey"}}]}, False),
        ({"plugins": [{"name": "badge"}, {"name": "work_address"}]}, True),
        ({"plugins": [{"name": "work_address"}]}, True),
        ({"plugins": [{"name": "work_address"}, {"name": "badge", "settings": {"colour": "teal"}}]}, True),
    ],
)
async def test_an_import_tells_whether_stored_documents_need_another_mapping(
    app: Application, sections: dict[str, Any], stale: bool
) -> None:
    await app.as_code.import_("larkfield", document(plugins=[{"name": "work_address"}, {"name": "badge"}]), create=True)
    before = document(plugins=[{"name": "work_address"}, {"name": "badge"}])
    assert (await app.as_code.import_("larkfield", {**before, **sections})).stale is stale


@pytest.mark.parametrize(
    ("wanted", "places"),
    [
        (document(profile="entre"), ["profile"]),
        (document(plugins=[{"name": "profile"}, {"name": "bagde"}]), ["plugins[1]"]),
        (document(plugins=[{"name": "work_address", "settings": {"prefer": "neither"}}]), ["plugins[0]"]),
        (with_badge(fields={"x": {"path": "shoeSize"}}), ["plugins[0]"]),
        ({**with_badge(colour=1), "profile": "entre", "limits": {"concurrency": 0}, "x": 1}, ["x", "limits.concurrency", "profile", "plugins[0]"]),
    ],
)  # fmt: skip
async def test_what_cannot_be_set_by_hand_is_refused_with_every_place_and_nothing_is_changed(
    app: Application, wanted: dict[str, Any], places: list[str]
) -> None:
    await app.workspaces.create("larkfield")
    before = await app.workspaces.show("larkfield")
    for act in (app.as_code.plan, app.as_code.import_):
        with pytest.raises(CodeProblem) as refusal:
            await act("larkfield", wanted)
        assert [problem.place for problem in refusal.value.problems] == places
    assert await app.workspaces.show("larkfield") == before
    with pytest.raises(CodeProblem):
        await app.as_code.import_("northgate", wanted, create=True)
    assert await app.workspaces.find("northgate") is None


async def test_a_refusal_names_the_rule_and_the_nearest_name(app: Application) -> None:
    await app.workspaces.create("larkfield")
    with pytest.raises(CodeProblem) as refusal:
        await app.as_code.plan("larkfield", {**with_badge(fields={"x": {"path": "shoeSize"}}), "profile": "entre"})
    assert str(refusal.value).splitlines() == [
        "profile: there is no `entre`; did you mean `entra`?.",
        "plugins[0]: badge.fields.x.path: users have no such attribute; choose another.",
    ]


async def test_warnings_are_told_and_refuse_nothing(app: Application) -> None:
    plan = await app.as_code.import_("larkfield", with_badge(colour="red"), create=True)
    assert plan.warnings == ["plugins[0]: badge.colour: red is hard to read."]


async def test_a_workspace_is_created_only_if_that_is_asked_for(app: Application) -> None:
    with pytest.raises(WorkspaceProblem, match="There is no workspace `larkfield`"):
        await app.as_code.import_("larkfield", EMPTY)
    wanted = {
        **with_badge(colour="teal"),
        "profile": "okta",
        "switches": {"tolerate": {"boolean-as-string": False}},
        "limits": {"concurrency": 3},
    }
    plan = await app.as_code.import_("larkfield", wanted, create=True)
    assert (plan.workspace, plan.stale) == (None, False)
    assert await app.as_code.export("larkfield") == wanted
    assert (await app.workspaces.show("larkfield")).revision == 1
    again = await app.as_code.import_("larkfield", wanted, create=True)
    assert again.workspace is not None and again.changes == []


async def test_a_name_that_fits_no_address_is_refused_before_anything_is_written(app: Application) -> None:
    with pytest.raises(WorkspaceProblem, match="2 to 63 characters"):
        await app.as_code.plan("Not A Name", EMPTY, create=True)


async def test_a_plan_writes_nothing(app: Application) -> None:
    assert (await app.as_code.plan("larkfield", EMPTY, create=True)).workspace is None
    assert await app.workspaces.find("larkfield") is None
    await app.workspaces.create("larkfield")
    before = await app.workspaces.show("larkfield")
    assert (await app.as_code.plan("larkfield", EMPTY)).changes
    assert await app.workspaces.show("larkfield") == before


async def test_a_secret_is_in_no_export_and_no_difference_and_is_kept_by_an_import(app: Application) -> None:
    await app.as_code.import_("larkfield", with_badge(key="s3cret", colour="teal"), create=True)
    exported = await app.as_code.export("larkfield")
    assert exported == with_badge(colour="teal")
    plan = await app.as_code.import_("larkfield", {**exported, "profile": "okta"})
    assert (await app.workspaces.show("larkfield")).plugins[0]["settings"] == {"key": "s3cret", "colour": "teal"}
    assert "s3cret" not in f"{plan.unified(('a', 'b'))} {plan.changes}"


async def test_a_secret_in_a_document_is_set_and_shown_as_another_one(app: Application) -> None:
    await app.as_code.import_("larkfield", with_badge(key="s3cret"), create=True)
    same = await app.as_code.plan("larkfield", with_badge(key="s3cret"))
    assert same.changes == []
    plan = await app.as_code.import_("larkfield", with_badge(key="n3w"))
    assert [str(change) for change in plan.changes] == ['plugins[0].settings.key: "…" → "… (another one)"']
    assert (await app.workspaces.show("larkfield")).plugins[0]["settings"] == {"key": "n3w"}


async def test_a_switch_that_no_version_knows_any_more_is_left_out(app: Application) -> None:
    workspace = await app.workspaces.create("larkfield")
    await app.workspaces.write(workspace, switches={"long-gone": True, "boolean-as-string": False})
    exported = await app.as_code.export("larkfield")
    assert exported["switches"] == {"tolerate": {"boolean-as-string": False}}
    assert (await app.as_code.import_("larkfield", exported)).changes == []


async def test_a_plugin_that_is_gone_is_exported_and_cannot_be_imported(app: Application) -> None:
    workspace = await app.workspaces.create("larkfield")
    await app.workspaces.write(workspace, plugins=[{"name": "gone", "settings": {"b": 1, "a": 2}}])
    exported = await app.as_code.export("larkfield")
    assert exported["plugins"] == [{"name": "gone", "settings": {"a": 2, "b": 1}}]
    with pytest.raises(CodeProblem, match="not installed"):
        await app.as_code.import_("larkfield", exported)
    plan = await app.as_code.import_("larkfield", EMPTY)
    assert [str(c) for c in plan.changes] == [
        'plugins[0]: gone removed, was {"name": "gone", "settings": {"a": 2, "b": 1}}'
    ]
