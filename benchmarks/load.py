"""A load client that costs little itself: keep-alive sockets, requests prepared beforehand, answers read by length."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Request:
    """One request, ready for the wire, and the statuses that count as success."""

    wire: bytes
    statuses: frozenset[int]


@dataclass(frozen=True, slots=True)
class Measured:
    """Requests a second, and milliseconds at the median and the 99th percentile."""

    per_second: float
    p50_ms: float
    p99_ms: float
    bodies: list[bytes]


def prepare(
    method: str, target: str, host: str, token: str, body: bytes = b"", statuses: Sequence[int] = (200,)
) -> Request:
    """Put a request into wire form."""
    head = (
        f"{method} {target} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/scim+json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return Request(head.encode() + body, frozenset(statuses))


async def drive(port: int, requests: Sequence[Request], lanes: int) -> Measured:
    """Send all requests over ``lanes`` connections, each one at a time; raises on an unexpected status."""
    times: list[float] = []
    bodies: list[bytes] = []
    queue = iter(requests)

    async def lane() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for request in queue:
            started = time.perf_counter()
            writer.write(request.wire)
            head = await reader.readuntil(b"\r\n\r\n")
            length = next(
                (int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0
            )
            body = await reader.readexactly(length) if length else b""
            times.append((time.perf_counter() - started) * 1000)
            status = int(head[9:12])
            if status not in request.statuses:
                raise RuntimeError(f"unexpected status {status}: {body[:500]!r} for {request.wire[:200]!r}")
            bodies.append(body)
        writer.close()

    started = time.perf_counter()
    await asyncio.gather(*(lane() for _ in range(lanes)))
    seconds = time.perf_counter() - started
    times.sort()
    return Measured(len(times) / seconds, times[len(times) // 2], times[int(len(times) * 0.99)], bodies)
