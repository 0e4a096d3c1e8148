"""Loading plugins, and running a workspace's plugins in its order with its settings."""

import copy
import hashlib
import importlib.util
import inspect
import json
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import entry_points
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Any

import pluggy
import structlog

from . import hookspecs
from .errors import PluginFailed, ScimError, Unavailable
from .hookspecs import PROJECT, CommittedEvent, MapContext, PluginInfo
from .schema.validation import check_settings, with_defaults
from .storable import why_not_storable

log = structlog.get_logger("scimserver.plugins")

NAME = re.compile(r"[a-z][a-z0-9_]*")
HOOKS = tuple(name for name in vars(hookspecs) if name.startswith("scim_"))
ASYNC_HOOKS = frozenset({"scim_after_commit"})


class PluginProblem(Exception):
    """A plugin cannot be loaded, or a workspace's choice of plugins cannot be used; says where and what to do."""


@dataclass(frozen=True, slots=True)
class _Step:
    """One plugin in a workspace."""

    name: str
    settings: Mapping[str, Any]
    hooks: Mapping[str, Any]
    """Hook name → caller, for the hooks that this plugin has."""


class PluginManager:
    """All plugins of this process."""

    def __init__(self) -> None:
        self._manager = pluggy.PluginManager(PROJECT)
        self._manager.add_hookspecs(hookspecs)
        self._infos: dict[str, PluginInfo] = {}

    @classmethod
    def load(cls, directories: Iterable[Path] = ()) -> "PluginManager":
        """Load what is installed (entry-point group ``scimserver``) and every Python file and package of the folders.

        Raises:
            PluginProblem: one of them cannot be used; names the file and the cure.
        """
        manager = cls()
        for point in sorted(entry_points(group=PROJECT), key=lambda p: p.name):
            try:
                module = point.load()
            except Exception as error:
                raise PluginProblem(f"The installed plugin {point.name} ({point.value}) cannot be imported: {error!r}") from error
            manager.register(module, point.value)
        for directory in directories:
            if not Path(directory).is_dir():
                raise PluginProblem(f"plugins.dirs: {directory} is not a folder; create it or take it out.")
            for path in sorted(Path(directory).iterdir()):
                if _is_plugin_file(path):
                    manager.register(_import_file(path), str(path))
        return manager

    def register(self, module: Any, place: str) -> PluginInfo:
        """Add one plugin, checked.

        Raises:
            PluginProblem: unknown hooks, unmarked functions, wrong signatures, a coroutine mapper, a name clash.
        """
        _check_functions(module, place)
        key = f"{place}#{len(self._infos)}"
        try:
            self._manager.register(module, key)
            self._manager.check_pending()
        except pluggy.PluginValidationError as error:
            self._manager.unregister(name=key)
            raise PluginProblem(f"{place}: {error}. The hooks are {', '.join(HOOKS)}; see scimserver/hookspecs.py.") from error
        info = self._info(module, place)
        if info.name in self._infos:
            self._manager.unregister(name=key)
            raise PluginProblem(f"{place}: there is already a plugin named `{info.name}`; rename one of them.")
        # Registered again under the name that workspaces use.
        self._manager.unregister(name=key)
        self._manager.register(module, info.name)
        self._infos[info.name] = info
        return info

    def _info(self, module: Any, place: str) -> PluginInfo:
        try:
            info = module.scim_plugin_info()
        except Exception as error:
            raise PluginProblem(f"{place}: scim_plugin_info() failed: {error!r}") from error
        if not isinstance(info, PluginInfo) or not NAME.fullmatch(info.name):
            raise PluginProblem(
                f"{place}: scim_plugin_info() must return a PluginInfo whose name has only a-z, 0-9 and _ and starts with a letter."
            )
        return info

    @property
    def infos(self) -> Mapping[str, PluginInfo]:
        """Loaded plugins by name."""
        return MappingProxyType(self._infos)

    def schema_files(self) -> list[Path]:
        """Return the schema files that plugins bring along."""
        return [Path(path) for found in self._manager.hook.scim_schema_files() for path in found]

    def startup(self) -> None:
        """Call every plugin's ``scim_startup``."""
        for name in self._infos:
            try:
                self._only(name, "scim_startup")()
            except Exception as error:
                raise PluginProblem(f"The plugin `{name}` failed to start: {error!r}") from error

    def shutdown(self) -> None:
        """Call every plugin's ``scim_shutdown``."""
        for name in self._infos:
            try:
                self._only(name, "scim_shutdown")()
            except Exception:
                log.exception("plugin failed to shut down", plugin=name)

    def check_settings(self, workspace: str, chosen: Sequence[Mapping[str, Any]]) -> None:
        """Check a workspace's list of plugins before it is saved.

        Raises:
            PluginProblem: a plugin is not installed or listed twice, or settings do not fit its schema.
        """
        names = [plugin["name"] for plugin in chosen]
        for plugin in chosen:
            name = plugin["name"]
            info = self._infos.get(name)
            if info is None:
                known = ", ".join(self._infos) or "none"
                raise PluginProblem(f"Plugin `{name}` is not installed; installed are {known}.")
            if names.count(name) > 1:
                raise PluginProblem(f"Plugin `{name}` is listed twice for workspace `{workspace}`; list it once.")
            problems = check_settings(info.settings_schema, plugin.get("settings") or {})
            if problems:
                raise PluginProblem(f"Settings of plugin `{name}`: {'; '.join(problems)}")

    def pipeline(self, workspace: str, chosen: Sequence[Mapping[str, Any]]) -> "Pipeline":
        """Return a workspace's plugins, ready to run; a plugin that is not installed refuses the writes, not the reads."""
        missing = [plugin["name"] for plugin in chosen if plugin["name"] not in self._infos]
        steps: list[_Step] = []
        digest = hashlib.sha256()
        for plugin in chosen:
            info = self._infos.get(plugin["name"])
            if info is None:
                continue
            settings = with_defaults(info.settings_schema, plugin.get("settings") or {})
            module = self._manager.get_plugin(info.name)
            hooks = {hook: self._only(info.name, hook) for hook in HOOKS if hasattr(module, hook)}
            steps.append(_Step(info.name, MappingProxyType(settings), hooks))
            digest.update(json.dumps([info.name, info.version, settings], sort_keys=True).encode())
        return Pipeline(workspace, tuple(steps), digest.hexdigest()[:16], tuple(missing))

    def _only(self, name: str, hook: str) -> Any:
        """Return a caller of this hook for one plugin: order, blame and awaiting are then ours."""
        others = [plugin for other, plugin in self._manager.list_name_plugin() if other != name]
        return self._manager.subset_hook_caller(hook, others)


