"""Resource types and schemas from files: what an operator gives is complete and clear, or refused with the cure."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from scimserver.schema.attributes import Attribute
from scimserver.schema.catalogue import SchemaCatalogue, load_resource_type, load_schemas
from scimserver.schema.files import shipped
from scimserver.schema.loader import SchemaProblem, load_schema

from .test_loader import PLAIN, TEXT, URN, extension, with_attribute

BADGE, LANYARD = "urn:larkfield:Badge", "urn:larkfield:Lanyard"
Save = Callable[..., Path]


@pytest.fixture
def saved(tmp_path: Path) -> Save:
    def save(*documents: Any, name: str = "larkfield.json") -> Path:
        path = tmp_path / name
        content = documents[0] if len(documents) == 1 else list(documents)
        path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        return path

    return save


def badge(**changes: Any) -> dict[str, Any]:
    """A resource type."""
    return {"name": "Badge", "endpoint": "/Badges", "schema": BADGE} | changes


def schema(urn: str = BADGE) -> dict[str, Any]:
    return extension(**{"$id": urn})


def pointing(name: str, *targets: str, with_value: bool = True, kind: str = "reference") -> dict[str, Any]:
    """The schema of a badge with a complex attribute that points at something."""
    address = {"type": kind, "referenceTypes": list(targets)} if kind == "reference" else {}
    subs: dict[str, Any] = {name: {"type": "string", "description": "Address.", "scim": {**address, **TEXT}}}
    if with_value:
        subs["value"] = {"type": "string", "description": "Id.", "scim": TEXT}
    document = with_attribute("owner", {"type": "object", "description": "O.", "scim": PLAIN, "properties": subs})
    return document | {"$id": BADGE}


def test_a_schema_that_no_resource_type_names_extends_users_only(saved: Save, catalogue: SchemaCatalogue) -> None:
    extended = load_schemas([saved(extension())])
    assert extended.resource_type("User").extension(URN) is not None
    assert extended.resource_type("Group").extensions == ()
    assert [s.name for s in extended.schemas] == ["User", "EnterpriseUser", "LarkfieldUser", "Group"]
    assert catalogue.resource_type("User").extension(URN) is None


def test_the_shipped_schemas_are_loaded_once() -> None:
    assert load_schemas() is load_schemas()


def test_resource_types_are_found_by_name_and_endpoint(catalogue: SchemaCatalogue) -> None:
    user, group = catalogue.resource_types
    assert (user.name, user.endpoint, user.id_prefix, user.collection) == ("User", "/Users", "u", "users")
    assert (group.name, group.endpoint, group.id_prefix, group.collection) == ("Group", "/Groups", "g", "groups")
    assert catalogue.resource_type("Group") is group
    assert catalogue.by_endpoint("/Users") is user
    assert catalogue.by_endpoint("/Devices") is None
    with pytest.raises(KeyError):
        catalogue.resource_type("Device")


def test_a_resource_type_comes_from_one_file_or_several(saved: Save) -> None:
    lanyard = {"schema": LANYARD.upper().replace("URN", "urn"), "required": True}
    document = badge(description="A badge.", schemaExtensions=[lanyard], scim={"idPrefix": "b"})
    one = load_schemas([saved(schema(), document, schema(LANYARD))])
    parts = [document, schema(LANYARD), schema()]
    several = load_schemas([saved(part, name=f"{n}.json") for n, part in enumerate(parts)])
    for catalogue in (one, several):
        user, _, made = catalogue.resource_types
        assert (made.name, made.endpoint, made.id_prefix, made.shared) == ("Badge", "/Badges", "b", True)
        assert (made.schema.id, [e.id for e in made.extensions]) == (BADGE, [LANYARD])
        assert made.required_extensions == {LANYARD}
        assert made.attribute("externalId") is not None
        assert len(user.extensions) == 1
        assert catalogue.by_endpoint("/Badges") is made


def test_a_resource_type_may_use_shipped_schemas_and_has_a_prefix_by_default(saved: Save) -> None:
    enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
    core = "urn:ietf:params:scim:schemas:core:2.0:User"
    robot = {"name": "Robot", "endpoint": "/Robots", "schema": core}
    robot["schemaExtensions"] = [{"schema": enterprise, "required": False}]  # type: ignore[assignment]
    made = load_schemas([saved(robot)]).resource_type("Robot")
    assert (made.schema.id, made.extensions[0].id, made.id_prefix) == (core, enterprise, "robot")


def test_a_document_of_discovery_can_be_given_as_it_is(saved: Save) -> None:
    found = {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"],
        "id": "Badge",
        "meta": {"location": "x"},
    }
    assert load_schemas([saved(badge(**found), schema())]).resource_type("Badge").endpoint == "/Badges"


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "unknown schema": ({"schema": "urn:larkfield:Bagde"}, "there is no schema urn:larkfield:Bagde; did you mean"),
    "schema of another kind": ({"schema": "urn:x:y"}, "there is no schema urn:x:y; add its document too"),
    "unknown extension": (
        {"schemaExtensions": [{"schema": "urn:x:y", "required": False}]},
        "there is no schema urn:x:y",
    ),
    "extension twice": (
        {
            "schemaExtensions": [
                {"schema": LANYARD, "required": False},
                {"schema": LANYARD.upper().replace("URN", "urn"), "required": True},
            ]
        },
        f"names the schema {LANYARD} twice",
    ),
    "own schema as extension": (
        {"schemaExtensions": [{"schema": BADGE, "required": False}]},
        f"names the schema {BADGE} twice",
    ),
    "extension without required": (
        {"schemaExtensions": [{"schema": LANYARD}]},
        "`schemaExtensions[0].required` is required",
    ),
    "shipped name": ({"name": "User"}, "`name`: User is a shipped resource type; extend it by a schema"),
    "shipped name in small letters": ({"name": "group"}, "`name`: group is a shipped resource type"),
    "name of discovery": ({"name": "schema"}, "`name`: schema is taken by the server itself; choose another one"),
    "name of a kind of reference": ({"name": "external"}, "`name`: external is taken by the server itself"),
    "name with a blank": ({"name": "Name Badge"}, "`name`: Name Badge must have up to 64 letters and digits"),
    "name with a dot": ({"name": "Badge.Two"}, "`name`: Badge.Two must have"),
    "name with a line break": ({"name": "Badge\n"}, "`name`: Badge\n must have"),
    "endpoint without slash": ({"endpoint": "Badges"}, "`endpoint`: Badges must be a slash and a letter"),
    "endpoint of two parts": ({"endpoint": "/My/Badges"}, "`endpoint`: /My/Badges must be"),
    "endpoint as pattern": ({"endpoint": "/Badge.*"}, "`endpoint`: /Badge.* must be"),
    "search as endpoint": ({"endpoint": "/.search"}, "`endpoint`: /.search must be"),
    "taken endpoint": ({"endpoint": "/users"}, "`endpoint`: /users is taken by the server itself"),
    "reserved endpoint": ({"endpoint": "/bulk"}, "`endpoint`: /bulk is taken by the server itself"),
    "taken prefix": ({"scim": {"idPrefix": "u"}}, "`scim.idPrefix`: u is taken by the server itself"),
    "prefix of events": ({"scim": {"idPrefix": "e"}}, "`scim.idPrefix`: e is taken by the server itself"),
    "wrong prefix": ({"scim": {"idPrefix": "b_"}}, "`scim.idPrefix`: b_ must have"),
    "a collection": ({"scim": {"collection": "users"}}, "`scim.collection` is not known here"),
    "misspelt key": ({"descripton": "x"}, "`descripton` is not known here: did you mean `description`"),
    "endpoint of another type": ({"endpoint": 1}, "`endpoint`: expected a string, got a number"),
}


@pytest.mark.parametrize(("change", "text"), REFUSED.values(), ids=REFUSED)
def test_a_wrong_resource_type_is_refused_with_its_place(saved: Save, change: dict[str, Any], text: str) -> None:
    path = saved(schema(), schema(LANYARD), badge(**change))
    with pytest.raises(SchemaProblem) as refused:
        load_schemas([path])
    assert str(refused.value).startswith(f"{path}[2]: ")
    assert text in str(refused.value)
    assert load_schemas([saved(schema(), schema(LANYARD), badge())]).resource_type("Badge").name == "Badge"


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"name": "BADGE", "endpoint": "/Others"}, "`name`: BADGE is taken by {first}"),
        ({"name": "Other", "endpoint": "/badges"}, "`endpoint`: /badges is taken by {first}"),
        (
            {"name": "Other", "endpoint": "/Others", "scim": {"idPrefix": "badge"}},
            "`scim.idPrefix`: badge is taken by {first}",
        ),
    ],
)
def test_two_resource_types_cannot_share_a_name(saved: Save, change: dict[str, Any], text: str) -> None:
    first, second = saved(badge(), name="first.json"), saved(badge(**change), name="second.json")
    with pytest.raises(SchemaProblem) as refused:
        load_schemas([saved(schema()), first, second])
    assert str(refused.value).startswith(f"{second}: {text.format(first=first)}")


@pytest.mark.parametrize(
    "urn", ["urn:ietf:params:scim:schemas:core:2.0:User", "urn:ietf:params:scim:schemas:core:2.0:schema"]
)
def test_the_uri_of_a_shipped_schema_is_refused(saved: Save, urn: str) -> None:
    with pytest.raises(SchemaProblem, match=r"`\$id`: .* is taken by the server itself; choose another one"):
        load_schemas([saved(schema(urn))])


def test_the_same_schema_twice_is_refused(saved: Save) -> None:
    path = saved(extension())
    with pytest.raises(SchemaProblem, match=r"`\$id`: .* is taken by .*larkfield\.json"):
        load_schemas([path, path])


@pytest.mark.parametrize(
    ("documents", "text"),
    [
        (["{"], "larkfield.json: cannot be read as JSON"),
        ([{"name": "Badge"}], "larkfield.json: neither a resource type, which has an `endpoint`, nor a schema"),
        (["[3]"], "larkfield.json[0]: must hold one JSON object"),
        (["3"], "larkfield.json: must hold one JSON object"),
        ([schema(), {"endpoint": "/Badges"}], "larkfield.json[1]: `name` is required; `schema` is required"),
    ],
)
def test_a_file_of_something_else_is_refused(saved: Save, documents: list[Any], text: str) -> None:
    with pytest.raises(SchemaProblem) as refused:
        load_schemas([saved(*documents)])
    assert text in str(refused.value)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SchemaProblem, match=r"nowhere\.json: cannot be read as JSON.*No such file"):
        load_schemas([tmp_path / "nowhere.json"])


@pytest.mark.parametrize("name", ["id", "META", "schemas", "password"])
def test_an_attribute_that_the_server_keeps_for_itself_is_refused(saved: Save, name: str) -> None:
    document = with_attribute(name, {"type": "string", "description": "Mine.", "scim": TEXT})
    with pytest.raises(SchemaProblem, match=rf"`{name}`: .*; take it out or give it another name"):
        load_schemas([saved(document)])


@pytest.mark.parametrize(
    ("document", "text"),
    [
        (
            pointing("address", "Badges"),
            "`owner.address`: `referenceTypes` names Badges, which is no resource type here",
        ),
        (pointing("$ref", "external"), "`owner.$ref`: is computed from the `value` beside it"),
        (pointing("$ref", "User", with_value=False), "`owner.$ref`: is computed from the `value` beside it"),
        (pointing("$ref", kind="string"), "`owner.$ref`: only the sub-attribute `$ref`, a reference"),
    ],
)
def test_a_reference_that_leads_nowhere_is_refused(saved: Save, document: dict[str, Any], text: str) -> None:
    with pytest.raises(SchemaProblem) as refused:
        load_schemas([saved(document, badge())])
    assert text in str(refused.value)


def test_a_reference_knows_where_resources_are(saved: Save) -> None:
    for targets, expected in (
        (("Badge",), {"badge_1": "/Badges", "u_1": "/Badges"}),
        (("User", "Group"), {"u_1": "/Users", "g_1": "/Groups", "badge_1": None, "x": None}),
    ):
        made = load_schemas([saved(pointing("$ref", *targets), badge())]).resource_type("Badge")
        (reference,) = made.references
        assert isinstance(reference.attribute, Attribute)
        assert {i: reference.endpoint(i) for i in expected} == expected


def test_a_resource_type_is_data(catalogue: SchemaCatalogue) -> None:
    definition = load_schema(schema())
    made = load_resource_type(badge(), {definition.id: definition}, catalogue.resource_types[0].common)
    assert (made.id_prefix, made.collection, made.extensions) == ("badge", "resources", ())


def test_a_resource_type_with_unknown_schemas_is_no_resource_type() -> None:
    with pytest.raises(SchemaProblem, match=r"resource type User: there is no schema .*; there is no schema"):
        load_resource_type(shipped("resource_types.json")[0], {}, ())
