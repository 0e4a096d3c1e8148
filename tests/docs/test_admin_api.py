"""The conversation with the admin API goes as its page prints it."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.docs.test_readme import BLOCK, MARK, says
from tests.e2e.deployment import Deployment

TEXT = (Path(__file__).parents[2] / "docs" / "howto" / "use-the-admin-api.md").read_text(encoding="utf-8")


def test_the_conversation_goes_as_printed(tmp_path: Path) -> None:
    if shutil.which("curl") is None:
        pytest.skip("the page talks to the server with curl, which is not installed here")
    blocks = BLOCK.findall(TEXT.split("<!-- conversation:")[1].split("<!-- end of conversation -->")[0])
    commands = [body for language, body in blocks if language == "sh"]
    expected = [body for language, body in blocks if language == "json"]
    assert len(commands) == len(expected) == 8
    running = Deployment(tmp_path / "data").start()
    try:
        facts = running.facts
        api = f"{facts['tenant_url'].partition('/t/')[0]}/admin/api/v1"
        script = "".join(f"{command}\necho\necho '{MARK}'\n" for command in commands)
        done = subprocess.run(
            ["bash", "-e", "-c", script],
            env={**os.environ, "ADMIN_API": api, "ADMIN_KEY": facts["admin_key"]},
            capture_output=True,
            text=True,
            timeout=60,
        )
    finally:
        running.stop()
    assert done.returncode == 0, done.stderr
    for printed, wanted in zip(done.stdout.split(f"{MARK}\n")[:-1], expected, strict=True):
        assert says(printed, wanted), f"printed\n{printed}\nnot\n{wanted}"
