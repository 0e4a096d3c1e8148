"""``demo``: everything at once on the embedded database, ready for an identity provider or for curl."""

import asyncio
import os
import secrets
import shutil
from pathlib import Path
from typing import Any

import click

from .common import one_line_errors, print_json

DATABASE = "scimserver"


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), default=8080, show_default=True, help="0 picks a free one.")
@click.option("--data", type=click.Path(path_type=Path, file_okay=False), help="Data folder [default: one of your user's].")
@click.option("--fresh", is_flag=True, help="Delete the data folder's content first.")
@click.option("--workspace", "workspaces", multiple=True, metavar="NAME", help="Instead of `demo`; may be repeated.")
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON once ready, and nothing else.")
@click.option("--debug", is_flag=True, help="Log more, and show the traceback of an error.")
@one_line_errors
def demo(port: int, data: Path | None, fresh: bool, workspaces: tuple[str, ...], as_json: bool, debug: bool) -> None:
    """Run a server with an embedded database; prints Tenant URL and a new Secret Token.

    \b
    Example: scimserver demo --port 0 --workspace larkfield --workspace northgate --json
    """
    from .. import log

    log.configure("debug" if debug else "info" if as_json else "warning", "json" if as_json else "console")
    if data is None:
        import platformdirs

        data = Path(platformdirs.user_data_dir("scimserver", appauthor=False)) / "demo"
    asyncio.run(_run(port, data.absolute(), fresh, workspaces or ("demo",), as_json))


async def _run(port: int, data: Path, fresh: bool, names: tuple[str, ...], as_json: bool) -> None:
    from ..service.application import Application
    from ..settings import load
    from ..store.embedded import EmbeddedDatabase
    from ..web.server import Server, bind

    if fresh and data.exists():
        if EmbeddedDatabase.running_url(data):
            raise click.ClickException(f"{data} is in use by a running demo: stop that one first.")
        shutil.rmtree(data)
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        sockets = bind("127.0.0.1", port)
    except OSError as error:
        raise click.ClickException(f"Port {port} cannot be used ({error.strerror}): --port 0 picks a free one.") from None
    origin = f"http://127.0.0.1:{sockets[0].getsockname()[1]}"
    settings = load(
        None,
        server={"public_url": origin},
        database={"url": f"embedded:{data}", "name": DATABASE},
        security={"secret_key": _secret_key(data)},
    )
    async with Application.start(settings) as app:
        await app.migrate()
        facts = await _facts(app, names)
        server = Server(app, sockets)
        if as_json:
            print_json(facts)
        else:
            _explain(facts, data)
        await server.run_until_stopped()


def _secret_key(data: Path) -> str:
    """Return the key kept beside the data, so that tokens of an earlier run stay valid."""
    path = data / "secret_key"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(48))
    return path.read_text().strip()


async def _facts(app: Any, names: tuple[str, ...]) -> dict[str, Any]:
    """Make the workspaces that are not there yet, and a new token for each."""
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
        "admin_key": None,
        "mongo_url": app.database_url,
        "database": DATABASE,
        "pid": os.getpid(),
        "workspaces": made,
    }


def _explain(facts: dict[str, Any], data: Path) -> None:
    for workspace in facts["workspaces"]:
        click.echo(f"\nWorkspace     {workspace['name']}")
        click.echo(f"Tenant URL    {workspace['tenant_url']}")
        click.echo(f"Secret Token  {workspace['secret_token']}")
    click.echo(f"\nMongoDB       {facts['mongo_url']}  (database {facts['database']}, data in {data})")
    click.echo("\nTry it in another terminal:\n")
    click.echo(f"  export TENANT_URL={facts['tenant_url']}")
    click.echo(f"  export TOKEN={facts['secret_token']}")
    click.echo('  curl -H "Authorization: Bearer $TOKEN" "$TENANT_URL/Users"')
    click.echo("\nThe README has a whole conversation. Ctrl-C stops the server; the data stays for the next time.")
