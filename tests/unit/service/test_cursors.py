"""Cursors: opened for the query they were sealed for, and for nothing else."""

import time

import pytest

from scimserver.errors import ExpiredCursor, InvalidCursor, ScimError
from scimserver.scim.sorting import ABSENT, UNSORTED, Place
from scimserver.service.cursors import Cursor, Cursors, query_digest

KEY = "only-for-tests-" * 4
CURSORS = Cursors(KEY, 600)
QUERY = query_digest("ws_1", ["User"], 'title eq "Mate"', "userName", descending=False)
CURSOR = Cursor(Place((0, 2, "ines"), 0, 4711))


@pytest.mark.parametrize(
    "cursor",
    [
        CURSOR,
        Cursor(Place(UNSORTED, 3, 0), backward=True),
        Cursor(Place(ABSENT, 0, 1)),
        Cursor(Place((0, 0, -1.5), 0, 1)),
        Cursor(Place((0, 1, 253402300799999999), 0, 1)),
        Cursor(Place((0, 2, "\x00\U0001f600" * 128), 0, 2**40)),
    ],
)
def test_a_cursor_is_read_as_it_was_sealed_and_fits_a_url(cursor: Cursor) -> None:
    text = CURSORS.seal(cursor, QUERY)
    assert CURSORS.open(text, QUERY) == cursor
    assert len(text) < 3000
    assert all(c.isascii() and (c.isalnum() or c in "-._~") for c in text), "unreserved characters only"


def test_a_cursor_shows_nothing_of_the_value_it_stands_at() -> None:
    assert "ines" not in CURSORS.seal(CURSOR, QUERY)
    assert CURSORS.seal(CURSOR, QUERY) != CURSORS.seal(CURSOR, QUERY)


def test_every_process_with_the_key_reads_it_and_none_without() -> None:
    text = CURSORS.seal(CURSOR, QUERY)
    assert Cursors(KEY, 600).open(text, QUERY) == CURSOR
    with pytest.raises(InvalidCursor):
        Cursors(KEY + "x", 600).open(text, QUERY)


@pytest.mark.parametrize(
    "other",
    [
        query_digest("ws_2", ["User"], 'title eq "Mate"', "userName", descending=False),
        query_digest("ws_1", ["Group"], 'title eq "Mate"', "userName", descending=False),
        query_digest("ws_1", ["User", "Group"], 'title eq "Mate"', "userName", descending=False),
        query_digest("ws_1", ["User"], 'title eq "Cook"', "userName", descending=False),
        query_digest("ws_1", ["User"], "", "userName", descending=False),
        query_digest("ws_1", ["User"], 'title eq "Mate"', "title", descending=False),
        query_digest("ws_1", ["User"], 'title eq "Mate"', "userName", descending=True),
    ],
)
def test_a_cursor_of_another_query_is_refused_with_the_cure(other: bytes) -> None:
    with pytest.raises(InvalidCursor, match=r"another query.*`filter`.*empty `cursor`"):
        CURSORS.open(CURSORS.seal(CURSOR, other), QUERY)


def test_no_character_of_a_cursor_can_be_changed_removed_or_added() -> None:
    text = CURSORS.seal(CURSOR, QUERY)
    for n, character in enumerate(text):
        other = "A" if character != "A" else "B"
        for changed in (text[:n] + other + text[n + 1 :], text[:n] + text[n + 1 :], text[:n] + "A" + text[n:]):
            if changed != text:
                with pytest.raises(InvalidCursor):
                    CURSORS.open(changed, QUERY)


@pytest.mark.parametrize("text", ["x", "=", "é", "a b", "\x00", "VZUTiyhEQJ94IR", "A" * 4000, "A" * 100_000, "../.."])
def test_what_was_never_a_cursor_is_refused(text: str) -> None:
    with pytest.raises(InvalidCursor, match="empty `cursor`") as refused:
        CURSORS.open(text, QUERY)
    assert text not in str(refused.value) or len(text) < 2


@pytest.mark.parametrize(("age", "expected"), [(599, None), (602, ExpiredCursor)])
def test_a_cursor_expires(age: int, expected: type[ScimError] | None, monkeypatch: pytest.MonkeyPatch) -> None:
    text = CURSORS.seal(CURSOR, QUERY)
    later = time.time() + age
    monkeypatch.setattr("scimserver.service.cursors.time.time", lambda: later)
    if expected is None:
        assert CURSORS.open(text, QUERY) == CURSOR
    else:
        with pytest.raises(expected, match="older than 600 seconds"):
            CURSORS.open(text, QUERY)
