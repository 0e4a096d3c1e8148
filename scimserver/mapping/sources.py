"""What the attributes of an expression stand for."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from .aliases import Alias, alias
from .paths import Path, read_path
from .selection import BadPath

ABSENT = ("schemas", "meta", "groups", "members", "password")
"""Attributes that a client sees and a mapping does not: they are made when a resource is read, or not kept."""


@lru_cache(maxsize=4096)
def source(resource_type: str, name: str) -> Alias | Path:
    """Return what a name stands for. Raises :class:`BadPath` if it is neither an alias nor a path."""
    return alias(resource_type, name) or read_path(name)


def paths_of(found: Alias | Path) -> tuple[Path, ...]:
    """Return the paths that a source reads."""
    return found.read_paths if isinstance(found, Alias) else (found,)


def reader(
    resource_type: str, resource: Mapping[str, Any], document: Mapping[str, Any] | None = None
) -> Callable[[str], Any]:
    """Return the source for :meth:`Expression.evaluate` that reads a resource, and the document made so far.

    Each name is read once.
    """
    made = document or {}
    known: dict[str, Any] = {}

    def read(name: str) -> Any:
        if name not in known:
            try:
                known[name] = source(resource_type, name).read(resource, made)
            except BadPath:
                known[name] = None
        return known[name]

    return read
