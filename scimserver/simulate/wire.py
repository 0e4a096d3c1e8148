"""Requests to a SCIM server: a few at a time, not too many a second, tried again where that can help.

A request that got no useful answer within its attempts is left to a later cycle; whether that comes is the service's
business. Every request becomes one entry of the journal.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Any, Literal, Self
from urllib.parse import urlencode, urlsplit, urlunsplit

import httpx

from .journal import Action, Entry, Journal
from .problems import SimulateProblem

SCIM_JSON = "application/scim+json"
WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
PARALLEL = 5
"""Requests under way at the same time, unless told otherwise."""
TIMEOUT = 60.0
"""Seconds to wait for an answer. Entra's limit is not published; Okta's is this one."""
PATIENCE = 10
"""So many requests in a row without any answer: the server is gone, and the run ends."""

Sleep = Callable[[float], Awaitable[None]]
Clock = Callable[[], float]


class Unreachable(SimulateProblem):
    """The server has stopped answering."""


@dataclass(frozen=True, slots=True)
class Note:
    """What a request is for: the part of its journal entry that only the service knows."""

    cycle: int
    phase: str
    action: Action
    kind: Literal["user", "group"]
    source_id: str | None = None
    target_id: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    """0 if there was no answer."""
    body: Any = None
    """The parsed JSON; None if there was none or it does not parse."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """By their names in lower case."""
    text: str = ""
    """The body as text, or the reason why there was no answer."""
    seconds: float = 0.0
    """Time of the last attempt."""
    attempts: int = 1
    code: str = ""
    """The service's name for what is wrong with it; "" if nothing is."""
    problem: str = ""
    """What is wrong with an answer whose status is right."""

    @property
    def ok(self) -> bool:
        """Whether it is what the service needs."""
        return not self.code

    @property
    def detail(self) -> str:
        """The server's own words about an error: ``detail`` of a SCIM error, else the beginning of the body."""
        if self.problem:
            return self.problem
        if isinstance(self.body, dict) and isinstance(self.body.get("detail"), str):
            return str(self.body["detail"])
        return self.text[:500]


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked, as far as an answer is judged by it."""

    method: str
    path: str
    """Below the Tenant URL: ``/Users/u_1``."""
    params: Mapping[str, str]
    expect: frozenset[int]
    """The statuses that mean success."""


Judge = Callable[[Request, Answer], tuple[str, str]]
"""Returns the service's code for what is wrong with an answer ("" for nothing), and a text if the server has none."""


def by_status(request: Request, answer: Answer) -> tuple[str, str]:
    """Accept what has an expected status; the code is the status."""
    if answer.status in request.expect:
        return "", ""
    return (str(answer.status) if answer.status else "NoAnswer"), ""


@dataclass(frozen=True, slots=True)
class Retries:
    """How often, and after how many seconds, a request is tried again; each pause doubles the one before."""

    attempts: int = 4
    pause: float = 0.5
    """After a 5xx, or no answer."""
    throttled: float = 5.0
    """After a 429 that does not say how long to wait, in whole seconds."""
    longest: float = 60.0
    """A server that asks for more patience than this is left alone until the next cycle."""

    def after(self, answer: Answer, method: str) -> float | None:
        """Return how long to wait before the next attempt; None if there must not be one."""
        if answer.attempts >= self.attempts or not _may_be_repeated(answer, method):
            return None
        asked = answer.headers.get("retry-after", "")
        growth: float = 2 ** (answer.attempts - 1)
        pause = growth * (self.throttled if answer.status == 429 else self.pause)
        if asked.isdecimal():  # a date is not understood: identity providers read whole seconds only
            pause = float(asked)
        return pause if pause <= self.longest else None


def _may_be_repeated(answer: Answer, method: str) -> bool:
    if answer.status == 0:
        # A create whose answer was lost may have been done: a second one would collide with the first.
        return method != "POST" or answer.code == "NotConnected"
    return answer.status == 429 or (answer.status >= 500 and answer.status != 501)


