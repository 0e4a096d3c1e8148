"""The embedded database: the wire-protocol engine of the extra ``[embedded]``, as a child process of ours.

It is for demo, development, tests and trials. The engine is GPL-2.0 and beta, so it is never imported: it runs in a
process of its own on a loopback port and every commit is synced, so that a killed process loses no acknowledged write.

.. code-block:: python

    async with EmbeddedDatabase(Path("data")) as embedded:     # starts it, restarts it after a crash, stops it
        database = Database.connect(embedded.url, "scimserver")

The data directory holds ``db/`` (the data), ``embedded.log``, ``embedded.json`` (who runs it, where) and
``embedded.lock``, which the owning process keeps locked: the kernel frees it whatever happens to that process.
"""

import asyncio
import contextlib
import fcntl
import importlib.util
import json
import logging
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from pymongo.errors import PyMongoError

from .driver import Database, Timeouts
from .processes import LEASHED, command_line, is_alive, terminate

log = logging.getLogger(__name__)

START_SECONDS = 60.0
"""Recovery of a large data directory after a crash may take a while."""
STOP_SECONDS = 5.0
POLL_SECONDS = 0.05
WATCH_SECONDS = 0.2
LOCK_SECONDS = 1.0
PORT_ATTEMPTS = 5
LOG_LIMIT = 1024 * 1024
"""The engine's log is moved to ``embedded.log.1`` beyond this many bytes."""
_LONGEST_PAUSE = 5.0


class EmbeddedError(Exception):
    """The embedded database cannot be started; the text says why and what to do."""


