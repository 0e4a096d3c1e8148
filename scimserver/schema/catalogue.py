"""Resource types: the shipped ones, and those that an operator, a plugin or a workspace gives as data.

A document with ``endpoint`` is a resource type (RFC 7643 §6, as in ``schemas/resource_types.json``), one with ``$id``
an annotated schema. A resource type names its schemas by URI; a schema extends those types that its ``scim.extends``
lists, and without that User, if no resource type names it.
"""

import dataclasses
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any

from .attributes import COMMON, SHARED, Attribute, ResourceType, SchemaDefinition
from .documents import Placed, is_resource_type, read_files
from .files import shipped
from .linking import check_extended, check_references, check_urns, extended_by, with_references
from .loader import RESOURCE_TYPE_URN, SchemaProblem, attributes_of, load_schema, service_schemas
from .naming import SHIPPED, Names, id_prefix, misnamed, reserved_names
from .validation import ResourceValidator, accepting, violations

_RESOURCE_FILES = ("user.json", "group.json", "enterprise_user.json")


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

    def without_keys(self, paths: Collection[str]) -> "SchemaCatalogue":
        """Return a catalogue in which these attributes are not :attr:`Attribute.searchable`.

        A path is the URN of the schema and the name, ``urn:…:User:badge``, with a dot before a sub-attribute.
        """
        if not paths:
            return self
        known: dict[str, SchemaDefinition] = {}
        for definition in self.schemas:
            attributes = tuple(_unready(a, f"{definition.id}:{a.name}", paths) for a in definition.attributes)
            known[definition.id] = dataclasses.replace(definition, attributes=attributes)
        types = [
            dataclasses.replace(t, schema=known[t.schema.id], extensions=tuple(known[e.id] for e in t.extensions))
            for t in self.resource_types
        ]
        return SchemaCatalogue(tuple(with_references(types)))

    def by_endpoint(self, endpoint: str) -> ResourceType | None:
        """Return the resource type served below ``/Users`` and the like, or None."""
        return next((t for t in self.resource_types if t.endpoint == endpoint), None)


def _paths_of(attribute: Attribute, *, extended: bool) -> Iterator[str]:
    path = f"{attribute.schema}:{attribute.name}" if extended else attribute.name
    yield path
    yield from (f"{path}.{sub.name}" for sub in attribute.sub_attributes)


def _unready(attribute: Attribute, path: str, paths: Collection[str]) -> Attribute:
    subs = tuple(_unready(sub, f"{path}.{sub.name}", paths) for sub in attribute.sub_attributes)
    return dataclasses.replace(attribute, sub_attributes=subs, unready=path in paths)


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
    return build_catalogue(read_files(files))


