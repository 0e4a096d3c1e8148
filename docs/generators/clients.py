"""The page of clients: what they really send and what is done about it, from ``docs/clients.toml`` and the code."""

import tomllib
from pathlib import Path
from typing import Any

from scimserver.scim.quirks import TOLERATIONS
from scimserver.scim.quirks.registry import explain
from scimserver.service.profiles import BEHAVIOURS, Profiles

from .markdown import MADE, table

CLIENTS = Path(__file__).parents[1] / "clients.toml"
CASES = "tests/quirks/test_tolerations.py"
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
