"""The dialect ``rfc``: what RFC 7644 demands and nothing else, so that it works with every server that keeps to it.

Unlike Entra's and Okta's own dialects, this one

* names an extension in ``schemas`` when it uses it (§3.1), and sends neither ``meta`` nor empty attributes;
* writes operations in lower case and booleans as booleans;
* replaces ``emails[type eq "work"].value`` only where there is such an element; elsewhere ``replace`` would be 400
  ``noTarget`` (§3.5.2.3), so the whole element is added to ``emails``;
* removes a member by ``members[value eq "…"]`` (§3.5.2.2);
* never asks about references by filter (a complex attribute cannot be compared, §3.4.2.2): it reads the resource.

:mod:`.rfc` runs Entra's cycles in it, after it has asked what the server can do.
"""

import copy
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..mapping.targets import MANAGER, Target, target
from .dialects import GROUP, PATCH_OP, USER, Edit, Flat, Message


class Rfc:
    """The shapes; see :class:`~.dialects.Dialect`."""

    name = "rfc"
    reference_filters = False

    def user_body(self, flat: Flat) -> Message:
        """Return the body that creates a user."""
        return _body(USER, flat)

    def group_body(self, flat: Flat) -> Message:
        """Return the body that creates a group without members."""
        return _body(GROUP, flat)

    def patch(self, edits: Sequence[Edit], resource: Mapping[str, Any], key: str) -> Message:
        """Return the PATCH that carries out the edits in a resource as it was last read."""
        operations: list[Message] = []
        absent: dict[Target, Any] = {}
        for edit in edits:
            place = target(edit.path)
            if place.selector and not place.exists(resource):
                absent[place] = edit.value
            else:
                operations.append({"op": edit.op, "path": edit.path, "value": edit.value})
        return _message([*operations, *_additions(absent)])

    def manager_patch(self, manager: str | None, before: str | None, base_url: str, key: str) -> Message:
        """Return the PATCH that sets or removes the manager."""
        if manager is None:
            return _message([{"op": "remove", "path": MANAGER}])
        return _message([{"op": "replace", "path": MANAGER, "value": {"value": manager}}])

    def members_patch(self, added: Sequence[str], removed: Sequence[str], key: str) -> Message:
        """Return the PATCH that adds and removes members by their ids."""
        operations: list[Message] = []
        if added:
            operations.append({"op": "add", "path": "members", "value": [{"value": member} for member in added]})
        operations += [{"op": "remove", "path": f'members[value eq "{member}"]'} for member in removed]
        return _message(operations)


def _body(schema: str, flat: Flat) -> Message:
    places = {target(path): value for path, value in flat.items()}
    urns = dict.fromkeys(place.schema for place in places if place.schema)
    body: Message = {"schemas": [schema, *urns]}
    for place, value in places.items():
        place.put(body, value)
    return body


def _additions(absent: Mapping[Target, Any]) -> Iterable[Message]:
    """Yield one ``add`` for each attribute, with its new elements whole."""
    attributes: dict[Target, Message] = {}
    for place, value in absent.items():
        place.put(attributes.setdefault(Target(place.schema, place.attribute), {}), value)
    for attribute, holder in attributes.items():
        path = f"{attribute.schema}:{attribute.attribute}" if attribute.schema else attribute.attribute
        yield {"op": "add", "path": path, "value": attribute.find(holder)}


def _message(operations: list[Message]) -> Message:
    return {"schemas": [PATCH_OP], "Operations": operations}


def patched(resource: Mapping[str, Any], message: Message) -> Message:
    """Return a resource as one of this dialect's PATCH messages would leave it: what a server without PATCH is sent."""
    body = copy.deepcopy(dict(resource))
    for operation in message["Operations"]:
        place = target(operation["path"])
        if operation["op"] == "remove":
            place.remove(body)
        elif operation["op"] == "add" and isinstance(operation["value"], list):
            place.put(body, [*(place.find(body) or []), *operation["value"]])
        else:
            place.put(body, operation["value"])
        if place.schema and place.schema in body and place.schema not in body["schemas"]:
            body["schemas"].append(place.schema)
    return body


@dataclass(frozen=True, slots=True)
class Discovery:
    """What a server says that it can do (RFC 7644 §4)."""

    patch: bool
    filter: bool
    attributes: Mapping[str, frozenset[str]]
    """URN → names of its attributes and sub-attributes (``name``, ``name.givenName``), all in lower case."""

    @classmethod
    def of(cls, config: Mapping[str, Any], schemas: Iterable[Mapping[str, Any]]) -> "Discovery":
        """Read the answers of ``/ServiceProviderConfig`` and ``/Schemas``."""
        return cls(
            patch=bool(config.get("patch", {}).get("supported")),
            filter=bool(config.get("filter", {}).get("supported")),
            attributes={str(schema["id"]).casefold(): frozenset(_names(schema)) for schema in schemas},
        )

    def publishes(self, path: str, schema: str = USER) -> bool:
        """Say whether a target path of users (or groups) leads to something; common attributes need no schema."""
        place = target(path)
        if path.casefold() in ("externalid", "id"):  # common attributes: no schema lists them (RFC 7643 §3.1)
            return True
        known = self.attributes.get((place.schema or schema).casefold(), frozenset())
        name = f"{place.attribute}.{place.sub}" if place.sub else place.attribute
        return name.casefold() in known


def _names(schema: Mapping[str, Any]) -> Iterable[str]:
    for attribute in schema.get("attributes", ()):
        name = str(attribute["name"]).casefold()
        yield name
        for sub in attribute.get("subAttributes", ()):
            yield f"{name}.{sub['name']}".casefold()
