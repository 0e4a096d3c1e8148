"""``scimserver remap`` beside a simulator, killed on the way: every document ends as the mapping makes it."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from benchmarks.remap import fill, wrong
from scimserver.service.application import Application
from scimserver.settings import load
from scimserver.store.driver import Database

from .deployment import Deployment, from_a_terminal

USERS = 1900
SIMULATED = 100
RATE = "25"


def command(deployment: Deployment, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "scimserver", *arguments, "--json", "--database", deployment.facts["mongo_url"]]


def begin(deployment: Deployment, *arguments: str) -> "subprocess.Popen[str]":
    line = command(deployment, *arguments)
    return subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=from_a_terminal)


def run(deployment: Deployment, *arguments: str) -> tuple[int, dict[str, Any], str]:
    """Exit status, what was printed, and what was said beside it."""
    done = subprocess.run(command(deployment, *arguments), capture_output=True, text=True, timeout=240)
    return done.returncode, json.loads(done.stdout) if done.stdout else {}, done.stderr


def simulate(deployment: Deployment, folder: Path, cycles: int, *more: str) -> "subprocess.Popen[str]":
    facts = deployment.facts["workspaces"][0]
    options = ["--state", str(folder / "state.json"), "--users", str(SIMULATED), "--groups", "4", "--seed", "11"]
    options += ["--cycles", str(cycles)]
    return subprocess.Popen(
        [sys.executable, "-m", "scimserver", "simulate", "entra", facts["tenant_url"], *options, "--json", *more],
        env={**os.environ, "SCIMSERVER_TOKEN": facts["secret_token"]},
        stdout=subprocess.PIPE,
        text=True,
    )


def finish(simulator: "subprocess.Popen[str]") -> None:
    """Wait for a run that leaves the server as the source says."""
    out, _ = simulator.communicate(timeout=200)
    assert (simulator.returncode, json.loads(out)["differences"]) == (0, [])


def p95(log: Path) -> float:
    """Milliseconds in which 95 of 100 requests were answered."""
    times = sorted(json.loads(line)["seconds"] for line in log.read_text().splitlines())
    return round(times[int(len(times) * 0.95)] * 1000, 1)


def asynchronously(deployment: Deployment, work: Any) -> Any:
    """Run a coroutine function with an application on the deployment's database."""

    async def main() -> Any:
        database = Database.connect(deployment.facts["mongo_url"], deployment.facts["database"])
        try:
            return await work(Application(load(None), database))
        finally:
            await database.close()

    return asyncio.run(main())


def wait_for_progress(deployment: Deployment, looked: int) -> None:
    deadline = time.monotonic() + 120
    with deployment.mongo() as mongo:
        jobs = mongo[deployment.facts["database"]].jobs
        while (jobs.find_one({}, sort=[("n", -1)]) or {"progress": {"looked": 0}})["progress"]["looked"] < looked:
            assert time.monotonic() < deadline
            time.sleep(0.05)


@pytest.mark.timeout(400)
def test_two_thousand_users_beside_a_simulator_and_killed_on_the_way(fresh: Deployment, tmp_path: Path) -> None:
    finish(simulate(fresh, tmp_path, 0, "--parallel", "8"))
    asynchronously(fresh, lambda app: fill(app, "larkfield", USERS))
    before, beside = tmp_path / "before.jsonl", tmp_path / "beside.jsonl"
    finish(simulate(fresh, tmp_path, 1, "--rate", RATE, "--log", str(before)))
    status, shown, _ = run(fresh, "workspace", "set", "larkfield", "plugins=profile")
    documents = shown["mapping"]["documents"]
    assert (status, shown["mapping"]["stale"]) == (0, documents)
    assert documents > 0.95 * (USERS + SIMULATED)

    simulator = simulate(fresh, tmp_path, 5, "--rate", RATE, "--log", str(beside))
    killed = begin(fresh, "remap", "larkfield")
    wait_for_progress(fresh, 200)
    killed.kill()
    killed.communicate()
    status, report, said = run(fresh, "remap", "larkfield")
    assert "Re-map 1 of larkfield" in said
    assert (status, report["id"], report["state"], report["failed"], report["left"]) == (0, 1, "finished", 0, 0)
    finish(simulator)  # no newer write was lost
    assert asynchronously(fresh, lambda app: wrong(app, "larkfield")) == 0
    status, shown, _ = run(fresh, "workspace", "show", "larkfield")
    assert (status, shown["mapping"]["stale"]) == (0, 0)
    assert shown["mapping"]["last_remap"]["id"] == 1
    print(f"p95 of the simulator: {p95(before)} ms undisturbed, {p95(beside)} ms with the re-map in it")


@pytest.mark.timeout(200)
def test_ctrl_c_pauses_and_the_next_command_goes_on(fresh: Deployment) -> None:
    asynchronously(fresh, lambda app: fill(app, "larkfield", 60))
    assert run(fresh, "workspace", "set", "larkfield", "plugins=profile")[1]["mapping"]["stale"] == 60
    status, trial, _ = run(fresh, "remap", "larkfield", "--dry-run")
    assert (status, trial["changed"], trial["failed"], len(trial["samples"])) == (0, 60, 0, 10)
    assert run(fresh, "remap", "larkfield", "--cancel")[0] == 1, "there is none"

    stopped = begin(fresh, "remap", "larkfield", "--rate", "5")
    wait_for_progress(fresh, 10)
    stopped.send_signal(signal.SIGINT)
    out, error = stopped.communicate(timeout=30)
    assert stopped.returncode == 1
    assert '"paused"' in out or "Stopped; what was done stays" in error

    status, report, said = run(fresh, "remap", "larkfield", "--rate", "1000")
    assert "was interrupted; resuming" in said
    assert (status, report["state"], report["looked_at"]) == (0, "finished", 60)
    assert asynchronously(fresh, lambda app: wrong(app, "larkfield")) == 0
    assert run(fresh, "remap", "nobody")[0] == 1
    assert run(fresh, "remap", "larkfield", "--cancel", "--all")[0] == 2


@pytest.mark.timeout(200)
def test_the_server_goes_on_with_what_a_killed_command_left(fresh: Deployment) -> None:
    asynchronously(fresh, lambda app: fill(app, "larkfield", 60))
    run(fresh, "workspace", "set", "larkfield", "plugins=profile")
    killed = begin(fresh, "remap", "larkfield", "--rate", "10")
    wait_for_progress(fresh, 10)
    killed.kill()
    killed.communicate()
    deadline = time.monotonic() + 90
    while run(fresh, "workspace", "show", "larkfield")[1]["mapping"]["last_remap"]["state"] != "finished":
        assert time.monotonic() < deadline
        time.sleep(1)
    assert asynchronously(fresh, lambda app: wrong(app, "larkfield")) == 0
