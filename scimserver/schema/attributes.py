"""The attribute registry: what filter, PATCH, projection and match keys ask about an attribute.

Built by :mod:`.loader` and :mod:`.catalogue` from the shipped schemas and from those that an operator gives as data.
RFC 7643 §2 and §7 define the characteristics.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

AttributeType = Literal["string", "boolean", "decimal", "integer", "dateTime", "reference", "binary", "complex"]
Mutability = Literal["readOnly", "readWrite", "immutable", "writeOnly"]
Returned = Literal["always", "never", "default", "request"]
Uniqueness = Literal["none", "server", "global"]

COMMON = ""
"""``Attribute.schema`` of the attributes that every resource has (RFC 7643 §3.1): schemas, id, externalId, meta."""
SHARED = "resources"
"""MongoDB collection that all custom resource types share."""


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute or sub-attribute with its characteristics (RFC 7643 §7)."""

    name: str
    type: AttributeType
    schema: str
    """URN of the schema that defines it; :data:`COMMON` for common attributes."""
    description: str = ""
    multi_valued: bool = False
    required: bool = False
    case_exact: bool = False
    mutability: Mutability = "readWrite"
    returned: Returned = "default"
    uniqueness: Uniqueness = "none"
    canonical_values: tuple[str, ...] = ()
    reference_types: tuple[str, ...] = ()
    keyed: bool = False
    """Equality on it is answered from the index of match keys."""
    unready: bool = False
    """Not every stored resource has its keys yet: they are written, and not read."""
    published: bool = True
    """Listed in ``/Schemas``; ``password`` is accepted but not published."""
    sub_attributes: tuple["Attribute", ...] = ()
    _by_name: dict[str, "Attribute"] = field(init=False, repr=False, compare=False, hash=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_name", {a.name.lower(): a for a in self.sub_attributes})

    @property
    def searchable(self) -> bool:
        """Whether the index of match keys knows every resource that has a value of it."""
        return self.keyed and not self.unready

    def sub(self, name: str) -> "Attribute | None":
        """Return the sub-attribute of that name in any letter case (RFC 7643 §2.1)."""
        return self._by_name.get(name.lower())


@dataclass(frozen=True, slots=True)
class SchemaDefinition:
    """One SCIM schema (RFC 7643 §7): its URN, its attributes and the JSON Schema that checks it."""

    id: str
    name: str
    description: str
    attributes: tuple[Attribute, ...]
    json_schema: dict[str, Any] = field(compare=False, hash=False)
    _by_name: dict[str, Attribute] = field(init=False, repr=False, compare=False, hash=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_name", {a.name.lower(): a for a in self.attributes})

    def attribute(self, name: str) -> Attribute | None:
        """Return the attribute of that name in any letter case."""
        return self._by_name.get(name.lower())


@dataclass(frozen=True, slots=True)
class Reference:
    """A complex attribute that points at resources of this server: its ``$ref`` is computed (RFC 7643 §2.4)."""

    attribute: Attribute
    targets: Mapping[str, str] = field(hash=False)
    """Id prefix → endpoint, of each resource type that the attribute may point at."""

    def endpoint(self, resource_id: str) -> str | None:
        """Return the endpoint below which a resource is found; where there are several, its id tells which."""
        if len(self.targets) == 1:
            return next(iter(self.targets.values()))
        return self.targets.get(resource_id.partition("_")[0])


@dataclass(frozen=True, slots=True)
class ResourceType:
    """A kind of resource (RFC 7643 §6): core schema, extensions, endpoint, and how ids and collections are named."""

    name: str
    endpoint: str
    """With its leading slash: ``/Users``."""
    description: str
    schema: SchemaDefinition
    common: tuple[Attribute, ...]
    """schemas, id, externalId, meta."""
    extensions: tuple[SchemaDefinition, ...] = ()
    required_extensions: frozenset[str] = frozenset()
    id_prefix: str = "r"
    """``u`` gives ids such as ``u_7Yd…``."""
    collection: str = SHARED
    """MongoDB collection that holds the documents."""
    references: tuple[Reference, ...] = ()
    """Attributes whose ``$ref`` is computed."""
    _core: dict[str, Attribute] = field(init=False, repr=False, compare=False, hash=False)
    _extensions: dict[str, SchemaDefinition] = field(init=False, repr=False, compare=False, hash=False)

    def __post_init__(self) -> None:
        core = {a.name.lower(): a for a in (*self.common, *self.schema.attributes)}
        object.__setattr__(self, "_core", core)
        object.__setattr__(self, "_extensions", {e.id.lower(): e for e in self.extensions})

    @property
    def shared(self) -> bool:
        """Whether its documents lie in one collection with those of other types."""
        return self.collection == SHARED

    def extension(self, urn: str) -> SchemaDefinition | None:
        """Return the extension with that URN in any letter case."""
        return self._extensions.get(urn.lower())

    def attribute(self, name: str, urn: str | None = None) -> Attribute | None:
        """Find a top-level attribute by name in any letter case.

        Without ``urn`` only common and core attributes are found; ``urn`` may be the core schema or an extension.
        """
        if urn is None or urn.lower() == self.schema.id.lower():
            return self._core.get(name.lower())
        extension = self.extension(urn)
        return extension.attribute(name) if extension else None

    def extension_attribute(self, name: str) -> Attribute | None:
        """Find an unqualified name in the extensions, if exactly one extension has it.

        Entra writes ``manager`` without its URN (idp-clients §2.5).
        """
        found = [a for e in self.extensions if (a := e.attribute(name))]
        return found[0] if len(found) == 1 else None

    def attributes(self) -> Iterator[Attribute]:
        """Yield every top-level attribute: common, core, then each extension's."""
        yield from self._core.values()
        for extension in self.extensions:
            yield from extension.attributes

    def is_extension_attribute(self, attribute: Attribute) -> bool:
        """Tell whether the attribute's values live under its extension's URN in the resource."""
        return attribute.schema.lower() in self._extensions

    def container(self, resource: Mapping[str, Any], attribute: Attribute) -> Mapping[str, Any]:
        """Return the object that holds the attribute: the resource, or the extension object (empty if absent)."""
        if self.is_extension_attribute(attribute):
            held = resource.get(attribute.schema)
            return held if isinstance(held, dict) else {}
        return resource

    def value(self, resource: Mapping[str, Any], attribute: Attribute) -> Any:
        """Return the attribute's value in a canonical resource, or None."""
        return self.container(resource, attribute).get(attribute.name)
