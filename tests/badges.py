"""Schemas as workspaces bring them along: an extension of people, and a resource type that two workspaces name alike."""

from typing import Any

BADGE_URN = "urn:ietf:params:scim:schemas:extension:larkfield:2.0:User"
TOOL_URN = "urn:larkfield:params:scim:schemas:core:1.0:Tool"
PLAIN = {"mutability": "readWrite", "returned": "default", "uniqueness": "none"}


def text(**scim: Any) -> dict[str, Any]:
    """An attribute that is a text."""
    return {"type": "string", "description": "A text.", "scim": {**PLAIN, "caseExact": False, **scim}}


def simple(kind: str, **scim: Any) -> dict[str, Any]:
    """An attribute of a JSON type."""
    return {"type": kind, "description": "A value.", "scim": {**PLAIN, **scim}}


def schema(urn: str = BADGE_URN, *, required: tuple[str, ...] = (), **properties: Any) -> dict[str, Any]:
    """An annotated schema with these attributes."""
    head = {"$id": urn, "title": "Badges", "description": "What the workspace adds.", "type": "object"}
    return {**head, "required": list(required), "properties": properties}


def badges(**changes: Any) -> dict[str, Any]:
    """An extension of users: text, unique text, number, list."""
    attributes = {
        "badgeColour": text(keyed=True),
        "badgeNumber": text(keyed=True, uniqueness="server"),
        "berth": simple("integer"),
        "since": {"type": "string", "description": "First day.", "scim": {**PLAIN, "type": "dateTime"}},
        "keys": {**simple("array", caseExact=False, keyed=True), "items": {"type": "string"}},
        "secret": text(mutability="writeOnly", returned="never"),
        "note": text(returned="request"),
    }
    return schema(**{**attributes, **changes})


def tool(urn: str = TOOL_URN, **attributes: Any) -> list[dict[str, Any]]:
    """A resource type and its schema."""
    given = attributes or {"label": text(keyed=True, uniqueness="server"), "weight": simple("integer")}
    resource_type = {"name": "Tool", "endpoint": "/Tools", "schema": urn, "description": "Tools."}
    return [resource_type, schema(urn, **given)]
