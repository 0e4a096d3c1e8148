"""Group membership operations: idp-clients §3.6 and rows 9 to 18, 61."""

import pytest

from scimserver.errors import InvalidPath, InvalidValue, Mutability, NoTarget
from scimserver.scim.members import members_of, split
from scimserver.scim.messages import PATCH_SCHEMA, parse_patch
from scimserver.scim.patch import apply
from scimserver.scim.reading import strict

INES = {"value": "u_ines"}
THEO = {"value": "u_theo", "type": "User", "display": "Theo"}
CREW = {"value": "g_crew", "type": "Group"}
STORED = {"u_ines": INES, "u_theo": THEO, "g_crew": CREW}


def add(*members):
    return {"op": "Add", "path": "members", "value": list(members)}


def remove(path="members", **value):
    return {"op": "remove", "path": path, **value}


def test_members_are_added(planned):
    """Entra: several members in one operation, `$ref` null (row 16)."""
    changes = planned(add({"$ref": None, "value": "u_ines"}, {"$ref": None, "value": "u_theo"})).resolve()
    assert not changes.clear
    assert changes.add == {"u_ines": INES, "u_theo": {"value": "u_theo"}}
    assert changes.remove == frozenset()


def test_row_10_remove_with_a_value_list_removes_just_these(planned):
    changes = planned({"op": "Remove", "path": "members", "value": [{"$ref": None, "value": "u_ines"}]}).resolve()
    assert (changes.clear, changes.add, changes.remove) == (False, {}, {"u_ines"})


def test_row_10_remove_with_an_empty_list_removes_nobody(planned):
    changes = planned(remove(value=[])).resolve()
    assert (changes.clear, changes.add, changes.remove) == (False, {}, frozenset())


def test_row_11_remove_without_value_and_filter_empties_the_group(planned):
    plan = planned(remove())
    assert not plan.needs_stored
    assert plan.resolve().clear
    assert plan.resolve().add == {}


@pytest.mark.parametrize(
    "path",
    [
        'members[value eq "u_ines"]',
        'Members[VALUE EQ "u_ines"]',
        'members[value eq "u_ines"].value',
        'urn:ietf:params:scim:schemas:core:2.0:Group:members[value eq "u_ines"]',
    ],
)
def test_row_12_remove_with_a_filter_removes_one(planned, path):
    plan = planned(remove(path))
    assert not plan.needs_stored
    assert plan.resolve().remove == {"u_ines"}


def test_row_12_two_ids_joined_by_or(planned):
    plan = planned(remove('members[value eq "u_ines" OR value eq "u_theo"]'))
    assert not plan.needs_stored
    assert plan.resolve().remove == {"u_ines", "u_theo"}


def test_another_filter_is_resolved_against_the_present_members(planned):
    plan = planned(remove('members[type eq "Group"]'))
    assert plan.needs_stored
    assert plan.resolve(STORED).remove == {"g_crew"}


def test_another_filter_sees_what_the_operations_before_it_did(planned):
    plan = planned(
        remove('members[value eq "g_crew"]'), add({**CREW, "value": "g_new"}), remove('members[type eq "Group"]')
    )
    changes = plan.resolve(STORED)
    assert changes.add == {}
    assert "g_crew" in changes.remove


def test_a_filter_after_the_group_was_emptied_needs_no_stored_members(planned):
    plan = planned({"op": "replace", "path": "members", "value": [INES, CREW]}, remove('members[type eq "Group"]'))
    assert not plan.needs_stored
    changes = plan.resolve()
    assert changes.clear
    assert changes.add == {"u_ines": INES}


def test_row_61_replace_sets_the_full_list(planned):
    changes = planned({"op": "replace", "path": "members", "value": [INES, INES]}).resolve()
    assert changes.clear
    assert changes.add == {"u_ines": INES}


@pytest.mark.parametrize("value", [None, []])
def test_replace_by_nothing_empties_the_group(planned, value):
    changes = planned({"op": "replace", "path": "members", "value": value}).resolve()
    assert changes.clear
    assert changes.add == {}


def test_operations_take_effect_in_order(planned):
    assert planned(add(INES), remove('members[value eq "u_ines"]')).resolve().remove == {"u_ines"}
    again = planned(remove('members[value eq "u_ines"]'), add(INES)).resolve()
    assert (again.add, again.remove) == ({"u_ines": INES}, frozenset())
    cleared = planned(add(THEO), remove(), add(INES)).resolve()
    assert cleared.clear
    assert cleared.add == {"u_ines": INES}


def test_one_member_without_a_list(planned):
    assert planned({"op": "add", "path": "members", "value": INES}).resolve().add == {"u_ines": INES}
    assert planned({"op": "add", "path": "members", "value": "u_ines"}).resolve().add == {"u_ines": INES}
    assert planned({"op": "add", "path": "members", "value": ["u_ines"]}).resolve().add == {"u_ines": INES}


def test_add_with_a_filter_on_the_id_adds_that_member(planned):
    assert planned({"op": "add", "path": 'members[value eq "u_ines"]', "value": INES}).resolve().add == {"u_ines": INES}


def test_an_operation_without_a_path_is_divided(group):
    value = {"displayName": "Crew", "Members": [INES], "externalId": "c1"}
    others, plan = split(parse_patch({"Operations": [{"op": "add", "value": value}]}), group)
    assert list(others[0].value.items()) == [("displayName", "Crew"), ("externalId", "c1")]
    assert plan.resolve().add == {"u_ines": INES}
    assert value["Members"] == [INES]


def test_an_operation_without_a_path_that_has_only_members_leaves_nothing(group):
    others, plan = split(parse_patch({"Operations": [{"op": "replace", "value": {"members": [INES]}}]}), group)
    assert others == []
    assert plan.resolve().clear


