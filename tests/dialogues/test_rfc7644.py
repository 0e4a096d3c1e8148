"""The corpus of RFC 7644, RFC 7643 and RFC 9865, played in this process; tests/e2e plays it against a real server."""

from pathlib import Path

import pytest

from scimserver.schema.discovery import schema_document
from scimserver.schema.loader import service_schemas
from tests.unit.web.conftest import Site

from .fixture import Dialogue, read_folder
from .runner import Server, published_by, replay

FOLDER = Path(__file__).parent / "rfc7644"
DIALOGUES = read_folder(FOLDER)


@pytest.mark.parametrize("dialogue", DIALOGUES, ids=lambda dialogue: dialogue.file.removesuffix(".json"))
async def test_the_server_keeps_to_the_dialogue(dialogue: Dialogue, site: Site) -> None:
    tenant_url = f"{site.app.settings.server.public_url}{site.path}"
    documents = tuple(schema_document(definition, tenant_url) for definition in service_schemas().values())
    server = Server(f"{site.origin}{site.path}", site.token, tenant_url, documents)
    await replay(dialogue, server, await published_by(server))
