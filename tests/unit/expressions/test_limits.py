"""Nothing that an expression does is without a bound."""

import inspect
import time
from collections.abc import Callable
from contextlib import suppress

import pytest

from scimserver.expressions import ExpressionProblem, compile_expression, limits
from tests.unit.expressions.people import NOW, problem, refusal, value

PATIENCE = 1.0
"""Seconds for what must not take more than 0.1 s of a machine that has nothing else to do."""


def within_time(run: Callable[[], object]) -> None:
    began = time.process_time()
    run()
    assert time.process_time() - began < PATIENCE


def test_an_expression_may_have_ten_thousand_characters_and_no_more():
    longest = 'Append([city], "' + "x" * (limits.MAX_TEXT - 18) + '")'
    assert len(longest) == limits.MAX_TEXT
    assert len(value(longest)) == limits.MAX_TEXT - 13
    found = refusal(longest + " ")
    assert "longer than 10,000 characters" in found.message


def nested(depth: int, name: str = "Append", rest: str = ', "x"') -> str:
    return f"{name}(" * depth + "[city]" + f"{rest})" * depth


def test_calls_may_be_nested_so_deep_and_no_deeper():
    assert value(nested(limits.MAX_DEPTH)) == "Leith" + "x" * limits.MAX_DEPTH
    found = refusal(nested(limits.MAX_DEPTH + 1))
    assert "nested more than 200 deep" in found.message
    assert found.position == limits.MAX_DEPTH * len("Append(")


def test_the_deepest_nesting_is_no_trouble_on_a_stack_that_is_half_full():
    text = nested(limits.MAX_DEPTH)

    def deeper(frames: int) -> object:
        return deeper(frames - 1) if frames else (value(text), str(compile_expression(text)))

    room = 1000 - len(inspect.stack())
    assert deeper(room - 3 * limits.MAX_DEPTH - 50)


def test_a_long_chain_of_iifs_ends():
    chain = "".join(f'IIF([city] = "{n}", "a", ' for n in range(limits.MAX_DEPTH)) + '"end"' + ")" * limits.MAX_DEPTH
    assert value(chain) == "end"


def test_a_source_that_is_too_large_is_refused_by_name():
    assert "[city] is longer than 65,536 characters" in problem('Append([city], "")', city="x" * 65_537).message
    assert "[city] has more than 1,000 values" in problem("Count([city])", city=["x"] * 1_001).message
    assert "[city] is longer than" in problem("Count([city])", city=["x" * 66_000]).message
    assert "[city] is a number of more than 64 bits" in problem("BitAnd([city], 1)", city=2**63).message
    assert "[city] is a number" in problem("BitAnd([city], 1)", city=10**400).message
    assert "[city] is a number" in problem("BitAnd([city], 1)", city=float("nan")).message
    assert value("Count([city])", city=["x"] * 1_000) == 1_000
    assert value("BitAnd([city], [city])", city=-(2**63) + 1) == -(2**63) + 1


@pytest.mark.parametrize(
    "text",
    [
        "Append([long], [long])",
        'Join("", [long], [long])',
        'Join([long], "a", "b", "c")',
        'Replace([long], "x", , , "yy", , )',
        'Replace([long], "x", , , [long], , )',
        'Replace([long], "x", , , , , [long])',
        'Replace([long], , "x", , "yyyyyyyy", , )',
        'Replace([long], , "x", , "$_", , )',
        'Replace([long], , "(?<a>x)", "a", "yyyyyyyy", , )',
        "ConvertToBase64([long])",
        "ConvertToUTF8Hex([long])",
        "NormalizeDiacritics([sharp])",
    ],
)
def test_a_result_that_is_too_large_is_refused(text):
    source = {"long": "x" * 60_000, "sharp": "ß" * 60_000}
    found = problem(text, source)
    assert "the result is longer than 65,536 characters" in found.message
    assert found.position == 0


def test_a_list_that_is_too_long_is_refused():
    assert (
        "Split: the result has more than 1,000 values" in problem('Split([long], "x")', {"long": "x" * 1_000}).message
    )
    assert len(value('Split([long], "x")', {"long": "x" * 999})) == 1_000


def test_all_calls_together_have_a_bound():
    text = 'Left(Join("", ' + ", ".join(["Left(ToUpper([long]), 1)"] * 20) + "), 5)"
    assert "the functions together yield more than 300,000 characters" in problem(text, {"long": "x" * 60_000}).message
    assert value(text, {"long": "x" * 5_000}) == "XXXXX"


