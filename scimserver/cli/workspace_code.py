"""``workspace export|diff|import``: a workspace's configuration as a file for git."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .common import database_options, one_line_errors, open_application, print_json, run

if TYPE_CHECKING:  # imported when a command runs, so that --help is quick
    from ..service.code.as_code import Plan

FORCE = click.option(
    "--force", is_flag=True, help="Change schemas also where stored resources or mappings stand against it."
)
STANDARD = "-"
"""Stands for standard input and output."""


def file_argument(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``FILE``, which is read; ``-`` is standard input."""
    return click.argument(
        "file", type=click.Path(path_type=Path, dir_okay=False, exists=True, allow_dash=True), metavar="FILE"
    )(function)


def read_document(file: Path) -> Any:
    """Read a document, YAML or JSON.

    Raises:
        TextProblem: it is neither, or no UTF-8.
        OSError: the file cannot be read.
    """
    from ..service.yaml_text import TextProblem, load

    content = sys.stdin.buffer.read() if str(file) == STANDARD else file.read_bytes()
    try:
        return load(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise TextProblem(f"{file}: the text is not UTF-8; save it as UTF-8.") from None
    except TextProblem as problem:
        raise TextProblem(f"{file}: {problem}") from None


@click.command("export")
@click.argument("name")
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False, writable=True, allow_dash=True),
    metavar="FILE",
    help="Write the file instead of standard output.",
)
@database_options
@one_line_errors
def export_command(
    name: str, output: Path | None, config: Path | None, database: str | None, as_json: bool, debug: bool
) -> None:
    """Write the configuration of a workspace as YAML: profile, switches, limits, plugins, schemas.

    Only what was set is written, and no secret, id or date: equal workspaces give equal files.

    \b
    Example: scimserver workspace export larkfield --output larkfield.yaml
    """

    async def work() -> dict[str, Any]:
        async with open_application(config, database) as app:
            return await app.as_code.export(name)

    document = run(work())
    if as_json and output is None:
        print_json(document)
        return
    import json

    from ..service.yaml_text import dump

    text = f"{json.dumps(document, ensure_ascii=False, indent=2)}\n" if as_json else dump(document)
    if output is None or str(output) == STANDARD:
        click.echo(text, nl=False)
        return
    output.write_text(text, encoding="utf-8")
    click.echo(f"Workspace {name} is written to {output}.")


@click.command("diff")
@click.argument("name")
@file_argument
@FORCE
@click.option("--text", is_flag=True, help="Show the difference as `diff -u` does, instead of a line for each change.")
@database_options
@one_line_errors
def diff_command(
    name: str,
    file: Path,
    force: bool,
    text: bool,
    config: Path | None,
    database: str | None,
    as_json: bool,
    debug: bool,
) -> None:
    """Show what an import of a file would change; exit status 0 if nothing, 1 if something differs or is wrong.

    FILE is YAML or JSON as `export` writes it; - is standard input. It is checked as `import` checks it.

    \b
    Example: scimserver workspace diff larkfield larkfield.yaml
    """
    plan = _plan(name, file, config, database, force=force)
    if as_json:
        print_json(_facts(plan))
    elif text:
        if plan.changes:
            click.echo(plan.unified((name, str(file))))
    else:
        _show_changes(plan)
        if not plan.changes:
            click.echo(f"Workspace {name} is as {file} says.")
    _warn(name, plan)
    if plan.changes:
        raise click.exceptions.Exit(1)


@click.command("import")
@click.argument("name")
@file_argument
@click.option("--create", is_flag=True, help="Create the workspace if there is none of that name.")
@FORCE
@click.option("--dry-run", is_flag=True, help="Check the file and show what would change; change nothing.")
@database_options
@one_line_errors
def import_command(
    name: str,
    file: Path,
    create: bool,
    force: bool,
    dry_run: bool,
    config: Path | None,
    database: str | None,
    as_json: bool,
    debug: bool,
) -> None:
    """Set the configuration of a workspace from a file, all or nothing.

    The file is the whole truth: a setting that is not in it gets its default, and no section may be left out. Only
    secret settings of plugins, which no export has, stay as they are. FILE is YAML or JSON; - is standard input.

    \b
    Example: scimserver workspace import larkfield larkfield.yaml
             scimserver workspace export trial | scimserver workspace import larkfield - --create
    """
    plan = _plan(name, file, config, database, create=create, force=force, write=not dry_run)
    created = plan.workspace is None
    if as_json:
        print_json({"created": created, "dry_run": dry_run, **_facts(plan)})
        _warn(name, plan)
        return
    if not created:
        _show_changes(plan)
    would = "would be" if dry_run else "is"
    if created:
        click.echo(f"Workspace {name} {would} created.")
    elif plan.changes:
        click.echo(f"Workspace {name} {would} changed: {_counted(len(plan.changes))}.")
    else:
        click.echo(f"Workspace {name} is as {file} says; nothing {'would be' if dry_run else 'was'} changed.")
    if created and not dry_run:
        click.echo(f"It has no Secret Token yet: scimserver token create {name}")
    _warn(name, plan)


def _plan(
    name: str,
    file: Path,
    config: Path | None,
    database: str | None,
    *,
    create: bool = False,
    force: bool = False,
    write: bool = False,
) -> "Plan":
    from .schema import told_progress

    document = read_document(file)

    async def work() -> "Plan":
        async with open_application(config, database) as app:
            act = app.as_code.import_ if write else app.as_code.plan
            with told_progress() as progress:
                return await act(name, document, create=create, force=force, progress=progress)

    return run(work())


def _facts(plan: "Plan") -> dict[str, Any]:
    found = [change.to_json() for change in plan.changes]
    return {"changes": found, "warnings": plan.warnings, "stale": plan.stale}


def _show_changes(plan: "Plan") -> None:
    for change in plan.changes:
        click.echo(str(change))


def _warn(name: str, plan: "Plan") -> None:
    for warning in plan.warnings:
        click.echo(f"Warning: {warning}", err=True)
    if plan.stale:
        click.echo(
            f"The mapping is another one: what is stored keeps its old document until `scimserver remap {name}`.",
            err=True,
        )


def _counted(number: int) -> str:
    return "1 change" if number == 1 else f"{number} changes"
