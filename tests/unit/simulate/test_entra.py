"""Entra's service against a server in memory: what it asks and sends in each situation, and what it never sends."""

import copy
from dataclasses import replace
from typing import Any

import httpx
import pytest

from scimserver.expressions import compile_expression
from scimserver.simulate.cycle import ConnectionFailed, run_cycles
from scimserver.simulate.entra.dialects import Dialect, Legacy, Mixed, Scim2
from scimserver.simulate.entra.objects import edits, equals, same
from scimserver.simulate.mapping.mapping import Attribute, Mapping
from scimserver.simulate.mapping.targets import MANAGER, target
from scimserver.simulate.problems import SimulateProblem
from scimserver.simulate.quarantine import Quarantined
from scimserver.simulate.source.directory import Directory
from scimserver.simulate.state import State

from .entra_world import EntraServer, changed, entra
from .fake_server import LIST, URL, refuse
from .people import person, source, team

DIALECTS = [Legacy(), Scim2(), Mixed(3)]


@pytest.fixture
def server() -> EntraServer:
    return EntraServer()


def family() -> Directory:
    return source(
        person("ines", mailNickname="ines"),
        person("tomas", manager="p-ines", mailNickname="tomas"),
        person("bea", manager="p-tomas", mailNickname="bea"),
        team("Survey", "ines", "tomas"),
        team("Harbour"),
    )


def named(server: EntraServer, name: str) -> dict[str, Any]:
    return next(user for user in server.users.values() if user["userName"].startswith(name))


def group(server: EntraServer, name: str) -> dict[str, Any]:
    return next(group for group in server.groups.values() if group["displayName"] == name)


def members(server: EntraServer, name: str) -> set[str]:
    ids = {member["value"] for member in group(server, name).get("members", [])}
    return {server.users[one]["userName"].partition("@")[0] for one in ids}


def manager(server: EntraServer, name: str) -> str | None:
    found = target(MANAGER).find(named(server, name))
    return server.users[found["value"]]["userName"].partition("@")[0] if found else None


# -- Test Connection -----------------------------------------------------------------------------------------------


async def test_test_connection_asks_by_each_matching_attribute(server: EntraServer) -> None:
    async with entra(server, family()) as service:
        await service.test_connection()
    first, second, third = server.reads()
    assert first.startswith("/Users?filter=userName+eq+%22")
    assert second.startswith("/Users?filter=externalId+eq+%22")
    assert third.startswith("/Groups?excludedAttributes=members&filter=displayName+eq+%22")
    assert len({path.split("%22")[1] for path in server.reads()}) == 3, "a GUID of its own each"


async def test_a_server_that_ignores_filters_is_found_out(server: EntraServer) -> None:
    everything = {"schemas": [LIST], "totalResults": 1, "Resources": [{"id": "u_1"}]}
    server.scripted.append(lambda request: httpx.Response(200, json=everything))
    async with entra(server, family()) as service:
        with pytest.raises(ConnectionFailed, match="ignores filters on `userName`"):
            await service.test_connection()


@pytest.mark.parametrize(("status", "code"), [(400, "BadRequest"), (500, "InternalServerError")])
async def test_test_connection_says_what_the_server_said(server: EntraServer, status: int, code: str) -> None:
    server.scripted.append(refuse("GET", "/Users", status, "unknown attribute"))
    async with entra(server, family()) as service:
        with pytest.raises(ConnectionFailed, match=f"{code}: unknown attribute"):
            await service.initial_cycle()
    assert server.writes() == []


@pytest.mark.parametrize("status", [401, 403, 404])
async def test_quarantine_comes_before_any_write(server: EntraServer, status: int) -> None:
    server.scripted.append(refuse("GET", "/Users", status, "no"))
    async with entra(server, family()) as service:
        with pytest.raises(Quarantined):
            await service.initial_cycle()
    assert server.writes() == []


async def test_a_401_in_the_middle_ends_the_cycle(server: EntraServer) -> None:
    server.scripted.append(refuse("POST", "/Users", 401, "the token was revoked"))
    async with entra(server, family()) as service:
        with pytest.raises(Quarantined, match="the token was revoked"):
            await service.initial_cycle()
    assert not service.state.initial_done
    assert not any(path == "/Groups" for method, path, _ in server.writes())


