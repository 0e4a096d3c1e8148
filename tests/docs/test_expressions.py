"""The page of expressions: its examples are true, and nothing is missing."""

import re
from datetime import UTC, datetime
from random import Random

import pytest

from scimserver.expressions import compile_expression, limits
from scimserver.expressions.functions import FUNCTIONS, MODULES
from tests.docs.test_reference import DOCS, generate
from tests.unit.expressions.people import INES, NOW, refusal

PAGE = (DOCS / "reference" / "expressions.md").read_text(encoding="utf-8")
EXAMPLE = re.compile(r"^\* `(.+)` → `(.+)`$", re.MULTILINE)
SECTIONS = dict(re.findall(r"^### (\w+)\n(.*?)(?=^##|\Z)", PAGE, re.MULTILINE | re.DOTALL))
EXAMPLES = [example for section in SECTIONS.values() for example in EXAMPLE.findall(section)]


@pytest.mark.parametrize(("text", "expected"), EXAMPLES)
def test_an_example_is_true(text, expected):
    found = compile_expression(text).evaluate(generate.expressions.PERSON, now=NOW, random=Random(1))
    assert generate.expressions.shown(found) == expected


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_has_a_section_with_signature_text_and_an_example_of_itself(name):
    signature, *paragraphs = SECTIONS[name].strip().split("\n\n")
    assert signature.startswith(f"`{FUNCTIONS[name].signature}`")
    assert all(
        f"{parameter.name}: {parameter.kind.description}" in signature for parameter in FUNCTIONS[name].parameters
    )
    assert paragraphs[0].endswith((".", ":"))
    assert any(f"{name}(" in text for text, _ in EXAMPLE.findall(SECTIONS[name]))
    assert SECTIONS[name].count("\n* ") >= SECTIONS[name].count(" → ") > 0


def test_every_function_is_in_one_of_the_modules_of_the_page():
    listed = [function.name for module in MODULES for function in generate.expressions.functions_of(module)]
    assert sorted(listed) == sorted(FUNCTIONS)
    assert SECTIONS.keys() == FUNCTIONS.keys()


def test_a_signature_names_the_parameters_that_messages_name():
    for function in FUNCTIONS.values():
        for parameter in function.parameters:
            assert re.search(rf"[(, \[]{re.escape(parameter.name.strip('[]'))}[,)\]]", function.signature), (
                function.name
            )


def test_every_limit_has_a_row():
    for name in vars(limits):
        if name.isupper():
            assert f"\n| `{name}` | " in PAGE


def test_the_message_that_is_shown_is_the_real_one():
    assert str(refusal('Join("", Uper([city]))')) in PAGE


def test_the_person_is_the_one_of_the_tests():
    assert {name: INES.get(name) for name in generate.expressions.PERSON} == generate.expressions.PERSON
    assert datetime(2031, 4, 2, 9, 5, 7, tzinfo=UTC) == NOW
