"""Membership operations of a group: read from PATCH, POST and PUT, and resolved to what is added and removed.

A group's members are documents of their own, so a PATCH is split: what concerns ``members`` becomes a
:class:`MemberPlan`, the rest goes to :mod:`.patch`. Removing ``members`` with a list of values removes just these:
that is what Entra means, though a literal reading of RFC 7644 §3.5.2.2, which a strict profile gets, empties the group
(idp-clients §3.6). Removing who is no member is a success in every profile, since the end is what was asked for.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from ..errors import BadRequest, InvalidPath, InvalidValue, Mutability
from ..schema.attributes import ResourceType
from .canonical import is_membership, kind, shown
from .filter import Comparison, Filter, Or, PatchPath
from .match import element_matches
from .messages import Operation
from .parser import parse_path

_KNOWN = frozenset({"value", "$ref", "type", "display"})

Member = dict[str, Any]
"""``{"value": id, "type"?: "User" | "Group", "display"?: str}``."""


@dataclass(frozen=True, slots=True)
class Step:
    """One operation on the members."""

    op: Literal["add", "set", "remove", "remove_matching"]
    members: Mapping[str, Member] = field(default_factory=dict)
    condition: Filter | None = None


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

        After a full list was set, the members are known without reading them.
        """
        deciding = next((step.op for step in self.steps if step.op in ("set", "remove_matching")), None)
        return deciding == "remove_matching"

    def resolve(self, stored: Mapping[str, Member] | None = None) -> MemberChanges:
        """Apply the steps in order; ``stored`` are the present members by id, if :attr:`needs_stored`."""
        clear, add, remove = False, dict[str, Member](), set[str]()
        for step in self.steps:
            if step.op == "add":
                add |= step.members
                remove -= step.members.keys()
            elif step.op == "set":
                clear, add, remove = True, dict(step.members), set()
            else:
                gone = set(step.members)
                if step.condition is not None:
                    present = {} if clear else {i: m for i, m in (stored or {}).items() if i not in remove}
                    gone = {i for i, m in (present | add).items() if element_matches(step.condition, m)}
                add = {i: m for i, m in add.items() if i not in gone}
                remove |= set() if clear else gone
        return MemberChanges(clear, add, frozenset(remove))


def split(
    operations: Iterable[Operation], resource_type: ResourceType, *, tolerant: bool = True
) -> tuple[list[Operation], MemberPlan | None]:
    """Separate the operations on a group's members from the others; the plan is None if there are none.

    Raises:
        InvalidPath, InvalidValue, Mutability: a membership operation cannot be read; names it and the cure.
    """
    attribute = resource_type.attribute("members")
    if attribute is None or not is_membership(attribute, resource_type):
        return list(operations), None
    others: list[Operation] = []
    steps: list[Step] = []
    for operation in operations:
        if operation.path is None:
            rest, taken = _take_members(operation, resource_type, tolerant)
            if rest is not None:
                others.append(rest)
            for single in taken:
                steps += _placed(single, resource_type, tolerant)
        elif _names_members(operation.path, resource_type):
            steps += _placed(operation, resource_type, tolerant)
        else:
            others.append(operation)
    return others, MemberPlan(tuple(steps)) if steps else None


def members_of(sent: Any, place: str = "members", *, tolerant: bool = True) -> dict[str, Member]:
    """Read a list of members, or one; ``$ref``, nulls and unknown names are left out.

    Raises:
        InvalidValue: an entry without an id, or a type that is neither User nor Group; in strict profiles also a bare
            id and an unknown name.
    """
    if sent is None:
        return {}
    entries = sent if isinstance(sent, list) else [sent]
    found: dict[str, Member] = {}
    for number, entry in enumerate(entries):
        member = _member(entry, f"{place}[{number}]", tolerant)
        found[member["value"]] = member
    return found


