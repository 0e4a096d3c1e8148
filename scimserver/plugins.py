"""Loading plugins: strict, since a plugin that is silently not called means silently unmapped data."""

import dataclasses
import difflib
import hashlib
import importlib.util
import inspect
import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Any

import pluggy
import structlog

from . import hookspecs
from .hookspecs import PROJECT, PluginInfo, SettingsContext
from .pipeline import Pipeline, Step, where
from .plugin_projects import ProjectProblem, plugins_in
from .schema.validation import check_settings, with_defaults

__all__ = ["HOOKS", "Pipeline", "PluginManager", "PluginProblem"]

log = structlog.get_logger("scimserver.plugins")

NAME = re.compile(r"[a-z][a-z0-9_]*")
HOOKS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        name: tuple(inspect.signature(hook).parameters)
        for name, hook in vars(hookspecs).items()
        if name.startswith("scim_")
    }
)
"""Hook name → names of its arguments."""
ASYNC_HOOKS = frozenset({"scim_after_commit"})


class PluginProblem(Exception):
    """A plugin cannot be loaded, or a workspace's choice of plugins cannot be used; says where and what to do."""


class PluginManager:
    """All plugins of this process."""

    def __init__(self) -> None:
        self._manager = pluggy.PluginManager(PROJECT)
        self._manager.add_hookspecs(hookspecs)
        self._infos: dict[str, PluginInfo] = {}
        self._places: dict[str, str] = {}
        self._started: list[str] = []
        self._closed = False

    @classmethod
    def load(cls, directories: Iterable[Path] = ()) -> "PluginManager":
        """Load what is installed (entry-point group ``scimserver``) and every Python file and package of the folders.

        A folder with a ``pyproject.toml`` gives the plugins that this names.

        Raises:
            PluginProblem: one of them cannot be used; names the file and the cure.
        """
        manager = cls()
        for point in sorted(entry_points(group=PROJECT), key=lambda p: (p.name, p.value)):
            manager.register(_load_entry_point(point), _place_of(point))
        for directory in map(Path, directories):
            if not directory.is_dir():
                raise PluginProblem(f"plugins.dirs: {directory} is not a folder; create it or take it out.")
            try:
                found = plugins_in(directory)
            except ProjectProblem as problem:
                raise PluginProblem(str(problem)) from None
            for path in found:
                manager.add(path)
        return manager

    def add(self, path: Path) -> PluginInfo:
        """Import and add the plugin of a file or package folder; raises as :meth:`register`."""
        return self.register(_import_path(path), str(path))

    def register(self, module: ModuleType, place: str) -> PluginInfo:
        """Add one plugin, checked; ``place`` is its file or entry point, for messages.

        Raises:
            PluginProblem: unknown hooks, unmarked functions, wrong signatures, a coroutine mapper, a name clash, or a
                workspace's pipeline was made already (its plugins would be called by others' callers).
        """
        if self._closed:
            raise PluginProblem(f"{place}: plugins are loaded before the first workspace is; restart the server.")
        _check_functions(module, place)
        info = _info(module, place)
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

    def schema_files(self) -> list[Path]:
        """Return the schema files that plugins bring along, for :func:`scimserver.schema.catalogue.load_schemas`.

        Raises:
            PluginProblem: a plugin failed, or a file is missing.
        """
        files: list[Path] = []
        for name, place in self._places.items():
            try:
                found = [Path(path) for result in self._only(name, "scim_schema_files")() for path in result]
            except Exception as error:
                raise PluginProblem(f"{place}: scim_schema_files() of `{name}` failed: {error!r}.") from error
            for path in found:
                if not path.is_file():
                    raise PluginProblem(
                        f"{place}: `{name}` names the schema file {path}, which does not exist; add the file."
                    )
            files += found
        return files

    def startup(self) -> None:
        """Call every plugin's ``scim_startup``; after a failure, shut down those that had started.

        Raises:
            PluginProblem: a plugin failed to start.
        """
        for name, place in self._places.items():
            try:
                self._only(name, "scim_startup")()
            except Exception as error:
                self.shutdown()
                raise PluginProblem(f"{place}: the plugin `{name}` failed to start: {error!r}.") from error
            self._started.append(name)

    def shutdown(self) -> None:
        """Call ``scim_shutdown`` of every started plugin, last first; what one raises is logged."""
        while self._started:
            name = self._started.pop()
            try:
                self._only(name, "scim_shutdown")()
            except Exception as error:
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
        problems = self._problems(chosen)
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
        try:
            found = [f for result in self._only(info.name, "scim_check_settings")(context=context) for f in result]
            for one in found:
                place = f"{info.name}.{one.place}" if one.place else info.name
                yield one.level, f"{place}: {one.text}"
        except (Exception, SystemExit) as error:
            log.error("plugin failed", plugin=info.name, hook="scim_check_settings", workspace=workspace,
                      error=type(error).__name__, at=where(error))  # fmt: skip
            yield "error", f"{info.name}: its check of the settings failed ({type(error).__name__}, {where(error)})."

    def pipeline(self, workspace: str, chosen: Sequence[Mapping[str, Any]]) -> Pipeline:
        """Return a workspace's plugins, ready to run; what is wrong with the list refuses its writes, not its reads."""
        self._closed = True
        problems = self._problems(chosen)
        steps: list[Step] = []
        made_with: list[Any] = []
        for plugin in [] if problems else chosen:
            info = self._infos[plugin["name"]]
            settings = with_defaults(info.settings_schema, plugin.get("settings") or {})
            module = self._manager.get_plugin(info.name)
            hooks = {hook: self._only(info.name, hook) for hook in HOOKS if hasattr(module, hook)}
            mapper = getattr(module, "scim_map", None)
            wants_stored = mapper is not None and "stored" in inspect.signature(mapper).parameters
            steps.append(Step(info.name, workspace, _frozen(settings), hooks, wants_stored))
            made_with.append([info.name, info.version, settings])
        digest = hashlib.sha256(json.dumps(made_with, sort_keys=True).encode())
        return Pipeline(workspace, steps, digest.hexdigest()[:16], " ".join(problems))

    def _problems(self, chosen: Sequence[Mapping[str, Any]]) -> list[str]:
        found = []
        names = [str(plugin.get("name")) for plugin in chosen]
        for name, plugin in zip(names, chosen, strict=True):
            info = self._infos.get(name)
            if info is None:
                known = ", ".join(f"`{n}`" for n in sorted(self._infos)) or "none"
                found.append(f"the plugin `{name}` is not installed on this server (installed: {known}).")
                continue
            settings = with_defaults(info.settings_schema, plugin.get("settings") or {})
            wrong = check_settings(info.settings_schema, settings)
            if wrong:
                found.append(f"settings of the plugin `{name}`: {'; '.join(wrong)}.")
        found += [f"the plugin `{name}` is listed twice." for name in dict.fromkeys(names) if names.count(name) > 1]
        return found

    def _only(self, name: str, hook: str) -> pluggy.HookCaller:
        """Return a caller of this hook for one plugin: order, blame and awaiting are then ours."""
        others = [plugin for other, plugin in self._manager.list_name_plugin() if other != name]
        return self._manager.subset_hook_caller(hook, others)


