"""PATCH messages and bodies against random resources: an acceptable resource or a ScimError, and nothing given changes."""

import json
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scimserver.errors import ScimError
from scimserver.schema.attributes import Attribute, ResourceType
from scimserver.schema.catalogue import load_schemas
from scimserver.schema.validation import ResourceValidator
from scimserver.scim.canonical import Canonical, canonicalise
from scimserver.scim.keys import match_keys, unique_keys
from scimserver.scim.members import members_of, split
from scimserver.scim.messages import parse_patch
from scimserver.scim.patch import apply
from scimserver.scim.projection import Projection
from scimserver.scim.replace import merge_put
from tests.kitchen import crane
from tests.readings import either

from .budget import assert_refusal, cases
from .strategies import bodies, patches, right_bodies

TYPES = (load_schemas().resource_type("User"), load_schemas().resource_type("Group"), crane())
EACH_TYPE = pytest.mark.parametrize("resource_type", TYPES, ids=lambda t: t.name)
BODIES = {t.name: bodies(t) for t in TYPES}
RIGHT = {t.name: right_bodies(t) for t in TYPES}
PATCHES = {t.name: patches(t) for t in TYPES}
VALIDATORS = {t.name: ResourceValidator(t) for t in TYPES}
GROUP_MEMBERS = cast(Attribute, TYPES[1].attribute("members"))
LEAST: dict[str, dict[str, Any]] = {
    "User": {"userName": "ines"},
    "Group": {"displayName": "Crew"},
    "Crane": {"name": "Goliath", "slots": ["a"], "serial": "S", "hook": {"size": 1, "forged": "F"}},
}
MEMBERS = {"u_1": {"value": "u_1", "type": "User"}, "a": {"value": "a", "type": "User"}}


def stored(resource_type: ResourceType, body: Any, tolerant: bool = True) -> dict[str, Any] | None:
    """Return what would be stored of a POST, or None if it is refused."""
    try:
        sent = canonicalise(body, resource_type, reading=either(tolerant))
        members_of(sent.members, GROUP_MEMBERS, reading=either(tolerant))
        return checked(resource_type, sent.resource)
    except ScimError as error:
        assert_refusal(error)
        return None


def checked(resource_type: ResourceType, resource: dict[str, Any]) -> dict[str, Any]:
    """Do what the service does before it writes, and look at the result as a client would."""
    VALIDATORS[resource_type.name].check(resource)
    held = {**resource, "id": "r_1"}
    match_keys(resource_type, held)
    unique_keys(resource_type, held)
    assert "pin" not in Projection.parse(None, None, resource_type).answering(resource).apply(held)
    assert_canonical(resource_type, resource)
    return resource


def assert_canonical(resource_type: ResourceType, resource: dict[str, Any]) -> None:
    """Names as the schema has them, nothing empty, one primary, nothing that only the server sets; encodable."""
    json.dumps(resource, ensure_ascii=False, allow_nan=False).encode()
    homes = [(resource, resource_type.attribute)]
    homes += [(resource[e.id], e.attribute) for e in resource_type.extensions if e.id in resource]
    for holder, find in homes:
        assert holder
        for name, value in holder.items():
            if resource_type.extension(name):
                continue
            attribute = find(name)
            assert attribute is not None
            assert attribute.name == name
            assert_value(attribute, value)


def assert_value(attribute: Attribute, value: Any) -> None:
    assert attribute.mutability != "readOnly"
    assert isinstance(value, list) == attribute.multi_valued
    elements = value if isinstance(value, list) else [value]
    assert elements
    assert sum(isinstance(e, dict) and e.get("primary") is True for e in elements) <= 1
    for element in elements:
        assert element is not None
        assert isinstance(element, dict) == (attribute.type == "complex")
        if isinstance(element, dict):
            assert element
            for name, item in element.items():
                sub = attribute.sub(name)
                assert sub is not None
                assert sub.name == name
                assert_value(sub, item)


@EACH_TYPE
@given(data=st.data(), tolerant=st.booleans())
@cases(4)
def test_a_body_is_stored_canonical_or_refused(
    resource_type: ResourceType, data: st.DataObject, tolerant: bool
) -> None:
    body = data.draw(BODIES[resource_type.name], "body")
    before = repr(body)
    resource = stored(resource_type, body, tolerant)
    assert repr(body) == before
    if resource is not None:
        again = {**resource, "schemas": [resource_type.schema.id, *(e.id for e in resource_type.extensions)]}
        assert canonicalise(again, resource_type, reading=either(tolerant)).resource == resource


@EACH_TYPE
@given(data=st.data())
@cases(2)
def test_a_put_is_stored_canonical_or_refused(resource_type: ResourceType, data: st.DataObject) -> None:
    held = stored(resource_type, data.draw(RIGHT[resource_type.name], "stored")) or LEAST[resource_type.name]
    before = repr(held)
    try:
        sent: Canonical = canonicalise(data.draw(BODIES[resource_type.name], "body"), resource_type)
        result = checked(resource_type, merge_put(held, sent, resource_type))
    except ScimError as error:
        assert_refusal(error)
    else:
        assert_immutable_kept(resource_type, held, result)
    assert repr(held) == before


@EACH_TYPE
@given(data=st.data(), tolerant=st.booleans())
@cases(10)
def test_a_patch_is_applied_whole_or_not_at_all(
    resource_type: ResourceType, data: st.DataObject, tolerant: bool
) -> None:
    held = stored(resource_type, data.draw(RIGHT[resource_type.name], "stored")) or LEAST[resource_type.name]
    message = data.draw(PATCHES[resource_type.name], "message")
    before, sent = repr(held), repr(message)
    try:
        others, members = split(parse_patch(message, reading=either(tolerant)), resource_type, reading=either(tolerant))
        if members is not None:
            members.resolve(MEMBERS if members.needs_stored else None)
        result = apply({**held, "id": "r_1"}, others, resource_type, reading=either(tolerant)).resource
        assert result.pop("id") == "r_1"
        checked(resource_type, result)
    except ScimError as error:
        assert_refusal(error)
    else:
        assert_immutable_kept(resource_type, held, result)
    assert repr(held) == before
    assert repr(message) == sent


def assert_immutable_kept(resource_type: ResourceType, before: dict[str, Any], after: dict[str, Any]) -> None:
    for attribute in resource_type.attributes():
        held = resource_type.value(before, attribute)
        if attribute.mutability == "immutable" and held is not None:
            assert resource_type.value(after, attribute) == held
