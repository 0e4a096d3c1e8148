"""Names that are given once, over HTTP and on real unique indexes: idp-clients §11, rows 48 and 49."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
from tornado.testing import bind_unused_port

from scimserver.service.application import Application
from scimserver.store.driver import Database
from scimserver.web.server import http_server
from tests.quirks.cases import CREW, INES, Desk, find, patch, post, put, refusal, replace
from tests.web.conftest import Site

from .office import SETTINGS

NAME = "ines@larkfield.example"


@pytest.fixture
async def desks(wire_database: Database) -> AsyncIterator[dict[str, Desk]]:
    """Profile → a workspace of it, on the two databases that hold unique values of an array."""
    app = Application(SETTINGS, wire_database)
    await app.migrate()
    http = http_server(app)
    listener, port = bind_unused_port()
    http.add_sockets([listener])
    async with AsyncExitStack() as stack:
        made = {}
        for profile in ("default", "strict"):
            workspace = await app.workspaces.create(profile)
            await app.workspaces.set(profile, {"profile": profile})
            record, token = await app.tokens.create(workspace)
            site = Site(app, http, port, profile, token, record.public_id)
            made[profile] = Desk(await stack.enter_async_context(site.client()), {})
        yield made
    http.stop()
    await http.close_all_connections()
    await app.tokens.close()


async def test_row_48_the_name_of_a_group_is_given_once(desks: dict[str, Desk]) -> None:
    desk = desks["default"]
    await desk.create(CREW)
    again = await desk.send(post("Groups", displayName="CREW"))
    assert refusal(again) == (409, "uniqueness")
    assert "Match on `displayName` in the attribute mapping" in again.json()["detail"]
    found = find("Groups", 'displayName eq "crew"')
    assert await desk.outcome(found, await desk.send(found)) == ["Crew"]
    await desk.create(post("Groups", displayName="Hands"))
    assert refusal(await desk.send(patch("Groups", replace("displayName", "Crew")))) == (409, "uniqueness")
    assert await desk.read("Groups") == {"displayName": "Hands", "members": []}


async def test_row_48_the_rfc_lets_two_groups_have_one_name(desks: dict[str, Desk]) -> None:
    desk = desks["strict"]
    first, second = await desk.create(CREW), await desk.create(CREW)
    assert first["id"] != second["id"]
    found = find("Groups", 'displayName eq "Crew"')
    assert await desk.outcome(found, await desk.send(found)) == ["Crew", "Crew"]


@pytest.mark.parametrize("profile", ["default", "strict"])
async def test_row_49_a_user_name_is_given_once_in_any_letter_case(desks: dict[str, Desk], profile: str) -> None:
    desk = desks[profile]
    made = await desk.create(INES)
    again = await desk.send(post("Users", userName="INES@Larkfield.example"))
    assert refusal(again) == (409, "uniqueness")
    assert "Match on `userName` in the attribute mapping" in again.json()["detail"]
    other = await desk.create(post("Users", userName="reid@larkfield.example"))
    for call in (patch("Users", replace("userName", NAME.upper())), put("Users", userName=NAME.title())):
        assert refusal(await desk.send(call)) == (409, "uniqueness")
    assert (await desk.client.get(f"Users/{other['id']}")).json() == other
    # Its own name in another letter case is no conflict.
    desk.ids["id"] = made["id"]
    call = patch("Users", replace("userName", NAME.upper()))
    assert await desk.outcome(call, await desk.send(call)) == {"userName": NAME.upper()}
