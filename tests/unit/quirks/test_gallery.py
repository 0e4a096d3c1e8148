"""What Microsoft's gallery validation does with a server that is to be listed (idp-clients §8)."""

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import pytest_asyncio

from tests.unit.web.conftest import Site

from .cases import CORE, ENTERPRISE, INES, Desk, find, patch, post, refusal
from .conftest import Open, cleared

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module", params=["default", "entra"])
async def tolerant(desk: Open, site: Site, request: pytest.FixtureRequest) -> AsyncIterator[Desk]:
    """A workspace for any identity provider, and one for Entra ID only."""
    async with cleared(site, await desk(request.param)) as opened:
        yield opened


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


def entra(**operation: Any) -> dict[str, Any]:
    return {"op": "Replace", **operation}


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


async def test_every_text_of_the_schemas_takes_any_text(tolerant: Desk) -> None:
    """One PATCH in Entra's default dialect; neither e-mail nor country nor language is checked for its form."""
    await tolerant.create(INES)
    paths = [path for urn in (CORE, ENTERPRISE) for path in texts((await tolerant.client.get(f"Schemas/{urn}")).json())]
    assert {"userName", "locale", 'emails[type eq "work"].value', 'addresses[type eq "home"].country'} <= {*paths}
    assert "roles[primary eq true].value" in paths and f"{ENTERPRISE}:costCenter" in paths and len(paths) > 60
    wanted = {path: f"upd-{number:03}" for number, path in enumerate(paths)}
    call = patch("Users", *(entra(path=path.replace("true", '"True"'), value=text) for path, text in wanted.items()))
    after = await tolerant.outcome(call, await tolerant.send(call))
    assert {path: value_at(after, path) for path in paths} == wanted
    again = {path: text.replace("upd", "again") for path, text in wanted.items()}
    flat = patch("Users", {"op": "replace", "value": again})
    after = await tolerant.outcome(flat, await tolerant.send(flat))
    assert {path: value_at(after, path) for path in paths} == again


@pytest.mark.parametrize("dialect", ["one operation for each path", "one operation without a path"])
async def test_every_optional_mapped_path_is_emptied_twice(tolerant: Desk, dialect: str) -> None:
    def message(value: Any) -> Any:
        if dialect == "one operation without a path":
            return patch("Users", {"op": "replace", "value": dict.fromkeys(MAPPED, value)})
        return patch("Users", *(entra(path=path, value=value) for path in MAPPED))

    await tolerant.create(INES)
    full = message("something")
    after = await tolerant.outcome(full, await tolerant.send(full))
    assert {value_at(after, path) for path in MAPPED} == {"something"}
    for _ in range(2):
        for empty in ("", None):
            call = message(empty)
            assert await tolerant.outcome(call, await tolerant.send(call)) == {"userName": NAME}
        await tolerant.send(full)


async def test_a_mapped_path_is_emptied_and_the_others_stay(tolerant: Desk) -> None:
    await tolerant.create(INES)
    await tolerant.send(patch("Users", *(entra(path=mapped, value="something") for mapped in MAPPED)))
    for number, path in enumerate(MAPPED):
        answer = await tolerant.send(patch("Users", entra(path=path, value="" if number % 2 else None)))
        left = [mapped for mapped in MAPPED if value_at(answer.json(), mapped) is not None]
        assert left == list(MAPPED[number + 1 :])


async def test_a_manager_is_set_by_a_bare_id_replaced_and_cleared(tolerant: Desk) -> None:
    await tolerant.create(INES)
    for op, sent, held in (
        ("Add", "{theo}", "{theo}"),
        ("Replace", "{mia}", "{mia}"),
        ("Replace", "", None),
        ("Add", "{mia}", "{mia}"),
        ("Replace", None, None),
    ):
        call = patch("Users", {"op": op, "path": MANAGER, "value": sent})
        after = await tolerant.outcome(call, await tolerant.send(call))
        assert after == {"userName": NAME} | ({ENTERPRISE: {"manager": {"value": held}}} if held else {})


async def test_a_manager_who_is_not_there_yet_is_kept_as_sent(tolerant: Desk) -> None:
    await tolerant.create(INES)
    call = patch("Users", {"op": "Add", "path": "manager", "value": "u_later"})
    after = await tolerant.outcome(call, await tolerant.send(call))
    assert after[ENTERPRISE] == {"manager": {"value": "u_later"}}


