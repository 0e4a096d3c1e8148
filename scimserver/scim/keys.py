"""Match keys: what makes equality fast, indexed and race-safe on every MongoDB-compatible engine (design §4).

A document carries an array of ``path=folded value`` strings under one multikey index; a filter asks for one of them.
Writer and query builder both call this module, so the two sides cannot disagree:

* ``userName=ines@larkfield.example`` for a simple attribute, folded unless it is caseExact;
* ``emails.value=…`` and, by type, ``emails[work].value=…`` for the elements of a multi-valued attribute;
* ``urn:…:User:employeeNumber=40017`` and ``urn:…:User:manager.value=u_…`` for an extension;
* ``Device/displayName=…`` for a custom resource type, since they share one collection and its indexes.

Members and groups have no keys: they are documents of the ``memberships`` collection.
"""

import hashlib
from collections.abc import Callable, Iterator
from typing import Any

from ..schema.attributes import COMMON, Attribute, ResourceType
from ..schema.instants import Instant, parse_instant
from .filter import AttributePath

MAX_VALUE = 200
"""Longest folded value kept as it is, in characters; a longer one is replaced by its hash."""

_HASHED = "#"


def fold(attribute: Attribute, value: Any) -> str:
    """Return the text under which equal values of the attribute meet: casefolded unless caseExact (RFC 7643 §2.2).

    Dates meet as instants and numbers by value, so ``1`` and ``1.0`` are equal.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value) if isinstance(value, float) and not value.is_integer() else str(int(value))
    if attribute.type == "dateTime":
        instant = value if isinstance(value, Instant) else parse_instant(str(value))
        return str(instant) if instant else str(value)
    return str(value) if attribute.case_exact else str(value).casefold()


def key_for(resource_type: ResourceType, path: AttributePath, value: Any, element_type: str | None = None) -> str:
    """Return the key of one value; ``element_type`` narrows to elements of that ``type``: ``emails[work].value=…``."""
    bracket = ""
    if element_type is not None:
        type_attribute = path.attribute.sub("type")
        folded = fold(type_attribute, element_type) if type_attribute else element_type
        # Without this a type holding "].value=" could pass for the key of another value.
        bracket = f"[{_shorten(folded.replace('%', '%25').replace(']', '%5D'))}]"
    prefix = f"{path.urn}:" if path.urn else ""
    suffix = f".{path.sub.name}" if path.sub else ""
    name = f"{_owner(resource_type)}{prefix}{path.attribute.name}"
    return f"{name}{bracket}{suffix}={_shorten(fold(path.leaf, value))}"


def path_and_value(resource_type: ResourceType, key: str) -> tuple[str, str]:
    """Return the attribute path and the folded value of a key of that resource type."""
    path, _, value = key.removeprefix(_owner(resource_type)).partition("=")
    return path, value


def match_keys(resource_type: ResourceType, resource: dict[str, Any]) -> list[str]:
    """Return the keys of every keyed attribute of a canonical resource, in a fixed order and without repetition."""
    keys = [
        key
        for path in _paths(resource_type, lambda attribute: attribute.keyed)
        for value, element_type in _values(resource_type, resource, path)
        for key in _keys_of(resource_type, path, value, element_type)
    ]
    return list(dict.fromkeys(keys))


def unique_keys(resource_type: ResourceType, resource: dict[str, Any]) -> list[str]:
    """Return the keys that no other resource of the workspace and type may hold.

    ``id=…`` is always there: a document without any would collide with the next one on null. The resource must
    have its ``id`` (KeyError otherwise).
    """
    keys = [
        key_for(resource_type, path, value)
        for path in _paths(resource_type, lambda attribute: attribute.uniqueness != "none")
        for value, _ in _values(resource_type, resource, path)
    ]
    return list(dict.fromkeys([f"id={resource['id']}", *keys]))


def is_id(attribute: Attribute) -> bool:
    """Tell whether the attribute is the resource's ``id``, which is the document's ``_id``."""
    return attribute.name == "id" and attribute.schema == COMMON


def is_membership(attribute: Attribute, resource_type: ResourceType) -> bool:
    """Tell whether the attribute's values are kept in ``memberships``: a group's members, a user's groups."""
    kept = {"groups": "members", "users": "groups"}.get(resource_type.collection)
    return attribute.name == kept and attribute.schema == resource_type.schema.id


def _paths(resource_type: ResourceType, wanted: Callable[[Attribute], bool]) -> Iterator[AttributePath]:
    """Yield the paths of the wanted attributes and sub-attributes, without id, members and groups."""
    for attribute in resource_type.attributes():
        simple = attribute.type != "complex" and wanted(attribute)
        subs = [sub for sub in attribute.sub_attributes if wanted(sub)]
        if not (simple or subs) or is_id(attribute) or is_membership(attribute, resource_type):
            continue
        urn = attribute.schema if resource_type.is_extension_attribute(attribute) else None
        if simple:
            yield AttributePath(attribute, urn=urn)
        for sub in subs:
            yield AttributePath(attribute, sub, urn)


def _owner(resource_type: ResourceType) -> str:
    # Neither a name of an attribute nor a URN has a slash.
    return f"{resource_type.name}/" if resource_type.shared else ""


def _keys_of(resource_type: ResourceType, path: AttributePath, value: Any, element_type: str | None) -> Iterator[str]:
    yield key_for(resource_type, path, value)
    if element_type is not None:
        yield key_for(resource_type, path, value, element_type)


def _values(
    resource_type: ResourceType, resource: dict[str, Any], path: AttributePath
) -> Iterator[tuple[Any, str | None]]:
    """Yield each value at the path with the ``type`` of its element, if it has one."""
    held = resource_type.value(resource, path.attribute)
    for element in held if isinstance(held, list) else [held]:
        if path.sub is None:
            value, element_type = element, None
        elif isinstance(element, dict):
            value = element.get(path.sub.name)
            element_type = element.get("type") if path.attribute.multi_valued and path.sub.name != "type" else None
        else:
            continue
        for one in value if isinstance(value, list) else [value]:
            if one is not None:
                yield one, element_type if isinstance(element_type, str) else None


def _shorten(folded: str) -> str:
    """Keep index entries short; a short value that looks like a hash is hashed too, so that none can be forged."""
    if len(folded) <= MAX_VALUE and not folded.startswith(_HASHED):
        return folded
    return _HASHED + hashlib.sha256(folded.encode("utf-8", "surrogatepass")).hexdigest()
