"""Profiles: the shipped ones, an operator's own, and the switches of a workspace."""

import re
from pathlib import Path

import pytest

from scimserver.scim.quirks import TOLERATIONS
from scimserver.scim.quirks.registry import explain
from scimserver.service.profiles import BEHAVIOURS, ProfileProblem, Profiles
from scimserver.store.workspaces import WorkspaceProblem

from .conftest import Tenant

OWN = """
title = "Ours"
tolerations = ["boolean-as-string"]
behaviours = []
"""


def test_the_shipped_profiles() -> None:
    profiles = Profiles()
    assert profiles.names == ["default", "entra", "okta", "onelogin", "strict"]
    assert profiles.get("default").tolerations == TOLERATIONS.keys()
    assert profiles.get("default").behaviours == BEHAVIOURS.keys()
    assert profiles.get("strict").tolerations == frozenset()
    assert profiles.get("strict").behaviours == {"quiet-group-patch"}
    for name in ("entra", "okta", "onelogin"):
        assert frozenset() < profiles.get(name).tolerations < TOLERATIONS.keys()


@pytest.mark.parametrize("name", TOLERATIONS)
def test_a_toleration_shows_the_wrong_request_the_legal_one_and_its_source(name: str) -> None:
    explained = explain(TOLERATIONS[name])
    assert explained.name == name
    assert re.fullmatch(r"[A-Z].{10,110}", explained.title)
    assert explained.wrong != explained.legal


def test_a_function_without_these_parts_is_no_toleration() -> None:
    def half(value: str) -> str:
        """Read a thing.

        Wrong: ``x``.
        """
        return value

    with pytest.raises(ValueError, match="half lacks"):
        explain(half)


def test_an_operator_adds_a_profile_and_replaces_one(tmp_path: Path) -> None:
    (tmp_path / "ours.toml").write_text(OWN)
    (tmp_path / "okta.toml").write_text(OWN)
    (tmp_path / "notes.txt").write_text("nothing")
    profiles = Profiles([tmp_path])
    assert profiles.get("ours").tolerations == profiles.get("okta").tolerations == {"boolean-as-string"}
    assert "ours" in profiles.names


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("title =", "ours.toml: is not valid TOML"),
        ("tolerations = []\nbehaviours = []", "`title` is missing"),
        (OWN.replace("[]", '"none"'), "`behaviours` is missing or no list"),
        (OWN.replace("boolean-as-string", "boolean-as-text"), "did you mean `boolean-as-string`"),
        (OWN.replace("[]", '["quiet"]'), "behaviours: there is no `quiet`"),
        (OWN + "toleration = []", "there is no setting `toleration`; did you mean `tolerations`"),
    ],
)
def test_a_file_with_a_fault_is_named_with_its_cure(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "ours.toml").write_text(text)
    with pytest.raises(ProfileProblem) as refused:
        Profiles([tmp_path])
    assert says in str(refused.value)


def test_a_folder_that_is_not_there_is_named() -> None:
    with pytest.raises(ProfileProblem, match=r"profiles\.dirs"):
        Profiles([Path("nowhere")])


async def test_a_workspace_picks_a_profile_that_there_is(tenant: Tenant) -> None:
    assert (await tenant.app.workspaces.set(tenant.slug, {"profile": "strict"})).workspace.profile == "strict"
    found = await tenant.app.workspaces.resolve(tenant.slug)
    assert found is not None
    assert not found.quirks
    with pytest.raises(ProfileProblem, match="there are default, entra, okta, onelogin, strict"):
        await tenant.app.workspaces.set(tenant.slug, {"profile": "lax"})
    with pytest.raises(ProfileProblem, match="did you mean `entra`"):
        await tenant.app.workspaces.create("northgate", profile="entry")


async def test_single_tolerations_and_behaviours_are_switched(tenant: Tenant) -> None:
    async def change(**changes: str) -> frozenset[str]:
        await tenant.app.workspaces.set(tenant.slug, {k.replace("__", "."): v for k, v in changes.items()})
        found = await tenant.app.workspaces.resolve(tenant.slug)
        assert found is not None
        assert found.quirks == {TOLERATIONS[name] for name in found.profile.tolerations}
        return found.profile.tolerations | found.profile.behaviours

    on = await change(**{"tolerate.boolean-as-string": "off", "behaviour.hide-password": "off"})
    assert on == (TOLERATIONS.keys() | BEHAVIOURS.keys()) - {"boolean-as-string", "hide-password"}
    assert await change(profile="strict") == {"quiet-group-patch"}
    assert await change(**{"tolerate.empty-path": "on"}) == {"quiet-group-patch", "empty-path"}
    assert await change(**{"tolerate.empty-path": "default"}) == {"quiet-group-patch"}
    assert (await tenant.app.workspaces.show(tenant.slug)).switches.keys() == {"boolean-as-string", "hide-password"}


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        ("tolerate.boolean-as-text", "off", "did you mean `boolean-as-string`"),
        ("tolerate.hide-password", "off", "there is no such name"),
        ("behaviour.hide-pasword", "off", "did you mean `hide-password`"),
        ("tolerate.empty-path", "yes", "expected on, off or default"),
    ],
)
async def test_a_switch_that_cannot_be_is_refused_with_its_cure(
    tenant: Tenant, key: str, value: str, says: str
) -> None:
    with pytest.raises((ProfileProblem, WorkspaceProblem)) as refused:
        await tenant.app.workspaces.set(tenant.slug, {key: value})
    assert says in str(refused.value)
    assert not (await tenant.app.workspaces.show(tenant.slug)).switches
