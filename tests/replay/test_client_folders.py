"""What must hold of the folders of clients as texts: sources are listed, people are invented, and Okta's suite is whole."""

import json
import re
from pathlib import Path

import pytest

from scimserver.conformance.fixture import read_folder

DIALOGUES = Path(__file__).parents[1] / "dialogues"
FOLDERS = ("okta", "onelogin", "jumpcloud", "ping", "sailpoint", "generic")

ROW = re.compile(r"^\| \[(.+?)\]\(\1\): .+ \| (.+) \|$", re.MULTILINE)
STEP = re.compile(r"Okta SCIM 2\.0 spec test, step (\d+)")


@pytest.mark.parametrize("folder", FOLDERS)
def test_the_readme_names_the_sources_of_each_conversation(folder: str) -> None:
    listed = ROW.findall((DIALOGUES / folder / "README.md").read_text(encoding="utf-8"))
    named = {file: set(sources.split("; ")) for file, sources in listed}
    cited = {
        dialogue.file: {_work(exchange.source) for exchange in dialogue.exchanges}
        for dialogue in read_folder(DIALOGUES / folder)
    }
    assert named == cited


@pytest.mark.parametrize("folder", FOLDERS)
def test_people_are_invented(folder: str) -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in sorted((DIALOGUES / folder).glob("*.json")))
    assert {host for host in re.findall(r"[\w.]+@([\w.-]+)", text) if host.lower() != "larkfield.example"} == set()


def test_the_steps_of_oktas_spec_test_are_played_in_their_order() -> None:
    suite = json.loads((DIALOGUES / "okta" / "spec_test.json").read_text(encoding="utf-8"))
    steps = [STEP.fullmatch(exchange["source"]) for exchange in suite["exchanges"]]
    assert [int(step[1]) if step else None for step in steps] == list(range(1, 13))


def _work(source: str) -> str:
    """Return the document that a source is from, without the place in it."""
    return source if source.startswith("observed: ") else source.partition(", ")[0]
