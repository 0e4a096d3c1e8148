"""Dialogues beside other people's data: every name that they create begins with a prefix.

A *name* is a value of ``userName``, ``displayName``, ``externalId`` or an e-mail address that a dialogue sends. It gets
the prefix wherever it stands alone: as a value in a request or in an expected answer, and as a literal in a filter. So
what is sent and what is expected change together. Whatever looks at more than its own names, such as a list without a
filter, counts what others have, and needs an empty workspace.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import unquote_plus

from .fixture import Actor, Dialogue, Exchange, Request, Response
from .patterns import references

PREFIX = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,30}")
"""Safe in an address, in a filter, and at the beginning of an e-mail address."""

OF_NAMES = frozenset({"username", "displayname", "externalid"})
"""Attributes whose values are names, in small letters; e-mail addresses are names besides."""
ANSWERED_ALONE = OF_NAMES | {"id", "emails", "emails.value", "members", "members.value", "manager", "manager.value"}
"""Attributes by which a filter finds only what the dialogue knows."""
COLLECTIONS = frozenset({"", "users", "groups"})

_STRUCTURE = frozenset({"schemas", "op", "path", "method", "type", "bulkId", "resourceType", "attributes", "sortBy"})
"""Members whose values are words of the protocol."""
_QUOTED = re.compile(r'(%22|")((?:\\.|%5C(?:%22|.)|(?!%22|").)*)\1', re.IGNORECASE)
_BARE = re.compile(r'((?:[ +]|%20)eq(?:[ +]|%20))([^\s+&"%(){}]+)', re.IGNORECASE)
_TERM = re.compile(
    r"\b(?!(?:and|or|not)\b)(?P<attribute>[\w.:$-]+(?:\[[^\]]*\](?:\.[\w$]+)?)?)\s+"
    r'(?:pr\b|(?P<operator>\w\w)\s+(?P<literal>"(?:\\.|[^"])*"|[^\s()]+))',
    re.IGNORECASE,
)
_WIDENS = re.compile(r"\b(or|not|ne)\b", re.IGNORECASE)
"""Without these words a filter finds no more than each of its terms."""
_NOBODY = re.compile(r'"(\{[a-z0-9_]+\}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})"', re.IGNORECASE)
"""An id that the dialogue got from the server, or a value that was drawn at random."""
_CORE_USER = "urn:ietf:params:scim:schemas:core:2.0:user:"
_CONTAINING = re.compile(r"<text containing (.*)>", re.DOTALL)
_IN_TEXT = re.compile(r'"(?:userName|displayName|externalId)"\s*:\s*"((?:\\.|[^"])*)"', re.IGNORECASE)


class NeedsEmptyWorkspace(Exception):
    """A dialogue that cannot be played beside other data; the text says why."""


def prefixed(dialogue: Dialogue, prefix: str) -> Dialogue:
    """Return the dialogue with the prefix before all its names.

    Raises:
        NeedsEmptyWorkspace: it looks at more than what it creates itself, or a name of it cannot take a prefix.
    """
    for exchange in dialogue.exchanges:
        if reason := _counts_others(exchange):
            raise NeedsEmptyWorkspace(f"“{exchange.title}” {reason}")
        if name := next((name for name in _accepted_names(exchange) if name.startswith("<")), None):
            raise NeedsEmptyWorkspace(f"“{exchange.title}” has a name that is {name}")
    rename = _Renaming(frozenset(name for name in _names_of(dialogue) if not name.startswith("<")), prefix)
    return replace(
        dialogue,
        given=tuple(Actor(actor.name, actor.endpoint, rename.value(actor.resource)) for actor in dialogue.given),
        exchanges=tuple(_renamed(exchange, rename) for exchange in dialogue.exchanges),
    )


# -- what looks at more than the dialogue's own ------------------------------------------------------------------------


def _counts_others(exchange: Exchange) -> str:
    """Say why an exchange needs an empty workspace; empty if it does not."""
    if exchange.response.status >= 300:
        return ""
    searched = _search(exchange.request)
    if searched is None:
        return ""
    if not searched:
        return "lists everything"
    terms = list(_TERM.finditer(searched))
    wide = [term[0] for term in terms if not _is_narrow(term)]
    if wide and (len(wide) == len(terms) or _WIDENS.search(searched)):
        return f"looks for {wide[0]}"
    return ""


def _is_narrow(term: re.Match[str]) -> bool:
    """Tell whether a comparison finds only what the dialogue knows."""
    attribute = _without_filter(term["attribute"]).lower().removeprefix(_CORE_USER)
    equal = (term["operator"] or "").lower() == "eq"
    return equal and (attribute in ANSWERED_ALONE or _NOBODY.fullmatch(term["literal"]) is not None)


def _search(request: Request) -> str | None:
    """Return the filter of a request that lists resources, empty if it has none; None if it lists nothing."""
    path = request.path.removesuffix("?").strip("/").lower()
    if request.method == "POST" and path.endswith(".search"):
        body = request.body if isinstance(request.body, dict) else {}
        return str(next((value for name, value in body.items() if name.lower() == "filter"), ""))
    if request.method != "GET" or path not in COLLECTIONS:
        return None
    if isinstance(request.query, str):
        pairs = [part.partition("=") for part in request.query.split("&")]
        return next((unquote_plus(value) for name, _, value in pairs if name.lower() == "filter"), "")
    return next((value for name, value in request.query.items() if name.lower() == "filter"), "")


# -- names -------------------------------------------------------------------------------------------------------------


def _names_of(dialogue: Dialogue) -> Iterator[str]:
    """Yield every name that a dialogue sends, in small letters."""
    for actor in dialogue.given:
        yield from _names_in(actor.resource, "")
    for exchange in dialogue.exchanges:
        yield from _names_in(exchange.request.body, "")
        yield from (name.lower() for name in _IN_TEXT.findall(exchange.request.text or ""))
        for term in _TERM.finditer(_search(exchange.request) or ""):
            literal = term["literal"]
            if literal and _is_name(_without_filter(term["attribute"]).lower()) and not references(literal):
                yield _unescaped(literal.strip('"')).lower()


def _accepted_names(exchange: Exchange) -> Iterator[str]:
    """Yield the names that a request brings into the workspace."""
    if exchange.response.status < 400:
        yield from _names_in(exchange.request.body, "")


def _names_in(value: Any, attribute: str) -> Iterator[str]:
    """Yield the names in a body; ``attribute`` is the path that its value belongs to, in small letters."""
    if isinstance(value, str):
        if _is_name(attribute) and value and not references(value):
            yield value.lower()
    elif isinstance(value, list):
        for item in value:
            yield from _names_in(item, attribute)
    elif isinstance(value, dict):
        path = value.get("path")
        for name, item in value.items():
            if name.lower() == "value" and isinstance(path, str):
                yield from _names_in(item, _without_filter(path).lower())
            else:
                yield from _names_in(item, f"{attribute}.{name.lower()}" if attribute == "emails" else name.lower())


def _is_name(attribute: str) -> bool:
    return _last(attribute) in OF_NAMES or attribute.endswith(("emails.value", "emails"))


def _last(attribute: str) -> str:
    return re.split(r"[.:]", attribute.lower())[-1]


def _without_filter(path: str) -> str:
    return re.sub(r"\[[^\]]*\]", "", path)


def _unescaped(literal: str) -> str:
    return re.sub(r"\\(.)", r"\1", literal)


# -- renaming ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Renaming:
    names: frozenset[str]
    prefix: str

    def value(self, value: Any, *, structure: bool = False) -> Any:
        """Return a body, or a pattern of one, with the prefix before each name."""
        if isinstance(value, str):
            return self.text(value) if structure else self._whole(value)
        if isinstance(value, list):
            return [self.value(item, structure=structure) for item in value]
        if isinstance(value, dict):
            return {name: self.value(item, structure=name in _STRUCTURE) for name, item in value.items()}
        return value

    def text(self, text: str) -> str:
        """Return a filter, a path or a text with the prefix before each name that is a literal in it."""
        text = _QUOTED.sub(self._quoted, text)
        return _BARE.sub(lambda match: match[1] + self._put(match[2], match[2]), text)

    def _whole(self, text: str) -> str:
        if holding := _CONTAINING.fullmatch(text):
            return f"<text containing {self._put(holding[1], holding[1])}>"
        renamed = self._put(text, text)
        return renamed if renamed != text else self.text(text)

    def _quoted(self, match: re.Match[str]) -> str:
        literal = _unescaped(unquote_plus(match[2]))
        # In an address a literal plus may be written as it is, which some servers read as a space.
        known = literal if self._knows(literal) else _unescaped(match[2])
        return f"{match[1]}{self._put(match[2], known)}{match[1]}"

    def _put(self, written: str, name: str) -> str:
        return f"{self.prefix}{written}" if self._knows(name) else written

    def _knows(self, name: str) -> bool:
        return name.lower() in self.names


def _renamed(exchange: Exchange, rename: _Renaming) -> Exchange:
    request, response = exchange.request, exchange.response
    text: Callable[[str], str] = rename.text
    if isinstance(request.query, str):
        query: Any = text(request.query)
    else:
        query = {name: text(value) for name, value in request.query.items()}
    return replace(
        exchange,
        request=Request(
            request.method,
            request.path,
            query,
            request.headers,
            rename.value(request.body),
            None if request.text is None else text(request.text),
        ),
        response=Response(response.status, response.headers, rename.value(response.body)),
    )
