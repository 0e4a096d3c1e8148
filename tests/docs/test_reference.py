"""The reference pages say what the code does."""

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

from scimserver.schema.catalogue import load_schemas
from scimserver.store.documents import Document, now

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"


def load_generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_generate", DOCS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


generate = load_generator()
COMMANDS = list(generate.walk(generate.root_context()))


@pytest.mark.parametrize("page", generate.PAGES)
def test_generated_page_is_what_the_code_says(page: str) -> None:
    assert (DOCS / "reference" / page).read_text(encoding="utf-8") == generate.PAGES[page](), "run `make docs`"


@pytest.mark.parametrize("context", COMMANDS, ids=lambda c: c.command_path)
def test_command_help_has_an_example_and_its_own_name_in_it(context) -> None:
    assert f"Example: {context.command_path}" in context.get_help()


@pytest.mark.parametrize("context", COMMANDS, ids=lambda c: c.command_path)
def test_command_can_speak_json_unless_it_serves(context) -> None:
    options = {option for parameter in context.command.params for option in parameter.opts}
    assert "--json" in options or context.info_name == "serve"
    assert "--debug" in options


def test_commands_in_the_documents_exist() -> None:
    known = {context.command_path for context in COMMANDS}
    for page in [ROOT / "README.md", *DOCS.rglob("*.md")]:
        for line in re.findall(r"^(?:SCIM\S+ )?(scimserver [a-z].*)$", page.read_text(encoding="utf-8"), re.MULTILINE):
            words = line.split()
            assert " ".join(words[:2]) in known or " ".join(words[:3]) in known, f"{page.name}: {line}"


def test_links_between_the_documents_lead_somewhere() -> None:
    for page in [ROOT / "README.md", *DOCS.rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_documents_page_names_every_stored_field() -> None:
    user = load_schemas().resource_type("User")
    moment = now()
    stored = Document("u_1", "ws_1", 1, 0, "User", {"userName": "ines"}, {}, "m", moment, moment).to_bson(user)
    page = (DOCS / "reference" / "documents.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`([a-z_]+)`", page))
    assert stored.keys() - named == set()


def test_documents_page_names_every_field_of_the_card() -> None:
    from scimserver_plugins import profile

    page = (DOCS / "reference" / "documents.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`([a-z_]+)`", page))
    fields = {*profile._CORE, *profile._NAME, *profile._ENTERPRISE, "email", "emails", "phones", "manager_id", "active"}
    assert fields - named == set()


def test_metrics_page_lists_every_metric_and_label_of_the_registry() -> None:
    from scimserver.metrics import Metrics

    page = (DOCS / "reference" / "metrics.md").read_text(encoding="utf-8")
    metrics = Metrics()
    metrics.hook("badge", "scim_map")
    metrics.request("GET", 200, 0.1)
    families = list(metrics.registry.collect())
    assert len(families) >= 8
    for family in families:
        name = f"{family.name}_total" if family.type == "counter" else family.name
        assert f"| `{name}` | {family.type} |" in page
        assert family.documentation in page
        for label in {label for sample in family.samples for label in sample.labels} - {"le"}:
            assert f"| `{label}` |" in page, f"{name}: {label}"


def test_metrics_in_the_documents_exist() -> None:
    from scimserver.metrics import Metrics

    known = {f"{f.name}_total" if f.type == "counter" else f.name for f in Metrics().registry.collect()}
    for page in [ROOT / "README.md", *DOCS.rglob("*.md")]:
        text = page.read_text(encoding="utf-8")
        for name in re.findall(r"\bscimserver_(?:plugin|request)s?_\w+", text):
            if not name.startswith("scimserver_plugins"):
                assert name in known, f"{page.name}: {name}"


def test_provisioning_log_page_names_every_field_of_an_entry() -> None:
    from dataclasses import fields

    from scimserver.service.requests import Entry

    page = (DOCS / "reference" / "provisioning-log.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`([a-z_]+)`", page))
    assert {field.name for field in fields(Entry)} - named == set()
