"""Preview: what a payload would do, by the very steps of a write, and with nothing written."""

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ...errors import BadRequest, NotFound, ScimError, Unavailable
from ...pipeline import Pipeline
from ...plugins import PluginManager
from ...schema.attributes import ResourceType
from ...scim.canonical import canonicalise
from ...scim.members import MemberPlan, members_of
from ...scim.reading import Reading
from ...store.documents import Document, now
from ...store.resources import ResourceStores
from .. import writing
from ..context import RequestContext
from ..differences import Difference, difference
from ..groups import GroupMembers, MemberCounts
from ..queries import Queries, Query
from ..workspaces import ActiveWorkspace, WorkspaceService
from .drafts import Draft, DraftCheck, check_draft
from .leftovers import without_effect
from .payloads import NOTHING, PreviewProblem, method_of, resource_type_of
from .result import Preview
from .sampling import EXAMPLES, Progress, Sample, Sampler
from .tracing import Trace, trace

_PLACEHOLDER = "preview".ljust(22, "0")


@dataclass(frozen=True, slots=True)
class _Target:
    """The resource that a payload is applied to."""

    id: str
    document: Document | None = None
    """None for a resource that was given and is not stored, and for one that is to be created."""
    scim: Mapping[str, Any] | None = None
    """Canonical, without ``id``; None if there is no resource yet."""
    members: Mapping[str, dict[str, Any]] | None = None
    """Of a group that was given."""


@dataclass(slots=True)
class _Trial:
    """What is known so far of one write; an error ends it, as it ends the client's request."""

    ctx: RequestContext
    resource_type: ResourceType
    method: str
    payload: Any
    target: _Target
    after: dict[str, Any] | None = None
    """The resource after the change, without ``id``."""
    membership: MemberPlan | list[Any] | None = None
    members: MemberCounts | None = None
    error: ScimError | None = None

    @property
    def writes(self) -> bool:
        """Whether the document would be written: a change of nothing, or of members alone, leaves it as it is."""
        return self.after is not None and self.after != self.target.scim


