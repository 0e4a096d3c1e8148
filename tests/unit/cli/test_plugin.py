"""``plugin new``, ``plugin check`` and ``plugin list`` without a database: output and exit status."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from scimserver.cli import main

BAD = """
from scimserver.hookspecs import PluginInfo, hookimpl

@hookimpl
def scim_plugin_info():
    return PluginInfo("bad")

@hookimpl
def scim_map(resource):
    return {"title": resource["title"]}
"""


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["plugin", *arguments])


def test_new_then_check() -> None:
    made = run("new", "badge", "--json")
    assert json.loads(made.stdout) == {
        "name": "badge",
        "folder": "badge",
        "files": ["badge/pyproject.toml", "badge/README.md", "badge/badge/__init__.py", "badge/tests/test_badge.py"],
    }
    done = run("check", "badge")
    assert (done.exit_code, done.stdout.splitlines()[-1]) == (0, "Fine.")
    again = run("new", "badge")
    assert again.exit_code == 1
    assert again.stderr.startswith("Error: badge exists already")
    assert run("new", "Badge").exit_code == 1


def test_check_names_file_line_rule_and_resource() -> None:
    Path("bad.py").write_text(BAD)
    done = run("check", "bad.py")
    assert done.exit_code == 1
    assert done.stdout.startswith("error: bad.py:10: scim_map raises KeyError: 'title'.\n    on rfc7644/")
    found = json.loads(run("check", "bad.py", "--json").stdout)
    assert (found["ok"], found["name"], found["errors"][0]["place"]) == (False, "bad", "bad.py:10")


@pytest.mark.parametrize("settings", ['{"separator": ", "}', "file"])
def test_check_tries_settings(settings: str) -> None:
    run("new", "badge")
    Path("file").write_text("separator: ', '\n")
    done = run("check", "badge", "--json", "--settings", settings)
    assert (done.exit_code, json.loads(done.stdout)["settings"]["separator"]) == (0, ", ")


@pytest.mark.parametrize("settings", ["{", "nowhere.json", "[]", "list"])
def test_settings_that_cannot_be_read_are_wrong_usage(settings: str) -> None:
    run("new", "badge")
    Path("list").write_text("- a\n")
    assert run("check", "badge", "--settings", settings).exit_code == 2


def test_a_path_without_plugin() -> None:
    assert run("check", "nowhere").exit_code == 2
    Path("empty").mkdir()
    done = run("check", "empty")
    assert done.exit_code == 1
    assert "__init__.py" in done.stderr


def test_list_shows_what_is_installed_from_where_with_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    run("new", "badge")
    monkeypatch.setenv("SCIMSERVER_PLUGINS__DIRS", '["badge"]')
    monkeypatch.setenv("SCIMSERVER_PLUGINS__ONLY", '{"badge": ["larkfield", "northgate"]}')
    found = {plugin["name"]: plugin for plugin in json.loads(run("list", "--json").stdout)}
    assert {"badge", "profile", "work_address"} <= set(found)
    badge = found["badge"]
    assert (badge["installed_from"], badge["version"], badge["installed"]) == ("badge/badge", "1", True)
    assert badge["hooks"] == ["scim_plugin_info", "scim_map"]
    assert badge["settings"]["separator"]["default"] == " / "
    assert (badge["only"], found["profile"]["only"]) == (["larkfield", "northgate"], None)
    text = run("list").stdout
    assert "only   for larkfield, northgate" in text
    assert 'badge.separator=" / "  What stands between' in text
    assert "from   scimserver (scimserver_plugins.work_address)" in text
