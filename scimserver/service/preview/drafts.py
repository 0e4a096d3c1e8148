"""A draft mapping: a workspace's list of plugins with their settings that is tried and not saved."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...pipeline import Pipeline
from ...plugins import PluginManager, PluginProblem
from ..workspaces import ActiveWorkspace

Draft = Sequence[Mapping[str, Any]]
"""In order; each ``{"name": str, "settings": dict}``."""

_SHAPE = "a list of plugins, each with `name` and `settings`, or an object with such a list under `plugins`"


@dataclass(frozen=True, slots=True)
class DraftCheck:
    """What saving the draft would say."""

    errors: Sequence[str]
    """Why it would be refused; empty if it would not."""
    warnings: Sequence[str]

    def to_json(self) -> dict[str, Any]:
        """Return the form that commands and the admin API give out."""
        return {"errors": list(self.errors), "warnings": list(self.warnings)}


def read_draft(value: Any) -> list[dict[str, Any]]:
    """Return the plugins of a draft as it stands in a file; of a whole workspace's export only ``plugins`` is read.

    Raises:
        PluginProblem: it is neither a list of plugins nor has one; names the place, the rule and the cure.
    """
    plugins = value.get("plugins") if isinstance(value, Mapping) else value
    if not isinstance(plugins, list):
        raise PluginProblem(f"The draft mapping must be {_SHAPE}.")
    return [_entry(entry, f"plugins[{position}]") for position, entry in enumerate(plugins)]


def _entry(entry: Any, place: str) -> dict[str, Any]:
    if not isinstance(entry, Mapping):
        raise PluginProblem(f"The draft mapping: `{place}` must be an object with `name` and `settings`.")
    strange = [str(name) for name in entry if name not in ("name", "settings")]
    if strange:
        raise PluginProblem(
            f"The draft mapping: `{place}` has `{strange[0][:80]}`; a plugin has only `name` and `settings`."
        )
    name, settings = entry.get("name"), entry.get("settings")
    if not isinstance(name, str) or not name:
        raise PluginProblem(f"The draft mapping: `{place}.name` is missing: give the name of a plugin.")
    if not isinstance(settings, Mapping | None):
        raise PluginProblem(f"The draft mapping: `{place}.settings` must be an object.")
    return {"name": name, "settings": dict(settings or {})}


def check_draft(plugins: PluginManager, workspace: ActiveWorkspace, draft: Draft) -> tuple[DraftCheck, Pipeline | None]:
    """Check a draft as when it is saved; returns what that says, and the pipeline unless it would be refused."""
    try:
        warnings = plugins.check_settings(workspace.slug, draft, workspace.catalogue.paths())
    except PluginProblem as problem:
        return DraftCheck([str(problem)], []), None
    return DraftCheck([], warnings), plugins.pipeline(workspace.slug, draft)
