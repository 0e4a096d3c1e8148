"""Settings of a deployment: a TOML file, overridden by environment variables ``SCIMSERVER_SECTION__NAME``."""

import os
import tomllib
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict
from pydantic_settings.sources import TomlConfigSettingsSource

from .slugs import is_slug

ENVIRONMENT_PREFIX = "SCIMSERVER_"
DEFAULT_FILE = Path("scimserver.toml")


class SettingsProblem(Exception):
    """The configuration cannot be used; the text names the setting, the rule and the cure."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ServerSettings(_Section):
    """Where the server listens, and how it is reached."""

    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    public_url: str = "http://127.0.0.1:8080"
    trust_forwarded: bool = False
    shutdown_grace_seconds: float = Field(default=5.0, ge=0, le=600)

    @field_validator("public_url")
    @classmethod
    def _is_an_origin(cls, value: str) -> str:
        if not value.startswith(("http://", "https://")) or "?" in value or "#" in value:
            raise ValueError("must begin with http:// or https:// and have no query, such as https://scim.example.net")
        return value.rstrip("/")


class TenancySettings(_Section):
    """How a workspace is found besides ``/t/{workspace}``."""

    host_pattern: str = ""

    @field_validator("host_pattern")
    @classmethod
    def _has_a_place_for_the_workspace(cls, value: str) -> str:
        if value and value.count("{workspace}") != 1:
            raise ValueError("must contain {workspace} once, such as {workspace}.scim.example.net")
        return value.lower()


class DatabaseSettings(_Section):
    """Which MongoDB server, and through which driver."""

    url: str = "mongodb://127.0.0.1:27017"
    name: str = "scimserver"
    driver: Literal["pymongo", "motor"] = "pymongo"
    data_dir: Path = Path("scimserver-data")

    @field_validator("url")
    @classmethod
    def _is_known(cls, value: str) -> str:
        if not value.startswith(("mongodb://", "mongodb+srv://", "embedded:")):
            raise ValueError("must begin with mongodb://, mongodb+srv:// or embedded:")
        return value


class SecuritySettings(_Section):
    """Secrets of the deployment."""

    secret_key: str = Field(default="", repr=False)

    @field_validator("secret_key")
    @classmethod
    def _is_long_enough(cls, value: str) -> str:
        if len(value) < 32:
            raise ValueError("must have at least 32 characters; `scimserver init` writes a fresh one")
        return value


class PluginSettings(_Section):
    """Which plugins there are, and which a new workspace gets."""

    dirs: list[Path] = []
    default: list[str] = ["work_address", "profile"]
    only: dict[str, list[str]] = {}

    @field_validator("only")
    @classmethod
    def _names_workspaces(cls, value: dict[str, list[str]]) -> dict[str, list[str]]:
        for plugin, slugs in value.items():
            for slug in slugs:
                if not is_slug(slug):
                    raise ValueError(
                        f"{plugin} is limited to `{slug}`, which no workspace can be named: 2 to 63 of a-z, 0-9 and "
                        "single hyphens inside"
                    )
        return value

    @model_validator(mode="after")
    def _default_is_for_everybody(self) -> Self:
        for name in self.default:
            if name in self.only:
                raise ValueError(
                    f"default lists `{name}`, which only limits to some workspaces: take it out of one of them"
                )
        return self


class SchemaSettings(_Section):
    """Resource types and schemas beside the shipped ones."""

    files: list[Path] = []


class ProfileSettings(_Section):
    """How the requests of identity providers are read, beside the shipped profiles."""

    dirs: list[Path] = []


class LimitSettings(_Section):
    """What one request, and one workspace, may take."""

    body_bytes: int = Field(default=10 * 1024 * 1024, ge=1024)
    json_depth: int = Field(default=64, ge=8, le=200)
    concurrency: int = Field(default=64, ge=1)
    page_default: int = Field(default=100, ge=1)
    page_maximum: int = Field(default=1000, ge=1)
    cursor_seconds: int = Field(default=3600, ge=10, le=7 * 24 * 3600)
    bulk_operations: int = Field(default=1000, ge=1, le=10_000)
    bulk_bytes: int = Field(default=1024 * 1024, ge=1024)

    @model_validator(mode="after")
    def _default_page_fits(self) -> Self:
        if self.page_default > self.page_maximum:
            raise ValueError("page_default must not be larger than page_maximum")
        return self


class LoggingSettings(_Section):
    """What is logged to standard error, and how long the provisioning log in the database is kept."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["json", "console"] = "json"
    provisioning_days: int = Field(default=30, ge=0, le=3650)


