"""RFC 7643 §2 to §4 and RFC 7644 §3.1, §3.3, §3.5.1, §3.6: what a resource is, and how it comes, changes and goes."""

import re
from typing import Any

import httpx

from scimserver.store.documents import new_id

from .conftest import Site
from .exchanges import ENTERPRISE, GROUP, USER, address, body, found, group, patch, read, refusal, user

NAME = re.compile(r"[A-Za-z$][A-Za-z0-9$_-]*")
INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z")

FULL: dict[str, Any] = {
    "externalId": "EXT-42",
    "name": {"givenName": "Ada", "familyName": "Hull"},
    "emails": [{"value": "ada@larkfield.example", "type": "work", "primary": True}],
    "x509Certificates": [{"value": "MIIBWjCCAQGgAwIBAgIB"}],
    ENTERPRISE: {"employeeNumber": "40017"},
}


# -- representations ---------------------------------------------------------------------------------------------------


async def test_a_created_resource_has_the_common_attributes_that_the_server_assigns(client: httpx.AsyncClient) -> None:
    answer = await client.post("Users", json={"schemas": [USER], "userName": "ada@larkfield.example"})
    made = body(answer, 201)
    assert made["id"] and made["schemas"] == [USER]
    assert made["meta"].keys() == {"resourceType", "created", "lastModified", "location", "version"}
    assert made["meta"]["resourceType"] == "User"
    assert made["meta"]["created"] == made["meta"]["lastModified"] and INSTANT.fullmatch(made["meta"]["created"])
    assert made["meta"]["location"] == answer.headers["Location"]
    assert made["meta"]["version"] == answer.headers["ETag"] and answer.headers["ETag"].startswith('W/"')
    assert "externalId" not in made, "only the client issues one"


async def test_a_resource_tells_its_own_address_with_every_answer(client: httpx.AsyncClient) -> None:
    made = await user(client, "ada@larkfield.example")
    where = made["meta"]["location"]
    for answer in (
        await client.get(address(where)),
        await client.put(address(where), json=made),
        await patch(client, made, {"op": "add", "path": "title", "value": "Pilot"}),
    ):
        assert body(answer, 200)["meta"]["location"] == answer.headers["Content-Location"] == where


async def test_schemas_name_what_is_in_the_resource_and_nothing_twice(client: httpx.AsyncClient) -> None:
    plain = await user(client, "plain@larkfield.example")
    assert plain["schemas"] == [USER]
    for schemas in ([ENTERPRISE, USER], [USER, ENTERPRISE, USER], [USER]):
        made = await user(client, f"u{len(schemas)}{schemas[0][-12]}@larkfield.example", schemas=schemas, **FULL)
        assert made["schemas"] == [USER, ENTERPRISE], "their order and repetition in the request mean nothing"
        assert made[ENTERPRISE] == {"employeeNumber": "40017"}


async def test_attribute_names_are_well_formed_and_no_sub_attribute_is_complex(client: httpx.AsyncClient) -> None:
    made = await user(client, "ada@larkfield.example", **FULL)
    await group(client, "Crew", made)
    made = await read(client, made)
    for name, value in made.items():
        assert NAME.fullmatch(name) or name == ENTERPRISE
        for element in value if isinstance(value, list) else [value]:
            if isinstance(element, dict):
                assert all(NAME.fullmatch(inner) for inner in element)
                deepest = list if name != ENTERPRISE else set
                assert not any(isinstance(inner, dict | deepest) for inner in element.values()), name


async def test_an_id_is_never_given_again_nor_holds_the_word_bulk_id(client: httpx.AsyncClient) -> None:
    ids = {new_id(prefix) for prefix in ("u_", "g_") for _ in range(500)}
    assert len(ids) == 1000
    assert "I" not in "".join(ids), "so that no id can hold `bulkId`"
    first = await user(client, "ada@larkfield.example")
    await client.delete(address(first["meta"]["location"]))
    second = await user(client, "ada@larkfield.example")
    third = await user(client, "ben@larkfield.example", id=first["id"])
    assert len({first["id"], second["id"], third["id"]}) == 3


async def test_what_only_the_server_sets_is_ignored_in_a_create(client: httpx.AsyncClient) -> None:
    meta = {"resourceType": "Invented", "created": "1999-01-01T00:00:00Z", "version": 'W/"77"', "location": "urn:x"}
    made = await user(client, "ada@larkfield.example", id="mine", meta=meta, groups=[{"value": "g_none"}])
    assert made["id"] != "mine" and "groups" not in made
    assert made["meta"]["resourceType"] == "User" and made["meta"]["version"] == 'W/"1"'
    assert not made["meta"]["created"].startswith("1999") and made["meta"]["location"].startswith("http")


