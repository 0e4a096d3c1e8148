"""What the parser accepts, and what it makes of it: the canonical text shows the tree."""

import pytest

from scimserver.schema.attributes import ResourceType
from scimserver.scim.filter import And, Comparison, Not, Or, ValuePath
from scimserver.scim.parser import parse_filter
from scimserver.scim.reading import strict

from .samples import BOAT, BOAT_URN, CORE, CREW_URN, ENTERPRISE, GROUP, HARBOUR_URN, USER

STRICT = [
    (USER, 'userName eq "ines"', 'userName eq "ines"'),
    (USER, 'USERNAME EQ "ines"', 'userName eq "ines"'),
    (USER, 'userName eq"ines"', 'userName eq "ines"'),
    (USER, "  title\tpr  ", "title pr"),
    (USER, 'meta.created gt "2031-02-03T09:15:00.1234567Z"', 'meta.created gt "2031-02-03T09:15:00.1234567Z"'),
    (USER, 'meta.created gt "-0044-03-15T24:00:00+01:00"', 'meta.created gt "-0044-03-15T23:00:00Z"'),
    (USER, "title ne null", "title ne null"),
    (
        USER,
        f'emails[{CORE}:emails.type eq "work" and not ({CORE}:emails.value co "x")]',
        'emails[type eq "work" and not (value co "x")]',
    ),
    (USER, f'{CORE}:emails[type eq "work"].value sw "x"', 'emails[type eq "work" and value sw "x"]'),
    (USER, f'{ENTERPRISE}:manager[{ENTERPRISE}:manager.value eq "u"]', f'{ENTERPRISE}:manager[value eq "u"]'),
    (USER, 'userName eq "\\ud83e\\udd8a \\"\\\\ \\u0000 ß"', 'userName eq "🦊 \\"\\\\ \\u0000 ß"'),
    (USER, "title PR And nickName Pr", "title pr and nickName pr"),
    (USER, 'title pr or nickName pr and userType eq "x"', 'title pr or nickName pr and userType eq "x"'),
    (USER, "(title pr or nickName pr) and active eq true", "(title pr or nickName pr) and active eq true"),
    (USER, "title pr and (nickName pr and active eq true)", "title pr and nickName pr and active eq true"),
    (USER, "((((title pr))))", "title pr"),
    (USER, 'not(userName sw "a")', 'not (userName sw "a")'),
    (USER, "NOT (not (title pr)) and nickName pr", "not (not (title pr)) and nickName pr"),
    (USER, "name pr", "name pr"),
    (USER, "emails pr", "emails pr"),
    (USER, 'emails co "example.com"', 'emails.value co "example.com"'),
    (USER, 'emails.type eq "work"', 'emails.type eq "work"'),
    (USER, 'emails[type eq "work"]', 'emails[type eq "work"]'),
    (
        USER,
        'emails[type eq "work" and value co "@x"] or ims[type eq "xmpp" and value co "@y"]',
        'emails[type eq "work" and value co "@x"] or ims[type eq "xmpp" and value co "@y"]',
    ),
    (USER, 'emails[type eq "work"].value eq "a@b.no"', 'emails[type eq "work" and value eq "a@b.no"]'),
    (
        USER,
        'emails[type eq "work" or primary eq true].value pr',
        'emails[(type eq "work" or primary eq true) and value pr]',
    ),
    (USER, 'emails[not (type eq "work")]', 'emails[not (type eq "work")]'),
    (USER, f'{CORE}:userName eq "x"', 'userName eq "x"'),
    (USER, f'{CORE.upper()}:name.familyName eq "x"', 'name.familyName eq "x"'),
    (USER, f'{CORE}:emails[type eq "work"].value eq "a@b.no"', 'emails[type eq "work" and value eq "a@b.no"]'),
    (USER, f'emails[{CORE}:emails.type eq "work"]', 'emails[type eq "work"]'),
    (USER, f'{ENTERPRISE}:department eq "x"', f'{ENTERPRISE}:department eq "x"'),
    (USER, f'{ENTERPRISE}:manager.value eq "x"', f'{ENTERPRISE}:manager.value eq "x"'),
    (USER, f'{ENTERPRISE}:manager[value eq "x"]', f'{ENTERPRISE}:manager[value eq "x"]'),
    (USER, f'schemas eq "{ENTERPRISE}"', f'schemas eq "{ENTERPRISE}"'),
    (USER, 'id eq "u_1" and meta.resourceType eq "User"', 'id eq "u_1" and meta.resourceType eq "User"'),
    (USER, 'meta.lastModified gt "2031-02-03T09:15:00Z"', 'meta.lastModified gt "2031-02-03T09:15:00Z"'),
    (USER, 'meta.created le "2031-02-03t11:15:00.5+02:00"', 'meta.created le "2031-02-03T09:15:00.5Z"'),
    (USER, 'meta.created eq "2031-02-03T09:15:00"', 'meta.created eq "2031-02-03T09:15:00Z"'),
    (USER, "nickName eq null", "nickName eq null"),
    (USER, "active ne null", "active ne null"),
    (USER, r'title eq "a\"b\\c\/d\u00e9\ud83d\ude80\n"', r'title eq "a\"b\\c/dé🚀\n"'),
    (USER, 'title eq ") or ( title pr ] and"', 'title eq ") or ( title pr ] and"'),
    (USER, 'title eq "$where.{$gt:1}.*\\u0000"', 'title eq "$where.{$gt:1}.*\\u0000"'),
    (USER, 'title eq ""', 'title eq ""'),
    (GROUP, 'members[value eq "u_1"]', 'members[value eq "u_1"]'),
    (GROUP, 'members.value eq "u_1"', 'members.value eq "u_1"'),
    (GROUP, 'members eq "u_1"', 'members.value eq "u_1"'),
    (BOAT, "berths gt 4", "berths gt 4"),
    (BOAT, "length le -1.5e1", "length le -15.0"),
    (BOAT, f"berths eq {10**400}", f"berths eq {10**400}"),
    (BOAT, 'keelPlan sw "QUJD"', 'keelPlan sw "QUJD"'),
    (BOAT, 'tags eq "red"', 'tags eq "red"'),
    (BOAT, 'tags[value sw "r"]', 'tags[value sw "r"]'),
    (BOAT, f'{BOAT_URN}:harbour:pier eq "4"', f'{HARBOUR_URN}:pier eq "4"'),
    (BOAT, f'{BOAT_URN}:hull.material eq "oak"', 'hull.material eq "oak"'),
]
TOLERANT = [
    (USER, "externalId eq jyoung", 'externalId eq "jyoung"'),
    (USER, "userName Eq ines.okafor@larkfield.example", 'userName eq "ines.okafor@larkfield.example"'),
    (USER, "(userName eq ines)", 'userName eq "ines"'),
    (USER, "employeeNumber eq 40017", f'{ENTERPRISE}:employeeNumber eq "40017"'),
    (USER, 'active eq "True"', "active eq true"),
    (USER, 'roles[primary eq "True"].value eq "a"', 'roles[primary eq true and value eq "a"]'),
    (USER, 'emails[type eq "work"] eq "x"', 'emails[type eq "work" and value eq "x"]'),
    (USER, 'manager eq "u_1"', f'{ENTERPRISE}:manager.value eq "u_1"'),
    # JSON has its literals in lower case only.
    (USER, "active eq TRUE", "active eq true"),
    (USER, "active ne False", "active ne false"),
    (USER, "title eq Null", "title eq null"),
    (USER, 'id eq "a" and manager eq "b"', f'id eq "a" and {ENTERPRISE}:manager.value eq "b"'),
    (USER, 'manager.value eq "u_1"', f'{ENTERPRISE}:manager.value eq "u_1"'),
    (USER, 'department eq "x"', f'{ENTERPRISE}:department eq "x"'),
    (USER, f'{ENTERPRISE}.department eq "x"', f'{ENTERPRISE}:department eq "x"'),
    (USER, f'{ENTERPRISE}:manager eq "x"', f'{ENTERPRISE}:manager.value eq "x"'),
    (BOAT, 'berths eq "4"', "berths eq 4"),
    (BOAT, 'captain eq "x"', f'{CREW_URN}:captain eq "x"'),
    (BOAT, 'tags[value sw "r"] eq "red"', 'tags[value sw "r" and value eq "red"]'),
]


