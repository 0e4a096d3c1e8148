"""One answer, two evaluators: what the database selects is what memory finds, on each of the three databases."""

from collections.abc import Callable
from typing import Any

import pytest

from scimserver.schema.catalogue import load_schemas
from scimserver.scim.match import matches
from scimserver.scim.parser import parse_filter
from scimserver.store.counters import Counters
from scimserver.store.documents import Document, now
from scimserver.store.driver import Database
from scimserver.store.indexes import ensure_indexes
from scimserver.store.memberships import MembershipStore
from scimserver.store.query import plan
from scimserver.store.resources import ResourceStore
from scimserver.store.search import Budget, Search

USER = load_schemas().resource_type("User")
GROUP = load_schemas().resource_type("Group")
ENTERPRISE = USER.extensions[0].id
WS = "w1"

AWKWARD = ["$where", "a.b", 'quo"te', "back\\slash", ".*", "nul\x00byte", "Straße", "x" * 300, "{'$gt': ''}"]
USERS: dict[str, dict[str, Any]] = {
    f"u_{n}": {
        "userName": f"{value}@Larkfield.example",
        "externalId": value,
        "active": n % 2 == 0,
        "emails": [
            {"type": "Work", "value": f"{value}@w.example", "primary": True},
            {"type": "home", "value": f"{AWKWARD[n - 1]}@w.example"},
        ],
        ENTERPRISE: {"employeeNumber": str(n % 3), "department": value, "manager": {"value": f"u_{n // 2}"}},
    }
    for n, value in enumerate(AWKWARD)
}
GROUPS: dict[str, dict[str, Any]] = {f"g_{n}": {"displayName": f"Harbour {n}"} for n in range(3)}
MEMBERS = {"g_0": ["u_0", "u_1"], "g_1": ["u_1", "u_2"], "g_2": []}


def _quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("\x00", "\\u0000") + '"'


USER_FILTERS = [
    *(f"userName eq {_quoted((value + '@larkfield.example').upper())}" for value in AWKWARD[:-2] if value != "Straße"),
    *(f"externalId eq {_quoted(value)}" for value in AWKWARD),
    *(f'emails[type eq "work"].value eq {_quoted(value + "@W.example")}' for value in AWKWARD),
    *(f"emails.value eq {_quoted(value + '@w.example')}" for value in AWKWARD),
    *(f"department co {_quoted(value)}" for value in AWKWARD),
    'userName eq "STRASSE@larkfield.example"',
    'id eq "u_3"',
    'id eq "u_3" and manager eq "u_1"',
    'manager eq "u_1" and id eq "u_4"',
    'id eq "u_3" or id eq "u_5"',
    'employeeNumber eq "1" and active eq true',
    'employeeNumber eq "1" or employeeNumber eq "2"',
    'employeeNumber ne "1" and not (active eq true)',
    'emails[type eq "home" and value eq "a.b@w.example" and primary eq null]',
    'groups.value eq "g_1"',
    'groups.value eq "g_1" and groups.value eq "g_0"',
    'groups.value eq "g_1" and active eq true',
    "not (groups pr)",
    'meta.lastModified gt "2001-01-01T00:00:00Z" and title eq null',
    f'schemas eq "{ENTERPRISE}"',
    'userName eq "b7c0b0fe-52d3-4c8e-9a7a-0f2f6f3b61d4"',
]
GROUP_FILTERS = [
    'displayName eq "HARBOUR 1"',
    'members eq "u_1"',
    'members[value eq "u_2"]',
    'members eq "u_0" or members eq "u_2"',
    'members eq "u_1" and members eq "u_2"',
    'id eq "g_1" and members eq "u_1"',
    'members eq "u_0" and id eq "g_1"',
    'displayName eq "Harbour 0" and members eq "u_1"',
    'members[value eq "u_1" and type eq "User"]',
    "members pr",
    'members eq "nobody"',
]
FIND_NOTHING = {
    'manager eq "u_1" and id eq "u_4"',
    'userName eq "b7c0b0fe-52d3-4c8e-9a7a-0f2f6f3b61d4"',
    'members eq "u_0" and id eq "g_1"',
    'members eq "nobody"',
}


class _Stored:
    """Users, groups and memberships of one workspace, and the same resources as memory sees them."""

    def __init__(self, database: Database) -> None:
        counters = Counters(database)
        self.users = ResourceStore(database, counters, USER)
        self.groups = ResourceStore(database, counters, GROUP)
        self.memberships = MembershipStore(database, counters)
        self._database = database

    async def fill(self) -> None:
        await ensure_indexes(self._database)
        # The same values in another workspace must never be found.
        for ws, prefix in ((WS, ""), ("w2", "other_")):
            for store, held in ((self.users, USERS), (self.groups, GROUPS)):
                for resource_id, scim in held.items():
                    await store.insert(_document(store, ws, prefix + resource_id, scim))
        for group, members in MEMBERS.items():
            await self.memberships.add(WS, group, {m: {"type": "User"} for m in members}, now())

    async def find(self, text: str, store: ResourceStore) -> list[str]:
        condition = parse_filter(text, store.resource_type)
        view = _view(store, with_links=False)
        return [e.id for e in await Search(store, self.memberships, WS, condition, view, budget=Budget()).all()]

    def expect(self, text: str, store: ResourceStore) -> list[str]:
        condition = parse_filter(text, store.resource_type)
        view = _view(store, with_links=True)
        held = USERS if store is self.users else GROUPS
        views = {i: view(_document(store, WS, i, scim)) for i, scim in held.items()}
        return [i for i, resource in views.items() if matches(condition, resource, store.resource_type)]


def _document(store: ResourceStore, ws: str, resource_id: str, scim: dict[str, Any]) -> Document:
    moment = now()
    kind = store.resource_type.name
    return Document(resource_id, ws, 1, 0, kind, scim, {}, "1", moment, moment)


def _view(store: ResourceStore, *, with_links: bool) -> Callable[[Document], dict[str, Any]]:
    def view(document: Document) -> dict[str, Any]:
        resource = {
            "id": document.id,
            "schemas": [store.resource_type.schema.id, *(urn for urn in document.scim if ":" in urn)],
            "meta": {"lastModified": document.modified.isoformat()},
            **document.scim,
        }
        if with_links and store.kind == "groups" and MEMBERS[document.id]:
            resource["members"] = [{"value": member, "type": "User"} for member in MEMBERS[document.id]]
        groups = [group for group, members in MEMBERS.items() if document.id in members]
        if with_links and store.kind == "users" and groups:
            resource["groups"] = [{"value": group} for group in groups]
        return resource

    return view


async def test_database_and_memory_give_the_same_answer(database: Database) -> None:
    stored = _Stored(database)
    await stored.fill()
    empty = set()
    for store, texts in ((stored.users, USER_FILTERS), (stored.groups, GROUP_FILTERS)):
        for text in texts:
            found = await stored.find(text, store)
            assert (text, found) == (text, stored.expect(text, store))
            if not found:
                empty.add(text)
    assert empty == FIND_NOTHING


@pytest.mark.parametrize("text", ['userName eq "$WHERE@larkfield.example"', 'externalId eq ".*"', 'manager eq "u_1"'])
async def test_a_match_filter_uses_the_index_of_keys(wire_database: Database, text: str) -> None:
    stored = _Stored(wire_database)
    await stored.fill()
    chosen = plan(parse_filter(text, USER), USER)
    explained = await wire_database.users.find({"ws": WS, **chosen.query}).explain()
    assert "IXSCAN" in str(explained)
