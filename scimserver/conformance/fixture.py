"""Reading dialogues: one JSON file is one conversation, and one with any fault is refused (README.md has the form)."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .patterns import BOUND_BY_SERVER, BadPattern, check, references, texts

CAST = "cast.json"
"""The resources that the dialogues of a folder begin with."""

METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")
BODILESS = (204, 304)
"""Statuses that never have a body."""

_LETTERS = re.compile(r"<letters:(\d+)>")
_REPEAT = re.compile(r"<repeat:(\d+)>")
_NAME = re.compile(r"[a-z]+(-[a-z]+)*")

_DIALOGUE = {"title": str, "needs?": list, "given?": list, "exchanges": list}
_EXCHANGE = {
    "title": str,
    "source": str,
    "note?": str,
    "tolerated?": list,
    "behaviours?": list,
    "request": dict,
    "response": dict,
}
_REQUEST = {"method": str, "path": str, "query?": (dict, str), "headers?": dict, "body?": (dict, list), "text?": str}
_RESPONSE = {"status": int, "headers?": dict, "body?": (dict, list, str)}
_ACTOR = {"endpoint": str, "resource": dict}


class BrokenDialogue(Exception):
    """A fixture that says nothing reliable; the text names the file, the exchange and the fault."""


@dataclass(frozen=True, slots=True)
class Request:
    """What a client sends; texts may use ``{name}``."""

    method: str
    path: str
    """Below the Tenant URL."""
    query: Mapping[str, str] | str = ""
    """Parameters, to be encoded; or the text behind the question mark as it is."""
    headers: Mapping[str, str | None] = field(default_factory=dict)
    """Beside the usual ones; None leaves a usual one out."""
    body: Any = None
    text: str | None = None
    """A body that is not JSON."""


@dataclass(frozen=True, slots=True)
class Response:
    """What the server must answer; ``headers`` and ``body`` are patterns."""

    status: int
    headers: Mapping[str, str | None] = field(default_factory=dict)
    """None: the header must be absent."""
    body: Any = None


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request with its answer; ``source`` says where the exchange comes from."""

    title: str
    source: str
    request: Request
    response: Response
    note: str = ""
    tolerated: tuple[str, ...] = ()
    """Names of the tolerations without which the request would be refused, or read otherwise."""
    behaviours: tuple[str, ...] = ()
    """Names of the behaviours without which the answer would be another."""


@dataclass(frozen=True, slots=True)
class Actor:
    """A resource that is there before a dialogue begins; its id is bound to its name."""

    name: str
    endpoint: str
    resource: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Dialogue:
    """One conversation: it begins in an empty workspace with the given resources."""

    file: str
    title: str
    needs: frozenset[str]
    """What not every server can do that dialogues are replayed against, such as ``unique values``."""
    given: tuple[Actor, ...]
    exchanges: tuple[Exchange, ...]


def read_folder(folder: Path) -> list[Dialogue]:
    """Read all dialogues of a folder, in the order of their file names.

    Raises:
        BrokenDialogue: one of them has a fault, or two have the same title.
    """
    cast = _read_cast(folder / CAST)
    dialogues = [read_dialogue(path, cast) for path in sorted(folder.glob("*.json")) if path.name != CAST]
    if not dialogues:
        raise BrokenDialogue(f"{folder.name}: has no dialogue")
    _once([dialogue.title for dialogue in dialogues], f"{folder.name}: title of two dialogues")
    unknown = set(cast) - {actor.name for dialogue in dialogues for actor in dialogue.given}
    if unknown:
        raise BrokenDialogue(f"{CAST}: given in no dialogue: {', '.join(sorted(unknown))}")
    return dialogues


