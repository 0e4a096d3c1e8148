"""For plugin authors: run a mapper exactly as the server does, in a test."""

import copy
from collections.abc import Mapping
from typing import Any

from .plugins import PluginManager


def map_resource(
    plugin: Any, resource: Mapping[str, Any], *, resource_type: str = "User", settings: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return the application document that a plugin makes of a canonical resource.

    ``plugin`` is the module, or any object with marked hooks. Runs the server's own loading checks, settings check,
    ``scim_validate`` and ``scim_map``, and asserts that the mapper is pure.

    Raises:
        PluginProblem: the plugin or its settings would be refused.
        ScimError: the plugin refused the resource, or failed.
    """
    manager = PluginManager()
    info = manager.register(plugin, getattr(plugin, "__name__", repr(plugin)))
    chosen = [{"name": info.name, "settings": dict(settings or {})}]
    manager.check_settings("test", chosen)
    pipeline = manager.pipeline("test", chosen)
    before = copy.deepcopy(dict(resource))
    pipeline.validate(resource_type, resource)
    document = pipeline.map(resource_type, resource)
    assert pipeline.map(resource_type, resource) == document, f"`{info.name}` made two documents of one resource"
    assert dict(resource) == before, f"`{info.name}` changed the resource it was given"
    return document
