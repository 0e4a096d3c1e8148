"""Files of people and groups: what is read, and how each fault is told."""

import json
from pathlib import Path

import pytest

from scimserver.simulate.problems import SourceProblem
from scimserver.simulate.source.directory import Directory

INES, ZOE = "ines@larkfield.example", "zoe@larkfield.example"


@pytest.fixture
def read(tmp_path: Path):
    def read(content, name: str = "people.csv") -> Directory:
        path = tmp_path / name
        text = content if isinstance(content, str | bytes) else json.dumps(content)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return Directory.read(path)

    return read


@pytest.fixture
def fault(read):
    """Return the text of the refusal, without the folder."""

    def fault(content, name: str = "people.csv") -> str:
        with pytest.raises(SourceProblem) as caught:
            read(content, name)
        return "\n".join(line[line.index(name) :] if name in line else line for line in str(caught.value).splitlines())

    return fault


def only(directory: Directory):
    (person,) = directory.people.values()
    return person


def by_name(directory: Directory, name: str):
    return next(p for p in directory.people.values() if p["userPrincipalName"] == name)


# -- CSV ---------------------------------------------------------------------------------------------------------------


def test_a_csv_has_a_person_in_each_line(read) -> None:
    directory = read(f"userPrincipalName,givenName,surname\n{INES},Ines,Okafor\n{ZOE},Zoë,Marlow\n")
    assert [p["givenName"] for p in directory.people.values()] == ["Ines", "Zoë"]


def test_a_sign_in_name_is_enough(read) -> None:
    person = only(read(f"userPrincipalName\n{INES}\n"))
    assert person.active
    assert person.id


def test_the_same_file_gives_the_same_ids(read) -> None:
    text = f"userPrincipalName,memberOf\n{INES},Survey\n"
    assert read(text).to_json() == read(text).to_json()


def test_an_id_of_the_file_is_kept(read) -> None:
    assert only(read(f"userPrincipalName,objectId\n{INES},o-1\n")).id == "o-1"


@pytest.mark.parametrize(("text", "value"), [("true", True), ("False", False), ("", True), (" TRUE ", True)])
def test_a_boolean_is_true_or_false_in_any_case_and_an_account_is_enabled_unless_the_file_says_no(
    read, text, value
) -> None:
    assert only(read(f"userPrincipalName,accountEnabled\n{INES},{text}\n"))["accountEnabled"] is value


def test_another_boolean_is_refused_with_its_line_and_column(fault) -> None:
    text = fault(f"userPrincipalName,accountEnabled\n{INES},true\n{ZOE},yes\n")
    assert text == "people.csv: line 3, column `accountEnabled`: `yes` is neither true nor false."


def test_an_unknown_column_becomes_an_attribute(read) -> None:
    person = only(read(f"userPrincipalName,extensionAttribute7,badge\n{INES},x y,true\n"))
    assert (person["extensionAttribute7"], person["badge"]) == ("x y", "true")


def test_an_empty_value_is_none(read) -> None:
    assert only(read(f"userPrincipalName,city\n{INES},\n"))["city"] is None


def test_a_list_is_separated_by_semicolons(read) -> None:
    person = only(read(f"userPrincipalName,otherMails\n{INES},a@home.example; b@home.example;\n"))
    assert person["otherMails"] == ["a@home.example", "b@home.example"]


def test_roles_are_given_by_their_values(read) -> None:
    roles = only(read(f"userPrincipalName,appRoleAssignments\n{INES},editor;viewer\n"))["appRoleAssignments"]
    assert [(role["value"], role["displayName"]) for role in roles] == [("editor", "editor"), ("viewer", "viewer")]
    assert all(role["id"] for role in roles)


def test_a_column_gives_the_groups_of_a_person(read) -> None:
    directory = read(f"userPrincipalName,memberOf\n{INES},Survey;Pilotage\n{ZOE},survey\n")
    assert [(team["displayName"], len(team.members)) for team in directory.teams.values()] == [
        ("Survey", 2),
        ("Pilotage", 1),
    ]
    assert "memberOf" not in next(iter(directory.people.values()))


def test_a_manager_is_given_by_sign_in_name_or_id_and_may_come_later(read) -> None:
    directory = read(f"userPrincipalName,objectId,manager\n{INES},o-1,{ZOE.upper()}\n{ZOE},o-2,\nx@y.example,o-3,O-1\n")
    assert [p["manager"] for p in directory.people.values()] == ["o-2", None, "o-1"]


@pytest.mark.parametrize(
    ("manager", "text"),
    [
        ("nobody@larkfield.example", "`nobody@larkfield.example` is nobody in this file: use an objectId or"),
        (INES, "nobody is their own manager: leave it empty."),
    ],
)
def test_a_wrong_manager_is_refused(fault, manager, text) -> None:
    assert f"line 2, column `manager`: {text}" in fault(f"userPrincipalName,manager\n{INES},{manager}\n")


def test_columns_of_entras_own_export_are_understood(read) -> None:
    person = only(read(f"userPrincipalName,id,mobilePhone,accountEnabled\n{INES},o-9,+44 1632 1,True\n"))
    assert (person.id, person["mobile"], person.active) == ("o-9", "+44 1632 1", True)


def test_a_byte_order_mark_and_windows_lines_do_not_matter(read) -> None:
    assert only(read(f"\ufeffuserPrincipalName,city\r\n{INES},Leith\r\n"))["city"] == "Leith"


def test_a_value_may_have_commas_quotes_and_lines(read) -> None:
    person = only(read(f'userPrincipalName,streetAddress\n{INES},"14 ""Old"" Row,\nLeith"\n'))
    assert person["streetAddress"] == '14 "Old" Row,\nLeith'