class PreviewService:
    """Tells what a write would do; holds no state of its own, and only reads."""

    def __init__(
        self,
        workspaces: WorkspaceService,
        plugins: PluginManager,
        stores: ResourceStores,
        members: GroupMembers,
        queries: Queries,
        tenant_url: Callable[[str], str],
    ) -> None:
        self._workspaces = workspaces
        self._plugins = plugins
        self._stores = stores
        self._members = members
        self._queries = queries
        self._tenant_url = tenant_url

    async def preview(
        self,
        slug: str,
        payload: Any = NOTHING,
        *,
        resource_type: str = "User",
        resource_id: str | None = None,
        match: str | None = None,
        given: Any = None,
        method: str | None = None,
        draft: Draft | None = None,
    ) -> Preview:
        """Return what a request with this body would do.

        ``payload`` is the decoded body of a POST, of a PUT or PATCH of a resource, or NOTHING: then the mapping is
        run on the resource as it is, as a re-map does. The resource is the stored one with ``resource_id``, the only
        one that the filter ``match`` finds, or ``given``, which need not be stored. ``method`` says how the payload
        is read; without it, a PatchOp message is a PATCH, and a resource a PUT where there is one to replace, else a
        POST. ``draft`` is a mapping to use instead of the workspace's. What the client would be refused is in the
        result.

        Raises:
            WorkspaceProblem: there is no such workspace.
            NotFound: there is no such resource type, or the filter finds nothing.
            PreviewProblem: the arguments do not go together, or ``given`` or ``match`` cannot be read.
            Unavailable: the database is away.
        """
        active = await self._workspaces.active(slug)
        kind = resource_type_of(active, resource_type)
        if sum(named is not None for named in (resource_id, match, given)) > 1:
            raise PreviewProblem("Name one resource: by its id, by a filter, or by giving it.")
        targeted = (resource_id, match, given) != (None, None, None)
        method = method_of(payload, method, targeted=targeted)
        checked, pipeline = self._mapping(active, draft)
        ctx = RequestContext(active, self._tenant_url(slug), "", "", "", reading=Reading(active.quirks))
        if match is not None:
            resource_id = await self._matching(ctx, kind, match)
        target = _Target(resource_id or f"{kind.id_prefix}_{_PLACEHOLDER}", members=None if targeted else {})
        trial = _Trial(ctx, kind, method, payload, target if given is None else _given(kind, given))
        made = current = None
        try:
            await self._change(trial, find=resource_id is not None)
            if trial.method and trial.after is not None:
                writing.check(ctx, kind, trial.after)
            made = _traced(trial, pipeline) if pipeline else None
            current = _traced(trial, active.pipeline) if checked else None
            if trial.writes and made and made.error:
                trial.error = made.error
            else:
                await self._check_unique(trial)
                await self._count_members(trial)
        except Unavailable:
            raise  # the database is away; a plugin that is not there is in the trace
        except ScimError as error:
            trial.error = error
        return _result(active, trial, made, current, checked)

    def _mapping(self, active: ActiveWorkspace, draft: Draft | None) -> tuple[DraftCheck | None, Pipeline | None]:
        """Return the pipeline to run; None if it is that of a draft that is refused."""
        return (None, active.pipeline) if draft is None else check_draft(self._plugins, active, draft)

    async def _change(self, trial: _Trial, *, find: bool) -> None:
        """Apply the payload to the resource; the steps and their order are those of :class:`Provisioning`."""
        ctx, kind, target = trial.ctx, trial.resource_type, trial.target
        message = sent = None
        if trial.method == "PATCH":
            message = writing.read_patch(ctx, kind, writing.require_object(trial.payload))
            trial.membership = message.members
            await self._members.check_plan(ctx, target.id, message.members, target.members)
        elif trial.method:
            sent = writing.read_resource(ctx, kind, writing.require_object(trial.payload))
            trial.membership = sent.members
            await self._members.check_sent(ctx, target.id, sent.members)
        if find:
            document = await self._stores.of(kind).get(ctx.workspace.id, target.id)
            if document is None:
                raise writing.missing(kind, target.id)
            trial.target = target = _Target(target.id, document, document.scim)
        before = target.scim or {}
        if message is not None:
            trial.after = writing.patched(ctx, kind, target.id, before, message).resource
        elif sent is not None:
            trial.after = sent.resource if trial.method == "POST" else writing.replaced(kind, before, sent)
        else:
            trial.after = dict(before)

    async def _check_unique(self, trial: _Trial) -> None:
        if not trial.writes or trial.after is None:
            return
        kind, moment = trial.resource_type, now()
        ws, resource_id = trial.ctx.workspace.id, trial.target.id
        document = Document(resource_id, ws, 1, 0, kind.name, trial.after, {}, "", moment, moment)
        duplicate = await self._stores.of(kind).duplicate(document, kind)
        if duplicate is not None:
            raise writing.taken(kind, duplicate.attribute)

    async def _count_members(self, trial: _Trial) -> None:
        if trial.membership is not None:
            target = trial.target
            trial.members = await self._members.foresee(trial.ctx, target.id, trial.membership, target.members)

    async def _matching(self, ctx: RequestContext, kind: ResourceType, match: str) -> str:
        """Return the id of the one resource that a filter finds."""
        asking = dataclasses.replace(ctx, reading=Reading(ctx.workspace.quirks))
        try:
            found = await self._queries.query(asking, [kind], Query(count=2, filter=match, attributes="id"))
        except BadRequest as error:
            raise PreviewProblem(f"The filter cannot be used: {error.detail}") from None
        ids = [str(resource["id"]) for resource in found["Resources"]]
        if not ids:
            raise NotFound(f"The filter finds no {kind.name} in this workspace: correct it, or give an id.")
        if len(ids) > 1:
            raise PreviewProblem(f"The filter finds more than one {kind.name}: narrow it, or give an id.")
        return ids[0]

    async def sample(
        self,
        slug: str,
        draft: Draft | None = None,
        *,
        resource_type: str = "User",
        count: int = 20,
        seed: int | None = None,
        examples: int = EXAMPLES,
        progress: Progress | None = None,
    ) -> Sample:
        """Return what a mapping would make of some stored resources, spread over the workspace, as a re-map does.

        Without ``draft`` the mapping is the workspace's own: then it tells what a re-map would change. The same
        ``seed`` chooses the same resources as long as none is added or deleted. ``examples`` is how many differences
        are given out in full. ``progress`` is told how many are done and how many there are to do.

        Raises:
            WorkspaceProblem: there is no such workspace.
            NotFound: there is no such resource type.
            PreviewProblem: ``count`` is not from 1 to 1000.
            Unavailable: the database is away.
        """
        active = await self._workspaces.active(slug)
        kind = resource_type_of(active, resource_type)
        checked, pipeline = self._mapping(active, draft)
        sampler = Sampler(self._stores.of(kind), active, kind, pipeline, checked)
        return await sampler.sample(count, seed, examples, progress)


