"""How Okta asks: its pages, its existence check, its patience with 429, and what ends up under "Tasks".

What the server answers with 400 (or 404, 409) waits there for a person and is not tried again by itself; everything
else is, in a later cycle.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import cycle
from typing import Any

from ..cycle import ENDPOINTS, OK, ConnectionFailed, Kind, ObjectFailed, Service
from ..journal import Action
from ..problems import SimulateProblem
from ..wire import Answer, Request, Retries, by_status

USER_AGENT = "Okta SCIM Client 1.0.0"
SPACE = "%20"
"""How Okta writes a blank in a query."""
PAGE = 100
STYLES = {"legacy": ("put",), "scim2": ("patch",), "mixed": ("put", "patch")}
"""Dialect → the styles that take turns: PUT as app-wizard integrations do, or PATCH as those of the catalogue."""
UNREADABLE = "Unreadable"
"""Code of an answer whose status is right and whose body is not."""
PERMANENT = frozenset({"400", "404", "409", "413", UNREADABLE})
"""Codes (most are statuses) that go under "Tasks"."""
FOUND = frozenset({200, 404})
"""Okta takes 404 for "there is none" where an empty list is meant."""

ACTIONS: Mapping[str, Action] = {"POST": "create", "GET": "read", "DELETE": "delete"}

Resource = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class OktaRetries(Retries):
    """Okta waits the whole seconds of ``Retry-After``, or 5 minutes without them, and twice as long each time."""

    attempts: int = 10
    throttled: float = 300.0

    def after(self, answer: Answer, method: str) -> float | None:
        """Return how long to wait before the next attempt; None if there must not be one."""
        if answer.status != 429:
            return Retries.after(self, answer, method)
        asked = answer.headers.get("retry-after", "")
        pause = (float(asked) if asked.isdecimal() else self.throttled) * 2 ** (answer.attempts - 1)
        return pause if answer.attempts < self.attempts and pause <= self.longest else None


class OktaClient(Service):
    """The requests; ``dialect`` is a key of :data:`STYLES`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.dialect not in STYLES:
            raise SimulateProblem(f"Okta has no dialect {self.dialect}: choose one of {', '.join(STYLES)}.")
        self._styles = cycle(STYLES[self.dialect])
        self.wire.judge = judge

    def style(self) -> str:
        """Return "put" or "patch", for the next write."""
        return next(self._styles)

    async def send(
        self,
        method: str,
        path: str,
        kind: Kind,
        key: str | None,
        expect: frozenset[int] = OK,
        *,
        action: Action | None = None,
        **request: Any,
    ) -> Answer:
        """Send a request for an object; ``request`` is ``params`` or ``body``.

        Raises:
            ObjectFailed: it was not answered as expected.
            ConnectionFailed: the token is refused; nothing else would get through either.
        """
        note = self.note(action or ACTIONS.get(method, "update"), kind, key, self.state.target(key or ""))
        answer = await self.wire.send(method, path, expect=expect, note=note, **request)
        if answer.status in (401, 403):
            raise ConnectionFailed(f"{method} {path} was refused with {answer.status}: {answer.detail}")
        if not answer.ok:
            raise ObjectFailed(answer.code, answer.detail)
        return answer

    def failed(self, key: str, problem: ObjectFailed) -> None:
        """Put what will not get better by itself under "Tasks"; the rest is tried again in a later cycle."""
        self.progress.error()
        if problem.code in PERMANENT:
            self.state.stuck[key] = problem.detail
        else:
            self.state.fail(key, problem.code, problem.detail)

    async def read_everything(self) -> None:
        """Read all users and groups page by page.

        Raises:
            SimulateProblem: a page is missing, or holds what an earlier one held: its order is not stable.
        """
        self.phase = "import"
        self.progress.phase(f"cycle {self.state.cycle}, import")
        for kind, endpoint in ENDPOINTS.items():
            seen: set[str] = set()
            total = 1
            while len(seen) < total:
                params = {"startIndex": str(len(seen) + 1), "count": str(PAGE)}
                body = (await self.send("GET", endpoint, kind, None, params=params)).body
                total, ids = body["totalResults"], [resource["id"] for resource in body.get("Resources", [])]
                if (not ids and len(seen) < total) or not seen.isdisjoint(ids):
                    raise SimulateProblem(
                        f"GET {endpoint}?startIndex={params['startIndex']}&count={PAGE}: the page is empty or repeats "
                        "an earlier one. Okta needs pages in a stable order up to totalResults."
                    )
                seen.update(ids)
                self.progress.advance(len(ids))

    async def find(self, kind: Kind, key: str, path: str, value: str) -> Resource | None:
        """Check whether the server has an object already.

        Raises:
            ObjectFailed: it has several.
        """
        quoted = value.replace("\\", "\\\\").replace('"', '\\"')
        params = {"filter": f'{path} eq "{quoted}"', "startIndex": "1", "count": str(PAGE)}
        answer = await self.send("GET", ENDPOINTS[kind], kind, key, FOUND, action="match", params=params)
        found = answer.body.get("Resources", []) if answer.status == 200 else []
        if len(found) > 1:
            raise ObjectFailed("409", f"{len(found)} {kind}s have the same `{path}`.")
        return found[0] if found else None


def judge(request: Request, answer: Answer) -> tuple[str, str]:
    """Return what Okta would call an answer: "" if it can use it, else the status or :data:`UNREADABLE`."""
    code, text = by_status(request, answer)
    if code or answer.status not in (200, 201) or request.method not in ("GET", "POST"):
        return code, text
    fault = _fault(request, answer.body)
    return (UNREADABLE, fault) if fault else ("", "")


def _fault(request: Request, body: Any) -> str:
    """Say what is wrong with a list or a resource, "" if nothing is."""
    if request.method == "POST":
        kind = "user" if request.path == ENDPOINTS["user"] else "group"
        return "" if _is_resource(body) else f"Create new {kind} returned empty {kind}."
    if request.path not in ENDPOINTS.values():
        return "" if _is_resource(body) else f"GET {request.path}: the answer is no resource with an `id`."
    if not isinstance(body, dict):
        return f"GET {request.path}: the answer is no ListResponse."
    for name in ("totalResults", "startIndex", "itemsPerPage"):
        if type(body.get(name)) is not int:
            return f"GET {request.path}: `{name}` is {body.get(name)!r} and must be a JSON number."
    resources = body.get("Resources", [])
    if not isinstance(resources, list) or not all(map(_is_resource, resources)):
        return f"GET {request.path}: `Resources` is no list of resources with an `id`."
    return ""


def _is_resource(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("id"), str) and value["id"] != ""
