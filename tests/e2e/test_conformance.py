"""``scimserver conformance`` as a process against a real server: what it finds, and that it leaves nothing behind."""

import gzip
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from .deployment import Deployment, from_a_terminal

TESTS = Path(__file__).parents[1]
EXTENSION = {"SCIMSERVER_SCHEMAS__FILES": json.dumps([str(TESTS / "schemas" / "larkfield_user.json")])}
PROGRAM = str(Path(sys.executable).parent / "scimserver")
FOLDERS = sorted(cast.parent.name for cast in (TESTS / "dialogues").glob("*/cast.json"))


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """One that has the custom extension that some dialogues need."""
    names = ["larkfield", "northgate", "strict", "stopped"]
    running = Deployment(tmp_path_factory.mktemp("conformance") / "data", names, EXTENSION).start()
    # Nobody has asked for this workspace yet, so the server need not forget another profile.
    command = [PROGRAM, "workspace", "set", "strict", "profile=strict", "--database", running.facts["mongo_url"]]
    subprocess.run(command, check=True, capture_output=True)
    yield running
    running.stop()


class Judged:
    """One run of the command in a folder of its own."""

    def __init__(self, folder: Path, *arguments: str, environment: dict[str, str] | None = None) -> None:
        command = [PROGRAM, "conformance", *arguments]
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=110, env={**os.environ, **(environment or {})}
        )
        self.status, self.out, self.err = done.returncode, done.stdout, done.stderr
        self.pages = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("report.*"))
        report = next(iter(folder.rglob("report.json")), None)
        self.report: dict[str, Any] = json.loads(report.read_text()) if report else {}

    def checks(self, verdict: str) -> list[dict[str, Any]]:
        return [check for check in self.report["checks"] if check["verdict"] == verdict]


def held(deployment: Deployment, name: str) -> list[str]:
    with deployment.sync_client(name) as client:
        answers = [client.get(endpoint, params={"count": 1000}).json() for endpoint in ("Users", "Groups")]
    return [found.get("userName") or found["displayName"] for answer in answers for found in answer["Resources"]]


def only(*names: str) -> list[str]:
    return [argument for name in names for argument in ("--only", name)]


def live_tokens(deployment: Deployment, name: str) -> list[str]:
    command = [PROGRAM, "token", "list", name, "--database", deployment.facts["mongo_url"], "--json"]
    listed = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    return [token["label"] for token in listed if token["state"] == "active"]


def test_a_fresh_workspace_passes_everything_and_is_empty_again(deployment: Deployment, tmp_path: Path) -> None:
    run = Judged(tmp_path, "larkfield", "--database", deployment.facts["mongo_url"])
    assert run.status == 0, run.out + run.err
    assert run.pages == ["scimserver-conformance-larkfield/report.html", "scimserver-conformance-larkfield/report.json"]
    counts = run.report["counts"]
    assert (counts["failed"], counts["argued"]) == (0, 3)
    assert counts["passed"] > 1400
    reasons = {check["reason"] for check in run.checks("not run") if check["suite"] != "scim-sanity"}
    assert reasons == {"the answer is another one where shipped-schemas is off"}, "there is an extension"
    assert {line["suite"] for line in run.report["suites"]} == {*FOLDERS, "scim2-tester", "scim-sanity"}
    assert "Nothing was left behind" in run.out
    assert held(deployment, "larkfield") == []
    assert live_tokens(deployment, "larkfield") == ["demo"]
    secret = deployment.facts["workspaces"][0]["secret_token"]
    assert secret not in (tmp_path / run.pages[0]).read_text() + run.out + run.err
    assert "scs_" not in (tmp_path / run.pages[1]).read_text().replace("scs_invented", "")


def test_a_strict_workspace_passes_as_strict(deployment: Deployment, tmp_path: Path) -> None:
    run = Judged(
        tmp_path, "strict", "--database", deployment.facts["mongo_url"], *only("rfc7644", "okta", "scim-sanity")
    )
    assert run.status == 0, run.out + run.err
    refused = [check for check in run.checks("passed") if check["reason"].startswith("needs ")]
    assert len(refused) > 5
    assert all(check["got"].startswith("4") for check in refused)
    assert held(deployment, "strict") == []