class Settings(BaseSettings):
    """All settings; made by :func:`load`."""

    model_config = SettingsConfigDict(
        env_prefix=ENVIRONMENT_PREFIX, env_nested_delimiter="__", extra="forbid", frozen=True
    )

    server: ServerSettings = ServerSettings()
    tenancy: TenancySettings = TenancySettings()
    database: DatabaseSettings = DatabaseSettings()
    security: SecuritySettings = Field(default=SecuritySettings.model_construct(), validate_default=False)
    plugins: PluginSettings = PluginSettings()
    schemas: SchemaSettings = SchemaSettings()
    profiles: ProfileSettings = ProfileSettings()
    limits: LimitSettings = LimitSettings()
    logging: LoggingSettings = LoggingSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Environment variables win over the file."""
        file = settings_cls.model_config.get("toml_file")
        toml = (TomlConfigSettingsSource(settings_cls),) if file else ()
        return (init_settings, env_settings, *toml)


def load(file: Path | None = None, **overrides: Any) -> Settings:
    """Read the settings from ``file`` (default: ``scimserver.toml`` here, if there is one) and the environment.

    ``overrides`` are sections that win over both, such as ``database={"url": …}``.

    Raises:
        SettingsProblem: the file cannot be read, or a setting is unknown or not acceptable.
    """
    chosen = file or (DEFAULT_FILE if DEFAULT_FILE.exists() else None)
    if chosen is not None:
        _check_names(_read(chosen), f"{chosen}: ")
    _check_names(_environment(), "environment: ")

    class FromFile(Settings):
        model_config = SettingsConfigDict(toml_file=chosen)

    try:
        return FromFile(**overrides)
    except ValidationError as error:
        place = f"{chosen}: " if chosen else ""
        raise SettingsProblem(place + "; ".join(_words(e["loc"], e["msg"]) for e in error.errors())) from None


def _read(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as opened:
            return tomllib.load(opened)
    except OSError as error:
        raise SettingsProblem(f"{path}: cannot be read ({error.strerror}); `scimserver init` writes one.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsProblem(f"{path}: is not valid TOML: {error}.") from None


def _environment() -> dict[str, Any]:
    """Return the names that the environment sets, as the file would have them; a misspelt one must not be ignored."""
    found: dict[str, Any] = {}
    for variable in os.environ:
        section, separator, name = variable.upper().removeprefix(ENVIRONMENT_PREFIX).lower().partition("__")
        if variable.upper().startswith(ENVIRONMENT_PREFIX) and separator:
            found.setdefault(section, {})[name] = None
    return found


def _check_names(document: Mapping[str, Any], place: str) -> None:
    known = Settings.model_fields
    for section, values in document.items():
        if section not in known:
            raise SettingsProblem(f"{place}there is no section [{section}]{_nearest(section, known)}.")
        if not isinstance(values, dict):
            raise SettingsProblem(f"{place}{section} is a section: write [{section}] and its settings below it.")
        model: Any = known[section].annotation
        for name in values:
            if name not in model.model_fields:
                nearest = _nearest(name, model.model_fields)
                raise SettingsProblem(f"{place}there is no setting {section}.{name}{nearest}.")


def _nearest(name: str, known: Any) -> str:
    close = get_close_matches(name, list(known), n=1)
    return f"; did you mean {close[0]}?" if close else f"; known are {', '.join(known)}"


def _words(location: tuple[int | str, ...], message: str) -> str:
    return f"{'.'.join(map(str, location))}: {message.removeprefix('Value error, ')}"
