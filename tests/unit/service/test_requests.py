"""The queue of the provisioning log: bounded, written in buckets, and never in the way of a request."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from scimserver.errors import Unavailable
from scimserver.service import requests
from scimserver.service.requests import Entry, RequestLog, count
from scimserver.store.requests import Bucket

AT = datetime(2026, 11, 27, 8, 0, tzinfo=UTC)


class FakeStore:
    """Keeps buckets in a list; may be away."""

    def __init__(self) -> None:
        self.buckets: list[Bucket] = []
        self.away = False
        self.attempts = 0

    async def write(self, bucket: Bucket) -> None:
        self.attempts += 1
        await asyncio.sleep(0)
        if self.away:
            raise Unavailable("away")
        self.buckets.append(bucket)

    def sizes(self, ws: str = "ws_1") -> list[int]:
        return [len(bucket.entries) for bucket in self.buckets if bucket.ws == ws]


def entry(**fields: Any) -> Entry:
    usual: dict[str, Any] = {
        "at": AT,
        "request_id": "request-1",
        "operation": "read",
        "method": "GET",
        "path": "/Users/u_1",
        "status": 200,
        "result": "success",
        "ms": 1.5,
        "credential": "token-1",
    }
    return Entry(**{**usual, **fields})


def refused(**fields: Any) -> Entry:
    return entry(status=401, result="failure", credential=None, **fields)


@pytest.fixture
def store() -> FakeStore:
    return FakeStore()


@pytest.fixture
def log(store: FakeStore) -> RequestLog:
    return RequestLog(store, days=30)  # type: ignore[arg-type]


# -- buckets -----------------------------------------------------------------------------------------------------------


async def test_each_workspace_gets_a_bucket_of_its_own(log: RequestLog, store: FakeStore) -> None:
    for ws in ("ws_1", "ws_2", "ws_1"):
        log.record(ws, entry())
    await log.flush()
    assert [(bucket.ws, len(bucket.entries)) for bucket in store.buckets] == [("ws_1", 2), ("ws_2", 1)]


async def test_a_bucket_holds_two_hundred_entries_at_most_in_their_order(log: RequestLog, store: FakeStore) -> None:
    for number in range(450):
        log.record("ws_1", entry(request_id=f"request-{number}"))
    await log.flush()
    assert store.sizes() == [200, 200, 50]
    ids = [e["request_id"] for bucket in store.buckets for e in bucket.entries]
    assert ids == [f"request-{number}" for number in range(450)]


async def test_what_comes_while_a_bucket_is_written_fills_the_next_one(
    log: RequestLog, store: FakeStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = store.write

    async def busy(bucket: Bucket) -> None:
        for _ in range(5):
            log.record("ws_1", entry())
        await write(bucket)

    monkeypatch.setattr(store, "write", busy)
    for _ in range(210):
        log.record("ws_1", entry())
    await log.flush()
    assert store.sizes() == [200, 15]
    await log.flush()
    assert store.sizes() == [200, 15, 5]


async def test_a_full_bucket_takes_no_half_empty_one_of_another_workspace_with_it(
    log: RequestLog, store: FakeStore
) -> None:
    log.record("ws_2", entry())
    for _ in range(200):
        log.record("ws_1", entry())
    await log.flush(only_full=True)
    assert (store.sizes(), store.sizes("ws_2")) == ([200], [])


async def test_nothing_is_written_when_nothing_happened(log: RequestLog, store: FakeStore) -> None:
    await log.flush()
    log.record("ws_1", entry())
    await log.flush()
    await log.flush()
    assert store.attempts == 1


async def test_a_bucket_tells_from_when_to_when_it_is_and_when_it_expires(log: RequestLog, store: FakeStore) -> None:
    for minutes in (3, 1, 2):
        log.record("ws_1", entry(at=AT + timedelta(minutes=minutes)))
    await log.flush()
    (bucket,) = store.buckets
    assert (bucket.at, bucket.until) == (AT + timedelta(minutes=1), AT + timedelta(minutes=3))
    assert timedelta(days=29, hours=23) < bucket.expires - datetime.now(UTC) <= timedelta(days=30)


async def test_what_is_empty_is_not_stored_but_nought_is() -> None:
    stored = entry(ms=0.0, status=None).to_bson()
    assert stored == {
        "at": AT,
        "request_id": "request-1",
        "operation": "read",
        "method": "GET",
        "path": "/Users/u_1",
        "result": "success",
        "ms": 0.0,
        "credential": "token-1",
    }


async def test_zero_days_record_nothing(store: FakeStore) -> None:
    off = RequestLog(store, days=0)  # type: ignore[arg-type]
    off.record("ws_1", entry())
    await off.flush()
    assert not off.enabled and store.attempts == 0


# -- in the background -------------------------------------------------------------------------------------------------


async def until(condition: Any, seconds: float = 5.0) -> None:
    for _ in range(int(seconds / 0.005)):
        if condition():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("it did not happen")


async def test_a_full_bucket_is_written_without_waiting(
    log: RequestLog, store: FakeStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(requests, "FLUSH_SECONDS", 60)
    await log.start()
    for _ in range(199):
        log.record("ws_1", entry())
    await asyncio.sleep(0.02)
    assert store.sizes() == []
    log.record("ws_1", entry())
    await until(lambda: store.sizes() == [200])
    await log.stop()


async def test_few_entries_are_written_when_the_time_is_over(
    log: RequestLog, store: FakeStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(requests, "FLUSH_SECONDS", 0.02)
    await log.start()
    log.record("ws_1", entry())
    await until(lambda: store.sizes() == [1])
    await log.stop()


async def test_what_waits_is_written_at_the_stop(log: RequestLog, store: FakeStore) -> None:
    await log.start()
    log.record("ws_1", entry())
    await log.stop()
    assert store.sizes() == [1]


async def test_a_stop_does_not_wait_for_a_database_that_hangs(
    log: RequestLog, store: FakeStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(requests, "STOP_SECONDS", 0.02)

    async def hang(bucket: Bucket) -> None:
        await asyncio.sleep(60)

    monkeypatch.setattr(store, "write", hang)
    await log.start()
    log.record("ws_1", entry())
    await asyncio.wait_for(log.stop(), 1)


async def test_the_background_goes_on_after_the_database_was_away(
    log: RequestLog, store: FakeStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(requests, "FLUSH_SECONDS", 0.01)
    store.away = True
    await log.start()
    log.record("ws_1", entry(request_id="request-1"))
    await until(lambda: store.attempts >= 2)
    log.record("ws_1", entry(request_id="request-2"))
    store.away = False
    await until(lambda: sum(store.sizes()) == 2)
    assert [e["request_id"] for bucket in store.buckets for e in bucket.entries] == ["request-1", "request-2"]
    await log.stop()


# -- bounds ------------------------------------------------------------------------------------------------------------


async def test_what_is_beyond_the_bound_is_counted_in_the_next_bucket(
    log: RequestLog, store: FakeStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(requests, "MAX_WAITING_OF_ONE", 3)
    for _ in range(5):
        log.record("ws_1", entry())
    log.record("ws_2", entry())
    await log.flush()
    assert store.sizes() == [3] and store.sizes("ws_2") == [1], "another workspace does not notice"
    assert [bucket.dropped for bucket in store.buckets] == [2, 0]
    log.record("ws_1", entry())
    await log.flush()
    assert store.buckets[-1].dropped == 0, "told once"


async def test_all_workspaces_together_are_bounded_too(
    log: RequestLog, store: FakeStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(requests, "MAX_WAITING", 3)
    for number in range(5):
        log.record(f"ws_{number}", entry())
    await log.flush()
    assert sum(len(bucket.entries) for bucket in store.buckets) == 3
    assert sum(bucket.dropped for bucket in store.buckets) == 2
    log.record("ws_9", entry())
    await log.flush()
    assert store.sizes("ws_9") == [1], "there is room again"


async def test_a_bucket_that_failed_is_tried_again_as_the_same_one(log: RequestLog, store: FakeStore) -> None:
    tried: list[Bucket] = []
    write = store.write

    async def remembering(bucket: Bucket) -> None:
        tried.append(bucket)
        await write(bucket)

    store.write = remembering  # type: ignore[method-assign]
    store.away = True
    log.record("ws_1", entry())
    with pytest.raises(Unavailable):
        await log.flush()
    log.record("ws_1", entry())
    store.away = False
    await log.flush()
    assert tried[0] is tried[1], "it may have been written the first time"
    assert store.sizes() == [1, 1]


async def test_refused_credentials_beyond_some_are_counted_and_not_listed(log: RequestLog, store: FakeStore) -> None:
    for _ in range(requests.MAX_REFUSED + 7):
        log.record("ws_1", refused())
    log.record("ws_1", entry())
    await log.flush()
    assert store.sizes() == [requests.MAX_REFUSED + 1]
    assert store.buckets[0].unlisted == 7
    log.record("ws_1", refused())
    await log.flush()
    assert store.sizes()[-1] == 1, "the next bucket lists some again"


async def test_what_is_refused_because_the_database_is_away_is_listed_however_often(
    log: RequestLog, store: FakeStore
) -> None:
    for _ in range(2 * requests.MAX_REFUSED):
        log.record("ws_1", entry(status=503, result="failure", credential=None))
    await log.flush()
    assert store.sizes() == [2 * requests.MAX_REFUSED]


async def test_a_bucket_that_cannot_be_stored_is_dropped_and_holds_up_nothing(
    log: RequestLog, store: FakeStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = store.write

    async def refuse_one(bucket: Bucket) -> None:
        if bucket.entries and bucket.entries[0]["request_id"] == "poison-1":
            raise ValueError("too large")
        await write(bucket)

    monkeypatch.setattr(store, "write", refuse_one)
    monkeypatch.setattr(requests.log, "exception", lambda *_, **__: None, raising=False)
    log.record("ws_1", entry(request_id="poison-1"))
    log.record("ws_2", entry())
    await log.flush()
    assert (store.sizes(), store.sizes("ws_2")) == ([], [1])
    log.record("ws_1", entry())
    await log.flush()
    assert [(len(b.entries), b.dropped) for b in store.buckets if b.ws == "ws_1"] == [(1, 1)]


# -- sums --------------------------------------------------------------------------------------------------------------


def test_counts_tell_how_many_requests_needed_what() -> None:
    error = {"status": "400", "detail": "`active`: expected a boolean. (request request-1)"}
    counts = count(
        [
            entry(client="Probe/1.0", tolerations={"boolean-as-string": ["active", "emails.primary"]}),
            entry(client="Probe/1.0", tolerations={"boolean-as-string": ["active"], "unknown-attribute": ["shoeSize"]}),
            entry(operation="patch", result="failure", error=error, off=["empty-path"]),
            entry(operation="bulk", result="failure", bulk={"errors": [error, error]}, stripped=["shoeSize"]),
        ]
    )
    assert counts == {
        "operations": {"read": 2, "patch": 1, "bulk": 1},
        "results": {"success": 2, "failure": 2},
        "tolerations": {"boolean-as-string": 2, "unknown-attribute": 1},
        "off": {"empty-path": 1},
        "clients": [["Probe/1.0", 2]],
        "stripped": [["shoeSize", 1]],
        "errors": [["400 `active`: expected a boolean.", 3]],
    }


def test_errors_of_many_resources_are_counted_together() -> None:
    ids = ("u_3TzQx9z1UUM5Dyw9KdBm14", "u_00000000000000000000zz")
    errors = ({"status": "404", "detail": f"User `{i}` does not exist. (request request-1)"} for i in ids)
    counts = count([entry(result="failure", error=error) for error in errors])
    assert counts["errors"] == [["404 User `…` does not exist.", 2]]
