"""Errors of the admin API: from exceptions to problem details (RFC 9457)."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from ...errors import ScimError
from .faults import Fault, NotValid, faults_of
from .kinds import Kind, kind_of
from .operations import Model

_FAILED = "The server failed on this request. Give the request id to whoever runs the server."


class Problem(Model):
    """Problem details (RFC 9457)."""

    type: str
    """Address of this kind of problem; a GET there tells what it means."""
    title: str
    """The kind in words; the same for every occurrence."""
    status: int
    """The status of the answer."""
    detail: str
    """What is wrong this time, and the cure."""
    request_id: str
    """Also in the header `X-Request-Id` and in the server's log."""
    errors: list[Fault] | None = None
    """Where several fields are wrong: each one."""


def problem_of(error: BaseException | None, request_id: str) -> tuple[Problem, Mapping[str, str]]:
    """Return what an exception is answered with, and the header fields to go with it.

    An exception that a service raises for several faults at once may have an attribute ``faults``: pairs of place
    and text.
    """
    kind = kind_of(type(error) if error else None)
    headers: dict[str, str] = dict(error.headers) if isinstance(error, ScimError) else {}
    if kind.status == 503:
        headers.setdefault("Retry-After", "10")
    detail = _detail(error, kind)
    found = [Fault(place=str(place), text=str(text)) for place, text in getattr(error, "faults", ())]
    made = Problem(
        type=kind.uri, title=kind.title, status=kind.status, detail=detail, request_id=request_id, errors=found or None
    )
    return made, headers


def _detail(error: BaseException | None, kind: Kind) -> str:
    if isinstance(error, ScimError):
        return error.detail
    # What no row of the table expects was not written for callers to read.
    return str(error) if kind.name != "internal-error" else _FAILED


def not_valid(error: ValidationError, model: type[Model], where: str) -> NotValid:
    """Return the refusal of a body or query, in our words; ``where`` is ``body`` or ``query``."""
    return NotValid(faults_of(error, model, where))


def to_json(problem: Problem) -> dict[str, Any]:
    """Return the body that is sent."""
    return problem.model_dump(mode="json", exclude_none=True)
