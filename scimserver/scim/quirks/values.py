"""Values in a shape the schema does not have, rewritten into the one it has."""

from collections.abc import Mapping
from typing import Any

import orjson

from ...schema.attributes import Attribute
from .registry import Quirk, toleration

_EXACT = 1 << 53
"""Up to here a number with a fraction part still tells each whole number from the next."""


@toleration
def single_value_for_list(value: Any, attribute: Attribute) -> Any:
    """Wrap one value sent for a multi-valued attribute.

    Wrong: ``"emails": {"value": "ines@larkfield.example"}``.
    Legal: ``"emails": [{"value": "ines@larkfield.example"}]``.
    Source: generic clients; RFC 7643 §2.4 wants a list.
    """
    if not attribute.multi_valued or isinstance(value, list):
        return value
    return [value] if isinstance(value, dict) == (attribute.type == "complex") else value


@toleration
def list_for_single_value(value: Any, attribute: Attribute) -> Any:
    """Unwrap a list of one sent for a single complex value.

    Wrong: ``"manager": [{"value": "u_01hw9b77"}]``.
    Legal: ``"manager": {"value": "u_01hw9b77"}``.
    Source: Microsoft's own example of a reference update.
    """
    wrapped = attribute.type == "complex" and not attribute.multi_valued and isinstance(value, list)
    return value[0] if wrapped and len(value) == 1 else value


@toleration
def boolean_as_string(value: Any, attribute: Attribute) -> Any:
    """Read a boolean sent as a string, in any letter case.

    Wrong: ``"active": "False"``.
    Legal: ``"active": false``.
    Source: Microsoft Entra ID without ``aadOptscim062020``; OneLogin's templates; Keycloak extensions.
    """
    if attribute.type == "boolean" and isinstance(value, str):
        return {"true": True, "false": False}.get(value.lower(), value)
    return value


@toleration
def whole_number_with_fraction(value: Any, attribute: Attribute) -> Any:
    """Read a whole number that came with a fraction or an exponent.

    Wrong: ``"floor": 4.0``.
    Legal: ``"floor": 4``.
    Source: clients whose language has one type of numbers; RFC 7643 §2.3.4 allows no fraction.
    """
    whole = attribute.type == "integer" and isinstance(value, float) and value.is_integer() and abs(value) <= _EXACT
    return int(value) if whole else value


@toleration
def reference_as_string(value: Any, attribute: Attribute) -> Any:
    """Make an object of a bare id sent for an attribute that refers to a resource.

    Wrong: ``"manager": "u_01hw9b77"``.
    Legal: ``"manager": {"value": "u_01hw9b77"}``.
    Source: Microsoft Entra ID, in POST and in PATCH.
    """
    if isinstance(value, str) and value and attribute.type == "complex" and attribute.sub("$ref") is not None:
        return {"value": value}
    return value


@toleration
def role_as_json(value: Any, attribute: Attribute) -> Any:
    r"""Unpack an app role that came as JSON in a string; the role's directory id is left out.

    Wrong: ``{"value": "{\"id\": \"c0a9…\", \"value\": \"editor\", \"displayName\": \"Editor\"}"}``.
    Legal: ``{"value": "editor", "display": "Editor"}``.
    Source: Microsoft Entra ID's AppRoleAssignmentsComplex without ``aadOptscim062020``.
    """
    if attribute.name != "roles":
        return value
    around = value if isinstance(value, dict) else {}
    packed = next((item for name, item in around.items() if name.lower() == "value"), value)
    role = _unpacked(packed)
    if role is None:
        return value
    named = {name.lower() for name in role}
    return {**{name: item for name, item in around.items() if name.lower() not in named}, **role}


def _unpacked(text: Any) -> dict[str, Any] | None:
    """Return the role inside a JSON text without its ``id``, or None if the text holds no role."""
    if not isinstance(text, str) or not text.lstrip().startswith("{"):
        return None
    try:
        # As strict as for a body: half of a surrogate pair, for one, cannot be stored.
        role = orjson.loads(text)
    except ValueError:
        return None
    if "value" not in role:
        return None
    return {"display" if name == "displayName" else name: item for name, item in role.items() if name != "id"}


@toleration
def bare_element_value(value: Any, attribute: Attribute) -> Any:
    r"""Make an object of a bare value, or of a list of one, sent for a selected element.

    Wrong: ``{"op": "replace", "path": "emails[type eq \"work\"]", "value": "ines@larkfield.example"}``.
    Legal: the same with ``"value": {"type": "work", "value": "ines@larkfield.example"}``.
    Source: generic clients.
    """
    if isinstance(value, list) and len(value) == 1:
        return value[0]
    if isinstance(value, dict | list) or attribute.type != "complex" or attribute.sub("value") is None:
        return value
    return {"value": value}


@toleration
def empty_as_unassigned(value: Any, attribute: Attribute) -> bool:
    """Read an empty string, and an empty list for a single value, as no value.

    Wrong: ``{"op": "replace", "path": "title", "value": ""}``.
    Legal: ``{"op": "remove", "path": "title"}``.
    Source: Microsoft's gallery validation; Okta sends ``"middleName": ""``. RFC 7643 §2.5 has null and ``[]`` only.
    """
    if value == "":
        return attribute.type not in ("boolean", "integer", "decimal")
    return isinstance(value, list) and not value


@toleration
def null_active(value: Any, attribute: Attribute) -> bool:
    """Keep ``active`` where a PUT says null, as where it leaves it out: a disabled user must not come back by it.

    Wrong: ``"active": null`` in a PUT, meaning nothing.
    Legal: ``"active": false``.
    Source: template engines that write every member.
    """
    return value is None and attribute.name == "active"


WHOLE: tuple[Quirk, ...] = (single_value_for_list, list_for_single_value)
"""Rewrites for the value of an attribute as a whole."""

ELEMENT: Mapping[str, tuple[Quirk, ...]] = {
    "boolean": (boolean_as_string,),
    "integer": (whole_number_with_fraction,),
    "complex": (reference_as_string, role_as_json),
}
"""Attribute type → rewrites for a single value or each element of a list."""

RIGHT: Mapping[str, type] = {"boolean": bool, "integer": int}
"""Attribute type → the type of a value that needs none of them."""
