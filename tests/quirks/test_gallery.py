"""What Microsoft's gallery validation does with a server that is to be listed (idp-clients §8)."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from .cases import CORE, ENTERPRISE, INES, Desk, find, legacy, patch, post, refusal

pytestmark = pytest.mark.asyncio(loop_scope="module")

NAME = "ines@larkfield.example"
MANAGER = f"{ENTERPRISE}:manager"
MAPPED = (
    "displayName",
    "nickName",
    "title",
    "preferredLanguage",
    "locale",
    "timezone",
    "name.givenName",
    "name.familyName",
    "name.formatted",
    "name.middleName",
    "name.honorificPrefix",
    "name.honorificSuffix",
    "externalId",
    *(f'emails[type eq "{kind}"].value' for kind in ("work", "home", "other")),
    *(f'phoneNumbers[type eq "{kind}"].value' for kind in ("work", "mobile", "fax", "home", "other", "pager")),
    *(
        f'addresses[type eq "{kind}"].{part}'
        for kind in ("work", "home", "other")
        for part in ("formatted", "streetAddress", "locality", "region", "postalCode", "country")
    ),
    *(f"{ENTERPRISE}:{name}" for name in ("employeeNumber", "organization", "division", "department")),
)
"""The optional texts of the gallery tutorial's attribute table."""


async def read(desk: Desk) -> dict[str, Any]:
    return dict(await desk.read("Users"))


def value_at(resource: dict[str, Any], path: str) -> Any:
    """Return what a path of the mapping selects, with eyes of its own: no parser of the server is asked."""
    urn, _, name = path.rpartition(":") if path.startswith("urn:") else ("", "", path)
    held = resource.get(urn, {}) if urn and urn != CORE else resource
    if "[" in name:
        attribute, _, rest = name.partition("[")
        term, _, sub = rest.partition("].")
        by, _, wanted = term.partition(" eq ")
        elements = [e for e in held.get(attribute, []) if e.get(by) == json.loads(wanted.lower())]
        assert len(elements) <= 1
        return elements[0].get(sub) if elements else None
    for part in name.split("."):
        held = (held or {}).get(part)
    return held


def texts(schema: dict[str, Any]) -> Iterator[str]:
    """The path of every writable text, as the validation makes it from a discovered schema."""
    prefix = "" if schema["id"] == CORE else f"{schema['id']}:"
    for attribute in schema["attributes"]:
        if attribute["mutability"] == "readOnly" or attribute["name"] == "manager":
            continue
        name = prefix + attribute["name"]
        if attribute["type"] == "string":
            assert not attribute["multiValued"]
            yield name
        for sub in attribute.get("subAttributes", ()):
            if sub["type"] != "string" or sub["mutability"] == "readOnly" or sub["name"] == "type":
                continue
            if not attribute["multiValued"]:
                yield f"{name}.{sub['name']}"
            kinds = (
                next(s for s in attribute["subAttributes"] if s["name"] == "type").get("canonicalValues")
                if attribute["multiValued"]
                else None
            )
            for kind in kinds or ():
                yield f'{name}[type eq "{kind}"].{sub["name"]}'
            if attribute["multiValued"] and not kinds:
                yield f"{name}[primary eq true].{sub['name']}"


async def test_every_text_of_the_schemas_takes_any_text(entra: Desk) -> None:
    """One PATCH in Entra's default dialect; neither e-mail nor country nor language is checked for its form."""
    await entra.create(INES)
    paths = [path for urn in (CORE, ENTERPRISE) for path in texts((await entra.client.get(f"Schemas/{urn}")).json())]
    assert {"userName", "locale", 'emails[type eq "work"].value', 'addresses[type eq "home"].country'} <= {*paths}
    assert "roles[primary eq true].value" in paths and f"{ENTERPRISE}:costCenter" in paths and len(paths) > 60
    wanted = {path: f"upd-{number:03}" for number, path in enumerate(paths)}
    call = patch("Users", *(legacy(path=path.replace("true", '"True"'), value=text) for path, text in wanted.items()))
    after = await entra.outcome(call, await entra.send(call))
    assert {path: value_at(after, path) for path in paths} == wanted
    again = {path: text.replace("upd", "again") for path, text in wanted.items()}
    flat = patch("Users", {"op": "replace", "value": again})
    after = await entra.outcome(flat, await entra.send(flat))
    assert {path: value_at(after, path) for path in paths} == again


