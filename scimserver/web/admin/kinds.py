"""The kinds of problem that the admin API answers with, and the exceptions that each stands for."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ...errors import (
    BadRequest,
    Conflict,
    Forbidden,
    HeadersTooLarge,
    InternalError,
    InvalidSyntax,
    InvalidValue,
    MethodNotAllowed,
    NotAcceptable,
    NotFound,
    NotImplementedHere,
    PayloadTooLarge,
    PluginFailed,
    PreconditionFailed,
    TooManyRequests,
    Unauthorized,
    Unavailable,
    Uniqueness,
    UnsupportedMediaType,
    UriTooLong,
)
from ...plugins import PluginProblem
from ...schema.loader import SchemaProblem
from ...service.code.reading import CodeProblem
from ...service.preview.payloads import PreviewProblem
from ...service.profiles import ProfileProblem
from ...service.schemas.plans import SchemaInUse
from ...service.schemas.service import NoSuchSchema
from ...service.yaml_text import TextProblem
from ...store.failures import StoreError
from ...store.jobs import JobOpen, JobOver, JobProblem, NoSuchJob
from ...store.workspaces import NoSuchWorkspace, WorkspaceChanged, WorkspaceDeleting, WorkspaceProblem, WorkspaceTaken
from .faults import NotValid

ROOT = "/admin/api/v1"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of problem."""

    name: str
    status: int
    title: str
    meaning: str
    """When it is answered and what to do, for the documentation."""
    exceptions: tuple[type[Exception], ...]

    @property
    def uri(self) -> str:
        """The problem's ``type``; a GET there tells its meaning."""
        return f"{ROOT}/problems/{self.name}"


KINDS = (
    Kind(
        "bad-request",
        400,
        "The request cannot be read",
        "A header, the address or the body has no readable form.",
        (BadRequest,),
    ),
    Kind(
        "not-json",
        400,
        "The body is not JSON",
        "Send one JSON document in UTF-8.",
        (InvalidSyntax,),
    ),
    Kind(
        "unauthorized",
        401,
        "No valid admin key",
        "The admin key is missing, wrong, expired or revoked; the answer is the same for each.",
        (Unauthorized,),
    ),
    Kind(
        "forbidden",
        403,
        "Not allowed",
        "The admin key is good but does not allow this.",
        (Forbidden,),
    ),
    Kind(
        "not-found",
        404,
        "Not found",
        "There is no such address or object.",
        (NotFound,),
    ),
    Kind(
        "no-such-workspace",
        404,
        "There is no such workspace",
        "List the workspaces to see their names.",
        (NoSuchWorkspace,),
    ),
    Kind(
        "no-such-schema",
        404,
        "The workspace has no such schema",
        "List the schemas of the workspace to see its own; those of the server cannot be changed here.",
        (NoSuchSchema,),
    ),
    Kind(
        "no-such-job",
        404,
        "There is no such job",
        "List the jobs to see their numbers.",
        (NoSuchJob,),
    ),
    Kind(
        "method-not-allowed",
        405,
        "The method is not allowed here",
        "`Allow` names those that are.",
        (MethodNotAllowed,),
    ),
    Kind(
        "not-acceptable",
        406,
        "No acceptable media type",
        "Answers are `application/json`: let `Accept` take it.",
        (NotAcceptable,),
    ),
    Kind(
        "conflict",
        409,
        "Conflict",
        "The change does not fit what is stored.",
        (Conflict, Uniqueness),
    ),
    Kind(
        "workspace-taken",
        409,
        "The name is taken",
        "A workspace of that name exists already: choose another one.",
        (WorkspaceTaken,),
    ),
    Kind(
        "workspace-changed",
        409,
        "Changed meanwhile",
        "Somebody else changed the workspace at the same moment: read it and send the change again.",
        (WorkspaceChanged,),
    ),
    Kind(
        "workspace-deleting",
        409,
        "The workspace is being deleted",
        "Repeat the delete if it was interrupted.",
        (WorkspaceDeleting,),
    ),
    Kind(
        "schema-in-use",
        409,
        "The schema is in use",
        "Stored resources or mappings use what the change takes away; `errors` names them. Or use `force`.",
        (SchemaInUse,),
    ),
    Kind(
        "job-open",
        409,
        "A job is not finished",
        "The workspace has one at a time: let it finish, or cancel it.",
        (JobOpen,),
    ),
    Kind(
        "job-over",
        409,
        "The job is at its end",
        "It is finished, failed or cancelled: begin another one.",
        (JobOver,),
    ),
    Kind(
        "precondition-failed",
        412,
        "Not the expected version",
        "`If-Match` names another revision than the stored one: read it anew and decide again.",
        (PreconditionFailed,),
    ),
    Kind(
        "too-large",
        413,
        "The body is too large",
        "The limit is the setting `limits.body_bytes`.",
        (PayloadTooLarge,),
    ),
    Kind(
        "address-too-long",
        414,
        "The address is too long",
        "Send a shorter query.",
        (UriTooLong,),
    ),
    Kind(
        "media-type",
        415,
        "Unsupported media type",
        "Bodies are `application/json`, plain or in gzip.",
        (UnsupportedMediaType,),
    ),
    Kind(
        "not-valid",
        422,
        "Fields are not valid",
        "Fields are missing, unknown or of the wrong form; `errors` names each one.",
        (NotValid,),
    ),
    Kind(
        "refused",
        422,
        "The values cannot be used",
        ("Every field has the right form, but what they say cannot be done; `detail` names the thing and the cure."),
        (
            InvalidValue,
            CodeProblem,
            JobProblem,
            PluginProblem,
            PreviewProblem,
            ProfileProblem,
            SchemaProblem,
            TextProblem,
            WorkspaceProblem,
        ),
    ),
    Kind(
        "too-many-requests",
        429,
        "Too many requests at once",
        "Send it again after `Retry-After` seconds.",
        (TooManyRequests,),
    ),
    Kind(
        "headers-too-large",
        431,
        "The header fields are too large",
        "Send fewer of them.",
        (HeadersTooLarge,),
    ),
    Kind(
        "internal-error",
        500,
        "The server failed",
        "Give the request id to whoever runs the server.",
        (InternalError,),
    ),
    Kind(
        "plugin-failed",
        500,
        "A plugin failed",
        "`detail` names the plugin; the log has its traceback.",
        (PluginFailed,),
    ),
    Kind(
        "not-implemented",
        501,
        "Not implemented",
        "There is no such method of HTTP here.",
        (NotImplementedHere,),
    ),
    Kind(
        "unavailable",
        503,
        "Not available at the moment",
        "The database is away, or the server is stopping: send it again after `Retry-After` seconds.",
        (Unavailable, StoreError),
    ),
)
"""Every kind, by status."""
_BY_EXCEPTION: Mapping[type[BaseException], Kind] = {e: kind for kind in KINDS for e in kind.exceptions}
BY_NAME: Mapping[str, Kind] = {kind.name: kind for kind in KINDS}


def kind_of(error: type[BaseException] | None) -> Kind:
    """Return the kind of an exception class: its own, or that of its nearest base."""
    return next(
        (kind for base in (error.__mro__ if error else ()) if (kind := _BY_EXCEPTION.get(base))),
        BY_NAME["internal-error"],
    )


def kinds_of(errors: Iterable[type[Exception]]) -> list[Kind]:
    """Return the kinds of exception classes, each once, in the order of the table."""
    wanted = {kind_of(error) for error in errors}
    return [kind for kind in KINDS if kind in wanted]
