"""The comparison finds each way in which a server can be wrong, and nothing where it is right."""

from collections.abc import Callable
from typing import Any

import pytest

from scimserver.simulate.compare import compare
from scimserver.simulate.differences import Difference, Differences
from scimserver.simulate.journal import Journal
from scimserver.simulate.mapping.mapping import Mapping
from scimserver.simulate.mapping.targets import ENTERPRISE
from scimserver.simulate.okta import client as okta_client
from scimserver.simulate.okta.service import OktaService
from scimserver.simulate.problems import SimulateProblem
from scimserver.simulate.progress import Progress
from scimserver.simulate.source.directory import Change, Directory
from scimserver.simulate.state import State
from scimserver.simulate.wire import Wire

from .fake_server import URL, FakeServer, refuse
from .people import person, source, team

Resource = dict[str, Any]


class Office:
    """A source of three people and a group, provisioned into a server that the test then spoils."""

    def __init__(self) -> None:
        self.server = FakeServer()
        self.ines = person("ines", telephoneNumber="+44 1", department="Survey")
        self.bea = person("bea", manager="p-ines")
        self.tom = person("tom")
        self.works = team("Harbour Works", "ines", "bea")
        self.directory: Directory = source(self.ines, self.bea, self.tom, self.works)
        self.mapping = Mapping.load(None, "okta")
        self.state = State("okta", URL, self.directory)

    def wire(self) -> Wire:
        return Wire(URL, "secret", journal=Journal(), parallel=1, transport=self.server.transport())

    async def provision(self, *changes: Change) -> None:
        async with self.wire() as wire:
            service = OktaService(
                wire, self.directory, self.mapping, self.mapping.scope, self.state, "legacy", Journal(), Progress(False)
            )
            if self.state.initial_done:
                await service.incremental_cycle(list(changes))
            else:
                await service.initial_cycle()

    async def compare(self) -> Differences:
        async with self.wire() as wire:
            return await compare(wire, self.directory, self.mapping, self.mapping.scope, self.state)

    def user(self, name: str) -> Resource:
        return self.server.users[self.state.ids[f"p-{name}"]]

    def group(self) -> Resource:
        return self.server.groups[self.state.ids[self.works.id]]


@pytest.fixture
async def office() -> Office:
    made = Office()
    await made.provision()
    return made


async def lines(office: Office) -> list[str]:
    return [str(difference) for difference in await office.compare()]


def without_ids(office: Office, text: str) -> str:
    names = {target_id: source_id for source_id, target_id in office.state.ids.items()}
    for target_id, source_id in names.items():
        text = text.replace(target_id, source_id)
    return text


async def test_a_server_that_is_right_has_no_differences(office: Office) -> None:
    found = await office.compare()
    assert found == []
    assert (found.users, found.groups, found.foreign) == (3, 1, 0)


