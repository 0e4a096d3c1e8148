"""PATCH of a resource: RFC 7644 §3.5.2, idp-clients §2.3 to §2.5, §4 and the rows of §11 that are about PATCH."""

import pytest

from scimserver.errors import InvalidPath, InvalidValue, Mutability, NoTarget, ScimError
from scimserver.scim.reading import strict, tolerant

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
BADGE = "urn:ietf:params:scim:schemas:extension:larkfield:2.0:User"
WORK_EMAIL = 'emails[type eq "work"].value'
WORK = {"type": "work", "value": "ines.okafor@larkfield.example", "primary": True}
HOME = {"type": "home", "value": "ines@okafor.example"}


def add(path, value):
    return {"op": "add", "path": path, "value": value}


def replace(path, value):
    return {"op": "replace", "path": path, "value": value}


def remove(path, **value):
    return {"op": "remove", "path": path, **value}


# -- the examples of idp-clients §2.3 ----------------------------------------------------------------------------------


def test_the_default_dialect_of_entra(patched, ines, badged):
    result = patched(
        {"op": "Replace", "path": "displayName", "value": "Ines Okafor-Reid"},
        {"op": "Replace", "path": "name.familyName", "value": "Okafor-Reid"},
        {"op": "Replace", "path": WORK_EMAIL, "value": "ines.reid@larkfield.example"},
        {"op": "Add", "path": 'addresses[type eq "work"].formatted', "value": "2 Quay Lane, Leith"},
        {"op": "Add", "path": 'addresses[type eq "work"].locality', "value": "Leith"},
        {"op": "Add", "path": 'phoneNumbers[type eq "mobile"].value', "value": "+44 7700 900999"},
        {"op": "Replace", "path": f"{ENTERPRISE}:department", "value": "Survey"},
        {"op": "Add", "path": f"{BADGE}:badgeColour", "value": "amber"},
        {"op": "Replace", "path": "active", "value": "False"},
        resource_type=badged,
    )
    ines |= {"displayName": "Ines Okafor-Reid", "active": False}
    ines["name"]["familyName"] = "Okafor-Reid"
    ines["emails"][0]["value"] = "ines.reid@larkfield.example"
    ines["addresses"][0]["formatted"] = "2 Quay Lane, Leith"
    ines["phoneNumbers"] = [{"type": "mobile", "value": "+44 7700 900999"}]
    ines[ENTERPRISE]["department"] = "Survey"
    ines[BADGE] = {"badgeColour": "amber"}
    assert result == ines


def test_the_flag_dialect_of_entra(patched, ines):
    result = patched(
        replace(WORK_EMAIL, "ines.reid@larkfield.example"),
        add('addresses[type eq "work"].formatted', "2 Quay Lane, Leith"),
        {
            "op": "replace",
            "value": {
                "displayName": "Ines Okafor-Reid",
                "name.familyName": "Okafor-Reid",
                "active": False,
                f"{ENTERPRISE}:department": "Survey",
            },
        },
    )
    ines |= {"displayName": "Ines Okafor-Reid", "active": False}
    ines["name"]["familyName"] = "Okafor-Reid"
    ines["emails"][0]["value"] = "ines.reid@larkfield.example"
    ines["addresses"][0]["formatted"] = "2 Quay Lane, Leith"
    ines[ENTERPRISE]["department"] = "Survey"
    assert result == ines


# -- every row of the table of semantics -------------------------------------------------------------------------------


@pytest.mark.parametrize("op", [add, replace])
@pytest.mark.parametrize("resource", [{}, {"emails": [HOME]}])
def test_row_4_an_absent_element_is_created(patched, op, resource):
    result = patched(op(WORK_EMAIL, "new@larkfield.example"), resource=resource)
    assert result["emails"] == [*resource.get("emails", []), {"type": "work", "value": "new@larkfield.example"}]


