"""Apply PATCH operations to a resource (RFC 7644 §3.5.2): one after the other, all or none.

Tolerant readings are those that Entra ID needs (idp-clients §2.3): an element that a path selects is created if it is
absent, and the keys of an operation without a path are themselves paths. A group's ``members`` are not handled here.
"""

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import BadRequest, InvalidPath, InvalidValue, Mutability, NoTarget
from ..schema.attributes import Attribute, ResourceType
from .canonical import Reader, check_one_primary, kind, once, writable
from .filter import And, Comparison, Filter, PatchPath
from .match import element_matches
from .messages import Operation
from .parser import parse_path
from .quirks.values import unpacked_role

_LABELS = frozenset({"type", "primary"})
"""Sub-attributes that only say which element it is: an element with nothing else is noise."""


@dataclass(frozen=True, slots=True)
class PatchResult:
    """The changed resource, and what was tolerated on the way."""

    resource: dict[str, Any]
    notes: list[str]


def apply(
    resource: Mapping[str, Any], operations: list[Operation], resource_type: ResourceType, *, tolerant: bool = True
) -> PatchResult:
    """Return the resource after all operations; the given one is not changed.

    ``resource`` is canonical and has its ``id``. Types of new values are left to the schema check.

    Raises:
        InvalidPath, NoTarget, InvalidValue, Mutability: an operation cannot be applied; names it and the cure.
    """
    patcher = _Patcher(copy.deepcopy(dict(resource)), Reader(resource_type, tolerant), tolerant)
    for operation in operations:
        try:
            patcher.apply(operation)
        except BadRequest as error:
            raise type(error)(f"`{operation.place}`: {error.detail}") from error
    return PatchResult(patcher.resource, patcher.reader.notes)


