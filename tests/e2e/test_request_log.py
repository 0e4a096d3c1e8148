"""The provisioning log as an operator reads it: by another process, while the server works, also after it was killed."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx

from . import entra
from .deployment import Deployment, from_a_terminal
from .test_failures import database_away, wait_until_served
from .test_processes import ok, refused

SECONDS = 30


def shown(deployment: Deployment, *options: str, workspace: str = "larkfield") -> list[dict[str, Any]]:
    """Run the command with --json; returns its lines."""
    printed = ok("log", workspace, "--json", "--database", deployment.facts["mongo_url"], *options)
    return [json.loads(line) for line in printed.splitlines()]


def wait_for(condition: Callable[[], Any], seconds: float = SECONDS) -> Any:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := condition():
            return found
        time.sleep(0.3)
    raise AssertionError("it did not happen")


def wait_until_logged(deployment: Deployment, request_ids: set[str]) -> list[dict[str, Any]]:
    """Return the whole log once these requests are in it."""
    found: list[dict[str, Any]] = []

    def are_there() -> bool:
        found[:] = shown(deployment, "--since", "1h")
        return request_ids <= {entry["request_id"] for entry in found}

    wait_for(are_there)
    return found


def id_of(answer: httpx.Response) -> str:
    return answer.headers["X-Request-Id"]


def test_another_process_reads_what_was_asked_and_answered(deployment: Deployment) -> None:
    with deployment.sync_client("northgate") as other:
        other.get("Groups")
    with deployment.sync_client("larkfield") as client:
        made = client.post("Users", json=entra.create_body(entra.make_user(1)))
        address = f"Users/{made.json()['id']}"
        patched = client.patch(address, json=entra.patch_body({"title": "Pilot"}, "legacy"))
        failed = client.post("Users", json={"active": True})
        missing = client.get("Users/u_none")
    ids = [id_of(answer) for answer in (made, patched, failed, missing)]
    told = wait_until_logged(deployment, set(ids))
    assert [entry["request_id"] for entry in told] == ids, "each once, in their order, and none of the other workspace"
    assert [(entry["operation"], entry["status"]) for entry in told] == [
        ("create", 201),
        ("patch", 200),
        ("create", 400),
        ("read", 404),
    ]
    assert told[0]["resource_id"] == made.json()["id"]
    assert told[1]["attributes"] == ["title"]
    assert [entry["request_id"] for entry in shown(deployment, "--errors")] == ids[2:]
    assert shown(deployment, "--errors")[0]["error"] == failed.json()
    assert [entry["request_id"] for entry in shown(deployment, "--limit", "1")] == ids[3:]
    (summary,) = shown(deployment, "--summary")
    assert (summary["requests"], summary["failures"]) == (4, 2)
    assert entra.make_user(1)["userName"] not in json.dumps(told)
    lines = ok("log", "larkfield", "--database", deployment.facts["mongo_url"]).splitlines()
    assert any(f"patch     User {made.json()['id']}" in line for line in lines)
    (error,) = [line for line in lines if id_of(failed) in line]
    assert failed.json()["detail"] in error, "as the client got it, with its request id"


def test_an_unknown_workspace_is_one_line(deployment: Deployment) -> None:
    error = refused("log", "nobody", "--database", deployment.facts["mongo_url"])
    assert "There is no workspace `nobody`" in error


@contextlib.contextmanager
def following(deployment: Deployment, *options: str) -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, "-m", "scimserver", "log", "larkfield", "--follow", "--json", *options]
    command += ["--database", deployment.facts["mongo_url"]]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, **pipes, text=True, preexec_fn=from_a_terminal) as process:
        try:
            yield process
        finally:
            process.kill()


def test_following_shows_what_comes_and_ends_well_on_ctrl_c(fresh: Deployment) -> None:
    with fresh.sync_client() as client:
        first = id_of(client.get("Users"))
        wait_until_logged(fresh, {first})
        with following(fresh) as process:
            assert process.stdout is not None and process.stderr is not None
            assert json.loads(process.stdout.readline())["request_id"] == first
            for path in ("Groups", "Users/u_none"):
                expected = id_of(client.get(path))
                assert json.loads(process.stdout.readline())["request_id"] == expected
            process.send_signal(signal.SIGINT)
            assert process.wait(10) == 0
            assert process.stdout.read() == "" and "Traceback" not in process.stderr.read()


def test_following_goes_on_when_the_database_comes_back(fresh: Deployment) -> None:
    with fresh.sync_client() as client:
        wait_until_logged(fresh, {id_of(client.get("Users"))})
    with fresh.sync_client() as client, following(fresh) as process:
        assert process.stdout is not None
        assert process.stdout.readline(), "it follows now"
        os.kill(fresh.database_pid(), signal.SIGKILL)
        wait_for(lambda: client.get("Users").status_code == 200)
        last = id_of(client.get("Groups"))
        ids: list[str] = []
        while last not in ids:
            ids.append(json.loads(process.stdout.readline())["request_id"])
        assert len(ids) == len(set(ids))
        assert process.poll() is None


def test_a_reader_that_has_enough_ends_the_command_without_a_complaint(deployment: Deployment) -> None:
    with deployment.sync_client("larkfield") as client:
        wait_until_logged(deployment, {id_of(client.get("Users")) for _ in range(300)})
    command = f"{sys.executable} -m scimserver log larkfield --limit 300 --database '{deployment.facts['mongo_url']}'"
    done = subprocess.run(["sh", "-c", f"{command} | head -n 1"], capture_output=True, text=True, timeout=60)
    assert len(done.stdout.splitlines()) == 1 and done.stderr == ""


async def test_a_database_that_goes_away_costs_no_request_its_answer_or_its_entry(fresh: Deployment) -> None:
    async with fresh.client() as client:
        answers = [await client.post("Users", json=entra.create_body(entra.make_user(n))) for n in range(20)]
        with database_away(fresh):
            away = [await client.get("Users") for _ in range(5)]
        await wait_until_served(client)
        answers += [await client.get("Users") for _ in range(5)]
    assert {answer.status_code for answer in away} == {503}
    told = wait_until_logged(fresh, {id_of(answer) for answer in (*answers, *away)})
    ids = [entry["request_id"] for entry in told]
    assert len(ids) == len(set(ids)), "nothing is told twice"
    by_id = {entry["request_id"]: entry for entry in told}
    for answer in (*answers, *away):
        assert by_id[id_of(answer)]["status"] == answer.status_code
    assert [by_id[id_of(answer)]["error"] for answer in away] == [answer.json() for answer in away]


def test_a_stop_writes_what_was_answered_last(fresh: Deployment) -> None:
    with fresh.sync_client() as client:
        ids = {id_of(client.get("Users")) for _ in range(3)}
        status, seconds = fresh.stop()
    assert status == 0 and seconds < 10
    fresh.start()
    assert ids <= {entry["request_id"] for entry in shown(fresh)}


def test_a_kill_loses_no_more_than_the_last_second(fresh: Deployment) -> None:
    with fresh.sync_client() as client:
        old = id_of(client.get("Users"))
        wait_until_logged(fresh, {old})
        client.get("Groups")
        fresh.kill()
    fresh.start()
    with fresh.sync_client() as client:
        new = id_of(client.get("Users"))
    wait_until_logged(fresh, {old, new})


def test_a_deleted_workspace_has_no_log_left(fresh: Deployment) -> None:
    with fresh.sync_client() as client:
        wait_until_logged(fresh, {id_of(client.get("Users"))})
    ok("workspace", "delete", "larkfield", "--yes", "--database", fresh.facts["mongo_url"])
    with fresh.mongo() as mongo:
        assert mongo[fresh.facts["database"]].requests.count_documents({}) == 0
