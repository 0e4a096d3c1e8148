"""The plugin ``expressions``: values, types, defaults, what is made once, and what harms nobody."""

import json
import re
import time
from datetime import UTC, datetime
from random import Random

import pytest
import scimserver_plugins.expressions as plugin
import scimserver_plugins.profile
import scimserver_plugins.work_address
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from scimserver.errors import MappingFailed, PluginFailed
from scimserver.expressions import Budget, ExpressionProblem
from scimserver.mapping.compiled import ExpressionCache
from scimserver.mapping.fields import make_fields
from scimserver.storable import storable
from tests.unit.expressions.made_up import Maker
from tests.unit.expressions.test_limits import HOSTILE
from tests.unit.expressions.test_work_address import ADDRESS, ROWS
from tests.unit.mapping.mappings import ENTERPRISE, INES, made, one, pipeline, settings, value

PARTS = ("streetAddress", "locality", "region", "postalCode")


def address(*parts, **more):
    return {"type": "work", **{n: p for n, p in zip(PARTS, parts, strict=False) if p is not None}, **more}


# -- the joined address ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("street", "city", "state", "code", "joined"), ROWS)
def test_the_sixteen_rows_verbatim_from_the_tutorial(street, city, state, code, joined):
    user = {"id": "u_1", "userName": "x", "addresses": [address(street, city, state, code)]}
    line = value(ADDRESS, user)
    assert line == (joined or None)
    work_address = pipeline((scimserver_plugins.work_address, {"prefer": "parts"}))
    assert work_address.map("User", user).get("work_address") == line


PART = st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


@given(st.tuples(PART, PART, PART, PART), st.sampled_from(["work", "Work", "home"]))
def test_random_addresses_join_as_the_other_plugin_joins_them(parts, label):
    user = {"id": "u_1", "addresses": [address(*parts) | {"type": label}]}
    ours = make_fields(settings(work_address={"expression": ADDRESS}), "User", user, {})
    assert ours == pipeline((scimserver_plugins.work_address, {"prefer": "parts"})).map("User", user)


# -- types -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "expression", "found"),
    [
        ("string", 'Join(" ", [givenName], [surname])', "Ines Okafor"),
        ("string", "Count([emails])", "3"),
        ("string", "IsPresent([mail])", "True"),
        ("string", "CDate(\"2031-04-02\")", "4/2/2031 12:00:00 AM"),
        ("string", 'Split("one", ",")', "one"),
        ("string", "Coalesce([nickName])", None),
        ("string", 'Join("", [nickName])', None),
        ("number", "CStr([employeeId])", 40017),
        ("number", 'Join(".", "-1", "50")', -1.5),
        ("number", 'CStr(" +7 ")', 7),
        ("number", "Count([emails])", 3),
        ("number", "CStr(9223372036854775807)", 2**63 - 1),
        ("boolean", 'Switch([IsSoftDeleted], , "False", "True", "True", "False")', True),
        ("boolean", "Not([active])", False),
        ("boolean", 'CStr(" FALSE")', False),
        ("boolean", "CBool(Count([emails]))", True),
        ("date", 'CDate("2031-04-02T09:05:07+02:00")', datetime(2031, 4, 2, 7, 5, 7, tzinfo=UTC)),
        ("date", 'CStr("2031-04-02T09:05:07.1239Z")', datetime(2031, 4, 2, 9, 5, 7, 123000, tzinfo=UTC)),
        ("date", 'CStr("2031-04-02")', datetime(2031, 4, 2, tzinfo=UTC)),
        ("date", "DateFromNum(133801632000000000)", datetime(2025, 1, 1, tzinfo=UTC)),
        ("list", 'Split("dock,crane", ",")', ["dock", "crane"]),
        ("list", "CStr([userName])", ["ines.okafor@larkfield.example"]),
        ("list", "Count([emails])", [3]),
        ("list", "AppRoleAssignments([appRoleAssignments])", ["editor", "viewer"]),
        ("list", "RemoveDuplicates([otherMails])", ["io@home.example"]),
        ("list", "RemoveDuplicates([nickName])", None),
    ],
)  # fmt: skip
def test_a_value_becomes_what_its_field_is(kind, expression, found):
    got = value(expression, kind=kind)
    assert (got, type(got)) == (found, type(found))


