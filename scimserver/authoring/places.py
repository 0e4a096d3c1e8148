"""Where in an author's files something is, as ``file:line``."""

import ast
import re
import traceback
from pathlib import Path
from types import ModuleType


def place_of_error(error: BaseException | None, root: Path) -> str:
    """Return the innermost line of a traceback that is below a folder; of a syntax error, its own."""
    if error is None:
        return ""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{error.filename}:{error.lineno}"
    inside = [f for f in traceback.extract_tb(error.__traceback__) if Path(f.filename).is_relative_to(root)]
    return f"{inside[-1].filename}:{inside[-1].lineno}" if inside else ""


def place_of_hook(module: ModuleType, hook: str) -> str:
    """Return where a hook is defined; the module's file, if it has none of that name."""
    code = getattr(getattr(module, hook, None), "__code__", None)
    return f"{code.co_filename}:{code.co_firstlineno}" if code else str(module.__file__)


def place_of_text(text: str, path: Path) -> str:
    """Return where the first function is defined that a text names; the file itself, if it names none."""
    file = path / "__init__.py" if path.is_dir() else path
    try:
        tree = ast.parse(file.read_text(encoding="utf-8"))
    except (OSError, SyntaxError, ValueError):
        return str(file)
    named: list[tuple[int, int]] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            match = re.search(rf"\b{re.escape(node.name)}\b", text)
            if match:
                named.append((match.start(), node.lineno))
    return f"{file}:{min(named)[1]}" if named else str(file)
