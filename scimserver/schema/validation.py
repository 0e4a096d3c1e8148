"""Checking values against the schemas: ``jsonschema-rs`` says yes, ``jsonschema`` says why not.

The fast validator costs a few microseconds a user, the explaining one some hundred: so it is asked only about what the
fast one refused, and its verdict counts. A differential test holds the two equal.
"""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import jsonschema_rs
from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import SchemaError, ValidationError

from ..errors import InvalidSyntax, InvalidValue
from .attributes import Attribute, ResourceType
from .files import messages
from .instants import is_date_time
from .texts import BINARY, sentence

_WRONG = "Change the mapping of this attribute in your identity provider."
_MISSING = "Map a source attribute to it in your identity provider, one that is not empty for this resource."
_FORMATS = {"dateTime": is_date_time}
"""What a pattern cannot tell, such as that February has no 30th."""
_INT64 = 1 << 63
"""The database has no larger integers."""
_SHOWN = 3
"""Errors named in one answer: enough to mend a mapping in one go, short enough for a provisioning log."""


class ResourceValidator:
    """Checks canonical resources of one type: names are right and readOnly attributes gone already.

    Compiling costs milliseconds: make one for each resource type and keep it.
    """

    def __init__(self, resource_type: ResourceType) -> None:
        schema = resource_schema(resource_type)
        self._resource_type = resource_type
        self._accepts = jsonschema_rs.Draft202012Validator(schema, formats=_FORMATS, validate_formats=True).is_valid
        self._reference = Draft202012Validator(schema, format_checker=_format_checker())
        self._with_primary = [a for a in resource_type.attributes() if a.multi_valued and a.sub("primary")]

    def check(self, resource: Mapping[str, Any]) -> None:
        """Accept a canonical resource; unknown attributes are none of its business.

        Raises:
            InvalidValue: names the attribute, the rule and the cure; holds no value, which may be personal.
        """
        if not self._accepts(resource):
            errors = _in_order(self._reference, resource)
            if errors:
                raise InvalidValue(_explained(errors))
        for attribute in self._with_primary:
            marked = [e for e in self._resource_type.value(resource, attribute) or () if e.get("primary") is True]
            if len(marked) > 1:
                raise InvalidValue(
                    f"`{attribute.name}`: {len(marked)} values are marked primary, at most one may be. "
                    "Set `primary` to false on the others."
                )


def resource_schema(resource_type: ResourceType) -> dict[str, Any]:
    """Return one JSON Schema for a resource as clients write it, with the extensions under their URNs.

    What only the server writes is never required; the rules of dateTime, binary and integer are filled in.
    """
    core = _checks(resource_type.schema.json_schema)
    properties = {a.name: _text(a) for a in resource_type.common if a.mutability != "readOnly"}
    extensions = {e.id: _checks(e.json_schema) for e in resource_type.extensions}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": properties | core["properties"] | extensions,
        "required": [*core["required"], *sorted(resource_type.required_extensions)],
    }


def check_message(name: str, body: Any) -> None:
    """Accept a message envelope of RFC 7644: ``PatchOp``, ``BulkRequest``, ``SearchRequest``, ``ListResponse``, ….

    Names are expected in their canonical letter case.

    Raises:
        InvalidSyntax: names the place in the message and the rule.
        KeyError: there is no such message.
    """
    accepts, reference = _message_validators(name)
    errors = [] if accepts(body) else _in_order(reference, body)
    if errors:
        raise InvalidSyntax(f"The {name} message: {_joined(errors)}. See RFC 7644 for its form.")


def check_settings(schema: Mapping[str, Any], settings: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with a plugin's settings, in words; an empty schema accepts no setting.

    Raises:
        ValueError: the schema itself is not JSON Schema 2020-12.
    """
    rules = dict(schema) or {"type": "object", "additionalProperties": False}
    try:
        Draft202012Validator.check_schema(rules)
    except SchemaError as error:
        raise ValueError(f"not a JSON Schema: {sentence(error)}") from error
    return violations(rules, dict(settings))


def accepting(schema: Mapping[str, Any]) -> Callable[[Any], bool]:
    """Return the quick check for a schema that is known to be one; ask :func:`violations` about what it refuses."""
    return jsonschema_rs.Draft202012Validator(dict(schema)).is_valid


def violations(schema: Mapping[str, Any], value: Any) -> list[str]:
    """Return in words what breaks a schema that is known to be one, such as those of ``schemas/``."""
    return [sentence(error) for error in _in_order(Draft202012Validator(schema), value)]


def with_defaults(schema: Mapping[str, Any], settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings with the schema's defaults for what is not set."""
    properties = schema.get("properties", {})
    return {name: item["default"] for name, item in properties.items() if "default" in item} | dict(settings)


@cache
def _format_checker() -> FormatChecker:
    checker = FormatChecker(formats=())
    for name, accepts in _FORMATS.items():
        checker.checks(name)(accepts)
    return checker


@cache
def _message_validators(name: str) -> tuple[Callable[[Any], bool], Draft202012Validator]:
    schema = messages()[name]
    return jsonschema_rs.Draft202012Validator(schema).is_valid, Draft202012Validator(schema)


def _checks(node: Mapping[str, Any], scim_type: str | None = None) -> dict[str, Any]:
    """Return the node with only what a client's value is checked for; the scim type stands outside of ``items``."""
    scim_type = node.get("scim", {}).get("type", scim_type)
    checks: dict[str, Any] = {key: node[key] for key in ("minLength", "maxLength") if key in node}
    checks["type"] = node.get("type", "object")
    if checks["type"] == "string" and scim_type == "dateTime":
        checks["format"] = "dateTime"
    if checks["type"] == "string" and scim_type == "binary":
        checks["pattern"] = BINARY
    if checks["type"] == "integer":
        checks |= {"minimum": -_INT64, "maximum": _INT64 - 1}
    if "items" in node:
        checks["items"] = _checks(node["items"], scim_type)
    if checks["type"] == "object":
        properties = node.get("properties", {})
        by_clients = [n for n in node.get("required", ()) if properties[n]["scim"]["mutability"] != "readOnly"]
        checks |= {"properties": {n: _checks(p) for n, p in properties.items()}, "required": by_clients}
    return checks


def _text(attribute: Attribute) -> dict[str, Any]:
    """Return the check of a common attribute: all that clients write are texts."""
    text = {"type": "string"}
    return {"type": "array", "items": text} if attribute.multi_valued else text


def _in_order(validator: Draft202012Validator, value: Any) -> list[ValidationError]:
    """Return the errors in the order of their places in the value."""
    return sorted(validator.iter_errors(value), key=lambda error: [str(step) for step in error.absolute_path])


def _explained(errors: list[ValidationError]) -> str:
    cures = {_MISSING if error.validator == "required" else _WRONG for error in errors[:_SHOWN]}
    return f"{_joined(errors)}. {' '.join(sorted(cures))}"


def _joined(errors: list[ValidationError]) -> str:
    more = len(errors) - _SHOWN
    return "; ".join(sentence(error) for error in errors[:_SHOWN]) + (f"; and {more} more" if more > 0 else "")
