"""What a conformance run consists of: the shipped folders of dialogues, and other people's judges."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from .fixture import CAST, Dialogue, read_folder

FIRST = "rfc7644"
"""The folder that is played first: what fails here explains what fails in the others."""
JUDGES: Mapping[str, str] = {"scim2-tester": "scim2_tester", "scim-sanity": "scim_sanity"}
"""Judge → the module that must be installed for it."""

NEEDS: Mapping[str, str] = {"larkfield extension": "urn:ietf:params:scim:schemas:extension:larkfield:2.0:User"}
"""What a dialogue may need → the schema that the server must publish for it; any real server has the other needs."""


@dataclass(frozen=True, slots=True)
class Suite:
    """A folder of dialogues."""

    name: str
    dialogues: tuple[Dialogue, ...]


def suites(folder: Path | None = None) -> list[Suite]:
    """Read every folder of dialogues that is shipped, or that ``folder`` has.

    Raises:
        BrokenDialogue: one of them has a fault.
    """
    root = folder or Path(str(files("scimserver_dialogues")))
    names = sorted((path.parent.name for path in root.glob(f"*/{CAST}")), key=lambda name: (name != FIRST, name))
    return [Suite(name, tuple(read_folder(root / name))) for name in names]


def names() -> list[str]:
    """Return what ``--only`` may choose from, in the order of a run."""
    return [*(suite.name for suite in suites()), *JUDGES]


def missing_schemas(dialogue: Dialogue, published: Iterable[str]) -> list[str]:
    """Return the schemas that a dialogue needs and the server does not publish."""
    return sorted({NEEDS[need] for need in dialogue.needs if need in NEEDS} - set(published))
