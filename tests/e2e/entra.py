"""Requests as the Entra provisioning service makes them: the tutorial's attribute table in both dialects."""

import copy
import random
from collections.abc import Mapping
from typing import Any, Literal

Dialect = Literal["legacy", "scim2"]
Value = str | bool
Flat = dict[str, Value]
"""A user as target paths of Entra's attribute mapping: ``{'emails[type eq "work"].value': …}``."""

CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"

SINGLE = ("userName", "displayName", "nickName", "title", "preferredLanguage", "locale", "timezone", "externalId")
NAMES = ("givenName", "familyName", "formatted", "middleName", "honorificPrefix", "honorificSuffix")
EMAILS = ("work", "home", "other")
PHONES = ("work", "mobile", "fax", "home", "other", "pager")
ADDRESSES = ("work", "home", "other")
ADDRESS_PARTS = ("formatted", "streetAddress", "locality", "region", "postalCode", "country")
ENTERPRISE_NAMES = ("employeeNumber", "organization", "division", "department", "costCenter")
MANAGER = f"{ENTERPRISE}:manager"

ATTRIBUTE_PATHS: tuple[str, ...] = (
    *SINGLE,
    *(f"name.{n}" for n in NAMES),
    *(f'emails[type eq "{t}"].value' for t in EMAILS),
    *(f'phoneNumbers[type eq "{t}"].value' for t in PHONES),
    *(f'addresses[type eq "{t}"].{part}' for t in ADDRESSES for part in ADDRESS_PARTS),
    *(f"{ENTERPRISE}:{n}" for n in ENTERPRISE_NAMES),
)
"""Every string attribute of the tutorial's table, and costCenter; ``active`` and ``manager`` have forms of their own."""


def joined(street: str | None, city: str | None, state: str | None, postal_code: str | None) -> str:
    """The tutorial's Join expression, written down a second time, on purpose not with the server's code."""
    text = street or ""
    text += f", {city}" if city else ""
    text += f", {state}" if state else ""
    return text + (f" {postal_code}" if postal_code else "")


def make_user(number: int, seed: int = 1) -> Flat:
    """A user with every attribute of the tutorial's table."""
    rng = random.Random(f"{seed}:{number}")
    given, family = (
        rng.choice(["Ines", "Tomás", "Zoë", "Åse", "Bea"]),
        rng.choice(["Okafor", "Müller", "O'Shea", "Reid"]),
    )
    login = f"user{number:04d}"
    flat: Flat = {
        "userName": f"{login}@larkfield.example",
        "active": True,
        "displayName": f"{given} {family} {number}",
        "nickName": f"{given[:2]}{number}",
        "title": "Field Engineer",
        "preferredLanguage": "en-GB",
        "locale": "en-GB",
        "timezone": "Europe/London",
        "externalId": f"Ext-{number:04d}",
        "name.givenName": given,
        "name.familyName": family,
        "name.formatted": f"Dr {given} B {family} II",
        "name.middleName": "B",
        "name.honorificPrefix": "Dr",
        "name.honorificSuffix": "II",
    }
    for kind in EMAILS:
        flat[f'emails[type eq "{kind}"].value'] = f"{login}.{kind}@larkfield.example"
    for position, kind in enumerate(PHONES):
        flat[f'phoneNumbers[type eq "{kind}"].value'] = f"+44 7700 9{number:04d}{position}"
    for kind in ADDRESSES:
        street, city, state, code = f"{number} {kind.title()} Row", "Leith", "Lothian", f"EH{number % 17} 6QQ"
        values = (joined(street, city, state, code), street, city, state, code, "GB")
        flat |= {f'addresses[type eq "{kind}"].{part}': v for part, v in zip(ADDRESS_PARTS, values, strict=True)}
    enterprise = (f"{40000 + number}", "Larkfield", "North", "Harbour Works", f"CC-{number % 7}")
    flat |= {f"{ENTERPRISE}:{n}": v for n, v in zip(ENTERPRISE_NAMES, enterprise, strict=True)}
    return flat


def create_body(flat: Mapping[str, Value]) -> dict[str, Any]:
    """The POST body that Entra sends for a user (idp-clients §2.1)."""
    body: dict[str, Any] = {"schemas": [CORE, ENTERPRISE], "meta": {"resourceType": "User"}, "roles": []}
    for path, value in flat.items():
        _put(body, path, value)
    for element in body.get("emails", []):
        element["primary"] = element["type"] == "work"
    return body


