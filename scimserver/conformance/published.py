"""Whether a resource is what the server's own ``/Schemas`` and ``/ResourceTypes`` say (RFC 7643 §2, §3, §7).

Built from the documents that the server under test publishes, so that a wrong document shows as well as a wrong
answer. The three kinds of discovery documents are checked against their own schemas (RFC 7643 §8.7.2).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from .patterns import is_base64, is_date_time, is_etag

Definition = Mapping[str, Any]
"""One attribute of a Schema document."""

SERVICE_SCHEMAS = tuple(
    f"urn:ietf:params:scim:schemas:core:2.0:{name}" for name in ("ServiceProviderConfig", "ResourceType", "Schema")
)
"""Schemas of the discovery documents, which a server need not list."""

_CHARACTERISTICS = {"type": "string", "multiValued": False, "required": False, "returned": "default"}
META: Definition = {
    "name": "meta",
    "type": "complex",
    "subAttributes": [
        {"name": "resourceType", "type": "string", "caseExact": True},
        {"name": "created", "type": "dateTime"},
        {"name": "lastModified", "type": "dateTime"},
        {"name": "location", "type": "reference", "referenceTypes": ["uri"]},
        {"name": "version", "type": "string", "caseExact": True},
    ],
}
COMMON: tuple[Definition, ...] = (
    {"name": "schemas", "type": "reference", "multiValued": True, "required": True, "returned": "always"},
    {"name": "id", "type": "string", "required": True, "returned": "always"},
    {"name": "externalId", "type": "string"},
    META,
)
"""Attributes of every resource, which no Schema document has to list (RFC 7643 §3.1)."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Which attributes a request asked for (RFC 7644 §3.9), in lower case; None if it did not say."""

    attributes: frozenset[str] | None = None
    excluded: frozenset[str] | None = None

    @classmethod
    def of(cls, attributes: Any, excluded: Any) -> "Asked":
        """Read both parameters: comma-separated names, or a list of them as in a SearchRequest."""
        return cls(*(_names(value) if value else None for value in (attributes, excluded)))

    @property
    def all(self) -> bool:
        """Whether nothing was left out by request."""
        return self.attributes is None and self.excluded is None


@dataclass(frozen=True, slots=True)
class _Type:
    """A resource type with its schemas."""

    name: str
    endpoint: str
    core: str
    extensions: tuple[str, ...]
    required: frozenset[str]


