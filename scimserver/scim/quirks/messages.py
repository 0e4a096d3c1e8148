"""PATCH messages (RFC 7644 §3.5.2) written another way than the RFC has them.

A missing ``schemas`` (row 28) and an empty list of operations (row 30; Microsoft's validator) have no rewrite:
the parser of the message lets them pass in tolerant profiles.
"""

from typing import Any


def operation_name(op: Any) -> Any:
    """Read the name of an operation in any letter case.

    Wrong: ``{"op": "Replace", …}``. Legal: ``{"op": "replace", …}``. Source: row 1; Entra's default dialect.
    """
    return op.lower() if isinstance(op, str) else op


def empty_path(path: Any) -> Any:
    """Read an empty path as no path.

    Wrong: ``{"op": "add", "path": "", "value": {…}}``. Legal: the same without ``path``. Source: generic clients.
    """
    return None if path == "" else path
