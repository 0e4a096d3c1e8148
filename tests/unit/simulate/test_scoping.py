"""Who is in scope: the operators of Entra ID's scoping filters, and assignment."""

from pathlib import Path

import pytest

from scimserver.simulate.mapping.scoping import OPERATORS, Clause, Scope
from scimserver.simulate.problems import ScopeProblem
from scimserver.simulate.source.directory import Directory
from scimserver.simulate.source.people import Person, Team

INES = Person(
    objectId="o-1",
    userPrincipalName="ines@larkfield.example",
    department="Survey",
    employeeId="40017",
    jobTitle="",
    city=None,
    accountEnabled=True,
    IsSoftDeleted=False,
    level=3,
    otherMails=["ines@home.example"],
)


@pytest.mark.parametrize(
    ("attribute", "operator", "value", "holds"),
    [
        ("department", "EQUALS", "Survey", True),
        ("department", "EQUALS", "survey", False),
        ("level", "EQUALS", "3", True),
        ("department", "NOT EQUALS", "Pilotage", True),
        ("department", "NOT EQUALS", "Survey", False),
        ("department", "NOT EQUALS", "survey", True),
        ("department", "INCLUDES", "urve", True),
        ("department", "INCLUDES", "URVE", False),
        ("department", "ENDS_WITH", "vey", True),
        ("department", "ENDS_WITH", "Sur", False),
        ("department", "&", "Survey,Pilotage", True),
        ("department", "&", "Pilotage", False),
        ("department", "!&", "Pilotage", True),
        ("department", "!&", "Survey,Pilotage", False),
        ("department", "REGEX MATCH", "S.*", True),
        ("department", "REGEX MATCH", "s.*", False),
        ("department", "REGEX MATCH", "urv", False),
        ("department", "NOT REGEX MATCH", "P.*", True),
        ("department", "NOT REGEX MATCH", "S.*", False),
        ("employeeId", "GREATER_THAN", 40016, True),
        ("employeeId", "GREATER_THAN", "40017", False),
        ("employeeId", "GREATER_THAN_OR_EQUALS", "40017", True),
        ("employeeId", "GREATER_THAN_OR_EQUALS", 40018, False),
        ("department", "GREATER_THAN", 1, False),
        ("accountEnabled", "GREATER_THAN", 0, False),
        ("accountEnabled", "IS TRUE", None, True),
        ("IsSoftDeleted", "IS TRUE", None, False),
        ("IsSoftDeleted", "IS FALSE", None, True),
        ("accountEnabled", "IS FALSE", None, False),
        ("city", "IS NULL", None, True),
        ("jobTitle", "IS NULL", None, True),
        ("unheardOf", "IS NULL", None, True),
        ("department", "IS NULL", None, False),
        ("department", "IS NOT NULL", None, True),
        ("city", "IS NOT NULL", None, False),
        ("otherMails", "INCLUDES", "home", False),
    ],
)
def test_an_operator_holds_or_not(attribute, operator, value, holds) -> None:
    assert Clause(attribute, operator, value).holds(INES) is holds


@pytest.mark.parametrize("operator", [name for name in OPERATORS if name != "IS NULL"])
@pytest.mark.parametrize("attribute", ["city", "jobTitle", "unheardOf"])
def test_no_operator_but_is_null_holds_where_there_is_no_value(attribute, operator) -> None:
    assert not Clause(attribute, operator, "1").holds(INES)


@pytest.fixture
def load(tmp_path: Path):
    def load(text: str) -> Scope:
        path = tmp_path / "scope.toml"
        path.write_text(text)
        return Scope.load(path)

    return load


@pytest.fixture
def fault(load):
    def fault(text: str) -> str:
        with pytest.raises(ScopeProblem) as caught:
            load(text)
        return str(caught.value).partition("scope.toml: ")[2]

    return fault


SURVEY = '{ attribute = "department", operator = "equals", value = "Survey" }'
PILOTS = '{ attribute = "department", operator = "EQUALS", value = "Pilotage" }'
BLOCKED = '{ attribute = "accountEnabled", operator = "is  false" }'


def test_without_filters_everybody_is_in_scope() -> None:
    assert Scope().contains(INES)
    assert Scope().contains(Team(objectId="g-1", displayName="Survey", members=[]))


def test_all_clauses_of_a_filter_must_hold(load) -> None:
    assert load(f"[[scope.users]]\nclauses = [{SURVEY}]").contains(INES)
    assert not load(f"[[scope.users]]\nclauses = [{SURVEY}, {BLOCKED}]").contains(INES)


def test_one_filter_of_several_is_enough(load) -> None:
    assert load(f"[[scope.users]]\nclauses = [{PILOTS}]\n[[scope.users]]\nclauses = [{SURVEY}]").contains(INES)
    assert not load(f"[[scope.users]]\nclauses = [{PILOTS}]\n[[scope.users]]\nclauses = [{BLOCKED}]").contains(INES)


