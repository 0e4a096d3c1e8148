"""Which attributes an answer shows: ``attributes``, ``excludedAttributes`` and ``returned`` (RFC 7644 §3.9)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..errors import InvalidValue
from ..schema.attributes import Attribute, ResourceType
from . import names
from .filter import AttributePath

Tree = dict[str, "Tree"]
"""Chosen names in lower case; an empty subtree means the whole value."""


@dataclass(frozen=True, slots=True)
class Projection:
    """What one request asked for; unknown names ask for nothing, as RFC 7644 does not call them an error."""

    resource_type: ResourceType
    included: Tree | None = None
    """None: no ``attributes`` parameter, so the default set."""
    excluded: Tree = field(default_factory=dict)

    @classmethod
    def parse(cls, attributes: str | None, excluded: str | None, resource_type: ResourceType) -> "Projection":
        """Read both parameters: comma-separated names, short or with their URN, in any letter case.

        Raises:
            InvalidValue: both are given; RFC 7644 §3.9 makes them alternatives.
        """
        if attributes and excluded:
            raise InvalidValue("`attributes` and `excludedAttributes` exclude each other: send one of them.")
        return cls(
            resource_type,
            _tree(attributes, resource_type) if attributes else None,
            _tree(excluded, resource_type) if excluded else {},
        )

    def wants(self, name: str) -> bool:
        """Tell whether a core attribute is shown at all, so that it need not be read otherwise."""
        if self.included is not None:
            return name.lower() in self.included
        return self.excluded.get(name.lower()) != {}

    def apply(self, resource: Mapping[str, Any]) -> dict[str, Any]:
        """Return what the client gets of a full resource."""
        shown: dict[str, Any] = {}
        for name, value in resource.items():
            extension = self.resource_type.extension(name)
            if extension is not None:
                left_out = self.excluded.get(name.lower())
                inner = self._object(value, extension.attribute, _below(self.included, name), left_out)
                if inner:
                    shown[name] = inner
                continue
            attribute = self.resource_type.attribute(name)
            if attribute is not None:
                _show(shown, attribute, value, self._one(attribute, value, self.included, self.excluded))
        return shown

    def _one(self, attribute: Attribute, value: Any, included: Tree | None, excluded: Tree | None) -> Any:
        """Return the value as it is shown, or None if it is not."""
        name = attribute.name.lower()
        if attribute.returned == "never":
            return None
        if attribute.returned != "always":
            if included is not None and name not in included:
                return None
            if included is None and attribute.returned == "request":
                return None
            if included is None and (excluded or {}).get(name) == {}:
                return None
        if not attribute.sub_attributes:
            return value
        below = _below(included, name)
        left_out = (excluded or {}).get(name)
        if isinstance(value, list):
            found = [self._object(element, attribute.sub, below, left_out) for element in value]
            return [element for element in found if element]
        return self._object(value, attribute.sub, below, left_out) or None

    def _object(self, value: Any, find: Any, included: Tree | None, excluded: Tree | None) -> Any:
        if not isinstance(value, Mapping) or (excluded == {} and included is None):
            return value if not isinstance(value, Mapping) else {}
        shown: dict[str, Any] = {}
        for name, item in value.items():
            attribute = find(name)
            if attribute is not None:
                _show(shown, attribute, item, self._one(attribute, item, included, excluded))
        return shown


def _show(shown: dict[str, Any], attribute: Attribute, value: Any, result: Any) -> None:
    """Put a result where it belongs; an empty list is shown only if it was empty before."""
    if result is not None and (result != [] or value == []):
        shown[attribute.name] = result


def _below(tree: Tree | None, name: str) -> Tree | None:
    """Return the names chosen below an attribute; None if it was chosen as a whole, or nothing was chosen."""
    if tree is None:
        return None
    inner = tree.get(name.lower())
    # An attribute that is always shown may have been chosen by nobody: then as a whole.
    return inner or (None if name.lower() in tree else {})


def _tree(text: str, resource_type: ResourceType) -> Tree:
    tree: Tree = {}
    for name in text.split(","):
        try:
            found = names.resolve(name.strip(), resource_type, tolerant=True)
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
