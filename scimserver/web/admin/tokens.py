"""Secret Tokens of a workspace."""

from datetime import UTC, datetime, timedelta
from typing import Literal

from pydantic import Field

from ...errors import NotFound
from ...store.tokens import TokenRecord
from ...store.workspaces import NoSuchWorkspace, WorkspaceDeleting
from .operations import Call, Endpoints, Instant, Model

endpoints = Endpoints(
    "tokens", "Secret Tokens of a workspace; several may be live at once, so that they can be rotated."
)


class Token(Model):
    """A Secret Token without its secret."""

    id: str
    label: str | None
    """What it is for."""
    state: Literal["active", "expired", "revoked"]
    created: Instant
    expires: Instant | None
    revoked: Instant | None
    last_used: Instant | None
    """To the minute."""
    last_client: str | None
    """The User-Agent that used it last."""

    @classmethod
    def of(cls, record: TokenRecord) -> "Token":
        """Return what is told of a record."""
        return cls.model_validate(record.to_json())


class Tokens(Model):
    """The Secret Tokens of a workspace, newest first."""

    tokens: list[Token]


class NewToken(Model):
    """What a new Secret Token is to be."""

    label: str | None = Field(None, max_length=200, examples=["Entra ID"])
    """What it is for, such as the name of the identity provider."""
    days: int | None = Field(None, ge=1, le=3650)
    """After how many days it expires; without, never. The identity provider's job stops when it does."""


class CreatedToken(Model):
    """A new Secret Token: both values go into the identity provider."""

    name: str
    """The workspace."""
    tenant_url: str
    secret_token: str
    """Shown only this time."""
    id: str
    """Its public id, to revoke it by."""


@endpoints.get("/workspaces/{workspace}/tokens", errors=(NoSuchWorkspace,))
async def list_tokens(call: Call, workspace: str) -> Tokens:
    """List the Secret Tokens of a workspace, newest first.

    Expired and revoked ones too; secrets are never shown again.
    """
    records = await call.app.tokens.list(await call.app.workspaces.show(workspace))
    return Tokens(tokens=[Token.of(record) for record in records])


@endpoints.post("/workspaces/{workspace}/tokens", status=201, errors=(NoSuchWorkspace, WorkspaceDeleting))
async def create_token(call: Call, workspace: str, body: NewToken) -> CreatedToken:
    """Make another Secret Token; the others stay valid.

    The answer is the only place where it is ever shown.
    """
    owner = await call.app.workspaces.show(workspace)
    expires = datetime.now(UTC) + timedelta(days=body.days) if body.days else None
    record, secret = await call.app.tokens.create(owner, label=body.label, expires=expires)
    return CreatedToken(
        name=owner.slug, tenant_url=call.app.tenant_url(owner.slug), secret_token=secret, id=record.public_id
    )


@endpoints.delete("/workspaces/{workspace}/tokens/{token}", errors=(NoSuchWorkspace, NotFound))
async def revoke_token(call: Call, workspace: str, token: str) -> Token:
    """End a Secret Token by its id.

    It stops working at once in the process that answers, within five seconds in the others; its record stays.
    """
    owner = await call.app.workspaces.show(workspace)
    revoked = await call.app.tokens.revoke_of(owner, token)
    if revoked is None:
        raise NotFound(f"Workspace `{workspace}` has no such token; list its tokens to see their ids.")
    return Token.of(revoked)
