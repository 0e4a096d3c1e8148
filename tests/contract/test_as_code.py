"""Workspaces as code on a database: what is written is read back, as a whole or not at all, and by one at a time."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scimserver.scim.quirks import TOLERATIONS
from scimserver.service.application import Application
from scimserver.service.code.as_code import Plan
from scimserver.service.profiles import BEHAVIOURS
from scimserver.service.yaml_text import load
from scimserver.settings import load as load_settings
from scimserver.store.driver import Database
from scimserver.store.workspaces import WorkspaceProblem

EMPTY: dict[str, Any] = {
    "version": 1,
    "profile": "default",
    "switches": {},
    "limits": {},
    "plugins": [],
    "schemas": [],
}
QUICK = settings(
    max_examples=max(settings.default.max_examples // 2, 10) if settings.default else 10,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
SETTINGS: dict[str, Any] = {
    "work_address": st.fixed_dictionaries(
        {}, optional={"prefer": st.sampled_from(["formatted", "parts"]), "clean": st.booleans()}
    ),
    "profile": st.just({}),
}
TYPES = {"string": {"caseExact": False}, "integer": {}, "boolean": {}}


def extension(names: dict[str, str]) -> dict[str, Any]:
    notes = {"mutability": "readWrite", "returned": "default", "uniqueness": "none"}
    properties = {
        name: {"description": "Part of a badge.", "type": kind, "scim": {**TYPES[kind], **notes}}
        for name, kind in names.items()
    }
    urn = "urn:larkfield:params:scim:schemas:extension:1.0:User"
    return {"$id": urn, "title": "Badge", "description": "Badges.", "type": "object", "properties": properties}


EXTENSIONS = st.dictionaries(
    st.sampled_from(["badgeColour", "level", "wing"]), st.sampled_from(sorted(TYPES)), min_size=1
).map(extension)
DOCUMENTS = st.builds(
    lambda profile, tolerate, behaviour, concurrency, plugins, schemas: {
        "version": 1,
        "profile": profile,
        "switches": {kind: names for kind, names in (("tolerate", tolerate), ("behaviour", behaviour)) if names},
        "limits": {"concurrency": concurrency} if concurrency else {},
        "plugins": [{"name": n, **({"settings": s} if s else {})} for n, s in plugins],
        "schemas": schemas,
    },
    st.sampled_from(["default", "entra", "okta", "onelogin", "strict"]),
    st.dictionaries(st.sampled_from(sorted(TOLERATIONS)), st.booleans(), max_size=3),
    st.dictionaries(st.sampled_from(sorted(BEHAVIOURS)), st.booleans(), max_size=2),
    st.none() | st.integers(1, 999_999),
    st.lists(
        st.sampled_from(sorted(SETTINGS)).flatmap(lambda name: st.tuples(st.just(name), SETTINGS[name])),
        unique_by=lambda plugin: plugin[0],
    ),
    st.lists(EXTENSIONS, max_size=1),
)


@pytest.fixture
async def app(database: Database) -> AsyncIterator[Application]:
    made = Application(load_settings(None, security={"secret_key": "only-for-tests-" * 4}), database)
    await made.migrate()
    yield made
    await made.tokens.close()


@QUICK
@given(document=DOCUMENTS, before=DOCUMENTS)
async def test_what_is_imported_is_exported_and_changes_nothing_when_imported_again(
    app: Application, document: dict[str, Any], before: dict[str, Any]
) -> None:
    await app.as_code.import_("larkfield", {**before, "schemas": []}, create=True)
    try:
        plan = await app.as_code.import_("larkfield", document)
        text = await app.as_code.export_text("larkfield")
        assert load(text) == document
        stored = await app.workspaces.show("larkfield")
        assert stored.revision == (2 if plan.changes else 1)
        assert (await app.as_code.import_("larkfield", load(text))).changes == []
        assert await app.workspaces.show("larkfield") == stored
        assert await app.as_code.export_text("larkfield") == text
        assert (plan.changes == []) == (document == {**before, "schemas": []})
        await app.as_code.import_("northgate", json.loads(json.dumps(load(text))), create=True)
        assert await app.as_code.export_text("northgate") == text
    finally:
        for workspace in await app.workspaces.list():
            await app.workspaces.delete(workspace.slug)


async def test_an_import_is_one_revision_whatever_it_changes(app: Application) -> None:
    await app.workspaces.create("larkfield")
    everything = {
        **EMPTY,
        "profile": "okta",
        "limits": {"concurrency": 4},
        "switches": {"behaviour": {"hide-password": True}},
        "schemas": [extension({"badgeColour": "string"})],
    }
    await app.as_code.import_("larkfield", everything)
    assert (await app.workspaces.show("larkfield")).revision == 2
    assert await app.as_code.export("larkfield") == everything


async def test_an_import_over_a_change_that_came_meanwhile_is_refused_and_changes_nothing(
    app: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    await app.workspaces.create("larkfield")
    write = app.workspaces.write

    async def late(*arguments: Any, **fields: Any) -> Any:
        monkeypatch.undo()
        await app.workspaces.set("larkfield", {"limits.concurrency": "9"})
        return await write(*arguments, **fields)

    monkeypatch.setattr(app.workspaces, "write", late)
    with pytest.raises(WorkspaceProblem, match="changed by somebody else meanwhile; try again"):
        await app.as_code.import_("larkfield", EMPTY)
    stored = await app.workspaces.show("larkfield")
    assert (stored.revision, stored.limits, len(stored.plugins)) == (2, {"concurrency": 9}, 2)
    await app.as_code.import_("larkfield", EMPTY)
    assert (await app.workspaces.show("larkfield")).limits == {}


async def test_of_two_imports_at_once_one_wins_and_the_other_is_told(app: Application) -> None:
    await app.workspaces.create("larkfield")
    documents = [{**EMPTY, "limits": {"concurrency": number}} for number in range(1, 5)]
    plans = [await app.as_code.plan("larkfield", document) for document in documents]
    done = await asyncio.gather(
        *(app.workspaces.write(plan.workspace, **plan.code.fields()) for plan in plans if plan.workspace),
        return_exceptions=True,
    )
    assert sorted(type(result).__name__ for result in done) == ["Workspace", *["WorkspaceChanged"] * 3]
    assert await app.as_code.export("larkfield") in documents


async def test_imports_at_once_leave_one_of_the_documents_and_no_mixture(app: Application) -> None:
    await app.workspaces.create("larkfield")
    documents = [{**EMPTY, "profile": p, "limits": {"concurrency": n}} for n, p in ((1, "okta"), (2, "entra"))]
    done = await asyncio.gather(*(app.as_code.import_("larkfield", d) for d in documents), return_exceptions=True)
    won = [result for result in done if isinstance(result, Plan)]
    assert won
    assert all(isinstance(r, Plan) or (isinstance(r, WorkspaceProblem) and "somebody else" in str(r)) for r in done)
    assert (await app.workspaces.show("larkfield")).revision == 1 + len(won)
    assert await app.as_code.export("larkfield") in documents


async def test_of_two_creating_imports_at_once_one_creates(app: Application) -> None:
    done = await asyncio.gather(
        *(app.as_code.import_("larkfield", EMPTY, create=True) for _ in range(2)), return_exceptions=True
    )
    assert any(isinstance(result, Plan) and result.workspace is None for result in done)
    assert all(isinstance(r, Plan) or (isinstance(r, WorkspaceProblem) and "already exists" in str(r)) for r in done)
    assert len(await app.workspaces.list()) == 1


async def test_a_workspace_that_is_being_deleted_takes_no_import(app: Application, database: Database) -> None:
    await app.workspaces.create("larkfield")
    await database["workspaces"].update_one({"slug": "larkfield"}, {"$set": {"state": "deleting"}})
    with pytest.raises(WorkspaceProblem, match="is being deleted"):
        await app.as_code.import_("larkfield", EMPTY)
