"""How an expression is written, and what is said of one that is not."""

import pytest

from scimserver.expressions import compile_expression
from scimserver.expressions.parser import parse
from tests.unit.expressions.people import INES, caret, problem, refusal, value

READ = [
    ('Append("C:\\\\Docks", "\\"x\\"")', 'C:\\Docks"x"'),
    ('Append("a\\\\", "\\\\b")', "a\\\\b"),
    ('Append("line\nbreak", "\ttab")', "line\nbreak\ttab"),
    ('Append("§ü🚢", "")', "§ü🚢"),
    ('  Append ( [city]\n,\t"x" )  ', "Leithx"),
    ("Left([surname],-1)", "Okafor"),
    ("BitAnd(&H2A, 253)", 40),
    ("BitAnd(&hff, &H0f)", 15),
    ("BitAnd(-1, 9223372036854775807)", 9223372036854775807),
    ('Replace([department],"Harbour", , ,"Quay", , )', "Quay Works"),
    ('Replace([department],"Harbour",,,"Quay",,)', "Quay Works"),
    ('Replace([department],"Harbour", , ,"Quay")', "Quay Works"),
    ("Coalesce([mail], , [city], )", "Leith"),
    ('Switch([city], , "Leith", "LEI")', "LEI"),
    ("Now( )", "4/2/2031 9:05:07 AM"),
    ('IIF([city]="Leith","yes","no")', "yes"),
    ('IIF([city] = "Leith", "yes", "no")', "yes"),
    ("CBool(1 <> 2)", True),
    ('InStr("Harbour", "R", 1, vbTextCompare)', 3),
    ('InStr("Harbour", "R", 1, vbBinaryCompare)', 0),
]


@pytest.mark.parametrize(("text", "expected"), READ)
def test_it_reads(text, expected):
    assert value(text) == expected


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ('Append([emails[type eq "work"].value], "")', 'emails[type eq "work"].value'),
        ('Append([emails[value eq "a]b\\"]"].value], "")', 'emails[value eq "a]b\\"]"].value'),
        ('Append([urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department], "")',
         "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department"),
        ('Append([extension_0a1b_Cost Centre], "")', "extension_0a1b_Cost Centre"),
        ('Append([ city ], "")', "city"),
        ('Append([a"b], "")', 'a"b'),
    ],
)  # fmt: skip
def test_attribute_names_may_hold_balanced_brackets_and_anything_else(text, name):
    assert compile_expression(text).attributes == {name}
    assert value(text, {name: "found"}) == "found"
    assert value(text, {name.upper() + "x": "found"}) is None


def test_a_source_may_be_a_function_of_the_name():
    assert compile_expression('Append([anything], "!")').evaluate(lambda name: name.upper()) == "ANYTHING!"


def test_attributes_are_all_that_it_reads_also_in_conditions_and_branches():
    text = 'IIF([a] = [b], Join("", [c], Left([d], 1)), Coalesce([e], [a]))'
    assert compile_expression(text).attributes == {"a", "b", "c", "d", "e"}


def test_an_attribute_that_the_source_does_not_have_is_null_and_no_error():
    assert value('Append([shoeSize], "x")') is None
    assert value('Coalesce([City], "another name")') == "another name"


