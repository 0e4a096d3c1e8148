"""Bulk requests on the three databases (RFC 7644 §3.7): references, circles, failures, order."""

import time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scimserver.store.driver import Database

from .office import BASE, Body, Office, group, id_of, open_office, patch, post, statuses

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"


@pytest.fixture
async def office(database: Database) -> Office:
    """A workspace on each of the three databases in turn."""
    return await open_office(database)


@pytest.fixture
async def wire_office(wire_database: Database) -> Office:
    """A workspace on the two that hold unique values of an array."""
    return await open_office(wire_database)


def managed(bulk_id: str, manager: str) -> Body:
    return post(bulk_id, **{ENTERPRISE: {"manager": {"value": manager}}})


def add_member(path: str, member: str) -> Body:
    return patch(path, {"op": "add", "path": "members", "value": [{"value": member}]})


async def members(office: Office, location: str) -> set[str]:
    found = await office.get(location)
    assert found is not None
    return {member["value"] for member in found.get("members", ())}


async def manager(office: Office, location: str) -> Any:
    found = await office.get(location)
    assert found is not None
    return found[ENTERPRISE]["manager"]["value"]


def detail(result: Body) -> str:
    return str(result["response"]["detail"])


# -- results -----------------------------------------------------------------------------------------------------------


async def test_each_operation_has_its_result_in_the_order_of_the_request(office: Office) -> None:
    otto, vera = await office.bulk(post("otto"), post("vera"))
    results = await office.bulk(
        post("ines"),
        {"method": "PUT", "path": f"/Users/{id_of(otto)}", "data": {"userName": "otto2@larkfield.example"}},
        patch(f"/Users/{id_of(vera)}", {"op": "replace", "path": "title", "value": "Pilot"}, bulkId="v"),
        post("pool", "/Groups"),
        patch(f"/Groups/{id_of(vera)}", {"op": "replace", "path": "displayName", "value": "x"}),
        {"method": "DELETE", "path": f"/Users/{id_of(otto)}"},
    )
    assert results[0] == {
        "method": "POST", "bulkId": "ines", "location": results[0]["location"], "version": 'W/"1"', "status": "201",
    }  # fmt: skip
    assert results[1] == {"method": "PUT", "location": otto["location"], "version": 'W/"2"', "status": "200"}
    assert results[2] == {
        "method": "PATCH", "bulkId": "v", "location": vera["location"], "version": 'W/"2"', "status": "200",
    }  # fmt: skip
    assert results[3]["location"].startswith(f"{BASE}/Groups/g_")
    gone = results[4]
    assert (gone["method"], gone["status"]) == ("PATCH", "404")
    assert gone["location"] == f"{BASE}/Groups/{id_of(vera)}" and "version" not in gone
    assert gone["response"]["status"] == "404" and gone["response"]["detail"].endswith("(request request-1)")
    assert results[5] == {"method": "DELETE", "location": otto["location"], "status": "204"}
    ines = await office.get(results[0]["location"])
    assert ines is not None and ines["meta"]["version"] == results[0]["version"]


async def test_a_wrong_version_refuses_one_operation(office: Office) -> None:
    (ines,) = await office.bulk(post("ines"))
    path = f"/Users/{id_of(ines)}"
    rename = {"op": "replace", "path": "title", "value": "Pilot"}
    results = await office.bulk(
        patch(path, rename, version='W/"7"'),
        {"method": "PUT", "path": path, "data": {"userName": "x@larkfield.example"}, "version": 'W/"7"'},
        {"method": "DELETE", "path": path, "version": 'W/"7"'},
        patch(path, rename, version=ines["version"]),
        {"method": "DELETE", "path": path, "version": ines["version"]},
    )
    assert statuses(results) == ["412", "412", "412", "200", "412"]
    found = await office.get(ines["location"])
    assert found is not None and found["title"] == "Pilot" and found["meta"]["version"] == 'W/"2"'


async def test_another_workspace_is_out_of_reach(office: Office) -> None:
    (ines,) = await office.bulk(post("ines"))
    stranger = await office.another()
    path = f"/Users/{id_of(ines)}"
    results = await stranger.bulk(
        patch(path, {"op": "replace", "path": "title", "value": "x"}),
        {"method": "PUT", "path": path, "data": {"userName": "x"}},
        {"method": "DELETE", "path": path},
        group("club", id_of(ines)),
    )
    assert statuses(results) == ["404", "404", "404", "201"]
    found = await stranger.get(results[3]["location"])
    assert found is not None and not found.get("members")
    assert (await office.get(ines["location"])) is not None


