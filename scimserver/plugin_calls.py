"""What the calls of a plugin cost: counted for Prometheus, and told in the log when they keep others waiting."""

import time
import traceback
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import structlog

from .metrics import HELD_SECONDS, Metrics

log = structlog.get_logger("scimserver.plugins")

MEASURED = ("scim_check_settings", "scim_validate", "scim_map", "scim_before_delete", "scim_after_commit")
"""The hooks that are called while requests are served."""
QUIET_SECONDS = 1.0
"""A plugin that holds the loop is told of once in this time; what comes in between is counted."""


class Meter:
    """What the calls of one hook of one plugin cost, in all workspaces."""

    __slots__ = ("_held", "_hook", "_watch", "calls", "errors", "refusals", "seconds")

    def __init__(self, watch: "PluginWatch", hook: str, metrics: Metrics) -> None:
        counters = metrics.hook(watch.plugin, hook)
        self._watch = watch
        self._hook = hook
        self._held = counters.held
        self.calls = counters.calls
        self.errors = counters.errors
        self.refusals = counters.refusals
        self.seconds = counters.seconds

    def took(self, seconds: float, workspace: str, resource_type: str | None) -> None:
        """Count a call that did not give way from its beginning to its end."""
        self.calls.inc()
        self.seconds.inc(seconds)
        if seconds > HELD_SECONDS:
            self.check(seconds, workspace, resource_type)

    def check(self, seconds: float, workspace: str, resource_type: str | None) -> None:
        """Count, and tell, that everything else waited for so long, if it is too long."""
        if seconds > HELD_SECONDS:
            self._held.inc()
            self._watch.tell(self._hook, seconds, workspace, resource_type)


class PluginWatch:
    """The meters of one plugin, and how often it is told of."""

    def __init__(
        self, plugin: str, hooks: Iterable[str], metrics: Metrics, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.plugin = plugin
        self.meters: Mapping[str, Meter] = {hook: Meter(self, hook, metrics) for hook in hooks if hook in MEASURED}
        self._clock = clock
        self._quiet_until = 0.0
        self._untold = 0

    def tell(self, hook: str, seconds: float, workspace: str, resource_type: str | None) -> None:
        """Warn that the plugin kept everything else waiting, at most once a second."""
        moment = self._clock()
        if moment < self._quiet_until:
            self._untold += 1
            return
        log.warning(
            "plugin holds up the server",
            plugin=self.plugin,
            hook=hook,
            workspace=workspace,
            resource_type=resource_type,
            ms=round(seconds * 1000, 1),
            untold=self._untold,
        )
        self._quiet_until = moment + QUIET_SECONDS
        self._untold = 0


def where(error: BaseException) -> str:
    """Return the innermost lines of the traceback as ``file:line function``, without the exception's text."""
    frames = traceback.extract_tb(error.__traceback__, limit=-3)
    return " > ".join(f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames)
