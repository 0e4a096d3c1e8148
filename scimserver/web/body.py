"""The body of a request as it arrives: counted, inflated if need be, and kept up to a limit."""

import asyncio
import zlib
from collections.abc import Awaitable
from typing import Any

from ..errors import InvalidSyntax

_GZIP_FORMAT = 16 + zlib.MAX_WBITS
_PIECE = 64 * 1024
"""Bytes inflated in one go: at most this much is made of a chunk before other requests have their turn."""


class Body:
    """Takes in chunks; of what is longer than ``limit`` bytes, plain or inflated, nothing is kept."""

    def __init__(self, limit: int, *, gzip: bool = False) -> None:
        self._limit = limit
        self._parts: list[bytes] = []
        self._length = 0
        self._received = 0
        self._gzip = gzip
        self._inflater: Any = None
        self._corrupt = False

    @property
    def too_large(self) -> bool:
        """Whether it is longer than the limit."""
        return max(self._length, self._received) > self._limit

    def receive(self, chunk: bytes) -> Awaitable[None] | None:
        """Take in the next chunk; whoever calls waits for the result, if there is one, before the one after it."""
        self._received += len(chunk)
        if not self._gzip:
            self._keep(chunk)
            return None
        return self._inflate(chunk)

    def content(self) -> bytes:
        """Return the whole body, inflated; ask :attr:`too_large` first.

        Raises:
            InvalidSyntax: it is not gzip, damaged, or cut off.
        """
        if self._corrupt or (self._inflater and not self._inflater.eof):
            raise InvalidSyntax(
                "The body is not the gzip that `Content-Encoding` announces, or is damaged or cut off: "
                "send it again, or send it plain and without `Content-Encoding`."
            )
        return b"".join(self._parts)

    async def _inflate(self, chunk: bytes) -> None:
        rest: bytes | None = chunk
        while rest is not None and not self._corrupt and not self.too_large:
            rest = self._inflate_piece(rest)
            await asyncio.sleep(0)

    def _inflate_piece(self, chunk: bytes) -> bytes | None:
        """Inflate the beginning of a chunk; returns what is left to be done, None if nothing is."""
        if self._inflater is None or self._inflater.eof:
            # A gzip file may have several members, one behind the other (RFC 1952 §2.2).
            self._inflater = zlib.decompressobj(_GZIP_FORMAT)
        try:
            piece = self._inflater.decompress(chunk, _PIECE)
        except zlib.error:
            self._corrupt = True
            return None
        self._keep(piece)
        rest = self._inflater.unconsumed_tail or self._inflater.unused_data
        # A full piece may be a part of what has been read already.
        return rest if rest or (len(piece) == _PIECE and not self._inflater.eof) else None

    def _keep(self, piece: bytes) -> None:
        self._length += len(piece)
        if self.too_large:
            self._parts.clear()
        elif piece:
            self._parts.append(piece)