class Published:
    """What one server publishes; checks resources against it."""

    def __init__(
        self,
        tenant_url: str,
        resource_types: Iterable[Mapping[str, Any]],
        schemas: Iterable[Mapping[str, Any]],
        service_schemas: Iterable[Mapping[str, Any]],
    ) -> None:
        self.tenant_url = tenant_url
        self._schemas = {schema["id"]: schema for schema in schemas}
        self.schemas = frozenset(self._schemas)
        self._types = [_type(document) for document in resource_types]
        self._service = {schema["id"]: schema for schema in service_schemas}
        for urn, name in ((urn, urn.rpartition(":")[2]) for urn in self._service):
            self._types.append(_Type(name, f"/{name}{'' if name.endswith('Config') else 's'}", urn, (), frozenset()))
        self._endpoints = {held.name: held.endpoint for held in self._types}

    def problems(self, resource: Any, asked: Asked, place: str) -> Iterator[str]:
        """Yield what is wrong with a resource that the server sent; ``asked`` is what the request wanted to see."""
        if not isinstance(resource, dict) or not isinstance(resource.get("schemas"), list):
            yield f"{place}: is no resource with `schemas`"
            return
        listed = resource["schemas"]
        held = next((held for held in self._types if held.core in listed), None)
        if held is None:
            yield f"{place}.schemas: names no core schema of /ResourceTypes: {listed}"
            return
        yield from self._schemas_problems(resource, held, asked, place)
        yield from self._meta_problems(resource, held, asked, place)
        definitions = {d["name"]: d for d in (*COMMON, *self._attributes(held.core))}
        if held.core in self._service:
            # RFC 7643 §5 and §6: these have no id of their own, or one that their schema defines.
            definitions["id"] = {**definitions["id"], "required": False, "returned": "default"}
        core = {name: value for name, value in resource.items() if name not in held.extensions}
        yield from self._object_problems(core, definitions.values(), asked, ("", f"{held.core}:"), place)
        for urn in held.extensions:
            if urn in resource:
                attributes = self._attributes(urn)
                yield from self._object_problems(resource[urn], attributes, asked, (f"{urn}:",), f"{place}.{urn}")

    # -- the resource as a whole -----------------------------------------------------------------------------------

    def _attributes(self, urn: str) -> list[Definition]:
        document = self._schemas.get(urn) or self._service.get(urn)
        return list(document["attributes"]) if document else []

    def _schemas_problems(self, resource: dict[str, Any], held: _Type, asked: Asked, place: str) -> Iterator[str]:
        listed = resource["schemas"]
        if len(set(listed)) < len(listed):
            yield f"{place}.schemas: has one twice: {listed}"
        if held.core not in self._service and held.core not in self._schemas:
            yield f"{place}.schemas: /Schemas does not publish {held.core}"
        present = {urn for urn in held.extensions if urn in resource}
        for urn in set(listed) - {held.core} - present:
            # A projection may leave out all that an extension has; the resource still uses it.
            if asked.all or urn not in held.extensions:
                yield f"{place}.schemas: names {urn}, of which nothing is there"
        for urn in present - set(listed):
            yield f"{place}.schemas: does not name {urn}, of which something is there"
        for urn in held.required - present if asked.all else ():
            yield f"{place}: lacks the required extension {urn}"

    def _meta_problems(self, resource: dict[str, Any], held: _Type, asked: Asked, place: str) -> Iterator[str]:
        meta = resource.get("meta")
        if not isinstance(meta, dict):
            if asked.all:
                yield f"{place}.meta: missing"
            return
        service = held.core in self._service
        if asked.all:
            for name in ("resourceType", "location", *(() if service else ("created", "lastModified", "version"))):
                if name not in meta:
                    yield f"{place}.meta.{name}: missing"
        if meta.get("resourceType", held.name) != held.name:
            yield f"{place}.meta.resourceType: expected {held.name}, got {meta['resourceType']}"
        identity = "" if held.name == "ServiceProviderConfig" else f"/{resource.get('id', resource.get('name'))}"
        location = f"{self.tenant_url}{held.endpoint}{identity}"
        if meta.get("location", location) != location:
            yield f"{place}.meta.location: expected {location}, got {meta['location']}"
        if "version" in meta and not is_etag(meta["version"]):
            yield f"{place}.meta.version: is no entity tag: {meta['version']}"
        created, modified = meta.get("created"), meta.get("lastModified")
        if is_date_time(created) and is_date_time(modified) and str(created) > str(modified):
            yield f"{place}.meta.lastModified: is before created"

    # -- attributes ------------------------------------------------------------------------------------------------

    def _object_problems(
        self, value: Any, definitions: Iterable[Definition], asked: Asked, prefixes: tuple[str, ...], place: str
    ) -> Iterator[str]:
        """Yield what is wrong with the members of a resource, an extension or a complex value.

        ``prefixes`` are what may stand before a member's name in ``attributes``: nothing, a URN, ``name.``.
        """
        if not isinstance(value, dict):
            yield f"{place}: expected an object, got {value!r}"
            return
        if not value:
            yield f"{place}: is an empty object; what is unassigned is left out"
        known = {d["name"]: {**_CHARACTERISTICS, **d} for d in definitions}
        for name, item in value.items():
            if name not in known:
                yield f"{place}.{name}: /Schemas has no such attribute in this letter case"
                continue
            yield from self._visibility_problems(known[name], asked, prefixes, f"{place}.{name}")
            yield from self._value_problems(known[name], item, asked, prefixes, f"{place}.{name}")
        for name, definition in known.items():
            if name not in value and (definition["returned"] == "always" or (definition["required"] and asked.all)):
                yield f"{place}.{name}: is {'required' if definition['required'] else 'always returned'} and missing"

    def _visibility_problems(
        self, definition: Definition, asked: Asked, prefixes: tuple[str, ...], place: str
    ) -> Iterator[str]:
        returned, name = definition["returned"], definition["name"]
        names = {f"{prefix}{name}".lower() for prefix in prefixes}
        if returned == "never" or definition.get("mutability") == "writeOnly":
            yield f"{place}: is never returned"
        elif returned == "always":
            return
        elif asked.attributes is not None:
            above = {prefix.rstrip(":.").lower() for prefix in prefixes if prefix}
            wanted = names | {part for known in (*names, *above) for part in _parts(known)}
            below = any(chosen.startswith(f"{known}.") for chosen in asked.attributes for known in names)
            if not (wanted & asked.attributes or below):
                yield f"{place}: was not asked for by `attributes`"
        elif returned == "request":
            yield f"{place}: is returned only when it is asked for"
        elif names & (asked.excluded or frozenset()):
            yield f"{place}: was excluded by `excludedAttributes`"

    def _value_problems(
        self, definition: Definition, value: Any, asked: Asked, prefixes: tuple[str, ...], place: str
    ) -> Iterator[str]:
        if value is None:
            yield f"{place}: is null; what is unassigned is left out"
            return
        if not definition["multiValued"]:
            yield from self._single_problems(definition, value, asked, prefixes, place)
            return
        if not isinstance(value, list):
            yield f"{place}: is multi-valued, expected a list, got {value!r}"
            return
        for number, item in enumerate(value):
            yield from self._single_problems(definition, item, asked, prefixes, f"{place}[{number}]")
        if sum(isinstance(item, dict) and item.get("primary") is True for item in value) > 1:
            yield f"{place}: has two primary values"

    def _single_problems(
        self, definition: Definition, value: Any, asked: Asked, prefixes: tuple[str, ...], place: str
    ) -> Iterator[str]:
        kind = definition["type"]
        if kind == "complex":
            inner = tuple(f"{prefix}{definition['name']}." for prefix in prefixes)
            subs = definition.get("subAttributes", ())
            if definition["name"] == "subAttributes":
                # RFC 7643 §8.7.2 describes one level, and its schema of schemas has two itself.
                subs = (*subs, definition)
            yield from self._object_problems(value, subs, asked, inner, place)
        elif kind == "reference":
            yield from self._reference_problems(definition, value, place)
        elif not _TYPES[kind](value):
            yield f"{place}: expected a value of type {kind}, got {value!r}"

    def _reference_problems(self, definition: Definition, value: Any, place: str) -> Iterator[str]:
        if not isinstance(value, str) or not value:
            yield f"{place}: expected a reference, got {value!r}"
            return
        kinds = definition.get("referenceTypes", ())
        endpoints = [self._endpoints[kind] for kind in kinds if kind in self._endpoints]
        if endpoints and len(endpoints) == len(kinds):
            if not any(value.startswith(f"{self.tenant_url}{endpoint}/") for endpoint in endpoints):
                yield f"{place}: expected an address below {', '.join(endpoints)} of this server, got {value}"
        elif "external" in kinds and not urlsplit(value).scheme:
            yield f"{place}: expected an absolute address, got {value}"


_TYPES: Mapping[str, Any] = {
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "decimal": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "dateTime": is_date_time,
    "binary": is_base64,
}


def _type(document: Mapping[str, Any]) -> _Type:
    extensions = document.get("schemaExtensions", [])
    return _Type(
        document["name"],
        document["endpoint"],
        document["schema"],
        tuple(extension["schema"] for extension in extensions),
        frozenset(extension["schema"] for extension in extensions if extension["required"]),
    )


def _names(value: Any) -> frozenset[str]:
    return frozenset(name.strip().lower() for name in (value.split(",") if isinstance(value, str) else value))


def _parts(name: str) -> Iterator[str]:
    """Yield the names that choose an attribute because they choose what it is in: ``name`` of ``name.givenname``."""
    urn, colon, path = name.rpartition(":")
    steps = path.split(".")
    for count in range(1, len(steps)):
        yield f"{urn}{colon}{'.'.join(steps[:count])}"
    if urn:
        yield urn
