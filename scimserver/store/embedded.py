"""The embedded database: a MongoDB-compatible engine as a child process on a loopback port, with its own directory.

For demos, development, tests and trials. The engine is GPL-2.0 and beta software, so it is never imported here: it is a
program that we start, watch, restart when it crashes, and stop. It always runs with ``--sync-on-commit``: without it,
acknowledged writes were lost on ``kill -9``.

Files in the data directory: ``db/`` (the engine's), ``engine.log``, ``engine.toml`` (empty, so that no configuration is
picked up from elsewhere), ``owner.lock`` (held while a process owns the directory; the kernel frees it whatever happens
to that process) and ``embedded.json`` (who runs the engine, and where it listens).
"""

import asyncio
import contextlib
import fcntl
import importlib.util
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import IO, Any, Self

import structlog
from pymongo.errors import PyMongoError

from .driver import Database, Timeouts
from .processes import command_line, is_alive, leashed, terminate
from .tasks import end

log = structlog.get_logger("scimserver.embedded")

READY_SECONDS = 60.0
"""Recovery of a large data directory after a crash may take a while."""
STOP_SECONDS = 5.0
LOCK_SECONDS = 1.0
"""An owner that was just killed may need a moment to vanish."""
POLL_SECONDS = 0.05
WATCH_SECONDS = 0.2
LONGEST_PAUSE = 5.0
PORT_ATTEMPTS = 5
MAX_LOG_BYTES = 1024 * 1024
"""Beyond it the log is moved to ``engine.log.1``."""


class EmbeddedProblem(Exception):
    """The embedded database cannot run; the text says why and what to do."""


