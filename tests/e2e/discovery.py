"""``/Schemas`` as Entra's schema discovery reads it (idp-clients §5): its rules, and the target attributes it makes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

LIST_RESPONSE = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
CHARACTERISTICS = {
    "mutability": {"readOnly", "readWrite", "immutable", "writeOnly"},
    "returned": {"always", "never", "default", "request"},
    "uniqueness": {"none", "server", "global"},
}
TYPES = {
    "string": "String",
    "boolean": "Boolean",
    "integer": "Integer",
    "dateTime": "DateTime",
    "reference": "Reference",
    "binary": "Binary",
}
"""Type of SCIM → name in Entra's editor. Of ``decimal`` it knows nothing."""
CHOOSE = {"type", "primary", "display", "$ref"}
UNSUPPORTED = {"entitlements", "photos"}


@dataclass(frozen=True, order=True)
class Found:
    """A target attribute that the mapping page would offer."""

    attribute: str
    type: str
    multi_valued: bool


def targets_of(answer: Mapping[str, Any]) -> list[Found]:
    """Read an answer of ``/Schemas``, and return the target attributes for users; fails where Entra would."""
    assert answer["schemas"] == [LIST_RESPONSE]
    resources = answer["Resources"]
    assert (answer["totalResults"], answer["itemsPerPage"], answer["startIndex"]) == (len(resources), len(resources), 1)
    assert not any(value is None for value in _values(answer)), "a null"
    found: list[Found] = []
    for schema in resources:
        assert schema["id"] and schema["name"] and schema["description"], schema["id"]
        for attribute in schema["attributes"]:
            check(attribute, schema["id"])
        if schema["id"] == USER or ":extension:" in schema["id"]:
            prefix = "" if schema["id"] == USER else f"{schema['id']}:"
            for attribute in schema["attributes"]:
                if prefix or attribute["name"] not in UNSUPPORTED:
                    found += flattened(attribute, prefix)
    return found


def check(attribute: Mapping[str, Any], place: str) -> None:
    """Hold an attribute and its sub-attributes to the exact words of RFC 7643 §7."""
    place = f"{place}:{attribute['name']}"
    assert attribute["description"].strip(), place
    for name, allowed in CHARACTERISTICS.items():
        assert attribute[name] in allowed, (place, name)
    assert type(attribute["multiValued"]) is bool and type(attribute["required"]) is bool, place
    assert attribute["type"] in {*TYPES, "decimal", "complex"}, place
    assert attribute["type"] != "reference" or attribute["referenceTypes"], place
    for sub in attribute.get("subAttributes", ()):
        assert sub["type"] != "complex", place
        check(sub, place)


def flattened(attribute: Mapping[str, Any], prefix: str) -> Iterator[Found]:
    """Yield the targets that one attribute becomes; what clients cannot write is none."""
    path, many = f"{prefix}{attribute['name']}", attribute["multiValued"]
    if attribute["mutability"] == "readOnly":
        return
    if attribute["type"] != "complex":
        yield Found(path, TYPES[attribute["type"]], many)
        return
    subs = {sub["name"]: sub for sub in attribute["subAttributes"]}
    if {"value", "$ref"} <= subs.keys():
        yield Found(path, "Reference", many)
        return
    places = [path]
    if many and subs.get("type", {}).get("canonicalValues"):
        places = [f'{path}[type eq "{kind}"]' for kind in subs["type"]["canonicalValues"]]
    elif many and "primary" in subs:
        places = [f'{path}[primary eq "True"]']
    for name, sub in subs.items():
        if sub["mutability"] != "readOnly" and not (many and name in CHOOSE):
            yield from (Found(f"{place}.{name}", TYPES[sub["type"]], sub["multiValued"]) for place in places)


def _values(value: Any) -> Iterator[Any]:
    yield value
    if isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _values(item)
