"""A mapping watched at work: what each plugin of a pipeline adds and replaces, and where it ends if one fails."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ...errors import ScimError
from ...pipeline import Pipeline, Step
from ..differences import json_value, same


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one plugin did to the document."""

    plugin: str
    settings: Mapping[str, Any]
    """As the plugin sees them: defaults filled in."""
    added: Mapping[str, Any] = field(default_factory=dict)
    """Field → value."""
    replaced: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)
    """Field → value before, which another plugin had made, and after."""
    repeated: tuple[str, ...] = ()
    """Fields that were there with the same value."""
    ms: float = 0.0
    """Time taken, in milliseconds."""
    error: str = ""
    """Why it failed; the plugins after it were not run."""

    def to_json(self) -> dict[str, Any]:
        """Return the form that commands and the admin API give out."""
        replaced = {n: {"before": json_value(b), "after": json_value(a)} for n, (b, a) in self.replaced.items()}
        return {
            "plugin": self.plugin,
            "settings": json_value(self.settings),
            "added": json_value(self.added),
            "replaced": replaced,
            "repeated": list(self.repeated),
            "ms": self.ms,
            "error": self.error or None,
        }


@dataclass(frozen=True, slots=True)
class Trace:
    """One run of a mapping."""

    revision: str
    """Of the mapping: changes with the plugins' order, versions and settings."""
    steps: tuple[Contribution, ...]
    document: Mapping[str, Any] | None
    """None if a plugin refused or failed."""
    error: ScimError | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the form that commands and the admin API give out."""
        return {
            "revision": self.revision,
            "steps": [step.to_json() for step in self.steps],
            "document": None if self.document is None else json_value(self.document),
            "error": self.error.body() if self.error else None,
        }


def trace(
    pipeline: Pipeline,
    resource_type: str,
    resource: Mapping[str, Any],
    stored: Mapping[str, Any] | None,
    *,
    validates: bool,
) -> Trace:
    """Run a pipeline on a resource as a write does, and with ``validates=False`` as a re-map does; raises nothing."""
    try:
        if validates:
            pipeline.validate(resource_type, resource)
    except ScimError as error:
        return Trace(pipeline.revision, (), None, error)
    document: dict[str, Any] = {}
    steps: list[Contribution] = []
    begun = time.perf_counter()
    try:
        for step, fields in pipeline.contributions(resource_type, resource, stored):
            steps.append(_contribution(step, document, fields, _since(begun)))
            document |= fields
            begun = time.perf_counter()
    except ScimError as error:
        if not pipeline.problem:
            failed = pipeline.steps[len(steps)]
            steps.append(Contribution(failed.name, failed.settings, ms=_since(begun), error=error.detail))
        return Trace(pipeline.revision, tuple(steps), None, error)
    return Trace(pipeline.revision, tuple(steps), document)


def _contribution(step: Step, document: Mapping[str, Any], fields: Mapping[str, Any], ms: float) -> Contribution:
    known = [name for name in fields if name in document]
    replaced = {name: (document[name], fields[name]) for name in known if not same(document[name], fields[name])}
    repeated = tuple(name for name in known if name not in replaced)
    added = {name: value for name, value in fields.items() if name not in document}
    return Contribution(step.name, step.settings, added, replaced, repeated, ms)


def _since(begun: float) -> float:
    return round((time.perf_counter() - begun) * 1000, 2)