class Pipeline:
    """The plugins of one workspace in their order."""

    def __init__(self, workspace: str, steps: tuple[_Step, ...], revision: str, missing: tuple[str, ...] = ()) -> None:
        self._workspace = workspace
        self._steps = steps
        self._missing = missing
        self.revision = revision
        """Changes with the plugins' order, versions and settings; stored with every document that this pipeline made."""

    def validate(self, resource_type: str, resource: Mapping[str, Any]) -> None:
        """Let each plugin refuse the resource.

        Raises:
            ScimError: a plugin refused it.
            PluginFailed: a plugin failed.
            Unavailable: the workspace lists a plugin that is not installed: no document is ever written unmapped.
        """
        self._refuse_if_missing()
        for step in self._steps:
            self._ask(step, "scim_validate", resource_type, resource=resource)

    def map(self, resource_type: str, resource: Mapping[str, Any]) -> dict[str, Any]:
        """Return the application document of a canonical resource.

        Raises:
            PluginFailed: a plugin failed or returned what MongoDB cannot store; names plugin and field.
            Unavailable: a listed plugin is not installed.
        """
        self._refuse_if_missing()
        document: dict[str, Any] = {}
        for step in self._steps:
            for fields in self._ask(step, "scim_map", resource_type, resource=resource, document=document):
                problem = why_not_storable(fields)
                if problem:
                    raise PluginFailed(f"The plugin `{step.name}` made a document that cannot be stored: {problem}.")
                document.update(fields)
        return document

    def before_delete(self, resource_type: str, resource: Mapping[str, Any]) -> None:
        """Let each plugin refuse a deletion; raises as :meth:`validate`."""
        self._refuse_if_missing()
        for step in self._steps:
            self._ask(step, "scim_before_delete", resource_type, resource=resource)

    async def after_commit(self, resource_type: str, events: Sequence[CommittedEvent]) -> None:
        """Tell each plugin of committed changes; what a plugin raises is logged."""
        for step in self._steps:
            hook = step.hooks.get("scim_after_commit")
            if hook is None:
                continue
            try:
                for result in hook(context=self._context(step, resource_type), events=events):
                    if inspect.isawaitable(result):
                        await result
            except Exception:
                log.exception("plugin failed after commit", plugin=step.name, workspace=self._workspace)

    def _context(self, step: _Step, resource_type: str) -> MapContext:
        return MapContext(self._workspace, resource_type, step.settings)

    def _ask(self, step: _Step, hook: str, resource_type: str, **arguments: Any) -> list[Any]:
        """Call one plugin's hook with copies, so that no plugin can change what is stored."""
        caller = step.hooks.get(hook)
        if caller is None:
            return []
        try:
            return list(caller(context=self._context(step, resource_type), **copy.deepcopy(arguments)))
        except ScimError:
            raise
        except Exception as error:
            log.exception("plugin failed", plugin=step.name, hook=hook, workspace=self._workspace)
            raise PluginFailed(
                f"The plugin `{step.name}` of this workspace failed ({type(error).__name__}); nothing was written. "
                "The operator finds the reason in the server's log under this request."
            ) from error

    def _refuse_if_missing(self) -> None:
        if self._missing:
            names = ", ".join(f"`{name}`" for name in self._missing)
            raise Unavailable(
                f"This workspace lists the plugin {names}, which is not installed on the server; nothing is written without it. "
                "The operator has to install it or take it out of the workspace.",
                retry_after=300,
            )


