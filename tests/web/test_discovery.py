"""``/ServiceProviderConfig``, ``/Schemas`` and ``/ResourceTypes`` over HTTP (RFC 7644 §4)."""

import httpx
import pytest

from scimserver.schema.discovery import service_provider_config
from scimserver.schema.loader import CONFIG_URN, RESOURCE_TYPE_URN, SCHEMA_URN

from .conftest import USER, Site

LIST_RESPONSE = "urn:ietf:params:scim:api:messages:2.0:ListResponse"


async def test_the_service_provider_config_tells_the_limits_of_this_deployment(
    site: Site, client: httpx.AsyncClient
) -> None:
    base = f"http://127.0.0.1:8080{site.path}"
    config = (await client.get("ServiceProviderConfig")).json()
    assert config == service_provider_config(base, site.app.settings.limits)
    assert config["meta"]["location"] == f"{base}/ServiceProviderConfig"


@pytest.mark.parametrize("path", ["Schemas", "ResourceTypes"])
async def test_a_list_is_whole_and_each_of_it_is_found_where_it_says(client: httpx.AsyncClient, path: str) -> None:
    page = (await client.get(path)).json()
    assert page["schemas"] == [LIST_RESPONSE]
    assert page["totalResults"] == page["itemsPerPage"] == len(page["Resources"]) > 1 and page["startIndex"] == 1
    for document in page["Resources"]:
        assert document["meta"]["location"].endswith(f"/{path}/{document['id']}")
        assert (await client.get(f"{path}/{document['id']}")).json() == document
        assert (await client.get(f"{path}/{document['id'].upper()}")).json() == document


@pytest.mark.parametrize("urn", [SCHEMA_URN, RESOURCE_TYPE_URN, CONFIG_URN])
async def test_the_schemas_of_discovery_itself_are_there_by_name_and_not_offered_for_mapping(
    client: httpx.AsyncClient, urn: str
) -> None:
    document = (await client.get(f"Schemas/{urn}")).json()
    assert (document["schemas"], document["id"]) == ([SCHEMA_URN], urn)
    assert document["attributes"]
    assert urn not in {s["id"] for s in (await client.get("Schemas")).json()["Resources"]}


async def test_a_schema_that_there_is_not_is_404_with_those_that_there_are(client: httpx.AsyncClient) -> None:
    for path, named in (("Schemas/urn:example:Other", USER), ("ResourceTypes/Users", "User, Group")):
        response = await client.get(path)
        assert response.status_code == 404 and named in response.json()["detail"]


PATHS = ["ServiceProviderConfig", "Schemas", f"Schemas/{USER}", "ResourceTypes", "ResourceTypes/User"]


@pytest.mark.parametrize("path", PATHS)
async def test_a_filter_is_403_and_every_other_parameter_is_ignored(client: httpx.AsyncClient, path: str) -> None:
    for query in ("filter=id%20pr", "FILTER=", "filter=not%20a%20filter"):
        response = await client.get(f"{path}?{query}")
        assert response.status_code == 403 and "leave it out" in response.json()["detail"]
    whole = (await client.get(path)).json()
    ignored = (
        "attributes=id&excludedAttributes=name&sortBy=no&sortOrder=up&startIndex=9&count=0&cursor=x&aadOptscim062020"
    )
    assert (await client.get(f"{path}?{ignored}")).json() == whole


@pytest.mark.parametrize("path", PATHS)
async def test_discovery_needs_a_token(site: Site, path: str) -> None:
    async with site.client("wrong") as stranger:
        assert (await stranger.get(path)).status_code == 401
        assert (await stranger.get(f"{path}?filter=x")).status_code == 401
