"""The files of ``schemas/``: the single source is well-formed, complete and consistent."""

from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from scimserver.schema.attributes import Attribute, ResourceType
from scimserver.schema.catalogue import SchemaCatalogue
from scimserver.schema.files import messages, shipped
from scimserver.schema.loader import service_schemas

ANNOTATED = [
    "user.json",
    "group.json",
    "enterprise_user.json",
    "common.json",
    "service_provider_config.json",
    "resource_type.json",
    "schema.json",
]
ENVELOPES = ["BulkRequest", "BulkResponse", "Error", "ListResponse", "PatchOp", "SearchRequest"]


def everything(attributes: tuple[Attribute, ...]) -> Iterator[Attribute]:
    for attribute in attributes:
        yield attribute
        yield from everything(attribute.sub_attributes)


@pytest.mark.parametrize("name", [*ANNOTATED, "annotation.json"])
def test_every_schema_file_is_json_schema(name: str) -> None:
    Draft202012Validator.check_schema(shipped(name))


@pytest.mark.parametrize("name", ANNOTATED)
def test_every_schema_file_satisfies_the_annotation(name: str) -> None:
    assert [e.message for e in Draft202012Validator(shipped("annotation.json")).iter_errors(shipped(name))] == []


def test_every_message_envelope_is_there_and_is_json_schema() -> None:
    assert sorted(messages()) == ENVELOPES
    for name, document in messages().items():
        Draft202012Validator.check_schema(document)
        assert document["$id"] == f"urn:ietf:params:scim:api:messages:2.0:{name}"


def test_every_property_of_a_message_is_described() -> None:
    def undescribed(node: Any, path: str) -> Iterator[str]:
        for name, item in node.get("properties", {}).items():
            if not item.get("description"):
                yield f"{path}.{name}"
            yield from undescribed(item, f"{path}.{name}")
            yield from undescribed(item.get("items", {}), f"{path}.{name}")

    assert [path for name, document in messages().items() for path in undescribed(document, name)] == []


def test_every_attribute_and_sub_attribute_has_a_description(catalogue: SchemaCatalogue) -> None:
    for definition in (*catalogue.schemas, *service_schemas().values()):
        for attribute in everything(definition.attributes):
            assert attribute.description.strip(), f"{definition.id} {attribute.name}"


def test_external_id_is_the_same_wherever_it_is_listed(user: ResourceType, group: ResourceType) -> None:
    common = next(a for a in user.common if a.name == "externalId")
    for listed in (user.schema.attribute("externalId"), group.schema.attribute("externalId")):
        assert listed is not None
        assert listed.case_exact
        assert (listed.type, listed.mutability, listed.returned, listed.uniqueness, listed.keyed) == (
            common.type, common.mutability, common.returned, common.uniqueness, common.keyed,
        )  # fmt: skip


def test_a_reference_says_what_it_points_to(catalogue: SchemaCatalogue) -> None:
    for definition in (*catalogue.schemas, *service_schemas().values()):
        for attribute in everything(definition.attributes):
            assert bool(attribute.reference_types) == (attribute.type == "reference"), attribute.name


def test_types_with_canonical_values_are_those_that_discovery_tools_flatten(user: ResourceType) -> None:
    listed = {a.name: t.canonical_values for a in user.schema.attributes if (t := a.sub("type"))}
    assert listed == {
        "emails": ("work", "home", "other"),
        "phoneNumbers": ("work", "home", "mobile", "fax", "pager", "other"),
        "ims": ("aim", "gtalk", "icq", "xmpp", "msn", "skype", "qq", "yahoo"),
        "photos": ("photo", "thumbnail"),
        "addresses": ("work", "home", "other"),
        "groups": ("direct", "indirect"),
        "entitlements": (),
        "roles": (),
        "x509Certificates": (),
    }


def test_the_keyed_attributes_are_those_of_the_design(user: ResourceType, group: ResourceType) -> None:
    def keyed(resource_type: ResourceType) -> set[str]:
        top = {a.name for a in resource_type.attributes() if a.keyed}
        return top | {f"{a.name}.{s.name}" for a in resource_type.attributes() for s in a.sub_attributes if s.keyed}

    assert keyed(user) == {
        "id", "userName", "externalId", "displayName", "nickName", "emails.value", "employeeNumber", "manager.value",
        "groups.value",
    }  # fmt: skip
    assert keyed(group) == {"id", "externalId", "displayName", "members.value"}