class EmbeddedDatabase:
    """One engine process on one data directory, owned by this process."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory.absolute()
        self.url = ""
        """Database URL, once the engine has answered; the same after a restart."""
        self._port = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._lock: IO[str] | None = None
        self._watcher: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        """Process id of the engine while it runs."""
        return self._process.pid if self._process and self._process.poll() is None else None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> str:
        """Start the engine, wait until it answers, watch over it from then on; returns its URL.

        Call it from the main thread: Linux ends the engine when the *thread* that started it ends.

        Raises:
            EmbeddedProblem: not installed, the directory is in use, or the engine does not come up.
        """
        if importlib.util.find_spec("secantus") is None:
            raise EmbeddedProblem(
                "The embedded database is not installed: run `pip install 'scimserver[embedded]'` "
                "(Python 3.11 to 3.13), or set database.url to a MongoDB server."
            )
        self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._lock = await self._own()
        try:
            await self._end_stale_engine()
            (self.directory / "engine.toml").write_text("")
            await self._launch_on_free_port()
        except BaseException:
            await self.stop()
            raise
        self._watcher = asyncio.create_task(self._watch(), name="embedded database")
        return self.url

    async def stop(self) -> None:
        """Stop the engine (SIGTERM, after five seconds SIGKILL) and give up the directory; may be called twice."""
        if self._watcher:
            await end([self._watcher])
            self._watcher = None
        await self._end_engine()
        if self._lock:
            self._state_file.unlink(missing_ok=True)
            self._lock.close()
            self._lock = None

    @classmethod
    def running_url(cls, directory: Path) -> str | None:
        """Return the URL of an engine that another process runs on this directory, or None.

        Waits, blocking, for one that is just being started.
        """
        found = cls(directory)
        deadline = time.monotonic() + READY_SECONDS
        while found._is_owned() and time.monotonic() < deadline:
            state = found._read_state()
            # The file of an owner that was killed stays until the next one has ended its engine.
            if state.get("url") and is_alive(state.get("owner")):
                return str(state["url"])
            time.sleep(POLL_SECONDS)
        return None

    # -- one engine ------------------------------------------------------------------------------------------------

    async def _launch_on_free_port(self) -> None:
        for attempt in range(1, PORT_ATTEMPTS + 1):
            self._port = _free_port()
            try:
                return await self._launch()
            except EmbeddedProblem:
                # Between our looking and the engine's binding, somebody else may take the port.
                if attempt == PORT_ATTEMPTS or "Address already in use" not in self._last_words():
                    raise
        return None

    async def _launch(self) -> None:
        """Start a process on the port and wait until it answers."""
        self._process = self._spawn()
        self._write_state()
        try:
            await self._ready(self._process)
        except BaseException:
            await self._end_engine()
            raise
        self.url = _url(self._port)
        self._write_state()

    def _spawn(self) -> subprocess.Popen[bytes]:
        self._bound_log()
        engine = [
            sys.executable, "-m", "secantus", "--config", str(self.directory / "engine.toml"),
            "--host", "127.0.0.1", "--port", str(self._port), "--storage-path", str(self.directory / "db"),
            "--sync-on-commit", "--standalone", "--log-level", "WARNING",
        ]  # fmt: skip
        with self._log_file.open("ab") as output:
            # In a session of its own, so that Ctrl-C in a terminal ends us first and we can finish our writes.
            # If we are killed it is killed too: every commit is synced, and stopped politely it has been seen to hang.
            return subprocess.Popen(
                leashed(engine, signal.SIGKILL),
                cwd=self.directory, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True,
            )  # fmt: skip

    async def _ready(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while process.poll() is None and time.monotonic() < deadline:
            # Somebody else's server on this port would answer too, but not as this process.
            if await _pid_answering(self._port) == process.pid:
                return
            await asyncio.sleep(POLL_SECONDS)
        raise EmbeddedProblem(
            f"The embedded database in {self.directory} does not start. Its last words: {self._last_words()}"
        )

    async def _watch(self) -> None:
        """Restart the engine on the same port and data whenever it ends without being asked to."""
        pause = WATCH_SECONDS
        while True:
            await asyncio.sleep(pause)
            self._bound_log()
            if self.pid is not None:
                continue
            if self._process is not None:
                log.error("the embedded database ended, starting it again", status=self._process.returncode)
            try:
                await self._launch()
            except EmbeddedProblem as problem:
                pause = min(pause * 2, LONGEST_PAUSE)
                log.error("the embedded database does not come back, will try again", problem=str(problem))
            else:
                pause = WATCH_SECONDS
                log.info("the embedded database is back", url=self.url, pid=self.pid)

    async def _end_engine(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            await terminate(process.pid, STOP_SECONDS, ended=lambda: process.poll() is not None)

    def _bound_log(self) -> None:
        """Keep the log small; the engine has it open for appending, so it goes on at the new end."""
        with contextlib.suppress(FileNotFoundError):
            if self._log_file.stat().st_size > MAX_LOG_BYTES:
                self._log_file.with_suffix(".log.1").write_bytes(self._log_file.read_bytes()[-MAX_LOG_BYTES:])
                os.truncate(self._log_file, 0)

    def _last_words(self) -> str:
        with contextlib.suppress(FileNotFoundError):
            lines = self._log_file.read_text(errors="replace").strip().splitlines()
            return " | ".join(lines[-3:])[-600:] or "none"
        return "none"

    # -- the data directory ----------------------------------------------------------------------------------------

    @property
    def _log_file(self) -> Path:
        return self.directory / "engine.log"

    @property
    def _state_file(self) -> Path:
        return self.directory / "embedded.json"

    async def _own(self) -> IO[str]:
        deadline = time.monotonic() + LOCK_SECONDS
        lock = (self.directory / "owner.lock").open("a+")
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() < deadline:
                    await asyncio.sleep(POLL_SECONDS)
                    continue
                lock.close()
                raise EmbeddedProblem(self._in_use()) from None
            return lock

    def _in_use(self) -> str:
        owner = self._read_state().get("owner")
        command = " ".join(command_line(owner))[:120]
        who = f"process {owner}" + (f" ({command})" if command else "") if owner else "another process"
        return f"The data directory {self.directory} is in use by {who}: stop that one, or choose another directory."

    def _is_owned(self) -> bool:
        """Tell whether a process owns the directory; two that ask at once do not mistake each other for one."""
        try:
            lock = (self.directory / "owner.lock").open("r")
        except FileNotFoundError:
            return False
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
        return False

    async def _end_stale_engine(self) -> None:
        """End the engine of an owner that was killed, if it is still there; exactly that process and no other."""
        pid = self._read_state().get("pid")
        if isinstance(pid, int) and self._is_our_engine(pid):
            log.warning("ending the engine that a killed process left behind", pid=pid)
            await terminate(pid, STOP_SECONDS)
        self._state_file.unlink(missing_ok=True)

    def _is_our_engine(self, pid: int) -> bool:
        """Tell whether that process is the engine on this very directory; a reused process id is not."""
        arguments = command_line(pid)
        return "secantus" in arguments and str(self.directory / "db") in arguments

    def _read_state(self) -> dict[str, Any]:
        try:
            state = json.loads(self._state_file.read_bytes())
        except (OSError, ValueError):
            return {}
        return state if isinstance(state, dict) else {}

    def _write_state(self) -> None:
        """Write so that a reader sees the old text or the new one."""
        state = {"url": self.url, "port": self._port, "pid": self.pid, "owner": os.getpid()}
        written = self._state_file.with_suffix(".tmp")
        written.write_text(json.dumps(state))
        written.replace(self._state_file)


def _url(port: int) -> str:
    return f"mongodb://127.0.0.1:{port}/?directConnection=true"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def _pid_answering(port: int) -> int | None:
    """Return the process id of the server that answers there; None if none does, or one that is no database."""
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return None
    writer.close()
    database = Database.connect(_url(port), "admin", timeouts=Timeouts(server_selection=1.0, connect=1.0, socket=2.0))
    try:
        status = await database.handle.command("serverStatus")
    except PyMongoError:
        return None
    finally:
        await database.close()
    return int(status["pid"]) if "pid" in status else None
