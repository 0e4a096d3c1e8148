"""What Prometheus reads: counters of requests and of plugins; the one home of ``prometheus_client``.

No label names a workspace: a deployment has thousands of them, each would be a series of its own for every metric, and
whoever reads ``/metrics`` needs no token and must not learn who the customers are. The provisioning log and the
server's log tell workspaces apart.

Several processes on one port (``serve --processes``) share a folder, named by the environment: each keeps its numbers
in a file of its own there, and a scrape of any of them adds all files up.
"""

import os
from dataclasses import dataclass
from functools import cache

import prometheus_client
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest, values
from prometheus_client.multiprocess import MultiProcessCollector

DIRECTORY = "PROMETHEUS_MULTIPROC_DIR"
"""Environment variable that ``prometheus_client`` reads: the folder that the processes share."""
NUMBER = "SCIMSERVER_CHILD_NUMBER"
"""Environment variable with the number of a process: one that is started again goes on with the same file."""
HELD_SECONDS = 0.05
"""A plugin that does not give way for longer than this keeps every other request of the process waiting."""
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)

# They would be a second series for each one, saying when the process began.
prometheus_client.disable_created_metrics()  # type: ignore[no-untyped-call]
if NUMBER in os.environ and DIRECTORY in os.environ:
    _number = os.environ[NUMBER]
    values.ValueClass = values.MultiProcessValue(lambda: _number)  # type: ignore[no-untyped-call]


@dataclass(frozen=True, slots=True)
class HookCounters:
    """The counters of one hook of one plugin."""

    calls: Counter
    errors: Counter
    refusals: Counter
    seconds: Counter
    held: Counter


class Metrics:
    """All metrics of one application."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        hook = ("plugin", "hook")
        self._calls = self._counter("plugin_calls", "Calls of a plugin's hook, those that failed too.", *hook)
        self._errors = self._counter(
            "plugin_errors",
            "Calls that failed: the plugin raised, took too long, or returned what cannot be stored.",
            *hook,
        )
        self._refusals = self._counter(
            "plugin_refusals", "Calls of scim_validate and scim_before_delete that refused the resource.", *hook
        )
        self._seconds = self._counter(
            "plugin_seconds",
            "Seconds spent in calls; of scim_after_commit with what it waited for, which holds nobody up.",
            *hook,
        )
        self._held = self._counter(
            "plugin_held_loop",
            f"Times that a plugin did not give way for more than {HELD_SECONDS * 1000:g} ms, so that every other "
            "request of the process waited; the log names plugin, hook and workspace.",
            *hook,
        )
        self._undelivered = self._counter(
            "plugin_undelivered_events",
            "Events that scim_after_commit was not told of, since too many waited for it or the process stopped.",
            "plugin",
        )
        self._requests = self._counter(
            "requests", "Requests answered; not those for /healthz, /readyz and /metrics.", "method", "status"
        )
        self._duration = Histogram(
            "scimserver_request_seconds",
            "Seconds from a request's head to the end of its answer; of the same requests.",
            ("method",),
            registry=self.registry,
            buckets=BUCKETS,
        )
        self._hook = cache(self._new_hook)
        self._request = cache(self._new_request)

    def _counter(self, name: str, meaning: str, *labels: str) -> Counter:
        return Counter(f"scimserver_{name}", meaning, labels, registry=self.registry)

    def hook(self, plugin: str, hook: str) -> HookCounters:
        """Return the counters of one hook of one plugin; they are there from now on, at zero."""
        return self._hook(plugin, hook)

    def _new_hook(self, plugin: str, hook: str) -> HookCounters:
        families = (self._calls, self._errors, self._refusals, self._seconds, self._held)
        return HookCounters(*(family.labels(plugin, hook) for family in families))

    def undelivered(self, plugin: str, events: int) -> None:
        """Count events that a plugin was not told of."""
        self._undelivered.labels(plugin).inc(events)

    def request(self, method: str, status: int, seconds: float) -> None:
        """Count an answered request."""
        counter, duration = self._request(method if method in METHODS else "other", f"{status // 100}xx")
        counter.inc()
        duration.observe(seconds)

    def _new_request(self, method: str, status: str) -> tuple[Counter, Histogram]:
        return self._requests.labels(method, status), self._duration.labels(method)

    def text(self) -> tuple[bytes, str]:
        """Return all metrics in Prometheus' text format, added up over the processes, and its media type."""
        registry = self.registry
        if DIRECTORY in os.environ:
            registry = CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return generate_latest(registry), prometheus_client.CONTENT_TYPE_LATEST
