"""``preview``: the document that a payload would produce, and what a draft mapping would change."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .common import database_options, one_line_errors, open_application, print_json, run

if TYPE_CHECKING:  # imported when the command runs, so that --help is quick
    from ..service.application import Application
    from ..service.preview.result import Preview
    from ..service.preview.sampling import Progress as Report
    from ..service.preview.sampling import Sample
    from ..settings import LimitSettings

READABLE = click.Path(path_type=Path, dir_okay=False, exists=True, allow_dash=True)
MAX_DRAFT = 16 * 1024 * 1024
"""Bytes of a draft that are read at all; how long its text may be is up to the reader of such texts."""
_SHOW_BAR_FROM = 100
"""Resources of a sample for which a progress bar is worth it."""


@click.command()
@click.argument("workspace")
@click.argument("file", required=False, type=READABLE)
@click.option("--id", "resource_id", metavar="ID", help="The stored resource that is changed, by its id.")
@click.option("--match", metavar="FILTER", help="The stored resource that is changed, by a filter that finds only it.")
@click.option("--given", type=READABLE, help="The resource that is changed, from a JSON file.")
@click.option("--type", "resource_type", default="User", show_default=True, help="Resource type of the payload.")
@click.option(
    "--method",
    type=click.Choice(["POST", "PUT", "PATCH"]),
    help="How the payload is sent [default: a PatchOp message is a PATCH; else PUT if a resource is named, else POST].",
)
@click.option("--draft", type=READABLE, help="A mapping to try instead of the workspace's (YAML or JSON).")
@click.option(
    "--sample",
    type=click.IntRange(1, 1000),
    metavar="N",
    help="Map N stored resources, spread over the workspace, instead of a payload.",
)
@click.option(
    "--seed", type=click.IntRange(0), help="The same seed takes the same sample [default: another each time]."
)
@database_options
@click.pass_context
@one_line_errors
def preview(
    ctx: click.Context,
    /,
    workspace: str,
    file: Path | None,
    config: Path | None,
    database: str | None,
    as_json: bool,
    debug: bool,
    **options: Any,
) -> None:
    """Show what a payload would do in a workspace, without writing anything.

    FILE is the JSON body of a POST, a PUT or a PATCH; - is standard input. It is read, checked and mapped by the same
    code as a request: what was tolerated, the resource, what each plugin adds and replaces, the document, and what
    that changes. Values are shown. Without FILE the mapping is run on the resource that --id, --match or --given
    names.

    A draft is a list of plugins with settings, or an object with such a list under `plugins`, as `workspace export`
    writes it. With --sample and without --draft, the workspace's own mapping is compared with the stored documents.

    \b
    Exit status: 0 accepted, 1 refused as the client would be, or a draft or a sample with errors, 2 wrong usage.

    \b
    Example: scimserver preview larkfield user.json
             scimserver preview larkfield patch.json --match 'userName eq "ines@larkfield.example"'
             scimserver preview larkfield --sample 200 --draft mapping.yaml
    """
    _check_usage(file, options)
    sample, seed = options.pop("sample"), options.pop("seed")

    async def work() -> "Preview | Sample":
        from ..errors import BadRequest

        async with open_application(config, database) as app:
            draft = _draft(options.pop("draft"))
            try:
                if sample:
                    return await _sample(app, workspace, draft, options["resource_type"], sample, seed)
                return await _preview(app, workspace, file, draft, options)
            except BadRequest as error:
                raise click.UsageError(error.detail) from None

    told = run(work())
    if as_json:
        print_json(told.to_json())
    else:
        from .preview_text import preview_lines, sample_lines

        lines = sample_lines(told) if sample else preview_lines(told)  # type: ignore[arg-type]
        click.echo("\n".join(lines))
    ctx.exit(0 if told.accepted else 1)


def _check_usage(file: Path | None, options: dict[str, Any]) -> None:
    named = {f"--{name}": options[key] for name, key in (("id", "resource_id"), ("match", "match"), ("given", "given"))}
    given = [name for name, value in named.items() if value is not None]
    if [file, options["given"], options["draft"]].count(Path("-")) > 1:
        raise click.UsageError("Only one file can be read from standard input.")
    if options["sample"] is not None:
        wrong = [*(["FILE"] if file else []), *given, *(["--method"] if options["method"] else [])]
        if wrong:
            raise click.UsageError(f"--sample takes stored resources: leave {wrong[0]} out.")
        return
    if options["seed"] is not None:
        raise click.UsageError("--seed chooses a sample: give --sample too.")
    if len(given) > 1:
        raise click.UsageError(f"{given[0]} and {given[1]} both name the resource: give one of them.")
    if file is None and not given:
        raise click.UsageError("Give a FILE with a payload, a resource with --id, --match or --given, or --sample.")


async def _preview(
    app: "Application", workspace: str, file: Path | None, draft: Any, options: dict[str, Any]
) -> "Preview":
    from ..errors import ScimError
    from ..service.preview.payloads import NOTHING
    from ..service.preview.result import Preview

    given, limits = options.pop("given"), app.settings.limits
    if given is not None:
        try:
            options["given"] = _json(given, limits)
        except ScimError as error:
            raise click.ClickException(f"{given}: {error.detail}") from None
    await app.workspaces.show(workspace)
    try:
        payload = NOTHING if file is None else _json(file, limits)
    except ScimError as error:
        return Preview(workspace, options["method"] or "", options["resource_type"], error=error)
    return await app.preview.preview(workspace, payload, draft=draft, **options)


async def _sample(
    app: "Application", workspace: str, draft: Any, resource_type: str, count: int, seed: int | None
) -> "Sample":
    from ..simulate.progress import Progress

    with Progress(count >= _SHOW_BAR_FROM and sys.stderr.isatty()) as bar:
        bar.phase("mapped", count)
        report: Report = lambda done, total: bar.advance()  # noqa: E731
        return await app.preview.sample(
            workspace, draft, resource_type=resource_type, count=count, seed=seed, progress=report
        )


def _json(file: Path, limits: "LimitSettings") -> Any:
    """Read a body within the limits of a request."""
    from ..web.requests import decode_json, too_large

    content = _bytes(file, limits.body_bytes)
    if len(content) > limits.body_bytes:
        raise too_large(limits.body_bytes)
    return decode_json(content, limits.json_depth)


def _draft(file: Path | None) -> list[dict[str, Any]] | None:
    from ..plugins import PluginProblem
    from ..service.preview.drafts import read_draft
    from ..service.yaml_text import TextProblem, load

    if file is None:
        return None
    try:
        return read_draft(load(_bytes(file, MAX_DRAFT).decode("utf-8-sig")))
    except UnicodeDecodeError:
        raise click.ClickException(f"{file}: is not UTF-8.") from None
    except (PluginProblem, TextProblem) as problem:
        raise click.ClickException(f"{file}: {problem}") from None


def _bytes(file: Path, limit: int) -> bytes:
    """Read at most one byte more than the limit."""
    with click.open_file(str(file), "rb") as stream:
        return bytes(stream.read(limit + 1))
