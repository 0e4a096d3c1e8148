"""Secret Tokens and admin keys: ``scs_<public id>_<secret><checksum>``, ``sca_…`` for admin keys, all base62.

The public id finds the record by index; the secret has 256 random bits and is stored only as a keyed hash; the checksum
(six characters, CRC-32) tells a mistyped token and lets secret scanners recognise one. Under 100 bytes: in some clouds
Entra's stored credentials must fit 1 KB (idp-clients §7).
"""

import hashlib
import hmac
import re
import secrets
import string
import zlib
from dataclasses import dataclass, field

SECRET_TOKEN = "scs"
"""Opens one workspace's Tenant URL."""
ADMIN_KEY = "sca"
"""Opens the admin API."""

_BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase
_PUBLIC_LENGTH = 12
_SECRET_LENGTH = 43
"""43 characters of base62 hold 256 bits."""
_CHECKSUM_LENGTH = 6
_FORM = re.compile(
    rf"(?P<prefix>[a-z]{{3}})_(?P<public>[0-9A-Za-z]{{{_PUBLIC_LENGTH}}})_(?P<secret>[0-9A-Za-z]{{{_SECRET_LENGTH}}})"
    rf"(?P<checksum>[0-9A-Za-z]{{{_CHECKSUM_LENGTH}}})"
)


@dataclass(frozen=True, slots=True)
class SecretToken:
    """A token in parts; its secret is not shown by ``repr``."""

    public_id: str
    secret: str = field(repr=False)
    prefix: str = SECRET_TOKEN

    @property
    def text(self) -> str:
        """The token as the admin pastes it."""
        body = f"{self.prefix}_{self.public_id}_{self.secret}"
        return body + _checksum(body)


def new_token(prefix: str = SECRET_TOKEN) -> SecretToken:
    """Make a token of fresh random parts."""
    return SecretToken(_random(_PUBLIC_LENGTH), _random(_SECRET_LENGTH), prefix)


def parse_token(text: str, prefix: str = SECRET_TOKEN) -> SecretToken | None:
    """Read a token, or return None if it is not one, is of another kind, or its checksum is wrong."""
    match = _FORM.fullmatch(text)
    if match is None or match["prefix"] != prefix or _checksum(text[:-_CHECKSUM_LENGTH]) != match["checksum"]:
        return None
    return SecretToken(match["public"], match["secret"], prefix)


def hash_secret(key: bytes, secret: str) -> bytes:
    """Return the keyed hash that is stored: without the key a stolen database verifies nothing."""
    return hmac.digest(key, secret.encode(), hashlib.sha256)


def matches(key: bytes, secret: str, stored: bytes) -> bool:
    """Compare in constant time."""
    return hmac.compare_digest(hash_secret(key, secret), stored)


def _random(length: int) -> str:
    return "".join(secrets.choice(_BASE62) for _ in range(length))


def _checksum(body: str) -> str:
    number, digits = zlib.crc32(body.encode()), ""
    for _ in range(_CHECKSUM_LENGTH):
        number, digit = divmod(number, 62)
        digits = _BASE62[digit] + digits
    return digits
