"""For plugin authors: run a mapper exactly as the server does, in a test. Needs neither pytest nor a database.

* :func:`map_resource` maps one resource that you write down;
* :func:`assert_pure` asserts that a mapper leaves its input alone and that two runs agree, for resources of yours;
* :func:`recorded_resources` and :func:`run_dialogues` give what real identity providers send.

``scimserver plugin check PATH`` does more than all of them; these are for what only your plugin's tests can know.
"""

import importlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from .authoring.recorded import clients, recorded
from .errors import PluginFailed, ScimError
from .pipeline import Pipeline
from .plugins import PluginManager
from .schema.catalogue import SchemaCatalogue, load_schemas
from .storable import Budget, plain_copy

__all__ = ["Mapped", "assert_pure", "clients", "map_resource", "recorded_resources", "run_dialogues"]


@dataclass(frozen=True, slots=True)
class Mapped:
    """What a plugin made of one state of one recorded resource."""

    sample: str
    """Where it comes from: ``entra-legacy/update.json: ines, change 2``."""
    resource_type: str
    resource: Mapping[str, Any]
    document: Mapping[str, Any]
    """Empty if the plugin refused the resource."""
    refusal: str = ""
    """The text of the refusal."""


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
    _, pipeline = _prepared(plugin, settings)
    return _mapped_once(pipeline, resource_type, resource, stored)


def assert_pure(
    plugin: ModuleType | str,
    *resources: Mapping[str, Any],
    resource_type: str = "User",
    settings: Mapping[str, Any] | None = None,
    stored: Mapping[str, Any] | None = None,
) -> None:
    """Assert for each resource that the mapper changes nothing it is given and makes the same document again.

    Without resources the recorded ones of that type are used. Raises as :func:`map_resource`; a refusal by
    ``scim_validate`` is no failure.
    """
    catalogue, pipeline = _prepared(plugin, settings)
    for resource in resources or _recorded_states(catalogue, resource_type, ()):
        try:
            _mapped_once(pipeline, resource_type, resource, stored)
        except PluginFailed:
            raise
        except ScimError:
            continue


def recorded_resources(*only: str, resource_type: str = "User") -> list[dict[str, Any]]:
    """Return the canonical resources of the recorded dialogues, each state of each resource once.

    ``only`` names clients, as :func:`clients` lists them; without any, all.

    Raises:
        ValueError: there is no such client.
    """
    return _recorded_states(load_schemas(), resource_type, only)


def run_dialogues(plugin: ModuleType | str, *only: str, settings: Mapping[str, Any] | None = None) -> list[Mapped]:
    """Map every user and group of the recorded dialogues from its creation through all its changes.

    ``stored`` is what the state before has given, as in the database. What ``scim_validate`` refuses is in the result
    with the text of the refusal; the resource then stays as it was. Raises as :func:`map_resource` otherwise, and
    ValueError if there is no client of a name in ``only``.
    """
    catalogue, pipeline = _prepared(plugin, settings)
    found: list[Mapped] = []
    for life in recorded(catalogue, *only):
        stored: dict[str, Any] | None = None
        for number, state in enumerate(life.states):
            sample = life.name if number == 0 else f"{life.name}, change {number}"
            try:
                stored = _mapped_once(pipeline, life.resource_type, state, stored)
                found.append(Mapped(sample, life.resource_type, state, stored))
            except PluginFailed:
                raise
            except ScimError as refusal:
                found.append(Mapped(sample, life.resource_type, state, {}, refusal.detail))
    return found


def _prepared(plugin: ModuleType | str, settings: Mapping[str, Any] | None) -> tuple[SchemaCatalogue, Pipeline]:
    """Load the plugin as the server does, with its schemas, and return its pipeline."""
    module = importlib.import_module(plugin) if isinstance(plugin, str) else plugin
    manager = PluginManager()
    info = manager.register(module, module.__name__)
    chosen = [{"name": info.name, "settings": dict(settings or {})}]
    catalogue = load_schemas(manager.schema_files())
    manager.check_settings("test", chosen, catalogue.paths())
    return catalogue, manager.pipeline("test", chosen)


def _mapped_once(
    pipeline: Pipeline, resource_type: str, resource: Mapping[str, Any], stored: Mapping[str, Any] | None
) -> dict[str, Any]:
    name = pipeline.steps[0].name
    try:
        pipeline.validate(resource_type, resource)
        document = pipeline.map(resource_type, resource, stored)
        assert pipeline.map(resource_type, resource, stored) == document, f"`{name}` made two documents of one resource"
        # The pipeline hands out copies, which would hide a mapper that changes them.
        given, started = plain_copy(dict(resource)), dict[str, Any]()
        kept = None if stored is None else plain_copy(dict(stored))
        pipeline.steps[0].map(resource_type, given, started, kept, Budget())
    except PluginFailed as failure:
        raise failure from failure.__context__
    assert given == dict(resource), f"`{name}` changed the resource it was given"
    assert started == {}, f"`{name}` changed the document it was given; return the fields instead"
    assert stored is None or kept == dict(stored), f"`{name}` changed the stored document it was given"
    return document


def _recorded_states(catalogue: SchemaCatalogue, resource_type: str, only: Iterable[str]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for life in recorded(catalogue, *only):
        if life.resource_type == resource_type:
            found += [state for state in life.states if state not in found]
    return found
