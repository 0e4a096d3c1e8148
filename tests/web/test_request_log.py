"""What a request leaves in the provisioning log of its workspace, and that nothing of a person is in there."""

import asyncio
import json
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from scimserver.service.log_reading import LogReader
from scimserver.service.requests import OPERATIONS, Entry
from scimserver.web import base

from .conftest import PATCH_OP, USER, Site, create, patch

BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
SEARCH = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"


async def ws_of(site: Site) -> str:
    return (await site.app.workspaces.show(site.slug)).id


async def entries(site: Site) -> list[dict[str, Any]]:
    await site.app.requests.flush()
    return [entry async for entry in LogReader(site.app.requests.store, await ws_of(site)).past()]


async def last(site: Site) -> dict[str, Any]:
    # The answer is sent before the entry is made.
    await asyncio.sleep(0)
    return (await entries(site))[-1]


@pytest.fixture(autouse=True)
async def forgotten(site: Site) -> Any:
    """Keep the entries of one test from costing the others."""
    yield
    await site.app.requests.flush()
    await site.app.database.requests.delete_many({})


# -- the fields --------------------------------------------------------------------------------------------------------


async def test_a_create_names_the_new_resource_the_credential_and_the_client(
    site: Site, client: httpx.AsyncClient
) -> None:
    response = await client.post("Users", json={"userName": "ada@larkfield.example"}, headers={"User-Agent": "Probe/1"})
    entry = await last(site)
    assert entry["request_id"] == response.headers["X-Request-Id"]
    assert entry["at"].endswith("Z") and entry["ms"] > 0
    wanted = {
        "operation": "create",
        "method": "POST",
        "path": "/Users",
        "status": 201,
        "result": "success",
        "client": "Probe/1",
        "credential": site.token_id,
        "resource_type": "User",
        "resource_id": response.json()["id"],
    }
    assert {name: entry[name] for name in wanted} == wanted
    assert "error" not in entry


async def test_each_operation_has_its_name(site: Site, client: httpx.AsyncClient) -> None:
    user = await create(client)
    address = f"Users/{user['id']}"
    await client.get(address)
    await client.head(address)
    await client.get("Users")
    await client.get("Users", params={"filter": 'userName eq "ada@larkfield.example"'})
    await client.post(".search", json={"schemas": [SEARCH]})
    await client.get("")
    await client.put(address, json={"schemas": [USER], "userName": "ada@larkfield.example"})
    await client.patch(address, json=patch(title="Pilot"))
    await client.post("Bulk", json={"schemas": [BULK], "Operations": []})
    await client.get("Schemas")
    await client.get("ServiceProviderConfig")
    await client.options("Users")
    await client.get("Me")
    await client.get("Nowhere")
    await client.delete(address)
    await asyncio.sleep(0)
    told = [entry["operation"] for entry in await entries(site)]
    assert told == [
        *("create", "read", "read", "list", "search", "search", "list", "replace", "patch", "bulk"),
        *("discovery", "discovery", "other", "other", "other", "delete"),
    ]
    assert set(told) == set(OPERATIONS)


async def test_an_error_is_kept_exactly_as_the_client_got_it(site: Site, client: httpx.AsyncClient) -> None:
    answers = [
        await client.get("Users/u_none"),
        await client.post("Users", json={"active": True}),
        await client.post("Users", content=b"{"),
        await client.get("Users", params={"filter": "userName eq"}),
        await client.post("Users", content=b"{}", headers={"Content-Type": "text/plain"}),
        await client.request("BREW", "Users"),
    ]
    await asyncio.sleep(0)
    told = await entries(site)
    assert [entry["error"] for entry in told] == [answer.json() for answer in answers]
    assert [entry["status"] for entry in told] == [404, 400, 400, 400, 415, 501]
    assert {entry["result"] for entry in told} == {"failure"}


async def test_a_conditional_read_that_spares_the_body_is_a_success(site: Site, client: httpx.AsyncClient) -> None:
    user = await create(client)
    await client.get(f"Users/{user['id']}", headers={"If-None-Match": user["meta"]["version"]})
    entry = await last(site)
    assert (entry["status"], entry["result"]) == (304, "success")


