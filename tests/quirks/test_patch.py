"""PATCH of users as clients send it and as the RFC has it: the rows that need no toleration."""

import pytest

from .cases import CORE, CREW, ENTERPRISE, INES, PATCH_OP, Call, Desk, add, merge, patch, post, refusal, remove, replace

pytestmark = pytest.mark.asyncio(loop_scope="module")

NAME = "ines@larkfield.example"
WORK, HOME = {"type": "work", "value": NAME}, {"type": "home", "value": "ines@home.example"}


async def test_row_6_a_selected_value_is_replaced_and_the_others_stay(either: Desk) -> None:
    other = {"type": "other", "value": "i@other.example", "primary": True}
    await either.create(post("Users", userName=NAME, emails=[WORK, HOME, other]))
    call = patch("Users", replace('emails[type eq "work"].value', "reid@larkfield.example"))
    assert (await either.outcome(call, await either.send(call)))["emails"] == [
        {**WORK, "value": "reid@larkfield.example"},
        HOME,
        other,
    ]


async def test_row_5_several_adds_to_one_absent_element_make_one_element(either: Desk) -> None:
    await either.create(INES)
    work = 'addresses[type eq "work"]'
    parts = {"locality": "Leith", "postalCode": "EH6 6QQ", "country": "GB", "formatted": "Leith EH6 6QQ"}
    call = patch("Users", *(add(f"{work}.{name}", value) for name, value in parts.items()))
    assert (await either.outcome(call, await either.send(call)))["addresses"] == [{"type": "work", **parts}]


@pytest.mark.parametrize(
    ("values", "after"),
    [
        ({"displayName": "Harbour Works"}, {"displayName": "Harbour Works"}),
        ({"externalId": "6f7b5c1e"}, {"displayName": "Crew", "externalId": "6f7b5c1e"}),
    ],
)
async def test_row_9_a_group_is_renamed_and_linked_without_a_path(either: Desk, values: dict, after: dict) -> None:
    await either.create(CREW)
    call = patch("Groups", merge(**values))
    assert await either.outcome(call, await either.send(call)) == {**after, "members": []}


@pytest.mark.parametrize("name", ["Operations", "operations", "OPERATIONS"])
async def test_row_29_operations_are_found_in_any_letter_case(either: Desk, name: str) -> None:
    await either.create(INES)
    call = Call("PATCH", "Users/{id}", {"schemas": [PATCH_OP], name: [replace("title", "Pilot")]})
    assert await either.outcome(call, await either.send(call)) == {"userName": NAME, "title": "Pilot"}


async def test_row_29_a_message_without_operations_is_refused(either: Desk) -> None:
    await either.create(INES)
    answer = await either.send(Call("PATCH", "Users/{id}", {"schemas": [PATCH_OP]}))
    assert refusal(answer) == (400, "invalidSyntax")
    assert "`Operations`: missing" in answer.json()["detail"]


async def test_row_57_a_user_is_disabled_without_a_path(either: Desk) -> None:
    await either.create(post("Users", userName=NAME, active=True))
    call = patch("Users", merge(active=False))
    assert await either.outcome(call, await either.send(call)) == {"userName": NAME, "active": False}


async def test_row_58_the_own_id_may_come_with_every_rename(tolerant: Desk) -> None:
    made = await tolerant.create(post("Groups", displayName="Crew", members=[{"value": "{theo}"}]))
    call = patch("Groups", merge(id="{id}", displayName="Hands"), add("members", [{"value": "{mia}"}]))
    after = await tolerant.outcome(call, await tolerant.send(call))
    assert after["displayName"] == "Hands" and [m["value"] for m in after["members"]] == ["{mia}", "{theo}"]
    assert (await tolerant.client.get(f"Groups/{made['id']}")).json()["id"] == made["id"]


async def test_row_58_another_id_is_refused_and_nothing_is_changed(either: Desk) -> None:
    made = await either.create(CREW)
    answer = await either.send(patch("Groups", merge(id="g_other", displayName="Hands")))
    assert refusal(answer) == (400, "mutability")
    assert "`id` is read-only" in answer.json()["detail"]
    assert (await either.client.get(f"Groups/{made['id']}")).json() == made


