"""The document of a workspace over HTTP: exported, compared, imported."""

from typing import Any

import httpx
import pytest

from ..conftest import Site
from .conftest import problem

EMPTY: dict[str, Any] = {
    "version": 1,
    "profile": "default",
    "switches": {},
    "limits": {},
    "plugins": [],
    "schemas": [],
}


async def exported(admin: httpx.AsyncClient, slug: str) -> dict[str, Any]:
    answer = await admin.get(f"workspaces/{slug}/code")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_an_export_can_be_sent_back_and_changes_nothing(admin: httpx.AsyncClient, site: Site) -> None:
    await site.app.workspaces.set(site.slug, {"work_address.prefer": "parts", "behaviour.hide-password": "on"})
    first = await admin.get(f"workspaces/{site.slug}/code")
    assert first.json() == {
        **EMPTY,
        "switches": {"behaviour": {"hide-password": True}},
        "plugins": [{"name": "work_address", "settings": {"prefer": "parts"}}, {"name": "profile", "settings": {}}],
    }
    answer = await admin.put(f"workspaces/{site.slug}/code", json=first.json())
    assert (answer.status_code, answer.json()) == (
        200,
        {"created": False, "changes": [], "warnings": [], "stale": False},
    )
    assert (await admin.get(f"workspaces/{site.slug}/code")).headers["ETag"] == first.headers["ETag"] == '"2"'


async def test_a_difference_is_shown_and_then_imported(admin: httpx.AsyncClient, site: Site) -> None:
    wanted = {**EMPTY, "profile": "entra", "plugins": [{"name": "profile"}, {"name": "work_address"}]}
    expected = {
        "created": False,
        "warnings": [],
        "stale": True,
        "changes": [
            {"path": "profile", "kind": "changed", "name": None, "old": "default", "new": "entra"},
            {"path": "plugins[0]", "kind": "moved", "name": "profile", "old": "plugins[1]", "new": "plugins[0]"},
        ],
    }
    shown = await admin.post(f"workspaces/{site.slug}/code/diff", json=wanted)
    assert (shown.status_code, shown.json()) == (200, expected)
    assert (await exported(admin, site.slug))["profile"] == "default"
    done = await admin.put(f"workspaces/{site.slug}/code", json=wanted)
    assert (done.status_code, done.json()) == (200, expected)
    assert (await exported(admin, site.slug))["profile"] == "entra"
    assert [p["name"] for p in (await exported(admin, site.slug))["plugins"]] == ["profile", "work_address"]


async def test_a_workspace_is_created_if_that_is_asked_for(admin: httpx.AsyncClient, site: Site) -> None:
    slug = f"{site.slug}-new"
    for verb, address in (("GET", "code"), ("PUT", "code"), ("POST", "code/diff")):
        body = None if verb == "GET" else EMPTY
        problem(await admin.request(verb, f"workspaces/{slug}/{address}", json=body), 404, "no-such-workspace")
    answer = await admin.put(f"workspaces/{slug}/code", params={"create": "true"}, json=EMPTY)
    assert (answer.status_code, answer.json()["created"]) == (200, True)
    assert await exported(admin, slug) == EMPTY
    await site.app.workspaces.delete(slug)
    refused = await admin.put("workspaces/Not_A_Name/code", params={"create": "true"}, json=EMPTY)
    problem(refused, 422, "refused")


@pytest.mark.parametrize(
    ("changes", "name", "places"),
    [
        ({"profile": 1}, "not-valid", ["profile"]),
        ({"version": 2}, "not-valid", ["version"]),
        ({"plugin": []}, "not-valid", ["plugin"]),
        ({"plugins": None}, "not-valid", ["plugins"]),
        ({"limits": {"concurrency": 0}}, "not-valid", ["limits.concurrency"]),
        ({"switches": {"tolerate": {"boolean-as-string": "on"}}}, "not-valid", ["switches.tolerate.boolean-as-string"]),
        ({"plugins": [{"name": "profile", "sittings": {}}]}, "not-valid", ["plugins[0].sittings"]),
        ({"profile": "entre", "plugins": [{"name": "x"}]}, "refused", ["profile", "plugins[0]"]),
        ({"switches": {"tolerate": {"x": True}}}, "refused", ["switches.tolerate.x"]),
        ({"plugins": [{"name": "work_address", "settings": {"prefer": 1}}]}, "refused", ["plugins[0]"]),
        ({"schemas": [{"title": "x"}]}, "refused", ["schemas[0]"]),
    ],
)
async def test_what_cannot_be_used_is_refused_with_each_place_and_nothing_is_changed(
    admin: httpx.AsyncClient, site: Site, changes: dict[str, Any], name: str, places: list[str]
) -> None:
    before = await site.app.workspaces.show(site.slug)
    for verb, address in (("PUT", "code"), ("POST", "code/diff")):
        answer = await admin.request(verb, f"workspaces/{site.slug}/{address}", json={**EMPTY, **changes})
        errors: Any = problem(answer, 422, name)["errors"]
        assert [error["place"] for error in errors] == places
    assert await site.app.workspaces.show(site.slug) == before


async def test_a_forgotten_section_is_refused(admin: httpx.AsyncClient, site: Site) -> None:
    for section in EMPTY:
        left = {name: value for name, value in EMPTY.items() if name != section}
        problem(await admin.put(f"workspaces/{site.slug}/code", json=left), 422, "not-valid")


async def test_an_import_may_name_the_revision_it_was_written_for(admin: httpx.AsyncClient, site: Site) -> None:
    seen = (await admin.get(f"workspaces/{site.slug}/code")).headers["ETag"]
    await site.app.workspaces.set(site.slug, {"limits.concurrency": "5"})
    for stale in (seen, '"0"', "seven", '"1", "3"'):
        answer = await admin.put(f"workspaces/{site.slug}/code", json=EMPTY, headers={"If-Match": stale})
        problem(answer, 412, "precondition-failed")
    assert (await exported(admin, site.slug))["limits"] == {"concurrency": 5}
    fresh = (await admin.get(f"workspaces/{site.slug}/code")).headers["ETag"]
    answer = await admin.put(f"workspaces/{site.slug}/code", json=EMPTY, headers={"If-Match": fresh})
    assert answer.status_code == 200
    again = await admin.put(f"workspaces/{site.slug}/code", json=EMPTY, headers={"If-Match": "*"})
    assert (again.status_code, again.json()["changes"]) == (200, [])
