"""The corpus of RFC 7644, RFC 7643 and RFC 9865, played in this process; tests/e2e plays it against a real server."""

import re
from collections import Counter
from pathlib import Path

import pytest

from scimserver.conformance.fixture import Dialogue, read_folder
from scimserver.conformance.runner import Server, published_by, replay
from tests.web.conftest import Site

FOLDER = Path(__file__).parents[1] / "dialogues" / "rfc7644"
DIALOGUES = read_folder(FOLDER)
EXCHANGES = [exchange for dialogue in DIALOGUES for exchange in dialogue.exchanges]

UNOFFERED = {"unique values"}
"""What the simulated database cannot do: its unique indexes compare whole arrays. tests/e2e plays these dialogues."""

SOURCE = re.compile(r"RFC (7643|7644|9865) §\d+(\.\d+)*(, .+)?")
ROW = re.compile(r"^\| (RFC .+?) \| \[(.+?)\]\(.+?\): (.+?) \|$", re.MULTILINE)


@pytest.mark.parametrize(
    "dialogue",
    [dialogue for dialogue in DIALOGUES if not dialogue.needs & UNOFFERED],
    ids=lambda dialogue: dialogue.file.removesuffix(".json"),
)
async def test_the_server_keeps_to_the_dialogue(dialogue: Dialogue, site: Site) -> None:
    tenant_url = f"{site.app.settings.server.public_url}{site.path}"
    server = Server(f"{site.origin}{site.path}", site.token, tenant_url)
    await replay(dialogue, server, await published_by(server))


def test_a_dialogue_needs_only_what_is_known() -> None:
    assert {need for dialogue in DIALOGUES for need in dialogue.needs} == UNOFFERED


def test_there_are_150_exchanges_and_more() -> None:
    assert len(EXCHANGES) >= 150


def test_every_exchange_names_its_place_in_an_rfc() -> None:
    assert [exchange.title for exchange in EXCHANGES if not SOURCE.fullmatch(exchange.source)] == []


def test_every_listed_example_has_its_exchange_and_every_example_is_listed() -> None:
    listed = Counter(ROW.findall((FOLDER / "README.md").read_text(encoding="utf-8")))
    shown = Counter((e.source, d.file, e.title) for d in DIALOGUES for e in d.exchanges if ", " in e.source)
    assert listed == shown


def test_every_figure_is_shown() -> None:
    shown = " ".join(exchange.source for exchange in EXCHANGES if exchange.source.startswith("RFC 7644"))
    assert [figure for figure in range(2, 10) if f", figure {figure}" not in shown] == []


@pytest.mark.parametrize(
    ("rfc", "sections"),
    [
        ("RFC 7644", "2 3.2 3.3 3.3.1 3.4.1 3.4.2 3.4.2.1 3.4.2.2 3.4.2.3 3.4.2.4 3.4.2.5 3.4.3 3.5.1 3.5.2"),
        ("RFC 7644", "3.5.2.1 3.5.2.2 3.5.2.3 3.6 3.7 3.7.1 3.7.2 3.7.3 3.7.4 3.8 3.9 3.10 3.11 3.12 3.13 3.14 4"),
        ("RFC 7643", "8.1 8.2 8.3 8.4 8.5 8.6 8.7.1 8.7.2"),
        ("RFC 9865", "2 2.1 2.2 2.3 3 4"),
    ],
)
def test_every_section_of_the_protocol_is_shown(rfc: str, sections: str) -> None:
    shown = {exchange.source.partition(",")[0] for exchange in EXCHANGES}
    assert {f"{rfc} §{section}" for section in sections.split()} - shown == set()


def test_what_is_refused_stands_beside_what_is_accepted() -> None:
    """Every kind of error that a request can bring about; the README says which cannot be shown, and why."""
    kinds = {
        str(exchange.response.body["scimType"])
        for exchange in EXCHANGES
        if isinstance(exchange.response.body, dict) and "scimType" in exchange.response.body
    }
    assert kinds == {
        *("invalidFilter", "uniqueness", "mutability", "invalidSyntax", "invalidPath", "noTarget", "invalidValue"),
        *("invalidVers", "invalidCursor", "invalidCount"),
    }
