"""A preview for people: sections of plain lines; + is added, ~ changed or replaced, - removed."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ..errors import ScimError
from ..service.differences import Difference, json_value
from ..service.preview.result import UNKNOWN, Preview
from ..service.preview.sampling import Example, Sample
from ..service.preview.tracing import Contribution

LONGEST = 160
"""Characters of a value in a line; the whole one is in the document, and in the JSON form."""


def preview_lines(told: Preview) -> list[str]:
    """Return everything that a preview tells."""
    lines = [_headline(told)]
    _section(lines, "Tolerated", _tolerated(told))
    _section(lines, "Without effect, since only the server sets them or they are not kept", _indented(told.read_only))
    _section(lines, "Resource", _document(told.resource))
    if told.resource_difference is not None:
        _section(lines, "What changes in the resource", difference_lines(told.resource_difference))
    if told.members is not None:
        _section(lines, "Members", [f"  {told.members.added} added, {told.members.removed} removed"])
    _section(lines, "Plugins", (line for n, step in enumerate(told.steps, 1) for line in _step(n, step)))
    _section(lines, "Document", _document(told.document))
    if told.difference is not None:
        _section(lines, "Difference to what is stored", difference_lines(told.difference))
    if told.current_difference is not None:
        _section(lines, "Difference to the mapping that the workspace has", difference_lines(told.current_difference))
    elif told.current is not None and told.current.error is not None:
        _section(lines, "The mapping that the workspace has", [f"  {_error(told.current.error)}"])
    if told.mapping is not None:
        kept = f" (stored: {told.stored_revision})" if told.stored_revision else ""
        _section(lines, "Mapping revision", [f"  {told.mapping.revision}{kept}"])
    if told.draft is not None:
        _section(lines, "The draft is refused", _indented(told.draft.errors))
    _section(lines, "Warnings", _indented([*(told.draft.warnings if told.draft else ()), *told.warnings]))
    if told.error is not None:
        _section(lines, "The client would be answered", _refusal(told))
    return lines


def sample_lines(told: Sample) -> list[str]:
    """Return everything that a sample tells."""
    mapping = "the draft" if told.draft else "the workspace's mapping"
    lines = [f"{told.sampled} of {told.total} {told.resource_type}s of workspace {told.workspace} by {mapping}"]
    if told.draft is not None:
        _section(lines, "The draft is refused", _indented(told.draft.errors))
        _section(lines, "Warnings", _indented(told.draft.warnings))
    if told.revision is None:
        return lines
    counts = {"unchanged": told.unchanged, "changed": told.changed, "failed": told.failed}
    stale = [f"  {told.stale:>6}  were made by an earlier mapping than the workspace has"] if told.stale else []
    _section(lines, "Documents", [*(f"  {number:>6}  {name}" for name, number in counts.items()), *stale])
    _section(lines, "Why it failed", (f"  {number:>6}  {text(why)}" for why, number in told.failures.items()))
    fields = (f"  {text(path)}  {_counted(kinds)}" for path, kinds in told.fields.items())
    _section(lines, "Fields", fields)
    _section(lines, "Examples", (line for example in told.examples for line in _example(example)))
    return [*lines, "", f"The same resources again: --seed {told.seed}"]


def text(value: str) -> str:
    """Return a text as a terminal may get it."""
    return value if value.isprintable() else "".join(c if c.isprintable() else _escaped(c) for c in value)


def shown(value: Any) -> str:
    """Return a value as JSON on one line, cut if it is long."""
    line = text(json.dumps(json_value(value), ensure_ascii=False))
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"


def _headline(told: Preview) -> str:
    of = f"{told.resource_type} {told.resource_id}" if told.resource_id else f"a {told.resource_type}"
    name = told.method or ("The request" if told.error else "The mapping")
    what = f"{name} of {of} in workspace {told.workspace}"
    if not told.accepted:
        return f"{what}: refused"
    if not told.method:
        return what
    return f"{what}: accepted" + ("" if told.writes else ", the document stays as it is")


def _section(lines: list[str], title: str, body: Iterable[str]) -> None:
    """Add a section, unless there is nothing in it."""
    if found := list(body):
        lines += ["", title, *found]


def _indented(texts: Iterable[str]) -> Iterator[str]:
    return (f"  {text(one)}" for one in texts)


def _tolerated(told: Preview) -> Iterator[str]:
    for name, places in told.tolerations.items():
        yield f"  {name}  {text(', '.join(places))}{' (left out)' if name == UNKNOWN else ''}"


def _document(document: Mapping[str, Any] | None) -> Iterator[str]:
    if document is not None:
        whole = json.dumps(json_value(document), ensure_ascii=False, indent=2)
        yield from (f"  {text(line)}" for line in whole.split("\n"))


def _step(number: int, step: Contribution) -> Iterator[str]:
    settings = "".join(f" {text(name)}={shown(value)}" for name, value in step.settings.items())
    yield f"  {number}. {step.plugin}{settings}  ({step.ms:.2f} ms)"
    yield from (f"     + {text(name)}  {shown(value)}" for name, value in step.added.items())
    yield from (f"     ~ {text(n)}  {shown(before)} -> {shown(after)}" for n, (before, after) in step.replaced.items())
    yield from (f"     = {text(name)}" for name in step.repeated)
    if step.error:
        yield f"     failed: {text(step.error)} The plugins after it are not run."
    elif not (step.added or step.replaced or step.repeated):
        yield "     adds nothing"


def difference_lines(found: Difference) -> Iterator[str]:
    """Return a line for each path that differs."""
    if not found:
        yield "  none"
    yield from (f"  + {text(path)}  {shown(value)}" for path, value in found.added.items())
    yield from (f"  ~ {text(p)}  {shown(before)} -> {shown(after)}" for p, (before, after) in found.changed.items())
    yield from (f"  - {text(path)}  {shown(value)}" for path, value in found.removed.items())


def _refusal(told: Preview) -> Iterator[str]:
    assert told.error is not None
    yield f"  {_error(told.error)}"
    if told.error.plugin:
        yield f"  by the plugin {told.error.plugin}"
    yield from (f"  off here: {name} would read it otherwise" for name in told.off)


def _error(error: ScimError) -> str:
    return f"{error.status}{f' {error.scim_type}' if error.scim_type else ''}: {text(error.detail)}"


def _counted(kinds: Mapping[str, int]) -> str:
    return ", ".join(f"{number} {how}" for how, number in kinds.items())


def _example(example: Example) -> Iterator[str]:
    yield f"  {example.id}  {text(example.name)}"
    if example.error:
        yield f"    failed: {text(example.error)}"
    if example.difference:
        yield from (f"  {line}" for line in difference_lines(example.difference))


def _escaped(character: str) -> str:
    return f"\\u{ord(character):04x}" if ord(character) < 0x10000 else f"\\U{ord(character):08x}"
