"""Bodies of POST and PUT: the rows that need no toleration."""

import pytest

from tests.web.conftest import Site

from .cases import ENTERPRISE, INES, Call, Desk, patch, post, put, refusal, replace

pytestmark = pytest.mark.asyncio(loop_scope="module")

NAME = "ines@larkfield.example"
FULL = post(
    "Users",
    userName=NAME,
    active=True,
    title="Pilot",
    emails=[{"type": "work", "value": NAME}],
    **{ENTERPRISE: {"department": "Survey"}},
)


async def test_row_31_null_is_absent(either: Desk) -> None:
    call = post("Users", userName=NAME, title=None, addresses=None, name={"givenName": None}, emails=[])
    assert await either.outcome(call, await either.send(call)) == {"userName": NAME}


@pytest.mark.parametrize("own", ["u_mine", None])
async def test_rows_32_and_33_what_only_the_server_sets_is_ignored(either: Desk, own: str | None) -> None:
    more = {"id": own, "meta": {"resourceType": "Car", "version": "x"}, "groups": [{"value": "g_none"}]}
    made = await either.create(post("Users", userName=NAME, **more))
    assert made["id"].startswith("u_") and made["id"] != own
    assert made["meta"]["resourceType"] == "User" and "groups" not in made
    call = put("Users", userName=NAME, title="Pilot", **more)
    assert await either.outcome(call, await either.send(call)) == {"userName": NAME, "title": "Pilot"}
    assert (await either.client.get(f"Users/{made['id']}")).json()["id"] == made["id"]


async def test_row_34_a_password_is_taken_and_neither_kept_nor_returned(either: Desk, site: Site) -> None:
    made = await either.create(post("Users", userName=NAME, password="t1meMach!ne"))
    assert "password" not in made
    call = put("Users", userName=NAME, password="t1meMach!ne")
    assert await either.outcome(call, await either.send(call)) == {"userName": NAME}
    for name in ("users", "changes"):
        stored = [document async for document in site.app.database[name].find({})]
        assert "t1meMach!ne" not in repr(stored)


@pytest.mark.parametrize(
    "media_type", ["application/json", "application/scim+json; charset=utf-8", "application/json; charset=UTF-8"]
)
async def test_row_35_plain_json_is_read(either: Desk, media_type: str) -> None:
    answer = await either.client.post("Users", json=INES.body, headers={"Content-Type": media_type})
    assert answer.status_code == 201
    assert answer.headers["Content-Type"] == "application/scim+json; charset=utf-8"
    assert (await either.client.delete(f"Users/{answer.json()['id']}")).status_code == 204


async def test_row_59_what_was_read_can_be_put_back_whole(either: Desk) -> None:
    made = await either.create(FULL)
    answer = await either.client.put(f"Users/{made['id']}", json={**made, "groups": [], "title": "Mate"})
    assert answer.status_code == 200
    read = (await either.client.get(f"Users/{made['id']}")).json()
    assert {**read, "meta": made["meta"]} == {**made, "title": "Mate"}
    again = await either.client.put(f"Users/{made['id']}", json=read)
    assert again.json() == read  # the same version: nothing was written


async def test_row_59_an_extension_that_the_client_does_not_know_stays(either: Desk) -> None:
    await either.create(FULL)
    call = put("Users", userName=NAME, active=True)
    after = {"userName": NAME, "active": True, ENTERPRISE: {"department": "Survey"}}
    assert await either.outcome(call, await either.send(call)) == after
    named = put("Users", userName=NAME, active=True, **{ENTERPRISE: {}})
    assert await either.outcome(named, await either.send(named)) == {"userName": NAME, "active": True}


async def test_row_60_a_put_without_active_does_not_bring_a_disabled_user_back(either: Desk) -> None:
    await either.create(post("Users", userName=NAME, active=False))
    call = put("Users", userName=NAME, title="Pilot")
    after = {"userName": NAME, "title": "Pilot", "active": False}
    assert await either.outcome(call, await either.send(call)) == after


async def test_row_75_values_are_kept_as_they_were_sent(either: Desk) -> None:
    sent = {
        "userName": "Ines.Okafor@Larkfield.Example",
        "emails": [{"type": "work", "value": " Ines.Okafor@LARKFIELD.example "}],
        "phoneNumbers": [{"type": "mobile", "value": "+44 (0) 7700-900 123"}],
        "timezone": "no zone at all",
        "preferredLanguage": "xx_not_a_language",
    }
    call = post("Users", **sent)
    assert await either.outcome(call, await either.send(call)) == sent


async def test_a_required_attribute_that_never_arrives_is_named(either: Desk) -> None:
    answer = await either.send(post("Users", displayName="Ines"))
    assert refusal(answer) == (400, "invalidValue")
    assert "`userName` is required. Map a source attribute to it" in answer.json()["detail"]


@pytest.mark.parametrize("held", [False, True])
@pytest.mark.parametrize("call", [put("Users", userName=NAME, active=0), patch("Users", replace("active", 0))])
async def test_a_number_is_no_boolean_even_where_it_equals_the_present_one(
    either: Desk, call: Call, held: bool
) -> None:
    made = await either.create(post("Users", userName=NAME, active=held))
    answer = await either.send(call)
    assert refusal(answer) == (400, "invalidValue")
    assert "`active`: expected a boolean (true or false), got a number" in answer.json()["detail"]
    assert (await either.client.get(f"Users/{made['id']}")).json() == made
