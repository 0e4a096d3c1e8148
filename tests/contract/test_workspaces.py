"""Workspaces as they are stored."""

import asyncio

import pytest

from scimserver.store import workspaces
from scimserver.store.driver import Database
from scimserver.store.indexes import INDEXES, ensure_indexes
from scimserver.store.workspaces import OWNED, WorkspaceProblem, WorkspaceStore, check_slug

PLUGINS = [{"name": "work_address", "settings": {"prefer": "parts"}}]


@pytest.fixture
async def store(database: Database) -> WorkspaceStore:
    await ensure_indexes(database)
    return WorkspaceStore(database)


async def test_a_new_workspace_is_active_and_found_by_slug_and_id(store: WorkspaceStore) -> None:
    created = await store.create("larkfield", plugins=PLUGINS)
    assert (created.slug, created.state, created.revision) == ("larkfield", "active", 1)
    assert created.plugins == PLUGINS
    assert await store.get_by_slug("larkfield") == created
    assert await store.get(created.id) == created


async def test_names_of_settings_may_have_dots_and_are_stored_without(
    store: WorkspaceStore, database: Database
) -> None:
    plugins = [{"name": "expressions", "settings": {"fields": {"User": {"card.email": {"attribute": "userName"}}}}}]
    created = await store.create("larkfield", plugins=plugins)
    assert created.plugins == plugins
    assert (await store.get_by_slug("larkfield")) == created
    plugins = [{"name": "expressions", "settings": {"fields": {"User": {"a.b": {"default": ["x.y"]}}}}}]
    assert (await store.update(created, plugins=plugins)).plugins == plugins
    stored = await database["workspaces"].find_one({"slug": "larkfield"})
    assert "a.b" not in str(stored)
    assert "x.y" in str(stored), "a value stays as it is"


async def test_an_unknown_workspace_is_none(store: WorkspaceStore) -> None:
    assert await store.get_by_slug("nobody") is None
    assert await store.get("ws_0") is None


async def test_a_slug_used_again_gets_another_internal_id(store: WorkspaceStore) -> None:
    first = await store.create("larkfield", plugins=[])
    await store.delete(first.id)
    assert (await store.create("larkfield", plugins=[])).id != first.id


async def test_a_taken_slug_is_refused(store: WorkspaceStore) -> None:
    await store.create("larkfield", plugins=[])
    with pytest.raises(WorkspaceProblem, match="`larkfield` already exists"):
        await store.create("larkfield", plugins=[])


async def test_of_two_creates_at_once_exactly_one_wins(store: WorkspaceStore) -> None:
    done = await asyncio.gather(*(store.create("larkfield", plugins=[]) for _ in range(4)), return_exceptions=True)
    assert sum(not isinstance(result, BaseException) for result in done) == 1
    assert all(isinstance(r, WorkspaceProblem) for r in done if isinstance(r, BaseException))
    assert len(await store.list()) == 1


@pytest.mark.parametrize("slug", ["a1", "demo", "north-gate2", "0-0", "a" * 63, "a-b-c-d"])
def test_a_good_slug_is_accepted(slug: str) -> None:
    check_slug(slug)


@pytest.mark.parametrize(
    "slug", ["", "a", "a" * 64, "-a", "a-", "a--b", "Demo", "dé", "a_b", "a.b", "a/b", "a b", "demo\n", "٣٣", " demo"]
)
def test_a_bad_slug_is_refused_with_the_rule(slug: str) -> None:
    with pytest.raises(WorkspaceProblem, match="2 to 63 characters"):
        check_slug(slug)


async def test_a_bad_slug_stores_nothing(store: WorkspaceStore) -> None:
    with pytest.raises(WorkspaceProblem):
        await store.create("Not A Slug", plugins=[])
    assert await store.list() == []


async def test_the_list_is_in_order_of_slugs(store: WorkspaceStore) -> None:
    for slug in ("cc", "aa", "bb"):
        await store.create(slug, plugins=[])
    assert [workspace.slug for workspace in await store.list()] == ["aa", "bb", "cc"]


async def test_an_update_raises_the_revision(store: WorkspaceStore) -> None:
    created = await store.create("larkfield", plugins=PLUGINS)
    suspended = await store.update(created, state="suspended")
    assert (suspended.state, suspended.revision, suspended.plugins) == ("suspended", 2, PLUGINS)
    assert suspended.modified >= created.modified
    assert await store.get(created.id) == suspended


async def test_an_update_of_what_somebody_else_changed_is_refused(store: WorkspaceStore) -> None:
    created = await store.create("larkfield", plugins=[])
    await store.update(created, limits={"concurrency": 8})
    with pytest.raises(WorkspaceProblem, match="changed by somebody else"):
        await store.update(created, state="suspended")
    stored = await store.get(created.id)
    assert stored is not None
    assert (stored.state, stored.limits) == ("active", {"concurrency": 8})


async def fill(database: Database, ws: str, count: int = 2) -> None:
    for name in OWNED:
        rows = [{"_id": f"{ws}-{name}-{n}", "ws": ws, "n": n, "unique": [f"{ws}-{n}"]} for n in range(count)]
        await database[name].insert_many(rows)
    await database.counters.insert_one({"_id": ws, "ws": ws})


async def left_of(database: Database, ws: str) -> int:
    return sum([await database[name].count_documents({"ws": ws}) for name in (*OWNED, "counters")])


async def test_a_delete_takes_everything_of_it_and_nothing_of_others(store: WorkspaceStore, database: Database) -> None:
    gone, stays = await store.create("gone", plugins=[]), await store.create("stays", plugins=[])
    await fill(database, gone.id)
    await fill(database, stays.id)
    await store.delete(gone.id)
    assert await store.get_by_slug("gone") is None
    assert await left_of(database, gone.id) == 0
    assert await left_of(database, stays.id) == 2 * len(OWNED) + 1
    assert await store.get_by_slug("stays") == stays


async def test_more_documents_than_a_batch_are_deleted_too(
    store: WorkspaceStore, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workspaces, "BATCH", 10)
    workspace = await store.create("large", plugins=[])
    await fill(database, workspace.id, 35)
    await store.delete(workspace.id)
    assert await left_of(database, workspace.id) == 0


async def test_an_interrupted_delete_cannot_be_undone_but_finished(store: WorkspaceStore, database: Database) -> None:
    workspace = await store.create("gone", plugins=[])
    await fill(database, workspace.id)
    await database.workspaces.update_one({"_id": workspace.id}, {"$set": {"state": "deleting"}})
    halfway = await store.get_by_slug("gone")
    assert halfway is not None
    assert halfway.state == "deleting"
    with pytest.raises(WorkspaceProblem, match="being deleted"):
        await store.update(halfway, state="active")
    with pytest.raises(WorkspaceProblem, match="already exists"):
        await store.create("gone", plugins=[])
    await store.delete(workspace.id)
    assert await left_of(database, workspace.id) == 0
    assert await store.create("gone", plugins=[])


def test_every_collection_with_a_workspace_is_emptied_by_its_delete() -> None:
    assert set(OWNED) == set(INDEXES) - {"workspaces"}


async def test_what_commands_print_names_slug_and_times(store: WorkspaceStore) -> None:
    shown = (await store.create("larkfield", plugins=PLUGINS)).to_json()
    assert shown["name"] == "larkfield"
    assert shown["plugins"] == PLUGINS
    assert shown["created"].endswith("+00:00")
