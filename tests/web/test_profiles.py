"""A workspace's profile: requests are read as identity providers mean them, or to the letter of the RFC."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from .conftest import Site

CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
USER = {"schemas": [CORE], "userName": "ines", "active": True}


@pytest.fixture(params=["default", "strict"])
async def judged(site: Site, request: pytest.FixtureRequest) -> AsyncIterator[tuple[httpx.AsyncClient, bool]]:
    """A client of a workspace with one user, and whether the workspace is tolerant."""
    await site.app.workspaces.set(site.slug, {"profile": request.param})
    async with site.client() as client:
        yield client, request.param == "default"


def patch(*operations: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"schemas": [PATCH], "Operations": list(operations), **more}


@pytest.mark.parametrize(
    ("method", "path", "body", "scim_type"),
    [
        ("POST", "Users", {**USER, "userName": "theo", "active": "True"}, "invalidValue"),
        ("POST", "Users", {"userName": "theo"}, "invalidValue"),
        ("POST", "Users", {**USER, "userName": "theo", "shoeSize": 41}, "invalidValue"),
        ("POST", "Groups", {"schemas": [GROUP], "displayName": "Crew", "members": ["u_none"]}, "invalidValue"),
        ("PUT", "Users/{id}", {"userName": "ines", "emails": {"value": "a@b.example"}}, "invalidValue"),
        ("PATCH", "Users/{id}", patch({"op": "Replace", "path": "title", "value": "x"}), "invalidSyntax"),
        ("PATCH", "Users/{id}", patch(), "invalidValue"),
        ("PATCH", "Users/{id}", patch({"op": "replace", "path": 'emails[type eq "work"].value', "value": "a@b.example"}), "noTarget"),
        ("PATCH", "Users/{id}", patch({"op": "replace", "value": {"meta": {}}}), "mutability"),
        ("PATCH", "Users/{id}", patch({"op": "add", "path": "manager", "value": {"value": "u_1"}}), "invalidPath"),
        ("GET", "Users?filter=userName eq ines", None, "invalidFilter"),
        ("GET", "Users?filter=active eq True", None, "invalidFilter"),
    ],
)  # fmt: skip
async def test_what_only_vendors_send_is_taken_or_refused(judged, method, path, body, scim_type) -> None:
    client, tolerant = judged
    created = (await client.post("Users", json=USER)).json()
    answer = await client.request(method, path.format(**created), json=body)
    if tolerant:
        assert answer.status_code < 300
        return
    assert (answer.status_code, answer.json()["scimType"]) == (400, scim_type)
    assert (await client.get(f"Users/{created['id']}")).json() == created


async def test_what_the_rfc_says_is_taken_by_both(judged) -> None:
    client, _ = judged
    created = (await client.post("Users", json=USER)).json()
    assert (await client.put(f"Users/{created['id']}", json=created)).status_code == 200
    operation = {"op": "add", "path": 'emails[type eq "work"].value', "value": "a@b.example"}
    changed = await client.patch(f"Users/{created['id']}", json=patch(operation))
    assert changed.json()["emails"] == [{"type": "work", "value": "a@b.example"}]
    assert (await client.get('Users?filter=userName eq "INES" and active eq true')).json()["totalResults"] == 1


async def test_in_strict_groups_may_share_a_name_and_the_schemas_say_so(judged, site: Site) -> None:
    """What the unique index then makes of it is for a real database to show: tests/contract."""
    client, tolerant = judged
    group = (await client.post("Groups", json={"schemas": [GROUP], "displayName": "Crew"})).json()
    operation = {"op": "replace", "path": "displayName", "value": "Gang"}
    for expected in ("displayname=crew", "displayname=gang"):
        stored = await site.app.database["groups"].find_one({"_id": group["id"]})
        assert (expected in [key.lower() for key in stored["unique"]]) is tolerant
        await client.patch(f"Groups/{group['id']}", json=patch(operation))
    (name,) = [a for a in (await client.get(f"Schemas/{GROUP}")).json()["attributes"] if a["name"] == "displayName"]
    assert name["uniqueness"] == ("server" if tolerant else "none")
    assert ("no two groups" in name["description"]) is tolerant


async def test_a_password_is_published_in_strict_only_and_never_returned(judged) -> None:
    client, tolerant = judged
    names = {a["name"] for a in (await client.get(f"Schemas/{CORE}")).json()["attributes"]}
    assert ("password" in names) is not tolerant
    created = await client.post("Users", json={**USER, "userName": "theo", "password": "placeholder"})
    assert created.status_code == 201
    assert "password" not in created.json()


@pytest.mark.parametrize(("position", "status"), [("default", 204), ("off", 200)])
async def test_a_group_patch_is_answered_with_the_group_if_the_workspace_wants_it(site: Site, position, status) -> None:
    await site.app.workspaces.set(site.slug, {"behaviour.quiet-group-patch": position})
    async with site.client() as client:
        group = (await client.post("Groups", json={"schemas": [GROUP], "displayName": "Crew"})).json()
        operation = {"op": "replace", "path": "displayName", "value": "Gang"}
        answer = await client.patch(f"Groups/{group['id']}", json=patch(operation))
    assert answer.status_code == status
    assert status == 204 or answer.json()["displayName"] == "Gang"


async def test_a_profile_that_is_gone_is_told_and_nothing_is_lost(site: Site) -> None:
    await site.app.database["workspaces"].update_one(
        {"slug": site.slug}, {"$set": {"profile": "ours"}, "$inc": {"revision": 1}}
    )
    site.app.workspaces._cache.clear()
    async with site.client() as client:
        answer = await client.get("Users")
    assert answer.status_code == 503
    assert "profile `ours`" in answer.json()["detail"]
