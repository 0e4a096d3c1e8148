"""Finding, importing and checking plugins: strict, since one that is silently not called means unmapped data."""

import dataclasses
import difflib
import hashlib
import importlib.util
import inspect
import math
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Any

from . import hookspecs
from .hookspecs import LONGEST_TIME_LIMIT, PROJECT, PluginInfo
from .plugin_projects import ProjectProblem, plugins_in
from .schema.validation import check_settings, with_defaults

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


def find_plugins(directories: Iterable[Path] = ()) -> Iterator[tuple[ModuleType, str]]:
    """Import what is installed (entry-point group ``scimserver``) and what the folders hold; yield module and place.

    A folder gives each of its Python files and packages; one with a ``pyproject.toml`` gives what this names.

    Raises:
        PluginProblem: one of them cannot be imported; names the file and the cure.
    """
    for point in sorted(entry_points(group=PROJECT), key=lambda p: (p.name, p.value)):
        yield _load_entry_point(point), _place_of(point)
    for directory in map(Path, directories):
        if not directory.is_dir():
            raise PluginProblem(f"plugins.dirs: {directory} is not a folder; create it or take it out.")
        try:
            found = plugins_in(directory)
        except ProjectProblem as problem:
            raise PluginProblem(str(problem)) from None
        for path in found:
            yield import_path(path), str(path)


def check_module(module: ModuleType, place: str) -> PluginInfo:
    """Return what a plugin says of itself, once its functions are such that all of them will be called.

    Raises:
        PluginProblem: unknown hooks, unmarked functions, wrong signatures, a coroutine mapper, a bad description.
    """
    _check_functions(module, place)
    return _info(module, place)


def _load_entry_point(point: EntryPoint) -> ModuleType:
    try:
        module = point.load()
    except (Exception, SystemExit) as error:
        raise PluginProblem(
            f"{_place_of(point)}: the installed plugin `{point.name}` cannot be imported: {error!r}."
        ) from error
    if not isinstance(module, ModuleType):
        raise PluginProblem(f"{_place_of(point)}: the entry point `{point.name}` must name a module, without a colon.")
    return module


def _place_of(point: EntryPoint) -> str:
    return f"{point.dist.name if point.dist else 'an installed package'} ({point.value})"


def import_path(path: Path) -> ModuleType:
    """Import the plugin of one file or package folder.

    Raises:
        PluginProblem: it cannot be imported.
    """
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
    except (Exception, SystemExit) as error:
        del sys.modules[name]
        raise PluginProblem(f"{path}: cannot be imported: {error!r}.") from error
    return module


def _info(module: ModuleType, place: str) -> PluginInfo:
    try:
        info = module.scim_plugin_info()
    except (Exception, SystemExit) as error:
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
    except (Exception, SystemExit) as error:
        raise PluginProblem(f"{place}: settings_schema is not a JSON Schema: {error!r:.300}.") from error
    if wrong:
        raise PluginProblem(f"{place}: a default in settings_schema does not fit the schema: {'; '.join(wrong)}.")
    limit = info.time_limit_seconds
    if type(limit) not in (int, float) or not 0 < limit <= LONGEST_TIME_LIMIT or math.isnan(limit):
        raise PluginProblem(
            f"{place}: time_limit_seconds must be a number above 0 and at most {LONGEST_TIME_LIMIT}, not {limit!r:.80}."
        )
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
