"""PUT: which parts of the stored resource a full replacement replaces (RFC 7644 §3.5.1)."""

from collections.abc import Mapping
from typing import Any

from ..errors import Mutability
from ..schema.attributes import Attribute, ResourceType
from .canonical import Canonical


def merge_put(stored: Mapping[str, Any], sent: Canonical, resource_type: ResourceType) -> dict[str, Any]:
    """Return the resource after a PUT: what the client sent, and what it cannot have meant to clear.

    An attribute that is not sent is cleared. Kept are an extension that the body names neither in ``schemas`` nor as
    a key, since clients such as Okta send back only what they know (idp-clients §9.1), and ``active``, since a missing
    one must not bring a disabled user back.

    Raises:
        Mutability: the body changes an immutable value.
    """
    merged = dict(sent.resource)
    if "active" in stored and "active" not in merged:
        merged["active"] = stored["active"]
    for extension in resource_type.extensions:
        if extension.id in stored and extension.id not in sent.extensions:
            merged[extension.id] = stored[extension.id]
    for attribute in resource_type.attributes():
        if attribute.mutability == "immutable":
            _keep_immutable(merged, stored, attribute, resource_type)
    return merged


def _keep_immutable(
    merged: dict[str, Any], stored: Mapping[str, Any], attribute: Attribute, resource_type: ResourceType
) -> None:
    before = resource_type.value(stored, attribute)
    after = resource_type.value(merged, attribute)
    if before is None or before == after:
        return
    if after is not None:
        raise Mutability(f"`{attribute.name}` can be set once and not be changed: send it as it is, or leave it out.")
    holder = merged
    if resource_type.is_extension_attribute(attribute):
        holder = merged.setdefault(attribute.schema, {})
    holder[attribute.name] = before
