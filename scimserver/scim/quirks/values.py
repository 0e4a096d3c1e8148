"""Values in a shape the schema does not have, rewritten into the one it has.

Each function takes the attribute and the value; it returns the value itself (the same object) if there is nothing
to rewrite, so that the caller can tell and note it.
"""

from collections.abc import Callable, Mapping
from typing import Any

import orjson

from ...schema.attributes import Attribute

Rewrite = Callable[[Attribute, Any], Any]

_EXACT = 1 << 53
"""Up to here a number with a fraction part still tells each whole number from the next."""


def single_for_list(attribute: Attribute, value: Any) -> Any:
    """Wrap one value sent for a multi-valued attribute.

    Wrong: ``"emails": {"value": "ines@larkfield.example"}``. Legal: ``"emails": [{"value": …}]``.
    Source: RFC 7643 §2.4; generic clients.
    """
    if not attribute.multi_valued or isinstance(value, list):
        return value
    return [value] if isinstance(value, dict) == (attribute.type == "complex") else value


def list_for_single(attribute: Attribute, value: Any) -> Any:
    """Unwrap a list of one sent for a single-valued complex attribute.

    Wrong: ``"manager": [{"value": "u_01hw9b77"}]``. Legal: ``"manager": {"value": "u_01hw9b77"}``.
    Source: row 20; Microsoft's own example of a reference update.
    """
    wrapped = attribute.type == "complex" and not attribute.multi_valued and isinstance(value, list)
    return value[0] if wrapped and len(value) == 1 else value


def boolean_as_string(attribute: Attribute, value: Any) -> Any:
    """Read a boolean sent as a string, in any letter case.

    Wrong: ``"active": "False"``. Legal: ``"active": false``.
    Source: rows 2 and 3; Entra without ``aadOptscim062020``, OneLogin templates.
    """
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.lower(), value)
    return value


def whole_number_with_fraction(attribute: Attribute, value: Any) -> Any:
    """Read a whole number that came with a fraction or an exponent.

    Wrong: ``"floor": 4.0``. Legal: ``"floor": 4``. Source: RFC 7643 §2.3.4; clients whose language has one number type.
    """
    whole = isinstance(value, float) and value.is_integer() and abs(value) <= _EXACT
    return int(value) if whole else value


def reference_as_string(attribute: Attribute, value: Any) -> Any:
    """Make an object of a bare id sent for an attribute that refers to a resource.

    Wrong: ``"manager": "u_01hw9b77"``. Legal: ``"manager": {"value": "u_01hw9b77"}``.
    Source: row 19; Entra in POST and in PATCH.
    """
    if isinstance(value, str) and attribute.sub("$ref") is not None:
        return {"value": value}
    return value


def role_as_json(attribute: Attribute, value: Any) -> Any:
    r"""Unpack an app role that Entra packs as JSON into a string; the role's directory id is left out.

    Wrong: ``{"value": "{\"id\": \"c0a9…\", \"value\": \"editor\", \"displayName\": \"Editor\"}"}``.
    Legal: ``{"value": "editor", "display": "Editor"}``.
    Source: row 23; Entra's AppRoleAssignmentsComplex without ``aadOptscim062020``.
    """
    if attribute.name != "roles":
        return value
    around = value if isinstance(value, dict) else {}
    packed = next((item for name, item in around.items() if name.lower() == "value"), value)
    role = unpacked_role(packed)
    if role is None:
        return value
    named = {name.lower() for name in role}
    return {**{name: item for name, item in around.items() if name.lower() not in named}, **role}


def unpacked_role(text: Any) -> dict[str, Any] | None:
    """Return the role inside a JSON text without its ``id``, or None if the text holds no role."""
    if not isinstance(text, str) or not text.lstrip().startswith("{"):
        return None
    try:
        # As strict as for a body: half of a surrogate pair, for one, cannot be stored.
        role = orjson.loads(text)
    except ValueError:
        return None
    return {name: item for name, item in role.items() if name != "id"} if "value" in role else None


WHOLE: Mapping[str, Rewrite] = {
    "single value sent for a list": single_for_list,
    "list of one sent for a single value": list_for_single,
}
"""Note → quirk, for the value of an attribute as a whole."""

ELEMENT: Mapping[str, Mapping[str, Rewrite]] = {
    "boolean": {"boolean sent as a string": boolean_as_string},
    "integer": {"whole number sent with a fraction": whole_number_with_fraction},
    "complex": {
        "reference sent as a bare string": reference_as_string,
        "role sent as JSON in a string": role_as_json,
    },
}
"""Attribute type → note → quirk, for a single value or each element of a list."""
