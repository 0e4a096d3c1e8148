"""The provisioning log: what each request of an identity provider was, how it was read, and how it ended.

Requests leave an :class:`Entry` here and go on; entries are written in buckets a moment later. Whatever happens to the
log, no request is slower or fails for it: what cannot be written waits, up to a bound, and what is beyond the bound is
counted.
"""

import asyncio
import contextlib
import math
import re
import secrets
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from typing import Any

import structlog

from ..errors import Unavailable
from ..store.documents import now
from ..store.requests import Bucket, RequestStore
from ..store.tasks import end

log = structlog.get_logger("scimserver.requests")

OPERATIONS = ("create", "read", "list", "search", "replace", "patch", "delete", "bulk", "discovery", "other")
"""``search`` is every query with a filter, and ``other`` what is no operation of SCIM."""
FLUSH_SECONDS = 1.0
BUCKET = 200
"""Entries in a bucket at most; so many of one workspace are written at once, without waiting for the second to end."""
MAX_WAITING = 20_000
"""Entries that wait in this process at most."""
MAX_WAITING_OF_ONE = 4_000
"""Entries of one workspace that wait at most, so that one does not take the place of all others."""
MAX_REFUSED = 20
"""Requests without a good credential listed in a bucket; the others are counted. A stranger must not fill the log."""
STOP_SECONDS = 2.0
"""How long a stopping process tries to write what waits."""


@dataclass(slots=True)
class Entry:
    """One request; names and ids only, no value of a person (see ``docs/reference/provisioning-log.md``)."""

    at: datetime
    """When it began, UTC."""
    request_id: str
    operation: str
    """One of :data:`OPERATIONS`."""
    method: str
    path: str
    """Below the Tenant URL, redacted."""
    status: int | None
    """None if the client went away before it could be answered."""
    result: str
    """``success`` or ``failure``."""
    ms: float
    """Duration in milliseconds."""
    client: str = ""
    """User-Agent."""
    credential: str | None = None
    """Public id of the Secret Token; None if it was refused."""
    resource_type: str | None = None
    resource_id: str | None = None
    attributes: Sequence[str] = ()
    """What a PATCH names."""
    tolerations: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Name of each toleration that the request needed → where."""
    off: Sequence[str] = ()
    """Of a failure: the tolerations that the workspace has off and that would have read something otherwise."""
    stripped: Sequence[str] = ()
    """Unknown attributes that were left out."""
    left_out: Sequence[str] = ()
    """Ids of unknown members that were left out."""
    bulk: Mapping[str, Any] | None = None
    """``{"operations": {method: count}, "failures": count, "errors": [SCIM Error bodies]}`` of a bulk request, and
    ``"plugins": {name: count}`` of operations that a plugin refused or failed on."""
    error: Mapping[str, Any] | None = None
    """The SCIM Error body as the client got it."""
    plugin: str | None = None
    """The plugin that refused the resource, or failed on it."""
    attribute: str | None = None
    """The field of the plugin's document that cannot be stored, or the attribute that its refusal begins with."""

    @property
    def failed(self) -> bool:
        """Whether the client did not get what it asked for."""
        return self.result == "failure"

    def to_bson(self) -> dict[str, Any]:
        """Return the stored form: what is empty is left out."""
        return {name: value for name in _FIELDS if (value := getattr(self, name)) or value == 0}


_ID = re.compile(r"\b[a-z][a-z0-9]{0,63}_[0-9A-Za-z]{22}\b")

_FIELDS = tuple(f.name for f in fields(Entry))


@dataclass(slots=True)
class _Waiting:
    """What waits of one workspace."""

    entries: list[Entry] = field(default_factory=list)
    refused: int = 0
    """Entries without a good credential since the last bucket."""
    dropped: int = 0
    unlisted: int = 0
    bucket: Bucket | None = None
    """Begun with the first entries, and not known to be written."""

    @property
    def anything(self) -> bool:
        """Whether there is something to write."""
        return bool(self.bucket or self.entries or self.dropped or self.unlisted)


