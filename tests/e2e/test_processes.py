"""The command line as an operator uses it: several processes on one port, and commands beside a running server."""

import contextlib
import json
import os
import re
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from scimserver.store.processes import command_line, is_alive

from .deployment import Deployment

SECONDS = 30


def scimserver(*arguments: str, cwd: Path | None = None, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Run a command to its end."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("SCIMSERVER_")}
    command = [sys.executable, "-m", "scimserver", *arguments]
    return subprocess.run(
        command,
        cwd=cwd,
        env={**clean, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        stdin=subprocess.DEVNULL,
    )


def ok(*arguments: str, **options: Any) -> str:
    """Run a command that must succeed; returns what it printed."""
    done = scimserver(*arguments, **options)
    assert done.returncode == 0, done.stderr
    return done.stdout


def refused(*arguments: str, status: int = 1, **options: Any) -> str:
    """Run a command that must fail with that exit status; returns its last line on standard error."""
    done = scimserver(*arguments, **options)
    assert done.returncode == status, (done.returncode, done.stdout, done.stderr)
    assert done.stdout == "" and "Traceback" not in done.stderr
    lines = done.stderr.strip().splitlines()
    if status == 1:
        assert len(lines) == 1, done.stderr
    return lines[-1].removeprefix("Error: ")


def wait_for(condition: Callable[[], Any], seconds: float = SECONDS) -> Any:
    """Return the first true value of the condition."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with contextlib.suppress(httpx.TransportError):
            if value := condition():
                return value
        time.sleep(0.05)
    raise AssertionError(f"not within {seconds} s")


# -- several processes -------------------------------------------------------------------------------------------------


def children(pid: int) -> list[int]:
    """Process ids of the direct children."""
    found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True).stdout
    return [int(child) for child in found.split() if is_alive(int(child))]


def descendants(pid: int) -> list[int]:
    below = children(pid)
    return below + [grandchild for child in below for grandchild in descendants(child)]


class Cluster:
    """``serve --processes 2`` on a written configuration and the embedded database."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.config = folder / "scimserver.toml"
        self.origin = f"http://127.0.0.1:{port}"
        ok("init", str(self.config))
        text = self.config.read_text()
        for name, value in {"port": port, "public_url": self.origin, "url": f"embedded:{folder / 'data'}"}.items():
            text, times = re.subn(
                rf"^#{name} = .*$", f"{name} = {json.dumps(value)}", text, count=1, flags=re.MULTILINE
            )
            assert times == 1, name
        self.config.write_text(text)
        self._log = (folder / "serve.log").open("wb")
        command = [sys.executable, "-m", "scimserver", "serve", "--config", str(self.config), "--processes", "2"]
        self.temporary = folder / "temporary"
        self.temporary.mkdir()
        environment = {**os.environ, "TMPDIR": str(self.temporary)}
        self.process = subprocess.Popen(command, stdout=self._log, stderr=self._log, env=environment)
        wait_for(lambda: httpx.get(f"{self.origin}/readyz").status_code == 200 and len(self.servers()) == 2)
        self.workspace = json.loads(ok("workspace", "create", "larkfield", "--json", "--config", str(self.config)))

    def log(self) -> str:
        return Path(self._log.name).read_text(errors="replace")

    def servers(self) -> set[int]:
        """Process ids of the server processes, not of the database."""
        return {child for child in children(self.process.pid) if "serve" in command_line(child)}

    def get(self, path: str = "Users") -> httpx.Response:
        """Ask on a fresh connection, which the kernel gives to either process."""
        headers = {"Authorization": f"Bearer {self.workspace['secret_token']}"}
        return httpx.get(f"{self.workspace['tenant_url']}/{path}", headers=headers, timeout=10)

    def create(self, name: str) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.workspace['secret_token']}"}
        return httpx.post(f"{self.workspace['tenant_url']}/Users", json={"userName": name}, headers=headers, timeout=10)

    def stop(self) -> tuple[int, float]:
        started = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(20)
        return status, time.monotonic() - started

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(10)
        self._log.close()


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    running = Cluster(tmp_path)
    yield running
    running.close()


@pytest.mark.slow
def test_two_processes_share_the_port_and_stand_in_for_each_other(cluster: Cluster) -> None:
    assert [cluster.create(f"user{n}@larkfield.example").status_code for n in range(20)] == [201] * 20
    # A process writes its counts twice a second; until then the other's lists lack them.
    wait_for(lambda: {cluster.get().json()["totalResults"] for _ in range(20)} == {20}, 3)
    for started, victim in enumerate(sorted(cluster.servers()), start=3):
        (survivor,) = cluster.servers() - {victim}
        os.kill(victim, signal.SIGKILL)
        wait_for(lambda gone=victim: not command_line(gone))  # type: ignore[misc]
        assert {cluster.get().status_code for _ in range(10)} == {200}, "the other one serves on"
        wait_for(lambda total=started: cluster.log().count("serving on") == total)  # type: ignore[misc]
        assert len(cluster.servers()) == 2 and survivor in cluster.servers()
    assert "starting it again" in cluster.log()
    assert cluster.get().json()["totalResults"] == 20

    below = descendants(cluster.process.pid)
    assert len(below) >= 3, "two servers and a database"
    status, seconds = cluster.stop()
    assert status == 0 and seconds < 10
    assert [pid for pid in below if is_alive(pid)] == [], "no process is left behind"
    with pytest.raises(httpx.ConnectError):
        cluster.get()


@pytest.mark.slow
def test_any_of_several_processes_tells_the_metrics_of_all(cluster: Cluster) -> None:
    def counted() -> set[int]:
        """What ten scrapes, each on a fresh connection, say of the users that were created."""
        texts = [httpx.get(f"{cluster.origin}/metrics").text for _ in range(10)]
        name = re.escape('scimserver_requests_total{method="POST",status="2xx"}')
        mapped = re.escape('scimserver_plugin_calls_total{hook="scim_map",plugin="profile"}')
        both = [[re.search(rf"^{n} (\S+)$", text, re.MULTILINE) for n in (name, mapped)] for text in texts]
        return {int(float(match[1])) if match else 0 for pair in both for match in pair}

    assert [cluster.create(f"user{n}@larkfield.example").status_code for n in range(20)] == [201] * 20
    assert counted() == {20}
    (folder,) = cluster.temporary.glob("scimserver-metrics-*")
    files = {path.name for path in folder.iterdir()}
    assert files == {"counter_0.db", "counter_1.db", "histogram_0.db", "histogram_1.db"}
    # One that is started again goes on with the numbers of the one before it, in the same file.
    victim = min(cluster.servers())
    os.kill(victim, signal.SIGKILL)
    wait_for(lambda: cluster.log().count("serving on") == 3)
    assert counted() == {20}
    assert cluster.create("another@larkfield.example").status_code == 201
    assert counted() == {21}
    assert {path.name for path in folder.iterdir()} == files
    cluster.stop()
    assert list(cluster.temporary.glob("scimserver-metrics-*")) == []


@pytest.mark.slow
def test_a_killed_supervisor_takes_its_processes_with_it(cluster: Cluster) -> None:
    below = descendants(cluster.process.pid)
    cluster.process.kill()
    cluster.process.wait(10)
    wait_for(lambda: not [pid for pid in below if command_line(pid)], 15)


def test_processes_that_cannot_share_a_port_are_refused(tmp_path: Path) -> None:
    config = tmp_path / "scimserver.toml"
    ok("init", str(config))
    said = refused("serve", "--config", str(config), "--processes", "2", "--port", "0", status=2)
    assert "--port" in said
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert port in refused("serve", "--config", str(config), "--port", port)


# -- configuration -----------------------------------------------------------------------------------------------------


def test_init_writes_a_configuration_that_is_good_and_private(tmp_path: Path) -> None:
    assert "scimserver.toml" in ok("init", cwd=tmp_path)
    written = tmp_path / "scimserver.toml"
    assert stat.S_IMODE(written.stat().st_mode) == 0o600
    key = re.search(r'^secret_key = "(.{32,})"$', written.read_text(), re.MULTILINE)
    assert key
    assert "good" in ok("check-config", cwd=tmp_path)
    report = json.loads(ok("check-config", "--json", "--config", str(written)))
    assert report["ok"] is True and set(report["plugins"]) >= {"work_address", "profile"}
    assert key[1] not in json.dumps(report)
    assert "--force" in refused("init", cwd=tmp_path)
    assert key[1] in written.read_text(), "a refusal changes nothing"
    ok("init", "--force", cwd=tmp_path)
    assert key[1] not in written.read_text()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[server]\nprot = 8080\n", ["server.prot", "did you mean port"]),
        ("[sever]\n", ["[sever]", "server"]),
        ("[server]\nport = 99999\n", ["server.port", "65535"]),
        ('[database]\nurl = "postgres://x"\n', ["database.url", "mongodb://"]),
        ('[security]\nsecret_key = "short"\n', ["secret_key", "32", "init"]),
        ("[server\n", ["TOML"]),
        ("", ["secret_key", "init"]),
        (f'[security]\nsecret_key = "{"k" * 40}"\n[plugins]\ndefault = ["no_such"]\n', ["no_such"]),
    ],
)
def test_a_bad_configuration_is_refused_in_one_line_with_the_cure(tmp_path: Path, text: str, words: list[str]) -> None:
    config = tmp_path / "bad.toml"
    config.write_text(text)
    said = refused("check-config", "--config", str(config))
    assert all(word in said for word in words), said


