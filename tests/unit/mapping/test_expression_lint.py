"""What lint remarks on a mapping, with a sample of resources."""

from scimserver.mapping.lint import lint
from tests.unit.mapping.mappings import ATTRIBUTES, ENTERPRISE, INES, settings

JO = {"id": "u_2", "userName": "jo", "nickName": "jo", ENTERPRISE: {"employeeNumber": "A-1"}}


def remarks(chosen, *people):
    sample = [(person, {"card": 1}) for person in people]
    return {(r.kind, r.place): (r.text, r.count) for r in lint(chosen, ATTRIBUTES, {"User": sample})}


def test_findings_of_the_settings_come_first():
    found = lint(settings(x={"attribute": "givnName"}, y={"expression": "Joyn()"}), ATTRIBUTES, {"User": []})
    assert [(r.kind, r.place) for r in found] == [
        ("warning", "fields.User.x.attribute"),
        ("error", "fields.User.y.expression"),
    ]


def test_a_field_that_fails_for_some_says_for_how_many_and_why_whether_a_default_hides_it_or_not():
    rule = {"attribute": f"{ENTERPRISE}:employeeNumber", "type": "number"}
    for more, said in (({}, "and their writes are refused"), ({"default": 0}, "and get the default")):
        found = remarks(settings(x=rule | more), INES, JO)
        text, count = found["fails", "fields.User.x"]
        assert count == 1
        assert text.startswith(f"fails for 1 of 2, {said}: the value is no number")
        assert "A-1" not in text


def test_a_field_without_a_value_in_anybody_is_named():
    chosen = settings(x={"attribute": "locale"}, y={"attribute": "nickName"}, z={"attribute": "app.card"})
    found = remarks(chosen, INES, JO)
    assert ("empty", "fields.User.x") in found
    assert ("empty", "fields.User.y") not in found
    assert ("empty", "fields.User.z") not in found
    assert ("empty", "fields.User.y") in remarks(chosen, INES)


def test_what_the_provider_fills_and_nothing_reads_is_named_with_its_label():
    chosen = settings(
        a={"expression": 'Join(" ", [givenName], [mail])'},
        b={"attribute": "roles", "type": "list"},
        c={"expression": "Coalesce([city], [IsSoftDeleted])"},
    )
    unused = {place for kind, place in remarks(chosen, INES, JO) if kind == "unused"}
    assert unused == {
        "externalId",
        "userName",
        "nickName",
        "title",
        "name.familyName",
        'emails[type eq "home"].value',
        'phoneNumbers[type eq "mobile"].value',
        'addresses[type eq "work"].streetAddress',
        'addresses[type eq "work"].region',
        'addresses[type eq "work"].postalCode',
        'addresses[type eq "work"].country',
        f"{ENTERPRISE}:employeeNumber",
        f"{ENTERPRISE}:department",
        f"{ENTERPRISE}:manager.value",
    }
    assert remarks(chosen, INES, JO)["unused", "userName"] == ("is filled in 2 of 2, and no field of User reads it", 2)


def test_a_type_without_fields_or_without_resources_has_no_remark():
    assert remarks(settings("Group", x={"attribute": "displayName"}), INES) == {}
    assert remarks(settings(x={"attribute": "userName"})) == {}
