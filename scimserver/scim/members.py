"""Membership operations of a group: read from PATCH, POST and PUT, and resolved to what is added and removed.

A group's members are documents of their own, so a PATCH is split: what concerns ``members`` becomes a
:class:`MemberPlan`, the rest goes to :mod:`.patch`. Removing ``members`` with a list of values removes just these:
that is what Entra means, though to the letter of RFC 7644 §3.5.2.2 it empties the group (idp-clients §3.6). Removing
who is no member is a success, since the end is what was asked for; to the letter it has no target.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from ..errors import BadRequest, InvalidPath, InvalidValue, Mutability, NoTarget
from ..schema.attributes import Attribute, ResourceType
from .canonical import is_membership, kind
from .filter import Comparison, Filter, Or, PatchPath
from .lexer import masked
from .match import element_matches
from .messages import Operation
from .parser import parse_path
from .quirks.names import display_name, unknown_attribute
from .quirks.operations import path_as_key, remove_absent, remove_listed
from .quirks.values import reference_as_string
from .reading import Reading, shown, tolerant

_KNOWN = frozenset({"value", "$ref", "type", "display"})

Member = dict[str, Any]
"""``{"value": id, "type"?: "User" | "Group", "display"?: str}``."""


@dataclass(frozen=True, slots=True)
class Step:
    """One operation on the members."""

    op: Literal["add", "set", "remove", "remove_matching"]
    members: Mapping[str, Member] = field(default_factory=dict)
    condition: Filter | None = None
    path: str = ""
    """Of a removal with a filter: the path that selects whom."""
    must_find: bool = False
    """Whether that path must select somebody."""


@dataclass(frozen=True, slots=True)
class MemberChanges:
    """What the operations come to."""

    clear: bool
    """Whether to start from the empty set; then ``remove`` is empty."""
    add: dict[str, Member]
    remove: frozenset[str]


@dataclass(frozen=True, slots=True)
class MemberPlan:
    """The membership operations of one PATCH, in order."""

    steps: tuple[Step, ...]

    @property
    def needs_stored(self) -> bool:
        """Whether the present members have to be read: only for a filter on something else than their ids.

        Where a removal must find somebody it is the same. After a full list was set, the members are known unread.
        """
        for step in self.steps:
            if step.op == "set":
                return False
            if step.op == "remove_matching" or step.must_find:
                return True
        return False

    @property
    def may_find_nobody(self) -> bool:
        """Whether it may turn out that there is nobody to remove, which then is an error."""
        return any(step.must_find for step in self.steps)

    @property
    def selected(self) -> frozenset[str]:
        """The ids that paths of removals name."""
        return frozenset(member_id for step in self.steps if step.path for member_id in step.members)

    def resolve(self, stored: Mapping[str, Member] | None = None) -> MemberChanges:
        """Apply the steps in order; ``stored`` are the present members by id, if :attr:`needs_stored`.

        Raises:
            NoTarget: a removal that must find somebody finds nobody.
        """
        clear, add, remove = False, dict[str, Member](), set[str]()
        for step in self.steps:
            if step.op == "add":
                add |= step.members
                remove -= step.members.keys()
            elif step.op == "set":
                clear, add, remove = True, dict(step.members), set()
            else:
                present = {} if clear else {i: m for i, m in (stored or {}).items() if i not in remove}
                gone = set(step.members)
                if step.condition is not None:
                    gone = {i for i, m in (present | add).items() if element_matches(step.condition, m)}
                if step.must_find and not gone & (present | add).keys():
                    raise NoTarget(f"`{step.path}` selects no member of the group: take the operation out.")
                add = {i: m for i, m in add.items() if i not in gone}
                remove |= set() if clear else gone
        return MemberChanges(clear, add, frozenset(remove))


def split(
    operations: Iterable[Operation], resource_type: ResourceType, reading: Reading | None = None
) -> tuple[list[Operation], MemberPlan | None]:
    """Separate the operations on a group's members from the others; the plan is None if there are none.

    Raises:
        InvalidPath, InvalidValue, Mutability: a membership operation cannot be read; names it and the cure.
    """
    attribute = resource_type.attribute("members")
    if attribute is None or not is_membership(attribute, resource_type):
        return list(operations), None
    reader = _Reader(resource_type, attribute, reading or tolerant())
    others: list[Operation] = []
    steps: list[Step] = []
    for operation in operations:
        if operation.path is None:
            rest, taken = reader.take_members(operation)
            if rest is not None:
                others.append(rest)
            for single in taken:
                steps += reader.placed(single)
        elif _names_members(operation.path, resource_type):
            steps += reader.placed(operation)
        else:
            others.append(operation)
    return others, MemberPlan(tuple(steps)) if steps else None


def members_of(
    sent: Any, attribute: Attribute, place: str = "members", reading: Reading | None = None
) -> dict[str, Member]:
    """Read a list of members, or one; ``$ref`` and nulls are left out. ``attribute`` is a group's ``members``.

    Raises:
        InvalidValue: an entry without an id, a type that is neither User nor Group, or what the profile does not
            tolerate: a bare id, an unknown name.
    """
    if sent is None:
        return {}
    reading = reading or tolerant()
    entries = sent if isinstance(sent, list) else [sent]
    found: dict[str, Member] = {}
    for number, entry in enumerate(entries):
        member = _member(entry, attribute, f"{place}[{number}]", reading)
        found[member["value"]] = member
    return found


def _member(entry: Any, attribute: Attribute, place: str, reading: Reading) -> Member:
    fields = reading.rewrite(reference_as_string, entry, "members", attribute)
    if not isinstance(fields, dict):
        raise InvalidValue(f"`{place}`: expected an object with `value`, got {kind(entry)}.")
    named = {str(name).lower(): item for name, item in fields.items()}
    if len(named) < len(fields):
        raise InvalidValue(f"`{place}`: has one name twice, in different letter case. Send it once.")
    for name in [name for name in fields if name.lower() not in _KNOWN]:
        if alias := reading.find(display_name, f"members.{name}", attribute, name):
            named.setdefault(alias.name, fields[name])
        elif not reading.excuses(unknown_attribute, f"members.{name}", None):
            raise InvalidValue(f"`{place}.{shown(name)}`: not a sub-attribute of `members`. Take it out.")
    value = named.get("value")
    if not isinstance(value, str) or not value:
        raise InvalidValue(f"`{place}.value`: expected the id of a user or group, got {kind(value)}.")
    member: Member = {"value": value}
    if (sort := named.get("type")) is not None:
        known = {"user": "User", "group": "Group"}.get(sort.lower()) if isinstance(sort, str) else None
        if known is None:
            raise InvalidValue(f"`{place}.type`: a member is a `User` or a `Group`; correct it or leave it out.")
        member["type"] = known
    if isinstance(display := named.get("display"), str):
        member["display"] = display
    return member


def _names_members(path: str, resource_type: ResourceType) -> bool:
    """Tell whether a path is about the members; a path that cannot be read is left for the PATCH engine to refuse."""
    if "members" not in path.lower():
        return False
    try:
        target = parse_path(path, resource_type).attribute
    except InvalidPath:
        return False
    return target is not None and is_membership(target, resource_type)


class _Reader:
    """Reads the operations on the members of one PATCH."""

    def __init__(self, resource_type: ResourceType, attribute: Attribute, reading: Reading) -> None:
        self._type = resource_type
        self._attribute = attribute
        self._reading = reading

    def take_members(self, operation: Operation) -> tuple[Operation | None, list[Operation]]:
        """Take the keys about members out of an operation without a path, each as an operation with a path."""
        if not isinstance(operation.value, dict):
            return operation, []
        names = [name for name in operation.value if self._is_key_of_members(name)]
        if not names:
            return operation, []
        rest = {name: value for name, value in operation.value.items() if name not in names}
        taken = [replace(operation, path=name, value=operation.value[name]) for name in names]
        return replace(operation, value=rest) if rest else None, taken

    def _is_key_of_members(self, key: str) -> bool:
        if not _names_members(key, self._type):
            return False
        plain = key.lower() == self._attribute.name
        return plain or self._reading.excuses(path_as_key, "members", key, has_sub="." in key)

    def placed(self, operation: Operation) -> list[Step]:
        """Read one operation; an error names its place in the message, as those of other attributes do."""
        try:
            return self._steps(operation, parse_path(str(operation.path), self._type, self._reading))
        except BadRequest as error:
            raise type(error)(f"`{operation.place}`: {error.detail}") from error

    def _steps(self, operation: Operation, path: PatchPath) -> list[Step]:
        op, value, place = operation.op, operation.value, masked(str(operation.path))
        if path.sub is not None and not (path.sub.name == "value" and op == "remove"):
            raise Mutability(f"`{place}`: a member cannot be changed; remove it and add another one.")
        if path.value_filter is None:
            return [self._without_filter(operation, place)]
        ids = dict.fromkeys(_ids(path.value_filter), Member())
        if op == "remove":
            must_find = not self._reading.allows(remove_absent)
            if ids:
                return [Step("remove", ids, path=place, must_find=must_find)]
            return [Step("remove_matching", condition=path.value_filter, path=place, must_find=must_find)]
        if not ids:
            raise InvalidPath(f'`{place}`: only `members[value eq "id"]` can be added; send the member as a value.')
        # Entra's path names the member and its value says nothing; a member given as a value takes the other's place.
        given = self._members(value, place) if isinstance(value, dict | list) else {}
        if not given:
            return [Step("add", {i: {"value": i} for i in ids})]
        if op == "replace":
            return [Step("remove", ids), Step("add", given)]
        if given.keys() - ids.keys():
            raise Mutability(f"`{place}`: a member cannot be changed; remove it and add another one.")
        return [Step("add", given)]

    def _without_filter(self, operation: Operation, place: str) -> Step:
        if operation.op == "add":
            return Step("add", self._members(operation.value, place))
        if operation.op == "replace":
            return Step("set", self._members(operation.value, place))
        # An empty list asks to remove nobody: only a remove without any value empties the group.
        if operation.has_value and self._reading.excuses(remove_listed, "members", operation.value):
            return Step("remove", self._members(operation.value, place))
        return Step("set")

    def _members(self, sent: Any, place: str) -> dict[str, Member]:
        return members_of(sent, self._attribute, place, self._reading)


def _ids(condition: Filter) -> list[str]:
    """Return the ids of ``value eq "a" or value eq "b"``; nothing for any other filter."""
    terms = condition.terms if isinstance(condition, Or) else (condition,)
    ids: list[str] = []
    for term in terms:
        if not isinstance(term, Comparison) or term.operator != "eq" or term.path.leaf.name != "value":
            return []
        if not isinstance(term.value, str):
            return []
        ids.append(term.value)
    return ids
