"""What the loader refuses, each beside the form it accepts."""

from pathlib import Path

import pytest

from scimserver.plugins import PluginManager, PluginProblem

EXAMPLE = Path(__file__).parent / "example_plugin"
GOOD = """
from scimserver.hookspecs import PluginInfo, hookimpl

@hookimpl
def scim_plugin_info():
    return PluginInfo({name!r})

@hookimpl
def scim_map(resource):
    return {{"seen": resource["id"]}}
"""


@pytest.fixture(autouse=True)
def nothing_installed(monkeypatch):
    """Folders are looked at alone; one test below lets entry points in."""
    monkeypatch.setattr("scimserver.plugin_loading.entry_points", lambda group: [])


@pytest.mark.parametrize(
    ("good", "bad", "told"),
    [
        ("@hookimpl\ndef scim_map(resource): ...", "@hookimpl\ndef scim_mapp(resource): ...", "did you mean scim_map"),
        (
            "@hookimpl\ndef scim_map(resource): ...",
            "@hookimpl\ndef frobnicate(): ...",
            "the hooks are scim_plugin_info",
        ),
        ("@hookimpl\ndef scim_map(resource): ...", "def scim_map(resource): ...", "scim_map would never be called"),
        ("@hookimpl\ndef scim_map(resource): ...", "", "no hook beside scim_plugin_info"),
        ("@hookimpl\ndef scim_map(document): ...", "@hookimpl\ndef scim_map(user): ...", "not `user`"),
        ("@hookimpl\ndef scim_map(document): ...", "@hookimpl\ndef scim_map(document=None): ...", "has a default"),
        ("@hookimpl\ndef scim_map(document): ...", "@hookimpl\ndef scim_map(**rest): ...", "correct the signature"),
        ("@hookimpl\ndef scim_map(document): ...", "@hookimpl\ndef scim_map(*, document): ...", "not `document`"),
        ("@hookimpl\ndef scim_startup(): ...", "@hookimpl\ndef scim_startup(context): ...", "called with no arguments"),
        ("@hookimpl\ndef scim_map(): ...", "@hookimpl\nasync def scim_map(): ...", "must be a plain function"),
        ("@hookimpl\nasync def scim_after_commit(): ...", "@hookimpl\nasync def scim_validate(): ...", "may be async"),
        ("@hookimpl\ndef scim_map(): ...", "@hookimpl\ndef scim_map(): yield", "must not yield"),
        ("@hookimpl\ndef scim_map(): ...", "@hookimpl(tryfirst=True)\ndef scim_map(): ...", "use @hookimpl alone"),
        ("@hookimpl\ndef scim_map(): ...", "@hookimpl(specname='scim_map')\ndef scim_map(): ...", "@hookimpl alone"),
    ],
)
def test_a_function_that_would_not_be_called_is_refused(make_plugin, good, bad, told):
    PluginManager().register(make_plugin(good), "probe.py")
    with pytest.raises(PluginProblem) as refusal:
        PluginManager().register(make_plugin(bad), "folder/probe.py")
    assert str(refusal.value).startswith("folder/probe.py: ")
    assert told in str(refusal.value)


def test_a_plugin_without_info_is_refused(make_plugin):
    with pytest.raises(PluginProblem, match="needs a function scim_plugin_info"):
        PluginManager().register(make_plugin("@hookimpl\ndef scim_map(): ...", info=False), "probe.py")


def test_two_plugins_of_one_name_are_refused_and_both_places_named(make_plugin):
    manager = PluginManager()
    manager.register(make_plugin("@hookimpl\ndef scim_map(): ..."), "one.py")
    with pytest.raises(PluginProblem, match=r"two\.py: .*`probe`, from one\.py"):
        manager.register(make_plugin("@hookimpl\ndef scim_map(): ..."), "two.py")


def test_a_plugin_that_comes_after_the_first_workspace_is_refused(make_plugin):
    manager = PluginManager()
    manager.pipeline("acme", [])
    with pytest.raises(PluginProblem, match="restart"):
        manager.register(make_plugin("@hookimpl\ndef scim_map(): ..."), "late.py")


def test_files_and_packages_of_a_folder_are_loaded(tmp_path: Path):
    (tmp_path / "alpha.py").write_text(GOOD.format(name="alpha"))
    (tmp_path / "_helper.py").write_text("raise RuntimeError")
    (tmp_path / "notes.txt").write_text("nothing")
    (tmp_path / "__pycache__").mkdir(exist_ok=True)
    package = tmp_path / "beta"
    package.mkdir()
    (package / "names.py").write_text("NAME = 'beta'")
    (package / "__init__.py").write_text("from .names import NAME\n" + GOOD.format(name="x").replace("'x'", "NAME"))
    manager = PluginManager.load([tmp_path])
    assert list(manager.infos) == ["alpha", "beta"]
    assert manager.pipeline("acme", [{"name": "beta"}]).map("User", {"id": "u_1"}) == {"seen": "u_1"}


def test_files_of_one_name_in_two_folders_do_not_mix(tmp_path: Path):
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "mapper.py").write_text(GOOD.format(name=folder))
    assert list(PluginManager.load([tmp_path / "one", tmp_path / "two"]).infos) == ["one", "two"]


