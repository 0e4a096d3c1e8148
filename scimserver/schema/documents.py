"""Schema documents as they are given: JSON texts and files, read one by one with their places."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from .loader import SchemaProblem

Placed = tuple[str, Mapping[str, Any]]
"""A document and where it is from, for messages."""


def is_resource_type(document: Mapping[str, Any]) -> bool:
    """Tell a resource type (RFC 7643 §6) from an annotated schema."""
    return "endpoint" in document


def name_of(document: Mapping[str, Any]) -> str:
    """Return what tells a document from the others: ``$id`` of a schema, ``name`` of a resource type."""
    return str(document.get("name" if is_resource_type(document) else "$id", ""))


def read_files(files: Iterable[Path]) -> tuple[Placed, ...]:
    """Return every document of the files; each holds one JSON object or a list of them.

    Raises:
        SchemaProblem: a file cannot be read, or holds something else.
    """
    return tuple(placed for path in files for placed in _documents(path))


def _documents(path: Path) -> Sequence[Placed]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise SchemaProblem(f"{path}: cannot be read as JSON: {error}") from error
    return read_text(text, str(path))


def read_text(text: str, place: str) -> Sequence[Placed]:
    """Return the documents of one JSON text, which is an object or a list of them.

    Raises:
        SchemaProblem: it is neither.
    """
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise SchemaProblem(f"{place}: cannot be read as JSON: {error}") from error
    listed = isinstance(content, list)
    found = []
    for position, document in enumerate(content if listed else [content]):
        at = f"{place}[{position}]" if listed else place
        if not isinstance(document, dict):
            raise SchemaProblem(f"{at}: must hold one JSON object.")
        found.append((at, document))
    return found
