"""Workspaces as code: the configuration of a workspace as one document, read, compared and set as a whole."""

from typing import Annotated, Any, Literal

from pydantic import Field

from ...service.code.as_code import Plan
from ...service.code.reading import MAX_LIMIT, CodeProblem
from ...store.workspaces import NoSuchWorkspace, WorkspaceChanged, WorkspaceDeleting, WorkspaceTaken
from .conditions import revisions, set_etag
from .operations import Call, Endpoints, Model

endpoints = Endpoints("code", "Workspaces as code: the configuration of a workspace as one document, fit for git.")


class CodePlugin(Model):
    """A plugin and those of its settings that are set."""

    name: str
    settings: dict[str, Any] = Field(default_factory=dict)
    """What is not set has the default of the plugin's schema."""


class Code(Model):
    """The configuration of a workspace: the whole of it, so no section may be left out."""

    version: Literal[1]
    profile: str
    """By which profile of identity-provider quirks its requests are read."""
    switches: dict[Literal["tolerate", "behaviour"], dict[str, bool]]
    """Single tolerations and behaviours that are on or off, whatever the profile says."""
    limits: dict[Literal["concurrency"], Annotated[int, Field(ge=1, le=MAX_LIMIT)]]
    """What is not set is the server's own setting."""
    plugins: list[CodePlugin]
    """In the order in which they run."""
    schemas: list[dict[str, Any]]
    """Schemas and resource types of its own, as JSON Schema and ResourceType documents."""


class CodeChange(Model):
    """One difference."""

    path: str
    """Place in the new document, of what is removed in the old one."""
    kind: Literal["changed", "added", "removed", "moved"]
    name: str | None = None
    """Of a plugin or schema that is added, removed or moved."""
    old: Any = None
    """Null for what is added."""
    new: Any = None
    """Null for what is removed."""


class CodePlan(Model):
    """What an import would do, or did."""

    created: bool
    """Whether there was no such workspace."""
    changes: list[CodeChange]
    warnings: list[str]
    """What plugins say of the new settings."""
    stale: bool
    """Whether stored documents were made by another mapping, until they are mapped again."""


class HowToImport(Model):
    """How a document is imported."""

    create: bool = False
    """Create the workspace if there is none of that name."""
    force: bool = False
    """Change schemas also where stored resources or mappings stand against it; their values stay, unseen."""


class HowToCompare(Model):
    """How a document is compared."""

    force: bool = False
    """Show what an import with `force` would change."""


@endpoints.get("/workspaces/{workspace}/code", errors=(NoSuchWorkspace,), headers=("ETag",))
async def export_code(call: Call, workspace: str) -> Code:
    """Export the configuration of a workspace.

    Only what was set, and no secret, id or date: equal workspaces have equal documents.
    """
    stored = await call.app.workspaces.show(workspace)
    set_etag(call, stored)
    return Code.model_validate(call.app.as_code.document(stored))


@endpoints.put(
    "/workspaces/{workspace}/code",
    errors=(NoSuchWorkspace, WorkspaceChanged, WorkspaceDeleting, WorkspaceTaken, CodeProblem),
    conditional=True,
)
async def import_code(call: Call, workspace: str, query: HowToImport, body: Code) -> CodePlan:
    """Set the configuration of a workspace as a whole, all or nothing.

    What is not set in the document gets its default; only secret settings of plugins, which no export has, stay. If
    nothing differs, nothing is written.
    """
    plan = await call.app.as_code.import_(
        workspace, body.model_dump(), create=query.create, force=query.force, revisions=revisions(call)
    )
    return _told(plan)


@endpoints.post("/workspaces/{workspace}/code/diff", errors=(NoSuchWorkspace, CodeProblem))
async def diff_code(call: Call, workspace: str, query: HowToCompare, body: Code) -> CodePlan:
    """Check a document and show what an import of it would change; nothing is written."""
    return _told(await call.app.as_code.plan(workspace, body.model_dump(), force=query.force))


def _told(plan: Plan) -> CodePlan:
    return CodePlan(
        created=plan.workspace is None,
        changes=[CodeChange.model_validate(change.to_json()) for change in plan.changes],
        warnings=plan.warnings,
        stale=plan.stale,
    )