async def test_the_probe_of_test_connection_is_an_ordinary_success(site: Site, client: httpx.AsyncClient) -> None:
    """Entra asks for a user that cannot exist (idp-clients row 45)."""
    await client.get("Users", params={"filter": 'userName eq "b5a1f4a8-90c1-4a6f-8a44-2b0e2e4e7f10"'})
    entry = await last(site)
    assert (entry["operation"], entry["status"], entry["result"]) == ("search", 200, "success")
    assert entry["path"] == '/Users?filter=userName eq "…"'


async def test_a_patch_names_its_attributes(site: Site, client: httpx.AsyncClient) -> None:
    user = await create(client)
    operations = [
        {"op": "Add", "path": 'emails[type eq "work"].value', "value": "ada@larkfield.example"},
        {"op": "replace", "value": {"title": "Pilot", "name.familyName": "Lovelace", "shoeSize": 44}},
        {"op": "replace", "path": "title", "value": "Captain"},
    ]
    await client.patch(f"Users/{user['id']}", json={"schemas": [PATCH_OP], "Operations": operations})
    assert (await last(site))["attributes"] == ["emails.value", "title", "name.familyName", "…"]


@pytest.mark.parametrize(
    "body", ["[]", "null", '"text"', '{"Operations": 5}', '{"Operations": [5, null, {"path": 5, "value": 5}]}', "{"]
)
async def test_a_patch_that_is_none_names_nothing_and_is_recorded(
    site: Site, client: httpx.AsyncClient, body: str
) -> None:
    user = await create(client)
    answer = await client.patch(f"Users/{user['id']}", content=body)
    entry = await last(site)
    assert entry["error"] == answer.json() and "attributes" not in entry


async def test_a_bulk_request_is_one_entry_with_its_sums(site: Site, client: httpx.AsyncClient) -> None:
    operations = [
        {"method": "POST", "path": "/Users", "bulkId": "a", "data": {"userName": "ada@larkfield.example"}},
        {"method": "POST", "path": "/Users", "bulkId": "b", "data": {"active": True}},
        {"method": "DELETE", "path": "/Users/u_none"},
    ]
    answer = (await client.post("Bulk", json={"schemas": [BULK], "Operations": operations})).json()
    (entry,) = await entries(site)
    assert (entry["status"], entry["result"]) == (200, "failure")
    assert entry["bulk"] == {
        "operations": {"POST": 2, "DELETE": 1},
        "failures": 2,
        "errors": [answer["Operations"][1]["response"], answer["Operations"][2]["response"]],
    }


async def test_a_bulk_request_without_a_failure_is_a_success(site: Site, client: httpx.AsyncClient) -> None:
    operations = [{"method": "POST", "path": "/Users", "bulkId": "a", "data": {"userName": "ada@larkfield.example"}}]
    await client.post("Bulk", json={"schemas": [BULK], "Operations": operations})
    entry = await last(site)
    assert entry["result"] == "success" and entry["bulk"]["failures"] == 0


async def test_tolerations_are_told_with_the_places_where_they_were_needed(
    site: Site, client: httpx.AsyncClient
) -> None:
    await create(client, active="True", shoeSize="44")
    entry = await last(site)
    assert entry["tolerations"] == {"boolean-as-string": ["active"], "unknown-attribute": ["shoeSize"]}
    assert entry["stripped"] == ["shoeSize"]
    assert (await LogReader(site.app.requests.store, await ws_of(site)).summary())["stripped"] == {"shoeSize": 1}


async def test_members_that_were_left_out_are_told_if_they_are_ids(site: Site, client: httpx.AsyncClient) -> None:
    group = (await client.post("Groups", json={"displayName": "Works"})).json()["id"]
    unknown = "u_7Yd2Mv9QxK4bTn6RwL8sPz"
    members = [{"value": unknown}, {"value": "ada@larkfield.example"}]
    add = {"schemas": [PATCH_OP], "Operations": [{"op": "add", "path": "members", "value": members}]}
    assert (await client.patch(f"Groups/{group}", json=add)).status_code == 204
    entry = await last(site)
    assert sorted(entry["left_out"]) == [unknown, "…"]
    assert entry["tolerations"]["unknown-member"] == entry["left_out"]


