"""Which request a payload is the body of, and of which resource type."""

from typing import Any

from ...errors import BadRequest, NotFound
from ...schema.attributes import ResourceType
from ...scim.messages import PATCH_SCHEMA
from ..workspaces import ActiveWorkspace

NOTHING: Any = object()
"""Stands for a payload where there is none; None is the JSON ``null``."""
METHODS = ("POST", "PUT", "PATCH")


class PreviewProblem(BadRequest):
    """What is asked for cannot be previewed; says what does not go together."""


def resource_type_of(workspace: ActiveWorkspace, name: str) -> ResourceType:
    """Return a resource type of the workspace.

    Raises:
        NotFound: there is none of that name.
    """
    known = {one.name: one for one in workspace.catalogue.resource_types}
    if name not in known:
        raise NotFound(f"There is no resource type `{name[:80]}` in this workspace; there are {', '.join(known)}.")
    return known[name]


def is_patch(payload: Any) -> bool:
    """Tell whether a payload is a PatchOp message and not a resource, also one without its ``schemas``."""
    if not isinstance(payload, dict):
        return False
    message = {name.lower(): value for name, value in payload.items()}
    schemas = message.get("schemas")
    listed = schemas if isinstance(schemas, list) else [schemas]
    return "operations" in message or any(isinstance(u, str) and u.lower() == PATCH_SCHEMA.lower() for u in listed)


def method_of(payload: Any, method: str | None, *, targeted: bool) -> str:
    """Return how a payload is to be read; empty if there is none. ``targeted`` tells if a resource was named or given.

    Raises:
        PreviewProblem: payload, method and resource do not go together.
    """
    if payload is NOTHING:
        if not targeted:
            raise PreviewProblem("There is nothing to preview: give a payload, or name a stored resource, or give one.")
        if method:
            raise PreviewProblem(f"A {method} has a payload: give it, or leave the method out.")
        return ""
    if method is None:
        method = "PATCH" if is_patch(payload) else "PUT" if targeted else "POST"
    if method not in METHODS:
        raise PreviewProblem(f"The method must be one of {', '.join(METHODS)}.")
    if method == "POST" and targeted:
        raise PreviewProblem("A POST makes a new resource: name none, or preview a PUT or PATCH.")
    if method != "POST" and not targeted:
        raise PreviewProblem(f"A {method} changes a resource: name it by its id or a filter, or give it.")
    return method
