"""Running a workspace's plugins in its order with its settings, and laying every failure at one plugin's door."""

import inspect
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol

import structlog

from .errors import MappingFailed, PluginFailed, ScimError, Unauthorized, Unavailable
from .hookspecs import CommittedEvent, MapContext, WorkspaceContext
from .storable import Budget, NotStorable, plain_copy, storable

log = structlog.get_logger("scimserver.plugins")

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


@dataclass(frozen=True, slots=True)
class Step:
    """One plugin in one workspace."""

    name: str
    workspace: str
    settings: Mapping[str, Any]
    hooks: Mapping[str, Callable[..., Any]]
    """Hook name → caller, for the hooks that this plugin has; a caller returns a list with the result unless None."""
    wants_stored: bool = False
    """Whether its mapper asks for the stored document, which is copied for it then."""
    _contexts: dict[str, MapContext] = field(default_factory=dict, init=False, repr=False, compare=False)

    def context(self, resource_type: str) -> MapContext:
        """Return what the plugin is told beside the resource."""
        context = self._contexts.get(resource_type)
        if context is None:
            context = MapContext(self.workspace, self.name, self.settings, resource_type)
            self._contexts[resource_type] = context
        return context

    def map(
        self,
        resource_type: str,
        resource: Mapping[str, Any],
        document: Mapping[str, Any],
        stored: Mapping[str, Any] | None,
        budget: Budget,
    ) -> dict[str, Any]:
        """Return the fields that the plugin adds; hands over the mappings as they are, so give it copies.

        Raises:
            PluginFailed: the plugin failed, or returned what MongoDB cannot store.
        """
        hook = self.hooks.get("scim_map")
        if hook is None:
            return {}
        try:
            context = self.context(resource_type)
            results = hook(context=context, resource=resource, document=document, stored=stored)
            return storable(results[0], budget) if results else {}
        except NotStorable as problem:
            log.error(
                "plugin made what cannot be stored",
                **self._blame("scim_map", resource_type, resource),
                reason=str(problem),
            )
            raise PluginFailed(
                f"The plugin `{self.name}` of this workspace made a document that cannot be stored: {problem}. "
                "Nothing was written; the operator has to correct the plugin."
            ) from None
        except (Exception, SystemExit) as error:
            raise self._failed("scim_map", error, resource_type, resource) from None

    def ask(self, hook_name: str, resource_type: str, resource: Mapping[str, Any]) -> None:
        """Let the plugin refuse the resource.

        Raises:
            ScimError: it did, with a 4xx of its own choice.
            PluginFailed: it failed.
        """
        hook = self.hooks.get(hook_name)
        if hook is None:
            return
        try:
            hook(context=self.context(resource_type), resource=plain_copy(resource))
        except (Exception, SystemExit) as error:
            if isinstance(error, ScimError) and 400 <= error.status < 500 and not isinstance(error, Unauthorized):
                log.info("plugin refused", **self._blame(hook_name, resource_type, resource), status=error.status)
                raise
            raise self._failed(hook_name, error, resource_type, resource) from None

    def _failed(
        self, hook_name: str, error: BaseException, resource_type: str, resource: Mapping[str, Any]
    ) -> PluginFailed:
        # The exception's text may quote the person's data: class and place are logged, and the cause is not chained.
        blame = self._blame(hook_name, resource_type, resource)
        if isinstance(error, MappingFailed):
            log.error("plugin failed", **blame, field=error.field, error=error.reason)
            return PluginFailed(
                f"The plugin `{self.name}` of this workspace could not make `{error.field}` of this {resource_type}: "
                f"{error.reason}. Nothing was written."
            )
        log.error("plugin failed", **blame, error=type(error).__name__, at=where(error))
        return PluginFailed(
            f"The plugin `{self.name}` of this workspace failed on this {resource_type} ({type(error).__name__}); "
            "nothing was written. The operator finds the place in the server's log."
        )

    def _blame(self, hook_name: str, resource_type: str, resource: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "plugin": self.name,
            "hook": hook_name,
            "workspace": self.workspace,
            "resource_type": resource_type,
            "resource": resource.get("id"),
        }


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

    async def after_commit(self, events: Sequence[StoredEvent]) -> None:
        """Tell each plugin of committed changes; what a plugin raises is logged, never raised."""
        told = tuple(
            CommittedEvent(e.id, e.action, e.resource_type, e.resource_id, e.v, e.at, MappingProxyType(dict(e.data)))
            for e in events
        )
        for step in self.steps:
            hook = step.hooks.get("scim_after_commit")
            if hook is None:
                continue
            try:
                for result in hook(context=WorkspaceContext(self.workspace, step.name, step.settings), events=told):
                    if inspect.isawaitable(result):
                        await result
            except (Exception, SystemExit) as error:
                log.error(
                    "plugin failed after commit",
                    plugin=step.name,
                    hook="scim_after_commit",
                    workspace=self.workspace,
                    events=[event.id for event in told[:20]],
                    error=type(error).__name__,
                    at=where(error),
                )

    def _refuse_if_unusable(self) -> None:
        if self.problem:
            raise Unavailable(
                f"Nothing can be written in this workspace: {self.problem} The operator has to correct the "
                "workspace's list of plugins or the installation; after that, writes go through again.",
                retry_after=RETRY_AFTER_MISSING,
            )


def where(error: BaseException) -> str:
    """Return the innermost lines of the traceback as ``file:line function``, without the exception's text."""
    frames = traceback.extract_tb(error.__traceback__)[-3:]
    return " > ".join(f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames)
