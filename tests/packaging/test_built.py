"""The wheel and the sdist hold what the checkout holds, and the wheel works where there is no checkout."""

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from configparser import ConfigParser
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = {
    "scimserver": "scimserver",
    "scimserver_plugins": "plugins",
    "scimserver_schemas": "schemas",
    "scimserver_conf": "conf",
    "scimserver_dialogues": "tests/dialogues",
}
"""Package → folder of the checkout."""
PARTS = ("*.py", "*.json", "*.toml", "*.txt", "py.typed")


def shipped() -> set[str]:
    """Return the files of the checkout that belong into the wheel, as paths in the wheel."""
    found = set()
    for package, folder in FOLDERS.items():
        for pattern in PARTS:
            for path in (ROOT / folder).rglob(pattern):
                found.add(f"{package}/{path.relative_to(ROOT / folder).as_posix()}")
    return found


def test_setup_cfg_lists_every_package_of_the_checkout() -> None:
    config = ConfigParser()
    config.read(ROOT / "setup.cfg")
    listed = set(config["options"]["packages"].split())
    present = {str(Path(path).parent).replace(os.sep, ".") for path in shipped() if path.endswith("__init__.py")}
    assert listed == present


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build from a copy: the checkout stays as it is, and what is not part of it cannot slip in."""
    work = tmp_path_factory.mktemp("packaging")
    source, made = work / "source", work / "dist"
    source.mkdir()
    for name in ("setup.cfg", "pyproject.toml", "README.md"):
        shutil.copy(ROOT / name, source / name)
    for folder in FOLDERS.values():
        shutil.copytree(ROOT / folder, source / folder, ignore=shutil.ignore_patterns("__pycache__"))
    subprocess.run([sys.executable, "-m", "build", "--outdir", str(made), str(source)], check=True, capture_output=True)
    return made


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_wheel_holds_every_file(built: Path) -> None:
    (wheel,) = built.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert held == shipped()


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_sdist_holds_every_file(built: Path) -> None:
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        held = {name.partition("/")[2] for name in archive.getnames()}
    expected = {f"{FOLDERS[path.split('/')[0]]}/{path.partition('/')[2]}" for path in shipped()}
    assert expected | {"setup.cfg", "pyproject.toml", "README.md"} <= held


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_installed_wheel_works_without_the_checkout(built: Path, tmp_path: Path) -> None:
    (wheel,) = built.glob("*.whl")
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "env")], check=True)
    binaries = tmp_path / "env" / "bin"
    install = [str(binaries / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", str(wheel)]
    subprocess.run(install, check=True, capture_output=True)

    def scimserver(*arguments: str) -> str:
        command = [str(binaries / "scimserver"), *arguments]
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert "demo" in scimserver("--help")
    scimserver("init")
    assert "Plugins: expressions, profile, work_address." in scimserver("check-config")
