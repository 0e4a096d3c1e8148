"""Write the reference pages that come from the code: ``python docs/generate.py``; ``tests/docs`` keeps them true."""

import inspect
import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import click

from scimserver import errors, hookspecs
from scimserver.cli import main as cli
from scimserver.plugins import HOOKS
from scimserver.schema.attributes import Attribute
from scimserver.schema.catalogue import load_schemas
from scimserver.settings import ENVIRONMENT_PREFIX, Settings

sys.path.insert(0, str(Path(__file__).parent))  # a script, and loaded by tests, is in no package

from generators import admin_api, clients, expressions, metrics
from generators.markdown import MADE, prose, table

REFERENCE = Path(__file__).parent / "reference"


# -- commands ----------------------------------------------------------------------------------------------------------


def commands_page() -> str:
    """Every command with its help, as ``--help`` prints it."""
    parts = ["# Commands\n", MADE.format(source="scimserver/cli"), COMMANDS_INTRODUCTION]
    for context in walk(root_context()):
        parts.append(f"## {context.command_path}\n\n```text\n{context.get_help()}\n```\n")
    return "\n".join(parts)


def root_context() -> click.Context:
    """Return the context of ``scimserver`` itself, as wide as a page."""
    return click.Context(cli, info_name="scimserver", terminal_width=100, max_content_width=100, **cli.context_settings)


COMMANDS_INTRODUCTION = """\
Exit status: 0 done, 1 failed (one line on standard error says why; `--debug` adds the traceback), 2 wrong usage.
With `--json` a command prints one line of JSON (`log`: one for each request) and nothing else on standard output; logs
go to standard error. Commands that need the database take it from the configuration, or from `--database URL`; given
the address of a running demo's database they also use the demo's address and key, so that the tokens they make are good
there.
"""


def walk(context: click.Context) -> Iterator[click.Context]:
    """Yield the commands that do something (not the groups), each with its full name."""
    if not isinstance(context.command, click.Group):
        yield context
        return
    for name in context.command.list_commands(context):
        command = context.command.get_command(context, name)
        assert command is not None
        yield from walk(click.Context(command, parent=context, info_name=name, **command.context_settings))


# -- settings ----------------------------------------------------------------------------------------------------------


def settings_page() -> str:
    """Every setting with what it may be, its default, and the comment above it in the default configuration."""
    parts = ["# Settings\n", MADE.format(source="scimserver/settings.py and conf/scimserver.toml")]
    parts.append(SETTINGS_INTRODUCTION)
    comments = dict(setting_comments())
    shapes = Settings.model_json_schema()["$defs"]
    for section, defaults in Settings().model_dump(mode="json").items():
        model: Any = Settings.model_fields[section].annotation
        shape = shapes[model.__name__]["properties"]
        rows = [
            (f"`{section}.{name}`", accepted(shape[name]), f"`{json.dumps(default)}`", comments[f"{section}.{name}"])
            for name, default in defaults.items()
        ]
        parts.append(f"## {section}\n\n{prose(model)}\n\n{table(('setting', 'value', 'default', ''), rows)}")
    return "\n".join(parts)


def setting_comments() -> Iterator[tuple[str, str]]:
    """Yield ``section.name`` and the comment for every setting in the default configuration."""
    section, comment = "", list[str]()
    for line in files("scimserver_conf").joinpath("scimserver.toml").read_text(encoding="utf-8").splitlines():
        if line.startswith("# "):
            comment.append(line.removeprefix("# "))
            continue
        if line.startswith("["):
            section = line.strip("[]")
        elif "=" in line:
            yield f"{section}.{line.removeprefix('#').partition('=')[0].strip()}", " ".join(comment)
        comment = []


def accepted(shape: dict[str, Any]) -> str:
    """Say in words which values a setting may have."""
    if "enum" in shape:
        return " or ".join(f'`"{value}"`' for value in shape["enum"])
    kind = f"list of {shape['items']['type']}s" if "items" in shape else str(shape["type"])
    least, most = shape.get("minimum"), shape.get("maximum")
    return kind + (f", from {least:g}" if least is not None else "") + (f" to {most:g}" if most is not None else "")


SETTINGS_INTRODUCTION = f"""\
Read from the file given with `--config`, else from `scimserver.toml` in the current folder if there is one. An
environment variable wins over the file: `{ENVIRONMENT_PREFIX}SERVER__PORT=8081` sets `server.port`; lists are JSON
there. An unknown name is an error. `scimserver init` writes a file with all settings, and `scimserver check-config`
checks one.
"""


# -- attributes --------------------------------------------------------------------------------------------------------


def attributes_page() -> str:
    """Every attribute of every schema with its characteristics."""
    catalogue = load_schemas()
    parts = ["# Attributes\n", MADE.format(source="schemas/"), ATTRIBUTES_INTRODUCTION]
    parts.append(f"## Common attributes\n\nOf every resource.\n\n{attribute_table(catalogue.resource_types[0].common)}")
    for schema in catalogue.schemas:
        head = f"## {schema.name}\n\n`{schema.id}`: {schema.description}\n"
        parts.append(f"{head}\n{attribute_table(schema.attributes)}")
    return "\n".join(parts)


