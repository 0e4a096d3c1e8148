"""App roles

They take ``[appRoleAssignments]`` and nothing else. How the objects go over the wire is the client's affair. In Entra
none of them works with the scope "sync all users and groups".
"""

from ..kinds import Roles
from ..registry import function


@function("SingleAppRoleAssignment([appRoleAssignments])")
def single_app_role_assignment(assignments: Roles) -> str | None:
    """Return the value of the one role assigned; of several the first (our choice: Microsoft leaves it open).

    Example: ``SingleAppRoleAssignment([appRoleAssignments])`` → ``"editor"``
    """
    return next((value for role in assignments if (value := role.get("value"))), None)


@function("AppRoleAssignmentsComplex([appRoleAssignments])")
def app_role_assignments_complex(assignments: Roles) -> list[dict[str, str]]:
    """Return all roles as objects with id, value and displayName; Entra only ever adds them.

    Example: ``AppRoleAssignmentsComplex([appRoleAssignments])`` →
    ``[{"id": "c0a9", "value": "editor", "displayName": "Editor"},
    {"id": "4b8d", "value": "viewer", "displayName": "Viewer"}]``
    """
    return list(assignments)


@function("AssertiveAppRoleAssignmentsComplex([appRoleAssignments])")
def assertive_app_role_assignments_complex(assignments: Roles) -> list[dict[str, str]]:
    """Return the same objects as AppRoleAssignmentsComplex; Entra replaces the whole attribute with them.

    Example: ``AssertiveAppRoleAssignmentsComplex([appRoleAssignments])`` →
    ``[{"id": "c0a9", "value": "editor", "displayName": "Editor"},
    {"id": "4b8d", "value": "viewer", "displayName": "Viewer"}]``
    """
    return app_role_assignments_complex(assignments)


@function("AppRoleAssignments([appRoleAssignments])")
def app_role_assignments(assignments: Roles) -> list[str]:
    """Return the values of all roles: older than the others, and still found in configurations (our reading).

    Example: ``AppRoleAssignments([appRoleAssignments])`` → ``["editor", "viewer"]``
    """
    return [value for role in assignments if (value := role.get("value"))]
