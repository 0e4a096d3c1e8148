"""The shapes in which Entra ID writes: a class for each dialect, a method for each message (idp-clients §2 to §4).

``legacy`` is what a Tenant URL without a flag gets, ``scim2`` what ``?aadOptscim062020`` asks for. ``mixed`` chooses
for each request, as a server sees it on a day with on-demand runs: those ignore the flag.
"""

import json
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeVar

from ..mapping.targets import ENTERPRISE, MANAGER, target

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
LEGACY_GROUP = "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"
"""Entra names it in ``schemas``; it resolves to nothing."""
PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
ROLE_TYPE = "WindowsAzureActiveDirectoryRole"

Flat = Mapping[str, Any]
"""Target path → value."""
Message = dict[str, Any]
Choice = TypeVar("Choice")


@dataclass(frozen=True, slots=True)
class Edit:
    """One attribute that the server has to get, in no dialect yet."""

    op: Literal["add", "replace"]
    """``add`` if the resource has no value there."""
    path: str
    value: Any


class Dialect(Protocol):
    """How messages are written. ``key`` is any text of the request: what could be one of several shapes follows it."""

    name: str
    reference_filters: bool
    """Whether it asks about references by filter (``id eq … and manager eq …``); otherwise it reads the resource."""

    def user_body(self, flat: Flat) -> Message:
        """Return the body that creates a user."""
        ...

    def group_body(self, flat: Flat) -> Message:
        """Return the body that creates a group, without members."""
        ...

    def patch(self, edits: Sequence[Edit], resource: Mapping[str, Any], key: str) -> Message:
        """Return the PATCH that carries out the edits; ``resource`` is what was last read."""
        ...

    def manager_patch(self, manager: str | None, before: str | None, base_url: str, key: str) -> Message:
        """Return the PATCH that sets the manager, or with None removes ``before``; both are ids of the server."""
        ...

    def members_patch(self, added: Sequence[str], removed: Sequence[str], key: str) -> Message:
        """Return the PATCH that adds and removes members by their ids."""
        ...


class _Entra:
    """What both dialects have in common: bodies that create."""

    reference_filters = True

    def user_body(self, flat: Flat) -> Message:
        """Return the POST body of a user.

        As Entra's it names only two schemas, whatever extensions it has values of, and it has ``meta`` and ``roles``.
        """
        body: Message = {"schemas": [USER, ENTERPRISE]}
        for path, value in flat.items():
            target(path).put(body, value)
        for element in body.get("emails", ()):
            element.setdefault("primary", element.get("type") == "work")
        for element in body.get("addresses", ()):
            element.setdefault("primary", False)
        body["roles"] = [_created_role(role) for role in body.get("roles", ())]
        body["meta"] = {"resourceType": "User"}
        return body

    def group_body(self, flat: Flat) -> Message:
        """Return the POST body of a group: Entra creates it empty and fills it by PATCH."""
        body: Message = {"schemas": [GROUP, LEGACY_GROUP]}
        for path, value in flat.items():
            target(path).put(body, value)
        body["meta"] = {"resourceType": "Group"}
        return body


class Legacy(_Entra):
    """Without a flag: capitalised operations, one for each attribute, and text where a boolean belongs."""

    name = "legacy"

    def patch(self, edits: Sequence[Edit], resource: Mapping[str, Any], key: str) -> Message:
        """Return one operation for each attribute, with its path."""
        return _message([{"op": e.op.title(), "path": e.path, "value": _legacy_value(e)} for e in edits])

    def manager_patch(self, manager: str | None, before: str | None, base_url: str, key: str) -> Message:
        """Return one of the three shapes seen for a manager, or the removal with a value that the RFC does not know."""
        if manager is None:
            return _message([{"op": "Remove", "path": MANAGER, "value": [{"value": before}]}])
        shapes: list[Message] = [
            {"op": "Add", "path": "manager", "value": [{"$ref": f"{base_url}/Users/{manager}", "value": manager}]},
            {"op": "Add", "path": MANAGER, "value": manager},
            {"op": "Replace", "path": f"{MANAGER}.value", "value": manager},
        ]
        return _message([_chosen(shapes, key)])

    def members_patch(self, added: Sequence[str], removed: Sequence[str], key: str) -> Message:
        """Return members as a list for both operations: the removal has no filter, and means only those listed."""
        return _message(
            [
                {"op": op, "path": "members", "value": _members(ids)}
                for op, ids in (("Add", added), ("Remove", removed))
                if ids
            ]
        )


