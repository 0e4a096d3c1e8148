"""A resource type with everything: each type and each characteristic of RFC 7643 §7, single and multi-valued."""

from typing import Any

import httpx
import pytest

from scimserver.service.application import Application

from .conftest import Site
from .custom import custom_application, found, made, patch_of, refused

SAMPLE = "urn:larkfield:params:scim:schemas:core:1.0:Sample"
REQUIRED = "urn:larkfield:params:scim:schemas:extension:1.0:Sample:required"
OPTIONAL = "urn:larkfield:params:scim:schemas:extension:1.0:Sample:optional"

VALUES: dict[str, Any] = {
    "string": "Naïve Ω",
    "boolean": True,
    "integer": -(2**53),
    "decimal": 1.25,
    "dateTime": "2031-02-03T09:15:00.123+02:00",
    "reference": "https://larkfield.example/a?b=c",
    "binary": "d2hhdA==",
}
WRONG: dict[str, Any] = {
    "string": 1,
    "boolean": 1,
    "integer": 1.5,
    "decimal": "one",
    "dateTime": "yesterday",
    "reference": False,
    "binary": "not base64!",
}
FILTERS = {
    'stringValues eq "naïve ω"': True,
    "booleanValues eq true": True,
    "integerValues eq -9007199254740992.0": True,
    "decimalValues eq 1.25": True,
    'dateTimeValues eq "2031-02-03T07:15:00.123Z"': True,
    'referenceValues eq "https://larkfield.example/a?b=c"': True,
    'referenceValues eq "HTTPS://larkfield.example/a?b=c"': False,
    'binaryValues eq "d2hhdA=="': True,
    'binaryValues eq "D2hhdA=="': False,
    'stringValue co "AÏVE"': True,
    'exactValue sw "Ex"': True,
    'exactValue sw "ex"': False,
    "decimalValue gt 1 and decimalValue le 1.25": True,
    'dateTimeValue lt "2031-02-03T07:15:01Z"': True,
    "integerValue lt 0": True,
    'part.since ge "2031-01-01T00:00:00Z"': True,
    'part.marks eq "RED"': True,
    'parts[type eq "second" and amount gt 2]': True,
    'parts[type eq "first" and amount gt 2]': False,
    'parts[value eq "B"]': True,
    f'{OPTIONAL}:tags eq "x"': True,
    f'{REQUIRED}:name eq "inner"': True,
    f'{REQUIRED}:name eq "one"': False,
    'name eq "ONE"': True,
    'members[value eq "plain"]': True,
    'members.value eq "plain"': True,
    'groups eq "also plain"': True,
}
"""Condition → whether it finds the sample that has everything."""
EVERYTHING = {f"{kind}Value": value for kind, value in VALUES.items()} | {
    f"{kind}Values": [value] for kind, value in VALUES.items()
}


@pytest.fixture
def application() -> Application:
    return custom_application()


def sample(**changes: Any) -> dict[str, Any]:
    """A sample with what is required."""
    return {"schemas": [SAMPLE, REQUIRED], "name": "One", REQUIRED: {"level": 1}, **changes}


async def test_every_type_comes_back_as_it_was_sent(client: httpx.AsyncClient) -> None:
    stored = await made(client, "Samples", sample(**EVERYTHING))
    assert {name: stored[name] for name in EVERYTHING} == EVERYTHING
    read = (await client.get(f"Samples/{stored['id']}")).json()
    assert read == stored
    assert {type(read["booleanValue"]), type(read["integerValue"]), type(read["decimalValue"])} == {bool, int, float}


async def test_a_value_of_another_type_is_refused(client: httpx.AsyncClient) -> None:
    for kind in WRONG:
        refused(
            await client.post("Samples", json=sample(**{f"{kind}Value": WRONG[kind]})),
            400,
            "invalidValue",
            f"`{kind}Value`",
        )
        several = sample(**{f"{kind}Values": [VALUES[kind], WRONG[kind]]})
        refused(await client.post("Samples", json=several), 400, "invalidValue", f"`{kind}Values[1]`")


async def test_canonical_values_are_suggestions_and_lengths_are_rules(client: httpx.AsyncClient) -> None:
    stored = await made(client, "Samples", sample(colour="mauve", short="12345678"))
    assert (stored["colour"], stored["short"]) == ("mauve", "12345678")
    refused(await client.post("Samples", json=sample(short="123456789")), 400, "invalidValue", "`short`", "8 or fewer")


