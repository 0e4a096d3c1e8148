"""``door_badge``: a badge with number, colour and end, which SCIM knows nothing of. A plugin with a schema of its own.

The third step after :mod:`..cost_centre`, and a package, since it brings a file:

* ``scim_schema_files`` names ``badge.json``, an extension of User. From then on ``/Schemas`` publishes it, so that an
  identity provider offers its attributes for mapping; values are checked, filtered, patched like any other; ``number``
  is unique in a workspace, and a second user with it is answered 409.
* ``stored``, the document as it is in the database, makes it possible to make a value once and keep it: the name that
  is printed on a badge stays when a person's name changes, until there is another badge.
* ``scim_before_delete`` refuses to delete somebody who still has a badge.
* ``scim_after_commit`` tells the badge printer. It is the one hook that may take its time and do input and output. An
  event may come twice, so it is written into a file of its name: twice is then the same as once.
"""

import asyncio
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from scimserver.errors import Conflict, InvalidValue
from scimserver.hookspecs import CommittedEvent, MapContext, PluginInfo, WorkspaceContext, hookimpl

BADGE = "urn:example:params:scim:schemas:extension:badge:2.0:User"

_SETTINGS = {
    "type": "object",
    "properties": {
        "colour": {"type": "string", "default": "grey", "description": "Of a badge that is given no colour."},
        "spool": {
            "type": "string",
            "default": "",
            "description": "Folder of the badge printer, which gets a file for every change; empty for none.",
        },
    },
    "additionalProperties": False,
}


@hookimpl
def scim_plugin_info() -> PluginInfo:
    """Describe the plugin."""
    return PluginInfo("door_badge", "The badge that opens a person's doors.", "1", _SETTINGS)


@hookimpl
def scim_schema_files() -> Sequence[Path]:
    """Return the schema of the extension."""
    return [Path(__file__).with_name("badge.json")]


@hookimpl
def scim_validate(context: MapContext, resource: Mapping[str, Any]) -> None:
    """Refuse a badge without a number: what a schema cannot say is said here."""
    badge = resource.get(BADGE, {})
    if badge and not badge.get("number"):
        raise InvalidValue(f"`{BADGE}:number` is missing: a badge without a number opens nothing; map it, or map none.")


@hookimpl
def scim_map(
    context: MapContext, resource: Mapping[str, Any], stored: Mapping[str, Any] | None
) -> Mapping[str, Any] | None:
    """Return ``badge`` of a user who has one, and None to whom it was taken: a field that stays away is cleared."""
    badge = resource.get(BADGE, {})
    if context.resource_type != "User" or not badge.get("number"):
        return None
    made = {
        "number": badge["number"],
        "colour": badge.get("colour") or context.settings["colour"],
        "printed_name": printed_name(badge["number"], resource, stored or {}),
    }
    if "validUntil" in badge:
        # A datetime and not a text, so that the application can ask for those that end this month.
        made["valid_until"] = moment(badge["validUntil"])
    return {"badge": made}


def printed_name(number: str, resource: Mapping[str, Any], stored: Mapping[str, Any]) -> str:
    """Return the name that is on the badge: the one of the day when this number was given out."""
    before = stored.get("badge") or {}
    if before.get("number") == number and before.get("printed_name"):
        return str(before["printed_name"])
    return str(resource.get("displayName") or resource["userName"])


def moment(text: str) -> datetime:
    """Return a SCIM dateTime, which always has a time zone, or else is meant in UTC."""
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


@hookimpl
def scim_before_delete(context: MapContext, resource: Mapping[str, Any]) -> None:
    """Refuse to delete a user whose badge has not come back."""
    if context.resource_type == "User" and resource.get(BADGE, {}).get("number"):
        raise Conflict(
            "This user still has a badge: take it back and clear "
            f"`{BADGE}:number`, or disable the user instead of deleting."
        )


@hookimpl
async def scim_after_commit(context: WorkspaceContext, events: Sequence[CommittedEvent]) -> None:
    """Give the printer a file for every change of a user; without waiting for the disk on the loop."""
    spool = context.settings["spool"]
    if spool:
        await asyncio.to_thread(_write, Path(spool), context.workspace, events)


def _write(spool: Path, workspace: str, events: Sequence[CommittedEvent]) -> None:
    for event in events:
        if event.resource_type == "User" and event.action in ("create", "update", "delete"):
            text = json.dumps({"workspace": workspace, "user": event.resource_id, "action": event.action})
            part = spool / f"{event.id}.part"
            part.write_text(text, encoding="utf-8")
            part.rename(spool / f"{event.id}.json")