# -- initial cycle --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
async def test_an_initial_cycle_brings_everything(server: EntraServer, dialect: Dialect) -> None:
    async with entra(server, family(), dialect) as service:
        await service.initial_cycle()
    assert {user["userName"].partition("@")[0] for user in server.users.values()} == {"ines", "tomas", "bea"}
    assert (manager(server, "ines"), manager(server, "tomas"), manager(server, "bea")) == (None, "ines", "tomas")
    assert (members(server, "Survey"), members(server, "Harbour")) == ({"ines", "tomas"}, set())
    assert service.state.initial_done
    assert service.state.watermark is not None
    assert service.state.ids.keys() == {"p-ines", "p-tomas", "p-bea", "t-Survey", "t-Harbour"}


async def test_groups_are_created_empty_and_filled_by_one_patch(server: EntraServer) -> None:
    async with entra(server, family()) as service:
        await service.initial_cycle()
    bodies = [body for _, path, body in server.writes() if path == "/Groups"]
    assert all("members" not in body for body in bodies)
    patches = [body for method, path, body in server.writes() if method == "PATCH" and path.startswith("/Groups/")]
    assert [len(body["Operations"][0]["value"]) for body in patches] == [2]


async def test_whoever_is_there_already_is_matched_and_corrected(server: EntraServer) -> None:
    server.users["u_1"] = {"id": "u_1", "userName": "INES@larkfield.example", "active": True, "title": "Pilot"}
    async with entra(server, source(person("ines", jobTitle="Captain"))) as service:
        await service.initial_cycle()
    assert [(method, path) for method, path, _ in server.writes()] == [("PATCH", "/Users/u_1")]
    assert (server.users["u_1"]["title"], server.users["u_1"]["userName"]) == ("Captain", "ines@larkfield.example")
    assert service.state.ids == {"p-ines": "u_1"}


async def test_the_second_matching_attribute_is_asked_only_if_the_first_finds_nobody(server: EntraServer) -> None:
    server.users["u_1"] = {"id": "u_1", "userName": "old@larkfield.example", "externalId": "ines"}
    async with entra(server, source(person("ines", mailNickname="ines"))) as service:
        await service.initial_cycle()
    assert service.state.ids == {"p-ines": "u_1"}
    asked = [path for path in server.reads() if "ines" in path]
    assert [path.partition("+")[0] for path in asked] == ["/Users?filter=userName", "/Users?filter=externalId"]


async def test_two_hits_are_a_failure_and_nothing_is_written(server: EntraServer) -> None:
    for number in (1, 2):
        server.users[f"u_{number}"] = {"id": f"u_{number}", "userName": "ines@larkfield.example"}
    async with entra(server, source(person("ines"))) as service:
        await service.initial_cycle()
    assert server.writes() == []
    assert service.state.failures["p-ines"].code == "DuplicateTargetEntries"
    assert "u_1, u_2" in service.state.failures["p-ines"].detail
    assert "DuplicateTargetEntries" in service.journal.codes()  # type: ignore[attr-defined]


async def test_without_a_matching_value_nobody_can_be_found(server: EntraServer) -> None:
    async with entra(server, source(person("ines", userPrincipalName=None))) as service:
        await service.initial_cycle()
    assert server.writes() == []
    assert "`userName`, `externalId`" in service.state.failures["p-ines"].detail


@pytest.mark.parametrize("absence", [{"accountEnabled": False}, {"IsSoftDeleted": True}])
async def test_nobody_is_created_disabled(server: EntraServer, absence: dict[str, bool]) -> None:
    directory = source(person("ines", **absence), person("tomas", manager="p-ines"), team("Survey", "ines"))
    async with entra(server, directory) as service:
        await service.initial_cycle()
    assert {user["userName"] for user in server.users.values()} == {"tomas@larkfield.example"}
    assert manager(server, "tomas") is None
    assert members(server, "Survey") == set()


async def test_nulls_are_never_sent(server: EntraServer) -> None:
    async with entra(server, source(person("ines", jobTitle="Pilot", department=None))) as service:
        await service.initial_cycle()
        service.directory.people["p-ines"].update(jobTitle=None, department="Survey")
        await service.incremental_cycle(changed("p-ines"))
    assert named(server, "ines")["title"] == "Pilot", "the server keeps what the source has lost"
    (patch,) = [body for method, _, body in server.writes() if method == "PATCH"]
    assert [operation["value"] for operation in patch["Operations"]] == ["Survey"]


