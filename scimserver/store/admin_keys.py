"""Records of admin keys, which belong to the deployment and to no workspace: everything but the secret."""

from datetime import datetime

from .credentials import Credential, CredentialStore
from .documents import now


class AdminKeyStore(CredentialStore[Credential]):
    """The ``admin_keys`` collection; every look-up is by the document's id, so it has no other index."""

    NAME = "admin_keys"
    RECORD = Credential

    async def create(self, public_id: str, *, hash: bytes, label: str | None, expires: datetime | None) -> Credential:
        """Store a new record."""
        record = Credential(public_id=public_id, hash=hash, label=label, created=now(), expires=expires)
        return await self._insert(record)

    async def list(self) -> list[Credential]:
        """Return every record, newest first."""
        return await self._find({})