async def test_last_modified_moves_with_a_change_and_created_stays(site: Site, client: httpx.AsyncClient) -> None:
    made = await user(client, "ada@larkfield.example")
    changed = body(await patch(client, made, {"op": "replace", "path": "title", "value": "Pilot"}), 200)
    assert changed["meta"]["created"] == made["meta"]["created"]
    assert changed["meta"]["lastModified"] >= made["meta"]["lastModified"]
    assert changed["meta"]["version"] != made["meta"]["version"]


async def test_absent_null_and_empty_are_the_same_state(client: httpx.AsyncClient) -> None:
    absent = await user(client, "a@larkfield.example")
    nothing = await user(client, "b@larkfield.example", title=None, emails=[], name=None)
    assert absent.keys() == nothing.keys() == {"schemas", "id", "userName", "meta"}
    for text in ("not (title pr)", "not (emails pr)", "title eq null", "not (name pr)"):
        assert set(await found(client, text)) == {absent["id"], nothing["id"]}


async def test_the_order_of_attributes_means_nothing(client: httpx.AsyncClient) -> None:
    sent = {"title": "Pilot", "userName": "ada@larkfield.example", "schemas": [USER], "active": True}
    made = body(await client.post("Users", content=str(sent).replace("'", '"').replace("True", "true")), 201)
    backwards = dict(reversed(list({**made, "title": "Master"}.items())))
    assert body(await client.put(address(made["meta"]["location"]), json=backwards), 200)["title"] == "Master"


async def test_at_most_one_value_is_primary(client: httpx.AsyncClient) -> None:
    both = [{"value": v, "primary": True} for v in ("a@larkfield.example", "b@larkfield.example")]
    refused = await client.post("Users", json={"schemas": [USER], "userName": "two@larkfield.example", "emails": both})
    assert "primary" in refusal(refused, 400, "invalidValue")
    one = await user(client, "one@larkfield.example", emails=[both[0], {"value": "b@larkfield.example"}])
    assert [e.get("primary", False) for e in one["emails"]] == [True, False]


async def test_a_value_that_is_sent_twice_is_kept_once(client: httpx.AsyncClient) -> None:
    mail, home = {"value": "ada@larkfield.example", "type": "work"}, {"value": "ada@larkfield.example", "type": "home"}
    made = await user(client, "ada@larkfield.example", emails=[mail, home, mail])
    assert made["emails"] == [mail, home]
    sent = {**made, "emails": [home, home]}
    assert body(await client.put(address(made["meta"]["location"]), json=sent), 200)["emails"] == [home]


VALUES: list[tuple[str, Any, Any]] = [
    ("active", "perhaps", True),
    ("x509Certificates", [{"value": "not base64!"}], [{"value": "TUlJQg=="}]),
    ("userName", "", "ada@larkfield.example"),
    ("userName", None, "ada@larkfield.example"),
    ("name", "Ada", {"givenName": "Ada"}),
    ("schemas", [GROUP], [USER]),
]


async def test_a_value_fits_its_type_or_is_refused(client: httpx.AsyncClient) -> None:
    for number, (attribute, bad, good) in enumerate(VALUES):
        sent = {"schemas": [USER], "userName": f"u{number}@larkfield.example"}
        assert attribute in refusal(await client.post("Users", json={**sent, attribute: bad}), 400, "invalidValue")
        assert body(await client.post("Users", json={**sent, attribute: good}), 201)[attribute] == good


async def test_values_keep_the_letter_case_they_were_sent_with(client: httpx.AsyncClient) -> None:
    made = await user(client, "Ada.Hull@Larkfield.example", externalId="CaSe-42", displayName="aDa")
    assert (made["userName"], made["externalId"], made["displayName"]) == (
        "Ada.Hull@Larkfield.example",
        "CaSe-42",
        "aDa",
    )


async def test_a_password_is_never_returned_nor_kept(site: Site, client: httpx.AsyncClient) -> None:
    made = await user(client, "ada@larkfield.example", password="Harbour-7-light")
    await patch(client, made, {"op": "replace", "path": "password", "value": "Harbour-8-light"})
    for shown in (made, await read(client, made), await read(client, made, attributes="password,userName")):
        assert "password" not in shown
    kept = await site.app.database["users"].find_one({"_id": made["id"]})
    assert kept is not None and "light" not in str(kept)


# -- users and groups --------------------------------------------------------------------------------------------------


