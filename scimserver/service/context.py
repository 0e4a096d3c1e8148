"""What a use case is told about the request it serves."""

from dataclasses import dataclass, field

from ..scim.reading import Reading, tolerant
from .workspaces import ActiveWorkspace


@dataclass(frozen=True, slots=True)
class RequestContext:
    """Who asks, and under which address."""

    workspace: ActiveWorkspace
    base_url: str
    """Tenant URL without a trailing slash."""
    request_id: str
    credential: str
    """Public id of the token that the request came with."""
    client: str
    """User-Agent, for the log only; never branched on (idp-clients §7)."""
    expected: frozenset[str] = frozenset()
    """Ids that a bulk request has chosen for what it is about to create."""
    reading: Reading = field(default_factory=tolerant)
    """What the workspace's profile tolerates; afterwards, which tolerations the request needed."""
    blamed: list[str] = field(default_factory=list)
    """The plugin that refused or failed on an operation of a bulk request, for each such operation; for the log."""
