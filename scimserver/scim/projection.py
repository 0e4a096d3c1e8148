"""Which attributes an answer shows: ``attributes``, ``excludedAttributes`` and ``returned`` (RFC 7644 §3.9)."""

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ..errors import InvalidValue
from ..schema.attributes import Attribute, ResourceType
from . import names
from .filter import AttributePath
from .reading import Reading, tolerant

Tree = dict[str, "Tree"]
"""Chosen names in lower case; an empty subtree means the whole value."""


class _Choice(NamedTuple):
    """What was asked for on one level: of a resource, an extension or a complex value."""

    included: Tree | None
    """None: nothing in particular, so the default set."""
    excluded: Tree
    specified: Tree

    def shows(self, attribute: Attribute) -> bool:
        """Tell whether the attribute itself is returned (RFC 7643 §7)."""
        returned = attribute.returned
        if returned == "never" or attribute.mutability == "writeOnly":
            return False
        if returned == "always" or (returned == "default" and self is _DEFAULT):
            return True
        name = attribute.name.lower()
        if self.included is not None:
            return name in self.included
        if returned == "request" and name not in self.specified:
            return False
        return self.excluded.get(name) != {}

    def below(self, name: str) -> "_Choice":
        """Return the choice below an attribute that is shown, or below an extension."""
        if self is _DEFAULT:
            return self
        name = name.lower()
        included = self.included
        if included is not None:
            # What is always shown may have been chosen by nobody: then only what is always shown below it.
            included = included.get(name) or (None if name in included else {})
        return _choice(included, self.excluded.get(name) or {}, self.specified.get(name) or {})


_DEFAULT = _Choice(None, {}, {})
"""Nothing in particular, which most answers are about: so it is worth a short cut."""


def _choice(included: Tree | None, excluded: Tree, specified: Tree) -> _Choice:
    return _DEFAULT if included is None and not excluded and not specified else _Choice(included, excluded, specified)


@dataclass(frozen=True, slots=True)
class Projection:
    """What one request asked for; unknown names ask for nothing, as RFC 7644 does not call them an error."""

    resource_type: ResourceType
    included: Tree | None = None
    """None: no ``attributes`` parameter, so the default set."""
    excluded: Tree = field(default_factory=dict)
    specified: Tree = field(default_factory=dict)
    """What a POST, PUT or PATCH has named itself: then its answer shows it even if it is ``returned: request``."""

    @classmethod
    def parse(
        cls, attributes: str | None, excluded: str | None, resource_type: ResourceType, reading: Reading | None = None
    ) -> "Projection":
        """Read both parameters: comma-separated names, short or with their URN, in any letter case.

        Raises:
            InvalidValue: both are given; RFC 7644 §3.9 makes them alternatives.
        """
        if attributes and excluded:
            raise InvalidValue("`attributes` and `excludedAttributes` exclude each other: send one of them.")
        reading = reading or tolerant()
        return cls(
            resource_type,
            _tree(attributes, resource_type, reading) if attributes else None,
            _tree(excluded, resource_type, reading) if excluded else {},
        )

    def answering(self, sent: Mapping[str, Any]) -> "Projection":
        """Return the projection for the answer to a write of these attributes, in the form of a resource."""
        if any(_on_request(attribute) for attribute in self.resource_type.attributes()):
            return dataclasses.replace(self, specified=_names(sent))
        return self

    def wants(self, name: str) -> bool:
        """Tell whether a core attribute is shown at all, so that it need not be read otherwise."""
        attribute = self.resource_type.attribute(name)
        return attribute is not None and self._choice.shows(attribute)

    def apply(self, resource: Mapping[str, Any]) -> dict[str, Any]:
        """Return what the client gets of a full resource."""
        choice = self._choice
        shown: dict[str, Any] = {}
        for name, value in resource.items():
            extension = self.resource_type.extension(name)
            if extension is not None:
                below = choice.below(name)
                if self.excluded.get(name.lower()) == {}:
                    below = below._replace(included={})
                if isinstance(value, Mapping) and (inner := _object(value, extension.attribute, below)):
                    shown[name] = inner
            elif attribute := self.resource_type.attribute(name):
                _show(shown, attribute, value, choice)
        return shown

    @property
    def _choice(self) -> _Choice:
        return _choice(self.included, self.excluded, self.specified)


def _show(shown: dict[str, Any], attribute: Attribute, value: Any, choice: _Choice) -> None:
    """Put a value where it belongs, as far as it is shown; an empty list only if it was empty before."""
    if not choice.shows(attribute):
        return
    result = value
    if attribute.sub_attributes:
        below = choice.below(attribute.name)
        if isinstance(value, list):
            elements = [_object(element, attribute.sub, below) for element in value]
            result = [element for element in elements if element]
        else:
            result = _object(value, attribute.sub, below)
    if result not in ({}, []) or result == value:
        shown[attribute.name] = result


def _object(value: Any, find: Callable[[str], Attribute | None], choice: _Choice) -> Any:
    if not isinstance(value, Mapping):
        return value
    shown: dict[str, Any] = {}
    for name, item in value.items():
        attribute = find(name)
        if attribute is not None:
            _show(shown, attribute, item, choice)
    return shown


def _on_request(attribute: Attribute) -> bool:
    return attribute.returned == "request" or any(sub.returned == "request" for sub in attribute.sub_attributes)


def _names(value: Any) -> Tree:
    """Return the names of an object, or of all objects in a list, down to the last."""
    tree: Tree = {}
    for part in value if isinstance(value, list) else [value]:
        if isinstance(part, Mapping):
            for name, item in part.items():
                tree.setdefault(name.lower(), {}).update(_names(item))
    return tree


def _tree(text: str, resource_type: ResourceType, reading: Reading) -> Tree:
    tree: Tree = {}
    for name in text.split(","):
        try:
            found = names.resolve(name.strip(), resource_type, reading)
        except names.UnknownName:
            continue
        if isinstance(found, AttributePath):
            steps = [step for step in (found.urn, found.attribute.name, found.sub and found.sub.name) if step]
            _plant(tree, steps)
        elif resource_type.extension(found):
            _plant(tree, [found])
        else:
            for attribute in resource_type.schema.attributes:
                _plant(tree, [attribute.name])
    return tree


def _plant(tree: Tree, steps: list[str]) -> None:
    for position, step in enumerate(steps):
        known = tree.get(step.lower())
        if known == {}:
            return  # already chosen as a whole
        last = position == len(steps) - 1
        tree[step.lower()] = {} if last else (known or {})
        tree = tree[step.lower()]
