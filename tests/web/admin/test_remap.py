"""Re-maps by the admin API: begun, watched, cancelled, tried out; and how many documents are stale."""

import asyncio

import httpx
import pytest

from scimserver.service.remap import run as remap_run
from scimserver.store.tasks import end
from tests.web.conftest import Site

from .conftest import problem

USER = "urn:ietf:params:scim:schemas:core:2.0:User"


@pytest.fixture
async def stale(site: Site, monkeypatch: pytest.MonkeyPatch) -> Site:
    """A workspace with three users whose mapping has been changed."""
    monkeypatch.setattr(remap_run, "SETTLE", remap_run.timedelta(0))
    address = {"type": "work", "streetAddress": "14 Harbour Row", "locality": "Leith", "formatted": "The Quay"}
    async with site.client() as client:
        for name in ("ines", "bea", "zoe"):
            body = {"schemas": [USER], "userName": f"{name}@larkfield.example", "addresses": [address]}
            assert (await client.post("Users", json=body)).status_code == 201
    await site.app.workspaces.set(site.slug, {"work_address.prefer": "parts"})
    return site


async def test_a_remap_is_begun_and_watched(admin: httpx.AsyncClient, stale: Site) -> None:
    mapping = (await admin.get(f"workspaces/{stale.slug}/mapping")).json()
    assert (mapping["stale"], mapping["documents"], mapping["complete"], mapping["last_remap"]) == (3, 3, True, None)
    answer = await admin.post(f"workspaces/{stale.slug}/remap-jobs", json={"rate": 1000})
    assert (answer.status_code, answer.json()["state"]) == (202, "queued")
    address = answer.headers["Location"].removeprefix("/admin/api/v1/")
    again = await admin.post(f"workspaces/{stale.slug}/remap-jobs")
    assert "job 1" in str(problem(again, 409, "job-open")["detail"]).lower()
    assert await stale.app.remaps.run_waiting() == 1
    job = (await admin.get(address)).json()
    assert (job["state"], job["changed"], job["failed"], job["all"]) == ("finished", 3, 0, False)
    assert job["by"] in [key.public_id for key in await stale.app.admin_keys.list()]
    assert (await admin.get(f"workspaces/{stale.slug}/remap-jobs")).json() == {"remap_jobs": [job]}
    mapping = (await admin.get(f"workspaces/{stale.slug}/mapping")).json()
    assert (mapping["stale"], mapping["last_remap"]) == (0, job)
    problem(await admin.post(f"{address}/cancel"), 409, "job-over")
    problem(await admin.post(f"{address}/resume"), 409, "job-over")


async def test_a_remap_is_cancelled_and_a_paused_one_goes_on(admin: httpx.AsyncClient, stale: Site) -> None:
    jobs = f"workspaces/{stale.slug}/remap-jobs"
    await admin.post(jobs, json={"all": True})
    assert (await admin.post(f"{jobs}/1/cancel")).json()["state"] == "cancelled"
    paused = await stale.app.remaps.begin(stale.slug, rate=1, by="command")
    task = asyncio.create_task(stale.app.remaps.follow(paused))
    while (await admin.get(f"{jobs}/2")).json()["state"] != "running":
        await asyncio.sleep(0.01)
    await end([task])
    assert (await admin.get(f"{jobs}/2")).json()["state"] == "paused"
    assert (await admin.post(f"{jobs}/2/resume")).json()["state"] == "queued"


async def test_a_dry_run_shows_differences_and_writes_nothing(admin: httpx.AsyncClient, stale: Site) -> None:
    answer = await admin.post(f"workspaces/{stale.slug}/remap-dry-run", json={"samples": 1})
    assert answer.status_code == 200
    found = answer.json()
    assert (found["changed"], found["unchanged"], found["failed"], found["complete"]) == (3, 0, 0, True)
    (sample,) = found["samples"]
    changed = {"work_address": {"before": "The Quay", "after": "14 Harbour Row, Leith"}}
    assert sample["difference"] == {"added": {}, "changed": changed, "removed": {}}
    limited = (await admin.post(f"workspaces/{stale.slug}/remap-dry-run", json={"limit": 2})).json()
    assert (limited["looked_at"], limited["complete"]) == (2, False)
    assert (await admin.get(f"workspaces/{stale.slug}/mapping")).json()["stale"] == 3
    assert (await admin.get(f"workspaces/{stale.slug}/remap-jobs")).json() == {"remap_jobs": []}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("remap-jobs", {"rate": 0}),
        ("remap-jobs", {"rate": "fast"}),
        ("remap-jobs", {"everything": True}),
        ("remap-dry-run", {"limit": 1001}),
        ("remap-dry-run", {"samples": -1}),
    ],
)
async def test_wrong_bodies_are_refused(admin: httpx.AsyncClient, stale: Site, path: str, body: object) -> None:
    problem(await admin.post(f"workspaces/{stale.slug}/{path}", json=body), 422, "not-valid")


@pytest.mark.parametrize("job", ["7", "one", "-1", "1e3", "9" * 30, "١"])
async def test_there_is_no_such_job(admin: httpx.AsyncClient, stale: Site, job: str) -> None:
    problem(await admin.get(f"workspaces/{stale.slug}/remap-jobs/{job}"), 404, "no-such-job")
    problem(await admin.post(f"workspaces/{stale.slug}/remap-jobs/{job}/cancel"), 404, "no-such-job")


async def test_a_job_is_its_workspaces_own(admin: httpx.AsyncClient, stale: Site) -> None:
    await stale.app.workspaces.create(f"{stale.slug}-other")
    await admin.post(f"workspaces/{stale.slug}/remap-jobs")
    problem(await admin.get(f"workspaces/{stale.slug}-other/remap-jobs/1"), 404, "no-such-job")
    problem(await admin.get("workspaces/nobody-here/remap-jobs/1"), 404, "no-such-workspace")
    problem(await admin.get("workspaces/nobody-here/mapping"), 404, "no-such-workspace")


async def test_a_workspace_that_cannot_map_says_so(admin: httpx.AsyncClient, stale: Site) -> None:
    gone = {"plugins": [{"name": "gone", "settings": {}}]}
    await stale.app.database.workspaces.update_one({"slug": stale.slug}, {"$set": gone})
    assert "`gone`" in (await admin.get(f"workspaces/{stale.slug}/mapping")).json()["problem"]
    assert "`gone`" in str(
        problem(await admin.post(f"workspaces/{stale.slug}/remap-jobs"), 503, "unavailable")["detail"]
    )
