"""From ``schemas/*.json`` to the attribute registry: the schema files are the single source of everything."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from .attributes import COMMON, Attribute, AttributeType, ResourceType, SchemaDefinition
from .files import shipped
from .validation import check_settings

SCHEMA_URN = "urn:ietf:params:scim:schemas:core:2.0:Schema"
RESOURCE_TYPE_URN = "urn:ietf:params:scim:schemas:core:2.0:ResourceType"
CONFIG_URN = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"

_SIMPLE: Mapping[str, AttributeType] = {
    "string": "string",
    "boolean": "boolean",
    "integer": "integer",
    "number": "decimal",
}
_RESOURCE_FILES = ("user.json", "group.json", "enterprise_user.json")
_SERVICE_FILES = ("service_provider_config.json", "resource_type.json", "schema.json")
_SHOWN = 5


class SchemaProblem(Exception):
    """A schema cannot be used; the text names the file, the places and the rules."""


@dataclass(frozen=True, slots=True)
class SchemaCatalogue:
    """The resource types that a workspace has, and the schemas that ``/Schemas`` lists."""

    resource_types: tuple[ResourceType, ...]

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
        return {t.name: t for t in self.resource_types}[name]

    def by_endpoint(self, endpoint: str) -> ResourceType | None:
        """Return the resource type served below ``/Users`` and the like, or None."""
        return next((t for t in self.resource_types if t.endpoint == endpoint), None)


def load_schemas(extra: Iterable[Path] = ()) -> SchemaCatalogue:
    """Return the shipped resource types; each extra file is an extension of User.

    Raises:
        SchemaProblem: a file is not an annotated schema, or its URI is taken.
    """
    extensions: dict[str, SchemaDefinition] = {}
    taken = {urn.lower() for urn in (*_definitions(), *service_schemas())}
    for path in extra:
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise SchemaProblem(f"{path}: cannot be read as JSON: {error}") from error
        definition = load_schema(document, str(path))
        if definition.id.lower() in taken:
            raise SchemaProblem(f"{path}: `$id`: {definition.id} is taken by another schema; choose a URI of your own.")
        taken.add(definition.id.lower())
        extensions[definition.id] = definition
    return _with_extensions(extensions) if extensions else _shipped()


def load_schema(document: Any, place: str = "schema") -> SchemaDefinition:
    """Build a schema from its annotated JSON Schema.

    Raises:
        SchemaProblem: it breaks a rule of ``schemas/annotation.json``; ``place`` tells the reader which file.
    """
    if not isinstance(document, dict):
        raise SchemaProblem(f"{place}: must hold one JSON object.")
    problems = check_settings(shipped("annotation.json"), document)
    if not problems:
        problems = list(_problems(document, nests=document["$id"] == SCHEMA_URN))
    if problems:
        more = f"; and {len(problems) - _SHOWN} more" if len(problems) > _SHOWN else ""
        raise SchemaProblem(f"{place}: {'; '.join(problems[:_SHOWN])}{more}.")
    attributes = _attributes(document, document["$id"])
    return SchemaDefinition(document["$id"], document["title"], document["description"], attributes, document)


@cache
def service_schemas() -> Mapping[str, SchemaDefinition]:
    """Return the schemas of the discovery documents by URI (RFC 7643 §8.7.2)."""
    return {d.id: d for d in (load_schema(shipped(name), name) for name in _SERVICE_FILES)}


@cache
def _definitions() -> Mapping[str, SchemaDefinition]:
    return {d.id: d for d in (load_schema(shipped(name), name) for name in _RESOURCE_FILES)}


@cache
def _shipped() -> SchemaCatalogue:
    return _with_extensions({})


def _with_extensions(more: Mapping[str, SchemaDefinition]) -> SchemaCatalogue:
    common = _attributes(shipped("common.json"), COMMON)
    types = []
    for document in shipped("resource_types.json"):
        if document["name"] == "User":
            listed = [{"schema": urn, "required": False} for urn in more]
            document = document | {"schemaExtensions": [*document.get("schemaExtensions", ()), *listed]}
        types.append(load_resource_type(document, {**_definitions(), **more}, common))
    return SchemaCatalogue(tuple(types))


def load_resource_type(
    document: Mapping[str, Any], definitions: Mapping[str, SchemaDefinition], common: tuple[Attribute, ...]
) -> ResourceType:
    """Build a resource type from a ResourceType document (RFC 7643 §6) whose ``scim`` says how it is kept.

    Raises:
        SchemaProblem: the document is incomplete or names a schema that is not among the definitions.
    """
    place = f"resource type {document.get('name')}"
    problems = check_settings(service_schemas()[RESOURCE_TYPE_URN].json_schema, document)
    extensions = document.get("schemaExtensions", ())
    if not problems:
        urns = [document["schema"], *(e["schema"] for e in extensions)]
        problems = [f"there is no schema {urn}" for urn in urns if urn not in definitions]
    if problems:
        raise SchemaProblem(f"{place}: {'; '.join(problems)}.")
    kept = document.get("scim", {})
    return ResourceType(
        name=document["name"],
        endpoint=document["endpoint"],
        description=document.get("description", ""),
        schema=definitions[document["schema"]],
        common=common,
        extensions=tuple(definitions[e["schema"]] for e in extensions),
        required_extensions=frozenset(e["schema"] for e in extensions if e["required"]),
        id_prefix=kept.get("idPrefix", "r"),
        collection=kept.get("collection", "resources"),
    )


def _attributes(schema: Mapping[str, Any], urn: str) -> tuple[Attribute, ...]:
    required = schema.get("required", ())
    return tuple(_attribute(name, node, urn, name in required) for name, node in schema["properties"].items())


def _attribute(name: str, node: Mapping[str, Any], urn: str, required: bool) -> Attribute:
    scim = node["scim"]
    multi_valued = node["type"] == "array"
    value = node["items"] if multi_valued else node
    kind: AttributeType = "complex" if value["type"] == "object" else scim.get("type") or _SIMPLE[value["type"]]
    return Attribute(
        name=name,
        type=kind,
        schema=urn,
        description=node["description"],
        multi_valued=multi_valued,
        required=required,
        case_exact=scim.get("caseExact", False),
        mutability=scim["mutability"],
        returned=scim["returned"],
        uniqueness=scim["uniqueness"],
        canonical_values=tuple(scim.get("canonicalValues", ())),
        reference_types=tuple(scim.get("referenceTypes", ())),
        keyed=scim.get("keyed", False),
        published=scim.get("published", True),
        sub_attributes=_attributes(value, urn) if kind == "complex" else (),
    )


def _problems(schema: Mapping[str, Any], path: str = "", *, nests: bool) -> Iterator[str]:
    """Yield what the meta-schema cannot say; only the schema of schemas nests complex attributes (RFC 7643 §8.7.2)."""
    nodes: Mapping[str, Any] = schema["properties"]
    for name in schema.get("required", ()):
        if name not in nodes:
            yield f"`required` names `{path}{name}`, which is not among the properties"
    spelled: dict[str, str] = {}
    for name, node in nodes.items():
        other = spelled.setdefault(name.lower(), name)
        if other != name:
            yield f"`{path}{other}` and `{path}{name}` differ only in letter case, which SCIM ignores"
        value, scim = node.get("items", node), node["scim"]
        if "type" in scim and value["type"] != "string":
            yield f"`{path}{name}`: a {scim['type']} is a string in JSON, not {value['type']}"
        if value["type"] == "object":
            if path and not nests:
                yield f"`{path}{name}`: a sub-attribute cannot be complex itself (RFC 7643 section 2.3.8)"
            if scim.get("keyed"):
                yield f"`{path}{name}`: a complex attribute has no key of its own; mark its sub-attributes"
            yield from _problems(value, f"{path}{name}.", nests=nests)
