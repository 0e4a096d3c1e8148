"""A dialogue with a fault is refused before anything is played, and the refusal says where the fault is."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from scimserver.conformance.fixture import BrokenDialogue, grown, read_dialogue, read_folder


def sound() -> dict[str, Any]:
    """A dialogue without a fault."""
    return {
        "title": "Creating",
        "given": ["tomas"],
        "exchanges": [
            {
                "title": "a user is created",
                "source": "RFC 7644 §3.3",
                "request": {"method": "POST", "path": "/Users", "body": {"userName": "ines", "manager": "{tomas}"}},
                "response": {"status": 201, "headers": {"ETag": "<version>"}, "body": {"id": "<id:ines>", "...": True}},
            },
            {
                "title": "the user is deleted",
                "source": "RFC 7644 §3.6",
                "request": {"method": "DELETE", "path": "/Users/{ines}"},
                "response": {"status": 204},
            },
        ],
    }


CAST = {"tomas": {"endpoint": "/Users", "resource": {"userName": "tomas"}}}


def write(folder: Path, *dialogues: Any, cast: Any = CAST) -> Path:
    (folder / "cast.json").write_text(json.dumps(cast))
    for number, dialogue in enumerate(dialogues):
        text = dialogue if isinstance(dialogue, str) else json.dumps(dialogue)
        (folder / f"dialogue{number}.json").write_text(text)
    return folder


def test_a_sound_dialogue_is_read(tmp_path: Path) -> None:
    (dialogue,) = read_folder(write(tmp_path, sound()))
    assert dialogue.title == "Creating" and [actor.name for actor in dialogue.given] == ["tomas"]
    created, deleted = dialogue.exchanges
    assert created.request.method == "POST" and created.response.headers == {"ETag": "<version>"}
    assert deleted.request.path == "/Users/{ines}" and deleted.response.body is None


def test_an_exchange_names_what_it_needs_tolerated(tmp_path: Path) -> None:
    dialogue = sound()
    at(0, "tolerated", value=["empty-path", "boolean-as-string"])(dialogue)
    created, deleted = read_folder(write(tmp_path, dialogue))[0].exchanges
    assert created.tolerated == ("empty-path", "boolean-as-string")
    assert deleted.tolerated == ()


def test_an_exchange_names_the_behaviours_that_its_answer_depends_on(tmp_path: Path) -> None:
    dialogue = sound()
    at(0, "behaviours", value=["unique-group-names"])(dialogue)
    created, deleted = read_folder(write(tmp_path, dialogue))[0].exchanges
    assert created.behaviours == ("unique-group-names",)
    assert deleted.behaviours == ()


def test_the_order_is_that_of_the_file_names(tmp_path: Path) -> None:
    folder = write(tmp_path, sound(), sound() | {"title": "Another"})
    (folder / "dialogue0.json").rename(folder / "z.json")
    assert [dialogue.file for dialogue in read_folder(folder)] == ["dialogue1.json", "z.json"]


Change = Callable[[dict[str, Any]], Any]


def at(number: int, *path: str, value: Any) -> Change:
    """Set one place of an exchange; a value of None removes it."""

    def change(dialogue: dict[str, Any]) -> None:
        held = dialogue["exchanges"][number]
        for name in path[:-1]:
            held = held.setdefault(name, {})
        if value is None:
            del held[path[-1]]
        else:
            held[path[-1]] = value

    return change


FAULTS: dict[str, tuple[Change, str]] = {
    "an unknown key of a dialogue": (lambda d: d.update(author="x"), "unknown key author"),
    "an unknown key of an exchange": (at(0, "expect", value=1), "exchange 1: unknown key expect"),
    "an unknown key of a request": (at(0, "request", "url", value="/Users"), "request: unknown key url"),
    "an unknown key of a response": (at(0, "response", "code", value=201), "response: unknown key code"),
    "no title": (lambda d: d.pop("title"), "title is missing"),
    "no title of an exchange": (at(0, "title", value=None), "exchange 1: title is missing"),
    "no source": (at(0, "source", value=None), "source is missing"),
    "no exchanges": (lambda d: d.update(exchanges=[]), "has no exchange"),
    "a status that is a text": (at(0, "response", "status", value="201"), "status has a value of the wrong kind"),
    "a status that is true": (at(0, "response", "status", value=True), "status has a value of the wrong kind"),
    "a status that is none": (at(0, "response", "status", value=20), "20 is no status"),
    "a method that is none": (at(0, "request", "method", value="FETCH"), "method 'FETCH'"),
    "a path without its slash": (at(0, "request", "path", value="Users"), "must begin with a slash"),
    "a path with a query": (at(0, "request", "path", value="/Users?count=1"), "have no query"),
    "a query behind a lone question mark": (
        lambda d: d["exchanges"][0]["request"].update(path="/Users?", query={"count": "1"}),
        "have no query",
    ),
    "two question marks": (at(0, "request", "path", value="/Users??"), "have no query"),
    "a query of numbers": (at(0, "request", "query", value={"count": 1}), "count must be a text"),
    "a header of numbers": (at(0, "request", "headers", value={"X": 1}), "X must be a text or null"),
    "an expected header of numbers": (at(0, "response", "headers", value={"X": 1}), "X must be a text or null"),
    "a body and a text": (at(0, "request", "text", value="x"), "both body and text"),
    "no expected body": (at(0, "response", "body", value=None), "response: body is missing"),
    "a body where there is none": (at(1, "response", "body", value={"...": True}), "DELETE with 204 has no body"),
    "a body of a HEAD": (at(0, "request", "method", value="HEAD"), "HEAD with 201 has no body"),
    "a title of two exchanges": (at(1, "title", value="a user is created"), "title of two exchanges"),
    "an unknown placeholder": (
        at(0, "response", "body", value={"id": "<uuid>"}),
        "<uuid>: there is no such placeholder",
    ),
    "a misspelt placeholder": (at(0, "response", "body", value={"id": "<id ines>"}), "there is no such placeholder"),
    "an unknown placeholder in a header": (at(0, "response", "headers", value={"ETag": "<tag>"}), "<tag>"),
    "a name for a kind without": (at(0, "response", "body", value={"id": "<any:ines>"}), "bind a name"),
    "a name in capitals": (at(0, "response", "body", value={"id": "<id:Ines>"}), "bind a name"),
    "an address without its slash": (at(0, "response", "body", value={"id": "<url:Users>"}), "<url:/path>"),
    "a text that contains nothing": (at(0, "response", "body", value={"id": "<id containing x>"}), "looks inside"),
    "dots without true": (at(0, "response", "body", value={"id": "<id:ines>", "...": 1}), "followed by true"),
    "an order with something beside it": (
        at(0, "response", "body", value={"id": "<id:ines>", "l": {"<in any order>": [], "...": True}}),
        "stands alone",
    ),
    "a placeholder for a member": (at(0, "response", "body", value={"<any>": 1}), "name is no placeholder"),
    "a binding in any order": (
        at(0, "response", "body", value={"l": {"<in any order>": ["<id:ines>"]}}),
        "nothing can be bound inside",
    ),
    "a placeholder in a request": (at(0, "request", "body", value={"userName": "<id:x>"}), "a request has <letters:9>"),
    "a name that is bound to nothing": (at(0, "request", "path", value="/Users/{jana}"), "nothing is bound to jana"),
    "a name that is bound later": (at(0, "request", "path", value="/Users/{ines}"), "nothing is bound to ines"),
    "a name that an answer expects": (at(1, "response", "headers", value={"X": "{jana}"}), "nothing is bound to jana"),
    "a name that is bound again": (at(1, "response", "headers", value={"X": "<id:ines>"}), "ines is bound already"),
    "a name of the cast that is bound again": (
        at(0, "response", "body", value={"id": "<id:tomas>"}),
        "tomas is bound already",
    ),
    "a name that is never used": (at(1, "request", "path", value="/Users/x"), "ines is bound and never used"),
    "tolerations that are none": (at(0, "tolerated", value=[]), "tolerated: names no toleration"),
    "a toleration that is no list": (at(0, "tolerated", value="empty-path"), "tolerated has a value of the wrong kind"),
    "a toleration that is no text": (at(0, "tolerated", value=[1]), "tolerated: 1 is no name such as"),
    "a toleration in capitals": (at(0, "tolerated", value=["Empty-Path"]), '"Empty-Path" is no name such as'),
    "a toleration that is there twice": (
        at(0, "tolerated", value=["empty-path", "empty-path"]),
        "tolerated: named twice: empty-path",
    ),
    "behaviours that are none": (at(0, "behaviours", value=[]), "behaviours: names no behaviour"),
    "a behaviour in capitals": (at(0, "behaviours", value=["Quiet"]), '"Quiet" is no name such as unique-group-names'),
    "a given that the cast does not have": (lambda d: d.update(given=["jana"]), 'cast.json has no "jana"'),
    "a given that is there twice": (lambda d: d.update(given=["tomas", "tomas"]), "given twice: tomas"),
}


@pytest.mark.parametrize(("change", "said"), FAULTS.values(), ids=FAULTS.keys())
def test_a_fault_is_refused_with_its_place(tmp_path: Path, change: Change, said: str) -> None:
    dialogue = sound()
    change(dialogue)
    with pytest.raises(BrokenDialogue) as refusal:
        read_folder(write(tmp_path, dialogue))
    assert said in str(refusal.value)
    assert str(refusal.value).startswith("dialogue0.json: ")


@pytest.mark.parametrize(
    ("dialogues", "cast", "said"),
    [
        ([], {}, "has no dialogue"),
        (["{"], CAST, "dialogue0.json: is not JSON"),
        (['{"title": "a", "title": "b"}'], CAST, "key twice in one object: title"),
        (["[]"], CAST, "dialogue0.json: must be an object"),
        ([sound(), sound()], CAST, "title of two dialogues: Creating"),
        ([sound()], CAST | {"jana": CAST["tomas"]}, "given in no dialogue: jana"),
        ([sound()], {"tomas": {"endpoint": "/Users"}}, "cast.json: tomas: resource is missing"),
        ([sound()], {"tomas": {"endpoint": "/Users", "resource": {"manager": "{jana}"}}}, "nothing is bound to jana"),
    ],
)
def test_a_fault_of_a_folder_is_refused(tmp_path: Path, dialogues: list[Any], cast: Any, said: str) -> None:
    with pytest.raises(BrokenDialogue) as refusal:
        read_folder(write(tmp_path, *dialogues, cast=cast))
    assert said in str(refusal.value)


def test_a_folder_without_a_cast_has_dialogues_without_given(tmp_path: Path) -> None:
    dialogue = sound()
    del dialogue["given"]
    dialogue["exchanges"][0]["request"]["body"].pop("manager")
    (tmp_path / "only.json").write_text(json.dumps(dialogue))
    assert read_dialogue(tmp_path / "only.json").given == ()
    assert len(read_folder(tmp_path)) == 1


def test_a_request_may_be_long_and_its_fixture_short() -> None:
    assert grown({"a": "<letters:3>", "l": {"<repeat:2>": {"b": ["<letters:1>"]}}, "n": 1, "e": {}}) == {
        "a": "xxx",
        "l": [{"b": ["x"]}, {"b": ["x"]}],
        "n": 1,
        "e": {},
    }
