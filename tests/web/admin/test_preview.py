"""Preview over the admin API."""

from typing import Any

import httpx
import pytest

from tests.written import everything

from ..conftest import USER, Site, create, patch
from .conftest import problem

PROFILE = [{"name": "profile", "settings": {}}]


async def preview(admin: httpx.AsyncClient, site: Site, **body: Any) -> dict[str, Any]:
    """Preview, and assert that nothing was written but that the key was used."""
    before = await everything(site.app.database)
    answer = await admin.post(f"workspaces/{site.slug}/preview", json=body)
    after = await everything(site.app.database)
    assert {**after, "admin_keys": []} == {**before, "admin_keys": []}
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_a_payload_is_previewed(admin: httpx.AsyncClient, site: Site) -> None:
    told = await preview(admin, site, payload={"schemas": [USER], "userName": "ines", "active": "True", "shoeSize": 4})
    assert (told["accepted"], told["method"], told["writes"], told["error"]) == (True, "POST", True, None)
    assert told["tolerations"] == {"boolean-as-string": ["active"], "unknown-attribute": ["shoeSize"]}
    assert told["stripped"] == ["shoeSize"]
    assert [step["plugin"] for step in told["steps"]] == ["work_address", "profile"]
    assert told["document"]["user_name"] == "ines"
    assert (told["draft"], told["current"]) == (None, None)


async def test_a_patch_is_previewed_by_id_by_filter_and_on_a_given_resource(
    admin: httpx.AsyncClient, site: Site, client: httpx.AsyncClient
) -> None:
    ines = (await create(client, "ines"))["id"]
    for target in ({"resource_id": ines}, {"match": 'userName eq "ines"'}, {"given": {"id": ines, "userName": "ines"}}):
        told = await preview(admin, site, payload=patch(title="Pilot"), **target)
        assert told["resource"] == {"id": ines, "userName": "ines", "title": "Pilot"}
        assert told["resource_difference"] == {"added": {"title": "Pilot"}, "changed": {}, "removed": {}}
    assert (await client.get(f"Users/{ines}")).json().get("title") is None


async def test_a_refusal_is_in_the_answer(admin: httpx.AsyncClient, site: Site) -> None:
    for payload in ({"schemas": [USER]}, None, []):
        told = await preview(admin, site, payload=payload)
        assert told["accepted"] is False
        assert told["error"]["status"] == "400"
    told = await preview(admin, site, payload=patch(title="x"), resource_id="u_nobody")
    assert told["error"]["status"] == "404"


async def test_a_resource_of_another_workspace_is_not_there(
    admin: httpx.AsyncClient, site: Site, client: httpx.AsyncClient
) -> None:
    ines = (await create(client, "ines"))["id"]
    await site.app.workspaces.create(f"other-{site.slug}")
    answer = await admin.post(f"workspaces/other-{site.slug}/preview", json={"resource_id": ines})
    assert answer.json()["error"]["status"] == "404"
    assert (await preview(admin, site, resource_id=ines))["accepted"]


async def test_a_draft_is_compared(admin: httpx.AsyncClient, site: Site, client: httpx.AsyncClient) -> None:
    address = [{"type": "work", "formatted": "Quay 4"}]
    ines = (await create(client, "ines", addresses=address))["id"]
    told = await preview(admin, site, resource_id=ines, draft=PROFILE)
    assert told["current_difference"]["removed"] == {"work_address": "Quay 4"}
    assert told["draft"] == {"errors": [], "warnings": []}
    refused = await preview(admin, site, resource_id=ines, draft=[{"name": "nonesuch"}])
    assert (refused["accepted"], refused["document"]) == (False, None)
    assert "nonesuch" in refused["draft"]["errors"][0]
    answer = await admin.post(f"workspaces/{site.slug}/preview/sample", json={"draft": PROFILE, "seed": 3})
    assert answer.status_code == 200
    assert answer.json()["seed"] == 3


@pytest.mark.parametrize(
    ("path", "body", "status", "name"),
    [
        ("preview", {}, 422, "refused"),
        ("preview", {"payload": {"userName": "x"}, "method": "PUT"}, 422, "refused"),
        ("preview", {"payload": {}, "method": "DELETE"}, 422, "not-valid"),
        ("preview", {"payload": {}, "metod": "PUT"}, 422, "not-valid"),
        ("preview", {"payload": {}, "resource_id": 7}, 422, "not-valid"),
        ("preview", {"payload": {}, "given": []}, 422, "not-valid"),
        ("preview", {"payload": {}, "draft": {"plugins": []}}, 422, "not-valid"),
        ("preview", {"payload": {}, "draft": [{"name": "profile", "settings": []}]}, 422, "not-valid"),
        ("preview", {"payload": {}, "match": "userName eq"}, 422, "refused"),
        ("preview", {"payload": {}, "match": 'userName eq "nobody"'}, 404, "not-found"),
        ("preview", {"payload": {}, "resource_type": "Ship"}, 404, "not-found"),
        ("preview/sample", {"count": 0}, 422, "not-valid"),
        ("preview/sample", {"count": 1001}, 422, "not-valid"),
        ("preview/sample", {"count": "5"}, 422, "not-valid"),
        ("preview/sample", {"seed": -1}, 422, "not-valid"),
        ("preview/sample", {"resource_type": "Ship"}, 404, "not-found"),
    ],
)
async def test_wrong_values_are_refused(
    admin: httpx.AsyncClient, site: Site, path: str, body: dict[str, Any], status: int, name: str
) -> None:
    problem(await admin.post(f"workspaces/{site.slug}/{path}", json=body), status, name)


async def test_limits_and_names_are_those_of_every_request(admin: httpx.AsyncClient, site: Site) -> None:
    for path in ("preview", "preview/sample"):
        problem(await admin.post(f"workspaces/nobody/{path}", json={"payload": {}} if path == "preview" else {}), 404,
                "no-such-workspace")  # fmt: skip
    deep: Any = {}
    for _ in range(200):
        deep = {"a": deep}
    problem(await admin.post(f"workspaces/{site.slug}/preview", json={"payload": deep}), 400, "not-json")
    problem(await admin.post(f"workspaces/{site.slug}/preview", content=b"{"), 400, "not-json")
    huge = {"payload": {"userName": "x" * (site.app.settings.limits.body_bytes + 1)}}
    problem(await admin.post(f"workspaces/{site.slug}/preview", json=huge), 413, "too-large")
