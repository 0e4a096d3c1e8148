"""The page of metrics, from the live registry."""

from prometheus_client import Metric

from scimserver.metrics import BUCKETS, HELD_SECONDS, METHODS, Metrics
from scimserver.plugin_calls import MEASURED

from .markdown import MADE, table


def metrics_page() -> str:
    """Every metric with its type, its labels and its meaning."""
    families = metrics()
    rows = [(f"`{exposed(family)}`", family.type, labels(family), family.documentation) for family in families]
    parts = ["# Metrics\n", MADE.format(source="scimserver/metrics.py"), INTRODUCTION]
    parts.append(table(("metric", "type", "labels", ""), rows))
    parts.append(NOTES)
    return "\n".join(parts)


def metrics() -> list[Metric]:
    """Return all metrics, each with a sample, so that its labels are known."""
    made = Metrics()
    made.hook("badge", "scim_map")
    made.undelivered("badge", 0)
    made.request("GET", 200, 0)
    return list(made.registry.collect())


def exposed(family: Metric) -> str:
    """Return the name under which a metric is scraped; a counter's ends in ``_total``."""
    return f"{family.name}_total" if family.type == "counter" else family.name


def labels(family: Metric) -> str:
    """Return the labels of a metric, but not the bound of a bucket, which every histogram has."""
    names = dict.fromkeys(name for sample in family.samples for name in sample.labels if name != "le")
    return ", ".join(f"`{name}`" for name in names)


INTRODUCTION = """\
`GET /metrics` on the server's port answers in the text format of Prometheus. It needs no token, as `/healthz`: do not
let the proxy pass it on. With `serve --processes` any process answers for all of them.
"""

NOTES = f"""\
| label | values |
|---|---|
| `plugin` | name of a plugin that is installed |
| `hook` | {", ".join(f"`{hook}`" for hook in MEASURED)}; each is there, at 0, as soon as a plugin with it is loaded |
| `method` | {", ".join(f"`{method}`" for method in sorted(METHODS))}, and `other` for what is none of them |
| `status` | `2xx`, `3xx`, `4xx`, `5xx` |

`scimserver_request_seconds` has buckets of {", ".join(f"{bound:g}" for bound in BUCKETS)} seconds and above.

**No metric names a workspace.** A deployment has thousands of them, each would be a series of its own in every metric,
and whoever reaches this address would learn who the customers are. Which workspace it was is in the server's log and in
the [provisioning log](provisioning-log.md).

A call that failed is counted in `calls` and in `errors`; one that refused is in `calls` and `refusals`. A mapper's time
is with the check that its result can be stored. `held_loop` counts what took more than {HELD_SECONDS * 1000:g} ms at a
stretch: a plain function from its beginning to its end, a coroutine from one `await` to the next. Time means time on
the clock, so a machine that is too busy shows here as well. A re-map and a preview in a server process are counted like
writes.

With one process the numbers begin at 0 when it starts. With `--processes` they begin when the command does, and a
process that is started again goes on with those of the one before it. They are in a temporary folder meanwhile, which
the command removes at its end, unless it is killed.

Worth an alarm:

```text
rate(scimserver_plugin_errors_total[5m]) > 0
rate(scimserver_plugin_held_loop_total[5m]) > 0.1
increase(scimserver_plugin_undelivered_events_total[1h]) > 0
sum(rate(scimserver_requests_total{{status="5xx"}}[5m])) > 0
```
"""
