"""The BulkRequest message: what is refused as a whole, what is refused for one operation, and what is tolerated."""

import contextlib
import dataclasses
import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scimserver.errors import BadRequest, InvalidSyntax, PayloadTooLarge
from scimserver.schema.catalogue import SchemaCatalogue, load_schemas
from scimserver.scim.bulk import BulkOperation, BulkRequest, read_bulk

BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
BASE = "https://scim.example.net/t/larkfield/scim/v2"
CATALOGUE = load_schemas()
PAGE = Path(__file__).parents[3] / "docs/reference/bulk.md"


def read(*operations: Any, limit: int = 1000, **envelope: Any) -> BulkRequest:
    return read_bulk({"schemas": [BULK], "Operations": list(operations), **envelope}, CATALOGUE, BASE, limit)


def post(bulk_id: str, path: str = "/Users", **data: Any) -> dict[str, Any]:
    return {"method": "POST", "bulkId": bulk_id, "path": path, "data": data}


def only(operation: dict[str, Any], *others: dict[str, Any]) -> BulkOperation:
    return read(operation, *others).operations[0]


# -- the message as a whole --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ([], "expected an object, got a list"),
        ("bulk", "expected an object, got a string"),
        (None, "expected an object, got null"),
        ({"schemas": [BULK]}, "`Operations` is required"),
        ({"schemas": [BULK], "Operations": None}, "`Operations` is required"),
        ({"schemas": [BULK], "Operations": {}}, "`Operations`: expected a list, got an object"),
        ({"schemas": ["urn:other"], "Operations": []}, f"`schemas`: must contain {BULK}"),
        ({"schemas": BULK, "Operations": []}, "`schemas`: expected a list"),
        ({"Operations": [], "operations": []}, "one name twice"),
        ({"Operations": [], "failOnErrors": 0}, "`failOnErrors`: must be 1 or more"),
        ({"Operations": [], "failOnErrors": "1"}, "`failOnErrors`: expected a whole number, got a string"),
        ({"Operations": [], "failOnErrors": True}, "`failOnErrors`: expected a whole number, got a boolean"),
        ({"Operations": ["POST"]}, "`Operations[0]`: expected an object, got a string"),
        ({"Operations": [{"path": "/Users"}]}, "`Operations[0].method` is required"),
        ({"Operations": [{"method": "GET", "path": "/Users/1"}]}, "`Operations[0].method`: must be one of POST, PUT"),
        ({"Operations": [{"method": 1, "path": "/Users"}]}, "`Operations[0].method`"),
        ({"Operations": [{"method": "DELETE"}]}, "`Operations[0].path` is required"),
        ({"Operations": [{"method": "DELETE", "path": 1}]}, "`Operations[0].path`: expected a string, got a number"),
        ({"Operations": [{**post("a"), "data": []}]}, "`Operations[0].data`: expected an object, got a list"),
        ({"Operations": [{**post("a"), "bulkId": 1}]}, "`Operations[0].bulkId`: expected a string, got a number"),
        ({"Operations": [{**post("a"), "version": 1}]}, "`Operations[0].version`: expected a string, got a number"),
        ({"Operations": [{**post("a"), "METHOD": "PUT"}]}, "`Operations[0]` has one name twice"),
    ],
)
def test_a_message_of_another_form_is_refused_with_the_place(body: Any, text: str) -> None:
    with pytest.raises(InvalidSyntax) as refused:
        read_bulk(body, CATALOGUE, BASE, 1000)
    assert text in refused.value.detail


def test_names_and_methods_have_no_letter_case_and_null_is_absent() -> None:
    body = {
        "SCHEMAS": [BULK],
        "failonerrors": None,
        "OPERATIONS": [
            {"Method": "post", "BULKID": "a", "Path": "/Users", "DATA": {"userName": "a"}, "Version": None, "more": 1},
            {"method": "Delete", "path": "/Users/u_1", "bulkId": None, "data": None, "version": 'W/"1"'},
        ],
    }
    request = read_bulk(body, CATALOGUE, BASE, 2)
    created, deleted = request.operations
    assert (created.method, created.bulk_id, created.data, created.version) == ("POST", "a", {"userName": "a"}, None)
    assert (deleted.method, deleted.bulk_id, deleted.resource_id, deleted.version) == ("DELETE", None, "u_1", 'W/"1"')
    assert created.problem is None and deleted.problem is None and request.fail_on_errors is None


