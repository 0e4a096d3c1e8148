"""A filter over several resource types: decided for each type where it is about another, kept where it is not."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scimserver.errors import InvalidFilter
from scimserver.schema.attributes import ResourceType
from scimserver.scim.match import matches
from scimserver.scim.narrowing import narrow
from scimserver.scim.parser import parse_filter

from .random_filters import filters, resources
from .samples import BOAT, GROUP, USER

TYPES = [USER, GROUP, BOAT]


def left(text: str, resource_type: ResourceType) -> str | bool:
    others = [other for other in TYPES if other is not resource_type]
    found = narrow(parse_filter(text, resource_type, others=others), resource_type)
    return found if isinstance(found, bool) else str(found)


@pytest.mark.parametrize(
    ("text", "user", "group"),
    [
        ('userName eq "a"', 'userName eq "a"', False),
        ('userName ne "a"', 'userName ne "a"', True),
        ("userName pr", "userName pr", False),
        ("userName eq null", "userName eq null", True),
        ('not (userName eq "a")', 'not (userName eq "a")', True),
        ('emails[type eq "work"]', 'emails[type eq "work"]', False),
        ('displayName eq "a"', 'displayName eq "a"', 'displayName eq "a"'),
        ('userName eq "a" or displayName eq "a"', 'userName eq "a" or displayName eq "a"', 'displayName eq "a"'),
        ('userName eq "a" and displayName eq "a"', 'userName eq "a" and displayName eq "a"', False),
        ('members eq "u_1" or userName eq "a"', 'userName eq "a"', 'members.value eq "u_1"'),
        ('meta.resourceType eq "User"', True, False),
        ('meta.resourceType eq "user"', False, False),
        ('meta.resourceType ne "User"', False, True),
        ('meta.resourceType eq "User" and userName eq "a"', 'userName eq "a"', False),
        ('meta.resourceType eq "User" or displayName eq "a"', True, 'displayName eq "a"'),
        ('not (meta.resourceType eq "User" and active eq true)', "not (active eq true)", True),
        ('department eq "a"', "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department eq \"a\"", False),
        ('urn:ietf:params:scim:schemas:core:2.0:Group:displayName eq "a"', False, 'displayName eq "a"'),
        ('externalId eq "a" and sailNumber eq null', 'externalId eq "a"', 'externalId eq "a"'),
    ],
)  # fmt: skip
def test_what_another_type_has_is_decided(text: str, user: str | bool, group: str | bool) -> None:
    assert (left(text, USER), left(text, GROUP)) == (user, group)


def test_brackets_are_about_the_type_that_has_something_to_select_from() -> None:
    assert left('name[formatted eq "a"]', USER) == 'name[formatted eq "a"]'
    assert left('name[formatted eq "a"]', BOAT) is False, "the name of a boat is a text"
    assert left('name eq "a"', BOAT) == 'name eq "a"'
    with pytest.raises(InvalidFilter, match="single simple value"):
        left('title[value eq "a"]', BOAT)


@pytest.mark.parametrize("text", ['nobodyHasThis eq "a"', 'emails[nothing eq "a"]', "urn:nobody:pr pr"])
def test_what_no_type_has_is_refused(text: str) -> None:
    with pytest.raises(InvalidFilter, match=r"unknown|no sub-attribute"):
        left(text, GROUP)


FILTERS = st.one_of(filters(USER), filters(BOAT)).map(str)
BOATS = resources(BOAT)


@given(text=FILTERS, boat=BOATS)
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_what_is_left_finds_what_the_whole_filter_finds(text: str, boat: dict[str, object]) -> None:
    whole = parse_filter(text, BOAT, others=[USER])
    found = narrow(whole, BOAT)
    # A boat holds nothing where a user's attributes would be, so that the whole filter can be asked of it too.
    resource = {"id": "1", **boat}
    expected = matches(whole, resource, BOAT)
    assert (found if isinstance(found, bool) else matches(found, resource, BOAT)) == expected
