"""One contract, three databases: mongomock-motor, and the embedded engine through Motor and through PyMongo.

``database`` runs a test on all three; ``wire_database`` on the two that speak to a real server, for what mongomock
lacks (unique multikey indexes, a server that can go away).
"""

import asyncio
import secrets
import socket
from collections.abc import AsyncIterator, Iterator
from typing import cast

import pytest
from mongomock_motor import AsyncMongoMockClient

from scimserver.store.driver import Database, DriverName
from scimserver.store.embedded import EmbeddedDatabase

# A PyMongo client that is closed while it connects leaves its socket to the garbage collector: `pool_shared.py`
# closes it on OSError and time-out, not on cancellation. Such a socket has no peer yet; one with a peer is an error.
_HALF_CONNECTED = r"Exception ignored in. <socket.socket fd=\d+, family=\d+, type=\d+, proto=6, laddr=\([^)]*\)>"

WIRE_DRIVERS: list[DriverName] = ["motor", "pymongo"]


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedDatabase]:
    """One embedded engine for the whole session; tests that kill an engine start their own."""
    embedded = EmbeddedDatabase(tmp_path_factory.mktemp("embedded"))
    with asyncio.Runner() as runner:
        runner.run(embedded.start())
        yield embedded
        runner.run(embedded.stop())


def pytest_configure(config: pytest.Config) -> None:
    """Add the one exception to "warnings are errors"."""
    config.addinivalue_line("filterwarnings", f"ignore:{_HALF_CONNECTED}:pytest.PytestUnraisableExceptionWarning")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run on all three, without mongomock where a test asks for ``wire_database``."""
    if "backend" in metafunc.fixturenames:
        wire_only = "wire_database" in metafunc.fixturenames
        metafunc.parametrize("backend", WIRE_DRIVERS if wire_only else ["mongomock", *WIRE_DRIVERS], indirect=True)


@pytest.fixture
def backend(request: pytest.FixtureRequest) -> str:
    """Name of the driver, or ``mongomock``."""
    if request.param != "mongomock":
        # Here and not in ``database``, where a loop is running already: the engine needs one of its own.
        request.getfixturevalue("engine")
    return str(request.param)


@pytest.fixture
async def database(backend: str, request: pytest.FixtureRequest) -> AsyncIterator[Database]:
    """A fresh database, on each of the three in turn."""
    name = f"contract_{secrets.token_hex(6)}"
    if backend == "mongomock":
        yield Database.wrap(AsyncMongoMockClient(tz_aware=True)[name])
        return
    engine: EmbeddedDatabase = request.getfixturevalue("engine")
    connected = Database.connect(engine.url, name, driver=cast(DriverName, backend))
    yield connected
    await connected.drop()
    await connected.close()


@pytest.fixture
def wire_database(database: Database) -> Database:
    """The same without mongomock."""
    return database


@pytest.fixture
def unused_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