COLUMNS = (
    "attribute",
    "type",
    "multi-valued",
    "required",
    "mutability",
    "returned",
    "uniqueness",
    "caseExact",
    "keyed",
    "description",
)


def attribute_table(attributes: Iterable[Attribute]) -> str:
    """Return a row for each attribute, each followed by its sub-attributes."""
    return table(COLUMNS, (row for attribute in attributes for row in attribute_rows(attribute)))


def attribute_rows(attribute: Attribute, parent: str = "") -> Iterator[tuple[str, ...]]:
    """Yield the row of an attribute and those of its sub-attributes."""
    name = f"{parent}{attribute.name}"
    yield (
        f"`{name}`",
        attribute.type,
        yes(attribute.multi_valued),
        yes(attribute.required),
        attribute.mutability,
        attribute.returned,
        attribute.uniqueness,
        yes(attribute.case_exact),
        yes(attribute.keyed),
        attribute.description + ("" if attribute.published else " Not listed in `/Schemas`."),
    )
    for sub in attribute.sub_attributes:
        yield from attribute_rows(sub, f"{name}.")


def yes(flag: bool) -> str:
    """Return a word for true and nothing for false, so that the exceptions stand out."""
    return "yes" if flag else ""


ATTRIBUTES_INTRODUCTION = """\
The characteristics are those of RFC 7643 §7; an empty cell means no. In a path an attribute of an extension follows the
URN of its schema and a colon. **Keyed** is ours: a filter that compares a keyed attribute with `eq` is answered from an
index at any size, so it can be the matching attribute of an identity provider; a keyed element also by its type, as in
`emails[type eq "work" and value eq "ines@larkfield.example"]`. A filter that no keyed attribute narrows reads the
resources of the workspace in batches, and is refused with `tooMany` where there are too many.
"""


# -- hooks -------------------------------------------------------------------------------------------------------------


def hooks_page() -> str:
    """Every hook with its signature and its contract, and the classes in the signatures."""
    parts = ["# Hooks\n", MADE.format(source="scimserver/hookspecs.py"), HOOKS_INTRODUCTION]
    for name in HOOKS:
        hook = getattr(hookspecs, name)
        parts.append(f"## `{signature(hook)}`\n\n{prose(hook)}\n")
    parts.append("## Classes\n")
    for kind in vars(hookspecs).values():
        if inspect.isclass(kind) and kind.__module__ == hookspecs.__name__:
            parts.append(f"```python\n{inspect.getsource(kind)}```\n")
    return "\n".join(parts)


def signature(hook: Callable[..., Any]) -> str:
    """Return a hook's signature as its source has it: types without their modules."""
    bare = re.sub(r"\b(?:\w+\.)+(?=\w)", "", str(inspect.signature(hook)))
    return f"{'async ' if inspect.iscoroutinefunction(hook) else ''}{hook.__name__}{bare}"


HOOKS_INTRODUCTION = """\
A plugin is a module with functions of these names, each marked with `scimserver.hookspecs.hookimpl`; only
`scim_plugin_info` is required, and arguments that are not needed may be left out. Plugins run in the order in which the
workspace lists them, with that workspace's settings. [How to write one](../howto/write-a-plugin.md).
"""


# -- errors ------------------------------------------------------------------------------------------------------------


def errors_page() -> str:
    """Every error class that a client can be answered with."""
    rows = [
        (
            str(error.status),
            error.scim_type or "",
            f"`{error.__name__}`",
            prose(error).split("\n")[0],
        )
        for error in error_classes()
    ]
    columns = ("status", "scimType", "class", "meaning")
    return "\n".join(
        ["# Errors\n", MADE.format(source="scimserver/errors.py"), ERRORS_INTRODUCTION, table(columns, sorted(rows))]
    )


def error_classes() -> list[type[errors.ScimError]]:
    """Return every class of errors but their base."""
    found = [e for e in vars(errors).values() if inspect.isclass(e) and issubclass(e, errors.ScimError)]
    return [e for e in found if e is not errors.ScimError]


ERRORS_INTRODUCTION = """\
Every error has the body of RFC 7644 §3.12. `detail` names the attribute, the rule and the cure, and ends with the
request id, which is also in the header `X-Request-Id` and in the log. A plugin refuses a resource by raising a
4xx class. All are classes of `scimserver.errors`, below `ScimError`.
Errors of the admin API have [another form](admin-api.md#errors).
"""


PAGES: dict[str, Callable[[], str]] = {
    "../clients.md": clients.clients_page,
    "admin-api.md": admin_api.admin_api_page,
    "attributes.md": attributes_page,
    "commands.md": commands_page,
    "errors.md": errors_page,
    "expressions.md": expressions.expressions_page,
    "hooks.md": hooks_page,
    "metrics.md": metrics.metrics_page,
    "settings.md": settings_page,
}

if __name__ == "__main__":
    for page, text in PAGES.items():
        (REFERENCE / page).write_text(text(), encoding="utf-8")
        print((Path("docs/reference") / page).as_posix().replace("reference/../", ""))
