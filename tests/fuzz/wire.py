"""HTTP as bytes: a client that corrects nothing, so that the server gets exactly what was generated."""

import asyncio
from dataclasses import dataclass

Header = tuple[bytes, bytes]


@dataclass(frozen=True)
class Request:
    """One request; prints as what can be typed again."""

    method: str
    target: bytes
    headers: tuple[Header, ...]
    body: bytes | None

    def encoded(self) -> bytes:
        """Return the bytes on the wire."""
        length = [] if self.body is None else [(b"Content-Length", b"%d" % len(self.body))]
        lines = [b"%s: %s" % header for header in (*self.headers, *length)]
        return b"\r\n".join([b"%s %s HTTP/1.1" % (self.method.encode(), self.target), *lines, b"", b""]) + (
            self.body or b""
        )


@dataclass(frozen=True)
class Answer:
    """Status, headers in lower case, body."""

    status: int
    headers: dict[str, str]
    body: bytes


class Wire:
    """One connection, made again when the server has closed it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def send(self, request: Request) -> Answer:
        """Send one request and read its whole answer."""
        try:
            return await self._exchange(request)
        except (ConnectionError, asyncio.IncompleteReadError):
            # A server may close a connection between two requests; but it answers each one that it has taken.
            await self.close()
            return await self._exchange(request)

    async def _exchange(self, request: Request) -> Answer:
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._streams
        writer.write(request.encoded())
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        fields = (line.partition(":") for line in head[1:] if line)
        headers = {name.strip().lower(): value.strip() for name, _, value in fields}
        status = int(head[0].split()[1])
        body = b""
        if request.method != "HEAD" and status not in (204, 304):
            assert "content-length" in headers, head
            body = await reader.readexactly(int(headers["content-length"]))
        if headers.get("connection", "").lower() == "close":
            await self.close()
        return Answer(status, headers, body)

    async def close(self) -> None:
        """Close the connection."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None
