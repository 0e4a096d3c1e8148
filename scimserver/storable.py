"""What MongoDB can store, told before the driver is asked, so that the text can name plugin and field."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

MAX_DEPTH = 64
MAX_BYTES = 1024 * 1024
"""Of a whole application document, roughly: the text of its names and strings."""
_INT64 = 1 << 63


def why_not_storable(document: Any) -> str | None:
    """Return the reason why a mapping cannot be stored as (part of) a document, or None.

    Names must be strings without a dot or NUL and must not start with ``$``; values are None, booleans, 64-bit integers,
    floats, strings, datetimes, bytes, and lists and mappings of these.
    """
    if not isinstance(document, Mapping):
        return f"expected a mapping of fields, got {type(document).__name__}"
    budget = [MAX_BYTES]
    reason = _check(document, "", 0, budget)
    if reason is None and budget[0] < 0:
        return f"it is larger than {MAX_BYTES} bytes"
    return reason


def _check(value: Any, path: str, depth: int, budget: list[int]) -> str | None:
    if depth > MAX_DEPTH:
        return f"`{path}` is nested more than {MAX_DEPTH} levels deep"
    budget[0] -= len(value) if isinstance(value, str | bytes) else 8
    if value is None or isinstance(value, bool | str | float | datetime | bytes):
        return None
    if isinstance(value, int):
        return None if -_INT64 <= value < _INT64 else f"`{path}` does not fit 64 bits"
    if isinstance(value, list):
        return next((r for n, v in enumerate(value) if (r := _check(v, f"{path}[{n}]", depth + 1, budget))), None)
    if isinstance(value, Mapping):
        for name, item in value.items():
            if not isinstance(name, str) or not name or name.startswith("$") or "." in name or "\0" in name:
                return f"`{path}` has a field named {name!r}; a name is a text without a dot or NUL and does not start with $"
            budget[0] -= len(name)
            reason = _check(item, f"{path}.{name}" if path else name, depth + 1, budget)
            if reason:
                return reason
        return None
    return f"`{path}` is a {type(value).__name__}, which MongoDB cannot store"
