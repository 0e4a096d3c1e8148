"""``admin-key create|list|revoke``."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from .common import database_options, one_line_errors, open_application, print_json, print_table, run


@click.group()
def admin_key() -> None:
    """Manage the keys of the admin API; each opens every workspace, so give each operator and script one of its own."""


@admin_key.command()
@click.option("--label", help="Whose it is, such as the name of an operator or a script.")
@click.option("--days", type=click.IntRange(1, 3650), help="Let it expire.")
@database_options
@one_line_errors
def create(
    label: str | None, days: int | None, config: Path | None, database: str | None, as_json: bool, debug: bool
) -> None:
    """Make an admin key; the others stay valid.

    \b
    Example: scimserver admin-key create --label "billing job" --days 90
    """

    async def work() -> dict[str, Any]:
        async with open_application(config, database, makes_tokens=True) as app:
            expires = datetime.now(UTC) + timedelta(days=days) if days else None
            record, key = await app.admin_keys.create(label=label, expires=expires)
            address = f"{app.settings.server.public_url.rstrip('/')}/admin/api/v1"
            return {"admin_key": key, "id": record.public_id, "admin_url": address}

    made = run(work())
    if as_json:
        print_json(made)
        return
    click.echo(f"Admin API     {made['admin_url']}\nAdmin key     {made['admin_key']}")
    click.echo(f"The key is shown only now. To end it: scimserver admin-key revoke {made['id']}")


@admin_key.command("list")
@database_options
@one_line_errors
def list_(config: Path | None, database: str | None, as_json: bool, debug: bool) -> None:
    """List the admin keys: when they were made, when and by which client they were last used.

    \b
    Example: scimserver admin-key list
    """

    async def work() -> list[dict[str, Any]]:
        async with open_application(config, database) as app:
            return [record.to_json() for record in await app.admin_keys.list()]

    found = run(work())
    if as_json:
        print_json(found)
    else:
        columns = ("id", "label", "state", "created", "expires", "last_used", "last_client")
        rows = [[record[column] for column in columns] for record in found]
        print_table([c.upper().replace("_", " ") for c in columns], rows, "There is no admin key yet.")


@admin_key.command()
@click.argument("key_id")
@database_options
@one_line_errors
def revoke(key_id: str, config: Path | None, database: str | None, as_json: bool, debug: bool) -> None:
    """End an admin key by its id; it stops working within five seconds.

    \b
    Example: scimserver admin-key revoke 4tTzQmPpLx9d
    """

    async def work() -> dict[str, Any]:
        async with open_application(config, database) as app:
            revoked = await app.admin_keys.revoke(key_id)
            if revoked is None:
                raise click.ClickException(f"There is no admin key {key_id}; `scimserver admin-key list` shows them.")
            return revoked.to_json()

    revoked = run(work())
    if as_json:
        print_json(revoked)
    else:
        click.echo(f"Admin key {key_id} is revoked.")
