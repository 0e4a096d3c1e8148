"""The handler of the admin API: operator's key, fair share, then one operation called and answered."""

from collections.abc import Mapping
from typing import Any, ClassVar

from ...errors import MethodNotAllowed, NotFound, PreconditionFailed, TooManyRequests
from ...store.workspaces import WorkspaceChanged
from ..base import JsonHandler
from ..negotiation import JSON, PROBLEM_JSON
from ..requests import decode_json
from .kinds import ROOT, kind_of
from .operations import Call, Model, Operation
from .problems import problem_of, to_json
from .reading import read_body, read_query

ADMIN = "admin"
"""What its requests are counted under; no workspace has such an internal id."""


class NoQuery(Model):
    """Of an operation that takes no query parameters."""


class AdminHandler(JsonHandler):
    """One address of the admin API; a class of its own is made for each, see :mod:`.routes`."""

    MEDIA_TYPES = (JSON,)
    operations: ClassVar[Mapping[str, Operation]] = {}
    """By method."""
    operator = ""
    """Public id of the admin key, once it is known to be good."""
    _entered = False

    @classmethod
    def allowed_methods(cls) -> list[str]:
        head = ["HEAD"] if "GET" in cls.operations else []
        return [*cls.operations, *head, "OPTIONS"]

    async def _execute(self, *args: Any, **kwargs: Any) -> None:
        # As in ScimHandler: the only place that every request passes that was counted in.
        try:
            await super()._execute(*args, **kwargs)
        finally:
            if self._entered:
                self.app.leave(ADMIN)

    async def admit(self) -> None:
        """Authenticate before anything is told or read; too many at once are told so."""
        await super().admit()
        if not self.is_public():
            self.operator = await self.app.admin_keys.authenticate(
                self.request.headers.get("Authorization"), self.client
            )
        limit = self.app.settings.limits.concurrency
        if not self.app.enter(ADMIN, limit):
            raise TooManyRequests(
                f"More than {limit} requests to the admin API are in flight: send fewer at once.",
                headers={"Retry-After": "1"},
            )
        self._entered = True

    def check(self) -> None:
        # 405 for every other method, also one of which the rest of the server says 501.
        if self.request.method not in self.allowed_methods():
            listed = ", ".join(self.allowed_methods())
            raise MethodNotAllowed(f"There is no such method here; use {listed}.", headers={"Allow": listed})
        super().check()

    def is_public(self) -> bool:
        """Tell whether this request needs no key."""
        operation = self._operation()
        return operation is not None and operation.public

    def _operation(self) -> Operation | None:
        method = self.request.method or ""
        return self.operations.get("GET" if method == "HEAD" else method)

    async def get(self, **variables: str) -> None:
        await self._serve(variables)

    async def post(self, **variables: str) -> None:
        await self._serve(variables)

    async def put(self, **variables: str) -> None:
        await self._serve(variables)

    async def patch(self, **variables: str) -> None:
        await self._serve(variables)

    async def delete(self, **variables: str) -> None:
        await self._serve(variables)

    async def _serve(self, variables: dict[str, str]) -> None:
        operation = self._operation()
        assert operation is not None  # check() has refused other methods
        arguments: dict[str, Any] = dict(variables)
        query = read_query(operation.query or NoQuery, self.request.query_arguments)
        if operation.query is not None:
            arguments["query"] = query
        if operation.body is not None:
            arguments["body"] = self._read(operation.body, required=operation.body_required)
        call = Call(self.app, self.request_id, self.operator, self.request.headers.get("If-Match"))
        answer = await operation.function(call, **arguments)
        if answer is None:
            self.send_nothing(operation.status, call.headers)
        else:
            body = answer.model_dump(mode="json", by_alias=True)
            self.send_json(body, status=operation.status, headers=call.headers, media_type=JSON)

    def _read(self, model: type[Model], *, required: bool) -> Model:
        content = self.read_body()
        if not content.strip() and not required:
            content = b"{}"
        self.message = decode_json(content, self.app.settings.limits.json_depth)
        return read_body(model, self.message)

    def send_failure(self, raised: BaseException | None) -> None:
        """Answer an exception as problem details (RFC 9457)."""
        if isinstance(raised, WorkspaceChanged) and self.request.headers.get("If-Match"):
            raised = PreconditionFailed(str(raised))
        problem, headers = problem_of(raised, self.request_id)
        self.sent_error = to_json(problem)
        self.send_json(self.sent_error, status=problem.status, headers=headers, media_type=PROBLEM_JSON)

    def is_expected(self, error: Any) -> bool:
        return kind_of(type(error)).status != 500


class UnknownAdminPathHandler(AdminHandler):
    """404 below the admin API, but only for who has a key."""

    def check(self) -> None:
        raise NotFound(f"There is no such address; {ROOT}/openapi.json lists those that there are.")
