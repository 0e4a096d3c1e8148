"""Answers as clients want them: the rows that are about what the server sends."""

import httpx
import pytest

from tests.web.conftest import Site

from .cases import CREW, ENTERPRISE, INES, Desk, add, merge, patch, post, put, refusal, replace

pytestmark = pytest.mark.asyncio(loop_scope="module")

NAME = "ines@larkfield.example"
SCIM_JSON = "application/scim+json; charset=utf-8"
DISCOVERY = ("ServiceProviderConfig", "ResourceTypes", "ResourceTypes/User", "Schemas", f"Schemas/{ENTERPRISE}")


async def test_row_36_every_answer_with_a_body_is_scim_json(either: Desk) -> None:
    made = await either.create(INES)
    answers = [await either.client.get(path) for path in ("Users", f"Users/{made['id']}", "Groups", *DISCOVERY)]
    answers += [
        await either.client.get("Users/u_nobody"),
        await either.client.get("Users", params={"filter": "userName like"}),
        await either.client.get(f"Users/{made['id']}", headers={"Accept": "application/json"}),
        await either.client.get("Users", headers={"Authorization": "Bearer nobody"}),
        await either.client.get("Nowhere"),
        await either.send(patch("Users", merge(title="Pilot"))),
    ]
    assert {answer.headers["Content-Type"] for answer in answers} == {SCIM_JSON}
    assert {answer.status_code for answer in answers} == {200, 400, 401, 404}


async def test_row_52_a_changed_user_comes_back_whole(either: Desk) -> None:
    await either.create(INES)
    answer = await either.send(patch("Users", replace("title", "Pilot")))
    assert answer.status_code == 200
    assert answer.json() == (await either.client.get(f"Users/{answer.json()['id']}")).json()
    assert answer.json()["title"] == "Pilot"


async def test_row_53_a_changed_group_is_204_without_a_body_and_200_when_attributes_are_asked_for(
    tolerant: Desk,
) -> None:
    made = await tolerant.create(CREW)
    answer = await tolerant.send(patch("Groups", merge(displayName="Hands")))
    assert (answer.status_code, answer.content) == (204, b"")
    message = tolerant.named(patch("Groups", add("members", [{"value": "{theo}"}])).body)
    asked = await tolerant.client.patch(f"Groups/{made['id']}", json=message, params={"attributes": "displayName"})
    assert asked.status_code == 200
    assert {name: asked.json()[name] for name in ("id", "displayName")} == {"id": made["id"], "displayName": "Hands"}
    assert "members" not in asked.json()


async def test_row_53_a_workspace_may_have_its_groups_back(tolerant: Desk, site: Site) -> None:
    made = await tolerant.create(CREW)
    await site.app.workspaces.set(tolerant.slug, {"behaviour.quiet-group-patch": "off"})
    try:
        answer = await tolerant.send(patch("Groups", add("members", [{"value": "{theo}"}])))
    finally:
        await site.app.workspaces.set(tolerant.slug, {"behaviour.quiet-group-patch": "default"})
    assert answer.status_code == 200
    assert answer.json() == (await tolerant.client.get(f"Groups/{made['id']}")).json()
    assert [member["value"] for member in answer.json()["members"]] == [tolerant.ids["theo"]]


@pytest.mark.parametrize("told", [True, False])
async def test_row_54_booleans_come_back_as_booleans_however_they_were_sent(tolerant: Desk, told: bool) -> None:
    mails = [{"type": "work", "value": NAME, "primary": str(told)}]
    made = await tolerant.create(post("Users", userName=NAME, active=str(told), emails=mails))
    read = (await tolerant.client.get(f"Users/{made['id']}")).json()
    for resource in (made, read):
        assert resource["active"] is told and resource["emails"][0]["primary"] is told


@pytest.mark.parametrize("sent", ["{theo}", {"value": "{theo}"}, [{"value": "{theo}", "displayName": "Theo"}]])
async def test_row_55_a_manager_comes_back_as_an_object_below_its_urn(tolerant: Desk, sent: object) -> None:
    made = await tolerant.create(post("Users", userName=NAME, **{ENTERPRISE: {"manager": sent}}))
    manager = made[ENTERPRISE]["manager"]
    assert manager.keys() == {"value", "$ref"} and "manager" not in made
    assert manager["value"] == tolerant.ids["theo"]
    assert manager["$ref"].endswith(f"/scim/v2/Users/{manager['value']}")


async def test_row_67_the_configuration_has_every_block_and_its_numbers(either: Desk) -> None:
    told = (await either.client.get("ServiceProviderConfig")).json()
    for block in ("patch", "bulk", "filter", "changePassword", "sort", "etag"):
        assert isinstance(told[block]["supported"], bool), block
    for block, name in (("bulk", "maxOperations"), ("bulk", "maxPayloadSize"), ("filter", "maxResults")):
        assert type(told[block][name]) is int and told[block][name] > 0
    assert all({"type", "name", "description"} <= scheme.keys() for scheme in told["authenticationSchemes"])
    assert told["authenticationSchemes"]


@pytest.mark.parametrize("kind", ["ResourceTypes", "Schemas"])
async def test_row_68_what_discovery_lists_is_also_there_alone(either: Desk, kind: str) -> None:
    listed = (await either.client.get(kind)).json()
    assert listed["totalResults"] == len(listed["Resources"]) == listed["itemsPerPage"] > 2
    for resource in listed["Resources"]:
        assert (await either.client.get(f"{kind}/{resource['id']}")).json() == resource
    assert (await either.client.get("ResourceTypes/User")).json()["endpoint"] == "/Users"
    assert (await either.client.get("Schemas/urn:ietf:params:scim:schemas:core:2.0:User")).status_code == 200


@pytest.mark.parametrize("authorization", [None, "Bearer scs_nobody", "Basic aW5lczp4"])
async def test_row_70_a_401_is_a_scim_error_with_its_scheme(either: Desk, authorization: str | None) -> None:
    headers = {"Authorization": authorization} if authorization else {}
    async with httpx.AsyncClient(base_url=either.client.base_url, headers=headers, verify=False) as stranger:
        for method, path in (("GET", "Users"), ("POST", "Users"), ("GET", "Schemas"), ("PATCH", "Groups/g_1")):
            answer = await stranger.request(method, path)
            assert refusal(answer) == (401, None)
            assert answer.json()["detail"] and answer.headers["WWW-Authenticate"].startswith("Bearer")
            assert answer.headers["Content-Type"] == SCIM_JSON


async def attributes_of_a_user(desk: Desk) -> set[str]:
    schema = (await desk.client.get("Schemas/urn:ietf:params:scim:schemas:core:2.0:User")).json()
    return {attribute["name"] for attribute in schema["attributes"]}


async def test_row_76_a_password_is_offered_for_mapping_only_by_the_rfc(tolerant: Desk, strict: Desk) -> None:
    assert await attributes_of_a_user(strict) - await attributes_of_a_user(tolerant) == {"password"}


async def test_row_59_answers_have_no_null_and_nothing_empty(either: Desk) -> None:
    call = post("Users", userName=NAME, title=None, name={}, emails=[], roles=[None])
    made = await either.create(call)
    assert made.keys() == {"schemas", "id", "userName", "meta"}
    answer = await either.send(put("Users", userName=NAME, name={"givenName": None}))
    assert answer.json().keys() == made.keys()
