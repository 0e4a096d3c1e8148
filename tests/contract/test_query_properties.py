"""Random filters and orders on random resources: a database answers what filtering, sorting and slicing in memory do.

The two evaluators of a filter are held equal through everything that stands between them: match keys and indexes,
membership rows, projected reads, batches, cuts, and the union over resource types.
"""

from dataclasses import dataclass, field, replace
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from scimserver.schema.attributes import ResourceType
from scimserver.scim.match import matches
from scimserver.scim.narrowing import narrow
from scimserver.scim.parser import parse_filter
from scimserver.scim.sorting import ABSENT, Place, Sort, parse_sort
from scimserver.service.representation import resource_view
from scimserver.store.documents import Document, now
from scimserver.store.driver import Database
from scimserver.store.indexes import INDEXES
from scimserver.store.pages import page_by_index, page_from
from scimserver.store.resources import DuplicateValue, ResourceStore
from scimserver.store.search import Budget, Search, View
from tests.unit.scim_filter.random_filters import filters, resources

from .world import GROUP, USER, WS, World, document, new_world

TYPES = [USER, GROUP]
SORTS = [
    "userName", "externalId", "active", "name.familyName", "emails", "emails.type", "x509Certificates", "displayName",
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department", "manager", "groups.display", "members",
    "meta.created", "id",
]  # fmt: skip
QUICK = settings(
    max_examples=max(settings.default.max_examples // 3, 10) if settings.default else 10,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],  # the assertion names filter and order; making the example smaller takes minutes
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large],
)

# Built once: making the strategies of a resource type costs far more than drawing from them.
FILTERS = st.one_of(filters(USER), filters(GROUP)).map(str)
HELD = {t.name: st.lists(resources(t), max_size=5) for t in TYPES}
LINKS = st.sets(st.tuples(st.sampled_from(["a", "b", "work"]), st.sampled_from(["1", "2", "3", "a"])), max_size=6)
ORDERS = st.tuples(st.sampled_from([None, *SORTS]), st.sampled_from(["ascending", "descending"]))


@dataclass
class Stored:
    """What one example put into the database, as memory sees it: whole resources by type, in order of creation."""

    world: World
    views: dict[str, list[tuple[int, dict[str, Any]]]] = field(default_factory=dict)

    async def put(self, store: ResourceStore, ids: list[str], held: list[dict[str, Any]]) -> None:
        kind = store.resource_type
        for number, (resource_id, drawn) in enumerate(zip(ids, held, strict=False)):
            own = {name: value for name, value in drawn.items() if name not in ("groups", "members")}
            made = document(kind.name, "x", WS, {**own, **({"displayName": f"Crew {number}"} if kind is GROUP else {})})
            try:
                inserted = await store.insert(replace(made, id=resource_id))
            except DuplicateValue:
                continue  # two of the random values were alike
            self.views.setdefault(kind.name, []).append((inserted.seq, view_of(kind)(inserted)))

    async def link(self, pairs: set[tuple[str, str]]) -> None:
        users = {view["id"] for _, view in self.views.get("User", [])}
        groups = {view["id"]: view for _, view in self.views.get("Group", [])}
        linked = sorted((g, m) for g, m in pairs if g in groups and m in users | groups.keys() and g != m)
        for group, member in linked:
            kind = "Group" if member in groups else "User"
            await self.world.rows.add(WS, group, {member: {"type": kind}}, now())
            groups[group].setdefault("members", []).append({"value": member, "type": kind})
        for _, user in self.views.get("User", []):
            found = [g for g, m in linked if m == user["id"]]
            if found:
                user["groups"] = [{"value": g, "display": groups[g]["displayName"], "type": "direct"} for g in found]

    def expect(self, types: list[ResourceType], text: str | None, order: tuple[str | None, str]) -> list[str]:
        """Filter and sort in memory, in the plainest way there is."""
        rows: list[tuple[Any, str]] = []
        descending = order[1] == "descending"
        for kind in types:
            others = [other for other in types if other is not kind]
            condition = parse_filter(text, kind, others=others) if text else None
            sort = parse_sort(*order, kind, others)
            for _, view in sorted(self.views.get(kind.name, []), key=lambda pair: pair[0]):
                if condition is None or matches(condition, view, kind):
                    rows.append((sort.key(view, kind) if sort else (), view["id"]))
        if order[0] is None:
            return [i for _, i in rows]
        absent = [i for key, i in rows if key == ABSENT]
        present = [row for row in rows if row[0] != ABSENT]
        present.sort(key=lambda row: row[0], reverse=descending)
        return absent + [i for _, i in present] if descending else [i for _, i in present] + absent

    def searches(self, types: list[ResourceType], text: str | None, order: tuple[str | None, str]) -> list[Search]:
        """One request's searches, as the service makes them."""
        stores = {"User": self.world.users, "Group": self.world.groups}
        made = []
        budget = Budget()
        for position, kind in enumerate(types):
            others = [other for other in types if other is not kind]
            left = narrow(parse_filter(text, kind, others=others), kind) if text else True
            if left is not False:
                made.append(
                    Search(
                        stores[kind.name],
                        self.world.rows,
                        WS,
                        None if left is True else left,
                        view_of(kind),
                        budget=budget,
                        sort=parse_sort(*order, kind, others),
                        position=position,
                    )
                )
        return made


