"""Okta's service against a server in memory: who is created, changed, deactivated; what is sent, and what is not."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from scimserver.simulate.cycle import ConnectionFailed
from scimserver.simulate.journal import Journal
from scimserver.simulate.mapping.mapping import Mapping
from scimserver.simulate.mapping.targets import ENTERPRISE
from scimserver.simulate.okta import client as okta_client
from scimserver.simulate.okta.service import OktaService
from scimserver.simulate.problems import SimulateProblem
from scimserver.simulate.progress import Progress
from scimserver.simulate.source.directory import Change, Directory
from scimserver.simulate.state import State
from scimserver.simulate.wire import Answer, Wire

from .fake_server import LIST, URL, FakeServer, refuse
from .people import person, source, team

PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


@asynccontextmanager
async def okta(server: FakeServer, directory: Directory, dialect: str = "legacy") -> AsyncIterator[OktaService]:
    mapping = Mapping.load(None, "okta")
    pauses: list[float] = []

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)

    wire = Wire(
        URL,
        "secret",
        journal=Journal(),
        parallel=1,
        user_agent=okta_client.USER_AGENT,
        retries=okta_client.OktaRetries(),
        space=okta_client.SPACE,
        transport=server.transport(),
        sleep=sleep,
    )
    state = State("okta", URL, directory)
    async with wire:
        service = OktaService(wire, directory, mapping, mapping.scope, state, dialect, Journal(), Progress(False))
        service.pauses = pauses  # type: ignore[attr-defined]
        yield service


def changed(*things: str) -> list[Change]:
    return [Change("update", thing) for thing in things]


def only(server: FakeServer) -> dict[str, Any]:
    return next(iter(server.users.values()))


# -- users -------------------------------------------------------------------------------------------------------------


async def test_a_user_is_looked_for_by_name_and_then_created() -> None:
    server = FakeServer()
    async with okta(server, source(person("ines"))) as service:
        await service.initial_cycle()
    assert server.agents == {"Okta SCIM Client 1.0.0"}
    assert "/Users?filter=userName%20eq%20%22ines%40larkfield.example%22&startIndex=1&count=100" in server.reads(), (
        server.reads()
    )
    [(method, path, body)] = server.writes()
    assert (method, path) == ("POST", "/Users")
    assert body == {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": "ines@larkfield.example",
        "externalId": "p-ines",
        "name": {"givenName": "Ines", "familyName": "Okafor"},
        "emails": [
            {"type": "work", "primary": True, "value": "ines@larkfield.example", "display": "ines@larkfield.example"}
        ],
        "displayName": "Ines Okafor",
        "groups": [],
        "password": body["password"],
        "active": True,
    }
    assert body["password"]


async def test_an_extension_in_use_is_named_in_schemas() -> None:
    server = FakeServer()
    async with okta(server, source(person("ines", department="Survey"))) as service:
        await service.initial_cycle()
    assert only(server)["schemas"] == ["urn:ietf:params:scim:schemas:core:2.0:User", ENTERPRISE]


async def test_a_user_who_is_there_is_linked_and_corrected() -> None:
    server = FakeServer()
    server.users["u_1"] = {"id": "u_1", "schemas": [], "userName": "INES@larkfield.example", "active": False}
    async with okta(server, source(person("ines"))) as service:
        await service.initial_cycle()
        assert service.state.ids == {"p-ines": "u_1"}
    assert [method for method, _, _ in server.writes()] == ["PUT"]
    assert server.users["u_1"]["active"] is True
    assert server.users["u_1"]["name"] == {"givenName": "Ines", "familyName": "Okafor"}


async def test_404_means_that_there_is_none_too() -> None:
    server = FakeServer()
    server.scripted.append(
        lambda r: httpx.Response(404, json={"detail": "no user"}) if "filter" in r.url.params else None
    )
    async with okta(server, source(person("ines"))) as service:
        await service.initial_cycle()
    assert len(server.users) == 1


@pytest.mark.parametrize("dialect", ["legacy", "scim2", "mixed"])
async def test_disabled_deleted_and_unassigned_people_are_not_created(dialect: str) -> None:
    server = FakeServer()
    people = (person("bea", accountEnabled=False), person("tom", IsSoftDeleted=True), person("zoe"))
    async with okta(server, source(*people), dialect) as service:
        await service.initial_cycle()
    assert [user["userName"] for user in server.users.values()] == ["zoe@larkfield.example"]


async def test_legacy_puts_back_the_whole_resource_as_it_was_read() -> None:
    server = FakeServer()
    ines = person("ines")
    async with okta(server, source(ines)) as service:
        await service.initial_cycle()
        only(server)["nickName"] = "Ni"  # of somebody else's making
        ines["jobTitle"] = "Pilot"
        await service.incremental_cycle(changed(ines.id))
    method, path, body = server.writes()[-1]
    assert (method, path) == ("PUT", f"/Users/{body['id']}")
    assert {"id", "meta", "groups", "nickName"} <= body.keys()
    assert body["title"] == "Pilot"


async def test_the_catalogue_patches_each_changed_attribute_whole_and_without_path() -> None:
    server = FakeServer()
    ines = person("ines", mobile="+44 1")
    async with okta(server, source(ines), "scim2") as service:
        await service.initial_cycle()
        ines.update(surname="Reid", department="Survey", telephoneNumber="+44 2")
        await service.incremental_cycle(changed(ines.id))
    assert server.writes()[-1][2] == {
        "schemas": [PATCH_OP],
        "Operations": [
            {
                "op": "replace",
                "value": {
                    "name": {"givenName": "Ines", "familyName": "Reid"},
                    "phoneNumbers": [{"type": "mobile", "value": "+44 1"}, {"type": "work", "value": "+44 2"}],
                    ENTERPRISE: {"department": "Survey"},
                },
            }
        ],
    }


@pytest.mark.parametrize(("dialect", "method"), [("legacy", "PUT"), ("scim2", "PATCH")])
@pytest.mark.parametrize("absence", [{"accountEnabled": False}, {"IsSoftDeleted": True}])
async def test_who_is_blocked_or_deleted_is_deactivated_and_may_come_back(
    dialect: str, method: str, absence: dict[str, bool]
) -> None:
    server = FakeServer()
    ines = person("ines")
    async with okta(server, source(ines), dialect) as service:
        await service.initial_cycle()
        before = dict(ines)
        ines.update(absence)
        await service.incremental_cycle(changed(ines.id))
        assert only(server)["active"] is False
        assert server.writes()[-1][0] == method
        ines.update(before)
        await service.incremental_cycle(changed(ines.id))
        assert only(server)["active"] is True
    assert len(server.users) == 1, "the same user, not a second one"


async def test_the_catalogue_deactivates_without_path() -> None:
    server = FakeServer()
    ines = person("ines")
    async with okta(server, source(ines), "scim2") as service:
        await service.initial_cycle()
        ines["accountEnabled"] = False
        await service.incremental_cycle(changed(ines.id))
    assert server.writes()[-1][2]["Operations"] == [{"op": "replace", "value": {"active": False}}]


async def test_who_is_gone_from_the_source_is_deactivated_and_never_deleted() -> None:
    server = FakeServer()
    directory = source(person("ines"))
    async with okta(server, directory) as service:
        await service.initial_cycle()
        del directory.people["p-ines"]
        await service.incremental_cycle([Change("hard_delete", "p-ines")])
    assert only(server)["active"] is False
    assert "DELETE" not in {method for method, _, _ in server.asked}


async def test_a_push_of_the_profile_does_not_activate() -> None:
    server = FakeServer()
    ines = person("ines")
    async with okta(server, source(ines)) as service:
        await service.initial_cycle()
        only(server)["active"] = False  # suspended by hand in the application
        ines["jobTitle"] = "Pilot"
        await service.incremental_cycle(changed(ines.id))
    assert only(server)["title"] == "Pilot"
    assert only(server)["active"] is False


async def test_nothing_is_written_where_nothing_differs() -> None:
    server = FakeServer()
    directory = source(person("ines"), person("bea", manager="p-ines"), team("Harbour Works", "ines", "bea"))
    async with okta(server, directory) as service:
        await service.initial_cycle()
        before = len(server.writes())
        await service.reread()
        await service.incremental_cycle(changed("p-ines", "p-bea", "t-Harbour Works"))
    assert len(server.writes()) == before


@pytest.mark.parametrize("dialect", ["legacy", "scim2"])
async def test_managers_follow_when_everybody_is_there(dialect: str) -> None:
    server = FakeServer()
    async with okta(server, source(person("bea", manager="p-ines"), person("ines")), dialect) as service:
        await service.initial_cycle()
        ids = service.state.ids
    assert server.users[ids["p-bea"]][ENTERPRISE]["manager"] == {"value": ids["p-ines"]}


# -- groups ------------------------------------------------------------------------------------------------------------


def members(server: FakeServer) -> list[str]:
    [group] = server.groups.values()
    return sorted(member["display"].partition("@")[0] for member in group["members"])


async def test_a_group_is_created_empty_and_then_filled() -> None:
    server = FakeServer()
    async with okta(server, source(person("ines"), team("Harbour Works", "ines")), "scim2") as service:
        await service.initial_cycle()
        user, group = service.state.ids["p-ines"], service.state.ids["t-Harbour Works"]
    assert any(
        "filter=displayName%20eq%20%22Harbour%20Works%22&startIndex=1&count=100" in path for path in server.reads()
    )
    created, filled = server.writes()[-2:]
    assert created[2]["displayName"] == "Harbour Works"
    assert filled[2]["Operations"] == [
        {"op": "replace", "value": {"id": group, "displayName": "Harbour Works"}},
        {"op": "add", "path": "members", "value": [{"value": user, "display": "ines@larkfield.example"}]},
    ]


async def test_a_group_that_is_there_gets_the_full_list() -> None:
    server = FakeServer()
    server.groups["g_1"] = {
        "id": "g_1",
        "displayName": "harbour works",
        "members": [{"value": "u_9", "display": "x@y"}],
    }
    async with okta(server, source(person("ines"), team("Harbour Works", "ines")), "scim2") as service:
        await service.initial_cycle()
    assert [o["op"] for o in server.writes()[-1][2]["Operations"]] == ["replace", "replace"]
    assert members(server) == ["ines"]


async def test_the_catalogue_moves_members_and_sends_the_name_along() -> None:
    server = FakeServer()
    works = team("Harbour Works", "ines", "bea")
    async with okta(server, source(person("ines"), person("bea"), person("tom"), works), "scim2") as service:
        await service.initial_cycle()
        works["members"] = ["p-bea", "p-tom"]
        works["displayName"] = "Harbour Works EMEA"
        await service.incremental_cycle(changed(works.id))
        group, gone = service.state.ids[works.id], service.state.ids["p-ines"]
    assert server.writes()[-1][2]["Operations"][:2] == [
        {"op": "replace", "value": {"id": group, "displayName": "Harbour Works EMEA"}},
        {"op": "remove", "path": f'members[value eq "{gone}"]'},
    ]
    assert members(server) == ["bea", "tom"]


async def test_legacy_puts_the_whole_group() -> None:
    server = FakeServer()
    works = team("Harbour Works", "ines", "bea")
    async with okta(server, source(person("ines"), person("bea"), works)) as service:
        await service.initial_cycle()
        works["members"] = ["p-bea"]
        await service.incremental_cycle([Change("remove_member", works.id, "p-ines")])
    assert server.writes()[-1][0] == "PUT"
    assert members(server) == ["bea"]


async def test_a_member_who_is_created_later_is_pushed_then() -> None:
    server = FakeServer()
    bea = person("bea", accountEnabled=False)
    async with okta(server, source(person("ines"), bea, team("Harbour Works", "ines", "bea"))) as service:
        await service.initial_cycle()
        assert members(server) == ["ines"]
        bea["accountEnabled"] = True
        await service.incremental_cycle(changed(bea.id))
    assert members(server) == ["bea", "ines"]


async def test_a_deactivated_member_stays_a_member() -> None:
    server = FakeServer()
    ines = person("ines")
    async with okta(server, source(ines, team("Harbour Works", "ines"))) as service:
        await service.initial_cycle()
        ines["accountEnabled"] = False
        await service.incremental_cycle(changed(ines.id))
    assert members(server) == ["ines"]


@pytest.mark.parametrize("again", ["incremental", "reread"])
async def test_a_group_that_is_gone_is_deleted(again: str) -> None:
    server = FakeServer()
    directory = source(person("ines"), team("Harbour Works", "ines"))
    async with okta(server, directory) as service:
        await service.initial_cycle()
        directory.teams.clear()
        await (service.reread() if again == "reread" else service.incremental_cycle([]))
        assert "t-Harbour Works" in service.state.deleted
    assert server.groups == {}


# -- what goes wrong ---------------------------------------------------------------------------------------------------


async def test_400_waits_under_tasks_and_is_not_tried_again_by_itself() -> None:
    server = FakeServer()
    server.scripted.append(refuse("POST", "/Users", 400, "`userName` is too long"))
    async with okta(server, source(person("ines"))) as service:
        await service.initial_cycle()
        assert service.state.stuck == {"p-ines": "`userName` is too long"}
        asked = len(server.writes())
        await service.incremental_cycle([])
        assert len(server.writes()) == asked
        server.scripted.clear()
        await service.incremental_cycle(changed("p-ines"))
        assert service.state.stuck == {}
    assert len(server.users) == 1


async def test_500_is_tried_again_in_the_next_cycle() -> None:
    server = FakeServer()
    server.scripted.append(refuse("POST", "/Users", 500, "oops"))
    async with okta(server, source(person("ines"))) as service:
        await service.initial_cycle()
        server.scripted.clear()
        await service.incremental_cycle([])
        assert service.state.failures == {}
    assert len(server.users) == 1


async def test_an_empty_answer_to_a_create_is_an_error() -> None:
    server = FakeServer()
    server.scripted.append(lambda r: httpx.Response(201) if r.method == "POST" else None)
    async with okta(server, source(person("ines"))) as service:
        await service.initial_cycle()
        assert service.state.stuck == {"p-ines": "Create new user returned empty user."}


async def test_a_resource_that_cannot_be_read_waits_under_tasks() -> None:
    server = FakeServer()
    ines = person("ines")
    async with okta(server, source(ines)) as service:
        await service.initial_cycle()
        ines["jobTitle"] = "Pilot"
        server.scripted.append(lambda r: httpx.Response(200, text="<html>") if "u_new" in r.url.path else None)
        await service.incremental_cycle(changed(ines.id))
        assert "is no resource with an `id`" in service.state.stuck["p-ines"]


async def test_two_users_of_one_name_are_left_to_a_person() -> None:
    server = FakeServer()
    for id_ in ("u_1", "u_2"):
        server.users[id_] = {"id": id_, "userName": "ines@larkfield.example"}
    async with okta(server, source(person("ines"))) as service:
        await service.initial_cycle()
        assert service.state.stuck == {"p-ines": "2 users have the same `userName`."}
    assert server.writes() == []


async def test_a_refused_token_ends_the_run() -> None:
    server = FakeServer()
    server.scripted.append(refuse("GET", "/Users", 401, "The token is unknown."))
    async with okta(server, source(person("ines"), person("bea"))) as service:
        with pytest.raises(ConnectionFailed, match="refused with 401: The token is unknown"):
            await service.initial_cycle()


async def test_throttling_is_waited_out_twice_as_long_each_time() -> None:
    server = FakeServer()
    left = 3

    def busy(request: httpx.Request) -> httpx.Response | None:
        nonlocal left
        left -= request.method == "POST"
        return httpx.Response(429, headers={"Retry-After": "2"}) if request.method == "POST" and left >= 0 else None

    server.scripted.append(busy)
    async with okta(server, source(person("ines"))) as service:
        await service.initial_cycle()
        assert service.pauses == [2, 4, 8]  # type: ignore[attr-defined]
    assert len(server.users) == 1


@pytest.mark.parametrize(
    ("header", "attempts", "pause"),
    [
        ({"retry-after": "3"}, 1, 3),
        ({"retry-after": "3"}, 3, 12),
        ({"retry-after": "3"}, 10, None),
        ({}, 1, 300),
        ({"retry-after": "Fri, 27 Nov 2026 08:00:00 GMT"}, 2, 600),
    ],
)
def test_without_whole_seconds_okta_waits_five_minutes(
    header: dict[str, str], attempts: int, pause: float | None
) -> None:
    patient = okta_client.OktaRetries(longest=3600)
    assert patient.after(Answer(429, headers=header, attempts=attempts), "GET") == pause


def test_a_run_does_not_wait_for_longer_than_it_is_told() -> None:
    assert okta_client.OktaRetries(longest=60).after(Answer(429), "GET") is None


async def test_pages_that_repeat_are_noticed() -> None:
    server = FakeServer()
    same = [{"id": f"u_{n}"} for n in range(100)]
    server.scripted.append(
        lambda r: (
            httpx.Response(
                200,
                json={"schemas": [LIST], "totalResults": 150, "startIndex": 1, "itemsPerPage": 100, "Resources": same},
            )
            if r.method == "GET" and "filter" not in r.url.params
            else None
        )
    )
    async with okta(server, source()) as service:
        with pytest.raises(SimulateProblem, match="startIndex=101&count=100: the page is empty or repeats"):
            await service.initial_cycle()


async def test_the_import_reads_page_after_page() -> None:
    server = FakeServer()
    for number in range(230):
        server.users[f"u_{number}"] = {"id": f"u_{number}", "userName": f"user{number}"}
    async with okta(server, source()) as service:
        await service.initial_cycle()
    assert [path for path in server.reads() if path.startswith("/Users")] == [
        f"/Users?startIndex={start}&count=100" for start in (1, 101, 201)
    ]


# -- connection and on demand ------------------------------------------------------------------------------------------


async def test_the_connection_is_tested_with_one_user() -> None:
    server = FakeServer()
    async with okta(server, source()) as service:
        await service.test_connection()
    assert server.reads() == ["/Users?startIndex=1&count=1"]


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (401, {"detail": "The token is unknown."}, "401 to GET /Users. The token is unknown"),
        (404, {"detail": "No such workspace."}, "404 to GET /Users. No such workspace"),
        (
            200,
            {"totalResults": "0", "startIndex": 1, "itemsPerPage": 0},
            "`totalResults` is '0' and must be a JSON number",
        ),
        (200, {"totalResults": 0, "startIndex": 1}, "`itemsPerPage` is None"),
        (200, [], "the answer is no ListResponse"),
        (
            200,
            {"totalResults": 1, "startIndex": 1, "itemsPerPage": 1, "Resources": [{"userName": "ines"}]},
            "`Resources` is no list of resources with an `id`",
        ),
        (
            200,
            {"totalResults": 2, "startIndex": 1, "itemsPerPage": 2, "Resources": [{"id": "a"}, {"id": "b"}]},
            "count=1 gave 2 users",
        ),
    ],
)
async def test_a_wrong_answer_fails_the_connection(status: int, body: Any, words: str) -> None:
    server = FakeServer()
    server.scripted.append(lambda _: httpx.Response(status, json=body))
    async with okta(server, source()) as service:
        with pytest.raises(ConnectionFailed, match=words):
            await service.test_connection()


async def test_one_user_or_group_on_demand() -> None:
    server = FakeServer()
    async with okta(server, source(person("ines"), person("bea"), team("Harbour Works", "ines"))) as service:
        await service.on_demand("ines@larkfield.example")
        assert [user["userName"] for user in server.users.values()] == ["ines@larkfield.example"]
        await service.on_demand("t-Harbour Works")
        assert members(server) == ["ines"]
        with pytest.raises(SimulateProblem, match='no user or group "p-nobody"'):
            await service.on_demand("p-nobody")


async def test_another_dialect_is_refused() -> None:
    with pytest.raises(SimulateProblem, match="legacy, scim2, mixed"):
        async with okta(FakeServer(), source(), "rfc"):
            pass
