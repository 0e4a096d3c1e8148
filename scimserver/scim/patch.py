"""Apply PATCH operations to a resource (RFC 7644 §3.5.2): one after the other, all or none.

What identity providers mean beyond the RFC is read as the :class:`~scimserver.scim.reading.Reading` allows (see
:mod:`.quirks.operations`). A group's ``members`` are not handled here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import BadRequest, InvalidPath, InvalidValue, Mutability
from ..schema.attributes import COMMON, ResourceType
from .canonical import Reader, check_schemas, kind, once, read_only
from .filter import PatchPath
from .keys import is_id
from .lexer import masked
from .messages import Operation
from .mutability import set_once, writable
from .parser import parse_path
from .quirks.operations import path_as_key, schemas_in_patch
from .reading import Reading, tolerant
from .target import Target
from .values import copied


@dataclass(frozen=True, slots=True)
class PatchResult:
    """The changed resource, and what the operations named."""

    resource: dict[str, Any]
    specified: dict[str, Any]
    """The attributes that the operations name, in the form of a resource; their values say nothing."""


def apply(
    resource: Mapping[str, Any],
    operations: list[Operation],
    resource_type: ResourceType,
    reading: Reading | None = None,
) -> PatchResult:
    """Return the resource after all operations; the given one is not changed.

    ``resource`` is canonical and has its ``id``. Types of new values are left to the schema check.

    Raises:
        InvalidPath, NoTarget, InvalidValue, Mutability: an operation cannot be applied; names it and the cure.
    """
    reader = Reader(resource_type, reading or tolerant(), in_patch=True)
    patcher = _Patcher(copied(dict(resource)), reader)
    for operation in operations:
        try:
            patcher.apply(operation)
        except BadRequest as error:
            raise type(error)(f"`{operation.place}`: {error.detail}") from error
    patcher.settle()
    return PatchResult(patcher.resource, patcher.specified)


class _Patcher:
    """One resource while it is being changed."""

    def __init__(self, resource: dict[str, Any], reader: Reader) -> None:
        self.resource = resource
        self.reader = reader
        self.specified: dict[str, Any] = {}
        self._targets: dict[tuple[str, str], Target] = {}
        self._type = reader.resource_type
        self._reading = reader.reading

    def apply(self, operation: Operation) -> None:
        if operation.path is None:
            self._without_path(operation)
            return
        path, text = self._parsed(operation.path), masked(operation.path)
        if self._maintained(path, operation.op, operation.value):
            return
        for attribute in (path.attribute, path.sub):
            if attribute is not None and attribute.mutability == "readOnly":
                raise read_only(text)
        self._change(operation.op, path, operation.value, text, has_value=operation.has_value)

    def settle(self) -> None:
        """Bring in order what single operations cannot see."""
        for target in self._targets.values():
            target.settle()

    def _parsed(self, text: str) -> PatchPath:
        return parse_path(text, self._type, self._reading)

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

    def _named(self, op: str, key: str, value: Any, extension: str = "") -> None:
        """Apply one key of an operation without a path: an attribute, or an extension with its attributes.

        ``extension`` is the URN under which the key stands. What the server itself maintains is left out, as in a POST.
        """
        whole = self.reader.extension(key)
        if whole is not None and isinstance(value, dict) and not extension:
            for inner, item in value.items():
                self._named(op, inner, item, whole.id)
            return
        name = f"{extension}:{key}" if extension else key
        try:
            path = self._parsed(name)
        except InvalidPath:
            self.reader.unknown(name)
            return
        has_sub = path.sub is not None or path.value_filter is not None
        is_path = path.attribute is not None and (has_sub or ":" in key)
        if is_path and not self._reading.excuses(path_as_key, name, key, has_sub=has_sub):
            self.reader.unknown(name)
            return
        if path.attribute is not None and is_id(path.attribute) and value != self.resource.get("id"):
            raise read_only(name)  # another one's id: the client mistakes one resource for the other
        for attribute in (path.attribute, path.sub):
            if attribute is not None and not writable(attribute):
                if attribute.mutability == "readOnly":
                    self.reader.left_out(attribute, name)
                return
        if not self._maintained(path, op, value):
            self._change(op, path, value, masked(name), has_value=True)

    # -- one target ------------------------------------------------------------------------------------------------

    def _maintained(self, path: PatchPath, op: str, value: Any) -> bool:
        """Tell whether a path names what follows from other things here: then there is nothing to do."""
        attribute = path.attribute
        if attribute is None:
            return False
        if attribute.name == "schemas" and attribute.schema == COMMON:
            if not self._reading.excuses(schemas_in_patch, "schemas", attribute):
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
        target = Target(self.resource, path.attribute, self.reader)
        target.change(op, path, raw, text, has_value=has_value)
        self._targets[path.attribute.schema, path.attribute.name] = target
        self._specify(path, raw)

    def _extension(self, op: str, urn: str, raw: Any, text: str) -> None:
        definition = self._type.extension(urn)
        if definition is not None and (op == "remove" or raw is None):
            # As a whole: what is required in an extension is required only of those who have it.
            if definition.id in self._type.required_extensions:
                raise Mutability(f"`{text}` is required and cannot be removed: send new values instead.")
            for attribute in definition.attributes:
                if attribute.mutability == "immutable" and self._type.value(self.resource, attribute) is not None:
                    raise set_once(f"{urn}:{attribute.name}")
            self.resource.pop(definition.id, None)
        elif isinstance(raw, dict):
            for name, item in raw.items():
                self._named(op, name, item, urn)
        else:
            raise InvalidValue(f"`{text}`: expected an object of the extension's attributes, got {kind(raw)}.")

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