async def test_what_a_terminal_would_obey_is_not_kept(site: Site, client: httpx.AsyncClient) -> None:
    await create(client, **{"shoe\x1b[2JSize": 44})
    assert (await last(site))["stripped"] == ["shoe�[2JSize"]


# -- who is in the log -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("header", [None, "Bearer scs_wrong", "Basic YWRhOmFkYQ=="])
async def test_a_refused_credential_of_a_workspace_that_exists_is_recorded(site: Site, header: str | None) -> None:
    async with site.anonymous(f"{site.path}/", {"Authorization": header} if header else None) as client:
        answer = await client.get("Users", params={"filter": 'userName eq "ada"'})
    entry = await last(site)
    assert (entry["status"], entry["result"]) == (401, "failure")
    assert entry["error"] == answer.json()
    assert "credential" not in entry
    assert "scs_wrong" not in json.dumps(entry)


async def test_an_unknown_workspace_leaves_nothing(site: Site) -> None:
    async with site.anonymous() as client:
        assert (await client.get("/t/nobody/scim/v2/Users")).status_code == 401
        assert (await client.get("/healthz")).status_code == 200
        assert (await client.get("/nowhere")).status_code == 404
    await asyncio.sleep(0)
    await site.app.requests.flush()
    assert await site.app.database.requests.count_documents({}) == 0


async def test_requests_are_in_the_log_of_their_own_workspace_only(site: Site, client: httpx.AsyncClient) -> None:
    _, token = await site.app.tokens.create(await site.app.workspaces.create(f"{site.slug}-b"))
    async with site.anonymous(f"/t/{site.slug}-b/scim/v2/", {"Authorization": f"Bearer {token}"}) as other:
        await other.get("Groups")
    await client.get("Users")
    await asyncio.sleep(0)
    assert [entry["path"] for entry in await entries(site)] == ["/Users"]


async def test_a_suspended_workspace_tells_who_asked(site: Site, client: httpx.AsyncClient) -> None:
    await site.app.workspaces.suspend(site.slug)
    assert (await client.get("Users")).status_code == 503
    entry = await last(site)
    assert (entry["status"], entry["credential"]) == (503, site.token_id)


async def test_what_is_refused_before_anybody_is_authenticated_is_recorded(
    site: Site, client: httpx.AsyncClient
) -> None:
    """The filter is too long for an address: an operator wants to see that."""
    await client.get("Users")
    answer = await client.get("Users", params={"filter": "x" * 40_000})
    entry = await last(site)
    assert entry["status"] == 414 and entry["error"] == answer.json()


async def test_a_draining_server_records_what_it_refuses(site: Site, client: httpx.AsyncClient) -> None:
    await client.get("Users")
    site.app.draining = True
    await client.get("Users")
    assert (await last(site))["status"] == 503


# -- clients that go away ----------------------------------------------------------------------------------------------


async def test_a_client_that_goes_away_in_its_body_is_recorded_without_a_status(site: Site) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", site.port)
    head = f"POST {site.path}/Users HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {site.token}\r\nContent-Length: 99\r\n\r\n"
    writer.write(f"{head}{{".encode())
    await writer.drain()
    for _ in range(200):
        await asyncio.sleep(0.005)
        if site.app.in_flight:
            break
    writer.close()
    for _ in range(200):
        await asyncio.sleep(0.005)
        if not site.app.in_flight:
            break
    entry = await last(site)
    assert (entry["operation"], entry["result"]) == ("create", "failure")
    assert "status" not in entry and "error" not in entry


# -- nothing of a person -----------------------------------------------------------------------------------------------

SECRETS = ("ada", "lovelace", "larkfield.example", "harbour", "7700", "4711", "shh-secret")


