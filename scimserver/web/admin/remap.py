"""Re-maps of a workspace: the documents that an earlier mapping has made, made again."""

from typing import Literal

from pydantic import AwareDatetime, Field

from ...service.remap.report import report
from ...store.jobs import Job, JobOpen, JobOver, NoSuchJob
from ...store.workspaces import NoSuchWorkspace, WorkspaceDeleting
from .differences import DifferenceAnswer
from .operations import Call, Endpoints, Model

endpoints = Endpoints("remap", "Re-maps: documents that an earlier mapping of the workspace has made are made again.")

JOBS = "/workspaces/{workspace}/remap-jobs"
MAX_LOOKED = 1000


class Failure(Model):
    """A document on which a plugin failed; it stays as it was."""

    id: str
    type: str
    """Name of the resource type."""
    plugin: str
    reason: str


class RemapJob(Model):
    """A re-map; it goes on in the server processes, and after a restart where it was."""

    id: int
    """Number within the workspace."""
    state: Literal["queued", "running", "paused", "finished", "failed", "cancelled"]
    """`paused` by whoever stopped the command that ran it."""
    revision: str
    """The mapping that documents are made with."""
    all: bool
    """Whether documents of this mapping are made again too."""
    rate: float | None
    """Documents a second; null is the server's own rate."""
    documents: int
    """How many there were when it began."""
    looked_at: int
    changed: int
    unchanged: int
    """Documents that come out the same with this mapping."""
    failed: int
    left: int
    """Documents of an earlier mapping that the last pass still met: some process goes on making them."""
    restarts: int
    """How often the mapping was changed meanwhile, so that it began again."""
    pass_: int = Field(alias="pass")
    """The first goes over everything, those after it look for what others wrote meanwhile."""
    failures: list[Failure]
    """The first of them."""
    problem: str | None
    """Why it failed as a whole."""
    by: str
    """`command`, or the id of an admin key."""
    created: AwareDatetime
    started: AwareDatetime | None
    finished: AwareDatetime | None

    @classmethod
    def of(cls, job: Job) -> "RemapJob":
        """Return what is told of a job."""
        return cls.model_validate(report(job))


class RemapJobs(Model):
    """The last re-maps of a workspace, newest first."""

    remap_jobs: list[RemapJob]


class NewRemap(Model):
    """What is to be made again."""

    all: bool = False
    """Also documents that this mapping has made: after a plugin has changed without a new version."""
    rate: float | None = Field(None, gt=0, le=100_000, examples=[100])
    """Documents a second; the server's own rate is 200, and less while requests are in flight."""


class NewDryRun(Model):
    """What is to be tried."""

    all: bool = False
    """Also documents that this mapping has made."""
    limit: int = Field(200, ge=1, le=MAX_LOOKED)
    """How many documents are looked at."""
    samples: int = Field(10, ge=0, le=100)
    """How many of those that would change are shown."""


class Sample(Model):
    """A document that would change. It holds values of a person."""

    id: str
    type: str
    difference: DifferenceAnswer


class DryRunAnswer(Model):
    """What a re-map would do with the documents that were looked at."""

    dry_run: Literal[True]
    revision: str
    documents: int
    looked_at: int
    complete: bool
    """Whether all documents were looked at."""
    changed: int
    unchanged: int
    failed: int
    samples: list[Sample]
    failures: list[Failure]


class MappingAnswer(Model):
    """A workspace's mapping, and how many documents an earlier one has made."""

    revision: str
    """Changes with plugins, their order, their settings and their versions."""
    problem: str | None
    """Why nothing can be mapped; then nothing was counted."""
    documents: int
    looked_at: int
    stale: int
    """Documents that an earlier mapping has made, of those that were looked at."""
    complete: bool
    """Whether all documents were looked at."""
    last_remap: RemapJob | None


@endpoints.get("/workspaces/{workspace}/mapping", errors=(NoSuchWorkspace,))
async def get_mapping(call: Call, workspace: str) -> MappingAnswer:
    """Tell with how many documents the mapping has not been made yet.

    At most 5,000 documents are looked at.
    """
    return MappingAnswer.model_validate((await call.app.remaps.staleness(workspace)).to_json())


@endpoints.post(JOBS, status=202, errors=(NoSuchWorkspace, WorkspaceDeleting, JobOpen), headers=("Location",))
async def create_remap(call: Call, workspace: str, body: NewRemap) -> RemapJob:
    """Begin a re-map.

    It runs in the background, beside provisioning; a workspace has one at a time.
    """
    job = await call.app.remaps.begin(workspace, everything=body.all, rate=body.rate, by=call.operator)
    call.headers["Location"] = f"/admin/api/v1/workspaces/{workspace}/remap-jobs/{job.n}"
    return RemapJob.of(job)


@endpoints.post("/workspaces/{workspace}/remap-dry-run", errors=(NoSuchWorkspace,))
async def try_remap(call: Call, workspace: str, body: NewDryRun) -> DryRunAnswer:
    """Tell what a re-map would do with some documents, and write nothing."""
    trial = await call.app.remaps.dry_run(
        workspace, everything=body.all, rate=MAX_LOOKED, samples=body.samples, limit=body.limit
    )
    return DryRunAnswer.model_validate(trial.to_json())


@endpoints.get(JOBS, errors=(NoSuchWorkspace,))
async def list_remaps(call: Call, workspace: str) -> RemapJobs:
    """List the last re-maps of a workspace, newest first."""
    return RemapJobs(remap_jobs=[RemapJob.of(job) for job in await call.app.remaps.jobs(workspace)])


@endpoints.get(JOBS + "/{job}", errors=(NoSuchWorkspace, NoSuchJob))
async def get_remap(call: Call, workspace: str, job: str) -> RemapJob:
    """Show how far a re-map is."""
    return RemapJob.of(await call.app.remaps.job(workspace, _number(job)))


@endpoints.post(JOBS + "/{job}/cancel", errors=(NoSuchWorkspace, NoSuchJob, JobOver))
async def cancel_remap(call: Call, workspace: str, job: str) -> RemapJob:
    """End a re-map where it is; what it has done stays."""
    return RemapJob.of(await call.app.remaps.cancel(workspace, _number(job)))


@endpoints.post(JOBS + "/{job}/resume", errors=(NoSuchWorkspace, NoSuchJob, JobOver))
async def resume_remap(call: Call, workspace: str, job: str) -> RemapJob:
    """Let the server go on with a paused re-map."""
    return RemapJob.of(await call.app.remaps.resume(workspace, _number(job)))


def _number(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise NoSuchJob("A re-map has a number: list them to see which there are.")
    return int(text)
