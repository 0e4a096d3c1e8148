"""What a run has created in the tenant, and how it goes again."""

import asyncio
import json
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

import httpx

RETRIES = 3
MOST_SECONDS_TO_WAIT = 60
LAST_ANSWER_SECONDS = 10
"""How long an interrupted run waits for the answer to its last request: it may have created something."""


class Ledger:
    """Paths of resources, such as ``/Users/u_1``, that a run has created and not deleted yet."""

    def __init__(self) -> None:
        self._paths: dict[str, None] = {}

    @property
    def paths(self) -> list[str]:
        """In the order of their creation."""
        return list(self._paths)

    def add(self, path: str) -> None:
        """Remember a resource."""
        self._paths[path] = None

    def discard(self, path: str) -> None:
        """Forget a resource, because it is gone."""
        self._paths.pop(path, None)

    def note(self, request: httpx.Request, answer: httpx.Response) -> None:
        """Remember what an answer says was created, alone or in a bulk request, and forget what was deleted."""
        if request.method == "POST" and answer.status_code == 201:
            location = answer.headers.get("Location")
            self.add(_path(location) if location else f"/{_segments(request.url.path)[-1]}/{_object(answer).get('id')}")
        elif request.method == "POST" and _segments(request.url.path)[-1].lower() == "bulk":
            for result in _object(answer).get("Operations") or []:
                if isinstance(result, dict) and result.get("status") == "201" and result.get("location"):
                    self.add(_path(str(result["location"])))
        elif request.method == "DELETE" and answer.is_success:
            self.discard(_path(request.url.path))


class Carrier(httpx.AsyncBaseTransport):
    """Carries requests, notes what they create, and waits where the server asks to (429)."""

    def __init__(self, ledger: Ledger, inner: httpx.AsyncBaseTransport) -> None:
        self.ledger = ledger
        self._inner = inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request; if the run is interrupted meanwhile, its answer is still noted."""
        carried = asyncio.ensure_future(self._carry(request))
        try:
            return await asyncio.shield(carried)
        except asyncio.CancelledError:
            with suppress(Exception):
                await asyncio.wait_for(carried, LAST_ANSWER_SECONDS)
            raise

    async def _carry(self, request: httpx.Request) -> httpx.Response:
        answer = await self._inner.handle_async_request(request)
        for _ in range(RETRIES):
            seconds = answer.headers.get("Retry-After", "1")
            if answer.status_code != 429 or not seconds.isdigit() or int(seconds) > MOST_SECONDS_TO_WAIT:
                break
            await answer.aclose()
            await asyncio.sleep(int(seconds))
            answer = await self._inner.handle_async_request(request)
        await answer.aread()
        self.ledger.note(request, answer)
        return answer

    async def aclose(self) -> None:
        """Keep the connections: each dialogue has a client of its own. :meth:`close` ends them."""

    async def close(self) -> None:
        """End the connections."""
        await self._inner.aclose()


class Cleaner:
    """Deletes what the ledger has, and nothing else."""

    def __init__(self, client: httpx.AsyncClient, ledger: Ledger) -> None:
        """``client`` has the tenant's URL and token."""
        self._client = client
        self._ledger = ledger

    async def clean(self) -> list[str]:
        """Delete what was created, the latest first; return a line for each resource that would not go."""
        stuck = []
        for path in reversed(self._ledger.paths):
            try:
                answer = await self._client.delete(path.lstrip("/"))
            except httpx.HTTPError as error:
                stuck.append(f"{path}: {type(error).__name__}")
                continue
            if answer.is_success or answer.status_code == 404:
                self._ledger.discard(path)
            else:
                stuck.append(f"{path}: DELETE answered {answer.status_code}")
        return stuck

    async def held(self, endpoints: Iterable[str]) -> dict[str, int]:
        """Return how many resources there are below each endpoint.

        Raises:
            httpx.HTTPError: one of them cannot be listed.
        """
        counts = {}
        for endpoint in endpoints:
            answer = await self._client.get(endpoint.lstrip("/"), params={"count": "1"})
            answer.raise_for_status()
            counts[endpoint] = int(_object(answer).get("totalResults") or 0)
        return counts


def _segments(path: str) -> list[str]:
    return [segment for segment in path.split("/") if segment] or [""]


def _path(location: str) -> str:
    """Return the last two segments: they are the path below the Tenant URL, however that is written."""
    return "/" + "/".join(_segments(httpx.URL(location).path)[-2:])


def _object(answer: httpx.Response) -> dict[str, Any]:
    try:
        body = json.loads(answer.content)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
