"""What differs between two documents of a workspace, change by change and as text."""

import difflib
import json
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ..yaml_text import dump

LONGEST = 200
"""Characters of a value that are shown in a line; the text form shows all."""
_ABSENT = object()
_NAMED = {"plugins": ("name",), "schemas": ("$id", "name")}
"""Section that is a list of named things → where the name of each is."""


@dataclass(frozen=True, slots=True)
class Change:
    """One difference, from the first document to the second."""

    path: str
    """Place in the second document, of what is removed in the first: ``plugins[1].settings.prefer``."""
    kind: Literal["changed", "added", "removed", "moved"]
    old: Any = None
    """The value before; of what moved, its place before."""
    new: Any = None
    """The value after; of what moved, its place after."""
    name: str = ""
    """Of a plugin or schema that is added, removed or moved."""

    def __str__(self) -> str:
        if self.kind == "moved":
            return f"{self.new}: {self.name or 'names in another order'} moved here from {self.old}"
        named = f"{self.name} " if self.name else ""
        if self.kind == "added":
            return f"{self.path}: {named}added, {_shown(self.new)}"
        if self.kind == "removed":
            return f"{self.path}: {named}removed, was {_shown(self.old)}"
        return f"{self.path}: {_shown(self.old)} → {_shown(self.new)}"

    def to_json(self) -> dict[str, Any]:
        """Return the form for machines: ``old`` and ``new`` only where there is one."""
        shown: dict[str, Any] = {"path": self.path, "kind": self.kind}
        if self.name:
            shown["name"] = self.name
        if self.kind != "added":
            shown["old"] = self.old
        if self.kind != "removed":
            shown["new"] = self.new
        return shown


def changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Change]:
    """Return what makes the second document of the first, in the order of the sections."""
    found: list[Change] = []
    for section in {**old, **new}:
        before, after = old.get(section, _ABSENT), new.get(section, _ABSENT)
        if section in _NAMED and isinstance(before, list) and isinstance(after, list):
            found += _of_named(section, before, after)
        elif section == "switches" and isinstance(before, dict) and isinstance(after, dict):
            for kind in sorted({**before, **after}, reverse=True):
                found += _of_values(f"switches.{kind}", before.get(kind, {}), after.get(kind, {}))
        else:
            found += _of_values(section, before, after)
    return found


def unified(old: Mapping[str, Any], new: Mapping[str, Any], names: tuple[str, str]) -> str:
    """Return the difference of the text forms as ``diff -u`` writes it; empty if there is none."""
    before, after = (dump(dict(document)).splitlines() if document else [] for document in (old, new))
    return "\n".join(difflib.unified_diff(before, after, *names, lineterm=""))


def _of_values(path: str, old: Any, new: Any, *, in_order: bool = False) -> Iterator[Change]:
    if isinstance(old, dict) and isinstance(new, dict):
        for name in {**old, **new}:
            yield from _of_values(f"{path}.{name}", old.get(name, _ABSENT), new.get(name, _ABSENT), in_order=in_order)
        if in_order and old.keys() == new.keys() and [*old] != [*new]:
            yield Change(path, "changed", [*old], [*new])
    elif old is _ABSENT:
        yield Change(path, "added", new=new)
    elif new is _ABSENT:
        yield Change(path, "removed", old)
    elif _text(old) != _text(new):  # == would take true for 1
        yield Change(path, "changed", old, new)


def _of_named(section: str, old: Sequence[Any], new: Sequence[Any]) -> Iterator[Change]:
    before = {_name(section, item): position for position, item in enumerate(old)}
    after = {_name(section, item): position for position, item in enumerate(new)}
    for name, position in before.items():
        if name not in after:
            yield Change(f"{section}[{position}]", "removed", old[position], name=name)
    kept = [name for name in after if name in before]
    stays = _longest_rise([before[name] for name in kept])
    for name, position in after.items():
        path = f"{section}[{position}]"
        if name not in before:
            yield Change(path, "added", new=new[position], name=name)
            continue
        if before[name] not in stays:
            yield Change(path, "moved", f"{section}[{before[name]}]", path, name)
        pair = (old[before[name]], new[position])
        if section == "plugins":
            yield from _of_values(f"{path}.settings", *(plugin.get("settings", {}) for plugin in pair))
        else:  # the order of a schema's attributes is the one in which clients see them
            yield from _of_values(path, *pair, in_order=True)


def _name(section: str, item: Mapping[str, Any]) -> str:
    return next((str(item[key]) for key in _NAMED[section] if key in item), "")


def _longest_rise(positions: Sequence[int]) -> set[int]:
    """Return the most positions that are in order already: only the others have moved."""
    tails: list[int] = []
    rises: list[list[int]] = []
    for position in positions:
        length = bisect_left(tails, position)
        rise = [*(rises[length - 1] if length else []), position]
        tails[length : length + 1] = [position]
        rises[length : length + 1] = [rise]
    return set(rises[-1]) if rises else set()


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _shown(value: Any) -> str:
    text = _text(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
