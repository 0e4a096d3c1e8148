"""The YAML that workspaces are written in: read back as it was, and read without surprises."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scimserver.service.yaml_text import TextProblem, dump, load

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


@given(VALUES)
def test_what_is_written_is_read_back(value):
    assert load(dump(value)) == value
    assert dump(load(dump(value))) == dump(value)


@given(VALUES)
def test_json_is_read_too(value):
    assert load(json.dumps([value])) == [value]
    assert load(json.dumps({"a": value}, indent=2)) == {"a": value}


@pytest.mark.parametrize("word", ["on", "off", "yes", "No", "y", "2026-01-02", "2026-01-02T03:04:05Z", "True"])
def test_words_stay_words(word):
    assert load(f"key: {word}") == {"key": word}
    assert load(f"{word}: key") == {word: "key"}
    assert load(dump({"key": word})) == {"key": word}


def test_booleans_and_nulls_are_read():
    assert load("a: true\nb: false\nc: null\nd:\ne: ~") == {"a": True, "b": False, "c": None, "d": None, "e": None}


def test_an_expression_of_several_lines_stays_readable():
    text = 'Join("", [streetAddress],\n     IIF(IsPresent([city]), ", ", ""), [city])\n'
    assert dump({"expression": text}) == (
        'expression: |\n  Join("", [streetAddress],\n       IIF(IsPresent([city]), ", ", ""), [city])\n'
    )


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: 1\na: 2", r"line 2, column 1: `a` stands twice"),
        ('{"a": 1, "a": 2}', "`a` stands twice"),
        ("a: &x [1]\nb: *x", r"line 2, column 4: anchors"),
        ("a: [1", r"line 1, column 6"),
        ("1: a", "a name must be a text"),
        ("a: !!python/object:os.system {}", "line 1"),
        ("[" * 100_000, "."),
        ("a: \x00", "not YAML or JSON"),
        ("x" * (4 * 1024 * 1024 + 1), "longer than"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(text, problem):
    with pytest.raises(TextProblem, match=problem):
        load(text)
