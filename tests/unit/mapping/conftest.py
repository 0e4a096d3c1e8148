"""Plugins made of source text, registered as the loader does it."""

import textwrap
from collections.abc import Callable
from types import ModuleType

import pytest

from scimserver import plugin_calls
from scimserver.pipeline import Pipeline
from scimserver.plugins import PluginManager

PREAMBLE = """
from scimserver import errors
from scimserver.hookspecs import MapContext, PluginInfo, hookimpl

CALLS = []

@hookimpl
def scim_plugin_info():
    return PluginInfo({name!r}, settings_schema=SETTINGS if "SETTINGS" in globals() else {{}})
"""

MakePlugin = Callable[..., ModuleType]
MakePipeline = Callable[..., Pipeline]


@pytest.fixture
def make_plugin() -> MakePlugin:
    def make(source: str, name: str = "probe", *, info: bool = True) -> ModuleType:
        module = ModuleType(name)
        preamble = PREAMBLE if info else PREAMBLE.partition("@hookimpl")[0]
        exec(preamble.format(name=name) + textwrap.dedent(source), vars(module))
        return module

    return make


@pytest.fixture
def make_pipeline() -> MakePipeline:
    """Return a function: modules in the workspace's order → pipeline, settings by plugin name."""

    def make(*modules: ModuleType, **settings: dict[str, object]) -> Pipeline:
        manager = PluginManager()
        names = [manager.register(module, f"{module.__name__}.py").name for module in modules]
        return manager.pipeline("acme", [{"name": name, "settings": settings.get(name, {})} for name in names])

    return make


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine makes any call slow: only what sleeps on purpose shall be named for it."""
    monkeypatch.setattr(plugin_calls, "HELD_SECONDS", 0.5)