def _frozen(value: Any) -> Any:
    """Return JSON data that cannot be changed: settings are shared by all calls, and a mapper must not remember."""
    if isinstance(value, Mapping):
        return MappingProxyType({name: _frozen(item) for name, item in value.items()})
    return tuple(_frozen(item) for item in value) if isinstance(value, list) else value


def _place_of(point: EntryPoint) -> str:
    return f"{point.dist.name if point.dist else 'an installed package'} ({point.value})"


def _load_entry_point(point: EntryPoint) -> ModuleType:
    try:
        module = point.load()
    except Exception as error:
        raise PluginProblem(
            f"{_place_of(point)}: the installed plugin `{point.name}` cannot be imported: {error!r}."
        ) from error
    if not isinstance(module, ModuleType):
        raise PluginProblem(f"{_place_of(point)}: the entry point `{point.name}` must name a module, without a colon.")
    return module


def _import_path(path: Path) -> ModuleType:
    target = path / "__init__.py" if path.is_dir() else path
    # Two folders may hold files of one name; the clash of plugin names is reported later, in better words.
    name = f"scimserver_plugin_{path.stem}_{hashlib.sha256(str(path.absolute()).encode()).hexdigest()[:8]}"
    search = [str(path)] if path.is_dir() else None
    spec = importlib.util.spec_from_file_location(name, target, submodule_search_locations=search)
    if spec is None or spec.loader is None:
        raise PluginProblem(f"{path}: cannot be imported as a Python module.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        del sys.modules[name]
        raise PluginProblem(f"{path}: cannot be imported: {error!r}.") from error
    return module


def _info(module: ModuleType, place: str) -> PluginInfo:
    try:
        info = module.scim_plugin_info()
    except Exception as error:
        raise PluginProblem(f"{place}: scim_plugin_info() failed: {error!r}.") from error
    if not isinstance(info, PluginInfo) or not NAME.fullmatch(info.name):
        raise PluginProblem(
            f"{place}: scim_plugin_info() must return a PluginInfo whose name has only a-z, 0-9 and _ "
            "and starts with a letter."
        )
    schema = {"type": "object", "additionalProperties": False, **info.settings_schema}
    if schema["type"] != "object":
        raise PluginProblem(f'{place}: settings_schema must be the JSON Schema of an object: give it "type": "object".')
    try:
        wrong = check_settings({**schema, "required": []}, with_defaults(schema, {}))
    except Exception as error:
        raise PluginProblem(f"{place}: settings_schema is not a JSON Schema: {error!r:.300}.") from error
    if wrong:
        raise PluginProblem(f"{place}: a default in settings_schema does not fit the schema: {'; '.join(wrong)}.")
    return dataclasses.replace(info, settings_schema=schema)


def _check_functions(module: ModuleType, place: str) -> None:
    """Refuse what pluggy would ignore in silence or report only at the first call."""
    functions = {name: value for name, value in vars(module).items() if callable(value)}
    marked = {name: value for name, value in functions.items() if isinstance(_options(value), dict)}
    unmarked = [name for name in functions if name.startswith("scim_") and name not in marked]
    if unmarked:
        raise PluginProblem(
            f"{place}: {', '.join(unmarked)} would never be called; put @hookimpl above it or rename it."
        )
    for name, function in marked.items():
        _check_hook(name, function, place)
    if "scim_plugin_info" not in marked:
        raise PluginProblem(f"{place}: a plugin needs a function scim_plugin_info() that is marked @hookimpl; add it.")
    if len(marked) == 1:
        raise PluginProblem(f"{place}: there is no hook beside scim_plugin_info(); add one, for instance scim_map.")


def _options(function: Any) -> Any:
    return getattr(function, f"{PROJECT}_impl", None)


def _check_hook(name: str, function: Any, place: str) -> None:
    if name not in HOOKS:
        close = difflib.get_close_matches(name, HOOKS, n=1)
        cure = f"did you mean {close[0]}?" if close else f"the hooks are {', '.join(HOOKS)}."
        raise PluginProblem(f"{place}: there is no hook {name}; {cure}")
    options = [option for option, value in _options(function).items() if value]
    if options:
        raise PluginProblem(
            f"{place}: {name} is marked @hookimpl({options[0]}=…), which has no effect here, since the order is "
            "each workspace's; use @hookimpl alone."
        )
    if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
        raise PluginProblem(f"{place}: {name} must not yield; return the result.")
    if inspect.iscoroutinefunction(function) and name not in ASYNC_HOOKS:
        raise PluginProblem(
            f"{place}: {name} must be a plain function; only {', '.join(sorted(ASYNC_HOOKS))} may be async. "
            "Take out `async`."
        )
    for parameter in inspect.signature(function).parameters.values():
        if parameter.name not in HOOKS[name] or parameter.kind is not parameter.POSITIONAL_OR_KEYWORD:
            allowed = ", ".join(HOOKS[name]) or "no arguments"
            raise PluginProblem(f"{place}: {name} is called with {allowed}, not `{parameter}`; correct the signature.")
        if parameter.default is not parameter.empty:
            raise PluginProblem(
                f"{place}: {name} never gets `{parameter.name}`, since it has a default; take the default out."
            )
