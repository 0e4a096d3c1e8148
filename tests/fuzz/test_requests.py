"""Whole HTTP requests: never a 5xx, never a partial write, always SCIM JSON that fits what is published."""

import json
from typing import Any

from hypothesis import given, note
from hypothesis import strategies as st

from scimserver.schema.attributes import Attribute

from .budget import cases
from .conftest import Target
from .http_requests import TYPES, requests
from .wire import Answer, Request

ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
SCIM_TYPES = {
    "invalidFilter", "tooMany", "uniqueness", "mutability", "invalidSyntax", "invalidPath", "noTarget", "invalidValue",
    "invalidVers", "sensitive", "invalidCursor", "expiredCursor", "invalidCount",
}  # fmt: skip
KNOWN_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}


@given(data=st.data())
@cases(11)
async def test_a_request_is_answered_in_scim_and_a_refused_one_leaves_no_trace(
    target: Target, data: st.DataObject
) -> None:
    site = target.site
    request = data.draw(requests({"User": target.users, "Group": target.groups}, site.path, site.token), "request")
    answer = await target.wire.send(request)
    note(f"{answer.status} {answer.body[:2000]!r}")
    try:
        assert_answer(request, answer)
        changed = await target.changed()
        assert not changed or (answer.status < 400 and request.method in ("POST", "PUT", "PATCH", "DELETE"))
    finally:
        await target.restore()


def assert_answer(request: Request, answer: Answer) -> None:
    # 501 is the right word for a method that nobody knows (RFC 9110 §9.1) and for /Me (RFC 7644 §3.11).
    not_there = request.method not in KNOWN_METHODS or "/Me" in request.target.decode()
    assert answer.status < 500 or (answer.status == 501 and not_there)
    if not answer.body:
        assert answer.status in (200, 204, 304) or request.method == "HEAD"
        assert answer.status != 200 or request.method in ("HEAD", "OPTIONS")
        return
    assert answer.headers["content-type"] == "application/scim+json; charset=utf-8"
    body = json.loads(answer.body)
    if answer.status >= 400:
        assert body["schemas"] == [ERROR]
        assert body["status"] == str(answer.status)
        assert 0 < len(body["detail"]) < 2000
        assert body.get("scimType") in {None, *SCIM_TYPES}
        assert set(body) <= {"schemas", "status", "detail", "scimType"}
        return
    if LIST in body["schemas"]:
        assert isinstance(body["totalResults"], int)
        assert body["itemsPerPage"] == len(body.get("Resources", []))
        for resource in body.get("Resources", []):
            assert_resource(resource)
    else:
        assert_resource(body)


def assert_resource(resource: dict[str, Any]) -> None:
    """Every name and type as the schemas say; nothing that is never returned, and always what always is."""
    own = [t for t in TYPES.values() if t.schema.id in resource["schemas"]]
    if not own:  # a discovery document
        return
    (resource_type,) = own
    assert resource["id"]
    for name, value in resource.items():
        extension = resource_type.extension(name)
        if extension is None:
            assert_value(resource_type.attribute(name), name, value)
            continue
        assert name in resource["schemas"]
        for inner, item in value.items():
            assert_value(extension.attribute(inner), inner, item)


def assert_value(attribute: Attribute | None, name: str, value: Any) -> None:
    assert attribute is not None, name
    assert attribute.name == name
    assert attribute.returned != "never"
    assert attribute.mutability != "writeOnly"
    assert isinstance(value, list) == attribute.multi_valued
    for element in value if isinstance(value, list) else [value]:
        assert isinstance(element, {"complex": dict, "boolean": bool}.get(attribute.type, str))
        if isinstance(element, dict):
            for inner, item in element.items():
                assert_value(attribute.sub(inner), inner, item)