class Scim2(_Entra):
    """With ``aadOptscim062020``: operations in lower case, true booleans, and a flat map whose keys are paths."""

    name = "scim2"

    def patch(self, edits: Sequence[Edit], resource: Mapping[str, Any], key: str) -> Message:
        """Return an operation with a path for each attribute that has a filter, and one without for all the others."""
        operations: list[Message] = [
            {"op": e.op, "path": e.path, "value": _scim2_value(e)} for e in edits if _has_its_own_operation(e)
        ]
        others = [e for e in edits if not _has_its_own_operation(e)]
        if others:
            op = "replace" if any(e.op == "replace" for e in others) else "add"
            operations.append({"op": op, "value": {e.path: e.value for e in others}})
        return _message(operations)

    def manager_patch(self, manager: str | None, before: str | None, base_url: str, key: str) -> Message:
        """Return the manager as an object or as a bare id; a removal is the RFC's."""
        if manager is None:
            return _message([{"op": "remove", "path": MANAGER}])
        shapes: list[Message] = [
            {"op": "replace", "path": MANAGER, "value": {"value": manager}},
            {"op": "add", "path": MANAGER, "value": manager},
        ]
        return _message([_chosen(shapes, key)])

    def members_patch(self, added: Sequence[str], removed: Sequence[str], key: str) -> Message:
        """Return new members as a list, and one removal with a filter for each member that leaves."""
        operations: list[Message] = [{"op": "add", "path": "members", "value": _members(added)}] if added else []
        operations += [{"op": "remove", "path": f'members[value eq "{member}"]'} for member in removed]
        return _message(operations)


class Mixed(_Entra):
    """Each request in one of both dialects, chosen by the seed and the request's key."""

    name = "mixed"

    def __init__(self, seed: int = 0) -> None:
        self._seed = seed
        self._dialects: list[Dialect] = [Legacy(), Scim2()]

    def _for(self, key: str) -> Dialect:
        return _chosen(self._dialects, f"{self._seed}:{key}")

    def patch(self, edits: Sequence[Edit], resource: Mapping[str, Any], key: str) -> Message:
        """Return the PATCH of either dialect."""
        return self._for(key).patch(edits, resource, key)

    def manager_patch(self, manager: str | None, before: str | None, base_url: str, key: str) -> Message:
        """Return the PATCH of either dialect."""
        return self._for(key).manager_patch(manager, before, base_url, key)

    def members_patch(self, added: Sequence[str], removed: Sequence[str], key: str) -> Message:
        """Return the PATCH of either dialect."""
        return self._for(key).members_patch(added, removed, key)


NAMES = ("legacy", "scim2", "mixed")


def dialect_named(name: str, seed: int = 0) -> Dialect:
    """Return a dialect by its name; the seed is for ``mixed``."""
    dialects: dict[str, Dialect] = {"legacy": Legacy(), "scim2": Scim2(), "mixed": Mixed(seed)}
    return dialects[name]


def _message(operations: list[Message]) -> Message:
    return {"schemas": [PATCH_OP], "Operations": operations}


def _members(ids: Iterable[str]) -> list[Message]:
    return [{"$ref": None, "value": member} for member in ids]


def _chosen(choices: Sequence[Choice], key: str) -> Choice:
    return choices[zlib.crc32(key.encode()) % len(choices)]


def _has_its_own_operation(edit: Edit) -> bool:
    """Roles go by themselves: added in one case and replaced as a whole in the other."""
    return "[" in edit.path or edit.path == "roles"


def _legacy_value(edit: Edit) -> Any:
    if isinstance(edit.value, bool):
        return str(edit.value)
    if edit.path == "roles" and isinstance(edit.value, list):
        return [_packed(role) for role in edit.value]
    return edit.value


def _scim2_value(edit: Edit) -> Any:
    if edit.path == "roles" and isinstance(edit.value, list):
        return [_created_role(role) for role in edit.value]
    return edit.value


def _created_role(role: Any) -> Any:
    """Return a role as a body has it; a single one (``roles[primary eq "True"].value``) always has the same type."""
    if not isinstance(role, dict):
        return role
    shaped = {name: value for name, value in role.items() if name != "id"}
    return {**shaped, "type": ROLE_TYPE} if role.get("primary") is True else shaped


def _packed(role: Any) -> Any:
    """Return a role as JSON in a text, as the dialect without a flag sends those of the two complex expressions."""
    if not isinstance(role, dict):
        return role
    names = {
        "id": role.get("id"),
        "value": role.get("value"),
        "displayName": role.get("displayName", role.get("display")),
    }
    known = {name: value for name, value in names.items() if value is not None}
    return {"value": json.dumps(known, ensure_ascii=False, separators=(",", ":"))}
