"""RFC 7644 §2, §3.1, §3.8, §3.11 to §3.14 and §7: messages, media types, status codes, versions and who is let in."""

import httpx
import pytest
from structlog.testing import capture_logs

from .conftest import Site
from .exchanges import ERROR, USER, address, body, found, patch, read, refusal, user


async def test_an_error_is_a_scim_message_and_its_status_is_a_string(client: httpx.AsyncClient) -> None:
    told = (await client.get("Users/u_none")).json()
    assert told["schemas"] == [ERROR] and told["schemas"][0].startswith("urn:ietf:params:scim:api:")
    assert told["status"] == "404" and told["detail"]
    refusal(await client.post("Users", content=b"{"), 400, "invalidSyntax")
    refusal(await client.post("Users", content=b'"text"'), 400, "invalidSyntax")


async def test_json_is_read_and_written_in_utf_8(client: httpx.AsyncClient) -> None:
    made = await user(client, "zo\u00eb@larkfield.example", displayName="Zo\u00eb \u6e2f \U0001f6a2")
    answer = await client.get(address(made["meta"]["location"]))
    assert "Zo\u00eb \u6e2f \U0001f6a2".encode() in answer.content
    refusal(await client.post("Users", content=b'{"userName":"\xff\xfe"}'), 400, "invalidSyntax")


async def test_both_media_types_are_read_and_written(client: httpx.AsyncClient) -> None:
    for accept in ("application/scim+json", "application/json", "*/*", None):
        answer = await client.get("Users", headers={"Accept": accept} if accept else {})
        assert answer.status_code == 200 and answer.json()["totalResults"] == 0
        assert answer.headers["Content-Type"].partition(";")[0] in ("application/scim+json", "application/json")
    for number, sent in enumerate(
        ("application/scim+json", "application/json", "application/scim+json; charset=utf-8")
    ):
        made = {"schemas": [USER], "userName": f"u{number}@larkfield.example"}
        assert (await client.post("Users", json=made, headers={"Content-Type": sent})).status_code == 201


async def test_versions_guard_reading_and_every_kind_of_change(client: httpx.AsyncClient) -> None:
    made = await user(client, "ada@larkfield.example")
    where, old = address(made["meta"]["location"]), made["meta"]["version"]
    assert (await client.get(where, headers={"If-None-Match": old})).status_code == 304
    new = body(await patch(client, made, {"op": "add", "path": "title", "value": "Pilot"}), 200)["meta"]["version"]
    assert new != old
    assert (await client.get(where, headers={"If-None-Match": old})).headers["ETag"] == new
    outdated = {"If-Match": old}
    refusal(await client.put(where, json=made, headers=outdated), 412)
    message = {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{"op": "remove", "path": "title"}],
    }
    refusal(await client.patch(where, json=message, headers=outdated), 412)
    refusal(await client.delete(where, headers=outdated), 412)
    assert (await read(client, made))["title"] == "Pilot"
    assert body(await client.put(where, json=made, headers={"If-Match": new}), 200)["meta"]["version"] != new
    latest = (await read(client, made))["meta"]["version"]
    assert (await client.delete(where, headers={"If-Match": latest})).status_code == 204


async def test_another_protocol_version_is_not_answered(site: Site, client: httpx.AsyncClient) -> None:
    path = site.path.removesuffix("/v2")
    for version in ("v1", "v3"):
        answer = await client.get(f"{site.origin}{path}/{version}/Users")
        assert answer.status_code in (400, 404) and answer.json()["schemas"] == [ERROR]


async def test_the_alias_of_the_authenticated_subject_is_not_implemented(client: httpx.AsyncClient) -> None:
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
        refusal(await client.request(method, "Me", json={}), 501)


async def test_who_has_no_token_is_told_the_scheme(site: Site) -> None:
    async with site.anonymous(f"{site.path}/") as stranger:
        for path in ("Users", "Users/u_1", "Groups"):
            answer = await stranger.get(path)
            refusal(answer, 401)
            assert answer.headers["WWW-Authenticate"].startswith("Bearer")


async def test_a_token_opens_its_own_workspace_only(site: Site, client: httpx.AsyncClient) -> None:
    made = await user(client, "ada@larkfield.example", externalId="shared")
    other = f"{site.slug}-other"
    record, token = await site.app.tokens.create(await site.app.workspaces.create(other))
    assert record.public_id != site.token_id
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/scim+json"}
    async with site.anonymous(f"/t/{other}/scim/v2/", headers) as neighbour:
        refusal(await neighbour.get(f"Users/{made['id']}"), 404)
        assert await found(neighbour, 'externalId eq "shared"') == []
        assert (await user(neighbour, "ada@larkfield.example", externalId="shared"))["id"] != made["id"]
        refusal(await neighbour.get(f"{site.origin}{site.path}/Users"), 401)
    assert await found(client, 'externalId eq "shared"') == [made["id"]]


async def test_a_failure_of_ours_gives_the_request_id_and_nothing_else(
    site: Site, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object) -> None:
        raise RuntimeError("the secret cause")

    monkeypatch.setattr(type(site.app.provisioning), "get", fail)
    answer = await client.get("Users/u_1", headers={"X-Request-Id": "support-4711"})
    assert "support-4711" in refusal(answer, 500) and "secret cause" not in answer.text


async def test_the_access_log_holds_no_query(client: httpx.AsyncClient) -> None:
    with capture_logs() as lines:
        await found(client, 'userName eq "ada@larkfield.example"')
        refusal(
            await client.get("Users", params={"filter": 'userNam eq "ada@larkfield.example"'}), 400, "invalidFilter"
        )
    assert [line["path"].rpartition("/")[2] for line in lines if line["event"] == "request"] == ["Users", "Users"]
    assert "ada@" not in str(lines)
