"""Target paths of an attribute mapping, and how a client finds their values in a resource and puts them there.

``userName``, ``name.givenName``, ``emails[type eq "work"].value``, ``urn:…:enterprise:2.0:User:department``: an
attribute of the core schema or of an extension, perhaps one element of it, and perhaps a sub-attribute.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
MANAGER = f"{ENTERPRISE}:manager"

_PATH = re.compile(
    r"""
    (?:(?P<urn>urn:.+):)?              # the last colon ends the URN; a URN has dots of its own
    (?P<attribute>[^\[\].:]+)
    (?:\[(?P<conditions>[^\]]*)\])?
    (?:\.(?P<sub>[^\[\].:]+))?
    """,
    re.VERBOSE,
)
_CONDITION = re.compile(r'\s*(?P<name>\w+)\s+eq\s+(?:"(?P<text>[^"]*)"|(?P<literal>true|false))\s*', re.IGNORECASE)

Condition = tuple[str, str | bool]


@dataclass(frozen=True, slots=True)
class Target:
    """A target path, taken apart."""

    path: str
    urn: str
    """URN of the extension, "" for an attribute of the core schema."""
    attribute: str
    conditions: tuple[Condition, ...]
    """The equality terms of the value filter; all of them hold for the element meant, and are set in a new one."""
    sub: str

    def find(self, resource: Mapping[str, Any]) -> Any:
        """Return the value that a resource has here, None if it has none.

        Where several elements meet the conditions, the first counts: a mapping cannot say which one it means.
        """
        value = self._attribute(resource)
        if self.conditions:
            value = next(self.elements(value), None)
        return _get(value, self.sub) if self.sub else value

    def exists(self, resource: Mapping[str, Any]) -> bool:
        """Say whether a resource has an element that meets the conditions."""
        return any(True for _ in self.elements(self._attribute(resource)))

    def _attribute(self, resource: Mapping[str, Any]) -> Any:
        return _get(_get(resource, self.urn) if self.urn else resource, self.attribute)

    def elements(self, value: Any) -> Iterator[Mapping[str, Any]]:
        """Yield the elements of a multi-valued attribute that meet the conditions."""
        for element in value if isinstance(value, list) else []:
            if isinstance(element, Mapping) and all(
                _same(_get(element, name), wanted) for name, wanted in self.conditions
            ):
                yield element

    def element(self, value: Any) -> dict[str, Any]:
        """Return a new element that meets the conditions and holds the value."""
        return {**dict(self.conditions), self.sub: value}

    def put(self, resource: dict[str, Any], value: Any) -> None:
        """Set the value in a resource; what is missing on the way is made."""
        holder = resource.setdefault(_name(resource, self.urn), {}) if self.urn else resource
        name = _name(holder, self.attribute)
        if not self.conditions:
            if self.sub:
                holder = holder.setdefault(name, {})
                name = _name(holder, self.sub)
            holder[name] = value
            return
        elements = holder.setdefault(name, [])
        element: Any = next(self.elements(elements), None)
        if element is None:
            elements.append(self.element(value))
        else:
            element[_name(element, self.sub)] = value


@lru_cache(maxsize=1024)
def target(path: str) -> Target:
    """Take a target path apart.

    Raises:
        ValueError: the path is none that a mapping can have; says which.
    """
    found = _PATH.fullmatch(path)
    if not found:
        raise ValueError(f'"{path}" is not a target path such as name.givenName or emails[type eq "work"].value')
    conditions = tuple(_conditions(path, found["conditions"])) if found["conditions"] is not None else ()
    sub = found["sub"] or ("value" if conditions else "")
    return Target(path, found["urn"] or "", found["attribute"], conditions, sub)


def _conditions(path: str, text: str) -> Iterator[Condition]:
    for part in re.split(r"\s+and\s+", text, flags=re.IGNORECASE):
        term = _CONDITION.fullmatch(part)
        if not term:
            raise ValueError(f'"{path}": "{part}" is not a condition such as type eq "work"')
        literal = term["literal"]
        if literal is None and term["name"].casefold() == "primary":
            literal = term["text"]  # Entra's mapping editor quotes it
        yield term["name"], literal.casefold() == "true" if literal is not None else term["text"]


def _name(holder: Mapping[str, Any], name: str) -> str:
    """Return the name as the resource spells it: names are case-insensitive (RFC 7643 §2.1)."""
    if name in holder:
        return name
    return next((key for key in holder if key.casefold() == name.casefold()), name)


def _get(holder: Any, name: str) -> Any:
    return holder.get(_name(holder, name)) if isinstance(holder, Mapping) else None


def _same(found: Any, wanted: str | bool) -> bool:
    if isinstance(found, str) and isinstance(wanted, str):
        return found.casefold() == wanted.casefold()  # types are case-insensitive (RFC 7643 §2.4)
    return bool(found is wanted) if isinstance(wanted, bool) else False
