"""The embedded database: a MongoDB-compatible engine as a child process on a loopback port, with its own data directory.

For demos, development, tests and trials. The engine is GPL-2.0 and beta software, so it is never imported here: it is a
program that we start, watch, restart when it crashes, and stop. It always runs with ``--sync-on-commit``: without it,
acknowledged writes were lost on ``kill -9``.

Files in the data directory: ``db/`` (the engine's), ``engine.log``, ``engine.toml`` (empty, so that no configuration is
picked up from elsewhere), ``owner.lock`` (held while a process owns the directory) and ``embedded.json`` (where it listens).
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
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import structlog

from .driver import Database, Timeouts

log = structlog.get_logger("scimserver.embedded")

READY_SECONDS = 30.0
STOP_SECONDS = 5.0
RESTART_PAUSE = 0.5
MAX_LOG_BYTES = 4 * 1024 * 1024

# The engine ends with its owner, also when that is killed: PR_SET_PDEATHSIG is 1, and only Linux has it.
_WRAPPER = (
    "import ctypes, runpy, signal, sys\n"
    "if sys.platform == 'linux': ctypes.CDLL(None).prctl(1, signal.SIGTERM)\n"
    "runpy.run_module('secantus', run_name='__main__', alter_sys=True)\n"
)


class EmbeddedProblem(Exception):
    """The embedded database cannot run; the text says why and what to do."""


class EmbeddedDatabase:
    """One engine process on one data directory, owned by this process."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.url = ""
        self._port = 0
        self._process: asyncio.subprocess.Process | None = None
        self._lock: IO[str] | None = None
        self._watcher: asyncio.Task[None] | None = None
        self._stopping = False

    @property
    def pid(self) -> int | None:
        """Process id of the engine while it runs."""
        return self._process.pid if self._process else None

    async def start(self) -> str:
        """Start the engine and wait until it answers; returns its URL.

        Raises:
            EmbeddedProblem: not installed, the directory is in use, or the engine does not come up.
        """
        if importlib.util.find_spec("secantus") is None:
            raise EmbeddedProblem(
                "The embedded database is not installed: run `pip install 'scimserver[embedded]'` (Python 3.11 to 3.13), "
                "or set database.url to a MongoDB server."
            )
        self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._lock = self._own()
        try:
            await self._end_stale_engine()
            (self.directory / "engine.toml").write_text("")
            await self._launch()
        except BaseException:
            await self.stop()
            raise
        self._watcher = asyncio.create_task(self._watch())
        return self.url

    async def stop(self) -> None:
        """Stop the engine cleanly and give up the directory."""
        self._stopping = True
        if self._watcher:
            self._watcher.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._watcher
        if self._process and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.terminate()
            try:
                await asyncio.wait_for(self._process.wait(), STOP_SECONDS)
            except TimeoutError:
                self._process.kill()
                await self._process.wait()
        if self._lock:
            self._state_file(self.directory).unlink(missing_ok=True)
            self._lock.close()
            self._lock = None

    @classmethod
    def running_url(cls, directory: Path) -> str | None:
        """Return the URL of an engine that another process runs on this directory, or None."""
        with _locked(directory) as free:
            if free:
                return None
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            state = cls._read_state(directory)
            if state.get("url"):
                return str(state["url"])
            time.sleep(0.1)
        return None

    # -- one engine ------------------------------------------------------------------------------------------------

    async def _launch(self) -> None:
        """Start a process and wait until it answers; tries other ports if the first was taken in between."""
        for _ in range(3):
            port = self._port or _free_port()
            self._process = await self._spawn(port)
            if await self._answers(port):
                self._port = port
                self.url = f"mongodb://127.0.0.1:{port}/?directConnection=true"
                state = {"url": self.url, "port": port, "pid": self._process.pid, "owner": os.getpid()}
                _write(self._state_file(self.directory), json.dumps(state))
                return
            await self._kill()
        raise EmbeddedProblem(
            f"The embedded database in {self.directory} does not start. Its last words: {self._last_words()}"
        )

    async def _spawn(self, port: int) -> asyncio.subprocess.Process:
        path = self.directory / "engine.log"
        if path.exists() and path.stat().st_size > MAX_LOG_BYTES:
            path.replace(path.with_suffix(".log.1"))
        command = [
            "--config", "engine.toml", "--host", "127.0.0.1", "--port", str(port), "--storage-path", "db",
            "--sync-on-commit", "--standalone", "--log-level", "WARNING",
        ]  # fmt: skip
        with path.open("ab") as output:
            # In a session of its own, so that Ctrl-C in a terminal ends us first and we can finish our writes.
            return await asyncio.create_subprocess_exec(
                sys.executable, "-c", _WRAPPER, *command,
                cwd=self.directory, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True,
            )  # fmt: skip

    async def _answers(self, port: int) -> bool:
        """Ask until the engine answers, its process ends or the time is over."""
        assert self._process is not None
        timeouts = Timeouts(server_selection=0.3, connect=0.3)
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline and self._process.returncode is None:
            if not await asyncio.to_thread(_listening, port):
                await asyncio.sleep(0.05)
                continue
            database = Database.connect(f"mongodb://127.0.0.1:{port}/?directConnection=true", "admin", timeouts=timeouts)
            try:
                await database.ping()
            except Exception as error:
                log.debug("engine not ready yet", error=repr(error))
            else:
                # Somebody else's server on this port would answer too.
                await asyncio.sleep(0)
                return self._process.returncode is None
            finally:
                await database.close()
        return False

    async def _watch(self) -> None:
        """Restart the engine on the same port and data whenever it ends without being asked to."""
        assert self._process is not None
        while not self._stopping:
            status = await self._process.wait()
            log.error("the embedded database ended, starting it again", status=status)
            while not self._stopping:
                try:
                    await self._launch()
                    log.info("the embedded database is back", url=self.url)
                    break
                except EmbeddedProblem as problem:
                    log.error("the embedded database does not come back, will try again", problem=str(problem))
                    await asyncio.sleep(RESTART_PAUSE)

    async def _kill(self) -> None:
        if self._process and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    def _last_words(self) -> str:
        path = self.directory / "engine.log"
        lines = path.read_text(errors="replace").strip().splitlines() if path.exists() else []
        return " | ".join(lines[-3:])[-600:] or "none"

    # -- the data directory ----------------------------------------------------------------------------------------

    def _own(self) -> IO[str]:
        lock = (self.directory / "owner.lock").open("a+")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            owner = self._read_state(self.directory).get("owner", "unknown")
            raise EmbeddedProblem(
                f"The data directory {self.directory} is in use by process {owner}: stop that one, or choose another directory."
            ) from None
        return lock

    async def _end_stale_engine(self) -> None:
        """End the engine of an owner that was killed, if it is still there; exactly that process and no other."""
        pid = self._read_state(self.directory).get("pid")
        if not isinstance(pid, int) or not _is_engine(pid, self.directory):
            return
        log.warning("ending the engine that a killed process left behind", pid=pid)
        for signal_number, seconds in ((signal.SIGTERM, STOP_SECONDS), (signal.SIGKILL, STOP_SECONDS)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal_number)
            deadline = time.monotonic() + seconds
            while time.monotonic() < deadline:
                if not _is_engine(pid, self.directory):
                    return
                await asyncio.sleep(0.05)

    @staticmethod
    def _state_file(directory: Path) -> Path:
        return directory / "embedded.json"

    @classmethod
    def _read_state(cls, directory: Path) -> dict[str, Any]:
        try:
            state = json.loads(cls._state_file(directory).read_text())
        except (OSError, ValueError):
            return {}
        return state if isinstance(state, dict) else {}


@contextlib.contextmanager
def _locked(directory: Path) -> Iterator[bool]:
    """Yield whether nobody owns the directory."""
    try:
        lock = (directory / "owner.lock").open("r+")
    except OSError:
        yield True
        return
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def _is_engine(pid: int, directory: Path) -> bool:
    """Tell whether that process is an engine working in that directory; a reused process id is not."""
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
        place = Path(f"/proc/{pid}/cwd").resolve(strict=True)
    except OSError:
        return False
    return b"secantus" in command and place == directory.resolve()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _listening(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _write(path: Path, text: str) -> None:
    """Write so that a reader sees the old text or the new one."""
    temporary = path.with_suffix(".tmp")
    temporary.write_text(text)
    temporary.replace(path)
