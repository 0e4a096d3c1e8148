"""Schemas of a workspace through the admin API."""

import httpx
import pytest

from scimserver.service.schemas import service as schemas

from ...badges import BADGE_URN, TOOL_URN, badges, schema, text, tool
from ..conftest import Site, create
from .conftest import problem


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is one process: nobody else has to hear of a change before keys are made."""
    monkeypatch.setattr(schemas, "SETTLE_SECONDS", 0)


async def test_schemas_are_added_listed_shown_and_taken_out(
    admin: httpx.AsyncClient, site: Site, client: httpx.AsyncClient
) -> None:
    address = f"workspaces/{site.slug}/schemas"
    assert (await admin.get(address)).json() == {"schemas": []}
    tried = await admin.post(address, json={"documents": [badges()]}, params={"dry_run": "true"})
    assert (tried.status_code, tried.json()["added"], tried.json()["dry_run"]) == (200, [BADGE_URN], True)
    made = await admin.post(address, json={"documents": [badges(), *tool()]})
    assert made.json()["added"] == [BADGE_URN, "Tool", TOOL_URN]
    assert (await client.get(f"Schemas/{BADGE_URN}")).status_code == 200
    listed = (await admin.get(address)).json()["schemas"]
    assert [(one["name"], one["kind"], one.get("of"), one.get("endpoint")) for one in listed] == [
        (BADGE_URN, "schema", ["User"], None),
        ("Tool", "resource type", None, "/Tools"),
        (TOOL_URN, "schema", ["Tool"], None),
    ]
    assert (await admin.get(f"{address}/{BADGE_URN}")).json() == badges()
    assert (await admin.get(f"{address}/tool")).json() == tool()[0]
    assert (await admin.get(f"workspaces/{site.slug}")).json()["schemas"] == [BADGE_URN, "Tool", TOOL_URN]
    again = await admin.post(address, json={"documents": [badges()]})
    assert [again.json()[name] for name in ("added", "changed", "removed")] == [[], [], []]
    removed = await admin.delete(f"{address}/{BADGE_URN}")
    assert removed.json()["removed"] == [BADGE_URN]
    problem(await admin.get(f"{address}/{BADGE_URN}"), 404, "no-such-schema")
    problem(await admin.delete(f"{address}/{BADGE_URN}"), 404, "no-such-schema")
    problem(await admin.get("workspaces/nobody/schemas"), 404, "no-such-workspace")


async def test_what_is_in_use_is_a_conflict_that_names_it(
    admin: httpx.AsyncClient, site: Site, client: httpx.AsyncClient
) -> None:
    address = f"workspaces/{site.slug}/schemas"
    await admin.post(address, json={"documents": [badges()]})
    await create(client, **{BADGE_URN: {"berth": 1}})
    refused = problem(await admin.delete(f"{address}/{BADGE_URN}"), 409, "schema-in-use")
    (fault,) = refused["errors"]  # type: ignore[misc]
    assert fault["place"] == BADGE_URN and "1 resource of type User" in fault["text"]
    forced = await admin.delete(f"{address}/{BADGE_URN}", params={"force": "true"})
    assert forced.status_code == 200 and "1 resource" in forced.json()["warnings"][0]
    wrong = await admin.post(address, json={"documents": [badges(berth=text())]})
    assert "publish a new name, such as `berth2`" in str(problem(wrong, 422, "refused")["detail"])


async def test_documents_that_break_a_rule_are_refused(admin: httpx.AsyncClient, site: Site) -> None:
    address = f"workspaces/{site.slug}/schemas"
    for document in ({}, {"$id": 3}, {"endpoint": []}, schema(id=text()), {"$id": "urn:x:y", "properties": [1]}):
        problem(await admin.post(address, json={"documents": [document]}), 422, "refused")
    problem(await admin.post(address, json={"documents": []}), 422, "not-valid")
    problem(await admin.post(address, json={"documents": [1]}), 422, "not-valid")
    problem(await admin.post(address, json=badges()), 422, "not-valid")


async def test_the_attribute_list_of_entra(admin: httpx.AsyncClient, site: Site) -> None:
    await admin.post(f"workspaces/{site.slug}/schemas", json={"documents": [badges()]})
    told = (await admin.get(f"workspaces/{site.slug}/targets")).json()
    listed = {target["attribute"]: target for target in told["targets"]["User"]}
    assert listed[f"{BADGE_URN}:badgeColour"] == {
        "attribute": f"{BADGE_URN}:badgeColour",
        "type": "String",
        "filterable": True,
        "required": False,
        "multi_valued": False,
        "exact_case": False,
        "custom": True,
    }
    assert listed['emails[type eq "work"].value']["filterable"]
    assert told["targets"]["Group"][0]["attribute"] == "displayName"
    assert any("keys`: is multi-valued" in warning for warning in told["warnings"])
