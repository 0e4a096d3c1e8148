"""IIF and CBool: every operator, and what null does to it."""

import pytest

from tests.unit.expressions.people import value

COMPARED = [
    ('[country] = "GB"', True), ('[country] = "gb"', False), ('[country] = "US"', False),
    ('[country] <> "GB"', False), ('[country] <> "US"', True),
    ('[country] > "GA"', True), ('[country] > "GB"', False),
    ('[country] >= "GB"', True), ('[country] >= "GC"', False),
    ('[country] < "GC"', True), ('[country] < "GB"', False),
    ('[country] <= "GB"', True), ('[country] <= "GA"', False),
    # As numbers if one side is one.
    ("[level] > 10", False), ('"10" > 9', True), ('"10" > "9"', False), ('[employeeId] = 40017', True),
    ('[level] = "07"', True), ('[level] = "seven"', False), ("-1 < 0", True), ('"1.5" > 1', True),
    # As dates if one side is one.
    ('Now() > "2031-04-01"', True), ('CDate("2031-04-02T11:05:07+02:00") = Now()', True),
    # Booleans as their words.
    ('[accountEnabled] = "True"', True), ('[accountEnabled] = "true"', False), ("[accountEnabled] = 1", False),
]  # fmt: skip


@pytest.mark.parametrize(("condition", "holds"), COMPARED)
def test_a_comparison_holds_or_not(condition, holds):
    assert value(f'IIF({condition}, "yes", "no")') == ("yes" if holds else "no")
    assert value(f"CBool({condition})") is holds


@pytest.mark.parametrize("sign", ["=", "<>", ">", ">=", "<", "<="])
@pytest.mark.parametrize("operand", ["[mail]", "[shoeSize]", "[empty]", "[nothing]"])
def test_a_comparison_with_an_absent_or_empty_attribute_is_false_whatever_the_operator(sign, operand):
    for other in ('""', '"x"', "0", "[mail]", "[city]"):
        assert value(f'IIF({operand} {sign} {other}, "yes", "no")') == "no"
        assert value(f"CBool({other} {sign} {operand})") is False


def test_a_call_that_yields_the_empty_text_compares_as_that():
    assert value('IIF(Left([mail], 3) = "", "yes", "no")') == "yes"
    assert value('IIF(Append([mail], "x") = "", "yes", "no")') == "no"


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("IsPresent([city])", True), ("IsPresent([mail])", False), ("IsNullOrEmpty([mail])", True),
        ("Not(IsPresent([mail]))", True), ("[accountEnabled]", True), ("[IsSoftDeleted]", False),
        ('"True"', True), ('"false"', False), ('"yes"', False), ("1", True), ("0", False), ("-1", True), ('"2"', True),
        ("[mail]", False), ("[empty]", False), ("InStr([city], \"x\")", False), ("Count([proxyAddresses])", True),
    ],
)  # fmt: skip
def test_a_value_is_a_condition_too(condition, holds):
    assert value(f'IIF({condition}, "yes", "no")') == ("yes" if holds else "no")


@pytest.mark.parametrize(
    ("country", "city", "both", "either"),
    [("GB", "Leith", "dock", "here"), ("GB", "Perth", "uk", "here"), ("FR", "Leith", "abroad", "here"),
     ("FR", "Paris", "abroad", "there"), (None, None, "abroad", "there")],
)  # fmt: skip
def test_nested_iifs_are_and_and_or(country, city, both, either):
    source = {"country": country, "city": city}
    assert value('IIF([country]="GB",IIF([city]="Leith","dock","uk"),"abroad")', source) == both
    assert value('IIF([country]="GB","here",IIF([city]="Leith","here","there"))', source) == either


def test_switch_asks_for_an_empty_attribute_where_iif_cannot():
    assert value('IIF([mail] = "", "Other", [mail])') is None
    assert value('Switch([mail], [mail], "", "Other")') == "Other"
