"""Write the reference pages that come from the code: ``python docs/generate.py``; ``tests/docs`` keeps them true."""

import inspect
import json
import tomllib
from collections.abc import Callable, Iterator
from importlib.resources import files
from pathlib import Path

import click

from scimserver import errors
from scimserver.cli import main as cli
from scimserver.settings import ENVIRONMENT_PREFIX

REFERENCE = Path(__file__).parent / "reference"
MADE = "<!-- made by `make docs` from {source}; change it there -->\n"


def commands_page() -> str:
    """Every command with its help, as ``--help`` prints it."""
    parts = ["# Commands\n", MADE.format(source="scimserver/cli"), COMMANDS_INTRODUCTION]
    for path, command in walk(cli, ("scimserver",)):
        context = click.Context(command, info_name=" ".join(path), terminal_width=100, max_content_width=100)
        parts.append(f"## {' '.join(path)}\n\n```text\n{command.get_help(context)}\n```\n")
    return "\n".join(parts)


COMMANDS_INTRODUCTION = """\
Exit status: 0 done, 1 failed (one line on standard error says why; `--debug` adds the traceback), 2 wrong usage.
With `--json` a command prints one line of JSON and nothing else on standard output; logs go to standard error.
Commands that need the database take it from the configuration, or from `--database URL`; given the address of a running
demo's database they also use the demo's address and key, so that the tokens they make are good there.
"""


def walk(command: click.Command, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Yield the commands that do something (not the groups), with their full names."""
    if not isinstance(command, click.Group):
        yield path, command
        return
    context = click.Context(command)
    for name in command.list_commands(context):
        child = command.get_command(context, name)
        assert child is not None
        yield from walk(child, (*path, name))


def settings_page() -> str:
    """Every setting with its default and the comment above it in the default configuration."""
    parts = ["# Settings\n", MADE.format(source="conf/scimserver.toml"), SETTINGS_INTRODUCTION]
    comment: list[str] = []
    section = ""
    for line in files("scimserver_conf").joinpath("scimserver.toml").read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            section = line.strip("[]")
            parts.append(f"\n## {section}\n\n| setting | default | |\n|---|---|---|")
            comment = []
        elif line.startswith("# "):
            comment.append(line.removeprefix("# "))
        elif section and "=" in line:
            name, default = next(iter(tomllib.loads(line.removeprefix("#")).items()))
            shown = json.dumps(default, ensure_ascii=False)
            parts.append(f"| `{section}.{name}` | `{shown}` | {' '.join(comment).replace('|', chr(92) + '|')} |")
            comment = []
    return "\n".join(parts) + "\n"


SETTINGS_INTRODUCTION = f"""\
Read from the file given with `--config`, else from `scimserver.toml` in the current folder if there is one. An environment
variable wins over the file: `{ENVIRONMENT_PREFIX}SERVER__PORT=8081` sets `server.port`; lists are JSON there. An unknown
name is an error. `scimserver init` writes a file with all settings, `scimserver check-config` checks one.
"""


def errors_page() -> str:
    """Every error class that a client can be answered with."""
    parts = ["# Errors\n", MADE.format(source="scimserver/errors.py"), ERRORS_INTRODUCTION]
    parts.append("| status | scimType | class | when |\n|---|---|---|---|")
    for name, error in inspect.getmembers(errors, inspect.isclass):
        if (
            issubclass(error, errors.ScimError)
            and error is not errors.ScimError
            and error.__module__ == errors.__name__
        ):
            first = (inspect.getdoc(error) or "").split("\n")[0]
            parts.append(f"| {getattr(error, 'status', '')} | {error.scim_type or ''} | `{name}` | {first} |")
    return "\n".join(parts) + "\n"


ERRORS_INTRODUCTION = """\
Every error has the body of RFC 7644 §3.12. `detail` names the attribute, the rule and the cure, and ends with the request
id, which is also in the header `X-Request-Id` and in the log. A plugin refuses a resource by raising one of these classes.
"""

PAGES: dict[str, Callable[[], str]] = {
    "commands.md": commands_page,
    "settings.md": settings_page,
    "errors.md": errors_page,
}

if __name__ == "__main__":
    for page, text in PAGES.items():
        (REFERENCE / page).write_text(text(), encoding="utf-8")
        print(f"docs/reference/{page}")