def test_row_4_replace_of_an_absent_element_has_no_target_in_a_strict_profile(run):
    with pytest.raises(NoTarget):
        run([replace('emails[type eq "other"].value', "x")], reading=strict())
    assert run([replace(WORK_EMAIL, "x")], reading=strict()).resource["emails"][0]["value"] == "x"


def test_row_5_several_adds_to_one_absent_element_make_one_element(patched):
    result = patched(
        add('addresses[type eq "home"].locality', "Leith"),
        add('addresses[type eq "home"].country', "GB"),
        add('addresses[type eq "home"].postalCode', "EH6 6QQ"),
        resource={},
    )
    assert result["addresses"] == [{"type": "home", "locality": "Leith", "country": "GB", "postalCode": "EH6 6QQ"}]


@pytest.mark.parametrize("op", [add, replace])
def test_row_6_other_elements_are_left_alone(patched, op):
    result = patched(op(WORK_EMAIL, "new@larkfield.example"))
    assert result["emails"] == [{**WORK, "value": "new@larkfield.example"}, HOME]


def test_row_7_dotted_keys_are_paths(patched):
    result = patched({"op": "replace", "value": {"name.familyName": "Reid", "NAME.givenname": "I"}})
    assert result["name"] == {"formatted": "Ines Okafor", "familyName": "Reid", "givenName": "I"}
    assert not [key for key in result if "." in key and not key.startswith("urn:")]


@pytest.mark.parametrize("key", [f"{ENTERPRISE}:department", f"{ENTERPRISE.upper()}:DEPARTMENT", "department"])
def test_row_8_keys_with_a_urn_are_paths(patched, key):
    result = patched({"op": "replace", "value": {key: "Survey"}})
    assert result[ENTERPRISE] == {"department": "Survey", "manager": {"value": "u_theo"}}


def test_keys_like_value_paths_are_paths(patched):
    result = patched({"op": "replace", "value": {WORK_EMAIL: "x", 'phoneNumbers[type eq "fax"].value': "+44"}})
    assert result["emails"] == [{**WORK, "value": "x"}, HOME]
    assert result["phoneNumbers"] == [{"type": "fax", "value": "+44"}]


@pytest.mark.parametrize("op", ["add", "replace"])
def test_a_key_that_is_a_whole_extension_is_merged(patched, op):
    result = patched({"op": op, "value": {ENTERPRISE.upper(): {"Division": "North", "department": None}}})
    assert result[ENTERPRISE] == {"division": "North", "manager": {"value": "u_theo"}}


@pytest.mark.parametrize("op", ["add", "replace"])
def test_a_path_that_is_a_whole_extension_is_merged(patched, op):
    result = patched({"op": op, "path": ENTERPRISE, "value": {"division": "North"}})
    assert result[ENTERPRISE] == {"department": "Harbour Works", "division": "North", "manager": {"value": "u_theo"}}
    assert ENTERPRISE not in patched(remove(ENTERPRISE))


@pytest.mark.parametrize("path", ['roles[primary eq "True"].value', "roles[primary eq true].value"])
def test_row_24_a_filter_by_primary_creates_a_primary_element(patched, path):
    assert patched(add(path, "editor"))["roles"] == [{"primary": True, "value": "editor"}]
    held = {"roles": [{"primary": True, "value": "viewer"}, {"value": "auditor"}]}
    assert patched(replace(path, "editor"), resource=held)["roles"][0] == {"primary": True, "value": "editor"}


def test_an_element_is_created_with_every_equality_of_the_filter(patched):
    result = patched(add('emails[type eq "other" and primary eq true].value', "x"))
    assert result["emails"] == [{**WORK, "primary": False}, HOME, {"type": "other", "primary": True, "value": "x"}]


@pytest.mark.parametrize(
    "path",
    [
        'emails[type ne "work" and type ne "home"].value',
        'emails[type eq "other" or type eq "third"].value',
        'emails[type eq "other" and value co "x"].value',
        'emails[type eq "other" and type eq "third"].value',
        "emails[display pr].value",
    ],
)
def test_no_element_is_created_that_would_not_satisfy_the_filter(run, path):
    with pytest.raises(NoTarget):
        run([replace(path, "new")])


