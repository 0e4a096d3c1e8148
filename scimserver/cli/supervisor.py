"""Several server processes on one port: started, started again when they crash, and stopped together.

Each is a program of its own, not a fork: no event loop and no database client is ever shared. They share the port with
``SO_REUSEPORT``; an embedded database belongs to the supervisor.
"""

import asyncio
import contextlib
import os
import signal
import sys
import tempfile
import time
from contextlib import AsyncExitStack
from pathlib import Path

import structlog

from .. import metrics
from ..service.application import Application
from ..settings import Settings
from ..store.processes import leashed
from .common import CHILD

log = structlog.get_logger("scimserver.supervisor")

STABLE_SECONDS = 30.0
"""A process that lived this long is started again at once; one that dies earlier waits, longer each time."""
MAX_PAUSE = 10.0
KILL_MARGIN = 2.0


async def supervise(settings: Settings, config: Path | None, processes: int) -> None:
    """Run ``processes`` servers until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with AsyncExitStack() as stack:
        app = await stack.enter_async_context(Application.start(settings, background=False))
        if app.embedded:
            app.warn_embedded()
            await app.migrate()
        await app.check_database()
        numbers = stack.enter_context(tempfile.TemporaryDirectory(prefix="scimserver-metrics-"))
        environment = {
            **os.environ,
            metrics.DIRECTORY: numbers,
            CHILD: str(os.getpid()),
            "SCIMSERVER_DATABASE__URL": app.database_url,
            "SCIMSERVER_SERVER__PORT": str(settings.server.port),
        }
        command = [sys.executable, "-m", "scimserver", "serve", *(["--config", str(config)] if config else [])]
        workers = [asyncio.create_task(_keep(n, command, environment, stop, settings)) for n in range(processes)]
        await stop.wait()
        await asyncio.gather(*workers)


async def _keep(
    number: int, command: list[str], environment: dict[str, str], stop: asyncio.Event, settings: Settings
) -> None:
    """Keep one server process running until told to stop, then end it gracefully."""
    pause = 0.2
    while not stop.is_set():
        started = time.monotonic()
        process = await asyncio.create_subprocess_exec(
            *leashed(command, signal.SIGTERM),
            env={**environment, metrics.NUMBER: str(number)},
            start_new_session=True,
        )
        ended = asyncio.create_task(process.wait())
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({ended, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if not ended.done():
            # Requests in flight have the grace, and after them the events that plugins are still told of.
            await _end(process, ended, 2 * settings.server.shutdown_grace_seconds + KILL_MARGIN)
            return
        log.error("a server process ended by itself, starting it again", number=number, status=process.returncode)
        pause = 0.2 if time.monotonic() - started > STABLE_SECONDS else min(pause * 2, MAX_PAUSE)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), pause)


async def _end(process: asyncio.subprocess.Process, ended: "asyncio.Task[int]", grace: float) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    done, _ = await asyncio.wait({ended}, timeout=grace)
    if not done:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await ended
