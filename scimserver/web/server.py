"""Listening, and the graceful stop: finish what is in flight, refuse what is new."""

import asyncio
import signal
import socket
import time
from collections.abc import Sequence

import structlog
from tornado.httpserver import HTTPServer

from ..service.application import Application
from .app import WebApplication

log = structlog.get_logger("scimserver.server")

TORNADO_BODY_LIMIT = 1 << 30
"""Bytes. Tornado answers a longer body 400 without a SCIM body, so our own 413 must come first (see ``base.py``)."""
TORNADO_HEADER_LIMIT = 256 * 1024
"""Bytes. Tornado ends the connection without a word on a longer head, so our own 414 and 431 must come first."""
SILENCE_LIMIT = 120
"""Seconds after which a client that sends neither a whole head nor a whole body is cut off."""


def http_server(app: Application) -> HTTPServer:
    """Return Tornado's server with limits wide enough for ours to be the ones that answer."""
    return HTTPServer(
        WebApplication(app),
        max_header_size=TORNADO_HEADER_LIMIT,
        max_body_size=TORNADO_BODY_LIMIT,
        idle_connection_timeout=SILENCE_LIMIT,
        body_timeout=SILENCE_LIMIT,
    )


class Server:
    """One HTTP server on already bound sockets."""

    def __init__(self, app: Application, sockets: Sequence[socket.socket]) -> None:
        self._app = app
        self._http = http_server(app)
        self._http.add_sockets(list(sockets))
        self._stop = asyncio.Event()

    def request_stop(self) -> None:
        """Begin the graceful stop; safe to call from a signal handler."""
        self._stop.set()

    async def run_until_stopped(self) -> None:
        """Serve until SIGTERM, SIGINT or :meth:`request_stop`; returns when nothing is in flight or grace is over."""
        loop = asyncio.get_running_loop()
        for signal_number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(signal_number, self.request_stop)
        try:
            await self._stop.wait()
            await self.drain(self._app.settings.server.shutdown_grace_seconds)
        finally:
            for signal_number in (signal.SIGTERM, signal.SIGINT):
                loop.remove_signal_handler(signal_number)

    async def drain(self, grace: float) -> None:
        """Refuse new connections and requests, and wait up to ``grace`` seconds for those in flight."""
        self._app.draining = True
        self._http.stop()
        deadline = time.monotonic() + grace
        while self._is_busy() and time.monotonic() < deadline:
            await asyncio.sleep(0.02)
        if self._is_busy():
            log.warning("stopped with requests in flight", in_flight=self._app.in_flight)
        await self._http.close_all_connections()

    def _is_busy(self) -> bool:
        """Tell whether a request is being worked on, or an answer is still on its way to a client that reads slowly."""
        return self._app.in_flight > 0 or any(c.stream.writing() for c in self._http._connections)


def bind(host: str, port: int, *, reuse_port: bool = False) -> list[socket.socket]:
    """Bind and listen; port 0 picks a free one.

    Raises:
        OSError: the port is taken or the host is unknown.
    """
    listener = socket.create_server((host, port), family=_family(host), backlog=512, reuse_port=reuse_port)
    listener.setblocking(False)
    return [listener]


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET
