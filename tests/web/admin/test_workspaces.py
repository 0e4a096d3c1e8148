"""Workspaces through the admin API."""

import asyncio
from typing import Any

import httpx
import pytest

from scimserver.errors import Unavailable
from scimserver.service import deletions
from scimserver.store.workspaces import WorkspaceStore

from ..conftest import Site, create
from .conftest import problem


async def gone(admin: httpx.AsyncClient, name: str) -> bool:
    for _ in range(100):
        if (await admin.get(f"workspaces/{name}")).status_code == 404:
            return True
        await asyncio.sleep(0.02)
    return False


async def test_a_workspace_is_created_with_its_first_token(admin: httpx.AsyncClient, site: Site) -> None:
    name = f"{site.slug}-new"
    answer = await admin.post("workspaces", json={"name": name})
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert made["tenant_url"] == site.app.tenant_url(name)
    assert answer.headers["Location"] == f"/admin/api/v1/workspaces/{name}" and answer.headers["ETag"] == '"1"'
    assert [plugin["name"] for plugin in made["plugins"]] == ["work_address", "profile"]
    assert (made["profile"], made["switches"], made["warnings"]) == ("default", {}, [])
    async with site.anonymous(f"/t/{name}/scim/v2/", {"Authorization": f"Bearer {made['secret_token']}"}) as client:
        assert (await client.get("Users")).status_code == 200
    problem(await admin.post("workspaces", json={"name": name}), 409, "workspace-taken")


async def test_a_workspace_is_created_as_it_shall_be(admin: httpx.AsyncClient, site: Site) -> None:
    body = {
        "name": f"{site.slug}-made",
        "token": False,
        "profile": "entra",
        "plugins": [{"name": "work_address", "settings": {"prefer": "parts"}}],
        "limits": {"concurrency": 5},
        "switches": {"empty-path": False, "boolean-as-string": None},
    }
    made = (await admin.post("workspaces", json=body)).json()
    assert made["secret_token"] is None
    assert (made["profile"], made["plugins"], made["limits"]) == ("entra", body["plugins"], body["limits"])
    assert made["switches"] == {"empty-path": False}
    shown = (await admin.get(f"workspaces/{body['name']}")).json()
    assert shown == {k: v for k, v in made.items() if k not in ("secret_token", "warnings", "stale")}


@pytest.mark.parametrize("name", ["", "x", "Larkfield", "-x", "a b", "a/b", "a" * 64, "ünit", 7, None])
async def test_a_name_that_fits_no_address_is_refused(admin: httpx.AsyncClient, name: Any) -> None:
    body = problem(await admin.post("workspaces", json={"name": name}), 422, "not-valid")
    errors: Any = body["errors"]
    assert [error["place"] for error in errors] == ["name"]


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"profile": "entro"}, "did you mean `entra`"),
    ({"plugins": [{"name": "no_such"}]}, "`no_such` is not installed"),
    ({"plugins": [{"name": "profile"}, {"name": "profile"}]}, "listed twice"),
    ({"plugins": [{"name": "work_address", "settings": {"prefer": "sideways"}}]}, "prefer"),
    ({"plugins": [{"name": "work_address", "settings": {"a.b": 1}}]}, "`work_address`"),
    ({"plugins": [{"name": "work_address", "settings": {"prefer": 1 << 63}}]}, "64 bits"),
    ({"switches": {"empty-pth": False}}, "did you mean `empty-path`"),
]
NOT_VALID: list[tuple[dict[str, Any], str]] = [
    ({"limits": {"concurrency": 0}}, "limits.concurrency"),
    ({"limits": {"concurrency": "5"}}, "limits.concurrency"),
    ({"limits": {"colour": 1}}, "limits.colour"),
    ({"plugins": "profile"}, "plugins"),
    ({"plugins": [{"settings": {}}]}, "plugins[0].name"),
    ({"switches": {"empty-path": "off"}}, "switches.empty-path"),
    ({"state": "suspended"}, "state"),
    ({"name": "other"}, "name"),
    ({"profile": 7}, "profile"),
]


@pytest.mark.parametrize(("change", "says"), REFUSED)
async def test_values_that_cannot_be_used_change_nothing(
    admin: httpx.AsyncClient, site: Site, change: dict[str, Any], says: str
) -> None:
    before = (await admin.get(f"workspaces/{site.slug}")).json()
    answer = await admin.patch(f"workspaces/{site.slug}", json={"limits": {"concurrency": 9}, **change})
    assert says in str(problem(answer, 422, "refused")["detail"])
    assert (await admin.get(f"workspaces/{site.slug}")).json() == before
    problem(await admin.post("workspaces", json={"name": f"{site.slug}-no", **change}), 422, "refused")


