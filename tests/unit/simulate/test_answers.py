"""What Entra makes of an answer: its code for each status, and answers that it cannot read."""

from typing import Any

import pytest

from scimserver.simulate.entra.answers import judge
from scimserver.simulate.wire import Answer, Request

LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
OK = frozenset({200})
INCOMPATIBLE = "SystemForCrossDomainIdentityManagementServiceIncompatible"

READ = Request("GET", "/Users/u_1", {}, OK)
QUESTION = Request("GET", "/Users", {"filter": 'userName eq "x"'}, OK)
GROUP = Request("GET", "/Groups/g_1", {"excludedAttributes": "members"}, OK)
GROUPS = Request("GET", "/Groups", {"excludedAttributes": "members", "filter": 'displayName eq "x"'}, OK)
PATCH = Request("PATCH", "/Users/u_1", {}, frozenset({200, 204}))
CREATE = Request("POST", "/Users", {}, frozenset({201}))
USER = {"id": "u_1", "active": True, "emails": [{"value": "a@larkfield.example", "primary": True}]}


def listed(*resources: Any, **more: Any) -> dict[str, Any]:
    count = len(resources)
    known = {"schemas": [LIST], "totalResults": count, "startIndex": 1, "itemsPerPage": count}
    return {**known, "Resources": list(resources), **more}


@pytest.mark.parametrize(
    ("request_", "status", "code"),
    [
        (READ, 0, "Timeout"),
        (PATCH, 400, "SystemForCrossDomainIdentityManagementBadRequest"),
        (READ, 401, "InvalidCredentials"),
        (READ, 403, "InsufficientRights"),
        (READ, 404, "InvalidAnchor"),
        (PATCH, 404, "InvalidAnchor"),
        (QUESTION, 404, "NotFound"),
        (CREATE, 404, "NotFound"),
        (PATCH, 405, "MethodNotAllowed"),
        (CREATE, 409, "EntryConflict"),
        (PATCH, 422, "UnprocessableEntity"),
        (READ, 429, "TooManyRequests"),
        (READ, 500, "InternalServerError"),
        (READ, 503, "InternalServerError"),
        (PATCH, 501, "NotImplemented"),
        (CREATE, 418, "Unexpected418"),
    ],
)
def test_each_status_has_entras_name(request_: Request, status: int, code: str) -> None:
    assert judge(request_, Answer(status)) == (code, "")


@pytest.mark.parametrize(
    ("request_", "answer"),
    [
        (READ, Answer(200, USER)),
        (READ, Answer(200, {**USER, ENTERPRISE: {"manager": {"value": "u_2"}}})),
        (QUESTION, Answer(200, listed())),
        (QUESTION, Answer(200, listed(USER))),
        (GROUP, Answer(200, {"id": "g_1", "displayName": "Survey"})),
        (GROUPS, Answer(200, listed({"id": "g_1"}))),
        (PATCH, Answer(204)),
        (PATCH, Answer(200, USER)),
        (CREATE, Answer(201, USER)),
        (Request("DELETE", "/Users/u_1", {}, frozenset({204, 404})), Answer(404, {"detail": "no"})),
    ],
)
def test_what_entra_reads_is_right(request_: Request, answer: Answer) -> None:
    assert judge(request_, answer) == ("", "")


@pytest.mark.parametrize(
    ("request_", "body", "fault"),
    [
        (READ, None, "not a JSON object"),
        (READ, [USER], "not a JSON object"),
        (CREATE, {"userName": "x"}, "no `id`"),
        (READ, {"id": 7}, "no `id`"),
        (READ, {**USER, "active": "True"}, "`active` is a text where a boolean belongs"),
        (READ, {**USER, "emails": [{"primary": "true"}]}, "`emails.primary` is a text where a boolean belongs"),
        (READ, {**USER, "active": 1}, "`active` is a number"),
        (READ, {**USER, ENTERPRISE: {"manager": "u_2"}}, "`manager` is a text where an object with `value` belongs"),
        (READ, {**USER, ENTERPRISE: {"manager": [{"value": "u_2"}]}}, "`manager` is a list"),
        (READ, {**USER, "manager": {"value": "u_2"}}, "top level"),
        (QUESTION, USER, "does not name urn:ietf:params:scim:api:messages:2.0:ListResponse"),
        (QUESTION, listed(totalResults="0"), "`totalResults` is a text where an integer belongs"),
        (QUESTION, listed(startIndex=True), "`startIndex` is a boolean where an integer belongs"),
        (QUESTION, {"schemas": [LIST], "totalResults": 0}, "`Resources` is missing"),
        (QUESTION, {"schemas": [LIST], "Resources": []}, "`totalResults` is missing"),
        (QUESTION, listed({"userName": "x"}), "no `id`"),
        (QUESTION, listed("u_1"), "not a JSON object"),
    ],
)
def test_what_entra_cannot_read_is_named(request_: Request, body: Any, fault: str) -> None:
    status = 201 if request_ is CREATE else 200
    code, text = judge(request_, Answer(status, body))
    assert code == INCOMPATIBLE
    assert fault in text


@pytest.mark.parametrize(
    ("request_", "body"),
    [(GROUP, {"id": "g_1", "members": []}), (GROUPS, listed({"id": "g_1", "members": [{"value": "u_1"}]}))],
)
def test_members_that_were_excluded_are_too_much(request_: Request, body: Any) -> None:
    code, text = judge(request_, Answer(200, body))
    assert code == "SystemForCrossDomainIdentityManagementMultipleEntriesInResponse"
    assert "`members` is in the answer" in text
