"""The provisioning log in the database: written once, read in both directions, gone when it is old."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest

from scimserver.errors import Unavailable
from scimserver.service import log_reading
from scimserver.service.log_reading import LogReader
from scimserver.service.requests import Entry, RequestLog, count
from scimserver.store.counters import Counters
from scimserver.store.documents import now
from scimserver.store.driver import Database
from scimserver.store.indexes import ensure_indexes
from scimserver.store.requests import Bucket, RequestStore
from scimserver.store.workspaces import WorkspaceStore

WS = "ws_larkfield"


class Logs:
    """One process's log of a workspace."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.store = RequestStore(database, Counters(database))
        self.log = RequestLog(self.store, days=30)

    async def bucket(self, *names: str, ws: str = WS, at: datetime | None = None, **fields: Any) -> None:
        """Write these requests in one flush."""
        for name in names:
            self.log.record(ws, entry(name, at=at, **fields))
        await self.log.flush()

    def reader(self, ws: str = WS, **options: Any) -> LogReader:
        return LogReader(self.store, ws, **options)

    async def past(self, ws: str = WS, *, errors: bool = False, **options: Any) -> list[str]:
        return [e["request_id"] async for e in self.reader(ws, errors=errors).past(**options)]


def entry(name: str, *, at: datetime | None = None, **fields: Any) -> Entry:
    usual: dict[str, Any] = {
        "operation": "read",
        "method": "GET",
        "path": "/Users",
        "status": 200,
        "result": "success",
        "ms": 1.5,
        "credential": "token-1",
    }
    return Entry(at=at or now(), request_id=name, **{**usual, **fields})


def bucket_of(written: Entry) -> Bucket:
    moment = now()
    return Bucket(WS, [written.to_bson()], count([written]), moment, moment, moment + timedelta(days=1), "process-1")


async def news(reader: LogReader) -> list[str]:
    return [e["request_id"] for e in await reader.news()]


@pytest.fixture
async def logs(database: Database) -> Logs:
    await ensure_indexes(database)
    return Logs(database)


# -- writing -----------------------------------------------------------------------------------------------------------


async def test_a_bucket_is_one_document_that_says_what_it_holds(logs: Logs) -> None:
    await logs.bucket("one", "two", client="Probe/1.0", tolerations={"empty-path": ["Operations[0]"]})
    stored = await logs.database.requests.find_one({"ws": WS})
    assert stored is not None
    assert (stored["n"], stored["dropped"], stored["unlisted"]) == (0, 0, 0)
    assert stored["expires"] - stored["until"] > timedelta(days=29)
    assert stored["counts"]["operations"] == {"read": 2}
    assert stored["counts"]["clients"] == [["Probe/1.0", 2]]
    assert [e["request_id"] for e in stored["entries"]] == ["one", "two"]
    assert stored["entries"][0]["tolerations"] == {"empty-path": ["Operations[0]"]}


async def test_numbers_count_up_in_each_workspace_whichever_process_writes(logs: Logs) -> None:
    other = Logs(logs.database)
    for number in range(3):
        await logs.bucket(f"a{number}")
        await other.bucket(f"b{number}")
        await logs.bucket(f"n{number}", ws="ws_northgate")
    rows = await logs.database.requests.find({"ws": WS}).to_list(None)
    assert sorted(row["n"] for row in rows) == [0, 1, 2, 3, 4, 5]
    assert await logs.past() == ["a0", "b0", "a1", "b1", "a2", "b2"]
    assert await logs.past("ws_northgate") == ["n0", "n1", "n2"]


async def test_a_bucket_whose_answer_was_lost_is_stored_once(logs: Logs) -> None:
    bucket = bucket_of(entry("one"))
    await logs.store.write(bucket)
    await logs.store.write(bucket)
    assert await logs.database.requests.count_documents({"ws": WS}) == 1
    assert await logs.store.end(WS) == 1


async def test_a_number_that_is_taken_already_is_passed_over(logs: Logs) -> None:
    """The counters were restored from an older backup than the log."""
    for name in ("one", "two"):
        await logs.bucket(name)
    await logs.database.counters.update_one({"_id": WS}, {"$set": {"seq.requests": 0}})
    await logs.bucket("three")
    assert await logs.past() == ["one", "two", "three"]


