"""Commands that need no database: output, exit status and one line on error."""

import json
import logging
import re
import stat
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from click.testing import CliRunner, Result

from scimserver.cli import COMMANDS, main
from scimserver.cli.demo import _prepare


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An empty folder, and logging as it was afterwards."""
    monkeypatch.chdir(tmp_path)
    handlers, level = logging.root.handlers, logging.root.level
    before = structlog.get_config()
    yield
    logging.root.handlers, logging.root.level = handlers, level
    structlog.configure(**before)


def run(*arguments: str, answer: str | None = None) -> Result:
    return CliRunner().invoke(main, arguments, input=answer)


def test_help_lists_the_commands_and_loads_no_heavy_module() -> None:
    heavy = ("tornado", "pymongo", "pydantic", "jsonschema", "structlog")
    program = (
        "import sys; from scimserver.cli import main; main(['--help'], standalone_mode=False);"
        f"sys.exit(', '.join(m for m in {heavy} if m in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stderr.strip() == ""
    assert all(f"\n  {command} " in done.stdout for command in COMMANDS)


def test_unknown_command_is_wrong_usage() -> None:
    assert run("conform").exit_code == 2


def test_init_writes_a_good_configuration_for_its_owner_only() -> None:
    assert run("init").exit_code == 0
    path = Path("scimserver.toml")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(tomllib.loads(path.read_text())["security"]["secret_key"]) >= 32
    assert run("check-config").exit_code == 0


def test_init_makes_another_key_each_time() -> None:
    run("init", "a.toml")
    run("init", "b.toml")
    assert Path("a.toml").read_text() != Path("b.toml").read_text()


def test_init_keeps_an_existing_file_unless_forced() -> None:
    path = Path("scimserver.toml")
    path.write_text("mine")
    path.chmod(0o644)
    refused = run("init")
    assert (refused.exit_code, path.read_text()) == (1, "mine")
    assert "--force" in refused.stderr
    assert run("init", "--force", "--json").stdout == '{"file": "scimserver.toml"}\n'
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_check_config_prints_json_without_the_key() -> None:
    run("init")
    key = tomllib.loads(Path("scimserver.toml").read_text())["security"]["secret_key"]
    done = run("check-config", "--json")
    assert json.loads(done.stdout)["ok"] is True
    assert key not in done.stdout


@pytest.mark.parametrize("command", [("check-config",), ("serve",), ("token", "create", "larkfield")])
def test_missing_secret_key_is_one_line_that_says_what_to_do(command: tuple[str, ...]) -> None:
    done = run(*command)
    assert done.exit_code == 1
    assert done.stderr.splitlines() == [
        "Error: security.secret_key is not set: `scimserver init` writes a configuration with a fresh one."
    ]


def test_check_config_names_a_plugin_that_is_not_installed() -> None:
    run("init")
    path = Path("scimserver.toml")
    path.write_text(path.read_text().replace("#default = [", 'default = ["badge", '))
    done = run("check-config")
    assert done.exit_code == 1
    assert "`badge` is not installed" in done.stderr


LIMITED = """
from pathlib import Path
from scimserver.hookspecs import PluginInfo, hookimpl

@hookimpl
def scim_plugin_info():
    return PluginInfo("badge")

@hookimpl
def scim_schema_files():
    return [Path(__file__).with_name("badge.json")]
"""


@pytest.mark.parametrize(
    ("only", "schema", "said"),
    [
        ("{}", "{}", "badge.json"),
        ('{ badge = ["larkfield"] }', "{}", "badge.json"),
        ('{ badge = ["Lark field"] }', "", "badge is limited to `Lark field`"),
        ('{ badgers = ["larkfield"] }', "", "plugins.only limits the plugin `badgers`, which is not installed"),
        ('{ badge = ["larkfield"] }', "", None),
    ],
)
def test_check_config_checks_what_limits_plugins(tmp_path: Path, only: str, schema: str, said: str | None) -> None:
    run("init")
    Path("plugins").mkdir()
    Path("plugins/badge.py").write_text(LIMITED)
    notes = {"mutability": "readWrite", "returned": "default", "uniqueness": "none", "caseExact": False}
    badge = {
        "$id": "urn:larkfield:schemas:1.0:Badge",
        "title": "Badge",
        "description": "Badges.",
        "type": "object",
        "required": [],
        "properties": {"colour": {"type": "string", "description": "Colour of the badge.", "scim": notes}},
    }
    Path("plugins/badge.json").write_text(schema or json.dumps(badge))
    path = Path("scimserver.toml")
    text = path.read_text().replace("#dirs = []", 'dirs = ["plugins"]', 1).replace("#only = {}", f"only = {only}")
    path.write_text(text)
    done = run("check-config")
    assert done.exit_code == (0 if said is None else 1), done.output
    assert (said or "work_address, badge.") in done.output


@pytest.mark.slow
def test_database_away_is_one_line_and_a_traceback_only_with_debug() -> None:
    # Processes of their own: PyMongo leaves the sockets of refused connections to the garbage collector.
    away = ["workspace", "list", "--database", "mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=100"]
    command = [sys.executable, "-m", "scimserver", *away]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (1, "")
    assert re.fullmatch(r"Error: The database is not reachable.*\n", done.stderr)
    debugged = subprocess.run([*command, "--debug"], capture_output=True, text=True)
    assert (debugged.returncode, "Traceback" in debugged.stderr) == (1, True)


def test_change_without_a_value_is_wrong_usage() -> None:
    assert run("workspace", "set", "larkfield", "plugins").exit_code == 2


def test_delete_asks_first() -> None:
    done = run("workspace", "delete", "larkfield", answer="n\n")
    assert done.exit_code == 1
    assert "with everything in it?" in done.stdout


def test_several_processes_need_a_port_they_can_share() -> None:
    run("init")
    assert run("serve", "--processes", "2", "--port", "0").exit_code == 2


def test_fresh_demo_deletes_only_what_a_demo_made(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "thesis.txt").write_text("chapter one")
    done = run("demo", "--data", str(precious), "--fresh", "--port", "0")
    assert done.exit_code == 1
    assert "was not made by a demo" in done.stderr
    assert (precious / "thesis.txt").exists()


def test_fresh_demo_empties_the_folder_of_an_earlier_one(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "secret_key").write_text("k")
    _prepare(data, fresh=True)
    assert list(data.iterdir()) == []
