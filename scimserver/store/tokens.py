"""Records of Secret Tokens: everything but the secret."""

from dataclasses import dataclass
from datetime import datetime

from .credentials import Credential, CredentialStore
from .documents import now


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRecord(Credential):
    """One token of one workspace."""

    ws: str


class TokenStore(CredentialStore[TokenRecord]):
    """The ``tokens`` collection."""

    NAME = "tokens"
    RECORD = TokenRecord

    async def create(
        self, public_id: str, *, ws: str, hash: bytes, label: str | None, expires: datetime | None
    ) -> TokenRecord:
        """Store a new record."""
        record = TokenRecord(public_id=public_id, ws=ws, hash=hash, label=label, created=now(), expires=expires)
        return await self._insert(record)

    async def list(self, ws: str) -> list[TokenRecord]:
        """Return the workspace's records, newest first."""
        return await self._find({"ws": ws})
