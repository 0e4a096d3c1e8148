"""RFC 7644 §3.5.2: PATCH as a client sees it; the engine's own cases are in ``tests/unit/scim_patch``."""

from typing import Any

import httpx

from .exchanges import ENTERPRISE, PATCH_OP, address, body, found, group, patch, read, refusal, user

MAILS = [
    {"value": "ada@larkfield.example", "type": "work", "primary": True},
    {"value": "ada@home.example", "type": "home"},
]


def add(path: str, value: Any) -> dict[str, Any]:
    return {"op": "add", "path": path, "value": value}


def replace(path: str, value: Any) -> dict[str, Any]:
    return {"op": "replace", "path": path, "value": value}


def remove(path: str) -> dict[str, Any]:
    return {"op": "remove", "path": path}


async def test_operations_take_effect_in_order_and_the_answer_is_the_whole_resource(client: httpx.AsyncClient) -> None:
    made = await user(client, "ada@larkfield.example")
    answer = await patch(
        client, made, add("title", "Mate"), replace("title", "Pilot"), add("nickName", "A"), remove("nickName")
    )
    after = body(answer, 200)
    assert after["title"] == "Pilot" and "nickName" not in after
    assert after == await read(client, made)
    assert answer.headers["ETag"] == after["meta"]["version"]


async def test_an_answer_shows_what_is_asked_for(client: httpx.AsyncClient) -> None:
    made = await user(client, "ada@larkfield.example", title="Mate", emails=MAILS)
    crew = await group(client, "Crew", made)
    message = {"schemas": [PATCH_OP], "Operations": [replace("displayName", "Hands")]}
    asked = body(
        await client.patch(address(crew["meta"]["location"]), json=message, params={"attributes": "displayName"}), 200
    )
    assert asked.keys() == {"schemas", "id", "displayName"} and asked["displayName"] == "Hands"
    message["Operations"] = [replace("title", "Pilot")]
    where = address(made["meta"]["location"])
    assert body(await client.patch(where, json=message, params={"excludedAttributes": "emails"}), 200).keys() == {
        "schemas", "id", "userName", "title", "groups", "meta",
    }  # fmt: skip


async def test_a_patch_without_a_body_to_answer_is_204_with_the_version(client: httpx.AsyncClient) -> None:
    crew = await group(client, "Crew")
    answer = await patch(client, crew, replace("displayName", "Hands"))
    assert answer.status_code == 204 and not answer.content
    assert answer.headers["ETag"] == (await read(client, crew))["meta"]["version"] != crew["meta"]["version"]


async def test_one_operation_that_fails_undoes_all(client: httpx.AsyncClient) -> None:
    made = await user(client, "ada@larkfield.example", emails=MAILS)
    crew = await group(client, "Crew", made)
    before = await read(client, made)
    for bad, scim_type in (
        (remove("userName"), "mutability"), (replace("meta.created", "2031-01-01T00:00:00Z"), "mutability"),
        (add("nope", 1), "invalidPath"), (replace("active", "x"), "invalidValue"), ({"op": "remove"}, "noTarget"),
    ):  # fmt: skip
        refusal(await patch(client, made, replace("title", "Lost"), remove("emails"), bad), 400, scim_type)
        assert await read(client, made) == before
    refused = await patch(client, crew, remove("members"), replace("displayName", "Lost"), remove("displayName"))
    refusal(refused, 400, "mutability")
    assert await read(client, crew) == crew


MALFORMED: list[tuple[Any, str]] = [
    ({"schemas": [PATCH_OP]}, "invalidSyntax"),
    ({"schemas": [PATCH_OP], "Operations": {}}, "invalidSyntax"),
    ({"schemas": [PATCH_OP], "Operations": [{"path": "title", "value": "x"}]}, "invalidSyntax"),
    ({"schemas": [PATCH_OP], "Operations": [{"op": "move", "path": "title"}]}, "invalidSyntax"),
    ({"schemas": ["urn:example:Other"], "Operations": [replace("title", "x")]}, "invalidValue"),
    ({"schemas": [PATCH_OP], "Operations": [{"op": "remove"}]}, "noTarget"),
    ({"schemas": [PATCH_OP], "Operations": [{"op": "add", "path": "title"}]}, "invalidValue"),
    ({"schemas": [PATCH_OP], "Operations": [{"op": "replace", "value": "x"}]}, "invalidValue"),
]


async def test_a_message_of_another_form_is_refused(client: httpx.AsyncClient) -> None:
    made = await user(client, "ada@larkfield.example", title="Mate")
    for message, scim_type in MALFORMED:
        refusal(await client.patch(address(made["meta"]["location"]), json=message), 400, scim_type)
        assert await read(client, made) == made


async def test_add_appends_creates_and_replaces(client: httpx.AsyncClient) -> None:
    made = await user(client, "ada@larkfield.example", emails=MAILS[:1], name={"familyName": "Hull"})
    after = body(
        await patch(
            client, made, add("emails", [MAILS[1]]), add("name", {"givenName": "Ada"}), add("title", "Mate"), add("title", "Pilot")
        ), 200,
    )  # fmt: skip
    assert after["emails"] == MAILS and after["name"] == {"familyName": "Hull", "givenName": "Ada"}
    assert after["title"] == "Pilot"
    without = {
        "op": "add",
        "value": {"nickname": "Babs", "emails": [{"value": "third@larkfield.example", "type": "other"}]},
    }
    after = body(await patch(client, made, without), 200)
    assert after["nickName"] == "Babs" and len(after["emails"]) == 3