@pytest.mark.parametrize(
    ("kind", "expression", "why"),
    [
        ("string", 'Split("a,b", ",")', "several values"),
        ("string", "AppRoleAssignmentsComplex([appRoleAssignments])", "several values"),
        ("number", 'CStr("12 pt")', "no number"),
        ("number", 'CStr("1,5")', "no number"),
        ("number", 'CStr("1e5")', "no number"),
        ("number", 'CStr("9223372036854775808")', "no number"),
        ("number", "IsPresent([mail])", "no number"),
        ("boolean", 'CStr("yes")', "neither True nor False"),
        ("boolean", "Count([emails])", "neither True nor False"),
        ("date", 'CStr("soon")', "no date"),
        ("date", 'CStr("2031-02-30")', "no date"),
        ("date", 'Split("2031-04-02,2031-04-03", ",")', "several values"),
    ],
)
def test_a_value_that_does_not_fit_stops_the_write_unless_there_is_a_default(kind, expression, why):
    with pytest.raises(PluginFailed) as failure:
        value(expression, kind=kind)
    assert why in failure.value.detail
    assert "The plugin `expressions` of this workspace could not make `x` of this User: " in failure.value.detail
    defaults = {"string": "d", "number": 0, "boolean": False, "date": "2000-01-01", "list": ["d"]}
    wanted = datetime(2000, 1, 1, tzinfo=UTC) if kind == "date" else defaults[kind]
    assert one({"expression": expression, "type": kind, "default": defaults[kind]}) == wanted
    assert made(x={"expression": expression, "type": kind, "default": None}) == {}


def test_a_problem_of_the_expression_names_function_and_place_and_no_value(capsys):
    with pytest.raises(PluginFailed) as failure:
        value('DateAdd("d", 1, CDate([userName]))')
    detail = failure.value.detail
    assert "could not make `x` of this User: CDate: expression must be a date" in detail
    assert "(character 23 of the expression)" in detail
    assert "larkfield" not in detail
    assert one({"expression": 'DateAdd("d", 1, CDate([userName]))', "type": "date", "default": None}) is None
    assert "larkfield" not in capsys.readouterr().out


def test_an_attribute_is_taken_as_it_is():
    assert one({"attribute": "userName"}) == "ines.okafor@larkfield.example"
    assert one({"attribute": "emails", "type": "list"})[2] == "second@larkfield.example"
    assert one({"attribute": "active", "type": "boolean"}) is True
    assert one({"attribute": f"{ENTERPRISE}:employeeNumber", "type": "number"}) == 40017
    assert made(x={"attribute": "nickName"}) == {}
    with pytest.raises(PluginFailed, match=r"`x` of this User: \[title\] is longer than 65,536"):
        one({"attribute": "title"}, INES | {"title": "x" * 70_000})


def test_the_default_stands_in_for_null_and_empty():
    assert one({"expression": "Coalesce([nickName])", "default": "none"}) == "none"
    assert one({"expression": 'Join("", [nickName])', "default": ""}) == ""
    assert one({"attribute": "nickName", "type": "list", "default": []}) == []
    assert one({"attribute": "nickName", "type": "number", "default": 0}) == 0


def test_dots_lead_into_objects_which_other_plugins_may_have_begun():
    assert made(card__name={"attribute": "userName"}, card__to__mail={"attribute": "mail"}) == {
        "card": {"name": "ines.okafor@larkfield.example", "to": {"mail": "ines@larkfield.example"}}
    }
    both = pipeline(
        (scimserver_plugins.profile, {}),
        (plugin, settings(emails__first={"attribute": "app.email"}, shout={"expression": "ToUpper([app.title])"})),
    )
    document = both.map("User", INES)
    assert document["emails"] == {
        "home": "io@home.example",
        "work": "ines@larkfield.example",
        "first": "ines@larkfield.example",
    }
    assert document["shout"] == "SURVEYOR"
    bad = pipeline((scimserver_plugins.profile, {}), (plugin, settings(title__x={"attribute": "userName"})))
    with pytest.raises(PluginFailed, match="a plugin before this one has made `title`, and it is no object"):
        bad.map("User", INES)


