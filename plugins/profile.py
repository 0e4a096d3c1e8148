"""``profile``: the flat card of a person that a SaaS product wants, without SCIM's nesting.

A field without a value is absent, except ``active``, which is true unless the provider says otherwise. Groups are not
on the card: they are one document each in ``memberships``.
"""

from collections.abc import Mapping
from typing import Any

from scimserver.hookspecs import MapContext, PluginInfo, hookimpl

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

_CORE = {
    "user_name": "userName",
    "display_name": "displayName",
    "nick_name": "nickName",
    "title": "title",
    "locale": "locale",
    "timezone": "timezone",
    "preferred_language": "preferredLanguage",
    "external_id": "externalId",
}
_NAME = {
    "given_name": "givenName",
    "family_name": "familyName",
    "middle_name": "middleName",
    "formatted_name": "formatted",
    "honorific_prefix": "honorificPrefix",
    "honorific_suffix": "honorificSuffix",
}
_ENTERPRISE = {
    "department": "department",
    "organization": "organization",
    "division": "division",
    "cost_center": "costCenter",
    "employee_number": "employeeNumber",
}
_GROUP = {"name": "displayName", "external_id": "externalId"}


@hookimpl
def scim_plugin_info() -> PluginInfo:
    """Describe the plugin."""
    return PluginInfo(
        "profile", "A flat card of a user: names, e-mail, phones by type, organization, manager's id.", "1"
    )


@hookimpl
def scim_map(context: MapContext, resource: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the card of a user, or name and external id of a group."""
    if context.resource_type == "Group":
        return _pick(resource, _GROUP)
    if context.resource_type != "User":
        return None
    enterprise = resource.get(ENTERPRISE, {})
    card = _pick(resource, _CORE) | _pick(resource.get("name", {}), _NAME) | _pick(enterprise, _ENTERPRISE)
    optional = {
        "email": email_of(resource),
        "emails": _by_type(resource.get("emails", ())),
        "phones": _by_type(resource.get("phoneNumbers", ())),
        "manager_id": enterprise.get("manager", {}).get("value"),
    }
    return card | {name: value for name, value in optional.items() if value} | {"active": resource.get("active", True)}


def email_of(resource: Mapping[str, Any]) -> str | None:
    """Return the address to write to: the primary one, else the work one, else the first, else a userName like one.

    Providers disagree about where the address is (idp-clients §11, row 77).
    """
    emails = [e for e in resource.get("emails", ()) if e.get("value")]
    ranked = (
        [e for e in emails if e.get("primary")]
        + [e for e in emails if str(e.get("type", "")).lower() == "work"]
        + emails
    )
    if ranked:
        return str(ranked[0]["value"])
    name = str(resource.get("userName", ""))
    local, at, domain = name.rpartition("@")
    return name if at and local and "." in domain else None


def _pick(source: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    return {field: source[attribute] for field, attribute in names.items() if attribute in source}


def _by_type(elements: Any) -> dict[str, str]:
    """Return the first value of each type; a type becomes a field name, so ``.`` and ``$`` in it are replaced."""
    found: dict[str, str] = {}
    for element in elements:
        kind = str(element.get("type") or "other").lower().replace(".", "_").replace("$", "_").replace("\0", "_")
        if element.get("value"):
            found.setdefault(kind, element["value"])
    return found
