"""The OpenAPI document of the admin API, and what its problems mean; both are answered without a key."""

import asyncio
from typing import Any

from pydantic import RootModel

from ...errors import NotFound
from .kinds import BY_NAME
from .operations import Call, Endpoints, Model

endpoints = Endpoints("document", "The admin API itself. These addresses need no key: they hold nothing secret.")


class Document(RootModel[dict[str, Any]]):
    """An OpenAPI 3.1 document."""


class ProblemKind(Model):
    """A kind of problem."""

    type: str
    """As it stands in a problem's `type`."""
    title: str
    status: int
    meaning: str
    """When it is answered and what to do."""


@endpoints.get("/openapi.json", public=True)
async def get_openapi(call: Call) -> Document:
    """Return the OpenAPI 3.1 document of this API.

    It is written from the code that answers, and is the same for every deployment of one version.
    """
    from .openapi import openapi_document

    # Written at the first question, which takes a moment.
    return Document(await asyncio.to_thread(openapi_document))


@endpoints.get("/problems/{problem}", public=True, errors=(NotFound,))
async def get_problem(call: Call, problem: str) -> ProblemKind:
    """Tell what a kind of problem means.

    The `type` of every error is such an address.
    """
    kind = BY_NAME.get(problem)
    if kind is None:
        raise NotFound(f"There is no such kind of problem; there are {', '.join(BY_NAME)}.")
    return ProblemKind(type=kind.uri, title=kind.title, status=kind.status, meaning=kind.meaning)
