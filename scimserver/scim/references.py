"""``bulkId:NAME``: where an operation of a bulk request may refer to what another one creates (RFC 7644 §3.7.2).

A reference is a whole text value anywhere in ``data``, or the last part of an address there (``../Users/bulkId:ada``);
in a PATCH also a quoted text in an operation's ``path`` (``members[value eq "bulkId:ada"]``); and the id in the
operation's own ``path``. A name has no form: everything behind the colon.
"""

import json
import re
from collections.abc import Callable
from typing import Any

Resolve = Callable[[str], str]
"""From the name in a reference to the id that takes its place."""

_REFERENCE = re.compile(r"(\S*?/)??bulkId:(.+)", re.DOTALL)
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)


def resolve_text(text: str, resolve: Resolve) -> str:
    """Return the text, with an id in it if it is a reference."""
    match = _REFERENCE.fullmatch(text)
    return f"{match[1] or ''}{resolve(match[2])}" if match else text


def resolve_data(value: Any, resolve: Resolve) -> Any:
    """Return a copy of the JSON value with all references in it resolved; names of members are none."""
    if isinstance(value, str):
        return resolve_text(value, resolve)
    if isinstance(value, list):
        return [resolve_data(item, resolve) for item in value]
    if isinstance(value, dict):
        return {name: resolve_data(item, resolve) for name, item in value.items()}
    return value


def resolve_patch(data: dict[str, Any], resolve: Resolve) -> dict[str, Any]:
    """Return a copy of a PatchOp message, whatever state it is in, with all references resolved, also in paths."""
    return {
        name: [_resolve_operation(item, resolve) for item in value]
        if name.lower() == "operations" and isinstance(value, list)
        else resolve_data(value, resolve)
        for name, value in data.items()
    }


def _resolve_operation(operation: Any, resolve: Resolve) -> Any:
    if not isinstance(operation, dict):
        return resolve_data(operation, resolve)
    resolved: dict[str, Any] = {}
    for name, value in operation.items():
        if name.lower() == "path" and isinstance(value, str):
            resolved[name] = _resolve_path(value, resolve)
        elif name.lower() == "value" and isinstance(value, dict):
            # Without a path, the names in the value are paths.
            resolved[name] = {_resolve_path(n, resolve): resolve_data(v, resolve) for n, v in value.items()}
        else:
            resolved[name] = resolve_data(value, resolve)
    return resolved


def _resolve_path(path: str, resolve: Resolve) -> str:
    def resolved(quoted: re.Match[str]) -> str:
        try:
            text = json.loads(quoted[0])
            text.encode()
        except ValueError:
            # Not a text that the reader of paths accepts: it says why.
            return quoted[0]
        changed = resolve_text(text, resolve)
        return quoted[0] if changed == text else json.dumps(changed)

    return _QUOTED.sub(resolved, path)
