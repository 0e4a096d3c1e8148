"""``log``: what the identity provider of a workspace did, and why it failed."""

import asyncio
import os
import re
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .common import database_options, one_line_errors, open_application, print_json, run

if TYPE_CHECKING:  # imported when the command runs, so that --help is quick
    from ..service.log_reading import LogReader

USUAL_LIMIT = 100
POLL_SECONDS = 1.0
_AGO = re.compile(r"(\d{1,6})\s*([smhdw])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_PARTS = ("operations", "clients", "tolerations", "off", "stripped", "errors")
_TITLES = {"off": "tolerations that are off and were wanted", "stripped": "unknown attributes left out"}


def read_since(_: click.Context, __: click.Parameter, value: str | None) -> datetime | None:
    """Read ``90m`` or ``2026-11-27T08:00``; an instant without a time zone is UTC, as everything that is shown.

    Raises:
        BadParameter: it is neither.
    """
    if value is None:
        return None
    ago = _AGO.fullmatch(value.strip())
    try:
        if ago:
            return datetime.now(UTC) - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        moment = datetime.fromisoformat(value.strip())
    except (ValueError, OverflowError):
        raise click.BadParameter(
            f"{value!r} is neither a time such as 2026-11-27T08:00 nor how long ago, such as 90m, 2h or 7d."
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


@click.command()
@click.argument("workspace")
@click.option("--follow", is_flag=True, help="Go on showing what comes, until Ctrl-C.")
@click.option("--errors", is_flag=True, help="Only requests that failed.")
@click.option("--summary", is_flag=True, help="Sums instead of requests: failures, clients, tolerations used, errors.")
@click.option(
    "--limit",
    type=click.IntRange(min=0),
    metavar="N",
    help=f"The newest N requests [default: {USUAL_LIMIT}, or all with --since].",
)
@click.option(
    "--since", callback=read_since, metavar="TIME", help="Not before: 90m, 2h, 7d, or 2026-11-27T08:00 (UTC)."
)
@database_options
@one_line_errors
def log(
    workspace: str,
    follow: bool,
    errors: bool,
    summary: bool,
    limit: int | None,
    since: datetime | None,
    config: Path | None,
    database: str | None,
    as_json: bool,
    debug: bool,
) -> None:
    """Show the provisioning log of a workspace, the oldest request first; with --json one JSON object a line.

    \b
    Example: scimserver log larkfield --errors --since 2h
    """
    if summary and (follow or errors or limit is not None):
        raise click.UsageError("--summary adds up all requests: only --since goes with it.")
    if limit is None and since is None:
        limit = USUAL_LIMIT

    async def work() -> None:
        from ..service.log_reading import LogReader

        async with open_application(config, database) as app:
            owner = await app.workspaces.show(workspace)
            reader = LogReader(app.requests.store, owner.id, errors=errors)
            if summary:
                _show_summary(await reader.summary(since), as_json)
                return
            shown = 0
            async for entry in reader.past(since=since, limit=limit):
                _show(entry, as_json)
                shown += 1
            if follow:
                await _follow(reader, as_json)
            elif not shown and not as_json:
                click.echo(f"The log of workspace {workspace} has no such request.", err=True)

    try:
        run(work())
    except KeyboardInterrupt:
        return
    except BrokenPipeError:
        # Whoever reads has enough, as `head` does; without this the interpreter complains when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


async def _follow(reader: "LogReader", as_json: bool) -> None:
    """Show what comes; a database that is away is waited for."""
    from ..errors import Unavailable

    away = False
    while True:
        try:
            for entry in await reader.news():
                _show(entry, as_json)
            away = False
        except Unavailable as error:
            if not away:
                click.echo(error.detail, err=True)
            away = True
        await asyncio.sleep(POLL_SECONDS)


# -- one request -------------------------------------------------------------------------------------------------------


def _show(entry: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(entry)
    else:
        click.echo("\n".join(lines_of(entry)))


def lines_of(entry: dict[str, Any]) -> list[str]:
    """Return an entry for people: one line, and one more for each thing that an operator should know of it."""
    status = entry.get("status") or "---"
    what = f"{entry['operation']:<9} {_target(entry)}"
    lines = [f"{entry['at']}  {status}  {what}  {entry['ms']:.1f} ms"]
    if entry.get("attributes"):
        lines[0] += f"  ({', '.join(entry['attributes'])})"
    lines += [f"    tolerated: {text}" for text in _tolerations(entry)]
    lines += [f"    off here: {name} would read it otherwise" for name in entry.get("off", ())]
    if entry.get("bulk"):
        lines.append(f"    {_bulk(entry['bulk'])}")
    errors = [entry["error"]] if entry.get("error") else (entry.get("bulk") or {}).get("errors", [])
    lines += [f"    {_error(error, entry['request_id'])}" for error in errors]
    if entry.get("plugin"):
        attribute = f", attribute {entry['attribute']}" if entry.get("attribute") else ""
        lines.append(f"    by the plugin {entry['plugin']}{attribute}")
    if "status" not in entry:
        lines.append(f"    the client went away before it was answered (request {entry['request_id']})")
    return lines


def _target(entry: dict[str, Any]) -> str:
    """Return what the request was about: a resource, or the address."""
    if entry.get("resource_id"):
        return f"{entry['resource_type']} {entry['resource_id']}"
    return f"{entry['method']} {entry['path']}"


def _tolerations(entry: dict[str, Any]) -> list[str]:
    """Return each toleration by the name that switches it, with its places: ``boolean-as-string (active)``."""
    return [f"{name} ({', '.join(places)})" for name, places in entry.get("tolerations", {}).items()]


def _bulk(bulk: dict[str, Any]) -> str:
    listed = ", ".join(f"{number} {method}" for method, number in bulk["operations"].items())
    plugins = "".join(f"; by the plugin {name}: {number}" for name, number in bulk.get("plugins", {}).items())
    return f"operations: {listed or 'none'}; failed: {bulk['failures']}{plugins}"


def _error(error: dict[str, Any], request_id: str) -> str:
    detail, end = str(error.get("detail", "")), f"(request {request_id})"
    kind = f"{error['scimType']}: " if error.get("scimType") else ""
    return f"{kind}{detail}" if detail.endswith(end) else f"{kind}{detail} {end}"


# -- sums --------------------------------------------------------------------------------------------------------------


def _show_summary(summary: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(summary)
    else:
        click.echo("\n".join(summary_lines(summary)))


def summary_lines(summary: dict[str, Any]) -> list[str]:
    """Return the sums for people: a headline, then each kind of thing with the number of requests, most first."""
    if not summary["requests"] and not summary["dropped"]:
        return ["There was no request."]
    lines = [
        f"{summary['requests']} requests from {summary['since']} to {summary['until']}, {summary['failures']} failed."
    ]
    if summary["unlisted"]:
        lines.append(f"{summary['unlisted']} of them had a refused credential and are not listed one by one.")
    if summary["dropped"]:
        lines.append(f"{summary['dropped']} more were not recorded, because the database did not take them in time.")
    for part in _PARTS:
        if summary[part]:
            lines.append(f"\n{_TITLES.get(part, part)}")
            lines += [f"{number:>8}  {text}" for text, number in summary[part].items()]
    return lines
