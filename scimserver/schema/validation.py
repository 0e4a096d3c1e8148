"""Checking values against the schemas: ``jsonschema-rs`` says yes or no, ``jsonschema`` says why not.

The fast validator costs a few microseconds a user, the explaining one some hundred: so it is asked only about what the
fast one refused. A differential test holds their verdicts equal.
"""

import base64
import binascii
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import jsonschema_rs
from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from ..errors import InvalidValue
from .attributes import Attribute, ResourceType
from .texts import describe

CURE = "Change the mapping of this attribute in your identity provider."


class ResourceValidator:
    """Checks canonical resources of one type: names are right and readOnly attributes gone already."""

    def __init__(self, resource_type: ResourceType) -> None:
        schema = _schema_of(resource_type)
        self._resource_type = resource_type
        self._fast = jsonschema_rs.Draft202012Validator(schema)
        self._slow = Draft202012Validator(schema)
        self._texts = [(a, tuple(_text_checks(a))) for a in resource_type.attributes()]
        self._texts = [(a, checks) for a, checks in self._texts if checks]

    def check(self, resource: Mapping[str, Any]) -> None:
        """Accept a canonical resource.

        Raises:
            InvalidValue: names the attribute, the rule and the cure; holds no value, which may be personal.
        """
        if not self._fast.is_valid(resource):
            self._refuse(resource)
        for attribute, checks in self._texts:
            value = self._resource_type.value(resource, attribute)
            if value is not None:
                for check in checks:
                    check(value)

    def _refuse(self, resource: Mapping[str, Any]) -> None:
        error = best_match(self._slow.iter_errors(resource))
        if error is None:
            raise InvalidValue("The resource does not fit its schema; /Schemas shows what it may hold.")
        place, rule = describe(error)
        raise InvalidValue(f"`{place}`: {rule}. {CURE}")


def check_settings(schema: Mapping[str, Any], settings: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with a plugin's settings, in words; an empty schema accepts no setting."""
    validator = Draft202012Validator(dict(schema) or {"type": "object", "additionalProperties": False})
    found = [describe(error) for error in validator.iter_errors(dict(settings))]
    return [f"`{place}` {rule}" if place else rule for place, rule in found]


def with_defaults(schema: Mapping[str, Any], settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings with the schema's defaults for what is not set."""
    properties = schema.get("properties", {})
    return {name: item["default"] for name, item in properties.items() if "default" in item} | dict(settings)


def _schema_of(resource_type: ResourceType) -> dict[str, Any]:
    """Return one JSON Schema for the resource with its extensions under their URNs."""
    core = {name: value for name, value in resource_type.schema.json_schema.items() if name not in ("$id", "scim")}
    extensions = {e.id: {"type": "object", **_inner(e.json_schema)} for e in resource_type.extensions}
    required = [*core.get("required", ()), *sorted(resource_type.required_extensions)]
    return {**core, "properties": {**core["properties"], **extensions}, "required": required}


def _inner(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {name: schema[name] for name in ("properties", "required") if name in schema}


def _text_checks(attribute: Attribute, path: str = "") -> Iterator[Callable[[Any], None]]:
    """Yield checks of texts that JSON Schema does not make: dateTime and binary (RFC 7643 §2.3.5 and §2.3.6)."""
    path = f"{path}.{attribute.name}" if path else attribute.name
    if attribute.mutability == "readOnly":
        return
    if attribute.type in ("dateTime", "binary"):
        yield _each(attribute, path, _is_date_time if attribute.type == "dateTime" else _is_base64)
    for sub in attribute.sub_attributes:
        for check in _text_checks(sub, path):
            yield _below(sub.name, check)


def _each(attribute: Attribute, path: str, good: Callable[[str], bool]) -> Callable[[Any], None]:
    what = "a dateTime such as 2031-02-03T09:15:00Z" if attribute.type == "dateTime" else "binary data as base64 text"

    def check(value: Any) -> None:
        for text in value if isinstance(value, list) else [value]:
            if not good(text):
                raise InvalidValue(f"`{path}`: expected {what}. {CURE}")

    return check


def _below(name: str, check: Callable[[Any], None]) -> Callable[[Any], None]:
    def check_elements(value: Any) -> None:
        elements: Sequence[Any] = value if isinstance(value, list) else [value]
        for element in elements:
            if isinstance(element, dict) and name in element:
                check(element[name])

    return check_elements


def _is_date_time(text: str) -> bool:
    try:
        datetime.fromisoformat(text.upper().replace("Z", "+00:00"))
    except ValueError:
        return False
    return "T" in text.upper()


def _is_base64(text: str) -> bool:
    try:
        base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return False
    return True
