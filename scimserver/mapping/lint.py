"""What a mapping leaves out, and what in it never has a value: told from its settings and a sample of resources."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal

from ..errors import MappingFailed
from ..expressions import Budget, ExpressionProblem
from .checks import findings
from .compiled import EXPRESSIONS
from .fields import Field, field_value, fields_of
from .paths import Path, covers, leaves
from .selection import BadPath
from .sources import paths_of, reader, source

MAX_UNUSED = 200
"""Most attributes that are named as unused for one resource type."""
_SILENT = ("id", "schemas", "meta")
_SILENT_SUBS = ("type", "primary", "display", "$ref")
"""Parts that say which value it is, and not what."""

Kind = Literal["error", "warning", "fails", "empty", "unused"]
Sample = tuple[Mapping[str, Any], Mapping[str, Any]]
"""A resource, and the document that the plugins before this one made of it."""


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing to know about a mapping."""

    kind: Kind
    """``error`` and ``warning``: of the settings; ``fails``: some resource gives no value that fits; ``empty``: no
    resource gives one; ``unused``: an attribute that the provider fills and nothing reads."""
    place: str
    """Setting, or the attribute's path."""
    text: str
    count: int = 0
    """How many resources of the sample it holds for; 0 if it does not depend on them."""

    def to_json(self) -> dict[str, Any]:
        """Return it for machines."""
        return {"kind": self.kind, "place": self.place, "text": self.text, "count": self.count}


def lint(
    settings: Mapping[str, Any], attributes: Mapping[str, Sequence[str]], samples: Mapping[str, Sequence[Sample]]
) -> list[Remark]:
    """Return remarks on the settings of the plugin ``expressions``.

    ``attributes`` are resource type → paths; ``samples`` resource type → resources.
    """
    found = [Remark(f.level, f.place, f.text) for f in findings(settings, attributes)]
    for resource_type, sample in samples.items():
        listed = list(fields_of(settings, resource_type))
        if listed and sample:
            for field in listed:
                found += _of_field(field, resource_type, sample)
            found += _unused(listed, resource_type, sample)
    return found


def _of_field(field: Field, resource_type: str, sample: Sequence[Sample]) -> Iterator[Remark]:
    place = f"fields.{resource_type}.{field.name}"
    # The default hides what is wrong: the value itself is looked at.
    bare = Field(field.name, field.expression, field.attribute, field.type, field.apply)
    failed, empty, reason = 0, 0, ""
    for resource, document in sample:
        try:
            empty += field_value(bare, reader(resource_type, resource, document)) is None
        except MappingFailed as failure:
            failed, reason = failed + 1, reason or failure.reason
    if failed:
        meant = "and get the default" if field.has_default else "and their writes are refused"
        yield Remark("fails", place, f"fails for {failed} of {len(sample)}, {meant}: {reason}", failed)
    elif empty == len(sample):
        yield Remark("empty", place, f"has no value in any of {len(sample)}", empty)


def _unused(fields: Iterable[Field], resource_type: str, sample: Sequence[Sample]) -> Iterator[Remark]:
    used = [path for field in fields for path in _read_by(field, resource_type)]
    filled: Counter[str] = Counter()
    for resource, _ in sample:
        missed = {
            text
            for text, found, element in leaves(resource)
            if found.attribute not in _SILENT
            and found.sub not in _SILENT_SUBS
            and not any(covers(path, found, element) for path in used)
        }
        filled.update(missed)
    for name, count in sorted(filled.items())[:MAX_UNUSED]:
        yield Remark("unused", name, f"is filled in {count} of {len(sample)}, and no field of {resource_type} reads it",
                     count)  # fmt: skip


def _read_by(field: Field, resource_type: str) -> Iterator[Path]:
    names = {field.attribute} if field.attribute else set[str]()
    with suppress(ExpressionProblem):
        names |= EXPRESSIONS.get(field.expression, Budget()).attributes if field.expression else set()
    for name in names:
        with suppress(BadPath):
            yield from paths_of(source(resource_type, name or ""))
