"""What .NET's regular expressions mean, and what is no such expression."""

import pytest

from scimserver.expressions.patterns import compile_pattern
from scimserver.expressions.problems import Refused

REPLACED = [
    # Groups: named ones are numbered behind the others.
    ("(a)(?<x>b)(c)", "abc", "$1-$2-$3-${x}", "a-c-b-b"),
    ("(?'x'a)b", "ab", "${x}", "a"),
    ("(?<1>a)(?<2>b)", "ab", "$2$1", "ba"),
    ("(?<7>a)(b)(?<x>c)", "abc", "$7$1$2", "abc"),
    ("(?n)(a)(?<x>b)", "ab", "$1$2", "b$2"),
    ("(?:a)(?<x>b)", "ab", "[$1]", "[b]"),
    ("(?<x>a)|(?<x>b)", "ab", "[${x}]", "[a][b]"),
    (r"(?<x>.)\k<x>", "aabb", "1", "11"),
    (r"(?<x>.)\k'x'", "aab", "1", "1b"),
    (r"(.)\1", "aab", "1", "1b"),
    ("(?<n>a)?(?(n)b|c)", "abc", "1", "11"),
    # What a replacement may say.
    ("b", "abc", "[$`|$'|$&|$_|$0|$$]", "a[a|c|b|abc|b|$]c"),
    ("(a)(b)", "ab", "$+", "b"),
    ("a", "a", "$+", "a"),
    ("a", "a", "$1${no}$", "$1${no}$"),
    ("(a)|b", "b", "[$1]", "[]"),
    # Options.
    ("a(?i)b|c", "aBC abAC", "-", "-- -A-"),
    ("(?i:a)b", "AbaB", "-", "-aB"),
    ("(?i)a(?-i)b", "AbAB", "-", "-AB"),
    ("(?i)a((?-i)b)c", "AbCABC", "-", "-ABC"),
    ("(?s).", "\n", "-", "-"),
    (".", "\n", "-", "\n"),
    ("(?m)^b$", "a\nb\nc", "Z", "a\nZ\nc"),
    ("^b$", "a\nb\nc", "Z", "a\nb\nc"),
    ("(?x) a b # a comment\n c", "abc", "-", "-"),
    ("a(?# a comment)b", "ab", "-", "-"),
    ("(?x)a (?i) B", "ab", "-", "-"),
    ("(?x) a {2} b", "aab", "-", "-"),
    # Anchors.
    (r"a\Z", "a\n", "-", "-\n"),
    (r"a\z", "a\n", "-", "a\n"),
    (r"\Aa", "aa", "-", "-a"),
    (r"\ba\B", "ab a", "-", "-b a"),
    (r"\Ga", "aaba", "-", "--ba"),
    ("(?<=a)b|(?<!a)c|d(?=e)|f(?!g)", "ab ac c de df f fg", "-", "a- ac - -e d- - fg"),
    # Classes.
    ("[a-z-[aeiou]]", "harbour", "_", "_a__ou_"),
    ("[^a-z-[aeiou]]", "a1", "_", "a_"),
    (r"[\p{Lu}\d]", "aB1", "_", "a__"),
    (r"[\P{L}]", "a1", "_", "a_"),
    (r"\p{IsCyrillic}", "aЖ", "_", "a_"),
    (r"\p{L}\P{L}", "a1", "_", "_"),
    ("[]a]", "]b", "-", "-b"),
    ("[^]a]", "x]", "-", "-]"),
    ("[a^-]", "^-b", "_", "__b"),
    (r"[\b\x41-\x43\-\]]", "ABD-]", ".", "..D.."),
    ("[a-z&&[b]]", "b]&", "-", "-&"),
    ("[[:alpha:]]", "a]", "-", "-"),
    (r"[\w-]+", "a-b", "_", "_"),
    (r"[\D]\S\W\s", "ab! ", "_", "_"),
    # Characters.
    (r"\u0041\x42\x43\t\n\cA\e\a\f\r\v\0", "ABC\t\n\x01\x1b\a\f\r\v\0", "-", "-"),
    (r"\.\*\(\-\/\ ", ".*(-/ ", "-", "-"),
    ("a{,2}{", "a{,2}{", "-", "-"),
    ("}]", "}]", "-", "-"),
    ("{x}", "{x}", "-", "-"),
    ("ä~@#%&'\"<>=!", "ä~@#%&'\"<>=!", "-", "-"),
    ("ﬁ|ß", "ßﬁ", "-", "--"),
    # Repetitions.
    ("a??b", "ab", "-", "-"),
    ("a*?b|c+?|d{2}?|e{1,2}?|f{2,}", "aabccddeeff", "-", "-------"),
    ("x*", "abc", "-", "-a-b-c-"),
    ("", "ab", "-", "-a-b-"),
    ("(?:ab|a)(?>b*)c?", "abbc", "-", "-"),
]  # fmt: skip


