"""One conformance run against one tenant: dialogues and judges, one after the other, and nothing is left behind."""

import ssl
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

import httpx

from .cleaning import Carrier, Cleaner, Ledger
from .fixture import Dialogue
from .judges import judge
from .playing import Conversation, skipped
from .prefix import NeedsEmptyWorkspace, prefixed
from .published import Published
from .reading import Reading
from .rows import Row, Verdict, count
from .runner import TIMEOUT_SECONDS, DialogueFailed, Server, published_by
from .suites import JUDGES, Suite, missing_schemas, suites

EMPTY = "needs an empty workspace"
JUDGES_PER_RUN = "{} gives its own names to what it creates, so it " + EMPTY


class CannotRun(Exception):
    """The tenant cannot be judged at all; the text says why, and what to do."""


class HoldsData(CannotRun):
    """The tenant has resources, and no prefix keeps ours apart from them."""


@dataclass(frozen=True, slots=True)
class Target:
    """The tenant under test."""

    url: str
    """SCIM base, without a trailing slash."""
    token: str
    name: str
    """What it is called in the report: the workspace, or the host."""
    reading: Reading


@dataclass(frozen=True, slots=True)
class Choice:
    """What to run."""

    prefix: str = ""
    """Begins every name that the run creates; empty: the tenant must be empty."""
    only: frozenset[str] = frozenset()
    """Names of folders and judges; none: all."""

    def has(self, name: str) -> bool:
        """Tell whether a folder or a judge is run."""
        return not self.only or name in self.only


class Watch(Protocol):
    """Is told how the run goes on."""

    def begin(self, total: int) -> None:
        """So many parts are to come."""

    def part(self, name: str) -> None:
        """The next part begins."""


@dataclass
class Report:
    """What a run found."""

    target: Target
    choice: Choice
    started: datetime
    rows: list[Row] = field(default_factory=list)
    seconds: float = 0.0
    took: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    """Suite → seconds, with the cleaning behind each part."""
    left_behind: list[str] = field(default_factory=list)
    """What the run created and could not delete, and where the tenant holds more or less than before; a line each."""
    held: Mapping[str, int] = field(default_factory=dict)
    """Endpoint → how many resources the tenant had before the run."""

    @property
    def counts(self) -> dict[Verdict, int]:
        """How many rows have each verdict."""
        return count(self.rows)

    @property
    def passed(self) -> bool:
        """Whether something was checked, nothing failed, and nothing was left behind."""
        counts = self.counts
        return counts[Verdict.PASSED] > 0 and counts[Verdict.FAILED] == 0 and not self.left_behind


async def conformance(
    target: Target, choice: Choice, watch: Watch, *, transport: httpx.AsyncBaseTransport | None = None
) -> Report:
    """Judge a tenant. Whatever ends the run, also its cancellation, what it created is deleted first.

    Raises:
        HoldsData: the tenant is not empty, and there is no prefix.
        CannotRun: nothing answers, the token is refused, or names with the prefix are there already.
    """
    carrier = Carrier(Ledger(), transport or httpx.AsyncHTTPTransport(verify=_trust(target.url)))
    try:
        async with httpx.AsyncClient(
            base_url=f"{target.url}/",
            headers={"Authorization": f"Bearer {target.token}", "Accept": "application/scim+json"},
            timeout=TIMEOUT_SECONDS,
            transport=carrier,
        ) as client:
            return await _Run(target, choice, watch, carrier, client).all()
    finally:
        await carrier.close()


def _trust(url: str) -> ssl.SSLContext | bool:
    """Certificates are read only where there is one to check: reading them takes a while."""
    return ssl.create_default_context() if url.startswith("https:") else False


