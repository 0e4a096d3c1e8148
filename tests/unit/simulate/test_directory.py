"""The source directory: invented, but the same each time; and what happens in it between two cycles."""

import json
import random
from collections import Counter
from collections.abc import Iterator

import pytest
from faker import Faker
from hypothesis import given, settings
from hypothesis import strategies as st

from scimserver.simulate.source.directory import Change, Directory
from scimserver.simulate.source.people import Person

KINDS = {
    "update",
    "disable",
    "restore",
    "soft_delete",
    "hard_delete",
    "create",
    "move_manager",
    "rename_group",
    "add_member",
    "remove_member",
    "create_group",
    "delete_group",
}
ADDRESS = ("streetAddress", "city", "state", "postalCode")


@pytest.fixture(scope="module")
def generated() -> dict:
    return Directory.generate(120, 16, seed=7).to_json()


@pytest.fixture
def directory(generated) -> Directory:
    return Directory.from_json(json.loads(json.dumps(generated)))


def chain(directory: Directory, person: Person) -> Iterator[str]:
    """Yield the objectIds of everybody above a person; a loop does not end."""
    key = person.get("manager")
    while key is not None:
        yield key
        key = directory.people[key].get("manager")


def managers_form_a_tree(directory: Directory) -> bool:
    for person in directory.people.values():
        for steps, key in enumerate(chain(directory, person)):
            if key == person.id or steps > len(directory.people):
                return False
    return True


def repeated(directory: Directory, attribute: str) -> list[str]:
    values = Counter(str(person[attribute]).lower() for person in directory.people.values())
    return [value for value, count in values.items() if count > 1]


# -- generate ----------------------------------------------------------------------------------------------------------


def test_the_same_seed_gives_the_same_directory(generated) -> None:
    assert Directory.generate(120, 16, seed=7).to_json() == generated


def test_another_seed_gives_another_directory() -> None:
    assert Directory.generate(5, 1, seed=1).to_json()["users"] != Directory.generate(5, 1, seed=2).to_json()["users"]


def test_what_others_do_with_random_numbers_changes_nothing() -> None:
    random.seed(1)
    Faker.seed(1)
    first = Directory.generate(12, 2, seed=3).to_json()
    random.seed(2)
    Faker.seed(2)
    Faker("de_DE").name()
    assert Directory.generate(12, 2, seed=3).to_json() == first


def test_it_has_as_many_people_and_groups_as_asked_for(directory) -> None:
    assert (len(directory.people), len(directory.teams)) == (120, 16)


@pytest.mark.parametrize(("users", "groups"), [(0, 0), (1, 0), (0, 3), (1, 1), (3, 5)])
def test_a_small_one_is_possible(users, groups) -> None:
    directory = Directory.generate(users, groups, seed=1)
    assert (len(directory.people), len(directory.teams)) == (users, groups)


@pytest.mark.parametrize("attribute", ["userPrincipalName", "mailNickname", "employeeId", "objectId"])
def test_nobody_shares_what_must_be_unique(directory, attribute) -> None:
    assert repeated(directory, attribute) == []


def test_everybody_has_a_name_and_a_work_mail(directory) -> None:
    assert all(p["givenName"] and p["surname"] and p["mail"] for p in directory.people.values())


def test_addresses_end_in_the_invented_domain(directory) -> None:
    assert all(p["userPrincipalName"].endswith("@larkfield.example") for p in directory.people.values())


def test_addresses_have_no_letter_outside_of_ascii(directory) -> None:
    assert all(p["userPrincipalName"].isascii() for p in directory.people.values())


def test_accents_apostrophes_and_plus_addresses_are_there_from_the_first_people_on() -> None:
    people = Directory.generate(7, 0, seed=1).people.values()
    assert {"Zoë", "Seán"} <= {person["givenName"] for person in people}
    assert "O'Shea" in {person["surname"] for person in people}
    names = {person["userPrincipalName"] for person in people}
    assert {"ines.okafor+test@larkfield.example", "sean.o'shea@larkfield.example"} <= names


def test_names_come_from_several_countries(directory) -> None:
    assert len({person["country"] for person in directory.people.values()}) >= 7


def test_addresses_have_every_combination_of_missing_parts() -> None:
    people = Directory.generate(16, 0, seed=1).people.values()
    assert len({tuple(person[part] is None for part in ADDRESS) for person in people}) == 16


def test_managers_form_a_tree(directory) -> None:
    assert managers_form_a_tree(directory)
    assert sum(person["manager"] is None for person in directory.people.values()) < 30


