"""Annotated schemas from outside: accepted when right, refused in words when wrong."""

from copy import deepcopy
from typing import Any

import pytest

from scimserver.schema.loader import SchemaProblem, load_schema

URN = "urn:ietf:params:scim:schemas:extension:larkfield:2.0:User"
PLAIN = {"mutability": "readWrite", "returned": "default", "uniqueness": "none"}
TEXT = {"caseExact": False, **PLAIN}

EXTENSION: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": URN,
    "title": "LarkfieldUser",
    "description": "What Larkfield adds to a user.",
    "type": "object",
    "required": ["badgeColour"],
    "properties": {
        "badgeColour": {"type": "string", "description": "Colour of the badge.", "scim": {**TEXT, "keyed": True}},
        "badgeSince": {"type": "string", "description": "First day.", "scim": {"type": "dateTime", **PLAIN}},
        "desk": {
            "type": "object",
            "description": "Where the person sits.",
            "scim": PLAIN,
            "properties": {"floor": {"type": "integer", "description": "Floor.", "scim": PLAIN}},
        },
        "keys": {
            "type": "array",
            "description": "Keys handed out.",
            "scim": {**TEXT, "canonicalValues": ["gate"]},
            "items": {"type": "string", "maxLength": 20},
        },
    },
}


def extension(**changes: Any) -> dict[str, Any]:
    return deepcopy(EXTENSION) | changes


def with_attribute(name: str, node: Any) -> dict[str, Any]:
    document = extension()
    document["properties"][name] = node
    return document


def test_an_extension_becomes_attributes() -> None:
    definition = load_schema(extension())
    colour, since, desk, keys = definition.attributes
    assert (definition.id, definition.name) == (URN, "LarkfieldUser")
    assert (colour.schema, colour.required, colour.keyed, colour.type) == (URN, True, True, "string")
    assert (since.type, since.required) == ("dateTime", False)
    assert desk.type == "complex"
    assert [s.type for s in desk.sub_attributes] == ["integer"]
    assert (keys.type, keys.multi_valued, keys.canonical_values) == ("string", True, ("gate",))


REFUSED: dict[str, tuple[Any, list[str]]] = {
    "no object": ([], ["one JSON object"]),
    "no $id": ({k: v for k, v in EXTENSION.items() if k != "$id"}, ["`$id` is required"]),
    "$id not a URN": (extension(**{"$id": "https://larkfield.example/user"}), ["`$id`", "must have the form urn:"]),
    "empty description": (extension(description=""), ["`description`: must not be empty"]),
    "no attributes": (extension(properties={}, required=[]), ["`properties`: must not be empty"]),
    "unknown keyword": (
        with_attribute("size", {"type": "string", "description": "Size.", "scim": TEXT, "pattern": "^[SML]"}),
        ["`properties.size.pattern` is not known here"],
    ),
    "name with a dot": (
        with_attribute("badge.size", {"type": "string", "description": "Size.", "scim": TEXT}),
        ["`properties.badge.size`: must have the form [A-Za-z$]"],
    ),
    "name with a line break": (
        with_attribute("size\n", {"type": "string", "description": "Size.", "scim": TEXT}),
        ["must have the form [A-Za-z$]"],
    ),
    "no annotation": (
        with_attribute("size", {"type": "string", "description": "Size."}),
        ["`properties.size.scim` is required"],
    ),
    "no description": (
        with_attribute("size", {"type": "string", "scim": TEXT}),
        ["`properties.size.description` is required"],
    ),
    "wrong letter case": (
        with_attribute("size", {"type": "string", "description": "Size.", "scim": {**TEXT, "mutability": "readwrite"}}),
        ["`properties.size.scim.mutability`: must be one of readOnly, readWrite, immutable, writeOnly"],
    ),
    "misspelt characteristic": (
        with_attribute("size", {"type": "string", "description": "Size.", "scim": {**TEXT, "caseexact": True}}),
        ["`properties.size.scim.caseexact` is not known here: did you mean `caseExact`"],
    ),
    "missing characteristic": (
        with_attribute("size", {"type": "integer", "description": "Size.", "scim": {"mutability": "readWrite"}}),
        ["`properties.size.scim.returned` is required", "`properties.size.scim.uniqueness` is required"],
    ),
    "text without caseExact": (
        with_attribute("size", {"type": "string", "description": "Size.", "scim": PLAIN}),
        ["`properties.size.scim.caseExact` is required"],
    ),
    "list of texts without caseExact": (
        with_attribute("sizes", {"type": "array", "description": "S.", "scim": PLAIN, "items": {"type": "string"}}),
        ["`properties.sizes.scim.caseExact` is required"],
    ),
    "list without items": (
        with_attribute("sizes", {"type": "array", "description": "Sizes.", "scim": PLAIN}),
        ["`properties.sizes.items` is required"],
    ),
    "object without properties": (
        with_attribute("car", {"type": "object", "description": "Car.", "scim": PLAIN}),
        ["`properties.car.properties` is required"],
    ),
    "reference to nothing": (
        with_attribute("page", {"type": "string", "description": "P.", "scim": {"type": "reference", **TEXT}}),
        ["`properties.page.scim.referenceTypes` is required"],
    ),
    "number as dateTime": (
        with_attribute("when", {"type": "integer", "description": "W.", "scim": {"type": "dateTime", **PLAIN}}),
        ["`when`: a dateTime is a string in JSON"],
    ),
    "names that differ in letter case": (
        with_attribute("BadgeColour", {"type": "string", "description": "Colour.", "scim": TEXT}),
        ["`badgeColour` and `BadgeColour` differ only in letter case"],
    ),
    "required but not there": (extension(required=["badgeColor"]), ["`required` names `badgeColor`"]),
    "complex in complex": (
        with_attribute(
            "car",
            {
                "type": "object",
                "description": "Car.",
                "scim": PLAIN,
                "properties": {"maker": {**EXTENSION["properties"]["desk"]}},
            },
        ),
        ["`car.maker`: a sub-attribute cannot be complex"],
    ),
    "unique complex": (
        with_attribute("car", {**EXTENSION["properties"]["desk"], "scim": {**PLAIN, "uniqueness": "server"}}),
        ["`car`: a complex attribute cannot be unique"],
    ),
    "writeOnly that is returned": (
        with_attribute("pin", {"type": "string", "description": "Pin.", "scim": {**TEXT, "mutability": "writeOnly"}}),
        ["`pin`: what is writeOnly is never returned"],
    ),
    "name with a dollar": (
        with_attribute("$size", {"type": "string", "description": "Size.", "scim": TEXT}),
        ["`$size`: only the sub-attribute `$ref`"],
    ),
    "keyed complex": (
        with_attribute("car", {**EXTENSION["properties"]["desk"], "scim": {**PLAIN, "keyed": True}}),
        ["`car`: a complex attribute has no key of its own"],
    ),
}


@pytest.mark.parametrize(("document", "texts"), REFUSED.values(), ids=REFUSED)
def test_a_wrong_annotation_is_refused_with_its_place(document: Any, texts: list[str]) -> None:
    with pytest.raises(SchemaProblem) as refused:
        load_schema(document, "larkfield.json")
    assert str(refused.value).startswith("larkfield.json: ")
    for text in texts:
        assert text in str(refused.value)


def test_a_long_list_of_problems_is_cut() -> None:
    bad = {f"a{i}": {"type": "string", "description": "", "scim": TEXT} for i in range(12)}
    with pytest.raises(SchemaProblem, match="and 7 more"):
        load_schema(extension(properties=bad, required=[]))
