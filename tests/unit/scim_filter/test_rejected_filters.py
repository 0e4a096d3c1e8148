"""What the parser refuses, and what the IT admin reads: the attribute, the rule, the cure and the place."""

import pytest

from scimserver.errors import InvalidFilter
from scimserver.schema.attributes import ResourceType
from scimserver.scim.parser import parse_filter
from scimserver.scim.reading import strict
from tests.readings import either

from .samples import BOAT, CORE, ENTERPRISE, GROUP, USER
from .test_accepted_filters import TOLERANT

REJECTED = [
    (USER, "", "is empty"),
    (USER, "   ", "is empty"),
    (USER, "userName", "operator is expected behind userName"),
    (USER, "userName eq", "value is missing behind userName eq"),
    (USER, "userName eq ", "(at position 13: userName eq ⟨here⟩)"),
    (USER, "userName eq and title pr", "value is missing"),
    (USER, "userName eq pr", "value is missing"),
    (USER, "ines", '"ines" is unknown'),
    (USER, "ines okafor", '"ines" is unknown'),
    (USER, "userName ines", "operator is expected behind userName"),
    (USER, "userName eq ines okafor", "between double quotes"),
    (USER, 'userName eq "ines" "okafor"', '"and" or "or" is expected'),
    (USER, 'userName eq "ines', "not closed"),
    (USER, 'userName eq "ines\\"', "not closed"),
    (USER, "userName eq 'ines'", "double quotes"),
    (USER, "userName eq “ines”", "double quotes"),
    (USER, 'userName eq "a\\x"', "not valid JSON"),
    (USER, 'userName eq "a\tb"', "not valid JSON"),
    (USER, 'userName eq "\\ud800"', "surrogate"),
    (USER, "userName eq \udc00", "surrogate"),
    (USER, "userName ne ines", "between double quotes"),
    (USER, "userName ne 5", "a string is expected"),
    (USER, "userName like ines", "operator is expected"),
    (USER, 'userName == "ines"', "operator is expected"),
    (USER, 'eq "ines"', "attribute name is expected"),
    (USER, '"userName" eq "ines"', "attribute name is expected"),
    (USER, 'userName eq "a" and', "attribute name is expected"),
    (USER, 'and userName eq "a"', "attribute name is expected"),
    (USER, 'userName eq "a" title pr', '"and" or "or" is expected'),
    (USER, "not title pr", "parentheses"),
    (USER, "not", "parentheses"),
    (USER, "()", "attribute name is expected"),
    (USER, "(title pr", "parenthesis is not closed"),
    (USER, "title pr)", '"and" or "or" is expected'),
    (USER, 'emails[type eq "work"', "bracket is not closed"),
    (USER, "emails[]", "attribute name is expected"),
    (USER, 'emails[type eq "work"].valu eq "x"', 'emails has no sub-attribute "valu"; did you mean "value"?'),
    (USER, 'emails[type eq "work"].value', "operator is expected behind value"),
    (USER, 'emails[typ eq "work"]', 'did you mean "type"?'),
    (USER, 'emails[emails[type eq "work"]]', 'no sub-attribute "emails"'),
    (USER, 'emails[type[type eq "x"]]', "operator is expected"),
    (USER, 'emails.value[type eq "work"]', "belongs behind emails"),
    (USER, 'userName[value eq "x"]', "single simple value"),
    (USER, 'addresses[type eq "work"] eq "x"', "no value to compare"),
    (USER, 'userNme eq "x"', 'the attribute "userNme" is unknown; did you mean "userName"?'),
    (USER, 'name.familyNam eq "x"', 'did you mean "name.familyName"?'),
    (USER, 'qqqqq eq "x"', "/Schemas lists what a User has"),
    (USER, 'members eq "u_1"', '"members" is unknown'),
    (USER, 'urn:larkfield:2.0:User:x eq "x"', "schema of"),
    (USER, f'{ENTERPRISE}:departmnt eq "x"', 'did you mean "department"?'),
    (USER, f'{ENTERPRISE}:userName eq "x"', "is unknown"),
    (USER, f'{ENTERPRISE} eq "x"', "names a whole schema"),
    (USER, f"{CORE} pr", "names a whole schema"),
    (USER, 'name eq "x"', "use one of name.formatted, name.familyName"),
    (USER, 'meta eq "x"', "complex"),
    (USER, "password pr", "never returned"),
    (USER, 'manager.$ref eq "x"', "manager.value"),
    (USER, "active gt true", "have no order"),
    (USER, 'active co "t"', "no parts"),
    (USER, "active eq 1", "true or false is expected"),
    (USER, 'active eq "yes"', "true or false is expected"),
    (USER, 'meta.created gt "yesterday"', "date and time is expected"),
    (USER, 'meta.created gt "2031-02-30T00:00:00Z"', "date and time is expected"),
    (USER, 'meta.created gt "2031-02-03"', "date and time is expected"),
    (USER, 'meta.created gt "2031-02-29T00:00:00Z"', "date and time is expected"),
    (USER, 'meta.created sw "2031"', "no parts"),
    (USER, "userName gt null", "null can only be compared with eq or ne"),
    (GROUP, 'userName eq "x"', '"userName" is unknown'),
    (GROUP, 'members[$ref eq "x"]', "use value"),
    (BOAT, 'secret eq "x"', "never returned"),
    (BOAT, 'keelPlan gt "x"', "have no order"),
    (BOAT, "berths co 1", "no parts"),
    (BOAT, "berths eq four", "whole number is expected"),
    (BOAT, "berths eq 01", "whole number is expected"),
    (BOAT, "length eq 1e999", "a number is expected"),
    (BOAT, 'note eq "x"', "Boat:harbour:note or urn:larkfield:schemas:2.1:crew:note"),
    (BOAT, 'tags.value eq "x"', '"tags.value" is unknown'),
]


