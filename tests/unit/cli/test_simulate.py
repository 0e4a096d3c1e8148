"""``simulate``: which server it takes, what it says when it cannot begin, and its exit status."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from scimserver.cli import main
from scimserver.cli.running_demo import announced, running_demo
from scimserver.simulate import run as run_module
from scimserver.simulate.journal import Journal
from scimserver.simulate.problems import SimulateProblem
from scimserver.simulate.report import Report
from scimserver.simulate.run import Options, Outcome

URL = "https://scim.example.net/t/larkfield/scim/v2"
FACTS = {"tenant_url": URL, "secret_token": "scs_1", "pid": os.getpid(), "workspaces": [], "mongo_url": "mongodb://x"}


def simulate(*arguments: str, token: str | None = None) -> Result:
    environment = {"SCIMSERVER_TOKEN": token} if token else {"SCIMSERVER_TOKEN": ""}
    return CliRunner(env=environment).invoke(main, ["simulate", *arguments])


class Fake:
    """Stands for the run; remembers what it was told."""

    def __init__(self) -> None:
        self.options: Options | None = None
        self.differences: list[Any] | None = []
        self.quarantine = ""
        self.problem = ""
        self.error: Exception | None = None

    async def __call__(self, options: Options) -> Outcome:
        self.options = options
        if self.error:
            raise self.error
        report = Report("entra", options.dialect, Journal().summary(), self.differences, 1.0, 0, self.quarantine)
        return Outcome(report, problem=self.problem)


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Fake:
    found = Fake()
    monkeypatch.setattr(run_module, "run", found)
    return found


def test_the_token_comes_from_the_environment(fake: Fake) -> None:
    assert simulate("entra", URL, token="scs_2").exit_code == 0
    assert fake.options is not None
    assert (fake.options.url, fake.options.token, fake.options.dialect) == (URL, "scs_2", "legacy")


def test_a_url_without_token_is_wrong_usage(fake: Fake) -> None:
    result = simulate("entra", URL)
    assert result.exit_code == 2
    assert "SCIMSERVER_TOKEN" in result.stderr
    assert fake.options is None


@pytest.mark.parametrize(
    ("flag", "dialect"),
    [
        ("/?aadOptscim062020", "scim2"),
        ("?AzureAdScimPatch2017", "legacy"),
        ("?aadOptscim062020=", "scim2"),
        ("", "legacy"),
    ],
)
def test_the_urls_flag_chooses_the_dialect(fake: Fake, flag: str, dialect: str) -> None:
    simulate("entra", URL + flag, token="scs_2")
    assert fake.options is not None and fake.options.dialect == dialect


def test_an_option_wins_over_the_flag(fake: Fake) -> None:
    simulate("entra", URL + "?aadOptscim062020", "--dialect", "mixed", token="scs_2")
    assert fake.options is not None and fake.options.dialect == "mixed"


def test_without_url_the_running_demo_is_taken(fake: Fake, tmp_path: Path) -> None:
    with announced(tmp_path, FACTS):
        assert simulate("entra", "--data", str(tmp_path)).exit_code == 0
    assert fake.options is not None
    assert (fake.options.url, fake.options.token) == (URL, "scs_1")


def test_without_a_demo_one_line_says_what_to_do(fake: Fake, tmp_path: Path) -> None:
    result = simulate("entra", "--data", str(tmp_path))
    assert result.exit_code == 1
    assert result.stderr == (
        "Error: No demo is running: start `scimserver demo` in another terminal, or give a Tenant URL and set "
        "SCIMSERVER_TOKEN.\n"
    )


@pytest.mark.parametrize(
    ("facts", "status"),
    [
        ({}, 0),
        ({"differences": None}, 0),
        ({"differences": ["user ines is missing"]}, 1),
        ({"quarantine": "EncounteredQuarantineException. …"}, 1),
        ({"problem": "the server did not answer"}, 1),
    ],
)
def test_the_exit_status_says_whether_all_is_well(fake: Fake, facts: dict[str, Any], status: int) -> None:
    for name, value in facts.items():
        setattr(fake, name, value)
    result = simulate("entra", URL, "--json", token="scs_2")
    assert result.exit_code == status
    assert json.loads(result.stdout)["good"] is (status == 0)


def test_what_stopped_the_run_is_said_on_standard_error(fake: Fake) -> None:
    fake.problem = "the server did not answer"
    assert simulate("entra", URL, token="scs_2").stderr == "\nError: the server did not answer\n"


def test_a_problem_is_one_line(fake: Fake) -> None:
    fake.error = SimulateProblem("map.toml: users[0] title: needs a source.")
    result = simulate("entra", URL, token="scs_2")
    assert (result.exit_code, result.stderr) == (1, "Error: map.toml: users[0] title: needs a source.\n")


@pytest.mark.parametrize(
    "arguments",
    [
        ("google",),
        (),
        ("entra", "--dialect", "scim3"),
        ("entra", "--cycles", "-1"),
        ("entra", "--users", "0"),
        ("entra", "--rate", "0"),
        ("entra", "--parallel", "0"),
        ("entra", "--source", "missing.csv"),
    ],
)
def test_wrong_usage(fake: Fake, arguments: tuple[str, ...]) -> None:
    assert simulate(*arguments, token="scs_2").exit_code == 2
    assert fake.options is None


def test_without_the_tools_it_says_how_to_get_them() -> None:
    program = (
        "import sys; sys.modules['httpx'] = None; from scimserver.cli import main;"
        f"main(['simulate', 'entra', '{URL}', 'scs_1'])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr == "Error: The simulator needs the package httpx: run `pip install 'scimserver[tools]'`.\n"


# -- the file of a running demo ---------------------------------------------------------------------------------------


def test_a_demos_file_is_for_its_owner_and_vanishes_with_it(tmp_path: Path) -> None:
    with announced(tmp_path, FACTS):
        assert stat.S_IMODE((tmp_path / "demo.json").stat().st_mode) == 0o600
        assert running_demo(tmp_path) == (URL, "scs_1")
        assert "mongo_url" not in json.loads((tmp_path / "demo.json").read_text())
    assert list(tmp_path.iterdir()) == []
    assert running_demo(tmp_path) is None


def test_a_file_that_a_killed_demo_left_behind_does_not_count(tmp_path: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    (tmp_path / "demo.json").write_text(json.dumps({**FACTS, "pid": ended.pid}))
    assert running_demo(tmp_path) is None


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"pid": "x"}', "null"])
def test_a_damaged_file_does_not_count(tmp_path: Path, content: str) -> None:
    (tmp_path / "demo.json").write_text(content)
    assert running_demo(tmp_path) is None
