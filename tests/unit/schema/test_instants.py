"""xsd:dateTime: what is one, which instants are equal, and that printing keeps every digit."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scimserver.schema.instants import parse_instant


@pytest.mark.parametrize(
    ("text", "in_utc"),
    [
        ("2031-02-03T09:15:00Z", "2031-02-03T09:15:00Z"),
        ("2031-02-03T09:15:00", "2031-02-03T09:15:00Z"),
        ("2031-02-03T11:15:00+02:00", "2031-02-03T09:15:00Z"),
        ("2031-02-03T00:15:00+14:00", "2031-02-02T10:15:00Z"),
        ("2031-02-03T09:15:00.500Z", "2031-02-03T09:15:00.5Z"),
        ("2031-02-03T09:15:00.000Z", "2031-02-03T09:15:00Z"),
        ("2031-02-03T09:15:00.123456789012Z", "2031-02-03T09:15:00.123456789012Z"),
        ("2031-02-03T24:00:00Z", "2031-02-04T00:00:00Z"),
        ("2031-12-31T24:00:00.0-01:00", "2032-01-01T01:00:00Z"),
        ("1969-12-31T23:59:59.9Z", "1969-12-31T23:59:59.9Z"),
        ("2032-02-29T00:00:00Z", "2032-02-29T00:00:00Z"),
        ("12031-02-03T09:15:00Z", "12031-02-03T09:15:00Z"),
        ("0001-01-01T00:00:00+00:01", "-0001-12-31T23:59:00Z"),
        ("-0044-03-15T12:00:00Z", "-0044-03-15T12:00:00Z"),
    ],
)
def test_an_instant_is_read_and_printed_in_utc(text: str, in_utc: str) -> None:
    assert str(parse_instant(text)) == in_utc
    assert parse_instant(in_utc) == parse_instant(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2031-02-03",
        "09:15:00Z",
        "2031-02-03T09:15Z",
        "2031-02-03 09:15:00Z",
        "2031-02-03t09:15:00z",
        "2031-02-03T09:15:00.Z",
        "2031-02-03T09:15:60Z",
        "2031-02-03T09:60:00Z",
        "2031-02-03T25:00:00Z",
        "2031-02-03T24:00:01Z",
        "2031-02-03T24:00:00.1Z",
        "2031-02-30T09:15:00Z",
        "2031-02-29T09:15:00Z",
        "2031-13-01T09:15:00Z",
        "2031-00-01T09:15:00Z",
        "0000-01-01T00:00:00Z",
        "02031-02-03T09:15:00Z",
        "31-02-03T09:15:00Z",
        "+2031-02-03T09:15:00Z",
        "2031-02-03T09:15:00+14:01",
        "2031-02-03T09:15:00+15:00",
        "2031-02-03T09:15:00+01",
        "2031-02-03T09:15:00Z\n",
        " 2031-02-03T09:15:00Z",
        "٢٠٣١-02-03T09:15:00Z",
        "999999999-01-01T00:00:00Z",
        "9" * 5000 + "-01-01T00:00:00Z",
    ],
)
def test_what_xsd_does_not_allow_is_no_instant(text: str) -> None:
    assert parse_instant(text) is None


def test_instants_are_ordered_to_the_last_digit() -> None:
    texts = [
        "-0044-03-15T12:00:00Z",
        "1969-12-31T23:59:59Z",
        "2031-02-03T09:14:59.999999999Z",
        "2031-02-03T09:15:00Z",
        "2031-02-03T09:15:00.0000001Z",
        "2031-02-03T09:15:00.0000002Z",
        "2031-02-03T09:15:00.1Z",
        "2031-02-03T08:15:00.25-01:00",
        "2031-02-03T09:15:00.3Z",
        "12031-02-03T09:15:00Z",
    ]
    instants = [parse_instant(text) for text in texts]
    assert all(a is not None and b is not None and a < b for a, b in itertools.pairwise(instants))


@given(st.datetimes(), st.integers(-14 * 60, 14 * 60))
def test_printing_and_reading_are_inverse(moment, offset) -> None:
    sign, minutes = ("-", -offset) if offset < 0 else ("+", offset)
    instant = parse_instant(f"{moment.isoformat()}{sign}{minutes // 60:02d}:{minutes % 60:02d}")
    assert instant is not None
    assert parse_instant(str(instant)) == instant
