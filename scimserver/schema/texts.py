"""JSON Schema errors in words that the person who can mend them understands."""

from collections.abc import Iterable
from typing import Any

from jsonschema.exceptions import ValidationError

_KINDS = {
    "string": "a string",
    "boolean": "a boolean",
    "integer": "a whole number",
    "number": "a number",
    "object": "an object",
    "array": "a list",
    "null": "null",
}


def dotted(path: Iterable[str | int]) -> str:
    """Return a JSON path as SCIM people write it: ``emails[0].value``, ``urn:…:User:manager.value``."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif text:
            text += f":{step}" if text.startswith("urn:") and "." not in text.rpartition(":")[2].replace("2.0", "") else f".{step}"
        else:
            text = step
    return text


def describe(error: ValidationError) -> tuple[str, str]:
    """Return the place of an error and the rule that is broken; never the value, which may be personal."""
    place = dotted(error.absolute_path)
    rule: Any = error.validator_value
    match error.validator:
        case "type":
            kinds = [rule] if isinstance(rule, str) else list(rule)
            return place, f"expected {' or '.join(_KINDS[k] for k in kinds)}, got {kind_of(error.instance)}"
        case "required":
            missing = next(name for name in rule if name not in error.instance)
            return dotted([*error.absolute_path, missing]), "is required and missing"
        case "minLength":
            return place, "must not be empty"
        case "enum":
            return place, f"must be one of {', '.join(map(repr, rule))}"
        case "const":
            return place, f"must be {rule!r}"
        case "additionalProperties":
            unknown = sorted(set(error.instance) - set(error.schema.get("properties", {})))
            known = ", ".join(error.schema.get("properties", {}))
            return place, f"has no {', '.join(map(repr, unknown))}; known are {known}"
        case _:
            return place, error.message


def kind_of(value: Any) -> str:
    """Name a JSON value's type."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    kinds: dict[type, str] = {str: "a string", int: "a number", float: "a number", list: "a list", dict: "an object"}
    return kinds.get(type(value), type(value).__name__)
