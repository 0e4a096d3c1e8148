"""App roles in each of the three expressions that Entra has for them (idp-clients §4, row 23)."""

import json

import pytest

from .cases import INES, Desk, legacy, patch, post

pytestmark = pytest.mark.asyncio(loop_scope="module")

NAME = "ines@larkfield.example"


def packed(value: str, name: str) -> str:
    return json.dumps({"id": f"0a1b2c3d-{value}", "value": value, "displayName": name})


async def test_single_app_role_assignment(entra: Desk) -> None:
    sent = [{"primary": True, "type": "WindowsAzureActiveDirectoryRole", "value": "Admin"}]
    await entra.create(post("Users", userName=NAME, roles=sent))
    assert (await entra.read("Users"))["roles"] == sent
    plain = patch("Users", legacy(path='roles[primary eq "True"].value', value="Reader"))
    assert (await entra.outcome(plain, await entra.send(plain)))["roles"] == [{**sent[0], "value": "Reader"}]
    json_text = patch("Users", legacy(path='roles[primary eq "True"].value', value=packed("editor", "Editor")))
    assert (await entra.outcome(json_text, await entra.send(json_text)))["roles"] == [
        {**sent[0], "value": "editor", "display": "Editor"}
    ]


async def test_single_app_role_assignment_of_who_has_none(entra: Desk) -> None:
    await entra.create(INES)
    call = patch("Users", {"op": "Add", "path": 'roles[primary eq "True"].value', "value": packed("editor", "Editor")})
    assert (await entra.outcome(call, await entra.send(call)))["roles"] == [
        {"primary": True, "value": "editor", "display": "Editor"}
    ]


async def test_app_role_assignments_complex_adds_up(entra: Desk) -> None:
    sent = [{"primary": False, "value": "owner", "displayName": "Owner", "type": "App"}]
    owner = {"primary": False, "value": "owner", "display": "Owner", "type": "App"}
    await entra.create(post("Users", userName=NAME, roles=sent))
    assert (await entra.read("Users"))["roles"] == [owner]
    added = [{"value": packed("editor", "Editor")}, {"value": packed("viewer", "Viewer")}]
    roles = [owner, {"value": "editor", "display": "Editor"}, {"value": "viewer", "display": "Viewer"}]
    for _ in range(2):
        call = patch("Users", {"op": "Add", "path": "roles", "value": added})
        assert (await entra.outcome(call, await entra.send(call)))["roles"] == roles
    again = patch("Users", {"op": "Add", "path": "roles", "value": [{"value": packed("owner", "Owner")}]})
    assert (await entra.outcome(again, await entra.send(again)))["roles"] == roles


async def test_assertive_app_role_assignments_complex_takes_away(entra: Desk) -> None:
    sent = [{"value": "owner", "display": "Owner"}, {"value": "editor", "display": "Editor"}]
    await entra.create(post("Users", userName=NAME, roles=sent))
    call = patch("Users", legacy(path="roles", value=[{"value": packed("editor", "Editor")}]))
    assert (await entra.outcome(call, await entra.send(call)))["roles"] == sent[1:]
    plain = patch("Users", {"op": "replace", "value": {"roles": sent[:1]}})
    assert (await entra.outcome(plain, await entra.send(plain)))["roles"] == sent[:1]