async def test_a_matched_group_is_asked_for_each_member_before_it_is_added(server: EntraServer) -> None:
    server.users["u_1"] = {"id": "u_1", "userName": "ines@larkfield.example"}
    server.groups["g_1"] = {"id": "g_1", "displayName": "Survey", "members": [{"value": "u_1"}]}
    directory = source(person("ines"), person("tomas"), team("Survey", "ines", "tomas"))
    async with entra(server, directory) as service:
        await service.initial_cycle()
    assert members(server, "Survey") == {"ines", "tomas"}
    (patch,) = [b["Operations"] for m, p, b in server.writes() if p == "/Groups/g_1" and "members" in str(b)]
    assert [len(operation["value"]) for operation in patch] == [1]
    questions = [path for path in server.reads() if "attributes=id" in path]
    assert len(questions) == 2
    assert all("members" in path and "id" in path and "+and+" in path for path in questions)


# -- incremental cycles -----------------------------------------------------------------------------------------------


async def begun(server: EntraServer, directory: Directory) -> State:
    async with entra(server, directory) as service:
        await service.initial_cycle()
    server.asked.clear()
    return service.state


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
async def test_only_what_changed_is_read_and_written(server: EntraServer, dialect: Dialect) -> None:
    directory = family()
    state = await begun(server, directory)
    directory.people["p-bea"]["displayName"] = "Bea Reid"
    async with entra(server, directory, dialect, state) as service:
        await service.incremental_cycle(changed("p-bea"))
    bea = named(server, "bea")
    assert bea["displayName"] == "Bea Reid"
    assert server.reads()[3:] == [f"/Users/{bea['id']}"], "after Test Connection"
    assert [(m, p) for m, p, _ in server.writes()] == [("PATCH", f"/Users/{bea['id']}")]


async def test_what_did_not_change_is_not_touched(server: EntraServer) -> None:
    state = await begun(server, directory := family())
    async with entra(server, directory, state=state) as service:
        await service.incremental_cycle([])
    assert server.writes() == []
    assert len(server.reads()) == 3


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
@pytest.mark.parametrize("absence", [{"accountEnabled": False}, {"IsSoftDeleted": True}])
async def test_disable_and_restore_leave_the_memberships(
    server: EntraServer, dialect: Dialect, absence: dict[str, bool]
) -> None:
    state = await begun(server, directory := family())
    async with entra(server, directory, dialect, state) as service:
        directory.people["p-tomas"].update(absence)
        await service.incremental_cycle(changed("p-tomas"))
        assert (named(server, "tomas")["active"], members(server, "Survey")) == (False, {"ines", "tomas"})
        directory.people["p-tomas"].update(accountEnabled=True, IsSoftDeleted=False)
        await service.incremental_cycle(changed("p-tomas"))
    assert named(server, "tomas")["active"] is True
    assert len(server.writes()) == 2
    assert [e.action for e in service.journal.entries if e.request.startswith("PATCH")] == ["disable", "update"]  # type: ignore[attr-defined]


async def test_a_hard_delete_is_a_delete(server: EntraServer) -> None:
    state = await begun(server, directory := family())
    gone = state.ids["p-tomas"]
    del directory.people["p-tomas"]
    directory.people["p-bea"]["manager"] = "p-ines"
    directory.teams["t-Survey"]["members"] = ["p-ines"]
    async with entra(server, directory, state=state) as service:
        await service.incremental_cycle(changed("p-tomas", "p-bea"))
    assert ("DELETE", f"/Users/{gone}", None) in server.writes()
    assert gone not in server.users
    assert manager(server, "bea") == "ines"
    assert state.deleted == {"p-tomas": f"/Users/{gone}"}
    assert not any("/Groups" in path for _, path, _ in server.writes()), "the deleted one left the groups by that"


async def test_a_delete_of_what_is_gone_already_is_no_failure(server: EntraServer) -> None:
    state = await begun(server, directory := family())
    del server.users[state.ids["p-bea"]]
    del directory.people["p-bea"]
    async with entra(server, directory, state=state) as service:
        await service.incremental_cycle(changed("p-bea"))
    assert service.state.failures == {}
    assert service.journal.codes() == []  # type: ignore[attr-defined]


