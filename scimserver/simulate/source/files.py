"""Read people and groups from a file: CSV (people, and the names of their groups) or JSON (people and groups)."""

import csv
import io
import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from ..problems import Faults, SourceProblem
from .people import ATTRIBUTES, BOOLEANS, LISTS, Person, Team

NAMESPACE = UUID("6b1f0c1e-5d0b-4f57-9b3e-0d2f7f4f6c11")
"""objectIds that a file does not give are made from names, so that the same file gives the same ones."""
ALIASES = {"id": "objectId", "mobilePhone": "mobile"}
"""Columns of Entra ID's own export of users → source attribute."""
MEMBER_OF = "memberOf"
"""Column with the names of a person's groups."""

Place = Callable[[str], str]
"""Attribute → where its value stands in the file."""


def read(path: Path) -> tuple[list[Person], list[Team]]:
    """Return the people and groups of a file, by the ending of its name.

    Raises:
        SourceProblem: all that is wrong, with file, line or place, column and cure.
    """
    readers = {".csv": _read_csv, ".json": _read_json}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise SourceProblem(f"{path}: the name must end in .csv (people) or .json (people and groups).")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise SourceProblem(f"{path}: cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError as error:
        raise SourceProblem(f"{path}: byte {error.start + 1} is not UTF-8: save the file as UTF-8.") from None
    faults = Faults(str(path))
    directory = _Reading(faults)
    reader(text, directory, faults)
    directory.resolve()
    faults.check(SourceProblem)
    return directory.people, directory.teams


# -- CSV ---------------------------------------------------------------------------------------------------------------


def _read_csv(text: str, reading: "_Reading", faults: Faults) -> None:
    rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [ALIASES.get(name.strip(), name.strip()) for name in next(rows, [])]
        if _header_is_wrong(header, faults):
            return
        line = rows.line_num + 1
        for row in rows:
            if any(row):
                _csv_person(header, row, line, reading, faults)
            line = rows.line_num + 1
    except csv.Error as error:
        faults.add(f"line {rows.line_num}", f"is not CSV: {error}. Write a quote inside a quoted cell twice.")


def _header_is_wrong(header: list[str], faults: Faults) -> bool:
    before = bool(faults)
    if len(header) == 1 and ";" in header[0]:
        faults.add("line 1", "columns are separated by `;`, which separates the values of lists: save it with commas.")
        return True
    if "" in header:
        faults.add("line 1", f"column {header.index('') + 1} has no name: name it, or remove it.")
    for name in dict.fromkeys(name for name in header if name and header.count(name) > 1):
        faults.add("line 1", f"column `{name}` is there twice: keep one.")
    spelling = {name.lower(): name for name in (*ATTRIBUTES, MEMBER_OF)}
    for name in header:
        right = spelling.get(name.lower(), name)
        if right != name:
            faults.add("line 1", f"column `{name}`: letter case matters, write `{right}`.")
    if "userprincipalname" not in (name.lower() for name in header):
        given = ", ".join(f"`{name}`" for name in header[:8])
        faults.add(
            "line 1", f"there is no column `userPrincipalName`. The first line names the columns; it has {given}."
        )
    return bool(faults) and not before


def _csv_person(header: list[str], row: list[str], line: int, reading: "_Reading", faults: Faults) -> None:
    if len(row) != len(header):
        cure = "quote a value that has a comma in it"
        faults.add(f"line {line}", f"has {len(row)} values and the first line names {len(header)} columns: {cure}.")
        return
    values = {name: _cell(name, cell) for name, cell in zip(header, row, strict=True)}
    reading.person(values, lambda name: f"line {line}, column `{name}`" if name else f"line {line}")


def _cell(name: str, text: str) -> Any:
    """Return the value of one cell; a boolean that is none stays a text, and is refused later."""
    if name in BOOLEANS:
        return {"": None, "true": True, "false": False}.get(text.strip().lower(), text)
    if name == "appRoleAssignments":
        return [_role(value) for value in _split(text)]
    if name in LISTS or name == MEMBER_OF:
        return _split(text)
    return text if text.strip() else None


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.split(";") if part.strip()]


def _role(value: str) -> dict[str, str]:
    return {"id": _made_id("role", value), "value": value, "displayName": value}


# -- JSON --------------------------------------------------------------------------------------------------------------


def _read_json(text: str, reading: "_Reading", faults: Faults) -> None:
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        faults.add(f"line {error.lineno}, column {error.colno}", f"is not JSON: {error.msg}.")
        return
    if not isinstance(content, dict) or "users" not in content:
        faults.add("", 'must be an object with "users" and "groups": {"users": [{…}], "groups": [{…}]}.')
        return
    for section, take in (("users", reading.person), ("groups", reading.team)):
        for place, entry in _entries(content, section, faults):
            take(entry, lambda name, place=place: f"{place}.{name}" if name else place)  # type: ignore[misc]