# -- references --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("forward", [False, True])
async def test_a_group_has_a_user_of_the_same_request_as_its_member(office: Office, forward: bool) -> None:
    operations = [post("ines"), group("tour guides", "bulkId:ines")]
    results = await office.bulk(*(reversed(operations) if forward else operations))
    club, ines = sorted(results, key=lambda result: result["location"])
    assert [r["bulkId"] for r in results] == [o["bulkId"] for o in (reversed(operations) if forward else operations)]
    assert statuses(results) == ["201", "201"]
    assert await members(office, club["location"]) == {id_of(ines)}
    found = await office.get(ines["location"])
    assert found is not None and [g["value"] for g in found["groups"]] == [id_of(club)]


async def test_a_reference_may_stand_anywhere(office: Office) -> None:
    (club,) = await office.bulk(group("club"))
    address = f"/Groups/{id_of(club)}"
    results = await office.bulk(
        add_member(address, "bulkId:a"),
        patch(address, {"op": "add", "value": {"members": [{"value": "bulkId:b", "$ref": "../Users/bulkId:b"}]}}),
        patch(address, {"op": "add", "path": "members", "value": [{"value": "bulkId:c"}]}),
        patch(address, {"op": "remove", "path": 'members[value eq "bulkId:a"]'}),
        managed("a", "bulkId:b"),
        managed("b", "bulkId:c"),
        patch("/Users/bulkId:c", {"op": "replace", "path": f"{ENTERPRISE}:manager", "value": "bulkId:a"}),
        post("c"),
        {"method": "PUT", "path": "/Groups/bulkId:new", "data": {"displayName": "put", "members": ["bulkId:c"]}},
        group("new", "bulkId:a"),
        {"method": "DELETE", "path": "/Users/bulkId:d"},
        post("d"),
    )
    assert statuses(results) == ["200", "200", "200", "200", "201", "201", "200", "201", "200", "201", "204", "201"]
    a, b, c, new, d = (results[n] for n in (4, 5, 7, 9, 11))
    assert await members(office, club["location"]) == {id_of(b), id_of(c)}
    assert [await manager(office, user["location"]) for user in (a, b, c)] == [id_of(b), id_of(c), id_of(a)]
    assert results[6]["location"] == c["location"] and results[8]["location"] == new["location"]
    assert await members(office, new["location"]) == {id_of(c)}
    assert results[10]["location"] == d["location"] and await office.get(d["location"]) is None
    assert "bulkId:" not in await office.stored_text()
    assert await office.total("users") == 3


async def test_what_is_deleted_before_it_is_made_anew_is_deleted_first(wire_office: Office) -> None:
    (old,) = await wire_office.bulk(post("ines"))
    results = await wire_office.bulk(
        group("club", "bulkId:ines"), {"method": "DELETE", "path": f"/Users/{id_of(old)}"}, post("ines")
    )
    assert statuses(results) == ["201", "204", "201"]
    assert await members(wire_office, results[0]["location"]) == {id_of(results[2])} != {id_of(old)}


async def test_of_one_user_name_twice_in_a_request_the_first_is_created(wire_office: Office) -> None:
    results = await wire_office.bulk(
        post("a", userName="ines@larkfield.example"),
        post("b", userName="INES@larkfield.example"),
        group("club", "bulkId:a", "bulkId:b"),
        post("c"),
    )
    assert statuses(results) == ["201", "409", "409", "201"]
    assert results[1]["response"]["scimType"] == "uniqueness" and "location" not in results[1]
    assert "bulkId `b`" in detail(results[2]) and "scimType" not in results[2]["response"]
    assert (await wire_office.total("users"), await wire_office.total("groups")) == (2, 0)


async def test_what_refers_to_a_failure_is_not_tried_and_all_else_is(office: Office) -> None:
    (club,) = await office.bulk(group("club"))
    results = await office.bulk(
        add_member(f"/Groups/{id_of(club)}", "bulkId:bad"),
        group("second", "bulkId:bad"),
        group("third", "bulkId:second"),
        post("bad", active="perhaps"),
        patch("/Users/bulkId:bad", {"op": "replace", "path": "title", "value": "x"}),
        group("fourth", "bulkId:ghost"),
        post("good"),
    )
    assert statuses(results) == ["409", "409", "409", "400", "409", "400", "201"]
    assert [name for name in ("bad", "second") for r in results if f"bulkId `{name}`" in r.get("response", {}).get("detail", "")] == [
        "bad", "bad", "bad", "second",
    ]  # fmt: skip
    assert results[5]["response"]["scimType"] == "invalidValue" and "`bulkId:ghost`" in detail(results[5])
    assert results[4]["location"] == f"{BASE}/Users/bulkId:bad"
    assert await members(office, club["location"]) == set()
    assert (await office.total("users"), await office.total("groups")) == (1, 1)