async def test_whoever_was_unassigned_first_is_never_deleted(server: EntraServer) -> None:
    state = await begun(server, directory := family())
    async with entra(server, directory, state=state) as service:
        service.scope.assigned = frozenset({"p-ines", "p-tomas", "t-Survey", "t-Harbour"})
        await service.incremental_cycle([])
        assert named(server, "bea")["active"] is False
        del directory.people["p-bea"]
        await service.incremental_cycle(changed("p-bea"))
    assert [method for method, _, _ in server.writes()] == ["PATCH"]
    assert state.released.keys() == {"p-bea"}


async def test_whoever_comes_back_into_scope_is_matched_again(server: EntraServer) -> None:
    state = await begun(server, directory := family())
    everybody = None
    async with entra(server, directory, state=state) as service:
        service.scope.assigned = frozenset({"p-ines", "p-tomas", "t-Survey", "t-Harbour"})
        await service.incremental_cycle([])
        service.scope.assigned = everybody
        await service.incremental_cycle([])
    assert named(server, "bea")["active"] is True
    assert any("filter=userName+eq+%22bea" in path for path in server.reads())
    assert (state.released, "p-bea" in state.ids) == ({}, True)


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
async def test_managers_and_members_move(server: EntraServer, dialect: Dialect) -> None:
    state = await begun(server, directory := family())
    directory.people["p-bea"]["manager"] = "p-ines"
    directory.people["p-tomas"]["manager"] = None
    directory.teams["t-Survey"]["members"] = ["p-tomas", "p-bea"]
    async with entra(server, directory, dialect, state) as service:
        await service.incremental_cycle(changed("p-bea", "p-tomas", "t-Survey"))
        writes = len(server.writes())
        await service.incremental_cycle([])
    assert (manager(server, "bea"), manager(server, "tomas")) == ("ines", None)
    assert members(server, "Survey") == {"tomas", "bea"}
    assert len(server.writes()) == writes == 3


async def test_large_groups_are_filled_a_hundred_at_a_time(server: EntraServer) -> None:
    names = [f"user{number}" for number in range(150)]
    async with entra(server, source(*map(person, names), team("Survey", *names))) as service:
        await service.initial_cycle()
    patches = [body for method, path, body in server.writes() if path.startswith("/Groups/")]
    assert [len(body["Operations"][0]["value"]) for body in patches] == [100, 50]
    assert len(members(server, "Survey")) == 150


async def test_a_group_is_renamed_and_deleted(server: EntraServer) -> None:
    state = await begun(server, directory := family())
    directory.teams["t-Survey"]["displayName"] = "Harbour"  # the name of the one that goes
    del directory.teams["t-Harbour"]
    async with entra(server, directory, state=state) as service:
        await service.incremental_cycle(changed("t-Survey", "t-Harbour"))
    assert [group["displayName"] for group in server.groups.values()] == ["Harbour"]
    assert [method for method, _, _ in server.writes()] == ["DELETE", "PATCH"]


# -- failures -----------------------------------------------------------------------------------------------------


async def test_an_id_that_is_gone_leaves_the_user_stuck_until_a_restart(server: EntraServer) -> None:
    state = await begun(server, directory := family())
    del server.users[state.ids["p-bea"]]
    directory.people["p-bea"]["displayName"] = "Bea Reid"
    async with entra(server, directory, state=state) as service:
        await service.incremental_cycle(changed("p-bea"))
        assert "p-bea" in state.stuck
        assert state.failures["p-bea"].code == "InvalidAnchor"
        server.asked.clear()
        await service.incremental_cycle(changed("p-bea"))
        assert len(server.asked) == 3, "only Test Connection"
        await service.reread()
    assert named(server, "bea")["displayName"] == "Bea Reid"
    assert (state.stuck, manager(server, "bea")) == ({}, "tomas")


