"""Records of Secret Tokens: everything but the secret."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .documents import now
from .driver import Database
from .failures import translated


@dataclass(frozen=True, slots=True)
class TokenRecord:
    """One token of one workspace."""

    public_id: str
    ws: str
    hash: bytes
    """Keyed hash of the secret."""
    label: str | None
    created: datetime
    expires: datetime | None
    revoked: datetime | None
    last_used: datetime | None
    last_client: str | None

    def usable(self, moment: datetime) -> bool:
        """Tell whether the token opens its workspace at that moment."""
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


class TokenStore:
    """The ``tokens`` collection; the public id is the document's id."""

    def __init__(self, database: Database) -> None:
        self._collection = database["tokens"]

    @translated()
    async def create(
        self, public_id: str, *, ws: str, hash: bytes, label: str | None, expires: datetime | None
    ) -> TokenRecord:
        """Store a new record."""
        record = TokenRecord(public_id, ws, hash, label, now(), expires, None, None, None)
        await self._collection.insert_one(
            {
                "_id": record.public_id,
                "ws": record.ws,
                "hash": record.hash,
                "label": record.label,
                "created": record.created,
                "expires": record.expires,
                "revoked": None,
                "last_used": None,
                "last_client": None,
            }
        )
        return record

    @translated()
    async def get(self, public_id: str) -> TokenRecord | None:
        """Return the record, also of an expired or revoked token."""
        stored = await self._collection.find_one({"_id": public_id})
        return _from_bson(stored) if stored else None

    @translated()
    async def list(self, ws: str) -> list[TokenRecord]:
        """Return the workspace's records, newest first."""
        found = [_from_bson(d) for d in await self._collection.find({"ws": ws}).to_list(None)]
        return sorted(found, key=lambda record: record.created, reverse=True)

    @translated()
    async def revoke(self, public_id: str) -> TokenRecord | None:
        """End a token; None if there is none. A second time changes nothing."""
        await self._collection.update_one({"_id": public_id, "revoked": None}, {"$set": {"revoked": now()}})
        return await self.get(public_id)

    @translated()
    async def note_use(self, public_id: str, moment: datetime, client: str) -> None:
        """Write when and by which client the token was last used."""
        await self._collection.update_one({"_id": public_id}, {"$set": {"last_used": moment, "last_client": client}})


def _from_bson(stored: Mapping[str, Any]) -> TokenRecord:
    return TokenRecord(
        public_id=stored["_id"],
        ws=stored["ws"],
        hash=bytes(stored["hash"]),
        label=stored["label"],
        created=stored["created"],
        expires=stored["expires"],
        revoked=stored["revoked"],
        last_used=stored["last_used"],
        last_client=stored["last_client"],
    )
