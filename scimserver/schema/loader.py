"""From ``schemas/*.json`` to the attribute registry: the schema files are the single source of everything."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from .attributes import COMMON, Attribute, AttributeType, ResourceType, SchemaDefinition
from .texts import describe

_SIMPLE: Mapping[str, AttributeType] = {"string": "string", "boolean": "boolean", "integer": "integer", "number": "decimal"}
_CORE_FILES = ("user", "group", "enterprise_user", "service_provider_config", "resource_type", "schema")


class SchemaProblem(Exception):
    """A schema file cannot be used; the text names file, place and rule."""


@dataclass(frozen=True, slots=True)
class SchemaCatalogue:
    """The resource types that a workspace has, and the schemas that ``/Schemas`` lists."""

    resource_types: tuple[ResourceType, ...]

    @property
    def schemas(self) -> tuple[SchemaDefinition, ...]:
        """Core schemas of the resource types and their extensions, each once."""
        found: dict[str, SchemaDefinition] = {}
        for resource_type in self.resource_types:
            for definition in (resource_type.schema, *resource_type.extensions):
                found[definition.id] = definition
        return tuple(found.values())

    def resource_type(self, name: str) -> ResourceType:
        """Return the resource type of that name; raises KeyError."""
        return next((t for t in self.resource_types if t.name == name), None) or _missing(name)

    def by_endpoint(self, endpoint: str) -> ResourceType | None:
        """Return the resource type served below ``/Users`` and the like, or None."""
        return next((t for t in self.resource_types if t.endpoint == endpoint), None)


def load_schemas(extra: Iterable[Path] = ()) -> SchemaCatalogue:
    """Return the shipped resource types; each extra file is an extension of User.

    Raises:
        SchemaProblem: a file is not an annotated schema.
    """
    extensions = []
    for path in extra:
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise SchemaProblem(f"{path}: cannot be read as JSON: {error}") from error
        extensions.append(load_schema(document, str(path)))
    return _catalogue(tuple(extensions)) if extensions else _shipped()


@cache
def _shipped() -> SchemaCatalogue:
    return _catalogue(())


def _catalogue(more_extensions: tuple[SchemaDefinition, ...]) -> SchemaCatalogue:
    definitions = {d.id: d for d in (load_schema(shipped(f"{name}.json"), f"{name}.json") for name in _CORE_FILES)}
    common = _attributes(shipped("common.json"), COMMON)
    types = []
    for name in ("user", "group"):
        data = shipped(f"resource_types/{name}.json")
        own = tuple(definitions[e["schema"]] for e in data["schemaExtensions"]) if data.get("schemaExtensions") else ()
        types.append(
            ResourceType(
                name=data["name"],
                endpoint=data["endpoint"],
                description=data["description"],
                schema=definitions[data["schema"]],
                common=common,
                extensions=own + (more_extensions if data["name"] == "User" else ()),
                required_extensions=frozenset(e["schema"] for e in data.get("schemaExtensions", ()) if e["required"]),
                id_prefix=data["scim"]["idPrefix"],
                collection=data["scim"]["collection"],
            )
        )
    return SchemaCatalogue(tuple(types))


def load_schema(document: Any, place: str = "schema") -> SchemaDefinition:
    """Build a schema from its annotated JSON Schema.

    Raises:
        SchemaProblem: it breaks a rule of ``schemas/annotation.json``; ``place`` tells the reader which file.
    """
    errors = sorted(Draft202012Validator(shipped("annotation.json")).iter_errors(document), key=lambda e: len(e.path))
    if errors:
        where, rule = describe(errors[0])
        raise SchemaProblem(f"{place}: `{where or 'the schema'}`: {rule}.")
    attributes = _attributes(document, document["$id"])
    _check_types(attributes, place)
    return SchemaDefinition(document["$id"], document["title"], document["description"], attributes, document)


def shipped(name: str) -> Any:
    """Return a file of the ``schemas`` folder, wherever it is installed."""
    return json.loads(_file(name).read_text(encoding="utf-8"))


def _file(name: str) -> Traversable:
    return files("scimserver_schemas").joinpath(*name.split("/"))


def _attributes(schema: Mapping[str, Any], urn: str) -> tuple[Attribute, ...]:
    required = schema.get("required", ())
    return tuple(_attribute(name, item, urn, name in required) for name, item in schema.get("properties", {}).items())


def _attribute(name: str, item: Mapping[str, Any], urn: str, required: bool) -> Attribute:
    scim = item["scim"]
    multi_valued = item["type"] == "array"
    value = item.get("items", {}) if multi_valued else item
    kind: AttributeType = "complex" if value["type"] == "object" else scim.get("type") or _SIMPLE[value["type"]]
    return Attribute(
        name=name,
        type=kind,
        schema=urn,
        description=item["description"],
        multi_valued=multi_valued,
        required=required,
        # References and binaries are case-exact by nature (RFC 7643 §2.3.6 and §2.3.7).
        case_exact=scim.get("caseExact", kind in ("reference", "binary")),
        mutability=scim["mutability"],
        returned=scim["returned"],
        uniqueness=scim["uniqueness"],
        canonical_values=tuple(scim.get("canonicalValues", ())),
        reference_types=tuple(scim.get("referenceTypes", ())),
        keyed=scim.get("keyed", False),
        published=scim.get("published", True),
        sub_attributes=_attributes(value, urn) if kind == "complex" else (),
    )


def _check_types(attributes: Sequence[Attribute], place: str) -> None:
    for attribute in attributes:
        if attribute.type == "reference" and not attribute.reference_types:
            raise SchemaProblem(f"{place}: `{attribute.name}`: a reference needs `referenceTypes` (RFC 7643 section 7).")
        if attribute.type == "complex" and not attribute.sub_attributes:
            raise SchemaProblem(f"{place}: `{attribute.name}`: a complex attribute needs sub-attributes (`properties`).")
        _check_types(attribute.sub_attributes, place)


def _missing(name: str) -> ResourceType:
    raise KeyError(name)