def test_an_element_is_created_if_the_equalities_satisfy_the_rest_of_the_filter(patched):
    result = patched(replace('emails[type eq "other" and not (primary eq true)].value', "new"))
    assert result["emails"][-1] == {"type": "other", "value": "new"}


def test_an_empty_value_creates_no_element(patched, ines):
    assert patched(replace('phoneNumbers[type eq "fax"].value', "")) == ines
    assert patched(add('phoneNumbers[type eq "fax"].value', None)) == ines


def test_add_to_a_single_value_replaces_it(patched):
    assert patched(add("title", "Surveyor"))["title"] == "Surveyor"


def test_replace_of_an_absent_single_value_adds_it(patched):
    assert patched(replace("nickName", "Nes"))["nickName"] == "Nes"
    assert patched(replace("name.middleName", "M"), resource={})["name"] == {"middleName": "M"}


def test_add_of_a_list_appends_without_duplicates(patched):
    other = {"type": "other", "value": "i@x.example"}
    assert patched(add("emails", [HOME, other, other]))["emails"] == [WORK, HOME, other]
    assert patched(add("emails", other))["emails"] == [WORK, HOME, other]


def test_add_of_present_values_changes_nothing(patched, ines):
    assert patched(add("emails", [WORK, HOME])) == ines


def test_replace_of_a_list_replaces_all(patched):
    assert patched(replace("emails", [{"value": "x"}]))["emails"] == [{"value": "x"}]
    assert patched(replace("emails", [HOME, HOME]))["emails"] == [HOME]


@pytest.mark.parametrize(
    "path", ["title", "name.givenName", "emails", WORK_EMAIL, 'emails[type eq "work"]', ENTERPRISE]
)
def test_remove_deletes_and_removing_what_is_absent_succeeds(patched, path):
    once = patched(remove(path))
    assert once != patched()
    assert patched(remove(path), remove(path)) == once
    assert patched(remove(path), resource=once) == once


def test_removing_an_element_that_is_absent_has_no_target_in_a_strict_profile(run, ines):
    path = 'emails[type eq "other"]'
    assert run([remove(path)]).resource == ines
    with pytest.raises(NoTarget):
        run([remove(path)], reading=strict())


@pytest.mark.parametrize("value", ["ines.okafor@larkfield.example", "other", [{"value": "other"}], None])
def test_row_65_the_value_of_a_remove_is_ignored_for_a_typed_path(patched, value):
    assert patched(remove(WORK_EMAIL, value=value))["emails"] == [HOME]


def test_remove_with_a_list_removes_just_these_values(patched):
    assert patched(remove("emails", value=[{"value": HOME["value"]}]))["emails"] == [WORK]
    assert patched(remove("roles", value=[{"value": "editor"}]), resource={"roles": [{"value": "editor"}]}) == {}


def test_the_last_sub_attribute_takes_its_element_along(patched):
    assert patched(remove(WORK_EMAIL))["emails"] == [HOME]
    two = {"addresses": [{"type": "work", "primary": True, "locality": "Leith", "country": "GB"}]}
    left = patched(remove('addresses[type eq "work"].locality'), resource=two)
    assert left["addresses"] == [{"type": "work", "primary": True, "country": "GB"}]
    assert patched(remove('addresses[type eq "work"].country'), resource=left) == {}


def test_the_last_sub_attribute_takes_its_complex_attribute_and_extension_along(patched):
    assert patched(remove("name.givenName"), resource={"name": {"givenName": "I"}}) == {}
    assert patched(remove(f"{ENTERPRISE}:department"), resource={ENTERPRISE: {"department": "S"}}) == {}
    assert patched(remove(f"{ENTERPRISE}:manager.value"), resource={ENTERPRISE: {"manager": {"value": "u"}}}) == {}


