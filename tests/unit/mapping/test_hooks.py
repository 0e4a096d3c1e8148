"""Every hook: called as its contract in ``hookspecs.py`` says. The last test walks the live plugin manager."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from scimserver import hookspecs
from scimserver.errors import Forbidden, InvalidValue, PluginFailed, Unavailable
from scimserver.plugins import HOOKS, PluginManager, PluginProblem
from scimserver.schema.catalogue import load_schemas

USER = {
    "id": "u_1",
    "userName": "ada@larkfield.example",
    "emails": [{"value": "ada@larkfield.example", "type": "work"}],
}


@dataclass(frozen=True)
class StoredEvent:
    id: str
    action: str = "update"
    resource_type: str = "User"
    resource_id: str = "u_1"
    v: int = 2
    at: datetime = datetime(2026, 1, 2, tzinfo=UTC)
    data: dict[str, str] = field(default_factory=dict)


def test_hook_scim_plugin_info(make_plugin):
    manager = PluginManager()
    info = manager.register(make_plugin("@hookimpl\ndef scim_map(resource): ..."), "probe.py")
    assert info.name == "probe"
    assert manager.infos["probe"] == info


@pytest.mark.parametrize(
    "body",
    [
        "return {'name': 'probe'}",
        "raise RuntimeError('broken')",
        "return PluginInfo('Two Words')",
        "return PluginInfo('probe', settings_schema={'type': 'array'})",
        "return PluginInfo('probe', settings_schema={'properties': {'size': {'type': 'nmuber', 'default': 1}}})",
        "return PluginInfo('probe', settings_schema={'properties': {'size': {'type': 'number', 'default': 'big'}}})",
    ],
)
def test_a_bad_plugin_info_stops_the_start(make_plugin, body):
    module = make_plugin(
        f"@hookimpl\ndef scim_plugin_info():\n    {body}\n@hookimpl\ndef scim_map(resource): ...", info=False
    )
    with pytest.raises(PluginProblem, match=r"^probe\.py: "):
        PluginManager().register(module, "probe.py")


def test_hook_scim_startup(make_plugin):
    module = make_plugin("@hookimpl\ndef scim_startup(): CALLS.append('start')")
    manager = PluginManager()
    manager.register(module, "probe.py")
    assert module.CALLS == []
    manager.startup()
    assert module.CALLS == ["start"]


def test_a_failed_start_shuts_down_those_that_had_started_and_names_the_plugin(make_plugin):
    good = make_plugin(
        "@hookimpl\ndef scim_startup(): ...\n@hookimpl\ndef scim_shutdown(): CALLS.append('stop')", "good"
    )
    bad = make_plugin("@hookimpl\ndef scim_startup(): raise OSError('no cable')", "bad")
    manager = PluginManager()
    manager.register(good, "good.py")
    manager.register(bad, "bad.py")
    with pytest.raises(PluginProblem, match=r"bad\.py.*`bad` failed to start.*no cable"):
        manager.startup()
    assert good.CALLS == ["stop"]


def test_hook_scim_shutdown(make_plugin):
    order: list[str] = []
    manager = PluginManager()
    for name, body in (
        ("first", "ORDER.append('first')"),
        ("second", "raise OSError"),
        ("third", "ORDER.append('third')"),
    ):
        module = make_plugin(f"@hookimpl\ndef scim_shutdown(): {body}", name)
        module.ORDER = order
        manager.register(module, f"{name}.py")
    manager.startup()
    with capture_logs() as logs:
        manager.shutdown()
        manager.shutdown()
    assert order == ["third", "first"]
    assert [entry["plugin"] for entry in logs] == ["second"]


def test_hook_scim_schema_files(make_plugin, tmp_path: Path):
    path = tmp_path / "badge.json"
    path.write_text(json.dumps({}))
    manager = PluginManager()
    manager.register(make_plugin(f"@hookimpl\ndef scim_schema_files(): return [{str(path)!r}]"), "probe.py")
    assert manager.schema_files() == [path]
    path.write_text('{"name": "Robot", "endpoint": "/Robots", "schema": "urn:ietf:params:scim:schemas:core:2.0:User"}')
    assert load_schemas(manager.schema_files()).by_endpoint("/Robots") is not None


@pytest.mark.parametrize("body", ["return ['nowhere.json']", "raise OSError", "return 7"])
def test_bad_schema_files_stop_the_start(make_plugin, body):
    manager = PluginManager()
    manager.register(make_plugin(f"@hookimpl\ndef scim_schema_files(): {body}"), "probe.py")
    with pytest.raises(PluginProblem, match=r"probe\.py.*`probe`|probe\.py.*scim_schema_files"):
        manager.schema_files()


def test_hook_scim_validate(make_plugin, make_pipeline):
    module = make_plugin(
        """
        @hookimpl
        def scim_validate(context, resource):
            CALLS.append((context.workspace, context.plugin, context.resource_type, resource["id"]))
            if resource["userName"] == "root":
                raise errors.InvalidValue("`userName`: root is reserved; choose another.")
            resource.clear()
        """
    )
    pipeline = make_pipeline(module)
    user = dict(USER)
    pipeline.validate("User", user)
    assert user == USER
    assert module.CALLS == [("acme", "probe", "User", "u_1")]
    with pytest.raises(InvalidValue, match="root is reserved"):
        pipeline.validate("User", {**USER, "userName": "root"})


@pytest.mark.parametrize(
    "raised",
    ["KeyError('ada@larkfield.example')", "errors.Unauthorized('no')", "errors.Unavailable('no')", "SystemExit(3)"],
)
def test_what_is_no_refusal_is_the_plugins_failure(make_plugin, make_pipeline, raised):
    pipeline = make_pipeline(make_plugin(f"@hookimpl\ndef scim_validate(resource): raise {raised}"))
    with capture_logs() as logs, pytest.raises(PluginFailed, match="`probe`") as failure:
        pipeline.validate("User", USER)
    (entry,) = logs
    assert (entry["plugin"], entry["hook"], entry["resource"]) == ("probe", "scim_validate", "u_1")
    assert "larkfield" not in f"{entry} {failure.value.detail}"
    assert failure.value.__suppress_context__


def test_hook_scim_map(make_plugin, make_pipeline):
    first = make_plugin("@hookimpl\ndef scim_map(resource): return {'a': 1, 'b': {'x': 1}}", "first")
    second = make_plugin(
        "@hookimpl\ndef scim_map(document, context):\n    return {'b': {'y': document['b']}, 'c': context.plugin}",
        "second",
    )
    silent = make_plugin("@hookimpl\ndef scim_map(): return None", "silent")
    assert make_pipeline(first, second, silent).map("User", USER) == {"a": 1, "b": {"y": {"x": 1}}, "c": "second"}


def test_plugins_run_in_the_workspaces_order_not_in_the_order_of_loading(make_plugin):
    manager = PluginManager()
    for name in ("one", "two"):
        manager.register(make_plugin(f"@hookimpl\ndef scim_map(): return {{'last': {name!r}}}", name), name)
    first, second = ([{"name": name} for name in order] for order in (("one", "two"), ("two", "one")))
    assert manager.pipeline("a", first).map("User", USER) == {"last": "two"}
    assert manager.pipeline("b", second).map("User", USER) == {"last": "one"}
    assert manager.pipeline("c", []).map("User", USER) == {}


@pytest.mark.parametrize("spoil", ["resource.clear()", "resource['emails'][0].clear()", "document['first'].append(1)"])
def test_a_mapper_that_changes_its_input_harms_no_other(make_plugin, make_pipeline, spoil):
    first = make_plugin("@hookimpl\ndef scim_map(): return {'first': []}", "first")
    spoiler = make_plugin(f"@hookimpl\ndef scim_map(resource, document): {spoil}", "spoiler")
    last = make_plugin("@hookimpl\ndef scim_map(resource): return {'seen': resource['emails'][0]['value']}", "last")
    user = json.loads(json.dumps(USER))
    assert make_pipeline(first, spoiler, last).map("User", user) == {"first": [], "seen": "ada@larkfield.example"}
    assert user == USER


@pytest.mark.parametrize(
    ("result", "told"),
    [
        ("['a']", "the document is a list"),
        ("{'badge': {'a.b': 1}}", "`badge` has a field named 'a.b'"),
        ("{'badge': [object()]}", "`badge.0` is a object"),
        ("{'badge': 'x' * 2_000_000}", "`badge` is larger than 1048576 bytes"),
        ("{'badge': 1 / 0}", "ZeroDivisionError"),
        ("{'badge': errors.InvalidValue('mapping is no place to refuse')} and CALLS[7]", "IndexError"),
    ],
)
def test_a_mapper_that_fails_stops_the_write_and_is_named(make_plugin, make_pipeline, result, told):
    pipeline = make_pipeline(make_plugin(f"@hookimpl\ndef scim_map(): return {result}"))
    with capture_logs() as logs, pytest.raises(PluginFailed) as failure:
        pipeline.map("User", USER)
    assert "`probe`" in failure.value.detail
    assert told in failure.value.detail
    assert failure.value.status == 500
    assert [(entry["plugin"], entry["resource"]) for entry in logs] == [("probe", "u_1")]


def test_a_client_error_raised_by_a_mapper_is_its_failure(make_plugin, make_pipeline):
    pipeline = make_pipeline(make_plugin("@hookimpl\ndef scim_map(): raise errors.InvalidValue('no')"))
    with pytest.raises(PluginFailed, match="InvalidValue"):
        pipeline.map("User", USER)


def test_hook_scim_before_delete(make_plugin, make_pipeline):
    pipeline = make_pipeline(
        make_plugin(
            """
            @hookimpl
            def scim_before_delete(resource):
                if resource["userName"] == "owner":
                    raise errors.Forbidden("The owner cannot be deleted; appoint another one first.")
            """
        )
    )
    pipeline.before_delete("User", USER)
    with pytest.raises(Forbidden, match="appoint another"):
        pipeline.before_delete("User", {**USER, "userName": "owner"})


async def test_hook_scim_after_commit(make_plugin, make_pipeline):
    plain = make_plugin(
        "@hookimpl\ndef scim_after_commit(context, events): CALLS.append((context.workspace, events))", "plain"
    )
    broken = make_plugin("@hookimpl\nasync def scim_after_commit(): raise ValueError('ada')", "broken")
    waiting = make_plugin(
        "import asyncio\n"
        "@hookimpl\n"
        "async def scim_after_commit(events):\n"
        "    await asyncio.sleep(0)\n"
        "    CALLS.extend(events)\n",
        "waiting",
    )
    events = [StoredEvent("e_1"), StoredEvent("e_2", "member_add", "Group", "g_1", 0, data={"member": "u_1"})]
    with capture_logs() as logs:
        await make_pipeline(plain, broken, waiting).after_commit(events)
    ((workspace, told),) = plain.CALLS
    assert workspace == "acme"
    assert [(e.id, e.action, e.resource_id, e.version, dict(e.data)) for e in told] == [
        ("e_1", "update", "u_1", 2, {}),
        ("e_2", "member_add", "g_1", 0, {"member": "u_1"}),
    ]
    assert list(told) == waiting.CALLS
    (entry,) = logs
    assert (entry["plugin"], entry["error"], entry["events"]) == ("broken", "ValueError", ["e_1", "e_2"])
    assert "ada" not in str(entry)


def test_a_listed_plugin_that_is_not_installed_refuses_writes_and_says_which():
    pipeline = PluginManager().pipeline("acme", [{"name": "badge", "settings": {}}])
    for write in (pipeline.validate, pipeline.map, pipeline.before_delete):
        with pytest.raises(Unavailable, match="`badge` is not installed") as refusal:
            write("User", USER)
        assert int(refusal.value.headers["Retry-After"]) > 0


CHECKING = """
from scimserver.hookspecs import Finding

