"""Expressions through the admin API."""

from typing import Any

import httpx
import pytest

from ..conftest import USER, Site
from .conftest import problem

JOIN = 'Join(", ", [surname], [givenName])'
ADA = {"name": {"familyName": "Lovelace", "givenName": "Ada"}}


async def create_user(client: httpx.AsyncClient, **attributes: Any) -> dict[str, Any]:
    body = {"schemas": [USER], "userName": "ada@larkfield.example", **attributes}
    return dict((await client.post("Users", json=body)).json())


async def test_an_expression_is_tried_for_a_given_resource(admin: httpx.AsyncClient) -> None:
    found = (await admin.post("expressions/evaluate", json={"text": JOIN, "resource": ADA})).json()
    assert (found["value"], found["problem"]) == ("Lovelace, Ada", None)
    assert found["reads"][0] == {"name": "surname", "stands_for": ["name.familyName"], "value": "Lovelace"}
    assert (await admin.post("expressions/evaluate", json={"text": JOIN})).status_code == 200


async def test_a_wrong_expression_is_an_answer_with_the_place(admin: httpx.AsyncClient) -> None:
    answer = await admin.post("expressions/evaluate", json={"text": 'Join(", " [surname])'})
    assert answer.status_code == 200
    found = answer.json()["problem"]
    assert found["message"] and found["position"] == 10 and found["excerpt"][found["column"] :].startswith("[surname]")


@pytest.mark.parametrize(
    ("body", "status", "kind"),
    [
        ({}, 422, "not-valid"),
        ({"text": 7}, 422, "not-valid"),
        ({"text": "1", "type": "colour"}, 422, "not-valid"),
        ({"text": "1", "resource": []}, 422, "not-valid"),
        ({"text": "1", "resource_id": "u_1"}, 422, "not-valid"),
        ({"text": "1", "resource_type": "Usr"}, 422, "refused"),
    ],
)
async def test_a_question_of_another_form_is_refused(
    admin: httpx.AsyncClient, body: dict[str, Any], status: int, kind: str
) -> None:
    problem(await admin.post("expressions/evaluate", json=body), status, kind)


async def test_an_expression_is_tried_for_a_stored_user_of_its_own_workspace(
    admin: httpx.AsyncClient, site: Site, client: httpx.AsyncClient
) -> None:
    user = await create_user(client, **ADA)
    path = f"workspaces/{site.slug}/expressions/evaluate"
    answer = await admin.post(path, json={"text": JOIN, "resource_id": user["id"]})
    assert answer.json()["value"] == "Lovelace, Ada"
    problem(await admin.post(path, json={"text": JOIN, "resource_id": "u_nobody"}), 422, "refused")
    other = f"{site.slug}-other"
    await admin.post("workspaces", json={"name": other})
    foreign = await admin.post(
        f"workspaces/{other}/expressions/evaluate", json={"text": JOIN, "resource_id": user["id"]}
    )
    problem(foreign, 422, "refused")


async def test_a_mapping_is_looked_over(admin: httpx.AsyncClient, site: Site, client: httpx.AsyncClient) -> None:
    path = f"workspaces/{site.slug}"
    without = await admin.get(f"{path}/expressions/lint")
    assert "does not list the plugin `expressions`" in str(problem(without, 422, "refused")["detail"])
    settings = {"fields": {"User": {"sorted_name": {"expression": JOIN}}}}
    changed = await admin.patch(path, json={"plugins": [{"name": "expressions", "settings": settings}]})
    assert changed.status_code == 200, changed.text
    await create_user(client, **ADA, nickName="Countess")
    remarks = (await admin.get(f"{path}/expressions/lint")).json()["remarks"]
    assert any(remark["kind"] == "unused" and "nickName" in remark["place"] for remark in remarks)
    problem(await admin.get(f"{path}/expressions/lint", params={"sample": "0"}), 422, "not-valid")


async def test_settings_that_the_plugin_refuses_change_nothing_and_say_where(
    admin: httpx.AsyncClient, site: Site
) -> None:
    settings = {"fields": {"User": {"sorted_name": {"expression": "Join("}}}}
    answer = await admin.patch(
        f"workspaces/{site.slug}", json={"plugins": [{"name": "expressions", "settings": settings}]}
    )
    assert "sorted_name" in str(problem(answer, 422, "refused")["detail"])


async def test_warnings_of_a_plugin_are_passed_on_by_api_and_command_line(admin: httpx.AsyncClient, site: Site) -> None:
    settings = {"fields": {"User": {"odd": {"attribute": "nickNam"}}}}
    answer = await admin.patch(
        f"workspaces/{site.slug}", json={"plugins": [{"name": "expressions", "settings": settings}]}
    )
    (warning,) = answer.json()["warnings"]
    assert "nickNam" in warning
    done = await site.app.workspaces.set(site.slug, {"limits.concurrency": "3"})
    assert list(done.warnings) == [warning]


async def test_the_functions_are_listed(admin: httpx.AsyncClient) -> None:
    functions = {f["name"]: f for f in (await admin.get("expressions/functions")).json()["functions"]}
    assert functions["Join"]["examples"] and functions["Join"]["arguments"]
