"""What a preview tells; made by :mod:`.preview`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...errors import ScimError
from ..differences import Difference, json_value
from ..groups import MemberCounts
from .drafts import DraftCheck
from .tracing import Contribution, Trace

UNKNOWN = "unknown-attribute"
"""Name of the toleration that leaves unknown attributes out."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What one payload would do in one workspace."""

    workspace: str
    method: str
    """``POST``, ``PUT`` or ``PATCH``; empty if there was no payload and the mapping alone was run."""
    resource_type: str
    resource_id: str | None = None
    """Of the stored resource; None if there is none."""
    writes: bool = False
    """Whether the document would be written; a change of nothing, or of members alone, leaves it as it is."""
    error: ScimError | None = None
    """What the client would be answered; None if its request would succeed."""
    tolerations: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Name of each toleration that the payload needs → where, as in the provisioning log."""
    off: Sequence[str] = ()
    """Of a refusal: tolerations that the workspace has off and that would have read something otherwise."""
    read_only: Sequence[str] = ()
    """Attributes without effect, since only the server sets them or they are never kept."""
    resource: Mapping[str, Any] | None = None
    """The canonical resource after the change, as plugins get it."""
    resource_difference: Difference | None = None
    """From the resource as it is; None if it would be created."""
    members: MemberCounts | None = None
    mapping: Trace | None = None
    """The run of the mapping, or of the draft; None if the payload or the draft is refused before."""
    difference: Difference | None = None
    """From the stored document to the one that would be made."""
    stored_revision: str | None = None
    """Revision of the mapping that made the stored document."""
    current: Trace | None = None
    """With a draft: the run of the mapping that the workspace has."""
    current_difference: Difference | None = None
    """With a draft: from the document of the workspace's mapping to that of the draft."""
    draft: DraftCheck | None = None
    warnings: Sequence[str] = ()

    @property
    def accepted(self) -> bool:
        """Whether the request would succeed, and the draft, if there is one, could be saved."""
        return self.error is None and not (self.draft and self.draft.errors)

    @property
    def stripped(self) -> Sequence[str]:
        """Unknown attributes that are left out."""
        return self.tolerations.get(UNKNOWN, ())

    @property
    def steps(self) -> Sequence[Contribution]:
        """What each plugin did, in order."""
        return self.mapping.steps if self.mapping else ()

    @property
    def document(self) -> Mapping[str, Any] | None:
        """The document that would be made."""
        return self.mapping.document if self.mapping else None

    def to_json(self) -> dict[str, Any]:
        """Return the form that the command and the admin API give out."""
        return {
            "workspace": self.workspace,
            "method": self.method or None,
            "resource_type": self.resource_type,
            "resource_id": self.resource_id,
            "accepted": self.accepted,
            "writes": self.writes,
            "error": self.error.body() if self.error else None,
            "refused_by": self.error.plugin if self.error else None,
            "tolerations": {name: list(places) for name, places in self.tolerations.items()},
            "off": list(self.off),
            "stripped": list(self.stripped),
            "read_only": list(self.read_only),
            "resource": self.resource,
            "resource_difference": _json(self.resource_difference),
            "members": {"added": self.members.added, "removed": self.members.removed} if self.members else None,
            "steps": [step.to_json() for step in self.steps],
            "document": None if self.document is None else json_value(self.document),
            "difference": _json(self.difference),
            "revision": self.mapping.revision if self.mapping else None,
            "stored_revision": self.stored_revision,
            "current": self.current.to_json() if self.current else None,
            "current_difference": _json(self.current_difference),
            "draft": self.draft.to_json() if self.draft else None,
            "warnings": list(self.warnings),
        }


def _json(difference: Difference | None) -> dict[str, Any] | None:
    return difference.to_json() if difference is not None else None
