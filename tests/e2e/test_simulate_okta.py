"""``simulate okta`` against a real server process: both styles, whole cycles, and not one answer that an admin would see."""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .deployment import Deployment

DIALECTS = ("legacy", "scim2", "mixed")
METHODS = {"legacy": {"PUT"}, "scim2": {"PATCH"}, "mixed": {"PUT", "PATCH"}}
DONE = 0
DIFFERENT = 1


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    running = Deployment(tmp_path_factory.mktemp("okta") / "data", [*DIALECTS, "spoilt"]).start()
    yield running
    running.stop()


class Okta:
    """Runs of the command against one workspace."""

    def __init__(self, deployment: Deployment, workspace: str, folder: Path) -> None:
        self.deployment, self.workspace = deployment, workspace
        self.log, self.state = folder / "log.jsonl", folder / "state.json"

    def run(self, *options: str, status: int = DONE) -> dict[str, Any]:
        workspace = next(w for w in self.deployment.facts["workspaces"] if w["name"] == self.workspace)
        command = [sys.executable, "-m", "scimserver", "simulate", "okta", workspace["tenant_url"], "--json"]
        command += ["--state", str(self.state), "--log", str(self.log), "--users", "60", "--groups", "6", *options]
        done = subprocess.run(
            command,
            env={**os.environ, "SCIMSERVER_TOKEN": workspace["secret_token"]},
            capture_output=True,
            text=True,
            timeout=110,
        )
        assert done.returncode == status, done.stdout[-2000:] + done.stderr[-2000:]
        return dict(json.loads(done.stdout))

    def requests(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.read_text(encoding="utf-8").splitlines()]

    def users(self) -> list[dict[str, Any]]:
        with self.deployment.sync_client(self.workspace) as client:
            return list(client.get("Users", params={"count": "1000"}).json()["Resources"])


@pytest.mark.parametrize("dialect", DIALECTS)
def test_whole_cycles_leave_no_difference_and_no_error(deployment: Deployment, dialect: str, tmp_path: Path) -> None:
    okta = Okta(deployment, dialect, tmp_path)
    outcome = okta.run("--dialect", dialect, "--cycles", "2")
    assert (outcome["differences"], outcome["errors"], outcome["failures"]) == ([], [], 0)
    assert len(outcome["cycles"]) == 3
    requests = [r for r in okta.requests() if r["phase"] != "comparison"]  # which asks for what must be 404
    assert [r for r in requests if r["status"] is None or r["status"] >= 400] == []
    methods = Counter(r["request"].split()[0] for r in requests)
    assert methods.keys() >= METHODS[dialect] | {"GET", "POST"}
    assert not methods.keys() & ({"PUT", "PATCH"} - METHODS[dialect])
    assert not [r for r in requests if r["request"].startswith("DELETE /Users")], "Okta deletes no users"
    assert {user["active"] for user in okta.users()} == {True, False}

    again = okta.run("--dialect", dialect, "--cycles", "0")
    assert (again["differences"], again["writes"]) == ([], 0)


def test_what_was_spoilt_is_told_and_exit_status_says_so(deployment: Deployment, tmp_path: Path) -> None:
    okta = Okta(deployment, "spoilt", tmp_path)
    okta.run("--cycles", "0")
    with deployment.sync_client("spoilt") as client:
        user = client.get("Users", params={"filter": 'userName sw "ines"', "count": "1"}).json()["Resources"][0]
        client.put(f"Users/{user['id']}", json={**user, "externalId": "of somebody else"}).raise_for_status()
        gone = next(one for one in okta.users() if one["id"] != user["id"])
        client.delete(f"Users/{gone['id']}").raise_for_status()
    outcome = okta.run("--cycles", "0", status=DIFFERENT)
    # The value is put right by the re-read. A user who was deleted in the application stays away until somebody acts.
    # Groups of which the invented user was a member lack that member, and say so.
    told, *groups = outcome["differences"]
    assert f"({gone['id']}) is missing: it was there before" in told
    assert all(group.endswith(f"members lack {gone['id']}") for group in groups)
    assert [error["status"] for error in outcome["errors"]] == [404]
