"""Which index answers a filter; the values in a query are always strings."""

from typing import Any

import pytest

from scimserver.schema.attributes import ResourceType
from scimserver.scim.parser import parse_filter
from scimserver.store.query import Plan, plan

from .samples import BOAT, ENTERPRISE, GROUP, USER


def _plan(text: str, resource_type: ResourceType = USER) -> Plan:
    return plan(parse_filter(text, resource_type), resource_type)


@pytest.mark.parametrize(
    ("resource_type", "text", "query"),
    [
        (USER, 'id eq "u_1"', {"_id": "u_1"}),
        (USER, 'id eq "b" or id eq "a"', {"_id": {"$in": ["a", "b"]}}),
        (USER, 'userName eq "Ines"', {"keys": "userName=ines"}),
        (USER, 'userName eq "$gt"', {"keys": "userName=$gt"}),
        (USER, 'userName eq "a\\u0000.*"', {"keys": "userName=a\x00.*"}),
        (USER, 'externalId eq "Ines"', {"keys": "externalId=Ines"}),
        (USER, 'emails.value eq "X"', {"keys": "emails.value=x"}),
        (USER, 'emails[value eq "X"]', {"keys": "emails.value=x"}),
        (USER, 'emails[type eq "Work"].value eq "X"', {"keys": "emails[work].value=x"}),
        (USER, 'emails[value eq "X" and type eq "work"]', {"keys": "emails[work].value=x"}),
        (USER, 'manager eq "u_9"', {"keys": f"{ENTERPRISE}:manager.value=u_9"}),
        (USER, 'userName eq "b" or emails.value eq "a"', {"keys": {"$in": ["emails.value=a", "userName=b"]}}),
        (USER, 'emails[value eq "a" or value eq "b"]', {"keys": {"$in": ["emails.value=a", "emails.value=b"]}}),
        (GROUP, 'displayName eq "Harbour"', {"keys": "displayName=harbour"}),
        (BOAT, "berths eq 4.0", {"keys": "Boat/berths=4"}),
        (BOAT, 'tags[value eq "Red"]', {"keys": "Boat/tags=red"}),
    ],
)
def test_the_index_alone_decides(resource_type: ResourceType, text: str, query: dict[str, Any]) -> None:
    chosen = _plan(text, resource_type)
    assert chosen == Plan(query)
    assert chosen.exact
    assert not chosen.scan


@pytest.mark.parametrize(
    ("text", "query", "residual"),
    [
        ('id eq "u_1" and manager eq "u_9"', {"_id": "u_1"}, f'{ENTERPRISE}:manager.value eq "u_9"'),
        ('manager eq "u_9" and id eq "u_1"', {"_id": "u_1"}, f'{ENTERPRISE}:manager.value eq "u_9"'),
        ('nickName eq "a" and userName eq "b"', {"keys": "userName=b"}, 'nickName eq "a"'),
        ('userName eq "a" and active eq true', {"keys": "userName=a"}, "active eq true"),
        ('userName eq "a" and userName eq "b"', {"keys": "userName=a"}, 'userName eq "b"'),
        (
            'emails[type eq "work" and value eq "a" and primary eq true]',
            {"keys": "emails[work].value=a"},
            'emails[type eq "work" and value eq "a" and primary eq true]',
        ),
        (
            'emails[type eq "work" and (value eq "a" or value eq "b")]',
            {"keys": {"$in": ["emails.value=a", "emails.value=b"]}},
            'emails[type eq "work" and (value eq "a" or value eq "b")]',
        ),
        (
            'userName eq "a" and title pr or userName eq "b"',
            {"keys": {"$in": ["userName=a", "userName=b"]}},
            'userName eq "a" and title pr or userName eq "b"',
        ),
    ],
)
def test_an_index_narrows_and_memory_decides(text: str, query: dict[str, Any], residual: str) -> None:
    chosen = _plan(text)
    assert chosen.query == query
    assert str(chosen.residual) == residual
    assert not chosen.exact
    assert not chosen.scan


@pytest.mark.parametrize(
    "text",
    [
        'title eq "x"',
        'userName ne "x"',
        'userName sw "x"',
        "userName pr",
        "userName eq null",
        'not (userName eq "x")',
        'userName eq "x" or title eq "y"',
        'userName eq "x" or id eq "u_1"',
        'emails.type eq "work"',
        'emails[type eq "work"]',
        'emails[not (value eq "x")]',
        'groups.display eq "x"',
        'groups.value eq "g_1" or userName eq "x"',
    ],
)
def test_everything_else_is_a_scan(text: str) -> None:
    chosen = _plan(text)
    assert chosen.scan
    assert not chosen.exact
    assert chosen.needs_references is ("groups" in text)


def test_no_filter_selects_everything() -> None:
    chosen = plan(None, USER)
    assert chosen.scan
    assert chosen.exact


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('members eq "u_1"', Plan({}, members=frozenset({"u_1"}))),
        ('members[value eq "u_1"]', Plan({}, members=frozenset({"u_1"}))),
        ('members.value eq "u_1" or members eq "u_2"', Plan({}, members=frozenset({"u_1", "u_2"}))),
        ('id eq "g_1" and members eq "u_1"', Plan({"_id": "g_1"}, members=frozenset({"u_1"}))),
        ('members[value eq "u_1"] and id eq "g_1"', Plan({"_id": "g_1"}, members=frozenset({"u_1"}))),
        ('displayName eq "A" and members eq "u_1"', Plan({"keys": "displayName=a"}, members=frozenset({"u_1"}))),
    ],
)
def test_a_member_is_asked_from_the_memberships(text: str, expected: Plan) -> None:
    chosen = _plan(text, GROUP)
    assert chosen == expected
    assert not chosen.scan
    assert chosen.exact


def test_two_members_leave_one_to_be_checked_with_the_members_loaded() -> None:
    chosen = _plan('members eq "u_1" and members eq "u_2"', GROUP)
    assert chosen.members == {"u_1"}
    assert str(chosen.residual) == 'members.value eq "u_2"'
    assert chosen.needs_references


def test_a_member_with_another_condition_is_checked_with_the_members_loaded() -> None:
    chosen = _plan('members[value eq "u_1" and type eq "User"]', GROUP)
    assert chosen.members == {"u_1"}
    assert chosen.needs_references


def test_a_users_group_is_asked_from_the_memberships() -> None:
    chosen = _plan('groups.value eq "g_1" and active eq true')
    assert chosen.groups == {"g_1"}
    assert chosen.members is None
    assert str(chosen.residual) == "active eq true"
    assert not chosen.needs_references