async def test_an_operation_without_a_path_has_dotted_qualified_and_whole_keys(tolerant: Desk) -> None:
    await tolerant.create(
        post("Users", userName=NAME, name={"givenName": "Ines"}, **{ENTERPRISE: {"division": "North"}})
    )
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
    assert await tolerant.outcome(call, await tolerant.send(call)) == {
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


async def test_a_message_with_nothing_to_do_is_answered_with_the_unchanged_user(tolerant: Desk) -> None:
    made = await tolerant.create(INES)
    answer = await tolerant.send(patch("Users"))
    assert (answer.status_code, answer.json()) == (200, made)


async def test_one_unknown_id_of_many_does_not_discard_the_rest(tolerant: Desk) -> None:
    people = [await tolerant.create(post("Users", userName=f"hand{n}@larkfield.example")) for n in range(12)]
    group = await tolerant.create(post("Groups", displayName="Crew"))
    sent = [
        {"$ref": None, "value": i} for i in (*(p["id"] for p in people[:6]), "u_nobody", *(p["id"] for p in people[6:]))
    ]
    answer = await tolerant.send(patch("Groups", {"op": "Add", "path": "members", "value": sent}))
    assert answer.status_code == 204
    read = (await tolerant.client.get(f"Groups/{group['id']}")).json()
    assert {member["value"] for member in read["members"]} == {person["id"] for person in people}
    for person in people:
        held = (await tolerant.client.get(f"Users/{person['id']}")).json()["groups"]
        assert [g["value"] for g in held] == [group["id"]]


async def test_both_dialects_meet_on_one_user_on_one_day(tolerant: Desk) -> None:
    await tolerant.create(INES)
    home = {"type": "home", "value": "ines@home.example"}
    legacy = patch(
        "Users",
        {"op": "Add", "path": 'emails[type eq "work"].value', "value": NAME},
        entra(path="active", value="False"),
        entra(path=f"{ENTERPRISE}:department", value="Survey"),
    )
    flagged = patch(
        "Users",
        {"op": "add", "path": 'emails[type eq "home"].value', "value": home["value"]},
        {
            "op": "replace",
            "value": {"active": True, f"{ENTERPRISE}:department": "Harbour Works", "name.givenName": "Ines"},
        },
    )
    await tolerant.send(legacy)
    assert (await tolerant.outcome(flagged, await tolerant.send(flagged))) == {
        "userName": NAME,
        "active": True,
        "name": {"givenName": "Ines"},
        "emails": [{"type": "work", "value": NAME}, home],
        ENTERPRISE: {"department": "Harbour Works"},
    }
    after = await tolerant.outcome(legacy, await tolerant.send(legacy))
    assert after["active"] is False and after[ENTERPRISE] == {"department": "Survey"}
    assert after["emails"] == [{"type": "work", "value": NAME}, home]


async def test_members_are_removed_in_both_dialects(tolerant: Desk) -> None:
    await tolerant.create(post("Groups", displayName="Crew", members=[{"value": "{theo}"}, {"value": "{mia}"}]))
    legacy = patch("Groups", {"op": "Remove", "path": "members", "value": [{"$ref": None, "value": "{theo}"}]})
    after = await tolerant.outcome(legacy, await tolerant.send(legacy))
    assert [member["value"] for member in after["members"]] == ["{mia}"]
    flagged = patch("Groups", {"op": "remove", "path": 'members[value eq "{mia}"]'})
    assert (await tolerant.outcome(flagged, await tolerant.send(flagged)))["members"] == []


@pytest.mark.parametrize("kind", ["User", "Group"])
async def test_the_external_id_is_offered_for_mapping(tolerant: Desk, kind: str) -> None:
    schema = (await tolerant.client.get(f"Schemas/urn:ietf:params:scim:schemas:core:2.0:{kind}")).json()
    (external,) = [a for a in schema["attributes"] if a["name"] == "externalId"]
    assert (external["type"], external["caseExact"], external["mutability"]) == ("string", True, "readWrite")
    assert external["description"]


async def test_discovered_attributes_are_described_in_exact_words_and_without_null(tolerant: Desk) -> None:
    listed = (await tolerant.client.get("Schemas")).json()
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


# -- app roles: the three expressions that may be mapped to `roles` (idp-clients §4) -------------------------------------


def packed(value: str, name: str) -> str:
    return json.dumps({"id": f"0a1b2c3d-{value}", "value": value, "displayName": name})


async def test_single_app_role_assignment(tolerant: Desk) -> None:
    sent = [{"primary": True, "type": "WindowsAzureActiveDirectoryRole", "value": "Admin"}]
    await tolerant.create(post("Users", userName=NAME, roles=sent))
    assert (await read(tolerant))["roles"] == sent
    plain = patch("Users", entra(path='roles[primary eq "True"].value', value="Reader"))
    assert (await tolerant.outcome(plain, await tolerant.send(plain)))["roles"] == [{**sent[0], "value": "Reader"}]
    json_text = patch("Users", entra(path='roles[primary eq "True"].value', value=packed("editor", "Editor")))
    assert (await tolerant.outcome(json_text, await tolerant.send(json_text)))["roles"] == [
        {**sent[0], "value": "editor", "display": "Editor"}
    ]


async def test_single_app_role_assignment_of_who_has_none(tolerant: Desk) -> None:
    await tolerant.create(INES)
    call = patch("Users", {"op": "Add", "path": 'roles[primary eq "True"].value', "value": packed("editor", "Editor")})
    assert (await tolerant.outcome(call, await tolerant.send(call)))["roles"] == [
        {"primary": True, "value": "editor", "display": "Editor"}
    ]


async def test_app_role_assignments_complex_adds_up(tolerant: Desk) -> None:
    sent = [{"primary": False, "value": "owner", "displayName": "Owner", "type": "App"}]
    owner = {"primary": False, "value": "owner", "display": "Owner", "type": "App"}
    await tolerant.create(post("Users", userName=NAME, roles=sent))
    assert (await read(tolerant))["roles"] == [owner]
    added = [{"value": packed("editor", "Editor")}, {"value": packed("viewer", "Viewer")}]
    roles = [owner, {"value": "editor", "display": "Editor"}, {"value": "viewer", "display": "Viewer"}]
    for _ in range(2):
        call = patch("Users", {"op": "Add", "path": "roles", "value": added})
        assert (await tolerant.outcome(call, await tolerant.send(call)))["roles"] == roles
    again = patch("Users", {"op": "Add", "path": "roles", "value": [{"value": packed("owner", "Owner")}]})
    assert (await tolerant.outcome(again, await tolerant.send(again)))["roles"] == roles


async def test_assertive_app_role_assignments_complex_takes_away(tolerant: Desk) -> None:
    sent = [{"value": "owner", "display": "Owner"}, {"value": "editor", "display": "Editor"}]
    await tolerant.create(post("Users", userName=NAME, roles=sent))
    call = patch("Users", entra(path="roles", value=[{"value": packed("editor", "Editor")}]))
    assert (await tolerant.outcome(call, await tolerant.send(call)))["roles"] == sent[1:]
    plain = patch("Users", {"op": "replace", "value": {"roles": sent[:1]}})
    assert (await tolerant.outcome(plain, await tolerant.send(plain)))["roles"] == sent[:1]


# -- as the validation asks ----------------------------------------------------------------------------------------------


async def test_a_user_is_found_by_every_matching_attribute_after_the_change(tolerant: Desk) -> None:
    await tolerant.create(post("Users", userName=NAME, externalId="e-1"))
    await tolerant.send(patch("Users", {"op": "replace", "value": {"userName": "upd-Name", "externalId": "upd-E"}}))
    for text in ('userName eq "UPD-NAME"', 'externalId eq "upd-E"'):
        call = find("Users", text)
        assert await tolerant.outcome(call, await tolerant.send(call)) == ["upd-Name"]
    for text in (f'userName eq "{NAME}"', 'externalId eq "e-1"', 'externalId eq "UPD-E"'):
        call = find("Users", text)
        assert await tolerant.outcome(call, await tolerant.send(call)) == []


async def test_an_empty_text_is_no_boolean_and_the_answer_says_so(tolerant: Desk) -> None:
    """An emptied ``active`` must not bring a disabled user back."""
    await tolerant.create(post("Users", userName=NAME, active=False))
    answer = await tolerant.send(patch("Users", entra(path="active", value="")))
    assert refusal(answer) == (400, "invalidValue") and "`active`" in answer.json()["detail"]
    assert await read(tolerant) == {"userName": NAME, "active": False}
