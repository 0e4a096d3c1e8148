"""Write the reference pages that come from the code: ``python docs/generate.py``; ``tests/docs`` keeps them true."""

import inspect
import json
import re
import tomllib
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
from scimserver.scim.quirks import TOLERATIONS
from scimserver.scim.quirks.registry import explain
from scimserver.service.profiles import BEHAVIOURS, Profiles
from scimserver.settings import ENVIRONMENT_PREFIX, Settings

REFERENCE = Path(__file__).parent / "reference"
MADE = "<!-- made by `make docs` from {source}; change it there -->\n"


def table(columns: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Return a Markdown table; a bar inside a cell is escaped."""
    listed = [list(columns), *map(list, rows)]
    listed.insert(1, ["---"] * len(listed[0]))
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in listed) + "\n"


def prose(documented: object) -> str:
    """Return a docstring as Markdown: code in single backticks, a cross-reference as the bare name."""
    text = re.sub(r":\w+:`(~?)([\w.]+)`", lambda m: f"`{m[2].rpartition('.')[2] if m[1] else m[2]}`", doc(documented))
    return text.replace("``", "`")


def doc(documented: object) -> str:
    """Return a docstring without its indentation."""
    return inspect.getdoc(documented) or ""


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
With `--json` a command prints one line of JSON and nothing else on standard output; logs go to standard error.
Commands that need the database take it from the configuration, or from `--database URL`; given the address of a running
demo's database they also use the demo's address and key, so that the tokens they make are good there.
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
"""


# -- clients -----------------------------------------------------------------------------------------------------------

CLIENTS = Path(__file__).parent / "clients.toml"
CASES = "tests/unit/quirks/test_tolerations.py"
ACCEPTED, REFUSED = "test_it_is_read_as_its_legal_form", "test_the_rfc_refuses_it_or_means_something_else"


def clients_page() -> str:
    """Every known habit of a client with what is done about it, and every toleration."""
    document = tomllib.loads(CLIENTS.read_text(encoding="utf-8"))
    sources = document.pop("sources")
    columns = ("row", "the client", "this server", "to the letter", "switches", "sources", "tests")
    rows = (client_row(number, row) for number, row in document.items())
    parts = ["# Clients\n", MADE.format(source="docs/clients.toml and scimserver/scim/quirks"), CLIENTS_INTRODUCTION]
    parts.append(f"## What clients do\n\n{table(columns, rows)}")
    parts.append("## Decided otherwise\n\nWhere we do not do what is usually advised.\n")
    parts.append(
        "\n".join(f"* Row {n}: {row['otherwise']}" for n, row in document.items() if "otherwise" in row) + "\n"
    )
    parts.append(f"## Tolerations\n\n{TOLERATIONS_INTRODUCTION}\n{toleration_table(document)}")
    parts.append(f"## Behaviours\n\n{BEHAVIOURS_INTRODUCTION}\n{behaviour_table(document)}")
    parts.append(f"## Sources\n\n{SOURCES_INTRODUCTION}\n{table(('key', 'source'), sources.items())}")
    return "\n".join(parts)


def client_row(number: str, row: dict[str, Any]) -> tuple[str, ...]:
    """Return the cells of one row."""
    switches = [*row.get("tolerations", ()), *row.get("behaviours", ())]
    return (
        number,
        row["client"],
        row["answer"],
        row["rfc"],
        ", ".join(f"`{name}`" for name in switches),
        ", ".join(row["sources"]),
        "<br>".join(f"`{test}`" for test in tests_of(row)),
    )


def tests_of(row: dict[str, Any]) -> list[str]:
    """Return the ids of the tests that hold a row; of a case the accepted and the refused form."""
    cases = [f"{CASES}::{test}[{case}]" for case in row.get("cases", ()) for test in (ACCEPTED, REFUSED)]
    return cases + row.get("tests", [])


def toleration_table(rows: dict[str, dict[str, Any]]) -> str:
    """Return a row for each toleration, from its docstring and from the shipped profiles."""
    explained = [explain(TOLERATIONS[name]) for name in sorted(TOLERATIONS)]
    return table(
        ("toleration", "what is read", "sent", "legal", "who", "rows", "profiles"),
        (
            (
                f"`{e.name}`",
                *(text.replace("``", "`") for text in (e.title, e.wrong, e.legal, e.source)),
                rows_with(rows, "tolerations", e.name),
                profiles_with("tolerations", e.name),
            )
            for e in explained
        ),
    )


def behaviour_table(rows: dict[str, dict[str, Any]]) -> str:
    """Return a row for each behaviour."""
    return table(
        ("behaviour", "what is done", "rows", "profiles"),
        (
            (f"`{name}`", text, rows_with(rows, "behaviours", name), profiles_with("behaviours", name))
            for name, text in sorted(BEHAVIOURS.items())
        ),
    )


def rows_with(rows: dict[str, dict[str, Any]], key: str, name: str) -> str:
    """Return the numbers of the rows that name a toleration or behaviour."""
    return ", ".join(number for number, row in rows.items() if name in row.get(key, ()))


def profiles_with(key: str, name: str) -> str:
    """Return the shipped profiles that have a toleration or behaviour."""
    shipped = Profiles()
    return ", ".join(f"`{profile}`" for profile in shipped.names if name in getattr(shipped.get(profile), key))


CLIENTS_INTRODUCTION = """\
What identity providers really send, and what they need to be answered, beside what this server does. A workspace reads
requests as its **profile** says: `default` takes everything on this page, `entra`, `okta` and `onelogin` what that
provider needs, `strict` is RFC 7643 and 7644 to the letter. [Fit a workspace to its identity
provider](howto/profiles.md) says how to pick one and how to switch a single toleration or behaviour. Whatever was
tolerated is told in the log with that request, by the names below.

Every test shows the request as the client sends it, reads back what became of it, and says what a workspace to the
letter answers: `pytest "tests/…::test_…"`. An empty cell of switches means that every workspace does the same.
"""

TOLERATIONS_INTRODUCTION = """\
Each is one small function of `scimserver/scim/quirks`. Those without a row go beyond the list above: they were learned
elsewhere.
"""

BEHAVIOURS_INTRODUCTION = "What else a profile decides.\n"

SOURCES_INTRODUCTION = "`name#number` is an issue or pull request of the public repository of that name.\n"

PAGES: dict[str, Callable[[], str]] = {
    "../clients.md": clients_page,
    "attributes.md": attributes_page,
    "commands.md": commands_page,
    "errors.md": errors_page,
    "hooks.md": hooks_page,
    "settings.md": settings_page,
}

if __name__ == "__main__":
    for page, text in PAGES.items():
        (REFERENCE / page).write_text(text(), encoding="utf-8")
        print((Path("docs/reference") / page).as_posix().replace("reference/../", ""))
