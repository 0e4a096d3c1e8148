"""The resources of the recorded dialogues: what real identity providers write, read as the server reads it.

The requests of each dialogue that were accepted are applied in order, without a server: a create, a PUT or a PATCH
gives the next state of its resource. What concerns other things (members, lists, bulk, a refusal) is passed over.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from ..conformance.fixture import Dialogue, Exchange, grown
from ..conformance.patterns import fill, references, texts
from ..conformance.suites import Suite, suites
from ..errors import ScimError
from ..schema.attributes import ResourceType
from ..schema.catalogue import SchemaCatalogue
from ..scim import members, messages, patch
from ..scim.canonical import canonicalise
from ..scim.reading import tolerant
from ..scim.replace import merge_put
from .samples import Life, Resource

_ID = re.compile(r"<id:([a-z][a-z0-9_]*)>")
_PATH = re.compile(r"(/[A-Za-z]+)(?:/([^/?]+))?")


def clients() -> list[str]:
    """Return the names of the recorded clients: ``rfc7644``, ``entra-legacy``, ``okta``, …."""
    return [suite.name for suite in suites()]


def recorded(catalogue: SchemaCatalogue, *only: str) -> list[Life]:
    """Return each resource of the dialogues with its changes, once; ``only`` names clients.

    Raises:
        ValueError: there is no client of that name.
    """
    found = {suite.name: suite for suite in suites()}
    if unknown := sorted(set(only) - set(found)):
        raise ValueError(f"there are no dialogues of {', '.join(unknown)}; there are {', '.join(found)}")
    distinct: dict[str, Life] = {}
    for suite in (found[name] for name in only or found):
        for life in _lives(suite, catalogue):
            # Many dialogues begin with the same people.
            distinct.setdefault(json.dumps([life.resource_type, life.states], sort_keys=True), life)
    return list(distinct.values())


def _lives(suite: Suite, catalogue: SchemaCatalogue) -> Iterator[Life]:
    for dialogue in suite.dialogues:
        told = _Telling(dialogue, catalogue)
        told.tell()
        for resource_id, states in told.states.items():
            name = resource_id.partition("_")[2]
            kind = told.types[resource_id].name
            yield Life(f"{suite.name}/{dialogue.file}: {name}", kind, tuple({"id": resource_id, **s} for s in states))


class _Telling:
    """The resources of one dialogue while it goes on; ids are made of the names that the dialogue gives them."""

    def __init__(self, dialogue: Dialogue, catalogue: SchemaCatalogue) -> None:
        self._dialogue = dialogue
        self._catalogue = catalogue
        self._names: dict[str, str] = {"tenant_url": "https://scim.example/t/sample/scim/v2"}
        self.types: dict[str, ResourceType] = {}
        self.states: dict[str, list[Resource]] = {}
        """Id → states."""

    def tell(self) -> None:
        for actor in self._dialogue.given:
            self._create(actor.endpoint, actor.resource, actor.name)
        for number, exchange in enumerate(self._dialogue.exchanges, start=1):
            if 200 <= exchange.response.status < 300:
                self._follow(exchange, number)

    def _follow(self, exchange: Exchange, number: int) -> None:
        match = _PATH.fullmatch(fill(exchange.request.path, self._names))
        if match is None:
            return
        endpoint, resource_id = match.groups()
        if exchange.request.method == "POST" and resource_id is None:
            self._create(endpoint, exchange.request.body, _bound_by(exchange) or f"number_{number}")
        elif exchange.request.method in ("PUT", "PATCH") and resource_id in self.states:
            self._change(exchange.request.method, resource_id, exchange.request.body)

    def _create(self, endpoint: str, body: Any, name: str) -> None:
        resource_type = self._catalogue.by_endpoint(endpoint)
        sent = self._filled(body)
        if resource_type is None or sent is None:
            return
        try:
            resource = canonicalise(sent, resource_type, tolerant()).resource
            self._catalogue.validator(resource_type.name).check(resource)
        except ScimError:
            return  # it needs a schema or a profile that is not at hand
        resource_id = f"{resource_type.id_prefix}_{name}"
        self._names[name] = resource_id
        self.types[resource_id] = resource_type
        self.states[resource_id] = [resource]

    def _change(self, method: str, resource_id: str, body: Any) -> None:
        resource_type, before = self.types[resource_id], self.states[resource_id][-1]
        sent = self._filled(body)
        if sent is None:
            return
        try:
            after = _replaced(before, sent, resource_type) if method == "PUT" else _patched(before, sent, resource_type)
            self._catalogue.validator(resource_type.name).check(after)
        except ScimError:
            return
        if after != before:
            self.states[resource_id].append(after)

    def _filled(self, body: Any) -> Resource | None:
        """Return a body with the ids of this dialogue in it; None if it is no object or needs an id not known here."""
        if not isinstance(body, dict) or any(references(text) - self._names.keys() for text in texts(body)):
            return None
        return _with_names(grown(body), self._names)  # type: ignore[no-any-return]


def _replaced(before: Resource, sent: Resource, resource_type: ResourceType) -> Resource:
    return merge_put(before, canonicalise(sent, resource_type, tolerant()), resource_type)


def _patched(before: Resource, sent: Resource, resource_type: ResourceType) -> Resource:
    reading = tolerant()
    others, _ = members.split(messages.parse_patch(sent, reading), resource_type, reading)
    after = patch.apply({"id": "", **before}, others, resource_type, reading).resource
    return {name: value for name, value in after.items() if name != "id"}


def _bound_by(exchange: Exchange) -> str | None:
    """Return the name that the answer's id is bound to."""
    body = exchange.response.body
    match = _ID.fullmatch(str(body.get("id"))) if isinstance(body, Mapping) else None
    return match[1] if match else None


def _with_names(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return fill(value, names)
    if isinstance(value, list):
        return [_with_names(item, names) for item in value]
    if isinstance(value, dict):
        return {fill(key, names): _with_names(item, names) for key, item in value.items()}
    return value
