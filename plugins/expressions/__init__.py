"""``expressions``: fields of the document, made with the expressions of Entra ID's attribute mappings.

What they may read and how they become values of a type is in :mod:`scimserver.mapping`; this is the seam.
"""

import json
from collections.abc import Iterable, Mapping
from importlib.resources import files
from typing import Any

from scimserver.hookspecs import Finding, MapContext, PluginInfo, SettingsContext, hookimpl
from scimserver.mapping.checks import findings
from scimserver.mapping.fields import make_fields

_SETTINGS = json.loads(files(__name__).joinpath("settings.json").read_text(encoding="utf-8"))


@hookimpl
def scim_plugin_info() -> PluginInfo:
    """Describe the plugin."""
    return PluginInfo("expressions", "Fields made with Entra ID's mapping expressions, as settings.", "1", _SETTINGS)


@hookimpl
def scim_check_settings(context: SettingsContext) -> Iterable[Finding]:
    """Say what is wrong with expressions, sources, types and names."""
    return list(findings(context.settings, context.attributes))


@hookimpl
def scim_map(
    context: MapContext, resource: Mapping[str, Any], document: Mapping[str, Any], stored: Mapping[str, Any] | None
) -> Mapping[str, Any] | None:
    """Return the fields that the settings have for this resource type."""
    return make_fields(context.settings, context.resource_type, resource, document, stored)