def test_the_line_of_a_fault_is_that_where_the_person_begins(fault) -> None:
    text = f'userPrincipalName,streetAddress\n{INES},"14 Row\nLeith"\n,Quay\n'
    assert fault(text).startswith("people.csv: line 4, column `userPrincipalName`: is empty")


def test_lines_without_values_are_skipped(read) -> None:
    assert len(read(f"userPrincipalName,city\n\n{INES},Leith\n,\n").people) == 1


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("", "line 1: there is no column `userPrincipalName`"),
        ("mail,surname\na@b.example,B\n", "line 1: there is no column `userPrincipalName`."),
        (f"userPrincipalName,City\n{INES},Leith\n", "line 1: column `City`: letter case matters, write `city`."),
        (f"userPrincipalName,city,city\n{INES},a,b\n", "line 1: column `city` is there twice: keep one."),
        (f"userPrincipalName,\n{INES},a\n", "line 1: column 2 has no name: name it, or remove it."),
        (f"userPrincipalName;city\n{INES};Leith\n", "line 1: columns are separated by `;`"),
        (
            f"userPrincipalName,city\n{INES},Leith, Scotland\n",
            "line 2: has 3 values and the first line names 2 columns",
        ),
        (f"userPrincipalName,city\n{INES},Leith\n{INES.upper()},Perth\n", "line 3, column `userPrincipalName`: `INES@"),
        (f"userPrincipalName,objectId\n{INES},1\n{ZOE},1\n", "line 3, column `objectId`: `1` is there already"),
        (f'userPrincipalName,city\n{INES},"Leith\n', "line 2: is not CSV"),
    ],
)
def test_a_csv_with_a_fault_is_refused_with_place_and_cure(fault, content, text) -> None:
    assert fault(content).startswith(f"people.csv: {text}")


def test_all_faults_are_told_at_once_but_not_more_than_a_page_of_them(fault) -> None:
    lines = "".join(f"p{number}@larkfield.example,maybe\n" for number in range(13))
    told = fault(f"userPrincipalName,accountEnabled\n{lines}").splitlines()
    assert len(told) == 11
    assert told[-1] == "… and 3 more."


# -- JSON --------------------------------------------------------------------------------------------------------------


def test_a_json_file_has_users_and_groups(read) -> None:
    directory = read(
        {
            "users": [{"userPrincipalName": INES, "objectId": "o-1"}, {"userPrincipalName": ZOE, "manager": INES}],
            "groups": [{"displayName": "Survey", "members": ["o-1", ZOE, ZOE]}, {"displayName": "Nobody"}],
        },
        "people.json",
    )
    zoe = by_name(directory, ZOE)
    assert zoe["manager"] == "o-1"
    survey, nobody = directory.teams.values()
    assert survey.members == ["o-1", zoe.id]
    assert nobody.members == []


def test_what_a_directory_wrote_is_a_file_that_can_be_read(read) -> None:
    written = Directory.generate(12, 3, seed=1).to_json()
    directory = read({"users": written["users"], "groups": written["groups"]}, "people.json")
    assert directory.to_json()["users"] == written["users"]
    assert directory.to_json()["groups"] == written["groups"]


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ('{"users": [}', "line 1, column 12: is not JSON: Expecting value."),
        ([], 'must be an object with "users" and "groups"'),
        ({"groups": []}, 'must be an object with "users" and "groups"'),
        ({"users": {}}, "users: must be a list of objects."),
        ({"users": [INES]}, "users[0]: must be an object."),
        ({"users": [{}]}, "users[0].userPrincipalName: is empty: everybody needs a sign-in name."),
        (
            {"users": [{"userPrincipalName": INES, "accountEnabled": "true"}]},
            "users[0].accountEnabled: `true` is neither true nor false.",
        ),
        ({"users": [{"userPrincipalName": INES, "otherMails": "x"}]}, "users[0].otherMails: must be a list."),
        ({"users": [], "groups": [{}]}, "groups[0].displayName: is empty: every group needs a name."),
        (
            {"users": [], "groups": [{"displayName": "A"}, {"displayName": "a"}]},
            "groups[1].displayName: `a` is the name of an earlier group",
        ),
        (
            {"users": [], "groups": [{"displayName": "A", "members": ["x"]}]},
            "groups[0].members: `x` is nobody in this file",
        ),
        (
            {"users": [], "groups": [{"displayName": "A", "members": [{"value": "x"}]}]},
            "groups[0].members: must be a list of objectIds or userPrincipalNames.",
        ),
    ],
)
def test_a_json_file_with_a_fault_is_refused_with_place_and_cure(fault, content, text) -> None:
    assert fault(content, "people.json").startswith(f"people.json: {text}")


# -- either ------------------------------------------------------------------------------------------------------------


def test_a_file_with_another_ending_is_refused(fault) -> None:
    assert fault("", "people.xlsx").startswith("people.xlsx: the name must end in .csv (people) or .json")


def test_a_file_that_is_not_there_is_refused(tmp_path) -> None:
    with pytest.raises(SourceProblem, match="cannot be read: No such file"):
        Directory.read(tmp_path / "none.csv")


def test_a_file_in_another_encoding_is_refused(fault) -> None:
    text = fault(f"userPrincipalName,givenName\n{ZOE},Zoë\n".encode("latin-1"))
    assert text.endswith("is not UTF-8: save the file as UTF-8.")


def test_new_people_get_the_domain_of_the_file(read) -> None:
    directory = read("userPrincipalName\n" + "".join(f"p{number}@quay.example\n" for number in range(30)))
    created = [change.object_id for change in directory.evolve(1) if change.kind == "create"]
    assert created
    assert all(directory.people[key]["userPrincipalName"].endswith("@quay.example") for key in created)
