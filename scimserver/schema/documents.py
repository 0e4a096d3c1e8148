"""Schema documents as they are given: JSON texts and files, read one by one with their places."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from .loader import SchemaProblem

Placed = tuple[str, Mapping[str, Any]]
"""A document and where it is from, for messages."""
MAX_DOCUMENTS = 50
"""Schemas and resource types of one workspace."""
MAX_BYTES = 256 * 1024
"""Of all of them, as JSON."""
MAX_ATTRIBUTES = 500
"""Attributes and sub-attributes in all of them."""
MAX_DEPTH = 12
"""Objects and lists in each other."""
_MADE = ("schemas", "id", "meta")


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


def to_texts(documents: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """Return a workspace's documents as they are stored, each as a JSON text.

    Raises:
        SchemaProblem: they are too many, too large or too deep, one has no name, or JSON or UTF-8 cannot hold one.
    """
    if len(documents) > MAX_DOCUMENTS:
        raise SchemaProblem(
            f"{len(documents)} schemas and resource types are more than the {MAX_DOCUMENTS} that a workspace may have: "
            "put attributes together into fewer schemas."
        )
    texts = tuple(_to_text(document) for document in documents)
    size = sum(len(text.encode()) for text in texts)
    if size > MAX_BYTES:
        raise SchemaProblem(
            f"The schemas have {size} bytes as JSON in all, and a workspace may have {MAX_BYTES}: shorten descriptions."
        )
    attributes = sum(_attributes(document) for document in documents)
    if attributes > MAX_ATTRIBUTES:
        raise SchemaProblem(
            f"The schemas have {attributes} attributes and sub-attributes in all, and a workspace may have "
            f"{MAX_ATTRIBUTES}: take some out."
        )
    return texts


def _to_text(document: Mapping[str, Any]) -> str:
    place = f"`{name_of(document)[:200]}`"
    if not name_of(document):
        raise SchemaProblem(
            "A document without a name: a schema has an `$id`, a resource type an `endpoint` and a `name`; add it."
        )
    if _depth(document) > MAX_DEPTH:
        raise SchemaProblem(f"{place}: is nested more than {MAX_DEPTH} deep; no schema needs that.")
    # What discovery answers with beside the resource type itself is made anew for every answer.
    kept = {name: value for name, value in document.items() if name not in _MADE or not is_resource_type(document)}
    try:
        text = json.dumps(kept, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        text.encode()
    except (ValueError, TypeError) as error:
        raise SchemaProblem(f"{place}: cannot be written as JSON in UTF-8: {error}; correct it.") from None
    return text


def _depth(value: Any) -> int:
    """Return how deep a value is nested, no deeper than one more than is allowed."""
    level, layer = 0, [value]
    while layer and level <= MAX_DEPTH:
        level += 1
        layer = [
            inner
            for one in layer
            for inner in (one.values() if isinstance(one, Mapping) else one if isinstance(one, list) else ())
            if isinstance(inner, Mapping | list)
        ]
    return level


def _attributes(node: Any) -> int:
    """Return the number of attributes and sub-attributes of a schema, whatever else is wrong with it."""
    if not isinstance(node, Mapping):
        return 0
    properties = node.get("properties")
    found = len(properties) if isinstance(properties, Mapping) else 0
    below = [*(properties.values() if isinstance(properties, Mapping) else ()), node.get("items")]
    return found + sum(map(_attributes, below))
