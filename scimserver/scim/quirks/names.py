"""Attributes and schemas under another name than the schema gives them, or under one that nobody knows."""

from collections.abc import Collection
from typing import Any

from ...schema.attributes import Attribute, ResourceType
from .registry import Quirk, toleration


@toleration
def manager_id(attribute: Attribute, name: str) -> Attribute | None:
    """Read SCIM 1's ``managerId`` as ``value``.

    Wrong: ``"manager": {"managerId": "u_01hw9b77"}``.
    Legal: ``"manager": {"value": "u_01hw9b77"}``.
    Source: OneLogin's templates.
    """
    return attribute.sub("value") if attribute.name == "manager" and name.lower() == "managerid" else None


@toleration
def display_name(attribute: Attribute, name: str) -> Attribute | None:
    """Read ``displayName`` inside a member or a role as ``display``.

    Wrong: ``"members": [{"value": "u_01hx7m2k", "displayName": "Ines"}]``.
    Legal: ``"members": [{"value": "u_01hx7m2k", "display": "Ines"}]``.
    Source: Microsoft Entra ID's app roles; SCIMReferenceCode #20.
    """
    return attribute.sub("display") if name.lower() == "displayname" else None


ALIASES: tuple[Quirk, ...] = (manager_id, display_name)
"""Tolerations that find the sub-attribute which a client means by another name, or None."""


@toleration
def without_urn(resource_type: ResourceType, name: str) -> Attribute | None:
    """Find an extension's attribute named without its URN, if only one extension has it.

    Wrong: ``{"op": "add", "path": "manager", "value": {"value": "u_01hw9b77"}}``.
    Legal: ``"path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager"``.
    Source: Microsoft's documented samples.
    """
    return resource_type.extension_attribute(name)


@toleration
def earlier_urn(urn: str, resource_type: ResourceType) -> str:
    """Read a schema URN of SCIM 1.x or of the drafts as the IETF's.

    Wrong: ``"schemas": ["urn:scim:schemas:core:1.0"]``.
    Legal: ``"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"]``.
    Source: OneLogin; authentik #11249.
    """
    short = urn.lower().removesuffix(f":{resource_type.name.lower()}")
    if short in ("urn:scim:schemas:core:1.0", "urn:scim:schemas:core:2.0"):
        return resource_type.schema.id
    if short in ("urn:scim:schemas:extension:enterprise:1.0", "urn:scim:schemas:extension:enterprise:2.0"):
        return f"urn:ietf:params:scim:schemas:extension:enterprise:2.0:{resource_type.name}"
    return urn


@toleration
def dot_after_urn(follower: str) -> bool:
    """Take a dot for the colon between a URN and the attribute.

    Wrong: ``"path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User.department"``.
    Legal: ``"path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department"``.
    Source: Microsoft Entra ID jobs made before December 2018.
    """
    return follower == "."


@toleration
def unknown_attribute(attribute: Attribute | None) -> bool:
    """Leave out, and report, an attribute in a body that no schema has.

    Wrong: ``{"userName": "ines", "shoeSize": 41}``.
    Legal: the attribute under the URN of a schema extension that has it.
    Source: attribute mappings that are wider than the server; a 400 would block all other changes of that user.
    """
    return attribute is None


@toleration
def unknown_schema(strange: int) -> bool:
    """Overlook URIs in ``schemas`` that the resource does not have, beside its own.

    Wrong: ``"schemas": ["urn:…:core:2.0:Group", "http://schemas.microsoft.com/2006/11/…/Group"]``.
    Legal: ``"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"]``.
    Source: Microsoft Entra ID, in every new group.
    """
    return strange > 0


@toleration
def schema_not_listed(missing: Collection[str]) -> bool:
    """Know a resource's schemas by its attributes where ``schemas`` does not list them all.

    Wrong: ``{"schemas": ["urn:…:core:2.0:User"], "urn:…:larkfield:2.0:User": {"badgeColour": "teal"}}``.
    Legal: the same with both URNs in ``schemas``.
    Source: Microsoft Entra ID leaves custom extensions out; azure-docs #65648.
    """
    return bool(missing)


@toleration
def schema_listed_twice(urns: Collection[str]) -> bool:
    """Overlook a URN that ``schemas`` lists twice.

    Wrong: ``"schemas": ["urn:…:core:2.0:User", "urn:…:core:2.0:User"]``.
    Legal: each URN once (RFC 7643 §3).
    Source: templates that add what is there already.
    """
    return len({urn.lower() for urn in urns}) < len(urns)


@toleration
def schemas_missing(listed: Any) -> bool:
    """Take a resource without ``schemas`` for one of the endpoint's type.

    Wrong: ``{"userName": "ines"}``.
    Legal: ``{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "ines"}``.
    Source: home-made clients.
    """
    return listed is None or listed == []
