"""The names that Entra ID's directory has for what it sends: ``[city]`` for ``addresses[type eq "work"].locality``.

They are the sources of the mapping in the tutorial, turned round, so that its expressions work here as they stand. No
core attribute of the shipped schemas has one of these names, and a custom resource type has no aliases: a name of SCIM
is never hidden.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from .paths import Path, elements, get, read_path

_ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"


@dataclass(frozen=True, slots=True)
class Alias:
    """One name of the directory."""

    name: str
    paths: tuple[str, ...]
    """The SCIM paths that it stands for."""
    turned: Literal["", "not", "list", "roles"] = ""
    """What is made of their values: nothing, the opposite, one list, or role assignments."""

    @property
    def meaning(self) -> str:
        """What it stands for, in words."""
        paths = " and ".join(f"`{path}`" for path in self.paths)
        return {"": paths, "not": f"the opposite of {paths}", "list": f"a list of {paths}"}.get(
            self.turned, f"{paths} as role assignments"
        )

    def read(self, resource: Mapping[str, Any], document: Mapping[str, Any]) -> Any:
        """Return its value, None for nothing."""
        if self.turned == "roles":
            return [_role(element) for element in elements(get(resource, self.paths[0]))]
        found = [read_path(path).read(resource, document) for path in self.paths]
        if self.turned == "list":
            return [value for value in found if value is not None]
        if self.turned == "not":
            return None if found[0] is None else not found[0]
        return found[0]

    @property
    def read_paths(self) -> tuple[Path, ...]:
        """The paths that it reads."""
        return tuple(map(read_path, self.paths))


def _role(element: Any) -> Mapping[str, Any]:
    role = element if isinstance(element, Mapping) else {"value": element}
    return {"value": role.get("value"), "displayName": role.get("display") or role.get("value")}


def _user() -> dict[str, Alias]:
    work = 'addresses[type eq "work"]'
    plain = {
        "userPrincipalName": "userName",
        "mailNickname": "externalId",
        "accountEnabled": "active",
        "givenName": "name.givenName",
        "surname": "name.familyName",
        "jobTitle": "title",
        "mail": 'emails[type eq "work"].value',
        "telephoneNumber": 'phoneNumbers[type eq "work"].value',
        "mobile": 'phoneNumbers[type eq "mobile"].value',
        "facsimileTelephoneNumber": 'phoneNumbers[type eq "fax"].value',
        "streetAddress": f"{work}.streetAddress",
        "city": f"{work}.locality",
        "state": f"{work}.region",
        "postalCode": f"{work}.postalCode",
        "country": f"{work}.country",
        "employeeId": f"{_ENTERPRISE}:employeeNumber",
        "companyName": f"{_ENTERPRISE}:organization",
        "department": f"{_ENTERPRISE}:department",
        "employeeOrgData.division": f"{_ENTERPRISE}:division",
        "employeeOrgData.costCenter": f"{_ENTERPRISE}:costCenter",
        "manager": f"{_ENTERPRISE}:manager.value",
    }
    others = ('emails[type eq "home"].value', 'emails[type eq "other"].value')
    listed = [
        *(Alias(name, (path,)) for name, path in plain.items()),
        Alias("IsSoftDeleted", ("active",), "not"),
        Alias("otherMails", others, "list"),
        Alias("appRoleAssignments", ("roles",), "roles"),
    ]
    return {alias.name: alias for alias in listed}


ALIASES: Mapping[str, Mapping[str, Alias]] = {
    "User": _user(),
    "Group": {"objectId": Alias("objectId", ("externalId",))},
}
"""Resource type → name in the directory → alias."""

_BY_LOWER = {kind: {name.lower(): alias for name, alias in named.items()} for kind, named in ALIASES.items()}


def alias(resource_type: str, name: str) -> Alias | None:
    """Return the alias of that name in any letter case."""
    return _BY_LOWER.get(resource_type, {}).get(name.lower())
