"""Cursors (RFC 9865): where a walk through a list stands, sealed into a text that only this deployment can read.

Nothing is stored. A cursor names a cut in the order of one query of one workspace; it is encrypted, since the cut of a
sorted list is a value of somebody's attribute and cursors stand in URLs, signed, and dated, so that it expires.
"""

import hashlib
import re
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable
from dataclasses import dataclass

import orjson
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ..errors import ExpiredCursor, InvalidCursor
from ..scim.sorting import Place

_LABEL = b"scimserver/cursor/1"
"""Makes of the deployment's key one for cursors alone; the number rises with every change of the payload's form."""
_FORM = re.compile(r"[A-Za-z0-9_-]{1,4096}")
"""RFC 9865 §2 allows the unreserved characters of a URI: base64url has the others, ``=`` is left out and put back."""
_AGAIN = "Begin again with an empty `cursor`."


@dataclass(frozen=True, slots=True)
class Cursor:
    """A page from a cut on, or backwards the page before it."""

    cut: Place
    backward: bool = False


class Cursors:
    """Gives out cursors and takes them back."""

    def __init__(self, secret_key: str, lifetime: int) -> None:
        """``lifetime`` in seconds."""
        key = HKDF(SHA256(), 32, salt=None, info=_LABEL).derive(secret_key.encode())
        self._fernet = Fernet(urlsafe_b64encode(key))
        self._lifetime = lifetime

    def seal(self, cursor: Cursor, query: bytes) -> str:
        """Return the text of a cursor that holds for one query (see :func:`query_digest`)."""
        payload = [query.hex(), cursor.backward, *cursor.cut]
        return self._fernet.encrypt(orjson.dumps(payload)).rstrip(b"=").decode()

    def open(self, text: str, query: bytes) -> Cursor:
        """Read a cursor that was sealed for the same query.

        Raises:
            InvalidCursor: not given out by this deployment, or for another query, order, endpoint or workspace.
            ExpiredCursor: older than the lifetime.
        """
        sealed = _padded(text)
        try:
            payload = orjson.loads(self._fernet.decrypt(sealed))
        except InvalidToken:
            raise InvalidCursor(f"The `cursor` is not one that this server gave out. {_AGAIN}") from None
        sealed_for, backward, key, resource_type, seq = payload
        if sealed_for != query.hex():
            raise InvalidCursor(
                "The `cursor` belongs to another query: send the `filter`, `sortBy` and `sortOrder` and the endpoint "
                f"with which it was given out. {_AGAIN}"
            )
        if time.time() - self._fernet.extract_timestamp(sealed) > self._lifetime:
            raise ExpiredCursor(f"The `cursor` is older than {self._lifetime} seconds. {_AGAIN}")
        return Cursor(Place(tuple(key), resource_type, seq), backward)


def query_digest(ws: str, resource_types: Iterable[str], condition: str, order: str, *, descending: bool) -> bytes:
    """Return what tells queries apart, of their canonical texts; the size of a page may change during a walk."""
    return hashlib.sha256(orjson.dumps([ws, list(resource_types), condition, order, descending])).digest()


def _padded(text: str) -> bytes:
    """Put the padding back; of texts that decode alike, only the one that was given out is taken."""
    encoded = text.encode() if _FORM.fullmatch(text) else b""
    padded = encoded + b"=" * (-len(encoded) % 4)
    try:
        return padded if urlsafe_b64encode(urlsafe_b64decode(padded)) == padded else b""
    except ValueError:
        return b""
