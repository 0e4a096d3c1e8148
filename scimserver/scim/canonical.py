"""Bodies as clients send them, made canonical: one name per attribute, extensions under their URN, nothing empty.

Names first, types second: SCIM names have no letter case (RFC 7643 §2.1) and JSON Schema's have, so the JSON Schema
check comes after this. A value of a wrong type is left as it is for that check to name.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import InvalidSyntax, InvalidValue, Mutability
from ..schema.attributes import Attribute, ResourceType, SchemaDefinition
from .elements import check_one_primary, distinct
from .mutability import writable
from .quirks import names, operations, values
from .quirks.registry import Quirk
from .reading import Reading, shown, tolerant


@dataclass(frozen=True, slots=True)
class Canonical:
    """A body in canonical form."""

    resource: dict[str, Any]
    """Canonical names; no null, no empty list or object; no readOnly attribute, ``members`` or ``password``."""
    members: list[Any] | None = None
    """A group's ``members`` as sent; None if the body has no such key."""
    extensions: frozenset[str] = frozenset()
    """URNs of the extensions that the body names, in ``schemas`` or as a key (also one with nothing in it)."""
    cleared: frozenset[str] = frozenset()
    """Core attributes sent as null or empty, and meant so (see :mod:`.replace`)."""


class Reader:
    """Reads values by their attribute's definition, as the request's :class:`Reading` allows.

    ``in_patch`` makes a readOnly sub-attribute an error where it is not tolerated; a POST and a PUT leave it out.
    """

    __slots__ = ("_in_patch", "reading", "resource_type")

    def __init__(self, resource_type: ResourceType, reading: Reading, *, in_patch: bool = False) -> None:
        self.resource_type = resource_type
        self.reading = reading
        self._in_patch = in_patch

    def unknown(self, name: str) -> None:
        """Leave out an attribute that no schema has.

        Raises:
            InvalidValue: the profile does not tolerate that.
        """
        if not self.reading.excuses(names.unknown_attribute, name, None):
            raise InvalidValue(
                f"`{shown(name)}`: not an attribute of {self.resource_type.name}. "
                "Remove it from the attribute mapping, or add it to a schema extension."
            )

    def extension(self, key: str) -> SchemaDefinition | None:
        """Return the extension that a key of the body names by its URN."""
        if ":" not in key:
            return None
        return self.resource_type.extension(self.urn(key))

    def urn(self, urn: str) -> str:
        """Return the URN that a client means."""
        current: str = self.reading.rewrite(names.earlier_urn, urn, urn, self.resource_type)
        return current

    def value(self, attribute: Attribute, raw: Any, path: str) -> Any:
        """Return the canonical value of an attribute, or None if that is unassigned (RFC 7643 §2.5)."""
        raw = self.whole(attribute, raw, path)
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
        one = raw if attribute.multi_valued else self.whole(attribute, raw, path)
        raw = self._rewritten(values.ELEMENT["complex"], attribute, one, path)
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
            elif attribute.mutability == "readOnly":
                self.left_out(attribute, prefix + attribute.name)

    def left_out(self, attribute: Attribute, name: str) -> None:
        """Leave out what only the server sets.

        Raises:
            Mutability: in a PATCH, where the profile does not tolerate that.
        """
        if self._in_patch and not self.reading.excuses(operations.read_only_in_patch, name, attribute):
            raise read_only(name)

    def _sub_values(self, attribute: Attribute, raw: dict[str, Any], path: str) -> dict[str, Any]:
        raw, aliased = self._without_aliases(attribute, raw, path)
        read = {
            sub.name: self.value(sub, item, f"{path}.{sub.name}")
            for sub, item in self.named(raw, attribute.sub, f"{path}.")
        }
        return {**aliased, **read} if aliased else read

    def _without_aliases(
        self, attribute: Attribute, raw: dict[str, Any], path: str
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Split off the sub-attributes that go by another name, already read."""
        strange = [name for name in raw if attribute.sub(name) is None]
        meant = {name: sub for name in strange if (sub := self._alias(attribute, name, path))}
        if not meant:
            return raw, {}
        known = {name: item for name, item in raw.items() if name not in meant}
        return known, {s.name: self.value(s, raw[name], f"{path}.{s.name}") for name, s in meant.items()}

    def _alias(self, attribute: Attribute, name: str, path: str) -> Attribute | None:
        found = (self.reading.find(quirk, f"{path}.{name}", attribute, name) for quirk in names.ALIASES)
        return next((sub for sub in found if sub is not None), None)

    def _single(self, attribute: Attribute, raw: Any, path: str) -> Any:
        if attribute.type in values.ELEMENT and type(raw) is not values.RIGHT.get(attribute.type):
            raw = self._rewritten(values.ELEMENT[attribute.type], attribute, raw, path)
        if isinstance(raw, dict) and attribute.type == "complex":
            subs = self._sub_values(attribute, raw, path)
            return {name: item for name, item in subs.items() if item is not None} or None
        fraction = attribute.type == "integer" and isinstance(raw, float)
        if fraction and not self.reading.allows(values.whole_number_with_fraction):
            raise InvalidValue(f"`{path}`: expected a whole number without fraction and exponent (RFC 7643 §2.3.4).")
        return None if self.unassigned(attribute, raw, path) else raw

    def unassigned(self, attribute: Attribute, raw: Any, path: str) -> bool:
        """Tell null and its equals (RFC 7643 §2.5): an empty list, and where it is tolerated an empty string.

        An empty string never is a value of a required attribute, in no profile.
        """
        if raw is None or (raw == [] and attribute.multi_valued):
            return True
        if raw == "" and attribute.required and attribute.type not in ("boolean", "integer", "decimal"):
            return True
        return raw in ("", []) and self.reading.excuses(values.empty_as_unassigned, path, raw, attribute)

    def whole(self, attribute: Attribute, raw: Any, path: str) -> Any:
        """Return a value with a list around it where there must be one, and without where there must be none."""
        if isinstance(raw, list) == attribute.multi_valued:
            return raw
        return self._rewritten(values.WHOLE, attribute, raw, path)

    def _rewritten(self, quirks: Iterable[Quirk], attribute: Attribute, raw: Any, path: str) -> Any:
        for quirk in quirks:
            raw = self.reading.rewrite(quirk, raw, path, attribute)
        return raw


def canonicalise(body: Any, resource_type: ResourceType, reading: Reading | None = None) -> Canonical:
    """Make a POST or PUT body canonical; the body is not changed.

    Raises InvalidSyntax if the body is not an object, InvalidValue for an attribute that is there twice, for two
    primary values, and for what the profile does not tolerate: unknown names, ``schemas`` that do not fit the body.
    """
    if not isinstance(body, dict):
        raise InvalidSyntax(f"The body must be a JSON object with the attributes of a {resource_type.name}.")
    reader = Reader(resource_type, reading or tolerant())
    core: dict[str, Any] = {}
    extensions: dict[str, Any] = {}
    unqualified: dict[str, Any] = {}
    spelling: dict[str, str] = {}
    for key, raw in body.items():
        definition = reader.extension(key)
        if definition is not None:
            once(spelling, definition.id, key)
            extensions[definition.id] = raw
        elif resource_type.attribute(key) is None and reader.reading.find(names.without_urn, key, resource_type, key):
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
            members = _list(reader.whole(attribute, raw, "members"))
        elif (value := reader.value(attribute, raw, attribute.name)) is not None:
            resource[attribute.name] = value
        elif not reader.reading.excuses(values.null_active, attribute.name, raw, attribute):
            cleared.add(attribute.name)
    named = check_schemas(reader, listed, extensions)
    for urn, raw in extensions.items():
        _put_extension(reader, resource, urn, raw)
    _put_unqualified(reader, resource, unqualified)
    return Canonical(resource, members, frozenset(named), frozenset(cleared))


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


def _list(raw: Any) -> list[Any]:
    if raw is None:
        return []
    if not isinstance(raw, list):
        raise InvalidValue(f"`members`: expected a list of members, got {kind(raw)}.")
    return raw


def check_schemas(reader: Reader, listed: Any, used: Iterable[str] = ()) -> set[str]:
    """Return the URNs of the extensions that ``schemas`` lists or the body uses (RFC 7643 §3).

    To the letter the list has the resource's own URN, every one that the body uses, none twice and no other.

    Raises:
        InvalidValue: says what ``schemas`` should be, as far as the profile does not overlook it.
    """
    resource_type, reading, used = reader.resource_type, reader.reading, set(used)
    own = resource_type.schema.id
    if reading.excuses(names.schemas_missing, "schemas", listed):
        return used
    if listed is None or listed == []:
        raise InvalidValue(f'`schemas`: missing. Send "schemas": ["{own}"].')
    if isinstance(listed, str):
        listed = reading.rewrite(values.single_value_for_list, listed, "schemas", resource_type.attribute("schemas"))
    if not isinstance(listed, list) or not all(isinstance(urn, str) for urn in listed):
        raise InvalidValue(f'`schemas`: expected a list of URNs. Send "schemas": ["{own}"].')
    urns = [reader.urn(urn) for urn in listed]
    known = {urn: own if urn.lower() == own.lower() else _extension_id(resource_type, urn) for urn in urns}
    extensions = {urn for urn in known.values() if urn not in (None, own)}
    if not extensions and own not in known.values():
        raise InvalidValue(f"`schemas`: names no schema of a {resource_type.name}. Add `{own}`.")
    strange = sum(urn is None for urn in known.values())
    if strange and not reading.excuses(names.unknown_schema, "schemas", strange):
        raise InvalidValue(f"`schemas`: names a schema that a {resource_type.name} does not have. Take it out.")
    twice = len({urn.lower() for urn in urns}) < len(urns)
    if twice and not reading.excuses(names.schema_listed_twice, "schemas", urns):
        raise InvalidValue("`schemas`: names a schema twice. Send each once.")
    missing = ({own} | used) - {*known.values()}
    if missing and not reading.excuses(names.schema_not_listed, "schemas", missing):
        raise InvalidValue(f"`schemas`: does not name `{min(missing)}`, which the body uses. Add it.")
    return used | {urn for urn in extensions if urn}


def _extension_id(resource_type: ResourceType, urn: str) -> str | None:
    extension = resource_type.extension(urn)
    return extension.id if extension else None


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
        value = reader.value(attribute, item, attribute.name)
        held = resource.get(attribute.schema, {})
        if value is not None and isinstance(held, dict):
            resource[attribute.schema] = {attribute.name: value, **held}
