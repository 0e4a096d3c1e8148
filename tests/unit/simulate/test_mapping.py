"""The attribute mapping: what is sent for a person or a group, and how each fault of a mapping file is told."""

from pathlib import Path

import pytest

from scimserver.simulate.mapping.mapping import Mapping
from scimserver.simulate.problems import MappingProblem
from scimserver.simulate.source.directory import Directory
from scimserver.simulate.source.people import Person, Team

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
TUTORIAL = {
    "userName",
    "active",
    "displayName",
    "nickName",
    "title",
    "preferredLanguage",
    "locale",
    "timezone",
    "externalId",
    *(f"name.{part}" for part in ("givenName", "familyName", "formatted", "middleName")),
    *(f"name.{part}" for part in ("honorificPrefix", "honorificSuffix")),
    *(f'emails[type eq "{kind}"].value' for kind in ("work", "home", "other")),
    *(f'phoneNumbers[type eq "{kind}"].value' for kind in ("work", "mobile", "fax", "home", "other", "pager")),
    *(
        f'addresses[type eq "{kind}"].{part}'
        for kind in ("work", "home", "other")
        for part in ("formatted", "streetAddress", "locality", "region", "postalCode", "country")
    ),
    *(f"{ENTERPRISE}:{name}" for name in ("employeeNumber", "organization", "division", "department")),
}
"""Every target of the tutorial's table."""


@pytest.fixture(scope="module")
def entra() -> Mapping:
    return Mapping.load(None, "entra")


@pytest.fixture(scope="module")
def okta() -> Mapping:
    return Mapping.load(None, "okta")


@pytest.fixture
def ines() -> Person:
    return Person(
        objectId="o-1",
        userPrincipalName="ines.okafor@larkfield.example",
        mailNickname="ines.okafor",
        mail=None,
        givenName="Ines",
        surname="Okafor",
        department="Harbour Works",
        streetAddress="14 Harbour Row",
        city="Leith",
        state="Lothian",
        postalCode="EH6 6QQ",
        manager="o-2",
        otherMails=["ines@home.example"],
        accountEnabled=True,
        IsSoftDeleted=False,
    )


# -- the shipped mappings ----------------------------------------------------------------------------------------------


def test_entras_mapping_has_every_target_of_the_tutorial(entra) -> None:
    targets = {row.target for row in entra.users}
    assert targets == {*TUTORIAL, f"{ENTERPRISE}:manager"}


def test_entras_mapping_finds_users_by_name_and_then_by_external_id_and_groups_by_name(entra) -> None:
    assert entra.matching("user") == ["userName", "externalId"]
    assert entra.matching("group") == ["displayName"]


@pytest.mark.parametrize(
    ("enabled", "deleted", "in_scope", "active"),
    [
        (True, False, True, True),
        (False, False, True, False),
        (True, True, True, False),
        (False, True, True, False),
        (True, False, False, False),
    ],
)
@pytest.mark.parametrize("service", ["entra", "okta"])
def test_who_is_blocked_deleted_or_out_of_scope_is_inactive(service, ines, enabled, deleted, in_scope, active) -> None:
    ines.update(accountEnabled=enabled, IsSoftDeleted=deleted)
    flat = Mapping.load(None, service).flat(ines, creating=False, in_scope=in_scope)
    assert flat["active"] is active


ADDRESSES = [
    ("14 Harbour Row", "Leith", "Lothian", "EH6 6QQ", "14 Harbour Row, Leith, Lothian EH6 6QQ"),
    ("14 Harbour Row", "Leith", "Lothian", None, "14 Harbour Row, Leith, Lothian"),
    ("14 Harbour Row", "Leith", None, "EH6 6QQ", "14 Harbour Row, Leith EH6 6QQ"),
    ("14 Harbour Row", "Leith", None, None, "14 Harbour Row, Leith"),
    ("14 Harbour Row", None, "Lothian", "EH6 6QQ", "14 Harbour Row, Lothian EH6 6QQ"),
    ("14 Harbour Row", None, "Lothian", None, "14 Harbour Row, Lothian"),
    ("14 Harbour Row", None, None, "EH6 6QQ", "14 Harbour Row EH6 6QQ"),
    ("14 Harbour Row", None, None, None, "14 Harbour Row"),
    (None, "Leith", "Lothian", "EH6 6QQ", ", Leith, Lothian EH6 6QQ"),
    (None, "Leith", "Lothian", None, ", Leith, Lothian"),
    (None, "Leith", None, "EH6 6QQ", ", Leith EH6 6QQ"),
    (None, "Leith", None, None, ", Leith"),
    (None, None, "Lothian", "EH6 6QQ", ", Lothian EH6 6QQ"),
    (None, None, "Lothian", None, ", Lothian"),
    (None, None, None, "EH6 6QQ", " EH6 6QQ"),
    (None, None, None, None, None),
]