async def test_a_database_that_is_away_is_told_and_loses_nothing(
    logs: Logs, monkeypatch: pytest.MonkeyPatch, unused_port: int
) -> None:
    gone = Database.connect(f"mongodb://127.0.0.1:{unused_port}/?serverSelectionTimeoutMS=50", "gone")
    away = RequestStore(gone, Counters(gone))
    logs.log.record(WS, entry("one"))
    monkeypatch.setattr(logs.log, "store", away)
    with pytest.raises(Unavailable):
        await logs.log.flush()
    monkeypatch.setattr(logs.log, "store", logs.store)
    await logs.log.flush()
    assert await logs.past() == ["one"]
    await gone.close()


# -- what was ----------------------------------------------------------------------------------------------------------


async def test_the_newest_entries_are_read_the_oldest_of_them_first(logs: Logs) -> None:
    for number in range(5):
        await logs.bucket(f"{number}a", f"{number}b")
    assert await logs.past(limit=3) == ["3b", "4a", "4b"]
    assert await logs.past(limit=4) == ["3a", "3b", "4a", "4b"]
    assert await logs.past(limit=99) == await logs.past()
    assert await logs.past(limit=0) == []
    assert len(await logs.past()) == 10


async def test_a_log_of_many_buckets_is_read_window_by_window(logs: Logs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_reading, "WINDOW", 2)
    monkeypatch.setattr(log_reading, "COUNTS_WINDOW", 3)
    names = [f"r{number}" for number in range(11)]
    for name in names:
        await logs.bucket(name)
    assert await logs.past() == names
    assert await logs.past(limit=7) == names[-7:]


async def test_errors_alone_are_read_and_limited_alone(logs: Logs) -> None:
    for number in range(4):
        await logs.bucket(f"good{number}")
        await logs.bucket(f"bad{number}", result="failure", status=404)
    assert await logs.past(errors=True) == ["bad0", "bad1", "bad2", "bad3"]
    assert await logs.past(errors=True, limit=2) == ["bad2", "bad3"]


async def test_what_is_older_is_left_out(logs: Logs) -> None:
    moment = now()
    for hours in (5, 4, 2, 1):
        await logs.bucket(f"{hours}h", at=moment - timedelta(hours=hours))
    since = moment - timedelta(hours=3)
    assert await logs.past(since=since) == ["2h", "1h"]
    assert await logs.past(since=since, limit=1) == ["1h"]
    assert await logs.past(since=since, limit=9) == ["2h", "1h"]
    assert await logs.past(since=moment) == []


async def test_an_entry_is_told_with_its_position_and_instant(logs: Logs) -> None:
    at = now()
    await logs.bucket("zero", at=at)
    await logs.bucket("one", "two", at=at)
    told = [e async for e in logs.reader().past()]
    assert [e["position"] for e in told] == ["0-0", "1-0", "1-1"]
    assert told[0]["at"] == at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    assert told[0]["ms"] == 1.5


async def test_a_workspace_without_a_log_has_nothing(logs: Logs) -> None:
    assert await logs.past() == []
    assert (await logs.reader().summary())["requests"] == 0


async def test_expired_buckets_below_and_a_hole_between_are_no_end(logs: Logs) -> None:
    for number in range(6):
        await logs.bucket(f"r{number}")
    await logs.database.requests.delete_many({"ws": WS, "n": {"$in": [0, 1, 3]}})
    assert await logs.past() == ["r2", "r4", "r5"]
    assert await logs.past(limit=2) == ["r4", "r5"]


# -- what comes --------------------------------------------------------------------------------------------------------


async def test_a_follower_gets_each_new_entry_once(logs: Logs) -> None:
    await logs.bucket("old")
    reader = logs.reader()
    assert [e["request_id"] async for e in reader.past()] == ["old"]
    assert await news(reader) == []
    await logs.bucket("one", "two")
    await logs.bucket("three")
    assert await news(reader) == ["one", "two", "three"]
    assert await news(reader) == []


async def test_a_follower_of_errors_gets_errors(logs: Logs) -> None:
    reader = logs.reader(errors=True)
    assert [e async for e in reader.past()] == []
    await logs.bucket("good")
    await logs.bucket("bad", result="failure", status=400)
    assert await news(reader) == ["bad"]


