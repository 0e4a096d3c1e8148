"""Lists of a custom resource type: sorted, walked by cursor, searched below its endpoint and at the root."""

import httpx
import pytest

from scimserver.service.application import Application

from .custom import custom_application, found, made

REQUIRED = "urn:larkfield:params:scim:schemas:extension:1.0:Sample:required"
SEARCH = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"


@pytest.fixture
def application() -> Application:
    return custom_application()


@pytest.fixture
async def samples(client: httpx.AsyncClient) -> httpx.AsyncClient:
    """A client of a workspace with five samples, and as many resources of another type of the same collection."""
    for number in (3, 1, 2, 5, 4):
        extension = {REQUIRED: {"level": number % 2}}
        numbers = {"integerValue": number, "part": {"value": f"{9 - number}"}}
        await made(client, "Samples", {"name": f"n{number}", **numbers, **extension})
        await made(client, "EndpointApps", {"applicationName": f"n{number}", "applicationType": "telemetry"})
    return client


async def names(client: httpx.AsyncClient, **parameters: str) -> list[str]:
    answer = await client.get("Samples", params=parameters)
    assert answer.status_code == 200, answer.text
    return [resource["name"] for resource in answer.json()["Resources"]]


async def test_samples_are_sorted_by_any_attribute(samples: httpx.AsyncClient) -> None:
    assert await names(samples, sortBy="integerValue") == ["n1", "n2", "n3", "n4", "n5"]
    assert await names(samples, sortBy="part.value") == ["n5", "n4", "n3", "n2", "n1"]
    by_level = {"sortBy": f"{REQUIRED}:level", "filter": "integerValue gt 2"}
    assert await names(samples, sortOrder="descending", **by_level) == ["n3", "n5", "n4"]


@pytest.mark.parametrize("sort", [{}, {"sortBy": "name"}])
async def test_samples_are_walked_by_cursor(samples: httpx.AsyncClient, sort: dict[str, str]) -> None:
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = (await samples.get("Samples", params={"cursor": cursor, "count": "2", **sort})).json()
        seen += [resource["name"] for resource in page["Resources"]]
        cursor = page.get("nextCursor")
    assert seen == (["n1", "n2", "n3", "n4", "n5"] if sort else ["n3", "n1", "n2", "n5", "n4"])


async def test_samples_are_searched_below_their_endpoint_and_at_the_root(samples: httpx.AsyncClient) -> None:
    below = {"schemas": [SEARCH], "filter": 'name sw "n"', "count": 3, "sortBy": "name"}
    page = (await samples.post("Samples/.search", json=below)).json()
    assert (page["totalResults"], [r["name"] for r in page["Resources"]]) == (5, ["n1", "n2", "n3"])
    everything = 'meta.resourceType eq "Sample" or meta.resourceType eq "EndpointApp"'
    page = (await samples.post(".search", json={"schemas": [SEARCH], "filter": everything})).json()
    assert page["totalResults"] == 10
    assert len(await found(samples, "EndpointApps", 'applicationType eq "telemetry"')) == 5