@pytest.mark.parametrize(("street", "city", "state", "code", "joined"), ADDRESSES)
def test_the_work_address_is_joined_as_entra_does_it(entra, ines, street, city, state, code, joined) -> None:
    ines.update(streetAddress=street, city=city, state=state, postalCode=code)
    assert entra.flat(ines, creating=False).get('addresses[type eq "work"].formatted') == joined


def test_the_generated_directory_has_all_sixteen_forms_of_the_work_address(entra) -> None:
    people = Directory.generate(16, 0, seed=1).people.values()
    parts = ("formatted", "streetAddress", "locality", "region", "postalCode")
    forms = set()
    for person in people:
        flat = entra.flat(person, creating=True)
        forms.add(tuple(f'addresses[type eq "work"].{part}' in flat for part in parts))
    assert len(forms) == 16


def test_what_has_no_value_is_not_sent(entra, ines) -> None:
    flat = entra.flat(ines, creating=True)
    assert 'emails[type eq "work"].value' not in flat
    assert 'emails[type eq "other"].value' not in flat
    assert flat['emails[type eq "home"].value'] == "ines@home.example"
    assert all(value not in (None, "", []) for value in flat.values())


def test_references_are_left_to_the_second_pass(entra, ines) -> None:
    assert f"{ENTERPRISE}:manager" not in entra.flat(ines, creating=True)
    assert [(row.target, row.source) for row in entra.references("user")] == [(f"{ENTERPRISE}:manager", "manager")]
    assert [(row.target, row.source) for row in entra.references("group")] == [("members", "members")]


def test_a_group_has_its_own_rows(entra, okta) -> None:
    team = Team(objectId="g-1", displayName="Survey", members=["o-1"])
    assert entra.flat(team, creating=True) == {"displayName": "Survey", "externalId": "g-1"}
    assert okta.flat(team, creating=True) == {"displayName": "Survey"}


def test_okta_sends_its_profile_with_a_primary_mail(okta, ines) -> None:
    ines["mail"] = "ines@larkfield.example"
    flat = okta.flat(ines, creating=True)
    assert flat["externalId"] == "o-1"
    assert {name: value for name, value in flat.items() if name.startswith("emails")} == {
        'emails[type eq "work"].value': "ines@larkfield.example",
        'emails[type eq "work"].primary': True,
        'emails[type eq "work"].display': "ines@larkfield.example",
    }


@pytest.mark.parametrize("service", ["entra", "okta"])
def test_everybody_who_is_generated_can_be_mapped(service) -> None:
    mapping = Mapping.load(None, service)
    for person in Directory.generate(60, 0, seed=1).people.values():
        flat = mapping.flat(person, creating=True)
        assert flat["userName"] == person["userPrincipalName"]
        assert all(isinstance(value, str | bool) for value in flat.values())


def test_the_commented_example_of_roles_works(entra, ines) -> None:
    shipped = Path(__file__).parents[3] / "scimserver/simulate/mappings/entra.toml"
    text = shipped.read_text(encoding="utf-8")
    (example,) = [line.partition("# ")[2] for line in text.splitlines() if "SingleAppRoleAssignment" in line]
    ines["appRoleAssignments"] = [{"id": "r-1", "value": "editor", "displayName": "Editor"}]
    assert (
        written(f"users = [{NAME}, {example}]").flat(ines, creating=True)['roles[primary eq "True"].value'] == "editor"
    )


# -- a file of one's own -----------------------------------------------------------------------------------------------

NAME = '{ target = "userName", source = "userPrincipalName", matching = 1 }'


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)


def written(text: str) -> Mapping:
    path = Path("mine.toml")
    path.write_text(text, encoding="utf-8")
    return Mapping.load(path, "entra")


def with_row(row: str) -> str:
    return f"users = [{NAME}, {{ {row} }}]"


def sent(row: str, person: Person, *, creating: bool = True) -> object:
    """Return what is sent for the second row of a mapping."""
    mapping = written(with_row(row))
    return mapping.flat(person, creating=creating).get(mapping.users[1].target)


def test_a_mapping_may_say_for_which_service_it_is() -> None:
    assert written(f'service = "entra"\nusers = [{NAME}]').matching("user") == ["userName"]


def test_rows_may_be_tables_of_their_own(ines) -> None:
    mapping = written('[[users]]\ntarget = "userName"\nsource = "mailNickname"\nmatching = 1\n')
    assert mapping.flat(ines, creating=True) == {"userName": "ines.okafor"}
    assert mapping.groups == ()