# -- circles -----------------------------------------------------------------------------------------------------------


async def test_groups_may_be_members_of_each_other(office: Office) -> None:
    results = await office.bulk(
        group("a", "bulkId:b", "bulkId:ines"),
        post("ines"),
        group("b", "bulkId:c"),
        group("c", "bulkId:a", "bulkId:b"),
        group("outside", "bulkId:a"),
    )
    assert statuses(results) == ["201"] * 5
    a, ines, b, c, outside = results
    assert await members(office, a["location"]) == {id_of(b), id_of(ines)}
    assert await members(office, b["location"]) == {id_of(c)}
    assert await members(office, c["location"]) == {id_of(a), id_of(b)}
    assert await members(office, outside["location"]) == {id_of(a)}
    for result in results:
        found = await office.get(result["location"])
        assert found is not None and found["meta"]["version"] == result["version"]
    assert await office.total("groups") == 4


async def test_users_may_be_managers_of_each_other_and_of_themselves(office: Office) -> None:
    results = await office.bulk(managed("a", "bulkId:b"), managed("b", "bulkId:a"), managed("c", "bulkId:c"))
    assert statuses(results) == ["201"] * 3
    assert [await manager(office, r["location"]) for r in results] == [id_of(results[n]) for n in (1, 0, 2)]
    assert [r["version"] for r in results] == ['W/"1"'] * 3


async def test_a_circle_that_fails_is_undone_and_another_one_is_not(office: Office) -> None:
    ines, club = await office.bulk(post("ines"), group("club"))
    before = [await office.get(r["location"]) for r in (ines, club)]
    results = await office.bulk(
        group("a", "bulkId:b", id_of(ines)),
        group("x", "bulkId:y"),
        group("b", "bulkId:c"),
        group("c", "bulkId:a", displayName=7),
        group("y", "bulkId:x"),
        add_member(f"/Groups/{id_of(club)}", "bulkId:a"),
    )
    assert statuses(results) == ["409", "201", "409", "400", "201", "409"]
    assert all("bulkId `c`" in detail(results[n]) and "location" not in results[n] for n in (0, 2))
    assert "displayName" in detail(results[3])
    assert "bulkId `a`" in detail(results[5])
    assert [await office.get(r["location"]) for r in (ines, club)] == before
    assert await members(office, results[1]["location"]) == {id_of(results[4])}
    assert (await office.total("users"), await office.total("groups")) == (1, 3)
    living = await office.app.database.groups.find({"ws": office.ctx.workspace.id, "deleted": None}).to_list(None)
    assert sorted(d["scim"]["displayName"] for d in living) == ["club", "x", "y"]
    rows = await office.app.database.memberships.find({"ws": office.ctx.workspace.id, "live": True}).to_list(None)
    assert {(row["group"], row["member"]) for row in rows} == {
        (id_of(results[1]), id_of(results[4])),
        (id_of(results[4]), id_of(results[1])),
    }


async def test_a_circle_that_refers_to_a_failure_creates_nothing(office: Office) -> None:
    results = await office.bulk(
        group("a", "bulkId:b"), group("b", "bulkId:a", "bulkId:bad"), post("bad", active="perhaps")
    )
    assert statuses(results) == ["409", "409", "400"]
    assert "bulkId `b`" in detail(results[0]) and "bulkId `bad`" in detail(results[1])
    assert not await office.app.database.groups.find({"ws": office.ctx.workspace.id}).to_list(None)


# -- failOnErrors ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        (1, ["201", "400"]),
        (2, ["201", "400", "404"]),
        (3, ["201", "400", "404", "201", "409"]),
        (4, ["201", "400", "404", "201", "409", "201"]),
        (None, ["201", "400", "404", "201", "409", "201"]),
    ],
)
async def test_fail_on_errors_ends_the_request_after_so_many_errors(
    office: Office, limit: int | None, expected: list[str]
) -> None:
    results = await office.bulk(
        post("a"),
        post("bad", active="perhaps"),
        {"method": "DELETE", "path": "/Users/u_none"},
        post("b"),
        group("club", "bulkId:bad"),
        post("c"),
        failOnErrors=limit,
    )
    assert statuses(results) == expected
    assert await office.total("users") == expected.count("201")


async def test_fail_on_errors_counts_in_the_order_of_execution_and_answers_in_that_of_the_request(
    office: Office,
) -> None:
    results = await office.bulk(
        group("waits", "bulkId:last"), post("a"), post("bad", active="perhaps"), post("last"), failOnErrors=1
    )
    assert [(r["bulkId"], r["status"]) for r in results] == [("a", "201"), ("bad", "400")]
    results = await office.bulk(
        group("late"),
        group("x", "bulkId:y"),
        post("b"),
        group("y", "bulkId:x", displayName=7),
        post("c"),
        failOnErrors=1,
    )
    assert [(r["bulkId"], r["status"]) for r in results] == [
        ("late", "201"), ("x", "409"), ("b", "201"), ("y", "400"),
    ]  # fmt: skip
    assert (await office.total("users"), await office.total("groups")) == (2, 1)


