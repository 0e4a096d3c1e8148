"""Schemas of single workspaces: what holds for core attributes holds for theirs, and nothing crosses to another."""

import asyncio
import dataclasses
import json
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest

from scimserver.schema.loader import SchemaProblem
from scimserver.service import catalogues, workspaces
from scimserver.service.application import Application
from scimserver.service.log_reading import LogReader
from scimserver.service.schemas import service as schemas
from scimserver.service.schemas.plans import SchemaInUse
from scimserver.service.schemas.service import NoSuchSchema

from ..badges import BADGE_URN, TOOL_URN, badges, schema, simple, text, tool
from .conftest import PATCH_OP, USER, Site, create
from .custom import found, made, patch_of, refused

OTHER_URN = "urn:northgate:params:scim:schemas:core:1.0:Tool"


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is one process: nobody else has to hear of a change before keys are made."""
    monkeypatch.setattr(schemas, "SETTLE_SECONDS", 0)


@pytest.fixture
async def other(site: Site, slugs: Iterator[str]) -> AsyncIterator[tuple[str, httpx.AsyncClient]]:
    """Another workspace of the same server."""
    slug = next(slugs)
    record, token = await site.app.tokens.create(await site.app.workspaces.create(slug))
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/scim+json"}
    async with site.anonymous(f"/t/{slug}/scim/v2/", headers) as client:
        yield slug, client
    for collection in ("users", "resources", "counters", "changes"):
        await site.app.database[collection].delete_many({"ws": record.ws})


async def listed(client: httpx.AsyncClient, endpoint: str) -> list[str]:
    return [r["id"] for r in (await client.get(endpoint)).json()["Resources"]]


async def test_a_schema_is_there_at_once_and_in_its_workspace_alone(
    site: Site, client: httpx.AsyncClient, other: tuple[str, httpx.AsyncClient]
) -> None:
    before = (await client.get("Schemas")).json(), (await client.get("ResourceTypes")).json()
    plan = await site.app.schemas.set(site.slug, [badges(), *tool()])
    assert (plan.added, plan.changed, plan.removed) == ([BADGE_URN, "Tool", TOOL_URN], [], [])
    assert {BADGE_URN, TOOL_URN} <= {*await listed(client, "Schemas")}
    assert "Tool" in await listed(client, "ResourceTypes")
    user = (await client.get("ResourceTypes/User")).json()
    assert {"schema": BADGE_URN, "required": False} in user["schemaExtensions"]
    colour = next(a for a in (await client.get(f"Schemas/{BADGE_URN}")).json()["attributes"] if a["name"] == "keys")
    assert (colour["multiValued"], colour["type"], colour["caseExact"]) == (True, "string", False)
    _, elsewhere = other
    assert (await elsewhere.get("Schemas")).json()["totalResults"] == before[0]["totalResults"]
    assert await listed(elsewhere, "ResourceTypes") == [r["id"] for r in before[1]["Resources"]]
    for address in ("Tools", "Tools/x", "Tools/.search"):
        assert (await client.get(address)).status_code != 404 or address == "Tools/x"
        refused(await elsewhere.get(address), 404, None, "There is no", "/Users, /Groups, /.search")
    refused(await client.get("Gadgets"), 404, None, "/Users, /Groups, /Tools, /.search")
    refused(await client.get("tools"), 404, None, "/Users, /Groups, /Tools")
    assert (await client.options("Tools")).headers["Allow"] == "GET, HEAD, POST, OPTIONS"
    refused(await client.put("Tools", json={}), 405, None, "GET, HEAD, POST, OPTIONS")


async def test_values_of_an_extension_are_like_those_of_core_attributes(site: Site, client: httpx.AsyncClient) -> None:
    await site.app.schemas.set(site.slug, badges())
    values = {
        "badgeColour": "Amber",
        "badgeNumber": "B-1",
        "berth": 7,
        "keys": ["gate"],
        "since": "2031-02-03T00:00:00Z",
    }
    ada = await create(client, **{BADGE_URN: {**values, "secret": "s", "note": "n"}})
    ben = await create(client, "ben@larkfield.example", **{BADGE_URN: {"badgeColour": "blue", "berth": 3}})
    assert ada[BADGE_URN] == {**values, "note": "n"} and BADGE_URN in ada["schemas"]
    read = await client.get(f"Users/{ada['id']}")
    assert read.json()[BADGE_URN] == values
    for condition in (
        f'{BADGE_URN}:badgeColour eq "aMBER"',
        f'{BADGE_URN}:badgeNumber eq "b-1"',
        f"{BADGE_URN}:berth gt 3",
        f'{BADGE_URN}:keys eq "GATE"',
        f'{BADGE_URN}:badgeColour sw "am" and userName eq "ada@larkfield.example"',
        f'{BADGE_URN}:since lt "2031-02-03T00:00:01Z"',
    ):
        assert await found(client, "Users", condition) == [ada["id"]], condition
        search = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "filter": condition}
        answer = (await client.post("Users/.search", json=search)).json()
        assert [r["id"] for r in answer["Resources"]] == [ada["id"]], condition
        assert [r["id"] for r in (await client.post(".search", json=search)).json()["Resources"]] == [ada["id"]]
    order = (await client.get("Users", params={"sortBy": f"{BADGE_URN}:berth"})).json()
    assert [r["id"] for r in order["Resources"]] == [ben["id"], ada["id"]]
    chosen = (await client.get("Users", params={"attributes": f"{BADGE_URN}:berth"})).json()
    assert {tuple(r[BADGE_URN].items()) for r in chosen["Resources"]} == {(("berth", 7),), (("berth", 3),)}
    refused(
        await client.patch(
            f"Users/{ben['id']}", json=patch_of({"op": "add", "path": f"{BADGE_URN}:berth", "value": "x"})
        ),
        400,
        "invalidValue",
        f"{BADGE_URN}:berth",
    )


@pytest.mark.parametrize("profile", ["default", "entra", "okta", "strict"])
async def test_both_dialects_of_patch_change_an_extension_with_every_profile(
    site: Site, client: httpx.AsyncClient, profile: str
) -> None:
    await site.app.schemas.set(site.slug, badges())
    await site.app.workspaces.set(site.slug, {"profile": profile})
    ada = await create(client)
    address, tag = f"Users/{ada['id']}", ada["meta"]["version"]
    steps: list[tuple[dict[str, Any], dict[str, Any]]] = [
        ({"op": "add", "path": f"{BADGE_URN}:badgeColour", "value": "red"}, {"badgeColour": "red"}),
        ({"op": "replace", "value": {BADGE_URN: {"berth": 4}}}, {"badgeColour": "red", "berth": 4}),
        ({"op": "remove", "path": f"{BADGE_URN}:badgeColour"}, {"berth": 4}),
    ]
    if profile in ("default", "entra"):  # beyond the RFC
        steps.append(({"op": "Replace", "value": {f"{BADGE_URN}:berth": 5}}, {"berth": 5}))
        steps.append(({"op": "Add", "path": f"{BADGE_URN}:berth", "value": 6}, {"berth": 6}))
    for operation, expected in steps:
        answer = await client.patch(address, json=patch_of(operation), headers={"If-Match": tag})
        assert answer.status_code == 200, answer.text
        assert answer.json()[BADGE_URN] == expected, operation
        assert answer.headers["ETag"] != tag
        tag = answer.headers["ETag"]
    assert (await client.get(address, headers={"If-None-Match": tag})).status_code == 304
    refused(await client.patch(address, json=patch_of({"op": "add", "path": f"{BADGE_URN}:none", "value": 1})), 400, "invalidPath")  # fmt: skip
    put = {"schemas": [USER, BADGE_URN], "userName": "ada@larkfield.example", BADGE_URN: {"badgeColour": "green"}}
    assert (await client.put(address, json=put)).json()[BADGE_URN] == {"badgeColour": "green"}


async def test_equal_names_of_two_workspaces_mean_two_things(
    site: Site, client: httpx.AsyncClient, other: tuple[str, httpx.AsyncClient]
) -> None:
    slug, elsewhere = other
    await site.app.schemas.set(site.slug, tool())
    await site.app.schemas.set(slug, tool(OTHER_URN, label=simple("integer", keyed=True), place=text()))
    hammer = await made(client, "Tools", {"label": "Hammer", "weight": 3})
    saw = await made(elsewhere, "Tools", {"label": 12, "place": "shed"})
    assert (hammer["schemas"], saw["schemas"]) == ([TOOL_URN], [OTHER_URN])
    for _ in range(2):  # whoever asked last, each finds by its own rules
        assert await found(client, "Tools", 'label eq "HAMMER"') == [hammer["id"]]
        assert await found(elsewhere, "Tools", "label eq 12") == [saw["id"]]
        assert await found(elsewhere, "Tools", 'place co "HE"') == [saw["id"]]
        assert await found(client, "Tools", "weight gt 2") == [hammer["id"]]
        refused(await client.get("Tools", params={"filter": 'place eq "shed"'}), 400, "invalidFilter")
    twin = await made(elsewhere, "Tools", {"label": 12})
    assert await listed(elsewhere, "Tools") == [saw["id"], twin["id"]]
    assert await listed(client, "Tools") == [hammer["id"]]
    refused(await elsewhere.get(f"Tools/{hammer['id']}"), 404, None)
    sorted_ = await elsewhere.get("Tools", params={"sortBy": "place", "sortOrder": "descending"})
    assert [r["id"] for r in sorted_.json()["Resources"]] == [twin["id"], saw["id"]]
    bulk = {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
        "Operations": [
            {"method": "POST", "path": "/Tools", "bulkId": "a", "data": {"label": "Pliers"}},
            {"method": "DELETE", "path": f"/Tools/{hammer['id']}"},
        ],
    }
    assert [o["status"] for o in (await client.post("Bulk", json=bulk)).json()["Operations"]] == ["201", "204"]
    assert [o["status"] for o in (await elsewhere.post("Bulk", json=bulk)).json()["Operations"]] == ["400", "404"]
    everything = [r["id"] for r in (await elsewhere.get("")).json()["Resources"]]
    assert everything == [saw["id"], twin["id"]]


async def test_the_log_names_attributes_of_the_workspace_and_no_values(site: Site, client: httpx.AsyncClient) -> None:
    await site.app.schemas.set(site.slug, [badges(), *tool()])
    ada = await create(client)
    await client.get("Users", params={"filter": f'{BADGE_URN}:badgeColour eq "amber"'})
    await client.patch(f"Users/{ada['id']}", json=patch_of({"op": "add", "path": f"{BADGE_URN}:berth", "value": 3}))
    await client.get("Tools")
    await client.get("Gadgets")
    await asyncio.sleep(0)
    record = await site.app.workspaces.show(site.slug)
    await site.app.requests.flush()
    told = [entry async for entry in LogReader(site.app.requests.store, record.id).past()]
    assert any(f'{BADGE_URN}:badgeColour eq "…"' in entry["path"] for entry in told)
    assert [entry["attributes"] for entry in told if entry["operation"] == "patch"] == [[f"{BADGE_URN}:berth"]]
    assert [entry.get("resource_type") for entry in told][-3:] == ["User", "Tool", None]
    assert [entry["operation"] for entry in told][-2:] == ["list", "other"]
    assert "amber" not in repr(told)


async def test_another_process_sees_a_change_within_five_seconds(
    site: Site, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = Application(site.app.settings, site.app.database)
    before = await elsewhere.workspaces.resolve(site.slug)
    assert before is not None and before.catalogue.resource_type("User").extension(BADGE_URN) is None
    await site.app.schemas.set(site.slug, badges())
    now = time.monotonic()
    monkeypatch.setattr(workspaces.time, "monotonic", lambda: now + 5.0)
    after = await elsewhere.workspaces.resolve(site.slug)
    assert after is not None and after.catalogue.resource_type("User").extension(BADGE_URN) is not None


async def test_workspaces_without_schemas_of_their_own_share_a_catalogue(
    site: Site, other: tuple[str, httpx.AsyncClient]
) -> None:
    one, two = await site.app.workspaces.active(site.slug), await site.app.workspaces.active(other[0])
    assert one.catalogue is two.catalogue
    await site.app.schemas.set(site.slug, badges())
    assert (await site.app.workspaces.active(site.slug)).catalogue is not two.catalogue


# -- taking out and changing -------------------------------------------------------------------------------------------


async def test_what_is_in_use_is_not_taken_out_unless_forced_and_comes_back_whole(
    site: Site, client: httpx.AsyncClient
) -> None:
    await site.app.schemas.set(site.slug, badges())
    ada = await create(client, **{BADGE_URN: {"badgeColour": "amber", "badgeNumber": "B-1"}})
    with pytest.raises(SchemaInUse, match="1 resource of type User has a value of it"):
        await site.app.schemas.remove(site.slug, BADGE_URN)
    plan = await site.app.schemas.remove(site.slug, BADGE_URN, force=True)
    assert plan.removed == [BADGE_URN] and "1 resource" in plan.warnings[0]
    assert BADGE_URN not in (await client.get(f"Users/{ada['id']}")).json()
    patched = await client.patch(f"Users/{ada['id']}", json=patch_of({"op": "add", "path": "title", "value": "Pilot"}))
    assert BADGE_URN not in patched.json()
    # A number that is stored unseen is nobody's.
    back = await site.app.schemas.set(site.slug, badges())
    assert [p.rpartition(":")[2] for p in back.unready] == ["badgeColour", "badgeNumber"]
    assert (await client.get(f"Users/{ada['id']}")).json()[BADGE_URN]["badgeColour"] == "amber"
    assert await found(client, "Users", f'{BADGE_URN}:badgeColour eq "amber"') == [ada["id"]]
    assert (await site.app.workspaces.show(site.slug)).unready == ()


async def test_what_nobody_uses_is_taken_out_and_only_comes_back_as_it_was(
    site: Site, client: httpx.AsyncClient
) -> None:
    await site.app.schemas.set(site.slug, badges())
    await site.app.schemas.remove(site.slug, BADGE_URN.upper())
    assert BADGE_URN not in await listed(client, "Schemas")
    with pytest.raises(SchemaProblem, match=r"`urn:.*:User:berth`: was published as integer .* such as `berth2`"):
        await site.app.schemas.set(site.slug, badges(berth=text()))
    await site.app.schemas.set(site.slug, badges(berth2=text()))
    with pytest.raises(NoSuchSchema, match="no schema or resource type `urn:x` of its own"):
        await site.app.schemas.remove(site.slug, "urn:x")


async def test_a_resource_type_with_resources_is_not_taken_out_unless_forced(
    site: Site, client: httpx.AsyncClient
) -> None:
    await site.app.schemas.set(site.slug, tool())
    hammer = await made(client, "Tools", {"label": "Hammer"})
    with pytest.raises(SchemaProblem, match="there is no schema urn:larkfield"):
        await site.app.schemas.remove(site.slug, TOOL_URN)
    with pytest.raises(SchemaInUse, match="there is 1 resource of this type"):
        await site.app.schemas.remove(site.slug, "Tool")
    await site.app.schemas.remove(site.slug, "Tool", force=True)
    assert (await client.get(f"Tools/{hammer['id']}")).status_code == 404
    await site.app.schemas.set(site.slug, tool()[0])
    assert (await client.get(f"Tools/{hammer['id']}")).json() == hammer
    assert await found(client, "Tools", 'label eq "hammer"') == [hammer["id"]]


async def test_a_mapping_that_names_an_attribute_keeps_it(site: Site, client: httpx.AsyncClient) -> None:
    await site.app.schemas.set(site.slug, badges())
    workspace = await site.app.workspaces.show(site.slug)
    settings = {"note": f"[{BADGE_URN}:badgeColour]"}
    named = [{"name": plugin["name"], "settings": settings} for plugin in workspace.plugins[:1]]
    planner = site.app.schemas.planner
    with pytest.raises(SchemaInUse, match=rf"`{BADGE_URN}`: the settings of the plugin `{named[0]['name']}` name it"):
        await planner.plan(workspace, [], plugins=named)
    less = badges()
    del less["properties"]["badgeColour"]
    with pytest.raises(SchemaInUse, match="badgeColour`: the settings"):
        await planner.plan(workspace, [less], plugins=named)
    less = badges()
    del less["properties"]["berth"]
    plan = await planner.plan(workspace, [less])
    assert any("berth` is gone: Entra's mapping list keeps it" in warning for warning in plan.warnings)


async def test_a_rule_that_stored_resources_break_is_refused_unless_forced(
    site: Site, client: httpx.AsyncClient
) -> None:
    await site.app.schemas.set(site.slug, schema(code=text(), place=text()))
    ada = await create(client, **{BADGE_URN: {"code": "X1"}})
    stricter = schema(code=text(), place=text(), required=("place",))
    with pytest.raises(SchemaInUse, match=rf"1 stored resource \({ada['id']}\) would be refused .*place` is required"):
        await site.app.schemas.set(site.slug, stricter)
    shorter = schema(code={**text(), "maxLength": 1}, place=text())
    with pytest.raises(SchemaInUse, match="code`"):
        await site.app.schemas.set(site.slug, shorter)
    await site.app.schemas.set(site.slug, schema(code={**text(), "maxLength": 2}, place=text()))
    plan = await site.app.schemas.set(site.slug, stricter, force=True)
    assert "would be refused at the next change" in plan.warnings[0]


async def test_a_dry_run_changes_nothing(site: Site, client: httpx.AsyncClient) -> None:
    before = await site.app.workspaces.show(site.slug)
    plan = await site.app.schemas.set(site.slug, badges(), dry_run=True)
    assert plan.added == [BADGE_URN]
    assert await site.app.workspaces.show(site.slug) == before
    assert await site.app.schemas.list(site.slug) == []


async def test_two_at_once_do_not_lose_one(site: Site) -> None:
    answers = await asyncio.gather(
        *(site.app.schemas.set(site.slug, schema(f"urn:larkfield:{n}:User", code=text())) for n in range(3)),
        return_exceptions=True,
    )
    kept = await site.app.schemas.list(site.slug)
    assert len(kept) == sum(not isinstance(answer, BaseException) for answer in answers) >= 1


def deep(levels: int) -> dict[str, Any]:
    node: dict[str, Any] = text()
    for _ in range(levels):
        node = {**simple("object"), "properties": {"a": node}}
    return schema(a=node)


HOSTILE: dict[str, tuple[Any, str]] = {
    "10,000 attributes": (schema(**{f"a{n}": simple("integer") for n in range(10_000)}), "bytes as JSON|500"),
    "501 attributes": (schema(**{f"a{n}": {"type": "integer"} for n in range(501)}), "501 attributes"),
    "core schema": (schema(USER, code=text()), "is taken by the server itself"),
    "core schema in capitals": (schema(USER.upper().replace("URN", "urn"), code=text()), "is taken by the server"),
    "a message": (schema(PATCH_OP, code=text()), "begins the names of messages"),
    "an attribute of a core schema": (schema(f"{USER}:userName", code=text()), "is the path of an attribute of"),
    "users": ({"name": "Person", "endpoint": "/Users", "schema": USER}, "`endpoint`: /Users is taken"),
    "bulk": ({"name": "Person", "endpoint": "/bulk", "schema": USER}, "`endpoint`: /bulk is taken"),
    "up": ({"name": "Person", "endpoint": "/..", "schema": USER}, "`endpoint`: /.. must be a slash"),
    "two parts": ({"name": "Person", "endpoint": "/a/b", "schema": USER}, "must be a slash and a letter"),
    "letters of the world": ({"name": "Person", "endpoint": "/Größen", "schema": USER}, "must be a slash and a letter"),
    "group": ({"name": "group", "endpoint": "/Gs", "schema": USER}, "is a shipped resource type"),
    "unicode name": (schema(größe=text()), "must have the form"),
    "unicode urn": (schema("urn:größe:User", code=text()), "must have the form"),
    "NaN": (schema(code={**text(), "maxLength": float("nan")}), "cannot be written as JSON"),
    "NaN in what is left out": ({"name": "X", "endpoint": "/X", "schema": USER, "scim": float("nan")}, "JSON"),
    "endless length": (schema(code={**text(), "maxLength": 10**400}), "maxLength"),
    "half a character": (schema(code={**text(), "description": "\ud800"}), "cannot be written as JSON in UTF-8"),
    "deep": (deep(500), "nested more than 12 deep"),
    "two levels": (deep(2), "cannot be complex itself"),
    "no name": ({"title": "x"}, "A document without a name"),
    "name of another kind": (schema(["urn:x:y"], code=text()), "`\\$id`"),  # type: ignore[arg-type]
    "extends nobody": ({**schema(code=text()), "scim": {"extends": ["Badge"]}}, "there is no resource type Badge"),
    "extends nothing": ({**schema(code=text()), "scim": {"extends": []}}, "extends`: must not be empty"),
    "dollar": (schema(**{"$where": text()}), "only the sub-attribute `\\$ref`"),
    "id": (schema(id=text()), "every resource has it already"),
    "pattern": (schema(code={**text(), "pattern": "(a+)+$"}), "is not known here"),
    "too many": ([schema(f"urn:x:{n}", code=text()) for n in range(51)], "51 schemas and resource types"),
    "twice": ([schema(code=text()), schema(code=text())], "is given twice"),
    "too large": (schema(code={**text(), "description": "x" * 300_000}), "bytes as JSON in all"),
}


@pytest.mark.parametrize("name", HOSTILE)
async def test_a_hostile_document_is_refused_with_its_rule(site: Site, name: str) -> None:
    documents, message = HOSTILE[name]
    with pytest.raises(SchemaProblem, match=message):
        await site.app.schemas.set(site.slug, documents)
    assert await site.app.schemas.list(site.slug) == []


async def test_extensions_of_groups_and_of_types_of_its_own(site: Site, client: httpx.AsyncClient) -> None:
    extension = {**schema(code=text(keyed=True)), "scim": {"extends": ["Group", "Tool"]}}
    await site.app.schemas.set(site.slug, [extension, *tool()])
    crew = await made(client, "Groups", {"displayName": "Crew", BADGE_URN: {"code": "X"}})
    saw = await made(client, "Tools", {"label": "Saw", BADGE_URN: {"code": "x"}})
    assert await found(client, "Groups", f'{BADGE_URN}:code eq "x"') == [crew["id"]]
    assert await found(client, "Tools", f'{BADGE_URN}:code eq "X"') == [saw["id"]]
    assert BADGE_URN not in await create(client, **{BADGE_URN: {"code": "X"}})
    with pytest.raises(SchemaInUse, match="1 resource of type Group has a value of it"):
        await site.app.schemas.set(site.slug, {**schema(code=text(keyed=True)), "scim": {"extends": ["Tool"]}})


async def test_many_workspaces_do_not_fill_the_memory(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogues, "MAX_KEPT", 3)
    kept = site.app.catalogues
    workspace = await site.app.workspaces.show(site.slug)
    for number in range(6):
        one = dataclasses.replace(workspace, schemas=(json.dumps(schema(f"urn:x:{number}", code=text())),))
        made_now = await kept.vocabulary(one, frozenset())
        assert await kept.vocabulary(one, frozenset()) is made_now
    assert len(kept._kept) == 3
