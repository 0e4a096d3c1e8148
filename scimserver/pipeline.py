"""Running a workspace's plugins in its order with its settings."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any, Protocol

from .errors import Unavailable
from .hookspecs import CommittedEvent
from .plugin_step import Step
from .storable import Budget, plain_copy

__all__ = ["Pipeline", "Step", "StoredEvent", "as_told"]

RETRY_AFTER_MISSING = 300
"""Seconds after which a client may ask again when a plugin is missing: an operator has to act first."""


class StoredEvent(Protocol):
    """What is read of a stored event."""

    @property
    def id(self) -> str: ...
    @property
    def action(self) -> str: ...
    @property
    def resource_type(self) -> str: ...
    @property
    def resource_id(self) -> str: ...
    @property
    def v(self) -> int: ...
    @property
    def at(self) -> datetime: ...
    @property
    def data(self) -> Mapping[str, Any]: ...


class Pipeline:
    """The plugins of one workspace in their order."""

    def __init__(self, workspace: str, steps: Sequence[Step], revision: str, problem: str = "") -> None:
        self.workspace = workspace
        self.steps = tuple(steps)
        self.revision = revision
        """Changes with the plugins' order, versions and settings; stored with every document made by this pipeline."""
        self.problem = problem
        """Why nothing can be written, for instance a plugin that is not installed; empty if all is well."""

    def validate(self, resource_type: str, resource: Mapping[str, Any]) -> None:
        """Let each plugin refuse the resource.

        Raises:
            ScimError: a plugin refused it.
            PluginFailed: a plugin failed.
            Unavailable: a listed plugin cannot be used; no document is ever written unmapped.
        """
        self._refuse_if_unusable()
        for step in self.steps:
            step.ask("scim_validate", resource_type, resource)

    def map(
        self, resource_type: str, resource: Mapping[str, Any], stored: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Return the application document of a canonical resource; ``stored`` is the one it has now, if any.

        Raises:
            PluginFailed: a plugin failed or returned what MongoDB cannot store; names plugin and field.
            Unavailable: a listed plugin cannot be used.
        """
        document: dict[str, Any] = {}
        for _, fields in self.contributions(resource_type, resource, stored):
            document |= fields
        return document

    def contributions(
        self, resource_type: str, resource: Mapping[str, Any], stored: Mapping[str, Any] | None = None
    ) -> Iterator[tuple[Step, dict[str, Any]]]:
        """Yield each plugin with the fields that it adds, in order; raises as :meth:`map`, where a plugin fails."""
        self._refuse_if_unusable()
        document: dict[str, Any] = {}
        budget = Budget()
        for step in self.steps:
            # Each plugin gets copies of its own: what it does to them harms neither the others nor what is stored.
            kept = plain_copy(stored) if step.wants_stored else None
            fields = step.map(resource_type, plain_copy(resource), plain_copy(document), kept, budget)
            document |= fields
            yield step, fields

    def before_delete(self, resource_type: str, resource: Mapping[str, Any]) -> None:
        """Let each plugin refuse a deletion; raises as :meth:`validate`."""
        self._refuse_if_unusable()
        for step in self.steps:
            step.ask("scim_before_delete", resource_type, resource)

    @property
    def listeners(self) -> tuple[Step, ...]:
        """The plugins that want to be told of committed changes."""
        return tuple(step for step in self.steps if "scim_after_commit" in step.hooks)

    async def after_commit(self, events: Sequence[StoredEvent]) -> None:
        """Tell each plugin of committed changes, all at once; what a plugin raises is logged, never raised."""
        told = as_told(events)
        await asyncio.gather(*(step.tell(told) for step in self.listeners))

    def _refuse_if_unusable(self) -> None:
        if self.problem:
            raise Unavailable(
                f"Nothing can be written in this workspace: {self.problem} The operator has to correct the "
                "workspace's list of plugins or the installation; after that, writes go through again.",
                retry_after=RETRY_AFTER_MISSING,
            )


def as_told(events: Sequence[StoredEvent]) -> tuple[CommittedEvent, ...]:
    """Return events as plugins get them: they cannot change one for each other."""
    return tuple(
        CommittedEvent(e.id, e.action, e.resource_type, e.resource_id, e.v, e.at, MappingProxyType(dict(e.data)))
        for e in events
    )
