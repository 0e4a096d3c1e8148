"""``demo``: everything at once on the embedded database, ready for an identity provider or for curl."""

import asyncio
import os
import secrets
import shutil
import socket
from pathlib import Path
from typing import Any

import click

from .common import one_line_errors, print_json
from .demo_sample import require_tools, show_sample, unless_stopped
from .running_demo import announced, usual_folder

DATABASE = "scimserver"
SECRET_KEY = "secret_key"
"""File in the data folder."""
USUAL_PORT = 8080
GRACE = 4.0
"""Seconds for requests in flight: with the time that the database needs to stop, under ten."""


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), help="0 picks a free one [default: 8080, or a free one].")
@click.option(
    "--data", type=click.Path(path_type=Path, file_okay=False), help="Data folder [default: one of your user's]."
)
@click.option("--fresh", is_flag=True, help="Delete the data folder of an earlier demo first.")
@click.option("--workspace", "workspaces", multiple=True, metavar="NAME", help="Instead of `demo`; may be repeated.")
@click.option("--sample", is_flag=True, help="Let a small Entra ID provision twelve users, and show one of them.")
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON once ready, and nothing else.")
@click.option("--debug", is_flag=True, help="Log more, and show the traceback of an error.")
@one_line_errors
def demo(
    port: int | None,
    data: Path | None,
    fresh: bool,
    workspaces: tuple[str, ...],
    sample: bool,
    as_json: bool,
    debug: bool,
) -> None:
    """Run a server with an embedded database; prints Tenant URL, a new Secret Token and an admin key.

    \b
    Example: scimserver demo --port 0 --workspace larkfield --workspace northgate --json
    """
    from .. import log

    log.configure("debug" if debug else "info" if as_json else "warning", "json" if as_json else "console")
    if sample:
        require_tools()
    asyncio.run(_run(port, (data or usual_folder()).absolute(), fresh, workspaces or ("demo",), sample, as_json))


async def _run(port: int | None, data: Path, fresh: bool, names: tuple[str, ...], sample: bool, as_json: bool) -> None:
    from ..service.application import Application
    from ..settings import load
    from ..store.deployment import announce_demo
    from ..web.server import Server

    _prepare(data, fresh)
    sockets = _listen(port)
    origin = f"http://127.0.0.1:{sockets[0].getsockname()[1]}"
    settings = load(
        None,
        server={"public_url": origin, "shutdown_grace_seconds": GRACE},
        database={"url": f"embedded:{data}", "name": DATABASE},
        security={"secret_key": _secret_key(data)},
    )
    async with Application.start(settings) as app:
        await app.migrate()
        await announce_demo(app.database, origin, data / SECRET_KEY)
        facts = await _facts(app, names)
        server = Server(app, sockets)
        serving = asyncio.create_task(server.run_until_stopped())
        with announced(data, facts):
            shown = await unless_stopped(show_sample(app, facts["workspaces"][0], data), serving) if sample else ""
            if as_json:
                print_json(facts)
            elif not serving.done():
                _explain(facts, data, shown)
            await serving


def _prepare(data: Path, fresh: bool) -> None:
    """Make the data folder, empty if so wished; only a folder that a demo made is ever deleted."""
    from ..store.embedded import EmbeddedDatabase

    if EmbeddedDatabase.running_url(data):
        raise click.ClickException(
            f"A demo is already running on {data}: stop it, or choose another folder with --data."
        )
    if fresh and data.exists():
        if any(data.iterdir()) and not (data / SECRET_KEY).exists():
            raise click.ClickException(f"{data} was not made by a demo, so --fresh does not delete it.")
        shutil.rmtree(data)
    data.mkdir(parents=True, exist_ok=True, mode=0o700)


def _listen(port: int | None) -> list[socket.socket]:
    """Bind the port; without a wish the usual one, or any other if that is taken."""
    from ..web.server import bind

    try:
        return bind("127.0.0.1", USUAL_PORT if port is None else port)
    except OSError as error:
        if port is not None:
            raise click.ClickException(
                f"Port {port} cannot be used ({error.strerror}): --port 0 picks a free one."
            ) from None
        return bind("127.0.0.1", 0)


def _secret_key(data: Path) -> str:
    """Return the key kept beside the data, so that tokens of an earlier run stay valid."""
    path = data / SECRET_KEY
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(48))
    return path.read_text().strip()


async def _facts(app: Any, names: tuple[str, ...]) -> dict[str, Any]:
    """Make the workspaces that are not there yet, and a new token for each; and an admin key.

    Only hashes are kept, so an earlier run's secrets cannot be shown again. They stay valid.
    """
    made: list[dict[str, str]] = []
    present = {w.slug: w for w in await app.workspaces.list()}
    for name in names:
        workspace = present.get(name) or await app.workspaces.create(name)
        _, token = await app.tokens.create(workspace, label="demo")
        made.append({"name": name, "tenant_url": app.tenant_url(name), "secret_token": token})
    return {
        "tenant_url": made[0]["tenant_url"],
        "secret_token": made[0]["secret_token"],
        "console_url": None,
        "admin_key": (await app.admin_keys.create(label="demo"))[1],
        "mongo_url": app.database_url,
        "database": DATABASE,
        "pid": os.getpid(),
        "workspaces": made,
    }


def _explain(facts: dict[str, Any], data: Path, sample: str) -> None:
    if sample:
        click.echo(f"\n{sample}")
    for workspace in facts["workspaces"]:
        click.echo(f"\nWorkspace     {workspace['name']}")
        click.echo(f"Tenant URL    {workspace['tenant_url']}")
        click.echo(f"Secret Token  {workspace['secret_token']}")
    click.echo(f"\nAdmin API     {facts['tenant_url'].partition('/t/')[0]}/admin/api/v1")
    click.echo(f"Admin key     {facts['admin_key']}")
    click.echo(f"\nMongoDB       {facts['mongo_url']}  (database {facts['database']}, data in {data})")
    click.echo("\nTry it in another terminal:\n")
    click.echo(f"  export TENANT_URL={facts['tenant_url']}")
    click.echo(f"  export TOKEN={facts['secret_token']}")
    click.echo(f"  export MONGO_URL='{facts['mongo_url']}'")
    click.echo('  curl -H "Authorization: Bearer $TOKEN" "$TENANT_URL/Users"')
    click.echo("\nThe README has a whole conversation. Ctrl-C stops the server; the data stays for the next time.")
