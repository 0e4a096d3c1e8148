"""Who is in scope: scoping filters as Entra ID has them, and assignment.

A filter has clauses that must all hold; one of several filters is enough. Except for ``IS NULL`` a clause about an
attribute without a value does not hold, not even ``NOT EQUALS`` (Microsoft: "Scoping users or groups to be
provisioned with scoping filters").
"""

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from ..problems import Faults, ScopeProblem
from ..source.people import LISTS, Person, Team

if TYPE_CHECKING:
    from ..source.directory import Directory

ABOUT_PRESENCE: Mapping[str, Callable[[Any], bool]] = {
    "IS TRUE": lambda value: value is True or value == "True",
    "IS FALSE": lambda value: value is False or value == "False",
    "IS NULL": lambda value: value is None or value == "",
    "IS NOT NULL": lambda value: value is not None and value != "",
}
"""Operators without a value."""
ABOUT_TEXT: Mapping[str, Callable[[str, str], bool]] = {
    "EQUALS": lambda text, wanted: text == wanted,
    "NOT EQUALS": lambda text, wanted: text != wanted,
    "INCLUDES": lambda text, wanted: wanted in text,
    "ENDS_WITH": lambda text, wanted: text.endswith(wanted),
    "REGEX MATCH": lambda text, wanted: re.fullmatch(wanted, text) is not None,
    "NOT REGEX MATCH": lambda text, wanted: re.fullmatch(wanted, text) is None,
    "&": lambda text, wanted: text in wanted,
    "!&": lambda text, wanted: text not in wanted,
}
"""Operators with a text, which are exact in letter case. A regular expression must match the whole text."""
ABOUT_NUMBERS: Mapping[str, Callable[[int, int], bool]] = {
    "GREATER_THAN": lambda number, wanted: number > wanted,
    "GREATER_THAN_OR_EQUALS": lambda number, wanted: number >= wanted,
}
"""Operators with a whole number; a text of digits counts as one."""
OPERATORS = (*ABOUT_PRESENCE, *ABOUT_TEXT, *ABOUT_NUMBERS)


@dataclass(frozen=True, slots=True)
class Clause:
    """One condition on one source attribute; the operator is one of :data:`OPERATORS`."""

    attribute: str
    operator: str
    value: str | int | None = None

    def holds(self, thing: Mapping[str, Any]) -> bool:
        """Tell whether the condition holds for a person or a group."""
        value = thing.get(self.attribute)
        if self.operator in ABOUT_PRESENCE:
            return ABOUT_PRESENCE[self.operator](value)
        if value is None or value == "" or isinstance(value, list):
            return False
        if self.operator in ABOUT_NUMBERS:
            number = _whole(value)
            return number is not None and ABOUT_NUMBERS[self.operator](number, int(self.value or 0))
        return ABOUT_TEXT[self.operator](str(value), str(self.value))


@dataclass(slots=True)
class Scope:
    """Who is provisioned. Without filters and assignment: everybody."""

    users: tuple[tuple[Clause, ...], ...] = ()
    groups: tuple[tuple[Clause, ...], ...] = ()
    assigned: frozenset[str] | None = None
    """objectIds, userPrincipalNames or names of groups; None = all users and groups."""
    _assigned: frozenset[str] = field(default=frozenset(), repr=False)
    """objectIds that follow from ``assigned`` and the directory."""

    @classmethod
    def load(cls, path: Path) -> Self:
        """Return the scope of a file that has a section ``scope``.

        Raises:
            ScopeProblem: names the file, the clause and the cure.
        """
        faults = Faults(str(path))
        try:
            content = tomllib.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise ScopeProblem(f"{path}: cannot be read: {error.strerror}.") from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ScopeProblem(f"{path}: is not TOML: {error}") from None
        scope = cls.parse(content.get("scope", {}), faults)
        if "scope" not in content:
            faults.add(
                "", "has no section [scope]: write `[[scope.users]]` with `clauses`, or `[scope]` with `assigned`."
            )
        faults.check(ScopeProblem)
        return scope

    @classmethod
    def parse(cls, section: Any, faults: Faults) -> Self:
        """Return the scope that a section ``scope`` of TOML describes; what is wrong goes to ``faults``."""
        if not isinstance(section, dict):
            faults.add("scope", "must be a section: write `[[scope.users]]` or `[scope]`.")
            return cls()
        for key in _unknown(section, "users", "groups", "assigned"):
            faults.add(f"scope.{key}", "is unknown: a scope has `users`, `groups` and `assigned`.")
        return cls(
            users=_filters(section.get("users", []), "scope.users", faults),
            groups=_filters(section.get("groups", []), "scope.groups", faults),
            assigned=_assigned(section.get("assigned", "all"), faults),
        )

    def resolve(self, directory: "Directory") -> None:
        """Find out who is assigned now, directly or as a member of an assigned group: call it before each cycle."""
        if self.assigned is None:
            return
        found: set[str] = set()
        for person in directory.people.values():
            if not self.assigned.isdisjoint((person.id, person.get("userPrincipalName"))):
                found.add(person.id)
        for team in directory.teams.values():
            if not self.assigned.isdisjoint((team.id, team.get("displayName"))):
                found.update((team.id, *team.members))
        self._assigned = frozenset(found)

    def contains(self, thing: Person | Team) -> bool:
        """Tell whether a person or a group is provisioned. Whether the account is active is another question."""
        if self.assigned is not None and thing.id not in self._assigned:
            return False
        filters = self.groups if isinstance(thing, Team) else self.users
        return not filters or any(all(clause.holds(thing) for clause in clauses) for clauses in filters)


