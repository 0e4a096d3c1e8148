"""From one annotated JSON Schema to its attributes; :mod:`.catalogue` puts schemas together to resource types."""

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

from .attributes import Attribute, AttributeType, SchemaDefinition
from .files import shipped
from .validation import accepting, violations

SCHEMA_URN = "urn:ietf:params:scim:schemas:core:2.0:Schema"
RESOURCE_TYPE_URN = "urn:ietf:params:scim:schemas:core:2.0:ResourceType"
CONFIG_URN = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"

_SIMPLE: Mapping[str, AttributeType] = {
    "string": "string",
    "boolean": "boolean",
    "integer": "integer",
    "number": "decimal",
}
_SERVICE_FILES = ("service_provider_config.json", "resource_type.json", "schema.json")
_SHOWN = 5


class SchemaProblem(Exception):
    """A schema or resource type cannot be used; the text names the file, the place, the rule and the cure."""


def load_schema(document: Any, place: str = "schema") -> SchemaDefinition:
    """Build a schema from its annotated JSON Schema.

    Raises:
        SchemaProblem: it breaks a rule of ``schemas/annotation.json``; ``place`` tells the reader which file.
    """
    if not isinstance(document, dict):
        raise SchemaProblem(f"{place}: must hold one JSON object.")
    problems = [] if _annotated()(document) else violations(_annotation(), document)
    if not problems:
        problems = list(_problems(document, nests=document["$id"] == SCHEMA_URN))
    if problems:
        more = f"; and {len(problems) - _SHOWN} more" if len(problems) > _SHOWN else ""
        raise SchemaProblem(f"{place}: {'; '.join(problems[:_SHOWN])}{more}.")
    attributes = attributes_of(document, document["$id"])
    return SchemaDefinition(document["$id"], document["title"], document["description"], attributes, document)


@cache
def _annotation() -> dict[str, Any]:
    return dict(shipped("annotation.json"))


@cache
def _annotated() -> Callable[[Any], bool]:
    return accepting(_annotation())


@cache
def service_schemas() -> Mapping[str, SchemaDefinition]:
    """Return the schemas of the discovery documents by URI (RFC 7643 §8.7.2)."""
    return {d.id: d for d in (load_schema(shipped(name), name) for name in _SERVICE_FILES)}


def attributes_of(schema: Mapping[str, Any], urn: str) -> tuple[Attribute, ...]:
    """Return the attributes of an annotated schema that was checked, or of a complex attribute in it."""
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
        sub_attributes=attributes_of(value, urn) if kind == "complex" else (),
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
        if "$" in name and not (path and name == "$ref" and scim.get("type") == "reference"):
            yield f"`{path}{name}`: only the sub-attribute `$ref`, a reference, has a $ in its name"
        if scim["mutability"] == "writeOnly" and scim["returned"] != "never":
            yield f"`{path}{name}`: what is writeOnly is never returned; set `returned` to never"
        if value.get("minLength", 0) > value.get("maxLength", value.get("minLength", 0)):
            yield f"`{path}{name}`: no text is as long as `minLength` and as short as `maxLength`"
        if "type" in scim and value["type"] != "string":
            yield f"`{path}{name}`: a {scim['type']} is a string in JSON, not {value['type']}"
        if value["type"] == "object":
            if path and not nests:
                yield f"`{path}{name}`: a sub-attribute cannot be complex itself (RFC 7643 section 2.3.8)"
            if scim.get("keyed"):
                yield f"`{path}{name}`: a complex attribute has no key of its own; mark its sub-attributes"
            if scim["uniqueness"] != "none":
                yield f"`{path}{name}`: a complex attribute cannot be unique; say it of a sub-attribute"
            yield from _problems(value, f"{path}{name}.", nests=nests)
