"""The resource type of the how-to is what it says, and its conversation goes as printed."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from scimserver.schema.catalogue import load_schemas
from tests.docs.test_readme import BLOCK, says
from tests.e2e.deployment import Deployment

TEXT = (Path(__file__).parents[2] / "docs" / "howto" / "custom-resource-types.md").read_text(encoding="utf-8")
MARK = "=== end of block ==="


@pytest.fixture
def devices(tmp_path: Path) -> Path:
    """The file that the page shows."""
    path = tmp_path / "devices.json"
    language, body = BLOCK.findall(TEXT.split("<!-- devices.json:")[1])[0]
    assert language == "json"
    path.write_text(body, encoding="utf-8")
    return path


def test_the_file_gives_one_resource_type_with_an_extension(devices: Path) -> None:
    device = load_schemas([devices]).resource_type("Device")
    assert (device.endpoint, device.id_prefix, [e.name for e in device.extensions]) == (
        "/Devices",
        "d",
        ["EthernetMAB"],
    )


def test_every_keyword_of_the_file_and_of_attributes_is_explained() -> None:
    annotation = json.loads((Path(__file__).parents[2] / "schemas" / "annotation.json").read_text(encoding="utf-8"))
    explained = set(re.findall(r"`([a-zA-Z.$]+)`", "\n".join(re.findall(r"^\| .*$", TEXT, re.MULTILINE))))
    definitions = annotation["$defs"]
    assert {f"scim.{name}" for name in definitions["scim"]["properties"]} <= explained
    assert definitions["attribute"]["properties"].keys() - {"description", "scim"} <= explained


def test_the_conversation_goes_as_printed(devices: Path, tmp_path: Path) -> None:
    if shutil.which("curl") is None:
        pytest.skip("the page talks to the server with curl, which is not installed here")
    blocks = BLOCK.findall(TEXT.split("<!-- conversation:")[1].split("<!-- end of conversation -->")[0])
    commands = [body for language, body in blocks if language == "sh"]
    expected = [body for language, body in blocks if language == "json"]
    assert len(commands) == len(expected) == 3
    running = Deployment(
        tmp_path / "data", environment={"SCIMSERVER_SCHEMAS__FILES": json.dumps([str(devices)])}
    ).start()
    try:
        facts = {"TENANT_URL": running.facts["tenant_url"], "TOKEN": running.facts["secret_token"]}
        script = "".join(f"{command}\necho '{MARK}'\n" for command in commands)
        done = subprocess.run(
            ["bash", "-e", "-c", script], env={**os.environ, **facts}, capture_output=True, text=True, timeout=60
        )
    finally:
        running.stop()
    assert done.returncode == 0, done.stderr
    for printed, wanted in zip(done.stdout.split(f"{MARK}\n")[:-1], expected, strict=True):
        assert says(printed, wanted), f"printed\n{printed}\nnot\n{wanted}"
