"""``plugin new``: a project with one plugin that works, its settings and its tests."""

import keyword
import re
import shutil
import sys
import tempfile
from importlib.metadata import entry_points
from importlib.resources import files
from pathlib import Path
from string import Template

NAME = re.compile(r"[a-z][a-z0-9_]*")
_FILES = {
    "pyproject.toml": "pyproject.toml.txt",
    "README.md": "README.md.txt",
    "{name}/__init__.py": "mapper.py.txt",
    "tests/test_{name}.py": "test_mapper.py.txt",
}
"""File of the project → its template."""
_TAKEN = ("scimserver", "tests", "test")


class NewProblem(Exception):
    """The project cannot be made; says why and what to do."""


def new_plugin(name: str, parent: Path) -> list[Path]:
    """Make the project ``name`` in a folder, and return its files; either all of it is there afterwards or nothing.

    Raises:
        NewProblem: the name is not one of a plugin, or a folder of that name has something in it.
    """
    if not NAME.fullmatch(name):
        raise NewProblem(
            f"`{name[:80]}` cannot be the name of a plugin: use a-z, 0-9 and _, beginning with a letter, for instance "
            "`badge`."
        )
    if keyword.iskeyword(name) or name in _TAKEN or name in sys.stdlib_module_names:
        raise NewProblem(f"`{name}` means something to Python already: choose another name, such as `my_{name}`.")
    for point in entry_points(group="scimserver", name=name):
        raise NewProblem(f"A plugin named `{name}` is installed already ({point.value}): choose another name.")
    target = parent / name
    if target.exists() and not (target.is_dir() and not any(target.iterdir())):
        raise NewProblem(f"{target} exists already and is not an empty folder: choose another name, or remove it.")
    # Written beside and then renamed, so that nothing is ever half there.
    made = Path(tempfile.mkdtemp(prefix=f".{name}-", dir=parent))
    try:
        for file, template in _FILES.items():
            path = made / file.format(name=name)
            path.parent.mkdir(exist_ok=True)
            text = files(__package__).joinpath("template", template).read_text(encoding="utf-8")
            path.write_text(Template(text).substitute(name=name), encoding="utf-8")
        made.chmod(0o755)
        made.rename(target)
    except BaseException:
        shutil.rmtree(made, ignore_errors=True)
        raise
    return [target / file.format(name=name) for file in _FILES]