async def test_row_65_a_remove_with_a_value_deletes_what_its_path_names(either: Desk) -> None:
    await either.create(post("Users", userName=NAME, title="Pilot", emails=[WORK, HOME]))
    operations = remove('emails[type eq "work"]', value=NAME), remove("title", value="Pilot")
    call = patch("Users", *operations)
    assert await either.outcome(call, await either.send(call)) == {"userName": NAME, "emails": [HOME]}


@pytest.mark.parametrize("operation", [remove("userName"), replace("userName", None), merge(userName=None)])
async def test_row_66_what_is_required_cannot_be_removed_and_nothing_else_is_changed(
    either: Desk, operation: dict
) -> None:
    made = await either.create(post("Users", userName=NAME, title="Mate"))
    answer = await either.send(patch("Users", replace("title", "Pilot"), operation))
    assert refusal(answer) == (400, "mutability")
    assert "`userName` is required and cannot be removed: send a new value instead" in answer.json()["detail"]
    assert (await either.client.get(f"Users/{made['id']}")).json() == made


async def test_row_66_a_group_keeps_its_name(either: Desk) -> None:
    await either.create(CREW)
    answer = await either.send(patch("Groups", remove("displayName")))
    assert refusal(answer) == (400, "mutability")
    assert "`displayName`" in answer.json()["detail"]
    assert await either.read("Groups") == {"displayName": "Crew", "members": []}


async def test_a_path_has_no_letter_case_and_may_have_the_urn_of_the_core(either: Desk) -> None:
    await either.create(INES)
    call = patch("Users", replace("DisplayName", "Ines"), replace(f"{CORE}:title", "Pilot"))
    assert await either.outcome(call, await either.send(call)) == {
        "userName": NAME,
        "displayName": "Ines",
        "title": "Pilot",
    }


async def test_an_unknown_attribute_in_a_path_is_refused_and_nothing_else_is_changed(either: Desk) -> None:
    made = await either.create(INES)
    answer = await either.send(patch("Users", replace("title", "Pilot"), replace("shoeSize", "41")))
    assert refusal(answer) == (400, "invalidPath")
    assert '"shoeSize" is unknown' in answer.json()["detail"]
    assert (await either.client.get(f"Users/{made['id']}")).json() == made


@pytest.mark.parametrize(
    "operation",
    [
        {
            "op": "Add",
            "path": "manager",
            "value": [{"$ref": "https://scim.example.net/Users/{theo}", "value": "{theo}"}],
        },
        {"op": "Add", "path": f"{ENTERPRISE}:manager", "value": "{theo}"},
        {"op": "replace", "path": f"{ENTERPRISE}:manager", "value": {"value": "{theo}"}},
        {"op": "Replace", "path": f"{ENTERPRISE}:manager.value", "value": "{theo}"},
        {"op": "Replace", "path": f"{ENTERPRISE}.manager", "value": {"managerId": "{theo}"}},
        {"op": "add", "value": {f"{ENTERPRISE}:manager": "{theo}"}},
        {"op": "add", "value": {f"{ENTERPRISE}:manager.value": "{theo}"}},
    ],
    ids=lambda operation: str(operation)[:80],
)
async def test_rows_19_to_22_a_manager_in_every_shape_is_one_object_below_its_urn(
    tolerant: Desk, operation: dict
) -> None:
    """Several tolerations at once, as the clients have it; each alone is in ``corpus``."""
    await tolerant.create(INES)
    call = patch("Users", operation)
    managed = {"userName": NAME, ENTERPRISE: {"manager": {"value": "{theo}"}}}
    assert await tolerant.outcome(call, await tolerant.send(call)) == managed
    removed = patch("Users", {"op": "Remove", "path": f"{ENTERPRISE}:manager", "value": [{"value": "{theo}"}]})
    assert await tolerant.outcome(removed, await tolerant.send(removed)) == {"userName": NAME}
