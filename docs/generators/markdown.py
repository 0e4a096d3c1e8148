"""What all generated pages are made with."""

import inspect
import re
from collections.abc import Iterable

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
