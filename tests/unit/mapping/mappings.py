"""Short ways to map with the plugin ``expressions``, and the person whom it maps."""

from collections.abc import Mapping
from typing import Any

import scimserver_plugins.expressions as plugin

from scimserver.pipeline import Pipeline
from scimserver.plugins import PluginManager
from scimserver.schema.catalogue import load_schemas
from scimserver.testing import map_resource

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
ATTRIBUTES = load_schemas().paths()
INES: dict[str, Any] = {
    "id": "u_1",
    "externalId": "ines.okafor",
    "userName": "ines.okafor@larkfield.example",
    "active": True,
    "title": "Surveyor",
    "name": {"givenName": "Ines", "familyName": "Okafor"},
    "emails": [
        {"type": "home", "value": "io@home.example"},
        {"type": "work", "value": "ines@larkfield.example", "primary": True},
        {"type": "work", "value": "second@larkfield.example"},
    ],
    "phoneNumbers": [{"type": "mobile", "value": "+44 7700 900123"}],
    "addresses": [
        {
            "type": "work",
            "streetAddress": "14 Harbour Row",
            "locality": "Leith",
            "region": "Lothian",
            "postalCode": "EH6 6QQ",
            "country": "GB",
        }
    ],
    "roles": [{"value": "editor", "display": "Editor"}, {"value": "viewer"}],
    ENTERPRISE: {"employeeNumber": "40017", "department": "Harbour Works", "manager": {"value": "u_2"}},
}


def settings(resource_type: str = "User", **fields: Mapping[str, Any]) -> dict[str, Any]:
    """Settings with these fields; a double underscore in a name stands for a dot."""
    return {"fields": {resource_type: {name.replace("__", "."): dict(rule) for name, rule in fields.items()}}}


def made(resource: Mapping[str, Any] | None = None, *, stored: Any = None, **fields: Mapping[str, Any]) -> Any:
    """The document of a resource with these fields, made as the server makes it and twice."""
    return map_resource(plugin, INES if resource is None else resource, settings=settings(**fields), stored=stored)


def one(rule: Mapping[str, Any], resource: Mapping[str, Any] | None = None, **more: Any) -> Any:
    """The value of one field, None if it is not there."""
    return made(resource, x=rule, **more).get("x")


def value(expression: str, resource: Mapping[str, Any] | None = None, kind: str = "string") -> Any:
    """The value of an expression as a field of that type."""
    return one({"expression": expression, "type": kind}, resource)


def pipeline(*chosen: tuple[Any, Mapping[str, Any]]) -> Pipeline:
    """Plugins with their settings, in this order."""
    manager = PluginManager()
    names = [manager.register(module, module.__name__).name for module, _ in chosen]
    return manager.pipeline("acme", [{"name": n, "settings": dict(s)} for n, (_, s) in zip(names, chosen, strict=True)])