def read_dialogue(path: Path, cast: Mapping[str, Actor] | None = None) -> Dialogue:
    """Read one dialogue.

    Raises:
        BrokenDialogue: a fault of the file.
    """
    raw = _json(path)
    _fields(raw, _DIALOGUE, path.name)
    given = []
    for name in raw.get("given", []):
        if name not in (cast or {}):
            raise BrokenDialogue(f"{path.name}: given: {CAST} has no {json.dumps(name)}")
        given.append((cast or {})[name])
    _once([actor.name for actor in given], f"{path.name}: given twice")
    exchanges = [_exchange(item, f"{path.name}: exchange {n}") for n, item in enumerate(raw["exchanges"], start=1)]
    if not exchanges:
        raise BrokenDialogue(f"{path.name}: has no exchange")
    _once([exchange.title for exchange in exchanges], f"{path.name}: title of two exchanges")
    dialogue = Dialogue(path.name, raw["title"], frozenset(raw.get("needs", [])), tuple(given), tuple(exchanges))
    _check_names(dialogue)
    return dialogue


def names_in(request: Request) -> set[str]:
    """Return the names that a request uses as ``{name}``."""
    sent = [request.path, request.text, request.query, dict(request.headers), request.body]
    return {name for text in texts(sent) for name in references(text)}


def grown(value: Any) -> Any:
    """Return a request's body with ``"<letters:9>"`` and ``{"<repeat:9>": item}`` written out."""
    if isinstance(value, str):
        match = _LETTERS.fullmatch(value)
        return "x" * int(match[1]) if match else value
    if isinstance(value, list):
        return [grown(item) for item in value]
    if isinstance(value, dict):
        (name, item), *more = value.items() or [("", None)]
        match = _REPEAT.fullmatch(name)
        if match and not more:
            return [grown(item)] * int(match[1])
        return {name: grown(item) for name, item in value.items()}
    return value


# -- parts -------------------------------------------------------------------------------------------------------------


def _read_cast(path: Path) -> dict[str, Actor]:
    cast: dict[str, Actor] = {}
    for name, raw in (_json(path) if path.exists() else {}).items():
        _fields(raw, _ACTOR, f"{path.name}: {name}")
        cast[name] = Actor(name, raw["endpoint"], raw["resource"])
    return cast


def _exchange(raw: Any, place: str) -> Exchange:
    _fields(raw, _EXCHANGE, place)
    place = f"{place} ({raw['title']})"
    _fields(raw["request"], _REQUEST, f"{place}: request")
    _fields(raw["response"], _RESPONSE, f"{place}: response")
    request, response = Request(**raw["request"]), Response(**raw["response"])
    _check_request(request, place)
    _check_response(request, response, raw["response"], place)
    tolerated = _named(raw, "tolerated", "toleration", "boolean-as-string", place)
    behaviours = _named(raw, "behaviours", "behaviour", "unique-group-names", place)
    return Exchange(raw["title"], raw["source"], request, response, raw.get("note", ""), tolerated, behaviours)


def _named(raw: Mapping[str, Any], key: str, what: str, example: str, place: str) -> tuple[str, ...]:
    if key not in raw:
        return ()
    names = raw[key]
    if not names:
        raise BrokenDialogue(f"{place}: {key}: names no {what}; leave it out")
    for name in names:
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise BrokenDialogue(f"{place}: {key}: {json.dumps(name)} is no name such as {example}")
    _once(names, f"{place}: {key}: named twice")
    return tuple(names)


def _check_request(request: Request, place: str) -> None:
    if request.method not in METHODS:
        raise BrokenDialogue(f"{place}: request: method {request.method!r} is none of {', '.join(METHODS)}")
    # OneLogin leaves a question mark with nothing behind it.
    path = request.path.removesuffix("?") if request.query == "" else request.path
    if not path.startswith("/") or "?" in path:
        raise BrokenDialogue(f"{place}: request: path {request.path!r} must begin with a slash and have no query")
    if request.body is not None and request.text is not None:
        raise BrokenDialogue(f"{place}: request: has both body and text")
    _check_texts(request.headers, f"{place}: request: headers", nothing=True)
    if isinstance(request.query, dict):
        _check_texts(request.query, f"{place}: request: query", nothing=False)
    for text in texts(request.body):
        if text.startswith("<") and text.endswith(">") and not (_LETTERS.fullmatch(text) or _REPEAT.fullmatch(text)):
            raise BrokenDialogue(f"{place}: request: {text} is a placeholder; a request has <letters:9> and <repeat:9>")


