"""The resource types of a deployment: the shipped ones, and those that an operator or a plugin gives as data.

A file holds one JSON document or a list of them. A document with ``endpoint`` is a resource type (RFC 7643 §6, as in
``schemas/resource_types.json``), one with ``$id`` an annotated schema. A resource type names its schemas by URI; a
schema that no resource type names extends User.
"""

import dataclasses
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any

from .attributes import COMMON, SHARED, Attribute, Reference, ResourceType, SchemaDefinition
from .files import shipped
from .loader import RESOURCE_TYPE_URN, SchemaProblem, attributes_of, load_schema, service_schemas
from .validation import ResourceValidator, violations

_RESOURCE_FILES = ("user.json", "group.json", "enterprise_user.json")
_SHIPPED = "the server itself"
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
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]{0,63}")
_ENDPOINT = re.compile(r"/[A-Za-z][A-Za-z0-9_-]*")
_PREFIX = re.compile(r"[a-z][a-z0-9]{0,63}")


@dataclass(frozen=True, slots=True)
class SchemaCatalogue:
    """The resource types that a workspace has, and the schemas that ``/Schemas`` lists."""

    resource_types: tuple[ResourceType, ...]
    _by_name: dict[str, ResourceType] = field(init=False, repr=False, compare=False, hash=False)
    _validators: dict[str, ResourceValidator] = field(
        default_factory=dict, init=False, repr=False, compare=False, hash=False
    )

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_name", {t.name: t for t in self.resource_types})

    @property
    def schemas(self) -> tuple[SchemaDefinition, ...]:
        """Core schemas of the resource types and their extensions, each once.

        Those of the discovery documents are left out: what is listed is offered for mapping by Entra's discovery.
        """
        found: dict[str, SchemaDefinition] = {}
        for resource_type in self.resource_types:
            for definition in (resource_type.schema, *resource_type.extensions):
                found[definition.id] = definition
        return tuple(found.values())

    def resource_type(self, name: str) -> ResourceType:
        """Return the resource type of that name.

        Raises:
            KeyError: there is none.
        """
        return self._by_name[name]

    def paths(self) -> dict[str, list[str]]:
        """Return the paths of all attributes of each resource type, as filters write them: ``emails.value``."""
        return {
            t.name: [path for a in t.attributes() for path in _paths_of(a, extended=t.is_extension_attribute(a))]
            for t in self.resource_types
        }

    def validator(self, name: str) -> ResourceValidator:
        """Return what checks resources of the type of that name; compiled when first asked for, which takes a moment.

        Raises:
            KeyError: there is no such type.
        """
        if name not in self._validators:
            self._validators[name] = ResourceValidator(self._by_name[name])
        return self._validators[name]

    def changed(self, schema: str, name: str, **characteristics: Any) -> "SchemaCatalogue":
        """Return a catalogue in which one core attribute has other characteristics, as a profile wants it."""
        types = [t if t.schema.id != schema else _changed(t, name, characteristics) for t in self.resource_types]
        return SchemaCatalogue(tuple(types))

    def by_endpoint(self, endpoint: str) -> ResourceType | None:
        """Return the resource type served below ``/Users`` and the like, or None."""
        return next((t for t in self.resource_types if t.endpoint == endpoint), None)


def _paths_of(attribute: Attribute, *, extended: bool) -> Iterator[str]:
    path = f"{attribute.schema}:{attribute.name}" if extended else attribute.name
    yield path
    yield from (f"{path}.{sub.name}" for sub in attribute.sub_attributes)


def _changed(resource_type: ResourceType, name: str, characteristics: Mapping[str, Any]) -> ResourceType:
    definition = resource_type.schema
    attributes = tuple(
        dataclasses.replace(a, **characteristics) if a.name == name else a for a in definition.attributes
    )
    return dataclasses.replace(resource_type, schema=dataclasses.replace(definition, attributes=attributes))


def load_schemas(files: Iterable[Path] = ()) -> SchemaCatalogue:
    """Return the shipped resource types and those of the files, with all their schemas.

    Raises:
        SchemaProblem: a file cannot be used; names the file, the place in it, the rule and the cure.
    """
    listed = list(files)
    return _Loading().catalogue(listed) if listed else _shipped()


@cache
def _shipped() -> SchemaCatalogue:
    return _Loading().catalogue([])


@cache
def _definitions() -> Mapping[str, SchemaDefinition]:
    return {d.id: d for d in (load_schema(shipped(name), name) for name in _RESOURCE_FILES)}


