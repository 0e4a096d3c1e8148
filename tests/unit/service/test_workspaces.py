"""What an operator does with workspaces, and how soon requests see it."""

import time
from typing import Any

import pytest

from scimserver.plugins import PluginProblem
from scimserver.service.profiles import ProfileProblem
from scimserver.service.workspace_changes import WorkspaceChange
from scimserver.service.workspaces import CACHE_SECONDS
from scimserver.store.workspaces import WorkspaceChanged, WorkspaceProblem

from .conftest import Tenant


def later(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    moment = time.monotonic() + seconds
    monkeypatch.setattr("scimserver.service.workspaces.time.monotonic", lambda: moment)


async def test_a_new_workspace_has_the_default_plugins(tenant: Tenant) -> None:
    workspace = await tenant.app.workspaces.show(tenant.slug)
    assert [p["name"] for p in workspace.plugins] == ["work_address", "profile"]
    assert workspace.state == "active"


async def test_a_name_is_taken_once(tenant: Tenant) -> None:
    with pytest.raises(WorkspaceProblem, match=tenant.slug):
        await tenant.app.workspaces.create(tenant.slug)


@pytest.mark.parametrize("slug", ["", "Larkfield", "-x", "a b", "a/b", "a" * 64, "ünit"])
async def test_a_name_that_fits_no_address_is_refused(tenant: Tenant, slug: str) -> None:
    with pytest.raises(WorkspaceProblem):
        await tenant.app.workspaces.create(slug)


async def test_an_address_is_read_in_any_letter_case(tenant: Tenant) -> None:
    found = await tenant.app.workspaces.resolve(tenant.slug.upper())
    assert found is not None and found.slug == tenant.slug


@pytest.mark.parametrize("slug", ["", "nobody", "\0", "$ne", "a/b"])
async def test_an_unknown_name_is_no_workspace(tenant: Tenant, slug: str) -> None:
    assert await tenant.app.workspaces.resolve(slug) is None


async def test_settings_are_changed_together_and_seen_at_once(tenant: Tenant) -> None:
    service = tenant.app.workspaces
    changed = await service.set(tenant.slug, {"work_address.prefer": "parts", "limits.concurrency": "7"})
    assert changed.workspace.plugins[0] == {"name": "work_address", "settings": {"prefer": "parts"}}
    active = await service.resolve(tenant.slug)
    assert active is not None and active.concurrency == 7


@pytest.mark.parametrize(
    "change",
    [
        {"limits.concurrency": "0"},
        {"limits.concurrency": "many"},
        {"limits.colour": "1"},
        {"work_address.prefer": "sideways"},
        {"work_address.": "x"},
        {"no_such.prefer": "x"},
        {"plugins": "work_address,no_such"},
        {"state": "suspended"},
    ],
)
async def test_a_change_that_does_not_fit_is_refused_with_everything_beside_it(
    tenant: Tenant, change: dict[str, str]
) -> None:
    before = await tenant.app.workspaces.show(tenant.slug)
    with pytest.raises((WorkspaceProblem, PluginProblem)):
        await tenant.app.workspaces.set(tenant.slug, {"work_address.clean": "true", **change})
    assert await tenant.app.workspaces.show(tenant.slug) == before


async def test_plugins_are_put_in_order_and_keep_their_settings(tenant: Tenant) -> None:
    service = tenant.app.workspaces
    await service.set(tenant.slug, {"work_address.clean": "true"})
    changed = await service.set(tenant.slug, {"plugins": "profile, work_address"})
    assert list(changed.workspace.plugins) == [
        {"name": "profile", "settings": {}},
        {"name": "work_address", "settings": {"clean": True}},
    ]


async def test_a_limit_goes_back_to_the_servers_own(tenant: Tenant) -> None:
    service = tenant.app.workspaces
    await service.set(tenant.slug, {"limits.concurrency": "7"})
    assert (await service.set(tenant.slug, {"limits.concurrency": "default"})).workspace.limits == {}


async def test_settings_that_cannot_be_stored_are_refused(tenant: Tenant) -> None:
    for value in ('{"$a": 1}', "99999999999999999999"):
        with pytest.raises(WorkspaceProblem, match="`work_address`"):
            await tenant.app.workspaces.set(tenant.slug, {"work_address.prefer": value})


async def test_a_field_in_a_field_can_be_set(tenant: Tenant) -> None:
    service = tenant.app.workspaces
    fields = '{"User": {"card.email": {"attribute": "emails.value"}}}'
    await service.set(tenant.slug, {"plugins": "expressions"})
    done = await service.set(tenant.slug, {"expressions.fields": fields})
    assert done.workspace.plugins[0]["settings"] == {"fields": {"User": {"card.email": {"attribute": "emails.value"}}}}


async def test_a_change_of_another_revision_is_refused(tenant: Tenant) -> None:
    service = tenant.app.workspaces
    with pytest.raises(WorkspaceChanged, match="revision 1"):
        await service.change(tenant.slug, WorkspaceChange(profile="entra"), revisions=[2, 3])
    done = await service.change(tenant.slug, WorkspaceChange(profile="entra"), revisions=[1])
    assert done.workspace.revision == 2
    unchanged = await service.change(tenant.slug, WorkspaceChange(profile="entra"))
    assert unchanged.workspace.revision == 2


async def test_a_typed_change_is_checked_like_one_in_texts(tenant: Tenant) -> None:
    for change in (
        WorkspaceChange(limits={"colour": 1}),
        WorkspaceChange(limits={"concurrency": 0}),
        WorkspaceChange(limits={"concurrency": 1_000_000}),
        WorkspaceChange(switches={"no-such": True}),
        WorkspaceChange(profile="no-such"),
        WorkspaceChange(plugins=[{"name": "no_such"}]),
    ):
        with pytest.raises((WorkspaceProblem, ProfileProblem, PluginProblem)):
            await tenant.app.workspaces.change(tenant.slug, change)
    assert (await tenant.app.workspaces.show(tenant.slug)).revision == 1


async def test_a_change_made_elsewhere_is_seen_when_the_cached_view_ends(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspaces = tenant.app.database["workspaces"]
    seen = await tenant.app.workspaces.resolve(tenant.slug)
    assert seen is not None
    elsewhere: Any = {"$set": {"state": "suspended"}, "$inc": {"revision": 1}}
    assert (await workspaces.update_one({"_id": seen.id}, elsewhere)).matched_count == 1
    assert await tenant.app.workspaces.resolve(tenant.slug) is seen
    later(monkeypatch, CACHE_SECONDS + 0.1)
    again = await tenant.app.workspaces.resolve(tenant.slug)
    assert again is not None and again.suspended


async def test_an_unchanged_workspace_is_not_made_again(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = await tenant.app.workspaces.resolve(tenant.slug)
    later(monkeypatch, CACHE_SECONDS + 0.1)
    assert await tenant.app.workspaces.resolve(tenant.slug) is seen


async def test_a_deleted_workspace_is_gone_with_everything_in_it(tenant: Tenant) -> None:
    await tenant.create("User", userName="ines@larkfield.example")
    await tenant.app.workspaces.delete(tenant.slug)
    assert await tenant.app.workspaces.resolve(tenant.slug) is None
    assert await tenant.app.database["users"].count_documents({"ws": tenant.ctx.workspace.id}) == 0
    with pytest.raises(WorkspaceProblem, match="no workspace"):
        await tenant.app.workspaces.show(tenant.slug)