REFUSED = [
    ("", "it is empty", 0),
    ("   ", "it is empty", 0),
    ("[city]", "direct mapping", 0),
    ('"city"', "constant mapping", 0),
    ("42", "constant mapping", 0),
    ("(Now())", "begins with the name of a function", 0),
    ("Now", "expected ( behind the function Now", 3),
    ("Join(\"\", Now)", "the word Now means nothing alone", 9),
    ("Now() Now()", "the expression ends before this", 6),
    ("Now())", "the expression ends before this", 5),
    ('Left([city], 2', "the bracket of Left is not closed", 4),
    ('Append([city, "x")', "an attribute is not closed", 7),
    ('Append([emails[type eq "work"], "x")', "an attribute is not closed", 7),
    ('Append([emails[type eq "work].value], 1)', "an attribute is not closed", 7),
    ('Append([], "x")', "an attribute has no name", 7),
    ('Append(city], "x")', "']' is not part of the language: no [ was opened", 11),
    ('Append([city], "x)', "a text is not closed", 15),
    ('Append([city], "x\\")', "a text is not closed", 15),
    ('Append([city], "\\d+")', 'write each backslash twice, as in "\\\\d+"', 16),
    ("Append([city], 'x')", "a text stands in double quotes", 15),
    ("Append([city], “x”)", "straight double quotes", 15),
    ('Append([city] [state], "x")', "expected a comma or )", 14),
    ('Append([city] "x")', "expected a comma or )", 14),
    ('Append([city] Left("x", 1))', "expected a comma or )", 14),
    ('Append([city] & "x")', "joined with Join or Append", 14),
    ('Append([city] + "x", "")', "there is no arithmetic", 14),
    ("Left([city], 1.5)", "numbers are whole", 14),
    ("Left([city], 1x)", "expected a comma or )", 14),
    ("BitAnd(&G, 1)", "a hexadecimal number is written &H2A", 7),
    ("BitAnd(9223372036854775808, 1)", "a number is at most 9223372036854775807", 7),
    ("BitAnd(&HFFFFFFFFFFFFFFFF, 1)", "a number is at most", 7),
    (f"BitAnd({'9' * 5000}, 1)", "a number is at most", 7),
    ('IIF([a]="x" AND [b]="y", 1, 2)', "there is no AND: nest another IIF in the true branch", 12),
    ('IIF([a]="x" or [b]="y", 1, 2)', "there is no OR: nest another IIF in the false branch", 12),
    ('IIF(not [a], 1, 2)', "negation is the function Not", 4),
    ('IIF([a]="x"="y", 1, 2)', "one comparison at a time", 11),
    ('IIF(="x", 1, 2)', "= needs something to compare on its left", 4),
    ('IIF([a]=, 1, 2)', "= needs something to compare with on its right", 8),
    ('IIF([a] <> , 1, 2)', "<> needs something to compare with on its right", 11),
    ('IIF([a] != "x", 1, 2)', "written <>", 8),
    ("IIF(true, 1, 2)", 'write "True" as a text', 4),
    ("Append((\"x\"), 1)", "a bracket opens without the name of a function", 7),
    ('Append([city]; "x")', "arguments are separated by commas", 13),
    ('Append([city], §)', "expected a function", 15),
]  # fmt: skip


@pytest.mark.parametrize(("text", "said", "position"), REFUSED)
def test_it_is_refused_at_the_place_with_the_cure(text, said, position):
    found = refusal(text)
    assert said in found.message
    assert found.position == position
    assert found.text == text
    assert f"(character {position + 1})" in str(found)