def _check_response(request: Request, response: Response, raw: Mapping[str, Any], place: str) -> None:
    if not 200 <= response.status <= 599:
        raise BrokenDialogue(f"{place}: response: {response.status} is no status of an answer")
    bodiless = response.status in BODILESS or request.method == "HEAD"
    if bodiless and "body" in raw:
        raise BrokenDialogue(f"{place}: response: {request.method} with {response.status} has no body")
    if not bodiless and "body" not in raw:
        raise BrokenDialogue(f"{place}: response: body is missing")
    _check_texts(response.headers, f"{place}: response: headers", nothing=True)
    try:
        check(response.body)
        check(list(response.headers.values()))
    except BadPattern as error:
        raise BrokenDialogue(f"{place}: response: {error}") from None


def _check_names(dialogue: Dialogue) -> None:
    """Every name is bound once, before it is used, and is used: a name for nobody hides that nothing is compared."""
    known = {BOUND_BY_SERVER}
    for actor in dialogue.given:
        _known(known, {name for text in texts(actor.resource) for name in references(text)}, f"{CAST}: {actor.name}")
        known.add(actor.name)
    idle: dict[str, str] = {}
    for number, exchange in enumerate(dialogue.exchanges, start=1):
        place = f"{dialogue.file}: exchange {number} ({exchange.title})"
        used = names_in(exchange.request)
        _known(known, used, place)
        bound, used_later = check([dict(exchange.response.headers), exchange.response.body])
        for name in bound:
            if name in known:
                raise BrokenDialogue(f"{place}: {name} is bound already")
            known.add(name)
            idle[name] = place
        _known(known, used_later, place)
        for name in used | used_later:
            idle.pop(name, None)
    for name, place in idle.items():
        raise BrokenDialogue(f"{place}: {name} is bound and never used; leave its name out")


def _known(known: set[str], used: set[str], place: str) -> None:
    if used - known:
        raise BrokenDialogue(f"{place}: nothing is bound to {', '.join(sorted(used - known))}")


def _check_texts(mapping: Mapping[str, Any], place: str, *, nothing: bool) -> None:
    for name, value in mapping.items():
        if not (isinstance(value, str) or (value is None and nothing)):
            raise BrokenDialogue(f"{place}: {name} must be a text{' or null' if nothing else ''}")


def _fields(raw: Any, fields: Mapping[str, Any], place: str) -> None:
    """Check that an object has the fields it must, and no others; a question mark makes a field optional."""
    if not isinstance(raw, dict):
        raise BrokenDialogue(f"{place}: must be an object")
    kinds = {name.rstrip("?"): kind for name, kind in fields.items()}
    if strange := [name for name in raw if name not in kinds]:
        raise BrokenDialogue(f"{place}: unknown key {', '.join(strange)}; there are {', '.join(kinds)}")
    if missing := [name for name in fields if not name.endswith("?") and name not in raw]:
        raise BrokenDialogue(f"{place}: {', '.join(missing)} is missing")
    for name, value in raw.items():
        if not isinstance(value, kinds[name]) or isinstance(value, bool) or value == "":
            raise BrokenDialogue(f"{place}: {name} has a value of the wrong kind")


def _once(values: list[str], what: str) -> None:
    if twice := sorted({value for value in values if values.count(value) > 1}):
        raise BrokenDialogue(f"{what}: {', '.join(twice)}")


def _json(path: Path) -> Any:
    def object_of(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        _once([name for name, _ in pairs], f"{path.name}: key twice in one object")
        return dict(pairs)

    try:
        return json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=object_of)
    except ValueError as error:
        raise BrokenDialogue(f"{path.name}: is not JSON: {error}") from None
