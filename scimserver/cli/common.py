"""What the commands share: options, one clear line on error, exit codes, output for people and machines."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import click

if TYPE_CHECKING:  # imported when a command runs, so that --help is quick
    from ..service.application import Application

CHILD = "SCIMSERVER_CHILD_OF"
"""Environment variable that tells a server process which supervisor it belongs to."""
NO_KEY = "security.secret_key is not set: `scimserver init` writes a configuration with a fresh one."

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


def config_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--config`` and ``--debug``."""
    function = click.option(
        "--config",
        type=click.Path(path_type=Path, dir_okay=False),
        help="Configuration file [default: ./scimserver.toml].",
    )(function)
    return click.option("--debug", is_flag=True, help="Show the traceback of an error.")(function)


def database_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--config``, ``--database``, ``--json`` and ``--debug``."""
    function = click.option("--database", metavar="URL", help="MongoDB URL, instead of the configured one.")(function)
    function = click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")(function)
    return config_option(function)


def one_line_errors(function: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """Turn an expected error into one line and exit status 1; ``--debug`` shows where it came from."""

    @wraps(function)
    def wrapper(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
        try:
            return function(*args, **kwargs)
        except Exception as error:
            if kwargs.get("debug") or isinstance(error, click.ClickException | click.exceptions.Exit | click.Abort):
                raise
            raise click.ClickException(_explain(error)) from None

    return wrapper


def _explain(error: Exception) -> str:
    """Return the text of an error that was written for people, or say what went wrong and how to see more."""
    from ..errors import ScimError
    from ..plugins import PluginProblem
    from ..schema.loader import SchemaProblem
    from ..service.code.reading import CodeProblem
    from ..service.profiles import ProfileProblem
    from ..service.yaml_text import TextProblem
    from ..settings import SettingsProblem
    from ..store.embedded import EmbeddedProblem
    from ..store.failures import StoreError

    if isinstance(error, ScimError):
        return error.detail
    if isinstance(error, CodeProblem):
        return (
            str(error) if len(error.problems) == 1 else f"{len(error.problems)} problems, nothing is changed:\n{error}"
        )
    ours = PluginProblem | ProfileProblem | SchemaProblem | SettingsProblem | TextProblem | EmbeddedProblem | StoreError
    if isinstance(error, ours | OSError):
        return str(error)
    return f"{type(error).__name__}: {error} (--debug shows where)"


@asynccontextmanager
async def open_application(
    config: Path | None, database: str | None, *, makes_tokens: bool = False
) -> AsyncIterator["Application"]:
    """Give the application to a command that reads or writes and ends.

    With ``--database`` of a running demo its address and secret key are used, so that its tokens and ours agree.
    """
    from .. import log
    from ..service.application import Application
    from ..settings import load
    from ..store.deployment import announced_demo

    log.configure("warning", "console")
    settings = load(config, **({"database": {"url": database}} if database else {}))
    if database and not database.startswith("embedded:"):
        demo = await announced_demo(settings.database.url, settings.database.name)
        if demo and demo[1].is_file():
            settings = load(
                config,
                database={"url": database},
                server={"public_url": demo[0]},
                security={"secret_key": demo[1].read_text().strip()},
            )
    if makes_tokens and not settings.security.secret_key:
        raise click.ClickException(NO_KEY)
    async with Application.start(settings, background=False) as app:
        yield app


def run(work: Awaitable[Result]) -> Result:
    """Run one coroutine to its end."""

    async def main() -> Result:
        return await work

    return asyncio.run(main())


def print_json(value: Any) -> None:
    """Print one line of JSON, flushed."""
    click.echo(json.dumps(value, ensure_ascii=False))


def print_table(headings: Sequence[str], rows: Sequence[Sequence[Any]], empty: str) -> None:
    """Print aligned columns, or a sentence if there are no rows."""
    if not rows:
        click.echo(empty)
        return
    texts = [[str(cell) if cell is not None else "-" for cell in row] for row in [headings, *rows]]
    widths = [max(len(row[column]) for row in texts) for column in range(len(headings))]
    for row in texts:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
