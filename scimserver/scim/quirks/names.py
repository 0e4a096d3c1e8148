"""Attributes and schemas under another name than the schema gives them."""

from ...schema.attributes import Attribute, ResourceType


def alias(attribute: Attribute, name: str) -> Attribute | None:
    """Find the sub-attribute that a client means by a name the schema does not have, or None."""
    return manager_id(attribute, name) or display_name(attribute, name)


def manager_id(attribute: Attribute, name: str) -> Attribute | None:
    """Read SCIM 1's ``managerId`` as ``value``.

    Wrong: ``"manager": {"managerId": "u_01hw9b77"}``. Legal: ``"manager": {"value": "u_01hw9b77"}``.
    Source: row 22; OneLogin templates.
    """
    return attribute.sub("value") if attribute.name == "manager" and name.lower() == "managerid" else None


def display_name(attribute: Attribute, name: str) -> Attribute | None:
    """Read ``displayName`` inside a member or a role as ``display``.

    Wrong: ``"members": [{"value": "u_01hx7m2k", "displayName": "Ines"}]``. Legal: ``"display": "Ines"``.
    Source: row 18; Entra's app roles.
    """
    return attribute.sub("display") if name.lower() == "displayname" else None


def unqualified(resource_type: ResourceType, name: str) -> Attribute | None:
    """Find an extension's attribute sent without its URN, if only one extension has it.

    Wrong: ``{"userName": …, "manager": {"value": "u_01hw9b77"}}``.
    Legal: ``{"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"manager": {…}}}``.
    Source: row 21; Microsoft's documented samples.
    """
    return resource_type.extension_attribute(name)


def current_urn(urn: str, resource_type: ResourceType) -> str:
    """Return the IETF URN for a schema URN of SCIM 1.x or of the drafts; any other URN as it is.

    Wrong: ``"schemas": ["urn:scim:schemas:core:1.0"]``.
    Legal: ``"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"]``.
    Source: row 27; OneLogin.
    """
    short = urn.lower().removesuffix(f":{resource_type.name.lower()}")
    if short in ("urn:scim:schemas:core:1.0", "urn:scim:schemas:core:2.0"):
        return resource_type.schema.id
    if short in ("urn:scim:schemas:extension:enterprise:1.0", "urn:scim:schemas:extension:enterprise:2.0"):
        return f"urn:ietf:params:scim:schemas:extension:enterprise:2.0:{resource_type.name}"
    return urn
