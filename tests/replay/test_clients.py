"""Whole conversations with real provisioning clients, played in this process; tests/e2e has a real server for them."""

import re
from collections.abc import Collection, Iterable

import pytest

from scimserver.conformance.fixture import Dialogue, Exchange
from scimserver.conformance.runner import published_by, replay
from scimserver.scim.quirks.registry import Quirk
from scimserver.scim.reading import Reading
from tests.web.conftest import Site

from .clients import FOLDERS, PROFILES, ROOT, application, applications, playable, profiles, server_of, title

__all__ = ["application", "applications"]

PLAYED = [(profile, folder, dialogue) for folder, dialogue in playable() for profile in profiles(folder)]
NAMES = [f"{title(folder, dialogue)}-in-{profile}" for profile, folder, dialogue in PLAYED]
ROW = re.compile(r"^\| \[(.+?)\]\((.+?)\): (.+?) \| .+? \| (.+?) \|$", re.MULTILINE)


class Remembered(Reading):
    """The reading of the last request, to be looked at when it has been answered."""

    last: Reading | None = None

    def __init__(self, allowed: Collection[Quirk]) -> None:
        super().__init__(allowed)
        Remembered.last = self


@pytest.mark.parametrize(("profile", "folder", "dialogue"), PLAYED, ids=NAMES)
async def test_the_server_keeps_to_the_dialogue(
    profile: str, folder: str, dialogue: Dialogue, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And notes just those tolerations that the dialogue says each request needs."""
    monkeypatch.setattr("scimserver.web.base.Reading", Remembered)
    await site.app.workspaces.set(site.slug, {"profile": profile})
    server = server_of(site)
    await replay(dialogue, server, await published_by(server), after=_tolerations_are_those_named)


async def _tolerations_are_those_named(exchange: Exchange) -> Iterable[str]:
    used = set(Remembered.last.used) if Remembered.last else set()
    Remembered.last = None
    refused = exchange.response.status >= 400
    if refused or used == set(exchange.tolerated):
        return []
    return [f"  tolerated: expected {sorted(exchange.tolerated)}, the server noted {sorted(used)}"]


def test_every_folder_of_a_client_has_its_profile() -> None:
    folders = {path.parent.name for path in ROOT.glob("*/cast.json")}
    assert folders - {"rfc7644"} <= PROFILES.keys()


@pytest.mark.parametrize("folder", FOLDERS)
def test_the_readme_lists_every_dialogue(folder: str) -> None:
    rows = ROW.findall((ROOT / folder / "README.md").read_text(encoding="utf-8"))
    assert all(file == link for file, link, _, _ in rows)
    assert {(file, name) for file, _, name, _ in rows} == {(held.file, held.title) for held in FOLDERS[folder]}


@pytest.mark.parametrize("folder", FOLDERS)
def test_the_readme_names_where_each_exchange_comes_from(folder: str) -> None:
    rows = ROW.findall((ROOT / folder / "README.md").read_text(encoding="utf-8"))
    named = {file: tuple(sources.split("; ")) for file, _, _, sources in rows}
    strange = [
        f"{dialogue.file}: {exchange.title}: {source}"
        for dialogue in FOLDERS[folder]
        for exchange in dialogue.exchanges
        for source in exchange.source.split("; ")
        if not source.startswith(named[dialogue.file])
    ]
    assert strange == []