@pytest.mark.parametrize("begun", ["before", "after"])
async def test_a_bucket_that_was_overtaken_is_not_missed(logs: Logs, begun: str) -> None:
    """One process took its number, another was faster; the follower came before or after the faster one wrote."""
    slow = bucket_of(entry("slow"))
    slow.n, _ = await Counters(logs.database).take(WS, "requests", 1)
    reader = logs.reader()
    if begun == "before":
        assert [e async for e in reader.past()] == []
        await logs.bucket("fast")
        assert await news(reader) == ["fast"]
    else:
        await logs.bucket("fast")
        assert [e["request_id"] async for e in reader.past()] == ["fast"]
    await logs.store.write(slow)
    assert await news(reader) == ["slow"]
    assert await news(reader) == []


async def test_a_number_that_never_comes_is_not_waited_for_forever(logs: Logs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_reading, "LATE_SECONDS", 0)
    await Counters(logs.database).take(WS, "requests", 1)
    reader = logs.reader()
    assert [e async for e in reader.past()] == []
    assert reader._late.keys() == {0}
    assert await news(reader) == []
    assert reader._late == {}


async def test_following_while_others_write_misses_nothing(logs: Logs) -> None:
    others = [Logs(logs.database) for _ in range(3)]
    reader = logs.reader()
    assert [e async for e in reader.past()] == []

    async def write(writer: Logs, name: str) -> None:
        for number in range(8):
            await writer.bucket(f"{name}{number}")

    writing = asyncio.gather(*(write(writer, name) for writer, name in zip(others, "abc", strict=True)))
    seen: list[str] = []
    while not writing.done():
        seen += await news(reader)
        await asyncio.sleep(0)
    seen += await news(reader) + await news(reader)
    assert sorted(seen) == sorted(f"{name}{number}" for name in "abc" for number in range(8))


# -- sums --------------------------------------------------------------------------------------------------------------


async def test_a_summary_adds_up_the_buckets(logs: Logs) -> None:
    error = {"status": "404", "detail": "User `u_1` does not exist. (request bad)"}
    await logs.bucket("one", client="Probe/1.0", tolerations={"boolean-as-string": ["active"]})
    await logs.bucket("two", client="Other.Client/2", tolerations={"unknown-attribute": ["shoe"]}, stripped=["shoe"])
    await logs.bucket("bad", client="Probe/1.0", result="failure", status=404, error=error, off=["empty-path"])
    assert await logs.reader().summary() | {"since": 0, "until": 0} == {
        "since": 0,
        "until": 0,
        "requests": 3,
        "failures": 1,
        "unlisted": 0,
        "dropped": 0,
        "operations": {"read": 3},
        "tolerations": {"boolean-as-string": 1, "unknown-attribute": 1},
        "off": {"empty-path": 1},
        "stripped": {"shoe": 1},
        "clients": {"Probe/1.0": 2, "Other.Client/2": 1},
        "errors": {"404 User `u_1` does not exist.": 1},
    }


async def test_a_summary_counts_refused_and_dropped_requests_too(logs: Logs) -> None:
    for _ in range(30):
        logs.log.record(WS, entry("refused", status=401, result="failure", credential=None))
    await logs.log.flush()
    summary = await logs.reader().summary()
    assert (summary["requests"], summary["failures"], summary["unlisted"]) == (30, 30, 10)


async def test_a_summary_of_the_last_hours_leaves_out_what_is_older(logs: Logs) -> None:
    moment = now()
    for hours in (5, 1):
        await logs.bucket(f"{hours}h", at=moment - timedelta(hours=hours))
    summary = await logs.reader().summary(moment - timedelta(hours=2))
    assert summary["requests"] == 1 and summary["since"] == summary["until"]


# -- the end -----------------------------------------------------------------------------------------------------------


async def test_a_deleted_workspace_takes_its_log_with_it(logs: Logs) -> None:
    store = WorkspaceStore(logs.database)
    larkfield, northgate = [await store.create(slug, plugins=[]) for slug in ("larkfield", "northgate")]
    for workspace in (larkfield, northgate):
        await logs.bucket("one", ws=workspace.id)
    await store.delete(larkfield.id)
    assert [row["ws"] for row in await logs.database.requests.find({}).to_list(None)] == [northgate.id]
    assert await logs.past(northgate.id) == ["one"]