class _Run:
    def __init__(
        self, target: Target, choice: Choice, watch: Watch, carrier: Carrier, client: httpx.AsyncClient
    ) -> None:
        self._target = target
        self._choice = choice
        self._watch = watch
        self._client = client
        self._ledger = carrier.ledger
        self._cleaner = Cleaner(client, carrier.ledger)
        self._server = Server(target.url, target.token, target.url, transport=carrier)
        self._report = Report(target, choice, datetime.now(UTC))

    async def all(self) -> Report:
        """Run everything that was chosen."""
        started = time.perf_counter()
        endpoints = await self._endpoints()
        self._report.held = await self._held(endpoints)
        await self._refuse_data()
        try:
            await self._dialogues([suite for suite in suites() if self._choice.has(suite.name)])
            await self._judges([name for name in JUDGES if self._choice.has(name)])
        finally:
            await self._clean()
        await self._compare_held(endpoints)
        self._report.seconds = time.perf_counter() - started
        return self._report

    # -- before --------------------------------------------------------------------------------------------------------

    async def _endpoints(self) -> list[str]:
        """Ask which resource types there are; the first request says whether anybody answers."""
        url = self._target.url
        try:
            answer = await self._client.get("ResourceTypes")
        except httpx.HTTPError as error:
            raise CannotRun(f"Nothing answers at {url} ({type(error).__name__}): start the server first.") from None
        if answer.status_code in (401, 403):
            raise CannotRun(f"{url} refuses the Secret Token ({answer.status_code}): is it of this tenant, and live?")
        try:
            return [str(item["endpoint"]) for item in answer.json()["Resources"]]
        except (ValueError, KeyError, TypeError):
            text = f"{url}/ResourceTypes answers {answer.status_code} and lists no resource types"
            raise CannotRun(f"{text}: is this the SCIM base of a tenant?") from None

    async def _held(self, endpoints: Iterable[str]) -> dict[str, int]:
        try:
            return await self._cleaner.held(endpoints)
        except httpx.HTTPError as error:
            raise CannotRun(f"What the tenant holds cannot be listed: {error}") from None

    async def _refuse_data(self) -> None:
        prefix = self._choice.prefix
        if not prefix:
            if held := _shown(self._report.held):
                raise HoldsData(
                    f"{self._target.name} holds data ({held}): choose an empty workspace, or give --prefix NAME to run "
                    "beside it what can be run there. Only what the run creates is changed or deleted."
                )
            return
        for endpoint, attribute in (("Users", "userName"), ("Groups", "displayName")):
            query = {"filter": f'{attribute} sw "{prefix}"', "count": "1"}
            answer = await self._client.get(endpoint, params=query)
            if answer.status_code == 200 and answer.json().get("totalResults"):
                raise CannotRun(
                    f"{endpoint} whose {attribute} begins with {prefix} are there already, perhaps from a run whose "
                    "server went away: choose another prefix, or delete them first."
                )

    # -- the run -------------------------------------------------------------------------------------------------------

    async def _dialogues(self, chosen: list[Suite]) -> None:
        judges = [name for name in JUDGES if self._choice.has(name)]
        self._watch.begin(sum(len(suite.dialogues) for suite in chosen) + len(judges))
        if not chosen:
            return
        try:
            published = await published_by(self._server)
        except (DialogueFailed, httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            fault = f"{type(error).__name__}: {error}" if not isinstance(error, DialogueFailed) else str(error)
            title = "the server publishes its schemas and resource types"
            self._add([Row("discovery", "", title, Verdict.FAILED, source="RFC 7644 §4", got=fault)])
            for suite in chosen:
                for dialogue in suite.dialogues:
                    self._add(skipped(suite.name, dialogue, "answers are compared with what the server publishes"))
            return
        for suite in chosen:
            for dialogue in suite.dialogues:
                self._watch.part(f"{suite.name}/{dialogue.file}")
                with self._timed(suite.name):
                    await self._dialogue(suite.name, dialogue, published)

    async def _dialogue(self, suite: str, dialogue: Dialogue, published: Published) -> None:
        if missing := missing_schemas(dialogue, published.schemas):
            self._add(
                skipped(suite, dialogue, f"needs the schema {', '.join(missing)}, which the server does not have")
            )
            return
        if self._choice.prefix:
            try:
                dialogue = prefixed(dialogue, self._choice.prefix)
            except NeedsEmptyWorkspace as reason:
                self._add(skipped(suite, dialogue, f"{EMPTY}: {reason}"))
                return
        reading = self._target.reading.of_server(published.schemas)
        conversation = Conversation(suite, dialogue, self._server, published, reading)
        try:
            await conversation.play()
        finally:
            await self._clean()
        self._add(conversation.rows)

    async def _judges(self, names: Iterable[str]) -> None:
        for name in names:
            self._watch.part(name)
            if self._choice.prefix:
                reason = JUDGES_PER_RUN.format(name)
                self._add([Row(name, "", f"all checks of {name}", Verdict.SKIPPED, source=name, reason=reason)])
                continue
            with self._timed(name):
                try:
                    await judge(name, self._target.url, self._target.token, self._ledger, lambda row: self._add([row]))
                finally:
                    await self._clean()

    @contextmanager
    def _timed(self, suite: str) -> Iterator[None]:
        started = time.perf_counter()
        yield
        self._report.took[suite] += time.perf_counter() - started

    def _add(self, rows: Iterable[Row]) -> None:
        self._report.rows += rows

    # -- after ---------------------------------------------------------------------------------------------------------

    async def _clean(self) -> None:
        """Delete what was created; what would not go is tried again at the end, and told if it is still there."""
        self._report.left_behind = await self._cleaner.clean()

    async def _compare_held(self, endpoints: Iterable[str]) -> None:
        try:
            now = await self._cleaner.held(endpoints)
        except httpx.HTTPError as error:
            self._report.left_behind.append(f"what the tenant holds now cannot be listed: {error}")
            return
        for endpoint, before in self._report.held.items():
            if now[endpoint] != before:
                self._report.left_behind.append(f"{endpoint}: {before} before the run, {now[endpoint]} after it")


def _shown(held: Mapping[str, Any]) -> str:
    return ", ".join(f"{number} in {endpoint}" for endpoint, number in held.items() if number)