SPOILT: dict[str, tuple[Callable[[Office], object], str]] = {
    "a changed value": (
        lambda o: o.user("ines").update(displayName="Somebody"),
        'user ines@larkfield.example (p-ines): displayName is "Somebody" and should be "Ines Okafor"',
    ),
    "a value in another letter case": (
        lambda o: o.user("ines").update(userName="INES@larkfield.example"),
        'user ines@larkfield.example (p-ines): userName is "INES@larkfield.example" and should be "ines@larkfield.example"',
    ),
    "a lost value": (
        lambda o: o.user("ines").pop("externalId"),
        'user ines@larkfield.example (p-ines): externalId is not there and should be "p-ines"',
    ),
    "a sub-attribute": (
        lambda o: o.user("ines")["name"].update(familyName="Reid"),
        'user ines@larkfield.example (p-ines): name.familyName is "Reid" and should be "Okafor"',
    ),
    "an element under another type": (
        lambda o: o.user("ines")["phoneNumbers"][0].update(type="mobile"),
        'user ines@larkfield.example (p-ines): phoneNumbers[type eq "work"].value is not there and should be "+44 1"',
    ),
    "a value of an extension": (
        lambda o: o.user("ines")[ENTERPRISE].update(department="Pilotage"),
        f'user ines@larkfield.example (p-ines): {ENTERPRISE}:department is "Pilotage" and should be "Survey"',
    ),
    "a boolean as text": (
        lambda o: o.user("ines")["emails"][0].update(primary="true"),
        'user ines@larkfield.example (p-ines): emails[type eq "work"].primary is "true" and should be True',
    ),
    "an inactive user": (
        lambda o: o.user("ines").update(active=False),
        "user ines@larkfield.example (p-ines): active is False and should be True",
    ),
    "another manager": (
        lambda o: o.user("bea")[ENTERPRISE]["manager"].update(value=o.state.ids["p-tom"]),
        f'user bea@larkfield.example (p-bea): {ENTERPRISE}:manager is "p-tom" and should be "p-ines"',
    ),
    "no manager": (
        lambda o: o.user("bea").pop(ENTERPRISE),
        f'user bea@larkfield.example (p-bea): {ENTERPRISE}:manager is not there and should be "p-ines"',
    ),
    "a manager whom nobody sent": (
        lambda o: o.user("tom").update({ENTERPRISE: {"manager": {"value": o.state.ids["p-ines"]}}}),
        f'user tom@larkfield.example (p-tom): {ENTERPRISE}:manager is "p-ines" and should be not there',
    ),
    "a manager as a bare string": (
        lambda o: o.user("bea")[ENTERPRISE].update(manager=o.state.ids["p-ines"]),
        f'user bea@larkfield.example (p-bea): {ENTERPRISE}:manager is "p-ines" and should be "p-ines": '
        "it is a bare string, where an object belongs",
    ),
    "a lost member": (
        lambda o: o.group()["members"].pop(),
        "group Harbour Works (t-Harbour Works): members lack p-bea",
    ),
    "a member too many": (
        lambda o: o.group()["members"].append({"value": o.state.ids["p-tom"]}),
        "group Harbour Works (t-Harbour Works): members have p-tom too many",
    ),
    "a member instead of another": (
        lambda o: o.group()["members"][1].update(value=o.state.ids["p-tom"]),
        "group Harbour Works (t-Harbour Works): members lack p-bea and have p-tom too many",
    ),
    "a renamed group": (
        lambda o: o.group().update(displayName="Works"),
        'group Harbour Works (t-Harbour Works): displayName is "Works" and should be "Harbour Works"',
    ),
    "a lost user": (
        lambda o: o.server.users.pop(o.state.ids["p-tom"]),
        "user tom@larkfield.example (p-tom) is missing: it was there before",
    ),
    "a lost group": (
        lambda o: o.server.groups.pop(o.state.ids["t-Harbour Works"]),
        "group Harbour Works (t-Harbour Works) is missing: it was there before",
    ),
    "a user who was never created": (
        lambda o: (o.server.users.pop(o.state.ids.pop("p-tom")), o.state.fail("p-tom", "500", "oops")),
        "user tom@larkfield.example is missing: oops",
    ),
    "a user whom the source has no more": (
        lambda o: o.directory.people.pop("p-tom"),
        "user tom@larkfield.example (p-tom) is still there: the source has it no more",
    ),
    "a group whom the source has no more": (
        lambda o: o.directory.teams.clear(),
        "group Harbour Works (t-Harbour Works) is still there: the source has it no more",
    ),
}


@pytest.mark.parametrize("spoilt", SPOILT)
async def test_finds(office: Office, spoilt: str) -> None:
    spoil, line = SPOILT[spoilt]
    spoil(office)
    assert [without_ids(office, text) for text in await lines(office)] == [line]


async def test_a_value_that_the_source_has_lost_stays_as_it_was_sent(office: Office) -> None:
    office.ines["telephoneNumber"] = None
    await office.provision(Change("update", "p-ines"))
    assert await office.compare() == []
    office.user("ines")["phoneNumbers"] = []
    [difference] = await office.compare()
    assert (difference.path, difference.wanted, difference.found) == (
        'phoneNumbers[type eq "work"].value',
        "+44 1",
        None,
    )


async def test_a_released_user_stays_as_last_sent_and_inactive(office: Office) -> None:
    office.tom["IsSoftDeleted"] = True
    await office.provision(Change("soft_delete", "p-tom"))
    office.tom["displayName"] = "not sent any more"
    assert await office.compare() == []
    resource = office.server.users[office.state.released["p-tom"]]
    resource["active"] = True
    assert [d.problem for d in await office.compare()] == ["active"]
    office.server.users.pop(resource["id"])
    assert [(d.problem, d.reason) for d in await office.compare()] == [("missing", "it was disabled, not deleted")]


async def test_a_released_user_is_still_expected_when_the_source_has_lost_them(office: Office) -> None:
    del office.directory.people["p-tom"]
    await office.provision(Change("hard_delete", "p-tom"))
    assert await office.compare() == []
    office.server.users.pop(office.state.released["p-tom"])
    assert [d.problem for d in await office.compare()] == ["missing"]


async def test_what_was_deleted_must_be_404(office: Office) -> None:
    gone = dict(office.group())
    office.directory.teams.clear()
    await office.provision(Change("delete_group", "t-Harbour Works"))
    assert await office.compare() == []
    office.server.groups[gone["id"]] = gone
    [difference] = await office.compare()
    assert str(difference) == f"group Harbour Works ({gone['id']}) is still there: it was deleted"


