"""``expression evaluate|lint|functions``: the language of mappings, tried out and looked over."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .common import config_option, database_options, one_line_errors, open_application, print_json, print_table, run

if TYPE_CHECKING:  # imported when a command runs, so that --help is quick
    from ..service.expression_tools import Trial

KINDS = ("string", "number", "boolean", "date", "list")


@click.group()
def expression() -> None:
    """Try mapping expressions, and look over a workspace's mapping."""


@expression.command()
@click.argument("text", metavar="EXPRESSION")
@click.option(
    "--user",
    "file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="File with a resource as JSON, as the server returns it.",
)
@click.option("--workspace", metavar="NAME", help="Take a stored resource of this workspace, and its attributes.")
@click.option("--id", "resource_id", metavar="ID", help="Which one.")
@click.option("--type", "resource_type", default="User", show_default=True, help="Its resource type.")
@click.option("--as", "kind", type=click.Choice(KINDS), default="string", show_default=True, help="Type of the field.")
@database_options
@one_line_errors
def evaluate(
    text: str,
    file: Path | None,
    workspace: str | None,
    resource_id: str | None,
    resource_type: str,
    kind: str,
    config: Path | None,
    database: str | None,
    as_json: bool,
    debug: bool,
) -> None:
    """Evaluate an expression for one resource; nothing is written. Without a resource every attribute is null.

    Exit status 1 if the expression cannot be read, or has no value that fits the type.

    \b
    Example: scimserver expression evaluate 'Join(", ", [surname], [givenName])' --user ines.json
    """
    if resource_id and (file or not workspace):
        raise click.UsageError("--id goes with --workspace, and without --user.")
    resource = _resource(file) if file else None
    if workspace is None:
        found = _without_database(text, resource or {}, resource_type, kind)
    else:

        async def work() -> "Trial":
            async with open_application(config, database) as app:
                return await app.expressions.evaluate(
                    text,
                    resource=resource,
                    slug=workspace,
                    resource_id=resource_id,
                    resource_type=resource_type,
                    kind=kind,
                )

        found = run(work())
    if as_json:
        print_json(found.to_json())
    else:
        _show(found)
    if found.problem:
        raise click.exceptions.Exit(1)


def _resource(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise click.ClickException(f"{file} is not JSON: {error}.") from None
    if not isinstance(found, dict):
        raise click.ClickException(f"{file} must hold one JSON object, such as a GET of a user returns.")
    return found


def _without_database(text: str, resource: dict[str, Any], resource_type: str, kind: str) -> "Trial":
    from ..schema.catalogue import load_schemas
    from ..service.expression_tools import try_expression

    known = load_schemas().paths()
    if resource_type not in known:
        raise click.UsageError(f"Without --workspace the resource types are {', '.join(known)}.")
    return try_expression(text, resource, resource_type, kind, {}, known[resource_type])


def _show(found: "Trial") -> None:
    shown = found.to_json()
    for read in shown["reads"]:
        meant = ", ".join(read["stands_for"])
        same = [read["name"]] == read["stands_for"] or not meant
        told = "" if same else f"  ({meant})"
        click.echo(f"  [{read['name']}] = {json.dumps(read['value'], ensure_ascii=False)}{told}", err=True)
    for warning in shown["warnings"]:
        click.echo(f"Warning: {warning}", err=True)
    problem = shown["problem"]
    if problem is None:
        click.echo(json.dumps(shown["value"], ensure_ascii=False))
    elif problem["position"] is None:
        click.echo(f"Error: {problem['message']}", err=True)
    else:
        click.echo(f"Error: {problem['message']} (character {problem['position'] + 1})", err=True)
        click.echo(f"  {problem['excerpt']}\n  {' ' * problem['column']}^", err=True)


@expression.command()
@click.argument("workspace")
@click.option("--sample", type=click.IntRange(1, 10_000), default=200, show_default=True, help="Resources to look at.")
@database_options
@one_line_errors
def lint(workspace: str, sample: int, config: Path | None, database: str | None, as_json: bool, debug: bool) -> None:
    """Look over the mapping of a workspace's plugin `expressions`, with a sample of its resources.

    Names what cannot be read, attributes that nobody fills, fields that fail or are empty for everybody in the sample,
    and attributes that the identity provider fills and no field reads. Exit status 1 if something fails.

    \b
    Example: scimserver expression lint larkfield
    """

    async def work() -> Any:
        async with open_application(config, database) as app:
            return await app.expressions.lint(workspace, sample)

    found = run(work())
    if as_json:
        print_json([remark.to_json() for remark in found])
    else:
        for remark in found:
            click.echo(f"{remark.kind:8} {remark.place}: {remark.text}")
        if not found:
            click.echo("Nothing to remark.")
    if any(remark.kind in ("error", "fails") for remark in found):
        raise click.exceptions.Exit(1)


@expression.command()
@click.argument("name", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
@config_option
@one_line_errors
def functions(name: str | None, as_json: bool, config: Path | None, debug: bool) -> None:
    """List the functions of the language, or explain one.

    \b
    Example: scimserver expression functions Replace
    """
    from ..mapping.checks import nearest
    from ..service.expression_tools import function_list

    listed = function_list()
    if name is not None:
        by_name = {function["name"]: function for function in listed}
        if name not in by_name:
            cure = nearest(name, by_name) or "`scimserver expression functions` lists them."
            raise click.ClickException(f"There is no function {name}: {cure}")
        listed = [by_name[name]]
    if as_json:
        print_json(listed)
    elif name is None:
        print_table(("FUNCTION", "WHAT IT DOES"), [(f["signature"], f["text"].split(". ")[0]) for f in listed], "")
    else:
        click.echo(f"{listed[0]['signature']}\n\n{listed[0]['text']}\n")
        for example in listed[0]["examples"]:
            click.echo(f"  {example['expression']}  ->  {example['result']}")
