"""Whatever is written and whatever the source holds: an answer within the limits, or a problem with its place."""

from collections.abc import Mapping
from datetime import datetime
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from scimserver.expressions import ExpressionProblem, compile_expression, limits
from scimserver.expressions.parser import parse
from scimserver.expressions.values import size
from tests.unit.expressions.made_up import GARBAGE, PATTERNS, Maker
from tests.unit.expressions.people import NOW

BATCH = 12
"""Cases made from one seed: making is much quicker than drawing."""
CASES = settings(max_examples=10, deadline=None, derandomize=True, database=None)
SEEDS = st.integers(0, 2**32).map(lambda seed: [seed * BATCH + place for place in range(BATCH)])


def outcome(text: str, source: Mapping[str, Any]) -> Any:
    """The result or the problem; a problem has its place in the text and says something on one line."""
    try:
        return compile_expression(text).evaluate(source, now=NOW, random=Random(1))
    except ExpressionProblem as problem:
        told = problem
    assert told.text == text
    assert 0 <= told.position <= len(text)
    assert 10 < len(told.message) < 500
    assert len(str(told).splitlines()) == 3
    return told


def within_limits(result: Any) -> bool:
    if isinstance(result, list):
        assert 0 < len(result) <= limits.MAX_VALUES
        assert all(isinstance(item, str | bool | int | float | dict) for item in result)
    if isinstance(result, int):
        assert abs(result) <= limits.MAX_NUMBER
    assert result is None or isinstance(result, str | bool | int | float | list)
    return size(result) <= limits.MAX_RESULT


@CASES
@given(SEEDS)
def test_reading_what_was_printed_gives_the_same_tree(seeds):
    for seed in seeds:
        tree = Maker(seed).tree()
        assert parse(str(tree)) == tree
        assert str(parse(str(tree))) == str(tree)


@CASES
@given(SEEDS)
def test_evaluating_gives_a_result_within_the_limits_or_a_problem_and_the_same_again(seeds):
    for seed in seeds:
        maker = Maker(seed)
        text, source = str(maker.sensible()), maker.source()
        result = outcome(text, source)
        if not isinstance(result, ExpressionProblem):
            assert within_limits(result)
            assert outcome(text, source) == result
            assert outcome(str(parse(text)), source) == result


def test_enough_of_what_is_made_up_has_a_result():
    made = [Maker(seed) for seed in range(150)]
    results = [outcome(str(maker.sensible()), maker.source()) for maker in made]
    assert sum(not isinstance(result, ExpressionProblem) for result in results) > 50
    assert sum(result is not None and not isinstance(result, ExpressionProblem) for result in results) > 20


@CASES
@given(SEEDS, st.text(max_size=20))
def test_garbage_is_a_problem_with_a_place_and_nothing_else(seeds, text):
    outcome(text, {})
    for seed in seeds:
        maker = Maker(seed)
        outcome(maker.joined(GARBAGE, 12), maker.source())
        written = str(maker.tree())
        cut = maker.random.randint(0, len(written))
        outcome(written[:cut] + maker.random.choice(GARBAGE) + written[cut + maker.random.randint(0, 3) :], {})


@CASES
@given(SEEDS, st.text(max_size=10), st.text("ab1 \n", max_size=12), st.text("$1{n}&'_x", max_size=8))
def test_any_regular_expression_works_or_is_a_problem(seeds, pattern, text, replacement):
    for each in [pattern, *(Maker(seed).joined(PATTERNS, 10) for seed in seeds)]:
        source = {"pattern": each, "text": text, "new": replacement}
        result = outcome("Replace([text], , [pattern], , [new], , )", source)
        assert isinstance(result, str) or result.message.startswith("Replace: ")


@CASES
@given(SEEDS, st.datetimes())
def test_any_date_format_works_or_is_a_problem(seeds, moment):
    for seed in seeds:
        maker = Maker(seed)
        form, text = maker.joined([*"yMdhHmsfFtzKg:/-'\\% ,.T"], 14), maker.joined([*"0123456789:-+/ TZAPM"], 14)
        source = {"form": form, "text": text, "date": moment}
        outcome('FormatDateTime([text], , [form], "o")', source)
        outcome('FormatDateTime([date], , "M/d/yyyy h:mm:ss tt", [form])', source)
        outcome("CDate([text])", source)


ROUND = [
    (form, compile_expression(f'FormatDateTime(FormatDateTime([x], , "s", "{form}"), , "{form}", "s")'))
    for form in ("M/d/yyyy h:mm:ss tt", "o", "s", "R", "dddd, d MMMM yyyy HH:mm:ss")
]


@settings(CASES, max_examples=30)
@given(st.datetimes(datetime(1601, 1, 1), datetime(9999, 12, 31)).map(lambda moment: moment.replace(microsecond=0)))
def test_a_date_that_was_printed_reads_as_the_same_date(moment):
    for form, expression in ROUND:
        assert expression.evaluate({"x": moment.isoformat()}) == moment.isoformat(), form
    assert outcome("NumFromDate(DateFromNum(NumFromDate([x])))", {"x": moment}) == outcome(
        "NumFromDate([x])", {"x": moment}
    )
