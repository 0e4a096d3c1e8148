"""The how-to of expressions does what it says."""

import json
import re
from datetime import datetime

import scimserver_plugins.expressions as plugin

from scimserver.expressions import compile_expression
from scimserver.mapping.checks import findings
from scimserver.mapping.fields import make_fields
from scimserver.schema.catalogue import load_schemas
from scimserver.service.expression_tools import try_expression
from scimserver.testing import map_resource
from tests.docs.test_readme import BLOCK
from tests.docs.test_reference import DOCS
from tests.unit.expressions.people import refusal
from tests.unit.expressions.test_work_address import ADDRESS

TEXT = (DOCS / "howto" / "map-with-expressions.md").read_text(encoding="utf-8")
FIELDS, USER, DOCUMENT = (json.loads(body) for language, body in BLOCK.findall(TEXT) if language == "json")
CHOICES = re.findall(r"^\| .* \| `((?:Coalesce|IIF).*)` \|$", TEXT, re.MULTILINE)
KNOWN = load_schemas().paths()
WORK = {
    "type": "work",
    "formatted": "1 Quay, Leith",
    "streetAddress": "1 Quay",
    "locality": "Leith",
    "region": "Lothian",
}


def test_the_mapping_makes_the_document_that_is_shown():
    made = map_resource(plugin, USER, settings={"fields": FIELDS})
    assert isinstance(made["starts"], datetime)
    assert made | {"starts": made["starts"].isoformat().replace("+00:00", "Z")} == DOCUMENT
    assert list(made) == list(DOCUMENT)


def test_only_the_attribute_of_the_extension_that_is_not_loaded_is_warned_of():
    found = [(f.level, f.place) for f in findings({"fields": FIELDS}, KNOWN)]
    assert found == [("warning", "fields.User.starts.attribute")]


def test_the_commands_try_what_they_say():
    for text in re.findall(r"scimserver expression evaluate '(.*?)'", TEXT):
        trial = try_expression(text, USER, "User", "string", {}, KNOWN["User"])
        assert trial.problem is None
        assert trial.value


def test_the_message_is_the_real_one():
    assert str(refusal('Join("", Uper([city]))')) in TEXT


def test_the_sources_of_the_table_are_known():
    names = [
        name for row in re.findall(r"^\| (`\[.*?) \|", TEXT, re.MULTILINE) for name in re.findall(r"`\[(.*?)\]`", row)
    ]
    assert len(names) >= 8
    for name in names:
        assert try_expression(f"Count([{name}])", {}, "User", "number", {}, KNOWN["User"]).warnings == []


def test_the_choices_between_line_and_parts_choose_as_they_say():
    joined, chosen, parts = (
        lambda address, text=text: make_fields(
            {"fields": {"User": {"x": {"expression": text}}}}, "User", {"addresses": [address]}, {}
        ).get("x")
        for text in CHOICES
    )
    no_line = {name: value for name, value in WORK.items() if name != "formatted"}
    assert [choice(WORK) for choice in (joined, chosen, parts)] == ["1 Quay, Leith"] * 2 + ["1 Quay, Leith, Lothian"]
    assert [choice(no_line) for choice in (joined, chosen, parts)] == [
        "1 Quay, Leith, Lothian",
        "1 Quay, Leith",
        "1 Quay, Leith, Lothian",
    ]
    assert parts({"type": "work", "formatted": "1 Quay"}) == "1 Quay"


def test_the_expression_of_the_tutorial_is_shown_as_it_is():
    shown = next(body for language, body in BLOCK.findall(TEXT) if body.startswith("Join("))
    assert str(compile_expression(shown)) == str(compile_expression(ADDRESS))
