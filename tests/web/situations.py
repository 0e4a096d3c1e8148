"""What requests run into: a workspace or server that does not serve, a database that is away, a lost race, a bug."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from types import SimpleNamespace
from typing import Any

import mongomock
import pytest
from pymongo.errors import AutoReconnect
from scimserver_plugins import profile

from scimserver.service import cursors
from scimserver.store import search as store_search
from scimserver.store.resources import DuplicateValue, ResourceStore

from .conftest import Site

Situation = Callable[[Site], AbstractAsyncContextManager[None]]


def failing(error: Exception) -> Callable[..., Any]:
    """A function, or a coroutine function, that raises."""

    def fail(*_: Any, **__: Any) -> Any:
        raise error

    return fail


@asynccontextmanager
async def suspended(site: Site) -> AsyncIterator[None]:
    await site.app.workspaces.suspend(site.slug)
    yield
    await site.app.workspaces.resume(site.slug)


@asynccontextmanager
async def stopping(site: Site) -> AsyncIterator[None]:
    site.app.draining = True
    yield
    site.app.draining = False


@asynccontextmanager
async def busy(site: Site) -> AsyncIterator[None]:
    workspace = await site.app.workspaces.resolve(site.slug)
    assert workspace is not None
    taken = 0
    while site.app.enter(workspace.id, workspace.concurrency):
        taken += 1
    yield
    for _ in range(taken):
        site.app.leave(workspace.id)


def patched(target: object, name: str, value: object) -> Situation:
    @asynccontextmanager
    async def situation(site: Site) -> AsyncIterator[None]:
        with pytest.MonkeyPatch.context() as monkeypatch:
            monkeypatch.setattr(target, name, value)
            yield

    return situation


@asynccontextmanager
async def away(site: Site) -> AsyncIterator[None]:
    """The database is away, and nothing is remembered of what it said."""
    site.app.workspaces._cache.clear()
    site.app.tokens._cache.clear()
    with pytest.MonkeyPatch.context() as monkeypatch:
        for name in ("find", "find_one"):
            monkeypatch.setattr(mongomock.collection.Collection, name, failing(AutoReconnect("gone")))
        yield


async def loses(*_: Any) -> bool:
    """A write that somebody else was always faster than."""
    return False


raced = patched(ResourceStore, "replace", loses)
raced_delete = patched(ResourceStore, "delete", loses)
plugin_broken = patched(profile, "_pick", failing(ZeroDivisionError()))
scan_too_long = patched(store_search, "SCAN_DOCUMENTS", 0)
much_later = patched(cursors, "time", SimpleNamespace(time=lambda: 9e9))


def taken(write: str) -> Situation:
    async def collides(*_: Any) -> Any:
        raise DuplicateValue("userName", "ada@larkfield.example")

    return patched(ResourceStore, write, collides)
