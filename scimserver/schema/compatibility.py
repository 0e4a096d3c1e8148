"""What may change about a schema that has been published: identity providers remember it.

Entra's schema discovery only adds: an attribute that was once on the mapping list stays there with its name, type and
multiplicity, whatever ``/Schemas`` says later (idp-clients §5). So each workspace keeps a ledger of what it has
published, also of what it has taken out since, and a change that contradicts it is refused.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .attributes import Attribute, ResourceType, SchemaDefinition

MAX_PUBLISHED = 5_000
"""Attributes that a ledger holds."""

_CAUTIONS = {
    "mutability": "what clients may write has changed",
    "returned": "what answers show has changed",
    "case_exact": "values are compared in another way",
    "published": "whether /Schemas lists it has changed, and Entra goes on offering what it has seen",
}


@dataclass(frozen=True, slots=True)
class Published:
    """One attribute or sub-attribute as clients know it."""

    path: str
    """Name, with a dot before a sub-attribute, in the letter case in which it was published."""
    type: str
    multi_valued: bool


@dataclass(frozen=True, slots=True)
class PublishedType:
    """One resource type as clients and stored resources know it."""

    name: str
    schema: str
    """URN of its core schema."""
    id_prefix: str


@dataclass(frozen=True, slots=True)
class Ledger:
    """Everything that a workspace has ever published, by names in small letters."""

    schemas: Mapping[str, Mapping[str, Published]] = field(default_factory=dict)
    """URN → path → attribute."""
    urns: Mapping[str, str] = field(default_factory=dict)
    """URN in small letters → as it was published."""
    types: Mapping[str, PublishedType] = field(default_factory=dict)

    @classmethod
    def from_text(cls, text: str) -> "Ledger":
        """Read what :meth:`to_text` wrote."""
        stored: Mapping[str, Any] = json.loads(text)
        schemas = stored.get("schemas", {})
        return cls(
            {
                urn.lower(): {path.lower(): Published(path, *what) for path, what in attributes.items()}
                for urn, attributes in schemas.items()
            },
            {urn.lower(): urn for urn in schemas},
            {name.lower(): PublishedType(name, *what) for name, what in stored.get("types", {}).items()},
        )

    def to_text(self) -> str:
        """Return the JSON text in which it is stored."""
        schemas = {
            self.urns[urn]: {one.path: [one.type, one.multi_valued] for one in attributes.values()}
            for urn, attributes in self.schemas.items()
        }
        types = {one.name: [one.schema, one.id_prefix] for one in self.types.values()}
        return json.dumps({"schemas": schemas, "types": types}, separators=(",", ":"))

    @property
    def size(self) -> int:
        """How many attributes it holds."""
        return sum(map(len, self.schemas.values()))

    def with_published(self, definitions: Iterable[SchemaDefinition], types: Iterable[ResourceType]) -> "Ledger":
        """Return the ledger after these have been published too."""
        schemas, urns = dict(self.schemas), dict(self.urns)
        for definition in definitions:
            key = definition.id.lower()
            urns.setdefault(key, definition.id)
            schemas[key] = {**{one.path.lower(): one for one in _published(definition)}, **schemas.get(key, {})}
        return Ledger(schemas, urns, {**{t.name.lower(): _published_type(t) for t in types}, **self.types})

    def breaches(self, definitions: Iterable[SchemaDefinition], types: Iterable[ResourceType]) -> Iterator[str]:
        """Yield what contradicts the ledger: attribute or type, rule and cure, without a full stop."""
        for definition in definitions:
            spelled = self.urns.get(definition.id.lower())
            if spelled is None:
                continue
            if spelled != definition.id:
                yield f"`$id`: {definition.id} was published as {spelled}: keep its letter case, or take another URN"
            known = self.schemas[definition.id.lower()]
            for one in _published(definition):
                before = known.get(one.path.lower())
                if before is not None and before != one:
                    yield f"`{spelled}:{one.path}`: {_contradiction(before, one)}"
        for resource_type in types:
            published = self.types.get(resource_type.name.lower())
            if published is not None and published != _published_type(resource_type):
                yield f"`{resource_type.name}`: {_other_type(published, resource_type)}"


def cautions(before: SchemaDefinition, after: SchemaDefinition) -> Iterator[str]:
    """Yield what is allowed to change and yet may surprise, without a full stop."""
    new = {path.lower(): attribute for path, attribute in attribute_paths(after)}
    for path, old in attribute_paths(before):
        attribute = new.get(path.lower())
        if attribute is None:
            yield f"`{after.id}:{path}` is gone: Entra's mapping list keeps it, and its values are no longer taken"
            continue
        for name, text in _CAUTIONS.items():
            if getattr(old, name) != getattr(attribute, name):
                yield f"`{after.id}:{path}`: {text}"


def attribute_paths(definition: SchemaDefinition) -> Iterator[tuple[str, Attribute]]:
    """Yield each attribute and sub-attribute of a schema with its path, without the URN."""
    for attribute in definition.attributes:
        yield attribute.name, attribute
        yield from ((f"{attribute.name}.{sub.name}", sub) for sub in attribute.sub_attributes)


def missing_paths(before: Sequence[SchemaDefinition], after: Sequence[SchemaDefinition]) -> Iterator[str]:
    """Yield the paths, with URN, of attributes that schemas have lost which are still there."""
    kept = {definition.id.lower(): definition for definition in after}
    for definition in before:
        new = kept.get(definition.id.lower())
        if new is not None:
            paths = {path.lower() for path, _ in attribute_paths(new)}
            lost = [path for path, _ in attribute_paths(definition) if path.lower() not in paths]
            whole = {path.lower() for path in lost if "." not in path}
            yield from (
                f"{definition.id}:{path}"
                for path in lost
                if "." not in path or path.partition(".")[0].lower() not in whole
            )


def _published(definition: SchemaDefinition) -> Iterator[Published]:
    for path, attribute in attribute_paths(definition):
        yield Published(path, attribute.type, attribute.multi_valued)


def _published_type(resource_type: ResourceType) -> PublishedType:
    return PublishedType(resource_type.name, resource_type.schema.id, resource_type.id_prefix)


def _contradiction(before: Published, after: Published) -> str:
    if before.path != after.path:
        return f"was published as `{before.path}`, and a name never changes, not even in letter case: write it so"
    if before.type != after.type:
        what = f"was published as {before.type} and cannot become {after.type}: a published type never changes"
    else:
        became = "multi-valued" if after.multi_valued else "single-valued"
        what = f"cannot become {became}: whether a published attribute has several values never changes"
    return f"{what}, since Entra's discovery only adds; publish a new name, such as `{_new_name(after.path)}`"


def _new_name(path: str) -> str:
    """Return the name with the next number behind it."""
    name = path.rstrip("0123456789")
    number = path[len(name) :]
    return f"{name}{int(number) + 1 if number else 2}"


def _other_type(before: PublishedType, after: ResourceType) -> str:
    if before.name != after.name:
        return f"was published as {before.name}, and its name never changes, not even in letter case: write it so"
    if before.schema.lower() != after.schema.id.lower():
        return (
            f"`schema` was {before.schema} and never changes: what is stored has its form; publish a resource type of "
            "another name"
        )
    if before.schema != after.schema.id:
        return f"`schema` was published as {before.schema}: keep its letter case"
    return f"`scim.idPrefix` was {before.id_prefix} and never changes: ids that are stored begin with it"
