"""What an endpoint is: a coroutine function whose signature and docstring say all that callers and the document need.

``call`` comes first; then, by name, the variables of the path (``str``), ``query`` and ``body`` (a :class:`Model`
each). The annotation of the result is the :class:`Model` that is answered; ``None`` is 204. The first line of the
docstring is the summary, the rest the description.
"""

import inspect
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, Literal, TypeVar, get_type_hints

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict

from ...service.application import Application

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
Endpoint = TypeVar("Endpoint", bound=Callable[..., Awaitable[BaseModel | None]])
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d", re.ASCII)
VARIABLE = re.compile(r"{(\w+)}")


def _instant(value: Any) -> Any:
    if isinstance(value, datetime) or (isinstance(value, str) and _INSTANT.match(value)):
        return value
    raise ValueError("must be an instant with its time zone, such as 2026-11-27T08:00:00Z")


Instant = Annotated[AwareDatetime, BeforeValidator(_instant)]
"""A date-time as RFC 3339 writes it; pydantic alone would read a number as seconds since 1970 too."""


class Model(BaseModel):
    """Base of every body, query and answer: unknown fields are refused, docstrings describe the fields."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


@dataclass(slots=True)
class Call:
    """What an endpoint knows of its request beside path, query and body."""

    app: Application
    request_id: str
    operator: str
    """Public id of the admin key; empty where none is asked for."""
    if_match: str | None = None
    """The header as it was sent."""
    headers: dict[str, str] = field(default_factory=dict)
    """Header fields for the answer, such as ``ETag`` and ``Location``; the operation has to announce them."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one address."""

    method: Method
    path: str
    function: Callable[..., Awaitable[BaseModel | None]]
    tag: str
    status: int
    """Of the good answer."""
    errors: tuple[type[Exception], ...]
    """What it may raise beside what every operation may, for the document."""
    headers: tuple[str, ...]
    """Header fields that the good answer has."""
    conditional: bool
    """Whether ``If-Match`` is heeded."""
    public: bool
    """Whether it needs no admin key."""
    body: type[Model] | None
    query: type[Model] | None
    answer: type[BaseModel] | None

    @property
    def id(self) -> str:
        """The name of the function, which is unique."""
        return self.function.__name__

    @property
    def variables(self) -> list[str]:
        """Names in the path."""
        return VARIABLE.findall(self.path)

    @property
    def summary(self) -> str:
        """First line of the docstring."""
        return (inspect.getdoc(self.function) or "").partition("\n")[0]

    @property
    def description(self) -> str:
        """The rest of the docstring."""
        return (inspect.getdoc(self.function) or "").partition("\n")[2].strip()

    @property
    def body_required(self) -> bool:
        """Whether a body must be sent; one whose fields are all optional need not be."""
        return self.body is not None and any(field.is_required() for field in self.body.model_fields.values())


class Endpoints:
    """The operations of one module, under one heading of the document."""

    def __init__(self, tag: str, description: str) -> None:
        self.tag = tag
        self.description = description
        self.operations: list[Operation] = []

    def get(self, path: str, **more: Any) -> Callable[[Endpoint], Endpoint]:
        """Add an operation; for all options see :meth:`add`."""
        return self.add("GET", path, **more)

    def post(self, path: str, **more: Any) -> Callable[[Endpoint], Endpoint]:
        """Add an operation."""
        return self.add("POST", path, **more)

    def put(self, path: str, **more: Any) -> Callable[[Endpoint], Endpoint]:
        """Add an operation."""
        return self.add("PUT", path, **more)

    def patch(self, path: str, **more: Any) -> Callable[[Endpoint], Endpoint]:
        """Add an operation."""
        return self.add("PATCH", path, **more)

    def delete(self, path: str, **more: Any) -> Callable[[Endpoint], Endpoint]:
        """Add an operation."""
        return self.add("DELETE", path, **more)

    def add(
        self,
        method: Method,
        path: str,
        *,
        status: int | None = None,
        errors: tuple[type[Exception], ...] = (),
        headers: tuple[str, ...] = (),
        conditional: bool = False,
        public: bool = False,
    ) -> Callable[[Endpoint], Endpoint]:
        """Make an operation of the decorated function; ``path`` is below ``/admin/api/v1``.

        Raises:
            TypeError: its signature or docstring does not tell what is needed; at import, so that it is noticed.
        """

        def decorate(function: Endpoint) -> Endpoint:
            body, query, answer = _read(function, path)
            good = status or (200 if answer else 204)
            made = Operation(
                method, path, function, self.tag, good, errors, headers, conditional, public, body, query, answer
            )
            self.operations.append(made)
            return function

        return decorate


def _read(function: Any, path: str) -> tuple[Any, Any, Any]:
    """Return the models of body, query and answer."""
    hints = get_type_hints(function)
    answer = hints.pop("return", None)
    first, *names = inspect.signature(function).parameters
    variables = VARIABLE.findall(path)
    where = f"{function.__module__}.{function.__name__}"
    if hints.get(first) is not Call:
        raise TypeError(f"{where}: the first argument is `call: Call`")
    if [name for name in names if name not in ("body", "query")] != variables:
        raise TypeError(f"{where}: after `call` come {variables} of the path, then `query` and `body`")
    for name in ("body", "query"):
        if name in names and not (inspect.isclass(hints[name]) and issubclass(hints[name], Model)):
            raise TypeError(f"{where}: `{name}` must be annotated with a Model")
    if answer is type(None):
        answer = None
    if answer is not None and not issubclass(answer, BaseModel):
        raise TypeError(f"{where}: the result must be a model or None")
    if not inspect.getdoc(function):
        raise TypeError(f"{where}: needs a docstring, which the document shows")
    return hints.get("body"), hints.get("query"), answer
