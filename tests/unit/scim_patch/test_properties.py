"""Random operations: nothing but a ScimError comes out, nothing given is changed, a replace done twice is done once."""

from contextlib import suppress
from copy import deepcopy

from hypothesis import given
from hypothesis import strategies as st

from scimserver.errors import ScimError
from scimserver.schema.catalogue import load_schemas
from scimserver.schema.validation import ResourceValidator
from scimserver.scim.canonical import canonicalise
from scimserver.scim.members import split
from scimserver.scim.messages import parse_patch
from scimserver.scim.patch import apply
from tests.readings import either

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
USER = load_schemas().resource_type("User")
GROUP = load_schemas().resource_type("Group")

NAMES = ["userName", "Title", "active", "name", "name.givenName", "emails", "emails.value", "emails.primary", "manager"]
NAMES += [f"{ENTERPRISE}:manager.value", ENTERPRISE, "id", "schemas", "meta", "password", "members", "displayName", "x"]
NAMES += [
    'emails[type eq "work"]',
    'emails[type eq "work" and primary eq true].value',
    'roles[primary eq "True"].value',
]
NAMES += ['addresses[not (type eq "work")].country', 'emails[value sw "a" or type eq "home"].type', "emails[", "roles"]
NAMES += [
    'members[value eq "u"]',
    'members[type eq "User"].value',
    "members.display",
    "$ref",
    "type",
    "value",
    "primary",
]

names = st.sampled_from(NAMES) | st.text(max_size=6)
atoms = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(["", "True", "work", "a", '{"value":1}'])
)
values = st.recursive(
    atoms,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=4),
    max_leaves=8,
)
ops = st.sampled_from(["add", "Replace", "remove"])
operation = st.fixed_dictionaries({"op": ops, "value": values}, optional={"path": names})
good_values = values | st.lists(
    st.fixed_dictionaries({"type": st.sampled_from(["work", "home"]), "value": st.text(max_size=3)})
)
likely = st.fixed_dictionaries({"op": ops, "value": good_values, "path": st.sampled_from(NAMES)})
messages = st.lists(operation | likely, max_size=5)

STORED = {
    "id": "u_ines",
    "userName": "ines",
    "displayName": "Ines",
    "emails": [{"type": "work", "value": "a", "primary": True}, {"type": "home", "value": "b"}],
    "addresses": [{"type": "work", "country": "GB"}],
    ENTERPRISE: {"department": "Survey", "manager": {"value": "u_theo"}},
}


def outcome(operations, resource_type, stored, tolerant):
    try:
        message = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations}
        others, plan = split(parse_patch(message, reading=either(tolerant)), resource_type)
        if plan is not None:
            plan.resolve({"u": {"value": "u", "type": "User"}} if plan.needs_stored else None)
        return apply(stored, others, resource_type, reading=either(tolerant)).resource
    except ScimError as error:
        return error


def is_canonical(value):
    """Tell whether nothing in it is empty."""
    if isinstance(value, dict):
        return all(item is not None and item != {} and item != [] and is_canonical(item) for item in value.values())
    return not isinstance(value, list) or all(item is not None and is_canonical(item) for item in value)


@given(messages, st.booleans(), st.booleans())
def test_nothing_but_a_scim_error_comes_out_and_nothing_given_is_changed(operations, tolerant, of_group):
    resource_type = GROUP if of_group else USER
    stored, sent = deepcopy(STORED), deepcopy(operations)
    outcome(sent, resource_type, stored, tolerant)
    assert stored == STORED
    assert repr(sent) == repr(operations)


@given(messages)
def test_what_passes_the_schema_check_is_canonical_and_has_one_primary_at_most(operations):
    result = outcome(operations, USER, STORED, True)
    if isinstance(result, ScimError):
        return
    try:
        ResourceValidator(USER).check({name: value for name, value in result.items() if name != "id"})
    except ScimError:
        return
    assert is_canonical(result)
    for name in ("emails", "roles", "addresses"):
        assert [element.get("primary") for element in result.get(name, [])].count(True) <= 1


@given(st.sampled_from(NAMES), good_values)
def test_a_replace_done_twice_is_done_once(path, value):
    replace = {"op": "replace", "path": path, "value": value}
    once = outcome([replace], USER, STORED, True)
    if not isinstance(once, ScimError) and "NaN" not in repr(value) and "nan" not in repr(value):
        assert outcome([replace], USER, once, True) == once or "[" in path


@given(st.dictionaries(names, values, max_size=6), st.booleans())
def test_a_body_is_canonical_or_refused_and_never_changed(body, tolerant):
    before = repr(body)
    with suppress(ScimError):
        canonicalise(body, USER, reading=either(tolerant))
    assert repr(body) == before
