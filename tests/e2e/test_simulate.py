"""``scimserver simulate entra`` against a real server: nothing differs, nothing fails, nothing is written twice."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from scimserver.expressions import compile_expression
from scimserver.simulate.source.directory import Directory

from .deployment import Deployment

DIALECTS = ("legacy", "scim2", "mixed")
WORK_ADDRESS = 'addresses[type eq "work"].formatted'
JOINED = compile_expression(
    'Join("", [streetAddress], IIF(IsPresent([city]),", ",""), [city], IIF(IsPresent([state]),", ",""), [state], '
    'IIF(IsPresent([postalCode])," ",""), [postalCode])'
)
"""The tutorial's expression, in its own words."""


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    running = Deployment(tmp_path_factory.mktemp("simulate") / "data", ["larkfield", *DIALECTS]).start()
    yield running
    running.stop()


def begin(tenant: dict[str, str] | None, *options: str, token: str | None = None) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "scimserver", "simulate", "entra", *([tenant["tenant_url"]] if tenant else [])]
    secret = token or (tenant["secret_token"] if tenant else "")
    return subprocess.Popen(
        [*command, "--json", *options],
        env={**os.environ, "SCIMSERVER_TOKEN": secret},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def end(process: "subprocess.Popen[str]") -> tuple[int, dict[str, Any]]:
    """Wait for its exit status and what it printed."""
    out, error = process.communicate(timeout=60)
    assert out, error
    return process.returncode, json.loads(out)


def tenant(deployment: Deployment, name: str) -> dict[str, str]:
    return next(w for w in deployment.facts["workspaces"] if w["name"] == name)


def check_documents(deployment: Deployment, workspace: str, state_file: Path) -> None:
    """Compare the application's documents with the source, by an expression written down a second time."""
    state = json.loads(state_file.read_text())
    people = Directory.from_json(state["directory"]).people
    with deployment.mongo() as mongo:
        database = mongo[deployment.facts["database"]]
        owner = database.workspaces.find_one({"slug": workspace})
        assert owner is not None
        cards = {d["_id"]: d["app"] for d in database.users.find({"ws": owner["_id"]}) if "deleted" not in d}
    known = {key: cards[target] for key, target in state["ids"].items() if key in people}
    assert len(known) > 50
    assert cards.keys() == {state["ids"][key] for key in known}
    for key, card in known.items():
        person = people[key]
        wanted = JOINED.evaluate(person) or state["sent"][key].get(WORK_ADDRESS)
        assert card.get("work_address") == wanted, f"{card['user_name']} has another work address"
        assert card["user_name"] == person["userPrincipalName"]
        assert card["active"] is person.active
        manager = state["ids"].get(person.get("manager"))
        assert card.get("manager_id") == manager


def footprint(deployment: Deployment, workspace: str) -> dict[str, Any]:
    """What any write would leave a trace in: versions, events, memberships."""
    with deployment.mongo() as mongo:
        database = mongo[deployment.facts["database"]]
        owner = database.workspaces.find_one({"slug": workspace})
        assert owner is not None
        mine = {"ws": owner["_id"]}
        return {
            "users": {d["_id"]: d["v"] for d in database.users.find(mine)},
            "groups": {d["_id"]: d["v"] for d in database.groups.find(mine)},
            "changes": sum(1 for _ in database.changes.find(mine, {"_id": 1})),
            "memberships": sum(1 for _ in database.memberships.find({**mine, "live": True}, {"_id": 1})),
        }


def test_whole_cycles_in_each_dialect_leave_no_difference(deployment: Deployment, tmp_path: Path) -> None:
    runs = {}
    for seed, dialect in enumerate(DIALECTS):
        options = ("--dialect", dialect, "--seed", str(seed), "--users", "60", "--groups", "6")
        state = tmp_path / f"{dialect}.json"
        runs[dialect] = begin(tenant(deployment, dialect), *options, "--state", str(state))
    for dialect, process in runs.items():
        status, report = end(process)
        assert (status, report["differences"], report["failures"], report["errors"]) == (0, [], 0, []), dialect
        assert not [note for note in report["notes"] if "were deleted there" in note], "no member outlives its user"
        names = [cycle["name"] for cycle in report["cycles"]]
        assert names == ["initial cycle", "incremental cycle 2", "incremental cycle 3"]
        check_documents(deployment, dialect, tmp_path / f"{dialect}.json")
    time.sleep(1)  # the last events are on their way
    for dialect in DIALECTS:
        read_again(deployment, dialect, tmp_path / f"{dialect}.json")


def read_again(deployment: Deployment, dialect: str, state: Path) -> None:
    before = footprint(deployment, dialect)
    status, report = end(
        begin(tenant(deployment, dialect), "--dialect", dialect, "--cycles", "0", "--state", str(state))
    )
    assert (status, report["writes"], report["differences"]) == (0, 0, [])
    assert footprint(deployment, dialect) == before
    actions = {(count["phase"], count["action"]) for count in report["counts"]}
    assert {("users", "match"), ("groups", "match"), ("managers", "read"), ("members", "read")} <= actions


def test_a_server_that_is_killed_in_mid_cycle_is_found_right_after_the_next_run(
    fresh: Deployment, tmp_path: Path
) -> None:
    larkfield = tenant(fresh, "larkfield")
    options = ("--users", "80", "--groups", "4", "--cycles", "1", "--state", str(tmp_path / "lark.json"))
    process = begin(larkfield, *options, "--rate", "80")
    wait_for_users(fresh, 30)
    fresh.kill()
    status, report = end(process)
    assert status == 1
    assert "did not answer" in report["problem"]
    fresh.start()
    status, report = end(begin(larkfield, *options))
    assert (status, report["differences"], report["failures"]) == (0, [], 0)
    assert report["cycles"][0]["name"] == "initial cycle"
    check_documents(fresh, "larkfield", tmp_path / "lark.json")


def wait_for_users(deployment: Deployment, number: int) -> None:
    deadline = time.monotonic() + 30
    with deployment.sync_client() as client:
        while client.get("Users", params={"count": 0}).json()["totalResults"] < number:
            assert time.monotonic() < deadline
            time.sleep(0.1)


def test_a_refused_token_is_quarantine(deployment: Deployment) -> None:
    larkfield = tenant(deployment, "larkfield")
    status, report = end(begin(larkfield, token=larkfield["secret_token"][:-8] + "aaaaaaaa"))
    assert status == 1
    assert "EncounteredQuarantineException" in report["quarantine"]
    assert "401" in report["quarantine"]
    assert report["writes"] == 0


def test_the_running_demo_is_the_default_and_on_demand_takes_one_user(deployment: Deployment) -> None:
    data = str(deployment.data)
    person = next(iter(Directory.generate(50, 5, seed=7, label="7").people.values()))
    status, report = end(begin(None, "--data", data, "--seed", "7", "--on-demand", person["userPrincipalName"]))
    assert status == 0
    assert report["notes"][-1].startswith("Act: created as u_")
    assert report["writes"] == 1