class Wire:
    """One connection pool to one server. Use it as an async context manager.

    ``counts`` has the number of requests sent, by method, each attempt counted. ``rate`` is in requests per second;
    None for as many as the server takes, which is what Entra ID does to an app that is not in its gallery.
    """

    def __init__(
        self,
        url: str,
        token: str,
        *,
        journal: Journal,
        rate: float | None = None,
        parallel: int = PARALLEL,
        user_agent: str = "",
        retries: Retries | None = None,
        judge: Judge = by_status,
        space: str = "+",
        transport: httpx.AsyncBaseTransport | None = None,
        sleep: Sleep = asyncio.sleep,
        clock: Clock = time.monotonic,
    ) -> None:
        self.url = base_url(url)
        self.parallel = parallel
        self.judge = judge
        self.retries = retries or Retries()
        self.space = space
        self.counts: Counter[str] = Counter()
        self.patience = PATIENCE
        self._journal = journal
        self._gate = asyncio.Semaphore(parallel)
        self._pace = _Pace(rate, sleep, clock)
        self._sleep, self._clock = sleep, clock
        self._unanswered = 0
        headers = {"Authorization": f"Bearer {token}", "Accept": SCIM_JSON, "User-Agent": user_agent}
        self._client = httpx.AsyncClient(
            headers=headers,
            timeout=TIMEOUT,
            transport=transport,
            limits=httpx.Limits(max_connections=parallel, max_keepalive_connections=parallel),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.aclose()

    @property
    def writes(self) -> int:
        """Number of requests so far that may change something."""
        return sum(count for method, count in self.counts.items() if method in WRITES)

    async def send(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: Any = None,
        expect: frozenset[int],
        note: Note,
    ) -> Answer:
        """Send a request, again if need be, and return the last answer; what is wrong with it is in its ``code``.

        ``path`` is below the Tenant URL; ``params`` go form-encoded as Entra's do, with ``space`` for a space;
        ``expect`` are the statuses that mean success.

        Raises:
            Unreachable: this is one of many requests in a row that got no answer at all.
        """
        query = urlencode(params or {}).replace("+", self.space)
        url = f"{self.url}{path}" + (f"?{query}" if query else "")
        async with self._gate:
            answer = await self._attempt(method, url, body, 1)
            while (pause := self.retries.after(answer, method)) is not None:
                await self._sleep(pause)
                answer = await self._attempt(method, url, body, answer.attempts + 1)
        code, problem = self.judge(Request(method, path, params or {}, expect), answer)
        answer = replace(answer, code=code, problem=problem)
        self._record(method, path, answer, note)
        self._count_silence(answer)
        return answer

    async def _attempt(self, method: str, url: str, body: Any, attempt: int) -> Answer:
        await self._pace.wait()
        self.counts[method] += 1
        began = self._clock()
        headers = {"Content-Type": f"{SCIM_JSON}; charset=utf-8"} if body is not None else {}
        try:
            response = await self._client.request(method, url, json=body, headers=headers)
        except httpx.InvalidURL as error:
            raise SimulateProblem(f"{self.url} is not an address that can be asked: {error}.") from None
        except httpx.TransportError as error:
            code = "NotConnected" if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout) else "NoAnswer"
            text = f"no answer from {self.url} ({error or type(error).__name__})"
            return Answer(0, text=text, seconds=self._clock() - began, attempts=attempt, code=code)
        return Answer(
            response.status_code,
            _parsed(response),
            {name.lower(): value for name, value in response.headers.items()},
            response.text,
            self._clock() - began,
            attempt,
        )

    def _record(self, method: str, path: str, answer: Answer, note: Note) -> None:
        self._journal.record(
            Entry(
                cycle=note.cycle,
                phase=note.phase,
                action=note.action,
                kind=note.kind,
                source_id=note.source_id,
                target_id=note.target_id,
                request=f"{method} {path}",
                status=answer.status or None,
                result="success" if answer.ok else "failure",
                code=answer.code,
                detail="" if answer.ok else answer.detail,
                seconds=answer.seconds,
                attempts=answer.attempts,
                request_id=answer.headers.get("x-request-id", ""),
            )
        )

    def _count_silence(self, answer: Answer) -> None:
        self._unanswered = self._unanswered + 1 if answer.status == 0 else 0
        if self._unanswered >= self.patience:
            raise Unreachable(
                f"The server did not answer {self._unanswered} requests in a row: {answer.text}. Nothing is lost: with "
                "--state FILE the next run goes on from here."
            )


class _Pace:
    """Lets so many through in a second, evenly."""

    def __init__(self, rate: float | None, sleep: Sleep, clock: Clock) -> None:
        self._interval = 1 / rate if rate else 0.0
        self._sleep, self._clock = sleep, clock
        self._next = 0.0

    async def wait(self) -> None:
        """Wait for one's turn."""
        if not self._interval:
            return
        now = self._clock()
        turn = max(self._next, now)
        self._next = turn + self._interval
        if turn > now:
            await self._sleep(turn - now)


def base_url(url: str) -> str:
    """Return a Tenant URL without its query (Entra's behaviour flags) and without a slash at the end.

    Raises:
        SimulateProblem: it is no http or https URL.
    """
    parts = urlsplit(url.strip())
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise SimulateProblem(f'"{url}" is not a Tenant URL: it begins with https:// (or http:// for a local server).')
    return urlunsplit((parts.scheme, parts.netloc, parts.path.rstrip("/"), "", ""))


def _parsed(response: httpx.Response) -> Any:
    if not response.content:
        return None
    try:
        return response.json()
    except ValueError:
        return None
