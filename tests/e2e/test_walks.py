"""Whole walks through a real server while users are deleted and created: who stays is met exactly once."""

from typing import Any

import pytest

from benchmarks.walk import WAYS, Churn, walk

from .deployment import Deployment

USERS, CHANGES, COUNT = 1_000, 100, 40


@pytest.mark.parametrize("way", WAYS)
async def test_a_walk_misses_no_survivor_and_repeats_none(deployment: Deployment, way: str) -> None:
    method, query = WAYS[way]
    async with deployment.client() as client:
        ids = await existing(client)
        await top_up(client, ids)
        churn = Churn(client, ids, CHANGES, USERS // COUNT, seed=len(way))
        walked = await walk(client, method, COUNT, churn, **query)
    survivors = set(ids) - churn.deleted
    assert (len(churn.deleted), len(churn.created)) == (CHANGES, CHANGES)
    assert (walked.missed(survivors), walked.repeated()) == (0, 0)
    assert walked.ids.keys() <= set(ids) | churn.created


async def existing(client: Any) -> list[str]:
    page = (await client.get("Users", params={"count": 1000, "attributes": "id", "filter": "active eq true"})).json()
    return [resource["id"] for resource in page["Resources"]]


async def top_up(client: Any, ids: list[str]) -> None:
    """Create what is missing to the number of users, in one bulk request."""
    missing = range(len(ids), USERS)
    operations = [
        {
            "method": "POST",
            "path": "/Users",
            "bulkId": f"w{n}",
            "data": {"userName": f"walker{n}-{len(ids)}@larkfield.example", "active": True},
        }
        for n in missing
    ]
    if operations:
        results = (await client.post("Bulk", json={"Operations": operations}, timeout=60)).json()["Operations"]
        assert {result["status"] for result in results} == {"201"}
        ids += [result["location"].rpartition("/")[2] for result in results]
