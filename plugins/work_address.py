"""``work_address``: the one line that an application prints under a person's name.

Entra joins it on its side: street, ", " + city, ", " + state, " " + postal code, each glue only if its part is
present, and sends the result as ``addresses[type eq "work"].formatted``. Clearing the state in the directory changes
``formatted`` but never clears ``region``, since Entra does not send nulls: where both are there, ``formatted`` is the
one to trust.
"""

from collections.abc import Mapping
from typing import Any

from scimserver.hookspecs import MapContext, PluginInfo, hookimpl

_GLUE = (("streetAddress", ""), ("locality", ", "), ("region", ", "), ("postalCode", " "))

_SETTINGS = {
    "type": "object",
    "properties": {
        "prefer": {
            "enum": ["formatted", "parts"],
            "default": "formatted",
            "description": "Which one wins when the provider sends the joined line and its parts.",
        },
        "clean": {
            "type": "boolean",
            "default": False,
            "description": "Drop the glue that a missing street leaves at the start of the line.",
        },
    },
    "additionalProperties": False,
}


@hookimpl
def scim_plugin_info() -> PluginInfo:
    """Describe the plugin."""
    return PluginInfo("work_address", "The joined work address of a user, as one line.", "1", _SETTINGS)


@hookimpl
def scim_map(context: MapContext, resource: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return ``work_address`` of a user who has a work address."""
    address = _work_address(resource)
    if context.resource_type != "User" or address is None:
        return None
    formatted, joined = address.get("formatted") or "", join_parts(address)
    line = formatted or joined if context.settings["prefer"] == "formatted" else joined or formatted
    if context.settings["clean"]:
        line = without_exposed_glue(line, address.get("streetAddress") or "")
    return {"work_address": line} if line else None


def join_parts(address: Mapping[str, Any]) -> str:
    """Join the parts as the tutorial's expression does: glue depends on the part behind it only; nothing is trimmed."""
    return "".join(f"{glue}{address[part]}" for part, glue in _GLUE if address.get(part))


def without_exposed_glue(line: str, street: str) -> str:
    """Drop the one glue that a missing street leaves at the start.

    Decided by the line, not by the street alone: a street cleared in the directory stays in the parts.
    """
    if street and line.startswith(street):
        return line
    return line.removeprefix(", ") if line.startswith(", ") else line.removeprefix(" ")


def _work_address(resource: Mapping[str, Any]) -> Mapping[str, Any] | None:
    found = (a for a in resource.get("addresses", ()) if str(a.get("type", "")).lower() == "work")
    return next(found, None)