def committed(event_id: str, action: str, resource_type: str, resource_id: str, v: int, at: datetime, data: Any) -> CommittedEvent:
    """Return an event as plugins see it."""
    return CommittedEvent(event_id, action, resource_type, resource_id, v, at, MappingProxyType(dict(data)))


def _is_plugin_file(path: Path) -> bool:
    if path.name.startswith(("_", ".")):
        return False
    return path.suffix == ".py" or (path / "__init__.py").is_file()


def _import_file(path: Path) -> ModuleType:
    target = path / "__init__.py" if path.is_dir() else path
    name = f"scimserver_plugin_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, target, submodule_search_locations=[str(path)] if path.is_dir() else None)
    if spec is None or spec.loader is None:
        raise PluginProblem(f"{path} cannot be imported as a Python module.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        del sys.modules[name]
        raise PluginProblem(f"{path} cannot be imported: {error!r}") from error
    return module


def _check_functions(module: Any, place: str) -> None:
    """Refuse what pluggy would ignore in silence."""
    marked = [name for name in dir(module) if hasattr(getattr(module, name), f"{PROJECT}_impl")]
    unmarked = [
        name
        for name in dir(module)
        if name.startswith("scim_") and inspect.isroutine(getattr(module, name)) and name not in marked
    ]
    if unmarked:
        raise PluginProblem(f"{place}: {', '.join(unmarked)} would never be called; put @hookimpl above it.")
    if "scim_plugin_info" not in marked:
        raise PluginProblem(f"{place}: a plugin needs a function scim_plugin_info() that is marked @hookimpl.")
    for name in marked:
        if inspect.iscoroutinefunction(getattr(module, name)) and name not in ASYNC_HOOKS:
            raise PluginProblem(f"{place}: {name} must be a plain function; only {', '.join(ASYNC_HOOKS)} may be async.")
