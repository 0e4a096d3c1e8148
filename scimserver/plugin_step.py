"""One plugin in one workspace: every failure is laid at its door, counted, and stops nothing but its own write."""

import asyncio
import inspect
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog

from .errors import MappingFailed, PluginFailed, ScimError, Unauthorized
from .hookspecs import CommittedEvent, MapContext, WorkspaceContext
from .plugin_calls import Meter, where
from .storable import LONGEST_PLACE, Budget, NotStorable, clean, plain_copy, storable
from .time_limit import Ended, TookTooLong, within

log = structlog.get_logger("scimserver.plugins")

LONGEST_REFUSAL = 2000
"""Characters of a plugin's text that are passed on to the client and to the provisioning log."""

_clock = time.perf_counter


@dataclass(frozen=True, slots=True)
class Step:
    """One plugin in one workspace."""

    name: str
    workspace: str
    settings: Mapping[str, Any]
    hooks: Mapping[str, Callable[..., Any]]
    """Hook name → caller, for the hooks that this plugin has; a caller returns a list with the result unless None."""
    meters: Mapping[str, Meter]
    """The same hooks, as far as they are called while requests are served."""
    wants_stored: bool = False
    """Whether its mapper asks for the stored document, which is copied for it then."""
    time_limit: float = 30
    """Seconds for a call of ``scim_after_commit``."""
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
        meter = self.meters["scim_map"]
        identifier = resource.get("id")
        started = _clock()
        try:
            results = hook(context=self.context(resource_type), resource=resource, document=document, stored=stored)
            return storable(results[0], budget) if results else {}
        except NotStorable as problem:
            meter.errors.inc()
            blame = self._blame("scim_map", resource_type, identifier)
            log.error("plugin made what cannot be stored", **blame, attribute=problem.place, reason=str(problem))
            raise PluginFailed(
                f"The plugin `{self.name}` of this workspace made a document that cannot be stored: {problem}. "
                "Nothing was written; the operator has to correct the plugin.",
                plugin=self.name,
                attribute=problem.place,
            ) from None
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            raise self._failed("scim_map", error, resource_type, identifier) from None
        finally:
            meter.took(_clock() - started, self.workspace, resource_type)

    def ask(self, hook_name: str, resource_type: str, resource: Mapping[str, Any]) -> None:
        """Let the plugin refuse the resource.

        Raises:
            ScimError: it did, with a 4xx of its own choice.
            PluginFailed: it failed.
        """
        hook = self.hooks.get(hook_name)
        if hook is None:
            return
        meter = self.meters[hook_name]
        given = plain_copy(resource)
        started = _clock()
        try:
            hook(context=self.context(resource_type), resource=given)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            identifier = resource.get("id")
            if isinstance(error, ScimError) and _is_refusal(error):
                meter.refusals.inc()
                error.plugin = self.name
                error.detail = clean(error.detail, LONGEST_REFUSAL)
                log.info("plugin refused", **self._blame(hook_name, resource_type, identifier), status=error.status)
                raise
            raise self._failed(hook_name, error, resource_type, identifier) from None
        finally:
            meter.took(_clock() - started, self.workspace, resource_type)

    async def tell(self, events: Sequence[CommittedEvent]) -> None:
        """Tell the plugin of committed changes, within its time limit; what it raises is logged, never raised."""
        hook, meter = self.hooks["scim_after_commit"], self.meters["scim_after_commit"]
        started = _clock()
        try:
            results = self._call(hook, events, meter)
            for result in results:
                if inspect.isawaitable(result):
                    await within(self.time_limit, result, lambda seconds: self._stretch(meter, seconds))
        except TookTooLong as problem:
            meter.errors.inc()
            log.error(
                "plugin took too long after commit", **self._about(events), limit=self.time_limit, obeyed=problem.obeyed
            )
        except Exception as error:
            meter.errors.inc()
            cause = (error.__cause__ or error) if isinstance(error, Ended) else error
            log.error("plugin failed after commit", **self._about(events), error=type(cause).__name__, at=where(cause))
        finally:
            meter.calls.inc()
            meter.seconds.inc(_clock() - started)

    def _call(self, hook: Callable[..., Any], events: Sequence[CommittedEvent], meter: Meter) -> Sequence[Any]:
        """Call a listener; a coroutine function has not run when this returns."""
        started = _clock()
        try:
            return list(hook(context=WorkspaceContext(self.workspace, self.name, self.settings), events=events))
        except (SystemExit, GeneratorExit, asyncio.CancelledError) as error:
            # Each is meant for somebody else, who would end the process or the delivery.
            raise Ended from error
        finally:
            self._stretch(meter, _clock() - started)

    def _stretch(self, meter: Meter, seconds: float) -> None:
        meter.check(seconds, self.workspace, None)

    def _failed(self, hook_name: str, error: BaseException, resource_type: str, identifier: object) -> PluginFailed:
        # The exception's text may quote the person's data: class and place are logged, and the cause is not chained.
        self.meters[hook_name].errors.inc()
        blame = self._blame(hook_name, resource_type, identifier)
        if isinstance(error, MappingFailed) and type(error.field) is type(error.reason) is str:
            name, reason = clean(error.field, LONGEST_PLACE), clean(error.reason, LONGEST_REFUSAL)
            log.error("plugin failed", **blame, attribute=name, error=reason)
            return PluginFailed(
                f"The plugin `{self.name}` of this workspace could not make `{name}` of this {resource_type}: "
                f"{reason}. Nothing was written.",
                plugin=self.name,
                attribute=name,
            )
        kind = type(error).__name__
        log.error("plugin failed", **blame, error=kind, at=where(error))
        # The mistake that is made most often: any other exception than ours looks like a refusal to who raises it.
        meant = (
            " If this was meant as a refusal, it must raise scimserver.errors.InvalidValue."
            if isinstance(error, ValueError) and hook_name != "scim_map"
            else ""
        )
        return PluginFailed(
            f"The plugin `{self.name}` of this workspace failed on this {resource_type} ({kind}); "
            f"nothing was written. The operator finds the place in the server's log.{meant}",
            plugin=self.name,
        )

    def _blame(self, hook_name: str, resource_type: str, identifier: object) -> dict[str, Any]:
        return {
            "plugin": self.name,
            "hook": hook_name,
            "workspace": self.workspace,
            "resource_type": resource_type,
            "resource": identifier,
        }

    def _about(self, events: Sequence[CommittedEvent]) -> dict[str, Any]:
        return {
            "plugin": self.name,
            "hook": "scim_after_commit",
            "workspace": self.workspace,
            "events": [event.id for event in events[:20]],
        }


def _is_refusal(error: ScimError) -> bool:
    """Tell whether a plugin raised what can be answered: a 4xx but 401, with a text."""
    return (
        type(error.status) is int
        and 400 <= error.status < 500
        and not isinstance(error, Unauthorized)
        and type(error.detail) is str
        and (error.scim_type is None or type(error.scim_type) is str)
        and all(type(part) is str and part.isprintable() for header in error.headers.items() for part in header)
    )