@pytest.mark.parametrize("value", ["", None])
def test_an_empty_text_and_null_clear(patched, value):
    assert "title" not in patched(replace("title", value))
    assert "title" not in patched({"op": "replace", "value": {"title": value}})
    assert patched(replace("name.givenName", value))["name"] == {"formatted": "Ines Okafor", "familyName": "Okafor"}
    assert patched(replace("name", {"givenName": value}))["name"] == {
        "formatted": "Ines Okafor",
        "familyName": "Okafor",
    }
    assert patched(replace(WORK_EMAIL, value))["emails"] == [HOME]


@pytest.mark.parametrize("path", ["TITLE", "Title", "urn:ietf:params:scim:schemas:core:2.0:User:title"])
def test_a_path_has_no_letter_case_and_may_have_the_core_urn(patched, path):
    assert patched(replace(path, "Surveyor"))["title"] == "Surveyor"


def test_a_dot_behind_the_urn_is_accepted(patched):
    assert patched(replace(f"{ENTERPRISE}.department", "Survey"))[ENTERPRISE]["department"] == "Survey"


def test_row_30_no_operations_change_nothing(patched, ines):
    assert patched() == ines


@pytest.mark.parametrize(
    "bad", [replace("shoeSize", 41), replace("groups", []), remove("userName"), {"op": "add", "value": 1}]
)
def test_one_bad_operation_of_several_fails_all(run, bad):
    with pytest.raises(ScimError):
        run([replace("title", "Surveyor"), bad])


def test_an_unknown_attribute_is_refused_in_a_path_and_stripped_from_a_value(run, ines):
    with pytest.raises(InvalidPath, match="shoeSize"):
        run([replace("shoeSize", 41)])
    reading = tolerant()
    operation = {"op": "replace", "value": {"shoeSize": 41, "title": "Surveyor", f"{ENTERPRISE}:size": 1}}
    result = run([operation], reading=reading)
    assert result.resource == {**ines, "title": "Surveyor"}
    assert reading.used["unknown-attribute"] == ["shoeSize", f"{ENTERPRISE}:size"]
    with pytest.raises(InvalidValue, match="shoeSize"):
        run([{"op": "replace", "value": {"shoeSize": 41}}], reading=strict())


def test_operations_on_one_attribute_follow_each_other(patched):
    assert patched(remove("title"), add("title", "A"), replace("title", "B"))["title"] == "B"
    assert "title" not in patched(replace("title", "B"), remove("title"))


# -- types, readOnly, required, immutable ------------------------------------------------------------------------------


@pytest.mark.parametrize("value", ["False", "false", "FALSE", False])
def test_row_2_and_57_a_user_is_disabled_in_every_shape(patched, ines, value):
    ines["active"] = False
    assert patched({"op": "Replace", "path": "active", "value": value}) == ines
    assert patched({"op": "replace", "value": {"active": value}}) == ines


def test_a_string_that_is_no_boolean_is_left_for_the_schema_check(patched):
    assert patched(replace("active", "yes"))["active"] == "yes"


def test_row_58_the_own_id_is_ignored(patched, ines):
    assert patched({"op": "replace", "value": {"id": "u_ines", "displayName": "I"}}) == {**ines, "displayName": "I"}
    assert patched({"op": "replace", "value": {"ID": "u_ines", "meta": {}, "groups": [], "schemas": []}}) == ines
    assert patched(replace("id", "u_ines")) == ines


@pytest.mark.parametrize(
    "operation",
    [
        replace("id", "u_other"),
        {"op": "replace", "value": {"id": "u_other"}},
        remove("id"),
        replace("meta.version", "1"),
        add("groups", [{"value": "g"}]),
        remove('groups[value eq "g"]'),
        replace(f"{ENTERPRISE}:manager.displayName", "Theo"),
    ],
)
def test_a_read_only_attribute_in_a_path_is_refused(run, operation):
    with pytest.raises(Mutability, match="read-only"):
        run([operation])


