"""The README's "Your first mapper" works as it is printed, from an empty folder on."""

import os
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from scimserver.errors import InvalidValue
from scimserver.plugins import PluginManager, PluginProblem
from scimserver.testing import map_resource
from tests.docs.test_readme import MARK, TEXT, says
from tests.e2e.deployment import Deployment

PART = TEXT.split("<!-- first mapper:")[1].split("<!-- end of first mapper -->")[0]
BLOCK = re.compile(r"(<!-- in another terminal -->\n)?^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
HEREDOC = re.compile(r"^cat > (\S+) <<'EOF'\n(.*?)^EOF$", re.MULTILINE | re.DOTALL)
FILES = dict(HEREDOC.findall(PART))
"""File → text, of what the reader writes."""


@dataclass
class Step:
    """Commands with what must be printed; of the server, the command that starts it."""

    commands: str
    expected: str = "…"
    serves: bool = False


def steps() -> list[Step]:
    found: list[Step] = []
    for other_terminal, language, body in BLOCK.findall(PART):
        if language == "sh":
            found.append(Step(body, serves=bool(other_terminal)))
        else:
            found[-1].expected = body
    return found


def run(commands: list[Step], folder: Path, environment: dict[str, str]) -> None:
    """Run the steps in one shell and compare what each prints."""
    script = "".join(f"{step.commands}\necho\necho '{MARK}'\n" for step in commands)
    done = subprocess.run(
        ["bash", "-e", "-c", script], cwd=folder, env=environment, capture_output=True, text=True, timeout=100
    )
    assert done.returncode == 0, done.stdout + done.stderr
    printed = done.stdout.split(f"{MARK}\n")
    assert len(printed) == len(commands) + 1
    for step, output in zip(commands, printed, strict=False):
        assert says(output, step.expected), f"{step.commands}\nprinted\n{output}\nnot\n{step.expected}"


@pytest.mark.slow
def test_the_first_mapper_works_as_printed_in_under_ten_minutes(tmp_path: Path) -> None:
    if shutil.which("curl") is None:
        pytest.skip("the README talks to the server with curl, which is not installed here")
    began = time.monotonic()
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    every = steps()
    (served,) = [number for number, step in enumerate(every) if step.serves]
    command = every[served].commands.split()
    assert command[:2] == ["scimserver", "demo"]
    assert command[-2:] == ["--data", "demo-data"]

    run(every[:served], tmp_path, environment)
    project = tmp_path / "first-mapper"
    tested = subprocess.run(
        [sys.executable, "-m", "pytest", "-q"], cwd=project / "badge", capture_output=True, text=True
    )
    assert "2 passed" in tested.stdout

    demo = Deployment(project / "demo-data", options=command[2:-2], folder=project).start()
    try:
        facts = {
            "TENANT_URL": demo.facts["tenant_url"],
            "TOKEN": demo.facts["secret_token"],
            "MONGO_URL": demo.facts["mongo_url"],
        }
        run(every[served + 1 :], project, {**environment, **facts})
    finally:
        demo.stop()
    assert time.monotonic() - began < 600


def test_every_step_of_the_way_is_there() -> None:
    text = "".join(step.commands for step in steps())
    wanted = [
        "plugin new badge",
        "cat > badge/badge/__init__.py",
        "plugin check badge",
        "scimserver demo",
        "preview demo",
        "workspace set demo plugins=",
        "curl",
        "remap demo --dry-run",
        "remap demo --database",
        '["badge"]',
    ]
    places = [text.find(command) for command in wanted]
    assert -1 not in places
    assert places[:-1] == sorted(places[:-1])


# -- the plugin that is shown ------------------------------------------------------------------------------------------


@pytest.fixture
def badge(tmp_path: Path) -> Path:
    """The plugin of the README as a file."""
    path = tmp_path / "readme_badge.py"
    path.write_text(FILES["badge/badge/__init__.py"], encoding="utf-8")
    return path


def test_the_plugin_of_the_readme_loads_and_maps(badge: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "badge" in PluginManager.load([badge.parent]).infos
    monkeypatch.syspath_prepend(badge.parent)
    assert map_resource("readme_badge", {"displayName": "Ines"}) == {"badge": "INES"}
    assert map_resource("readme_badge", {"displayName": "Ines"}, settings={"upper": False}) == {"badge": "Ines"}


def test_that_plugin_refuses_what_the_readme_says(badge: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(badge.parent)
    with pytest.raises(InvalidValue, match="`displayName` is printed on the badge and is missing"):
        map_resource("readme_badge", {"userName": "ines"})


def test_a_wrong_setting_of_that_plugin_is_refused(badge: Path) -> None:
    manager = PluginManager.load([badge.parent])
    with pytest.raises(PluginProblem, match="upper"):
        manager.check_settings("larkfield", [{"name": "badge", "settings": {"upper": "loud"}}], {})


def test_the_plugin_is_short(badge: Path) -> None:
    lines = badge.read_text(encoding="utf-8").splitlines()
    assert len([line for line in lines if line.strip() and not line.startswith("#")]) <= 20
