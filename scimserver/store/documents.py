"""The stored form of a resource: what is in a document, and how it gets there and back.

``scim`` is what the identity provider sees, ``app`` what the mappers made and the application reads, ``keys`` and
``unique`` are the folded match values that the indexes hold (see :mod:`scimserver.scim.keys`).
"""

import secrets
import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from ..schema.attributes import ResourceType
from ..scim.keys import match_keys, unique_keys

_ID_ALPHABET = (string.digits + string.ascii_letters).replace("I", "")
"""Without one letter of ``bulkId``, which no id may hold (RFC 7643 §3.1)."""
_ID_LENGTH = 22
"""Characters of the alphabet: 130 random bits."""
_DOT, _ENCODED_DOT = ".", "\uff0e"
DELETED_KEY = "#deleted"
"""Match key of a tombstone; no attribute path begins with ``#``."""
HAS_MEMBERS_KEY, IS_MEMBER_KEY = "#has-members", "#is-member"
"""Further keys of a tombstone, until the membership rows that it had as a group and as a member have ended."""


def new_id(prefix: str) -> str:
    """Return a random id such as ``u_3rTz…``; never reused, not guessable."""
    return f"{prefix}_" + "".join(secrets.choice(_ID_ALPHABET) for _ in range(_ID_LENGTH))


def now() -> datetime:
    """Return the current instant in UTC, cut to milliseconds as BSON stores it."""
    moment = datetime.now(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def minute_of(moment: datetime) -> int:
    """Return the epoch minute, by which the sweep finds what was written lately."""
    return int(moment.timestamp()) // 60


@dataclass(frozen=True, slots=True)
class Event:
    """One committed change of one resource; leaves with the same atomic write that made the change."""

    id: str
    ws: str
    at: datetime
    action: str
    """``create``, ``update``, ``delete``, ``remap``, ``member_add`` or ``member_remove``."""
    resource_type: str
    resource_id: str
    v: int
    """Version of the resource after the change; 0 for a membership, which has none."""
    data: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def new(
        cls,
        *,
        ws: str,
        at: datetime,
        action: str,
        resource_type: str,
        resource_id: str,
        v: int = 0,
        data: Mapping[str, Any] | None = None,
    ) -> "Event":
        """Make an event with a fresh id."""
        return cls(new_id("e"), ws, at, action, resource_type, resource_id, v, data or {})

    def to_bson(self) -> dict[str, Any]:
        """Return the form in an outbox and in ``changes``."""
        return {
            "_id": self.id,
            "ws": self.ws,
            "at": self.at,
            "action": self.action,
            "type": self.resource_type,
            "id": self.resource_id,
            "v": self.v,
            "data": dict(self.data),
        }

    @classmethod
    def from_bson(cls, stored: Mapping[str, Any]) -> "Event":
        """Read the form of :meth:`to_bson`."""
        return cls(
            id=stored["_id"],
            ws=stored["ws"],
            at=stored["at"],
            action=stored["action"],
            resource_type=stored["type"],
            resource_id=stored["id"],
            v=stored["v"],
            data=stored["data"],
        )


@dataclass(frozen=True, slots=True)
class Document:
    """One user, group or other resource of a workspace."""

    id: str
    ws: str
    v: int
    seq: int
    """Place in the order of creation within workspace and collection."""
    resource_type: str
    scim: dict[str, Any]
    app: dict[str, Any]
    map: str
    """Revision of the mapping that made ``app``."""
    created: datetime
    modified: datetime
    grouped: bool = False
    """Whether it may be a member of a group: tells if ``groups`` needs a second read."""
    outbox: Sequence[Event] = ()
    remaps: int | None = None
    """How often ``app`` was made again at this version; a write looks at it and begins again without."""

    def to_bson(self, resource_type: ResourceType) -> dict[str, Any]:
        """Return the MongoDB document with its match keys."""
        resource = {"id": self.id, **self.scim}
        return {
            "_id": self.id,
            "ws": self.ws,
            "type": self.resource_type,
            "v": self.v,
            "seq": self.seq,
            "touched": minute_of(self.modified),
            "keys": match_keys(resource_type, resource),
            "unique": unique_keys(resource_type, resource),
            "scim": encode_names(self.scim),
            "app": self.app,
            "map": self.map,
            "meta": {"created": self.created, "lastModified": self.modified},
            "grouped": self.grouped,
            "outbox": [event.to_bson() for event in self.outbox],
        }

    @classmethod
    def from_bson(cls, stored: Mapping[str, Any]) -> "Document":
        """Read the form of :meth:`to_bson`."""
        return cls(
            id=stored["_id"],
            ws=stored["ws"],
            v=stored["v"],
            seq=stored["seq"],
            resource_type=stored["type"],
            scim=decode_names(stored["scim"]),
            app=stored["app"],
            map=stored["map"],
            created=stored["meta"]["created"],
            modified=stored["meta"]["lastModified"],
            grouped=stored["grouped"],
            outbox=[Event.from_bson(event) for event in stored["outbox"]],
            remaps=stored.get("remaps"),
        )


def tombstone(document: Document, event: Event) -> dict[str, Any]:
    """Return what stays of a deleted resource until its event is safe: no value of it, no key that a filter finds."""
    return {
        "_id": document.id,
        "ws": document.ws,
        "type": document.resource_type,
        "v": document.v + 1,
        "touched": minute_of(event.at),
        "keys": [DELETED_KEY, *_links(document)],
        "unique": [f"id={document.id}"],
        "deleted": event.at,
        "outbox": [e.to_bson() for e in (*document.outbox, event)],
    }


def _links(document: Document) -> list[str]:
    has_members = [HAS_MEMBERS_KEY] if document.resource_type == "Group" else []
    return has_members + ([IS_MEMBER_KEY] if document.grouped else [])


def kind_of(resource_type: ResourceType) -> str:
    """Return under which name a resource type's documents are numbered and counted: ``users``, ``resources:Device``.

    Each type of the shared collection has sequence numbers of its own, so that its windows are as full as others'.
    """
    return f"{resource_type.collection}:{resource_type.name}" if resource_type.shared else resource_type.collection


def where_kept(kind: str) -> tuple[str, dict[str, Any]]:
    """Return the collection of a kind, and what a condition on sequence numbers or ids needs besides."""
    collection, _, name = kind.partition(":")
    return collection, {"type": name} if name else {}


def is_tombstone(stored: Mapping[str, Any]) -> bool:
    """Tell whether a stored document is what a delete left."""
    return "deleted" in stored


def encode_names(resource: Mapping[str, Any]) -> dict[str, Any]:
    """Encode the dots of URN keys: a dotted MongoDB path through such a key would match nothing."""
    return {name.replace(_DOT, _ENCODED_DOT): value for name, value in resource.items()}


def encode_all_names(value: Any) -> Any:
    """Encode the dots of all names of JSON data: not every MongoDB-compatible engine stores such names."""
    if isinstance(value, Mapping):
        return {name: encode_all_names(item) for name, item in encode_names(value).items()}
    return [encode_all_names(item) for item in value] if isinstance(value, list | tuple) else value


def decode_all_names(stored: Any) -> Any:
    """Undo :func:`encode_all_names`."""
    if isinstance(stored, Mapping):
        return {name: decode_all_names(item) for name, item in decode_names(stored).items()}
    return [decode_all_names(item) for item in stored] if isinstance(stored, list | tuple) else stored


def decode_names(stored: Mapping[str, Any]) -> dict[str, Any]:
    """Undo :func:`encode_names`."""
    return {name.replace(_ENCODED_DOT, _DOT): value for name, value in stored.items()}
