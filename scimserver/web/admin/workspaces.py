"""Workspaces: one for each customer."""

from typing import Any, Literal

from pydantic import AwareDatetime, Field

from ...store.workspaces import NoSuchWorkspace, Workspace
from .operations import Call, Endpoints, Model

endpoints = Endpoints("workspaces", "Workspaces: one for each customer.")


class ChosenPlugin(Model):
    """A plugin of a workspace."""

    name: str
    settings: dict[str, Any] = Field(default_factory=dict)
    """As its JSON Schema has them."""


class Limits(Model):
    """What a workspace may use; null is the server's own setting."""

    concurrency: int | None = Field(None, ge=1, le=999_999)
    """Requests in flight per process before the answer is 429."""


class WorkspaceAnswer(Model):
    """A workspace."""

    name: str
    state: Literal["active", "suspended", "deleting"]
    tenant_url: str
    """What an identity provider is given beside a Secret Token."""
    profile: str
    """By which profile of identity-provider quirks its requests are read."""
    switches: dict[str, bool]
    """Single tolerations and behaviours that are on or off here, whatever the profile says."""
    plugins: list[ChosenPlugin]
    """In the order in which they run."""
    limits: Limits
    schemas: list[str]
    """URIs of its own schemas and names of its own resource types."""
    created: AwareDatetime
    modified: AwareDatetime
    revision: int
    """Raised by every change; also the `ETag`."""


class Workspaces(Model):
    """Every workspace, by name."""

    workspaces: list[WorkspaceAnswer]


def answer(call: Call, workspace: Workspace) -> WorkspaceAnswer:
    """Return what is told of a workspace, and set its ETag."""
    call.headers["ETag"] = f'"{workspace.revision}"'
    return _told(call, workspace)


def _told(call: Call, workspace: Workspace) -> WorkspaceAnswer:
    return WorkspaceAnswer.model_validate({**workspace.to_json(), "tenant_url": call.app.tenant_url(workspace.slug)})


@endpoints.get("/workspaces")
async def list_workspaces(call: Call) -> Workspaces:
    """List every workspace, by name."""
    return Workspaces(workspaces=[_told(call, workspace) for workspace in await call.app.workspaces.list()])


@endpoints.get("/workspaces/{workspace}", errors=(NoSuchWorkspace,), headers=("ETag",))
async def get_workspace(call: Call, workspace: str) -> WorkspaceAnswer:
    """Show one workspace with its profile, plugins and limits."""
    return answer(call, await call.app.workspaces.show(workspace))