def test_a_message_may_be_empty_and_need_not_name_its_schema() -> None:
    assert read_bulk({"Operations": []}, CATALOGUE, BASE, 1).operations == ()
    assert read(failOnErrors=2.0).fail_on_errors == 2


def test_the_example_of_the_reference_page_is_a_good_request() -> None:
    (example,) = re.findall(r"^```json\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    request = read_bulk(json.loads(example), CATALOGUE, BASE, 1000)
    assert [(o.problem, set(o.references)) for o in request.operations] == [
        (None, {"ines"}),
        (None, set()),
        (None, {"ines"}),
    ]
    assert [[o.index for o in step] for step in request.steps()] == [[1], [0], [2]]


def test_operations_are_counted_before_they_are_read() -> None:
    assert len(read(*[{"method": "DELETE", "path": "/Users/u_1"}] * 3, limit=3).operations) == 3
    with pytest.raises(PayloadTooLarge, match=r"4 operations, at most 3 .*maxOperations.*split"):
        read(1, 2, 3, 4, limit=3)


# -- one operation -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "endpoint", "resource_id"),
    [
        ("/Users/u_1", "/Users", "u_1"),
        ("Users/u_1", "/Users", "u_1"),
        (" //Users//u_1/ ", "/Users", "u_1"),
        ("/Groups/g_1?attributes=id", "/Groups", "g_1"),
        (f"{BASE}/Groups/g_1", "/Groups", "g_1"),
        ("/Users/a%2Fb%20c", "/Users", "a/b c"),
        ("/Users/bulkId%3Aada", "/Users", "bulkId:ada"),
    ],
)
def test_a_path_names_a_resource(path: str, endpoint: str, resource_id: str) -> None:
    operation = only({"method": "PATCH", "path": path, "data": {}}, post("ada"))
    assert operation.problem is None
    assert operation.resource_type is not None and operation.resource_type.endpoint == endpoint
    assert operation.resource_id == resource_id


@pytest.mark.parametrize("path", ["/Users", "Users", "/Users/", f"{BASE}/Users"])
def test_a_path_names_where_to_create(path: str) -> None:
    operation = only(post("a", path))
    assert operation.problem is None and operation.resource_id == "" and operation.path == "/Users"


def test_every_resource_type_of_the_catalogue_has_its_path() -> None:
    device = dataclasses.replace(CATALOGUE.resource_type("User"), name="Device", endpoint="/Devices")
    catalogue = SchemaCatalogue((*CATALOGUE.resource_types, device))
    body = {"Operations": [post("sensor", "/Devices"), {"method": "DELETE", "path": "/Devices/bulkId:sensor"}]}
    assert [o.resource_type for o in read_bulk(body, catalogue, BASE, 10).operations] == [device, device]
    assert all(o.problem for o in read_bulk(body, CATALOGUE, BASE, 10).operations)


