"""The plugins of a process: which there are, who may use them, and what a workspace's list of them becomes."""

import hashlib
import inspect
import json
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Any

import pluggy
import structlog

from . import hookspecs
from .hookspecs import PROJECT, PluginInfo, SettingsContext
from .metrics import Metrics
from .pipeline import Pipeline, Step
from .plugin_calls import PluginWatch, where
from .plugin_loading import HOOKS, PluginProblem, check_module, find_plugins, import_path
from .schema.validation import check_settings, with_defaults

__all__ = ["HOOKS", "Pipeline", "PluginManager", "PluginProblem"]

log = structlog.get_logger("scimserver.plugins")


class PluginManager:
    """All plugins of this process.

    ``only`` names the workspaces that may use a plugin: to all others it is as if it were not installed.
    """

    def __init__(self, *, only: Mapping[str, Sequence[str]] | None = None, metrics: Metrics | None = None) -> None:
        self._manager = pluggy.PluginManager(PROJECT)
        self._manager.add_hookspecs(hookspecs)
        self._infos: dict[str, PluginInfo] = {}
        self._places: dict[str, str] = {}
        self._watches: dict[str, PluginWatch] = {}
        self._only_for = {name: frozenset(slugs) for name, slugs in (only or {}).items()}
        self._metrics = metrics or Metrics()
        self._started: list[str] = []
        self._closed = False

    @classmethod
    def load(
        cls,
        directories: Iterable[Path] = (),
        *,
        only: Mapping[str, Sequence[str]] | None = None,
        metrics: Metrics | None = None,
    ) -> "PluginManager":
        """Load what is installed (entry-point group ``scimserver``) and every Python file and package of the folders.

        A folder with a ``pyproject.toml`` gives the plugins that this names.

        Raises:
            PluginProblem: one of them cannot be used (names the file and the cure), or ``only`` names one that is not
                installed.
        """
        manager = cls(only=only, metrics=metrics)
        for module, place in find_plugins(directories):
            manager.register(module, place)
        for name in manager._only_for:
            if name not in manager._infos:
                raise PluginProblem(
                    f"plugins.only limits the plugin `{name}`, which is not installed on this server (installed: "
                    f"{_listed(manager._infos)}); correct the name or take it out."
                )
        return manager

    def add(self, path: Path) -> PluginInfo:
        """Import and add the plugin of a file or package folder; raises as :meth:`register`."""
        return self.register(import_path(path), str(path))

    def register(self, module: ModuleType, place: str) -> PluginInfo:
        """Add one plugin, checked; ``place`` is its file or entry point, for messages.

        Raises:
            PluginProblem: unknown hooks, unmarked functions, wrong signatures, a coroutine mapper, a name clash, or a
                workspace's pipeline was made already (its plugins would be called by others' callers).
        """
        if self._closed:
            raise PluginProblem(f"{place}: plugins are loaded before the first workspace is; restart the server.")
        info = check_module(module, place)
        if info.name in self._infos:
            raise PluginProblem(
                f"{place}: there is already a plugin named `{info.name}`, from {self._places[info.name]}; "
                "rename or remove one of them."
            )
        try:
            self._manager.register(module, info.name)
            self._manager.check_pending()
        except pluggy.PluginValidationError as error:
            self._manager.unregister(name=info.name)
            raise PluginProblem(f"{place}: {error}. The hooks are {', '.join(HOOKS)}.") from error
        self._infos[info.name] = info
        self._places[info.name] = place
        self._watches[info.name] = PluginWatch(info.name, self.hooks_of(info.name), self._metrics)
        return info

    @property
    def infos(self) -> Mapping[str, PluginInfo]:
        """Loaded plugins by name."""
        return MappingProxyType(self._infos)

    def module(self, name: str) -> ModuleType:
        """Return the module of a loaded plugin; raises KeyError if there is none of that name."""
        module: ModuleType | None = self._manager.get_plugin(name)
        if module is None:
            raise KeyError(name)
        return module

    def place(self, name: str) -> str:
        """Return the file or entry point that a plugin was loaded from; raises KeyError if there is none."""
        return self._places[name]

    def may_use(self, name: str, slug: str) -> bool:
        """Tell whether a workspace may list a plugin: it is installed, and not limited to other workspaces."""
        limit = self._only_for.get(name)
        return name in self._infos and (limit is None or slug.lower() in limit)

    def visible_to(self, slug: str) -> Mapping[str, PluginInfo]:
        """Return the plugins that a workspace may list, by name; the others are not there for it."""
        return MappingProxyType({name: info for name, info in self._infos.items() if self.may_use(name, slug)})

    def schema_files(self) -> list[Path]:
        """Return the schema files of plugins that are for everybody; for :func:`~.schema.catalogue.load_schemas`.

        Raises:
            PluginProblem: a plugin failed, or a file is missing.
        """
        return [path for name in self._infos if name not in self._only_for for path in self._schema_files_of(name)]

    def limited_schema_files(self) -> Mapping[str, list[Path]]:
        """Return the schema files of plugins that are limited to named workspaces, by name; raises likewise.

        They belong into the catalogues of those workspaces only (:meth:`may_use`).
        """
        found = {name: self._schema_files_of(name) for name in self._infos if name in self._only_for}
        return {name: files for name, files in found.items() if files}

    def _schema_files_of(self, name: str) -> list[Path]:
        place = self._places[name]
        try:
            files = [Path(path) for result in self._only(name, "scim_schema_files")() for path in result]
        except (Exception, SystemExit) as error:
            raise PluginProblem(f"{place}: scim_schema_files() of `{name}` failed: {error!r}.") from error
        for path in files:
            if not path.is_file():
                raise PluginProblem(
                    f"{place}: `{name}` names the schema file {path}, which does not exist; add the file."
                )
        return files

    def startup(self) -> None:
        """Call every plugin's ``scim_startup``; after a failure, shut down those that had started.

        Raises:
            PluginProblem: a plugin failed to start.
        """
        for name, place in self._places.items():
            try:
                self._only(name, "scim_startup")()
            except (Exception, SystemExit) as error:
                self.shutdown()
                raise PluginProblem(f"{place}: the plugin `{name}` failed to start: {error!r}.") from error
            self._started.append(name)

    def shutdown(self) -> None:
        """Call ``scim_shutdown`` of every started plugin, last first; what one raises is logged."""
        while self._started:
            name = self._started.pop()
            try:
                self._only(name, "scim_shutdown")()
            except (Exception, SystemExit) as error:
                log.error("plugin failed to shut down", plugin=name, error=type(error).__name__, at=where(error))

    def check_settings(
        self, workspace: str, chosen: Sequence[Mapping[str, Any]], attributes: Mapping[str, Sequence[str]]
    ) -> list[str]:
        """Check a workspace's list of plugins, ``[{"name": …, "settings": {…}}, …]``, before it is saved.

        ``attributes`` are the workspace's, as :meth:`SchemaCatalogue.paths` returns them. Returns warnings: sentences
        for whoever makes the change.

        Raises:
            PluginProblem: a plugin is not installed or listed twice, or settings are refused by its schema or by its
                own check; names every plugin, setting, rule and cure.
        """
        problems = self._problems(workspace, chosen)
        findings = [] if problems else [f for one in chosen for f in self._findings(workspace, one, attributes)]
        problems += [text for level, text in findings if level == "error"]
        if problems:
            raise PluginProblem(f"Workspace `{workspace}`: {' '.join(problems)}")
        return [text for level, text in findings if level == "warning"]

    def _findings(
        self, workspace: str, chosen: Mapping[str, Any], attributes: Mapping[str, Sequence[str]]
    ) -> Iterator[tuple[str, str]]:
        """Yield level and text of what the plugin's own check says of its settings."""
        info = self._infos[chosen["name"]]
        settings = with_defaults(info.settings_schema, chosen.get("settings") or {})
        context = SettingsContext(workspace, info.name, _frozen(settings), _frozen(attributes))
        meter = self._watches[info.name].meters.get("scim_check_settings")
        if meter is None:
            return
        started = time.perf_counter()
        try:
            found = [f for result in self._only(info.name, "scim_check_settings")(context=context) for f in result]
            findings = [
                (f.level, f"{info.name}.{f.place}: {f.text}" if f.place else f"{info.name}: {f.text}") for f in found
            ]
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            meter.errors.inc()
            log.error("plugin failed", plugin=info.name, hook="scim_check_settings", workspace=workspace,
                      error=type(error).__name__, at=where(error))  # fmt: skip
            findings = [
                ("error", f"{info.name}: its check of the settings failed ({type(error).__name__}, {where(error)}).")
            ]
        finally:
            meter.took(time.perf_counter() - started, workspace, None)
        yield from findings

    def pipeline(self, workspace: str, chosen: Sequence[Mapping[str, Any]]) -> Pipeline:
        """Return a workspace's plugins, ready to run; what is wrong with the list refuses its writes, not its reads."""
        self._closed = True
        problems = self._problems(workspace, chosen)
        steps: list[Step] = []
        made_with: list[Any] = []
        for plugin in [] if problems else chosen:
            info = self._infos[plugin["name"]]
            settings = with_defaults(info.settings_schema, plugin.get("settings") or {})
            hooks = {hook: self._only(info.name, hook) for hook in self.hooks_of(info.name)}
            mapper = getattr(self._manager.get_plugin(info.name), "scim_map", None)
            steps.append(
                Step(
                    info.name,
                    workspace,
                    _frozen(settings),
                    hooks,
                    self._watches[info.name].meters,
                    wants_stored=mapper is not None and "stored" in inspect.signature(mapper).parameters,
                    time_limit=info.time_limit_seconds,
                )
            )
            made_with.append([info.name, info.version, settings])
        digest = hashlib.sha256(json.dumps(made_with, sort_keys=True).encode())
        return Pipeline(workspace, steps, digest.hexdigest()[:16], " ".join(problems))

    def _problems(self, workspace: str, chosen: Sequence[Mapping[str, Any]]) -> list[str]:
        found = []
        visible = self.visible_to(workspace)
        names = [str(plugin.get("name")) for plugin in chosen]
        for name, plugin in zip(names, chosen, strict=True):
            info = visible.get(name)
            if info is None:
                found.append(f"the plugin `{name}` is not installed on this server (installed: {_listed(visible)}).")
                continue
            settings = with_defaults(info.settings_schema, plugin.get("settings") or {})
            wrong = check_settings(info.settings_schema, settings)
            if wrong:
                found.append(f"settings of the plugin `{name}`: {'; '.join(wrong)}.")
        found += [f"the plugin `{name}` is listed twice." for name in dict.fromkeys(names) if names.count(name) > 1]
        return found

    def hooks_of(self, name: str) -> list[str]:
        """Return the names of the hooks that a loaded plugin has."""
        module = self.module(name)
        return [hook for hook in HOOKS if hasattr(module, hook)]

    def _only(self, name: str, hook: str) -> pluggy.HookCaller:
        """Return a caller of this hook for one plugin: order, blame and awaiting are then ours."""
        others = [plugin for other, plugin in self._manager.list_name_plugin() if other != name]
        return self._manager.subset_hook_caller(hook, others)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(names)) or "none"


def _frozen(value: Any) -> Any:
    """Return JSON data that cannot be changed: settings are shared by all calls, and a mapper must not remember."""
    if isinstance(value, Mapping):
        return MappingProxyType({name: _frozen(item) for name, item in value.items()})
    return tuple(_frozen(item) for item in value) if isinstance(value, list) else value