async def test_a_disabled_person_who_was_never_created_is_not_missed(office: Office) -> None:
    zoe = person("zoe", accountEnabled=False)
    office.directory.people[zoe.id] = zoe
    assert await office.compare() == []
    zoe["accountEnabled"] = True
    assert [d.problem for d in await office.compare()] == ["missing"]


async def test_of_somebody_disabled_who_is_still_managed_nothing_but_that_is_expected(office: Office) -> None:
    office.bea.update(accountEnabled=False, displayName="not sent", manager="p-tom")
    assert [(d.problem, d.wanted) for d in await office.compare()] == [("active", False)]
    office.user("bea")["active"] = False
    assert await office.compare() == []


async def test_a_group_out_of_scope_is_left_over(office: Office) -> None:
    office.mapping.scope.assigned = frozenset({"p-ines", "p-bea", "p-tom"})
    [difference] = await office.compare()
    assert (difference.problem, difference.reason) == ("left over", "it is out of scope")


async def test_foreign_objects_are_counted_only(office: Office) -> None:
    office.server.users["u_x"] = {"id": "u_x", "userName": "somebody"}
    office.server.groups["g_x"] = {"id": "g_x", "displayName": "Others"}
    found = await office.compare()
    assert (found, found.users, found.groups, found.foreign) == ([], 4, 2, 2)


async def test_a_manager_who_was_deleted_may_be_cleared_or_not(office: Office) -> None:
    office.bea["manager"] = None
    before = office.state.ids.pop("p-ines")
    office.state.deleted["p-ines"] = f"/Users/{before}"
    office.server.users.pop(before)
    del office.directory.people["p-ines"]
    office.works["members"] = office.group()["members"] = []
    assert await office.compare() == []
    del office.user("bea")[ENTERPRISE]["manager"]
    assert await office.compare() == []
    office.user("bea")[ENTERPRISE]["manager"] = {"value": "u_other"}
    assert [d.problem for d in await office.compare()] == ["manager"]


async def test_a_deleted_user_who_is_still_a_member_is_counted_and_no_difference(office: Office) -> None:
    office.state.deleted["p-zoe"] = "/Users/u_zoe"
    office.group()["members"].append({"value": "u_zoe"})
    found = await office.compare()
    assert (found, found.dangling) == ([], 1)
    office.group()["members"].append({"value": "u_nobody"})
    assert [d.problem for d in await office.compare()] == ["members"]


async def test_long_member_lists_are_cut_in_the_line_only() -> None:
    wanted = [f"u_{number}" for number in range(9)]
    difference = Difference("members", "group", "Works", "t-1", "g_1", "members", wanted, [])
    assert str(difference) == "group Works (g_1): members lack u_0, u_1, u_2, u_3, u_4 and 4 more"


async def test_small_pages_are_read_to_the_end(office: Office) -> None:
    office.server.page = 2
    office.server.asked.clear()
    found = await office.compare()
    assert (found, found.users) == ([], 3)
    assert [path for path in office.server.reads() if path.startswith("/Users")] == [
        "/Users?startIndex=1&count=200",
        "/Users?startIndex=3&count=200",
    ]


@pytest.mark.parametrize("element", [{"value": "editor"}, {"value": "editor", "display": "Editor", "primary": False}])
async def test_a_list_must_hold_what_was_sent_and_may_hold_more(office: Office, element: dict[str, Any]) -> None:
    office.state.remember("p-tom", {"roles": [{"value": "editor"}]})
    office.user("tom")["roles"] = [{"value": "viewer"}, element]
    assert await office.compare() == []
    office.user("tom")["roles"] = [{"value": "viewer"}]
    assert [d.path for d in await office.compare()] == ["roles"]


@pytest.mark.parametrize(
    ("status", "detail", "words"),
    [(500, "oops", "GET /Users was answered 500: oops"), (200, "no list", "no ListResponse of resources")],
)
async def test_what_cannot_be_read_is_an_error_and_no_difference(
    office: Office, status: int, detail: str, words: str
) -> None:
    office.server.scripted.append(refuse("GET", "/Users", status, detail))
    with pytest.raises(SimulateProblem, match=words):
        async with Wire(
            URL,
            "secret",
            journal=Journal(),
            retries=okta_client.OktaRetries(pause=0),
            transport=office.server.transport(),
        ) as wire:
            await compare(wire, office.directory, office.mapping, office.mapping.scope, office.state)


async def test_a_list_that_ends_too_early_is_an_error(office: Office) -> None:
    office.server.page = 0
    with pytest.raises(SimulateProblem, match="is an empty page, although totalResults is 3"):
        await office.compare()
