"""The corpus of RFC 7644 against a real server process on the embedded database: each dialogue in a workspace of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from scimserver.conformance.fixture import read_folder
from scimserver.conformance.runner import Server, published_by, replay

from .deployment import Deployment

DIALOGUES = read_folder(Path(__file__).parents[1] / "dialogues" / "rfc7644")
NAMES = [dialogue.file.removesuffix(".json").replace("_", "-") for dialogue in DIALOGUES]


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    running = Deployment(tmp_path_factory.mktemp("dialogues") / "data", NAMES).start()
    yield running
    running.stop()


@pytest.mark.parametrize("number", range(len(DIALOGUES)), ids=NAMES)
async def test_the_server_keeps_to_the_dialogue(deployment: Deployment, number: int) -> None:
    workspace = next(w for w in deployment.facts["workspaces"] if w["name"] == NAMES[number])
    server = Server(workspace["tenant_url"], workspace["secret_token"], workspace["tenant_url"])
    await replay(DIALOGUES[number], server, await published_by(server))