@pytest.mark.parametrize(("change", "place"), NOT_VALID)
async def test_fields_of_another_form_are_named(
    admin: httpx.AsyncClient, site: Site, change: dict[str, Any], place: str
) -> None:
    body = problem(await admin.patch(f"workspaces/{site.slug}", json=change), 422, "not-valid")
    errors: Any = body["errors"]
    assert [error["place"] for error in errors] == [place]


async def test_a_change_of_the_mapping_says_that_documents_are_stale(admin: httpx.AsyncClient, site: Site) -> None:
    other = [{"name": "work_address", "settings": {"prefer": "parts"}}]
    for change, stale in (
        ({"limits": {"concurrency": 7}}, False),
        ({"plugins": other}, True),
        ({"plugins": other}, False),
    ):
        answer = await admin.patch(f"workspaces/{site.slug}", json=change)
        assert (answer.status_code, answer.json()["stale"]) == (200, stale)


async def test_a_change_is_seen_by_requests_at_once(admin: httpx.AsyncClient, site: Site) -> None:
    answer = await admin.patch(f"workspaces/{site.slug}", json={"limits": {"concurrency": 7}, "profile": "strict"})
    assert answer.status_code == 200 and answer.headers["ETag"] == '"2"'
    active = await site.app.workspaces.resolve(site.slug)
    assert active is not None and (active.concurrency, active.profile.name) == (7, "strict")
    back = await admin.patch(f"workspaces/{site.slug}", json={"limits": {"concurrency": None}})
    assert back.json()["limits"] == {"concurrency": None} and back.json()["profile"] == "strict"


async def test_what_changes_nothing_raises_no_revision(admin: httpx.AsyncClient, site: Site) -> None:
    for body in ({}, {"profile": "default"}, {"limits": {}}, {"switches": {"empty-path": None}, "plugins": None}):
        assert (await admin.patch(f"workspaces/{site.slug}", json=body)).headers["ETag"] == '"1"'


async def test_the_command_line_says_the_same(admin: httpx.AsyncClient, site: Site) -> None:
    texts = {
        "plugins": "profile,work_address",
        "work_address.prefer": "parts",
        "limits.concurrency": "3",
        "tolerate.empty-path": "off",
    }
    by_text = (await site.app.workspaces.set(site.slug, texts)).workspace
    other = f"{site.slug}-api"
    await admin.post("workspaces", json={"name": other})
    change = {
        "plugins": [{"name": "profile"}, {"name": "work_address", "settings": {"prefer": "parts"}}],
        "limits": {"concurrency": 3},
        "switches": {"empty-path": False},
    }
    await admin.patch(f"workspaces/{other}", json=change)
    by_api = await site.app.workspaces.show(other)
    for name in ("plugins", "limits", "switches", "profile", "revision"):
        assert getattr(by_text, name) == getattr(by_api, name)
    await site.app.workspaces.set(site.slug, {"limits.concurrency": "default"})
    assert (await admin.get(f"workspaces/{site.slug}")).json()["limits"] == {"concurrency": None}


@pytest.mark.parametrize(
    ("if_match", "works"),
    [('"1"', True), ('W/"1"', True), ("*", True), ('"9", "1"', True), ('"2"', False), ("1", False), ('"x"', False)],
)
async def test_a_change_is_made_only_of_what_was_read(
    admin: httpx.AsyncClient, site: Site, if_match: str, works: bool
) -> None:
    path, headers = f"workspaces/{site.slug}", {"If-Match": if_match}
    answer = await admin.patch(path, json={"limits": {"concurrency": 7}}, headers=headers)
    if works:
        assert answer.status_code == 200
        return
    assert "revision 1" in str(problem(answer, 412, "precondition-failed")["detail"])
    for request in (admin.post(f"{path}/suspend", headers=headers), admin.delete(path, headers=headers)):
        problem(await request, 412, "precondition-failed")
    assert (await admin.get(path)).headers["ETag"] == '"1"'


async def test_of_two_changes_at_once_none_is_lost_unnoticed(admin: httpx.AsyncClient, site: Site) -> None:
    path = f"workspaces/{site.slug}"
    changes: list[dict[str, Any]] = [
        {"limits": {"concurrency": 1}},
        {"limits": {"concurrency": 2}},
        {"limits": {"concurrency": 3}},
    ]
    answers = await asyncio.gather(*(admin.patch(path, json=c, headers={"If-Match": '"1"'}) for c in changes))
    assert sorted(a.status_code for a in answers) == [200, 412, 412]
    (won,) = [c for c, a in zip(changes, answers, strict=True) if a.status_code == 200]
    assert (await admin.get(path)).json()["limits"] == won["limits"]