HOSTILE = [
    ("(?:a|aa)+$", "a" * 60 + "b"),
    ("(?:.*?,){30}x", "a," * 3_000),
    ("(?<=(?:a|aa)+)b", "a" * 60 + "c"),
    ("(?>(?:a|aa)+)c", "a" * 60_000),
    ("[ax]{500}", ("a" * 499 + "b") * 120),
    ("(?<g>(?:a|aa)+)\\\\k<g>$", "a" * 61 + "b"),
    ("(?i)" + "s" * 490, "ſ" * 60_000),
    ("ß" * 490, "ß" * 60_000),
    ("()", "a" * 30_000),
]


@pytest.mark.parametrize(("pattern", "text"), HOSTILE)
def test_a_regular_expression_that_runs_away_is_stopped(pattern, text):
    expression = compile_expression(f'Replace([text], , "{pattern}", , "", , )')

    def run() -> None:
        with suppress(ExpressionProblem):
            expression.evaluate({"text": text}, now=NOW)

    within_time(run)


def test_the_trial_of_constants_has_the_time_of_one_too():
    one = 'Replace("' + "a" * 60 + 'b", , "(?:a|aa)+$", , "", , )'
    text = 'Join("", ' + ", ".join([one] * 60) + ")"
    within_time(lambda: refusal(text))


def test_one_that_runs_away_says_so_with_its_function_and_place():
    found = problem('Join("", Replace([text], , "(?:a|aa)+$", , "", , ))', {"text": "a" * 60 + "b"})
    assert found.message.startswith("Replace: the regular expression runs longer than 0.1 s")
    assert found.position == 9


def test_many_of_them_share_the_time_of_one():
    one = 'Replace([text], , "(?:a|aa)+$", , "", , )'
    text = 'Join("", ' + ", ".join([one] * 100) + ")"
    within_time(lambda: problem(text, {"text": "a" * 25 + "b"}))


@pytest.mark.parametrize("make", ["replace", "group", "extract"])
def test_every_way_to_use_one_is_stopped(make):
    text = {
        "replace": 'Replace([text], , "(?:a|aa)+$", , "x", , )',
        "group": 'Replace([text], , "(?<g>(?:a|aa)+)$", "g", "x", , )',
        "extract": 'Replace([mail], , "(?<g>(?:a|aa)+)$", "g", , [text], )',
    }[make]
    within_time(lambda: problem(text, {"text": "a" * 60 + "b"}))


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("(?:a{100}){100}", "more than 5,000 elements"),
        ("a{1000000}", "more than 5,000 elements"),
        ("(?:(?:(?:a{50}){50}){50}){50}", "more than 5,000 elements"),
        ("(?:a{1,6000}|b)", "more than 5,000 elements"),
        ("a" * 501, "at most 500 characters"),
        ("(" * 51 + "a" + ")" * 51, "nested more than 50 deep"),
        ("[a-[b-[c-[d-[e-[f-[g]]]]]]]", "too many classes inside"),
    ],
)
def test_a_pattern_that_is_too_large_is_refused_before_it_is_compiled(pattern, said):
    within_time(lambda: refusal(f'Replace([text], , "{pattern}", , "", , )'))
    assert said in problem("Replace([text], , [pattern], , [text], , )", {"text": "a", "pattern": pattern}).message


def test_a_replacement_refers_to_groups_a_hundred_times_at_most():
    assert value(f'Replace("a", , "(b?)", , "{"$1" * 100}", , )') == "a"
    found = problem(f'Replace([text], , "(b?)", , "{"$1" * 101}", , )', {"text": "a"})
    assert "refers to groups more than 100 times" in found.message


def test_a_date_format_has_a_hundred_characters_at_most():
    assert "at most 100 characters" in refusal(f'FormatDateTime([x], , "{"d" * 101}", "yyyy")').message
    hard = "dMyHms" * 16
    within_time(lambda: problem(f'FormatDateTime([x], , "{hard}", "yyyy")', {"x": "1" * 150 + "x"}))


def test_every_limit_is_explained_and_tested_here():
    names = [name for name in vars(limits) if name.isupper()]
    source = inspect.getsource(limits)
    assert len(names) >= 12
    for name in names:
        assert f"\n{name} = " in source
        assert source.split(f"\n{name} = ")[1].split("\n")[1].startswith('"""')
