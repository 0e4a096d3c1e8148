"""``serve --processes N``: one port, several processes, none of them left behind."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from scimserver.store.processes import command_line

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")]


def children(pid: int) -> list[int]:
    """Process ids of the children of a process."""
    return [int(p) for p in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def servers(pid: int) -> list[int]:
    """Those of the children that serve."""
    return [child for child in children(pid) if command_line(child)[-1:] == ["serve"]]


def until(condition: Callable[[], Any], seconds: float = 30) -> Any:
    """Return the first true result."""
    deadline = time.monotonic() + seconds
    while not (result := condition()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.1)
    return result


def answers(port: int, count: int = 1) -> bool:
    """Whether the port answers ``count`` times in a row, each time on a new connection."""
    with contextlib.suppress(httpx.HTTPError):
        return all(httpx.get(f"http://127.0.0.1:{port}/readyz").status_code == 200 for _ in range(count))
    return False


class Served:
    """A supervisor on the embedded database."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.cli("init")
        path = folder / "scimserver.toml"
        text = re.sub(r"^#url = .*$", 'url = "embedded:"', path.read_text(), flags=re.MULTILINE)
        path.write_text(re.sub(r"^#port = .*$", f"port = {self.port}", text, flags=re.MULTILINE))
        self.log = (folder / "log").open("wb")
        command = [sys.executable, "-m", "scimserver", "serve", "--processes", "2"]
        self.process = subprocess.Popen(command, cwd=folder, stdout=self.log, stderr=self.log)

    def cli(self, *arguments: str) -> str:
        command = [sys.executable, "-m", "scimserver", *arguments]
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(10)
        self.log.close()


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    running = Served(tmp_path)
    yield running
    running.close()


def test_a_killed_process_is_started_again_and_sigterm_ends_all(served: Served) -> None:
    pid = served.process.pid
    until(lambda: answers(served.port) and len(servers(pid)) == 2)
    family = children(pid)
    assert len(family) == 3, "two servers and the database"

    victim = servers(pid)[0]
    os.kill(victim, signal.SIGKILL)
    until(lambda: len(servers(pid)) == 2 and victim not in servers(pid) and answers(served.port, 5))

    assert "Secret Token" in served.cli("workspace", "create", "larkfield"), "commands work beside the running server"
    family = children(pid)
    started = time.monotonic()
    served.process.send_signal(signal.SIGTERM)
    assert served.process.wait(15) == 0
    assert time.monotonic() - started < 10
    assert [p for p in family if command_line(p)] == []


def test_nothing_stays_behind_when_the_supervisor_is_killed(served: Served) -> None:
    pid = served.process.pid
    until(lambda: answers(served.port) and len(children(pid)) == 3)
    family = children(pid)
    served.process.kill()
    served.process.wait(10)
    until(lambda: not any(command_line(p) for p in family), seconds=15)
