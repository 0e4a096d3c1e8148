"""What the plugin ``expressions`` says of settings before they are saved."""

import json
from importlib.resources import files

import pytest
import scimserver_plugins.expressions as plugin

from scimserver.mapping.checks import findings
from scimserver.plugins import PluginManager, PluginProblem
from tests.unit.mapping.mappings import ATTRIBUTES, ENTERPRISE, settings


def told(chosen):
    return [(f.level, f.place, f.text) for f in findings(chosen, ATTRIBUTES)]


def of(**rule):
    return told(settings(x=rule))


@pytest.fixture
def manager():
    manager = PluginManager()
    manager.register(plugin, "expressions")
    return manager


def check(manager, chosen):
    return manager.check_settings("acme", [{"name": "expressions", "settings": chosen}], ATTRIBUTES)


@pytest.mark.parametrize(
    "rule",
    [
        {"expression": 'Join(" ", [givenName], [name.familyName], [app.anything])'},
        {"attribute": "emails", "type": "list"},
        {"attribute": 'emails[type eq "work" and primary eq true].value'},
        {"attribute": f"{ENTERPRISE}:manager.value"},
        {"attribute": f"{ENTERPRISE}:manager"},
        {"attribute": "urn:ietf:params:scim:schemas:core:2.0:User:userName"},
        {"expression": "AppRoleAssignments([appRoleAssignments])", "type": "list"},
        {"expression": "Guid()", "apply": "create"},
        {"expression": 'FormatDateTime([title], , "yyyy-MM-dd", "d")'},
        {"expression": 'FormatDateTime([title], "NoCurrentDateDefault", "HH:mm", "t")'},
        {"expression": 'FormatDateTime([title], , "HH:mm", "t")', "apply": "create"},
        {"expression": "Redact([employeeId])", "type": "number", "default": 0},
        {"expression": "IsPresent([mail])", "type": "boolean", "default": None},
    ],
)
def test_good_settings_have_no_finding(rule, manager):
    assert of(**rule) == []
    assert check(manager, settings(x=rule)) == []


def test_a_syntax_error_is_shown_with_place_and_caret(manager):
    ((level, place, text),) = of(expression='Join("", Uper([city]))')
    assert (level, place) == ("error", "fields.User.x.expression")
    assert (
        text
        == 'there is no function Uper: did you mean ToUpper? (character 10)\n  Join("", Uper([city]))\n           ^'
    )
    with pytest.raises(PluginProblem, match=r"expressions\.fields\.User\.x\.expression: there is no function Uper"):
        check(manager, settings(x={"expression": 'Join("", Uper([city]))'}))


def test_a_bare_attribute_is_told_where_to_go():
    ((_, _, text),) = of(expression="[title]")
    assert 'write "attribute": "…" in place of "expression"' in text


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("givnName", "[givnName] is no attribute here: did you mean [givenName]?"),
        ("name.givnName", "did you mean [name.givenName]?"),
        ("departmnt", "did you mean [department]?"),
        ("employeeNumber", f"did you mean [{ENTERPRISE}:employeeNumber]?"),
        ("qqqqqq", "[qqqqqq] is no attribute here: it is always null"),
        ("urn:example:2.0:User:badge", "is no attribute here"),
        ('emails[typ eq "work"].value', "selects by typ, which emails has not"),
        ('emails[type eq "work"].valu', "did you mean [emails.value]?"),
        ("name", "has parts and no value of its own: name one of them, such as name.formatted"),
        ("addresses", "has parts and no value of its own"),
        ("meta.created", "is not there when a document is made"),
        ("groups", "is not there when a document is made"),
        ("emails[", "is no path"),
    ],
)
def test_an_attribute_that_is_never_there_is_a_warning(name, said, manager):
    ((level, place, text),) = of(attribute=name)
    assert (level, place) == ("warning", "fields.User.x.attribute")
    assert said in text
    (warning,) = check(manager, settings(x={"attribute": name}))
    assert warning.startswith("expressions.fields.User.x.attribute: ")


def test_an_unknown_attribute_of_an_expression_is_shown_at_its_place():
    ((level, _, text),) = of(expression='Join("", [userName], [givnName])')
    assert level == "warning"
    assert text.split("\n")[2].index("^") == 2 + len('Join("", [userName], ')


def test_the_attributes_are_those_of_the_workspace():
    chosen = settings("Device", x={"attribute": "serial"}, y={"attribute": "city"})
    found = list(findings(chosen, {**ATTRIBUTES, "Device": ["id", "serial"]}))
    assert [(f.level, f.place) for f in found] == [("warning", "fields.Device.y.attribute")]


