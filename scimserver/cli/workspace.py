"""``workspace create|list|show|set|suspend|resume|delete``, and the group of all ``workspace`` commands."""

import importlib
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .common import database_options, one_line_errors, open_application, print_json, print_table, run

if TYPE_CHECKING:  # imported when a command runs, so that --help is quick
    from ..service.remap.report import Staleness

Work = Callable[[Any], Awaitable[Any]]
"""From the application to the result."""


ELSEWHERE = {"diff": "workspace_code", "export": "workspace_code", "import": "workspace_code"}
"""Command of the group → module of this package that holds it, as ``NAME_command``."""


class WorkspaceGroup(click.Group):
    """Imports the module of a command when that command is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands by the alphabet."""
        return sorted([*self.commands, *ELSEWHERE])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command, imported if it is one of another module."""
        if cmd_name not in ELSEWHERE:
            return super().get_command(ctx, cmd_name)
        command: Any = getattr(importlib.import_module(f".{ELSEWHERE[cmd_name]}", __package__), f"{cmd_name}_command")
        assert isinstance(command, click.Command)
        return command


@click.group(cls=WorkspaceGroup)
def workspace() -> None:
    """Manage workspaces: one for each customer."""


def _do(config: Path | None, database: str | None, work: Work, *, makes_tokens: bool = False) -> Any:
    async def main() -> Any:
        async with open_application(config, database, makes_tokens=makes_tokens) as app:
            return await work(app)

    return run(main())


@workspace.command()
@click.argument("name")
@click.option("--no-token", is_flag=True, help="Do not make a Secret Token.")
@database_options
@one_line_errors
def create(name: str, no_token: bool, config: Path | None, database: str | None, as_json: bool, debug: bool) -> None:
    """Create a workspace and its first Secret Token.

    \b
    Example: scimserver workspace create larkfield
    """

    async def work(app: Any) -> dict[str, Any]:
        made = await app.workspaces.create(name)
        token = None if no_token else (await app.tokens.create(made, label="first"))[1]
        return {"name": made.slug, "tenant_url": app.tenant_url(made.slug), "secret_token": token}

    result = _do(config, database, work, makes_tokens=not no_token)
    if as_json:
        print_json(result)
        return
    click.echo(f"Workspace     {result['name']}\nTenant URL    {result['tenant_url']}")
    if result["secret_token"]:
        click.echo(f"Secret Token  {result['secret_token']}")
        click.echo("The token is shown only now: copy both into the identity provider.")


@workspace.command("list")
@database_options
@one_line_errors
def list_(config: Path | None, database: str | None, as_json: bool, debug: bool) -> None:
    """List the workspaces.

    \b
    Example: scimserver workspace list --json
    """

    async def work(app: Any) -> list[dict[str, Any]]:
        return [{**w.to_json(), "tenant_url": app.tenant_url(w.slug)} for w in await app.workspaces.list()]

    found = _do(config, database, work)
    if as_json:
        print_json(found)
    else:
        rows = [(w["name"], w["state"], ",".join(p["name"] for p in w["plugins"]), w["tenant_url"]) for w in found]
        print_table(("NAME", "STATE", "PLUGINS", "TENANT URL"), rows, "There is no workspace yet.")


_LISTED = ("mapping", "plugins", "schemas", "limits", "switches", "warnings")
"""Keys of a workspace that have lines of their own."""


def _show(found: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    from ..service.profiles import BEHAVIOURS

    for key in [key for key in found if key not in _LISTED]:
        click.echo(f"{key:12}  {found[key]}")
    for plugin in found["plugins"]:
        settings = "".join(f" {key}={json.dumps(value)}" for key, value in plugin["settings"].items())
        click.echo(f"{'plugin':12}  {plugin['name']}{settings}")
    for schema in found["schemas"]:
        click.echo(f"{'schema':12}  {schema}")
    for key, value in found["switches"].items():
        kind = "behaviour" if key in BEHAVIOURS else "tolerate"
        click.echo(f"{kind}.{key}  {'on' if value else 'off'}")
    for key, value in found["limits"].items():
        click.echo(f"limits.{key}  {value}")
    for warning in found.get("warnings", ()):
        click.echo(f"Warning: {warning}", err=True)


def _show_mapping(mapping: "Staleness") -> None:
    click.echo(f"{'mapping':12}  {mapping.revision}: {mapping.sentence()}")
    if mapping.last is not None:
        click.echo(f"{'last re-map':12}  {mapping.last_sentence()}")


@workspace.command()
@click.argument("name")
@database_options
@one_line_errors
def show(name: str, config: Path | None, database: str | None, as_json: bool, debug: bool) -> None:
    """Show one workspace with its plugins and limits, and whether its documents are made by its mapping as it is now.

    \b
    Example: scimserver workspace show larkfield
    """

    async def work(app: Any) -> tuple[dict[str, Any], Any]:
        return {
            **(await app.workspaces.show(name)).to_json(),
            "tenant_url": app.tenant_url(name),
        }, await app.remaps.staleness(name)

    found, mapping = _do(config, database, work)
    _show({**found, "mapping": mapping.to_json()}, as_json)
    if not as_json:
        _show_mapping(mapping)


@workspace.command("set")
@click.argument("name")
@click.argument("changes", nargs=-1, required=True, metavar="KEY=VALUE...")
@database_options
@one_line_errors
def set_(
    name: str, changes: tuple[str, ...], config: Path | None, database: str | None, as_json: bool, debug: bool
) -> None:
    """Change plugins, their settings, limits and the profile of a workspace.

    The profile `default` reads requests as any identity provider means them, `entra`, `okta` and `onelogin` as that
    one does, `strict` to the letter of RFC 7643 and 7644. Single tolerations and behaviours can be switched.

    \b
    Keys: plugins=NAME,NAME   PLUGIN.SETTING=VALUE   limits.concurrency=N|default   profile=NAME
          tolerate.NAME=on|off|default   behaviour.NAME=on|off|default
    Example: scimserver workspace set larkfield work_address.prefer=parts limits.concurrency=32
    """
    wrong = [change for change in changes if "=" not in change]
    if wrong:
        raise click.UsageError(f"`{wrong[0]}` is not KEY=VALUE.")
    wanted = dict(change.split("=", 1) for change in changes)

    async def work(app: Any) -> tuple[dict[str, Any], Any]:
        before = await app.workspaces.show(name)
        done = await app.workspaces.set(name, wanted)
        found = {**done.workspace.to_json(), "warnings": list(done.warnings)}
        return found, await app.remaps.made_stale(before, done.workspace)

    found, mapping = _do(config, database, work)
    _show({**found, "mapping": mapping.to_json()} if mapping else found, as_json)
    if mapping and not as_json:
        _show_mapping(mapping)


@workspace.command()
@click.argument("name")
@database_options
@one_line_errors
def suspend(name: str, config: Path | None, database: str | None, as_json: bool, debug: bool) -> None:
    """Answer a workspace's requests 503 until it is resumed; nothing is deleted.

    \b
    Example: scimserver workspace suspend larkfield
    """

    async def work(app: Any) -> Any:
        return (await app.workspaces.suspend(name)).to_json()

    _show(_do(config, database, work), as_json)


@workspace.command()
@click.argument("name")
@database_options
@one_line_errors
def resume(name: str, config: Path | None, database: str | None, as_json: bool, debug: bool) -> None:
    """End a suspension.

    \b
    Example: scimserver workspace resume larkfield
    """

    async def work(app: Any) -> Any:
        return (await app.workspaces.resume(name)).to_json()

    _show(_do(config, database, work), as_json)


@workspace.command()
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
@database_options
@one_line_errors
def delete(name: str, yes: bool, config: Path | None, database: str | None, as_json: bool, debug: bool) -> None:
    """Delete a workspace with its users, groups, tokens and history.

    \b
    Example: scimserver workspace delete larkfield --yes
    """
    if not yes:
        click.confirm(f"Delete workspace {name} with everything in it?", abort=True)

    async def work(app: Any) -> None:
        await app.workspaces.delete(name)

    _do(config, database, work)
    if as_json:
        print_json({"deleted": name})
    else:
        click.echo(f"Workspace {name} is deleted.")
