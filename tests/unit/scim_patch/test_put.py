"""PUT: idp-clients §9.1 and rows 59, 60."""

from copy import deepcopy

import pytest

from scimserver.errors import Mutability
from scimserver.scim.canonical import canonicalise
from scimserver.scim.replace import merge_put

CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
BADGE = "urn:ietf:params:scim:schemas:extension:larkfield:2.0:User"
NAME = "ines@larkfield.example"


def put(stored, body, resource_type):
    before = deepcopy(stored)
    result = merge_put(stored, canonicalise(body, resource_type), resource_type)
    assert stored == before
    return result


def test_what_is_omitted_is_cleared(user):
    stored = {"userName": NAME, "title": "Surveyor", "name": {"givenName": "Ines", "middleName": "M"}}
    body = {"schemas": [CORE], "userName": NAME, "name": {"givenName": "Ines", "middleName": ""}}
    assert put(stored, body, user) == {"userName": NAME, "name": {"givenName": "Ines"}}


def test_row_59_read_only_parts_of_a_body_read_before_are_ignored(user):
    body = {"schemas": [CORE], "id": "u_other", "userName": NAME, "groups": [], "meta": {"version": "1"}}
    assert put({"userName": NAME}, body, user) == {"userName": NAME}


def test_row_59_an_extension_that_the_client_does_not_name_is_kept(user):
    stored = {"userName": NAME, ENTERPRISE: {"department": "Survey"}}
    assert put(stored, {"schemas": [CORE], "userName": NAME}, user) == stored


@pytest.mark.parametrize(
    "body",
    [
        {"schemas": [CORE, ENTERPRISE], "userName": NAME},
        {"schemas": [CORE], "userName": NAME, ENTERPRISE: {}},
        {"schemas": [CORE], "userName": NAME, ENTERPRISE: None},
    ],
)
def test_row_59_an_extension_that_the_client_names_is_replaced(user, body):
    assert put({"userName": NAME, ENTERPRISE: {"department": "Survey"}}, body, user) == {"userName": NAME}


def test_row_60_active_keeps_its_value_if_it_is_not_sent(user):
    assert put({"userName": NAME, "active": False}, {"userName": NAME}, user)["active"] is False
    assert put({"userName": NAME, "active": False}, {"userName": NAME, "active": "True"}, user)["active"] is True


def test_an_immutable_value_is_kept_set_once_and_never_changed(badged):
    stored = {"userName": NAME, BADGE: {"badgeNumber": "7"}}
    assert put(stored, {"userName": NAME, BADGE: {"badgeNumber": "7"}}, badged) == stored
    assert put(stored, {"userName": NAME, BADGE: {}}, badged) == stored
    assert put({"userName": NAME}, {"userName": NAME, BADGE: {"badgeNumber": "7"}}, badged) == stored
    with pytest.raises(Mutability, match="badgeNumber"):
        put(stored, {"userName": NAME, BADGE: {"badgeNumber": "8"}}, badged)
