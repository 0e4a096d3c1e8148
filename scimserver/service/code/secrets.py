"""Secrets among the settings of plugins: those whose schema says ``writeOnly: true`` are in no exported document."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from ...hookspecs import PluginInfo
from .form import Code

HIDDEN = "…"
"""Stands for a secret wherever a document is shown."""
ANOTHER = "… (another one)"


def without_secrets(code: Code, infos: Mapping[str, PluginInfo]) -> Code:
    """Return the code as it may leave the server."""
    kept = []
    for plugin in code.plugins:
        secrets = _secrets_of(plugin["name"], infos)
        kept.append({**plugin, "settings": {k: v for k, v in plugin["settings"].items() if k not in secrets}})
    return dataclasses.replace(code, plugins=kept)


def with_stored_secrets(code: Code, stored: Code, infos: Mapping[str, PluginInfo]) -> Code:
    """Return the code with the stored secrets that it says nothing of, for the plugins it lists."""
    known = _settings_of(stored)
    filled = []
    for plugin in code.plugins:
        name, settings = plugin["name"], plugin["settings"]
        secrets = _secrets_of(name, infos) & known.get(name, {}).keys()
        filled.append({**plugin, "settings": {**{key: known[name][key] for key in sorted(secrets)}, **settings}})
    return dataclasses.replace(code, plugins=filled)


def with_hidden_secrets(code: Code, stored: Code, infos: Mapping[str, PluginInfo]) -> Code:
    """Return the code with a mark in place of each secret: one that differs from the stored one has its own mark."""
    known = _settings_of(stored)
    hidden = []
    for plugin in code.plugins:
        settings = dict(plugin["settings"])
        before = known.get(plugin["name"], {})
        for key in _secrets_of(plugin["name"], infos) & settings.keys():
            settings[key] = HIDDEN if key in before and before[key] == settings[key] else ANOTHER
        hidden.append({**plugin, "settings": settings})
    return dataclasses.replace(code, plugins=hidden)


def _settings_of(code: Code) -> dict[str, Mapping[str, Any]]:
    return {plugin["name"]: plugin["settings"] for plugin in code.plugins}


def _secrets_of(name: str, infos: Mapping[str, PluginInfo]) -> set[str]:
    properties = infos[name].settings_schema.get("properties", {}) if name in infos else {}
    return {key for key, rule in properties.items() if isinstance(rule, Mapping) and rule.get("writeOnly") is True}
