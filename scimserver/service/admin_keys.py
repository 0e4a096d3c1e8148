"""Admin keys of the operators: made, listed, revoked, and checked on every request of the admin API."""

from datetime import datetime

from ..errors import Unauthorized
from ..secret_tokens import ADMIN_KEY
from ..store.admin_keys import AdminKeyStore
from ..store.credentials import Credential
from .credentials import Credentials

_REFUSED = (
    "The admin key is missing, wrong, expired or revoked: send `Authorization: Bearer sca_…` with a key that "
    "`scimserver admin-key create` has made. A workspace's Secret Token opens nothing here."
)


class AdminKeyService(Credentials[Credential]):
    """Issues admin keys and authenticates operators."""

    PREFIX = ADMIN_KEY

    def __init__(self, store: AdminKeyStore, secret_key: str) -> None:
        super().__init__(store, secret_key)
        self._store = store

    async def create(self, *, label: str | None = None, expires: datetime | None = None) -> tuple[Credential, str]:
        """Make a key; the second part of the result is the key itself, which can never be shown again."""
        token, hash = self._new()
        return await self._store.create(token.public_id, hash=hash, label=label, expires=expires), token.text

    async def list(self) -> list[Credential]:
        """Return every key, newest first; no record holds a secret."""
        return await self._store.list()

    async def authenticate(self, header: str | None, client: str) -> str:
        """Accept the bearer key of an operator; returns its public id.

        Raises:
            Unauthorized: the same answer for every reason.
            Unavailable: the database is away, so nobody can tell.
        """
        record = await self._accepted(header, client, lambda _: True)
        if record is None:
            raise Unauthorized(_REFUSED, headers={"WWW-Authenticate": 'Bearer realm="admin"'})
        return record.public_id
