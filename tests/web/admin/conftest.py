"""An operator's client of the admin API, on the server of :mod:`tests.web.conftest`."""

from collections.abc import AsyncIterator

import httpx
import pytest

from ..conftest import Site

ROOT = "/admin/api/v1"


def problem(response: httpx.Response, status: int, name: str) -> dict[str, object]:
    """Assert that the answer is a problem of this kind; returns its body."""
    assert response.status_code == status, response.text
    assert response.headers["Content-Type"] == "application/problem+json"
    body = dict(response.json())
    assert body["type"] == f"{ROOT}/problems/{name}"
    assert body["status"] == status
    assert body["request_id"] == response.headers["X-Request-Id"]
    assert body["title"] and body["detail"]
    return body


@pytest.fixture
async def admin_key(site: Site) -> AsyncIterator[str]:
    """A key of the admin API."""
    _, key = await site.app.admin_keys.create(label="tests")
    yield key
    await site.app.admin_keys.close()
    await site.app.deletions.stop()


@pytest.fixture
async def admin(site: Site, admin_key: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client below ``/admin/api/v1`` with an admin key."""
    async with site.anonymous(f"{ROOT}/", {"Authorization": f"Bearer {admin_key}"}) as made:
        yield made
