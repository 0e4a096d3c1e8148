"""Changes of a workspace: the typed form that everything uses, and its ``KEY=VALUE`` form on the command line."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ..storable import NotStorable, storable_settings
from ..store.workspaces import Workspace, WorkspaceProblem
from .profiles import check_switch, check_switch_name

LIMITS = ("concurrency",)
MAX_LIMIT = 999_999
_SWITCH = re.compile(r"(tolerate|behaviour)\.(.+)")
_POSITIONS: Mapping[str, bool | None] = {"on": True, "off": False, "default": None}
_DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class WorkspaceChange:
    """What is to be different; what is not named stays as it is."""

    profile: str | None = None
    plugins: Sequence[Mapping[str, Any]] | None = None
    """All of them, in order; each ``{"name": str, "settings": dict}``."""
    limits: Mapping[str, int | None] = field(default_factory=dict)
    """None is the server's own setting."""
    switches: Mapping[str, bool | None] = field(default_factory=dict)
    """Tolerations and behaviours by name; None is as the profile has it."""


@dataclass(frozen=True, slots=True)
class Changed:
    """A workspace after a change."""

    workspace: Workspace
    warnings: Sequence[str]
    """What the plugins' own checks say of their settings."""
    stale: bool
    """Whether the mapping is another one now: stored documents were made by the earlier one, until a re-map."""


def changed_fields(workspace: Workspace, change: WorkspaceChange) -> dict[str, Any]:
    """Return the fields of the stored workspace that a change gives other values.

    Raises:
        WorkspaceProblem, ProfileProblem: a limit, a switch or a setting cannot be stored.
    """
    wanted: dict[str, Any] = {
        "limits": merged_limits(workspace.limits, change.limits),
        "switches": merged_switches(workspace.switches, change.switches),
    }
    if change.profile is not None:
        wanted["profile"] = change.profile
    if change.plugins is not None:
        wanted["plugins"] = [stored_plugin(plugin) for plugin in change.plugins]
    return {name: value for name, value in wanted.items() if value != getattr(workspace, name)}


def stored_plugin(plugin: Mapping[str, Any]) -> dict[str, Any]:
    """Return a plugin of a workspace as it is stored.

    Raises:
        WorkspaceProblem: its settings hold what MongoDB cannot store.
    """
    name = str(plugin["name"])
    try:
        return {"name": name, "settings": storable_settings(dict(plugin.get("settings") or {}))}
    except NotStorable as problem:
        raise WorkspaceProblem(f"Settings of the plugin `{name[:80]}`: {problem}.") from None


def parse_changes(workspace: Workspace, texts: Mapping[str, str]) -> WorkspaceChange:
    """Read ``KEY=VALUE`` changes of a workspace.

    Keys are ``plugins``, ``PLUGIN.SETTING``, ``limits.concurrency``, ``profile``, and ``tolerate.NAME`` and
    ``behaviour.NAME`` with ``on``, ``off`` or ``default``, which is as the profile has it.

    Raises:
        WorkspaceProblem, ProfileProblem: there is no such key, or its value has another form.
    """
    change = WorkspaceChange()
    plugins = [{"name": p["name"], "settings": dict(p.get("settings") or {})} for p in workspace.plugins]
    for key, value in texts.items():
        if key == "plugins":
            known = {p["name"]: p for p in plugins}
            names = [name.strip() for name in value.split(",") if name.strip()]
            plugins = [known.get(name, {"name": name, "settings": {}}) for name in names]
        elif key == "profile":
            change = replace(change, profile=value)
        elif key.removeprefix("limits.") in LIMITS:
            change = replace(change, limits={**change.limits, key.removeprefix("limits."): _limit(key, value)})
        elif switch := _SWITCH.fullmatch(key):
            position = _position(switch[1], switch[2], value)
            change = replace(change, switches={**change.switches, switch[2]: position})
        else:
            _set_plugin_setting(plugins, key, value)
    return replace(change, plugins=plugins)


def merged_limits(present: Mapping[str, Any], changes: Mapping[str, int | None]) -> dict[str, Any]:
    """Return the limits after a change.

    Raises:
        WorkspaceProblem: there is no such limit, or its value is out of range.
    """
    for name, value in changes.items():
        if name not in LIMITS:
            raise WorkspaceProblem(f"limits.{name[:80]}: there is no such limit; there are {', '.join(LIMITS)}.")
        if value is not None and not 1 <= value <= MAX_LIMIT:
            raise WorkspaceProblem(f"limits.{name}: expected a whole number from 1 to {MAX_LIMIT}, got `{value}`.")
    return _merged(present, changes)


def merged_switches(present: Mapping[str, bool], changes: Mapping[str, bool | None]) -> dict[str, Any]:
    """Return the switches after a change.

    Raises:
        ProfileProblem: there is no toleration or behaviour of that name.
    """
    for name in changes:
        check_switch_name(name)
    return _merged(present, changes)


def _merged(present: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values after a change; None takes one out."""
    return {name: value for name, value in {**present, **changes}.items() if value is not None}


def _limit(key: str, value: str) -> int | None:
    text = value.strip()
    if text == _DEFAULT:
        return None
    if not re.fullmatch(r"[1-9]\d{0,5}", text, re.ASCII):
        raise WorkspaceProblem(f"{key}: expected a whole number from 1 to {MAX_LIMIT}, or default, got `{value}`.")
    return int(text)


def _position(kind: str, name: str, value: str) -> bool | None:
    check_switch(kind, name)
    if value not in _POSITIONS:
        raise WorkspaceProblem(f"{kind}.{name}: expected on, off or default, got `{value}`.")
    return _POSITIONS[value]


def _set_plugin_setting(plugins: list[dict[str, Any]], key: str, value: str) -> None:
    name, dot, setting = key.partition(".")
    plugin = next((p for p in plugins if p["name"] == name), None)
    if not dot or not setting or plugin is None:
        listed = ", ".join(p["name"] for p in plugins) or "none"
        raise WorkspaceProblem(
            f"`{key}` is not a setting: use plugins=NAME,NAME, limits.concurrency=N, profile=NAME, "
            "tolerate.NAME=on|off|default, behaviour.NAME=on|off|default, or "
            f"PLUGIN.SETTING=VALUE for a plugin of this workspace ({listed})."
        )
    plugin["settings"][setting] = _json_or_text(value)


def _json_or_text(value: str) -> Any:
    """Read ``true``, ``12`` and ``["a"]`` as JSON and everything else as text, as a shell user expects."""
    try:
        return json.loads(value, parse_constant=_no_json)
    except (ValueError, RecursionError):
        return value


def _no_json(name: str) -> None:
    """Refuse ``NaN`` and ``Infinity``, which Python would read."""
    raise ValueError(name)
