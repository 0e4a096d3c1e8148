"""The PATCH message itself: rows 1, 28 to 30 and every malformed one."""

import pytest

from scimserver.errors import InvalidPath, InvalidSyntax, InvalidValue, NoTarget
from scimserver.scim.messages import MAX_OPERATIONS, PATCH_SCHEMA, Operation, parse_patch
from scimserver.scim.reading import strict

GOOD = {"op": "add", "path": "title", "value": "Surveyor"}


def test_an_operation_is_read():
    assert parse_patch({"schemas": [PATCH_SCHEMA], "Operations": [GOOD]}, reading=strict()) == [
        Operation("add", "title", "Surveyor", True, 0)
    ]


@pytest.mark.parametrize("op", ["Add", "ADD", "add"])
def test_row_1_operation_names_have_no_letter_case(op):
    assert parse_patch({"Operations": [{**GOOD, "op": op}]})[0].op == "add"


def test_row_1_a_strict_profile_takes_lower_case_only():
    with pytest.raises(InvalidSyntax, match=r"Operations\[0\]\.op"):
        parse_patch({"schemas": [PATCH_SCHEMA], "Operations": [{**GOOD, "op": "Add"}]}, reading=strict())


def test_row_28_missing_schemas_are_tolerated_but_not_in_a_strict_profile():
    assert len(parse_patch({"Operations": [GOOD]})) == 1
    with pytest.raises(InvalidValue, match="schemas"):
        parse_patch({"Operations": [GOOD]}, reading=strict())


def test_row_29_operations_in_lower_case():
    assert len(parse_patch({"operations": [GOOD]})) == 1


def test_row_30_no_operations_are_no_change_but_not_in_a_strict_profile():
    assert parse_patch({"Operations": []}) == []
    with pytest.raises(InvalidValue, match="Operations"):
        parse_patch({"schemas": [PATCH_SCHEMA], "Operations": []}, reading=strict())


def test_null_is_a_value_and_a_missing_value_is_none():
    null, missing = parse_patch(
        {"Operations": [{"op": "replace", "path": "title", "value": None}, {"op": "remove", "path": "title"}]}
    )
    assert (null.has_value, missing.has_value) == (True, False)
    assert missing.index == 1


def test_an_empty_path_is_no_path():
    assert parse_patch({"Operations": [{"op": "add", "path": "", "value": {}}]})[0].path is None


@pytest.mark.parametrize(
    ("body", "error", "named"),
    [
        ([], InvalidSyntax, "body"),
        (None, InvalidSyntax, "body"),
        ({}, InvalidSyntax, "Operations"),
        ({"Operations": None}, InvalidSyntax, "Operations"),
        ({"Operations": GOOD}, InvalidSyntax, "Operations"),
        ({"Operations": [GOOD], "operations": [GOOD]}, InvalidSyntax, "twice"),
        ({"schemas": ["urn:x"], "Operations": [GOOD]}, InvalidValue, "schemas"),
        ({"schemas": 3, "Operations": [GOOD]}, InvalidValue, "schemas"),
        ({"Operations": [GOOD, "x"]}, InvalidSyntax, "Operations[1]"),
        ({"Operations": [GOOD, {"path": "title", "value": 1}]}, InvalidSyntax, "Operations[1].op"),
        ({"Operations": [{**GOOD, "op": "move"}]}, InvalidSyntax, "Operations[0].op"),
        ({"Operations": [{**GOOD, "op": ["add"]}]}, InvalidSyntax, "Operations[0].op"),
        ({"Operations": [{**GOOD, "OP": "add"}]}, InvalidSyntax, "Operations[0]"),
        ({"Operations": [{**GOOD, "path": 3}]}, InvalidSyntax, "Operations[0].path"),
        ({"Operations": [GOOD, GOOD, {"op": "add", "path": "title"}]}, InvalidValue, "Operations[2].value"),
        ({"Operations": [{"op": "remove"}]}, NoTarget, "Operations[0].path"),
        ({"Operations": [GOOD] * (MAX_OPERATIONS + 1)}, InvalidValue, "Operations"),
    ],
)
def test_a_malformed_message_is_refused_by_place(body, error, named):
    with pytest.raises(error) as refused:
        parse_patch(body)
    assert named in refused.value.detail


def test_an_empty_path_is_refused_in_a_strict_profile():
    with pytest.raises(InvalidPath, match=r"Operations\[0\]\.path"):
        parse_patch({"schemas": [PATCH_SCHEMA], "Operations": [{**GOOD, "path": ""}]}, reading=strict())


def test_as_many_operations_as_allowed_are_read():
    assert len(parse_patch({"Operations": [GOOD] * MAX_OPERATIONS})) == MAX_OPERATIONS
