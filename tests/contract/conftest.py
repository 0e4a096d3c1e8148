"""One contract, three databases: mongomock-motor, and the embedded engine through Motor and through PyMongo.

``database`` runs a test on all three; ``wire_database`` on the two that speak to a real server, for what mongomock
lacks (unique multikey indexes, a server that can go away).
"""

import asyncio
import secrets
import socket
from collections.abc import AsyncIterator, Iterator

import pytest
from mongomock_motor import AsyncMongoMockClient

from scimserver.store.driver import Database, DriverName
from scimserver.store.embedded import EmbeddedDatabase

WIRE_DRIVERS: list[DriverName] = ["motor", "pymongo"]


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedDatabase]:
    """One embedded engine for the whole session; tests that kill an engine start their own."""
    embedded = EmbeddedDatabase(tmp_path_factory.mktemp("embedded"))
    asyncio.run(embedded.start())
    yield embedded
    asyncio.run(embedded.stop())


async def _on_wire(engine: EmbeddedDatabase, driver: DriverName) -> AsyncIterator[Database]:
    database = Database.connect(engine.url, f"contract_{secrets.token_hex(6)}", driver=driver)
    yield database
    await database.drop()
    await database.close()


@pytest.fixture(params=["mongomock", *WIRE_DRIVERS])
async def database(request: pytest.FixtureRequest) -> AsyncIterator[Database]:
    """A fresh database, on each of the three in turn."""
    if request.param == "mongomock":
        yield Database.wrap(AsyncMongoMockClient(tz_aware=True)[f"contract_{secrets.token_hex(6)}"])
        return
    async for connected in _on_wire(request.getfixturevalue("engine"), request.param):
        yield connected


@pytest.fixture(params=WIRE_DRIVERS)
async def wire_database(request: pytest.FixtureRequest, engine: EmbeddedDatabase) -> AsyncIterator[Database]:
    """A fresh database on the embedded engine, through each driver in turn."""
    async for connected in _on_wire(engine, request.param):
        yield connected


@pytest.fixture
def unused_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
