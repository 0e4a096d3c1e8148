"""A new plugin works as it is made, in both ways of installing it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from scimserver.authoring.check import check
from scimserver.authoring.new import NewProblem, new_plugin
from scimserver.plugins import PluginManager

FILES = ["README.md", "badge/__init__.py", "pyproject.toml", "tests/test_badge.py"]


def files_of(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_a_project_is_made_and_passes_the_check(tmp_path):
    made = new_plugin("badge", tmp_path)
    assert files_of(tmp_path / "badge") == FILES
    assert sorted(str(path.relative_to(tmp_path / "badge")) for path in made) == FILES
    report = check(tmp_path / "badge")
    assert list(report.problems) == []
    assert report.mapped > 200
    assert files_of(tmp_path / "badge") == FILES


@pytest.mark.parametrize("name", ["badge", "a", "b2_c"])
def test_an_empty_folder_of_that_name_is_used(tmp_path, name):
    (tmp_path / name).mkdir()
    assert new_plugin(name, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize(
    "name", ["", "Badge", "2b", "my-badge", "../badge", "bädge", "a.b", "class", "json", "scimserver", "profile"]
)
def test_a_name_that_would_not_work_is_refused_and_nothing_is_written(tmp_path, name):
    with pytest.raises(NewProblem):
        new_plugin(name, tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_what_is_there_is_left_alone(tmp_path, kind):
    path = tmp_path / "badge"
    if kind == "folder":
        path.mkdir()
        path = path / "mine.txt"
    path.write_text("mine")
    with pytest.raises(NewProblem, match="exists already"):
        new_plugin("badge", tmp_path)
    assert path.read_text() == "mine"
    assert files_of(tmp_path) == [str(path.relative_to(tmp_path))]


def test_nothing_is_left_when_it_cannot_be_written(tmp_path, monkeypatch):
    def fail(self: Path, target: Path) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(Path, "rename", fail)
    with pytest.raises(OSError, match="disk full"):
        new_plugin("badge", tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("named", ["badge", "."])
def test_the_folder_or_the_one_above_can_be_named_in_the_configuration(tmp_path, named):
    new_plugin("badge", tmp_path)
    (tmp_path / "badge" / "build").mkdir()  # as `pip install` leaves it
    manager = PluginManager.load([tmp_path / named])
    assert manager.place("badge") == str(tmp_path / named / ("badge/badge" if named == "." else "badge"))
    document = manager.pipeline("acme", [{"name": "badge"}]).map("User", {"userName": "ines"})
    assert document == {"badge": "ines"}


def run(*command: str, folder: Path, **environment: str) -> str:
    done = subprocess.run(command, cwd=folder, env={**os.environ, **environment}, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_its_tests_pass(tmp_path):
    new_plugin("badge", tmp_path)
    assert "5 passed" in run(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", folder=tmp_path / "badge")


@pytest.mark.slow
def test_it_can_be_installed_as_a_package(tmp_path):
    new_plugin("badge", tmp_path)
    pip = (sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--disable-pip-version-check")
    run(*pip, "--target", str(tmp_path / "site"), "./badge", folder=tmp_path)
    listed = run(
        sys.executable,
        "-m",
        "scimserver",
        "plugin",
        "list",
        "--json",
        folder=tmp_path,
        PYTHONPATH=str(tmp_path / "site"),
    )
    (found,) = [plugin for plugin in json.loads(listed) if plugin["name"] == "badge"]
    assert found["installed_from"] == "badge (badge)"
