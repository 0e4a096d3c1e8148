"""Secret Tokens of a workspace: made, listed, revoked, and checked on every request."""

from datetime import datetime

from ..errors import Unauthorized
from ..secret_tokens import SECRET_TOKEN
from ..store.tokens import TokenRecord, TokenStore
from ..store.workspaces import Workspace, WorkspaceDeleting
from .credentials import Credentials
from .workspaces import ActiveWorkspace

_REFUSED = (
    "The Secret Token is missing, wrong, expired or revoked, or the Tenant URL is of another workspace. "
    "Copy both again from the integration settings of the application."
)


class TokenService(Credentials[TokenRecord]):
    """Issues tokens and authenticates requests."""

    PREFIX = SECRET_TOKEN

    def __init__(self, store: TokenStore, secret_key: str) -> None:
        super().__init__(store, secret_key)
        self._store = store

    async def create(
        self, workspace: Workspace, *, label: str | None = None, expires: datetime | None = None
    ) -> tuple[TokenRecord, str]:
        """Make a token; the second part of the result is the Secret Token, which can never be shown again.

        Raises:
            WorkspaceDeleting: the workspace is on its way out, and would leave the token behind.
        """
        if workspace.state == "deleting":
            raise WorkspaceDeleting.of(workspace.slug)
        token, hash = self._new()
        record = await self._store.create(token.public_id, ws=workspace.id, hash=hash, label=label, expires=expires)
        return record, token.text

    async def list(self, workspace: Workspace) -> list[TokenRecord]:
        """Return the workspace's tokens, newest first; no record holds a secret."""
        return await self._store.list(workspace.id)

    async def revoke_of(self, workspace: Workspace, public_id: str) -> TokenRecord | None:
        """End a token of this workspace as :meth:`revoke` does; None if it has none with that id."""
        known = {record.public_id for record in await self.list(workspace)}
        return await self.revoke(public_id) if public_id in known else None

    async def authenticate(self, workspace: ActiveWorkspace | None, header: str | None, client: str) -> str:
        """Accept the bearer token of this workspace; returns its public id.

        Raises:
            Unauthorized: the same answer for every reason, also for an unknown workspace.
            Unavailable: the database is away, so nobody can tell.
        """
        record = await self._accepted(header, client, lambda r: workspace is not None and r.ws == workspace.id)
        if record is None:
            raise Unauthorized(_REFUSED, headers={"WWW-Authenticate": 'Bearer realm="SCIM"'})
        return record.public_id
