"""The file of ``docs/howto/workspace-as-code.md`` is one: imported, exported, and described section by section."""

import re
from pathlib import Path

from mongomock_motor import AsyncMongoMockClient

from scimserver.service.application import Application
from scimserver.service.code.form import SECTIONS
from scimserver.service.yaml_text import dump, load
from scimserver.settings import load as load_settings
from scimserver.store.driver import Database

PAGE = (Path(__file__).parents[2] / "docs" / "howto" / "workspace-as-code.md").read_text(encoding="utf-8")
FILE = PAGE.partition("```yaml\n")[2].partition("```")[0]


async def test_the_file_is_imported_and_exported_again_as_it_is_printed() -> None:
    settings = load_settings(None, security={"secret_key": "only-for-tests-" * 4})
    app = Application(settings, Database.wrap(AsyncMongoMockClient(tz_aware=True)["docs"]))
    await app.migrate()
    await app.as_code.import_("larkfield", load(FILE), create=True)
    assert await app.as_code.export_text("larkfield") == FILE
    assert dump(load(FILE)) == FILE


def test_every_section_is_explained_in_its_order() -> None:
    assert tuple(re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)) == SECTIONS


async def test_the_difference_that_is_shown_is_the_real_one() -> None:
    settings = load_settings(None, security={"secret_key": "only-for-tests-" * 4})
    app = Application(settings, Database.wrap(AsyncMongoMockClient(tz_aware=True)["docs"]))
    await app.migrate()
    before = load(FILE) | {"profile": "default"}
    work_address, expressions = before["plugins"]
    before["plugins"] = [{**work_address, "settings": {"prefer": "formatted"}}, expressions]
    await app.as_code.import_("larkfield", before, create=True)
    plan = await app.as_code.plan("larkfield", load(FILE) | {"plugins": [expressions, work_address]})
    shown = PAGE.partition("$ scimserver workspace diff larkfield larkfield.yaml\n")[2].partition("```")[0]
    assert [str(change) for change in plan.changes] == shown.splitlines()