async def test_what_is_required_must_be_there(client: httpx.AsyncClient) -> None:
    cases: list[tuple[dict[str, Any], str]] = [
        ({"name": None}, "`name` is required"),
        ({REQUIRED: None}, f"`{REQUIRED}` is required"),
        ({REQUIRED: {"name": "no level"}}, f"`{REQUIRED}:level` is required"),
        ({"part": {"amount": 1.5}}, "`part.value` is required"),
        ({"parts": [{"value": "a"}, {"type": "first"}]}, "`parts[1].value` is required"),
        ({OPTIONAL: {"parent": {"display": "x"}}}, f"`{OPTIONAL}:parent.value` is required"),
    ]
    for change, text in cases:
        refused(await client.post("Samples", json=sample(**change)), 400, "invalidValue", text)


async def test_what_is_required_cannot_be_removed(client: httpx.AsyncClient) -> None:
    stored = await made(client, "Samples", sample(part={"value": "a"}))
    for path in ("name", f"{REQUIRED}:level"):
        answer = await client.patch(f"Samples/{stored['id']}", json=patch_of({"op": "remove", "path": path}))
        assert answer.status_code == 400, path
    assert (await client.get(f"Samples/{stored['id']}")).json() == stored


async def test_read_only_values_are_ignored_in_a_body_and_refused_as_a_path(client: httpx.AsyncClient) -> None:
    stored = await made(client, "Samples", sample(readOnlyValue="mine", part={"value": "a", "ours": "mine"}))
    assert "readOnlyValue" not in stored
    assert stored["part"] == {"value": "a"}
    address = f"Samples/{stored['id']}"
    for path in ("readOnlyValue", "part.ours"):
        change = patch_of({"op": "replace", "path": path, "value": "mine"})
        refused(await client.patch(address, json=change), 400, "mutability", path)
    assert (await client.put(address, json=sample(readOnlyValue="mine"))).status_code == 200


async def test_an_immutable_value_is_set_once(client: httpx.AsyncClient) -> None:
    stored = await made(client, "Samples", sample())
    address = f"Samples/{stored['id']}"
    late = patch_of({"op": "add", "path": "immutableValue", "value": "a"})
    assert (await client.patch(address, json=late)).json()["immutableValue"] == "a"
    assert (await client.put(address, json=sample(immutableValue="a"))).status_code == 200
    assert (await client.put(address, json=sample())).json()["immutableValue"] == "a"
    refused(await client.put(address, json=sample(immutableValue="b")), 400, "mutability", "immutableValue")
    for change in ({"op": "replace", "value": "b"}, {"op": "remove"}):
        answer = await client.patch(address, json=patch_of({"path": "immutableValue", **change}))
        refused(answer, 400, "mutability", "immutableValue")


async def test_secret_and_hidden_values_are_stored_and_never_shown(client: httpx.AsyncClient, site: Site) -> None:
    body = sample(secret="s3cret", hidden="s3cret", parts=[{"value": "a", "internal": "s3cret"}])
    stored = await made(client, "Samples", body)
    address = f"Samples/{stored['id']}"
    for parameters in ({}, {"attributes": "secret,hidden,parts.internal,parts"}, {"excludedAttributes": "name"}):
        assert "s3cret" not in (await client.get(address, params=parameters)).text
        assert "s3cret" not in (await client.get("Samples", params=parameters)).text
    document = await site.app.database["resources"].find_one({"_id": stored["id"]})
    assert document is not None
    assert (document["scim"]["secret"], document["scim"]["parts"][0]["internal"]) == ("s3cret", "s3cret")


async def test_what_is_returned_on_request_or_always(client: httpx.AsyncClient) -> None:
    part = {"value": "v", "asked": "q", "always": "a"}
    body = sample(onRequest="q", shownAlways="a", colour="red", part=part)
    stored = await made(client, "Samples", body)
    # RFC 7643 §7: the answer to a write shows what the client has just sent.
    assert (stored["onRequest"], stored["part"]) == ("q", part)
    address = f"Samples/{stored['id']}"
    read = (await client.get(address)).json()
    assert "onRequest" not in read
    assert read["part"] == {"value": "v", "always": "a"}

    async def shown(**parameters: str) -> dict[str, Any]:
        resource = (await client.get(address, params=parameters)).json()
        return {name: value for name, value in resource.items() if name not in ("schemas", "id", "meta")}

    assert await shown(attributes="onRequest") == {"onRequest": "q", "shownAlways": "a"}
    assert await shown(attributes=f"{SAMPLE}:colour") == {"colour": "red", "shownAlways": "a"}
    assert (await shown(attributes="part.asked"))["part"] == {"asked": "q", "always": "a"}
    left = await shown(excludedAttributes="shownAlways,colour,part.value")
    assert (left["shownAlways"], left["part"], left.get("colour")) == ("a", {"always": "a"}, None)