@pytest.mark.parametrize("dialect", ["one operation for each path", "one operation without a path"])
async def test_every_optional_mapped_path_is_emptied_twice(entra: Desk, dialect: str) -> None:
    def message(value: Any) -> Any:
        if dialect == "one operation without a path":
            return patch("Users", {"op": "replace", "value": dict.fromkeys(MAPPED, value)})
        return patch("Users", *(legacy(path=path, value=value) for path in MAPPED))

    await entra.create(INES)
    full = message("something")
    after = await entra.outcome(full, await entra.send(full))
    assert {value_at(after, path) for path in MAPPED} == {"something"}
    for _ in range(2):
        for empty in ("", None):
            call = message(empty)
            assert await entra.outcome(call, await entra.send(call)) == {"userName": NAME}
        await entra.send(full)


async def test_a_mapped_path_is_emptied_and_the_others_stay(entra: Desk) -> None:
    await entra.create(INES)
    await entra.send(patch("Users", *(legacy(path=mapped, value="something") for mapped in MAPPED)))
    left = [*MAPPED]
    for number, path in enumerate(MAPPED[::5]):
        answer = await entra.send(patch("Users", legacy(path=path, value="" if number % 2 else None)))
        left.remove(path)
        assert [mapped for mapped in MAPPED if value_at(answer.json(), mapped) is not None] == left


async def test_a_manager_is_set_by_a_bare_id_replaced_and_cleared(entra: Desk) -> None:
    await entra.create(INES)
    for op, sent, held in (
        ("Add", "{theo}", "{theo}"),
        ("Replace", "{mia}", "{mia}"),
        ("Replace", "", None),
        ("Add", "{mia}", "{mia}"),
        ("Replace", None, None),
    ):
        call = patch("Users", {"op": op, "path": MANAGER, "value": sent})
        after = await entra.outcome(call, await entra.send(call))
        assert after == {"userName": NAME} | ({ENTERPRISE: {"manager": {"value": held}}} if held else {})


async def test_a_manager_who_is_not_there_yet_is_kept_as_sent(entra: Desk) -> None:
    await entra.create(INES)
    call = patch("Users", {"op": "Add", "path": "manager", "value": "u_later"})
    after = await entra.outcome(call, await entra.send(call))
    assert after[ENTERPRISE] == {"manager": {"value": "u_later"}}


async def test_an_operation_without_a_path_has_dotted_qualified_and_whole_keys(entra: Desk) -> None:
    await entra.create(post("Users", userName=NAME, name={"givenName": "Ines"}, **{ENTERPRISE: {"division": "North"}}))
    flat = {
        "displayName": "Ines Okafor-Reid",
        "name.familyName": "Okafor-Reid",
        "active": False,
        f"{CORE}:title": "Pilot",
        f"{ENTERPRISE}:department": "Survey",
        f"{ENTERPRISE}:manager": "{theo}",
        ENTERPRISE: {"costCenter": "C1"},
        'emails[type eq "work"].value': NAME,
    }
    call = patch("Users", {"op": "replace", "value": flat})
    assert await entra.outcome(call, await entra.send(call)) == {
        "userName": NAME,
        "displayName": "Ines Okafor-Reid",
        "name": {"givenName": "Ines", "familyName": "Okafor-Reid"},
        "active": False,
        "title": "Pilot",
        "emails": [{"type": "work", "value": NAME}],
        ENTERPRISE: {
            "division": "North",
            "department": "Survey",
            "manager": {"value": "{theo}"},
            "costCenter": "C1",
        },
    }


async def test_a_message_with_nothing_to_do_is_answered_with_the_unchanged_user(entra: Desk) -> None:
    made = await entra.create(INES)
    answer = await entra.send(patch("Users"))
    assert (answer.status_code, answer.json()) == (200, made)


async def test_one_unknown_id_of_many_does_not_discard_the_rest(entra: Desk) -> None:
    people = [await entra.create(post("Users", userName=f"hand{n}@larkfield.example")) for n in range(12)]
    group = await entra.create(post("Groups", displayName="Crew"))
    sent = [
        {"$ref": None, "value": i} for i in (*(p["id"] for p in people[:6]), "u_nobody", *(p["id"] for p in people[6:]))
    ]
    answer = await entra.send(patch("Groups", {"op": "Add", "path": "members", "value": sent}))
    assert answer.status_code == 204
    read = (await entra.client.get(f"Groups/{group['id']}")).json()
    assert {member["value"] for member in read["members"]} == {person["id"] for person in people}
    for person in people:
        held = (await entra.client.get(f"Users/{person['id']}")).json()["groups"]
        assert [g["value"] for g in held] == [group["id"]]


