"""JSON Schema errors in words that the person who can mend them understands: which attribute, which rule.

The caller adds the cure. A text tells the kind of what came, never the value itself, which may be personal.
"""

from collections.abc import Callable, Iterable
from difflib import get_close_matches
from typing import Any

from jsonschema.exceptions import ValidationError

END = r"(?![\s\S])"
"""The end of a text in ``jsonschema`` and ``jsonschema-rs`` alike; ``$`` also matches before a last line break."""

BINARY = f"^[A-Za-z0-9+/]*={{0,2}}{END}"
"""Pattern of base64 (RFC 7643 §2.3.6), whose padding may be left out.

Its length is not checked: Microsoft's validator writes random letters into certificates.
"""
_TYPE_NAMES = {
    "string": "a string",
    "boolean": "a boolean (true or false)",
    "integer": "a whole number",
    "number": "a number",
    "object": "an object",
    "array": "a list",
    "null": "null",
}
_FORMATS = {"dateTime": "a date and time such as 2031-02-03T09:15:00Z"}
"""How the formats of our own schemas are called; see ``formats`` in :mod:`.validation`."""


def sentence(error: ValidationError) -> str:
    """Return place and broken rule without a full stop: "`emails[0].value`: expected a string, got a number"."""
    rule = str(error.validator)
    if rule == "required":
        return f"`{path_text([*error.absolute_path, _missing(error)])}` is required"
    if rule == "additionalProperties":
        return _unknown(error)
    if rule in ("anyOf", "oneOf") and error.context:
        return "; or ".join(dict.fromkeys(sentence(branch) for branch in error.context))
    path = [*error.absolute_path]
    if "propertyNames" in error.schema_path:
        path.append(error.instance)
    text = _TEXTS[rule](error) if rule in _TEXTS else f"breaks the rule {rule}: {error.validator_value}"
    return f"`{path_text(path)}`: {text}" if path else text


def path_text(path: Iterable[str | int]) -> str:
    """Return a JSON path as SCIM writes it: ``emails[0].value``, ``urn:…:2.0:User:manager.value``."""
    text, separator = "", ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f"{separator}{step}"
        separator = ":" if isinstance(step, str) and step.startswith("urn:") else "."
    return text


def kind_of(value: Any) -> str:
    """Return what a JSON value is, with its article."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    kinds: dict[type, str] = {str: "a string", int: "a number", float: "a number", list: "a list", dict: "an object"}
    return kinds.get(type(value), type(value).__name__)


def _missing(error: ValidationError) -> str:
    # jsonschema makes one error for each missing name and tells it only in its message.
    missing = [name for name in error.validator_value if name not in error.instance]
    return next((name for name in missing if error.message.startswith(f"{name!r} ")), str(missing[0]))


def _unknown(error: ValidationError) -> str:
    known = list(error.schema.get("properties", ()))
    unknown = [name for name in error.instance if name not in known]
    names = ", ".join(f"`{path_text([*error.absolute_path, name])}`" for name in unknown)
    close = get_close_matches(unknown[0], known, n=1)
    hint = f"did you mean `{close[0]}`" if close else f"known are {_listed(known) or 'none'}"
    return f"{names} {'is' if len(unknown) == 1 else 'are'} not known here: {hint}"


def _type(error: ValidationError) -> str:
    wanted: str | list[str] = error.validator_value
    names = [wanted] if isinstance(wanted, str) else wanted
    return f"expected {' or '.join(_TYPE_NAMES[name] for name in names)}, got {kind_of(error.instance)}"


def _pattern(error: ValidationError) -> str:
    pattern = str(error.validator_value)
    if pattern == BINARY:
        return "expected binary data as base64 text, got another text"
    return f"must have the form {pattern.removeprefix('^').removesuffix(END)}"


def _contains(error: ValidationError) -> str:
    return f"must contain {error.validator_value.get('const', 'a certain value')}"


def _at_least(error: ValidationError, what: str) -> str:
    return f"must have {error.validator_value} or more {what}" if error.instance else "must not be empty"


def _listed(values: Iterable[Any]) -> str:
    return ", ".join(str(value) for value in values)


_TEXTS: dict[str, Callable[[ValidationError], str]] = {
    "type": _type,
    "pattern": _pattern,
    "format": lambda e: f"expected {_FORMATS[e.validator_value]}, got another text",
    "contains": _contains,
    "enum": lambda e: f"must be one of {_listed(e.validator_value)}",
    "const": lambda e: f"must be {e.validator_value}",
    "minLength": lambda e: _at_least(e, "characters"),
    "maxLength": lambda e: f"must have {e.validator_value} or fewer characters",
    "minimum": lambda e: f"must be {e.validator_value} or more",
    "maximum": lambda e: f"must be {e.validator_value} or less",
    "exclusiveMinimum": lambda e: f"must be more than {e.validator_value}",
    "exclusiveMaximum": lambda e: f"must be less than {e.validator_value}",
    "minItems": lambda e: _at_least(e, "values"),
    "maxItems": lambda e: f"must have {e.validator_value} or fewer values",
    "minProperties": lambda e: _at_least(e, "entries"),
    "uniqueItems": lambda _: "must not hold a value twice",
}