def test_each_resource_type_has_its_own_fields():
    chosen = {"fields": {"Group": {"n": {"attribute": "displayName"}}, "Device": {"n": {"attribute": "serial"}}}}
    both = pipeline((plugin, chosen))
    assert both.map("User", INES) == {}
    assert both.map("Group", {"id": "g_1", "displayName": "Survey"}) == {"n": "Survey"}
    assert both.map("Device", {"id": "d_1", "serial": "7"}) == {"n": "7"}


# -- made once ---------------------------------------------------------------------------------------------------------


def test_what_is_applied_at_creation_is_kept_from_then_on():
    rule = {"expression": "ToUpper([userName])", "apply": "create"}
    first = one(rule)
    assert first == "INES.OKAFOR@LARKFIELD.EXAMPLE"
    renamed = INES | {"userName": "other"}
    assert one(rule, renamed, stored={"x": first}) == first
    assert one(rule | {"apply": "always"}, renamed, stored={"x": first}) == "OTHER"


def test_what_is_not_stored_yet_is_made_when_there_is_a_value():
    rule = {"expression": "ToUpper([nickName])", "apply": "create"}
    assert one(rule, stored={}) is None
    assert one(rule, INES | {"nickName": "io"}, stored={"y": 1}) == "IO"


def test_a_guid_of_creation_is_kept_in_an_object_too():
    chosen = settings(card__key={"expression": "Guid()", "apply": "create"})
    made_first = make_fields(chosen, "User", INES, {})
    assert re.fullmatch(r"[0-9a-f-]{36}", made_first["card"]["key"])
    assert make_fields(chosen, "User", INES, {}) != made_first
    assert make_fields(chosen, "User", INES, {}, made_first) == made_first


def test_the_moment_of_creation_is_now():
    found = make_fields(settings(at={"expression": "Now()", "type": "date", "apply": "create"}), "User", INES, {})
    assert abs((datetime.now(UTC) - found["at"]).total_seconds()) < 60


# -- hostile -----------------------------------------------------------------------------------------------------------


def used(run):
    began = time.thread_time()
    with pytest.raises((PluginFailed, MappingFailed)) as failure:
        run()
    return time.thread_time() - began, failure.value


@pytest.mark.parametrize(("pattern", "text"), [HOSTILE[0], HOSTILE[5]])
def test_a_regular_expression_that_runs_away_stops_its_write_and_no_default_hides_it(pattern, text):
    rule = {"expression": f'Replace([title], , "{pattern}", , "", , )', "default": "d"}
    several = {f"x{number}": rule for number in range(50)}
    seconds, failure = used(lambda: make_fields({"fields": {"User": several}}, "User", INES | {"title": text}, {}))
    assert failure.field == "x0" and "runs longer than 0.1 s" in failure.reason
    assert seconds < 1


def test_fields_share_the_work_that_is_allowed():
    rule = {"expression": "NormalizeDiacritics([title])", "default": "d"}
    several = {f"x{number}": rule for number in range(500)}
    seconds, failure = used(
        lambda: make_fields({"fields": {"User": several}}, "User", INES | {"title": "x" * 60_000}, {})
    )
    assert "all fields together yield more than 500,000 characters" in failure.reason
    assert seconds < 5
    assert len(make_fields({"fields": {"User": several}}, "User", INES, {})) == 500


def test_many_patterns_that_are_dear_to_compile_share_the_time():
    several = {
        f"x{number}": {"expression": f'Replace([title], , Append([nickName], "{number}"), , "", , )'}
        for number in range(500)
    }
    user = INES | {"nickName": "(a|b|c)*" * 60}
    seconds, failure = used(lambda: make_fields({"fields": {"User": several}}, "User", user, {}))
    assert "runs longer than 0.1 s" in failure.reason
    assert seconds < 1