def _member(entry: Any, place: str, tolerant: bool) -> Member:
    """Read one member; tolerant takes a bare id, and ``displayName`` for ``display`` (idp-clients §11, row 18)."""
    fields = {"value": entry} if tolerant and isinstance(entry, str) else entry
    if not isinstance(fields, dict):
        raise InvalidValue(f"`{place}`: expected an object with `value`, got {kind(entry)}.")
    named = {str(name).lower(): item for name, item in fields.items()}
    if len(named) < len(fields):
        raise InvalidValue(f"`{place}`: has one name twice, in different letter case. Send it once.")
    if not tolerant and (unknown := sorted(named.keys() - _KNOWN)):
        raise InvalidValue(f"`{place}.{shown(unknown[0])}`: not a sub-attribute of `members`. Take it out.")
    value = named.get("value")
    if not isinstance(value, str) or not value:
        raise InvalidValue(f"`{place}.value`: expected the id of a user or group, got {kind(value)}.")
    member: Member = {"value": value}
    if (sort := named.get("type")) is not None:
        known = {"user": "User", "group": "Group"}.get(sort.lower()) if isinstance(sort, str) else None
        if known is None:
            raise InvalidValue(f"`{place}.type`: a member is a `User` or a `Group`; correct it or leave it out.")
        member["type"] = known
    display = named.get("display") or named.get("displayname")
    if isinstance(display, str):
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


def _take_members(
    operation: Operation, resource_type: ResourceType, tolerant: bool
) -> tuple[Operation | None, list[Operation]]:
    """Take the ``members`` keys out of an operation without a path; to a tolerant reader each is a path of its own."""
    if not isinstance(operation.value, dict):
        return operation, []
    names = [
        name
        for name in operation.value
        if _names_members(name, resource_type) and (tolerant or name.lower().endswith("members"))
    ]
    if not names:
        return operation, []
    rest = {name: value for name, value in operation.value.items() if name not in names}
    taken = [replace(operation, path=name, value=operation.value[name]) for name in names]
    return replace(operation, value=rest) if rest else None, taken


def _placed(operation: Operation, resource_type: ResourceType, tolerant: bool) -> list[Step]:
    """Read one operation; an error names its place in the message, as those of other attributes do."""
    try:
        return _steps(operation, parse_path(str(operation.path), resource_type, tolerant=tolerant), tolerant)
    except BadRequest as error:
        raise type(error)(f"`{operation.place}`: {error.detail}") from error


def _steps(operation: Operation, path: PatchPath, tolerant: bool) -> list[Step]:
    op, value, place = operation.op, operation.value, str(operation.path)
    if path.sub is not None and not (path.sub.name == "value" and op == "remove"):
        raise Mutability(f"`{place}`: a member cannot be changed; remove it and add another one.")
    if path.value_filter is None:
        return [_without_filter(operation, place, tolerant)]
    ids = dict.fromkeys(_ids(path.value_filter), Member())
    if op == "remove":
        return [Step("remove", ids) if ids else Step("remove_matching", condition=path.value_filter)]
    if not ids:
        raise InvalidPath(f'`{place}`: only `members[value eq "id"]` can be added; send the member as a value.')
    # Entra's path names the member and its value says nothing; a member given as a value takes the other's place.
    given = members_of(value, place, tolerant=tolerant) if isinstance(value, dict | list) else {}
    if not given:
        return [Step("add", {i: {"value": i} for i in ids})]
    if op == "replace":
        return [Step("remove", ids), Step("add", given)]
    if given.keys() - ids.keys():
        raise Mutability(f"`{place}`: a member cannot be changed; remove it and add another one.")
    return [Step("add", given)]


def _without_filter(operation: Operation, place: str, tolerant: bool) -> Step:
    if operation.op == "add":
        return Step("add", members_of(operation.value, place, tolerant=tolerant))
    if operation.op == "replace":
        return Step("set", members_of(operation.value, place, tolerant=tolerant))
    # An empty list asks to remove nobody: only a remove without any value empties the group.
    if tolerant and operation.has_value and operation.value is not None:
        return Step("remove", members_of(operation.value, place))
    return Step("set")


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
