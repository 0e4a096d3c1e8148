"""What a client sends that has no effect: attributes that only the server sets, and what is accepted and dropped."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ...schema.attributes import Attribute, ResourceType
from ...scim.mutability import writable


def without_effect(body: Any, resource_type: ResourceType) -> tuple[str, ...]:
    """Return the paths of those attributes of a POST or PUT body, each once; names no value and no unknown name."""
    if not isinstance(body, Mapping):
        return ()
    return tuple(dict.fromkeys(_of_resource(body, resource_type)))


def _of_resource(body: Mapping[str, Any], resource_type: ResourceType) -> Iterator[str]:
    for key, value in body.items():
        extension = resource_type.extension(key) if ":" in key else None
        if extension is None:
            yield from _of({key: value}, resource_type.attribute, "")
        elif isinstance(value, Mapping):
            yield from _of(value, extension.attribute, f"{extension.id}:")


def _of(values: Mapping[str, Any], find: Callable[[str], Attribute | None], prefix: str) -> Iterator[str]:
    for name, value in values.items():
        attribute = find(name)
        if attribute is None:
            continue
        if not writable(attribute):
            yield f"{prefix}{attribute.name}"
            continue
        for element in value if isinstance(value, list) else [value]:
            if isinstance(element, Mapping):
                yield from _of(element, attribute.sub, f"{prefix}{attribute.name}.")