@pytest.mark.parametrize(
    "expression",
    [
        'Append("", "' + "x" * 9_980 + '")',
        "ToUpper(" * 199 + "[title]" + ")" * 199,
        'Replace([title], "a", , , "' + "b" * 5_000 + '", , )',
    ],
)
def test_large_expressions_map_as_small_ones_do(expression):
    assert one({"expression": expression}, INES | {"title": "aa"})


def test_a_result_of_megabytes_stops_its_write():
    rule = {"expression": 'Replace([title], "a", , , "' + "b" * 5_000 + '", , )'}
    with pytest.raises(PluginFailed, match="`x` of this User: Replace: the result is longer than 65,536"):
        one(rule, INES | {"title": "a" * 5_000})


def test_one_resource_that_fails_leaves_the_next_one_alone():
    both = pipeline((plugin, settings(x={"expression": "CStr([employeeId])", "type": "number"})))
    with pytest.raises(PluginFailed):
        both.map("User", {"id": "u_2", ENTERPRISE: {"employeeNumber": "A-1"}})
    assert both.map("User", INES) == {"x": 40017}


def test_compiled_expressions_are_kept_up_to_so_many_characters():
    cache = ExpressionCache(200)
    texts = [f'Append([title], "{number:03}")' for number in range(100)]
    first = cache.get(texts[0], Budget())
    assert cache.get(texts[0], Budget()) is first
    for text in texts:
        cache.get(text, Budget())
    assert len(cache) == 200 // len(texts[0])
    assert cache.get(texts[0], Budget()) is not first
    assert cache.get('Append("", "' + "x" * 300 + '")', Budget()).evaluate({}) == "x" * 300
    assert len(cache) <= 200 // len(texts[0])
    with pytest.raises(ExpressionProblem):
        cache.get("Join(", Budget())


# -- properties --------------------------------------------------------------------------------------------------------


@hypothesis_settings(max_examples=300)
@given(st.integers(0, 2**32), st.sampled_from(["string", "number", "boolean", "date", "list"]))
def test_whatever_is_made_of_whatever_can_be_stored_and_is_the_same_twice(seed, kind):
    maker = Maker(seed)
    rule = {"expression": str(maker.sensible()), "type": kind}
    resource = {"id": "u_1", "title": maker.anything(0), "emails": [{"type": "work", "value": maker.anything(0)}]}
    resource |= {name: maker.anything() for name in ("city", "list", "number", "date")}
    chosen = settings(x=rule)

    def attempt():
        try:
            return make_fields(chosen, "Device", resource, {})
        except MappingFailed as failure:
            return failure.field, failure.reason

    first = attempt()
    if isinstance(first, tuple):
        assert first[0] == "x" and first[1]
        return
    text = rule["expression"]
    # Half a character comes only from a source that JSON never gives.
    if "ud800" not in ascii(resource):
        assert storable(first) == first
    if not any(name in text for name in ("Guid", "RandomString", "Now", "FormatDateTime", "SelectUniqueValue")):
        assert attempt() == first


def test_random_people_map_alike_whatever_the_order_of_their_attributes():
    chosen = settings(
        line={"expression": ADDRESS},
        mail={"attribute": "mail"},
        n={"expression": "Count([emails])", "type": "number"},
        hook={"expression": 'IIF([accountEnabled] = "True", "on", "off")'},
    )
    for seed in range(50):
        random = Random(seed)
        shuffled = dict(random.sample(list(INES.items()), len(INES)))
        assert make_fields(chosen, "User", shuffled, {}) == make_fields(chosen, "User", INES, {})
        kept = dict(random.sample(list(INES.items()), random.randint(0, len(INES))))
        assert json.dumps(make_fields(chosen, "User", kept, {})) == json.dumps(make_fields(chosen, "User", kept, {}))
