r"""``cost_centre``: what a person is booked on, looked up by department; and which groups are teams.

The second step after :mod:`.initials`: a plugin that each workspace sets up for itself, and that says no.

* ``settings_schema`` says what may be set; the server checks it, fills in the defaults and shows the descriptions.
* ``scim_check_settings`` says what a JSON Schema cannot: that a setting names an attribute which this workspace has, or
  that two settings together make no sense. It runs when settings are saved, so that no write fails over them later.
* ``scim_validate`` refuses a user. The IT admin of the customer reads its text in the identity provider, so it names
  the attribute, the rule and the cure, and quotes nothing of the person.
* ``scim_map`` maps groups as well.

With a table::

    scimserver workspace set larkfield plugins=profile,cost_centre \
        cost_centre.table='{"Survey": "4130", "Pilotage": "4140"}' cost_centre.unknown=refuse
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from scimserver.errors import InvalidValue
from scimserver.hookspecs import Finding, MapContext, PluginInfo, SettingsContext, hookimpl

_DEPARTMENT = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department"

_SETTINGS = {
    "type": "object",
    "properties": {
        "attribute": {
            "type": "string",
            "default": _DEPARTMENT,
            "description": "Path of the user's attribute that is looked up.",
        },
        "table": {
            "type": "object",
            "additionalProperties": {"type": "string", "minLength": 1},
            "default": {},
            "description": "Value of the attribute, in any letter case, and its cost centre.",
        },
        "unknown": {
            "enum": ["leave", "default", "refuse"],
            "default": "leave",
            "description": "What to do with a value that is not in the table, or is missing: leave the field away, "
            "take `default`, or refuse the user.",
        },
        "default": {"type": "string", "default": "", "description": "Cost centre of a value that is not in the table."},
        "team_prefix": {
            "type": "string",
            "default": "Team ",
            "description": "How the names of groups begin that are teams.",
        },
    },
    "additionalProperties": False,
}


@hookimpl
def scim_plugin_info() -> PluginInfo:
    """Describe the plugin."""
    return PluginInfo("cost_centre", "Cost centre of a user by department, and the teams.", "1", _SETTINGS)


@hookimpl
def scim_check_settings(context: SettingsContext) -> Iterable[Finding]:
    """Say what is wrong with the settings of a workspace."""
    return list(_findings(context.settings, context.attributes["User"]))


def _findings(settings: Mapping[str, Any], attributes: Sequence[str]) -> Iterator[Finding]:
    path = settings["attribute"]
    if path not in attributes:
        close = get_close_matches(path, attributes, n=1)
        cure = f"did you mean {close[0]}?" if close else f"for instance {_DEPARTMENT}."
        yield Finding("error", "attribute", f"users of this workspace have no attribute of that path; {cure}")
    folded = [value.casefold() for value in settings["table"]]
    if len(set(folded)) < len(folded):
        yield Finding("error", "table", "two values differ in letter case only; keep one of them.")
    if settings["unknown"] == "default" and not settings["default"]:
        yield Finding("error", "default", "is empty while `unknown` is `default`; give a cost centre.")
    if settings["unknown"] == "refuse" and not settings["table"]:
        yield Finding("error", "table", "is empty while `unknown` is `refuse`: every user would be refused; fill it.")
    if settings["unknown"] != "refuse" and not settings["table"]:
        yield Finding("warning", "table", "is empty, so that nobody is looked up.")


@hookimpl
def scim_validate(context: MapContext, resource: Mapping[str, Any]) -> None:
    """Refuse a user whose department has no cost centre, where the workspace wants that."""
    if context.resource_type == "User" and context.settings["unknown"] == "refuse":
        path = context.settings["attribute"]
        value = value_at(resource, path)
        if value is None:
            raise InvalidValue(f"`{path}` is missing, and this application books every user on a cost centre: map it.")
        if cost_centre(value, context.settings) is None:
            raise InvalidValue(
                f"`{path}` has a value without a cost centre: correct it in the directory, or let the operator of the "
                "application add it to the table."
            )


@hookimpl
def scim_map(context: MapContext, resource: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return ``cost_centre`` of a user, or ``team`` of a group that is one."""
    settings = context.settings
    if context.resource_type == "Group":
        name, prefix = resource["displayName"], settings["team_prefix"]
        return {"team": name.removeprefix(prefix)} if name.startswith(prefix) else None
    if context.resource_type != "User":
        return None
    found = cost_centre(value_at(resource, settings["attribute"]), settings)
    if found is None and settings["unknown"] == "default":
        found = settings["default"]
    return None if found is None else {"cost_centre": found}


def cost_centre(value: str | None, settings: Mapping[str, Any]) -> str | None:
    """Return what the table has for a value, in any letter case."""
    wanted = (value or "").strip().casefold()
    return next((number for name, number in settings["table"].items() if name.casefold() == wanted), None)


def value_at(resource: Mapping[str, Any], path: str) -> str | None:
    """Return the text at a path such as ``title`` or ``urn:…:User:department``; of a list, that of the first."""
    if path.startswith("urn:"):
        urn, _, path = path.rpartition(":")
        resource = resource.get(urn, {})
    found: Any = resource
    for name in path.split("."):
        found = found[0] if isinstance(found, list) and found else found
        found = found.get(name) if isinstance(found, Mapping) else None
    return found if isinstance(found, str) else None
