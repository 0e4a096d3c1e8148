"""What of a workspace's stored resources a change of its schemas meets: values, types, rules and keys."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...errors import InvalidValue
from ...schema.attributes import Attribute, ResourceType
from ...schema.catalogue import SchemaCatalogue
from ...schema.compatibility import attribute_paths
from ...scim.keys import unique_keys
from ...store.documents import Document
from ...store.resources import DuplicateValue, ResourceStore, ResourceStores

RUNS = 8
"""How often a document that keeps changing is read anew."""
_SHOWN = 3

Progress = Callable[[int], None]
"""Is told how many resources have been looked at so far."""


@dataclass(slots=True)
class Usage:
    """What was found; counts are of resources."""

    values: Counter[tuple[str, str]] = field(default_factory=Counter)
    """(Resource type, URN or path of what is taken away) → how many have a value there, or are of the type."""
    unfit: list[str] = field(default_factory=list)
    """Ids of those that the new rules refuse and the old ones did not."""
    reason: str = ""
    """Why, for the first of them."""
    twice: dict[str, list[str]] = field(default_factory=dict)
    """Path of what becomes unique → ids of resources whose value another one has already."""
    unkeyed: set[str] = field(default_factory=set)
    """Paths whose keys the stored resources do not have yet."""


@dataclass(frozen=True, slots=True)
class Removed:
    """What a change takes away."""

    types: Sequence[str]
    """Names of resource types."""
    extensions: Sequence[tuple[str, str]]
    """(Resource type, URN): the type is there, and the schema is none of its extensions any more."""
    paths: Sequence[str]
    """Attributes, with URN, of schemas that stay."""


def removed(before: SchemaCatalogue, after: SchemaCatalogue, lost_paths: Iterable[str]) -> Removed:
    """Compare two catalogues; ``lost_paths`` as :func:`scimserver.schema.compatibility.missing_paths` finds them."""
    names = {t.name for t in after.resource_types}
    kept = {(t.name, e.id) for t in after.resource_types for e in t.extensions}
    lost = [
        (t.name, e.id)
        for t in before.resource_types
        for e in t.extensions
        if t.name in names and (t.name, e.id) not in kept
    ]
    return Removed([t.name for t in before.resource_types if t.name not in names], lost, list(lost_paths))


async def usage(
    stores: ResourceStores,
    ws: str,
    before: SchemaCatalogue,
    after: SchemaCatalogue,
    gone: Removed,
    progress: Progress | None = None,
) -> Usage:
    """Read through the resources of every type that the change touches."""
    found = Usage()
    looked_at = 0
    old, new = ({t.name: t for t in catalogue.resource_types} for catalogue in (before, after))
    for name, resource_type in (old | new).items():
        if name in old and name in new and _same(old[name], new[name]):
            continue
        look = _Look(found, before if name in old else None, after if name in new else None, name, gone)
        async for documents in stores.of(resource_type).walk(ws):
            for document in documents:
                look.at(document)
            looked_at += len(documents)
            if progress:
                progress(looked_at)
    return found


async def make_keys(store: ResourceStore, ws: str, progress: Progress | None = None) -> DuplicateValue | None:
    """Write the keys of every resource of a type anew; returns the first collision of a value that is to be unique."""
    done = 0
    async for documents in store.walk(ws):
        for document in documents:
            current: Document | None = document
            for _ in range(RUNS):
                try:
                    if current is None or await store.rekey(current):
                        break
                except DuplicateValue as duplicate:
                    return duplicate
                current = await store.get(ws, document.id)
        done += len(documents)
        if progress:
            progress(done)
    return None


def keyed_paths(resource_type: ResourceType) -> dict[str, tuple[Any, ...]]:
    """Return path with URN → what the keys of it depend on, of every attribute that has keys."""
    found = {}
    for definition in (resource_type.schema, *resource_type.extensions):
        attributes = dict(attribute_paths(definition))
        for path, attribute in attributes.items():
            if attribute.keyed or attribute.uniqueness != "none":
                # The key of an element holds its type, folded as that says.
                kind = attributes.get(f"{path.partition('.')[0]}.type")
                found[f"{definition.id}:{path}"] = (
                    attribute.keyed,
                    attribute.uniqueness != "none",
                    attribute.case_exact,
                    kind is not None and kind.case_exact,
                )
    return found


def mentions(settings: Any, words: Sequence[str], names: Sequence[str]) -> Iterator[str]:
    """Yield those URNs and paths (``words``) that a plugin's settings name, and the types (``names``) that are keys."""
    texts, keys = "\n".join(_texts(settings)).lower(), {*_keys(settings)}
    for word in words:
        # Followed by more of a name it is another attribute: badge in badgeColour.
        if re.search(rf"{re.escape(word.lower())}(?![A-Za-z0-9_$-])", texts):
            yield word
    yield from (name for name in names if name in keys)


