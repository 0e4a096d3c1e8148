"""The author's helper runs what the server runs, and sees impurity; the shipped plugins are pure."""

import pytest
import scimserver_plugins.profile as profile
import scimserver_plugins.work_address as work_address
from hypothesis import given
from hypothesis import strategies as st

from scimserver.authoring.invented import invented
from scimserver.errors import InvalidValue, PluginFailed
from scimserver.plugins import PluginProblem
from scimserver.schema.catalogue import load_schemas
from scimserver.testing import assert_pure, map_resource, recorded_resources, run_dialogues

USER = {"id": "u_1", "userName": "ada", "emails": [{"value": "a@x.example"}]}


def test_a_plugin_is_given_as_module_or_by_name():
    assert map_resource(profile, USER) == map_resource("scimserver_plugins.profile", USER)


@pytest.mark.parametrize(
    "body",
    [
        "CALLS.append(1); return {'n': len(CALLS)}",
        "resource['emails'].clear(); return {}",
        "document['n'] = 1; return {}",
    ],
)
def test_an_impure_mapper_is_found(make_plugin, body):
    with pytest.raises(AssertionError, match="`probe`"):
        map_resource(make_plugin(f"@hookimpl\ndef scim_map(resource, document):\n    {body}"), USER)


def test_refusals_and_failures_are_those_of_the_server(make_plugin):
    with pytest.raises(InvalidValue, match="no"):
        map_resource(make_plugin("@hookimpl\ndef scim_validate(): raise errors.InvalidValue('no')"), USER)
    with pytest.raises(PluginProblem, match="tidy"):
        map_resource(work_address, USER, settings={"tidy": True})
    with pytest.raises(PluginFailed) as failure:
        map_resource(make_plugin("@hookimpl\ndef scim_map(resource): return {'a': resource['title']}"), USER)
    assert isinstance(failure.value.__cause__, KeyError)


TEXT = st.text("aZ ,0.$@\0é€\U0001f680", min_size=1, max_size=8)
TYPE = st.sampled_from(["work", "Work", "home", "other", "a.b", "$x"]) | TEXT


def objects(**members: st.SearchStrategy[object]) -> st.SearchStrategy[dict[str, object]]:
    return st.fixed_dictionaries({}, optional=members)


ADDRESS = objects(
    type=TYPE, formatted=TEXT, streetAddress=TEXT, locality=TEXT, region=TEXT, postalCode=TEXT, primary=st.booleans()
)
ELEMENT = objects(type=TYPE, value=TEXT, primary=st.booleans())
RESOURCE = objects(
    id=TEXT,
    userName=TEXT,
    displayName=TEXT,
    active=st.booleans(),
    name=objects(givenName=TEXT, formatted=TEXT),
    emails=st.lists(ELEMENT, max_size=4),
    phoneNumbers=st.lists(ELEMENT, max_size=4),
    addresses=st.lists(ADDRESS, max_size=3),
).flatmap(
    lambda r: (
        st.just(r)
        | objects(department=TEXT, manager=objects(value=TEXT)).map(
            lambda extension: {**r, profile.ENTERPRISE: extension}
        )
    )
)


@given(RESOURCE, st.sampled_from(["User", "Group", "Device"]))
def test_profile_is_pure_and_storable_for_any_resource(resource, resource_type):
    card = map_resource(profile, resource, resource_type=resource_type)
    assert None not in card.values()
    assert resource_type != "User" or card["active"] is resource.get("active", True)


@given(RESOURCE, st.sampled_from(["formatted", "parts"]), st.booleans())
def test_work_address_is_pure_and_never_empty(resource, prefer, clean):
    document = map_resource(work_address, resource, settings={"prefer": prefer, "clean": clean})
    assert document == {} or document["work_address"]


# -- recorded dialogues ------------------------------------------------------------------------------------------------


def test_recorded_resources_are_canonical_and_can_be_chosen():
    users = recorded_resources()
    assert len(users) > 150
    assert all(user["userName"] and user["id"].startswith("u_") for user in users)
    assert recorded_resources("okta")
    assert len(recorded_resources("okta")) < len(users)
    assert all("displayName" in group for group in recorded_resources(resource_type="Group"))
    with pytest.raises(ValueError, match="oktta"):
        recorded_resources("oktta")


def test_dialogues_are_run_through_all_changes_with_what_is_stored(make_plugin):
    plugin = make_plugin(
        "@hookimpl\ndef scim_map(resource, stored): return {'first': (stored or {}).get('first', resource.get('title'))}"
    )
    lives: dict[str, set[object]] = {}
    for mapped in run_dialogues(plugin):
        lives.setdefault(mapped.sample.partition(", change")[0], set()).add(mapped.document["first"])
    assert max(len(firsts) for firsts in lives.values()) == 1
    assert len({state.resource.get("title") for state in run_dialogues(plugin)}) > 1


def test_a_refusal_is_part_of_the_result_and_a_failure_is_raised(make_plugin):
    refusing = make_plugin(
        "@hookimpl\ndef scim_validate(resource):\n    if 'title' not in resource: raise errors.InvalidValue('no title')"
    )
    assert {mapped.refusal for mapped in run_dialogues(refusing)} == {"", "no title"}
    with pytest.raises(PluginFailed):
        run_dialogues(make_plugin("@hookimpl\ndef scim_map(resource): return {'a': resource['title']}"))


def test_assert_pure_takes_resources_or_the_recorded_ones(make_plugin):
    assert_pure(profile)
    assert_pure(profile, USER)
    with pytest.raises(AssertionError, match="changed the stored document"):
        assert_pure(make_plugin("@hookimpl\ndef scim_map(stored): stored['a'] = 1"), USER, stored={})
    with pytest.raises(AssertionError, match="made two documents"):
        assert_pure(make_plugin("@hookimpl\ndef scim_map(): CALLS.append(1); return {'n': len(CALLS)}"))


def test_invented_resources_are_all_valid_and_reach_every_attribute():
    catalogue = load_schemas()
    lives = invented(catalogue)
    assert len(lives) == 2 * 12
    full = next(life.states[0] for life in lives if life.name == "User with every attribute")
    assert set(full) >= {"userName", "name", "emails", "addresses", profile.ENTERPRISE}
    assert len(next(life.states[0] for life in lives if "elements in each" in life.name)["emails"]) == 100
