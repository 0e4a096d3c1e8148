"""``expression evaluate`` and ``functions`` without a database."""

import json

import pytest
from click.testing import CliRunner

from scimserver.cli import main
from scimserver.expressions.functions import FUNCTIONS
from tests.unit.mapping.mappings import INES


def run(*arguments):
    return CliRunner().invoke(main, ["expression", *arguments])


@pytest.fixture
def ines(tmp_path):
    path = tmp_path / "ines.json"
    path.write_text(json.dumps(INES))
    return str(path)


def test_the_value_goes_out_and_what_it_was_made_of_goes_beside(ines):
    done = run("evaluate", 'Join(", ", [surname], [name.givenName])', "--user", ines)
    assert (done.exit_code, done.stdout) == (0, '"Okafor, Ines"\n')
    assert '[surname] = "Okafor"  (name.familyName)\n' in done.stderr
    assert '[name.givenName] = "Ines"\n' in done.stderr


def test_the_type_of_the_field_is_applied(ines):
    assert run("evaluate", "CStr([employeeId])", "--user", ines, "--as", "number").stdout == "40017\n"
    assert run("evaluate", 'CDate("2031-04-02")', "--as", "date").stdout == '"2031-04-02T00:00:00Z"\n'
    assert run("evaluate", "Guid()").exit_code == 0
    refused = run("evaluate", "CStr([surname])", "--user", ines, "--as", "number")
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "Error: the value is no number" in refused.stderr


def test_a_problem_has_a_caret_and_exit_status_1(ines):
    done = run("evaluate", 'Join("", Uper([city]))')
    assert done.exit_code == 1
    assert done.stderr.endswith('(character 10)\n  Join("", Uper([city]))\n           ^\n')
    late = run("evaluate", 'Append("", Mid([surname], 1, Count([nickName])))', "--user", ines, "--json")
    assert json.loads(late.stdout)["problem"] is None
    failed = run("evaluate", "CDate([surname])", "--user", ines, "--json")
    assert failed.exit_code == 1
    assert json.loads(failed.stdout)["problem"]["position"] == 6


def test_an_unknown_attribute_is_a_warning():
    done = run("evaluate", "CStr([givnName])")
    assert (done.exit_code, done.stdout) == (0, "null\n")
    assert "Warning: [givnName] is no attribute here: did you mean [givenName]?" in done.stderr


def test_wrong_usage(tmp_path, ines):
    assert run("evaluate", "Now()", "--type", "Zebra").exit_code == 2
    assert run("evaluate", "Now()", "--id", "u_1").exit_code == 2
    assert run("evaluate", "Now()", "--id", "u_1", "--workspace", "acme", "--user", ines).exit_code == 2
    assert run("evaluate", "Now()", "--user", str(tmp_path / "none.json")).exit_code == 2
    (tmp_path / "list.json").write_text("[]")
    (tmp_path / "bad.json").write_text("{")
    for name in ("list.json", "bad.json"):
        refused = run("evaluate", "Now()", "--user", str(tmp_path / name))
        assert refused.exit_code == 1
        assert name in refused.stderr


def test_functions_are_listed_and_explained():
    listed = json.loads(run("functions", "--json").stdout)
    assert sorted(function["name"] for function in listed) == sorted(FUNCTIONS)
    assert all(function["text"] and function["examples"] for function in listed)
    assert listed[0]["arguments"][0] == {"name": "source", "kind": "text", "required": True}
    one = run("functions", "Left")
    assert one.stdout.startswith("Left(string, numChars)\n\nReturn the first characters")
    assert 'Left([surname], 3)  ->  "Oka"' in one.stdout
    assert "did you mean Left?" in run("functions", "Lefty").stderr
    assert run("functions").stdout.count("\n") == len(FUNCTIONS) + 1
