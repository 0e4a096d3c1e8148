"""A workspace's configuration as a document, fit for git: its sections, their order, and the record it comes from.

A document is the whole truth: what is not set in it has its default. So every section must stand there, if only as
``switches: {}``: one that was forgotten would reset in silence what it is about. The workspace's name is not in it: one
document serves several workspaces, a trial and the real one.
"""

import dataclasses
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...hookspecs import PluginInfo
from ...scim.quirks import TOLERATIONS
from ...store.workspaces import Workspace
from ..profiles import BEHAVIOURS

VERSION = 1
SECTIONS = ("version", "profile", "switches", "limits", "plugins", "schemas")
KINDS: Mapping[str, Mapping[str, Any]] = {"tolerate": TOLERATIONS, "behaviour": BEHAVIOURS}
"""Parts of the section ``switches`` and the names in them."""


@dataclass(frozen=True, slots=True)
class Code:
    """What a document says, in the form in which the workspace's record keeps it."""

    profile: str = ""
    switches: Mapping[str, bool] = field(default_factory=dict)
    limits: Mapping[str, Any] = field(default_factory=dict)
    plugins: Sequence[Mapping[str, Any]] = ()
    """In order; each ``{"name": str, "settings": dict}``."""
    schemas: Sequence[Mapping[str, Any]] = ()
    """Schemas and resource types, in order."""

    def fields(self) -> dict[str, Any]:
        """Return the fields of the record without those that tell of schemas, which have a history."""
        return {f.name: getattr(self, f.name) for f in dataclasses.fields(self) if f.name != "schemas"}


def code_of(workspace: Workspace) -> Code:
    """Return what the document of a workspace says; switches that this version does not know are left out."""
    return Code(
        profile=workspace.profile,
        switches={n: on for n, on in workspace.switches.items() if any(n in names for names in KINDS.values())},
        limits=dict(workspace.limits),
        plugins=[{"name": p["name"], "settings": dict(p.get("settings") or {})} for p in workspace.plugins],
        schemas=[json.loads(text) for text in workspace.schemas],
    )


def document_of(code: Code, infos: Mapping[str, PluginInfo]) -> dict[str, Any]:
    """Return the document: sections and names in a fixed order, settings in that of the plugin's schema."""
    switches = {
        kind: {name: code.switches[name] for name in sorted(code.switches) if name in names}
        for kind, names in KINDS.items()
    }
    plugins = []
    for plugin in code.plugins:
        info = infos.get(plugin["name"])
        settings = ordered(plugin["settings"], info.settings_schema if info else {})
        plugins.append({"name": plugin["name"], **({"settings": settings} if settings else {})})
    return {
        "version": VERSION,
        "profile": code.profile,
        "switches": {kind: names for kind, names in switches.items() if names},
        "limits": {name: code.limits[name] for name in sorted(code.limits)},
        "plugins": plugins,
        "schemas": [dict(document) for document in code.schemas],
    }


def ordered(value: Any, schema: Any) -> Any:
    """Return JSON data with names in the order in which a JSON Schema has them; others follow by the alphabet."""
    rules = schema if isinstance(schema, Mapping) else {}
    if isinstance(value, Mapping):
        properties = rules.get("properties", {})
        names = [name for name in properties if name in value] + sorted(value.keys() - properties.keys())
        others = rules.get("additionalProperties", {})
        return {name: ordered(value[name], properties.get(name, others)) for name in names}
    if isinstance(value, list | tuple):
        return [ordered(item, rules.get("items", {})) for item in value]
    return value
