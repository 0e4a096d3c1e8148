"""``preview``: usage, files, and what people are shown."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from scimserver.cli import main
from scimserver.cli.preview_text import LONGEST, preview_lines, sample_lines, shown, text
from scimserver.errors import InvalidValue
from scimserver.plugins import PluginProblem
from scimserver.schema.catalogue import load_schemas
from scimserver.service.differences import Difference
from scimserver.service.groups import MemberCounts
from scimserver.service.preview.drafts import DraftCheck, read_draft
from scimserver.service.preview.leftovers import without_effect
from scimserver.service.preview.result import Preview
from scimserver.service.preview.sampling import Example, Sample
from scimserver.service.preview.tracing import Contribution, Trace

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ([], "WORKSPACE"),
        (["larkfield"], "Give a FILE with a payload"),
        (["larkfield", "missing.json"], "does not exist"),
        (["larkfield", "user.json", "--id", "u_1", "--given", "user.json"], "--id and --given both name the resource"),
        (["larkfield", "user.json", "--seed", "1"], "--seed chooses a sample"),
        (["larkfield", "user.json", "--sample", "5"], "leave FILE out"),
        (["larkfield", "--id", "u_1", "--sample", "5"], "leave --id out"),
        (["larkfield", "--sample", "0"], "1<=x<=1000"),
        (["larkfield", "user.json", "--method", "DELETE"], "DELETE"),
        (["larkfield", "-", "--given", "-"], "Only one file"),
    ],
)
def test_wrong_usage_is_said_in_one_line(
    arguments: list[str], text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "user.json").write_text("{}")
    result = CliRunner().invoke(main, ["preview", *arguments])
    assert result.exit_code == 2
    assert text in result.output


def whole() -> Preview:
    steps = (
        Contribution("shout", {"mark": "!"}, {"shout": "INES"}, ms=0.25),
        Contribution("louder", {}, {}, {"shout": ("INES", "INES!!")}, ("first",), 1.0),
        Contribution("quiet", {}),
    )
    return Preview(
        "larkfield",
        "PATCH",
        "User",
        "u_1",
        writes=True,
        tolerations={"unknown-attribute": ["shoe\x1b[31mSize"]},
        read_only=("id",),
        resource={"id": "u_1", "userName": "ines"},
        resource_difference=Difference({}, {"userName": ("Ines", "ines")}, {}),
        members=MemberCounts(2, 1),
        mapping=Trace("new", steps, {"shout": "INES!!"}),
        difference=Difference({"shout": "INES!!"}, {}, {"old": 1}),
        stored_revision="older",
        current=Trace("older", (), {"shout": "x"}),
        current_difference=Difference(),
        draft=DraftCheck([], ["is quiet"]),
        warnings=("a warning",),
    )


def test_a_preview_is_shown_in_sections() -> None:
    lines = preview_lines(whole())
    assert lines[0] == "PATCH of User u_1 in workspace larkfield: accepted"
    for line in (
        "  unknown-attribute  shoe\\u001b[31mSize (left out)",
        '  ~ userName  "Ines" -> "ines"',
        "  2 added, 1 removed",
        '  1. shout mark="!"  (0.25 ms)',
        '     + shout  "INES"',
        '     ~ shout  "INES" -> "INES!!"',
        "     = first",
        "     adds nothing",
        '    "shout": "INES!!"',
        "  - old  1",
        "  new (stored: older)",
        "  is quiet",
        "  a warning",
    ):
        assert line in lines
    assert lines[lines.index("Difference to the mapping that the workspace has") + 1] == "  none"
    assert all(line.isprintable() for line in lines)


def test_a_refusal_is_shown_as_the_client_gets_it() -> None:
    error = InvalidValue("`title`: nobody is quiet.")
    error.plugin = "shout"
    told = Preview("larkfield", "POST", "User", error=error, off=["boolean-as-string"])
    assert preview_lines(told) == [
        "POST of a User in workspace larkfield: refused",
        "",
        "The client would be answered",
        "  400 invalidValue: `title`: nobody is quiet.",
        "  by the plugin shout",
        "  off here: boolean-as-string would read it otherwise",
    ]
    failed = Trace("r", (Contribution("shout", {}, error="It failed."),), None)
    assert "     failed: It failed. The plugins after it are not run." in preview_lines(
        Preview("larkfield", "POST", "User", mapping=failed)
    )
    assert not Preview("l", "POST", "User", draft=DraftCheck(["no"], [])).accepted


def test_a_sample_is_shown_with_its_counts() -> None:
    told = Sample(
        "larkfield", "User", 40, 7, "r", DraftCheck([], []), 3, 1, 1, 1, 2, {"It failed.": 1},
        {"tags[]": {"added": 1, "changed": 2}},
        [Example("u_1", "ines", None, "It failed."), Example("u_2", "bea", Difference({"tags[0]": "a"}, {}, {}))],
    )  # fmt: skip
    lines = sample_lines(told)
    assert lines[0] == "3 of 40 Users of workspace larkfield by the draft"
    for line in (
        "       1  It failed.",
        "       2  were made by an earlier mapping than the workspace has",
        "  tags[]  1 added, 2 changed",
        "    failed: It failed.",
        '    + tags[0]  "a"',
        "The same resources again: --seed 7",
    ):
        assert line in lines
    assert not told.accepted
    refused = sample_lines(Sample("larkfield", "User", 40, 7, None, DraftCheck(["no such plugin"], [])))
    assert refused[-2:] == ["The draft is refused", "  no such plugin"]


def test_values_cannot_steer_a_terminal() -> None:
    assert text("a\x1b]0;x\x07\u202e\x9b") == "a\\u001b]0;x\\u0007\\u202e\\u009b"
    assert text("Zoë 🚢") == "Zoë 🚢"
    assert shown("\u2028") == '"\\u2028"'
    assert len(shown("x" * 1000)) == LONGEST


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ([{"name": "profile"}], [{"name": "profile", "settings": {}}]),
        ({"plugins": [{"name": "a", "settings": {"b": 1}}], "profile": "entra"}, [{"name": "a", "settings": {"b": 1}}]),
        ([{"name": "a", "settings": None}], [{"name": "a", "settings": {}}]),
        ([], []),
    ],
)
def test_a_draft_is_read(value: Any, expected: list[dict[str, Any]]) -> None:
    assert read_draft(value) == expected


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "must be a list"),
        ("profile", "must be a list"),
        ({}, "must be a list"),
        ({"plugins": {"profile": {}}}, "must be a list"),
        (["profile"], r"plugins\[0\]"),
        ([{"settings": {}}], r"plugins\[0\].name"),
        ([{"name": 7}], r"plugins\[0\].name"),
        ([{"name": "a"}, {"name": "b", "settings": []}], r"plugins\[1\].settings"),
        ([{"name": "a", "seting": {}}], "has `seting`"),
    ],
)
def test_a_draft_of_another_shape_is_refused(value: Any, text: str) -> None:
    with pytest.raises(PluginProblem, match=text):
        read_draft(value)


def test_what_has_no_effect_is_named() -> None:
    body = {
        "ID": 1,
        "userName": "ines",
        "password": "secret",
        "groups": [],
        "emails": [{"value": "x", "$ref": "y"}],
        "unknown": 1,
        ENTERPRISE.lower(): {"manager": {"value": "1", "displayName": "Bea"}},
        "meta": json.loads("{}"),
    }
    named = without_effect(body, load_schemas().resource_type("User"))
    assert named == ("id", "password", "groups", f"{ENTERPRISE}:manager.displayName", "meta")
    assert without_effect([], load_schemas().resource_type("User")) == ()
