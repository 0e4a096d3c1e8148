"""Plays one dialogue for the report: a row for each exchange, also where the server is stricter than the dialogue."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

import httpx

from .fixture import Dialogue, Exchange, Response, names_in
from .patterns import BOUND_BY_SERVER
from .published import Published
from .reading import BY_STATE, QUIET_GROUP_PATCH, Reading, read_otherwise, refusals
from .rows import Row, Verdict
from .runner import SHOWN, Played, Server, creation, play, send

SAFE = ("GET", "HEAD", "OPTIONS")


@dataclass
class Conversation:
    """One dialogue with one server; ``rows`` grows while it is played."""

    suite: str
    dialogue: Dialogue
    server: Server
    published: Published
    reading: Reading

    def __post_init__(self) -> None:
        self.rows: list[Row] = []
        self._names = {BOUND_BY_SERVER: self.server.tenant_url}
        self._stopped = ""
        """Why nothing more is sent, once an answer was wrong."""
        self._apart = ""
        """Why answers are not compared any more, once the server did not do what the dialogue goes on from."""

    async def play(self) -> None:
        """Play all exchanges; a failed one is the last that is sent."""
        async with self.server.client() as client:
            for exchange in (*(creation(actor) for actor in self.dialogue.given), *self.dialogue.exchanges):
                if self._stopped:
                    self._skip(exchange, self._stopped)
                else:
                    await self._one(exchange, client)

    async def _one(self, exchange: Exchange, client: httpx.AsyncClient) -> None:
        refused = self.reading.refused(exchange)
        off = sorted(self.reading.behaviours_off.intersection(exchange.behaviours))
        if refused and refusals(refused):
            await self._expect_refusal(exchange, refused, client)
        elif refused:
            self._leave_path(
                exchange, f"without {', '.join(refused)} it means something else: {read_otherwise(refused)}"
            )
        elif off:
            self._leave_path(exchange, f"the answer is another one where {', '.join(off)} is off")
        elif self._apart:
            self._skip(exchange, self._apart)
        else:
            await self._compare(exchange, client)

    async def _compare(self, exchange: Exchange, client: httpx.AsyncClient) -> None:
        exchange = self._as_answered(exchange)
        started = time.perf_counter()
        try:
            played = await play(exchange, client, self.server, self.published, self._names)
        except httpx.HTTPError as error:
            self._fail(exchange, f"no answer: {type(error).__name__} {error}", time.perf_counter() - started)
            return
        seconds = time.perf_counter() - started
        if played.found:
            self._fail(exchange, "\n".join(_lines(played)), seconds, played.request)
        elif exchange.source != "cast":
            got, passed = str(played.answer.status_code), Verdict.PASSED
            self._add(exchange, passed, request=played.request, got=got, seconds=seconds)

    async def _expect_refusal(self, exchange: Exchange, refused: tuple[str, ...], client: httpx.AsyncClient) -> None:
        """Send what only a tolerant server accepts: it must be refused, with one of the RFC's errors."""
        if not names_in(exchange.request) <= self._names.keys():
            self._leave_path(exchange, "uses an id that a refused request would have made")
            return
        if self._apart and BY_STATE.intersection(refused):
            self._skip(exchange, self._apart)
            return
        allowed, needs = refusals(refused), f"needs {', '.join(refused)}"
        if self._apart:
            # What an earlier operation of this request names may not be there.
            allowed |= {"noTarget"}
        expected = f"400 {' or '.join(sorted(allowed))}"
        started = time.perf_counter()
        try:
            answer = await send(exchange, client, self.server, self._names)
        except httpx.HTTPError as error:
            self._fail(exchange, f"no answer: {type(error).__name__} {error}", time.perf_counter() - started)
            return
        seconds, request = time.perf_counter() - started, Played(answer, []).request
        if _is_refusal(answer, allowed) or answer.status_code == exchange.response.status >= 400:
            got = f"{answer.status_code} {_scim_type(answer)}".strip()
            self._add(exchange, Verdict.PASSED, needs, request=request, expected=expected, got=got, seconds=seconds)
        elif answer.is_success and self.reading.leaves_out():
            self._leave_path(exchange, f"{needs}; what is not known is left out here", request)
            return
        else:
            got = f"{answer.status_code} {answer.text[:SHOWN]}"
            self._fail(exchange, got, seconds, request, expected=expected, reason=needs)
            return
        if exchange.response.status < 400 and exchange.request.method not in SAFE:
            self._apart = f"follows from “{exchange.title}”, which is refused here"

    def _as_answered(self, exchange: Exchange) -> Exchange:
        """A group's PATCH is answered with the group where the server is not quiet about it (RFC 7644 §3.5.2)."""
        group_patch = exchange.request.method == "PATCH" and exchange.request.path.lstrip("/").startswith("Groups/")
        if QUIET_GROUP_PATCH in self.reading.behaviours_off and group_patch and exchange.response.status == 204:
            return replace(exchange, response=Response(200, body={"...": True}))
        return exchange

    def _leave_path(self, exchange: Exchange, reason: str, request: str = "") -> None:
        """Skip an exchange; if it would have changed something, the dialogue cannot go on from there."""
        self._skip(exchange, reason, request)
        if exchange.request.method not in SAFE and not self._apart:
            self._apart = f"follows from “{exchange.title}”, which is not the same here"

    def _skip(self, exchange: Exchange, reason: str, request: str = "") -> None:
        if exchange.source != "cast":
            self._add(exchange, Verdict.SKIPPED, reason, request=request)

    def _fail(
        self,
        exchange: Exchange,
        got: str,
        seconds: float,
        request: str = "",
        *,
        expected: str = "",
        reason: str = "",
    ) -> None:
        self._stopped = f"the dialogue stopped at “{exchange.title}”"
        reason = reason or exchange.note
        self._add(exchange, Verdict.FAILED, reason, request=request, expected=expected, got=got, seconds=seconds)

    def _add(
        self,
        exchange: Exchange,
        verdict: Verdict,
        reason: str = "",
        *,
        request: str = "",
        expected: str = "",
        got: str = "",
        seconds: float = 0.0,
    ) -> None:
        self.rows.append(
            Row(
                self.suite,
                self.dialogue.file,
                exchange.title,
                verdict,
                exchange.source,
                request or f"{exchange.request.method} {exchange.request.path}",
                expected or str(exchange.response.status),
                got,
                reason,
                seconds,
            )
        )


def skipped(suite: str, dialogue: Dialogue, reason: str) -> list[Row]:
    """Return the rows of a dialogue that is not played."""
    return [
        Row(
            suite,
            dialogue.file,
            exchange.title,
            Verdict.SKIPPED,
            exchange.source,
            f"{exchange.request.method} {exchange.request.path}",
            str(exchange.response.status),
            reason=reason,
        )
        for exchange in dialogue.exchanges
    ]


def _lines(played: Played) -> Iterator[str]:
    yield str(played.answer.status_code)
    yield from played.found
    if played.answer.text:
        yield f"answer: {played.answer.text[:SHOWN]}"


def _scim_type(answer: httpx.Response) -> str:
    try:
        body = answer.json()
    except ValueError:
        return ""
    return str(body.get("scimType", "")) if isinstance(body, dict) else ""


def _is_refusal(answer: httpx.Response, allowed: frozenset[str]) -> bool:
    return answer.status_code == 400 and _scim_type(answer) in allowed
