"""``If-Match`` on workspaces, so that one operator does not undo what another has just done (RFC 9110 §13.1.1)."""

import re

from ...service.workspaces import Revisions
from ...store.workspaces import Workspace
from .operations import Call

_TAG = re.compile(r'\s*(?:W/)?"(\d{1,18})"\s*', re.ASCII)


def revisions(call: Call) -> Revisions:
    """Return the revisions that ``If-Match`` names; None without it and for ``*``. What is no ETag names none."""
    header = call.if_match
    if header is None or header.strip() == "*":
        return None
    return {int(match[1]) for tag in header.split(",") if (match := _TAG.fullmatch(tag))}


def set_etag(call: Call, workspace: Workspace) -> None:
    """Answer with the revision as ``ETag``."""
    call.headers["ETag"] = f'"{workspace.revision}"'
