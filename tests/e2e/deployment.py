"""A real server process on a real socket, with the embedded database as its child."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import httpx
from pymongo import MongoClient

SCIM_JSON = "application/scim+json"
READY_SECONDS = 60


def from_a_terminal() -> None:
    """Let a child hear Ctrl-C (``preexec_fn``): jobs in the background have it ignored, and children inherit that."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Deployment:
    """``scimserver demo --json`` as a child process; restartable on the same data."""

    def __init__(
        self,
        data: Path,
        workspaces: Sequence[str] = ("demo",),
        environment: dict[str, str] | None = None,
        options: Sequence[str] = (),
        folder: Path | None = None,
    ) -> None:
        self.data = data
        self._folder = folder
        self._options = options
        self._names = list(workspaces)
        self._environment = {**os.environ, **(environment or {})}
        self.process: subprocess.Popen[bytes] | None = None
        self.facts: dict[str, Any] = {}
        self.port = 0

    def start(self) -> "Deployment":
        """Start, and return once the one line that says "ready" has been printed."""
        command = [
            sys.executable,
            "-m",
            "scimserver",
            "demo",
            "--json",
            "--data",
            str(self.data),
            "--port",
            str(self.port),
            *self._options,
        ]
        for name in self._names:
            command += ["--workspace", name]
        self.data.mkdir(parents=True, exist_ok=True)
        with (self.data.parent / f"{self.data.name}.log").open("ab") as log:
            self.process = subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=log, env=self._environment, cwd=self._folder
            )
        timer = threading.Timer(READY_SECONDS, self.process.kill)
        timer.start()
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        timer.cancel()
        assert line, f"the server did not become ready: {self.log()[-3000:]}"
        self.facts = json.loads(line)
        self.port = int(self.facts["tenant_url"].split(":")[2].split("/")[0])
        return self

    def wait_for(self, condition: Callable[[], bool], seconds: float = 10) -> None:
        """Ask until it is so."""
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, "it has not become so"
            time.sleep(0.1)

    def log(self) -> str:
        """What the process has written to standard error."""
        return (self.data.parent / f"{self.data.name}.log").read_text(errors="replace")

    def kill(self) -> None:
        """SIGKILL the server, as a power cut of the process would."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(10)
        assert self.process.stdout is not None
        self.process.stdout.close()

    def stop(self) -> tuple[int, float]:
        """SIGTERM; returns exit status and seconds taken."""
        assert self.process is not None
        started = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(20)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return status, time.monotonic() - started

    def database_state(self) -> dict[str, Any]:
        """Process id and port of the database child."""
        return dict(json.loads((self.data / "embedded.json").read_text()))

    def database_pid(self) -> int:
        """Process id of the database child."""
        return int(self.database_state()["pid"])

    def mongo(self) -> "MongoClient[dict[str, Any]]":
        """A client of our own for reading the documents back, as the application would."""
        return MongoClient(self.facts["mongo_url"], serverSelectionTimeoutMS=5000, tz_aware=True)

    def client(self, name: str | None = None, **options: Any) -> httpx.AsyncClient:
        """An HTTP client for one workspace: base URL and bearer token set."""
        return httpx.AsyncClient(**self._client_options(name), **options)

    def sync_client(self, name: str | None = None, **options: Any) -> httpx.Client:
        """The same for plain functions."""
        return httpx.Client(**self._client_options(name), **options)

    def _client_options(self, name: str | None) -> dict[str, Any]:
        workspace = next(w for w in self.facts["workspaces"] if name in (None, w["name"]))
        return {
            "base_url": workspace["tenant_url"] + "/",
            "headers": {"Authorization": f"Bearer {workspace['secret_token']}", "Content-Type": SCIM_JSON},
            "timeout": 30,
        }