async def test_membership_is_shown_on_the_user_and_changed_on_the_group(client: httpx.AsyncClient) -> None:
    ada, ben = await user(client, "ada@larkfield.example"), await user(client, "ben@larkfield.example")
    crew = await group(client, "Crew", ada)
    (shown,) = (await read(client, ada))["groups"]
    assert shown["value"] == crew["id"] and shown["$ref"] == crew["meta"]["location"] and shown["type"] == "direct"
    told = refusal(
        await patch(client, ben, {"op": "add", "path": "groups", "value": [{"value": crew["id"]}]}), 400, "mutability"
    )
    assert "groups" in told
    sent = {**ben, "groups": [{"value": crew["id"]}]}
    assert "groups" not in body(await client.put(address(ben["meta"]["location"]), json=sent), 200)
    assert (
        await patch(client, crew, {"op": "add", "path": "members", "value": [{"value": ben["id"]}]})
    ).status_code == 204
    assert [g["value"] for g in (await read(client, ben))["groups"]] == [crew["id"]]


async def test_references_lead_to_the_resource_they_name(client: httpx.AsyncClient) -> None:
    boss = await user(client, "boss@larkfield.example")
    mate = await user(client, "mate@larkfield.example", **{ENTERPRISE: {"manager": {"value": boss["id"]}}})
    inner = await group(client, "Inner", mate)
    outer = await group(client, "Outer", inner, boss)
    references = [mate[ENTERPRISE]["manager"]["$ref"], *(m["$ref"] for m in outer["members"])]
    for reference in references:
        assert reference.startswith("http")
        assert body(await client.get(address(reference)), 200)["meta"]["location"] == reference
    assert {m["type"] for m in outer["members"]} == {"User", "Group"}


async def test_a_group_needs_a_name(client: httpx.AsyncClient) -> None:
    assert "displayName" in refusal(await client.post("Groups", json={"schemas": [GROUP]}), 400, "invalidValue")
    assert (await group(client, "Crew"))["displayName"] == "Crew"


# -- create, replace, delete -------------------------------------------------------------------------------------------


async def test_a_name_is_found_in_any_form_of_its_letters(client: httpx.AsyncClient) -> None:
    made = await user(client, "Zo\u00eb.Stra\u00dfe@larkfield.example")
    for form in (
        "Zoe\u0308.Stra\u00dfe@larkfield.example",
        "ZO\u00cb.STRASSE@larkfield.example",
        "\uff3ao\u00eb.Stra\u00dfe",
    ):
        assert await found(client, f'userName sw "{form}"') == [made["id"]]
    assert await found(client, 'userName eq "ZOE\u0308.strasse@LARKFIELD.example"') == [made["id"]]
    assert await found(client, 'userName eq "zoe.strasse@larkfield.example"') == [], "another letter, another name"


async def test_put_replaces_what_is_sent_clears_the_rest_and_ignores_what_the_server_sets(
    client: httpx.AsyncClient,
) -> None:
    made = await user(client, "ada@larkfield.example", title="Pilot", nickName="A", **FULL)
    sent = {**made, "title": "Master", "meta": {"resourceType": "Invented"}, "id": "another", "nickName": None}
    del sent["emails"]
    after = body(await client.put(address(made["meta"]["location"]), json=sent), 200)
    assert after["title"] == "Master" and "emails" not in after and "nickName" not in after
    assert after["id"] == made["id"] and after["meta"]["resourceType"] == "User"
    assert await read(client, made) == after, "the answer is the whole resource"


async def test_put_needs_the_required_attributes(client: httpx.AsyncClient) -> None:
    made = await user(client, "ada@larkfield.example")
    refused = await client.put(address(made["meta"]["location"]), json={"schemas": [USER], "title": "Pilot"})
    assert "userName" in refusal(refused, 400, "invalidValue")
    assert await read(client, made) == made


async def test_put_creates_nothing(client: httpx.AsyncClient) -> None:
    refusal(await client.put("Users/u_invented", json={"schemas": [USER], "userName": "ada@larkfield.example"}), 404)
    assert await found(client, "userName pr") == []


async def test_a_deleted_resource_is_gone_from_everywhere_and_its_name_is_free(client: httpx.AsyncClient) -> None:
    made, stays = await user(client, "ada@larkfield.example"), await user(client, "ben@larkfield.example")
    crew = await group(client, "Crew", made, stays)
    where = address(made["meta"]["location"])
    gone = await client.delete(where)
    assert gone.status_code == 204 and not gone.content
    refusal(await client.get(where), 404)
    refusal(await client.put(where, json=made), 404)
    refusal(await patch(client, made, {"op": "add", "path": "title", "value": "x"}), 404)
    refusal(await client.delete(where), 404)
    assert await found(client, "userName pr") == [stays["id"]]
    assert await found(client, 'userName eq "ada@larkfield.example"') == []
    assert [m["value"] for m in (await read(client, crew))["members"]] == [stays["id"]]
    assert (await user(client, "ada@larkfield.example"))["id"] != made["id"]
