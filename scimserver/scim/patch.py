"""Apply PATCH operations to a resource (RFC 7644 §3.5.2): one after the other, all or none.

Tolerant readings are those that Entra ID needs (idp-clients §2.3): an element that a path selects is created if it is
absent, and the keys of an operation without a path are themselves paths. A group's ``members`` are not handled here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import BadRequest, InvalidPath, InvalidValue, Mutability, NoTarget
from ..schema.attributes import COMMON, Attribute, ResourceType
from .canonical import Reader, check_schemas, kind, once, read_only
from .elements import append, check_one_primary, distinct, equalities, move_primary, without
from .filter import Filter, PatchPath
from .keys import is_id
from .match import element_matches
from .messages import Operation
from .mutability import Guard, writable
from .parser import parse_path
from .quirks.values import unpacked_role
from .values import copied, sub_attribute

_LABELS = frozenset({"type", "primary"})
"""Sub-attributes that only say which element it is: an element with nothing else is noise."""


@dataclass(frozen=True, slots=True)
class PatchResult:
    """The changed resource, and what was tolerated on the way."""

    resource: dict[str, Any]
    notes: list[str]
    specified: dict[str, Any]
    """The attributes that the operations name, in the form of a resource; their values say nothing."""


def apply(
    resource: Mapping[str, Any], operations: list[Operation], resource_type: ResourceType, *, tolerant: bool = True
) -> PatchResult:
    """Return the resource after all operations; the given one is not changed.

    ``resource`` is canonical and has its ``id``. Types of new values are left to the schema check.

    Raises:
        InvalidPath, NoTarget, InvalidValue, Mutability: an operation cannot be applied; names it and the cure.
    """
    reader = Reader(resource_type, tolerant, refuse_read_only=not tolerant)
    patcher = _Patcher(copied(dict(resource)), reader)
    for operation in operations:
        try:
            patcher.apply(operation)
        except BadRequest as error:
            raise type(error)(f"`{operation.place}`: {error.detail}") from error
    patcher.settle()
    return PatchResult(patcher.resource, reader.notes, patcher.specified)


class _Patcher:
    """One resource while it is being changed."""

    def __init__(self, resource: dict[str, Any], reader: Reader) -> None:
        self.resource = resource
        self.reader = reader
        self.specified: dict[str, Any] = {}
        self._lists: dict[tuple[str, str], Attribute] = {}
        self._type = reader.resource_type
        self._tolerant = reader.tolerant

    def apply(self, operation: Operation) -> None:
        if operation.path is None:
            self._without_path(operation)
            return
        path = self._parsed(operation.path)
        if self._maintained(path, operation.op, operation.value):
            return
        for attribute in (path.attribute, path.sub):
            if attribute is not None and attribute.mutability == "readOnly":
                raise read_only(operation.path)
        self._change(operation.op, path, operation.value, operation.path, has_value=operation.has_value)

    def settle(self) -> None:
        """Make one value of those that operations on single sub-attributes have made the same."""
        for attribute in self._lists.values():
            if len(held := self._held(attribute) or []) > 1:
                self._put(attribute, distinct(held, attribute))

    def _parsed(self, text: str) -> PatchPath:
        return parse_path(text, self._type, tolerant=self._tolerant)

    # -- operations without a path ---------------------------------------------------------------------------------

    def _without_path(self, operation: Operation) -> None:
        if not isinstance(operation.value, dict):
            raise InvalidValue(
                f"`value`: without a `path` it must be an object of attributes, got {kind(operation.value)}."
            )
        spelling: dict[str, str] = {}
        for name, value in operation.value.items():
            once(spelling, name.lower(), name)
            self._named(operation.op, name, value)

    def _named(self, op: str, name: str, value: Any) -> None:
        """Apply one key of an operation without a path: an attribute or an extension, and to a tolerant reader a path.

        What the server itself maintains is left out, as in a POST: Okta sends ``id`` with every rename. A strict
        reader refuses it, as the RFC does in a PATCH.
        """
        extension = self.reader.extension(name)
        if extension is not None and isinstance(value, dict):
            for inner, item in value.items():
                self._named(op, f"{extension.id}:{inner}", item)
            return
        try:
            path = self._parsed(name)
        except InvalidPath:
            self.reader.unknown(name)
            return
        if not self._tolerant and (path.sub is not None or path.value_filter is not None):
            self.reader.unknown(name)
        if self._maintained(path, op, value):
            return
        if all(attribute is None or writable(attribute) for attribute in (path.attribute, path.sub)):
            self._change(op, path, value, name, has_value=True)
        elif not self._tolerant:
            raise read_only(name)

    # -- one target ------------------------------------------------------------------------------------------------

    def _maintained(self, path: PatchPath, op: str, value: Any) -> bool:
        """Tell whether a path names what follows from other things here: then there is nothing to do."""
        attribute = path.attribute
        if attribute is None:
            return False
        if attribute.name == "schemas" and attribute.schema == COMMON:
            if not self._tolerant:
                self._check_schemas(op, value)
            return True
        if is_id(attribute):
            return op != "remove" and value == self.resource.get("id")
        return attribute.name == "password" or (path.sub is not None and path.sub.name == "$ref")

    def _check_schemas(self, op: str, value: Any) -> None:
        """Refuse what ``schemas`` cannot become; the list itself follows from the extensions that hold something."""
        if op == "remove" or value is None:
            raise Mutability("`schemas` is required and cannot be removed: remove the extension's attributes instead.")
        listed = value if isinstance(value, list) else [value]
        own = self._type.schema.id
        check_schemas(self.reader, [own, *(urn for urn in listed if urn != own)] if op == "add" else listed)

    def _change(self, op: str, path: PatchPath, raw: Any, text: str, *, has_value: bool) -> None:
        if path.attribute is None:
            self._extension(op, str(path.extension), raw, text)
            return
        attribute = path.attribute
        clears = op == "remove" or self.reader.unassigned(path.sub or attribute, raw)
        guard = Guard(attribute, self._held(attribute))
        if clears and attribute.required and path.sub is None and path.value_filter is None:
            raise Mutability(f"`{text}` is required and cannot be removed: send a new value instead.")
        if path.value_filter is not None:
            self._selected(op, path, path.value_filter, raw, text, clears)
        elif path.sub is not None:
            self._sub(attribute, path.sub, raw, text, clears)
        else:
            self._whole(op, attribute, raw, text, clears, has_value)
        guard.check(self._held(attribute), text, clears=clears)
        if attribute.multi_valued:
            self._lists[attribute.schema, attribute.name] = attribute
        self._specify(path, raw)

    def _extension(self, op: str, urn: str, raw: Any, text: str) -> None:
        definition = self._type.extension(urn)
        if definition is not None and (op == "remove" or raw is None):
            for attribute in definition.attributes:
                if self._held(attribute) is not None:
                    self._change("remove", PatchPath(attribute), None, f"{urn}:{attribute.name}", has_value=False)
        elif isinstance(raw, dict):
            for name, item in raw.items():
                self._named(op, f"{urn}:{name}", item)
        else:
            raise InvalidValue(f"`{text}`: expected an object of the extension's attributes, got {kind(raw)}.")

    # -- a whole attribute -----------------------------------------------------------------------------------------

    def _whole(self, op: str, attribute: Attribute, raw: Any, text: str, clears: bool, has_value: bool) -> None:
        listed = has_value and raw not in (None, "", [])
        if op == "remove" and attribute.multi_valued and listed and self._tolerant:
            # Only the values that are given, as Entra means it (idp-clients §3.6); to the RFC a value says nothing.
            self._put(attribute, without(self._held(attribute) or [], self._values(attribute, raw, text), attribute))
        elif clears and op == "add" and attribute.multi_valued:
            return  # nothing is added to the list
        elif clears:
            self._put(attribute, None)
        elif attribute.multi_valued:
            # §3.5.2.1 allows the one value that is added to stand without a list around it.
            values = self._values(attribute, [raw] if op == "add" and not isinstance(raw, list) else raw, text)
            held = [] if op == "replace" else list(self._held(attribute) or [])
            touched = append(held, values, attribute)
            self._put(attribute, held)
            move_primary(held, touched)
        elif attribute.type == "complex":
            self._merge(attribute, self.reader.changes(attribute, raw, text))
        else:
            self._put(attribute, self.reader.value(attribute, raw, text))

    def _values(self, attribute: Attribute, raw: Any, text: str) -> list[Any]:
        values = self.reader.value(attribute, raw, text)
        if values is None:
            return []
        if not isinstance(values, list):
            raise InvalidValue(f"`{text}`: expected a list of values, got {kind(values)}.")
        if attribute.type == "complex" and not all(isinstance(value, dict) for value in values):
            raise InvalidValue(f"`{text}`: expected objects with sub-attributes of `{attribute.name}`.")
        check_one_primary(values, text)
        return values

    def _merge(self, attribute: Attribute, changes: Mapping[str, Any]) -> None:
        held = dict(self._held(attribute) or {})
        _update(held, changes)
        self._put(attribute, held)

    def _sub(self, attribute: Attribute, sub: Attribute, raw: Any, text: str, clears: bool) -> None:
        value = None if clears else self.reader.value(sub, raw, text)
        if not attribute.multi_valued:
            self._merge(attribute, {sub.name: value})
            return
        elements = self._elements(attribute) or ([] if value is None else [{}])
        self._write(attribute, elements, elements, {sub.name: value})

    # -- the elements that a filter selects ------------------------------------------------------------------------

    def _selected(self, op: str, path: PatchPath, condition: Filter, raw: Any, text: str, clears: bool) -> None:
        attribute = path.attribute
        assert attribute is not None
        elements = self._elements(attribute)
        chosen = [position for position, element in enumerate(elements) if element_matches(condition, element)]
        if not chosen:
            if not self._tolerant and (clears or op == "replace"):
                raise NoTarget(f"`{text}` selects no value of `{attribute.name}`: add the value first.")
            if clears:
                return
            elements.append(self._created(attribute, condition, text))
            chosen = [len(elements) - 1]
        if attribute.type != "complex":
            # The element is its own value: there is no sub-attribute to tell apart.
            single = sub_attribute(attribute, "value")
            value = None if clears or single is None else self.reader.value(single, raw, text)
            changed = [value if position in chosen else element for position, element in enumerate(elements)]
            self._put_elements(attribute, [element for element in changed if element is not None])
        elif clears and path.sub is None:
            self._put_elements(attribute, [e for position, e in enumerate(elements) if position not in chosen])
        else:
            changes = self._changes(op, attribute, path.sub, raw, text, clears)
            if path.sub is None and op == "replace":
                kept = equalities(condition) if self._tolerant else {}
                changes = {name: None for position in chosen for name in elements[position]} | kept | changes
            self._write(attribute, elements, [elements[position] for position in chosen], changes)

    def _changes(
        self, op: str, attribute: Attribute, sub: Attribute | None, raw: Any, text: str, clears: bool
    ) -> dict[str, Any]:
        """Read what the selected elements get: one sub-attribute, or those of an object."""
        if sub is None:
            return self._element_changes(attribute, raw, text)
        if self._tolerant and attribute.name == "roles" and sub.name == "value" and (role := unpacked_role(raw)):
            return {} if op == "remove" else self._element_changes(attribute, role, text)
        return {sub.name: None if clears else self.reader.value(sub, raw, text)}

    def _element_changes(self, attribute: Attribute, raw: Any, text: str) -> dict[str, Any]:
        """Read an element's new sub-attributes; a bare value is its ``value``."""
        value = attribute.sub("value")
        if value is not None and self._tolerant and not isinstance(raw, dict | list):
            return {"value": self.reader.value(value, raw, text)}
        if isinstance(raw, list) and len(raw) == 1:
            raw = raw[0]
        if not isinstance(raw, dict):
            raise InvalidValue(f"`{text}`: expected an object of `{attribute.name}` sub-attributes, got {kind(raw)}.")
        return self.reader.changes(attribute, raw, text)

    def _created(self, attribute: Attribute, condition: Filter, text: str) -> Any:
        """Make the element that the filter describes: all its equalities hold in it (idp-clients §2.3)."""
        described = equalities(condition)
        element = described if attribute.type == "complex" else described.get("value")
        if not described or not element_matches(condition, element):
            raise NoTarget(f"`{text}` selects no `{attribute.name}`: add the value first, or correct the filter.")
        self.reader.note(f"value created for a path that selects none: {attribute.name}")
        return element

    # -- reading and writing ---------------------------------------------------------------------------------------

    def _held(self, attribute: Attribute) -> Any:
        return self._type.value(self.resource, attribute)

    def _elements(self, attribute: Attribute) -> list[Any]:
        """Return the values of a list, or the one value of an attribute that has but one."""
        held = self._held(attribute)
        if isinstance(held, list):
            return list(held)
        return [] if held is None else [held]

    def _write(self, attribute: Attribute, elements: list[Any], chosen: list[Any], changes: Mapping[str, Any]) -> None:
        """Change sub-attributes of the chosen elements, which are among ``elements``; drop those left with nothing."""
        for element in chosen:
            _update(element, changes)
        tidy = _LABELS if self._tolerant and None in changes.values() else frozenset()
        noise = {id(element) for element in chosen if not element.keys() - tidy}
        kept = [element for element in elements if id(element) not in noise]
        self._put_elements(attribute, kept)
        move_primary(kept, [e for e in chosen if "primary" in changes or len(chosen) < len(elements)])

    def _put_elements(self, attribute: Attribute, elements: list[Any]) -> None:
        if attribute.multi_valued:
            self._put(attribute, elements)
        else:
            self._put(attribute, elements[0] if elements else None)

    def _put(self, attribute: Attribute, value: Any) -> None:
        """Store a value; an empty one is absent, and so is an extension with nothing in it."""
        holder = self.resource
        if self._type.is_extension_attribute(attribute):
            holder = self.resource.setdefault(attribute.schema, {})
        _update(holder, {attribute.name: None if value in ({}, []) else value})
        if holder is not self.resource and not holder:
            del self.resource[attribute.schema]

    def _specify(self, path: PatchPath, raw: Any) -> None:
        """Remember what the client has named, for attributes that are returned on request (RFC 7643 §7)."""
        attribute = path.attribute
        assert attribute is not None
        holder = self.specified
        if self._type.is_extension_attribute(attribute):
            holder = holder.setdefault(attribute.schema, {})
        named = [path.sub.name] if path.sub else [name for part in _objects(raw) for name in part]
        holder[attribute.name] = {**holder.get(attribute.name, {}), **dict.fromkeys(named)}


def _objects(raw: Any) -> list[dict[str, Any]]:
    return [part for part in (raw if isinstance(raw, list) else [raw]) if isinstance(part, dict)]


def _update(holder: dict[str, Any], changes: Mapping[str, Any]) -> None:
    """Set what has a value, remove what is None."""
    for name, value in changes.items():
        if value is None:
            holder.pop(name, None)
        else:
            holder[name] = value
