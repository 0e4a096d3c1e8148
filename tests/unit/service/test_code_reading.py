"""What a workspace's document may say, and how it is told what is wrong with it."""

from typing import Any

import pytest

from scimserver.service.code.form import Code
from scimserver.service.code.reading import Problem, read

GOOD: dict[str, Any] = {
    "version": 1,
    "profile": "entra",
    "switches": {"tolerate": {"boolean-as-string": False}, "behaviour": {"hide-password": True}},
    "limits": {"concurrency": 32},
    "plugins": [{"name": "work_address", "settings": {"prefer": "parts"}}, {"name": "profile"}],
    "schemas": [{"$id": "urn:larkfield:2.0:User", "title": "Larkfield", "properties": {}}],
}
EMPTY: dict[str, Any] = {
    "version": 1,
    "profile": "default",
    "switches": {},
    "limits": {},
    "plugins": [],
    "schemas": [],
}


def problems(**changes: Any) -> list[str]:
    return [str(problem) for problem in read({**GOOD, **changes})[1]]


def test_a_document_is_read_into_the_fields_of_the_record() -> None:
    assert read(GOOD) == (
        Code(
            profile="entra",
            switches={"boolean-as-string": False, "hide-password": True},
            limits={"concurrency": 32},
            plugins=[{"name": "work_address", "settings": {"prefer": "parts"}}, {"name": "profile", "settings": {}}],
            schemas=[{"$id": "urn:larkfield:2.0:User", "title": "Larkfield", "properties": {}}],
        ),
        [],
    )


def test_names_of_settings_may_have_dots() -> None:
    settings = {"fields": {"User": {"card.email": {"attribute": "emails.value"}}}}
    code, problems = read({**GOOD, "plugins": [{"name": "expressions", "settings": settings}]})
    assert (code.plugins, problems) == ([{"name": "expressions", "settings": settings}], [])


def test_sections_may_be_empty() -> None:
    assert read(EMPTY) == (Code(profile="default", plugins=[], schemas=[]), [])


@pytest.mark.parametrize("document", [None, [], "text", 1, True])
def test_what_is_no_document_is_refused(document: Any) -> None:
    assert [p.place for p in read(document)[1]] == [""]


@pytest.mark.parametrize("section", ["switches", "limits", "plugins", "schemas"])
def test_a_forgotten_section_is_refused_with_the_way_to_write_none(section: str) -> None:
    left = {name: value for name, value in GOOD.items() if name != section}
    (problem,) = read(left)[1]
    assert problem.place == section
    assert f"for none write `{section}: " in problem.text


@pytest.mark.parametrize("section", ["version", "profile"])
def test_a_forgotten_value_is_refused(section: str) -> None:
    assert [p.place for p in read({name: value for name, value in GOOD.items() if name != section})[1]] == [section]


