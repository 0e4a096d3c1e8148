"""Every folder of dialogues against a real server process on the embedded database: each in a workspace of its own."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from scimserver.conformance.fixture import Dialogue, read_folder
from scimserver.conformance.runner import Server, published_by, replay

from .deployment import Deployment

TESTS = Path(__file__).parents[1]
DIALOGUES = {
    f"{cast.parent.name}-{dialogue.file.removesuffix('.json').replace('_', '-')}": dialogue
    for cast in sorted(TESTS.glob("dialogues/*/cast.json"))
    for dialogue in read_folder(cast.parent)
}
"""Name of the workspace → dialogue, of all folders."""

EXTENDED = [name for name, dialogue in DIALOGUES.items() if "larkfield extension" in dialogue.needs]
PLAIN = [name for name in DIALOGUES if name not in EXTENDED]
EXTENSION = {"SCIMSERVER_SCHEMAS__FILES": json.dumps([str(TESTS / "schemas" / "larkfield_user.json")])}


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    running = Deployment(tmp_path_factory.mktemp("dialogues") / "data", PLAIN).start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def extended(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """One that knows a custom extension of User."""
    running = Deployment(tmp_path_factory.mktemp("extended") / "data", EXTENDED, EXTENSION).start()
    yield running
    running.stop()


@pytest.mark.parametrize("name", PLAIN)
async def test_the_server_keeps_to_the_dialogue(deployment: Deployment, name: str) -> None:
    await play(DIALOGUES[name], deployment, name)


@pytest.mark.parametrize("name", EXTENDED)
async def test_the_server_keeps_to_the_dialogue_of_an_extension(extended: Deployment, name: str) -> None:
    await play(DIALOGUES[name], extended, name)


async def play(dialogue: Dialogue, deployment: Deployment, name: str) -> None:
    workspace = next(w for w in deployment.facts["workspaces"] if w["name"] == name)
    server = Server(workspace["tenant_url"], workspace["secret_token"], workspace["tenant_url"])
    await replay(dialogue, server, await published_by(server))