def test_a_configuration_that_is_not_there_is_named(tmp_path: Path) -> None:
    assert "missing.toml" in refused("check-config", "--config", str(tmp_path / "missing.toml"))


@pytest.mark.parametrize(
    "arguments",
    [
        ["no-such-command"],
        ["serve", "--processes", "0"],
        ["demo", "--port", "70000"],
        ["token", "create"],
        ["workspace", "set", "larkfield", "novalue"],
        ["migrate", "--no-such-option"],
    ],
    ids=" ".join,
)
def test_a_wrong_use_of_a_command_is_status_2(arguments: list[str]) -> None:
    assert refused(*arguments, status=2)


def test_a_database_that_is_away_is_said_in_one_line() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"mongodb://127.0.0.1:{probe.getsockname()[1]}/?serverSelectionTimeoutMS=300"
        for command in (["migrate"], ["workspace", "list"], ["token", "list", "larkfield"]):
            assert "database" in refused(*command, "--database", url).lower()


# -- beside a running server -------------------------------------------------------------------------------------------


@pytest.fixture
def beside(deployment: Deployment, tmp_path: Path) -> Callable[..., str]:
    """Run a command with ``--json`` on the running demo's database, from a folder without a configuration."""

    def run(*arguments: str) -> Any:
        return json.loads(ok(*arguments, "--database", deployment.facts["mongo_url"], "--json", cwd=tmp_path))

    return run


