"""Workspaces: one for each customer."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field

from ...plugins import PluginProblem
from ...service.profiles import DEFAULT
from ...service.workspace_changes import MAX_LIMIT, WorkspaceChange
from ...store.workspaces import (
    NoSuchWorkspace,
    Workspace,
    WorkspaceChanged,
    WorkspaceDeleting,
    WorkspaceProblem,
    WorkspaceTaken,
)
from .conditions import revisions, set_etag
from .kinds import ROOT
from .operations import Call, Endpoints, Instant, Model

endpoints = Endpoints("workspaces", "Workspaces: one for each customer.")

SLUG = r"^[a-z0-9](-?[a-z0-9])*$"
CHANGE = (NoSuchWorkspace, WorkspaceChanged, WorkspaceDeleting)
"""What may come of changing a workspace."""


class ChosenPlugin(Model):
    """A plugin of a workspace."""

    name: str = Field(examples=["work_address"])
    settings: dict[str, Any] = Field(default_factory=dict, examples=[{"prefer": "parts"}])
    """As the plugin's own JSON Schema has them."""


class Limits(Model):
    """What a workspace may use; null is the server's own setting."""

    concurrency: int | None = Field(None, ge=1, le=MAX_LIMIT)
    """Requests in flight per process before the answer is 429."""


class WorkspaceAnswer(Model):
    """A workspace."""

    name: str
    state: Literal["active", "suspended", "deleting"]
    """The Tenant URL of a suspended one answers 503, that of one which is being deleted 401."""
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
    """Schemas (by URN) and resource types (by name) of its own."""
    created: Instant
    modified: Instant
    revision: int
    """Raised by every change; in quotes, it is the `ETag`."""


class ChangedWorkspace(WorkspaceAnswer):
    """A workspace after a change."""

    warnings: list[str]
    """What the plugins' own checks say of their settings."""
    stale: bool
    """Whether the mapping is another one now: stored documents were made by the earlier one, until a re-map."""


class CreatedWorkspace(ChangedWorkspace):
    """A new workspace."""

    secret_token: str | None
    """Its first Secret Token, shown only this time; null if none was wanted."""


class Workspaces(Model):
    """Every workspace, by name."""

    workspaces: list[WorkspaceAnswer]


class WorkspaceSettings(Model):
    """What can be chosen for a workspace; null is as if it were left out."""

    profile: str | None = Field(None, examples=["entra"])
    """Name of a profile of identity-provider quirks."""
    plugins: list[ChosenPlugin] | None = None
    """All of them with all their settings, in the order in which they run."""
    limits: Limits | None = None
    """Only those that are named are changed."""
    switches: dict[str, bool | None] | None = Field(None, examples=[{"boolean-as-string": False}])
    """Tolerations and behaviours by name, on or off; null is as the profile has it. Others stay as they are."""


class NewWorkspace(WorkspaceSettings):
    """What a new workspace is to be; only the name is needed."""

    name: str = Field(min_length=2, max_length=63, pattern=SLUG, examples=["larkfield"])
    """Part of the Tenant URL, for good."""
    token: bool = True
    """Whether to make its first Secret Token."""


class WorkspaceUpdate(WorkspaceSettings):
    """What is to be different."""


def told(call: Call, workspace: Workspace) -> dict[str, Any]:
    """Return the fields of a :class:`WorkspaceAnswer`."""
    known = {name: value for name, value in workspace.to_json().items() if name in WorkspaceAnswer.model_fields}
    return {**known, "tenant_url": call.app.tenant_url(workspace.slug)}


def answer(call: Call, workspace: Workspace) -> WorkspaceAnswer:
    """Return what is told of a workspace, and set its ETag."""
    set_etag(call, workspace)
    return WorkspaceAnswer.model_validate(told(call, workspace))


