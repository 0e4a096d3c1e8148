"""PATCH operations (RFC 7644 §3.5.2) that mean something else than the RFC makes of their words."""

from typing import Any

from ...schema.attributes import Attribute
from .registry import toleration


@toleration
def path_as_key(key: str, *, has_sub: bool) -> bool:
    """Read the keys of an operation without a path as paths, and not as names.

    Wrong: ``{"op": "replace", "value": {"name.familyName": "Reid", "urn:…:User:department": "Survey"}}``.
    Legal: ``{"op": "replace", "value": {"name": {"familyName": "Reid"}, "urn:…:User": {"department": "Survey"}}}``.
    Source: Microsoft Entra ID with ``aadOptscim062020``.
    """
    return has_sub or ":" in key or "[" in key


@toleration
def schemas_in_patch(attribute: Attribute) -> bool:
    """Overlook an operation on ``schemas``, which follow from what the resource holds.

    Wrong: ``{"op": "replace", "value": {"schemas": ["urn:…:PatchOp"], "title": "Engineer"}}``.
    Legal: ``{"op": "replace", "value": {"title": "Engineer"}}``.
    Source: clients that send a whole resource as the value.
    """
    return attribute.name == "schemas"


@toleration
def read_only_in_patch(attribute: Attribute) -> bool:
    """Leave out what only the server sets, in the value of an operation without a path.

    Wrong: ``{"op": "replace", "value": {"id": "g_44qk", "meta": {…}, "displayName": "Harbour Works"}}``.
    Legal: ``{"op": "replace", "value": {"displayName": "Harbour Works"}}``.
    Source: Okta sends the ``id`` with every rename of a group.
    """
    return attribute.mutability == "readOnly"


@toleration
def create_selected(op: str) -> bool:
    r"""Create the value that a path selects, if there is none: what the filter says of it holds in it.

    Wrong: ``{"op": "replace", "path": "emails[type eq \"work\"].value", "value": "ines@…"}`` for a user without one.
    Legal: ``{"op": "add", "path": "emails", "value": [{"type": "work", "value": "ines@…"}]}``.
    Source: Microsoft Entra ID and its validator; the RFC says noTarget.
    """
    return op == "replace"


@toleration
def remove_absent(op: str) -> bool:
    r"""Take the removal of what a path does not select for done.

    Wrong: ``{"op": "remove", "path": "emails[type eq \"home\"]"}`` for a user without one.
    Legal: no such request.
    Source: Microsoft Entra ID; the RFC says noTarget, and the request would come again in every cycle.
    """
    return op == "remove"


@toleration
def remove_listed(value: Any) -> bool:
    r"""Remove from a list just the values that stand beside its path, and not all of it.

    Wrong: ``{"op": "remove", "path": "members", "value": [{"value": "u_01hx7m2k"}]}``.
    Legal: ``{"op": "remove", "path": "members[value eq \"u_01hx7m2k\"]"}``.
    Source: Microsoft Entra ID without ``aadOptscim062020``; JumpCloud. To the RFC the first empties the group.
    """
    return value not in (None, "")


@toleration
def keep_described(described: dict[str, Any]) -> bool:
    r"""Keep in a replaced value what its path says of it.

    Wrong: ``{"op": "replace", "path": "emails[type eq \"work\"]", "value": {"value": "ines@…"}}``, meaning a work mail.
    Legal: the same with ``"value": {"type": "work", "value": "ines@…"}``.
    Source: generic clients; to the RFC the value is all that is left.
    """
    return bool(described)


@toleration
def drop_label_only_element(left: frozenset[str]) -> bool:
    r"""Drop a value of which only its ``type`` and ``primary`` are left.

    Wrong: ``{"op": "remove", "path": "phoneNumbers[type eq \"fax\"].value"}``, meaning the whole number.
    Legal: ``{"op": "remove", "path": "phoneNumbers[type eq \"fax\"]"}``.
    Source: Microsoft Entra ID; OneLogin's templates post ``{"type": "work", "value": ""}``.
    """
    return left <= {"type", "primary"}


@toleration
def unknown_member(member_id: str) -> bool:
    """Leave out, and report, a member that does not exist; the others are added.

    Wrong: ``{"op": "add", "path": "members", "value": [{"value": "u_01hx7m2k"}, {"value": "nobody"}]}``.
    Legal: the same without the unknown id.
    Source: Microsoft Entra ID and Okta; a 400 would lose the whole push, which Okta never repeats (fleet #52600).
    """
    return bool(member_id)
