"""The worked examples do what their docstrings say, and pass the check that their readers will run."""

from importlib.metadata import entry_points
from pathlib import Path

import pytest
import scimserver_plugins.examples
from scimserver_plugins.examples import cost_centre, door_badge, initials

from scimserver.authoring.check import check
from scimserver.errors import Conflict, InvalidValue
from scimserver.hookspecs import CommittedEvent, WorkspaceContext
from scimserver.plugins import PluginManager, PluginProblem
from scimserver.schema.catalogue import load_schemas
from scimserver.testing import map_resource, run_dialogues

FOLDER = Path(scimserver_plugins.examples.__file__).parent
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
TABLE = {"Survey": "4130", "Pilotage": "4140"}


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("initials.py", {}),
        ("cost_centre.py", {"table": TABLE}),
        ("cost_centre.py", {"table": TABLE, "unknown": "refuse"}),
        ("cost_centre.py", {"table": TABLE, "unknown": "default", "default": "4000", "attribute": "emails.value"}),
        ("door_badge", {}),
    ],
)
def test_an_example_passes_the_check(name, settings):
    report = check(FOLDER / name, settings)
    assert list(report.problems) == []
    assert report.mapped


def test_the_folder_of_examples_can_be_named_and_is_not_installed():
    assert {"initials", "cost_centre", "door_badge"} <= set(PluginManager.load([FOLDER]).infos)
    assert not {"initials", "cost_centre", "door_badge"} & set(PluginManager.load().infos)
    assert all("examples" not in point.value for point in entry_points(group="scimserver"))


# -- initials ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("resource", "letters"),
    [
        ({"name": {"givenName": "Ines", "familyName": "Okafor"}, "displayName": "Dr O"}, "IO"),
        ({"displayName": "Ines van der Okafor"}, "IV"),
        ({"name": {"familyName": "Okafor"}}, "O"),
        ({"displayName": "ines"}, "I"),
        ({"userName": "ines"}, None),
        ({"displayName": " \t"}, None),
    ],
)
def test_initials(resource, letters):
    assert map_resource(initials, resource) == ({"initials": letters} if letters else {})
    assert map_resource(initials, resource, resource_type="Group") == {}


# -- cost_centre -------------------------------------------------------------------------------------------------------


def person(department: str | None = None) -> dict:
    return {"userName": "ines", **({ENTERPRISE: {"department": department}} if department else {})}


@pytest.mark.parametrize(
    ("department", "settings", "made"),
    [
        ("survey ", {}, {"cost_centre": "4130"}),
        ("Kitchen", {}, {}),
        (None, {}, {}),
        ("Kitchen", {"unknown": "default", "default": "4000"}, {"cost_centre": "4000"}),
        (None, {"unknown": "default", "default": "4000"}, {"cost_centre": "4000"}),
        ("Survey", {"unknown": "refuse"}, {"cost_centre": "4130"}),
    ],
)
def test_the_cost_centre_is_looked_up(department, settings, made):
    assert map_resource(cost_centre, person(department), settings={"table": TABLE, **settings}) == made


@pytest.mark.parametrize(
    ("department", "told"), [("Kitchen", "has a value without a cost centre"), (None, "is missing")]
)
def test_a_user_without_cost_centre_is_refused_where_that_is_wanted(department, told):
    with pytest.raises(InvalidValue, match=told) as refusal:
        map_resource(cost_centre, person(department), settings={"table": TABLE, "unknown": "refuse"})
    assert "Kitchen" not in refusal.value.detail


def test_the_attribute_may_be_another_one():
    assert map_resource(cost_centre, {"title": "Survey"}, settings={"table": TABLE, "attribute": "title"}) == {
        "cost_centre": "4130"
    }


@pytest.mark.parametrize(("name", "made"), [("Team Harbour", {"team": "Harbour"}), ("Harbour Works", {})])
def test_teams_are_told_from_other_groups(name, made):
    assert map_resource(cost_centre, {"displayName": name}, resource_type="Group") == made


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"attribute": "titel"}, r"cost_centre\.attribute: .*did you mean title\?"),
        ({"table": {"Survey": "1", "survey": "2"}}, "letter case only"),
        ({"unknown": "default"}, r"cost_centre\.default: is empty"),
        ({"unknown": "refuse"}, "every user would be refused"),
        ({"unknown": "perhaps"}, "unknown"),
        ({"table": {"Survey": ""}}, "table"),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings, told):
    with pytest.raises(PluginProblem, match=told):
        map_resource(cost_centre, person(), settings=settings)