async def test_a_conflict_is_tried_again_with_growing_gaps(server: EntraServer) -> None:
    state = await begun(server, directory := family())
    directory.people["p-zoe"] = person("zoe")
    server.scripted.append(refuse("POST", "/Users", 409, "`userName` is taken"))
    async with entra(server, directory, state=state) as service:
        tried = []
        for cycle in range(2, 12):
            before = len(server.writes())
            await service.incremental_cycle(changed("p-zoe") if cycle == 2 else [])
            tried += [cycle] if len(server.writes()) > before else []
        assert tried == [2, 3, 5, 9]
        assert (state.failures["p-zoe"].code, state.failures["p-zoe"].attempts) == ("EntryConflict", 4)
        server.scripted.clear()
        state.cycle = 16
        await service.incremental_cycle([])
    assert named(server, "zoe")["active"] is True
    assert state.failures == {}


async def test_a_create_without_id_is_incompatible(server: EntraServer) -> None:
    def without_id(request: httpx.Request) -> httpx.Response | None:
        return httpx.Response(201, json={"userName": "ines"}) if request.method == "POST" else None

    server.scripted.append(without_id)
    async with entra(server, source(person("ines"))) as service:
        await service.initial_cycle()
    assert service.state.failures["p-ines"].code.endswith("ServiceIncompatible")
    assert service.state.ids == {}


async def test_one_failure_does_not_stop_the_others(server: EntraServer) -> None:
    def picky(request: httpx.Request) -> httpx.Response | None:
        if request.method == "POST" and b"tomas" in request.content:
            return httpx.Response(400, json={"detail": "`title`: too long"})
        return None

    server.scripted.append(picky)
    async with entra(server, family()) as service:
        await service.initial_cycle()
    assert {user["userName"].partition("@")[0] for user in server.users.values()} == {"ines", "bea"}
    assert service.state.failures["p-tomas"].detail == "`title`: too long"
    assert (members(server, "Survey"), manager(server, "bea")) == ({"ines"}, None)


async def test_failed_references_are_not_the_users_failure(server: EntraServer) -> None:
    def no_manager(request: httpx.Request) -> httpx.Response | None:
        refused = request.method == "PATCH" and b"manager" in request.content
        return httpx.Response(400, json={"detail": "no such manager"}) if refused else None

    server.scripted.append(no_manager)
    async with entra(server, family()) as service:
        await service.initial_cycle()
        assert service.state.failures.keys() == {"p-tomas:references", "p-bea:references"}
        assert (service.watch.failures, service.watch.reference_failures) == (0, 2)
        server.scripted.clear()
        await service.incremental_cycle([])
    assert (manager(server, "tomas"), service.state.failures) == ("ines", {})


# -- again ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
async def test_reading_again_writes_nothing(server: EntraServer, dialect: Dialect) -> None:
    state = await begun(server, directory := family())
    before = copy.deepcopy(server.held)
    async with entra(server, directory, dialect, state) as service:
        await service.reread()
    assert server.writes() == []
    assert server.held == before
    matched = [path for path in server.reads() if "filter=userName" in path or "filter=displayName" in path]
    assert len(matched) == 5 + 2, "all five, and twice by Test Connection"


async def test_reading_again_repairs_what_was_changed_behind_our_back(server: EntraServer) -> None:
    state = await begun(server, directory := family())
    named(server, "bea")["displayName"] = "Somebody"
    group(server, "Survey")["members"].pop()
    target(MANAGER).put(named(server, "tomas"), {"value": "u_0"})
    async with entra(server, directory, state=state) as service:
        await service.reread()
    assert named(server, "bea")["displayName"] == "Bea Okafor"
    assert members(server, "Survey") == {"ines", "tomas"}
    assert manager(server, "tomas") == "ines"


async def test_cycles_run_from_what_the_state_says(server: EntraServer) -> None:
    saved: list[int] = []
    directory = family()

    async def run(state: State, cycles: int) -> list[str]:
        times: list[Any] = []
        async with entra(server, directory, state=state) as service:
            await run_cycles(service, cycles, lambda _: [], lambda: saved.append(state.cycle), times)
        return [time.name for time in times]

    state = State("entra", URL, directory)
    assert await run(state, 1) == ["initial cycle", "incremental cycle 2"]
    assert await run(state, 2) == ["incremental cycle 3", "incremental cycle 4"]
    assert await run(state, 0) == ["everything again"]
    assert saved


