"""Routes of the admin API, made from its operations."""

import re
from typing import Any

from tornado.routing import URLSpec

from . import PARTS
from .base import AdminHandler, UnknownAdminPathHandler
from .kinds import ROOT
from .operations import VARIABLE, Operation


def by_path() -> dict[str, dict[str, Operation]]:
    """Return the operations by path and method; a name in a path comes before a variable in its place."""
    found: dict[str, dict[str, Operation]] = {}
    for operation in sorted((o for part in PARTS for o in part.operations), key=lambda o: (o.path, o.method)):
        methods = found.setdefault(operation.path, {})
        if operation.method in methods:
            raise TypeError(f"{operation.method} {operation.path} is there twice")
        methods[operation.method] = operation
    return found


def admin_routes(shared: dict[str, Any]) -> list[URLSpec]:
    """Return every route below ``/admin/api``; ``shared`` are the arguments that each handler gets."""
    specs = []
    for path, operations in by_path().items():
        pattern = VARIABLE.sub(r"(?P<\1>[^/]+)", path.replace(".", r"\."))
        name = re.sub(r"\W+", " ", path).title().replace(" ", "")
        specs.append(
            URLSpec(f"{ROOT}{pattern}", type(f"{name}Handler", (AdminHandler,), {"operations": operations}), shared)
        )
    return [*specs, URLSpec("/admin/api(?:/.*)?", UnknownAdminPathHandler, shared)]
