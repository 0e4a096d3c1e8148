"""The schema of the how-to is set as the page says, and its conversation goes as printed; the rules' page has the limits."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from scimserver.schema import compatibility, documents
from tests.docs.test_readme import BLOCK, says
from tests.e2e.deployment import Deployment
from tests.e2e.test_processes import ok

DOCS = Path(__file__).parents[2] / "docs"
TEXT = (DOCS / "howto" / "workspace-schemas.md").read_text(encoding="utf-8")
MARK = "=== end of block ==="


def test_the_limits_are_those_of_the_code() -> None:
    page = (DOCS / "reference" / "workspace-schemas.md").read_text(encoding="utf-8")
    said = dict(re.findall(r"^\| (.+?) \| ([\d,]+)(?: KiB)? \|$", page, re.MULTILINE))
    assert {name: int(number.replace(",", "")) for name, number in said.items()} == {
        "schemas and resource types": documents.MAX_DOCUMENTS,
        "all of them as JSON": documents.MAX_BYTES // 1024,
        "attributes and sub-attributes in all": documents.MAX_ATTRIBUTES,
        "nesting of a document": documents.MAX_DEPTH,
        "attributes ever published, also those taken out again": compatibility.MAX_PUBLISHED,
    }


def test_the_conversation_goes_as_printed(tmp_path: Path) -> None:
    if shutil.which("curl") is None:
        pytest.skip("the page talks to the server with curl, which is not installed here")
    blocks = BLOCK.findall(TEXT.split("<!-- conversation:")[1].split("<!-- end of conversation -->")[0])
    commands = [body for language, body in blocks if language == "sh"]
    expected = [body for language, body in blocks if language == "json"]
    assert len(commands) == len(expected) == 2
    language, body = BLOCK.findall(TEXT.split("<!-- badges.json:")[1])[0]
    assert language == "json"
    (tmp_path / "badges.json").write_text(body, encoding="utf-8")
    running = Deployment(tmp_path / "data", ["larkfield"]).start()
    try:
        database = ("--database", running.facts["mongo_url"])
        assert "added" in ok("schema", "set", "larkfield", "badges.json", *database, cwd=tmp_path)
        facts = {"TENANT_URL": running.facts["tenant_url"], "TOKEN": running.facts["secret_token"]}
        # As soon as the server knows; a command before would say that there is no such attribute.
        with running.sync_client() as client:
            urn = "urn:ietf:params:scim:schemas:extension:larkfield:2.0:User"
            running.wait_for(lambda: client.get(f"Schemas/{urn}").status_code == 200)
        script = "".join(f"{command}\necho '{MARK}'\n" for command in commands)
        done = subprocess.run(
            ["bash", "-e", "-c", script], env={**os.environ, **facts}, capture_output=True, text=True, timeout=60
        )
    finally:
        running.stop()
    assert done.returncode == 0, done.stderr
    for printed, wanted in zip(done.stdout.split(f"{MARK}\n")[:-1], expected, strict=True):
        assert says(printed, wanted), f"printed\n{printed}\nnot\n{wanted}"
