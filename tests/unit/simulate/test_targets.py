"""A target path finds its value in a resource and puts one there."""

from typing import Any

import pytest

from scimserver.simulate.mapping.targets import ENTERPRISE, target

INES: dict[str, Any] = {
    "userName": "ines.okafor@larkfield.example",
    "active": True,
    "name": {"givenName": "Ines"},
    "emails": [
        {"type": "home", "value": "ines@home.example"},
        {"type": "work", "value": "ines.okafor@larkfield.example", "primary": True},
    ],
    ENTERPRISE: {"department": "Survey", "manager": {"value": "u_1"}},
}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("userName", "ines.okafor@larkfield.example"),
        ("USERNAME", "ines.okafor@larkfield.example"),
        ("active", True),
        ("name.givenName", "Ines"),
        ("name.familyName", None),
        ("nickName", None),
        ('emails[type eq "work"].value', "ines.okafor@larkfield.example"),
        ('emails[type eq "WORK"].value', "ines.okafor@larkfield.example"),
        ('emails[type eq "work"]', "ines.okafor@larkfield.example"),
        ('emails[type eq "home"].value', "ines@home.example"),
        ('emails[type eq "other"].value', None),
        ("emails[primary eq true].value", "ines.okafor@larkfield.example"),
        ('emails[primary eq "True"].value', "ines.okafor@larkfield.example"),
        ('emails[type eq "home" and primary eq true].value', None),
        ('addresses[type eq "work"].locality', None),
        (f"{ENTERPRISE}:department", "Survey"),
        (f"{ENTERPRISE}:manager.value", "u_1"),
        (f"{ENTERPRISE}:division", None),
        ("urn:ietf:params:scim:schemas:extension:larkfield:2.0:User:badgeColour", None),
    ],
)
def test_finds(path: str, value: object) -> None:
    assert target(path).find(INES) == value


@pytest.mark.parametrize(
    "path",
    [
        "userName",
        "name.givenName",
        'emails[type eq "work"].value',
        'roles[primary eq "True"].value',
        f"{ENTERPRISE}:department",
        f"{ENTERPRISE}:manager.value",
    ],
)
def test_what_is_put_is_found(path: str) -> None:
    resource: dict[str, Any] = {}
    target(path).put(resource, "x")
    assert target(path).find(resource) == "x"


def test_parts_of_one_element_are_put_together() -> None:
    resource: dict[str, Any] = {}
    target('addresses[type eq "work"].locality').put(resource, "Leith")
    target('addresses[type eq "work"].country').put(resource, "GB")
    target('addresses[type eq "home"].country').put(resource, "FR")
    assert resource == {
        "addresses": [{"type": "work", "locality": "Leith", "country": "GB"}, {"type": "home", "country": "FR"}]
    }


def test_a_new_element_meets_every_condition_with_real_booleans() -> None:
    resource: dict[str, Any] = {}
    target('roles[primary eq "True" and type eq "app"].value').put(resource, "editor")
    assert resource == {"roles": [{"primary": True, "type": "app", "value": "editor"}]}


@pytest.mark.parametrize(
    ("path", "left"),
    [
        ("emails", {}),
        ("EMAILS", {}),
        ('emails[type eq "work"]', {"emails": [{"type": "home", "value": "h"}]}),
        ('emails[type eq "other"]', {"emails": [{"type": "home", "value": "h"}, {"type": "work", "value": "w"}]}),
        ("title", {"emails": [{"type": "home", "value": "h"}, {"type": "work", "value": "w"}]}),
    ],
)
def test_removes_an_attribute_or_the_elements_meant(path: str, left: dict[str, Any]) -> None:
    resource = {"emails": [{"type": "home", "value": "h"}, {"type": "work", "value": "w"}]}
    target(path).remove(resource)
    assert resource == left


def test_a_name_in_another_case_is_not_put_twice() -> None:
    resource: dict[str, Any] = {"userName": "a"}
    target("UserName").put(resource, "b")
    assert resource == {"userName": "b"}


@pytest.mark.parametrize(
    "path", ["", "a..b", 'emails[type eq "work"', 'emails[type ne "work"].value', "emails[type]", "a b]"]
)
def test_other_texts_are_refused(path: str) -> None:
    with pytest.raises(ValueError, match="is not a"):
        target(path)