# -- size --------------------------------------------------------------------------------------------------------------


async def test_two_hundred_operations_take_a_few_seconds_at_most(office: Office) -> None:
    users = [post(f"user {n}") for n in range(190)]
    groups = [group(f"group {n}", *(f"bulkId:user {19 * n + m}" for m in range(19))) for n in range(10)]
    started = time.perf_counter()
    results = await office.bulk(*groups, *users)
    assert time.perf_counter() - started < 10
    assert statuses(results) == ["201"] * 200
    assert await members(office, results[3]["location"]) == {id_of(results[10 + 57 + m]) for m in range(19)}
    assert (await office.total("users"), await office.total("groups")) == (190, 10)


# -- any graph ---------------------------------------------------------------------------------------------------------


@st.composite
def requests(draw: st.DrawFn) -> list[Body]:
    """Users, groups and patches that refer to each other anyhow; some cannot succeed."""
    kinds = draw(st.lists(st.sampled_from(["user", "group", "patch"]), min_size=1, max_size=8))
    names = [f"n{number}" for number in range(len(kinds))]
    known = [n for n, kind in zip(names, kinds, strict=True) if kind != "patch"]
    referable = st.sampled_from([*known, *known, *known, "ghost"])
    operations = []
    for name, kind in zip(names, kinds, strict=True):
        targets = draw(st.lists(referable, max_size=3, unique=True))
        bad: Body = {"externalId": 7} if draw(st.integers(0, 7)) == 0 else {}
        if kind == "user":
            boss: Body = {ENTERPRISE: {"manager": {"value": f"bulkId:{targets[0]}"}}} if targets else {}
            operations.append(post(name, **boss, **bad))
        elif kind == "group":
            operations.append(group(name, *(f"bulkId:{t}" for t in targets if t != name), **bad))
        else:
            added = [{"value": f"bulkId:{target}"} for target in targets]
            address = draw(st.sampled_from(["/Groups/{club}", "/Groups/{club}", "/Groups/{none}"]))
            operations.append(patch(address, {"op": "add", "path": "members", "value": added}))
    return draw(st.permutations(operations))


def referred(operation: Body) -> set[str]:
    """What an operation refers to, told without any code of the server."""
    return {part.split("'")[0] for part in repr(operation).split("'bulkId:")[1:]}


def doomed(operations: list[Body]) -> set[int]:
    """The operations that cannot succeed: wrong themselves, or through what they refer to."""
    created = {o["bulkId"]: number for number, o in enumerate(operations) if "bulkId" in o}
    wrong = {n for n, o in enumerate(operations) if "{none}" in o["path"] or "externalId" in o["data"]}
    while True:
        more = {
            n for n, o in enumerate(operations) if any(t not in created or created[t] in wrong for t in referred(o))
        }
        if more <= wrong:
            return wrong
        wrong |= more


@given(operations=requests())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_any_graph_of_references_is_carried_out_as_far_as_possible(
    office: Office, operations: list[Body]
) -> None:
    fresh = await office.another()
    (club,) = await fresh.bulk(group("club"))
    failing = doomed(operations)
    sent = [{**o, "path": o["path"].format(club=id_of(club), none="g_none")} for o in operations]
    results = await fresh.bulk(*sent)
    assert [r.get("bulkId") for r in results] == [o.get("bulkId") for o in operations]
    assert {n for n, r in enumerate(results) if not r["status"].startswith("2")} == failing
    ids = {r["bulkId"]: id_of(r) for r in results if r["status"] == "201"}
    in_club: set[str] = set()
    for number, (operation, result) in enumerate(zip(operations, results, strict=True)):
        named = {ids[target] for target in referred(operation)} if number not in failing else set()
        if number in failing:
            assert "version" not in result
        elif operation["method"] == "PATCH":
            in_club |= named
        elif operation["path"] == "/Groups":
            assert await members(fresh, result["location"]) == named
        elif named:
            assert {await manager(fresh, result["location"])} == named
    assert await members(fresh, club["location"]) == in_club
    kinds = [o["path"] for n, o in enumerate(operations) if o["method"] == "POST" and n not in failing]
    assert await fresh.total("users") == kinds.count("/Users")
    assert await fresh.total("groups") == kinds.count("/Groups") + 1
    assert "bulkId:" not in await fresh.stored_text()
