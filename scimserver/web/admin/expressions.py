"""Expressions: tried, looked over in a workspace, and their functions."""

from typing import Any, Literal

from pydantic import Field

from ...errors import InvalidValue, NotFound
from ...store.workspaces import NoSuchWorkspace, WorkspaceProblem
from .operations import Call, Endpoints, Model

endpoints = Endpoints("expressions", "The mapping language: tried for one resource, looked over in a workspace.")


class Evaluation(Model):
    """An expression, and for which resource it is to be evaluated."""

    text: str = Field(examples=['Join(", ", [surname], [givenName])'])
    resource: dict[str, Any] | None = Field(None, examples=[{"name": {"familyName": "Lovelace", "givenName": "Ada"}}])
    """A SCIM resource; without any every attribute is null."""
    resource_type: str = "User"
    type: Literal["string", "number", "boolean", "date", "list"] = "string"
    """The type of the field that the value is for."""


class WorkspaceEvaluation(Evaluation):
    """An expression, and for which resource of a workspace it is to be evaluated."""

    resource_id: str | None = None
    """Id of a stored resource, in place of `resource`."""


class Read(Model):
    """An attribute that an expression reads."""

    name: str
    """As the expression names it."""
    stands_for: list[str]
    """Paths of SCIM attributes."""
    value: Any
    """Of the resource."""


class ExpressionFault(Model):
    """Why an expression has no value."""

    message: str
    position: int | None
    """Of the character, from 0; null if not the text is wrong but its value."""
    excerpt: str
    """A part of the text around it."""
    column: int
    """The place in the excerpt, from 0."""


class Evaluated(Model):
    """What an expression gave."""

    value: Any
    """Null also where there is a problem; a date is a text."""
    reads: list[Read]
    warnings: list[str]
    """Attributes that are always null, with the cure."""
    problem: ExpressionFault | None


class Remark(Model):
    """One thing to know about a mapping."""

    kind: Literal["error", "warning", "fails", "empty", "unused"]
    """`error` and `warning`: of the settings; `fails`: some resource gives no value that fits; `empty`: no resource
    gives one; `unused`: an attribute that the identity provider fills and nothing reads."""
    place: str
    """Setting, or the attribute's path."""
    text: str
    count: int
    """How many resources of the sample it holds for; 0 if it does not depend on them."""


class Remarks(Model):
    """Remarks on a workspace's mapping."""

    remarks: list[Remark]


class Sample(Model):
    """How much is looked at."""

    sample: int = Field(200, ge=1, le=10_000)
    """Resources of each type."""


class Argument(Model):
    """An argument of a function."""

    name: str
    kind: str
    required: bool


class Example(Model):
    """An expression and what it gives."""

    expression: str
    result: str


class Function(Model):
    """A function of the language."""

    name: str
    signature: str
    arguments: list[Argument]
    text: str
    """What it does."""
    examples: list[Example]


class Functions(Model):
    """Every function of the language, in the order of the manual."""

    functions: list[Function]


@endpoints.get("/expressions/functions")
async def list_functions(call: Call) -> Functions:
    """List the functions of the mapping language."""
    return Functions.model_validate({"functions": call.app.expressions.functions()})


@endpoints.post("/expressions/evaluate", errors=(InvalidValue,))
async def evaluate_expression(call: Call, body: Evaluation) -> Evaluated:
    """Evaluate an expression for a given resource, with the attributes of the shipped schemas; nothing is stored.

    What is wrong with the expression is told in `problem`, and is no error of the request.
    """
    return await _evaluate(call, body)


@endpoints.post("/workspaces/{workspace}/expressions/evaluate", errors=(NoSuchWorkspace, InvalidValue))
async def evaluate_in_workspace(call: Call, workspace: str, body: WorkspaceEvaluation) -> Evaluated:
    """Evaluate an expression for a given or stored resource, with the attributes of a workspace; nothing is stored.

    What is wrong with the expression is told in `problem`, and is no error of the request.
    """
    return await _evaluate(call, body, slug=workspace, resource_id=body.resource_id)


async def _evaluate(call: Call, body: Evaluation, **more: str | None) -> Evaluated:
    try:
        trial = await call.app.expressions.evaluate(
            body.text, resource=body.resource, resource_type=body.resource_type, kind=body.type, **more
        )
    except NotFound as problem:
        # 404 is for what the address names; this stands in the body.
        raise InvalidValue(problem.detail) from None
    return Evaluated.model_validate(trial.to_json())


@endpoints.get("/workspaces/{workspace}/expressions/lint", errors=(NoSuchWorkspace, WorkspaceProblem))
async def lint_expressions(call: Call, workspace: str, query: Sample) -> Remarks:
    """Look over the mapping of a workspace's plugin `expressions`, with a sample of its resources.

    Names what cannot be read, attributes that nobody fills, fields that fail or are empty for everybody in the sample,
    and attributes that the identity provider fills and no field reads.
    """
    remarks = await call.app.expressions.lint(workspace, query.sample)
    return Remarks(remarks=[Remark.model_validate(remark.to_json()) for remark in remarks])
