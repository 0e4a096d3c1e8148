"""SCIM paths as sources of an expression: ``userName``, ``emails[type eq "work"].value``, ``urn:…:User:department``.

Names count in any letter case. What a path finds:

* one value of a simple attribute or sub-attribute;
* without a filter, a list of the values of a multi-valued attribute;
* with a filter, one value: that of the first element that matches and has it, as ``emails[type eq "work"].value`` is
  one attribute to Entra;
* of an attribute with sub-attributes that is named as a whole, its ``value``;
* below ``app.`` a field of the document that the plugins before this one have made.

A path that finds nothing is null, and so is one that leads nowhere.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ..scim.filter import Filter
from .selection import BadPath, read_filter, selects

DOCUMENT = "app."
"""Begins a path into the document; an attribute named ``app`` is reached by its URN."""
_CORE = "urn:ietf:params:scim:schemas:core:"
"""Begins the URNs of core schemas (RFC 7643 §10.3.1), whose attributes lie in the resource itself."""
_NAME = re.compile(r"\$?[A-Za-z][A-Za-z0-9_-]*")


@dataclass(frozen=True, slots=True)
class Path:
    """One path, read."""

    urn: str
    """Of the schema, as written; empty for the core one."""
    attribute: str
    condition: Filter | None = None
    sub: str = ""
    fields: tuple[str, ...] = ()
    """Names into the document, with ``attribute`` empty."""

    @property
    def extension(self) -> str:
        """URN of the extension that holds the attribute, empty for core attributes."""
        return "" if self.urn.lower().startswith(_CORE) else self.urn

    @property
    def plain(self) -> str:
        """The path without filter, as :meth:`SchemaCatalogue.paths` writes it."""
        name = f"{self.extension}:{self.attribute}" if self.extension else self.attribute
        return f"{name}.{self.sub}" if self.sub else name

    def read(self, resource: Mapping[str, Any], document: Mapping[str, Any]) -> Any:
        """Return what the path finds, None for nothing."""
        if self.fields:
            return _down(document, self.fields)
        holder = get(resource, self.extension) if self.extension else resource
        found = get(holder, self.attribute) if isinstance(holder, Mapping) else None
        if self.condition is not None:
            chosen = (self._part(element) for element in elements(found) if selects(self.condition, element))
            return next((value for value in chosen if value is not None), None)
        if isinstance(found, list):
            return [value for element in found if (value := self._part(element)) is not None]
        return self._part(found)

    def _part(self, element: Any) -> Any:
        if isinstance(element, Mapping):
            return get(element, self.sub or "value")
        return None if self.sub and self.sub.lower() != "value" else element


@lru_cache(maxsize=4096)
def read_path(text: str) -> Path:
    """Read the name of a source. Raises :class:`BadPath`."""
    if text.startswith(DOCUMENT):
        fields = tuple(text.removeprefix(DOCUMENT).split("."))
        if not all(fields):
            raise BadPath("a name between two dots is missing")
        return Path("", "", fields=fields)
    head, bracket, rest = text.partition("[")
    condition = None
    if bracket:
        inner, closing, rest = rest.rpartition("]")
        if not closing:
            raise BadPath("a ] is missing")
        condition = read_filter(inner)
        if rest and not rest.startswith("."):
            raise BadPath("a dot and a sub-attribute are expected behind ]")
    urn, _, name = head.rpartition(":")
    attribute, dot, sub = name.partition(".")
    if condition is not None and dot:
        raise BadPath("a filter stands behind the attribute, not behind a sub-attribute")
    if rest:
        dot, sub = ".", rest[1:]
    if not _NAME.fullmatch(attribute) or (dot and not _NAME.fullmatch(sub)):
        raise BadPath("it is no name of an attribute")
    return Path(urn, attribute, condition, sub)


def get(holder: Mapping[str, Any], name: str) -> Any:
    """Return a member by its name in any letter case, None if there is none."""
    if name in holder:
        return holder[name]
    lowered = name.lower()
    return next((value for known, value in holder.items() if known.lower() == lowered), None)


def elements(value: Any) -> Sequence[Any]:
    """Return the values of a list, or the one value of an attribute that has but one."""
    if value is None:
        return ()
    return value if isinstance(value, list) else (value,)


def leaves(resource: Mapping[str, Any]) -> Iterator[tuple[str, Path, Any]]:
    """Yield what a resource has: how a mapping would name it, where it is, and the element that holds it."""
    for name, value in resource.items():
        if name.startswith("urn:") and isinstance(value, Mapping):
            for inner, held in value.items():
                yield from _leaves(f"{name}:{inner}", Path(name, inner), held)
        else:
            yield from _leaves(name, Path("", name), value)


def _leaves(text: str, path: Path, value: Any) -> Iterator[tuple[str, Path, Any]]:
    for element in elements(value):
        if not isinstance(element, Mapping):
            yield text, path, element
            continue
        label = element.get("type") if isinstance(value, list) else None
        chosen = f'[type eq "{label}"]' if isinstance(label, str) and '"' not in label and "\\" not in label else ""
        for sub in element:
            yield f"{text}{chosen}.{sub}", Path(path.urn, path.attribute, sub=sub), element


def covers(path: Path, found: Path, element: Any) -> bool:
    """Tell whether a path of a mapping reads what :func:`leaves` has found."""
    same = path.extension.lower() == found.extension.lower() and path.attribute.lower() == found.attribute.lower()
    named = (path.sub or "value").lower() == (found.sub or "value").lower()
    return same and named and (path.condition is None or selects(path.condition, element))


def _down(document: Mapping[str, Any], fields: tuple[str, ...]) -> Any:
    found: Any = document
    for name in fields:
        found = found.get(name) if isinstance(found, Mapping) else None
    return found
