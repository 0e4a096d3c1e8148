"""Secret Tokens of a workspace: made, listed, revoked, and checked on every request."""

import asyncio
import time
from datetime import UTC, datetime, timedelta

import structlog

from ..errors import ScimError, Unauthorized
from ..secret_tokens import hash_secret, matches, new_token, parse_token
from ..store.tokens import TokenRecord, TokenStore
from ..store.workspaces import Workspace
from .workspaces import ActiveWorkspace

log = structlog.get_logger("scimserver.tokens")

CACHE_SECONDS = 5.0
"""A revoked token stops working everywhere within this time."""
USE_INTERVAL = timedelta(minutes=1)
"""How exact ``last_used`` is."""
MAX_CACHED = 50_000

_REFUSED = (
    "The Secret Token is missing, wrong, expired or revoked, or the Tenant URL is of another workspace. "
    "Copy both again from the integration settings of the application."
)


class TokenService:
    """Issues tokens and authenticates requests; keeps nothing but records a few seconds old."""

    def __init__(self, store: TokenStore, secret_key: str) -> None:
        self._store = store
        self._key = secret_key.encode()
        self._cache: dict[str, tuple[float, TokenRecord | None]] = {}
        self._used: dict[str, datetime] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def create(
        self, workspace: Workspace, *, label: str | None = None, expires: datetime | None = None
    ) -> tuple[TokenRecord, str]:
        """Make a token; the second part of the result is the Secret Token, which can never be shown again."""
        token = new_token()
        record = await self._store.create(
            token.public_id, ws=workspace.id, hash=hash_secret(self._key, token.secret), label=label, expires=expires
        )
        return record, token.text

    async def list(self, workspace: Workspace) -> list[TokenRecord]:
        """Return the workspace's tokens, newest first; no record holds a secret."""
        return await self._store.list(workspace.id)

    async def revoke(self, public_id: str) -> TokenRecord | None:
        """End a token at once in this process, within five seconds in others; None if there is none."""
        self._cache.pop(public_id, None)
        return await self._store.revoke(public_id)

    async def authenticate(self, workspace: ActiveWorkspace | None, header: str | None, client: str) -> str:
        """Accept the bearer token of this workspace; returns its public id.

        Raises:
            Unauthorized: the same answer for every reason, also for an unknown workspace.
            Unavailable: the database is away, so nobody can tell.
        """
        scheme, _, text = (header or "").partition(" ")
        token = parse_token(text.strip()) if scheme.lower() == "bearer" else None
        if token is not None:
            record = await self._record(token.public_id)
            # The secret is always compared, so that the time taken says nothing about which part was wrong.
            stored = record.hash if record else b""
            good = matches(self._key, token.secret, stored)
            if good and record and workspace and record.ws == workspace.id and record.usable(datetime.now(UTC)):
                self._note_use(record, client)
                return record.public_id
        raise Unauthorized(_REFUSED, headers={"WWW-Authenticate": 'Bearer realm="SCIM"'})

    async def _record(self, public_id: str) -> TokenRecord | None:
        moment = time.monotonic()
        cached = self._cache.get(public_id)
        if cached and cached[0] > moment:
            return cached[1]
        record = await self._store.get(public_id)
        if len(self._cache) >= MAX_CACHED:
            self._cache.clear()
        self._cache[public_id] = (moment + CACHE_SECONDS, record)
        return record

    def _note_use(self, record: TokenRecord, client: str) -> None:
        """Write ``last_used`` beside the request, at most once a minute a token."""
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
            await self._store.note_use(public_id, moment, client)
        except ScimError as error:
            log.info("last use of a token not written", error=error.detail)

    async def close(self) -> None:
        """Wait for what is still being written."""
        await asyncio.gather(*self._tasks, return_exceptions=True)
