"""Records of what opens this server, everything but the secret: Secret Tokens and admin keys."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, ClassVar, Generic, TypeVar

from .documents import now
from .driver import Database
from .failures import translated


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """What every kind of credential has."""

    public_id: str
    hash: bytes
    """Keyed hash of the secret."""
    label: str | None
    created: datetime
    expires: datetime | None = None
    revoked: datetime | None = None
    last_used: datetime | None = None
    last_client: str | None = None

    def usable(self, moment: datetime) -> bool:
        """Tell whether it opens anything at that moment."""
        return self.revoked is None and (self.expires is None or moment < self.expires)

    def state(self, moment: datetime) -> str:
        """Return ``active``, ``expired`` or ``revoked``."""
        if self.revoked is not None:
            return "revoked"
        return "active" if self.usable(moment) else "expired"

    def to_json(self) -> dict[str, Any]:
        """Return the form that commands print; holds neither secret nor hash."""
        times = {name: getattr(self, name) for name in ("created", "expires", "revoked", "last_used")}
        return {
            "id": self.public_id,
            "label": self.label,
            "state": self.state(now()),
            **{name: at.isoformat() if at else None for name, at in times.items()},
            "last_client": self.last_client,
        }


Record = TypeVar("Record", bound=Credential)


class CredentialStore(Generic[Record]):
    """A collection of them; the public id is the document's id."""

    NAME: ClassVar[str]
    """Name of the collection."""
    RECORD: type[Record]

    def __init__(self, database: Database) -> None:
        self._collection = database[self.NAME]

    @translated()
    async def get(self, public_id: str) -> Record | None:
        """Return the record, also of an expired or revoked one."""
        stored = await self._collection.find_one({"_id": public_id})
        return self._from_bson(stored) if stored else None

    @translated()
    async def revoke(self, public_id: str) -> Record | None:
        """End one; None if there is none. A second time changes nothing."""
        await self._collection.update_one({"_id": public_id, "revoked": None}, {"$set": {"revoked": now()}})
        return await self.get(public_id)

    @translated()
    async def note_use(self, public_id: str, moment: datetime, client: str) -> None:
        """Write when and by which client it was last used."""
        await self._collection.update_one({"_id": public_id}, {"$set": {"last_used": moment, "last_client": client}})

    @translated()
    async def _insert(self, record: Record) -> Record:
        document = {field.name: getattr(record, field.name) for field in fields(record)}
        await self._collection.insert_one({"_id": document.pop("public_id"), **document})
        return record

    @translated()
    async def _find(self, condition: Mapping[str, Any]) -> list[Record]:
        """Return the records, newest first."""
        found = [self._from_bson(d) for d in await self._collection.find(condition).to_list(None)]
        return sorted(found, key=lambda record: record.created, reverse=True)

    def _from_bson(self, stored: Mapping[str, Any]) -> Record:
        known = {field.name: stored[field.name] for field in fields(self.RECORD) if field.name in stored}
        return self.RECORD(**{**known, "public_id": stored["_id"], "hash": bytes(stored["hash"])})