def test_the_example_plugin_of_twenty_lines_maps():
    manager = PluginManager.load([EXAMPLE])
    pipeline = manager.pipeline("acme", [{"name": "badge", "settings": {"colour": "red"}}])
    assert pipeline.map("User", {"id": "u_1", "displayName": "Ada"}) == {"badge": {"text": "ADA", "colour": "red"}}
    assert pipeline.map("Group", {"id": "g_1", "displayName": "Crew"}) == {}
    assert len((EXAMPLE / "badge_plugin.py").read_text().splitlines()) <= 20


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"alpha.py": "import no_such_module"}, r"alpha\.py: cannot be imported.*no_such_module"),
        ({"alpha.py": "def ("}, r"alpha\.py: cannot be imported.*SyntaxError"),
        ({"alpha.py": ""}, r"alpha\.py: a plugin needs a function scim_plugin_info"),
        ({"alpha/mapper.py": GOOD.format(name="alpha")}, r"alpha: a folder in plugins\.dirs is a plugin and needs"),
        ({"a.py": GOOD.format(name="same"), "b.py": GOOD.format(name="same")}, r"b\.py: .*`same`, from .*a\.py"),
    ],
)
def test_a_folder_with_something_else_is_refused(tmp_path: Path, files, told):
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    with pytest.raises(PluginProblem, match=told):
        PluginManager.load([tmp_path])


def test_a_folder_that_does_not_exist_is_refused(tmp_path: Path):
    with pytest.raises(PluginProblem, match=r"plugins\.dirs: .* is not a folder"):
        PluginManager.load([tmp_path / "nowhere"])


def test_entry_points_are_loaded_and_a_broken_one_is_named(monkeypatch):
    from importlib.metadata import EntryPoint

    points = [EntryPoint(name, f"scimserver_plugins.{name}", "scimserver") for name in ("work_address", "profile")]
    monkeypatch.setattr("scimserver.plugin_loading.entry_points", lambda group: points)
    assert list(PluginManager.load().infos) == ["profile", "work_address"]

    points.append(EntryPoint("gone", "scimserver_plugins.gone", "scimserver"))
    with pytest.raises(PluginProblem, match="`gone` cannot be imported"):
        PluginManager.load()

    points[-1] = EntryPoint("function", "scimserver_plugins.profile:email_of", "scimserver")
    with pytest.raises(PluginProblem, match="must name a module"):
        PluginManager.load()


INFO = """
import sys
from scimserver.hookspecs import PluginInfo, hookimpl

@hookimpl
def scim_plugin_info():
    return PluginInfo("probe")

"""


def as_file(folder: Path, text: str, monkeypatch) -> tuple[list[Path], str]:
    (folder / "probe.py").write_text(text)
    return [folder], str(folder / "probe.py")


def as_package(folder: Path, text: str, monkeypatch) -> tuple[list[Path], str]:
    (folder / "probe").mkdir()
    (folder / "probe" / "__init__.py").write_text(text)
    return [folder], str(folder / "probe")


def as_project(folder: Path, text: str, monkeypatch) -> tuple[list[Path], str]:
    (folder / "pyproject.toml").write_text('[project.entry-points.scimserver]\nprobe = "probe"\n')
    (folder / "probe.py").write_text(text)
    return [folder], str(folder / "probe.py")


def as_entry_point(folder: Path, text: str, monkeypatch) -> tuple[list[Path], str]:
    from importlib.metadata import EntryPoint

    module = f"probe_{abs(hash(text))}"
    (folder / f"{module}.py").write_text(text)
    monkeypatch.syspath_prepend(str(folder))
    point = EntryPoint("probe", module, "scimserver")
    monkeypatch.setattr("scimserver.plugin_loading.entry_points", lambda group: [point])
    return [], f"an installed package ({module})"


@pytest.mark.parametrize("installed", [as_file, as_package, as_project, as_entry_point])
@pytest.mark.parametrize(
    ("text", "cure"),
    [
        ("@hookimpl\ndef scim_map(resource): return {'id': resource['id']}", None),
        ("@hookimpl\ndef scim_mapp(resource): ...", "there is no hook scim_mapp; did you mean scim_map?"),
        ("@hookimpl\ndef scim_startup(): ...\ndef scim_map(resource): ...", "put @hookimpl above it or rename it"),
        ("@hookimpl\ndef scim_map(user): ...", "not `user`; correct the signature"),
        ("@hookimpl\nasync def scim_map(resource): ...", "Take out `async`"),
        ("@hookimpl\ndef scim_map(resource): yield {}", "must not yield; return the result"),
        ("@hookimpl\nasync def scim_after_commit(events): yield 1", "must not yield; return the result"),
        ("@hookimpl\ndef scim_map(resource): ...\nraise RuntimeError('broken')", "cannot be imported"),
        ("@hookimpl\ndef scim_map(resource): ...\nsys.exit(3)", "cannot be imported: SystemExit(3)"),
    ],
)
def test_however_it_is_installed_a_plugin_is_checked_and_the_refusal_names_file_and_cure(
    tmp_path: Path, monkeypatch, installed, text, cure
):
    directories, place = installed(tmp_path, INFO + text, monkeypatch)
    if cure is None:
        manager = PluginManager.load(directories)
        assert manager.pipeline("acme", [{"name": "probe"}]).map("User", {"id": "u_1"}) == {"id": "u_1"}
        return
    with pytest.raises(PluginProblem) as refusal:
        PluginManager.load(directories)
    assert str(refusal.value).startswith(f"{place}: ")
    assert cure in str(refusal.value)


@pytest.mark.parametrize("hook", ["scim_plugin_info", "scim_schema_files", "scim_startup"])
def test_a_plugin_cannot_end_the_start_without_being_named(make_plugin, hook):
    info = "@hookimpl\ndef scim_plugin_info(): return PluginInfo('probe')\n" if hook != "scim_plugin_info" else ""
    source = f"{info}@hookimpl\ndef {hook}(): raise SystemExit(3)\n@hookimpl\ndef scim_map(): ..."

    def start() -> None:
        manager = PluginManager()
        manager.register(make_plugin(source, info=False), "probe.py")
        manager.schema_files()
        manager.startup()

    with pytest.raises(PluginProblem, match=r"probe\.py: .*SystemExit\(3\)"):
        start()
