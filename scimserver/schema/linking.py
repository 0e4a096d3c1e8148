"""What schemas and resource types say of each other: references, extensions, and names that must not meet."""

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from .attributes import Reference, ResourceType, SchemaDefinition
from .loader import SchemaProblem


def extended_by(document: Mapping[str, Any], named: Iterable[str]) -> Sequence[str]:
    """Return the names of the resource types that a schema's document extends.

    Those that ``scim.extends`` lists; without it User, unless a resource type names the schema itself.
    """
    stated = document.get("scim", {}).get("extends")
    if stated is not None:
        return tuple(stated)
    return () if document["$id"] in named else ("User",)


def check_extended(document: Mapping[str, Any], extended: Iterable[str], names: Sequence[str], place: str) -> None:
    """Refuse to extend what is not there."""
    for name in extended:
        if name not in names:
            raise SchemaProblem(
                f"{place}: `scim.extends`: there is no resource type {name[:80]}; there are {', '.join(names)}."
            )


def check_references(definition: SchemaDefinition, names: Sequence[str], place: str) -> None:
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


def check_urns(definitions: Iterable[SchemaDefinition]) -> None:
    """Refuse a URN that reads like an attribute of another schema: a path would have two meanings."""
    known = {definition.id.lower(): definition for definition in definitions}
    for urn, definition in known.items():
        head, _, rest = urn.rpartition(":")
        other = known.get(head)
        if other is not None and other.attribute(rest):
            raise SchemaProblem(
                f"`$id`: {definition.id} is the path of an attribute of {other.id}; choose another name."
            )


def with_references(types: Sequence[ResourceType]) -> Iterator[ResourceType]:
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