@pytest.mark.parametrize(
    ("operation", "status", "text"),
    [
        (post("a", "/Users/u_1"), 405, "leave the id out"),
        ({"method": "PUT", "path": "/Users", "data": {}}, 405, "`/Users/` and its id"),
        ({"method": "PATCH", "path": "/Groups/", "data": {}}, 405, "`/Groups/` and its id"),
        ({"method": "DELETE", "path": "/Users"}, 405, "DELETE changes one resource"),
        (post("a", ""), 404, "there are at /Users, /Groups"),
        (post("a", "/"), 404, "no resources at `/`"),
        (post("a", "/Bulk"), 404, "no resources at `/Bulk`"),
        (post("a", "/.search"), 404, "no resources at `/.search`"),
        (post("a", "/Users/.search"), 405, "leave the id out"),
        ({"method": "PATCH", "path": "/Me", "data": {}}, 404, "no resources at `/Me`"),
        ({"method": "DELETE", "path": "/Users/u_1/groups"}, 404, "no resources"),
        ({"method": "DELETE", "path": "/Schemas/x"}, 404, "no resources"),
        ({"method": "DELETE", "path": "/users/u_1"}, 404, "no resources"),
        ({"method": "DELETE", "path": "https://other.example/t/larkfield/scim/v2/Users/u_1"}, 404, "no resources"),
        ({"method": "DELETE", "path": f"{BASE}x/Users/u_1"}, 404, "no resources"),
        ({"method": "POST", "path": "/Users", "data": {}}, 400, "`bulkId`: missing"),
        (post(""), 400, "`bulkId`: missing"),
        ({"method": "POST", "path": "/Users", "bulkId": "a"}, 400, "`data`: missing"),
        ({"method": "PUT", "path": "/Users/u_1"}, 400, "the body that a single PUT"),
        ({"method": "PATCH", "path": "/Users/u_1", "data": None}, 400, "`data`: missing"),
    ],
)
def test_what_is_wrong_with_one_operation_is_its_own_problem(operation: dict[str, Any], status: int, text: str) -> None:
    refused, other = read(operation, post("other")).operations
    assert refused.problem is not None and refused.problem.status == status
    assert text in refused.problem.detail
    assert other.problem is None


def test_a_bulk_id_stands_for_one_operation() -> None:
    deleting = {"method": "DELETE", "path": "/Users/u_1", "bulkId": "a"}
    first, second, third = read(post("a"), post("b"), deleting).operations
    for refused in (first, third):
        assert refused.problem is not None and "2 operations have the bulkId `a`" in refused.problem.detail
    assert second.problem is None


@pytest.mark.parametrize(
    "operation",
    [
        post("a", manager={"value": "bulkId:ghost"}),
        post("a", "/Groups", members=[{"value": "u_1"}, {"value": "bulkId:ghost"}]),
        {"method": "PUT", "path": "/Users/bulkId:ghost", "data": {}},
        {"method": "DELETE", "path": "/Users/bulkId:ghost"},
        {"method": "PATCH", "path": "/Users/u_1", "data": {"Operations": [{"path": 'm[value eq "bulkId:ghost"]'}]}},
        {"method": "PATCH", "path": "/Users/u_1", "data": {"Operations": [{"value": ["bulkId:ghost"]}]}},
    ],
)
def test_a_reference_to_what_nothing_creates_is_an_invalid_value(operation: dict[str, Any]) -> None:
    changing = {"method": "PUT", "path": "/Users/u_2", "bulkId": "ghost", "data": {}}
    for others in ([], [changing]):
        refused = only(operation, *others).problem
        assert refused is not None and refused.body()["scimType"] == "invalidValue"
        assert (
            "`bulkId:ghost`: no POST of this bulk request" in refused.detail and "Add that operation" in refused.detail
        )
    assert only(operation, post("ghost")).problem is None


def test_what_a_delete_carries_is_ignored() -> None:
    operation = only({"method": "DELETE", "path": "/Users/u_1", "data": {"manager": "bulkId:ghost"}})
    assert operation.problem is None and operation.references == frozenset()


def test_ids_take_the_place_of_references_in_path_and_data() -> None:
    operation = only(
        {
            "method": "PATCH",
            "path": "/Groups/bulkId:boats",
            "data": {"Operations": [{"op": "remove", "path": 'members[value eq "bulkId:ada"]'}]},
        },
        post("boats", "/Groups"),
        post("ada"),
    )
    assert operation.references == {"boats", "ada"}
    resolved = operation.with_ids({"boats": "g_1", "ada": "u_1", "other": "u_2"})
    assert (resolved.path, resolved.resource_id) == ("/Groups/g_1", "g_1")
    assert resolved.data == {"Operations": [{"op": "remove", "path": 'members[value eq "u_1"]'}]}
    assert operation.path == "/Groups/bulkId:boats"


# -- order -------------------------------------------------------------------------------------------------------------


