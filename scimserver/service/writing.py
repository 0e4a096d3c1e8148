"""What a write makes of a resource before the database is touched: provisioning and preview are both made of these."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import InvalidSyntax, NotFound, Uniqueness
from ..schema.attributes import ResourceType
from ..scim import members as member_operations
from ..scim import messages, patch
from ..scim.canonical import Canonical, canonicalise
from ..scim.members import MemberPlan
from ..scim.messages import Operation
from ..scim.patch import PatchResult
from ..scim.replace import merge_put
from .context import RequestContext


@dataclass(frozen=True, slots=True)
class PatchMessage:
    """A PATCH message that has been read."""

    operations: list[Operation]
    """Those on attributes."""
    members: MemberPlan | None
    """Those on a group's members; None if there are none."""


def require_object(body: Any) -> dict[str, Any]:
    """Return the body of a POST, PUT or PATCH.

    Raises:
        InvalidSyntax: it is no JSON object.
    """
    if not isinstance(body, dict):
        raise InvalidSyntax("The body must be a JSON object: send one resource.")
    return body


def read_resource(ctx: RequestContext, resource_type: ResourceType, body: dict[str, Any]) -> Canonical:
    """Return the body of a POST or PUT in canonical form.

    Raises:
        InvalidSyntax, InvalidValue: the body is not an acceptable resource.
    """
    return canonicalise(body, resource_type, ctx.reading)


def read_patch(ctx: RequestContext, resource_type: ResourceType, body: dict[str, Any]) -> PatchMessage:
    """Return the operations of a PATCH body, those on members apart.

    Raises:
        InvalidSyntax, InvalidPath, InvalidValue, NoTarget, Mutability: names the place in the message and the cure.
    """
    operations = messages.parse_patch(body, ctx.reading)
    return PatchMessage(*member_operations.split(operations, resource_type, ctx.reading))


def patched(
    ctx: RequestContext,
    resource_type: ResourceType,
    resource_id: str,
    scim: Mapping[str, Any],
    message: PatchMessage,
) -> PatchResult:
    """Return a resource, given and returned without its id, after a PATCH.

    Raises:
        InvalidPath, NoTarget, InvalidValue, Mutability: an operation cannot be applied; names it and the cure.
    """
    result = patch.apply({"id": resource_id, **scim}, message.operations, resource_type, ctx.reading)
    result.resource.pop("id", None)
    return result


def replaced(resource_type: ResourceType, scim: Mapping[str, Any], sent: Canonical) -> dict[str, Any]:
    """Return a resource after a PUT; what the client cannot have seen is kept (idp-clients §9.1).

    Raises:
        Mutability: the body changes an immutable value.
    """
    return merge_put(scim, sent, resource_type)


def check(ctx: RequestContext, resource_type: ResourceType, scim: Mapping[str, Any]) -> None:
    """Accept a resource that fits the workspace's schemas.

    Raises:
        InvalidValue: names the attribute, the rule and the cure.
    """
    ctx.workspace.catalogue.validator(resource_type.name).check(scim)


def taken(resource_type: ResourceType, attribute: str) -> Uniqueness:
    """Return the refusal of a value that another resource has."""
    return Uniqueness(
        f"Another {resource_type.name} with this `{attribute}` already exists in this workspace. "
        f"Match on `{attribute}` in the attribute mapping, or change or remove the other one."
    )


def missing(resource_type: ResourceType, resource_id: str) -> NotFound:
    """Return the answer for an id that this workspace does not have."""
    return NotFound(
        f"{resource_type.name} `{resource_id[:80]}` does not exist in this workspace. If it was deleted here, "
        "restart provisioning so that the identity provider matches it again."
    )