@pytest.mark.parametrize("version", [0, 2, "1", True, None, 1.5])
def test_another_version_is_refused_and_nothing_else_is_judged(version: Any) -> None:
    assert [p.place for p in read({**GOOD, "version": version, "colour": 1})[1]] == ["version"]


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"plugin": []}, "plugin: there is no such name; did you mean `plugins`?"),
        (
            {"colour": "teal"},
            "colour: there is no such name; there are version, profile, switches, limits, plugins, schemas.",
        ),
        ({"name": "larkfield"}, "name: a workspace is named beside its document"),
        ({"profile": None}, "profile: must be a text."),
        ({"profile": ["entra"]}, "profile: must be a text."),
        ({"profile": ""}, "profile: must be the name of a profile; `default` is for any identity provider."),
        ({"switches": []}, "switches: must be names with values."),
        ({"switches": {"tolerates": {}}}, "switches.tolerates: there is no such name; did you mean `tolerate`?"),
        ({"switches": {"tolerate": ["boolean-as-string"]}}, "switches.tolerate: must be names with values."),
        (
            {"switches": {"tolerate": {"boolean-as-sting": True}}},
            "switches.tolerate.boolean-as-sting: there is no such name; did you mean `boolean-as-string`?",
        ),
        (
            {"switches": {"behaviour": {"boolean-as-string": True}}},
            "switches.behaviour.boolean-as-string: there is no such name; there are unique-group-names",
        ),
        ({"switches": {"tolerate": {"boolean-as-string": "on"}}}, "switches.tolerate.boolean-as-string: must be true"),
        ({"switches": {"behaviour": {"hide-password": 1}}}, "switches.behaviour.hide-password: must be true or false"),
        ({"limits": None}, "limits: must be names with values."),
        ({"limits": {"concurency": 1}}, "limits.concurency: there is no such name; did you mean `concurrency`?"),
        ({"limits": {"concurrency": 0}}, "limits.concurrency: must be a whole number from 1 to 999999."),
        ({"limits": {"concurrency": 1_000_000}}, "limits.concurrency: must be a whole number"),
        ({"limits": {"concurrency": True}}, "limits.concurrency: must be a whole number"),
        ({"limits": {"concurrency": "8"}}, "limits.concurrency: must be a whole number"),
        ({"limits": {"concurrency": 8.0}}, "limits.concurrency: must be a whole number"),
        ({"plugins": {}}, "plugins: must be a list."),
        ({"schemas": {}}, "schemas: must be a list."),
        ({"schemas": ["urn:x"]}, "schemas[0]: must be a schema"),
        ({"schemas": [{"title": "x"}]}, "schemas[0]: must be a schema"),
        ({"schemas": [{"endpoint": "/X"}]}, "schemas[0]: must be a schema"),
        ({"plugins": ["profile"]}, "plugins[0]: must have a `name`"),
        ({"plugins": [{"settings": {}}]}, "plugins[0]: must have a `name`"),
        ({"plugins": [{"name": 1}]}, "plugins[0]: must have a `name`"),
        ({"plugins": [{"name": "profile", "setting": {}}]}, "plugins[0].setting: there is no such name; did you mean"),
        ({"plugins": [{"name": "profile", "settings": []}]}, "plugins[0].settings: must be names with values."),
        ({"plugins": [{"name": "profile"}, {"name": "profile"}]}, "plugins[1]: the plugin `profile` is listed twice"),
        (
            {"plugins": [{"name": "profile", "settings": {"fields": {"$b": 1}}}]},
            "plugins[0].settings.fields: has a field named '$b'",
        ),
        (
            {"plugins": [{"name": "p", "settings": {"card.email": {"$b": 1}}}]},
            "plugins[0].settings.card.email: has a field named '$b'",
        ),
        ({"plugins": [{"name": "p", "settings": {"n": [2**63]}}]}, "plugins[0].settings.n.0: does not fit 64 bits"),
        ({"plugins": [{"name": "p", "settings": {"n": float("nan")}}]}, "plugins[0].settings.n: is not a finite"),
    ],
)
def test_a_fault_is_named_with_its_place(changes: dict[str, Any], text: str) -> None:
    (problem,) = problems(**changes)
    assert problem.startswith(text)


def test_every_fault_is_named_at_once() -> None:
    found = read({**GOOD, "limit": {}, "profile": 1, "limits": {"concurrency": 0}, "plugins": [{}]})[1]
    assert [p.place for p in found] == ["limit", "profile", "limits.concurrency", "plugins[0]"]


@pytest.mark.parametrize("levels", [100, 101, 10_000])
def test_no_document_is_too_deep_to_be_refused(levels: int) -> None:
    value: Any = []
    for _ in range(levels - 5):
        value = [value]
    found = problems(plugins=[{"name": "profile", "settings": {"x": value}}])
    assert len(found) == 1
    assert ("nested more than 100 deep" in found[0]) == (levels > 100)


def test_a_problem_of_the_whole_document_has_no_place() -> None:
    assert str(Problem("", "is wrong.")) == "is wrong."
