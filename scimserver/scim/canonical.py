"""Bodies as clients send them, made canonical: one name per attribute, extensions under their URN, nothing empty.

Names first, types second: SCIM names have no letter case (RFC 7643 §2.1) and JSON Schema's have, so the JSON Schema
check comes after this. A value of a wrong type is left as it is for that check to name.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..errors import InvalidSyntax, InvalidValue, Mutability
from ..schema.attributes import Attribute, ResourceType, SchemaDefinition
from .elements import check_one_primary, distinct
from .mutability import writable
from .quirks import names, values

MAX_NOTES = 100
"""More notes than this tell nobody more."""


@dataclass(frozen=True, slots=True)
class Canonical:
    """A body in canonical form, and what was overlooked on the way."""

    resource: dict[str, Any]
    """Canonical names; no null, no empty list or object; no readOnly attribute, ``members`` or ``password``."""
    members: list[Any] | None = None
    """A group's ``members`` as sent; None if the body has no such key."""
    notes: list[str] = field(default_factory=list)
    """Attributes dropped and quirks tolerated, for the provisioning log; names only, never a value."""
    extensions: frozenset[str] = frozenset()
    """URNs of the extensions that the body names, in ``schemas`` or as a key (also one with nothing in it)."""
    cleared: frozenset[str] = frozenset()
    """Core attributes sent as null or empty; collected in strict profiles only (see :mod:`.replace`)."""


