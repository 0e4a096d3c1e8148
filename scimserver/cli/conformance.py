"""``conformance``: judge one tenant, of ours or of anybody's, by dialogues and other people's judges."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click

from .common import database_options, one_line_errors, open_application, print_json, print_table, run

if TYPE_CHECKING:  # imported when the command runs, so that --help is quick
    from ..conformance.run import Choice, Report, Target, Watch

TOKEN_LIFE = timedelta(hours=1)
"""The token of a run is revoked at its end; if even that is impossible, it ends by itself."""
SHOWN_FAILURES = 10
SHOWN_LINES = 8
"""Of one failure; the reports have all."""
NO_TOOLS = "This command needs a client's tools: pip install 'scimserver[tools]'"


@click.command()
@click.argument("workspace", required=False)
@click.option("--url", help="Tenant URL of any SCIM server, instead of WORKSPACE.")
@click.option("--token", envvar="SCIMSERVER_TOKEN", help="Its Secret Token; also from SCIMSERVER_TOKEN.")
@click.option(
    "--expect",
    type=click.Choice(["tolerant", "strict"]),
    help="With --url: is what only real clients send read as meant, or refused? [default: tolerant]",
)
@click.option("--prefix", help="Run beside other data: every name that is created begins with it.")
@click.option("--only", multiple=True, metavar="NAME", help="One folder of dialogues, or one judge; may be repeated.")
@click.option(
    "--report",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for report.html and report.json [default: ./scimserver-conformance-NAME].",
)
@database_options
@one_line_errors
def conformance(
    workspace: str | None,
    url: str | None,
    token: str | None,
    expect: str | None,
    prefix: str | None,
    only: tuple[str, ...],
    folder: Path | None,
    config: Path | None,
    database: str | None,
    as_json: bool,
    debug: bool,
) -> None:
    """Judge one tenant: our dialogues with real clients, scim2-tester and scim-sanity. Cleans up after itself.

    The tenant must be empty, or --prefix must be given. A WORKSPACE is judged by its profile, through a running
    server, with a token that ends with the run. Exit status: 0 all passed, 1 something failed, 2 wrong usage.

    \b
    Example: scimserver conformance larkfield
    Example: scimserver conformance --url https://scim.example.net/scim/v2 --only rfc7644 --only scim2-tester
    """
    _check_usage(workspace, url, token, expect)
    try:
        from ..conformance.run import CannotRun, HoldsData
    except ImportError:
        raise click.ClickException(NO_TOOLS) from None
    choice = _choice(prefix, only)

    async def work() -> "Report":
        if url:
            return await _interruptible(_of_url(url, token or "", expect or "tolerant"), choice)
        async with _of_workspace(workspace or "", config, database) as target:
            return await _interruptible(target, choice)

    try:
        report = run(work())
    except HoldsData as refused:
        raise click.UsageError(str(refused)) from None
    except CannotRun as refused:
        raise click.ClickException(str(refused)) from None
    except asyncio.CancelledError:
        raise click.Abort from None
    _tell(report, folder or Path(f"scimserver-conformance-{report.target.name}"), as_json)
    raise SystemExit(0 if report.passed else 1)


# -- what to judge -----------------------------------------------------------------------------------------------------


def _check_usage(workspace: str | None, url: str | None, token: str | None, expect: str | None) -> None:
    if bool(workspace) == bool(url):
        raise click.UsageError("Give a WORKSPACE of this deployment, or --url URL of any server.")
    if url and not token:
        raise click.UsageError("--url needs a Secret Token: --token T, or SCIMSERVER_TOKEN.")
    if url and urlsplit(url).scheme not in ("http", "https"):
        raise click.UsageError(f"--url {url} is no address that begins with http:// or https://.")
    if workspace and expect:
        raise click.UsageError("--expect goes with --url: a WORKSPACE is judged by its profile.")


def _choice(prefix: str | None, only: tuple[str, ...]) -> "Choice":
    from ..conformance.prefix import PREFIX
    from ..conformance.run import Choice
    from ..conformance.suites import names

    if prefix is not None and not PREFIX.fullmatch(prefix):
        raise click.UsageError(f"--prefix {prefix!r}: use 1 to 31 letters, digits, dots, hyphens and underscores.")
    if unknown := sorted(set(only) - set(names())):
        raise click.UsageError(f"--only {unknown[0]}: there is no such part; there are {', '.join(names())}.")
    return Choice(prefix or "", frozenset(only))


def _of_url(url: str, token: str, expect: str) -> "Target":
    from ..conformance.reading import STRICT, TOLERANT
    from ..conformance.run import Target

    name = urlsplit(url).netloc.rpartition("@")[2].replace(":", "-")
    return Target(url.rstrip("/"), token, name, STRICT if expect == "strict" else TOLERANT)


@asynccontextmanager
async def _of_workspace(slug: str, config: Path | None, database: str | None) -> AsyncIterator["Target"]:
    """Make a token for the run, and revoke it at the end."""
    from ..conformance.reading import Reading
    from ..conformance.run import Target
    from ..service.profiles import BEHAVIOURS

    async with open_application(config, database, makes_tokens=True) as app:
        owner = await app.workspaces.show(slug)
        active = await app.workspaces.resolve(slug)
        assert active is not None
        profile = active.profile
        reading = Reading(
            f"profile {profile.name}" + (" with switches" if owner.switches else ""),
            profile.tolerations,
            frozenset(BEHAVIOURS) - profile.behaviours,
        )
        expires = datetime.now(UTC) + TOKEN_LIFE
        record, secret = await app.tokens.create(owner, label="conformance run", expires=expires)
        try:
            yield Target(app.tenant_url(owner.slug), secret, owner.slug, reading)
        finally:
            await app.tokens.revoke(record.public_id)


# -- the run -----------------------------------------------------------------------------------------------------------


async def _interruptible(target: "Target", choice: "Choice") -> "Report":
    """Run; SIGTERM ends the run as Ctrl-C does: cleanly, with nothing left behind."""
    from ..conformance.run import conformance as judge

    running = asyncio.current_task()
    assert running is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, running.cancel)
    with _watched() as watch:
        return await judge(target, choice, watch)


@contextmanager
def _watched() -> Iterator["Watch"]:
    """Show a progress bar with the time left, on a terminal only."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    class Bar:
        def begin(self, total: int) -> None:
            progress.update(task, total=total)

        def part(self, name: str) -> None:
            # The first part has begun when none is done.
            progress.update(task, description=name, advance=1 if self.begun else 0)
            self.begun = True

        begun = False

    columns = (
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.description}"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as progress:
        task = progress.add_task("connecting", total=None)
        yield Bar()