def build_catalogue(documents: Sequence[Placed]) -> SchemaCatalogue:
    """Return the shipped resource types and those of the documents, with all their schemas.

    Raises:
        SchemaProblem: a document cannot be used; names its place, the rule and the cure.
    """
    return _Loading().catalogue(documents) if documents else _shipped()


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
    names: Names = field(default_factory=Names)

    def __post_init__(self) -> None:
        for urn in (*self.definitions, *service_schemas()):
            self.names.take("`$id`", urn, SHIPPED)
        for document in shipped("resource_types.json"):
            self.names.take_all(document, SHIPPED)

    def catalogue(self, documents: Sequence[Placed]) -> SchemaCatalogue:
        """Check the documents and put everything together."""
        given = [
            (p, document, self._schema(document, p)) for p, document in documents if not is_resource_type(document)
        ]
        added = [self._resource_type(document, p) for p, document in documents if is_resource_type(document)]
        shipped_types = shipped("resource_types.json")
        names = [document["name"] for document in (*shipped_types, *added)]
        named = {urn for document in added for urn in _urns(document)}
        extending: dict[str, list[str]] = {name: [] for name in names}
        check_urns(self.definitions.values())
        for place, document, definition in given:
            check_references(definition, names, place)
            extended = extended_by(document, named)
            check_extended(document, extended, names, place)
            for name in extended:
                extending[name].append(definition.id)
        common = attributes_of(shipped("common.json"), COMMON)
        types = []
        for document in (*shipped_types, *added):
            known = _urns(document)
            more = [{"schema": urn, "required": False} for urn in extending[document["name"]] if urn not in known]
            extended_document = document | {"schemaExtensions": [*document.get("schemaExtensions", ()), *more]}
            types.append(load_resource_type(extended_document, self.definitions, common))
        return SchemaCatalogue(tuple(with_references(types)))

    def _schema(self, document: Mapping[str, Any], place: str) -> SchemaDefinition:
        if "$id" not in document:
            raise SchemaProblem(
                f"{place}: neither a resource type, which has an `endpoint`, nor a schema, which has an `$id`; add one."
            )
        definition = load_schema(document, place)
        if reserved := list(reserved_names(definition)):
            raise SchemaProblem(f"{place}: {'; '.join(reserved)}.")
        self.names.take("`$id`", definition.id, place)
        self.definitions[definition.id] = definition
        return definition

    def _resource_type(self, document: Mapping[str, Any], place: str) -> dict[str, Any]:
        """Return a resource type whose names and schemas are good, with each URI as its schema spells it."""
        problems = violations(_document_schema(), document)
        if not problems:
            problems = list(misnamed(document))
        if problems:
            raise SchemaProblem(f"{place}: {'; '.join(problems)}.")
        document = {**document, "scim": {"idPrefix": id_prefix(document)}}
        self.names.take_all(document, place)
        urns = [self._known(urn, place) for urn in _urns(document)]
        for position, urn in enumerate(urns):
            if urn in urns[:position]:
                raise SchemaProblem(f"{place}: names the schema {urn} twice; each belongs to a resource type once.")
        extensions = document.get("schemaExtensions", ())
        spelled = [{**e, "schema": urn} for e, urn in zip(extensions, urns[1:], strict=True)]
        return document | {"schema": urns[0], "schemaExtensions": spelled}

    def _known(self, urn: str, place: str) -> str:
        by_lower = {known.lower(): known for known in self.definitions}
        if urn.lower() in by_lower:
            return by_lower[urn.lower()]
        close = get_close_matches(urn, self.definitions, n=1)
        hint = f"did you mean {close[0]}?" if close else "add its document too."
        raise SchemaProblem(f"{place}: there is no schema {urn}; {hint}")


def load_resource_type(
    document: Mapping[str, Any], definitions: Mapping[str, SchemaDefinition], common: tuple[Attribute, ...]
) -> ResourceType:
    """Build a resource type from a ResourceType document (RFC 7643 §6) whose ``scim`` says how it is kept.

    Raises:
        SchemaProblem: the document is incomplete or names a schema that is not among the definitions.
    """
    place = f"resource type {document.get('name')}"
    problems = [] if _is_resource_type()(document) else violations(_resource_type_schema(), document)
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
        id_prefix=id_prefix(document),
        collection=document.get("scim", {}).get("collection", SHARED),
    )


@cache
def _is_resource_type() -> Callable[[Any], bool]:
    return accepting(_resource_type_schema())


def _resource_type_schema() -> dict[str, Any]:
    return service_schemas()[RESOURCE_TYPE_URN].json_schema


@cache
def _document_schema() -> dict[str, Any]:
    """Return what a given ResourceType document is checked against: a misspelt name must not be ignored."""
    known = service_schemas()[RESOURCE_TYPE_URN].json_schema
    kept = {"type": "object", "additionalProperties": False, "properties": {"idPrefix": {"type": "string"}}}
    more = {"schemas": {}, "meta": {}, "scim": kept}
    return {**known, "additionalProperties": False, "properties": {**known["properties"], **more}}


def _urns(document: Mapping[str, Any]) -> list[str]:
    return [document["schema"], *(e["schema"] for e in document.get("schemaExtensions", ()))]