async def test_an_initial_cycle_that_was_interrupted_goes_on_where_it_was(server: EntraServer) -> None:
    broken = refuse("POST", "/Groups", 401, "revoked")
    server.scripted.append(broken)
    directory = family()
    async with entra(server, directory) as service:
        with pytest.raises(Quarantined):
            await service.initial_cycle()
    server.scripted.remove(broken)
    server.asked.clear()
    async with entra(server, directory, state=service.state) as again:
        await run_cycles(again, 0, lambda _: [], lambda: None, [])
    assert [path for method, path, _ in server.writes() if method == "POST"] == ["/Groups", "/Groups"]
    assert members(server, "Survey") == {"ines", "tomas"}


async def test_changes_of_a_cycle_that_was_interrupted_are_not_lost(server: EntraServer) -> None:
    state = await begun(server, directory := family())
    broken = refuse("PATCH", state.ids["p-bea"], 401, "revoked")
    server.scripted.append(broken)

    def evolve(cycle: int) -> Any:
        directory.people["p-bea"]["displayName"] = "Bea Reid"
        return changed("p-bea")

    async with entra(server, directory, state=state) as service:
        with pytest.raises(Quarantined):
            await run_cycles(service, 1, evolve, lambda: None, [])
    assert state.pending == ["p-bea"]
    server.scripted.remove(broken)
    async with entra(server, directory, state=state) as service:
        await run_cycles(service, 1, lambda _: [], lambda: None, [])
    assert (named(server, "bea")["displayName"], state.pending) == ("Bea Reid", [])


# -- on demand ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["p-bea", "BEA@larkfield.example", "Bea Okafor"])
async def test_on_demand_takes_one_user_by_any_name_and_ignores_the_flag(server: EntraServer, name: str) -> None:
    server.users["u_1"] = {"id": "u_1", "userName": "bea@larkfield.example"}
    async with entra(server, family(), Scim2()) as service:
        await service.on_demand(name)
    assert [(method, path) for method, path, _ in server.writes()] == [("PATCH", "/Users/u_1")]
    assert all(operation["op"] in ("Add", "Replace") for operation in server.writes()[0][2]["Operations"])
    assert [step.partition(":")[0] for step in service.steps] == [
        "Test connection",
        "Import",
        "Scope",
        "Match",
        "Act",
    ]


async def test_on_demand_creates_and_says_so(server: EntraServer) -> None:
    async with entra(server, family()) as service:
        await service.on_demand("p-ines")
    assert len(server.users) == 1
    assert service.steps[-1].startswith("Act: created as u_")


async def test_on_demand_takes_five_members_of_a_group(server: EntraServer) -> None:
    names = ["ines", "tomas", "bea", "zoe", "ase", "max", "kim"]
    async with entra(server, source(*map(person, names), team("Survey", *names))) as service:
        await service.on_demand("Survey")
        assert members(server, "Survey") == set(names[:5])
        assert len(server.users) == 5
        assert service.steps[-1] == (
            "Act: 5 members are added; 2 more wait for the next cycle, as on demand takes five at most."
        )
        await service.initial_cycle()
        await service.on_demand("Survey")
        assert service.steps[-1] == "Act: all members are there."
    assert members(server, "Survey") == set(names)


async def test_on_demand_says_why_somebody_is_left_out(server: EntraServer) -> None:
    async with entra(server, source(person("ines", IsSoftDeleted=True))) as service:
        await service.on_demand("p-ines")
    assert server.writes() == []
    assert service.steps[2:] == ["Scope: the account is soft-deleted.", "Act: nothing to do."]


async def test_on_demand_refuses_a_name_that_nobody_or_more_than_one_has(server: EntraServer) -> None:
    directory = source(person("ines"), person("ida", displayName="Ines Okafor"))
    async with entra(server, directory) as service:
        with pytest.raises(SimulateProblem, match='no user or group "nobody"'):
            await service.on_demand("nobody")
        with pytest.raises(SimulateProblem, match=r"name of 2 objects.*p-ines, p-ida"):
            await service.on_demand("Ines Okafor")
    assert server.asked == []


# -- discovery, values ----------------------------------------------------------------------------------------------


