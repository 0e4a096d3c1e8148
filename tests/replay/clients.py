"""The folders of dialogues with provisioning clients, and the server that they are replayed against in this process."""

from pathlib import Path

import pytest
from mongomock_motor import AsyncMongoMockClient

from scimserver.conformance.fixture import Dialogue, read_folder
from scimserver.conformance.runner import Server
from scimserver.service.application import Application
from scimserver.settings import load
from scimserver.store.driver import Database
from tests.web.conftest import Site

TESTS = Path(__file__).parents[1]
ROOT = TESTS / "dialogues"

PROFILES = {
    "entra-legacy": "entra",
    "entra-scim2": "entra",
    "okta": "okta",
    "onelogin": "onelogin",
    "jumpcloud": "default",
    "ping": "default",
    "sailpoint": "default",
    "generic": "default",
}
"""Folder → the profile that a workspace for this client has; in ``default`` all of them are played besides."""

FOLDERS = {path.name: read_folder(path) for path in sorted(ROOT.iterdir()) if path.name in PROFILES}

EXTENSION = TESTS / "schemas" / "larkfield_user.json"
"""A custom extension of User, for the dialogues that need ``larkfield extension``."""

UNOFFERED = frozenset({"unique values"})
"""What the simulated database cannot do: its unique indexes compare whole arrays. tests/e2e plays these dialogues."""


def playable() -> list[tuple[str, Dialogue]]:
    """Return every dialogue that can be played in this process, with its folder."""
    return [
        (folder, dialogue) for folder, held in FOLDERS.items() for dialogue in held if not dialogue.needs & UNOFFERED
    ]


def profiles(folder: str) -> list[str]:
    """Return the profiles that a folder is played in."""
    return list(dict.fromkeys(["default", PROFILES[folder]]))


def title(folder: str, dialogue: Dialogue) -> str:
    """Return what a test calls a dialogue; it can be a workspace's name."""
    return f"{folder}-{dialogue.file.removesuffix('.json').replace('_', '-')}"


def server_of(site: Site) -> Server:
    """Return where the runner finds a workspace."""
    return Server(f"{site.origin}{site.path}", site.token, f"{site.app.settings.server.public_url}{site.path}")


@pytest.fixture(scope="session")
def applications() -> dict[bool, Application]:
    """The whole application, with the custom extension and without."""
    return {extended: _application([EXTENSION] if extended else []) for extended in (False, True)}


@pytest.fixture
def application(applications: dict[bool, Application], dialogue: Dialogue) -> Application:
    """The application that a dialogue needs."""
    return applications["larkfield extension" in dialogue.needs]


def _application(schemas: list[Path]) -> Application:
    settings = load(None, security={"secret_key": "only-for-tests-" * 4}, schemas={"files": schemas})
    return Application(settings, Database.wrap(AsyncMongoMockClient(tz_aware=True)["clients"]))
