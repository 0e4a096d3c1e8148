"""The documents of ``/Schemas``, ``/ResourceTypes`` and ``/ServiceProviderConfig`` (RFC 7643 §5 to §7, RFC 9865 §4)."""

from typing import Any

from ..settings import LimitSettings
from .attributes import Attribute, ResourceType, SchemaDefinition
from .loader import CONFIG_URN, RESOURCE_TYPE_URN, SCHEMA_URN


def schema_document(definition: SchemaDefinition, base_url: str) -> dict[str, Any]:
    """Return a Schema resource; keys without a value are left out, since Entra's discovery cannot read nulls."""
    return {
        "schemas": [SCHEMA_URN],
        "id": definition.id,
        "name": definition.name,
        "description": definition.description,
        "attributes": [_attribute(a) for a in definition.attributes if a.published],
        "meta": {"resourceType": "Schema", "location": f"{base_url}/Schemas/{definition.id}"},
    }


def _attribute(attribute: Attribute) -> dict[str, Any]:
    document: dict[str, Any] = {
        "name": attribute.name,
        "type": attribute.type,
        "multiValued": attribute.multi_valued,
        "description": attribute.description,
        "required": attribute.required,
        "mutability": attribute.mutability,
        "returned": attribute.returned,
    }
    if attribute.type in ("string", "reference", "binary"):
        document["caseExact"] = attribute.case_exact
    # A complex attribute has none of its own; its sub-attributes have.
    document["uniqueness"] = attribute.uniqueness
    if attribute.canonical_values:
        document["canonicalValues"] = list(attribute.canonical_values)
    if attribute.reference_types:
        document["referenceTypes"] = list(attribute.reference_types)
    if attribute.sub_attributes:
        document["subAttributes"] = [_attribute(a) for a in attribute.sub_attributes if a.published]
    return document


def resource_type_document(resource_type: ResourceType, base_url: str) -> dict[str, Any]:
    """Return a ResourceType resource."""
    return {
        "schemas": [RESOURCE_TYPE_URN],
        "id": resource_type.name,
        "name": resource_type.name,
        "endpoint": resource_type.endpoint,
        "description": resource_type.description,
        "schema": resource_type.schema.id,
        "schemaExtensions": [
            {"schema": extension.id, "required": extension.id in resource_type.required_extensions}
            for extension in resource_type.extensions
        ],
        "meta": {"resourceType": "ResourceType", "location": f"{base_url}/ResourceTypes/{resource_type.name}"},
    }


def service_provider_config(base_url: str, limits: LimitSettings) -> dict[str, Any]:
    """Return what this server offers; every block is there with its numbers, since some clients parse strictly."""
    return {
        "schemas": [CONFIG_URN],
        "patch": {"supported": True},
        "bulk": {
            "supported": True,
            "maxOperations": limits.bulk_operations,
            "maxPayloadSize": limits.bulk_bytes,
        },
        "filter": {"supported": True, "maxResults": limits.page_maximum},
        "changePassword": {"supported": False},
        "sort": {"supported": True},
        "etag": {"supported": True},
        "pagination": {
            "cursor": True,
            "index": True,
            "defaultPaginationMethod": "index",
            "defaultPageSize": limits.page_default,
            "maxPageSize": limits.page_maximum,
            "cursorTimeout": limits.cursor_seconds,
        },
        "authenticationSchemes": [
            {
                "type": "oauthbearertoken",
                "name": "Secret Token",
                "description": "The workspace's Secret Token in the header `Authorization: Bearer …`.",
                "specUri": "https://www.rfc-editor.org/info/rfc6750",
                "primary": True,
            }
        ],
        "meta": {"resourceType": "ServiceProviderConfig", "location": f"{base_url}/ServiceProviderConfig"},
    }
