"""How a stored document looks to a SCIM client: schemas, id, meta, references, groups and members."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from ..schema.attributes import Reference, ResourceType
from ..store.documents import Document
from .versions import version_tag

LIST_RESPONSE = "urn:ietf:params:scim:api:messages:2.0:ListResponse"


def list_response(
    resources: Sequence[dict[str, Any]],
    total: int | None,
    start_index: int | None = None,
    *,
    next_cursor: str | None = None,
    previous_cursor: str | None = None,
) -> dict[str, Any]:
    """Return a ListResponse (RFC 7644 §3.4.2, RFC 9865 §2); ``Resources`` is there even when empty.

    What is None is left out: ``startIndex`` of a page that a cursor led to, and the total where it is not known.
    """
    paging = {
        "totalResults": total,
        "startIndex": start_index,
        "itemsPerPage": len(resources),
        "nextCursor": next_cursor,
        "previousCursor": previous_cursor,
    }
    told = {name: value for name, value in paging.items() if value is not None}
    return {"schemas": [LIST_RESPONSE], **told, "Resources": list(resources)}


def timestamp(moment: datetime) -> str:
    """Return an instant as SCIM writes it: UTC, milliseconds, ``Z``."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def location(resource_type: ResourceType, base_url: str, resource_id: str) -> str:
    """Return the absolute URL of a resource."""
    return f"{base_url}{resource_type.endpoint}/{resource_id}"


def resource_view(document: Document, resource_type: ResourceType, base_url: str) -> dict[str, Any]:
    """Return the full resource except for what memberships say (``groups``, ``members``)."""
    extensions = [e.id for e in resource_type.extensions if e.id in document.scim]
    view: dict[str, Any] = {"schemas": [resource_type.schema.id, *extensions], "id": document.id, **document.scim}
    for urn in extensions:
        view[urn] = dict(view[urn])
    _add_references(view, resource_type, base_url)
    view["meta"] = {
        "resourceType": resource_type.name,
        "created": timestamp(document.created),
        "lastModified": timestamp(document.modified),
        "location": location(resource_type, base_url, document.id),
        "version": version_tag(document.v),
    }
    return view


def _add_references(view: dict[str, Any], resource_type: ResourceType, base_url: str) -> None:
    """Compute ``$ref`` where an attribute points at resources of this server, such as ``manager``."""
    for reference in resource_type.references:
        attribute = reference.attribute
        holder = view.get(attribute.schema, {}) if resource_type.is_extension_attribute(attribute) else view
        value = holder.get(attribute.name)
        if isinstance(value, list):
            holder[attribute.name] = [_with_address(reference, element, base_url) for element in value]
        elif value is not None:
            holder[attribute.name] = _with_address(reference, value, base_url)


def _with_address(reference: Reference, value: Any, base_url: str) -> Any:
    if not isinstance(value, dict) or not value.get("value"):
        return value
    endpoint = reference.endpoint(value["value"])
    return {**value, "$ref": f"{base_url}{endpoint}/{value['value']}"} if endpoint else value


def member_values(
    rows: Iterable[Mapping[str, Any]], types: Mapping[str, ResourceType], base_url: str
) -> list[dict[str, Any]]:
    """Return ``members`` of a group from its membership rows; ``types`` are those of which there can be members."""
    return [
        {
            "value": row["member"],
            "$ref": location(types[row["kind"]], base_url, row["member"]),
            "type": row["kind"],
            **({"display": row["display"]} if row.get("display") else {}),
        }
        for row in rows
    ]


def group_values(
    group_ids: Iterable[str], names: Mapping[str, str], group_type: ResourceType, base_url: str
) -> list[dict[str, Any]]:
    """Return ``groups`` of a user (RFC 7643 §4.1.2): direct memberships in groups that still exist."""
    return [
        {"value": group, "$ref": location(group_type, base_url, group), "display": names[group], "type": "direct"}
        for group in group_ids
        if group in names
    ]