def test_a_constant_is_sent_for_everybody(ines) -> None:
    assert sent('target = "userType", constant = "Employee"', ines) == "Employee"


def test_a_default_is_sent_at_creation_only_and_if_there_is_no_value(ines) -> None:
    row = 'target = "emails[type eq \\"work\\"].value", source = "mail", default = "none@larkfield.example"'
    assert sent(row, ines) == "none@larkfield.example"
    assert sent(row, ines, creating=False) is None
    ines["mail"] = "ines@larkfield.example"
    assert sent(row, ines) == "ines@larkfield.example"


def test_what_applies_at_creation_is_not_sent_later(ines) -> None:
    row = 'target = "title", source = "department", apply = "create"'
    assert sent(row, ines) == "Harbour Works"
    assert sent(row, ines, creating=False) is None


@pytest.mark.parametrize(
    ("row", "source", "value"),
    [
        ('target = "active", source = "x"', "True", True),
        ('target = "active", source = "x"', False, False),
        ('target = "emails[type eq \\"work\\"].primary", source = "x"', "false", False),
        ('target = "title", source = "x"', True, "True"),
        ('target = "title", source = "x"', 7, "7"),
        ('target = "urn:example:2.0:User:level", source = "x", type = "integer"', "7", 7),
        ('target = "urn:example:2.0:User:level", source = "x", type = "integer"', "high", "high"),
        ('target = "urn:example:2.0:User:parks", source = "x", type = "boolean"', "True", True),
        ('target = "urn:example:2.0:User:parks", source = "x", type = "boolean"', "often", "often"),
        ('target = "title", source = "x"', "", None),
        ('target = "title", source = "x"', [], None),
        ('target = "title", source = "unheardOf"', "", None),
    ],
)
def test_a_value_gets_the_type_of_its_target_and_is_left_alone_if_it_cannot(ines, row, source, value) -> None:
    ines["x"] = source
    found = sent(row, ines)
    assert (found, type(found)) == (value, type(value))


def test_an_expression_that_fails_for_one_person_names_the_target_and_no_value(ines) -> None:
    ines["x"] = "not a date"
    with pytest.raises(MappingProblem) as caught:
        sent('target = "title", expression = \'DateAdd("d", 1, CDate([x]))\'', ines)
    assert str(caught.value).startswith("title: ")
    assert "not a date" not in str(caught.value)


def test_matching_attributes_are_asked_in_their_order() -> None:
    mapping = written(
        'users = [{ target = "externalId", source = "objectId", matching = 2 }, '
        '{ target = "userName", source = "userPrincipalName", matching = 1 }]'
    )
    assert mapping.matching("user") == ["userName", "externalId"]


def test_a_mapping_may_say_who_is_in_scope(ines) -> None:
    clause = '{ attribute = "department", operator = "EQUALS", value = "Survey" }'
    mapping = written(f"users = [{NAME}]\n[[scope.users]]\nclauses = [{clause}]")
    assert not mapping.scope.contains(ines)
    assert mapping.scope.contains(Person(ines, department="Survey"))


