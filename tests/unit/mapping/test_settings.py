"""A workspace's list of plugins and their settings."""

import pytest
import scimserver_plugins.profile
import scimserver_plugins.work_address

from scimserver.errors import PluginFailed, Unavailable
from scimserver.plugins import PluginManager, PluginProblem


@pytest.fixture
def manager() -> PluginManager:
    manager = PluginManager()
    manager.register(scimserver_plugins.work_address, "work_address.py")
    manager.register(scimserver_plugins.profile, "profile.py")
    return manager


@pytest.mark.parametrize(
    "settings",
    [{}, None, {"prefer": "formatted"}, {"prefer": "parts", "clean": True}, {"clean": False}],
)
def test_good_settings_are_accepted(manager, settings):
    chosen = [{"name": "work_address", "settings": settings}]
    manager.check_settings("acme", chosen, {})
    assert manager.pipeline("acme", chosen).problem == ""


@pytest.mark.parametrize(
    ("chosen", "told"),
    [
        ([{"name": "work_address", "settings": {"prefer": "either"}}], "prefer"),
        ([{"name": "work_address", "settings": {"clean": "yes"}}], "clean"),
        ([{"name": "work_address", "settings": {"tidy": True}}], "tidy"),
        ([{"name": "profile", "settings": {"anything": 1}}], "anything"),
        ([{"name": "profil"}], "`profil` is not installed on this server (installed: `profile`, `work_address`)"),
        ([{"name": "profile"}, {"name": "profile"}], "`profile` is listed twice"),
        ([{"settings": {}}], "is not installed"),
    ],
)
def test_bad_lists_are_refused_when_saved_and_stop_writes_when_found_stored(manager, chosen, told):
    with pytest.raises(PluginProblem) as refusal:
        manager.check_settings("acme", chosen, {})
    assert "`acme`" in str(refusal.value)
    assert told in str(refusal.value)
    pipeline = manager.pipeline("acme", chosen)
    with pytest.raises(Unavailable) as stop:
        pipeline.map("User", {"id": "u_1"})
    assert told in stop.value.detail


def test_a_schema_that_names_no_type_still_refuses_a_misspelt_setting(make_plugin):
    manager = PluginManager()
    manager.register(
        make_plugin("SETTINGS = {'properties': {'size': {'type': 'integer'}}}\n@hookimpl\ndef scim_map(): ..."),
        "probe.py",
    )
    manager.check_settings("acme", [{"name": "probe", "settings": {"size": 3}}], {})
    with pytest.raises(PluginProblem, match="sise"):
        manager.check_settings("acme", [{"name": "probe", "settings": {"sise": 3}}], {})


def test_defaults_are_filled_in_and_settings_cannot_be_changed_by_a_plugin(make_plugin, make_pipeline):
    source = """
    SETTINGS = {"properties": {"tags": {"type": "array", "default": ["a", {"b": 1}]}, "size": {"type": "integer"}}}

    @hookimpl
    def scim_map(context, resource):
        if resource["id"] == "u_2":
            context.settings["tags"][1]["b"] = 2
        return {"tags": context.settings["tags"], **context.settings}
    """
    pipeline = make_pipeline(make_plugin(source), probe={"size": 3})
    assert pipeline.map("User", {"id": "u_1"}) == {"tags": ["a", {"b": 1}], "size": 3}
    with pytest.raises(PluginFailed, match="TypeError"):
        pipeline.map("User", {"id": "u_2"})
    assert pipeline.map("User", {"id": "u_1"}) == {"tags": ["a", {"b": 1}], "size": 3}


def test_the_revision_is_stable_and_changes_with_order_settings_and_version(manager, make_plugin):
    address, card = {"name": "work_address", "settings": {}}, {"name": "profile", "settings": {}}
    base = manager.pipeline("acme", [address, card]).revision
    assert manager.pipeline("other", [address, card]).revision == base
    assert manager.pipeline("acme", [{"name": "work_address", "settings": {"clean": False}}, card]).revision == base
    changed = {
        manager.pipeline("acme", chosen).revision
        for chosen in ([card, address], [card], [], [{"name": "work_address", "settings": {"clean": True}}, card])
    }
    assert len(changed | {base}) == 5

    revisions = set()
    for version in "12":
        module = make_plugin(
            f"@hookimpl\ndef scim_plugin_info(): return PluginInfo('probe', version={version!r})\n"
            "@hookimpl\ndef scim_map(): ...",
            info=False,
        )
        other = PluginManager()
        other.register(module, "probe.py")
        revisions.add(other.pipeline("acme", [{"name": "probe"}]).revision)
    assert len(revisions) == 2


def test_two_workspaces_with_one_plugin_keep_their_settings_apart(manager):
    user = {"id": "u_1", "addresses": [{"type": "work", "formatted": "Sent", "streetAddress": "Joined"}]}
    parts = manager.pipeline("a", [{"name": "work_address", "settings": {"prefer": "parts"}}])
    formatted = manager.pipeline("b", [{"name": "work_address", "settings": {}}])
    assert parts.map("User", user) == {"work_address": "Joined"}
    assert formatted.map("User", user) == {"work_address": "Sent"}
