"""The attribute mapping: which source attribute becomes which SCIM attribute, and what finds a resource again."""

from collections.abc import Mapping as MappingABC
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal, Self

from ...expressions import Expression, ExpressionProblem
from ..problems import MappingProblem
from ..source.people import Person, Team
from .scoping import Scope

Kind = Literal["user", "group"]
Service = Literal["entra", "okta"]


@dataclass(frozen=True, slots=True)
class Attribute:
    """One row of the mapping; exactly one of ``source``, ``expression`` and ``constant`` is given."""

    target: str
    """Path of the SCIM attribute: ``emails[type eq "work"].value``."""
    source: str | None = None
    """Name of the source attribute."""
    expression: Expression | None = None
    constant: Any = None
    default: Any = None
    """Sent at creation if there is no value."""
    matching: int | None = None
    """Place in the order in which attributes are asked for, to find the resource; from 1."""
    apply: Literal["always", "create"] = "always"
    reference: bool = False
    """The source holds objectIds: ``manager``, ``members``. Sent in a second pass, as ids of the server."""
    type: Literal["string", "boolean", "integer"] = "string"

    @property
    def sources(self) -> frozenset[str]:
        """The source attributes that the value comes from."""
        if self.expression is not None:
            return self.expression.attributes
        return frozenset({self.source} if self.source else ())

    def value(self, source: MappingABC[str, Any], *, creating: bool) -> Any:
        """Return what is sent, or None for nothing.

        Raises:
            MappingProblem: the expression cannot be evaluated for this source; names the target and the cure.
        """
        if self.expression is not None:
            found = self._evaluated(self.expression, source)
        elif self.source is not None:
            found = source.get(self.source)
        else:
            found = self.constant
        if _empty(found) and creating:
            found = self.default
        return None if _empty(found) else _typed(found, self.type)

    def _evaluated(self, expression: Expression, source: MappingABC[str, Any]) -> Any:
        try:
            return expression.evaluate(source)
        except ExpressionProblem as problem:
            raise MappingProblem(f"{self.target}: {problem.message}") from None


@dataclass(frozen=True, slots=True)
class Mapping:
    """The rows for users and for groups, and who is in scope."""

    users: tuple[Attribute, ...]
    groups: tuple[Attribute, ...]
    scope: Scope
    name: str = ""
    """Where it comes from, for messages."""

    @classmethod
    def load(cls, path: Path | None, service: Service) -> Self:
        """Return the mapping of a file, or the one that comes with the service.

        Raises:
            MappingProblem: the file cannot be read or used; names the file, the target and the cure.
        """
        from .mapping_file import read

        shipped = files("scimserver.simulate").joinpath("mappings", f"{service}.toml")
        name = str(path) if path else shipped.name
        users, groups, scope = read(name, path or shipped, service)
        return cls(users, groups, scope, name)

    def of(self, kind: Kind) -> tuple[Attribute, ...]:
        """Return the rows for one kind of resource."""
        return self.users if kind == "user" else self.groups

    def flat(self, thing: Person | Team, *, creating: bool, in_scope: bool = True) -> dict[str, Any]:
        """Return target path → value of what is sent: neither references nor what has no value.

        ``IsSoftDeleted`` is true in it for whoever is blocked, deleted or out of scope, as Entra ID's service sees it;
        so its documented mapping of ``active`` makes them inactive.
        """
        source = dict(thing)
        if isinstance(thing, Person):
            source["IsSoftDeleted"] = not (thing.active and in_scope)
        kind: Kind = "group" if isinstance(thing, Team) else "user"
        values = (
            (row.target, row.value(source, creating=creating))
            for row in self.of(kind)
            if not row.reference and (creating or row.apply == "always")
        )
        return {target: value for target, value in values if value is not None}

    def matching(self, kind: Kind) -> list[str]:
        """Return the target paths that find a resource, in order of precedence."""
        rows = [(row.matching, row.target) for row in self.of(kind) if row.matching is not None]
        return [target for _, target in sorted(rows)]

    def references(self, kind: Kind) -> tuple[Attribute, ...]:
        """Return the rows of the second pass."""
        return tuple(row for row in self.of(kind) if row.reference)


def _empty(value: Any) -> bool:
    return value is None or value == "" or value == []


def _typed(value: Any, kind: str) -> Any:
    """Return a value in the type of its target, as the service sends it; what does not fit is left as it is."""
    if kind == "boolean":
        return {"true": True, "false": False}.get(str(value).lower(), value)
    if kind == "integer" and isinstance(value, str):
        return int(value) if value.lstrip("-").isdigit() else value
    if kind == "string" and isinstance(value, bool | int | float):
        return str(value)
    return value