def _entries(content: Mapping[str, Any], section: str, faults: Faults) -> Iterable[tuple[str, dict[str, Any]]]:
    entries = content.get(section, [])
    if not isinstance(entries, list):
        faults.add(section, "must be a list of objects.")
        return
    for number, entry in enumerate(entries):
        if isinstance(entry, dict):
            yield f"{section}[{number}]", entry
        else:
            faults.add(f"{section}[{number}]", "must be an object.")


# -- both --------------------------------------------------------------------------------------------------------------


class _Reading:
    """People and groups while a file is read; references may name what comes later."""

    def __init__(self, faults: Faults) -> None:
        self.people: list[Person] = []
        self.teams: list[Team] = []
        self._faults = faults
        self._names: dict[str, str] = {}
        """objectId and userPrincipalName, in lower case, of everybody → objectId."""
        self._team_names: dict[str, Team] = {}
        self._places: dict[str, Place] = {}

    def person(self, values: dict[str, Any], place: Place) -> None:
        """Take one person."""
        name = values.get("userPrincipalName")
        if not isinstance(name, str) or not name:
            self._faults.add(place("userPrincipalName"), "is empty: everybody needs a sign-in name.")
            return
        self._check_types(values, place)
        groups = values.pop(MEMBER_OF, [])
        key = str(values.get("objectId") or _made_id("user", name))
        person = Person(values, objectId=key)
        if self._is_taken(name, "userPrincipalName", place) or self._is_taken(key, "objectId", place):
            return
        self._names[key.lower()] = self._names[name.lower()] = key
        for attribute, default in (("accountEnabled", True), ("IsSoftDeleted", False)):
            if person.get(attribute) is None:
                person[attribute] = default
        self.people.append(person)
        self._places[key] = place
        for group in groups:
            self._named_team(group).members.append(key)

    def team(self, values: dict[str, Any], place: Place) -> None:
        """Take one group."""
        name = values.get("displayName")
        if not isinstance(name, str) or not name:
            self._faults.add(place("displayName"), "is empty: every group needs a name.")
            return
        if name.lower() in self._team_names:
            self._faults.add(place("displayName"), f"`{name}` is the name of an earlier group: names are unique.")
            return
        members = values.get("members") or []
        if not isinstance(members, list) or not all(isinstance(member, str) for member in members):
            self._faults.add(place("members"), "must be a list of objectIds or userPrincipalNames.")
            return
        team = self._named_team(name)
        team.update(values, objectId=str(values.get("objectId") or team.id), members=[*members])
        self._places[team.id] = place

    def resolve(self) -> None:
        """Replace names by objectIds where people refer to people."""
        for person in self.people:
            if person.get("manager"):
                found = self._find(person["manager"], "manager", self._places[person.id])
                if found == person.id:
                    self._faults.add(self._places[person.id]("manager"), "nobody is their own manager: leave it empty.")
                person["manager"] = found
        for team in self.teams:
            place = self._places.get(team.id)
            if place is not None:
                found_members = (self._find(member, "members", place) for member in team.members)
                team["members"] = list(dict.fromkeys(member for member in found_members if member))

    def _find(self, name: str, attribute: str, place: Place) -> str | None:
        found = self._names.get(str(name).lower())
        if found is None:
            self._faults.add(
                place(attribute), f"`{name}` is nobody in this file: use an objectId or userPrincipalName."
            )
        return found

    def _named_team(self, name: str) -> Team:
        team = self._team_names.get(name.lower())
        if team is None:
            team = Team(objectId=_made_id("group", name), displayName=name, members=[])
            self._team_names[name.lower()] = team
            self.teams.append(team)
        return team

    def _is_taken(self, name: str, attribute: str, place: Place) -> bool:
        if name.lower() not in self._names:
            return False
        self._faults.add(place(attribute), f"`{name}` is there already, letter case ignored: it must be unique.")
        return True

    def _check_types(self, values: Mapping[str, Any], place: Place) -> None:
        for name, value in values.items():
            if value is None:
                continue
            if name in BOOLEANS and not isinstance(value, bool):
                self._faults.add(place(name), f"`{value}` is neither true nor false.")
            elif name in (*LISTS, MEMBER_OF) and not isinstance(value, list):
                self._faults.add(place(name), "must be a list.")


def _made_id(kind: str, name: str) -> str:
    return str(uuid5(NAMESPACE, f"{kind}:{name.lower()}"))
