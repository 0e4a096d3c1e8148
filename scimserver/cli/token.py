"""``token create|list|revoke``."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from .common import database_options, one_line_errors, open_application, print_json, print_table, run


@click.group()
def token() -> None:
    """Manage the Secret Tokens of a workspace; several may be live at once, so that they can be rotated."""


@token.command()
@click.argument("workspace")
@click.option("--label", help="What the token is for, such as the name of the identity provider.")
@click.option("--days", type=click.IntRange(1, 3650), help="Let it expire; Entra's job stops when it does.")
@database_options
@one_line_errors
def create(
    workspace: str,
    label: str | None,
    days: int | None,
    config: Path | None,
    database: str | None,
    as_json: bool,
    debug: bool,
) -> None:
    """Make another Secret Token; the others stay valid.

    \b
    Example: scimserver token create larkfield --label "Entra ID"
    """

    async def work() -> dict[str, Any]:
        async with open_application(config, database, makes_tokens=True) as app:
            owner = await app.workspaces.show(workspace)
            expires = datetime.now(UTC) + timedelta(days=days) if days else None
            record, secret = await app.tokens.create(owner, label=label, expires=expires)
            tenant_url = app.tenant_url(owner.slug)
            return {"name": owner.slug, "tenant_url": tenant_url, "secret_token": secret, "id": record.public_id}

    made = run(work())
    if as_json:
        print_json(made)
        return
    click.echo(f"Tenant URL    {made['tenant_url']}\nSecret Token  {made['secret_token']}")
    click.echo(f"The token is shown only now. To end it: scimserver token revoke {workspace} {made['id']}")


@token.command("list")
@click.argument("workspace")
@database_options
@one_line_errors
def list_(workspace: str, config: Path | None, database: str | None, as_json: bool, debug: bool) -> None:
    """List a workspace's tokens: when they were made, when and by which client they were last used.

    \b
    Example: scimserver token list larkfield
    """

    async def work() -> list[dict[str, Any]]:
        async with open_application(config, database) as app:
            owner = await app.workspaces.show(workspace)
            return [record.to_json() for record in await app.tokens.list(owner)]

    found = run(work())
    if as_json:
        print_json(found)
    else:
        columns = ("id", "label", "state", "created", "expires", "last_used", "last_client")
        rows = [[record[column] for column in columns] for record in found]
        print_table([c.upper().replace("_", " ") for c in columns], rows, f"Workspace {workspace} has no token.")


@token.command()
@click.argument("workspace")
@click.argument("token_id")
@database_options
@one_line_errors
def revoke(
    workspace: str, token_id: str, config: Path | None, database: str | None, as_json: bool, debug: bool
) -> None:
    """End a token by its id; it stops working within five seconds.

    \b
    Example: scimserver token revoke larkfield 4tTzQmPpLx9d
    """

    async def work() -> dict[str, Any]:
        async with open_application(config, database) as app:
            owner = await app.workspaces.show(workspace)
            revoked = await app.tokens.revoke_of(owner, token_id)
            if revoked is None:
                raise click.ClickException(
                    f"Workspace {workspace} has no token {token_id}; `scimserver token list` shows them."
                )
            return revoked.to_json()

    revoked = run(work())
    if as_json:
        print_json(revoked)
    else:
        click.echo(f"Token {token_id} is revoked.")
