"""RFC 7643 §5 to §7 and RFC 7644 §4: what the server tells about itself, and that it is true of its resources."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from .exchanges import ENTERPRISE, GROUP, LIST, USER, address, body, group, read, refusal, user

CORE = "urn:ietf:params:scim:schemas:core:2.0"


def walk(attributes: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Every attribute and sub-attribute."""
    for attribute in attributes:
        yield attribute
        yield from walk(attribute.get("subAttributes", []))


async def test_the_configuration_has_every_required_block(client: httpx.AsyncClient) -> None:
    config = body(await client.get("ServiceProviderConfig"), 200)
    assert config["schemas"] == [f"{CORE}:ServiceProviderConfig"]
    for block in ("patch", "bulk", "filter", "changePassword", "sort", "etag"):
        assert isinstance(config[block]["supported"], bool)
    assert all(isinstance(config["bulk"][limit], int) for limit in ("maxOperations", "maxPayloadSize"))
    assert isinstance(config["filter"]["maxResults"], int)
    for scheme in config["authenticationSchemes"]:
        assert scheme["type"] in ("oauth", "oauth2", "oauthbearertoken", "httpbasic", "httpdigest")
        assert scheme["name"] and scheme["description"]
    assert config["meta"]["resourceType"] == "ServiceProviderConfig"
    assert body(await client.get(address(config["meta"]["location"])), 200) == config


async def test_resource_types_lead_to_endpoints_and_schemas(client: httpx.AsyncClient) -> None:
    listed = body(await client.get("ResourceTypes"), 200)
    known = {s["id"] for s in body(await client.get("Schemas"), 200)["Resources"]}
    assert listed["schemas"] == [LIST] and listed["totalResults"] == len(listed["Resources"]) >= 2
    for kind in listed["Resources"]:
        assert kind["schemas"] == [f"{CORE}:ResourceType"] and kind["name"] and kind["description"]
        assert kind["schema"] in known
        for extension in kind["schemaExtensions"]:
            assert extension["schema"] in known and isinstance(extension["required"], bool)
        assert body(await client.get(kind["endpoint"].lstrip("/")), 200)["schemas"] == [LIST]
        assert body(await client.get(address(kind["meta"]["location"])), 200) == kind
    endpoints = [kind["endpoint"] for kind in listed["Resources"]]
    assert len(set(endpoints)) == len(endpoints) and {"/Users", "/Groups"} <= set(endpoints)


async def test_schemas_are_listed_and_found_by_their_uri(client: httpx.AsyncClient) -> None:
    listed = body(await client.get("Schemas"), 200)
    assert listed["schemas"] == [LIST] and {USER, GROUP, ENTERPRISE} <= {s["id"] for s in listed["Resources"]}
    for schema in listed["Resources"]:
        assert schema["schemas"] == [f"{CORE}:Schema"] and schema["name"] and schema["description"]
        assert not schema["id"].startswith("urn:ietf:params:scim:api:"), "messages are no schemas"
        assert schema["meta"]["resourceType"] == "Schema"
        assert body(await client.get(f"Schemas/{schema['id']}"), 200) == schema
    refusal(await client.get("Schemas/urn:ietf:params:scim:api:messages:2.0:PatchOp"), 404)


async def test_every_attribute_is_described_with_the_keywords_of_the_rfc(client: httpx.AsyncClient) -> None:
    for schema in body(await client.get("Schemas"), 200)["Resources"]:
        for attribute in walk(schema["attributes"]):
            assert attribute["name"] and attribute["description"]
            assert attribute["type"] in {
                "string", "boolean", "decimal", "integer", "dateTime", "binary", "reference", "complex",
            }  # fmt: skip
            assert attribute["mutability"] in {"readOnly", "readWrite", "immutable", "writeOnly"}
            assert attribute["returned"] in {"always", "never", "default", "request"}
            assert attribute.get("uniqueness", "none") in {"none", "server", "global"}
            assert all(isinstance(attribute[flag], bool) for flag in ("multiValued", "required"))
            assert bool(attribute.get("subAttributes")) == (attribute["type"] == "complex")
            assert all(sub["type"] != "complex" for sub in attribute.get("subAttributes", []))
            assert bool(attribute.get("referenceTypes")) == (attribute["type"] == "reference")
            if attribute["type"] == "complex":
                assert attribute.get("uniqueness", "none") == "none" and not attribute.get("caseExact")
            if attribute["type"] in ("reference", "binary"):
                assert attribute["caseExact"] is True, attribute["name"]


async def test_verified_errata_are_in_the_schemas(client: httpx.AsyncClient) -> None:
    schemas = {
        s["id"]: {a["name"]: a for a in s["attributes"]} for s in body(await client.get("Schemas"), 200)["Resources"]
    }
    assert schemas[GROUP]["displayName"]["required"] is True, "erratum 5368"
    inner = {sub["name"]: sub for sub in schemas[USER]["groups"]["subAttributes"]}
    assert inner["$ref"]["referenceTypes"] == ["Group"], "erratum 8471"
    manager = {sub["name"]: sub for sub in schemas[ENTERPRISE]["manager"]["subAttributes"]}
    assert manager["value"]["caseExact"] is True, "erratum 8472"


async def test_resources_have_only_what_their_schemas_describe(client: httpx.AsyncClient) -> None:
    boss = await user(client, "boss@larkfield.example")
    made = await user(
        client, "ada@larkfield.example", active=True, name={"givenName": "Ada"}, externalId="e",
        emails=[{"value": "ada@larkfield.example", "type": "work"}], **{ENTERPRISE: {"manager": {"value": boss["id"]}}},
    )  # fmt: skip
    crew = await group(client, "Crew", made)
    schemas = {
        s["id"]: {a["name"]: a for a in s["attributes"]} for s in body(await client.get("Schemas"), 200)["Resources"]
    }
    common = {"schemas", "id", "externalId", "meta"}
    for resource in (await read(client, made), crew):
        core, *extensions = resource["schemas"]
        for name, value in resource.items():
            if name in extensions:
                assert value.keys() <= schemas[name].keys()
            elif name not in common:
                described = schemas[core][name]
                assert isinstance(value, list) == described["multiValued"]
                inner = {sub["name"] for sub in described.get("subAttributes", [])}
                for element in value if isinstance(value, list) else [value]:
                    assert not isinstance(element, dict) or element.keys() <= inner


@pytest.mark.parametrize("endpoint", ["Schemas", "ResourceTypes"])
async def test_query_parameters_are_ignored_but_a_filter_is_forbidden(client: httpx.AsyncClient, endpoint: str) -> None:
    everything = body(await client.get(endpoint), 200)
    parameters: dict[str, Any] = {"startIndex": 2, "count": 1, "sortBy": "id", "attributes": "id"}
    assert body(await client.get(endpoint, params=parameters), 200) == everything
    refusal(await client.get(endpoint, params={"filter": 'id eq "User"'}), 403)


async def test_what_is_told_cannot_be_changed(client: httpx.AsyncClient) -> None:
    for endpoint in ("ServiceProviderConfig", "Schemas", f"Schemas/{USER}", "ResourceTypes", "ResourceTypes/User"):
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            refusal(await client.request(method, endpoint, json={}), 405)
