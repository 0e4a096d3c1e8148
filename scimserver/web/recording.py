"""From a finished request to its entry in the provisioning log: names, ids and the error, no value of a person."""

import re
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ..service.redaction import HIDDEN, Redaction
from ..service.requests import Entry

if TYPE_CHECKING:
    from .base import ScimHandler

_BEGINS_WITH_NAME = re.compile(r"`([^`]{1,200})`")

MAX_ATTRIBUTES = 50
"""Attributes of a PATCH that are named."""
MAX_BULK_ERRORS = 5
"""Errors of a bulk request that are told in full; the others are counted."""
LONGEST_NAME = 200
"""Characters of what a client named itself and its attributes."""


def entry_of(handler: "ScimHandler") -> Entry:
    """Return what the log tells of a request whose answer has been sent, or whose client went away."""
    status = handler.get_status() if handler._finished else None
    duration = time.perf_counter() - handler.started
    error = handler.sent_error if status else None
    entry = Entry(
        # To the millisecond, as BSON stores it.
        at=datetime.fromtimestamp(round(time.time() - duration, 3), UTC),
        request_id=handler.request_id,
        operation=_operation(handler),
        method=(handler.request.method or "")[:40],
        path=_path(handler),
        status=status,
        result="failure" if status is None or status >= 400 else "success",
        ms=round(duration * 1000, 1),
        client=_printable(handler.client),
        credential=handler.credential,
        error=error,
    )
    _add_resource(entry, handler)
    _add_reading(entry, handler)
    if error:
        _add_blame(entry, handler)
    if entry.operation == "patch":
        entry.attributes = patched_attributes(handler.message, _redaction(handler))
    results = getattr(handler, "results", None)
    if results is not None:
        entry.bulk = bulk_summary(results, handler.ctx.blamed)
        if entry.bulk["failures"]:
            entry.result = "failure"
    return entry


def _redaction(handler: "ScimHandler") -> Redaction:
    assert handler.addressed is not None  # what has no workspace is in no workspace's log
    return handler.addressed.redaction


def _operation(handler: "ScimHandler") -> str:
    name = handler.operation()
    return "search" if name == "list" and handler.argument("filter") is not None else name


def _path(handler: "ScimHandler") -> str:
    # /t/{workspace}/scim/v2/… in whichever form it was sent (see Addresses.route_path).
    path = _redaction(handler).path(handler.request.path.split("/")[5:])
    arguments = handler.request.query_arguments
    return f"{path}?{_redaction(handler).query(arguments)}" if arguments else path


def _add_resource(entry: Entry, handler: "ScimHandler") -> None:
    """Name the resource: of the address, or the one that was made."""
    entry.resource_type = handler.type_name
    named = handler.path_kwargs.get("resource_id")
    if entry.status == 201:
        named = handler._headers.get("Location", "").rpartition("/")[2]
    if named:
        entry.resource_id = _redaction(handler).identifier(named)


def _add_reading(entry: Entry, handler: "ScimHandler") -> None:
    """Tell which tolerations the request needed."""
    used, missed = handler.tolerated()
    if entry.failed:
        entry.off = missed
    entry.tolerations = {name: [_printable(place) for place in places] for name, places in used.items()}
    entry.stripped = entry.tolerations.get("unknown-attribute", ())
    if "unknown-member" in used:
        entry.left_out = [_redaction(handler).identifier(member) for member in used["unknown-member"]]
        entry.tolerations = {**entry.tolerations, "unknown-member": entry.left_out}


def _add_blame(entry: Entry, handler: "ScimHandler") -> None:
    """Name the plugin that failed or refused, and the attribute: of its document, or with which its text begins."""
    entry.plugin, entry.attribute = handler.blamed
    named = _BEGINS_WITH_NAME.match(str((entry.error or {}).get("detail", "")))
    if entry.plugin and not entry.attribute and named:
        attribute = _redaction(handler).attribute(named[1])
        entry.attribute = attribute if attribute != HIDDEN else None


def patched_attributes(message: Any, redaction: Redaction) -> list[str]:
    """Return the attributes that a PATCH message names in paths or as keys of values, each once, in their order."""
    names: dict[str, None] = {}
    operations = _member(message, "operations")
    for operation in operations[:MAX_ATTRIBUTES] if isinstance(operations, list) else ():
        path, value = _member(operation, "path"), _member(operation, "value")
        if isinstance(path, str) and path:
            names[redaction.attribute(path)] = None
        elif isinstance(value, dict):
            names |= dict.fromkeys(map(redaction.attribute, list(value)[:MAX_ATTRIBUTES]))
    return list(names)[:MAX_ATTRIBUTES]


def bulk_summary(results: Sequence[Mapping[str, Any]], blamed: Sequence[str] = ()) -> dict[str, Any]:
    """Return how many operations there were by method, how many failed, and the first errors as they were answered.

    ``blamed`` names the plugin for each operation that one refused or failed on.
    """
    failed = [result for result in results if int(result["status"]) >= 400]
    plugins = {"plugins": dict(Counter(blamed))} if blamed else {}
    return plugins | {
        "operations": dict(Counter(result["method"] for result in results)),
        "failures": len(failed),
        "errors": [result["response"] for result in failed[:MAX_BULK_ERRORS]],
    }


def _member(message: Any, name: str) -> Any:
    """Return what a JSON object holds under a name in any letter case, or None."""
    if not isinstance(message, dict):
        return None
    return next((value for key, value in message.items() if key.lower() == name), None)


def _printable(text: str) -> str:
    """Return a client's text as it may be shown in a terminal."""
    text = text[:LONGEST_NAME]
    return text if text.isprintable() else "".join(c if c.isprintable() else "�" for c in text)
