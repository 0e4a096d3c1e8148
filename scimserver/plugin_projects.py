"""Where the plugins of a folder are: files, packages, and projects as ``scimserver plugin new`` makes them.

A project is a folder with a ``pyproject.toml`` that names plugins in the entry-point group ``scimserver``. Only what it
names there is loaded, so that its tests and what a build leaves behind do not matter, and so that the folder and the
installed package bring the same plugins.
"""

import tomllib
from pathlib import Path

GROUP = "scimserver"
PROJECT_FILE = "pyproject.toml"


class ProjectProblem(Exception):
    """A folder that holds no plugin, or not where it says; names the file and the cure."""


def plugins_in(directory: Path) -> list[Path]:
    """Return the plugins of a folder of ``plugins.dirs``, in the order of their names; itself may be a project.

    Raises:
        ProjectProblem: something in the folder is neither a plugin nor to be passed over.
    """
    if is_project(directory):
        return plugins_of_project(directory)
    return [plugin for path in sorted(directory.iterdir()) if _is_meant(path) for plugin in plugins_at(path)]


def plugins_at(path: Path) -> list[Path]:
    """Return the plugins that one path stands for: a file, a package folder, or a project.

    Raises:
        ProjectProblem: it is none of them.
    """
    if path.is_file() and path.suffix == ".py":
        return [path]
    if (path / "__init__.py").is_file():
        return [path]
    if is_project(path):
        return plugins_of_project(path)
    if not path.is_dir():
        raise ProjectProblem(f"{path}: a plugin is a Python file, a package folder or a project with a pyproject.toml.")
    raise ProjectProblem(
        f"{path}: a folder in plugins.dirs is a plugin and needs an __init__.py, or a {PROJECT_FILE} that names "
        "plugins; add it, or begin its name with `_`."
    )


def is_project(folder: Path) -> bool:
    """Tell whether a folder is a project and not a package."""
    return (folder / PROJECT_FILE).is_file() and not (folder / "__init__.py").is_file()


def plugins_of_project(folder: Path) -> list[Path]:
    """Return file or folder of each module that a project names as a plugin, in the project or below its ``src``.

    Raises:
        ProjectProblem: it names none, or one that is not there.
    """
    file = folder / PROJECT_FILE
    try:
        named = (
            tomllib.loads(file.read_text(encoding="utf-8")).get("project", {}).get("entry-points", {}).get(GROUP, {})
        )
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ProjectProblem(f"{file}: cannot be read as TOML: {error}.") from error
    if not isinstance(named, dict) or not named:
        raise ProjectProblem(
            f'{file}: names no plugin; add [project.entry-points.{GROUP}] with a line such as badge = "badge", where '
            "the right side is the module."
        )
    return [_module(folder, str(module), file) for _, module in sorted(named.items())]


def _module(folder: Path, module: str, file: Path) -> Path:
    for root in (folder, folder / "src"):
        path = root.joinpath(*module.split("."))
        if (path / "__init__.py").is_file():
            return path
        if path.with_name(f"{path.name}.py").is_file():
            return path.with_name(f"{path.name}.py")
    raise ProjectProblem(
        f"{file}: [project.entry-points.{GROUP}] names the module {module}, which is not in {folder} or its src; "
        "correct the name or add the file."
    )


def _is_meant(path: Path) -> bool:
    return not path.name.startswith(("_", ".")) and (path.is_dir() or path.suffix == ".py")