@dataclass
class _Loading:
    """What was read so far, and who has taken which name."""

    definitions: dict[str, SchemaDefinition] = field(default_factory=lambda: dict(_definitions()))
    """By URI."""
    taken: dict[tuple[str, str], str] = field(default_factory=dict)
    """(what, name in lower case) → by whom."""

    def __post_init__(self) -> None:
        for what, names in {"`name`": _NAMES, "`endpoint`": _ENDPOINTS, "`scim.idPrefix`": _PREFIXES}.items():
            for name in names:
                self._take(what, name, _SHIPPED)
        for urn in (*self.definitions, *service_schemas()):
            self._take("`$id`", urn, _SHIPPED)
        for document in shipped("resource_types.json"):
            self._take_names(document, _SHIPPED)

    def catalogue(self, files: Sequence[Path]) -> SchemaCatalogue:
        """Read the files and put everything together."""
        documents = [found for path in files for found in _documents(path)]
        schemas = {p: self._schema(document, p) for p, document in documents if "endpoint" not in document}
        added = [self._resource_type(document, p) for p, document in documents if "endpoint" in document]
        named = {urn for document in added for urn in _urns(document)}
        of_users = [{"schema": d.id, "required": False} for d in schemas.values() if d.id not in named]
        common = attributes_of(shipped("common.json"), COMMON)
        types = []
        for document in (*shipped("resource_types.json"), *added):
            more = of_users if document["name"] == "User" else []
            extended = document | {"schemaExtensions": [*document.get("schemaExtensions", ()), *more]}
            types.append(load_resource_type(extended, self.definitions, common))
        for place, definition in schemas.items():
            _check_references(definition, [t.name for t in types], place)
        return SchemaCatalogue(tuple(_with_references(types)))

    def _schema(self, document: dict[str, Any], place: str) -> SchemaDefinition:
        if "$id" not in document:
            raise SchemaProblem(
                f"{place}: neither a resource type, which has an `endpoint`, nor a schema, which has an `$id`; add one."
            )
        definition = load_schema(document, place)
        for attribute in definition.attributes:
            if reason := _NOT_YOURS.get(attribute.name.lower()):
                raise SchemaProblem(f"{place}: `{attribute.name}`: {reason}; take it out or give it another name.")
        self._take("`$id`", definition.id, place)
        self.definitions[definition.id] = definition
        return definition

    def _resource_type(self, document: dict[str, Any], place: str) -> dict[str, Any]:
        """Return a resource type whose names and schemas are good, with each URI as its schema spells it."""
        problems = violations(_document_schema(), document)
        if not problems:
            problems = list(self._misnamed(document))
        if problems:
            raise SchemaProblem(f"{place}: {'; '.join(problems)}.")
        document = document | {"scim": {"idPrefix": _prefix(document)}}
        self._take_names(document, place)
        urns = [self._known(urn, place) for urn in _urns(document)]
        for position, urn in enumerate(urns):
            if urn in urns[:position]:
                raise SchemaProblem(f"{place}: names the schema {urn} twice; each belongs to a resource type once.")
        extensions = document.get("schemaExtensions", ())
        spelled = [{**e, "schema": urn} for e, urn in zip(extensions, urns[1:], strict=True)]
        return document | {"schema": urns[0], "schemaExtensions": spelled}

    @staticmethod
    def _misnamed(document: Mapping[str, Any]) -> Iterator[str]:
        name, endpoint, prefix = document["name"], document["endpoint"], _prefix(document)
        if name.lower() in ("user", "group"):
            yield f"`name`: {name} is a shipped resource type; extend it by a schema that no resource type names"
        elif not _NAME.fullmatch(name):
            yield f"`name`: {name[:80]} must have up to 64 letters and digits and begin with a letter, such as Device"
        elif not _PREFIX.fullmatch(prefix):
            yield f"`scim.idPrefix`: {prefix[:80]} must have up to 64 small letters and digits and begin with a letter"
        if not _ENDPOINT.fullmatch(endpoint):
            form = "a slash and a letter, then letters, digits, - and _, such as /Devices"
            yield f"`endpoint`: {endpoint[:80]} must be {form}"

    def _known(self, urn: str, place: str) -> str:
        by_lower = {known.lower(): known for known in self.definitions}
        if urn.lower() in by_lower:
            return by_lower[urn.lower()]
        close = get_close_matches(urn, self.definitions, n=1)
        hint = f"did you mean {close[0]}?" if close else "list its file in schemas.files too."
        raise SchemaProblem(f"{place}: there is no schema {urn}; {hint}")

    def _take_names(self, document: Mapping[str, Any], place: str) -> None:
        self._take("`name`", document["name"], place)
        self._take("`endpoint`", document["endpoint"], place)
        self._take("`scim.idPrefix`", _prefix(document), place)

    def _take(self, what: str, name: str, place: str) -> None:
        if owner := self.taken.get((what, name.lower())):
            raise SchemaProblem(f"{place}: {what}: {name} is taken by {owner}; choose another one.")
        self.taken[what, name.lower()] = place


