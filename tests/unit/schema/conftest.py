import pytest

from scimserver.schema.attributes import ResourceType
from scimserver.schema.catalogue import SchemaCatalogue, load_schemas


@pytest.fixture(scope="session")
def catalogue() -> SchemaCatalogue:
    return load_schemas()


@pytest.fixture(scope="session")
def user(catalogue: SchemaCatalogue) -> ResourceType:
    return catalogue.resource_type("User")


@pytest.fixture(scope="session")
def group(catalogue: SchemaCatalogue) -> ResourceType:
    return catalogue.resource_type("Group")
