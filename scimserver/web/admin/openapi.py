"""The OpenAPI 3.1 document, written from the operations, their models and their docstrings."""

import functools
import inspect
from collections.abc import Mapping
from typing import Any

from openapi_pydantic import (
    Components,
    Header,
    Info,
    MediaType,
    OpenAPI,
    Operation,
    Parameter,
    PathItem,
    Reference,
    RequestBody,
    Response,
    SecurityScheme,
    Server,
    Tag,
)
from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, models_json_schema

from ... import __version__
from ...errors import (
    BadRequest,
    HeadersTooLarge,
    InternalError,
    InvalidSyntax,
    InvalidValue,
    NotAcceptable,
    PayloadTooLarge,
    PreconditionFailed,
    TooManyRequests,
    Unauthorized,
    Unavailable,
    UnsupportedMediaType,
    UriTooLong,
)
from ..negotiation import JSON, PROBLEM_JSON
from . import PARTS
from . import operations as ours
from .faults import NotValid
from .kinds import ROOT, Kind, kinds_of
from .problems import Problem
from .routes import by_path

VARIABLES: dict[str, tuple[str, dict[str, Any]]] = {
    "workspace": ("Name of a workspace.", {"pattern": "^[a-z0-9](-?[a-z0-9])*$", "minLength": 2, "maxLength": 63}),
    "token": ("Id of a Secret Token, as its list tells it.", {}),
    "schema": ("URN of a schema, or name of a resource type.", {}),
    "job": ("Number of a job, as the list of jobs tells it.", {"pattern": "^[0-9]{1,9}$"}),
    "problem": ("Last part of a problem's `type`.", {}),
}
"""Variables of the paths: what they are, and keywords of their JSON Schema."""
HEADERS = {
    "ETag": 'The revision in quotes, such as `"7"`: send it back in `If-Match` to change only what you have seen.',
    "Location": "Address of what was made.",
}
"""Header fields of good answers."""
EVERY = (UriTooLong, HeadersTooLarge, NotAcceptable, TooManyRequests, InternalError, Unavailable)
"""What any operation may answer."""
BODY = (BadRequest, InvalidSyntax, InvalidValue, PayloadTooLarge, UnsupportedMediaType)
"""What an operation with a body may answer."""
DESCRIPTION = """\
Everything an operator does with the command line, over HTTP.

Send `Authorization: Bearer <admin_key>` with a key that `scimserver admin-key create` has made; `scimserver demo`
prints one. Bodies and answers are JSON; unknown fields and query parameters are refused. Errors are problem details
(RFC 9457, `application/problem+json`): `type` is an address that tells what the kind of error means, `detail` names the
thing and the cure, `errors` names every field where several are wrong.
"""


