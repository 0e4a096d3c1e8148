"""The dialect ``rfc``: what RFC 7644 demands and nothing else, so that it works with every server that keeps to it.

Unlike Entra's and Okta's own dialects, this one

* names an extension in ``schemas`` when it uses it (§3.1), and sends neither ``meta`` nor empty attributes;
* writes operations in lower case and booleans as booleans;
* replaces ``emails[type eq "work"].value`` only where there is such an element; elsewhere ``replace`` would be 400
  ``noTarget`` (§3.5.2.3), so the whole element is added to ``emails``;
* removes a member by ``members[value eq "…"]`` (§3.5.2.2);
* asks ``/ServiceProviderConfig``, ``/ResourceTypes`` and ``/Schemas`` first: a server without PATCH gets PUT, and an
  attribute that it does not publish is not sent.
"""

import copy
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .targets import MANAGER, Target, target

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"

Flat = Mapping[str, Any]
"""Target path → value."""
Message = dict[str, Any]


def user_body(flat: Flat) -> Message:
    """Return the body that creates a user."""
    return _body(USER, flat)


def group_body(flat: Flat) -> Message:
    """Return the body that creates a group without members."""
    return _body(GROUP, flat)


def _body(schema: str, flat: Flat) -> Message:
    places = {target(path): value for path, value in flat.items()}
    urns = dict.fromkeys(place.schema for place in places if place.schema)
    body: Message = {"schemas": [schema, *urns]}
    for place, value in places.items():
        place.put(body, value)
    return body


def patch(changes: Flat, resource: Mapping[str, Any]) -> Message:
    """Return the PATCH that sets the changed target paths in a resource as it was last read."""
    operations: list[Message] = []
    absent: dict[Target, Any] = {}
    for path, value in changes.items():
        place = target(path)
        if place.selector and not place.exists(resource):
            absent[place] = value
        else:
            operations.append({"op": "replace", "path": path, "value": value})
    return _message([*operations, *_additions(absent)])


def _additions(absent: Mapping[Target, Any]) -> Iterable[Message]:
    """Yield one ``add`` for each attribute, with its new elements whole."""
    new: dict[str | None, Message] = {}
    for place, value in absent.items():
        place.put(new.setdefault(place.schema, {}), value)
    for urn, attributes in new.items():
        for name, elements in attributes.items():
            yield {"op": "add", "path": f"{urn}:{name}" if urn else name, "value": elements}


def manager_patch(manager_id: str | None) -> Message:
    """Return the PATCH that sets or removes the manager."""
    if manager_id is None:
        return _message([{"op": "remove", "path": MANAGER}])
    return _message([{"op": "replace", "path": MANAGER, "value": {"value": manager_id}}])


def members_patch(added: Iterable[str], removed: Iterable[str]) -> Message:
    """Return the PATCH that adds and removes members by their ids."""
    new = [{"value": member} for member in added]
    operations: list[Message] = [{"op": "add", "path": "members", "value": new}] if new else []
    operations += [{"op": "remove", "path": f'members[value eq "{member}"]'} for member in removed]
    return _message(operations)


def _message(operations: list[Message]) -> Message:
    return {"schemas": [PATCH_OP], "Operations": operations}


def put_body(resource: Mapping[str, Any], changes: Flat) -> Message:
    """Return the resource as it was read, with the changes in it: what a server without PATCH is sent."""
    body = copy.deepcopy(dict(resource))
    for path, value in changes.items():
        place = target(path)
        place.put(body, value)
        if place.schema and place.schema not in body["schemas"]:
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
