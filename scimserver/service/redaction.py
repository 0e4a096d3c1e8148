"""What may be said of a request in a log: names that the schemas know, ids and shapes; never a value of a person.

Everything is allowed by name and not forbidden by pattern: what is none of the known words is shown as ``…``.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from urllib.parse import unquote

from ..schema.attributes import Attribute
from ..schema.catalogue import SchemaCatalogue
from ..schema.loader import service_schemas

HIDDEN = "…"
LONGEST_FILTER = 1000
"""Characters of a filter that are shown."""

_OPERATORS = frozenset({"eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"})
_WORDS = frozenset({"and", "or", "not", "pr"})
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"?|[()\[\]]|[^\s()\[\]"]+')
_ID = re.compile(r"[a-z][a-z0-9]{0,63}_[0-9A-Za-z]{22}|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_ENDPOINT = re.compile(r"\.search|[A-Za-z]{1,40}")
_SHOWN_NUMBERS = ("startindex", "count")
_SHOWN_NAMES = ("attributes", "excludedattributes", "sortby")
_PARAMETERS = (*_SHOWN_NUMBERS, *_SHOWN_NAMES, "filter", "sortorder", "cursor")
_PARAMETER = re.compile(r"[A-Za-z0-9_.$-]{1,40}")


class Redaction:
    """Redacts by the names of a workspace's schemas."""

    def __init__(self, catalogue: SchemaCatalogue) -> None:
        self._names = set(_names(a for s in catalogue.schemas for a in s.attributes))
        self._names |= set(_names(a for t in catalogue.resource_types for a in t.common))
        self._endpoints = {resource_type.endpoint for resource_type in catalogue.resource_types}
        self._urns = {schema.id.lower() for schema in catalogue.schemas}
        documents = [*catalogue.schemas, *service_schemas().values()]
        self._documents = {s.id.lower() for s in documents} | {t.name.lower() for t in catalogue.resource_types}

    def path(self, segments: Sequence[str]) -> str:
        """Return a path below the Tenant URL with ids and names of ours only: ``/Users/u_3rTz…`` or ``/Users/…``."""
        if not segments:
            return "/"
        known = f"/{segments[0]}" in self._endpoints or _ENDPOINT.fullmatch(segments[0])
        shown = f"/{segments[0] if known else HIDDEN}"
        for segment in segments[1:]:
            shown += f"/{segment if _ID.fullmatch(segment) or self._is_document(segment) else HIDDEN}"
        return shown

    def _is_document(self, segment: str) -> bool:
        return segment == ".search" or unquote(segment).lower() in self._documents

    def query(self, arguments: Mapping[str, Sequence[bytes]]) -> str:
        """Return the query of a URL: names of parameters, numbers, attributes, and the shape of a filter."""
        shown = [self._parameter(name, values[-1].decode("utf-8", "replace")) for name, values in arguments.items()]
        return "&".join(shown)

    def _parameter(self, name: str, value: str) -> str:
        lowered = name.lower()
        if lowered not in _PARAMETERS:
            return name if _PARAMETER.fullmatch(name) else HIDDEN
        if lowered == "filter":
            return f"{name}={self.filter(value)}"
        if lowered == "sortorder":
            return f"{name}={value if value.lower() in ('ascending', 'descending') else HIDDEN}"
        if lowered in _SHOWN_NUMBERS:
            return f"{name}={value if value.isdecimal() and len(value) <= 9 else HIDDEN}"
        if lowered in _SHOWN_NAMES:
            return f"{name}={','.join(self.attribute(part.strip()) for part in value[:LONGEST_FILTER].split(','))}"
        return f"{name}={HIDDEN}"

    def filter(self, text: str) -> str:
        """Return the shape of a filter: ``userName eq "…"``; what a comparison compares with is always hidden."""
        shown: list[str] = []
        value_next = False
        for token in _TOKEN.findall(text[:LONGEST_FILTER]):
            lowered = token.lower()
            if value_next and token not in "()[]":
                part = f'"{HIDDEN}"' if token.startswith('"') else HIDDEN
            elif token in "()[]" or lowered in _OPERATORS or lowered in _WORDS:
                part = token
            else:
                part = self.attribute(token)
            value_next = lowered in _OPERATORS and not value_next
            if not (part == HIDDEN and shown and shown[-1] == HIDDEN):
                shown.append(part)
        return _joined(shown) + (HIDDEN if len(text) > LONGEST_FILTER else "")

    def attribute(self, path: str) -> str:
        """Return the name of an attribute, also of one of its parts, without the filter of a value path.

        ``emails[type eq "work"].value`` is ``emails.value``; a name that no schema has is ``…``.
        """
        bare = re.sub(r"\[.*\]", "", path, flags=re.DOTALL) if "[" in path else path
        urn, _, name = bare.rpartition(":")
        if bare.lower() in self._urns:
            return bare
        known = not urn or urn.lower() in self._urns
        return bare if known and self._is_known(name) else HIDDEN

    def _is_known(self, name: str) -> bool:
        parts = name.lower().removeprefix(".").split(".")
        return all(part in self._names for part in parts)

    @staticmethod
    def identifier(text: str) -> str:
        """Return an id of this server or of a directory (a UUID); what is none could be a name or an address."""
        return text if _ID.fullmatch(text) else HIDDEN


def _names(attributes: Iterable[Attribute]) -> Iterator[str]:
    for attribute in attributes:
        yield attribute.name.lower()
        yield from (sub.name.lower() for sub in attribute.sub_attributes)


def _joined(tokens: Sequence[str]) -> str:
    """Return the tokens of a filter with blanks where people write them."""
    text = " ".join(tokens)
    for wrong, right in (("( ", "("), (" )", ")"), (" [ ", "["), (" ]", "]"), ("] .", "].")):
        text = text.replace(wrong, right)
    return text
