"""``workspace export|diff|import`` on a database: output for people and machines, exit status, files and pipes."""

import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import structlog
from click.testing import CliRunner, Result

from scimserver.cli import main
from scimserver.service.yaml_text import load
from scimserver.store.documents import new_id
from scimserver.store.embedded import EmbeddedDatabase

Run = Callable[..., Result]
EMPTY = "version: 1\nprofile: default\nswitches: {}\nlimits: {}\nplugins: []\nschemas: []\n"


@pytest.fixture
def run(engine: EmbeddedDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Run a command of the group ``workspace`` on a database of its own, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SCIMSERVER_DATABASE__NAME", f"commands_{new_id('x')[2:]}")
    handlers, level, before = logging.root.handlers, logging.root.level, structlog.get_config()

    def command(*arguments: str, stdin: str | bytes | None = None) -> Result:
        return CliRunner().invoke(main, ["workspace", *arguments, "--database", engine.url], input=stdin)

    assert CliRunner().invoke(main, ["migrate", "--database", engine.url]).exit_code == 0
    assert command("create", "larkfield", "--no-token").exit_code == 0
    yield command
    logging.root.handlers, logging.root.level = handlers, level
    structlog.configure(**before)


def revision(run: Run) -> int:
    return int(json.loads(run("show", "larkfield", "--json").stdout)["revision"])


def test_an_export_goes_to_standard_output_or_a_file(run: Run) -> None:
    printed = run("export", "larkfield")
    assert (printed.exit_code, printed.stderr) == (0, "")
    assert load(printed.stdout)["plugins"] == [{"name": "work_address"}, {"name": "profile"}]
    assert run("export", "larkfield", "--output", "-").stdout == printed.stdout
    done = run("export", "larkfield", "--output", "larkfield.yaml")
    assert (done.exit_code, done.stdout) == (0, "Workspace larkfield is written to larkfield.yaml.\n")
    assert Path("larkfield.yaml").read_text() == printed.stdout
    assert json.loads(run("export", "larkfield", "--json").stdout) == load(printed.stdout)
    run("export", "larkfield", "--json", "--output", "larkfield.json")
    assert json.loads(Path("larkfield.json").read_text()) == load(printed.stdout)


def test_a_workspace_that_is_not_there_is_one_line(run: Run) -> None:
    Path("file.yaml").write_text(EMPTY)
    for command in (("export", "nobody"), ("diff", "nobody", "file.yaml"), ("import", "nobody", "file.yaml")):
        done = run(*command)
        assert (done.exit_code, done.stdout) == (1, "")
        assert done.stderr.startswith("Error: There is no workspace `nobody`") and done.stderr.count("\n") == 1


def test_a_file_that_is_not_there_is_wrong_usage(run: Run) -> None:
    assert run("diff", "larkfield", "missing.yaml").exit_code == 2
    assert run("import", "larkfield", "missing.yaml").exit_code == 2


def test_no_difference_is_status_0(run: Run) -> None:
    run("export", "larkfield", "--output", "larkfield.yaml")
    done = run("diff", "larkfield", "larkfield.yaml")
    assert (done.exit_code, done.stdout) == (0, "Workspace larkfield is as larkfield.yaml says.\n")
    as_text = run("diff", "larkfield", "larkfield.yaml", "--text")
    assert (as_text.exit_code, as_text.stdout) == (0, "")
    as_json = run("diff", "larkfield", "larkfield.yaml", "--json")
    assert (as_json.exit_code, json.loads(as_json.stdout)) == (0, {"changes": [], "warnings": [], "stale": False})


def test_differences_are_status_1_and_change_nothing(run: Run) -> None:
    text = run("export", "larkfield").stdout.replace("profile: default", "profile: entra")
    Path("new.yaml").write_text(text.replace("work_address", "work_address\n    settings: {prefer: parts}"))
    done = run("diff", "larkfield", "new.yaml")
    assert done.exit_code == 1
    assert done.stdout == 'profile: "default" → "entra"\nplugins[0].settings.prefer: added, "parts"\n'
    assert "until `scimserver remap larkfield`" in done.stderr
    as_text = run("diff", "larkfield", "new.yaml", "--text")
    assert as_text.exit_code == 1
    assert as_text.stdout.startswith("--- larkfield\n+++ new.yaml\n@@")
    assert {"-profile: default", "+profile: entra", "+      prefer: parts"} <= {*as_text.stdout.splitlines()}
    as_json = run("diff", "larkfield", "new.yaml", "--json")
    assert as_json.exit_code == 1
    assert json.loads(as_json.stdout)["changes"][0] == {
        "path": "profile", "kind": "changed", "old": "default", "new": "entra",
    }  # fmt: skip
    assert revision(run) == 1


def test_an_import_sets_everything_and_the_next_one_nothing(run: Run) -> None:
    Path("new.yaml").write_text(EMPTY.replace("default", "okta"))
    dry = run("import", "larkfield", "new.yaml", "--dry-run")
    assert (dry.exit_code, dry.stdout.splitlines()[-1]) == (0, "Workspace larkfield would be changed: 3 changes.")
    assert revision(run) == 1
    done = run("import", "larkfield", "new.yaml")
    assert (done.exit_code, done.stdout.splitlines()[-1]) == (0, "Workspace larkfield is changed: 3 changes.")
    assert revision(run) == 2
    again = run("import", "larkfield", "new.yaml")
    assert (again.exit_code, again.stdout) == (0, "Workspace larkfield is as new.yaml says; nothing was changed.\n")
    assert revision(run) == 2
    assert run("diff", "larkfield", "new.yaml").exit_code == 0


def test_one_workspace_is_piped_into_another(run: Run) -> None:
    run("set", "larkfield", "plugins=profile", "limits.concurrency=5")
    text = run("export", "larkfield").stdout
    refused = run("import", "trial", "-", stdin=text)
    assert (refused.exit_code, "There is no workspace `trial`" in refused.stderr) == (1, True)
    dry = run("import", "trial", "-", "--create", "--dry-run", "--json", stdin=text)
    assert (json.loads(dry.stdout)["created"], json.loads(dry.stdout)["dry_run"]) == (True, True)
    assert run("show", "trial").exit_code == 1
    done = run("import", "trial", "-", "--create", stdin=text)
    assert done.stdout == "Workspace trial is created.\nIt has no Secret Token yet: scimserver token create trial\n"
    assert run("export", "trial").stdout == text
    assert run("diff", "trial", "-", stdin=text).exit_code == 0


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        (b"version: 1\nprofile: [", ["Error: bad.yaml: line 2, column 11:"]),
        (b"\xff\xfe", ["Error: bad.yaml: the text is not UTF-8"]),
        (b"", ["Error: the document must have the sections"]),
        (EMPTY.replace("default", "entre").encode(), ["Error: profile: there is no `entre`; did you mean `entra`?"]),
        (
            EMPTY.replace("limits: {}", "limit: {}").encode(),
            ["Error: 2 problems, nothing is changed:", "limit: there is no such name", "limits: is missing"],
        ),
    ],
)
def test_a_bad_file_is_refused_in_words_and_changes_nothing(run: Run, content: bytes, lines: list[str]) -> None:
    Path("bad.yaml").write_bytes(content)
    for command in ("import", "diff"):
        done = run(command, "larkfield", "bad.yaml")
        assert (done.exit_code, done.stdout) == (1, "")
        found = done.stderr.splitlines()
        assert len(found) == len(lines)
        assert all(seen.startswith(line) for seen, line in zip(found, lines, strict=True)), found
    assert revision(run) == 1


def test_an_imported_schema_obeys_the_rules_for_published_ones(run: Run) -> None:
    urn = "urn:ietf:params:scim:schemas:extension:larkfield:2.0:User"
    scim = {"mutability": "readWrite", "returned": "default", "uniqueness": "none"}
    node = {"description": "Berth.", "type": "integer", "scim": scim}
    schema = {"$id": urn, "title": "L", "description": "L.", "type": "object", "properties": {"berth": node}}
    document = {**load(EMPTY), "schemas": [schema]}
    assert run("import", "larkfield", "-", stdin=json.dumps(document)).exit_code == 0
    assert urn in run("show", "larkfield", "--json").stdout
    node["type"] = "boolean"
    refused = run("import", "larkfield", "-", stdin=json.dumps(document))
    assert refused.exit_code == 1
    assert refused.stderr.startswith("Error: schemas: ") and "berth" in refused.stderr
    assert run("import", "larkfield", "-", stdin=EMPTY).exit_code == 0
    back = run("import", "larkfield", "-", stdin=json.dumps(document))
    assert (back.exit_code, "berth" in back.stderr) == (1, True), "what was published stays known"
