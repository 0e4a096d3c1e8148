"""``schema list|show|set|remove|targets``."""

import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from .common import database_options, one_line_errors, open_application, print_json, print_table, run

Work = Callable[[Any, Callable[[int], None]], Awaitable[Any]]
"""From the application, and what is told of progress, to the result."""


@click.group()
def schema() -> None:
    """Manage the schemas and resource types that a workspace has of its own."""


def _do(config: Path | None, database: str | None, work: Work) -> Any:
    async def main() -> Any:
        async with open_application(config, database) as app:
            with told_progress() as told:
                return await work(app, told)

    return run(main())


@contextmanager
def told_progress() -> Iterator[Callable[[int], None]]:
    """Show on a terminal how many resources have been read; keys of many take a while."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.completed:.0f} resources read"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda done: bar.update(task, completed=done)


@schema.command("list")
@click.argument("workspace")
@database_options
@one_line_errors
def list_(workspace: str, config: Path | None, database: str | None, as_json: bool, debug: bool) -> None:
    """List the schemas and resource types of a workspace's own.

    \b
    Example: scimserver schema list larkfield
    """
    found = _do(config, database, lambda app, _: app.schemas.list(workspace))
    if as_json:
        print_json(found)
        return
    rows = [(d["name"], d["kind"], d.get("endpoint") or ",".join(d["of"]), d.get("attributes")) for d in found]
    print_table(("NAME", "KIND", "AT OR OF", "ATTRIBUTES"), rows, f"{workspace} has no schema of its own.")
    for path in [path for d in found for path in d.get("keys_in_the_making", ())]:
        click.echo(f"Not finished: the keys of {path}; set its schema again.")


@schema.command()
@click.argument("workspace")
@click.argument("name")
@database_options
@one_line_errors
def show(workspace: str, name: str, config: Path | None, database: str | None, as_json: bool, debug: bool) -> None:
    """Show one document, by the URN of the schema or the name of the resource type.

    \b
    Example: scimserver schema show larkfield urn:ietf:params:scim:schemas:extension:larkfield:2.0:User
    """
    import json

    found = _do(config, database, lambda app, _: app.schemas.get(workspace, name))
    if as_json:
        print_json(found)
    else:
        click.echo(json.dumps(found, ensure_ascii=False, indent=2))


@schema.command("set")
@click.argument("workspace")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--force", is_flag=True, help="Also where stored resources or mappings use what changes.")
@click.option("--dry-run", is_flag=True, help="Only say what would change.")
@database_options
@one_line_errors
def set_(
    workspace: str,
    file: Path,
    force: bool,
    dry_run: bool,
    config: Path | None,
    database: str | None,
    as_json: bool,
    debug: bool,
) -> None:
    """Add or change what a JSON file holds: one schema or resource type, or a list of them.

    \b
    Example: scimserver schema set larkfield badges.json --dry-run
    """
    from ..schema.documents import read_files

    documents = [document for _, document in read_files([file])]

    async def work(app: Any, progress: Callable[[int], None]) -> Any:
        plan = await app.schemas.set(workspace, documents, force=force, dry_run=dry_run, progress=progress)
        return plan.to_json()

    _tell(workspace, _do(config, database, work), as_json, dry_run=dry_run)


@schema.command()
@click.argument("workspace")
@click.argument("name")
@click.option("--force", is_flag=True, help="Also where stored resources or mappings use it; values stay, unseen.")
@click.option("--dry-run", is_flag=True, help="Only say what would change.")
@database_options
@one_line_errors
def remove(
    workspace: str,
    name: str,
    force: bool,
    dry_run: bool,
    config: Path | None,
    database: str | None,
    as_json: bool,
    debug: bool,
) -> None:
    """Take one document out, by the URN of the schema or the name of the resource type.

    \b
    Example: scimserver schema remove larkfield urn:ietf:params:scim:schemas:extension:larkfield:2.0:User
    """

    async def work(app: Any, progress: Callable[[int], None]) -> Any:
        plan = await app.schemas.remove(workspace, name, force=force, dry_run=dry_run, progress=progress)
        return plan.to_json()

    _tell(workspace, _do(config, database, work), as_json, dry_run=dry_run)


@schema.command()
@click.argument("workspace")
@click.option("--markdown", is_flag=True, help="Print the tables in Markdown, for a guide to your admins.")
@database_options
@one_line_errors
def targets(
    workspace: str, markdown: bool, config: Path | None, database: str | None, as_json: bool, debug: bool
) -> None:
    """List the target attributes that Entra's schema discovery will offer for mapping.

    \b
    Example: scimserver schema targets larkfield --markdown
    """
    from ..schema.targets import markdown_table, text_table

    listed, warnings = _do(config, database, lambda app, _: app.schemas.targets(workspace))
    if as_json:
        told = {name: [target.to_json() for target in found] for name, found in listed.items()}
        print_json({"targets": told, "warnings": warnings})
        return
    for number, (name, found) in enumerate(listed.items()):
        click.echo(f"{chr(10) if number else ''}{'## ' if markdown else ''}{name}\n")
        if markdown:
            click.echo(markdown_table(found))
        else:
            print_table(("ATTRIBUTE", "TYPE", "FILTERING", "REQUIRED"), text_table(found), "None.")
    _warn(warnings)


def _tell(workspace: str, plan: dict[str, Any], as_json: bool, *, dry_run: bool) -> None:
    if as_json:
        print_json({**plan, "dry_run": dry_run})
        return
    for kind in ("added", "changed", "removed"):
        for name in plan[kind]:
            click.echo(f"{'would be ' if dry_run else ''}{kind:8}  {name}")
    for path in plan["keys_made"]:
        click.echo(f"{'would make' if dry_run else 'made'} the keys of  {path}")
    if not any(plan[kind] for kind in ("added", "changed", "removed", "keys_made")):
        click.echo(f"Nothing to change: {workspace} has this already.")
    _warn(plan["warnings"])


def _warn(warnings: list[str]) -> None:
    for text in warnings:
        click.echo(f"Warning: {text}", err=True)