async def test_add_of_what_is_there_changes_neither_time_nor_version(client: httpx.AsyncClient) -> None:
    made = await user(client, "ada@larkfield.example", emails=MAILS, title="Pilot")
    crew = await group(client, "Crew", made)
    before = await read(client, made)
    assert body(await patch(client, made, add("title", "Pilot"), add("emails", [MAILS[1]])), 200) == before
    assert (await patch(client, crew, add("members", [{"value": made["id"]}]))).status_code == 204
    assert await read(client, crew) == crew


async def test_remove_leaves_the_attribute_unassigned(client: httpx.AsyncClient) -> None:
    made = await user(client, "ada@larkfield.example", emails=MAILS, title="Pilot", roles=[{"value": "r"}])
    after = body(await patch(client, made, remove("title"), remove('emails[type eq "home"]'), remove("roles")), 200)
    assert after["emails"] == MAILS[:1] and "title" not in after and "roles" not in after
    after = body(await patch(client, made, remove('emails[type eq "work" and value ew "example"]')), 200)
    assert "emails" not in after, "the last value takes the attribute along"
    assert await found(client, "not (emails pr) and not (title pr)") == [made["id"]]


async def test_what_is_required_or_read_only_cannot_be_removed(client: httpx.AsyncClient) -> None:
    made = await user(client, "ada@larkfield.example")
    for path in ("userName", "id", "meta", "groups"):
        assert path in refusal(await patch(client, made, remove(path)), 400, "mutability")
        assert await read(client, made) == made


async def test_replace_sets_adds_and_keeps_what_it_does_not_name(client: httpx.AsyncClient) -> None:
    home, work = {"type": "home", "locality": "Hull"}, {"type": "work", "locality": "Leith", "primary": True}
    made = await user(
        client, "ada@larkfield.example", addresses=[home, work], name={"givenName": "Ada", "familyName": "H"}
    )
    after = body(
        await patch(
            client, made, replace("name", {"familyName": "Hull"}), replace("title", "Pilot"),
            replace('addresses[type eq "home"].locality', "Grimsby"),
        ), 200,
    )  # fmt: skip
    assert after["name"] == {"givenName": "Ada", "familyName": "Hull"} and after["title"] == "Pilot"
    assert after["addresses"] == [{**home, "locality": "Grimsby"}, work]
    whole = {"type": "home", "locality": "Goole", "primary": True}
    after = body(await patch(client, made, replace('addresses[type eq "home"]', whole)), 200)
    assert next(a for a in after["addresses"] if a["type"] == "home") == whole
    assert not next(a for a in after["addresses"] if a["type"] == "work").get("primary"), "primary has moved"
    after = body(await patch(client, made, replace("addresses", [work])), 200)
    assert after["addresses"] == [work]


async def test_replace_of_values_that_a_filter_does_not_find_has_no_target(client: httpx.AsyncClient) -> None:
    made = await user(client, "ada@larkfield.example", emails=MAILS)
    told = refusal(
        await patch(client, made, replace('emails[type eq "work" and value sw "z"].value', "z")), 400, "noTarget"
    )
    assert "emails" in told
    assert await read(client, made) == made


async def test_an_extension_in_a_path_is_added_to_schemas(client: httpx.AsyncClient) -> None:
    made = await user(client, "ada@larkfield.example")
    assert made["schemas"] == made["schemas"][:1]
    after = body(await patch(client, made, add(f"{ENTERPRISE}:employeeNumber", "40017")), 200)
    assert ENTERPRISE in after["schemas"] and after[ENTERPRISE] == {"employeeNumber": "40017"}
    after = body(await patch(client, made, remove(f"{ENTERPRISE}:employeeNumber")), 200)
    assert ENTERPRISE not in after["schemas"] and ENTERPRISE not in after


async def test_members_come_and_go_and_an_unknown_one_changes_nothing(client: httpx.AsyncClient) -> None:
    ada, ben = await user(client, "ada@larkfield.example"), await user(client, "ben@larkfield.example")
    crew = await group(client, "Crew", ada)
    swap = [remove(f'members[value eq "{ada["id"]}"]'), add("members", [{"value": ben["id"]}])]
    assert (await patch(client, crew, *swap)).status_code == 204
    assert [m["value"] for m in (await read(client, crew))["members"]] == [ben["id"]]
    before = await read(client, crew)
    assert (await patch(client, crew, remove(f'members[value eq "{ada["id"]}"]'))).status_code == 204
    assert await read(client, crew) == before
    assert (await patch(client, crew, replace("members", [{"value": ada["id"]}]))).status_code == 204
    assert [m["value"] for m in (await read(client, crew))["members"]] == [ada["id"]]
    assert (await patch(client, crew, remove("members"))).status_code == 204
    assert not (await read(client, crew)).get("members")