class _Look:
    """Looks at the documents of one resource type."""

    def __init__(
        self, found: Usage, before: SchemaCatalogue | None, after: SchemaCatalogue | None, name: str, gone: Removed
    ) -> None:
        self._found = found
        self._before, self._after = before, after
        self._name = name
        old = before.resource_type(name) if before else None
        self._new = new = after.resource_type(name) if after else None
        self._lost = [urn for of, urn in gone.extensions if of == name]
        self._attributes = [
            (f"{d.id}:{path}", path, d.id, old)
            for d in ((old.schema, *old.extensions) if old else ())
            for path, _ in attribute_paths(d)
            if f"{d.id}:{path}" in gone.paths
        ]
        had = keyed_paths(old) if old else {}
        has = keyed_paths(new) if new else {}
        self._keyed = {path for path, form in has.items() if had.get(path) != form}
        self._unique: dict[str, dict[str, str]] = {
            path: {} for path in self._keyed if has[path][1] and not (had.get(path) or (0, False))[1]
        }

    def at(self, document: Document) -> None:
        scim, found = document.scim, self._found
        if self._after is None:
            found.values[self._name, self._name] += 1
            return
        for urn in self._lost:
            found.values[self._name, urn] += bool(scim.get(urn))
        for whole, path, urn, old in self._attributes:
            assert old is not None
            found.values[self._name, whole] += any(True for _ in _values(old, scim, urn, path))
        self._check(document)
        assert self._new is not None
        for whole in self._keyed:
            urn, _, path = whole.rpartition(":")
            if any(True for _ in _values(self._new, scim, urn, path)):
                found.unkeyed.add(whole)
        if self._unique:
            self._check_unique(document)

    def _check(self, document: Document) -> None:
        assert self._after is not None
        try:
            self._after.validator(self._name).check(document.scim)
        except InvalidValue as problem:
            try:
                if self._before:
                    self._before.validator(self._name).check(document.scim)
            except InvalidValue:
                return
            self._found.unfit.append(document.id)
            self._found.reason = self._found.reason or problem.detail.partition(". ")[0]

    def _check_unique(self, document: Document) -> None:
        assert self._new is not None
        for key in unique_keys(self._new, {"id": document.id, **document.scim}):
            name = key.partition("=")[0].rpartition("/")[2]
            for path, owners in self._unique.items():
                if name in (path, path.removeprefix(f"{self._new.schema.id}:")):
                    if key in owners:
                        self._found.twice.setdefault(path, [owners[key]]).append(document.id)
                    owners.setdefault(key, document.id)


def _same(before: ResourceType, after: ResourceType) -> bool:
    """Tell whether nothing of a resource type has changed; the JSON Schemas hold lengths, which attributes do not."""
    return before == after and _schemas(before) == _schemas(after)


def _schemas(resource_type: ResourceType) -> list[Mapping[str, Any]]:
    return [d.json_schema for d in (resource_type.schema, *resource_type.extensions)]


def _values(resource_type: ResourceType, scim: Mapping[str, Any], urn: str, path: str) -> Iterator[Any]:
    """Yield the values at a path of a schema."""
    name, _, sub = path.partition(".")
    attribute: Attribute | None = resource_type.attribute(name, urn)
    held = resource_type.value(scim, attribute) if attribute else None
    for element in held if isinstance(held, list) else [held]:
        value = element.get(sub) if sub and isinstance(element, dict) else None if sub else element
        if value is not None:
            yield value


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield str(key)
            yield from _texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)


def _keys(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield str(key)
            yield from _keys(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _keys(item)


def shown_ids(ids: Sequence[str]) -> str:
    """Return some ids for a message, and how many more there are."""
    more = f" and {len(ids) - _SHOWN} more" if len(ids) > _SHOWN else ""
    return ", ".join(ids[:_SHOWN]) + more
