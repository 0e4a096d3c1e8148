"""The provisioning log of a workspace, to be read."""

from typing import Any

from pydantic import ConfigDict, Field

from ...service.log_reading import LogReader
from ...store.workspaces import NoSuchWorkspace
from .operations import Call, Endpoints, Instant, Model

endpoints = Endpoints("log", "The provisioning log of a workspace: what its identity provider did, and why it failed.")

USUAL_LIMIT = 100
MAX_LIMIT = 1000


class LogQuery(Model):
    """Which requests."""

    errors: bool = False
    """Only requests that failed."""
    since: Instant | None = Field(None, examples=["2026-11-27T08:00:00Z"])
    """Not before this instant."""
    limit: int = Field(USUAL_LIMIT, ge=1, le=MAX_LIMIT)
    """The newest so many."""


class SummaryQuery(Model):
    """Which requests."""

    since: Instant | None = Field(None, examples=["2026-11-27T08:00:00Z"])
    """Not before this instant."""


class LogEntry(Model):
    """One request; further fields where they say something, see the reference of the provisioning log."""

    model_config = ConfigDict(extra="allow", frozen=True)

    position: str
    """Never changes."""
    at: Instant
    """When it began."""
    request_id: str
    operation: str
    method: str
    path: str
    """Below the Tenant URL, redacted."""
    result: str
    """`success` or `failure`."""
    ms: float
    """Duration in milliseconds."""
    status: int | None = None
    """Null if the client went away before it could be answered."""


class Log(Model):
    """Requests of a workspace, the oldest first."""

    entries: list[LogEntry]


class LogSummary(Model):
    """Sums of a workspace's requests; names are counted, the most frequent first."""

    since: Instant | None
    until: Instant | None
    requests: int
    failures: int
    unlisted: int
    """Refused requests that have no entry of their own."""
    dropped: int
    """Requests that could not be written."""
    operations: dict[str, int]
    clients: dict[str, int]
    tolerations: dict[str, int]
    off: dict[str, int]
    """Tolerations that are off and were wanted."""
    stripped: dict[str, int]
    """Unknown attributes that were left out."""
    errors: dict[str, int]


async def _reader(call: Call, workspace: str, *, errors: bool = False) -> LogReader:
    owner = await call.app.workspaces.show(workspace)
    return LogReader(call.app.requests.store, owner.id, errors=errors)


@endpoints.get("/workspaces/{workspace}/log", errors=(NoSuchWorkspace,))
async def list_log(call: Call, workspace: str, query: LogQuery) -> Log:
    """Read the newest requests of a workspace, the oldest of them first.

    A request is in the log about a second after it was answered.
    """
    reader = await _reader(call, workspace, errors=query.errors)
    found: list[dict[str, Any]] = [entry async for entry in reader.past(since=query.since, limit=query.limit)]
    return Log(entries=[LogEntry.model_validate(entry) for entry in found])


@endpoints.get("/workspaces/{workspace}/log/summary", errors=(NoSuchWorkspace,))
async def get_log_summary(call: Call, workspace: str, query: SummaryQuery) -> LogSummary:
    """Add up the requests of a workspace."""
    reader = await _reader(call, workspace)
    return LogSummary.model_validate(await reader.summary(query.since))
