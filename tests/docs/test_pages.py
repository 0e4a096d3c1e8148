"""Every hook, setting, error and link of the documents."""

import ast
import inspect
import re
from pathlib import Path

import pytest

from scimserver import errors, hookspecs
from scimserver.plugins import HOOKS, PluginManager
from scimserver.schema.catalogue import load_schemas
from scimserver.settings import Settings
from scimserver.testing import map_resource
from tests.docs.test_first_mapper import FILES
from tests.docs.test_reference import DOCS, ROOT, generate

PAGES = [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]
CODE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")


def reference(page: str) -> str:
    return (DOCS / "reference" / page).read_text(encoding="utf-8")


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def source_signature(hook: object) -> str:
    """Return the signature as the source file has it, read without any help of the generator."""
    function = ast.parse(inspect.getsource(hook)).body[0]
    assert isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
    assert function.returns is not None
    kind = "async " if isinstance(function, ast.AsyncFunctionDef) else ""
    return f"{kind}{function.name}({ast.unparse(function.args)}) -> {ast.unparse(function.returns)}"


@pytest.mark.parametrize("hook", HOOKS)
def test_hook_has_a_heading_with_its_exact_signature(hook: str) -> None:
    assert f"\n## `{source_signature(getattr(hookspecs, hook))}`\n" in reference("hooks.md")


def test_every_hook_that_plugins_may_have_is_specified() -> None:
    specified = {name for name, hook in vars(hookspecs).items() if hasattr(hook, "scimserver_spec")}
    assert specified == set(HOOKS)


def test_hooks_page_has_no_markup_of_docstrings() -> None:
    prose = CODE.sub("", reference("hooks.md"))
    assert "``" not in prose
    assert not re.search(r":\w+:`", prose)


def test_every_setting_is_in_the_default_configuration_and_the_other_way_round() -> None:
    # That their defaults agree is told by tests/unit/cli/test_settings.py.
    settings = {f"{section}.{name}" for section, values in Settings().model_dump().items() for name in values}
    assert {name for name, _ in generate.setting_comments()} == settings


def test_every_attribute_of_a_schema_has_a_row() -> None:
    page = reference("attributes.md")
    for schema in load_schemas().schemas:
        rows = page.split(f"`{schema.id}`: ")[1].split("\n## ")[0]
        for attribute in schema.attributes:
            for name in (attribute.name, *(f"{attribute.name}.{sub.name}" for sub in attribute.sub_attributes)):
                assert f"\n| `{name}` |" in rows, f"{schema.id}:{name}"


def test_every_error_class_has_a_row() -> None:
    page = reference("errors.md")
    for name, kind in inspect.getmembers(errors, lambda e: inspect.isclass(e) and issubclass(e, errors.ScimError)):
        assert f"`{name}`" in page
        if kind.__dict__.get("scim_type"):
            assert f"| {kind.status} | {kind.scim_type} | `{name}` |" in page


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_link_leads_to_a_file_and_to_a_heading_in_it(page: Path) -> None:
    for target in LINK.findall(CODE.sub("", page.read_text(encoding="utf-8"))):
        if "://" in target:
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), target
        assert file.is_relative_to(ROOT), target
        if anchor:
            assert anchor in anchors(file), target


def anchors(page: Path) -> set[str]:
    """Return the anchors of the headings, as code hosts make them."""
    headings = re.findall(r"^#+ (.+)$", CODE.sub("", page.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def test_every_page_is_in_the_index() -> None:
    index = DOCS / "README.md"
    linked = {(DOCS / target.partition("#")[0]).resolve() for target in LINK.findall(index.read_text(encoding="utf-8"))}
    assert [name_of(page) for page in DOCS.rglob("*.md") if page not in {*linked, index}] == []


def python_blocks(page: Path) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```$", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def test_the_plugin_test_of_the_how_to_passes_on_the_plugin_of_the_readme(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "docs_badge.py").write_text(FILES["badge/badge/__init__.py"], encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    assert "badge" in PluginManager.load([tmp_path]).infos
    (example,) = python_blocks(DOCS / "howto" / "write-a-plugin.md")
    scope: dict[str, object] = {}
    exec(example.replace("import badge", "import docs_badge as badge"), scope)
    tests = [test for name, test in scope.items() if name.startswith("test_")]
    assert len(tests) == 3
    for test in tests:
        assert callable(test)
        test()


def test_shipped_plugins_map_the_user_of_the_readme_as_it_prints() -> None:
    address = {"type": "work", "streetAddress": "14 Harbour Row", "locality": "Leith", "postalCode": "EH6 6QQ"}
    made = map_resource("scimserver_plugins.work_address", {"userName": "ines", "addresses": [address]})
    assert f"work_address: {made['work_address']}\n" in (ROOT / "README.md").read_text(encoding="utf-8")