def test_one_group_has_a_third_of_the_people_and_some_have_nobody(directory) -> None:
    sizes = [len(team.members) for team in directory.teams.values()]
    assert max(sizes) == 40
    assert sizes.count(0) == 2


def test_groups_have_people_of_the_directory_each_once(directory) -> None:
    for team in directory.teams.values():
        assert len(set(team.members)) == len(team.members)
        assert set(team.members) <= directory.people.keys()


def test_names_of_groups_are_unique_letter_case_ignored() -> None:
    teams = Directory.generate(0, 400, seed=1).teams.values()
    assert len({team["displayName"].lower() for team in teams}) == 400


def test_some_people_are_blocked_or_deleted_from_the_beginning_and_most_are_not(directory) -> None:
    people = directory.people.values()
    assert 0 < sum(not person["accountEnabled"] for person in people) < 20
    assert 0 < sum(person["IsSoftDeleted"] for person in people) < 10


def test_some_people_have_app_roles(directory) -> None:
    counts = {len(person["appRoleAssignments"]) for person in directory.people.values()}
    assert counts == {0, 1, 2}


# -- evolve ------------------------------------------------------------------------------------------------------------


def test_the_same_cycle_brings_the_same_changes(directory, generated) -> None:
    other = Directory.from_json(json.loads(json.dumps(generated)))
    assert directory.evolve(1) == other.evolve(1)
    assert directory.to_json() == other.to_json()


def test_another_cycle_brings_other_changes(directory, generated) -> None:
    other = Directory.from_json(json.loads(json.dumps(generated)))
    assert directory.evolve(1) != other.evolve(2)


@pytest.mark.parametrize(("users", "groups"), [(40, 3), (120, 16)])
def test_every_cycle_has_at_least_one_change_of_each_kind(users, groups) -> None:
    directory = Directory.generate(users, groups, seed=5)
    for cycle in range(1, 6):
        assert {change.kind for change in directory.evolve(cycle)} == KINDS


def test_what_is_told_is_what_happened(directory, generated) -> None:
    before = Directory.from_json(json.loads(json.dumps(generated)))
    for change in directory.evolve(1):
        assert holds(change, before, directory), change


def holds(change: Change, before: Directory, after: Directory) -> bool:
    """Tell whether a change can be seen in the two directories."""
    key = change.object_id
    old, new = before.people.get(key), after.people.get(key)
    team, renamed = before.teams.get(key), after.teams.get(key)
    facts = {
        "update": lambda: old != new and new.active,
        "disable": lambda: old.active and new["accountEnabled"] is False,
        "restore": lambda: not old.active and new.active,
        "soft_delete": lambda: old.active and new["IsSoftDeleted"] is True,
        "hard_delete": lambda: old is not None and new is None and key in after.purged,
        "create": lambda: old is None and new.active,
        "move_manager": lambda: new is None or old["manager"] != new["manager"],
        "rename_group": lambda: team["displayName"] != renamed["displayName"],
        "add_member": lambda: change.member in renamed.members and (team is None or change.member not in team.members),
        "remove_member": lambda: change.member in team.members and change.member not in renamed.members,
        "create_group": lambda: team is None and renamed is not None,
        "delete_group": lambda: team is not None and renamed is None,
    }
    return facts[change.kind]()


def test_what_is_not_told_did_not_happen(directory, generated) -> None:
    told = {change.object_id for change in directory.evolve(1)}
    untold = [user for user in generated["users"] if user["objectId"] not in told]
    assert untold
    assert all(directory.people[user["objectId"]] == user for user in untold)


def test_both_deleted_and_active_people_are_deleted_for_good(directory, generated) -> None:
    changes = directory.evolve(1)
    gone = {change.object_id for change in changes if change.kind == "hard_delete"}
    assert {user["IsSoftDeleted"] for user in generated["users"] if user["objectId"] in gone} == {True, False}


def test_who_is_deleted_for_good_is_in_no_group_and_leads_nobody(directory) -> None:
    for cycle in (1, 2, 3):
        directory.evolve(cycle)
    assert directory.purged
    assert directory.purged.isdisjoint(directory.people)
    assert all(directory.purged.isdisjoint(team.members) for team in directory.teams.values())
    assert directory.purged.isdisjoint(person["manager"] for person in directory.people.values())


def test_who_is_soft_deleted_stays_in_their_groups(directory, generated) -> None:
    changes = directory.evolve(1)
    deleted = {change.object_id for change in changes if change.kind == "soft_delete"}
    moved = {(change.object_id, change.member) for change in changes if change.kind == "remove_member"}
    for team in generated["groups"]:
        if team["objectId"] in directory.teams:
            kept = {key for key in deleted.intersection(team["members"]) if (team["objectId"], key) not in moved}
            assert kept <= set(directory.teams[team["objectId"]].members)