@pytest.mark.parametrize(("resource_type", "text", "canonical"), STRICT + TOLERANT)
def test_accepted_text_prints_canonically(resource_type: ResourceType, text: str, canonical: str) -> None:
    tree = parse_filter(text, resource_type)
    assert str(tree) == canonical
    assert parse_filter(canonical, resource_type) == tree


@pytest.mark.parametrize(("resource_type", "text", "canonical"), STRICT)
def test_strict_accepts_what_the_rfc_writes(resource_type: ResourceType, text: str, canonical: str) -> None:
    assert str(parse_filter(text, resource_type, reading=strict())) == canonical


def test_and_binds_tighter_than_or_and_not_tighter_than_and() -> None:
    tree = parse_filter("not (title pr) and nickName pr or active eq true", USER)
    assert isinstance(tree, Or)
    first, second = tree.terms
    assert isinstance(first, And)
    assert isinstance(first.terms[0], Not)
    assert isinstance(second, Comparison)


def test_a_comparison_behind_the_bracket_belongs_to_the_same_element() -> None:
    tree = parse_filter('emails[type eq "work"].value eq "x"', USER)
    assert isinstance(tree, ValuePath)
    assert str(tree.inner) == 'type eq "work" and value eq "x"'


def test_limits_are_accepted_up_to_the_edge() -> None:
    parse_filter(" or ".join(["title pr"] * 100), USER)
    parse_filter("(" * 32 + "title pr" + ")" * 32, USER)
    parse_filter('title eq "' + "x" * (4096 - 11) + '"', USER)
