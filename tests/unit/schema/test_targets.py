"""The attribute list that Entra's discovery makes of ``/Schemas``."""

from typing import Any

from scimserver.schema.catalogue import SchemaCatalogue, build_catalogue, load_schemas
from scimserver.schema.documents import name_of
from scimserver.schema.targets import Target, markdown_table, targets, text_table, warnings
from tests.badges import BADGE_URN, badges, schema, simple, text

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"


def catalogue_of(*documents: Any) -> SchemaCatalogue:
    return build_catalogue([(name_of(document), document) for document in documents])


def listed(*documents: Any, name: str = "User") -> dict[str, Target]:
    return {t.attribute: t for t in targets(catalogue_of(*documents), load_schemas(), name)}


def test_the_shipped_schemas_give_the_list_of_the_tutorial() -> None:
    found = listed()
    tutorial = ["userName", "active", "displayName", "nickName", "title", "preferredLanguage", "locale", "timezone"]
    tutorial += [f"name.{n}" for n in ("givenName", "familyName", "formatted", "middleName")]
    tutorial += [f"name.honorific{n}" for n in ("Prefix", "Suffix")]
    tutorial += ["externalId", *(f'emails[type eq "{kind}"].value' for kind in ("work", "home", "other"))]
    kinds = ("work", "mobile", "fax", "home", "other", "pager")
    tutorial += [f'phoneNumbers[type eq "{kind}"].value' for kind in kinds]
    parts = ("formatted", "streetAddress", "locality", "region", "postalCode", "country")
    tutorial += [f'addresses[type eq "{kind}"].{part}' for kind in ("work", "home", "other") for part in parts]
    tutorial += [f"{ENTERPRISE}:{n}" for n in ("employeeNumber", "organization", "division", "department")]
    assert {*tutorial} <= found.keys()
    assert found["userName"] == Target("userName", "String", True, True, False, False, False)
    assert found["active"].type == "Boolean"
    assert found["externalId"].exact_case
    assert found['emails[type eq "work"].value'].filterable
    assert not found['addresses[type eq "work"].formatted'].filterable
    manager = found[f"{ENTERPRISE}:manager"]
    assert (manager.type, manager.filterable) == ("Reference", True)
    assert 'roles[primary eq "True"].value' in found


def test_what_no_client_writes_and_what_entra_does_not_support_is_left_out() -> None:
    found = listed()
    assert not [name for name in found if name.startswith(("id", "groups", "meta", "entitlements", "photos"))]
    assert "password" not in found
    assert [*listed(name="Group")] == ["displayName", "externalId", "members"]
    members = listed(name="Group")["members"]
    assert (members.type, members.multi_valued, members.filterable) == ("Reference", True, True)


def test_an_extension_is_listed_with_its_urn() -> None:
    rates = {**simple("array"), "items": {"type": "object", "properties": {"value": text(), "type": text()}}}
    desk = {**simple("object"), "properties": {"floor": simple("integer"), "room": text(keyed=True)}}
    found = listed(badges(desk=desk, rates=rates))
    custom = {t.attribute.removeprefix(f"{BADGE_URN}:"): t for t in found.values() if t.custom}
    assert {name: t.type for name, t in custom.items()} == {
        "badgeColour": "String",
        "badgeNumber": "String",
        "berth": "Integer",
        "since": "DateTime",
        "keys": "String",
        "secret": "String",
        "note": "String",
        "desk.floor": "Integer",
        "desk.room": "String",
        "rates.value": "String",
    }
    assert [name for name, t in custom.items() if t.filterable] == ["badgeColour", "badgeNumber", "keys", "desk.room"]
    assert [name for name, t in custom.items() if t.multi_valued] == ["keys"]
    required = listed(schema(code=text(), required=("code",)))[f"{BADGE_URN}:code"]
    assert required.required


def test_an_attribute_whose_keys_are_being_made_is_not_yet_offered_for_matching() -> None:
    path = f"{BADGE_URN}:badgeColour"
    catalogue = catalogue_of(badges()).without_keys([path])
    found = {t.attribute: t for t in targets(catalogue, load_schemas(), "User")}
    assert not found[path].filterable
    assert found[f"{BADGE_URN}:badgeNumber"].filterable


def test_entra_is_told_nothing_that_it_cannot_take_without_a_warning() -> None:
    def warned(*documents: Any) -> str:
        return " ".join(warnings(catalogue_of(*documents), load_schemas()))

    assert warned() == ""
    assert warned(schema(code=text(), berth=simple("integer"), on=simple("boolean"))) == ""
    assert "knows no decimal" in warned(schema(rate=simple("number")))
    assert "is multi-valued" in warned(badges())
    three = {**simple("object"), "properties": {n: text() for n in "abc"}}
    assert "three or more" in warned(schema(desk=three))
    two = {**simple("object"), "properties": {n: text() for n in "ab"}}
    assert "three or more" not in warned(schema(desk=two)) and "is complex" in warned(schema(desk=two))
    assert "a reference" in warned(schema(site=text(type="reference", referenceTypes=["external"])))
    assert "whose URN begins" in warned(schema("urn:larkfield:User", code=text()))


def test_the_table_is_the_one_of_the_mapping_page() -> None:
    found = [*listed(schema(code=text(keyed=True), required=("code",))).values()]
    assert text_table(found)[0] == ("userName", "String", "✓", "✓")
    lines = markdown_table(found, "Larkfield").splitlines()
    assert lines[0] == "| Attribute | Type | Supported for filtering | Required by Larkfield |"
    assert lines[1] == "| --- | --- | --- | --- |"
    assert lines[-1] == f"| `{BADGE_URN}:code` | String | ✓ | ✓ |"
