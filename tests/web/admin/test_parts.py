"""Secret Tokens, plugins and the provisioning log through the admin API."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from ..conftest import Site, create
from .conftest import problem


async def test_a_token_is_shown_once_listed_and_revoked(admin: httpx.AsyncClient, site: Site) -> None:
    path = f"workspaces/{site.slug}/tokens"
    answer = await admin.post(path, json={"label": "Entra ID", "days": 30})
    assert answer.status_code == 201
    made = answer.json()
    assert (made["name"], made["tenant_url"]) == (site.slug, site.app.tenant_url(site.slug))
    async with site.client(made["secret_token"]) as client:
        assert (await client.get("Users")).status_code == 200
        listed = (await admin.get(path)).json()["tokens"]
        assert made["secret_token"] not in json.dumps(listed)
        (token,) = [token for token in listed if token["id"] == made["id"]]
        assert (token["label"], token["state"]) == ("Entra ID", "active")
        left = datetime.fromisoformat(token["expires"]) - datetime.now(UTC)
        assert timedelta(days=29) < left < timedelta(days=31)
        revoked = await admin.delete(f"{path}/{made['id']}")
        assert revoked.status_code == 200 and revoked.json()["state"] == "revoked"
        assert (await client.get("Users")).status_code == 401
    async with site.client() as client:
        assert (await client.get("Users")).status_code == 200, "the others stay valid"


async def test_a_token_of_another_workspace_is_not_found_here(admin: httpx.AsyncClient, site: Site) -> None:
    other = f"{site.slug}-other"
    await admin.post("workspaces", json={"name": other})
    problem(await admin.delete(f"workspaces/{other}/tokens/{site.token_id}"), 404, "not-found")
    async with site.client() as client:
        assert (await client.get("Users")).status_code == 200


async def test_installed_plugins_are_told_with_their_settings(admin: httpx.AsyncClient) -> None:
    found = {plugin["name"]: plugin for plugin in (await admin.get("plugins")).json()["plugins"]}
    assert {"profile", "work_address"} <= found.keys()
    plugin = found["work_address"]
    assert "scim_map" in plugin["hooks"] and "prefer" in plugin["settings_schema"]["properties"]
    assert plugin["version"] and plugin["description"] and "work_address" in plugin["installed_from"]


async def test_a_workspace_is_told_the_plugins_it_may_list(
    admin: httpx.AsyncClient, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = f"workspaces/{site.slug}"
    await admin.patch(path, json={"plugins": [{"name": "profile"}]})
    found = (await admin.get(f"{path}/plugins")).json()["plugins"]
    listed = {plugin["name"]: plugin["listed"] for plugin in found}
    assert listed["profile"] is True and listed["work_address"] is False
    monkeypatch.setattr(site.app.plugins, "_only_for", {"work_address": frozenset({"somebody-else"})})
    names = {plugin["name"] for plugin in (await admin.get(f"{path}/plugins")).json()["plugins"]}
    assert "profile" in names and "work_address" not in names


@pytest.fixture
async def history(site: Site, client: httpx.AsyncClient) -> list[str]:
    """A workspace with one good and two failed requests in its log."""
    await create(client)
    for path in ("Users/nobody", "Groups/nobody"):
        assert (await client.get(path)).status_code == 404
    await site.app.requests.start()
    await site.app.requests.stop()
    return ["create", "read", "read"]


async def test_the_log_is_read_oldest_first(admin: httpx.AsyncClient, site: Site, history: list[str]) -> None:
    path = f"workspaces/{site.slug}/log"
    entries = (await admin.get(path)).json()["entries"]
    assert [entry["operation"] for entry in entries] == history
    assert entries[1]["status"] == 404 and entries[1]["error"]["detail"]
    failed = (await admin.get(path, params={"errors": "true", "limit": 1})).json()["entries"]
    assert [entry["path"] for entry in failed] == [entries[2]["path"]]
    later = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    assert (await admin.get(path, params={"since": later})).json()["entries"] == []
    summary = (await admin.get(f"{path}/summary")).json()
    assert (summary["requests"], summary["failures"], summary["operations"]) == (3, 2, {"read": 2, "create": 1})


async def test_an_empty_log_is_empty(admin: httpx.AsyncClient, site: Site) -> None:
    path = f"workspaces/{site.slug}/log"
    assert (await admin.get(path)).json() == {"entries": []}
    assert (await admin.get(f"{path}/summary")).json()["since"] is None


@pytest.mark.parametrize(
    ("query", "place"),
    [
        ({"limit": "0"}, "limit"),
        ({"limit": "1001"}, "limit"),
        ({"limit": "many"}, "limit"),
        ({"errors": "perhaps"}, "errors"),
        ({"since": "yesterday"}, "since"),
        ({"since": "0.5"}, "since"),
        ({"since": "2026-11-27T08:00:00"}, "since"),
        ({"follow": "true"}, "follow"),
        ({"limit": ["1", "2"]}, "limit"),
    ],
)
async def test_a_query_of_another_form_is_refused(
    admin: httpx.AsyncClient, site: Site, query: dict[str, Any], place: str
) -> None:
    body = problem(await admin.get(f"workspaces/{site.slug}/log", params=query), 422, "not-valid")
    errors: Any = body["errors"]
    assert [error["place"] for error in errors] == [place]
