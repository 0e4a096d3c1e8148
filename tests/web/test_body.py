"""Bodies as they arrive: the limit counts what is inflated, and a bomb is not inflated."""

import asyncio
import gzip
import os
import tracemalloc
import zlib

import pytest

from scimserver.errors import InvalidSyntax
from scimserver.web.body import Body

TEXT = b'{"userName": "ines@larkfield.example"}' * 4000


async def received(body: Body, data: bytes, size: int = 65536) -> Body:
    for start in range(0, len(data), size):
        waiting = body.receive(data[start : start + size])
        if waiting is not None:
            await waiting
    return body


@pytest.mark.parametrize("size", [1, 7, 4096, 65536, 1 << 20])
async def test_a_plain_body_is_what_was_sent(size: int) -> None:
    sent = TEXT[: size * 5000]
    assert (await received(Body(len(TEXT)), sent, size)).content() == sent


@pytest.mark.parametrize("size", [1, 7, 4096, 1 << 20])
async def test_a_gzip_body_is_inflated_whatever_the_chunks(size: int) -> None:
    body = await received(Body(len(TEXT), gzip=True), gzip.compress(TEXT), size)
    assert not body.too_large
    assert body.content() == TEXT


@pytest.mark.parametrize("length", [0, 1, 65535, 65536, 65537, 131072])
async def test_pieces_end_where_the_data_ends(length: int) -> None:
    for data in (b"x" * length, os.urandom(length)):
        assert (await received(Body(200_000, gzip=True), gzip.compress(data))).content() == data


async def test_several_members_are_one_body() -> None:
    members = gzip.compress(b'{"a":') + gzip.compress(b"") + gzip.compress(b"1}")
    for size in (1, 20, 1000):
        assert (await received(Body(100, gzip=True), members, size)).content() == b'{"a":1}'


async def test_no_body_is_no_gzip_either_and_is_left_to_the_reader() -> None:
    assert Body(10).content() == Body(10, gzip=True).content() == b""


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize(("length", "too_large"), [(1000, False), (1001, True)])
async def test_the_limit_counts_the_inflated_bytes(zipped: bool, length: int, too_large: bool) -> None:
    data = b"x" * length
    body = await received(Body(1000, gzip=zipped), gzip.compress(data) if zipped else data)
    assert body.too_large is too_large


async def test_a_bomb_is_not_inflated_beyond_the_limit_and_others_have_their_turn() -> None:
    bomb = gzip.compress(b"\0" * 40_000_000, compresslevel=9)
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    other = asyncio.create_task(others())
    tracemalloc.start()
    body = await received(Body(4_000_000, gzip=True), bomb)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    other.cancel()
    assert body.too_large
    assert peak < 5_000_000
    assert turns >= 4_000_000 // 65536


GOOD = gzip.compress(TEXT)


@pytest.mark.parametrize(
    "data",
    [
        GOOD[:-1],
        GOOD[:-8],
        GOOD[:10],
        GOOD[:1],
        GOOD[:-8] + b"\0" * 8,
        GOOD[:20] + b"\xff\xff" + GOOD[22:],
        GOOD + b"and more",
        GOOD + GOOD[:12],
        TEXT,
        zlib.compress(TEXT),
    ],
    ids=[
        "cut",
        "no checksum",
        "header only",
        "a byte",
        "checksum",
        "damaged",
        "rest",
        "half a member",
        "plain",
        "zlib",
    ],
)
async def test_what_is_not_whole_gzip_is_refused_with_the_cure(data: bytes) -> None:
    for size in (5, 65536):
        body = await received(Body(len(TEXT), gzip=True), data, size)
        assert not body.too_large
        with pytest.raises(InvalidSyntax, match="send it plain"):
            body.content()
