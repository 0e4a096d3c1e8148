"""Entra's cycles against any server that keeps to RFC 7643 and RFC 7644: the dialect ``rfc``.

First it reads ``/ServiceProviderConfig`` and ``/Schemas`` (RFC 7644 §4). A server without PATCH gets PUT with the whole
resource, one without filters is listed and searched here, and an attribute that is not published is not sent.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..cycle import CHANGED, ENDPOINTS, OK, ConnectionFailed, Kind, ObjectFailed
from ..journal import Entry
from ..mapping.mapping import Attribute
from ..mapping.targets import target
from ..wire import Answer, Note, Request
from .answers import judge
from .dialect_rfc import Discovery, patched
from .dialects import GROUP, USER
from .objects import Objects
from .service import EntraService

PAGE = 100
SCHEMAS: Mapping[Kind, str] = {"user": USER, "group": GROUP}


class RfcService(EntraService):
    """Create it with the dialect :class:`~.dialect_rfc.Rfc`; its ``mapping`` loses what the server does not publish."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.wire.judge = judge_by_the_rfc
        self.server: Discovery | None = None
        self._listed: dict[Kind, list[dict[str, Any]]] = {}

    async def test_connection(self) -> None:
        """Ask what the server can do, then as Entra does for what cannot exist.

        Raises:
            ConnectionFailed: it does not say, or does not answer as it should.
            Quarantined: the token is refused.
        """
        self._listed.clear()
        if self.server is None:
            self.phase = "discovery"
            config = (await self._discover("/ServiceProviderConfig")).body
            schemas = (await self._discover("/Schemas")).body
            self.server = Discovery.of(config, schemas.get("Resources", []))
            self._leave_out_what_is_not_published(self.server)
        await super().test_connection()

    async def _discover(self, path: str) -> Answer:
        try:
            return await super().ask("GET", path, self.note("other", "user", None))
        except ObjectFailed as problem:
            raise ConnectionFailed(
                f"GET {path} ended in {problem.code}: {problem.detail}. RFC 7644 §4 requires it; another dialect does "
                "not ask."
            ) from None

    def _leave_out_what_is_not_published(self, server: Discovery) -> None:
        """Drop such rows from the mapping, and write down which.

        Raises:
            ConnectionFailed: nothing is left to find users, or groups, by.
        """

        def published(kind: Kind) -> tuple[Attribute, ...]:
            rows = self.mapping.of(kind)
            kept = tuple(row for row in rows if server.publishes(row.target, SCHEMAS[kind]))
            for row in rows:
                if row not in kept:
                    self._say_that_it_is_left_out(kind, row)
            if rows and not any(row.matching for row in kept):
                names = ", ".join(self.mapping.matching(kind))
                raise ConnectionFailed(f"/Schemas lists no matching attribute of the {kind}s ({names}).")
            return kept

        self.mapping = replace(self.mapping, users=published("user"), groups=published("group"))
        self.objects = Objects(self)  # it keeps the mapping

    def _say_that_it_is_left_out(self, kind: Kind, row: Attribute) -> None:
        detail = f"/Schemas does not list `{row.target}`: it is not sent."
        entry = Entry(
            self.state.cycle,
            self.phase,
            "other",
            kind,
            None,
            None,
            "GET /Schemas",
            None,
            "skipped",
            "NotPublished",
            detail,
        )
        self.journal.record(entry)

    async def ask(
        self,
        method: str,
        path: str,
        note: Note,
        expect: frozenset[int] = OK,
        *,
        params: dict[str, str] | None = None,
        body: Any = None,
    ) -> Answer:
        """Send a request in a form that the server supports.

        Raises:
            ObjectFailed: it was not answered as expected.
            Quarantined: the service has to stop.
        """
        if self.server and not self.server.filter and params and "filter" in params:
            return await self._search(path, note, params["filter"])
        if self.server and not self.server.patch and method == "PATCH":
            held = (await super().ask("GET", path, replace(note, action="read"))).body
            return await super().ask("PUT", path, note, CHANGED, body=patched(held, body))
        answer = await super().ask(method, path, note, expect, params=params, body=body)
        if isinstance(answer.body, dict) and "totalResults" in answer.body:
            answer.body.setdefault("Resources", [])  # of an empty list the RFC does not require it
        return answer

    async def _search(self, endpoint: str, note: Note, condition: str) -> Answer:
        """Find resources with a value among all, which are read once a cycle."""
        kind: Kind = "user" if endpoint == ENDPOINTS["user"] else "group"
        if kind not in self._listed:
            self._listed[kind] = await self._list(endpoint, note)
        path, _, quoted = condition.rpartition(" eq ")
        value = quoted[1:-1].replace('\\"', '"').replace("\\\\", "\\").casefold()
        found = [one for one in self._listed[kind] if str(target(path).find(one)).casefold() == value]
        return Answer(200, {"totalResults": len(found), "Resources": found})

    async def _list(self, endpoint: str, note: Note) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        total = 1
        while len(found) < total:
            params = {"startIndex": str(len(found) + 1), "count": str(PAGE)}
            body = (await super().ask("GET", endpoint, note, params=params)).body
            page, total = body.get("Resources", []), body["totalResults"]
            found += page
            if not page:
                break
        return found


def judge_by_the_rfc(request: Request, answer: Answer) -> tuple[str, str]:
    """Judge as Entra does, except that an empty list may come without ``Resources`` (RFC 7644 §3.4.2)."""
    if request.path == "/ServiceProviderConfig" and answer.status in request.expect:
        return "", ""  # neither a list nor a resource with an id
    if isinstance(answer.body, dict) and answer.body.get("totalResults") == 0:
        answer = replace(answer, body={"Resources": [], **answer.body})
    return judge(request, answer)
