"""Whole conversations with real provisioning clients, played in this process; tests/e2e has a real server for them."""

import re

import pytest

from scimserver.conformance.fixture import Dialogue
from scimserver.conformance.runner import published_by, replay
from tests.unit.web.conftest import Site

from .clients import FOLDERS, PROFILES, ROOT, application, playable, server_of, slugs, title

__all__ = ["application", "slugs"]

PLAYED = playable()
ROW = re.compile(r"^\| \[(.+?)\]\((.+?)\): (.+?) \| .+? \| (.+?) \|$", re.MULTILINE)


@pytest.mark.parametrize(("folder", "dialogue"), PLAYED, ids=[title(*played) for played in PLAYED])
async def test_the_server_keeps_to_the_dialogue(folder: str, dialogue: Dialogue, site: Site) -> None:
    server = server_of(site)
    await replay(dialogue, server, await published_by(server))


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
