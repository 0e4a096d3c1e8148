"""``simulate``: an identity provider's provisioning service, to test a deployment, a plugin or a mapping with."""

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import click

from .common import one_line_errors, print_json
from .running_demo import running_demo

if TYPE_CHECKING:
    from ..simulate.run import Outcome

DIALECTS = ("legacy", "scim2", "mixed", "rfc")
FLAGS = {"aadoptscim062020": "scim2", "azureadscimpatch2017": "legacy"}
"""Entra's behaviour flags at the end of a Tenant URL, in lower case → the dialect that they ask for."""
FILE = click.Path(path_type=Path, dir_okay=False)
PRESENT = click.Path(path_type=Path, dir_okay=False, exists=True)


@click.command()
@click.argument("service", type=click.Choice(["entra", "okta"]))
@click.argument("url", required=False)
@click.argument("token", required=False, envvar="SCIMSERVER_TOKEN")
@click.option(
    "--dialect", type=click.Choice(DIALECTS), help="Shape of the requests [default: legacy, or the URL's flag]."
)
@click.option("--cycles", type=click.IntRange(0), default=2, show_default=True, help="Cycles after the initial one.")
@click.option("--state", type=FILE, help="Keep source, cached ids and watermark in this file, and go on from there.")
@click.option("--users", type=click.IntRange(1), default=50, show_default=True, help="Invented users.")
@click.option("--groups", type=click.IntRange(0), default=5, show_default=True, help="Invented groups.")
@click.option("--seed", type=int, help="The same seed invents the same people [default: others in every run].")
@click.option("--source", type=PRESENT, help="Users (CSV), or users and groups (JSON), instead of invented ones.")
@click.option("--mapping", type=PRESENT, help="Attribute mapping and scope (TOML) [default: the service's own].")
@click.option("--scope", type=PRESENT, help="Scoping filters (TOML), instead of the mapping's.")
@click.option("--on-demand", metavar="NAME", help="Only provision this user, or this group with five members, now.")
@click.option("--schemas", is_flag=True, help="Ask for /Schemas first; name mapped attributes that it does not list.")
@click.option("--parallel", type=click.IntRange(1, 256), default=5, show_default=True, help="Requests at a time.")
@click.option("--rate", type=click.FloatRange(0, min_open=True), help="Requests a second at most [default: no limit].")
@click.option("--log", type=FILE, help="Append each request as a line of JSON to this file.")
@click.option("--data", type=click.Path(path_type=Path, file_okay=False), help="Data folder of the demo to use.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
@click.pass_context
@one_line_errors
def simulate(ctx: click.Context, /, url: str | None, token: str | None, debug: bool, **options: Any) -> None:
    """Provision users and groups to URL with TOKEN as Entra ID or Okta would, then compare.

    Without URL the running demo is the target. The token may also come from SCIMSERVER_TOKEN. A new state begins with
    an initial cycle; a used one goes on with CYCLES more, and with --cycles 0 everything is read again and nothing
    written that is right already. In each cycle people change, leave, return and are hired; with --source a used state
    takes the changes from the file instead.

    \b
    Exit status: 0 the server holds what the source says, 1 it does not, or the run had to stop, 2 wrong usage.

    \b
    Example: scimserver simulate entra --users 500 --groups 20
             scimserver simulate entra https://scim.example.net/t/larkfield/scim/v2 --dialect mixed --state lark.json
    """
    if options["service"] == "okta" and options["dialect"] == "rfc":
        raise click.UsageError("Okta has no dialect rfc, only legacy (PUT), scim2 (PATCH) and mixed; entra has it.")
    url, token = _target(url, token, options.pop("data"))
    try:
        from ..simulate.problems import SimulateProblem
        from ..simulate.run import Options, run
    except ModuleNotFoundError as error:
        raise click.ClickException(
            f"The simulator needs the package {error.name}: run `pip install 'scimserver[tools]'`."
        ) from None
    as_json = options.pop("as_json")
    dialect = options.pop("dialect") or _flagged(url) or "legacy"
    quiet = as_json and not sys.stderr.isatty()
    try:
        outcome = asyncio.run(run(Options(url=url, token=token, dialect=dialect, quiet=quiet, **options)))
    except SimulateProblem as problem:
        if debug:
            raise
        raise click.ClickException(str(problem)) from None
    _show(outcome, as_json)
    ctx.exit(0 if outcome.good else 1)


def _target(url: str | None, token: str | None, data: Path | None) -> tuple[str, str]:
    """Return Tenant URL and token: as given, or those of the running demo."""
    if url and token:
        return url, token
    if url:
        raise click.UsageError("The Secret Token is missing: set SCIMSERVER_TOKEN, or give it after the URL.")
    demo = running_demo(data)
    if demo is None:
        raise click.ClickException(
            "No demo is running: start `scimserver demo` in another terminal, or give a Tenant URL and set "
            "SCIMSERVER_TOKEN."
        )
    return demo


def _flagged(url: str) -> str | None:
    """Return the dialect that the Tenant URL asks for, as Entra understands it."""
    names = [name.casefold() for name, _ in parse_qsl(urlsplit(url).query, keep_blank_values=True)]
    return next((FLAGS[name] for name in names if name in FLAGS), None)


def _show(outcome: "Outcome", as_json: bool) -> None:
    if as_json:
        print_json(outcome.json())
        return
    click.echo(outcome.text())
    if outcome.problem:
        click.echo(f"\nError: {outcome.problem}", file=sys.stderr)