async def test_no_value_of_a_person_and_no_secret_is_in_the_log(site: Site, client: httpx.AsyncClient) -> None:
    body = {
        "schemas": [USER],
        "userName": "ada@larkfield.example",
        "externalId": "4711",
        "name": {"givenName": "Ada", "familyName": "Lovelace"},
        "emails": [{"type": "work", "value": "ada@larkfield.example"}],
        "phoneNumbers": [{"type": "work", "value": "+44 7700 900"}],
        "addresses": [{"type": "work", "streetAddress": "14 Harbour Row"}],
        "password": "shh-secret",
    }
    user = (await client.post("Users", json=body)).json()
    address = f"Users/{user['id']}"
    for text in ('userName eq "ada@larkfield.example"', "userName eq ada@larkfield.example", 'externalId eq "4711"'):
        await client.get("Users", params={"filter": text, "attributes": "userName"})
    await client.post("Users/.search", json={"schemas": [SEARCH], "filter": 'name.familyName eq "Lovelace"'})
    await client.patch(address, json=patch(**{"name.givenName": "Ada", "emails": body["emails"]}))
    await client.patch(
        address,
        json={
            "schemas": [PATCH_OP],
            "Operations": [{"op": "remove", "path": 'emails[value eq "ada@larkfield.example"]'}],
        },
    )
    await client.put(address, json=body)
    await client.post("Users", json=body)
    await client.get("Users", params={"q": "lovelace@larkfield.example", "token": "shh-secret"})
    await client.post(
        "Bulk",
        json={"schemas": [BULK], "Operations": [{"method": "POST", "path": "/Users", "bulkId": "4711", "data": body}]},
    )
    await asyncio.sleep(0)
    told = await entries(site)
    assert len(told) == 11
    text = json.dumps(told, ensure_ascii=False).lower()
    assert [secret for secret in SECRETS if secret in text] == []


async def test_an_address_with_a_name_in_the_place_of_an_id_is_hidden(site: Site, client: httpx.AsyncClient) -> None:
    await client.get("Users/ada@larkfield.example")
    entry = await last(site)
    assert entry["path"] == "/Users/…" and entry["resource_id"] == "…"


# -- nothing gets in the way -------------------------------------------------------------------------------------------


async def test_a_log_that_fails_is_not_noticed_by_the_client(
    site: Site, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object) -> Entry:
        raise RuntimeError("no entry")

    logged: list[str] = []
    monkeypatch.setattr(base, "entry_of", fail)
    monkeypatch.setattr(base, "log", SimpleNamespace(exception=logged.append))
    user = await create(client)
    assert (await client.get(f"Users/{user['id']}")).status_code == 200
    await asyncio.sleep(0)
    assert site.app.in_flight == 0
    assert logged == ["request not recorded", "request not recorded"]


async def test_a_log_that_is_off_makes_no_entries(
    site: Site, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(site.app.requests, "enabled", False)
    monkeypatch.setattr(base, "entry_of", lambda _: pytest.fail("an entry was made"))
    await create(client)
    await asyncio.sleep(0)
    assert await entries(site) == []


async def test_a_refusal_names_the_toleration_that_is_off(site: Site) -> None:
    await site.app.workspaces.set(site.slug, {"tolerate.operation-letter-case": "off"})
    async with site.client() as client:
        made = await create(client)
        operation = {"op": "Replace", "path": "active", "value": "False"}
        refused = await client.patch(f"Users/{made['id']}", json={"schemas": [PATCH_OP], "Operations": [operation]})
        assert (refused.status_code, refused.json()["scimType"]) == (400, "invalidSyntax")
        assert "Send `replace`" in refused.json()["detail"]
        operation["op"] = "replace"
        taken = await client.patch(f"Users/{made['id']}", json={"schemas": [PATCH_OP], "Operations": [operation]})
        assert taken.status_code == 200
    await last(site)
    *_, first, second = await entries(site)
    assert (first["off"], first.get("tolerations")) == (["operation-letter-case"], None)
    assert ("off" in second, second["tolerations"]) == (False, {"boolean-as-string": ["active"]})
