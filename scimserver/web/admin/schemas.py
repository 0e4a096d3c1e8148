"""Schemas and resource types that a workspace has of its own."""

from typing import Any, Literal

from pydantic import Field, RootModel

from ...schema.loader import SchemaProblem
from ...service.schemas.plans import SchemaInUse, SchemaPlan
from ...service.schemas.service import NoSuchSchema
from ...store.workspaces import NoSuchWorkspace, WorkspaceChanged, WorkspaceDeleting
from .operations import Call, Endpoints, Model

endpoints = Endpoints(
    "schemas", "Schemas and resource types that a workspace has of its own, and what Entra makes of them."
)

CHANGES = (NoSuchWorkspace, WorkspaceChanged, WorkspaceDeleting, SchemaInUse, SchemaProblem)


class SchemaSummary(Model):
    """A schema or a resource type of a workspace's own."""

    name: str
    """URN of a schema, name of a resource type."""
    kind: Literal["schema", "resource type"]
    of: list[str] | None = None
    """Of a schema: the resource types that have it."""
    attributes: int | None = None
    """Of a schema: how many it has, without sub-attributes."""
    keys_in_the_making: list[str] | None = None
    """Of a schema: attributes whose keys are not made for everything stored; set the schema again to finish them."""
    endpoint: str | None = None
    """Of a resource type."""
    core_schema: str | None = None
    """Of a resource type: the URN of its core schema."""


class SchemaSummaries(Model):
    """What a workspace has of its own, in order."""

    schemas: list[SchemaSummary]


class SchemaDocument(RootModel[dict[str, Any]]):
    """An annotated JSON Schema, or a resource type of RFC 7643 section 6: see the guide on schemas of a workspace."""


class NewSchemas(Model):
    """Documents to be added or changed, together."""

    documents: list[dict[str, Any]] = Field(min_length=1)
    """Each an annotated JSON Schema with `$id`, or a resource type with `endpoint`."""


class ChangeOptions(Model):
    """How a change is made."""

    force: bool = False
    """Also where stored resources or mappings use what changes; what is stored stays, unseen."""
    dry_run: bool = False
    """Only tell what would change."""


class SchemaChange(Model):
    """What a change did, or would do."""

    added: list[str]
    changed: list[str]
    removed: list[str]
    keys_made: list[str]
    """Attributes whose keys had to be made for what is stored."""
    warnings: list[str]
    dry_run: bool

    @classmethod
    def of(cls, plan: SchemaPlan, options: ChangeOptions) -> "SchemaChange":
        """Return what is told of a plan."""
        return cls.model_validate({**plan.to_json(), "dry_run": options.dry_run})


class TargetAttribute(Model):
    """One entry of Entra's target attribute list."""

    attribute: str
    """As the mapping page shows it, such as `emails[type eq "work"].value`."""
    type: str
    filterable: bool
    """Whether it can be a matching attribute."""
    required: bool
    multi_valued: bool
    exact_case: bool
    custom: bool
    """Whether it is of a schema that this server does not ship."""


class TargetAttributes(Model):
    """What Entra's schema discovery will offer, by resource type."""

    targets: dict[str, list[TargetAttribute]]
    warnings: list[str]
    """What of the custom schemas Entra cannot take."""


@endpoints.get("/workspaces/{workspace}/schemas", errors=(NoSuchWorkspace,))
async def list_schemas(call: Call, workspace: str) -> SchemaSummaries:
    """List the schemas and resource types of a workspace's own."""
    return SchemaSummaries.model_validate({"schemas": await call.app.schemas.list(workspace)})


@endpoints.post("/workspaces/{workspace}/schemas", errors=CHANGES)
async def set_schemas(call: Call, workspace: str, query: ChangeOptions, body: NewSchemas) -> SchemaChange:
    """Add or change schemas and resource types, each by its URN or name; all or none.

    A published attribute keeps its name, type and multiplicity for ever. Where an attribute that has data becomes keyed
    or unique, the answer takes some ten seconds and longer: the keys of what is stored are made.
    """
    plan = await call.app.schemas.set(workspace, body.documents, force=query.force, dry_run=query.dry_run)
    return SchemaChange.of(plan, query)


@endpoints.get("/workspaces/{workspace}/schemas/{schema}", errors=(NoSuchWorkspace, NoSuchSchema))
async def get_schema(call: Call, workspace: str, schema: str) -> SchemaDocument:
    """Show one document, by the URN of the schema or the name of the resource type."""
    return SchemaDocument(await call.app.schemas.get(workspace, schema))


@endpoints.delete("/workspaces/{workspace}/schemas/{schema}", errors=(*CHANGES, NoSuchSchema))
async def remove_schema(call: Call, workspace: str, schema: str, query: ChangeOptions) -> SchemaChange:
    """Take one document out; refused while stored resources or mappings use it, unless it is forced.

    With `force` the values stay in what is stored, unseen, and are there again when the schema comes back.
    """
    plan = await call.app.schemas.remove(workspace, schema, force=query.force, dry_run=query.dry_run)
    return SchemaChange.of(plan, query)


@endpoints.get("/workspaces/{workspace}/targets", errors=(NoSuchWorkspace,))
async def list_targets(call: Call, workspace: str) -> TargetAttributes:
    """List the target attributes that Entra's schema discovery will offer for mapping."""
    targets, warnings = await call.app.schemas.targets(workspace)
    listed = {name: [target.to_json() for target in found] for name, found in targets.items()}
    return TargetAttributes.model_validate({"targets": listed, "warnings": warnings})
