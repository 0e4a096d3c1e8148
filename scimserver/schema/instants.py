"""xsd:dateTime as exact instants (RFC 7643 §2.3.5; XML Schema Part 2, second edition, §3.2.7).

``datetime`` will not do: xsd has any number of fractional digits, ``24:00:00`` and years beyond 9999 and before 1, and
two instants that differ in the seventh digit differ.
"""

import re
from dataclasses import dataclass
from datetime import date, timedelta

_DATE_TIME = re.compile(
    r"(-?(?:[1-9][0-9]{4,8}|[0-9]{4}))-([0-9]{2})-([0-9]{2})"
    r"T([01][0-9]|2[0-4]):([0-5][0-9]):([0-5][0-9])(?:\.([0-9]+))?"
    r"(?:Z|([+-])(0[0-9]|1[0-4]):([0-5][0-9]))?"
)
_CYCLE_YEARS, _CYCLE_DAYS = 400, 146_097
"""After so many years, which are so many days, the Gregorian calendar repeats itself."""
_CYCLE_START = date(2000, 1, 1)
_EPOCH_DAYS = (_CYCLE_START - date(1970, 1, 1)).days
_DAY = 86_400
_FURTHEST = 998_000_000 * 31_556_952
"""Seconds, some 998 million years: so that every instant prints with nine digits of the year at most."""


@dataclass(frozen=True, slots=True, order=True)
class Instant:
    """A point in time; prints as xsd:dateTime in UTC, without a fraction where that is zero."""

    second: int
    """Seconds since 1970-01-01T00:00:00Z, negative before."""
    fraction: str = ""
    """Decimal digits of the second's fraction without trailing zeros: so their order as text is their order."""

    def __str__(self) -> str:
        days, rest = divmod(self.second, _DAY)
        cycles, days = divmod(days - _EPOCH_DAYS, _CYCLE_DAYS)
        day = _CYCLE_START + timedelta(days)
        year = day.year + cycles * _CYCLE_YEARS
        # xsd has no year 0: the year before 0001 is -0001.
        written = f"{year:04d}" if year > 0 else f"-{1 - year:04d}"
        fraction = f".{self.fraction}" if self.fraction else ""
        time = f"{rest // 3600:02d}:{rest // 60 % 60:02d}:{rest % 60:02d}{fraction}"
        return f"{written}-{day.month:02d}-{day.day:02d}T{time}Z"


def parse_instant(text: str) -> Instant | None:
    """Read an xsd:dateTime, or None if it is not one; a value without an offset, which xsd allows, is taken as UTC.

    Refused as xsd does: a date without a time, no seconds, second 60, the year 0000, an offset beyond 14 hours. Years
    have at most nine digits.
    """
    match = _DATE_TIME.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute, second = (int(part) for part in match.groups()[:6])
    fraction = (match[7] or "").rstrip("0")
    offset = 60 * int(match[9]) + int(match[10]) if match[8] else 0
    if year == 0 or offset > 14 * 60 or (hour == 24 and (minute or second or fraction)):
        return None
    cycles, year = divmod(year if year > 0 else year + 1, _CYCLE_YEARS)
    try:
        days = (date(_CYCLE_START.year + year, month, day) - _CYCLE_START).days
    except ValueError:
        return None
    days += _EPOCH_DAYS + (cycles - _CYCLE_START.year // _CYCLE_YEARS) * _CYCLE_DAYS
    minutes = 60 * hour + minute - (offset if match[8] == "+" else -offset)
    seconds = days * _DAY + minutes * 60 + second
    return Instant(seconds, fraction) if abs(seconds) < _FURTHEST else None


def is_date_time(text: object) -> bool:
    """Tell whether a value is no text at all, which another rule refuses, or an xsd:dateTime."""
    return not isinstance(text, str) or parse_instant(text) is not None