@pytest.mark.parametrize(
    "operation",
    [
        remove("userName"),
        replace("userName", ""),
        replace("userName", None),
        {"op": "replace", "value": {"userName": None}},
    ],
)
def test_row_66_a_required_attribute_cannot_be_removed(run, operation):
    with pytest.raises((Mutability, InvalidValue), match="userName"):
        run([operation])
    assert run([replace("userName", "new")]).resource["userName"] == "new"


@pytest.mark.parametrize("operation", [add("emails", []), add("emails", None), {"op": "add", "value": {"emails": []}}])
def test_adding_nothing_to_a_list_leaves_it(patched, ines, operation):
    assert patched(operation) == ines


def test_what_the_server_makes_of_a_reference_is_not_stored(patched, ines):
    value = {f"{ENTERPRISE}:manager.$ref": "https://x", "manager.displayName": "Theo"}
    assert patched({"op": "replace", "value": value}) == ines
    assert patched(add("manager.$ref", "https://x")) == ines


def test_primary_may_be_added_before_the_value(patched):
    path = 'phoneNumbers[type eq "work"]'
    result = patched(add(f"{path}.primary", True), add(f"{path}.value", "+44"))
    assert result["phoneNumbers"] == [{"type": "work", "primary": True, "value": "+44"}]


def test_add_creates_an_absent_element_in_a_strict_profile_too(patched):
    result = patched(add('phoneNumbers[type eq "work"].value', "+44"), reading=strict())
    assert result["phoneNumbers"] == [{"type": "work", "value": "+44"}]


def test_removing_an_extension_removes_it_whole_unless_part_of_it_is_immutable(patched, run, badged):
    held = {BADGE: {"badgeColour": "teal", "tags": ["a"]}}
    assert patched(remove(BADGE), resource=held, resource_type=badged) == {}
    with pytest.raises(Mutability, match="badgeNumber"):
        run([remove(BADGE)], {BADGE: {"badgeNumber": "7"}}, badged)


def test_a_password_is_dropped(patched, ines):
    assert patched(replace("password", "t1!x")) == ines
    assert patched({"op": "replace", "value": {"password": "t1!x"}}) == ines


def test_an_immutable_value_is_set_once(patched, run, badged):
    path = f"{BADGE}:badgeNumber"
    once = patched(add(path, "7"), resource_type=badged)
    assert patched(replace(path, "7"), resource=once, resource_type=badged) == once
    for operation in (
        replace(path, "8"),
        remove(path),
        remove(BADGE),
        {"op": "add", "value": {BADGE: {"badgeNumber": "8"}}},
    ):
        with pytest.raises(Mutability, match="badgeNumber"):
            run([operation], once, badged)


def test_a_list_of_plain_values(patched, badged):
    held = {BADGE: {"tags": ["a", "b"]}}
    path = f"{BADGE}:tags"

    def tags(operation):
        return patched(operation, resource=held, resource_type=badged).get(BADGE, {}).get("tags")

    assert tags(add(path, ["b", "c"])) == ["a", "b", "c"]
    assert tags(add(path, "c")) == ["a", "b", "c"]
    assert tags(replace(path, ["c", "c"])) == ["c"]
    assert tags(remove(path)) is None
    assert tags(remove(f'{path}[value eq "a"]')) == ["b"]
    assert tags(replace(f'{path}[value eq "a"]', "z")) == ["z", "b"]


