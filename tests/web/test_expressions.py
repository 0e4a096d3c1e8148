"""The plugin ``expressions`` in a workspace that a provider writes to, and the tools that look it over."""

import json
from typing import Any

import httpx
import pytest

from scimserver.errors import NotFound
from scimserver.plugins import PluginProblem
from scimserver.store.workspaces import WorkspaceProblem
from tests.unit.expressions.test_work_address import ADDRESS
from tests.web.conftest import PATCH_OP, USER, Site, create, patch

WORK = 'addresses[type eq "work"]'
PARTS = {"streetAddress": "14 Harbour Row", "locality": "Leith", "region": "Lothian", "postalCode": "EH6 6QQ"}
JOINED = "14 Harbour Row, Leith, Lothian EH6 6QQ"
WITHOUT_STATE = "14 Harbour Row, Leith EH6 6QQ"
PREFER_JOINED = f"Coalesce([{WORK}.formatted], {ADDRESS})"
PREFER_PARTS = f"Coalesce(IgnoreFlowIfNullOrEmpty({ADDRESS}), [{WORK}.formatted])"
CHOSEN = f"IIF(IsPresent([{WORK}.formatted]), [{WORK}.formatted], {ADDRESS})"


async def mapped(site: Site, resource_id: str) -> dict[str, Any]:
    """The application document, as the application reads it."""
    found = await site.app.database["users"].find_one({"_id": resource_id})
    assert found is not None
    return dict(found["app"])


async def use(site: Site, plugins: list[dict[str, Any]]) -> None:
    """Give the workspace these plugins."""
    changes = {"plugins": ",".join(p["name"] for p in plugins)}
    changes |= {
        f"{p['name']}.{key}": json.dumps(value) for p in plugins for key, value in p.get("settings", {}).items()
    }
    await site.app.workspaces.set(site.slug, changes)


def fields(**rules: Any) -> dict[str, Any]:
    return {"name": "expressions", "settings": {"fields": {"User": rules}}}


def replace(path: str, value: Any) -> dict[str, Any]:
    return {"schemas": [PATCH_OP], "Operations": [{"op": "Replace", "path": path, "value": value}]}


@pytest.fixture
def tools(site: Site) -> Any:
    return site.app.expressions


@pytest.mark.parametrize(
    ("prefer", "then"), [("formatted", WITHOUT_STATE), ("parts", JOINED)], ids=["joined line", "parts"]
)
async def test_a_cleared_state_reaches_only_the_joined_line(
    site: Site, client: httpx.AsyncClient, prefer: str, then: str
) -> None:
    address = {"name": "work_address", "settings": {"prefer": prefer}}
    ours = fields(
        joined_first={"expression": PREFER_JOINED},
        parts_first={"expression": PREFER_PARTS},
        chosen={"expression": CHOSEN},
        region={"attribute": "state"},
    )
    await use(site, [address, ours])
    user = await create(client, addresses=[{"type": "work", "formatted": JOINED, **PARTS}])
    at_first = {"work_address": JOINED, "joined_first": JOINED, "parts_first": JOINED, "chosen": JOINED}
    assert await mapped(site, user["id"]) == {**at_first, "region": "Lothian"}
    # Entra clears `state`: nulls are not sent, only the expression of `formatted` has another result.
    answer = await client.patch(f"Users/{user['id']}", json=replace(f"{WORK}.formatted", WITHOUT_STATE))
    assert answer.status_code == 200
    assert answer.json()["addresses"][0]["region"] == "Lothian"
    assert await mapped(site, user["id"]) == {
        "work_address": then,
        "joined_first": WITHOUT_STATE,
        "parts_first": JOINED,
        "chosen": WITHOUT_STATE,
        "region": "Lothian",
    }


async def test_a_user_with_parts_and_no_line_gets_one_and_one_with_a_line_and_no_parts_keeps_it(
    site: Site, client: httpx.AsyncClient
) -> None:
    await use(site, [fields(a={"expression": PREFER_JOINED}, b={"expression": PREFER_PARTS}, c={"expression": CHOSEN})])
    parts = await create(client, "parts@larkfield.example", addresses=[{"type": "work", **PARTS}])
    line = await create(client, "line@larkfield.example", addresses=[{"type": "work", "formatted": "Quay 1"}])
    neither = await create(client, "none@larkfield.example")
    assert await mapped(site, parts["id"]) == {"a": JOINED, "b": JOINED, "c": JOINED}
    assert await mapped(site, line["id"]) == {"a": "Quay 1", "b": "Quay 1", "c": "Quay 1"}
    assert await mapped(site, neither["id"]) == {}