@pytest.mark.parametrize(("pattern", "text", "replacement", "expected"), REPLACED)
def test_it_replaces_as_net_does(pattern, text, replacement, expected):
    assert compile_pattern(pattern).replace(text, replacement, 1) == expected


def test_a_group_is_replaced_wherever_it_matched_and_nothing_else():
    assert compile_pattern(r"[a-z](?<d>\d)+").replace_group("a1b22c", "d", "#", 1) == "a#b##c"
    assert compile_pattern("a(?=(?<x>.*))").replace_group("abab", "x", "-", 1) == "a-"
    assert compile_pattern("(?<x>q)?a").replace_group("aqa", "x", "-", 1) == "a-a"
    assert compile_pattern("(a)(b)").replace_group("ab", "2", "-", 1) == "a-"


REFUSED = [
    ("(a", r"a ( is not closed: write \(", 3),
    ("a)", r"a ) closes nothing: write \)", 2),
    ("[a", r"a [ is not closed: write \[", 3),
    ("[]", "a [ is not closed", 3),
    ("[a-z-[aeiou]x]", "a subtraction -[…] must be the last", 13),
    ("[z-a]", "the wrong way round", 5),
    (r"[\d-z]", "a range begins with a set", 4),
    (r"[a-\d]", "a range ends with a set", 6),
    ("*a", "a repetition has nothing before it", 1),
    ("a|+", "a repetition has nothing before it", 3),
    ("a**", "a repetition follows a repetition", 3),
    ("a++", "a repetition follows a repetition", 3),
    ("a{2}{3}", "a repetition follows a repetition", 5),
    ("a{2,1}", "the larger number first", 7),
    (r"\q", r"\q is no escape", 1),
    (r"\_", r"\_ is no escape", 1),
    (r"[\q]", r"\q is no escape inside a class", 2),
    ("a\\", "nothing follows the last", 2),
    ("(?<a-b>x)", "balancing groups (?<a-b>…) are not supported", 1),
    ("(?<-b>x)", "balancing groups", 1),
    ("(?P<n>x)", "Python's syntax", 1),
    ("(?R)", "opens no group that .NET has", 1),
    ("(?|a|b)", "opens no group that .NET has", 1),
    ("(?<0>a)", "a group with a number for its name", 6),
    ("(?#a", "a comment (?# is not closed", 1),
]  # fmt: skip


@pytest.mark.parametrize(("pattern", "said", "place"), REFUSED)
def test_what_is_no_regular_expression_is_refused_with_the_place_in_it(pattern, said, place):
    with pytest.raises(Refused) as caught:
        compile_pattern(pattern)
    assert said in str(caught.value)
    assert str(caught.value).endswith(f"(at its character {place})")


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        (r"\2(a)", "refers to a group that it does not have"),
        (r"\k<x>(a)", "refers to a group that it does not have"),
        ("(?(x)a|b)", "refers to a group that it does not have"),
        (r"\p{Foo}", "unknown property"),
        (r"\p{IsNowhere}", "unknown property"),
    ],
)
def test_what_is_known_only_as_a_whole_is_refused_too(pattern, said):
    with pytest.raises(Refused, match=said):
        compile_pattern(pattern)


def test_a_group_that_is_not_there_is_refused_with_those_that_are():
    with pytest.raises(Refused, match="it has one, two"):
        compile_pattern("(?<one>a)(?<two>b)(c)").group("three")
    with pytest.raises(Refused, match=r"name one with \(\?<name>…\)"):
        compile_pattern("a").group("three")