SETTINGS = {"properties": {"field": {"type": "string", "default": "badge"}}}

@hookimpl
def scim_check_settings(context):
    CALLS.append((context.workspace, context.plugin, dict(context.settings), context.attributes["User"]))
    if context.settings["field"] == "id":
        yield_ = [Finding("error", "field", "is taken: choose another name.")]
    elif context.settings["field"] == "crash":
        raise RuntimeError("secret")
    else:
        yield_ = [Finding("warning", "", "nothing reads it yet.")]
    return yield_

@hookimpl
def scim_map(resource):
    return {}
"""


def test_hook_scim_check_settings(make_plugin):
    """Called before settings are saved: errors refuse, warnings are returned, an exception names the plugin only."""
    module = make_plugin(CHECKING)
    manager = PluginManager()
    manager.register(module, "probe.py")
    paths = {"User": ["userName"]}
    assert manager.check_settings("acme", [{"name": "probe"}], paths) == ["probe: nothing reads it yet."]
    assert module.CALLS == [("acme", "probe", {"field": "badge"}, ("userName",))]
    with pytest.raises(PluginProblem, match=r"probe\.field: is taken: choose another name\."):
        manager.check_settings("acme", [{"name": "probe", "settings": {"field": "id"}}], paths)
    with pytest.raises(PluginProblem, match=r"check of the settings failed \(RuntimeError, ") as refusal:
        manager.check_settings("acme", [{"name": "probe", "settings": {"field": "crash"}}], paths)
    assert "secret" not in str(refusal.value)
    # The JSON Schema comes first, and requests are served without asking again.
    module.CALLS.clear()
    with pytest.raises(PluginProblem, match="field"):
        manager.check_settings("acme", [{"name": "probe", "settings": {"field": 7}}], paths)
    manager.pipeline("acme", [{"name": "probe"}]).map("User", USER)
    assert module.CALLS == []


def test_a_mapper_gets_the_stored_document_if_it_asks_for_it(make_plugin, make_pipeline):
    """``stored`` is None at creation and a copy afterwards."""
    module = make_plugin(
        """
        @hookimpl
        def scim_map(stored):
            made = (stored or {}).get("made", ["first"])
            if stored:
                stored["made"].append("spoilt")
            return {"made": made}
        """
    )
    pipeline = make_pipeline(module)
    assert pipeline.map("User", USER) == {"made": ["first"]}
    stored = {"made": ["kept"]}
    pipeline.map("User", USER, stored)
    assert stored == {"made": ["kept"]}


def test_every_hook_has_a_contract_and_a_test():
    manager = PluginManager()
    live = {name for name in vars(manager._manager.hook) if name.startswith("scim_")}
    assert live == set(HOOKS)
    for name in live:
        spec = getattr(hookspecs, name)
        assert len((spec.__doc__ or "").splitlines()) > 3, f"{name} lacks its contract in hookspecs.py"
        assert "Called" in spec.__doc__, f"{name} does not say when it is called"
        assert all(argument in spec.__annotations__ for argument in (*HOOKS[name], "return")), (
            f"{name} lacks type hints"
        )
        assert f"test_hook_{name}" in globals(), f"test_hook_{name} is missing"


def test_a_mapper_may_name_the_field_that_it_cannot_make(make_plugin, make_pipeline):
    source = """
    @hookimpl
    def scim_map(resource):
        raise errors.MappingFailed("card.email", "there is no address to write to")
    """
    with capture_logs() as logs, pytest.raises(PluginFailed) as failure:
        make_pipeline(make_plugin(source)).map("User", {"id": "u_1"})
    assert failure.value.detail == (
        "The plugin `probe` of this workspace could not make `card.email` of this User: there is no address to write to. "
        "Nothing was written."
    )
    (entry,) = logs
    assert (entry["plugin"], entry["attribute"], entry["resource"]) == ("probe", "card.email", "u_1")
    assert (failure.value.plugin, failure.value.attribute) == ("probe", "card.email")
