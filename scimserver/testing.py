"""For plugin authors: run a mapper exactly as the server does, in a test."""

import importlib
from collections.abc import Mapping
from types import ModuleType
from typing import Any

from .errors import PluginFailed
from .plugins import PluginManager
from .schema.catalogue import load_schemas
from .storable import Budget, plain_copy


def map_resource(
    plugin: ModuleType | str,
    resource: Mapping[str, Any],
    *,
    resource_type: str = "User",
    settings: Mapping[str, Any] | None = None,
    stored: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the application document that a plugin makes of a canonical resource.

    ``plugin`` is the module, or its dotted name; ``stored`` the document that the database has already. Runs the
    server's own loading checks, settings check, ``scim_validate`` and ``scim_map``, and asserts that the mapper is
    pure: it leaves its input as it was, and two runs give equal documents.

    Raises:
        PluginProblem: the plugin or its settings would be refused.
        ScimError: the plugin refused the resource, or failed; its own exception is the cause of the PluginFailed.
        AssertionError: the mapper is not pure.
    """
    module = importlib.import_module(plugin) if isinstance(plugin, str) else plugin
    manager = PluginManager()
    info = manager.register(module, module.__name__)
    chosen = [{"name": info.name, "settings": dict(settings or {})}]
    manager.check_settings("test", chosen, load_schemas(manager.schema_files()).paths())
    pipeline = manager.pipeline("test", chosen)
    try:
        pipeline.validate(resource_type, resource)
        document = pipeline.map(resource_type, resource, stored)
        assert pipeline.map(resource_type, resource, stored) == document, (
            f"`{info.name}` made two documents of one resource"
        )
        # The pipeline hands out copies, which would hide a mapper that changes them.
        given, started = plain_copy(dict(resource)), dict[str, Any]()
        kept = None if stored is None else plain_copy(dict(stored))
        pipeline.steps[0].map(resource_type, given, started, kept, Budget())
    except PluginFailed as failure:
        raise failure from failure.__context__
    assert given == dict(resource), f"`{info.name}` changed the resource it was given"
    assert started == {}, f"`{info.name}` changed the document it was given; return the fields instead"
    return document
