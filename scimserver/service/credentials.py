"""Bearer credentials: checked on every request from records a few seconds old, their use noted beside it."""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import ClassVar, Generic

import structlog

from ..errors import ScimError
from ..secret_tokens import SecretToken, hash_secret, matches, new_token, parse_token
from ..store.credentials import CredentialStore, Record

log = structlog.get_logger("scimserver.credentials")

CACHE_SECONDS = 5.0
"""A revoked one stops working everywhere within this time."""
USE_INTERVAL = timedelta(minutes=1)
"""How exact ``last_used`` is."""
MAX_CACHED = 50_000


class Credentials(Generic[Record]):
    """Makes and checks one kind of credential; keeps nothing but records a few seconds old."""

    PREFIX: ClassVar[str]
    """How the text of this kind begins."""

    def __init__(self, store: CredentialStore[Record], secret_key: str) -> None:
        self._records = store
        self._key = secret_key.encode()
        self._cache: dict[str, tuple[float, Record | None]] = {}
        self._used: dict[str, datetime] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def revoke(self, public_id: str) -> Record | None:
        """End one at once in this process, within five seconds in others; None if there is none."""
        self._cache.pop(public_id, None)
        return await self._records.revoke(public_id)

    async def close(self) -> None:
        """Wait for what is still being written."""
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _new(self) -> tuple[SecretToken, bytes]:
        """Return a fresh token and the hash that is stored of it."""
        token = new_token(self.PREFIX)
        return token, hash_secret(self._key, token.secret)

    async def _accepted(self, header: str | None, client: str, suits: Callable[[Record], bool]) -> Record | None:
        """Return the record of the bearer in an ``Authorization`` header if it is good and suits; else None.

        Raises:
            Unavailable: the database is away, so nobody can tell.
        """
        scheme, _, text = (header or "").partition(" ")
        token = parse_token(text.strip(), self.PREFIX) if scheme.lower() == "bearer" else None
        if token is None:
            return None
        record = await self._record(token.public_id)
        # The secret is always compared, so that the time taken says nothing about which part was wrong.
        good = matches(self._key, token.secret, record.hash if record else b"")
        if good and record and suits(record) and record.usable(datetime.now(UTC)):
            self._note_use(record, client)
            return record
        return None

    async def _record(self, public_id: str) -> Record | None:
        moment = time.monotonic()
        cached = self._cache.get(public_id)
        if cached and cached[0] > moment:
            return cached[1]
        record = await self._records.get(public_id)
        if len(self._cache) >= MAX_CACHED:
            self._cache.clear()
        self._cache[public_id] = (moment + CACHE_SECONDS, record)
        return record

    def _note_use(self, record: Record, client: str) -> None:
        """Write ``last_used`` beside the request, at most once a minute each."""
        moment = datetime.now(UTC)
        last = self._used.get(record.public_id)
        if last and moment - last < USE_INTERVAL:
            return
        if len(self._used) >= MAX_CACHED:
            self._used.clear()
        self._used[record.public_id] = moment
        task = asyncio.create_task(self._write_use(record.public_id, moment, client))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _write_use(self, public_id: str, moment: datetime, client: str) -> None:
        try:
            await self._records.note_use(public_id, moment, client)
        except ScimError as error:
            log.info("last use of a credential not written", error=error.detail)
