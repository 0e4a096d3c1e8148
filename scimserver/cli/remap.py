"""``remap``: make the application documents of a workspace again after its mapping has changed."""

import asyncio
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .common import database_options, one_line_errors, open_application, print_json, run

if TYPE_CHECKING:  # imported when the command runs, so that --help is quick
    from ..service.application import Application
    from ..service.remap.progress import Progress
    from ..service.remap.report import DryRun
    from ..store.jobs import Job


STOPPED = "Stopped; what was done stays, and `scimserver remap {workspace}` goes on."


@click.command()
@click.argument("workspace")
@click.option("--dry-run", is_flag=True, help="Write nothing: count what would change, and show samples of it.")
@click.option("--all", "everything", is_flag=True, help="Map the documents of the current mapping again, too.")
@click.option("--rate", type=click.FloatRange(0, 100_000, min_open=True), help="Documents a second [default: 200].")
@click.option("--cancel", is_flag=True, help="End a re-map that is not finished; what it has done stays.")
@database_options
@click.pass_context
@one_line_errors
def remap(
    ctx: click.Context,
    /,
    workspace: str,
    dry_run: bool,
    everything: bool,
    rate: float | None,
    cancel: bool,
    config: Path | None,
    database: str | None,
    as_json: bool,
    debug: bool,
) -> None:
    """Make the documents of WORKSPACE again that an earlier mapping has made.

    Requests are served meanwhile. An interrupted re-map is gone on with by the next one: after Ctrl-C by this command,
    after a kill also by the server. If another process runs one already, this command shows how far it is.

    \b
    Exit status: 0 done, 1 a plugin failed on some documents or the re-map did not finish, 2 wrong usage.

    \b
    Example: scimserver remap larkfield --dry-run
             scimserver remap larkfield --rate 50
    """
    if cancel and (dry_run or everything or rate):
        raise click.UsageError("--cancel goes with no other option.")

    async def work() -> Any:
        async with open_application(config, database) as app:
            if cancel:
                return await _cancel(app, workspace)
            if dry_run:
                return await _dry_run(app, workspace, everything, rate)
            return await _remap(app, workspace, everything, rate)

    try:
        made = run(work())
    except (KeyboardInterrupt, asyncio.CancelledError):
        raise click.ClickException(STOPPED.format(workspace=workspace)) from None
    result = made.to_json() if dry_run else made
    if as_json:
        print_json(result)
    elif dry_run:
        _show_dry_run(workspace, made, result)
    else:
        _show(workspace, result)
    good = result["state"] == ("cancelled" if cancel else "finished") if not dry_run else True
    ctx.exit(0 if good and not result["failed"] and not result.get("left") else 1)


async def _cancel(app: "Application", workspace: str) -> dict[str, Any]:
    from ..service.remap.report import report

    jobs = await app.remaps.jobs(workspace)
    if not jobs or not jobs[0].is_open:
        raise click.ClickException(f"Workspace {workspace} has no re-map that could be cancelled.")
    return report(await app.remaps.cancel(workspace, jobs[0].n))


async def _dry_run(app: "Application", workspace: str, everything: bool, rate: float | None) -> "DryRun":
    from ..simulate.progress import Progress as Bar

    shown = 0
    with Bar(sys.stderr.isatty()) as bar:

        def told(looked: int, total: int) -> None:
            nonlocal shown
            if not shown:
                bar.phase("dry run", total)
            bar.advance(looked - shown)
            shown = looked

        return await app.remaps.dry_run(workspace, everything=everything, rate=rate, told=told)


async def _remap(app: "Application", workspace: str, everything: bool, rate: float | None) -> dict[str, Any]:
    from ..service.remap.report import report
    from ..store.jobs import JobOpen

    try:
        job = await app.remaps.begin(workspace, everything=everything, rate=rate, by="command")
    except JobOpen as open_:
        job = open_.job
        if everything and not job.options.get("all"):
            raise click.ClickException(
                f"Re-map {job.n} of {workspace} is not finished and does not take all documents: let it finish, or end "
                f"it with `scimserver remap {workspace} --cancel`."
            ) from None
        doing = "is running in another process; watching" if app.remaps.held(job) else "was interrupted; resuming"
        click.echo(f"Re-map {job.n} of {workspace} {doing}.", err=True)
        if rate is not None:
            job = await app.remaps.set_rate(job, rate)
    with _Bar() as bar, _stopping() as stop:
        return report(await app.remaps.follow(job, bar.told, stop=stop))


