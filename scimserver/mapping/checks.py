"""What is wrong with the settings of the plugin ``expressions``, said when they are saved."""

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from ..expressions import Budget, Expression, ExpressionProblem
from ..expressions.dates import read
from ..expressions.problems import Refused, named
from ..expressions.tree import Attribute, walk
from ..hookspecs import Finding
from .aliases import ALIASES
from .compiled import EXPRESSIONS
from .fields import Field, fields_of
from .paths import DOCUMENT, Path
from .selection import BadPath, names_in
from .sources import ABSENT, paths_of, source

MAX_TEXTS = 100_000
"""Most characters of all expressions of one workspace."""


def findings(settings: Mapping[str, Any], attributes: Mapping[str, Sequence[str]]) -> Iterator[Finding]:
    """Yield what is wrong with settings that fit their JSON Schema.

    ``attributes`` are the workspace's: resource type → paths, as :meth:`SchemaCatalogue.paths` returns them.
    """
    types = settings.get("fields", {})
    length = sum(len(f.expression or "") for name in types for f in fields_of(settings, name))
    if length > MAX_TEXTS:
        yield Finding("error", "fields", f"all expressions together are longer than {MAX_TEXTS:,} characters")
        return
    budget = Budget()
    for name in types:
        place = f"fields.{name}"
        known = attributes.get(name)
        if known is None:
            cure = nearest(name, attributes) or f"the workspace has {', '.join(attributes)}"
            yield Finding("error", place, f"there is no resource type {name}: {cure}")
            continue
        listed = list(fields_of(settings, name))
        yield from _inside_each_other([field.name for field in listed], place)
        for field in listed:
            yield from _of_field(field, name, known, f"{place}.{field.name}", budget)


def unknown(name: str, resource_type: str, known: Sequence[str]) -> str:
    """Return why a source is always null, with the cure; empty if it may have a value."""
    try:
        paths = paths_of(source(resource_type, name))
    except BadPath as bad:
        return f"[{named(name)}] is no path: {bad}"
    if name.startswith(DOCUMENT):
        return ""
    lowered = {path.lower(): path for path in known}
    for path in paths:
        if path.plain.lower().partition(".")[0] in ABSENT:
            return f"[{named(name)}] is not there when a document is made: no attribute below {', '.join(ABSENT)} is"
        reason = _unknown_path(path, lowered)
        if reason:
            return f"[{named(name)}] {reason.replace('{nearest}', _nearest_source(path, name, resource_type, known))}"
    return ""


def _unknown_path(path: Path, known: Mapping[str, str]) -> str:
    plain = path.plain.lower()
    if plain not in known:
        return "is no attribute here{nearest}"
    whole = plain.removesuffix(f".{path.sub.lower()}") if path.sub else plain
    for name in names_in(path.condition) if path.condition else ():
        if f"{whole}.{name}" not in known and name != "value":
            return f"selects by {named(name)}, which {known[whole]} has not"
    inner = [name for name in known if name.startswith(f"{plain}.")]
    if inner and not path.sub and f"{plain}.value" not in known:
        listed = ", ".join(known[name] for name in inner[:4])
        return f"has parts and no value of its own: name one of them, such as {listed}"
    return ""


def nearest(name: str, candidates: Mapping[str, Any] | Sequence[str]) -> str:
    """Ask for the name that is meant, or return an empty text."""
    by_lower = {candidate.lower(): candidate for candidate in candidates}
    close = get_close_matches(name.lower(), by_lower, n=1)
    return f"did you mean {by_lower[close[0]]}?" if close else ""


def _nearest_source(path: Path, name: str, resource_type: str, known: Sequence[str]) -> str:
    tails = {path.rpartition(":")[2]: path for path in known}
    candidates = {path: path for path in known} | tails | {a: a for a in ALIASES.get(resource_type, ())}
    by_lower = {candidate.lower(): meant for candidate, meant in candidates.items()}
    sought = path.plain if path.condition else name
    close = get_close_matches(sought.lower(), by_lower, n=1)
    return f": did you mean [{by_lower[close[0]]}]?" if close else ": it is always null"


def _inside_each_other(names: Sequence[str], place: str) -> Iterator[Finding]:
    for name in names:
        steps = name.split(".")
        for length in range(1, len(steps)):
            outer = ".".join(steps[:length])
            if outer in names:
                yield Finding("error", f"{place}.{name}", f"`{outer}` is a field of its own and cannot hold this one")


def _of_field(field: Field, resource_type: str, known: Sequence[str], place: str, budget: Budget) -> Iterator[Finding]:
    wrong = _default(field)
    if wrong:
        yield Finding("error", f"{place}.default", wrong)
    if (field.expression is None) == (field.attribute is None):
        yield Finding("error", place, "give either an `expression` or an `attribute`")
        return
    if field.attribute is not None:
        reason = unknown(field.attribute, resource_type, known)
        if reason:
            yield Finding("warning", f"{place}.attribute", f"{reason}.")
        return
    place += ".expression"
    try:
        expression = EXPRESSIONS.get(field.expression or "", budget)
    except ExpressionProblem as problem:
        yield Finding("error", place, _with_cure(problem))
        return
    yield from _varying(field, expression, place)
    for node in walk(expression.tree):
        if isinstance(node, Attribute) and (reason := unknown(node.name, resource_type, known)):
            yield Finding("warning", place, str(ExpressionProblem(reason, expression.text, node.position)))


def _with_cure(problem: ExpressionProblem) -> str:
    if problem.message.startswith("a bare attribute"):
        message = 'a bare attribute is no expression: write "attribute": "…" in place of "expression"'
        return str(ExpressionProblem(message, problem.text, problem.position))
    return str(problem)


def _varying(field: Field, expression: Expression, place: str) -> Iterator[Finding]:
    for call in expression.varying:
        if call.name == "SelectUniqueValue":
            reason = (
                "SelectUniqueValue needs to know every other document, which a mapping does not: join what is unique"
            )
        elif field.apply == "create":
            continue
        elif call.name == "FormatDateTime":
            reason = (
                "FormatDateTime takes parts that inputFormat lacks from today: write inputFormat as a text with a "
                'year in it, or set "apply": "create"'
            )
        else:
            reason = (
                f"{call.name} gives another value each time, and a document must not change by itself: "
                'set "apply": "create"'
            )
        yield Finding("error", place, str(ExpressionProblem(reason, expression.text, call.position)))


def _default(field: Field) -> str:
    """Return what is wrong with the default of a field."""
    if not field.has_default or field.default is None:
        return ""
    value = field.default
    plain = isinstance(value, str | int | float | bool)
    fits = {
        "string": isinstance(value, str),
        "number": isinstance(value, int | float) and not isinstance(value, bool),
        "boolean": isinstance(value, bool),
        "date": isinstance(value, str) and _is_date(value),
        "list": isinstance(value, list | tuple) and all(isinstance(v, str | int | float | bool) for v in value),
    }
    if plain or isinstance(value, list | tuple):
        return "" if fits[field.type] else f"must be {_WANTED[field.type]}, since the field is of type {field.type}"
    return "must be a value, not an object"


def _is_date(text: str) -> bool:
    try:
        read(text)
    except Refused:
        return False
    return True


_WANTED = {
    "string": "a text",
    "number": "a number",
    "boolean": "true or false",
    "date": "a text such as 2031-04-02T09:05:07Z",
    "list": "a list of texts, numbers and booleans",
}