def status_with(tenant_url: str, token: str) -> int:
    return httpx.get(f"{tenant_url}/Users", headers={"Authorization": f"Bearer {token}"}).status_code


def test_migrate_can_be_repeated(beside: Callable[..., Any]) -> None:
    assert beside("migrate") == {"done": []}


def test_a_workspace_made_beside_a_running_demo_works_on_it(beside: Callable[..., Any], deployment: Deployment) -> None:
    made = beside("workspace", "create", "harbour")
    assert made["tenant_url"] == deployment.facts["tenant_url"].replace("larkfield", "harbour")
    assert status_with(made["tenant_url"], made["secret_token"]) == 200
    assert {w["name"] for w in beside("workspace", "list")} == {"larkfield", "northgate", "harbour"}
    url = deployment.facts["mongo_url"]
    assert "harbour" in refused("workspace", "create", "harbour", "--database", url)
    assert "nobody" in refused("workspace", "show", "nobody", "--database", url)
    unasked = scimserver("workspace", "delete", "harbour", "--database", url)
    assert unasked.returncode == 1 and "Aborted" in unasked.stderr, "without --yes, and nobody there to say so"
    assert status_with(made["tenant_url"], made["secret_token"]) == 200
    beside("workspace", "delete", "harbour", "--yes")
    wait_for(lambda: status_with(made["tenant_url"], made["secret_token"]) == 401, 6)


def test_tokens_are_rotated_beside_a_running_demo(beside: Callable[..., Any], deployment: Deployment) -> None:
    first = deployment.facts["secret_token"]
    made = beside("token", "create", "larkfield", "--label", "rotation", "--days", "30")
    assert status_with(made["tenant_url"], made["secret_token"]) == 200
    rows = {row["id"]: row for row in beside("token", "list", "larkfield")}
    assert rows[made["id"]]["label"] == "rotation" and rows[made["id"]]["state"] == "active"
    assert made["secret_token"].split("_")[2] not in json.dumps(rows), "a secret is shown once"
    assert rows[made["id"]]["expires"] is not None
    assert beside("token", "revoke", "larkfield", made["id"])["state"] == "revoked"
    wait_for(lambda: status_with(made["tenant_url"], made["secret_token"]) == 401, 6)
    assert status_with(made["tenant_url"], first) == 200, "the others stay"
    url = deployment.facts["mongo_url"]
    assert "no token" in refused("token", "revoke", "northgate", made["id"], "--database", url), "of another workspace"
    assert "nobody" in refused("token", "create", "nobody", "--database", url)


def test_a_suspension_takes_effect_within_five_seconds_and_ends_again(
    beside: Callable[..., Any], deployment: Deployment
) -> None:
    northgate = deployment.facts["workspaces"][1]
    address = (northgate["tenant_url"], northgate["secret_token"])
    assert status_with(*address) == 200
    assert beside("workspace", "suspend", "northgate")["state"] == "suspended"
    wait_for(lambda: status_with(*address) == 503, 5.5)
    assert status_with(deployment.facts["tenant_url"], deployment.facts["secret_token"]) == 200, "others are served"
    assert beside("workspace", "resume", "northgate")["state"] == "active"
    wait_for(lambda: status_with(*address) == 200, 5.5)


def test_a_setting_of_a_workspace_is_changed_or_refused_with_the_cure(
    beside: Callable[..., Any], deployment: Deployment
) -> None:
    changed = beside("workspace", "set", "larkfield", "work_address.prefer=parts", "limits.concurrency=32")
    assert changed["limits"] == {"concurrency": 32}
    assert {"name": "work_address", "settings": {"prefer": "parts"}} in changed["plugins"]
    url = deployment.facts["mongo_url"]
    for change in ("work_address.prefer=sideways", "limits.concurrency=none", "colour=red", "plugins=no_such"):
        said = refused("workspace", "set", "larkfield", change, "--database", url)
        assert change.partition("=")[0].split(".")[-1] in said or change.partition("=")[2] in said
    assert beside("workspace", "show", "larkfield")["plugins"] == changed["plugins"]


def test_a_second_demo_on_the_same_data_is_refused(deployment: Deployment) -> None:
    assert "already running" in refused("demo", "--data", str(deployment.data), "--port", "0")
