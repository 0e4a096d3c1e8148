"""PUT: which parts of the stored resource a full replacement replaces (RFC 7644 §3.5.1)."""

from collections.abc import Mapping
from typing import Any

from ..schema.attributes import Attribute, ResourceType
from .canonical import Canonical
from .mutability import keep_immutable


def merge_put(stored: Mapping[str, Any], sent: Canonical, resource_type: ResourceType) -> dict[str, Any]:
    """Return the resource after a PUT: what the client sent, and what it cannot have meant to clear.

    An attribute that is not sent is cleared. Kept are an extension that the body names neither in ``schemas`` nor as
    a key, since clients such as Okta send back only what they know (idp-clients §9.1), and ``active``, since a missing
    one must not bring a disabled user back.

    Raises:
        Mutability: the body changes an immutable value.
    """
    merged = dict(sent.resource)
    if "active" in stored and "active" not in merged and "active" not in sent.cleared:
        merged["active"] = stored["active"]
    for extension in resource_type.extensions:
        if extension.id in stored and extension.id not in sent.extensions:
            merged[extension.id] = stored[extension.id]
    for attribute in resource_type.attributes():
        before, after = resource_type.value(stored, attribute), resource_type.value(merged, attribute)
        if before is None or before == after:
            continue
        kept = keep_immutable(attribute, before, after)
        if kept is not after:
            _holder(merged, attribute, resource_type)[attribute.name] = kept
    return merged


def _holder(merged: dict[str, Any], attribute: Attribute, resource_type: ResourceType) -> dict[str, Any]:
    """Return the object that the attribute's value is put into; never one of the stored resource."""
    if not resource_type.is_extension_attribute(attribute):
        return merged
    held = merged.get(attribute.schema, {})
    if not isinstance(held, dict):
        return {}  # what is no object stays for the schema check to name
    holder: dict[str, Any] = {**held}
    merged[attribute.schema] = holder
    return holder