def _put(body: dict[str, Any], path: str, value: Value) -> None:
    if path.startswith(f"{ENTERPRISE}:"):
        body.setdefault(ENTERPRISE, {})[path.removeprefix(f"{ENTERPRISE}:")] = value
    elif "[" in path:
        name, _, rest = path.partition("[")
        kind, sub = rest.split('"')[1], rest.rpartition(".")[2]
        elements = body.setdefault(name, [])
        element = next((e for e in elements if e["type"] == kind), None)
        if element is None:
            element = {"type": kind}
            elements.append(element)
        element[sub] = value
    elif "." in path:
        name, _, sub = path.partition(".")
        body.setdefault(name, {})[sub] = value
    else:
        body[path] = value


def read_back(resource: Mapping[str, Any]) -> Flat:
    """The flat view of a resource that the server returned: what Entra would compare."""
    flat: Flat = {}
    for path in (*ATTRIBUTE_PATHS, "active"):
        value = _get(resource, path)
        if value is not None:
            flat[path] = value
    return flat


def _get(resource: Mapping[str, Any], path: str) -> Any:
    if path.startswith(f"{ENTERPRISE}:"):
        return resource.get(ENTERPRISE, {}).get(path.removeprefix(f"{ENTERPRISE}:"))
    if "[" in path:
        name, _, rest = path.partition("[")
        kind, sub = rest.split('"')[1], rest.rpartition(".")[2]
        found = [e for e in resource.get(name, []) if e.get("type") == kind]
        assert len(found) <= 1, f"{len(found)} elements of type {kind} in {name}"
        return found[0].get(sub) if found else None
    name, _, sub = path.partition(".")
    return resource.get(name, {}).get(sub) if sub else resource.get(name)


def patch_body(changes: Mapping[str, Value], dialect: Dialect, op: str = "replace") -> dict[str, Any]:
    """The PATCH that Entra sends for a set of changed target attributes (idp-clients §2.3)."""
    if dialect == "legacy":
        operations: list[dict[str, Any]] = [
            {"op": op.title(), "path": path, "value": str(value) if isinstance(value, bool) else value}
            for path, value in changes.items()
        ]
        return {"schemas": [PATCH_OP], "Operations": operations}
    operations = [{"op": op, "path": p, "value": v} for p, v in changes.items() if "[" in p]
    flat = {p: v for p, v in changes.items() if "[" not in p}
    if flat:
        operations.append({"op": op, "value": flat})
    return {"schemas": [PATCH_OP], "Operations": operations}


def manager_body(manager_id: str, dialect: Dialect, base_url: str = "") -> dict[str, Any]:
    """Set the manager, in the form of each dialect (idp-clients §2.5)."""
    if dialect == "legacy":
        value: Any = [{"$ref": f"{base_url}/Users/{manager_id}", "value": manager_id}]
        return {"schemas": [PATCH_OP], "Operations": [{"op": "Add", "path": "manager", "value": value}]}
    return {"schemas": [PATCH_OP], "Operations": [{"op": "add", "path": MANAGER, "value": manager_id}]}


def add_members(ids: list[str]) -> dict[str, Any]:
    """Add members, the same in both dialects (idp-clients §3.6)."""
    value = [{"$ref": None, "value": i} for i in ids]
    return {"schemas": [PATCH_OP], "Operations": [{"op": "Add", "path": "members", "value": value}]}


def remove_member(member_id: str, dialect: Dialect) -> dict[str, Any]:
    """Remove one member, in the form of each dialect (idp-clients §3.6)."""
    if dialect == "legacy":
        operation: dict[str, Any] = {"op": "Remove", "path": "members", "value": [{"$ref": None, "value": member_id}]}
    else:
        operation = {"op": "remove", "path": f'members[value eq "{member_id}"]'}
    return {"schemas": [PATCH_OP], "Operations": [operation]}


def group_body(name: str, external_id: str) -> dict[str, Any]:
    """The POST body of a group; the second URI is Microsoft's legacy and resolves to nothing (idp-clients §3.2)."""
    return {
        "schemas": [
            "urn:ietf:params:scim:schemas:core:2.0:Group",
            "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group",
        ],
        "externalId": external_id,
        "displayName": name,
        "meta": {"resourceType": "Group"},
    }


def changed(flat: Flat, suffix: str = "~") -> Flat:
    """The same user with every string attribute changed."""
    new = copy.copy(flat)
    for path in ATTRIBUTE_PATHS:
        new[path] = f"{flat[path]}{suffix}"
    return new
