"""Names of schemas and resource types: their form, and that each is taken once."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from .attributes import SchemaDefinition
from .loader import SchemaProblem

SHIPPED = "the server itself"
_ENDPOINTS = ("/Me", "/Bulk", "/Schemas", "/ResourceTypes", "/ServiceProviderConfig")
"""Beside those of the resource types (RFC 7644 §3.2 and §4)."""
_NAMES = ("Schema", "ResourceType", "ServiceProviderConfig", "external", "uri")
"""What ``meta.resourceType`` and ``referenceTypes`` use for something else."""
_PREFIXES = ("e", "ws")
"""Begin the ids of events and workspaces."""
_NOT_YOURS = {
    "schemas": "every resource has it already",
    "id": "every resource has it already",
    "meta": "every resource has it already",
    "password": "a password is accepted and dropped by this server",
}
_MESSAGES = "urn:ietf:params:scim:api:"
"""Begins the URIs of messages (RFC 7644 §3.1)."""
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]{0,63}")
_ENDPOINT = re.compile(r"/[A-Za-z][A-Za-z0-9_-]{0,63}")
_PREFIX = re.compile(r"[a-z][a-z0-9]{0,63}")


@dataclass
class Names:
    """Who has taken which name."""

    taken: dict[tuple[str, str], str] = field(default_factory=dict)
    """(what, name in lower case) → by whom."""

    def __post_init__(self) -> None:
        for what, names in {"`name`": _NAMES, "`endpoint`": _ENDPOINTS, "`scim.idPrefix`": _PREFIXES}.items():
            for name in names:
                self.take(what, name, SHIPPED)

    def take_all(self, document: Mapping[str, Any], place: str) -> None:
        """Take the names of a resource type.

        Raises:
            SchemaProblem: one of them is taken.
        """
        self.take("`name`", document["name"], place)
        self.take("`endpoint`", document["endpoint"], place)
        self.take("`scim.idPrefix`", id_prefix(document), place)

    def take(self, what: str, name: str, place: str) -> None:
        """Take one name.

        Raises:
            SchemaProblem: somebody has it, in whatever letter case.
        """
        if owner := self.taken.get((what, name.lower())):
            raise SchemaProblem(f"{place}: {what}: {name} is taken by {owner}; choose another one.")
        self.taken[what, name.lower()] = place


def id_prefix(document: Mapping[str, Any]) -> str:
    """Return what begins the ids of a resource type's resources."""
    return str(document.get("scim", {}).get("idPrefix") or document["name"].lower())


def misnamed(document: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong with the names of a given resource type."""
    name, endpoint, prefix = document["name"], document["endpoint"], id_prefix(document)
    if name.lower() in ("user", "group"):
        yield f"`name`: {name} is a shipped resource type; extend it by a schema that no resource type names"
    elif not _NAME.fullmatch(name):
        yield f"`name`: {name[:80]} must have up to 64 letters and digits and begin with a letter, such as Device"
    elif not _PREFIX.fullmatch(prefix):
        yield f"`scim.idPrefix`: {prefix[:80]} must have up to 64 small letters and digits and begin with a letter"
    if not _ENDPOINT.fullmatch(endpoint):
        form = "a slash and a letter, then letters, digits, - and _, such as /Devices"
        yield f"`endpoint`: {endpoint[:80]} must be {form}"


def reserved_names(definition: SchemaDefinition) -> Iterator[str]:
    """Yield which names of a given schema mean something else."""
    if definition.id.lower().startswith(_MESSAGES):
        yield f"`$id`: {_MESSAGES} begins the names of messages; choose another name"
    for attribute in definition.attributes:
        if reason := _NOT_YOURS.get(attribute.name.lower()):
            yield f"`{attribute.name}`: {reason}; take it out or give it another name"