# -- manager and roles -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "operation",
    [
        add("manager", [{"$ref": "https://scim.larkfield.example/Users/u_new", "value": "u_new"}]),
        add(f"{ENTERPRISE}:manager", "u_new"),
        replace(f"{ENTERPRISE}:manager", {"value": "u_new"}),
        replace(f"{ENTERPRISE}:manager.value", "u_new"),
        replace("manager", {"managerId": "u_new"}),
        replace("manager", {"VALUE": "u_new", "displayName": "New"}),
        {"op": "replace", "value": {"manager": "u_new"}},
        {"op": "replace", "value": {f"{ENTERPRISE}:manager": {"value": "u_new"}}},
        {"op": "replace", "value": {ENTERPRISE: {"manager": "u_new"}}},
    ],
)
@pytest.mark.parametrize("held", [{}, {ENTERPRISE: {"manager": {"value": "u_theo"}}}])
def test_row_19_to_22_a_manager_is_set_in_every_shape(patched, operation, held):
    assert patched(operation, resource=held) == {ENTERPRISE: {"manager": {"value": "u_new"}}}


@pytest.mark.parametrize(
    "operation",
    [
        remove(f"{ENTERPRISE}:manager", value=[{"value": "u_theo"}]),
        remove("manager"),
        remove("manager.value"),
        replace("manager", None),
        replace("manager", ""),
        replace("manager", {"value": None}),
        replace("manager", {"value": ""}),
        replace("manager", []),
    ],
)
def test_a_manager_is_removed_in_every_shape(patched, operation):
    assert patched(operation)[ENTERPRISE] == {"department": "Harbour Works"}


def test_row_23_roles_packed_as_json_are_unpacked(patched):
    packed = [
        {"value": '{"id":"c0a9","value":"editor","displayName":"Editor"}'},
        {"value": '{"id":"4b8d","value":"viewer","displayName":"Viewer"}'},
    ]
    roles = [{"value": "editor", "display": "Editor"}, {"value": "viewer", "display": "Viewer"}]
    assert patched({"op": "Add", "path": "roles", "value": packed})["roles"] == roles
    assert patched(add("roles", packed), add("roles", packed))["roles"] == roles


def test_row_23_one_role_packed_as_json_into_a_typed_path(patched):
    packed = '{"id":"c0a9","value":"editor","displayName":"Editor"}'
    result = patched(add('roles[primary eq "True"].value', packed))
    assert result["roles"] == [{"primary": True, "value": "editor", "display": "Editor"}]


def test_a_packed_role_beside_a_remove_is_ignored(patched):
    held = {"roles": [{"primary": True, "value": "editor"}, {"value": "viewer"}]}
    packed = '{"id":"c0a9","value":"editor","displayName":"Editor"}'
    result = patched(remove('roles[primary eq "True"].value', value=packed), resource=held)
    assert result["roles"] == [{"value": "viewer"}]


def test_roles_are_the_same_by_their_value(patched):
    held = {"roles": [{"value": "editor", "display": "Editor", "primary": False}]}
    assert len(patched(add("roles", [{"value": "editor"}]), resource=held)["roles"]) == 1


# -- primary -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "operation",
    [
        add("emails", [{"value": "x", "primary": True}]),
        replace('emails[type eq "home"].primary', "True"),
        add('emails[type eq "home"]', {"primary": True}),
        replace('emails[type eq "home"]', {"value": "x", "primary": True}),
        add('emails[type eq "new"]', {"value": "x", "primary": True}),
        replace('emails[type eq "new" and primary eq true].value', "x"),
    ],
)
def test_a_new_primary_takes_it_from_the_others(patched, operation):
    emails = patched(operation)["emails"]
    assert emails[0] == {**WORK, "primary": False}
    assert [email.get("primary") for email in emails].count(True) == 1


def test_two_new_primary_values_are_refused(run):
    with pytest.raises(InvalidValue, match="primary"):
        run([replace("emails", [{"value": "a", "primary": True}, {"value": "b", "primary": True}])])


def test_another_change_leaves_primary_alone(patched):
    assert patched(replace('emails[type eq "home"].value', "x"))["emails"] == [WORK, {**HOME, "value": "x"}]


# -- the figures of RFC 7644 §3.5.2 ------------------------------------------------------------------------------------


def test_rfc_add_without_a_path(patched):
    result = patched({"op": "add", "value": {"emails": [{"value": "b@x.example", "type": "home"}], "nickName": "Babs"}})
    assert result["emails"] == [WORK, HOME, {"value": "b@x.example", "type": "home"}]
    assert result["nickName"] == "Babs"