def test_a_workspace_with_data_is_refused_and_judged_with_a_prefix(deployment: Deployment, tmp_path: Path) -> None:
    with deployment.sync_client("northgate") as client:
        for name in ("ines.okafor@larkfield.example", "tomas.orourke@larkfield.example"):
            client.post("Users", json={"userName": name, "externalId": name.partition("@")[0]}).raise_for_status()
        client.post("Groups", json={"displayName": "Harbour Works"}).raise_for_status()
        before = [client.get(endpoint).json() for endpoint in ("Users", "Groups")]
    refused = Judged(tmp_path, "northgate", "--database", deployment.facts["mongo_url"])
    assert (refused.status, refused.out, refused.pages) == (2, "", [])
    assert "northgate holds data (2 in /Users, 1 in /Groups)" in refused.err
    assert "--prefix NAME" in refused.err

    some = only("okta", "onelogin", "ping", "scim2-tester")
    run, again = (
        Judged(tmp_path, "northgate", "--prefix", "cf-", "--database", deployment.facts["mongo_url"], *some)
        for _ in range(2)
    )
    assert run.status == 0, run.out + run.err
    assert run.report["counts"]["passed"] > 100
    assert run.report["counts"] == again.report["counts"], "a run must not change what the next one finds"
    assert all("needs an empty workspace" in check["reason"] for check in run.checks("not run"))
    assert {check["suite"] for check in run.checks("not run")} == {"okta", "onelogin", "ping", "scim2-tester"}
    with deployment.sync_client("northgate") as client:
        assert [client.get(endpoint).json() for endpoint in ("Users", "Groups")] == before


def test_a_run_that_is_stopped_leaves_nothing_behind(deployment: Deployment, tmp_path: Path) -> None:
    command = [PROGRAM, "conformance", "stopped", "--database", deployment.facts["mongo_url"]]
    process = subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=from_a_terminal
    )
    deadline = time.monotonic() + 30
    while not held(deployment, "stopped") and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, err.decode().strip()) == (1, "Aborted!"), out
    assert held(deployment, "stopped") == []
    assert live_tokens(deployment, "stopped") == ["demo"]


# -- a server with a defect --------------------------------------------------------------------------------------------

Defect = Callable[[httpx.Response], tuple[int, bytes]]


class Relay:
    """A server in front of ours that answers under its own address, with a defect."""

    def __init__(self, origin: str, defect: Defect) -> None:
        relay = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, format: str, *args: Any) -> None:
                pass

            def _relay(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                headers = {name: value for name, value in self.headers.items() if name.lower() != "content-length"}
                sent = body.replace(relay.url.encode(), origin.encode())
                answer = relay.client.request(self.command, origin + self.path, headers=headers, content=sent)
                status, content = defect(answer)
                content = content.replace(origin.encode(), relay.url.encode())
                if answer.headers.get("Content-Encoding") == "gzip":
                    content = gzip.compress(content)
                self.send_response_only(status)
                for name, value in answer.headers.items():
                    if name not in ("content-length", "transfer-encoding"):
                        self.send_header(name, value.replace(origin, relay.url))
                if content or status not in (204, 304):
                    self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = _relay

        self.client = httpx.Client(timeout=30)
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.client.close()


def no_412(answer: httpx.Response) -> tuple[int, bytes]:
    """Answer a version that is outdated with 409."""
    return (409 if answer.status_code == 412 else answer.status_code), answer.content


def test_a_server_with_a_defect_fails_and_the_exchange_is_named(deployment: Deployment, tmp_path: Path) -> None:
    url = str(deployment.facts["tenant_url"])
    origin = url.partition("/t/")[0]
    relay = Relay(origin, no_412)
    try:
        run = Judged(
            tmp_path, "--url", url.replace(origin, relay.url), "--only", "rfc7644",
            environment={"SCIMSERVER_TOKEN": deployment.facts["secret_token"]},
        )  # fmt: skip
    finally:
        relay.close()
    assert run.status == 1, run.out + run.err
    failed = {(check["part"], check["title"]) for check in run.checks("failed")}
    assert {part for part, _ in failed} == {"etag.json", "http.json"}, run.out
    for part, title in failed:
        assert f"FAILED rfc7644/{part}: {title}" in run.out
    assert "status: expected 412, got 409" in run.out
    assert held(deployment, "larkfield") == []