class _Patcher:
    """One resource while it is being changed."""

    def __init__(self, resource: dict[str, Any], reader: Reader, tolerant: bool) -> None:
        self.resource = resource
        self.reader = reader
        self._type = reader.resource_type
        self._tolerant = tolerant

    def apply(self, operation: Operation) -> None:
        if operation.path is None:
            self._without_path(operation)
            return
        path = parse_path(operation.path, self._type, tolerant=self._tolerant)
        if self._ignored(path, operation):
            return
        self._change(operation.op, path, operation.value, operation.path, has_value=operation.has_value)

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
        """Apply one key of an operation without a path; the key is a path of its own."""
        extension = self.reader.extension(name)
        if extension is not None and isinstance(value, dict):
            for inner, item in value.items():
                self._named(op, f"{extension.id}:{inner}", item)
            return
        try:
            path = parse_path(name, self._type, tolerant=self._tolerant)
        except InvalidPath:
            self.reader.unknown(name)
            return
        # What the server itself maintains is left out, as in a POST: Okta sends `id` with every rename.
        named = [attribute for attribute in (path.attribute, path.sub) if attribute is not None]
        if all(writable(attribute) and attribute.name != "schemas" for attribute in named):
            self._change(op, path, value, name, has_value=True)

    # -- one target ------------------------------------------------------------------------------------------------

    def _ignored(self, path: PatchPath, operation: Operation) -> bool:
        """Tell whether an explicit path names what is maintained here; refuse a change of it."""
        attribute = path.attribute
        if attribute is None or attribute.name in ("schemas", "password"):
            return attribute is not None
        if path.sub is not None and path.sub.name == "$ref":
            return True
        if attribute.name == "id" and operation.value == self.resource.get("id") and operation.op != "remove":
            return True
        if attribute.mutability == "readOnly" or (path.sub and path.sub.mutability == "readOnly"):
            raise Mutability(
                f"`{operation.path}` is read-only: it is set by the server. Take it out of the attribute mapping."
            )
        return False

    def _change(self, op: str, path: PatchPath, raw: Any, text: str, *, has_value: bool) -> None:
        if path.attribute is None:
            self._extension(op, str(path.extension), raw, text)
            return
        attribute = path.attribute
        clears = op == "remove" or raw is None or raw in ("", [])
        if clears and path.sub is None and path.value_filter is None and attribute.required:
            raise Mutability(f"`{text}` is required and cannot be removed: send a new value instead.")
        before = copy.deepcopy(self._held(attribute)) if attribute.mutability == "immutable" else None
        if path.value_filter is not None:
            self._selected(op, path, raw, text, clears)
        elif path.sub is not None:
            self._sub(attribute, path.sub, raw, text, clears)
        else:
            self._whole(op, attribute, raw, text, clears, has_value)
        if before is not None and before != self._held(attribute):
            raise Mutability(f"`{text}` can be set once and not be changed: leave it as it is.")

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

    def _whole(self, op: str, attribute: Attribute, raw: Any, text: str, clears: bool, has_value: bool) -> None:
        if op == "remove" and attribute.multi_valued and has_value and raw not in (None, "", []):
            self._remove_listed(attribute, raw, text)
        elif clears and op == "add" and attribute.multi_valued:
            return  # nothing is added to the list
        elif clears:
            self._put(attribute, None)
        elif attribute.multi_valued:
            values = self._values(attribute, raw, text)
            held = [] if op == "replace" else list(self._held(attribute) or [])
            touched = _append(held, values, attribute)
            self._put(attribute, held)
            self._one_primary(attribute, touched)
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

    def _remove_listed(self, attribute: Attribute, raw: Any, text: str) -> None:
        """Remove only the values that are given, as Entra means it (idp-clients §3.6); compared by ``value``."""

        def identity(value: Any) -> Any:
            return value.get("value", value) if isinstance(value, dict) else value

        gone = [identity(value) for value in self._values(attribute, raw, text)]
        self._put(attribute, [value for value in self._held(attribute) or [] if identity(value) not in gone])

    def _merge(self, attribute: Attribute, changes: Mapping[str, Any]) -> None:
        held = dict(self._held(attribute) or {})
        for name, value in changes.items():
            _set(held, name, value)
        self._put(attribute, held)

    def _sub(self, attribute: Attribute, sub: Attribute, raw: Any, text: str, clears: bool) -> None:
        value = None if clears else self.reader.value(sub, raw, text)
        if not attribute.multi_valued:
            self._merge(attribute, {sub.name: value})
            return
        elements = list(self._held(attribute) or []) or ([] if clears else [{}])
        self._write(attribute, elements, elements, {sub.name: value}, tidy=clears)

    def _selected(self, op: str, path: PatchPath, raw: Any, text: str, clears: bool) -> None:
        attribute, condition = path.attribute, path.value_filter
        assert attribute is not None
        assert condition is not None
        elements = list(self._held(attribute) or [])
        chosen = [element for element in elements if element_matches(condition, element)]
        if not chosen and clears:
            if not self._tolerant:
                raise NoTarget(f"`{text}` selects no value: there is none to remove.")
            return
        if not chosen:
            if not self._tolerant and op == "replace":
                raise NoTarget(f"`{text}` selects no value of `{attribute.name}`: add the value first.")
            created = self._created(attribute, condition, text)
            elements.append(created)
            chosen = [created]
        if clears and path.sub is None:
            self._put(attribute, [element for element in elements if not any(element is c for c in chosen)])
        elif path.sub is not None:
            packed = self._tolerant and attribute.name == "roles" and path.sub.name == "value"
            role = unpacked_role(raw) if packed else None
            changes = self._element_changes(attribute, role, text) if role else {path.sub.name: None}
            if role is None and not clears:
                changes = {path.sub.name: self.reader.value(path.sub, raw, text)}
            self._write(attribute, elements, chosen, changes, tidy=clears)
        elif attribute.type != "complex":
            new = self.reader.value(attribute, [raw], text)
            self._put(attribute, [new[0] if any(e is c for c in chosen) else e for e in elements])
        else:
            changes = self._element_changes(attribute, raw, text)
            replaced = {n: None for e in chosen for n in e} | _equalities(condition) if op == "replace" else {}
            self._write(attribute, elements, chosen, replaced | changes, tidy=True)

    def _element_changes(self, attribute: Attribute, raw: Any, text: str) -> dict[str, Any]:
        """Read an element's new sub-attributes; a bare value is its ``value``."""
        value = attribute.sub("value")
        if value is not None and self._tolerant and not isinstance(raw, dict | list):
            return {"value": self.reader.value(value, raw, text)}
        if isinstance(raw, list) and len(raw) == 1:
            raw = raw[0]
        if not isinstance(raw, dict):
            raise InvalidValue(f"`{text}`: expected an object of `{attribute.name}` sub-attributes, got {kind(raw)}.")
        (element,) = self._values(attribute, [raw], text) or [{}]
        return dict(element)

    def _created(self, attribute: Attribute, condition: Filter, text: str) -> dict[str, Any]:
        """Make the element that the filter describes: all its equalities hold in it (idp-clients §2.3)."""
        described = _equalities(condition)
        if not described or not element_matches(condition, described):
            raise NoTarget(f"`{text}` selects no `{attribute.name}`: add the value first, or correct the filter.")
        self.reader.note(f"value created for a path that selects none: {attribute.name}")
        return described

    # -- writing ---------------------------------------------------------------------------------------------------

    def _write(
        self, attribute: Attribute, elements: list[Any], chosen: list[Any], changes: Mapping[str, Any], *, tidy: bool
    ) -> None:
        """Change sub-attributes of the chosen elements, which are among ``elements``; ``tidy`` drops empty ones."""
        for element in chosen:
            for name, value in changes.items():
                _set(element, name, value)
        noise = {id(e) for e in chosen if tidy and not e.keys() - _LABELS}
        kept = [e for e in elements if id(e) not in noise]
        self._put(attribute, kept)
        self._one_primary(attribute, [e for e in chosen if "primary" in changes or len(chosen) < len(elements)])

    def _one_primary(self, attribute: Attribute, changed: list[Any]) -> None:
        """Take ``primary`` from the others where a changed value has it (RFC 7644 §3.5.2)."""
        held = self._held(attribute)
        first = next((e for e in changed if isinstance(e, dict) and e.get("primary") is True), None)
        if first is None or not isinstance(held, list):
            return
        for element in held:
            if isinstance(element, dict) and element is not first and element.get("primary") is True:
                element["primary"] = False

    def _held(self, attribute: Attribute) -> Any:
        return self._type.value(self.resource, attribute)

    def _put(self, attribute: Attribute, value: Any) -> None:
        """Store a value; an empty one is absent, and so is an extension with nothing in it."""
        holder = self.resource
        if self._type.is_extension_attribute(attribute):
            holder = self.resource.setdefault(attribute.schema, {})
        _set(holder, attribute.name, None if value in ({}, []) else value)
        if holder is not self.resource and not holder:
            del self.resource[attribute.schema]


