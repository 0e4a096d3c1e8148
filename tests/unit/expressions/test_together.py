"""Several evaluations under one budget, raw values, and what varies."""

from datetime import UTC, datetime

import pytest

from scimserver.expressions import Budget, ExpressionProblem, compile_expression
from scimserver.expressions.functions import FUNCTIONS
from tests.unit.expressions.people import INES, NOW, problem, refusal


def test_evaluations_share_what_a_budget_allows():
    expression = compile_expression("ToUpper([city])")
    budget = Budget(work=25)
    for _ in range(2):
        assert expression.evaluate(INES, budget=budget) == "LEITH"
    with pytest.raises(ExpressionProblem, match="all fields together yield more than 500,000") as caught:
        expression.evaluate(INES, budget=budget)
    assert caught.value.exhausted
    assert expression.evaluate(INES) == "LEITH"


def test_regular_expressions_share_its_time():
    expression = compile_expression('Replace([city], , "e", , "x", , )')
    budget = Budget(regex_seconds=0)
    with pytest.raises(ExpressionProblem, match="Replace: the regular expression runs longer") as caught:
        expression.evaluate(INES, budget=budget)
    assert caught.value.exhausted
    assert expression.evaluate(INES) == "Lxith"


def test_only_what_may_end_otherwise_another_time_counts_as_exhausted():
    assert problem('Replace([text], , "(?:a|aa)+$", , "", , )', {"text": "a" * 60 + "b"}).exhausted
    assert not problem("CDate([city])").exhausted
    assert not problem('Append([long], "x")', {"long": "x" * 65_536}).exhausted
    assert not refusal("Joyn()").exhausted


def test_a_raw_value_keeps_its_kind():
    assert compile_expression("Now()").value(INES, now=NOW) == NOW
    assert compile_expression("CDate([d])").value({"d": "2031-04-02"}) == datetime(2031, 4, 2, tzinfo=UTC)
    assert compile_expression("Count([proxyAddresses])").value(INES) == 3


@pytest.mark.parametrize(
    ("text", "varying"),
    [
        ("Now()", ["Now"]),
        ('Join("", Guid(), RandomString(1, 0, 0, 0, 0))', ["Guid", "RandomString"]),
        ('SelectUniqueValue([city], "x")', ["SelectUniqueValue"]),
        ('FormatDateTime([x], , "HH:mm", "o")', ["FormatDateTime"]),
        ('FormatDateTime([x], , [f], "o")', ["FormatDateTime"]),
        ('FormatDateTime([x], "NoCurrentDateDefault", "dd MMM", "o")', ["FormatDateTime"]),
        ('FormatDateTime([x], "NoCurrentDateDefault", "HH:mm", "o")', []),
        ('FormatDateTime([x], , "yy-MM", "o")', []),
        ('FormatDateTime([x], , "o", "o")', []),
        ('FormatDateTime([x], , "t", "o")', ["FormatDateTime"]),
        ('Replace([x], , "a", , "b", , )', []),
        ('DateDiff("d", CDate([x]), Now())', ["Now"]),
    ],
)
def test_what_varies_is_named(text, varying):
    assert [call.name for call in compile_expression(text).varying] == varying


def test_every_function_that_uses_the_context_says_whether_it_varies_but_those_that_only_watch_the_clock():
    assert {f.name for f in FUNCTIONS.values() if f.wants_context and f.varies is None} == {"Replace"}
