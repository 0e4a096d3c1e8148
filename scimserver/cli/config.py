"""``init``, ``check-config`` and ``migrate``."""

import re
import secrets
from importlib.resources import files
from pathlib import Path

import click

from .common import (
    NO_KEY,
    config_option,
    database_options,
    one_line_errors,
    open_application,
    print_json,
    run,
)


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False), default=Path("scimserver.toml"))
@click.option("--force", is_flag=True, help="Write over an existing file; every Secret Token made with its key ends.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
@one_line_errors
def init(file: Path, force: bool, as_json: bool, debug: bool) -> None:
    """Write a commented configuration FILE with a fresh secret key [default: scimserver.toml].

    \b
    Example: scimserver init /etc/scimserver.toml
    """
    if file.exists():
        if not force:
            raise click.ClickException(f"{file} exists already; --force writes over it and ends every Secret Token.")
        file.unlink()  # so that the new one is readable by its owner only, whatever the old one was
    template = files("scimserver_conf").joinpath("scimserver.toml").read_text(encoding="utf-8")
    text = re.sub(r'^secret_key = ""$', f'secret_key = "{secrets.token_urlsafe(48)}"', template, flags=re.MULTILINE)
    file.touch(mode=0o600, exist_ok=False)
    file.write_text(text, encoding="utf-8")
    if as_json:
        print_json({"file": str(file)})
    else:
        click.echo(f"Wrote {file}. Set server.public_url and database.url in it, then run `scimserver migrate`.")


@click.command("check-config")
@config_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
@one_line_errors
def check_config(config: Path | None, as_json: bool, debug: bool) -> None:
    """Check the configuration, plugins, schemas and profiles without starting anything.

    \b
    Example: scimserver check-config --config /etc/scimserver.toml
    """
    from ..plugins import PluginManager
    from ..schema.catalogue import load_schemas
    from ..service.profiles import Profiles
    from ..settings import load

    settings = load(config)
    if not settings.security.secret_key:
        raise click.ClickException(NO_KEY)
    plugins = PluginManager.load(settings.plugins.dirs, only=settings.plugins.only)
    files = [*settings.schemas.files, *plugins.schema_files()]
    catalogue = load_schemas(files)
    for limited in plugins.limited_schema_files().values():
        load_schemas([*files, *limited])
    profiles = Profiles(settings.profiles.dirs)
    plugins.check_settings(
        "default", [{"name": name, "settings": {}} for name in settings.plugins.default], catalogue.paths()
    )
    if as_json:
        print_json(
            {
                "ok": True,
                "plugins": list(plugins.infos),
                "profiles": profiles.names,
                "resource_types": {t.name: t.endpoint for t in catalogue.resource_types},
                "settings": settings.model_dump(mode="json", exclude={"security"}),
            }
        )
    else:
        types = ", ".join(f"{t.name} at {t.endpoint}" for t in catalogue.resource_types)
        click.echo(
            f"The configuration is good. Plugins: {', '.join(plugins.infos) or 'none'}. Resource types: {types}. "
            f"Profiles: {', '.join(profiles.names)}."
        )


@click.command()
@database_options
@one_line_errors
def migrate(config: Path | None, database: str | None, as_json: bool, debug: bool) -> None:
    """Create or upgrade collections and indexes; can be repeated, and run while servers are up.

    \b
    Example: scimserver migrate --config /etc/scimserver.toml
    """

    async def work() -> list[str]:
        async with open_application(config, database) as app:
            done: list[str] = await app.migrate()
            return done

    done = run(work())
    if as_json:
        print_json({"done": done})
    else:
        click.echo("\n".join(done) if done else "Everything is up to date.")
