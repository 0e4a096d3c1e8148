"""``serve``: the real thing, as one process or several."""

import asyncio
import os
import socket
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .common import CHILD, NO_KEY, config_option, one_line_errors

if TYPE_CHECKING:  # imported when the command runs, so that --help is quick
    from ..settings import Settings


@click.command()
@config_option
@click.option(
    "--processes", type=click.IntRange(1, 256), default=1, show_default=True, help="Share the port among N processes."
)
@click.option("--port", type=click.IntRange(0, 65535), help="Instead of server.port.")
@one_line_errors
def serve(config: Path | None, processes: int, port: int | None, debug: bool) -> None:
    """Serve the configured deployment until SIGTERM or SIGINT; requests in flight are finished.

    \b
    Example: scimserver serve --config /etc/scimserver.toml --processes 2
    """
    from .. import log
    from ..settings import load

    settings = load(config)
    log.configure("debug" if debug else settings.logging.level, settings.logging.format)
    if port is not None:
        settings = settings.model_copy(update={"server": settings.server.model_copy(update={"port": port})})
    if not settings.security.secret_key:
        raise click.ClickException(NO_KEY)
    if processes == 1:
        asyncio.run(_serve(settings, os.environ.get(CHILD)))
        return
    if settings.server.port == 0:
        raise click.UsageError("--processes needs a port that all processes can share: give --port.")
    from .supervisor import supervise

    asyncio.run(supervise(settings, config, processes))


async def _serve(settings: "Settings", supervisor: str | None) -> None:
    from ..service.application import Application
    from ..web.server import Server, bind

    host, port = settings.server.host, settings.server.port

    def listen() -> list[socket.socket]:
        try:
            return bind(host, port, reuse_port=supervisor is not None)
        except OSError as error:
            raise click.ClickException(f"{host}:{port} cannot be listened on: {error.strerror}.") from None

    # A port of one's own is taken first, so that a wrong one is said at once; a shared one last, since the kernel gives
    # connections to every process that listens, ready or not.
    sockets = listen() if supervisor is None else []
    async with Application.start(settings) as app:
        if app.embedded and supervisor is None:
            app.warn_embedded()
            await app.migrate()
        await app.check_database()
        sockets = sockets or listen()
        server = Server(app, sockets)
        click.echo(f"serving on http://{host}:{sockets[0].getsockname()[1]}", err=True)
        await server.run_until_stopped()