def _set(holder: dict[str, Any], name: str, value: Any) -> None:
    if value is None:
        holder.pop(name, None)
    else:
        holder[name] = value


def _equalities(condition: Filter) -> dict[str, Any]:
    """Return what the filter's equality terms say of an element: ``{"type": "work", "primary": True}``."""
    terms = condition.terms if isinstance(condition, And) else (condition,)
    return {
        term.path.attribute.name: term.value
        for term in terms
        if isinstance(term, Comparison) and term.operator == "eq" and isinstance(term.value, str | bool | int | float)
    }


def _append(held: list[Any], values: list[Any], attribute: Attribute) -> list[Any]:
    """Append what is not there yet; a present element takes over what the new one says besides. Return the touched."""
    known = {_identity(value, attribute): value for value in reversed(held)}
    touched = []
    for value in values:
        identity = _identity(value, attribute)
        if identity not in known:
            known[identity] = value
            held.append(value)
        elif attribute.type == "complex":
            known[identity].update(value)
        touched.append(known[identity])
    return touched


def _identity(value: Any, attribute: Attribute) -> str:
    """Return what makes two elements the same: ``value`` and ``type``, of a role ``value`` alone (idp-clients §4)."""
    if not isinstance(value, dict):
        return repr(value)
    if "value" not in value:
        return repr(sorted(value.items()))
    return repr([value["value"], None if attribute.name == "roles" else value.get("type")])
