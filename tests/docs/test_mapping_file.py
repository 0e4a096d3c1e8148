"""The page about the simulator's files: its examples can be read, and it names every key, operator and attribute."""

import re
from pathlib import Path

import pytest

from scimserver.simulate.mapping.mapping import Mapping
from scimserver.simulate.mapping.mapping_file import KEYS, SECTIONS
from scimserver.simulate.mapping.scoping import OPERATORS, Scope
from scimserver.simulate.source.directory import Directory
from scimserver.simulate.source.people import ATTRIBUTES

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "mapping-file.md").read_text(encoding="utf-8")
NAMED = set(re.findall(r"`([^`\n]+)`", PAGE))


def block(language: str, number: int = 0) -> str:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)[number]


def test_every_key_of_a_row_and_of_the_file_is_explained() -> None:
    assert {*KEYS, *SECTIONS} - {"scope"} <= NAMED
    assert "[scope]" in PAGE


def test_every_source_attribute_is_named() -> None:
    assert set(ATTRIBUTES) <= NAMED


def test_every_operator_is_explained() -> None:
    assert set(OPERATORS) <= NAMED


def test_the_mapping_of_the_page_can_be_loaded(tmp_path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(block("toml"), encoding="utf-8")
    assert len(Mapping.load(path, "entra").users) == 5


def test_the_scope_of_the_page_can_be_loaded(tmp_path) -> None:
    path = tmp_path / "scope.toml"
    path.write_text(block("toml", 1), encoding="utf-8")
    assert len(Scope.load(path).users) == 2


@pytest.mark.parametrize(("language", "sizes"), [("csv", (2, 2)), ("json", (1, 1))])
def test_the_people_of_the_page_can_be_read(tmp_path, language, sizes) -> None:
    path = tmp_path / f"people.{language}"
    path.write_text(block(language), encoding="utf-8")
    directory = Directory.read(path)
    assert (len(directory.people), len(directory.teams)) == sizes
