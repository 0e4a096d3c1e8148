"""Preview: what a payload would do, and what a draft mapping would change."""

from typing import Any, Literal

from pydantic import Field

from ...errors import NotFound
from ...service.preview.payloads import NOTHING, PreviewProblem
from ...service.preview.sampling import EXAMPLES, MAX_SAMPLE
from ...store.workspaces import NoSuchWorkspace
from .differences import Change, DifferenceAnswer
from .operations import Call, Endpoints, Model
from .workspaces import ChosenPlugin

endpoints = Endpoints("preview", "Preview: what a payload or a draft mapping would do. Nothing is written.")

ERRORS = (NoSuchWorkspace, NotFound, PreviewProblem)
SEEDS = 1 << 53
"""Integers that every JSON reader keeps exact."""


class PreviewRequest(Model):
    """A payload, the resource that it is applied to, and perhaps a draft."""

    payload: Any = Field(None, examples=[{"userName": "ines@larkfield.example", "title": "Pilot"}])
    """The body of a POST, PUT or PATCH. Without the field, the mapping is run on the resource as it is."""
    method: Literal["POST", "PUT", "PATCH"] | None = None
    """By itself, a PatchOp message is a PATCH, and a resource a PUT where one is named, else a POST."""
    resource_type: str = Field("User", examples=["Group"])
    resource_id: str | None = Field(None, examples=["u_3rTzWm0bQpL5xYcVnK8sDe"])
    """The stored resource that is changed."""
    match: str | None = Field(None, examples=['userName eq "ines@larkfield.example"'])
    """A filter that finds only that resource, instead of its id."""
    given: dict[str, Any] | None = None
    """A resource that need not be stored, instead of its id."""
    draft: list[ChosenPlugin] | None = None
    """A mapping that is not saved, instead of the workspace's."""


class SampleRequest(Model):
    """Which resources are mapped, and by what."""

    draft: list[ChosenPlugin] | None = None
    """A mapping that is not saved; without it, the workspace's own is compared with the stored documents."""
    resource_type: str = Field("User", examples=["Group"])
    count: int = Field(20, ge=1, le=MAX_SAMPLE)
    seed: int | None = Field(None, ge=0, lt=SEEDS)
    """The same seed takes the same resources, as long as none is added or deleted."""
    examples: int = Field(EXAMPLES, ge=0, le=50)
    """Differences that are told in full."""


class StepAnswer(Model):
    """What one plugin did to the document."""

    plugin: str
    settings: dict[str, Any]
    """Defaults filled in."""
    added: dict[str, Any]
    replaced: dict[str, Change]
    """Fields that a plugin before it had made."""
    repeated: list[str]
    """Fields that were there with the same value."""
    ms: float
    """Time taken, in milliseconds."""
    error: str | None
    """Why it failed; the plugins after it are not run."""


class TraceAnswer(Model):
    """One run of a mapping."""

    revision: str
    steps: list[StepAnswer]
    document: dict[str, Any] | None
    error: dict[str, Any] | None


class MemberAnswer(Model):
    """How many memberships a group would gain and lose."""

    added: int
    removed: int


class DraftAnswer(Model):
    """What saving the draft would say."""

    errors: list[str]
    """Why it would be refused; empty if it would not."""
    warnings: list[str]


class PreviewAnswer(Model):
    """What the payload would do."""

    workspace: str
    method: Literal["POST", "PUT", "PATCH"] | None
    resource_type: str
    resource_id: str | None
    """Null if the resource is not stored."""
    accepted: bool
    """Whether the request would succeed, and the draft could be saved."""
    writes: bool
    """Whether the document would be written: a change of nothing, or of members alone, leaves it as it is."""
    error: dict[str, Any] | None
    """The SCIM error that the client would get."""
    refused_by: str | None
    """The plugin that refuses or fails."""
    tolerations: dict[str, list[str]]
    """Name of each toleration that is needed, and where, as in the provisioning log."""
    off: list[str]
    """Of a refusal: tolerations that are off here and would have read something otherwise."""
    stripped: list[str]
    """Unknown attributes that are left out."""
    read_only: list[str]
    """Attributes without effect, since only the server sets them or they are not kept."""
    resource: dict[str, Any] | None
    """Canonical, after the change, as plugins get it."""
    resource_difference: DifferenceAnswer | None
    members: MemberAnswer | None
    steps: list[StepAnswer]
    document: dict[str, Any] | None
    difference: DifferenceAnswer | None
    """From the stored document."""
    revision: str | None
    """Of the mapping that was run."""
    stored_revision: str | None
    """Of the mapping that made the stored document."""
    current: TraceAnswer | None
    """With a draft: the run of the workspace's own mapping."""
    current_difference: DifferenceAnswer | None
    """With a draft: from the document of the workspace's own mapping."""
    draft: DraftAnswer | None
    warnings: list[str]


class ExampleAnswer(Model):
    """A resource whose document would change, or could not be made."""

    id: str
    name: str
    """`userName` or `displayName`."""
    difference: DifferenceAnswer | None
    error: str | None


class SampleAnswer(Model):
    """What the mapping would make of the sample."""

    workspace: str
    resource_type: str
    total: int
    """Resources in the workspace."""
    seed: int
    revision: str | None
    """Of the mapping; null if the draft is refused."""
    draft: DraftAnswer | None
    sampled: int
    unchanged: int
    changed: int
    failed: int
    stale: int
    """Whose stored document was made by an earlier mapping than the workspace has."""
    failures: dict[str, int]
    """Reason and number."""
    fields: dict[str, dict[str, int]]
    """Path, and how often it was `added`, `changed` and `removed`."""
    examples: list[ExampleAnswer]


def _draft(chosen: list[ChosenPlugin] | None) -> list[dict[str, Any]] | None:
    return None if chosen is None else [plugin.model_dump() for plugin in chosen]


@endpoints.post("/workspaces/{workspace}/preview", errors=ERRORS)
async def preview_payload(call: Call, workspace: str, body: PreviewRequest) -> PreviewAnswer:
    """Tell what a payload would do in a workspace.

    It is read, checked and mapped by the code that serves requests; nothing is written. What the client would be
    refused for is in the answer, which then is 200 as well. With a draft the answer compares both mappings.
    """
    told = await call.app.preview.preview(
        workspace,
        body.payload if "payload" in body.model_fields_set else NOTHING,
        resource_type=body.resource_type,
        resource_id=body.resource_id,
        match=body.match,
        given=body.given,
        method=body.method,
        draft=_draft(body.draft),
    )
    return PreviewAnswer.model_validate(told.to_json())


@endpoints.post("/workspaces/{workspace}/preview/sample", errors=ERRORS)
async def preview_sample(call: Call, workspace: str, body: SampleRequest) -> SampleAnswer:
    """Tell what a mapping would make of some stored resources, spread over the workspace.

    Nothing is written. A draft that is refused is answered without a sample.
    """
    told = await call.app.preview.sample(
        workspace,
        _draft(body.draft),
        resource_type=body.resource_type,
        count=body.count,
        seed=body.seed,
        examples=body.examples,
    )
    return SampleAnswer.model_validate(told.to_json())