def test_a_key_with_a_filter_concerns_only_that_member(group):
    value = {'members[value eq "u_ines"]': {"value": "u_ines"}}
    others, plan = split(parse_patch({"Operations": [{"op": "replace", "value": value}]}), group)
    assert others == []
    changes = plan.resolve()
    assert (changes.clear, changes.add) == (False, {"u_ines": INES})


def test_row_9_a_rename_is_no_membership_operation(group):
    operations = parse_patch({"Operations": [{"op": "replace", "value": {"displayName": "Crew"}}]})
    assert split(operations, group) == (operations, None)


def test_users_have_no_members(user):
    operations = parse_patch({"Operations": [add(INES)]})
    assert split(operations, user) == (operations, None)


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ({"value": "u_ines"}, {"value": "u_ines"}),  # row 17: without type
        ({"value": "u_ines", "type": "user"}, {"value": "u_ines", "type": "User"}),
        ({"value": "u_ines", "displayName": "Ines"}, {"value": "u_ines", "display": "Ines"}),  # row 18
        ({"Value": "u_ines", "Type": None, "$ref": None, "x": 1}, {"value": "u_ines"}),
        ("u_ines", {"value": "u_ines"}),
    ],
)
def test_a_member_is_tolerated_in_many_shapes(group, sent, kept):
    assert members_of([sent], group.attribute("members")) == {"u_ines": kept}


@pytest.mark.parametrize(
    ("sent", "named"),
    [
        ([INES, {"display": "Ines"}], "members[1].value"),
        ([{"value": None}], "members[0].value"),
        ([{"value": ""}], "members[0].value"),
        ([{"value": 7}], "members[0].value"),
        ([""], "members[0]"),
        ([7], "members[0]"),
        ([{"value": "u_ines", "type": "Device"}], "members[0].type"),
        ([{"value": "u_ines", "type": 3}], "members[0].type"),
        ([{"value": "u_ines", "VALUE": "u_theo"}], "members[0]"),
        (7, "members"),
    ],
)
def test_a_member_that_cannot_be_read_is_refused_by_place(group, sent, named):
    with pytest.raises(InvalidValue) as refused:
        members_of(sent, group.attribute("members"))
    assert named in refused.value.detail


def test_a_malformed_path_is_refused(group):
    operations = parse_patch({"Operations": [remove('members[value eq "u_ines"')]})
    others, plan = split(operations, group)
    assert plan is None
    with pytest.raises(InvalidPath):
        apply({"displayName": "Crew"}, others, group)


def test_a_member_itself_is_not_changed(planned):
    with pytest.raises(Mutability):
        planned({"op": "replace", "path": 'members[value eq "u_ines"].value', "value": "u_theo"})


def test_a_member_given_as_a_value_takes_the_place_of_the_selected_one(planned):
    path = 'members[value eq "u_ines"]'
    changes = planned({"op": "replace", "path": path, "value": THEO}).resolve()
    assert (changes.clear, changes.add, changes.remove) == (False, {"u_theo": THEO}, {"u_ines"})
    same = planned({"op": "replace", "path": path, "value": INES}).resolve()
    assert (same.add, same.remove) == ({"u_ines": INES}, frozenset())
    with pytest.raises(Mutability):
        planned({"op": "add", "path": path, "value": THEO})


def test_an_error_names_the_operation(group):
    operations = parse_patch({"Operations": [add(INES), {"op": "add", "path": "members", "value": [7]}]})
    with pytest.raises(InvalidValue, match=r"`Operations\[1\]`: `members\[0\]`"):
        split(operations, group)


def strictly(group, *operations):
    message = {"schemas": [PATCH_SCHEMA], "Operations": list(operations)}
    return split(parse_patch(message, reading=strict()), group, reading=strict())


def test_a_strict_profile_empties_the_group_where_entra_means_one_member(group):
    _, plan = strictly(group, {"op": "remove", "path": "members", "value": [INES]})
    assert plan.resolve().clear


def test_row_14_to_the_letter_a_removal_of_nobody_has_no_target(group, planned):
    operation = remove('members[value eq "u_ines"]')
    _, plan = strictly(group, operation)
    assert plan.needs_stored and plan.may_find_nobody
    assert plan.resolve({"u_ines": INES}).remove == {"u_ines"}
    with pytest.raises(NoTarget, match="members"):
        plan.resolve({"u_theo": {"value": "u_theo"}})
    assert not planned(operation).may_find_nobody
    assert planned(operation).resolve().remove == {"u_ines"}


@pytest.mark.parametrize("value", ["u_ines", ["u_ines"], [{"value": "u_ines", "displayName": "Ines"}]])
def test_a_strict_profile_takes_a_member_only_as_the_schema_has_it(group, value):
    with pytest.raises(InvalidValue, match="members"):
        strictly(group, {"op": "add", "path": "members", "value": value})
    whole = {"value": "u_ines", "$ref": "https://scim.larkfield.example/Users/u_ines", "type": "User", "display": "I"}
    assert strictly(group, {"op": "add", "path": "members", "value": [whole]})[1].resolve().add.keys() == {"u_ines"}


def test_a_strict_profile_takes_no_path_for_an_attribute(group):
    others, plan = strictly(group, {"op": "replace", "value": {'members[value eq "u_ines"]': INES}})
    assert plan is None
    with pytest.raises(InvalidValue, match="members"):
        apply({"displayName": "Crew"}, others, group, reading=strict())
    assert strictly(group, {"op": "replace", "value": {"Members": [INES]}})[1].resolve().clear