def view_of(kind: ResourceType) -> View:
    def view(stored: Document) -> dict[str, Any]:
        return resource_view(stored, kind, "https://scim.example.net/t/larkfield/scim/v2")

    return view


async def emptied(database: Database) -> World:
    """A new process on a database without any resource."""
    world = await new_world(database) if "users" not in await database.collection_names() else World(database)
    for name in (*INDEXES, "counters"):
        await database[name].delete_many({})
    return world


async def walked(
    stored: Stored,
    types: list[ResourceType],
    text: str | None,
    order: tuple[str | None, str],
    backward: bool,
    take: int,
) -> list[str]:
    sort = sort_of(types, order)
    seen: list[str] = []
    cut: Place | None = None
    while True:
        page = await page_from(stored.searches(types, text, order), sort, cut, take, backward=backward)
        ids = [entry.id for entry in page.entries]
        assert len(ids) <= take
        seen = [*ids, *seen] if backward else [*seen, *ids]
        cut = page.before if backward else page.behind
        if cut is None:
            return seen


def sort_of(types: list[ResourceType], order: tuple[str | None, str]) -> Sort | None:
    return parse_sort(*order, types[0], types[1:])


@given(data=st.data())
@QUICK
async def test_a_database_answers_as_memory_does(database: Database, data: st.DataObject) -> None:
    stored = Stored(await emptied(database))
    await stored.put(stored.world.users, ["1", "2", "3", "4", "5"], data.draw(HELD["User"]))
    await stored.put(stored.world.groups, ["a", "b", "work", "c", "d"], data.draw(HELD["Group"]))
    await stored.link(data.draw(LINKS))
    for types in ([USER], [GROUP], TYPES):
        order = data.draw(ORDERS)
        if len(types) == 1 and order[0] and (order[0] == "members") is (types[0] is USER):
            order = ("displayName", order[1])
        if types == [GROUP] and order[0] not in ("members", "displayName", "externalId", "id", "meta.created"):
            order = (None, order[1])
        text = data.draw(st.one_of(st.none(), FILTERS)) if len(types) > 1 else str(data.draw(OF_TYPE[types[0].name]))
        expected = stored.expect(types, text, order)
        skip, take = data.draw(st.integers(0, 4)), data.draw(st.integers(0, 4))
        page = await page_by_index(stored.searches(types, text, order), sort_of(types, order), skip, take)
        asked = f"{[t.name for t in types]} {text} {order}"
        assert (asked, [e.id for e in page.entries]) == (asked, expected[skip : skip + take])
        assert page.total == len(expected)
        for backward in (False, True):
            found = await walked(stored, types, text, order, backward, max(take, 1))
            assert (asked, backward, found) == (asked, backward, expected)


OF_TYPE = {t.name: filters(t) for t in TYPES}