def order(*operations: dict[str, Any]) -> list[list[int]]:
    return [[operation.index for operation in step] for step in read(*operations).steps()]


def test_an_operation_waits_for_what_it_refers_to_and_the_others_keep_their_order() -> None:
    club = post("club", "/Groups", members=[{"value": "bulkId:ada"}])
    assert order(club, {"method": "DELETE", "path": "/Users/u_1"}, post("ada"), post("bert")) == [[1], [2], [0], [3]]


def test_operations_on_one_resource_keep_their_order() -> None:
    waiting = {"method": "PATCH", "path": "/Groups/g_1", "data": {"Operations": [{"value": "bulkId:ada"}]}}
    deleting = {"method": "DELETE", "path": f"{BASE}/Groups/g_1"}
    assert order(waiting, deleting, {**deleting, "path": "/Users/g_1"}, post("ada")) == [[2], [3], [0], [1]]
    renaming = {"method": "PUT", "path": "/Users/bulkId:ada", "data": {}}
    assert order(renaming, {**deleting, "path": "Users/bulkId:ada"}, post("ada")) == [[2], [0], [1]]


def test_a_circle_is_one_step_at_the_place_of_its_last_operation() -> None:
    a = post("a", "/Groups", members=[{"value": "bulkId:b"}])
    b = post("b", "/Groups", members=[{"value": "bulkId:a"}])
    follower = {"method": "DELETE", "path": "/Groups/bulkId:a"}
    assert order(a, follower, post("c"), b, post("d")) == [[2], [0, 3], [1], [4]]


def test_a_reference_to_oneself_is_no_circle() -> None:
    assert order(post("a", manager="bulkId:a"), post("b")) == [[0], [1]]


def test_a_refused_operation_has_its_turn_like_any_other() -> None:
    club = post("club", "/Groups", members=[{"value": "bulkId:ada"}])
    assert order(club, post("x", "/Me"), {**post("ada"), "data": None}) == [[1], [2], [0]]


# -- anything ----------------------------------------------------------------------------------------------------------

TEXTS = st.sampled_from(["a", "b", "", "bulkId:a", "bulkId:b", "x/bulkId:a", 'm[value eq "bulkId:a"]']) | st.text(
    max_size=9
)
PATHS = st.sampled_from(["/Users", "/Users/bulkId:a", "Groups/bulkId%3Ab", "/Users/u_1", "/Me", "//"]) | st.text(
    max_size=9
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXTS | st.just("path"), inner, max_size=2),
    max_leaves=6,
)
PATCHES = st.fixed_dictionaries(
    {"Operations": st.lists(st.dictionaries(st.sampled_from(["op", "path", "value"]), ANYTHING)) | ANYTHING}
)
OPERATIONS = st.fixed_dictionaries(
    {"method": st.sampled_from(["POST", "put", "Patch", "DELETE"]), "path": PATHS},
    optional={
        "bulkId": TEXTS | st.none(),
        "data": st.dictionaries(TEXTS, ANYTHING, max_size=3) | PATCHES,
        "version": TEXTS,
    },
)


@given(operations=st.lists(OPERATIONS, max_size=6))
def test_operations_of_any_content_are_read_and_each_has_its_turn_once(operations: list[dict[str, Any]]) -> None:
    request = read(*operations)
    turns = [operation for step in request.steps() for operation in step]
    assert sorted(operation.index for operation in turns) == list(range(len(operations)))
    for operation in request.operations:
        assert operation.problem is None or 400 <= operation.problem.status < 500
        resolved = operation.with_ids(dict.fromkeys(operation.references, "u_9"))
        assert (operation.problem is None) == (resolved.resource_type is not None)


@given(body=ANYTHING | st.fixed_dictionaries({"Operations": st.lists(OPERATIONS | ANYTHING, max_size=3) | ANYTHING}))
def test_a_body_of_any_form_is_read_or_refused(body: Any) -> None:
    # An AssertionError or a KeyError would be a 500.
    with contextlib.suppress(BadRequest, PayloadTooLarge):
        assert len(read_bulk(body, CATALOGUE, BASE, 2).operations) <= 2