def test_an_empty_table_is_only_warned_of():
    manager = PluginManager()
    manager.register(cost_centre, "cost_centre")
    chosen = [{"name": "cost_centre", "settings": {}}]
    assert manager.check_settings("larkfield", chosen, load_schemas().paths()) == [
        "cost_centre.table: is empty, so that nobody is looked up."
    ]


# -- door_badge --------------------------------------------------------------------------------------------------------

INES = {"userName": "ines", "displayName": "Ines Okafor"}


def with_badge(**badge: str) -> dict:
    return {**INES, door_badge.BADGE: badge}


def test_a_badge_is_mapped_with_a_moment_that_can_be_compared():
    made = map_resource(
        door_badge, with_badge(number="7", validUntil="2026-12-31T12:00:00+01:00"), settings={"colour": "red"}
    )
    assert made["badge"]["valid_until"].isoformat() == "2026-12-31T11:00:00+00:00"
    assert made["badge"] | {"valid_until": None} == {
        "number": "7", "colour": "red", "printed_name": "Ines Okafor", "valid_until": None,
    }  # fmt: skip
    assert map_resource(door_badge, INES) == {}


def test_the_printed_name_stays_until_there_is_another_badge():
    stored = map_resource(door_badge, with_badge(number="7"))
    married = {**with_badge(number="7"), "displayName": "Ines Lindqvist"}
    assert map_resource(door_badge, married, stored=stored)["badge"]["printed_name"] == "Ines Okafor"
    married[door_badge.BADGE] = {"number": "8"}
    assert map_resource(door_badge, married, stored=stored)["badge"]["printed_name"] == "Ines Lindqvist"


def test_a_badge_without_number_is_refused():
    with pytest.raises(InvalidValue, match="number"):
        map_resource(door_badge, with_badge(colour="red"))


def test_the_extension_is_one_of_user_and_its_number_is_unique():
    manager = PluginManager()
    manager.register(door_badge, "door_badge")
    user = load_schemas(manager.schema_files()).resource_type("User")
    assert {a.name: (a.type, a.uniqueness) for a in user.extension(door_badge.BADGE).attributes} == {
        "number": ("string", "server"), "colour": ("string", "none"), "validUntil": ("dateTime", "none"),
    }  # fmt: skip


def test_who_has_a_badge_is_not_deleted():
    manager = PluginManager()
    manager.register(door_badge, "door_badge")
    pipeline = manager.pipeline("larkfield", [{"name": "door_badge"}])
    pipeline.before_delete("User", INES)
    with pytest.raises(Conflict, match="still has a badge"):
        pipeline.before_delete("User", with_badge(number="7"))


async def test_the_printer_gets_one_file_for_a_change_also_when_told_twice(tmp_path, make_event):
    context = WorkspaceContext("larkfield", "door_badge", {"spool": str(tmp_path)})
    events = [make_event("e1", "create"), make_event("e2", "member_add"), make_event("e3", "update", "Group")]
    for _ in range(2):
        await door_badge.scim_after_commit(context=context, events=events)
    assert [path.name for path in tmp_path.iterdir()] == ["e1.json"]
    assert '"workspace": "larkfield"' in (tmp_path / "e1.json").read_text()
    await door_badge.scim_after_commit(context=WorkspaceContext("x", "door_badge", {"spool": ""}), events=events)


@pytest.fixture
def make_event():
    from datetime import UTC, datetime

    def make(event_id: str, action: str, resource_type: str = "User") -> CommittedEvent:
        return CommittedEvent(event_id, action, resource_type, "u_1", 1, datetime.now(UTC), {})

    return make


def test_recorded_users_get_their_initials():
    made = [
        mapped.document.get("initials")
        for mapped in run_dialogues(initials, "entra-legacy")
        if mapped.resource_type == "User"
    ]
    assert {"IO", "TO", "JW"} <= set(made)
