"""The command line, ``scimserver COMMAND``; commands import what they need when they run, so ``--help`` is quick."""

import importlib
from typing import Any

import click

COMMANDS = {
    "demo": "demo",
    "serve": "serve",
    "init": "config",
    "check-config": "config",
    "migrate": "config",
    "workspace": "workspace",
    "token": "token",
    "plugin": "plugin",
    "expression": "expression",
    "preview": "preview",
    "remap": "remap",
    "schema": "schema",
    "admin-key": "admin_key",
    "simulate": "simulate",
    "conformance": "conformance",
    "log": "log",
}
"""Command → module of this package that holds it."""


class LazyGroup(click.Group):
    """Imports a command's module when that command is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands in the order of the contract."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return a command."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f".{COMMANDS[cmd_name]}", __package__)
        command: Any = getattr(module, cmd_name.replace("-", "_"))
        assert isinstance(command, click.Command)
        return command


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="scimserver")
def main() -> None:
    """A multi-tenant SCIM 2.0 server.

    \b
    Try it:          scimserver demo
    In production:   scimserver init, then scimserver migrate and scimserver serve
    """