class EmbeddedDatabase:
    """One engine on one data directory, owned by this process.

    Call :meth:`start` from the main thread: Linux ends the engine when the *thread* that started it ends.
    """

    def __init__(self, data_dir: Path | str) -> None:
        self.data_dir = Path(data_dir).absolute()
        self.restarts = 0
        """How often the engine was started anew after it ended by itself."""
        self._port = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._lock: IO[str] | None = None
        self._watcher: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """Database URL of the engine; the same before and after a restart."""
        return f"mongodb://127.0.0.1:{self._port}/?directConnection=true"

    @property
    def pid(self) -> int | None:
        """Process id of the engine, None while it is not running."""
        return self._process.pid if self._process and self._process.poll() is None else None

    @property
    def _log_path(self) -> Path:
        return self.data_dir / "embedded.log"

    @classmethod
    def running_url(cls, data_dir: Path | str) -> str | None:
        """Return the URL of an engine that another process runs on this data directory, or None."""
        embedded = cls(data_dir)
        state = embedded._read_state()
        running = is_alive(state.get("owner")) and embedded._is_our_engine(state.get("pid"))
        return str(state["url"]) if running else None

    async def __aenter__(self) -> Self:
        await self.start()
        self._watcher = asyncio.create_task(self.watch(), name="embedded database")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self) -> str:
        """Start the engine, wait until it answers, and return its URL.

        Raises :class:`EmbeddedError` when the engine is not installed, when a live process owns the data
        directory, or when the engine ends or does not answer within a minute.
        """
        if importlib.util.find_spec("secantus") is None:
            raise EmbeddedError(
                "the embedded database is not installed: run pip install 'scimserver[embedded]', "
                "or set database.url to a MongoDB server"
            )
        self.data_dir.mkdir(parents=True, exist_ok=True)
        await self._take_lock()
        try:
            await self._end_stale_engine()
            await self._launch_on_free_port()
        except BaseException:
            await self.stop()
            raise
        return self.url

    async def stop(self) -> None:
        """End the engine (SIGTERM, after five seconds SIGKILL) and free the data directory; may be called twice."""
        if self._watcher is not None:
            self._watcher.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._watcher
            self._watcher = None
        await self._end_engine()
        if self._lock is not None:
            (self.data_dir / "embedded.json").unlink(missing_ok=True)
            self._lock.close()
            self._lock = None

    async def watch(self) -> None:
        """Start the engine again, on the same port, whenever it ends by itself; runs until cancelled."""
        pause = WATCH_SECONDS
        while True:
            await asyncio.sleep(pause)
            self._bound_log()
            if self.pid is not None:
                pause = WATCH_SECONDS
                continue
            status = self._process.poll() if self._process else None
            log.warning("embedded database ended by itself (exit status %s); starting it again", status)
            try:
                await self._launch()
            except EmbeddedError as error:
                pause = min(pause * 2, _LONGEST_PAUSE)
                log.error("%s; next attempt in %.1f s", error, pause)
            else:
                self.restarts += 1
                log.warning("embedded database is back (process %s)", self.pid)

    async def _take_lock(self) -> None:
        if self._lock is not None:
            raise EmbeddedError(f"the embedded database on {self.data_dir} is already started in this process")
        lock = (self.data_dir / "embedded.lock").open("a")
        deadline = _now() + LOCK_SECONDS
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                # An owner that was just killed may need a moment to vanish.
                if _now() < deadline:
                    await asyncio.sleep(POLL_SECONDS)
                    continue
                lock.close()
                raise EmbeddedError(self._in_use_text()) from None
            self._lock = lock
            return

    def _in_use_text(self) -> str:
        owner = self._read_state().get("owner")
        who = f"process {owner} ({' '.join(command_line(owner)) or 'unknown command'})" if owner else "another process"
        return f"data directory {self.data_dir} is in use by {who}: stop it, or choose another directory"

    async def _end_stale_engine(self) -> None:
        """End the engine of an owner that is gone; nobody else can hold the lock, so nobody needs it."""
        pid = self._read_state().get("pid")
        if self._is_our_engine(pid):
            log.warning("ending the embedded database (process %s) that a killed server left behind", pid)
            await terminate(pid, STOP_SECONDS)

    def _is_our_engine(self, pid: Any) -> bool:
        """Tell whether the process is the engine on this very data directory, not one that got the same number."""
        arguments = command_line(pid)
        return "secantus" in arguments and str(self.data_dir / "db") in arguments

    async def _launch_on_free_port(self) -> None:
        for attempt in range(1, PORT_ATTEMPTS + 1):
            self._port = _free_port()
            try:
                return await self._launch()
            except EmbeddedError:
                # Between our looking and the engine's binding, somebody else may take the port.
                if attempt == PORT_ATTEMPTS or "Address already in use" not in self._log_tail():
                    raise

    async def _launch(self) -> None:
        config = self.data_dir / "embedded.toml"
        config.touch()  # Without an existing file the engine would look for one in the home directory and /etc.
        self._bound_log()
        options = ["--config", str(config), "--host", "127.0.0.1", "--port", str(self._port)]
        options += ["--storage-path", str(self.data_dir / "db"), "--sync-on-commit", "--standalone"]
        options += ["--log-level", "WARNING"]
        with self._log_path.open("ab") as output:
            # A session of its own: Ctrl-C in a terminal must not end it before we have finished our requests.
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", "-c", LEASHED, str(os.getpid()), sys.executable, "-m", "secantus", *options],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=self.data_dir,
                start_new_session=True,
            )
        self._write_state()
        try:
            await self._ready(self._process)
        except BaseException:
            await self._end_engine()
            raise

    async def _ready(self, process: subprocess.Popen[bytes]) -> None:
        deadline = _now() + START_SECONDS
        while process.poll() is None:
            if await _pid_answering_at(self._port, self.url) == process.pid:
                return
            if _now() > deadline:
                raise EmbeddedError(f"the embedded database did not answer within {START_SECONDS:.0f} s{self._why()}")
            await asyncio.sleep(POLL_SECONDS)
        raise EmbeddedError(f"the embedded database ended at once (exit status {process.returncode}){self._why()}")

    async def _end_engine(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            await terminate(process.pid, STOP_SECONDS, ended=lambda: process.poll() is not None)
            process.wait()

    def _read_state(self) -> dict[str, Any]:
        try:
            state = json.loads((self.data_dir / "embedded.json").read_bytes())
        except (OSError, ValueError):
            return {}
        return state if isinstance(state, dict) else {}

    def _write_state(self) -> None:
        state = {"pid": self.pid, "port": self._port, "url": self.url, "owner": os.getpid()}
        written = self.data_dir / "embedded.json.new"
        written.write_text(json.dumps(state))
        written.replace(self.data_dir / "embedded.json")

    def _bound_log(self) -> None:
        """Keep the engine's log small; it is open for appending there, so it goes on at the new end."""
        with contextlib.suppress(FileNotFoundError):
            if self._log_path.stat().st_size > LOG_LIMIT:
                self._log_path.with_suffix(".log.1").write_bytes(self._log_path.read_bytes()[-LOG_LIMIT:])
                os.truncate(self._log_path, 0)

    def _log_tail(self) -> str:
        with contextlib.suppress(OSError):
            return self._log_path.read_text(errors="replace")[-2000:]
        return ""

    def _why(self) -> str:
        lines = self._log_tail().split("\n")
        last = next((line.strip() for line in reversed(lines) if line.strip()), "")
        return f": {last} (see {self._log_path})" if last else ""


def _now() -> float:
    return asyncio.get_running_loop().time()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def _pid_answering_at(port: int, url: str) -> int | None:
    """Return the process id of the engine that answers there, so that a stranger on our port is not mistaken for it."""
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return None
    writer.close()
    database = Database.connect(url, "admin", timeouts=Timeouts(server_selection=1.0, connect=1.0, socket=2.0))
    try:
        status = await database.handle.command("serverStatus")
    except PyMongoError:
        return None
    finally:
        await database.close()
    pid = status.get("pid")
    return int(pid) if pid is not None else None