class Reader:
    """Reads values by their attribute's definition; collects notes. One per request.

    ``refuse_read_only`` raises Mutability for readOnly sub-attributes, which are otherwise left out.
    """

    __slots__ = ("_notes", "_refuse_read_only", "resource_type", "tolerant")

    def __init__(self, resource_type: ResourceType, tolerant: bool, *, refuse_read_only: bool = False) -> None:
        self.resource_type = resource_type
        self.tolerant = tolerant
        self._refuse_read_only = refuse_read_only
        self._notes: dict[str, None] = {}

    @property
    def notes(self) -> list[str]:
        """Return each note once, in the order of first appearance."""
        return list(self._notes)

    def note(self, text: str) -> None:
        """Remember something for the provisioning log."""
        if len(self._notes) < MAX_NOTES:
            self._notes[text] = None

    def unknown(self, name: str) -> None:
        """Drop and note an attribute that no schema has; a strict profile refuses it with InvalidValue."""
        name = shown(name)
        if not self.tolerant:
            raise InvalidValue(
                f"`{name}`: not an attribute of {self.resource_type.name}. "
                "Remove it from the attribute mapping, or add it to a schema extension."
            )
        self.note(f"unknown attribute `{name}` dropped")

    def extension(self, key: str) -> SchemaDefinition | None:
        """Return the extension that a key of the body names by its URN."""
        if ":" not in key:
            return None
        return self.resource_type.extension(self.urn(key))

    def urn(self, urn: str) -> str:
        """Return the URN that a client means."""
        current = names.current_urn(urn, self.resource_type) if self.tolerant else urn
        if current != urn:
            self.note(f"schema of an earlier SCIM version: {urn}")
        return current

    def value(self, attribute: Attribute, raw: Any, path: str) -> Any:
        """Return the canonical value of an attribute, or None if that is unassigned (RFC 7643 §2.5)."""
        raw = self._whole(attribute, raw, path)
        if not attribute.multi_valued or not isinstance(raw, list):
            return self._single(attribute, raw, path)
        elements = [element for item in raw if (element := self._single(attribute, item, path)) is not None]
        if len(elements) > 1:
            elements = distinct(elements, attribute)
            check_one_primary(elements, path)
        return elements or None

    def changes(self, attribute: Attribute, raw: Any, path: str) -> dict[str, Any]:
        """Return the sub-attributes of one complex value, None where the client clears one.

        Raises InvalidValue if the value is not an object.
        """
        one = raw if attribute.multi_valued else self._whole(attribute, raw, path)
        raw = self._tolerate(values.ELEMENT["complex"], attribute, one, path)
        if not isinstance(raw, dict):
            raise InvalidValue(f"`{path}`: expected an object, got {kind(raw)}. Send its sub-attributes in an object.")
        return self._sub_values(attribute, raw, path)

    def named(
        self, raw: Mapping[str, Any], find: Callable[[str], Attribute | None], prefix: str = ""
    ) -> Iterator[tuple[Attribute, Any]]:
        """Yield attribute and raw value for each key; drop unknown and unwritable ones.

        Raises InvalidValue if two keys are the same attribute in different letter case.
        """
        spelling: dict[str, str] = {}
        for name, item in raw.items():
            attribute = find(name)
            if attribute is None:
                if name.lower() != "$ref":
                    self.unknown(prefix + name)
                continue
            once(spelling, attribute.name, name, prefix)
            if writable(attribute):
                yield attribute, item
            elif self._refuse_read_only and attribute.mutability == "readOnly":
                raise read_only(prefix + attribute.name)

    def _sub_values(self, attribute: Attribute, raw: dict[str, Any], path: str) -> dict[str, Any]:
        result: dict[str, Any] = {}
        aliased: dict[str, Any] = {}
        if self.tolerant:
            raw, aliased = self._without_aliases(attribute, raw, path)
        for sub, item in self.named(raw, attribute.sub, f"{path}."):
            result[sub.name] = self.value(sub, item, f"{path}.{sub.name}")
        return {**aliased, **result} if aliased else result

    def _without_aliases(
        self, attribute: Attribute, raw: dict[str, Any], path: str
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Split off the sub-attributes that go by another name, already read."""
        strange = {name: sub for name in raw if not attribute.sub(name) and (sub := names.alias(attribute, name))}
        if not strange:
            return raw, {}
        for name, sub in strange.items():
            self.note(f"`{name}` read as `{sub.name}`: {path}")
        known = {name: item for name, item in raw.items() if name not in strange}
        return known, {s.name: self.value(s, raw[name], f"{path}.{s.name}") for name, s in strange.items()}

    def _single(self, attribute: Attribute, raw: Any, path: str) -> Any:
        if self.tolerant and attribute.type in values.ELEMENT:
            raw = self._tolerate(values.ELEMENT[attribute.type], attribute, raw, path)
        if isinstance(raw, dict) and attribute.type == "complex":
            subs = self._sub_values(attribute, raw, path)
            return {name: item for name, item in subs.items() if item is not None} or None
        if attribute.type == "integer" and isinstance(raw, float) and not self.tolerant:
            raise InvalidValue(f"`{path}`: expected a whole number without fraction and exponent (RFC 7643 §2.3.4).")
        return None if self.unassigned(attribute, raw) else raw

    def unassigned(self, attribute: Attribute, raw: Any) -> bool:
        """Tell null and its equals (RFC 7643 §2.5): an empty list, and in tolerant profiles an empty string.

        An empty string never is a value of a required attribute, in no profile.
        """
        if raw == "":
            return attribute.type not in ("boolean", "integer", "decimal") and (self.tolerant or attribute.required)
        return raw is None or (raw == [] and (attribute.multi_valued or self.tolerant))

    def _whole(self, attribute: Attribute, raw: Any, path: str) -> Any:
        return self._tolerate(values.WHOLE, attribute, raw, path)

    def _tolerate(self, quirks: Mapping[str, values.Rewrite], attribute: Attribute, raw: Any, path: str) -> Any:
        if not self.tolerant:
            return raw
        for note, rewrite in quirks.items():
            rewritten = rewrite(attribute, raw)
            if rewritten is not raw:
                self.note(f"{note}: {path}")
                raw = rewritten
        return raw


def canonicalise(body: Any, resource_type: ResourceType, *, tolerant: bool = True) -> Canonical:
    """Make a POST or PUT body canonical; the body is not changed.

    Raises InvalidSyntax if the body is not an object, InvalidValue for ``schemas`` that name none of the resource's
    own, for an attribute that is there twice, for two primary values, and in strict profiles for unknown names and
    for ``schemas`` that do not fit the body.
    """
    if not isinstance(body, dict):
        raise InvalidSyntax(f"The body must be a JSON object with the attributes of a {resource_type.name}.")
    reader = Reader(resource_type, tolerant)
    core: dict[str, Any] = {}
    extensions: dict[str, Any] = {}
    unqualified: dict[str, Any] = {}
    spelling: dict[str, str] = {}
    for key, raw in body.items():
        definition = reader.extension(key)
        if definition is not None:
            once(spelling, definition.id, key)
            extensions[definition.id] = raw
        elif tolerant and resource_type.attribute(key) is None and names.unqualified(resource_type, key):
            unqualified[key] = raw
        else:
            core[key] = raw
    resource: dict[str, Any] = {}
    members: list[Any] | None = None
    listed: Any = None
    cleared: set[str] = set()
    for attribute, raw in reader.named(core, resource_type.attribute):
        if attribute.name == "schemas":
            listed = raw
        elif is_membership(attribute, resource_type):
            members = _list(raw)
        elif (value := reader.value(attribute, raw, attribute.name)) is not None:
            resource[attribute.name] = value
        elif not tolerant:
            cleared.add(attribute.name)
    named = check_schemas(reader, listed, extensions)
    for urn, raw in extensions.items():
        _put_extension(reader, resource, urn, raw)
    _put_unqualified(reader, resource, unqualified)
    return Canonical(resource, members, reader.notes, frozenset(named), frozenset(cleared))


def is_membership(attribute: Attribute, resource_type: ResourceType) -> bool:
    """Tell whether this is a group's ``members``, kept one document each and not in the resource."""
    own = resource_type.collection == "groups" and attribute.schema == resource_type.schema.id
    return own and attribute.name == "members"


def read_only(name: str) -> Mutability:
    """Return the error for a client's value of what only the server sets."""
    return Mutability(f"`{name}` is read-only: it is set by the server. Take it out of the attribute mapping.")


def once(spelling: dict[str, str], canonical: str, name: str, prefix: str = "") -> None:
    """Remember how an attribute was spelled; raise InvalidValue if it was there before."""
    if canonical in spelling:
        raise InvalidValue(
            f"`{prefix}{canonical}`: sent twice, as `{spelling[canonical]}` and `{name}`; letter case makes no "
            "other attribute. Send it once."
        )
    spelling[canonical] = name


def kind(value: Any) -> str:
    """Name a value's JSON type for an error text, never the value."""
    if value is None:
        return "null"
    kinds = {bool: "a boolean", str: "a string", int: "a number", float: "a number", list: "a list", dict: "an object"}
    return kinds.get(type(value), "something else")


def shown(name: str) -> str:
    """Return a client's name for something, short enough for a log line."""
    return name if len(name) <= 120 else f"{name[:117]}…"


def _list(raw: Any) -> list[Any]:
    if raw is None:
        return []
    return raw if isinstance(raw, list) else [raw]


def check_schemas(reader: Reader, listed: Any, used: Iterable[str] = ()) -> set[str]:
    """Return the URNs of the extensions that ``schemas`` lists or the body uses (RFC 7643 §3).

    Tolerant profiles ignore URIs of others and know a body's extensions by its keys; a strict one refuses a list that
    is not exactly right: no URI of another resource type, none twice, the resource's own and every one used among them.

    Raises:
        InvalidValue: says what ``schemas`` should be.
    """
    resource_type, used = reader.resource_type, set(used)
    own = resource_type.schema.id
    if listed is None or listed == []:
        if reader.tolerant:
            return used
        raise InvalidValue(f'`schemas`: missing. Send "schemas": ["{own}"].')
    if isinstance(listed, str) and reader.tolerant:
        reader.note("single value sent for a list: schemas")
        listed = [listed]
    if not isinstance(listed, list) or not all(isinstance(urn, str) for urn in listed):
        raise InvalidValue(f'`schemas`: expected a list of URNs. Send "schemas": ["{own}"].')
    urns = [reader.urn(urn) for urn in listed]
    extensions = [extension.id for urn in urns if (extension := resource_type.extension(urn))]
    names_own = sum(urn.lower() == own.lower() for urn in urns)
    if not names_own and not (extensions and reader.tolerant):
        raise InvalidValue(f"`schemas`: names no schema of a {resource_type.name}. Add `{own}`.")
    if not reader.tolerant:
        if names_own + len(extensions) < len(urns):
            raise InvalidValue(f"`schemas`: names a schema that a {resource_type.name} does not have. Take it out.")
        if len({*extensions}) + 1 < len(urns):
            raise InvalidValue("`schemas`: names a schema twice. Send each once.")
        if missing := sorted(used - {*extensions}):
            raise InvalidValue(f"`schemas`: does not name `{missing[0]}`, which the body uses. Add it.")
    return used | {*extensions}


def _put_extension(reader: Reader, resource: dict[str, Any], urn: str, raw: Any) -> None:
    definition = reader.resource_type.extension(urn)
    if definition is None or raw is None:
        return
    if not isinstance(raw, dict):
        resource[urn] = raw
        return
    held = {}
    for attribute, item in reader.named(raw, definition.attribute, f"{urn}:"):
        if (value := reader.value(attribute, item, attribute.name)) is not None:
            held[attribute.name] = value
    if held:
        resource[urn] = held


def _put_unqualified(reader: Reader, resource: dict[str, Any], raw: dict[str, Any]) -> None:
    """Move attributes that came without their URN below it; what came with its URN wins."""
    for attribute, item in reader.named(raw, reader.resource_type.extension_attribute):
        reader.note(f"attribute sent without its schema: {attribute.name}")
        value = reader.value(attribute, item, attribute.name)
        held = resource.get(attribute.schema, {})
        if value is not None and isinstance(held, dict):
            resource[attribute.schema] = {attribute.name: value, **held}