# -- what was found ----------------------------------------------------------------------------------------------------


def _tell(report: "Report", folder: Path, as_json: bool) -> None:
    from ..conformance.report import hidden, lines, to_json, write
    from ..conformance.rows import Verdict

    paths = [str(path) for path in write(report, folder)]
    if as_json:
        summary = {name: value for name, value in to_json(report).items() if name != "checks"}
        print_json({**summary, "reports": paths})
        return
    verdicts = list(Verdict)
    rows = [
        [line.suite, f"{line.parts_run} of {line.parts}", *(line.counts[v] for v in verdicts), f"{line.seconds:.1f}"]
        for line in lines(report)
    ]
    print_table(["SUITE", "PARTS RUN", *(v.upper() for v in verdicts), "SECONDS"], rows, "Nothing was chosen.")
    for text in _details(report):
        click.echo(hidden(text, report.target.token))
    counts = ", ".join(f"{number} {verdict}" for verdict, number in report.counts.items() if number)
    click.echo(f"\n{report.target.name} ({report.target.reading.name}): {counts or 'nothing was checked'}")
    if not report.left_behind:
        held = sum(report.held.values())
        click.echo(
            f"Nothing was left behind: the tenant holds {held or 'no'} resource{'' if held == 1 else 's'}, as before."
        )
    click.echo(f"Reports: {', '.join(paths)}")


def _details(report: "Report") -> Iterator[str]:
    """Yield what failed, why something was not run or is argued, and what was left behind."""
    from ..conformance.report import reasons
    from ..conformance.rows import Verdict

    failed = [row for row in report.rows if row.verdict is Verdict.FAILED]
    for row in failed[:SHOWN_FAILURES]:
        yield f"\nFAILED {row.suite}/{row.part}: {row.title}"
        told: list[Any] = [row.source, row.request, f"expected {row.expected}" if row.expected else "", row.reason]
        yield from (f"  {line}" for line in [*filter(None, told), *row.got.split("\n")[:SHOWN_LINES]])
    if len(failed) > SHOWN_FAILURES:
        yield f"\n… and {len(failed) - SHOWN_FAILURES} more that failed, in the reports"
    for verdict, heading in ((Verdict.ARGUED, "Argued"), (Verdict.SKIPPED, "Not run")):
        if grouped := reasons(report.rows, verdict):
            yield f"\n{heading}:"
        for reason, rows in grouped.items():
            places = sorted({f"{row.suite}/{row.part}".rstrip("/") for row in rows})
            yield f"  {len(rows):4} {', '.join(places[:3])}{' …' if len(places) > 3 else ''}: {reason}"
    if report.left_behind:
        yield "\nLEFT BEHIND"
        yield from (f"  {line}" for line in report.left_behind)