async def test_a_lost_race_without_a_condition_is_a_conflict(
    admin: httpx.AsyncClient, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = WorkspaceStore.get_by_slug

    async def overtaken(self: WorkspaceStore, slug: str) -> Any:
        found = await original(self, slug)
        await site.app.database["workspaces"].update_one({"slug": slug}, {"$inc": {"revision": 1}})
        return found

    monkeypatch.setattr(WorkspaceStore, "get_by_slug", overtaken)
    answer = await admin.patch(f"workspaces/{site.slug}", json={"limits": {"concurrency": 7}})
    problem(answer, 409, "workspace-changed")


async def test_a_suspended_workspace_answers_503_until_it_is_resumed(
    admin: httpx.AsyncClient, site: Site, client: httpx.AsyncClient
) -> None:
    assert (await admin.post(f"workspaces/{site.slug}/suspend")).json()["state"] == "suspended"
    assert (await client.get("Users")).status_code == 503
    assert (await admin.post(f"workspaces/{site.slug}/resume")).json()["state"] == "active"
    assert (await client.get("Users")).status_code == 200


async def test_a_deleted_workspace_is_closed_at_once_and_then_gone(
    admin: httpx.AsyncClient, site: Site, client: httpx.AsyncClient
) -> None:
    await create(client)
    ws = (await site.app.workspaces.show(site.slug)).id
    answer = await admin.delete(f"workspaces/{site.slug}")
    assert answer.status_code == 202 and answer.json()["state"] == "deleting"
    assert (await client.get("Users")).status_code == 401
    assert await gone(admin, site.slug)
    assert await site.app.database["users"].count_documents({"ws": ws}) == 0
    problem(await admin.delete(f"workspaces/{site.slug}"), 404, "no-such-workspace")


async def test_a_workspace_that_is_being_deleted_cannot_be_changed(
    admin: httpx.AsyncClient, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    hold = asyncio.Event()

    async def waits(*_: Any) -> None:
        await hold.wait()

    monkeypatch.setattr(WorkspaceStore, "delete", waits)
    path = f"workspaces/{site.slug}"
    await admin.delete(path)
    assert (await admin.delete(path)).status_code == 202
    for request in (
        admin.patch(path, json={"profile": "entra"}),
        admin.patch(path, json={}),
        admin.post(f"{path}/resume"),
        admin.post(f"{path}/tokens"),
    ):
        problem(await request, 409, "workspace-deleting")
    hold.set()


async def test_a_delete_goes_on_when_the_database_is_back(
    admin: httpx.AsyncClient, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    original, failures = WorkspaceStore.delete, [Unavailable("The database is not reachable.")]

    async def away(self: WorkspaceStore, workspace_id: str) -> None:
        if failures:
            raise failures.pop()
        await original(self, workspace_id)

    monkeypatch.setattr(WorkspaceStore, "delete", away)
    monkeypatch.setattr(deletions, "RETRY_SECONDS", 0.01)
    await admin.delete(f"workspaces/{site.slug}")
    assert await gone(admin, site.slug)


async def test_a_delete_that_a_process_left_behind_is_finished_at_the_next_start(
    admin: httpx.AsyncClient, site: Site
) -> None:
    await site.app.workspaces.begin_delete(site.slug)
    assert (await admin.get(f"workspaces/{site.slug}")).json()["state"] == "deleting"
    await site.app.deletions.start()
    assert await gone(admin, site.slug)


NOBODY: list[tuple[str, str]] = [
    ("GET", "workspaces/nobody"),
    ("PATCH", "workspaces/nobody"),
    ("DELETE", "workspaces/nobody"),
    ("POST", "workspaces/nobody/suspend"),
    ("POST", "workspaces/nobody/resume"),
    ("GET", "workspaces/nobody/tokens"),
    ("POST", "workspaces/nobody/tokens"),
    ("DELETE", "workspaces/nobody/tokens/x"),
    ("GET", "workspaces/nobody/plugins"),
    ("GET", "workspaces/nobody/log"),
    ("GET", "workspaces/nobody/log/summary"),
    ("GET", "workspaces/a%2Fb"),
    ("GET", "workspaces/%00"),
    ("GET", "workspaces/%FF"),
]


@pytest.mark.parametrize(("method", "path"), NOBODY)
async def test_an_unknown_workspace_is_not_found(admin: httpx.AsyncClient, method: str, path: str) -> None:
    body = b"{}" if method in ("POST", "PATCH") else None
    problem(await admin.request(method, path, content=body), 404, "no-such-workspace")