async def test_mapped_attributes_that_the_schemas_do_not_list_are_named(server: EntraServer) -> None:
    user = {
        "id": "urn:ietf:params:scim:schemas:core:2.0:User",
        "attributes": [{"name": "userName"}, {"name": "emails", "subAttributes": [{"name": "value"}]}],
    }
    schemas = {"schemas": [LIST], "totalResults": 1, "Resources": [user]}

    def discovery(request: httpx.Request) -> httpx.Response | None:
        return httpx.Response(200, json=schemas) if request.url.path.endswith("/Schemas") else None

    server.scripted.append(discovery)
    async with entra(server, family()) as service:
        missing = await service.unpublished()
    assert "displayName" in missing
    assert not {"userName", 'emails[type eq "work"].value', "externalId"} & set(missing)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("ines@larkfield.example", 'userName eq "ines@larkfield.example"'),
        ('say "hi"', r'userName eq "say \"hi\""'),
        ("back\\slash", r'userName eq "back\\slash"'),
    ],
)
def test_filters_quote_what_would_end_them(value: str, text: str) -> None:
    assert equals("userName", value) == text


@pytest.mark.parametrize(
    ("wanted", "found", "equal"),
    [
        ("a", "a", True),
        ("a", "A", False),
        ("True", True, True),
        (True, True, True),
        (False, None, False),
        (1, True, False),
        (3, 3, True),
        ("3", 3, False),
    ],
)
def test_values_are_compared_to_the_letter(wanted: Any, found: Any, equal: bool) -> None:
    assert same(wanted, found) is equal


ROLES = [{"value": "editor"}, {"value": "viewer"}]


def test_roles_that_accumulate_are_only_added() -> None:
    held = {"roles": [{"value": "viewer"}, {"value": "owner"}]}
    (edit,) = edits({"roles": ROLES}, held, frozenset({"roles"}))
    assert (edit.op, edit.value) == ("add", [{"value": "editor"}])
    assert edits({"roles": [{"value": "viewer"}]}, held, frozenset({"roles"})) == []


def test_roles_that_assert_are_replaced_as_a_whole() -> None:
    held = {"roles": [{"value": "viewer"}, {"value": "owner"}]}
    (edit,) = edits({"roles": ROLES}, held)
    assert (edit.op, edit.value) == ("replace", ROLES)
    assert edits({"roles": ROLES}, {"roles": ROLES}) == []


ROLE_ROWS = {
    "AppRoleAssignmentsComplex": [{"primary": False, "value": "editor", "displayName": "Editor"}],
    "AssertiveAppRoleAssignmentsComplex": [{"value": "editor", "display": "Editor"}],
}


@pytest.mark.parametrize("function", ROLE_ROWS)
async def test_roles_are_created_in_the_shape_of_their_expression(server: EntraServer, function: str) -> None:
    roles = [{"id": "r-1", "value": "editor", "displayName": "Editor"}]
    async with entra(server, source(person("ines", appRoleAssignments=roles)), mapping=with_roles(function)) as service:
        await service.initial_cycle()
        assert named(server, "ines")["roles"] == ROLE_ROWS[function]


@pytest.mark.parametrize(
    ("function", "op"), [("AppRoleAssignmentsComplex", "Add"), ("AssertiveAppRoleAssignmentsComplex", "Replace")]
)
async def test_a_role_that_changes_is_added_or_replaces_all(server: EntraServer, function: str, op: str) -> None:
    directory = source(person("ines", appRoleAssignments=[{"id": "r-1", "value": "editor", "displayName": "Editor"}]))
    async with entra(server, directory, mapping=with_roles(function)) as service:
        await service.initial_cycle()
        directory.people["p-ines"]["appRoleAssignments"] = [{"id": "r-2", "value": "viewer", "displayName": "Viewer"}]
        await service.incremental_cycle(changed("p-ines"))
    (operation,) = server.writes()[-1][2]["Operations"]
    packed = '{"id":"r-2","value":"viewer","displayName":"Viewer"}'
    assert operation == {"op": op, "path": "roles", "value": [{"value": packed}]}


def with_roles(function: str) -> Mapping:
    shipped = Mapping.load(None, "entra")
    row = Attribute("roles", expression=compile_expression(f"{function}([appRoleAssignments])"))
    return replace(shipped, users=(*shipped.users, row))


async def test_a_mapping_without_references_links_nobody(server: EntraServer) -> None:
    shipped = Mapping.load(None, "entra")
    mapping = replace(shipped, users=tuple(row for row in shipped.users if not row.reference))
    async with entra(server, family(), mapping=mapping) as service:
        await service.initial_cycle()
    assert manager(server, "tomas") is None
    assert members(server, "Survey") == {"ines", "tomas"}
