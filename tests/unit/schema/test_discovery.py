"""What ``/Schemas``, ``/ResourceTypes`` and ``/ServiceProviderConfig`` answer."""

from collections.abc import Iterator
from typing import Any

import pytest
import scim2_models
from jsonschema import Draft202012Validator

from scimserver.schema import discovery
from scimserver.schema.attributes import ResourceType, SchemaDefinition
from scimserver.schema.catalogue import SchemaCatalogue
from scimserver.schema.loader import CONFIG_URN, RESOURCE_TYPE_URN, SCHEMA_URN, service_schemas
from scimserver.settings import LimitSettings

BASE = "https://scim.larkfield.example/t/larkfield/scim/v2"


def attributes(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for attribute in document.get("attributes", document.get("subAttributes", ())):
        yield attribute
        yield from attributes(attribute)


def nulls(value: Any) -> bool:
    if isinstance(value, dict):
        return any(nulls(v) for v in value.values())
    return any(nulls(v) for v in value) if isinstance(value, list) else value is None


def every_definition(catalogue: SchemaCatalogue) -> list[SchemaDefinition]:
    return [*catalogue.schemas, *service_schemas().values()]


def test_schemas_lists_what_resources_are_made_of(catalogue: SchemaCatalogue) -> None:
    assert [s.name for s in catalogue.schemas] == ["User", "EnterpriseUser", "Group"]


def test_every_schema_document_fits_our_schema_of_schemas(catalogue: SchemaCatalogue) -> None:
    rules = Draft202012Validator(service_schemas()[SCHEMA_URN].json_schema)
    for definition in every_definition(catalogue):
        document = discovery.schema_document(definition, BASE)
        assert [e.message for e in rules.iter_errors(document)] == []
        assert document["meta"] == {"resourceType": "Schema", "location": f"{BASE}/Schemas/{definition.id}"}


def test_no_schema_document_holds_null(catalogue: SchemaCatalogue) -> None:
    assert not any(nulls(discovery.schema_document(d, BASE)) for d in every_definition(catalogue))


def test_every_published_attribute_tells_all_characteristics(catalogue: SchemaCatalogue) -> None:
    always = {"name", "type", "multiValued", "description", "required", "mutability", "returned", "uniqueness"}
    for definition in every_definition(catalogue):
        for attribute in attributes(discovery.schema_document(definition, BASE)):
            assert always <= attribute.keys(), attribute
            assert attribute["description"].strip()
            assert ("caseExact" in attribute) == (attribute["type"] in ("string", "reference", "binary"))
            assert ("subAttributes" in attribute) == (attribute["type"] == "complex")
            assert ("referenceTypes" in attribute) == (attribute["type"] == "reference")
            assert attribute.get("canonicalValues") != [], "left out where there are none"


def test_password_is_known_but_not_published(user: ResourceType) -> None:
    assert user.attribute("password") is not None
    assert "password" not in {a["name"] for a in discovery.schema_document(user.schema, BASE)["attributes"]}


def test_external_id_is_published(user: ResourceType, group: ResourceType) -> None:
    for resource_type in (user, group):
        document = discovery.schema_document(resource_type.schema, BASE)
        found = next(a for a in document["attributes"] if a["name"] == "externalId")
        assert found["caseExact"] is True


def test_scim2_models_reads_every_schema_document(catalogue: SchemaCatalogue) -> None:
    for definition in every_definition(catalogue):
        document = discovery.schema_document(definition, BASE)
        read = scim2_models.Schema.model_validate(document)
        assert read.id == definition.id
        assert [a.name for a in read.attributes or []] == [a["name"] for a in document["attributes"]]


def test_resource_type_documents_fit_our_schema(user: ResourceType, group: ResourceType) -> None:
    rules = Draft202012Validator(service_schemas()[RESOURCE_TYPE_URN].json_schema)
    for resource_type in (user, group):
        document = discovery.resource_type_document(resource_type, BASE)
        assert [e.message for e in rules.iter_errors(document)] == []
        assert not nulls(document)
        scim2_models.ResourceType.model_validate(document)


def test_the_user_resource_type_names_the_enterprise_extension(user: ResourceType) -> None:
    document = discovery.resource_type_document(user, BASE)
    assert (document["id"], document["endpoint"], document["schema"]) == ("User", "/Users", user.schema.id)
    assert document["schemaExtensions"] == [{"schema": user.extensions[0].id, "required": False}]
    assert document["meta"] == {"resourceType": "ResourceType", "location": f"{BASE}/ResourceTypes/User"}


def test_the_service_provider_config_fits_our_schema() -> None:
    document = discovery.service_provider_config(BASE, LimitSettings())
    assert list(Draft202012Validator(service_schemas()[CONFIG_URN].json_schema).iter_errors(document)) == []
    assert not nulls(document)
    scim2_models.ServiceProviderConfig.model_validate(document)


def test_the_service_provider_config_announces_only_what_works() -> None:
    document = discovery.service_provider_config(BASE, LimitSettings())
    assert {name: block["supported"] for name, block in document.items() if "supported" in block} == {
        "patch": True, "bulk": True, "filter": True, "changePassword": False, "sort": True, "etag": True,
    }  # fmt: skip


def test_the_service_provider_config_announces_the_limits_of_the_settings() -> None:
    limits = LimitSettings(page_default=20, page_maximum=50, cursor_seconds=60, bulk_operations=30, bulk_bytes=200_000)
    document = discovery.service_provider_config(BASE, limits)
    assert document["bulk"] == {"supported": True, "maxOperations": 30, "maxPayloadSize": 200_000}
    assert document["filter"] == {"supported": True, "maxResults": 50}
    assert document["pagination"] == {
        "cursor": True, "index": True, "defaultPaginationMethod": "index",
        "defaultPageSize": 20, "maxPageSize": 50, "cursorTimeout": 60,
    }  # fmt: skip


@pytest.mark.parametrize("missing", ["cursor", "index"])
def test_pagination_says_of_both_ways_whether_they_work(missing: str) -> None:
    document = discovery.service_provider_config(BASE, LimitSettings())
    del document["pagination"][missing]
    (error,) = Draft202012Validator(service_schemas()[CONFIG_URN].json_schema).iter_errors(document)
    assert missing in error.message


@pytest.mark.parametrize("key", ["type", "name", "description", "specUri", "primary"])
def test_the_authentication_scheme_is_complete(key: str) -> None:
    (scheme,) = discovery.service_provider_config(BASE, LimitSettings())["authenticationSchemes"]
    assert scheme[key]
    assert scheme["type"] == "oauthbearertoken"
