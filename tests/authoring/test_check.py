"""What `plugin check` finds, each beside the form it accepts."""

import textwrap
from pathlib import Path

import pytest
from scimserver_plugins import expressions

from scimserver.authoring.check import NoPlugin, check
from scimserver.authoring.report import Report

GOOD = """
from datetime import UTC, date, datetime
import random, time, uuid
from scimserver import errors
from scimserver.hookspecs import Finding, PluginInfo, hookimpl

SEEN = []

@hookimpl
def scim_plugin_info():
    return PluginInfo("probe", settings_schema=SETTINGS if "SETTINGS" in globals() else {})
"""


@pytest.fixture
def tried(tmp_path: Path):
    """Return a function: source of the hooks → report."""

    def run(source: str, settings: dict | None = None, **limits: float) -> Report:
        path = tmp_path / "probe.py"
        path.write_text(GOOD + textwrap.dedent(source))
        return check(path, settings, **limits)

    return run


def mapper(body: str, arguments: str = "resource") -> str:
    return f"@hookimpl\ndef scim_map({arguments}):\n{textwrap.indent(textwrap.dedent(body), '    ')}"


def test_a_good_plugin_passes_on_every_resource(tried):
    report = tried(mapper("return {'name': resource.get('displayName')}"))
    assert (report.ok, list(report.problems), report.name) == (True, [], "probe")
    assert report.tried == report.mapped > 250
    assert report.refused == 0
    assert list(report.hooks) == ["scim_plugin_info", "scim_map"]
    assert report.times["scim_map"].calls == report.tried


@pytest.mark.parametrize(
    ("body", "told", "line"),
    [
        ("return {'t': resource['title']}", "scim_map raises KeyError: 'title'", 15),
        ("return {'s': set(resource)}", "`s` is a set, which MongoDB cannot store", 12),
        ("return {k: 1 for k in resource}", "has a field named", 12),
        ("return {'t': 'x' * 2_000_000}", "is larger than 1048576 bytes", 12),
        ("return ['t']", "is a list; expected a mapping", 12),
        ("resource.pop('userName', 0); return {'a': 1}", "changes the resource it is given", 12),
        ("SEEN.append(1); return {'n': len(SEEN)}", "makes two documents of one resource", 12),
        ("return {'order': list({*resource, 'a', 'b', 'c', 'd', 'e', 'f'})}", "makes another `order` in another process", 12),
        ("return {'day': datetime.now(UTC).year}", "reads the clock", 15),
        ("return {'day': date.today().isoformat()}", "reads the clock", 15),
        ("time.time(); return {'a': 1}", "reads the clock", 15),
        ("random.random(); return {'a': 1}", "draws at random", 15),
        ("uuid.uuid4(); return {'a': 1}", "draws at random", 15),
        ("open(__file__).close(); return {'a': 1}", "opens a file", 15),
        ("print(resource['id']); return {'a': 1}", "prints", 15),
        ("raise errors.InvalidValue('no')", "to refuse a resource, raise it in scim_validate", 15),
        ("raise SystemExit", "scim_map raises SystemExit", 15),
    ],
)  # fmt: skip
def test_a_mapper_that_breaks_a_rule_is_told_where_and_on_what(tried, body, told, line):
    report = tried(mapper("x = 1\n" + body))
    assert not report.ok
    (problem, *_) = [p for p in report.errors if told in p.text]
    assert problem.place.endswith(f"probe.py:{line}")
    assert problem.sample
    assert problem.count >= 1


def test_what_a_mapper_may_do_is_not_told(tried):
    report = tried(
        mapper("""
        import json
        from zoneinfo import ZoneInfo
        time.monotonic()
        born = datetime(2000, 1, 1, tzinfo=ZoneInfo("Europe/Oslo"))
        return {"born": born, "names": sorted({*resource}) and json.dumps(sorted(resource)), "day": date(2026, 1, 2).isoformat()}
        """)
    )
    assert report.ok, report.problems


def test_the_document_and_what_is_stored_must_stay_as_they_are(tried):
    changed = tried(
        mapper("document['made_before']['by'].append('me') if document else 0\nreturn {'a': 1}", "document")
    )
    assert any("changes the document" in p.text for p in changed.errors)
    counting = tried(mapper("return {'n': (stored or {}).get('n', 0) + 1}", "stored"))
    assert any("a re-map would change it each time" in p.text for p in counting.errors)
    kept = tried(mapper("return {'n': (stored or {}).get('n') or resource['id']}", "resource, stored"))
    assert kept.ok, kept.problems


def test_a_loop_without_end_is_reported_with_its_line(tried):
    report = tried(mapper("x = 1\nwhile resource.get('title'):\n    x += 1\nreturn {'a': 1}"), call_seconds=0.5)
    (problem,) = report.errors
    assert "did not come back within 0.5 s" in problem.text
    assert problem.place.rpartition(":")[2] in ("15", "16")
    assert ".json: " in problem.sample


def test_a_regular_expression_that_runs_away_is_reported(tried):
    report = tried(mapper("import re\nre.match('(a+)+$', 'a' * 40 + 'b')\nreturn {'a': 1}"), call_seconds=0.5)
    assert "backtracks" in report.errors[0].text