def test_a_resource_type_that_is_not_there_is_an_error():
    assert told(settings("Users", x={"attribute": "userName"})) == [
        ("error", "fields.Users", "there is no resource type Users: did you mean User?")
    ]
    ((_, _, text),) = told(settings("Zebra", x={"attribute": "userName"}))
    assert "the workspace has User, Group" in text


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("Guid()", "Guid gives another value each time"),
        ('Join("", RandomString(4, 1, 0, 1, 1))', "RandomString gives another value each time"),
        ("Now()", "Now gives another value each time"),
        ('FormatDateTime([title], , "HH:mm", "t")', "takes parts that inputFormat lacks from today"),
        ('FormatDateTime([title], "NoCurrentDateDefault", "d MMM", "o")', "takes parts"),
        ('FormatDateTime([title], , [nickName], "t")', "takes parts"),
    ],
)
def test_what_varies_is_for_creation_only(expression, said):
    ((level, place, text),) = of(expression=expression)
    assert (level, place) == ("error", "fields.User.x.expression")
    assert said in text
    assert '"apply": "create"' in text
    assert of(expression=expression, apply="create") == []


def test_a_unique_value_cannot_be_chosen_by_a_mapping():
    for apply in ("always", "create"):
        ((level, _, text),) = of(expression='SelectUniqueValue([title], Append([title], "2"))', apply=apply)
        assert level == "error"
        assert "needs to know every other document" in text


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("string", "x", [1, True, ["x"], {"a": 1}]),
        ("number", 1.5, ["1", True, [1], {"a": 1}]),
        ("boolean", False, ["false", 0, {"a": 1}]),
        ("date", "2031-04-02", ["soon", 1, ["2031-04-02"]]),
        ("list", ["x", 1, True], ["x", [["x"]], [None], [{"a": 1}]]),
    ],
)
def test_a_default_has_the_type_of_its_field(kind, good, bad, manager):
    assert of(attribute="title", type=kind, default=good) == []
    assert of(attribute="title", type=kind, default=None) == []
    for default in bad:
        ((level, place, _),) = of(attribute="title", type=kind, default=default)
        assert (level, place) == ("error", "fields.User.x.default")


def test_a_field_is_made_in_one_way():
    for rule in ({}, {"type": "list"}, {"attribute": "title", "expression": "CStr([title])"}):
        assert of(**rule) == [("error", "fields.User.x", "give either an `expression` or an `attribute`")]


def test_a_field_cannot_lie_in_one_that_is_a_value():
    good = settings(card__a={"attribute": "title"}, card__b={"attribute": "title"}, cards={"attribute": "title"})
    assert told(good) == []
    bad = settings(card={"attribute": "title"}, card__a__b={"attribute": "title"})
    assert told(bad) == [("error", "fields.User.card.a.b", "`card` is a field of its own and cannot hold this one")]


@pytest.mark.parametrize("name", ["a", "a.b", "Straße", "a$", "a b", "_id", "a.b.c.d.e.f.g.h.i.j"])
def test_a_name_that_can_be_stored_is_accepted(name, manager):
    assert check(manager, {"fields": {"User": {name: {"attribute": "title"}}}}) == []


@pytest.mark.parametrize("name", ["", "$a", ".a", "a.", "a..b", "a.$b", "a\0b", "x" * 201, "a.b.c.d.e.f.g.h.i.j.k"])
def test_a_name_that_cannot_be_stored_is_refused(name, manager):
    with pytest.raises(PluginProblem, match="settings of the plugin `expressions`"):
        check(manager, {"fields": {"User": {name: {"attribute": "title"}}}})


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ({"expression": "CStr([title])", "type": "text"}, "fields.User.x.type"),
        ({"expression": "CStr([title])", "apply": "never"}, "fields.User.x.apply"),
        ({"expresion": "CStr([title])"}, "did you mean `expression`"),
        ({"expression": 5}, "fields.User.x.expression"),
        ({"expression": "x" * 10_001}, "fields.User.x.expression"),
    ],
)
def test_settings_that_break_the_schema_are_refused(rule, said, manager):
    with pytest.raises(PluginProblem) as refusal:
        check(manager, settings(x=rule))
    assert said in str(refusal.value)


def test_all_expressions_together_have_a_bound():
    many = {f"x{n}": {"expression": f'Append("", "{"x" * 9_900}")'} for n in range(10)}
    assert told({"fields": {"User": many}}) == []
    more = many | {"y": {"expression": 'Append("", "' + "x" * 9_900 + '")'}}
    assert told({"fields": {"User": more}}) == [
        ("error", "fields", "all expressions together are longer than 100,000 characters")
    ]


def test_expressions_that_run_away_when_tried_share_the_time_of_one():
    one = 'Replace("' + "a" * 60 + '{}b", , "(?:a|aa)+$", , "", , )'
    many = {f"x{n}": {"expression": one.replace("{}", str(n))} for n in range(100)}
    found = told({"fields": {"User": many}})
    assert len(found) == 100
    assert all("runs longer than 0.1 s" in text for _, _, text in found)


def test_the_form_of_the_settings_is_explained_throughout():
    schema = json.loads(files(plugin).joinpath("settings.json").read_text(encoding="utf-8"))
    for name, rule in schema["$defs"]["field"]["properties"].items():
        assert rule["title"], name
        assert rule["description"].endswith((".", ")")), name


def test_the_finding_of_a_plain_workspace_is_none(manager):
    assert check(manager, {}) == []
    assert check(manager, {"fields": {}}) == []