def load_resource_type(
    document: Mapping[str, Any], definitions: Mapping[str, SchemaDefinition], common: tuple[Attribute, ...]
) -> ResourceType:
    """Build a resource type from a ResourceType document (RFC 7643 §6) whose ``scim`` says how it is kept.

    Raises:
        SchemaProblem: the document is incomplete or names a schema that is not among the definitions.
    """
    place = f"resource type {document.get('name')}"
    problems = violations(service_schemas()[RESOURCE_TYPE_URN].json_schema, document)
    extensions = document.get("schemaExtensions", ())
    if not problems:
        problems = [f"there is no schema {urn}" for urn in _urns(document) if urn not in definitions]
    if problems:
        raise SchemaProblem(f"{place}: {'; '.join(problems)}.")
    return ResourceType(
        name=document["name"],
        endpoint=document["endpoint"],
        description=document.get("description", ""),
        schema=definitions[document["schema"]],
        common=common,
        extensions=tuple(definitions[e["schema"]] for e in extensions),
        required_extensions=frozenset(e["schema"] for e in extensions if e["required"]),
        id_prefix=_prefix(document),
        collection=document.get("scim", {}).get("collection", SHARED),
    )


def _documents(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each document of a file with its place."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SchemaProblem(f"{path}: cannot be read as JSON: {error}") from error
    listed = isinstance(content, list)
    for position, document in enumerate(content if listed else [content]):
        place = f"{path}[{position}]" if listed else str(path)
        if not isinstance(document, dict):
            raise SchemaProblem(f"{place}: must hold one JSON object.")
        yield place, document


@cache
def _document_schema() -> dict[str, Any]:
    """Return what a given ResourceType document is checked against: a misspelt name must not be ignored."""
    known = service_schemas()[RESOURCE_TYPE_URN].json_schema
    kept = {"type": "object", "additionalProperties": False, "properties": {"idPrefix": {"type": "string"}}}
    more = {"schemas": {}, "meta": {}, "scim": kept}
    return {**known, "additionalProperties": False, "properties": {**known["properties"], **more}}


def _urns(document: Mapping[str, Any]) -> list[str]:
    return [document["schema"], *(e["schema"] for e in document.get("schemaExtensions", ()))]


def _prefix(document: Mapping[str, Any]) -> str:
    return str(document.get("scim", {}).get("idPrefix") or document["name"].lower())


def _check_references(definition: SchemaDefinition, names: list[str], place: str) -> None:
    """Refuse what could never be answered: a type that is not there, a ``$ref`` that nothing is computed for."""
    for attribute in definition.attributes:
        for one in (attribute, *attribute.sub_attributes):
            at = f"{place}: `{attribute.name}{'' if one is attribute else f'.{one.name}'}`"
            for target in one.reference_types:
                if target not in (*names, "external", "uri"):
                    raise SchemaProblem(
                        f"{at}: `referenceTypes` names {target}, which is no resource type here; "
                        f"use external, uri, or one of {', '.join(names)}."
                    )
            if one.name == "$ref" and not (attribute.sub("value") and {*one.reference_types} <= {*names}):
                raise SchemaProblem(
                    f"{at}: is computed from the `value` beside it, the id of a resource: name resource types in "
                    "`referenceTypes`, or give an address that clients write another name."
                )


def _with_references(types: Sequence[ResourceType]) -> Iterator[ResourceType]:
    """Tell each resource type where the resources are that its ``$ref`` point at."""
    by_name = {t.name: t for t in types}
    for resource_type in types:
        found = []
        for attribute in resource_type.attributes():
            reference = attribute.sub("$ref")
            if reference is not None:
                targets = (by_name[name] for name in reference.reference_types)
                found.append(Reference(attribute, {t.id_prefix: t.endpoint for t in targets}))
        yield dataclasses.replace(resource_type, references=tuple(found))
