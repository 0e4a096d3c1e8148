from collections.abc import Iterator
from pathlib import Path

import pytest

from .deployment import Deployment

QUICK = {"test_bad_input.py"}
"""Modules that ``make test`` runs too; the others take minutes and belong to ``.ci/run``."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what plays whole cycles, kills processes or asks foreign clients as slow."""
    for item in items:
        if item.path.parent == Path(__file__).parent and item.path.name not in QUICK:
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """A running server with the workspaces ``larkfield`` and ``northgate``, shared by the tests of a module."""
    running = Deployment(tmp_path_factory.mktemp("deployment") / "data", ["larkfield", "northgate"]).start()
    yield running
    running.stop()


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Deployment]:
    """A server of one's own, for tests that kill it."""
    running = Deployment(tmp_path / "data", ["larkfield"]).start()
    yield running
    if running.process is not None and running.process.poll() is None:
        running.stop()