def _parts(settings: WorkspaceSettings) -> dict[str, Any]:
    """Return what the service takes: what was left out is left out."""
    chosen: dict[str, Any] = {}
    if settings.profile is not None:
        chosen["profile"] = settings.profile
    if settings.plugins is not None:
        chosen["plugins"] = [plugin.model_dump() for plugin in settings.plugins]
    if settings.limits is not None:
        limits: Mapping[str, int | None] = settings.limits.model_dump(exclude_unset=True)
        chosen["limits"] = limits
    if settings.switches is not None:
        chosen["switches"] = settings.switches
    return chosen


@endpoints.get("/workspaces")
async def list_workspaces(call: Call) -> Workspaces:
    """List every workspace, by name."""
    found = await call.app.workspaces.list()
    return Workspaces(workspaces=[WorkspaceAnswer.model_validate(told(call, workspace)) for workspace in found])


@endpoints.post(
    "/workspaces", status=201, errors=(WorkspaceTaken, WorkspaceProblem, PluginProblem), headers=("ETag", "Location")
)
async def create_workspace(call: Call, body: NewWorkspace) -> CreatedWorkspace:
    """Create a workspace and its first Secret Token.

    Without `plugins` it has those of the setting `plugins.default`, without `profile` the profile `default`.
    """
    made = await call.app.workspaces.create(body.name, **{"profile": DEFAULT, **_parts(body)})
    warnings = call.app.workspaces.check_plugins(made)
    token = (await call.app.tokens.create(made, label="first"))[1] if body.token else None
    set_etag(call, made)
    call.headers["Location"] = f"{ROOT}/workspaces/{made.slug}"
    return CreatedWorkspace.model_validate(
        {**told(call, made), "warnings": list(warnings), "stale": False, "secret_token": token}
    )


@endpoints.get("/workspaces/{workspace}", errors=(NoSuchWorkspace,), headers=("ETag",))
async def get_workspace(call: Call, workspace: str) -> WorkspaceAnswer:
    """Show one workspace with its profile, plugins and limits."""
    return answer(call, await call.app.workspaces.show(workspace))


@endpoints.patch(
    "/workspaces/{workspace}", errors=(*CHANGE, WorkspaceProblem, PluginProblem), headers=("ETag",), conditional=True
)
async def change_workspace(call: Call, workspace: str, body: WorkspaceUpdate) -> ChangedWorkspace:
    """Change a workspace, everything or nothing.

    What is left out stays as it is; `plugins` is replaced as a whole. Every process has the change within five seconds.
    What changes nothing is not written, and raises no revision.
    """
    change = WorkspaceChange(**_parts(body))
    done = await call.app.workspaces.change(workspace, change, revisions=revisions(call))
    set_etag(call, done.workspace)
    return ChangedWorkspace.model_validate(
        {**told(call, done.workspace), "warnings": list(done.warnings), "stale": done.stale}
    )


@endpoints.post("/workspaces/{workspace}/suspend", errors=CHANGE, headers=("ETag",), conditional=True)
async def suspend_workspace(call: Call, workspace: str) -> WorkspaceAnswer:
    """Answer its requests 503 until it is resumed; nothing is deleted.

    The identity provider waits and tries again; with 401 it would give up.
    """
    return answer(call, await call.app.workspaces.suspend(workspace, revisions=revisions(call)))


@endpoints.post("/workspaces/{workspace}/resume", errors=CHANGE, headers=("ETag",), conditional=True)
async def resume_workspace(call: Call, workspace: str) -> WorkspaceAnswer:
    """End a suspension."""
    return answer(call, await call.app.workspaces.resume(workspace, revisions=revisions(call)))


@endpoints.delete(
    "/workspaces/{workspace}",
    status=202,
    errors=(NoSuchWorkspace, WorkspaceChanged),
    headers=("ETag",),
    conditional=True,
)
async def delete_workspace(call: Call, workspace: str) -> WorkspaceAnswer:
    """Delete a workspace with its users, groups, tokens and history.

    It is closed at once and deleted in the background: until it is gone its state is `deleting`, then it is 404. The
    server goes on with it after a restart.
    """
    return answer(call, await call.app.deletions.delete(workspace, revisions=revisions(call)))
