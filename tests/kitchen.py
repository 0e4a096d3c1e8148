"""A resource type with every attribute type and every characteristic, for what no shipped schema has: a crane."""

from typing import Any

from scimserver.schema.attributes import ResourceType
from scimserver.schema.catalogue import load_resource_type, load_schemas
from scimserver.schema.loader import load_schema

CRANE_URN = "urn:larkfield:schemas:3.0:Crane"
RENTAL_URN = "urn:larkfield:schemas:3.0:Crane:rental"
TEXTUAL = ("string", "reference", "binary")


def _attribute(
    kind: str = "string", *, many: bool = False, required: tuple[str, ...] = (), **scim: Any
) -> dict[str, Any]:
    """Return an annotated JSON Schema node; ``kind`` is a SCIM type, a complex one has its ``subs`` among ``scim``."""
    subs, limits = scim.pop("subs", None), scim.pop("limits", {})
    json_type = {"boolean": "boolean", "integer": "integer", "decimal": "number", "complex": "object"}.get(
        kind, "string"
    )
    value: dict[str, Any] = {"type": json_type, **limits}
    if subs is not None:
        value |= {"properties": subs, "required": list(required)}
    notes = {"mutability": "readWrite", "returned": "default", "uniqueness": "none"}
    if kind in TEXTUAL:
        notes["caseExact"] = kind == "binary"
    if kind in ("dateTime", "reference", "binary"):
        notes["type"] = kind
    if kind == "reference":
        notes["referenceTypes"] = ["external"]
    node = {"type": "array", "items": value} if many else value
    return {**node, "description": "Part of a crane.", "scim": notes | scim}


def _schema(urn: str, required: list[str], **properties: Any) -> dict[str, Any]:
    head = {"$id": urn, "title": urn.rpartition(":")[2], "description": "Cranes.", "type": "object"}
    return {**head, "required": required, "properties": properties}


CRANE = _schema(
    CRANE_URN,
    ["name", "slots"],
    name=_attribute(uniqueness="server", keyed=True),
    code=_attribute(caseExact=True, keyed=True),
    nick=_attribute(limits={"minLength": 2, "maxLength": 8}),
    floors=_attribute("integer", keyed=True),
    height=_attribute("decimal"),
    built=_attribute("dateTime", keyed=True),
    tested=_attribute("boolean"),
    plan=_attribute("binary"),
    site=_attribute("reference"),
    serial=_attribute(mutability="immutable"),
    maker=_attribute(mutability="readOnly"),
    pin=_attribute(mutability="writeOnly", returned="never"),
    badge=_attribute(returned="always"),
    memo=_attribute(returned="request"),
    slots=_attribute(many=True, keyed=True),
    loads=_attribute("decimal", many=True),
    days=_attribute("dateTime", many=True),
    marks=_attribute(many=True, mutability="immutable"),
    hook=_attribute(
        "complex",
        required=("size",),
        subs={
            "size": _attribute("integer"),
            "forged": _attribute(mutability="immutable"),
            "maker": _attribute(mutability="readOnly"),
            "stamp": _attribute(returned="always"),
            "memo": _attribute(returned="request"),
            "note": _attribute(),
        },
    ),
    parts=_attribute(
        "complex",
        many=True,
        required=("value",),
        subs={
            "value": _attribute(keyed=True),
            "type": _attribute(keyed=True),
            "primary": _attribute("boolean"),
            "serial": _attribute(mutability="immutable"),
            "fitted": _attribute("dateTime"),
            "weight": _attribute("decimal"),
            "stamp": _attribute(returned="always"),
            "memo": _attribute(returned="request"),
            "secret": _attribute(returned="never"),
            "note": _attribute(),
        },
    ),
    plate=_attribute("complex", returned="always", subs={"text": _attribute(), "memo": _attribute(returned="request")}),
)
RENTAL = _schema(
    RENTAL_URN,
    [],
    tenant=_attribute(keyed=True),
    rate=_attribute("decimal"),
    since=_attribute("dateTime", mutability="immutable"),
    label=_attribute(returned="always"),
    terms=_attribute("complex", subs={"days": _attribute("integer"), "law": _attribute()}),
)


def crane() -> ResourceType:
    """Return the resource type; making it takes a few milliseconds."""
    definitions = {urn: load_schema(document) for urn, document in ((CRANE_URN, CRANE), (RENTAL_URN, RENTAL))}
    document = {
        "name": "Crane",
        "endpoint": "/Cranes",
        "schema": CRANE_URN,
        "schemaExtensions": [{"schema": RENTAL_URN, "required": False}],
    }
    return load_resource_type(document, definitions, load_schemas().resource_type("User").common)
