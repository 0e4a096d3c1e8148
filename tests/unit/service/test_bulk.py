"""A bulk request when something fails that should not: what is answered, and what is left behind."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from structlog.testing import capture_logs

from scimserver.errors import Forbidden, NotFound, Unavailable
from scimserver.scim.bulk import read_bulk
from scimserver.service.provisioning import Provisioning

from .conftest import BASE, Tenant

Body = dict[str, Any]


async def bulk(tenant: Tenant, *operations: Body, **envelope: Any) -> list[Body]:
    message = read_bulk({"Operations": list(operations), **envelope}, tenant.app.catalogue, BASE, 1000)
    return list((await tenant.app.bulk.run(tenant.ctx, message))["Operations"])


def post(bulk_id: str, **data: Any) -> Body:
    return {"method": "POST", "path": "/Users", "bulkId": bulk_id, "data": {"userName": bulk_id, **data}}


def group(bulk_id: str, *members: str) -> Body:
    data = {"displayName": bulk_id, "members": [{"value": f"bulkId:{m}"} for m in members]}
    return {"method": "POST", "path": "/Groups", "bulkId": bulk_id, "data": data}


def statuses(results: list[Body]) -> list[str]:
    return [result["status"] for result in results]


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Let a use case raise from its n-th call on; the list that is returned grows with each call."""

    def arm(name: str, error: Exception, first: int = 1) -> list[str]:
        original: Callable[..., Awaitable[Any]] = getattr(Provisioning, name)
        calls: list[str] = []

        async def call(self: Provisioning, *args: Any, **kwargs: Any) -> Any:
            calls.append(name)
            if len(calls) >= first:
                raise error
            return await original(self, *args, **kwargs)

        monkeypatch.setattr(Provisioning, name, call)
        return calls

    return arm


def noted(calls: list[tuple[str, str]], name: str) -> Callable[..., Awaitable[Any]]:
    """The use case, with each call's name and last argument (the id of the resource) put into the list."""
    original: Callable[..., Awaitable[Any]] = getattr(Provisioning, name)

    async def call(self: Provisioning, *args: Any) -> Any:
        calls.append((name, args[-1]))
        return await original(self, *args)

    return call


async def test_an_unexpected_failure_is_the_500_of_its_operation_and_is_logged_with_its_place(
    tenant: Tenant, failing: Callable[..., list[str]]
) -> None:
    failing("delete", RuntimeError("secret internals"))
    with capture_logs() as logged:
        results = await bulk(tenant, post("a"), {"method": "DELETE", "path": "/Users/u_1"}, post("b"))
    assert statuses(results) == ["201", "500", "201"]
    assert results[1]["response"]["detail"].endswith("operator. (request request-1)")
    assert "secret" not in str(results)
    (entry,) = [e for e in logged if e["event"] == "bulk operation failed"]
    assert entry["exc_info"] and entry["operation"] == 1 and entry["log_level"] == "error"


async def test_a_database_that_is_away_from_the_start_is_a_503_of_the_whole_request(
    tenant: Tenant, failing: Callable[..., list[str]]
) -> None:
    failing("create", Unavailable("The database is away."))
    with pytest.raises(Unavailable):
        await bulk(tenant, {"method": "DELETE", "path": "/Users/u_none"}, post("a"), post("b"))


async def test_after_the_first_write_it_is_the_503_of_every_operation_that_is_left(
    tenant: Tenant, failing: Callable[..., list[str]]
) -> None:
    calls = failing("create", Unavailable("The database is away."), first=2)
    results = await bulk(tenant, post("a"), post("b"), post("c"), {"method": "DELETE", "path": "/Users/u_1"})
    assert statuses(results) == ["201", "503", "503", "503"]
    assert len(calls) == 2, "what follows is not even tried"
    assert await tenant.query("User") == [results[0]["location"].rpartition("/")[2]]


async def test_fail_on_errors_ends_that_too(tenant: Tenant, failing: Callable[..., list[str]]) -> None:
    failing("create", Unavailable("The database is away."), first=2)
    assert statuses(await bulk(tenant, post("a"), post("b"), post("c"), failOnErrors=1)) == ["201", "503"]


async def test_late_members_that_cannot_be_added_undo_the_circle(
    tenant: Tenant, failing: Callable[..., list[str]]
) -> None:
    failing("patch", RuntimeError("broken"))
    assert statuses(await bulk(tenant, group("a", "b"), group("b", "a"), post("c"))) == ["500", "409", "201"]
    assert await tenant.query("Group") == []


async def test_what_cannot_be_undone_is_told_with_its_address(
    tenant: Tenant, failing: Callable[..., list[str]]
) -> None:
    failing("delete", Forbidden("The plugin `keeper` keeps all groups."))
    a, b, c = await bulk(
        tenant, group("a", "b"), group("b", "c"), {**group("c", "a"), "data": {"members": ["bulkId:a"]}}
    )
    assert statuses([a, b, c]) == ["409", "409", "400"]
    kept = await tenant.query("Group")
    assert len(kept) == 2
    for result, resource_id in zip((a, b), kept, strict=True):
        assert "`keeper`" in result["response"]["detail"] and "bulkId `c`" in result["response"]["detail"]
        assert f"delete {BASE}/Groups/{resource_id} yourself" in result["response"]["detail"]


async def test_without_a_database_undoing_is_tried_once(tenant: Tenant, failing: Callable[..., list[str]]) -> None:
    failing("create", Unavailable("The database is away."), first=3)
    calls = failing("delete", Unavailable("The database is away."))
    circle = [group("a", "c"), group("b", "a"), group("c", "b")]
    assert statuses(await bulk(tenant, *circle, post("d"))) == ["409", "409", "503", "503"]
    assert len(calls) == 1


async def test_an_undone_resource_is_gone_for_good(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    member = await tenant.create("User", userName="member")
    bad = {**group("c", "a"), "data": {"displayName": 7, "members": ["bulkId:a"]}}
    first = {**group("a"), "data": {"displayName": "a", "members": [member["id"], "bulkId:b"]}}
    calls: list[tuple[str, str]] = []
    for name in ("create", "delete"):
        monkeypatch.setattr(Provisioning, name, noted(calls, name))
    assert statuses(await bulk(tenant, first, group("b", "c"), bad)) == ["409", "409", "400"]
    (_, a), (_, b), (_, c), *undone = calls
    assert undone == [("delete", b), ("delete", a)], "the last first"
    for resource_id in (a, b, c):
        with pytest.raises(NotFound):
            await tenant.get("Group", resource_id)
    assert await tenant.get("User", member["id"]) == member
    assert await tenant.query("User", f'groups.value eq "{a}"') == []


async def test_other_requests_have_their_turn_between_operations(tenant: Tenant) -> None:
    turns = 0

    async def other() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    task = asyncio.create_task(other())
    await bulk(tenant, *[{"method": "DELETE", "path": "/Nowhere/1"}] * 50)
    task.cancel()
    assert turns >= 50
