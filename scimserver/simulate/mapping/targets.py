"""Target paths of a mapping: ``userName``, ``name.givenName``, ``emails[type eq "work"].value``, ``urn:…:department``.

The grammar is that of PATCH paths (RFC 7644 §3.5.2) with a filter of equality terms, as an identity provider has it.
A :class:`Target` finds its value in a resource and puts one there.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
MANAGER = f"{ENTERPRISE}:manager"

_NAME = r"[A-Za-z][A-Za-z0-9_-]*"
_VALUE = r'"(?:[^"\\]|\\.)*"|true|false'
_TERM = rf"({_NAME})\s+eq\s+({_VALUE})"
_TARGET = re.compile(
    rf"(?:(?P<schema>urn:[^\s\[\]\"]+):)?(?P<attribute>{_NAME})"
    rf"(?:\[(?P<filter>{_TERM}(?:\s+and\s+{_TERM})*)\])?(?:\.(?P<sub>{_NAME}|\$ref))?",
    re.IGNORECASE,
)
_TERMS = re.compile(_TERM, re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Target:
    """One path, taken apart."""

    schema: str | None
    """URN of the extension, without the colon that follows it; None for a core attribute."""
    attribute: str
    selector: tuple[tuple[str, str | bool], ...] = ()
    """The equality terms in brackets: ``(("type", "work"),)``. They hold for the element meant; a new one gets them."""
    sub: str | None = None

    def find(self, resource: Mapping[str, Any]) -> Any:
        """Return the value that a resource has here, None if it has none.

        Where several elements meet the selector, the first counts: a mapping cannot say which one it means.
        """
        value = self._whole(resource)
        if self.selector:
            value = next(self._elements(value), None)
        return _get(value, self._sub) if self._sub else value

    def exists(self, resource: Mapping[str, Any]) -> bool:
        """Say whether a resource has an element that meets the selector."""
        return any(True for _ in self._elements(self._whole(resource)))

    def put(self, resource: dict[str, Any], value: Any) -> None:
        """Set the value in a resource; what is missing on the way is made."""
        holder = resource.setdefault(_name(resource, self.schema), {}) if self.schema else resource
        name = _name(holder, self.attribute)
        if self.selector:
            holder = self._element_of(holder.setdefault(name, []))
        elif self._sub:
            holder = holder.setdefault(name, {})
        holder[_name(holder, self._sub or name)] = value

    def remove(self, resource: dict[str, Any]) -> None:
        """Take the whole attribute out of a resource, or with a selector the elements that meet it."""
        holder = _get(resource, self.schema) if self.schema else resource
        whole = _get(holder, self.attribute)
        if self.selector and whole:
            gone = list(self._elements(whole))
            whole[:] = [element for element in whole if element not in gone]
        elif whole is not None:
            del holder[_name(holder, self.attribute)]

    @property
    def _sub(self) -> str | None:
        return self.sub or ("value" if self.selector else None)

    def _whole(self, resource: Mapping[str, Any]) -> Any:
        return _get(_get(resource, self.schema) if self.schema else resource, self.attribute)

    def _elements(self, value: Any) -> Iterator[dict[str, Any]]:
        for element in value if isinstance(value, list) else []:
            if isinstance(element, dict) and all(_meets(_get(element, name), wanted) for name, wanted in self.selector):
                yield element

    def _element_of(self, elements: list[Any]) -> dict[str, Any]:
        """Return the element meant, which is made if there is none."""
        element = next(self._elements(elements), None)
        if element is None:
            element = {name: _boolean(wanted) if name == "primary" else wanted for name, wanted in self.selector}
            elements.append(element)
        return element


def parse_target(text: str) -> Target | None:
    """Return a path taken apart, or None if it is not one."""
    found = _TARGET.fullmatch(text)
    if found is None:
        return None
    terms = tuple((name, _literal(value)) for name, value in _TERMS.findall(found["filter"] or ""))
    return Target(found["schema"], found["attribute"], terms, found["sub"])


@lru_cache(maxsize=1024)
def target(path: str) -> Target:
    """Return a path of a checked mapping taken apart.

    Raises:
        ValueError: it is none; says which.
    """
    found = parse_target(path)
    if found is None:
        raise ValueError(f'"{path}" is not a target path such as name.givenName or emails[type eq "work"].value')
    return found


def _literal(text: str) -> str | bool:
    if text.startswith('"'):
        return re.sub(r"\\(.)", r"\1", text[1:-1])
    return text.lower() == "true"


def _name(holder: Mapping[str, Any], name: str) -> str:
    """Return the name as the resource spells it: names are case-insensitive (RFC 7643 §2.1)."""
    if name in holder:
        return name
    return next((key for key in holder if key.casefold() == name.casefold()), name)


def _get(holder: Any, name: str) -> Any:
    return holder.get(_name(holder, name)) if isinstance(holder, Mapping) else None


def _meets(found: Any, wanted: str | bool) -> bool:
    if isinstance(found, bool):
        return found is _boolean(wanted)
    return str(found).casefold() == str(wanted).casefold()  # types are case-insensitive (RFC 7643 §2.4)


def _boolean(literal: str | bool) -> str | bool:
    """Read ``"True"`` as the boolean: Entra's mapping of roles quotes it."""
    return {"true": True, "false": False}.get(str(literal).casefold(), literal)
