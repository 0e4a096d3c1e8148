"""``plugin list|new|check``."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .common import database_options, one_line_errors, open_application, print_json, run

if TYPE_CHECKING:  # imported when a command runs, so that --help is quick
    from ..authoring.check import Progress
    from ..authoring.report import Report
    from ..hookspecs import PluginInfo
    from ..plugins import PluginManager


@click.group()
def plugin() -> None:
    """Write, check and list plugins, which make the document that the application reads."""


@plugin.command("list")
@click.option("--workspace", metavar="NAME", help="Only those it may use, and which it lists in which order.")
@database_options
@one_line_errors
def list_(workspace: str | None, config: Path | None, database: str | None, as_json: bool, debug: bool) -> None:
    """List the installed plugins: where they come from, their hooks and their settings.

    Needs no database unless a workspace is named.

    \b
    Example: scimserver plugin list --workspace larkfield
    """
    from ..plugins import PluginManager
    from ..settings import load

    async def of_workspace(name: str) -> list[dict[str, Any]]:
        async with open_application(config, database) as app:
            chosen = (await app.workspaces.show(name)).to_json()["plugins"]
            order = {one["name"]: (place, one["settings"]) for place, one in enumerate(chosen, start=1)}
            visible = app.plugins.visible_to(name).values()
            listed = [{**_described(app.plugins, info), "place": None, "chosen": None} for info in visible]
            for one in listed:
                one["place"], one["chosen"] = order.pop(one["name"], (None, None))
            missing = [
                {"name": n, "installed": False, "place": place, "chosen": settings}
                for n, (place, settings) in order.items()
            ]
            return sorted([*listed, *missing], key=lambda one: (one["place"] is None, one["place"] or 0, one["name"]))

    if workspace:
        found = run(of_workspace(workspace))
    else:
        settings = load(config).plugins
        plugins = PluginManager.load(settings.dirs, only=settings.only)
        found = [
            {**_described(plugins, info), "only": settings.only.get(name)}
            for name, info in sorted(plugins.infos.items())
        ]
    if as_json:
        print_json(found)
        return
    click.echo("\n\n".join(map(_lines, found)) or "No plugin is installed.")


def _described(plugins: "PluginManager", info: "PluginInfo") -> dict[str, Any]:
    properties = info.settings_schema.get("properties", {})
    return {
        "name": info.name,
        "installed": True,
        "version": info.version,
        "description": info.description,
        "installed_from": plugins.place(info.name),
        "hooks": plugins.hooks_of(info.name),
        "settings": {
            name: {key: item[key] for key in ("description", "default") if key in item}
            for name, item in properties.items()
        },
        "settings_schema": info.settings_schema,
    }


def _lines(found: dict[str, Any]) -> str:
    place = f"  (number {found['place']} of this workspace)" if found.get("place") else ""
    if not found["installed"]:
        return f"{found['name']}{place}\n  NOT INSTALLED: writes of this workspace are answered 503"
    lines = [
        f"{found['name']} {found['version']}{place}",
        f"  {found['description']}" if found["description"] else "",
        f"  from   {found['installed_from']}",
        f"  only   for {', '.join(found['only'])}" if found.get("only") is not None else "",
        f"  hooks  {', '.join(hook for hook in found['hooks'] if hook != 'scim_plugin_info')}",
    ]
    for name, item in found["settings"].items():
        chosen = (found.get("chosen") or {}).get(name, item.get("default"))
        value = " (required)" if chosen is None and "default" not in item else f"={json.dumps(chosen)}"
        lines.append(f"  {found['name']}.{name}{value}  {item.get('description', '')}".rstrip())
    return "\n".join(line for line in lines if line)


@plugin.command()
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
@one_line_errors
def new(name: str, as_json: bool, debug: bool) -> None:
    """Make the folder NAME with a plugin that works: a package with a mapper, its settings and its tests.

    NAME has only a-z, 0-9 and _ and begins with a letter.

    \b
    Example: scimserver plugin new badge
    """
    from ..authoring.new import NewProblem, new_plugin

    try:
        made = new_plugin(name, Path())
    except NewProblem as problem:
        raise click.ClickException(str(problem)) from None
    if as_json:
        print_json({"name": name, "folder": name, "files": [str(path) for path in made]})
        return
    for path in made:
        click.echo(path)
    click.echo(
        f"\nEdit {made[2]}, then run `scimserver plugin check {name}`. To use it, name the folder in plugins.dirs or "
        f"run `pip install ./{name}` in the server's environment; {made[1]} says how."
    )


@plugin.command()
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.option("--settings", "settings_text", metavar="FILE|JSON", help="Settings to try, instead of the defaults.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
@one_line_errors
def check(path: Path, settings_text: str | None, as_json: bool, debug: bool) -> None:
    """Try the plugin at PATH: a file, a package folder, or the folder that `plugin new` made.

    Loads it as the server does, checks its settings and schemas, and runs it on every resource of the recorded
    dialogues of Entra, Okta and others and on hostile ones: what it makes must be storable, the same each time, and
    made without input and output. It runs in a process of its own, so one that never ends is reported.
    scim_startup, scim_shutdown and scim_after_commit are not called. Exit status: 0 fine, 1 problems found.

    \b
    Example: scimserver plugin check badge --settings '{"upper": false}'
    """
    from ..authoring.check import NoPlugin
    from ..authoring.check import check as check_plugin

    settings = _settings(settings_text)
    try:
        with _progress() as told:
            report = check_plugin(path, settings, progress=told)
    except NoPlugin as problem:
        raise click.ClickException(str(problem)) from None
    if as_json:
        print_json(report.to_json())
    else:
        _print_report(report)
    sys.exit(0 if report.ok else 1)


def _settings(text: str | None) -> dict[str, Any]:
    """Return the settings of a file or of JSON on the command line."""
    if not text:
        return {}
    given = text
    if not text.lstrip().startswith("{"):
        try:
            given = Path(text).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise click.BadParameter(f"{text} cannot be read: {error}.", param_hint="--settings") from None
    from ..service.yaml_text import TextProblem, load

    try:
        found = load(given)
    except TextProblem as problem:
        raise click.BadParameter(str(problem), param_hint="--settings") from None
    if not isinstance(found, dict):
        raise click.BadParameter('must be an object such as {"upper": false}.', param_hint="--settings")
    return found


@contextmanager
def _progress() -> Iterator["Progress"]:
    """Show a progress bar with rate and time left, on a terminal only."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("trying"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task("trying", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _print_report(report: "Report") -> None:
    for problem in report.problems:
        click.echo(str(problem))
    if not report.tried:
        return
    if report.problems:
        click.echo()
    click.echo(f"{report.name} {report.version}: tried on {report.tried} resources, {_outcome(report)}.")
    for hook, times in report.times.items():
        click.echo(f"  {hook}: {times.average_ms:.2f} ms on average, {times.longest_ms:.1f} ms at most")
    if report.ok:
        click.echo("Fine." if not report.warnings else "Fine, but look at the warnings.")


def _outcome(report: "Report") -> str:
    return f"{report.mapped} mapped, {report.refused} refused; the largest document has {report.largest} bytes"
