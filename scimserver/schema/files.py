"""The JSON files of the folder ``schemas``, wherever it is installed."""

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

_HOME = "scimserver_schemas"


def shipped(name: str) -> Any:
    """Return the content of one file, such as ``annotation.json``."""
    return json.loads(files(_HOME).joinpath(name).read_text(encoding="utf-8"))


@cache
def messages() -> Mapping[str, dict[str, Any]]:
    """Return the JSON Schemas of the message envelopes (RFC 7644) by name: ``PatchOp``, ``ListResponse``, …"""
    folder = files(_HOME).joinpath("messages")
    documents = [json.loads(entry.read_text(encoding="utf-8")) for entry in folder.iterdir()]
    return {document["title"]: document for document in documents}