def _unknown(section: Mapping[str, Any], *known: str) -> list[str]:
    return [key for key in section if key not in known]


def _whole(value: Any) -> int | None:
    if isinstance(value, bool):
        return None
    try:
        return int(value)
    except (TypeError, ValueError):
        return None


def _assigned(value: Any, faults: Faults) -> frozenset[str] | None:
    if value == "all":
        return None
    if isinstance(value, list) and all(isinstance(name, str) for name in value):
        return frozenset(value)
    faults.add("scope.assigned", 'must be "all" or a list of userPrincipalNames, names of groups or objectIds.')
    return None


def _filters(value: Any, place: str, faults: Faults) -> tuple[tuple[Clause, ...], ...]:
    if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
        faults.add(place, f"must be a list of filters: write `[[{place}]]`.")
        return ()
    return tuple(_filter(entry, f"{place}[{number}]", faults) for number, entry in enumerate(value))


def _filter(entry: Mapping[str, Any], place: str, faults: Faults) -> tuple[Clause, ...]:
    for key in _unknown(entry, "title", "clauses"):
        faults.add(f"{place}.{key}", "is unknown: a filter has `title` and `clauses`.")
    clauses = entry.get("clauses")
    if not isinstance(clauses, list) or not clauses:
        faults.add(place, 'needs `clauses`: [{ attribute = "department", operator = "EQUALS", value = "Survey" }].')
        return ()
    made = (_clause(clause, f"{place}.clauses[{number}]", faults) for number, clause in enumerate(clauses))
    return tuple(clause for clause in made if clause is not None)


def _clause(value: Any, place: str, faults: Faults) -> Clause | None:
    if not isinstance(value, dict) or not isinstance(value.get("attribute"), str):
        faults.add(place, "needs an `attribute`, the name of a source attribute such as `department`.")
        return None
    for key in _unknown(value, "attribute", "operator", "value"):
        faults.add(f"{place}.{key}", "is unknown: a clause has `attribute`, `operator` and `value`.")
    attribute, operator = value["attribute"], _operator(value.get("operator"), place, faults)
    if attribute in LISTS or attribute == "members":
        faults.add(place, f"`{attribute}` has several values, and Entra ID cannot filter on those: take another one.")
    wanted = value.get("value")
    fault = _value_fault(operator, wanted) if operator else None
    if fault:
        faults.add(place, f"`{operator}` {fault}")
    return Clause(attribute, operator, wanted) if operator and not fault else None


def _operator(value: Any, place: str, faults: Faults) -> str:
    """Return the operator in capitals, or an empty text."""
    name = " ".join(str(value or "").upper().split())
    if name in OPERATORS:
        return name
    close = get_close_matches(name, OPERATORS, 1)
    hint = f"did you mean `{close[0]}`?" if close else f"it is one of {_listed(OPERATORS)}."
    faults.add(place, f"operator `{value}` is unknown: {hint}" if value else f"needs an `operator`: {hint}")
    return ""


def _value_fault(operator: str, value: Any) -> str | None:
    if operator in ABOUT_PRESENCE:
        return "takes no `value`: remove it." if value is not None else None
    if operator in ABOUT_NUMBERS:
        return "needs a whole number as its `value`." if _whole(value) is None else None
    if not isinstance(value, str) or not value:
        return "needs a text as its `value`."
    if operator.endswith("REGEX MATCH"):
        try:
            re.compile(value)
        except re.error as error:
            return f"needs a regular expression, and `{value}` is none: {error}."
    return None


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