@pytest.mark.parametrize(
    ("text", "said", "position"),
    [
        ('Join("", Uper([city]))', "there is no function Uper", 9),
        ('Join("", ToUper([city]))', "did you mean ToUpper?", 9),
        ('iif([city] = "x", 1, 2)', "letter case counts, write IIF", 0),
        ("ISNULLOREMPTY([city])", "letter case counts, write IsNullOrEmpty", 0),
        ("Xylophone([city])", "docs/reference/expressions.md", 0),
        ("Left([city])", "Left(string, numChars) takes 2 arguments, and there are 1", 0),
        ("Left([city], 1, 2)", "takes 2 arguments, and there are 3", 0),
        ('Join("")', "takes at least 2 arguments", 0),
        ("Now(1)", "Now() takes 0 arguments", 0),
        ("IsNull()", "takes 1 argument, and there are 0", 0),
        ('InStr("a")', "takes 2 to 4 arguments, and there are 1", 0),
        ('FormatDateTime([a], , "yyyy")', "takes 4 arguments", 0),
        ("Left(, 1)", 'string is required: an empty text is written ""', 5),
        ('FormatDateTime([a], , , "yyyy")', "inputFormat is required", 22),
        ('IIF([a] = "x", , "b")', "valueIfTrue is required", 15),
        ('Left([city], "two")', "numChars must be a whole number", 13),
        ("Mid([city], 0, 1)", "start counts from 1", 12),
        ("Item([proxyAddresses], 0)", "index counts from 1", 23),
        ('DateAdd("q", 1, Now())', "interval must be one of yyyy, m, d, ww, h, n, s", 8),
        ('DateAdd("d", 1, "soon")', "dateTime must be a date", 16),
        ('CDate("2031-02-30")', "expression must be a date", 6),
        ('ToLower([city], "turkish!")', "culture must be the name of a culture", 16),
        ('InStr([city], "e", 1, "vbTextCompare")', "compareType must be vbTextCompare or vbBinaryCompare", 22),
        ("Left(vbTextCompare, 1)", "vbTextCompare belongs in the compareType of InStr", 5),
        ('Switch([city], "x", "Leith", "LEI", "Perth")', "keys and values come in pairs", 36),
        ('Switch([city], "Leith", "LEI", "Perth", "PER")', "a comma for the default", 40),
        ('Switch([city], "x", "Leith")', "takes at least 4 arguments", 0),
        ('Switch([city], , "Leith", "LEI", , "PER")', "each argument is required", 33),
        ('Join("-", , [city])', "source1 is required", 10),
        ('Join("-", [city], )', "each argument is required", 18),
        ("Coalesce()", "takes at least 1 argument, and there are 0", 0),
        ('Split([city], "")', "delimiter must not be empty", 14),
        ('Not([city] = "x")', "here put it into CBool(…)", 4),
        ('Join("", [city] = "x")', "a comparison belongs in the condition of IIF or in CBool", 9),
        ('Replace([city], , "(", , "x", , )', "regexPattern must be a regular expression", 18),
        ('Replace([city], , "(?<a>x)", "b", "x", , )', "no group with this name: it has a", 29),
        ("Replace([city])", "source alone mean nothing together", 0),
        ('Replace([city], "x", "y", , "z", , )', "oldValue and regexPattern and replacementValue mean nothing", 0),
        ('Replace([city], "", , , "x", , )', "oldValue must not be empty", 16),
        ('FormatDateTime([a], , "yyyy\'x", "yyyy")', "inputFormat must be a date format", 22),
        ('FormatDateTime([a], "Loose", "yyyy", "yyyy")', "dateTimeStyles must be names of .NET's DateTimeStyles", 20),
        ('FormatDateTime("2031", , "MM", "yyyy")', "the source does not match inputFormat", 0),
        ("RandomString(4, 3, 0, 1, 1)", "the least numbers must not", 0),
        ("RandomString(257, 3, 0, 1, 1)", "length must be from 0 to 256", 0),
        ('RandomString(4, 1, 0, 0, 0, "0123456789")', "charactersToAvoid leaves none", 0),
        ("Append([appRoleAssignments], \"x\")", "only a role function takes it", 7),
        ('CBool([appRoleAssignments] = "x")', "only a role function takes it", 6),
        ('SingleAppRoleAssignment("editor")', "a role function takes [appRoleAssignments] only", 24),
        ("AppRoleAssignmentsComplex([roles])", "a role function takes [appRoleAssignments] only", 26),
        ('Append(SelectUniqueValue([a], [b]), "x")', "SelectUniqueValue must be the outermost call", 7),
        ("SelectUniqueValue([a])", "takes at least 2 arguments", 0),
        ('Left("' + "x" * 5 + '", Len([city]))', "there is no function Len", 14),
    ],
)  # fmt: skip
def test_what_needs_no_value_is_said_before_there_is_one(text, said, position):
    found = refusal(text)
    assert said in found.message
    assert found.position == position


def test_the_first_fault_of_the_text_is_told_first():
    assert refusal('Join("", Left([city]), Uper([city]))').position == 9


def test_a_caret_stands_below_the_place():
    assert caret(refusal('Join("", Uper([city]))')) == "Uper([city]))"
    assert caret(refusal("Left([city], 2")) == "([city], 2"


def test_the_caret_of_a_long_expression_of_many_lines_shows_its_surroundings_on_one_line():
    text = 'Join("",\n' + ' "padding",\n' * 40 + " Uper([city]),\n" + ' "padding",\n' * 40 + ' "end")'
    found = refusal(text)
    assert found.position == text.index("Uper")
    assert caret(found).startswith("Uper([city]),  ")
    assert all(len(line) < 120 for line in str(found).splitlines())


@pytest.mark.parametrize("text", [text for text, _ in READ])
def test_an_expression_is_printed_in_one_way_that_reads_as_the_same(text):
    printed = str(compile_expression(text))
    assert parse(printed) == parse(text)
    assert str(parse(printed)) == printed
    assert value(printed) == value(text)


def test_the_canonical_form_is_what_one_would_write():
    assert str(compile_expression(' IIF( [a]="x\\\\",&H10 ,Switch([b],,"k",-1) )')) == (
        'IIF([a] = "x\\\\", 16, Switch([b], , "k", -1))'
    )


def test_long_names_and_line_breaks_do_not_spread_over_a_message():
    long = "Nam" * 300
    for text in (f"{long}([city])", f"Join({long}, 1)", f"{long}(", f"{long}"):
        assert len(refusal(text).message) < 400
    found = problem(f'Append([{long}\n{long}], "x")', {f"{long}\n{long}": b""})
    assert len(found.message) < 200 and len(str(found).splitlines()) == 3


def test_an_expression_that_redacts_says_so():
    assert compile_expression("Redact([city])").redacted
    assert compile_expression('Join("", Redact([city]))').redacted
    assert not compile_expression('Join("", "Redact")').redacted
    assert INES["city"] == value("Redact([city])")