async def test_both_dialects_meet_on_one_user_on_one_day(entra: Desk) -> None:
    await entra.create(INES)
    home = {"type": "home", "value": "ines@home.example"}
    first = patch(
        "Users",
        {"op": "Add", "path": 'emails[type eq "work"].value', "value": NAME},
        legacy(path="active", value="False"),
        legacy(path=f"{ENTERPRISE}:department", value="Survey"),
    )
    flagged = patch(
        "Users",
        {"op": "add", "path": 'emails[type eq "home"].value', "value": home["value"]},
        {
            "op": "replace",
            "value": {"active": True, f"{ENTERPRISE}:department": "Harbour Works", "name.givenName": "Ines"},
        },
    )
    await entra.send(first)
    assert (await entra.outcome(flagged, await entra.send(flagged))) == {
        "userName": NAME,
        "active": True,
        "name": {"givenName": "Ines"},
        "emails": [{"type": "work", "value": NAME}, home],
        ENTERPRISE: {"department": "Harbour Works"},
    }
    after = await entra.outcome(first, await entra.send(first))
    assert after["active"] is False and after[ENTERPRISE] == {"department": "Survey"}
    assert after["emails"] == [{"type": "work", "value": NAME}, home]


async def test_members_are_removed_in_both_dialects(entra: Desk) -> None:
    await entra.create(post("Groups", displayName="Crew", members=[{"value": "{theo}"}, {"value": "{mia}"}]))
    first = patch("Groups", {"op": "Remove", "path": "members", "value": [{"$ref": None, "value": "{theo}"}]})
    after = await entra.outcome(first, await entra.send(first))
    assert [member["value"] for member in after["members"]] == ["{mia}"]
    flagged = patch("Groups", {"op": "remove", "path": 'members[value eq "{mia}"]'})
    assert (await entra.outcome(flagged, await entra.send(flagged)))["members"] == []


@pytest.mark.parametrize("kind", ["User", "Group"])
async def test_the_external_id_is_offered_for_mapping(entra: Desk, kind: str) -> None:
    schema = (await entra.client.get(f"Schemas/urn:ietf:params:scim:schemas:core:2.0:{kind}")).json()
    (external,) = [a for a in schema["attributes"] if a["name"] == "externalId"]
    assert (external["type"], external["caseExact"], external["mutability"]) == ("string", True, "readWrite")
    assert external["description"]


async def test_discovered_attributes_are_described_in_exact_words_and_without_null(entra: Desk) -> None:
    listed = (await entra.client.get("Schemas")).json()
    assert {"totalResults", "startIndex", "itemsPerPage"} <= listed.keys()
    assert "null" not in json.dumps(listed)

    def check(attribute: dict[str, Any]) -> None:
        assert attribute["description"].strip(), attribute["name"]
        assert attribute["mutability"] in {"readOnly", "readWrite", "immutable", "writeOnly"}
        assert attribute["returned"] in {"always", "never", "default", "request"}
        assert attribute["uniqueness"] in {"none", "server", "global"}
        for sub in attribute.get("subAttributes", ()):
            check(sub)

    for schema in listed["Resources"]:
        for attribute in schema["attributes"]:
            check(attribute)


async def test_a_user_is_found_by_every_matching_attribute_after_the_change(entra: Desk) -> None:
    await entra.create(post("Users", userName=NAME, externalId="e-1"))
    await entra.send(patch("Users", {"op": "replace", "value": {"userName": "upd-Name", "externalId": "upd-E"}}))
    for text in ('userName eq "UPD-NAME"', 'externalId eq "upd-E"'):
        call = find("Users", text)
        assert await entra.outcome(call, await entra.send(call)) == ["upd-Name"]
    for text in (f'userName eq "{NAME}"', 'externalId eq "e-1"', 'externalId eq "UPD-E"'):
        call = find("Users", text)
        assert await entra.outcome(call, await entra.send(call)) == []


async def test_an_empty_text_is_no_boolean_and_the_answer_says_so(entra: Desk) -> None:
    """An emptied ``active`` must not bring a disabled user back."""
    await entra.create(post("Users", userName=NAME, active=False))
    answer = await entra.send(patch("Users", legacy(path="active", value="")))
    assert refusal(answer) == (400, "invalidValue") and "`active`" in answer.json()["detail"]
    assert await read(entra) == {"userName": NAME, "active": False}