async def test_what_is_made_at_creation_outlives_every_change(site: Site, client: httpx.AsyncClient) -> None:
    await use(site, [fields(card__x={"attribute": "title"}, key={"expression": "Guid()", "apply": "create"},
                            first={"expression": "CStr([userName])", "apply": "create"})])  # fmt: skip
    user = await create(client, "ada@larkfield.example", title="Pilot")
    before = await mapped(site, user["id"])
    assert before["first"] == "ada@larkfield.example"
    await client.patch(f"Users/{user['id']}", json=patch(userName="ada.love@larkfield.example"))
    body = {"schemas": [USER], "userName": "third@larkfield.example", "title": "Captain"}
    assert (await client.put(f"Users/{user['id']}", json=body)).status_code == 200
    assert await mapped(site, user["id"]) == before | {"card__x": "Captain"}


async def test_a_value_that_cannot_be_made_refuses_its_write_names_the_field_and_writes_nothing(
    site: Site, client: httpx.AsyncClient
) -> None:
    await use(site, [fields(badge={"attribute": "title", "type": "number"})])
    user = await create(client, title="12")
    refused = await client.patch(f"Users/{user['id']}", json=patch(title="twelve"))
    assert refused.status_code == 500
    assert "The plugin `expressions` of this workspace could not make `badge` of this User" in refused.json()["detail"]
    assert "twelve" not in refused.text
    assert (await client.get(f"Users/{user['id']}")).json()["title"] == "12"
    assert await mapped(site, user["id"]) == {"badge": 12}
    await use(site, [fields(badge={"attribute": "title", "type": "number", "default": None})])
    assert (await client.patch(f"Users/{user['id']}", json=patch(title="twelve"))).status_code == 200
    assert await mapped(site, user["id"]) == {}


async def test_a_mapping_that_cannot_be_read_is_not_saved(site: Site) -> None:
    with pytest.raises(PluginProblem, match="there is no function Joyn: did you mean Join"):
        await use(site, [fields(x={"expression": 'Joyn("", [title])'})])
    assert "expressions" not in [p["name"] for p in (await site.app.workspaces.show(site.slug)).plugins]


async def test_an_expression_is_tried_on_a_stored_user(site: Site, client: httpx.AsyncClient, tools: Any) -> None:
    await use(site, [{"name": "profile"}, fields(x={"attribute": "userName"})])
    user = await create(client, title="Pilot")
    trial = await tools.evaluate('Join("/", [jobTitle], [app.title], [app.x])', slug=site.slug, resource_id=user["id"])
    assert (trial.value, trial.warnings, trial.problem) == ("Pilot/Pilot", [], None)
    assert trial.reads[0] == {"name": "jobTitle", "stands_for": ["title"], "value": "Pilot"}
    given = await tools.evaluate("CStr([title])", slug=site.slug, resource={"title": "Captain"})
    assert given.value == "Captain"
    for more in ({"resource_id": "u_none"}, {"resource_type": "Zebra"}):
        with pytest.raises(NotFound):
            await tools.evaluate("Now()", slug=site.slug, **more)
    with pytest.raises(WorkspaceProblem):
        await tools.evaluate("Now()", slug="nobody")


async def test_a_mapping_is_looked_over_with_the_users_that_there_are(
    site: Site, client: httpx.AsyncClient, tools: Any
) -> None:
    with pytest.raises(WorkspaceProblem, match="does not list the plugin"):
        await tools.lint(site.slug)
    await use(site, [{"name": "profile"}, fields(a={"attribute": "app.email"}, b={"attribute": "locale"},
                                                 n={"attribute": "title", "type": "number", "default": 0})])  # fmt: skip
    await create(client, "a@larkfield.example", title="1", nickName="A")
    await create(client, "b@larkfield.example", title="one", nickName="B")
    found = [(r.kind, r.place, r.count) for r in await tools.lint(site.slug)]
    assert found == [
        ("empty", "fields.User.b", 2),
        ("fails", "fields.User.n", 1),
        ("unused", "nickName", 2),
        ("unused", "userName", 2),
    ]
    assert [r.count for r in await tools.lint(site.slug, sample=1) if r.kind == "unused"] == [1, 1]
