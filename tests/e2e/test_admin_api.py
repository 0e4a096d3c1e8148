"""The admin API of a real process: held to its own document, reached with the keys of the command line."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from .deployment import Deployment

ROOT = "/admin/api/v1"
SECONDS = 35
"""Given to generated requests."""


def origin(deployment: Deployment) -> str:
    return str(deployment.facts["tenant_url"]).partition("/t/")[0]


def operator(deployment: Deployment, key: str | None = None) -> httpx.Client:
    headers = {"Authorization": f"Bearer {key or deployment.facts['admin_key']}"}
    return httpx.Client(base_url=f"{origin(deployment)}{ROOT}/", headers=headers, timeout=30)


@pytest.fixture
def beside(deployment: Deployment, tmp_path: Path) -> Callable[..., Any]:
    """Run a command with ``--json`` on the running demo's database."""

    def command(*arguments: str, fails: str = "") -> Any:
        full = [sys.executable, "-m", "scimserver", *arguments, "--database", deployment.facts["mongo_url"], "--json"]
        done = subprocess.run(full, capture_output=True, text=True, cwd=tmp_path, timeout=60)
        if fails:
            assert done.returncode == 1 and fails in done.stderr, done.stderr
            return None
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return command


def test_the_demo_prints_a_key_that_opens_the_api(deployment: Deployment) -> None:
    assert deployment.facts["admin_key"].startswith("sca_")
    assert deployment.facts["console_url"] is None
    with operator(deployment) as client:
        names = {w["name"] for w in client.get("workspaces").json()["workspaces"]}
    assert {"larkfield", "northgate"} <= names


def test_a_key_of_the_command_line_works_until_it_is_revoked(
    deployment: Deployment, beside: Callable[..., Any]
) -> None:
    made = beside("admin-key", "create", "--label", "billing job", "--days", "7")
    assert made["admin_url"] == f"{origin(deployment)}{ROOT}"
    with operator(deployment, made["admin_key"]) as client:
        assert client.get("workspaces").status_code == 200
    (listed,) = [key for key in beside("admin-key", "list") if key["id"] == made["id"]]
    assert (listed["label"], listed["state"]) == ("billing job", "active") and listed["expires"]
    assert made["admin_key"] not in json.dumps(listed)
    assert beside("admin-key", "revoke", made["id"])["state"] == "revoked"
    deployment.wait_for(lambda: _status(deployment, made["admin_key"]) == 401)
    beside("admin-key", "revoke", "nobody", fails="There is no admin key nobody")


def _status(deployment: Deployment, key: str) -> int:
    with operator(deployment, key) as client:
        return client.get("workspaces").status_code


def test_command_line_and_api_make_the_same_of_the_same_change(
    deployment: Deployment, beside: Callable[..., Any]
) -> None:
    texts = ("limits.concurrency=12", "profile=entra", "tolerate.empty-path=off", "plugins=profile")
    for name in ("by-command", "by-api"):
        beside("workspace", "create", name)
    beside("workspace", "set", "by-command", *texts)
    with operator(deployment) as client:
        change = {
            "limits": {"concurrency": 12},
            "profile": "entra",
            "switches": {"empty-path": False},
            "plugins": [{"name": "profile"}],
        }
        assert client.patch("workspaces/by-api", json=change).status_code == 200
        one, other = (client.get(f"workspaces/{name}").json() for name in ("by-command", "by-api"))
        differing = {"name", "tenant_url", "created", "modified"}
        assert {k: v for k, v in one.items() if k not in differing} == {
            k: v for k, v in other.items() if k not in differing
        }
        shown = beside("workspace", "show", "by-api")
        assert {name: shown[name] for name in change} == {
            **change,
            "plugins": [{"name": "profile", "settings": {}}],
        }
        refused = client.patch("workspaces/by-api", json={"profile": "entro"})
    beside("workspace", "set", "by-command", "profile=entro", fails=refused.json()["detail"])


def test_a_deleted_workspace_goes_with_its_users(deployment: Deployment, beside: Callable[..., Any]) -> None:
    made = beside("workspace", "create", "short-lived")
    headers = {"Authorization": f"Bearer {made['secret_token']}", "Content-Type": "application/scim+json"}
    schemas = ["urn:ietf:params:scim:schemas:core:2.0:User"]
    body = {"schemas": schemas, "userName": "ines@larkfield.example"}
    assert httpx.post(f"{made['tenant_url']}/Users", json=body, headers=headers).status_code == 201
    with operator(deployment) as client:
        assert client.delete("workspaces/short-lived").status_code == 202
        deployment.wait_for(lambda: client.get("workspaces/short-lived").status_code == 404)
    assert httpx.get(f"{made['tenant_url']}/Users", headers=headers).status_code == 401


def test_no_line_of_the_log_holds_a_key(deployment: Deployment, beside: Callable[..., Any]) -> None:
    key = beside("admin-key", "create")["admin_key"]
    with operator(deployment, key) as client:
        client.get("workspaces")
        client.get("workspaces", headers={"Authorization": f"Bearer {key}x"})
        token = client.post("workspaces/larkfield/tokens").json()["secret_token"]
    log = deployment.log()
    assert f"operator={key.split('_')[1]}" in log or f'"operator": "{key.split("_")[1]}"' in log
    assert key not in log and key.split("_")[2] not in log
    assert token not in log and deployment.facts["admin_key"] not in log


def test_the_api_keeps_to_its_document(deployment: Deployment) -> None:
    folder = Path(__file__).parent / "admin_api"
    command = [
        str(Path(sys.executable).with_name("schemathesis")),
        f"--config-file={folder / 'schemathesis.toml'}",
        "run",
        f"{origin(deployment)}{ROOT}/openapi.json",
        f"--header=Authorization: Bearer {deployment.facts['admin_key']}",
        "--phases=examples,coverage,fuzzing,stateful",
        "--max-examples=8",
        # A variable of a path without a pattern; what is left of its texts is enough.
        "--suppress-health-check=filter_too_much",
        f"--max-time={SECONDS}",
        "--generation-deterministic",
        "--warnings=off",
        "--no-color",
    ]
    environment = {**os.environ, "SCHEMATHESIS_HOOKS": "checks", "PYTHONPATH": str(folder)}
    done = subprocess.run(
        command, capture_output=True, text=True, cwd=deployment.data.parent, env=environment, timeout=110
    )
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-3000:]
    assert "errors_are_problems" not in done.stdout
    with operator(deployment) as client:
        assert client.get("workspaces/larkfield").status_code == 200
