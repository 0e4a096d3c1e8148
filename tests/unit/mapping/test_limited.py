"""Plugins for named workspaces only: to all others they are as if they were not installed."""

import json

import pytest

from scimserver.errors import Unavailable
from scimserver.plugins import PluginManager, PluginProblem

MAPPER = "@hookimpl\ndef scim_map(): return {'badge': 1}"
CHOSEN = [{"name": "badge", "settings": {}}]


@pytest.fixture
def manager(make_plugin):
    manager = PluginManager(only={"badge": ["larkfield", "northgate"]})
    manager.register(make_plugin(MAPPER, "badge"), "badge.py")
    manager.register(make_plugin("@hookimpl\ndef scim_map(): return {'card': 1}", "card"), "card.py")
    return manager


def test_only_named_workspaces_see_and_list_a_limited_plugin(manager):
    assert list(manager.visible_to("larkfield")) == ["badge", "card"]
    assert list(manager.visible_to("southport")) == ["card"]
    assert [manager.may_use("badge", slug) for slug in ("larkfield", "northgate", "southport")] == [True, True, False]
    assert not manager.may_use("nothing", "larkfield")
    manager.check_settings("larkfield", CHOSEN, {})
    assert manager.pipeline("northgate", CHOSEN).map("User", {}) == {"badge": 1}


def test_to_others_the_refusal_is_that_of_a_plugin_that_is_not_installed(manager, make_plugin):
    without = PluginManager()
    without.register(make_plugin("@hookimpl\ndef scim_map(): return {'card': 1}", "card"), "card.py")
    texts = []
    for each in (manager, without):
        with pytest.raises(PluginProblem) as refusal:
            each.check_settings("southport", CHOSEN, {})
        texts.append(str(refusal.value))
        pipeline = each.pipeline("southport", CHOSEN)
        for write in (pipeline.validate, pipeline.map, pipeline.before_delete):
            with pytest.raises(Unavailable) as stop:
                write("User", {})
            texts.append(stop.value.detail)
    assert texts[:4] == texts[4:]
    assert "`badge` is not installed on this server (installed: `card`)" in texts[0]


def test_a_plugin_limited_to_nobody_is_nobodys(make_plugin):
    manager = PluginManager(only={"badge": []})
    manager.register(make_plugin(MAPPER, "badge"), "badge.py")
    assert dict(manager.visible_to("larkfield")) == {}


def test_a_limit_of_a_plugin_that_is_not_installed_stops_the_start(monkeypatch):
    monkeypatch.setattr("scimserver.plugin_loading.entry_points", lambda group: [])
    with pytest.raises(PluginProblem, match=r"plugins\.only limits the plugin `badg`, which is not installed"):
        PluginManager.load(only={"badg": ["larkfield"]})
    PluginManager.load(only={})


def test_schema_files_of_limited_plugins_are_apart(make_plugin, tmp_path):
    manager = PluginManager(only={"badge": ["larkfield"], "silent": ["larkfield"]})
    paths = {}
    for name in ("badge", "card"):
        paths[name] = tmp_path / f"{name}.json"
        paths[name].write_text(json.dumps({}))
        source = f"@hookimpl\ndef scim_schema_files(): return [{str(paths[name])!r}]"
        manager.register(make_plugin(source, name), f"{name}.py")
    manager.register(make_plugin(MAPPER, "silent"), "silent.py")
    assert manager.schema_files() == [paths["card"]]
    assert manager.limited_schema_files() == {"badge": [paths["badge"]]}
    paths["badge"].unlink()
    with pytest.raises(PluginProblem, match=r"badge\.py: `badge` names the schema file"):
        manager.limited_schema_files()
