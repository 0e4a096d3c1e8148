"""``demo --sample``: people see at once what Entra ID sends and what the application gets of it."""

import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from .deployment import Deployment

README = Path(__file__).parents[2] / "README.md"
LAST = "The README has a whole conversation."


def start(data: Path, *options: str, environment: dict[str, str] | None = None) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "scimserver", "demo", "--data", str(data), "--port", "0", *options]
    return subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1", **(environment or {})},
    )


def shown(data: Path, *options: str) -> str:
    """Start a demo, return what it prints until it has nothing more to say, and stop it."""
    process = start(data, *options)
    timer = threading.Timer(60, process.kill)
    timer.start()
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if LAST in line:
            break
    process.send_signal(signal.SIGTERM)
    rest, errors = process.communicate(timeout=20)
    timer.cancel()
    assert process.returncode == 0, errors
    assert rest == "", "the Tenant URL and the token stay in view"
    return "".join(lines)


def excerpt() -> str:
    """Return what the README says that the demo shows."""
    part = README.read_text(encoding="utf-8").split("<!-- shown by the demo:")[1]
    return part.split("```text\n")[1].split("```")[0]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sample") / "data"


@pytest.fixture(scope="module")
def first(data: Path) -> str:
    return shown(data, "--sample")


def test_it_shows_what_was_sent_and_what_the_application_finds(first: str) -> None:
    assert "A small Entra ID has provisioned 12 users and 3 groups." in first
    sent, found = first.split("What your application finds")
    created, changed = sent.split("PATCH /Users/")
    for text in ("streetAddress  14 Harbour Row", "formatted      14 Harbour Row, Leith, Lothian EH6 6QQ"):
        assert text in created
    for text in ("streetAddress  2 Quay Lane", "formatted      2 Quay Lane, Newhaven, Lothian EH6 4LP"):
        assert f'Replace addresses[type eq "work"].{text}' in changed
    assert re.search(r"app\.work_address +2 Quay Lane, Newhaven, Lothian EH6 4LP\n", found)


def test_tenant_url_and_token_come_last(first: str) -> None:
    after = first.split("app.work_address")[1]
    assert re.search(r"Tenant URL    http://127\.0\.0\.1:\d+/t/demo/scim/v2\nSecret Token  scs_\w+\n", after)
    assert "export TOKEN=scs_" in after


def test_the_readme_shows_the_same(first: str) -> None:
    pattern = ".*".join(re.escape(part) for part in excerpt().strip("\n").split("…"))
    assert re.search(pattern, first, re.DOTALL)


def test_a_second_start_makes_no_second_set(data: Path, first: str) -> None:
    again = shown(data, "--sample")
    assert "12 users are there already" in again
    (address,) = re.findall(r"app\.work_address .*", again)
    assert address in first
    assert re.findall(r"PATCH /Users/\w+", again) == re.findall(r"PATCH /Users/\w+", first)
    running = Deployment(data).start()
    try:
        with running.sync_client() as client:
            users = client.get("Users", params={"count": "100"}).json()
            groups = client.get("Groups", params={"count": "100"}).json()
            assert (users["totalResults"], groups["totalResults"]) == (12, 3)
            assert [user["userName"] for user in users["Resources"] if not user["active"]] == [
                "ib.nygaard@northgate.example"
            ]
            assert {user["meta"]["version"] for user in users["Resources"]} <= {'W/"1"', 'W/"2"', 'W/"3"'}
    finally:
        running.stop()


def test_json_stays_one_line_and_the_users_are_there(tmp_path: Path) -> None:
    running = Deployment(tmp_path / "data", ["larkfield", "northgate"], options=["--sample"]).start()
    try:
        assert {"tenant_url", "secret_token", "mongo_url", "database", "pid", "workspaces"} <= running.facts.keys()
        for name, expected in (("larkfield", 12), ("northgate", 0)):
            with running.sync_client(name) as client:
                assert client.get("Users", params={"count": "0"}).json()["totalResults"] == expected
    finally:
        assert running.process is not None and running.process.stdout is not None
        running.process.send_signal(signal.SIGTERM)
        assert running.process.stdout.read() == b""
        running.process.wait(20)
        running.process.stdout.close()


def test_without_the_tools_it_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "httpx.py").write_text("raise ModuleNotFoundError(\"No module named 'httpx'\", name='httpx')\n")
    process = start(tmp_path / "data", "--sample", environment={"PYTHONPATH": str(tmp_path)})
    output, errors = process.communicate(timeout=30)
    assert (process.returncode, output) == (1, "")
    assert errors == (
        "Error: --sample needs the package httpx: run `pip install 'scimserver[tools]'`, or leave --sample out.\n"
    )


def test_a_stop_in_the_middle_is_a_clean_stop(tmp_path: Path) -> None:
    process = start(tmp_path / "data", "--sample")
    deadline = threading.Event()
    for _ in range(600):  # until the first state of the small Entra ID could be written, so while it provisions
        if (tmp_path / "data" / "sample" / "demo").exists() or process.poll() is not None:
            break
        deadline.wait(0.02)
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=20)
    assert (process.returncode, errors) == (0, "")
    assert "12 users" in shown(tmp_path / "data", "--sample"), "the next start completes what was begun"
