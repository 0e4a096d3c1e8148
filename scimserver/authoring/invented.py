"""Resources that nobody recorded and any client may send: as little as is valid, all there is, and hostile values.

Made from the schemas, so that a plugin's own extension and resource types are tried as well.
"""

from collections.abc import Callable, Iterator
from typing import Any

from ..errors import ScimError
from ..schema.attributes import Attribute, ResourceType
from ..schema.catalogue import SchemaCatalogue
from .samples import Life, Resource

_LONG = 4000
"""Characters: a mapper that copies every text of a User stays below the limit of a document."""
_MANY = 100
"""Elements of a list."""
_SCRIPTS = "Zoë 李明 \U0001f9d1\u200d\U0001f680 İßﬁ\u202e"
_PLAIN: dict[str, Any] = {
    "boolean": True,
    "decimal": 0.5,
    "integer": 7,
    "dateTime": "2026-02-28T23:59:59.123+01:00",
    "reference": "https://example.com/x",
    "binary": "AAECAw==",
}
_EXTREME: dict[str, Any] = {
    "boolean": False,
    "decimal": -1.7e308,
    "integer": -(1 << 63),
    "dateTime": "0001-01-01T00:00:00Z",
    "reference": "urn:x",
    "binary": "",
}

Text = Callable[[str], str]
"""From an attribute's name to its value."""


def invented(catalogue: SchemaCatalogue) -> list[Life]:
    """Return the invented resources of every resource type; each is valid, and none has a change."""
    found = []
    for resource_type in catalogue.resource_types:
        validator = catalogue.validator(resource_type.name)
        for name, resource in _shapes(resource_type):
            try:
                validator.check(resource)
            except ScimError:
                continue  # a schema may forbid what the shape is about, such as an empty text
            state = {"id": f"{resource_type.id_prefix}_sample", **resource}
            found.append(Life(f"{resource_type.name} {name}", resource_type.name, (state,), invented=True))
    return found


def _shapes(resource_type: ResourceType) -> Iterator[tuple[str, Resource]]:
    make = _Maker(resource_type)
    needed = {a.name for a in resource_type.attributes() if a.required}
    yield "with nothing that is not required", make.resource(required_only=True)
    yield "with every attribute", make.resource()
    yield "with letters of many scripts", make.resource(lambda name: f"{_SCRIPTS} {name}")
    yield "with empty texts", make.resource(lambda name: name if name in needed else "")
    yield "with blanks, line ends and NUL", make.resource(lambda name: " \t\r\n\u00a0\0 ")
    yield "with very long texts", make.resource(lambda name: f"{name} " * (_LONG // (len(name) + 1)))
    yield "with texts that are no field names", make.resource(lambda name: f"$a.b.{name}")
    yield "with numbers and dates at their limits", make.resource(scalars=_EXTREME)
    yield f"with {_MANY} elements in each list", make.resource(elements=_MANY)
    yield "with elements that have nothing but a type", make.resource(keep_subs=("type",))
    yield "with elements that have nothing but a value", make.resource(keep_subs=("value",))
    yield (
        "with a schema that nobody knows",
        {
            **make.resource(required_only=True),
            "urn:example:params:scim:schemas:extension:unknown:2.0:Thing": {"a.b": [{"$c": None}], "": {}},
        },
    )


class _Maker:
    """Makes resources of one type."""

    def __init__(self, resource_type: ResourceType) -> None:
        self._type = resource_type

    def resource(
        self,
        text: Text = lambda name: name,
        *,
        required_only: bool = False,
        scalars: dict[str, Any] = _PLAIN,
        elements: int = 2,
        keep_subs: tuple[str, ...] = (),
    ) -> Resource:
        """Return a resource; what clients do not write, as is said by its mutability, is left out."""
        made: Resource = {}
        for attribute in self._type.attributes():
            urn = attribute.schema if self._type.is_extension_attribute(attribute) else None
            needed = attribute.required and (urn is None or urn in self._type.required_extensions)
            if not _is_sent(attribute) or (required_only and not needed):
                continue
            value = self._value(attribute, text, scalars, elements, keep_subs)
            if value not in ({}, [], None):
                holder = made.setdefault(urn, {}) if urn else made
                holder[attribute.name] = value
        return made

    def _value(
        self, attribute: Attribute, text: Text, scalars: dict[str, Any], elements: int, keep_subs: tuple[str, ...]
    ) -> Any:
        if attribute.name == "schemas":
            return None
        if not attribute.multi_valued:
            return self._single(attribute, text, scalars, keep_subs, 0)
        return [self._single(attribute, text, scalars, keep_subs, n) for n in range(elements)]

    def _single(
        self, attribute: Attribute, text: Text, scalars: dict[str, Any], keep_subs: tuple[str, ...], position: int
    ) -> Any:
        if attribute.type == "string":
            return text(attribute.name)
        if attribute.type != "complex":
            return scalars[attribute.type]
        made: Resource = {}
        for sub in attribute.sub_attributes:
            if not _is_sent(sub) or (keep_subs and attribute.multi_valued and sub.name not in keep_subs):
                continue
            if sub.name == "primary":
                made[sub.name] = position == 0  # at most one may be
            elif sub.multi_valued:
                made[sub.name] = [self._single(sub, text, scalars, (), 0)]
            else:
                made[sub.name] = self._single(sub, text, scalars, (), 0)
        return made


def _is_sent(attribute: Attribute) -> bool:
    return attribute.mutability != "readOnly" and attribute.name not in ("id", "meta", "password")