class _Schemas(GenerateJsonSchema):
    """Without a title for every field, which would only repeat its name."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


@functools.cache
def openapi_document() -> dict[str, Any]:
    """Return the document; made once, and to be left as it is.

    Raises:
        KeyError: a variable of a path or a header field is not described above.
    """
    return _Writer().document()


class _Writer:
    def __init__(self) -> None:
        modes: list[tuple[type[BaseModel], JsonSchemaMode]] = [(Problem, "validation")]
        for operation in (o for part in PARTS for o in part.operations):
            modes += [(operation.body, "validation")] if operation.body else []
            modes += [(operation.answer, "serialization")] if operation.answer else []
        self._references, definitions = models_json_schema(
            list(dict.fromkeys(modes)), ref_template="#/components/schemas/{model}", schema_generator=_Schemas
        )
        self._schemas: dict[str, Any] = definitions["$defs"]

    def document(self) -> dict[str, Any]:
        document = OpenAPI(
            openapi="3.1.0",
            info=Info(title="scimserver admin API", version=__version__, description=DESCRIPTION),
            servers=[Server(url=ROOT)],
            tags=[Tag(name=part.tag, description=part.description) for part in PARTS],
            paths={path: self._path_item(operations) for path, operations in by_path().items()},
            components=Components(
                securitySchemes={
                    "admin_key": SecurityScheme(
                        type="http", scheme="bearer", description="A key that `scimserver admin-key create` has made."
                    )
                }
            ),
            security=[{"admin_key": []}],
        )
        made = document.model_dump(mode="json", by_alias=True, exclude_unset=True, exclude_none=True)
        # As pydantic wrote them: the classes of the library would drop what they do not know.
        made["components"]["schemas"] = self._schemas
        return made

    def _path_item(self, operations: Mapping[str, ours.Operation]) -> PathItem:
        return PathItem.model_validate({method.lower(): self._operation(o) for method, o in operations.items()})

    def _operation(self, operation: ours.Operation) -> Operation:
        body = None
        if operation.body:
            body = RequestBody(
                content={JSON: self._content(operation.body, "validation")}, required=operation.body_required
            )
        return Operation(
            operationId=operation.id,
            tags=[operation.tag],
            summary=operation.summary,
            description=operation.description or None,
            parameters=[*_variables(operation), *_conditions(operation), *self._query(operation)] or None,
            requestBody=body,
            responses={str(operation.status): self._good(operation), **self._bad(operation)},
            security=[] if operation.public else None,
        )

    def _content(self, model: type[BaseModel], mode: JsonSchemaMode) -> MediaType:
        return MediaType(schema=Reference.model_validate(self._references[(model, mode)]))

    def _query(self, operation: ours.Operation) -> list[Parameter]:
        """Return the fields of the query as parameters."""
        if operation.query is None:
            return []
        schema = operation.query.model_json_schema(schema_generator=_Schemas, ref_template="#/$defs/{model}")
        found = []
        for name, field in schema["properties"].items():
            described = field.pop("description", None)
            # A parameter that is left out is None in the model, but cannot be sent as null.
            options = [option for option in field.pop("anyOf", []) if option.get("type") != "null"]
            if options:
                field = {**options[0], **{key: value for key, value in field.items() if value is not None}}
            found.append(
                Parameter.model_validate(
                    {
                        "name": name,
                        "in": "query",
                        "description": described,
                        "required": name in schema.get("required", ()),
                        "schema": field,
                    }
                )
            )
        return found

    def _good(self, operation: ours.Operation) -> Response:
        description = (operation.answer and inspect.getdoc(operation.answer)) or "Done; there is nothing to tell."
        headers = {name: _header(HEADERS[name]) for name in operation.headers}
        content = {JSON: self._content(operation.answer, "serialization")} if operation.answer else None
        return Response(description=description, headers=headers or None, content=content)

    def _bad(self, operation: ours.Operation) -> dict[str, Response]:
        """Return an answer for each status that a problem may have."""
        errors: list[type[Exception]] = [*EVERY, NotValid, *operation.errors]
        errors += [] if operation.public else [Unauthorized]
        errors += BODY if operation.body else []
        errors += [PreconditionFailed] if operation.conditional else []
        by_status: dict[str, list[Kind]] = {}
        for kind in kinds_of(errors):
            by_status.setdefault(str(kind.status), []).append(kind)
        content = {PROBLEM_JSON: self._content(Problem, "validation")}
        return {
            status: Response(
                description=" ".join(f"`{kind.name}`: {kind.meaning}" for kind in kinds),
                headers=_headers_of(int(status)),
                content=content,
            )
            for status, kinds in by_status.items()
        }


def _variables(operation: ours.Operation) -> list[Parameter]:
    found = []
    for name in operation.variables:
        description, schema = VARIABLES[name]
        found.append(
            Parameter.model_validate(
                {
                    "name": name,
                    "in": "path",
                    "required": True,
                    "description": description,
                    "schema": {"type": "string", "minLength": 1, **schema},
                }
            )
        )
    return found


def _conditions(operation: ours.Operation) -> list[Parameter]:
    if not operation.conditional:
        return []
    text = "The `ETag` that was read: with it the change is made only if nobody has changed the thing since."
    return [
        Parameter.model_validate(
            {"name": "If-Match", "in": "header", "description": text, "schema": {"type": "string", "example": '"7"'}}
        )
    ]


def _header(text: str) -> Header:
    return Header.model_validate({"description": text, "schema": {"type": "string"}})


def _headers_of(status: int) -> dict[str, Header | Reference] | None:
    if status == 401:
        return {"WWW-Authenticate": _header("The scheme: `Bearer`.")}
    return {"Retry-After": _header("Seconds to wait.")} if status in (429, 503) else None
