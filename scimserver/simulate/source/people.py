"""People and groups as the source directory knows them: dictionaries with Entra ID's names of source attributes."""

from dataclasses import dataclass
from typing import Any, Literal

BOOLEANS = frozenset({"accountEnabled", "IsSoftDeleted"})
LISTS = frozenset({"otherMails", "proxyAddresses", "appRoleAssignments"})
ATTRIBUTES = (
    "objectId",
    "userPrincipalName",
    "mailNickname",
    "mail",
    "givenName",
    "surname",
    "displayName",
    "jobTitle",
    "department",
    "companyName",
    "employeeId",
    "employeeOrgData.division",
    "streetAddress",
    "city",
    "state",
    "postalCode",
    "country",
    "telephoneNumber",
    "mobile",
    "facsimileTelephoneNumber",
    "preferredLanguage",
    "usageLocation",
    "manager",
    "accountEnabled",
    "IsSoftDeleted",
    "appRoleAssignments",
    "otherMails",
    "proxyAddresses",
)
"""The source attributes of a person that have a meaning here; a file may have others."""

ChangeKind = Literal[
    "update",
    "disable",
    "restore",
    "soft_delete",
    "hard_delete",
    "create",
    "move_manager",
    "rename_group",
    "add_member",
    "remove_member",
    "create_group",
    "delete_group",
]


class Person(dict[str, Any]):
    """One user of the source directory: source attribute → text, boolean, list, or None.

    ``manager`` is the objectId of another person; ``appRoleAssignments`` is a list of
    ``{"id", "value", "displayName"}``.
    """

    @property
    def id(self) -> str:
        """The objectId, which never changes."""
        return str(self["objectId"])

    @property
    def active(self) -> bool:
        """Whether the account is neither blocked nor deleted."""
        return bool(self.get("accountEnabled", True)) and not self.get("IsSoftDeleted", False)


class Team(dict[str, Any]):
    """One group of the source directory: ``objectId``, ``displayName``, ``mailNickname``, ``description``, ``members``.

    ``members`` is a list of objectIds of people. A soft-deleted person stays in it, as a restore brings the
    memberships back; a hard-deleted one does not.
    """

    @property
    def id(self) -> str:
        """The objectId, which never changes."""
        return str(self["objectId"])

    @property
    def members(self) -> list[str]:
        """The objectIds of the direct members."""
        found: list[str] = self["members"]
        return found


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that happened in the source directory between two cycles.

    A person who is hard-deleted leaves all groups; that is part of the ``hard_delete``, and no ``remove_member``.
    """

    kind: ChangeKind
    object_id: str
    """The objectId of the person, or of the group."""
    member: str | None = None
    """The objectId of the person that a membership change is about."""
