"""One attribute of a resource, and what an operation of a PATCH does to it (RFC 7644 §3.5.2.1 to §3.5.2.3)."""

from collections.abc import Mapping
from typing import Any

from ..errors import InvalidValue, Mutability, NoTarget
from ..schema.attributes import Attribute
from .canonical import Reader, kind
from .elements import append, check_one_primary, distinct, equalities, move_primary, without
from .filter import Filter, PatchPath
from .match import element_matches
from .mutability import Guard
from .quirks import operations, values
from .values import sub_attribute


class Target:
    """An attribute with the resource that is being changed; nothing of it is kept between two operations."""

    def __init__(self, resource: dict[str, Any], attribute: Attribute, reader: Reader) -> None:
        self._resource = resource
        self._attribute = attribute
        self._reader = reader
        self._type = reader.resource_type
        self._reading = reader.reading

    @property
    def held(self) -> Any:
        """The attribute's present value, or None."""
        return self._type.value(self._resource, self._attribute)

    def change(self, op: str, path: PatchPath, raw: Any, text: str, *, has_value: bool) -> None:
        """Apply one operation; ``text`` is the path as the client wrote it, without values that may be personal.

        Raises:
            NoTarget, InvalidValue, Mutability: the operation cannot be applied; the resource may be half changed.
        """
        attribute = self._attribute
        clears = op == "remove" or self._reader.unassigned(path.sub or attribute, raw, text)
        guard = Guard(attribute, self.held)
        if clears and attribute.required and path.sub is None and path.value_filter is None:
            raise Mutability(f"`{text}` is required and cannot be removed: send a new value instead.")
        if path.value_filter is not None:
            self._selected(op, path, path.value_filter, raw, text, clears)
        elif path.sub is not None:
            self._sub(path.sub, raw, text, clears)
        else:
            self._whole(op, raw, text, clears, has_value)
        guard.check(self.held, text, clears=clears)

    def settle(self) -> None:
        """Make one value of those that operations on single sub-attributes have made the same."""
        if isinstance(held := self.held, list) and len(held) > 1:
            self._put(distinct(held, self._attribute))

    # -- a whole attribute -----------------------------------------------------------------------------------------

    def _whole(self, op: str, raw: Any, text: str, clears: bool, has_value: bool) -> None:
        attribute = self._attribute
        listed = op == "remove" and attribute.multi_valued and has_value and raw != []
        if listed and self._reading.excuses(operations.remove_listed, text, raw):
            self._put(without(self.held or [], self._values(raw, text), attribute))
        elif clears and op == "add" and attribute.multi_valued:
            return  # nothing is added to the list
        elif clears:
            self._put(None)
        elif attribute.multi_valued:
            # §3.5.2.1 allows the one value that is added to stand without a list around it.
            values = self._values([raw] if op == "add" and not isinstance(raw, list) else raw, text)
            held = [] if op == "replace" else list(self.held or [])
            touched = append(held, values, attribute)
            self._put(held)
            move_primary(held, touched)
        elif attribute.type == "complex":
            self._merge(self._reader.changes(attribute, raw, text))
        else:
            self._put(self._reader.value(attribute, raw, text))

    def _values(self, raw: Any, text: str) -> list[Any]:
        attribute = self._attribute
        values = self._reader.value(attribute, raw, text)
        if values is None:
            return []
        if not isinstance(values, list):
            raise InvalidValue(f"`{text}`: expected a list of values, got {kind(values)}.")
        if attribute.type == "complex" and not all(isinstance(value, dict) for value in values):
            raise InvalidValue(f"`{text}`: expected objects with sub-attributes of `{attribute.name}`.")
        check_one_primary(values, text)
        return values

    def _merge(self, changes: Mapping[str, Any]) -> None:
        held = dict(self.held or {})
        _update(held, changes)
        self._put(held)

    def _sub(self, sub: Attribute, raw: Any, text: str, clears: bool) -> None:
        value = None if clears else self._reader.value(sub, raw, text)
        if not self._attribute.multi_valued:
            self._merge({sub.name: value})
            return
        elements = self._elements() or ([] if value is None else [{}])
        self._write(elements, elements, {sub.name: value})

    # -- the elements that a filter selects ------------------------------------------------------------------------

    def _selected(self, op: str, path: PatchPath, condition: Filter, raw: Any, text: str, clears: bool) -> None:
        attribute = self._attribute
        elements = self._elements()
        chosen = {position for position, element in enumerate(elements) if element_matches(condition, element)}
        if not chosen:
            # A single value that the filter does not mean cannot be joined by another one.
            other = bool(elements) and not attribute.multi_valued and not clears
            if other or not self._may_select_none(op, text, clears):
                raise NoTarget(f"`{text}` selects no value of `{attribute.name}`: add the value first.")
            if clears:
                return
            elements.append(self._created(condition, text))
            chosen = {len(elements) - 1}
        if attribute.type != "complex":
            # The element is its own value: there is no sub-attribute to tell apart.
            single = sub_attribute(attribute, "value")
            value = None if clears or single is None else self._reader.value(single, raw, text)
            changed = [value if position in chosen else element for position, element in enumerate(elements)]
            self._put_elements([element for element in changed if element is not None])
        elif clears and path.sub is None:
            self._put_elements([e for position, e in enumerate(elements) if position not in chosen])
        else:
            changes = self._changes(path.sub, raw, text, clears)
            if path.sub is None and op == "replace":
                described = equalities(condition)
                kept = described if self._reading.excuses(operations.keep_described, text, described) else {}
                changes = {name: None for position in chosen for name in elements[position]} | kept | changes
            self._write(elements, [elements[position] for position in sorted(chosen)], changes)

    def _changes(self, sub: Attribute | None, raw: Any, text: str, clears: bool) -> dict[str, Any]:
        """Read what the selected elements get: one sub-attribute, or those of an object."""
        if sub is None:
            return self._element_changes(raw, text)
        if clears:
            return {sub.name: None}
        if sub.name == "value" and isinstance(raw, str):
            role = self._reading.rewrite(values.role_as_json, raw, text, self._attribute)
            if role is not raw:
                return self._element_changes(role, text)
        return {sub.name: self._reader.value(sub, raw, text)}

    def _element_changes(self, raw: Any, text: str) -> dict[str, Any]:
        """Read an element's new sub-attributes."""
        attribute = self._attribute
        raw = self._reading.rewrite(values.bare_element_value, raw, text, attribute)
        if not isinstance(raw, dict):
            raise InvalidValue(f"`{text}`: expected an object of `{attribute.name}` sub-attributes, got {kind(raw)}.")
        return self._reader.changes(attribute, raw, text)

    def _may_select_none(self, op: str, text: str, clears: bool) -> bool:
        """Tell whether an operation may have a path that selects no value; only an `add` may of itself."""
        if clears:
            return self._reading.excuses(operations.remove_absent, text, "remove")
        return op == "add" or self._reading.excuses(operations.create_selected, text, op)

    def _created(self, condition: Filter, text: str) -> Any:
        """Make the element that the filter describes: all its equalities hold in it (idp-clients §2.3)."""
        attribute = self._attribute
        described = equalities(condition)
        element = described if attribute.type == "complex" else described.get("value")
        if not described or not element_matches(condition, element):
            raise NoTarget(f"`{text}` selects no `{attribute.name}`: add the value first, or correct the filter.")
        return element

    # -- reading and writing ---------------------------------------------------------------------------------------

    def _elements(self) -> list[Any]:
        """Return the values of a list, or the one value of an attribute that has but one."""
        held = self.held
        if isinstance(held, list):
            return list(held)
        return [] if held is None else [held]

    def _write(self, elements: list[Any], chosen: list[Any], changes: Mapping[str, Any]) -> None:
        """Change sub-attributes of the chosen elements, which are among ``elements``; drop those left with nothing."""
        for element in chosen:
            _update(element, changes)
        noise = {id(element) for element in chosen if not element or self._is_noise(element, changes)}
        kept = [element for element in elements if id(element) not in noise]
        self._put_elements(kept)
        move_primary(kept, [e for e in chosen if "primary" in changes or len(chosen) < len(elements)])

    def _is_noise(self, element: Mapping[str, Any], changes: Mapping[str, Any]) -> bool:
        """Tell whether what a removal left of an element only says which element it was."""
        removed = None in changes.values()
        return removed and self._reading.excuses(
            operations.drop_label_only_element, self._attribute.name, frozenset(element)
        )

    def _put_elements(self, elements: list[Any]) -> None:
        if self._attribute.multi_valued:
            self._put(elements)
        else:
            self._put(elements[0] if elements else None)

    def _put(self, value: Any) -> None:
        """Store a value; an empty one is absent, and so is an extension with nothing in it."""
        attribute = self._attribute
        holder = self._resource
        if self._type.is_extension_attribute(attribute):
            holder = self._resource.setdefault(attribute.schema, {})
        _update(holder, {attribute.name: None if value in ({}, []) else value})
        if holder is not self._resource and not holder:
            del self._resource[attribute.schema]


def _update(holder: dict[str, Any], changes: Mapping[str, Any]) -> None:
    """Set what has a value, remove what is None."""
    for name, value in changes.items():
        if value is None:
            holder.pop(name, None)
        else:
            holder[name] = value