def test_the_sources_of_a_row_are_known() -> None:
    mapping = written(with_row('target = "title", expression = \'Join(" ", [city], [state])\''))
    assert [row.sources for row in mapping.users] == [{"userPrincipalName"}, {"city", "state"}]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("users = [", "mine.toml: is not TOML: "),
        ("", "mine.toml: users: has no attributes: map at least `userName`."),
        (f"user = []\nusers = [{NAME}]", "mine.toml: user: is unknown. Did you mean `users`?"),
        (
            f'service = "okta"\nusers = [{NAME}]',
            "mine.toml: service: is `okta`, and `entra` is simulated: take a mapping for that one.",
        ),
        ("users = 1", "mine.toml: users: must be a list of attributes: write `[[users]]`"),
        ("users = [1]", "mine.toml: users: must be a list of attributes: write `[[users]]`"),
        ('users = [{ source = "mail" }]', "mine.toml: users[0]: needs a `target`"),
        (
            with_row('target = "title", sourc = "x"'),
            "mine.toml: users[1] title: `sourc` is unknown. Did you mean `source`",
        ),
        (with_row('target = "title"'), "mine.toml: users[1] title: needs exactly one of `source`, `expression` and"),
        (
            with_row('target = "title", source = "jobTitle", constant = "x"'),
            "mine.toml: users[1] title: needs exactly one of `source`, `expression` and `constant`, and has `source` and",
        ),
        (with_row('target = "title", source = ""'), "mine.toml: users[1] title: `source` must be a text."),
        (with_row('target = "title", source = 3'), "mine.toml: users[1] title: `source` must be a text."),
        (
            with_row('target = "a b", source = "x"'),
            "mine.toml: users[1] a b: is not a SCIM path: write `name.givenName`",
        ),
        (with_row('target = "emails[type]", source = "x"'), "mine.toml: users[1] emails[type]: is not a SCIM path"),
        (
            with_row('target = "title", source = "x", apply = "once"'),
            'mine.toml: users[1] title: `apply` must be "always"',
        ),
        (with_row('target = "title", source = "x", type = "text"'), "mine.toml: users[1] title: `type` must be one of"),
        (
            with_row('target = "title", source = "x", reference = 1'),
            "mine.toml: users[1] title: `reference` must be true",
        ),
        (
            with_row('target = "manager", constant = "x", reference = true'),
            "mine.toml: users[1] manager: a reference needs the `source` that holds objectIds",
        ),
        (
            with_row('target = "manager", source = "manager", reference = true, matching = 2'),
            "mine.toml: users[1] manager: a reference cannot match",
        ),
        (
            with_row('target = "title", source = "x", matching = 0'),
            "mine.toml: users[1] title: `matching` must be a number",
        ),
        (with_row('target = "title", source = "x", matching = true'), "mine.toml: users[1] title: `matching` must be"),
        (
            with_row('target = "title", source = "x", matching = 1'),
            "mine.toml: users: 2 attributes have `matching = 1`",
        ),
        (
            with_row('target = "title", constant = "x", matching = 2'),
            "mine.toml: users[1] title: a constant cannot match",
        ),
        (
            with_row('target = "externalId", expression = "Guid()", matching = 2'),
            "mine.toml: users[1] externalId: `Guid` gives another value each time",
        ),
        (
            with_row('target = "externalId", expression = \'Join("", RandomString(8,2,0,1,1))\', matching = 2'),
            "mine.toml: users[1] externalId: `RandomString` gives another value each time",
        ),
        (
            with_row('target = "externalId", expression = "CStr(Now())", matching = 2'),
            "mine.toml: users[1] externalId: `Now` gives another value each time",
        ),
        (
            with_row('target = "USERNAME", source = "mail"'),
            "mine.toml: users userName: is the target of 2 attributes: keep one.",
        ),
        (
            'users = [{ target = "userName", source = "mail" }]',
            "mine.toml: users: nothing finds a resource again: write `matching = 1` beside `userName`.",
        ),
        (
            'users = [{ target = "externalId", source = "objectId", matching = 1 }]',
            "mine.toml: users: `userName` is required by SCIM",
        ),
        (
            f'users = [{NAME}]\ngroups = [{{ target = "externalId", source = "objectId", matching = 1 }}]',
            "mine.toml: groups: `displayName` is required by SCIM",
        ),
        (
            with_row('target = "title", expression = \'Joinn("", [city])\''),
            "mine.toml: users[1] title: `expression`: ",
        ),
        (f'users = [{NAME}]\n[scope]\nassigned = "some"', 'mine.toml: scope.assigned: must be "all" or a list'),
    ],
)
def test_a_mapping_with_a_fault_is_refused_with_place_and_cure(text, told) -> None:
    with pytest.raises(MappingProblem) as caught:
        written(text)
    assert str(caught.value).startswith(told)


@pytest.mark.parametrize(
    "row",
    [
        'target = "externalId", expression = "Guid()", apply = "create"',
        'target = "externalId", expression = \'Append([mailNickname], "Now(")\', matching = 2',
        'target = "emails[type eq \\"work\\" and primary eq true].value", source = "mail"',
        'target = "urn:example:2.0:User:badgeColour", source = "extensionAttribute1"',
    ],
)
def test_what_only_looks_like_a_fault_is_accepted(row) -> None:
    assert len(written(with_row(row)).users) == 2


def test_a_wrong_expression_is_shown_with_its_place() -> None:
    with pytest.raises(MappingProblem) as caught:
        written(with_row("target = \"title\", expression = 'Append([city], Nope())'"))
    assert "^" in str(caught.value).splitlines()[-1]


def test_all_faults_of_a_mapping_are_told_at_once() -> None:
    with pytest.raises(MappingProblem) as caught:
        written('users = [{ target = "a b", source = "x" }, { target = "title" }, { source = "x" }]')
    assert len(str(caught.value).splitlines()) == 3


def test_a_mapping_that_is_not_there_is_refused() -> None:
    with pytest.raises(MappingProblem, match=r"none\.toml: cannot be read: No such file"):
        Mapping.load(Path("none.toml"), "entra")