async def test_an_unpublished_attribute_works_and_is_not_listed(client: httpx.AsyncClient) -> None:
    assert (await made(client, "Samples", sample(unpublished="x")))["unpublished"] == "x"
    listed = {a["name"]: a for a in (await client.get(f"Schemas/{SAMPLE}")).json()["attributes"]}
    assert "unpublished" not in listed
    assert (listed["name"]["uniqueness"], listed["code"]["uniqueness"]) == ("server", "global")
    assert {listed[f"{kind}Values"]["type"] for kind in VALUES} == set(VALUES)
    assert (listed["name"]["required"], listed["code"]["caseExact"], listed["colour"]["canonicalValues"]) == (
        True, True, ["red", "green"],
    )  # fmt: skip


async def test_filters_on_every_type(client: httpx.AsyncClient) -> None:
    body = sample(
        **EVERYTHING,
        exactValue="Exact",
        part={"value": "a", "since": "2031-02-03T09:15:00Z", "marks": ["red", "green"]},
        parts=[{"value": "a", "type": "first", "amount": 1}, {"value": "b", "type": "second", "amount": 2.5}],
        members=[{"value": "plain"}],
        groups=["also plain"],
        secret="x",
        **{OPTIONAL: {"tags": ["X", "y"]}, REQUIRED: {"level": 1, "name": "inner"}},
    )
    stored = await made(client, "Samples", body)
    await made(client, "Samples", sample(name="Other"))
    for condition, finds in FILTERS.items():
        assert await found(client, "Samples", condition) == ([stored["id"]] if finds else []), condition
    for name in ("secret", "hidden", "parts.internal"):
        answer = await client.get("Samples", params={"filter": f"{name} pr"})
        refused(answer, 400, "invalidFilter", "is never returned")


async def test_references_get_their_address_where_the_type_is_known(client: httpx.AsyncClient, site: Site) -> None:
    user = await made(client, "Users", {"userName": "ines@larkfield.example"})
    group = await made(client, "Groups", {"displayName": "Works"})
    first = await made(client, "Samples", sample(name="First"))
    foreign = {"value": "not-ours", "display": "elsewhere"}
    body = sample(
        owner={"value": user["id"], "$ref": "https://elsewhere.example/"},
        samples=[{"value": first["id"]}],
        related=[{"value": user["id"]}, {"value": group["id"]}, {"value": first["id"]}, foreign],
        **{OPTIONAL: {"parent": {"value": first["id"]}}},
    )
    stored = await made(client, "Samples", body)
    locations = [resource["meta"]["location"] for resource in (user, group, first)]
    assert stored["owner"]["$ref"] == locations[0]
    assert stored["samples"] == [{"value": first["id"], "$ref": locations[2]}]
    assert [r.get("$ref") for r in stored["related"]] == [*locations, None]
    assert stored[OPTIONAL]["parent"]["$ref"] == locations[2]
    kept = await site.app.database["resources"].find_one({"_id": stored["id"]})
    assert kept is not None
    assert "$ref" not in str(kept)


async def test_members_and_groups_of_a_custom_type_are_plain_data(client: httpx.AsyncClient, site: Site) -> None:
    stored = await made(client, "Samples", sample(members=[{"value": "a"}], groups=["g"]))
    address = f"Samples/{stored['id']}"
    change = patch_of(
        {"op": "add", "path": "members", "value": [{"value": "b", "display": "B"}]},
        {"op": "remove", "path": 'members[value eq "a"]'},
        {"op": "add", "path": "groups", "value": ["h"]},
    )
    changed = (await client.patch(address, json=change)).json()
    assert (changed["members"], changed["groups"]) == ([{"value": "b", "display": "B"}], ["g", "h"])
    put = (await client.put(address, json=sample(members=[{"value": "c"}]))).json()
    assert put["members"] == [{"value": "c"}]
    assert "groups" not in put
    assert await site.app.database["memberships"].find({"ws": {"$exists": True}}).to_list(None) == []


async def test_bulk_creates_what_refers_to_each_other(client: httpx.AsyncClient) -> None:
    def post(name: str, other: str) -> dict[str, Any]:
        data = sample(
            name=name, samples=[{"value": f"bulkId:{other}"}], **{OPTIONAL: {"parent": {"value": "bulkId:c"}}}
        )
        return {"method": "POST", "path": "/Samples", "bulkId": name, "data": data}

    bulk = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
    operations = [post("a", "b"), post("b", "a"), post("c", "c")]
    answer = await client.post("Bulk", json={"schemas": [bulk], "Operations": operations})
    results = {result["bulkId"]: result for result in answer.json()["Operations"]}
    assert [result["status"] for result in results.values()] == ["201"] * 3, answer.text
    page = (await client.get("Samples")).json()
    made_of = {resource["name"]: resource for resource in page["Resources"]}
    assert page["totalResults"] == 3
    for name, other in (("a", "b"), ("b", "a"), ("c", "c")):
        assert made_of[name]["samples"][0]["$ref"] == results[other]["location"]
        assert made_of[name][OPTIONAL]["parent"]["$ref"] == results["c"]["location"]