@contextmanager
def _stopping() -> Iterator[Callable[[], bool]]:
    """Let the first Ctrl-C or SIGTERM stop in good order, and the second at once; yields what tells of the first."""
    asked = False
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    numbers = (signal.SIGINT, signal.SIGTERM)

    def ask() -> None:
        nonlocal asked
        asked = True
        for number in numbers:
            loop.remove_signal_handler(number)
        assert task is not None
        task.cancel()

    for number in numbers:
        loop.add_signal_handler(number, ask)
    try:
        yield lambda: asked
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)


class _Bar:
    """A progress bar with a phase for each pass; says nothing where there is no terminal."""

    def __init__(self) -> None:
        from ..simulate.progress import Progress as Bar

        self._bar = Bar(sys.stderr.isatty())
        self._turn: tuple[str, int] | None = None
        self._looked = self._failed = 0

    def __enter__(self) -> "_Bar":
        self._bar.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self._bar.__exit__(*error)

    def told(self, job: "Job", progress: "Progress") -> None:
        if self._turn != (progress.revision, progress.turn):
            first = progress.turn == 1
            # A resumed run begins at what is left, or its rate and time left would be wrong.
            self._looked, self._failed = (progress.looked if first else 0), 0
            left = max(progress.documents - progress.looked, 0) if first else None
            self._bar.phase("re-map" if first else f"pass {progress.turn}", left)
            self._turn = (progress.revision, progress.turn)
        if progress.turn == 1:
            self._bar.advance(progress.looked - self._looked)
            self._looked = progress.looked
        for _ in range(progress.failed + progress.failed_current - self._failed):
            self._bar.error()
        self._failed = max(self._failed, progress.failed + progress.failed_current)


def _show_dry_run(workspace: str, trial: "DryRun", result: dict[str, Any]) -> None:
    from .preview_text import difference_lines

    click.echo(
        f"A re-map of {workspace} with mapping {result['revision']} would look at {result['looked_at']} documents: "
        f"{result['changed']} would change, {result['unchanged']} stay the same though an earlier mapping made them, "
        f"{result['failed']} fail. Nothing was written."
    )
    for sample in trial.samples:
        click.echo("\n".join(("", f"{sample.type} {sample.id}", *difference_lines(sample.difference))))
    _show_failures(result)


def _show(workspace: str, result: dict[str, Any]) -> None:
    click.echo(
        f"Re-map {result['id']} of {workspace} with mapping {result['revision']} is {result['state']}: "
        f"{result['looked_at']} of {result['documents']} documents looked at, {result['changed']} changed, "
        f"{result['unchanged']} the same as before, {result['failed']} failed."
    )
    if result["state"] == "paused":
        click.echo(STOPPED.format(workspace=workspace))
    if result["problem"]:
        click.echo(f"Problem: {result['problem']}")
    if result["restarts"]:
        click.echo(f"The mapping was changed meanwhile: the re-map began again {result['restarts']} times.")
    if result["left"]:
        click.echo(
            f"The last pass still met {result['left']} documents of an earlier mapping: some server process goes on "
            "making them. Restart every process with the plugins as they are installed here, then run this again."
        )
    _show_failures(result)


def _show_failures(result: dict[str, Any]) -> None:
    if not result["failures"]:
        return
    click.echo("\nThese stay as they are until the plugin is corrected:")
    for failure in result["failures"]:
        click.echo(f"  {failure['type']} {failure['id']}: plugin `{failure['plugin']}`: {failure['reason']}")
    more = result["failed"] - len(result["failures"])
    if more > 0:
        click.echo(f"  and {more} more")