def test_rfc_remove_by_a_filter_with_two_terms(patched):
    assert patched(remove('emails[type eq "work" and value ew "larkfield.example"]'))["emails"] == [HOME]


def test_rfc_replace_of_one_address(patched):
    new = {"type": "work", "streetAddress": "911 Quay Lane", "locality": "Leith", "primary": True}
    result = patched(replace('addresses[type eq "work"]', new))
    assert result["addresses"] == [new]


def test_rfc_replace_of_one_sub_attribute_of_every_match(patched):
    assert patched(replace('addresses[type eq "work"].streetAddress', "1010 Quay Lane"))["addresses"] == [
        {"type": "work", "locality": "Leith", "country": "GB", "streetAddress": "1010 Quay Lane"}
    ]


def test_rfc_replace_of_a_complex_attribute_leaves_the_rest_of_it(patched):
    for operation in (replace("name", {"GivenName": "I"}), {"op": "replace", "value": {"name": {"givenName": "I"}}}):
        assert patched(operation)["name"] == {"formatted": "Ines Okafor", "givenName": "I", "familyName": "Okafor"}


def test_a_sub_attribute_of_all_elements(patched):
    assert [email["display"] for email in patched(replace("emails.display", "I"))["emails"]] == ["I", "I"]
    assert patched(replace("emails.value", "x"), resource={})["emails"] == [{"value": "x"}]
    assert "emails" not in patched(remove("emails.value"))


# -- values that cannot be applied -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("operation", "error"),
    [
        ({"op": "replace", "value": "x"}, InvalidValue),
        ({"op": "replace", "value": None}, InvalidValue),
        ({"op": "replace", "value": [1]}, InvalidValue),
        (replace("name", "Ines"), InvalidValue),
        (replace("name", [{"givenName": "I"}, {"givenName": "J"}]), InvalidValue),
        (replace(ENTERPRISE, "Survey"), InvalidValue),
        (replace("emails", "x"), InvalidValue),
        (add("emails", 3), InvalidValue),
        (replace('addresses[type eq "work"]', 3), InvalidValue),
        (add("emails", ["x"]), InvalidValue),
        (replace('emails[type eq "work"]', [{"value": "a"}, {"value": "b"}]), InvalidValue),
        (replace("name", {"givenName": "I", "GIVENNAME": "J"}), InvalidValue),
        (replace('emails[type eq "work"', "x"), InvalidPath),
        (replace('title[value eq "x"]', "x"), InvalidPath),
        (replace("name.nick", "x"), InvalidPath),
        (replace("emails[nick eq 1].value", "x"), InvalidPath),
        (replace("urn:larkfield:none:size", "x"), InvalidPath),
        (replace("members", []), InvalidPath),
    ],
)
def test_a_value_or_path_that_cannot_be_applied_is_refused(run, operation, error):
    with pytest.raises(error):
        run([operation])


def test_an_error_names_the_operation(run):
    with pytest.raises(InvalidPath, match=r"Operations\[1\]"):
        run([replace("title", "x"), replace("shoeSize", 1)])


def test_one_attribute_in_two_letter_cases_without_a_path_is_refused(run):
    with pytest.raises(InvalidValue, match="title"):
        run([{"op": "replace", "value": {"title": "a", "Title": "b"}}])


@pytest.mark.parametrize("op", [add, replace])
def test_a_filter_that_does_not_mean_the_single_value_changes_nothing_and_says_so(patched, ines, op):
    with pytest.raises(NoTarget, match="selects no value of `name`"):
        patched(op('name[givenName eq "Jana"].familyName', "Weiss"))
    assert patched(op('name[givenName eq "Ines"].familyName', "Weiss"))["name"]["familyName"] == "Weiss"
    assert patched(remove('name[givenName eq "Jana"].familyName')) == ines
