"""What is remembered between two runs."""

import json
import stat
from pathlib import Path

import pytest

from scimserver.simulate.source.directory import Directory
from scimserver.simulate.state import Quarantine, State, StateProblem

from .fake_server import URL


def filled() -> State:
    state = State("entra", URL, Directory.generate(12, 2, seed=4))
    state.cycle, state.initial_done, state.watermark = 3, True, "2031-02-03T09:15:00+00:00"
    state.adopt("p-1", "u_1")
    state.adopt("t-1", "g_1", group=True)
    state.adopt("p-2", "u_2")
    state.release("p-2")
    state.remember("p-1", {"userName": "ines@larkfield.example", "active": True})
    state.linked["t-1"] = ["p-1"]
    state.fail("p-3", "EntryConflict", "taken")
    state.stuck["p-4"] = "gone"
    state.quarantine = Quarantine("EncounteredQuarantineException", "401", 2)
    return state


def test_a_state_comes_back_as_it_was(tmp_path: Path) -> None:
    state = filled()
    state.save(tmp_path / "lark.json")
    again = State.load(tmp_path / "lark.json", service="entra", url=URL)
    assert again.to_json() == state.to_json()
    assert again.directory is not None
    assert again.directory.people.keys() == state.directory.people.keys()  # type: ignore[union-attr]
    assert again.group_ids == {"t-1"}


def test_a_file_that_is_not_there_is_a_new_state(tmp_path: Path) -> None:
    state = State.load(tmp_path / "lark.json", service="okta", url=URL)
    assert (state.service, state.url, state.cycle, state.initial_done) == ("okta", URL, 0, False)
    assert not (tmp_path / "lark.json").exists()


def test_the_file_is_for_its_owner_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    for _ in range(2):
        filled().save(tmp_path / "lark.json")
    assert stat.S_IMODE((tmp_path / "lark.json").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["lark.json"]


def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "lark.json"
    filled().save(path)
    before = path.read_bytes()

    def broken(*_: object, **__: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(json, "dump", broken)
    with pytest.raises(OSError, match="no space left"):
        filled().save(path)
    assert path.read_bytes() == before


def test_the_state_of_another_workspace_is_refused(tmp_path: Path) -> None:
    filled().save(tmp_path / "lark.json")
    other = URL.replace("larkfield", "northgate")
    with pytest.raises(StateProblem, match=r"another Tenant URL: .*/larkfield/.*, not .*/northgate/.*cached ids"):
        State.load(tmp_path / "lark.json", service="entra", url=other)


def test_the_state_of_another_service_is_refused(tmp_path: Path) -> None:
    filled().save(tmp_path / "lark.json")
    with pytest.raises(StateProblem, match="another service: entra, not okta"):
        State.load(tmp_path / "lark.json", service="okta", url=URL)


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"format": 99}', '{"format": 1}', "null"])
def test_what_is_no_state_is_refused_with_a_cure(tmp_path: Path, content: str) -> None:
    (tmp_path / "lark.json").write_text(content)
    with pytest.raises(StateProblem, match=r"cannot be used as a state.*Choose another --state"):
        State.load(tmp_path / "lark.json", service="entra", url=URL)


def test_a_failure_is_tried_again_after_one_two_four_cycles() -> None:
    state = State("entra", URL)
    tried = []
    for cycle in range(1, 20):
        state.cycle = cycle
        if cycle == 1 or state.due():
            tried.append(cycle)
            state.fail("p-1", "EntryConflict", "taken")
    assert tried == [1, 2, 4, 8, 16]


def test_what_is_gone_is_forgotten_but_not_its_address() -> None:
    state = filled()
    state.forget("t-1")
    assert "t-1" not in {**state.ids, **state.linked}
    assert state.group_ids == set()
    assert state.deleted == {"t-1": "/Groups/g_1"}


def test_whoever_was_released_can_be_referred_to_and_adopted_again() -> None:
    state = filled()
    assert ("p-2" in state.ids, state.target("p-2")) == (False, "u_2")
    state.adopt("p-2", "u_2")
    assert ("p-2" in state.released, state.ids["p-2"]) == (False, "u_2")