class RequestLog:
    """A process's queue of entries, and the task that writes them."""

    def __init__(self, store: RequestStore, days: int) -> None:
        self.store = store
        self.enabled = days > 0
        """Whether anything is recorded at all."""
        self._keep = timedelta(days=days)
        self._waiting: dict[str, _Waiting] = {}
        self._total = 0
        self._full = asyncio.Event()
        self._process = secrets.token_hex(8)
        self._task: asyncio.Task[None] | None = None

    # -- taking in -------------------------------------------------------------------------------------------------

    def record(self, ws: str, entry: Entry) -> None:
        """Take over an entry of a workspace; never waits and never fails."""
        if not self.enabled:
            return
        waiting = self._waiting.get(ws)
        if waiting is None:
            waiting = self._waiting[ws] = _Waiting()
        if entry.credential is None and (entry.status or 0) < 500:
            if waiting.refused >= MAX_REFUSED:
                waiting.unlisted += 1
                return
            waiting.refused += 1
        if self._total >= MAX_WAITING or len(waiting.entries) >= MAX_WAITING_OF_ONE:
            waiting.dropped += 1
            return
        waiting.entries.append(entry)
        self._total += 1
        if len(waiting.entries) == BUCKET:
            self._full.set()

    # -- writing ---------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Begin to write in the background."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Write what waits, if the database takes it in time, and end the background work."""
        if self._task:
            await end([self._task])
        try:
            await asyncio.wait_for(self.flush(), STOP_SECONDS)
        except Exception as error:
            log.warning("the end of the provisioning log is lost", entries=self._total, error=repr(error))

    async def _run(self) -> None:
        """Write everything once a second, and a workspace's full bucket at once."""
        clock = asyncio.get_running_loop().time
        due, away = clock() + FLUSH_SECONDS, False
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._full.wait(), max(due - clock(), 0))
            self._full.clear()
            everything = clock() >= due
            try:
                await self.flush(only_full=not everything)
                away = False
            except Exception as error:
                if not away:
                    log.warning("provisioning log not written, will be tried again", error=repr(error))
                away = True
                await asyncio.sleep(FLUSH_SECONDS)
            if everything:
                due = clock() + FLUSH_SECONDS

    async def flush(self, *, only_full: bool = False) -> None:
        """Write what waits now; on failure it goes on waiting.

        Raises:
            Unavailable: the database is away.
        """
        for ws, waiting in list(self._waiting.items()):
            if not only_full or len(waiting.entries) >= BUCKET:
                await self._flush_one(ws, waiting)

    async def _flush_one(self, ws: str, waiting: _Waiting) -> None:
        # What comes while a bucket is written must not make buckets of its own: under load they would never fill.
        begun = len(waiting.bucket.entries) if waiting.bucket else 0
        buckets = bool(begun) + math.ceil((len(waiting.entries) - begun) / BUCKET)
        for _ in range(max(buckets, 1)):
            if not await self._write_bucket(ws, waiting):
                break
        if len(waiting.entries) >= BUCKET:
            self._full.set()
        if not waiting.anything:
            del self._waiting[ws]

    async def _write_bucket(self, ws: str, waiting: _Waiting) -> bool:
        """Write the next bucket; False if the database will not have it."""
        written = True
        bucket = waiting.bucket
        if bucket is None:
            bucket = waiting.bucket = self._bucket(ws, waiting)
        try:
            await self.store.write(bucket)
        except Unavailable:
            raise
        except Exception:
            # Such a bucket would fail for ever, and everything behind it would wait.
            log.exception("a part of the provisioning log cannot be stored", ws=ws, entries=len(bucket.entries))
            waiting.dropped += len(bucket.entries) + bucket.dropped
            written = False
        waiting.bucket = None
        del waiting.entries[: len(bucket.entries)]
        self._total -= len(bucket.entries)
        return written

    def _bucket(self, ws: str, waiting: _Waiting) -> Bucket:
        entries = waiting.entries[:BUCKET]
        moment = now()
        times = [entry.at for entry in entries] or [moment]
        bucket = Bucket(
            ws=ws,
            entries=[entry.to_bson() for entry in entries],
            counts=count(entries),
            at=min(times),
            until=max(times),
            expires=moment + self._keep,
            process=self._process,
            dropped=waiting.dropped,
            unlisted=waiting.unlisted,
        )
        waiting.refused = waiting.dropped = waiting.unlisted = 0
        return bucket


def count(entries: Sequence[Entry]) -> dict[str, Any]:
    """Return what a summary adds up: number of requests by operation, result, toleration, client, and so on.

    Texts of clients are no field names, since they may have dots and dollars: they are ``[text, number]`` pairs.
    """
    named = {"operations": Counter(e.operation for e in entries), "results": Counter(e.result for e in entries)}
    named["tolerations"] = Counter(name for e in entries for name in e.tolerations)
    named["off"] = Counter(name for e in entries for name in e.off)
    texts = {
        "clients": Counter(e.client for e in entries if e.client),
        "stripped": Counter(name for e in entries for name in e.stripped),
        "errors": Counter(text for e in entries for text in _error_texts(e)),
    }
    return {**{k: dict(c) for k, c in named.items()}, **{k: [list(p) for p in c.items()] for k, c in texts.items()}}


def _error_texts(entry: Entry) -> list[str]:
    """Return status and text of each error, without ids: what is the same for many resources is counted together."""
    bodies = [entry.error] if entry.error else (entry.bulk or {}).get("errors", ())
    return [
        f"{b.get('status')} {_ID.sub('…', str(b.get('detail', '')).removesuffix(f' (request {entry.request_id})'))}"
        for b in bodies
    ]
