"""The embedded database as a child process: started, watched, found again, and never doubled."""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from scimserver.errors import Unavailable
from scimserver.store import embedded as module
from scimserver.store.driver import Database, DriverName
from scimserver.store.embedded import EmbeddedDatabase, EmbeddedProblem
from scimserver.store.failures import translated
from scimserver.store.processes import command_line, is_alive, leashed, terminate


async def until(condition: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        await asyncio.sleep(0.02)


def state_of(directory: Path) -> dict[str, Any]:
    return dict(json.loads((directory / "embedded.json").read_text()))


def ports(*numbers: int) -> Callable[[], int]:
    """Stand in for the search of a free port."""
    remaining = list(numbers)
    return lambda: remaining.pop(0)


async def test_it_starts_answers_and_keeps_its_data(tmp_path: Path) -> None:
    embedded = EmbeddedDatabase(tmp_path / "data")
    url = await embedded.start()
    assert state_of(tmp_path / "data") == {
        "url": url,
        "port": int(url.split(":")[2].split("/")[0]),
        "pid": embedded.pid,
        "owner": os.getpid(),
    }
    database = Database.connect(url, "scimserver")
    await database.users.insert_one({"_id": "u_1"})
    await database.close()
    pid = embedded.pid
    await embedded.stop()
    assert not is_alive(pid)
    assert not (tmp_path / "data" / "embedded.json").exists()

    async with EmbeddedDatabase(tmp_path / "data") as again:
        database = Database.connect(again.url, "scimserver")
        assert await database.users.find_one({}) == {"_id": "u_1"}
        await database.close()


async def test_a_relative_directory_is_one_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    async with EmbeddedDatabase(Path("data")):
        assert EmbeddedDatabase.running_url(tmp_path / "data")


async def test_stopping_twice_or_before_starting_is_harmless(tmp_path: Path) -> None:
    embedded = EmbeddedDatabase(tmp_path)
    await embedded.stop()
    await embedded.start()
    await embedded.stop()
    await embedded.stop()
    assert embedded.pid is None


async def test_ctrl_c_in_the_terminal_does_not_reach_it(engine: EmbeddedDatabase) -> None:
    assert engine.pid is not None
    assert os.getsid(engine.pid) != os.getsid(0)


@pytest.mark.parametrize("driver", ["pymongo", "motor"])
async def test_every_acknowledged_write_survives_a_kill_and_the_service_resumes(
    tmp_path: Path, driver: DriverName
) -> None:
    async with EmbeddedDatabase(tmp_path) as embedded:
        database = Database.connect(embedded.url, "scimserver", driver=driver)
        acknowledged: list[str] = []
        failures: list[Unavailable] = []

        async def write(lane: int) -> None:
            number = 0
            while len(acknowledged) < 400:
                number += 1
                try:
                    with translated():
                        await database.users.insert_one({"_id": f"u_{lane}_{number}", "title": "x" * 200})
                except Unavailable as error:
                    failures.append(error)
                    await asyncio.sleep(0.05)
                else:
                    acknowledged.append(f"u_{lane}_{number}")

        lanes = [asyncio.create_task(write(lane)) for lane in range(4)]
        await until(lambda: len(acknowledged) > 100)
        first = embedded.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        await asyncio.gather(*lanes)

        assert failures, "while it is away, writes are Unavailable"
        assert embedded.pid not in (None, first)
        stored = {document["_id"] for document in await database.users.find({}).to_list(None)}
        assert stored >= set(acknowledged)
        await database.close()


async def test_the_state_file_names_the_new_process_after_a_restart(tmp_path: Path) -> None:
    async with EmbeddedDatabase(tmp_path) as embedded:
        before = state_of(tmp_path)
        os.kill(before["pid"], signal.SIGKILL)
        await until(lambda: embedded.pid not in (None, before["pid"]))
        assert EmbeddedDatabase.running_url(tmp_path) == before["url"]
        assert state_of(tmp_path) == {**before, "pid": embedded.pid}


async def test_a_second_owner_is_refused_and_told_who_has_it(engine: EmbeddedDatabase) -> None:
    with pytest.raises(EmbeddedProblem, match=rf"{engine.directory} is in use by process {os.getpid()} \(.*python"):
        await EmbeddedDatabase(engine.directory).start()
    assert engine.pid is not None
    assert EmbeddedDatabase.running_url(engine.directory) == engine.url


async def test_a_running_engine_is_found_and_a_stopped_one_is_not(tmp_path: Path) -> None:
    assert EmbeddedDatabase.running_url(tmp_path / "nowhere") is None
    async with EmbeddedDatabase(tmp_path) as embedded:
        assert EmbeddedDatabase.running_url(tmp_path) == embedded.url
    assert EmbeddedDatabase.running_url(tmp_path) is None


async def test_whoever_looks_while_it_starts_waits_for_it(tmp_path: Path) -> None:
    embedded = EmbeddedDatabase(tmp_path)
    starting = asyncio.create_task(embedded.start())
    await until((tmp_path / "embedded.json").exists)
    found = await asyncio.to_thread(EmbeddedDatabase.running_url, tmp_path)
    assert found == await starting
    await embedded.stop()


def program(*arguments: str) -> "subprocess.Popen[bytes]":
    """Start a Python program of somebody else."""
    return subprocess.Popen([sys.executable, *arguments], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)


SLEEP = ("-c", "import time; time.sleep(60)")
OWNER = """
import asyncio, sys
from pathlib import Path
from scimserver.store.embedded import EmbeddedDatabase
async def main():
    print(await EmbeddedDatabase(Path(sys.argv[1])).start(), flush=True)
    await asyncio.sleep(60)
asyncio.run(main())
"""


@pytest.fixture
def killed_owner(tmp_path: Path) -> dict[str, Any]:
    """What a process that owned ``tmp_path`` had written when SIGKILL hit it."""
    with program("-c", OWNER, str(tmp_path)) as owner:
        assert owner.stdout is not None
        assert owner.stdout.readline().startswith(b"mongodb://")
        state = state_of(tmp_path)
        owner.kill()
    return state


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent has died")
async def test_the_engine_ends_with_an_owner_that_was_killed(killed_owner: dict[str, Any]) -> None:
    await until(lambda: not command_line(killed_owner["pid"]))


async def test_the_next_owner_of_a_killed_one_starts_at_once(tmp_path: Path, killed_owner: dict[str, Any]) -> None:
    async with EmbeddedDatabase(tmp_path) as embedded:
        assert state_of(tmp_path)["owner"] == os.getpid()
        assert embedded.pid != killed_owner["pid"]


async def test_the_address_of_a_killed_owner_is_not_given_out(tmp_path: Path, killed_owner: dict[str, Any]) -> None:
    assert killed_owner["url"]
    assert EmbeddedDatabase.running_url(tmp_path) is None


async def test_an_engine_left_behind_is_ended_and_a_new_one_started(tmp_path: Path) -> None:
    (tmp_path / "engine.toml").touch()
    options = ["--config", str(tmp_path / "engine.toml"), "--port", str(module._free_port())]
    with program("-m", "secantus", *options, "--storage-path", str(tmp_path / "db"), "--standalone") as orphan:
        await until(lambda: (tmp_path / "db" / "WiredTiger.lock").exists())
        (tmp_path / "embedded.json").write_text(json.dumps({"pid": orphan.pid, "url": "mongodb://x", "owner": 1}))
        async with EmbeddedDatabase(tmp_path) as embedded:
            assert embedded.pid != orphan.pid
            assert orphan.wait(1) is not None


@pytest.mark.parametrize("text", ['{"pid": %d, "owner": 4194304}', "{", "[]", '{"pid": "7"}', '{"pid": -1}', ""])
async def test_a_stale_state_file_harms_no_innocent_process(tmp_path: Path, text: str) -> None:
    with program(*SLEEP, "secantus") as innocent:
        (tmp_path / "embedded.json").write_text(text % innocent.pid if "%" in text else text)
        embedded = EmbeddedDatabase(tmp_path)
        await embedded._end_stale_engine()
        assert innocent.poll() is None
        assert not (tmp_path / "embedded.json").exists()
        innocent.kill()


async def test_without_the_extra_it_says_how_to_install_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(EmbeddedProblem, match=r"pip install 'scimserver\[embedded\]'.*database.url"):
        await EmbeddedDatabase(tmp_path / "data").start()
    assert not (tmp_path / "data").exists()


async def test_a_strangers_database_on_the_port_is_not_mistaken_for_ours(
    tmp_path: Path, engine: EmbeddedDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = int(engine.url.split(":")[2].split("/")[0])
    free = module._free_port()
    monkeypatch.setattr(module, "_free_port", ports(taken, free))
    async with EmbeddedDatabase(tmp_path) as embedded:
        assert f":{free}/" in embedded.url


async def test_an_engine_that_cannot_start_leaves_reason_and_a_free_directory(tmp_path: Path) -> None:
    (tmp_path / "db").write_text("not a directory")
    with pytest.raises(EmbeddedProblem, match=r"does not start. Its last words: .*db"):
        await EmbeddedDatabase(tmp_path).start()
    (tmp_path / "db").unlink()
    async with EmbeddedDatabase(tmp_path) as embedded:
        assert embedded.pid


async def test_an_engine_that_does_not_react_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "STOP_SECONDS", 0.3)
    embedded = EmbeddedDatabase(tmp_path)
    await embedded.start()
    pid = embedded.pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    await embedded.stop()
    assert not is_alive(pid)


async def test_its_log_stays_small_while_it_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_LOG_BYTES", 1000)
    async with EmbeddedDatabase(tmp_path):
        with (tmp_path / "engine.log").open("ab") as output:
            output.write(b"x" * 5000)
        await until((tmp_path / "engine.log.1").exists)
        await until(lambda: (tmp_path / "engine.log").stat().st_size <= 1000)
    assert (tmp_path / "engine.log.1").stat().st_size == 1000


async def test_terminate_ends_exactly_that_process() -> None:
    with program(*SLEEP) as one, program(*SLEEP) as other:
        await terminate(one.pid, 5, ended=lambda: one.poll() is not None)
        assert one.returncode == -signal.SIGTERM
        assert other.poll() is None
        other.kill()


def test_a_process_that_does_not_exist_is_not_alive() -> None:
    with program("-c", "") as ended:
        pass
    assert not is_alive(ended.pid)
    assert command_line(ended.pid) == []
    assert is_alive(os.getpid())
    assert command_line(os.getpid())
    for nonsense in (None, "1", 0, -1):
        assert not is_alive(nonsense)


def test_a_leashed_program_whose_parent_is_gone_does_not_start() -> None:
    nobody = 4194304
    command = leashed([sys.executable, "-c", "print('started')"], signal.SIGTERM, owner=nobody)
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode != 0
    assert done.stdout == ""
    assert "is gone" in done.stderr


async def test_looking_for_an_engine_does_not_keep_it_from_starting(tmp_path: Path) -> None:
    embedded = EmbeddedDatabase(tmp_path)
    with contextlib.ExitStack() as stack:
        (tmp_path / "owner.lock").touch()
        looking = stack.enter_context((tmp_path / "owner.lock").open())
        module.fcntl.flock(looking, module.fcntl.LOCK_SH)
        asyncio.get_running_loop().call_later(0.2, looking.close)
        await embedded.start()
        await embedded.stop()
