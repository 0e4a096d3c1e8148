"""Making the fields of one document from the settings of the plugin ``expressions``."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..errors import MappingFailed
from ..expressions import Budget, ExpressionProblem
from ..expressions.dates import read
from ..expressions.problems import Refused
from ..expressions.values import readable
from .compiled import EXPRESSIONS
from .kinds import Unfit, converted, nothing
from .sources import reader

_NO_DEFAULT: Any = object()
_NEVER = datetime(1, 1, 1)
"""The present moment, for expressions that were checked not to ask for it."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of the document; exactly one of ``expression`` and ``attribute`` is given."""

    name: str
    """Dots lead into objects: ``card.email``."""
    expression: str | None = None
    attribute: str | None = None
    type: str = "string"
    apply: str = "always"
    default: Any = _NO_DEFAULT

    @property
    def has_default(self) -> bool:
        """Whether a default is given; it may be null."""
        return self.default is not _NO_DEFAULT


def fields_of(settings: Mapping[str, Any], resource_type: str) -> Iterator[Field]:
    """Yield the fields that the settings have for a resource type, in their order."""
    for name, rule in settings.get("fields", {}).get(resource_type, {}).items():
        yield Field(name, **rule)


def make_fields(
    settings: Mapping[str, Any],
    resource_type: str,
    resource: Mapping[str, Any],
    document: Mapping[str, Any],
    stored: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the fields that the settings make of a resource, to be merged over the document.

    Raises:
        MappingFailed: a value cannot be made; names the field.
    """
    made: dict[str, Any] = {}
    budget, source = Budget(), reader(resource_type, resource, document)
    for field in fields_of(settings, resource_type):
        value = _kept(field, stored) if field.apply == "create" else None
        if value is None:
            value = field_value(field, source, budget)
        if value is not None:
            _put(made, document, field.name, value)
    return made


def field_value(field: Field, source: Callable[[str], Any], budget: Budget | None = None) -> Any:
    """Return the value of one field, or its default; None if there is neither.

    ``source`` is what :func:`reader` returns for the resource.

    Raises:
        MappingFailed: it cannot be made and has no default, or took too long; then another try may make it.
    """
    try:
        value = _evaluated(field, source, budget or Budget())
        if not nothing(value):
            return converted(value, field.type)
    except ExpressionProblem as problem:
        if problem.exhausted or not field.has_default:
            raise MappingFailed(field.name, _of_expression(problem)) from None
    except Refused as refused:
        if not field.has_default:
            raise MappingFailed(field.name, f"[{field.attribute}] {refused}") from None
    except Unfit as unfit:
        if not field.has_default:
            raise MappingFailed(field.name, f"the value {unfit}; or give the field a `default`") from None
    return default_value(field)


def default_value(field: Field) -> Any:
    """Return the default as it is stored, None if there is none; a date is written as text in settings."""
    if not field.has_default or field.default is None:
        return None
    if field.type == "date":
        return read(field.default)
    return list(field.default) if field.type == "list" else field.default


def _evaluated(field: Field, source: Callable[[str], Any], budget: Budget) -> Any:
    if field.expression is None:
        return readable(source(field.attribute or ""))
    expression = EXPRESSIONS.get(field.expression, budget)
    return expression.value(source, now=None if field.apply == "create" else _NEVER, budget=budget)


def _of_expression(problem: ExpressionProblem) -> str:
    return f"{problem.message} (character {problem.position + 1} of the expression)"


def _kept(field: Field, stored: Mapping[str, Any] | None) -> Any:
    found: Any = stored
    for name in field.name.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found


def _put(made: dict[str, Any], document: Mapping[str, Any], name: str, value: Any) -> None:
    """Set a field; an object that it lies in keeps what other plugins have put there."""
    *outer, last = name.split(".")
    holder, given = made, document
    for step in outer:
        there = given.get(step, {})
        if not isinstance(there, Mapping):
            raise MappingFailed(name, f"a plugin before this one has made `{step}`, and it is no object")
        holder = holder.setdefault(step, dict(there))
        given = there
    holder[last] = value