def test_a_plugin_that_hangs_when_it_is_imported_is_reported(tried):
    assert "did not come back" in tried("while True: pass\n" + mapper("return {}"), call_seconds=0.5).errors[0].text


def test_a_plugin_that_ends_the_process_is_reported(tried):
    report = tried("import os\n" + mapper("os._exit(3)"))
    assert "ended the process" in report.errors[0].text


def test_a_check_that_takes_too_long_is_stopped(tried):
    report = tried("import time as t\n" + mapper("t.sleep(0.2)"), total_seconds=1.5)
    assert "took more than 1.5 s" in report.errors[0].text


def test_a_slow_mapper_is_warned_of_with_its_sample(tried):
    report = tried(
        mapper(
            "n = sum(range(4_000_000)) if 'very' in resource.get('title', '') or len(resource.get('title', '')) > 999 else 0\nreturn {'n': n}"
        )
    )
    assert report.ok
    assert [p.sample for p in report.warnings if "more than 50 ms" in p.text] == ["User with very long texts"]


@pytest.mark.parametrize(
    ("source", "told", "line"),
    [
        ("@hookimpl\nasync def scim_map(resource): ...", "scim_map must be a plain function", 13),
        ("@hookimpl\ndef scim_mapp(resource): ...", "did you mean scim_map", 13),
        ("def scim_map(resource): ...", "put @hookimpl above it", 12),
        ("@hookimpl\ndef frobnicate(): ...", "there is no hook frobnicate", 13),
        ("@hookimpl\ndef scim_map(user): ...", "not `user`", 13),
        ("import no_such_module", "cannot be imported", 12),
        ("def (", "cannot be imported", 12),
        ("SETTINGS = {'properties': {'a': {'type': 'number', 'default': 'x'}}}\n@hookimpl\ndef scim_map(): ...", "a default in settings_schema does not fit", None),
        ("SETTINGS = {'properties': {'a': {'type': 'nummer'}}}\n@hookimpl\ndef scim_map(): ...", "is not a JSON Schema", None),
        ("@hookimpl\ndef scim_schema_files(): return ['/nowhere.json']", "does not exist", None),
        ("@hookimpl\ndef scim_check_settings(context): return [Finding('error', 'a', 'too small.')]\n@hookimpl\ndef scim_map(): ...", "probe.a: too small.", None),
    ],
)  # fmt: skip
def test_what_the_server_would_refuse_is_refused(tried, source, told, line):
    (problem,) = tried(source).errors
    assert told in problem.text
    assert line is None or problem.place.endswith(f"probe.py:{line}")


def test_settings_are_tried_and_their_lack_is_told(tried):
    source = """
    SETTINGS = {"properties": {"field": {"type": "string", "description": "Name."}}, "required": ["field"]}
    @hookimpl
    def scim_map(context, resource):
        return {context.settings["field"]: 1}
    """
    assert "give them with --settings" in tried(source).errors[0].text
    assert tried(source, {"field": "a"}).ok
    assert "do not fit" in tried(source, {"field": 1}).errors[0].text
    assert "has a field named '$a'" in tried(source, {"field": "$a"}).errors[0].text


def test_a_refusal_is_fine_and_one_that_quotes_the_person_is_warned_of(tried):
    fine = tried(
        "@hookimpl\ndef scim_validate(resource):\n    if 'title' not in resource: raise errors.InvalidValue('`title` is missing: map it.')\n"
        + mapper("return {'t': resource['title']}")
    )
    assert fine.ok, fine.problems
    assert 0 < fine.refused < fine.tried
    quoting = tried("@hookimpl\ndef scim_validate(resource): raise errors.InvalidValue(f'{resource}')")
    assert quoting.ok
    assert any("quotes a value of the person" in p.text for p in quoting.warnings)
    assert any("refuses every resource" in p.text for p in quoting.warnings)


@pytest.mark.parametrize("hook", ["scim_validate", "scim_before_delete"])
def test_a_hook_that_refuses_with_something_else_is_told(tried, hook):
    report = tried(f"@hookimpl\ndef {hook}(resource): raise ValueError('no')")
    assert any(f"{hook} raises ValueError: no" in p.text for p in report.errors)
    report = tried(f"@hookimpl\ndef {hook}(resource): raise errors.Unauthorized('no')")
    assert any("but not Unauthorized" in p.text for p in report.errors)


def test_a_path_that_is_no_plugin_is_refused(tmp_path: Path):
    (tmp_path / "notes.txt").write_text("")
    (tmp_path / "folder").mkdir()
    for path in (tmp_path / "notes.txt", tmp_path / "folder", tmp_path / "nowhere"):
        with pytest.raises(NoPlugin):
            check(path)


def test_the_author_s_folder_stays_as_it_was(tried, tmp_path: Path):
    tried(mapper("return {}"))
    assert [path.name for path in tmp_path.rglob("*")] == ["probe.py"]


@pytest.mark.parametrize(
    ("field", "ok"),
    [
        ({"expression": 'Join(" ", [name.givenName], [name.familyName])'}, True),
        ({"expression": "Guid()", "apply": "create"}, False),
    ],
)
def test_the_shipped_expressions_pass_unless_one_draws_at_random(field, ok):
    report = check(Path(expressions.__file__).parent, {"fields": {"User": {"shown": field}}})
    assert report.ok is ok
    assert ok or any("makes two documents" in problem.text for problem in report.errors)
