"""The target attributes that Entra's schema discovery makes of a workspace's ``/Schemas`` (idp-clients §5).

Discovery flattens: a sub-attribute is ``name.givenName``, an element of a multi-valued attribute is chosen by the
suggested values of its ``type``, as ``emails[type eq "work"].value``, or else by ``primary``, as
``roles[primary eq "True"].value``.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from .attributes import Attribute, ResourceType, SchemaDefinition
from .catalogue import SchemaCatalogue

PROVISIONED = ("User", "Group")
"""The resource types that Entra provisions."""

_TYPES = {
    "string": "String",
    "boolean": "Boolean",
    "integer": "Integer",
    "decimal": "Decimal",
    "dateTime": "DateTime",
    "reference": "Reference",
    "binary": "Binary",
}
_SELECTING = ("type", "primary", "display", "$ref")
"""Sub-attributes of an element that are no target of their own."""
_NOT_OFFERED = ("entitlements", "photos")
"""Entra does not support them."""
_USEFUL_SUBS = 2
_EXTENSION = re.compile(r"urn:ietf:params:scim:schemas:extension:[^:]+:2\.0:(User|Group)")


@dataclass(frozen=True, slots=True)
class Target:
    """One entry of the target attribute list."""

    attribute: str
    """As the mapping page shows it: ``urn:…:User:badgeColour``, ``emails[type eq "work"].value``."""
    type: str
    """String, Boolean, Integer, Decimal, DateTime, Reference or Binary."""
    filterable: bool
    """Whether it can be a matching attribute: equality on it is answered from an index."""
    required: bool
    multi_valued: bool
    exact_case: bool
    custom: bool
    """Whether it is of a schema that this server does not ship."""

    def to_json(self) -> dict[str, Any]:
        """Return the form that commands and the admin API print."""
        return asdict(self)


def targets(catalogue: SchemaCatalogue, shipped: SchemaCatalogue, name: str) -> list[Target]:
    """Return the target attributes of a resource type, in the order of the schemas.

    Raises:
        KeyError: there is no resource type of that name.
    """
    resource_type = catalogue.resource_type(name)
    known = {definition.id for definition in shipped.schemas}
    return [
        target
        for definition in (resource_type.schema, *resource_type.extensions)
        for attribute in definition.attributes
        for target in _of_attribute(attribute, resource_type, custom=definition.id not in known)
    ]


def warnings(catalogue: SchemaCatalogue, shipped: SchemaCatalogue) -> list[str]:
    """Return what of the schemas that are not shipped Entra cannot take, one sentence each."""
    known = {definition.id for definition in shipped.schemas}
    types = [t for t in catalogue.resource_types if t.name in PROVISIONED]
    custom: dict[str, SchemaDefinition] = {e.id: e for t in types for e in t.extensions if e.id not in known}
    return [text for definition in custom.values() for text in _warnings(definition)]


def text_table(listed: Sequence[Target]) -> list[tuple[str, str, str, str]]:
    """Return the rows of the table as the tutorials for admins have it; a tick stands for yes."""
    return [(t.attribute, t.type, "✓" if t.filterable else "", "✓" if t.required else "") for t in listed]


def markdown_table(listed: Sequence[Target], application: str = "the application") -> str:
    """Return that table in Markdown."""
    head = ["Attribute", "Type", "Supported for filtering", f"Required by {application}"]
    rows = [[f"`{name}`", kind, filtering, required] for name, kind, filtering, required in text_table(listed)]
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _of_attribute(attribute: Attribute, resource_type: ResourceType, *, custom: bool) -> Iterator[Target]:
    if not _offered(attribute) or (attribute.name in _NOT_OFFERED and not custom):
        return
    extended = resource_type.is_extension_attribute(attribute)
    path = f"{attribute.schema}:{attribute.name}" if extended else attribute.name
    if attribute.type != "complex":
        yield _target(path, attribute, attribute, attribute.required, custom)
    elif (value := attribute.sub("value")) and attribute.sub("$ref"):
        # Points at another resource: one target, whose value the client makes of the directory's reference.
        membership = resource_type.collection == "groups" and attribute.name == "members"
        filterable = membership or value.searchable
        yield Target(path, "Reference", filterable, attribute.required, attribute.multi_valued, False, custom)
    else:
        required = attribute.required and not attribute.multi_valued
        for sub in attribute.sub_attributes:
            if _offered(sub) and not (attribute.multi_valued and sub.name in _SELECTING):
                for place in _places(attribute, path):
                    yield _target(f"{place}.{sub.name}", sub, sub, required and sub.required, custom)


def _places(attribute: Attribute, path: str) -> Iterator[str]:
    """Yield where a sub-attribute is found: in the attribute, or in one of its elements."""
    kind = attribute.sub("type")
    if not attribute.multi_valued:
        yield path
    elif kind is not None and kind.canonical_values:
        yield from (f'{path}[type eq "{value}"]' for value in kind.canonical_values)
    elif attribute.sub("primary"):
        yield f'{path}[primary eq "True"]'
    else:
        yield path


def _target(path: str, attribute: Attribute, leaf: Attribute, required: bool, custom: bool) -> Target:
    kind = _TYPES[attribute.type]
    return Target(path, kind, leaf.searchable, required, attribute.multi_valued, leaf.case_exact, custom)


def _offered(attribute: Attribute) -> bool:
    return attribute.published and attribute.mutability != "readOnly"


def _warnings(definition: SchemaDefinition) -> Iterator[str]:
    if not _EXTENSION.fullmatch(definition.id):
        yield (
            f"`{definition.id}`: Entra's list takes custom attributes whose URN begins "
            "urn:ietf:params:scim:schemas:extension:NAME:2.0:User; give a schema that Entra is to map such a name."
        )
    for attribute in definition.attributes:
        at = f"`{definition.id}:{attribute.name}`"
        for one in (attribute, *attribute.sub_attributes):
            if one.type == "decimal":
                place = at if one is attribute else f"`{definition.id}:{attribute.name}.{one.name}`"
                yield f"{place}: Entra's editor knows no decimal; use integer or string."
        if attribute.type == "complex" and len(attribute.sub_attributes) > _USEFUL_SUBS:
            yield f"{at}: Entra cannot fill a complex attribute that has three or more sub-attributes; use flat ones."
        kinds = {
            "multi-valued": attribute.multi_valued,
            "complex": attribute.type == "complex",
            "a reference": attribute.type == "reference",
        }
        if wrong := [kind for kind, holds in kinds.items() if holds]:
            yield (
                f"{at}: is {' and '.join(wrong)}, which Entra takes in gallery applications only; in others a custom "
                "attribute is a single simple value."
            )