def test_managers_stay_a_tree_and_names_unique_after_many_cycles(directory) -> None:
    for cycle in range(1, 8):
        directory.evolve(cycle)
    assert managers_form_a_tree(directory)
    assert repeated(directory, "userPrincipalName") == repeated(directory, "employeeId") == []
    names = [team["displayName"].lower() for team in directory.teams.values()]
    assert len(set(names)) == len(names)


def test_a_cycle_clears_the_state_of_somebodys_address_and_nothing_else_of_theirs(directory, generated) -> None:
    directory.evolve(1)
    cleared = []
    for user in generated["users"]:
        now = directory.people.get(user["objectId"])
        if now is not None and {name for name in user if now[name] != user[name]} == {"state"}:
            cleared.append(now["state"])
    assert None in cleared


def test_a_new_surname_brings_a_new_mail_and_for_some_a_new_sign_in_name() -> None:
    directory = Directory.generate(200, 0, seed=2)
    before = json.loads(json.dumps(directory.to_json()))["users"]
    directory.evolve(1)
    married = [
        (user, directory.people[user["objectId"]])
        for user in before
        if user["objectId"] in directory.people and user["surname"] != directory.people[user["objectId"]]["surname"]
    ]
    assert all(old["mail"] != new["mail"] and old["mailNickname"] == new["mailNickname"] for old, new in married)
    assert {old["userPrincipalName"] != new["userPrincipalName"] for old, new in married} == {True, False}


@settings(max_examples=8, deadline=None)
@given(users=st.integers(0, 12), groups=st.integers(0, 4), seed=st.integers(0, 1000))
def test_a_small_directory_survives_every_cycle(users, groups, seed) -> None:
    directory = Directory.generate(users, groups, seed=seed)
    for cycle in (1, 2, 3):
        directory.evolve(cycle)
    assert managers_form_a_tree(directory)


@settings(max_examples=8, deadline=None)
@given(st.lists(st.integers(0, 20), min_size=8, max_size=20), st.randoms())
def test_managers_stay_a_tree_whoever_stands_first(above, shuffler) -> None:
    people = [Person(objectId=f"o-{n}", userPrincipalName=f"p{n}@larkfield.example") for n in range(len(above))]
    for number, person in enumerate(people):
        person["manager"] = f"o-{above[number] % number}" if number else None
    shuffler.shuffle(people)
    directory = Directory({person.id: person for person in people})
    for cycle in range(1, 6):
        directory.evolve(cycle)
        assert managers_form_a_tree(directory)


# -- keep --------------------------------------------------------------------------------------------------------------

texts = st.text(max_size=8)
values = st.none() | st.booleans() | texts | st.lists(texts, max_size=3)
people = st.dictionaries(texts, values, max_size=4)


@settings(max_examples=15, deadline=None)
@given(
    users=st.lists(st.tuples(st.uuids(), people), max_size=4, unique_by=lambda pair: pair[0]),
    teams=st.lists(st.tuples(st.uuids(), texts), max_size=3, unique_by=lambda pair: pair[0]),
    seed=st.integers(),
    label=texts,
    hired=st.integers(0),
    purged=st.sets(texts, max_size=3),
)
def test_a_directory_is_read_back_as_it_was_written(users, teams, seed, label, hired, purged) -> None:
    value = {
        "seed": seed,
        "label": label,
        "hired": hired,
        "purged": sorted(purged),
        "users": [{**person, "objectId": str(key)} for key, person in users],
        "groups": [{"objectId": str(key), "displayName": name, "members": []} for key, name in teams],
    }
    assert Directory.from_json(json.loads(json.dumps(value))).to_json() == value


def test_two_directories_with_labels_have_no_name_in_common() -> None:
    def names(label: str) -> set[str]:
        directory = Directory.generate(60, 12, seed=1, label=label)
        found: set[str] = set()
        for cycle in (1, 2, 3):
            for person in directory.people.values():
                found |= {person["userPrincipalName"], person["mail"], person["mailNickname"]}
            found |= {team["displayName"].casefold() for team in directory.teams.values()}
            directory.evolve(cycle)
        return found

    one, other = names("41"), names("42")
    assert len(one) > 130
    assert not one & other
    assert "ines.okafor@larkfield-41.example" in one


def test_a_directory_that_was_kept_goes_on_as_if_it_had_not_been(directory) -> None:
    directory.evolve(1)
    kept = Directory.from_json(json.loads(json.dumps(directory.to_json())))
    assert kept.evolve(2) == directory.evolve(2)
    assert kept.to_json() == directory.to_json()
