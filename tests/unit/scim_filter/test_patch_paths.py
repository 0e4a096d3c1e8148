"""Paths of PATCH operations (RFC 7644 §3.5.2, figure 7)."""

import pytest

from scimserver.errors import InvalidPath
from scimserver.schema.attributes import ResourceType
from scimserver.scim.filter import PatchPath
from scimserver.scim.lexer import masked
from scimserver.scim.parser import parse_path
from scimserver.scim.reading import strict

from .samples import BOAT, CORE, ENTERPRISE, GROUP, HARBOUR_URN, USER


def _shape(path: PatchPath) -> tuple[str | None, str | None, str | None]:
    """Name attribute, filter and sub-attribute."""
    return (
        path.attribute.name if path.attribute else None,
        str(path.value_filter) if path.value_filter else None,
        path.sub.name if path.sub else None,
    )


@pytest.mark.parametrize(
    ("resource_type", "text", "shape"),
    [
        (USER, "userName", ("userName", None, None)),
        (USER, " UserName ", ("userName", None, None)),
        (USER, "name.FAMILYNAME", ("name", None, "familyName")),
        (USER, "emails.value", ("emails", None, "value")),
        (USER, 'emails[type eq "work"]', ("emails", 'type eq "work"', None)),
        (USER, 'Emails[Type Eq "work"].Value', ("emails", 'type eq "work"', "value")),
        (
            USER,
            'emails[type eq "work" and primary eq true].value',
            ("emails", 'type eq "work" and primary eq true', "value"),
        ),
        (USER, 'roles[primary eq "True"].value', ("roles", "primary eq true", "value")),
        (USER, f"{CORE}:title", ("title", None, None)),
        (USER, f"{CORE}:name.givenName", ("name", None, "givenName")),
        (USER, f'{CORE}:addresses[type eq "work"].locality', ("addresses", 'type eq "work"', "locality")),
        (USER, f"{ENTERPRISE}:manager", ("manager", None, None)),
        (USER, f"{ENTERPRISE}:manager.value", ("manager", None, "value")),
        (USER, f"{ENTERPRISE}:manager.$ref", ("manager", None, "$ref")),
        (USER, f"{ENTERPRISE}.department", ("department", None, None)),
        (USER, "manager", ("manager", None, None)),
        (USER, "department", ("department", None, None)),
        (USER, "password", ("password", None, None)),
        (GROUP, "members", ("members", None, None)),
        (GROUP, 'members[value eq "u_1"]', ("members", 'value eq "u_1"', None)),
        (BOAT, 'tags[value eq "red"]', ("tags", 'value eq "red"', None)),
    ],
)
def test_path_resolves(
    resource_type: ResourceType, text: str, shape: tuple[str | None, str | None, str | None]
) -> None:
    path = parse_path(text, resource_type)
    assert _shape(path) == shape
    assert path.extension is None


@pytest.mark.parametrize(
    ("resource_type", "text", "urn"),
    [(USER, ENTERPRISE, ENTERPRISE), (USER, ENTERPRISE.upper(), ENTERPRISE), (BOAT, HARBOUR_URN, HARBOUR_URN)],
)
def test_a_whole_extension_is_a_path(resource_type: ResourceType, text: str, urn: str) -> None:
    assert parse_path(text, resource_type) == PatchPath(None, extension=urn)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "attribute name is expected"),
        ("userNme", 'did you mean "userName"?'),
        ("name.familyNam", 'did you mean "name.familyName"?'),
        ("name.", "is unknown"),
        (".value", "attribute name is expected"),
        ("emails[]", "attribute name is expected"),
        ("emails[type]", "operator is expected"),
        ('emails[type eq "work"', "not closed"),
        ('emails[type eq "work"].', 'no sub-attribute ""'),
        ('emails[type eq "work"].type.x', "no sub-attribute"),
        ('emails[type eq "work"].value x', "expected here"),
        ('emails[type eq "work"][type eq "home"]', "expected here"),
        ('emails.value[type eq "work"]', "belongs behind emails"),
        ('userName[value eq "x"]', "single simple value"),
        ('emails[foo eq "x"]', 'no sub-attribute "foo"'),
        ('userName eq "x"', "expected here"),
        (CORE, "own schema"),
        (f"{ENTERPRISE}:departmnt", 'did you mean "department"?'),
        (f"{ENTERPRISE}:", "is unknown"),
        ("urn:larkfield:2.0:User:x", "is unknown"),
        ("members", "is unknown"),
        ("x" * 5000, "4096 bytes"),
    ],
)
def test_a_bad_path_is_refused_by_name(text: str, says: str) -> None:
    with pytest.raises(InvalidPath) as refused:
        parse_path(text, USER)
    assert says in refused.value.detail


def test_strict_refuses_what_only_vendors_write() -> None:
    for text in ["manager", f"{ENTERPRISE}.department", 'roles[primary eq "True"].value']:
        with pytest.raises(InvalidPath):
            parse_path(text, USER, reading=strict())


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("title", "title"),
        ('emails[type eq "work"].value', 'emails[type eq "work"].value'),
        ('emails[value eq "ines@larkfield.example"].type', 'emails[value eq "…"].type'),
        ('emails[TYPE  EQ "work" and value sw "a\\"b"]', 'emails[TYPE  EQ "work" and value sw "…"]'),
        ('roles[primary eq "True"].value', 'roles[primary eq "True"].value'),
        ('members[value eq "u_3TzQx9z1UUM5Dyw9KdBm14"]', 'members[value eq "u_3TzQx9z1UUM5Dyw9KdBm14"]'),
        ('members[value eq "ines"]', 'members[value eq "…"]'),
    ],
)
def test_a_path_is_shown_without_the_values_that_may_be_personal(path: str, shown: str) -> None:
    assert masked(path) == shown
