"""Evaluation in memory: RFC 7644 §3.4.2.2 on one resource."""

from typing import Any

import pytest

from scimserver.schema.attributes import ResourceType
from scimserver.scim.match import element_matches, matches
from scimserver.scim.parser import parse_filter, parse_path

from .samples import BOAT, ENTERPRISE, GROUP, HARBOUR_URN, USER

INES: dict[str, Any] = {
    "id": "u_1",
    "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", ENTERPRISE],
    "externalId": "Ines.Okafor",
    "userName": "Ines@Larkfield.example",
    "name": {"familyName": "Straße"},
    "title": "a.b$c",
    "active": True,
    "emails": [
        {"type": "work", "value": "ines@larkfield.example", "primary": True},
        {"type": "home", "value": "ines@home.example"},
        {"value": "untyped@larkfield.example"},
    ],
    "groups": [{"value": "g_1", "display": "Harbour Works"}],
    "meta": {"resourceType": "User", "created": "2031-02-03T09:15:00.250Z", "version": 'W/"3"'},
    ENTERPRISE: {"department": "Survey", "manager": {"value": "u_9"}},
}
SLOOP: dict[str, Any] = {
    "id": "r_1",
    "name": "Petrel",
    "berths": 4,
    "length": 9.5,
    "launched": "2031-02-03T11:15:00+02:00",
    "insured": False,
    "tags": ["red", "Fast"],
    "lights": [{"value": "port", "type": "red", "range": 3}, {"value": "stern", "range": 5}],
    HARBOUR_URN: {"pier": "4"},
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('userName eq "INES@larkfield.EXAMPLE"', True),
        ('externalId eq "Ines.Okafor"', True),
        ('externalId eq "ines.okafor"', False),
        ('id eq "U_1"', False),
        ('name.familyName eq "STRASSE"', True),
        ('name.familyName co "ß"', True),
        ('userName sw "ines@"', True),
        ('userName ew ".Example"', True),
        ('userName co "larkfield"', True),
        ('userName co "oslo"', False),
        ('userName gt "h"', True),
        ('userName lt "h"', False),
        ('title eq "a.b$c"', True),
        ('title co ".*"', False),
        ("active eq true", True),
        ('active eq "False"', False),
        ("title pr", True),
        ("nickName pr", False),
        ("name pr", True),
        ("emails pr", True),
        ("photos pr", False),
        ('emails.value eq "INES@home.example"', True),
        ('emails eq "ines@home.example"', True),
        ('emails[type eq "work"].value eq "ines@larkfield.example"', True),
        ('emails[type eq "work"].value eq "ines@home.example"', False),
        ('emails.type eq "work" and emails.value eq "ines@home.example"', True),
        ('emails[type eq "work" or type eq "home"].value co "home"', True),
        ('emails[not (type pr)].value co "untyped"', True),
        ('emails[primary eq "True"].value co "larkfield"', True),
        ('schemas eq "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"', True),
        ('meta.resourceType eq "User"', True),
        ('meta.created eq "2031-02-03T10:15:00.25+01:00"', True),
        ('meta.created ge "2031-02-03T09:15:00.250001Z"', False),
        ('meta.created lt "2031-02-04T00:00:00Z"', True),
        ('meta.created lt "2031-02-03T09:15:00.2500000001Z"', True),
        ('meta.created gt "2031-02-03T09:15:00.2500000000Z"', False),
        ('meta.created lt "12031-01-01T00:00:00Z"', True),
        ('meta.created gt "-0044-03-15T24:00:00Z"', True),
        ('department eq "survey"', True),
        ('manager eq "u_9"', True),
        ('id eq "u_1" and manager eq "u_9"', True),
        ('manager eq "u_9" and id eq "u_2"', False),
        ('groups.value eq "g_1"', True),
        ('groups[display sw "harbour"]', True),
        ('not (userName eq "x")', True),
    ],
)
def test_user_matches(text: str, expected: bool) -> None:
    assert matches(parse_filter(text, USER), INES, USER) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('userName ne "ines@larkfield.example"', False),
        # An absent attribute differs from every value.
        ('nickName ne "x"', True),
        ('photos.value ne "x"', True),
        # One value that differs is enough; "none equals" is not (… eq …).
        ('emails.value ne "ines@home.example"', True),
        ('not (emails.value eq "ines@home.example")', False),
        # The untyped element differs; a value path needs an element.
        ('emails[type ne "work"].value co "untyped"', True),
        ('photos[type ne "work"]', False),
        ("nickName eq null", True),
        ("nickName ne null", False),
        ("userName eq null", False),
        ("userName ne null", True),
        ("emails.type eq null", True),
        ("emails.type ne null", True),
        ("photos.type ne null", False),
    ],
)
def test_ne_and_null_on_absent_and_multi_valued(text: str, expected: bool) -> None:
    assert matches(parse_filter(text, USER), INES, USER) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("berths eq 4.0", True),
        ("berths gt 4", False),
        ("berths ge 4", True),
        ("length lt 10", True),
        ('launched eq "2031-02-03T09:15:00Z"', True),
        ("insured eq false", True),
        ('tags eq "fast"', True),
        ('tags[value eq "fast"]', True),
        ('tags ne "fast"', True),
        ("lights[range gt 4]", True),
        ('lights[range gt 4 and value eq "port"]', False),
        ("keelPlan eq null", True),
        ('launched gt "2031-02-03T09:14:59.9999999Z"', True),
        ('launched lt "2031-02-03T09:15:00.0000001Z"', True),
        ("length eq 95e-1", True),
        ('pier eq "4"', True),
    ],
)
def test_boat_matches_by_type(text: str, expected: bool) -> None:
    assert matches(parse_filter(text, BOAT), SLOOP, BOAT) is expected


@pytest.mark.parametrize(
    ("text", "resource"),
    [
        ("berths gt 1", {"berths": "many"}),
        ("berths gt 1", {"berths": True}),
        ('launched gt "2031-01-01T00:00:00Z"', {"launched": "soon"}),
        ('launched gt "2031-01-01T00:00:00Z"', {"launched": 5}),
        ('name sw "x"', {"name": 5}),
        ('hull.material eq "x"', {"hull": "oak"}),
        ('lights[value eq "x"]', {"lights": "oak"}),
        ("lights.range gt 1", {"lights": [None, {}, 3]}),
        ("name pr", {"name": ""}),
        ("hull pr", {"hull": {"material": ""}}),
    ],
)
def test_a_stored_value_of_another_shape_never_matches_and_never_raises(text: str, resource: dict[str, Any]) -> None:
    assert matches(parse_filter(text, BOAT), resource, BOAT) is False


@pytest.mark.parametrize(
    ("resource_type", "path", "element", "expected"),
    [
        (USER, 'emails[type eq "work"]', {"type": "Work"}, True),
        (USER, 'emails[type eq "work"]', {"value": "x"}, False),
        (GROUP, 'members[value eq "u_1"]', {"value": "u_1", "type": "User"}, True),
        (GROUP, 'members[value eq "u_1"]', {"value": "U_1"}, False),
        (BOAT, 'tags[value eq "red"]', "RED", True),
        (BOAT, 'tags[value eq "red"]', "blue", False),
    ],
)
def test_element_matches_for_patch(resource_type: ResourceType, path: str, element: Any, expected: bool) -> None:
    inner = parse_path(path, resource_type).value_filter
    assert inner is not None
    assert element_matches(inner, element) is expected