@pytest.mark.parametrize(("resource_type", "text", "says"), REJECTED)
@pytest.mark.parametrize("tolerant", [True, False])
def test_rejected_text_names_rule_and_place(resource_type: ResourceType, text: str, says: str, tolerant: bool) -> None:
    with pytest.raises(InvalidFilter) as refused:
        parse_filter(text, resource_type, reading=either(tolerant))
    if tolerant:
        assert says in refused.value.detail
    assert "⟨here⟩" in refused.value.detail


@pytest.mark.parametrize(("resource_type", "text", "canonical"), TOLERANT)
def test_strict_refuses_what_only_vendors_write(resource_type: ResourceType, text: str, canonical: str) -> None:
    with pytest.raises(InvalidFilter):
        parse_filter(text, resource_type, reading=strict())


def test_limits_are_refused_one_behind_the_edge() -> None:
    for text, says in [
        (" or ".join(["title pr"] * 101), "more than 100 comparisons"),
        ("(" * 33 + "title pr" + ")" * 33, "32 levels"),
        ("not (" * 33 + "title pr" + ")" * 33, "32 levels"),
        ("(" * 4000, "32 levels"),
        ('title eq "' + "x" * (4096 - 10) + '"', "4096 bytes"),
        ('title eq "' + "é" * 2048 + '"', "4096 bytes"),
        ("x" * 10_000_000, "4096 bytes"),
    ]:
        with pytest.raises(InvalidFilter, match=says):
            parse_filter(text, USER)


def test_the_excerpt_shows_no_value() -> None:
    for text in ['userName eq "ines@larkfield.example" and qq pr', "userName eq ines@larkfield.example and qq pr"]:
        with pytest.raises(InvalidFilter) as refused:
            parse_filter(text, USER)
        assert "ines" not in refused.value.detail
        assert 'userName eq "…" and ⟨here⟩' in refused.value.detail


def test_a_very_long_name_is_cut_in_the_text() -> None:
    with pytest.raises(InvalidFilter) as refused:
        parse_filter("q" * 4000 + " pr", USER)
    assert len(refused.value.detail) < 400