def _given(kind: ResourceType, given: Any) -> _Target:
    """Return a resource that was given, as the server would show or store it."""
    try:
        sent = canonicalise(given, kind)
        members = kind.attribute("members")
        listed = members_of(sent.members, members) if members and sent.members else {}
    except ScimError as error:
        raise PreviewProblem(f"The given resource: {error.detail}") from None
    given_id = given.get("id")
    known = given_id if isinstance(given_id, str) and given_id else f"{kind.id_prefix}_{_PLACEHOLDER}"
    return _Target(known, None, sent.resource, listed)


def _traced(trial: _Trial, pipeline: Pipeline) -> Trace:
    document, resource = trial.target.document, {"id": trial.target.id, **(trial.after or {})}
    stored = document.app if document else None
    return trace(pipeline, trial.resource_type.name, resource, stored, validates=trial.writes)


def _result(
    active: ActiveWorkspace, trial: _Trial, made: Trace | None, current: Trace | None, checked: DraftCheck | None
) -> Preview:
    target, kind = trial.target, trial.resource_type
    document, reading = target.document, trial.ctx.reading
    before = target.scim
    after = {"id": target.id, **trial.after} if trial.after is not None else None
    stored = document.app if document else None
    return Preview(
        workspace=active.slug,
        method=trial.method,
        resource_type=kind.name,
        resource_id=document.id if document else None,
        writes=trial.writes and trial.error is None,
        error=trial.error,
        tolerations=reading.used,
        off=reading.missed if trial.error else (),
        read_only=without_effect(trial.payload, kind) if trial.method in ("POST", "PUT") else (),
        resource=after,
        resource_difference=None if before is None or trial.after is None else difference(before, trial.after),
        members=trial.members,
        mapping=made,
        difference=_between(stored, made.document if made else None),
        stored_revision=document.map if document else None,
        current=current,
        current_difference=_between(current.document if current else None, made.document if made else None),
        draft=checked,
        warnings=tuple(_warnings(active, trial, made, checked)),
    )


def _between(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> Difference | None:
    return None if before is None or after is None else difference(before, after)


def _warnings(active: ActiveWorkspace, trial: _Trial, made: Trace | None, checked: DraftCheck | None) -> Iterator[str]:
    document = trial.target.document
    if active.suspended:
        yield "The workspace is suspended: until it is resumed, clients are answered 503."
    if trial.error is None and trial.method and not trial.writes:
        yield (
            "The payload leaves the resource as it is, so that no plugin would be run and the document stays as it is "
            "stored; what is shown is what a re-map would make of it."
        )
    if made and made.error and trial.error is None:
        yield f"A re-map of this resource would fail: {made.error.detail}"
    if document and not checked and document.map != active.pipeline.revision:
        yield "The stored document was made by an earlier mapping than the workspace has now."
