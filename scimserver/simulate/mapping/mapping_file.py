"""Read a mapping file (TOML) and say all that is wrong with it."""

import re
import tomllib
from collections import Counter
from collections.abc import Mapping
from dataclasses import fields
from difflib import get_close_matches
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from ...expressions import Expression, ExpressionProblem, compile_expression
from ..problems import Faults, MappingProblem
from .mapping import Attribute
from .scoping import Scope
from .targets import parse_target

KEYS = tuple(field.name for field in fields(Attribute))
SECTIONS = ("service", "users", "groups", "scope")
ORIGINS = ("source", "expression", "constant")
TYPES = ("string", "boolean", "integer")
REQUIRED = {"users": "userName", "groups": "displayName"}
CHANGING = re.compile(r"\b(Guid|RandomString|Now)\s*\(")
"""Functions that give another value each time."""
_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"')

Rows = tuple[Attribute, ...]


def read(name: str, file: Path | Traversable, service: str) -> tuple[Rows, Rows, Scope]:
    """Return the rows for users, those for groups, and the scope of a mapping for one service.

    Raises:
        MappingProblem: all that is wrong, with the file, the target and the cure.
    """
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise MappingProblem(f"{file}: cannot be read: {error.strerror}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise MappingProblem(f"{file}: is not TOML: {error}") from None
    faults = Faults(name)
    for key in content:
        if key not in SECTIONS:
            faults.add(key, f"is unknown. {_hint(key, SECTIONS)}")
    if content.get("service", service) != service:
        faults.add("service", f"is `{content['service']}`, and `{service}` is simulated: take a mapping for that one.")
    users, groups = (_rows(content.get(section, []), section, faults) for section in ("users", "groups"))
    if not users and not faults:
        faults.add("users", "has no attributes: map at least `userName`.")
    scope = Scope.parse(content.get("scope", {}), faults)
    faults.check(MappingProblem)
    return users, groups, scope


def _rows(value: Any, section: str, faults: Faults) -> Rows:
    if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
        faults.add(section, f"must be a list of attributes: write `[[{section}]]`, or `{section} = [ {{ … }} ]`.")
        return ()
    made = (_row(entry, f"{section}[{number}]", faults) for number, entry in enumerate(value))
    rows = tuple(row for row in made if row is not None)
    if rows and not faults:
        _together(rows, section, faults)
    return rows


def _row(entry: Mapping[str, Any], place: str, faults: Faults) -> Attribute | None:
    target = entry.get("target")
    if not isinstance(target, str):
        faults.add(place, 'needs a `target`, the SCIM attribute: target = "name.givenName".')
        return None
    place = f"{place} {target}"
    texts = _faults_of(entry, target)
    for text in texts:
        faults.add(place, text)
    wanted = entry.get("expression")
    expression = _compiled(wanted, place, faults) if isinstance(wanted, str) and wanted else None
    if texts or (wanted and expression is None):
        return None
    known = {key: value for key, value in entry.items() if key != "expression"}
    known.setdefault("type", "boolean" if target.rpartition(".")[2].lower() in ("active", "primary") else "string")
    return Attribute(**known, expression=expression)


def _faults_of(entry: Mapping[str, Any], target: str) -> list[str]:
    """Return what is wrong with one row by itself."""
    found = [f"`{key}` is unknown. {_hint(key, KEYS)}" for key in entry if key not in KEYS]
    if parse_target(target) is None:
        found.append('is not a SCIM path: write `name.givenName`, `emails[type eq "work"].value` or `urn:…:User:name`.')
    origins = [key for key in ORIGINS if key in entry]
    if len(origins) != 1:
        given = " and ".join(f"`{key}`" for key in origins) or "none of them"
        found.append(f"needs exactly one of `source`, `expression` and `constant`, and has {given}.")
    for key in ("source", "expression"):
        if key in entry and not (isinstance(entry[key], str) and entry[key]):
            found.append(f"`{key}` must be a text.")
    if entry.get("apply", "always") not in ("always", "create"):
        found.append('`apply` must be "always" or "create".')
    if entry.get("type", "string") not in TYPES:
        found.append(f"`type` must be one of {', '.join(TYPES)}.")
    if not isinstance(entry.get("reference", False), bool):
        found.append("`reference` must be true or false.")
    elif entry.get("reference") and "source" not in entry:
        found.append('a reference needs the `source` that holds objectIds: source = "manager".')
    return [*found, *_matching_faults(entry)]


def _matching_faults(entry: Mapping[str, Any]) -> list[str]:
    if "matching" not in entry:
        return []
    precedence = entry["matching"]
    if isinstance(precedence, bool) or not isinstance(precedence, int) or precedence < 1:
        return ["`matching` must be a number from 1, the order in which the server is asked."]
    if entry.get("reference"):
        return ["a reference cannot match: the server's ids are not known before. Remove `matching`."]
    if "constant" in entry:
        return ["a constant cannot match: it is the same for all. Remove `matching`."]
    changing = CHANGING.search(_TEXT.sub("", str(entry.get("expression", ""))))
    if changing:
        return [f"`{changing[1]}` gives another value each time, so nothing would be found again. Remove `matching`."]
    return []


def _together(rows: Rows, section: str, faults: Faults) -> None:
    """Note what is wrong with the rows of one section as a whole."""
    for target, count in Counter(row.target.lower() for row in rows).items():
        if count > 1:
            name = next(row.target for row in rows if row.target.lower() == target)
            faults.add(f"{section} {name}", f"is the target of {count} attributes: keep one.")
    precedences = Counter(row.matching for row in rows if row.matching is not None)
    for precedence, count in precedences.items():
        if count > 1:
            faults.add(section, f"{count} attributes have `matching = {precedence}`: number them 1, 2, 3 …")
    required = REQUIRED[section]
    if not precedences:
        faults.add(section, f"nothing finds a resource again: write `matching = 1` beside `{required}`.")
    if required.lower() not in {row.target.lower() for row in rows}:
        faults.add(section, f"`{required}` is required by SCIM: add an attribute with it as `target`.")


def _compiled(text: str, place: str, faults: Faults) -> Expression | None:
    try:
        return compile_expression(text)
    except ExpressionProblem as problem:
        faults.add(place, f"`expression`: {problem}")
        return None


def _hint(key: str, known: tuple[str, ...]) -> str:
    close = get_close_matches(key, known, 1)
    return f"Did you mean `{close[0]}`?" if close else f"It is one of {', '.join(known)}."