def test_filters_of_users_say_nothing_about_groups(load) -> None:
    team = Team(objectId="g-1", displayName="Survey", members=[])
    assert load(f"[[scope.users]]\nclauses = [{PILOTS}]").contains(team)
    named = '[[scope.groups]]\ntitle = "ours"\nclauses = [{ attribute = "displayName", operator = "ENDS_WITH", value = "y" }]'
    assert load(named).contains(team)
    assert not load(named.replace('"y"', '"x"')).contains(team)


@pytest.fixture
def directory() -> Directory:
    zoe = Person(objectId="o-2", userPrincipalName="zoe@larkfield.example")
    tom = Person(objectId="o-3", userPrincipalName="tom@larkfield.example")
    teams = [
        Team(objectId="g-1", displayName="Survey", members=["o-2"]),
        Team(objectId="g-2", displayName="X", members=[]),
    ]
    return Directory({p.id: p for p in (INES, zoe, tom)}, {t.id: t for t in teams})


@pytest.mark.parametrize(
    ("assigned", "inside"),
    [
        ('"all"', {"o-1", "o-2", "o-3", "g-1", "g-2"}),
        ("[]", set()),
        ('["ines@larkfield.example"]', {"o-1"}),
        ('["o-3", "g-2"]', {"o-3", "g-2"}),
        ('["Survey"]', {"g-1", "o-2"}),
    ],
)
def test_people_are_assigned_by_name_or_by_their_group(load, directory, assigned, inside) -> None:
    scope = load(f"[scope]\nassigned = {assigned}")
    scope.resolve(directory)
    things = [*directory.people.values(), *directory.teams.values()]
    assert {thing.id for thing in things if scope.contains(thing)} == inside


def test_who_leaves_an_assigned_group_leaves_the_scope(load, directory) -> None:
    scope = load('[scope]\nassigned = ["Survey"]')
    scope.resolve(directory)
    assert scope.contains(directory.people["o-2"])
    directory.teams["g-1"].members.clear()
    scope.resolve(directory)
    assert not scope.contains(directory.people["o-2"])


def test_assignment_and_filters_must_both_agree(load, directory) -> None:
    scope = load(f'[scope]\nassigned = ["o-1", "o-2"]\n[[scope.users]]\nclauses = [{SURVEY}]')
    scope.resolve(directory)
    assert [p.id for p in directory.people.values() if scope.contains(p)] == ["o-1"]


def clause(text: str) -> str:
    return f"[[scope.users]]\nclauses = [{{ {text} }}]"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("title = 1", "has no section [scope]"),
        ("scope = 1", "scope: must be a section"),
        ("[scope]\nuser = []", "scope.user: is unknown: a scope has `users`, `groups` and `assigned`."),
        ("[scope]\nusers = {}", "scope.users: must be a list of filters: write `[[scope.users]]`."),
        ("[scope]\nassigned = true", 'scope.assigned: must be "all" or a list'),
        ("[[scope.users]]", "scope.users[0]: needs `clauses`"),
        ("[[scope.users]]\nclauses = []", "scope.users[0]: needs `clauses`"),
        (
            f"[[scope.users]]\nname = 1\nclauses = [{SURVEY}]",
            "scope.users[0].name: is unknown: a filter has `title` and",
        ),
        ('[[scope.users]]\nclauses = ["x"]', "scope.users[0].clauses[0]: needs an `attribute`"),
        (clause('attribute = "city"'), "scope.users[0].clauses[0]: needs an `operator`: it is one of `IS TRUE`"),
        (
            clause('attribute = "city", operator = "EQUAL", value = "x"'),
            "scope.users[0].clauses[0]: operator `EQUAL` is unknown: did you mean `EQUALS`?",
        ),
        (clause('attribute = "city", operator = "EQUALS"'), "scope.users[0].clauses[0]: `EQUALS` needs a text"),
        (
            clause('attribute = "city", operator = "IS NULL", value = ""'),
            "scope.users[0].clauses[0]: `IS NULL` takes no",
        ),
        (
            clause('attribute = "employeeId", operator = "GREATER_THAN", value = "x"'),
            "scope.users[0].clauses[0]: `GREATER_THAN` needs a whole number",
        ),
        (
            clause('attribute = "city", operator = "REGEX MATCH", value = "("'),
            "scope.users[0].clauses[0]: `REGEX MATCH` needs a regular expression, and `(` is none: missing )",
        ),
        (
            clause('attribute = "otherMails", operator = "INCLUDES", value = "x"'),
            "scope.users[0].clauses[0]: `otherMails` has several values",
        ),
        (
            clause('attribute = "city", operator = "EQUALS", value = "x", case = 1'),
            "scope.users[0].clauses[0].case: is unknown",
        ),
        ("[scope\n", "is not TOML"),
    ],
)
def test_a_scope_with_a_fault_is_refused_with_place_and_cure(fault, load, text, told) -> None:
    assert (fault(text) or "is not TOML").startswith(told)


def test_a_scope_that_is_not_there_is_refused(tmp_path) -> None:
    with pytest.raises(ScopeProblem, match="cannot be read: No such file"):
        Scope.load(tmp_path / "none.toml")
