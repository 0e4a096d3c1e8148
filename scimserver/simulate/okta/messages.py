"""The bodies that Okta's provisioning service sends, in both of its styles.

An integration made with the app wizard (``legacy`` here) sends the whole resource by PUT for every change; one from the
catalogue (``scim2``) sends PATCH. Source: Okta's SCIM 2.0 protocol reference, "Understanding SCIM" and the FAQ on SCIM
integration concepts.
"""

import copy
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..mapping.targets import Target, target

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
PLACEHOLDER = "not-a-password-0"
"""Okta sends a password with every new user, also where passwords are not synchronised."""

Flat = Mapping[str, Any]
"""Target path → value."""
Message = dict[str, Any]


def user_body(flat: Flat) -> Message:
    """Return the body that creates a user; a mail without another in front of it is the primary one."""
    body: Message = {"schemas": [USER], "groups": [], "password": PLACEHOLDER, "active": True}
    _put_all(body, flat)
    for mail in body.get("emails", [])[:1]:
        mail["primary"] = True
    return body


def activation(active: bool) -> Message:
    """Return the PATCH of the catalogue style that activates or deactivates: no path, one attribute."""
    return _message([{"op": "replace", "value": {"active": active}}])


def profile_put(resource: Mapping[str, Any], changes: Flat) -> Message:
    """Return the whole resource as it was read (``id``, ``meta`` and ``groups`` too) with the changes in it."""
    body = copy.deepcopy(dict(resource))
    _put_all(body, changes)
    return body


def profile_patch(resource: Mapping[str, Any], changes: Flat) -> Message:
    """Return a PATCH without path that carries each changed attribute whole, lists with all of their elements."""
    after = profile_put(resource, changes)
    places = [target(path) for path in changes]
    return _message([{"op": "replace", "value": {_key(after, place): after[_key(after, place)] for place in places}}])


def _key(resource: Mapping[str, Any], place: Target) -> str:
    name = place.schema or place.attribute
    return next(key for key in resource if key.casefold() == name.casefold())


def _put_all(body: Message, flat: Flat) -> None:
    for path, value in flat.items():
        place = target(path)
        place.put(body, value)
        if place.schema and place.schema not in body["schemas"]:
            body["schemas"].append(place.schema)


Member = tuple[str, str]
"""Target id and user name."""


def group_body(name: str) -> Message:
    """Return the body that creates a group; members come afterwards."""
    return {"schemas": [GROUP], "displayName": name, "members": []}


def membership_patch(group_id: str, name: str, added: Iterable[Member], removed: Sequence[str]) -> Message:
    """Return the PATCH that moves some members; Okta sends the name along with every change of members."""
    operations = [_renamed(group_id, name)]
    operations += [{"op": "remove", "path": f'members[value eq "{member}"]'} for member in removed]
    new = _members(added)
    return _message([*operations, {"op": "add", "path": "members", "value": new}] if new else operations)


def members_replacement(group_id: str, name: str, members: Iterable[Member]) -> Message:
    """Return the PATCH of "push now", which replaces the members by the full list."""
    replaced = {"op": "replace", "path": "members", "value": _members(members)}
    return _message([_renamed(group_id, name), replaced])


def rename_patch(group_id: str, name: str) -> Message:
    """Return the PATCH that renames a group; its value holds the id too."""
    return _message([_renamed(group_id, name)])


def group_put(group_id: str, name: str, members: Iterable[Member]) -> Message:
    """Return the whole group for the app-wizard style."""
    return {"schemas": [GROUP], "id": group_id, "displayName": name, "members": _members(members)}


def _renamed(group_id: str, name: str) -> Message:
    return {"op": "replace", "value": {"id": group_id, "displayName": name}}


def _members(members: Iterable[Member]) -> list[Message]:
    return [{"value": member, "display": name} for member, name in members]


def _message(operations: list[Message]) -> Message:
    return {"schemas": [PATCH_OP], "Operations": operations}
