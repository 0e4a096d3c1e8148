"""What the README prints is what happens."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pymongo import MongoClient

from tests.e2e.deployment import Deployment

README = Path(__file__).parents[2] / "README.md"
TEXT = README.read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
MARK = "=== end of block ==="


def conversation() -> list[tuple[str, str]]:
    """Return the commands of the conversation, each with the output printed below it ("" if none)."""
    part = TEXT.split("<!-- conversation:")[1].split("<!-- end of conversation -->")[0]
    blocks: list[tuple[str, str]] = []
    for language, body in BLOCK.findall(part):
        if language == "sh":
            blocks.append((body, ""))
        else:
            blocks[-1] = (blocks[-1][0], body)
    return blocks


def says(printed: str, expected: str) -> bool:
    """Compare, with … in the README standing for anything."""
    pattern = ".*".join(re.escape(part) for part in expected.strip().split("…"))
    return re.fullmatch(pattern, printed.strip(), re.DOTALL) is not None


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    running = Deployment(
        tmp_path_factory.mktemp("readme") / "data", options=["--sample"]
    ).start()  # as `make demo` does
    yield running
    running.stop()


@pytest.fixture(scope="module")
def talk(demo: Deployment) -> subprocess.CompletedProcess[str]:
    """Return what the conversation prints, and on standard error the HTTP status of each request."""
    if shutil.which("curl") is None:
        pytest.skip("the README talks to the server with curl, which is not installed here")
    with_status = "curl() { command curl --write-out '%{stderr}%{http_code}\\n' \"$@\"; }\n"
    commands = "".join(f"{commands}\necho '{MARK}'\n" for commands, _ in conversation())
    environment = {
        **os.environ,
        "TENANT_URL": demo.facts["tenant_url"],
        "TOKEN": demo.facts["secret_token"],
        "MONGO_URL": demo.facts["mongo_url"],
    }
    script = with_status + commands.replace(".venv/bin/python", sys.executable)
    done = subprocess.run(["bash", "-e", "-c", script], env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done


def test_the_conversation_works_as_printed(talk: subprocess.CompletedProcess[str]) -> None:
    blocks = conversation()
    assert len(blocks) >= 5
    printed = talk.stdout.split(f"{MARK}\n")
    for (commands, expected), output in zip(blocks, printed[:-1], strict=True):
        assert says(output, expected), f"{commands}\nprinted\n{output}\nnot\n{expected}"


def test_each_request_of_the_conversation_is_answered_with_the_right_status(
    talk: subprocess.CompletedProcess[str],
) -> None:
    # Test Connection, create, find, disable, create the group, add the member, wrong path
    assert talk.stderr.split() == ["200", "201", "200", "200", "201", "204", "400"]


def test_the_wrong_path_is_answered_with_the_right_name(talk: subprocess.CompletedProcess[str]) -> None:
    assert r"did you mean \"title\"?" in next(line for line in talk.stdout.splitlines() if '"invalidPath"' in line)


def test_the_application_reads_the_document_that_the_readme_shows(
    demo: Deployment, talk: subprocess.CompletedProcess[str]
) -> None:
    with MongoClient[dict[str, object]](demo.facts["mongo_url"]) as client:
        database = client[demo.facts["database"]]
        user = database.users.find_one({"app.user_name": "ines.okafor@larkfield.example", "deleted": None})
        assert user is not None
        assert user["app"] == {
            "active": False,
            "email": "ines.okafor@larkfield.example",
            "emails": {"work": "ines.okafor@larkfield.example"},
            "family_name": "Okafor",
            "given_name": "Ines",
            "user_name": "ines.okafor@larkfield.example",
            "work_address": "14 Harbour Row, Leith EH6 6QQ",
        }
        group = database.groups.find_one({"ws": user["ws"], "app.name": "Harbour Works", "deleted": None})
        assert group is not None
        members = database.memberships.find({"ws": user["ws"], "live": True, "group": group["_id"]})
        assert [row["member"] for row in members] == [user["_id"]]


def test_the_comparison_tells_different_output_apart() -> None:
    assert says('{"id":"u_1x"}\n', '{"id":"u_…"}\n')
    assert not says('{"id":"g_1x"}\n', '{"id":"u_…"}\n')
