"""DateTimes: how CDate reads them, how they are printed, and reckoning with them."""

from calendar import monthrange
from datetime import UTC, datetime, timedelta

from .date_formats import InputFormat, OutputFormat
from .date_styles import Styles
from .problems import Refused

_PRINTED = OutputFormat.of("M/d/yyyy h:mm:ss tt")
_FILETIME_BEGINS = datetime(1601, 1, 1, tzinfo=UTC)
_TIMES = ("", " HH:mm", " HH:mm:ss", " HH:mm:ss.FFFFFFF", " h:mm tt", " h:mm:ss tt")
_READ = [
    InputFormat.of(f"{day}{time}{zone}")
    for day in ("yyyy-M-d", "M/d/yyyy", "yyyy/M/d", "d MMM yyyy", "d MMMM yyyy", "MMM d, yyyy", "MMMM d, yyyy")
    for time in (*_TIMES, *(time.replace(" HH", "'T'HH") for time in _TIMES[1:4]))
    for zone in ("K", " K")
]
_SPACES = Styles(assumed=True)
_LONGEST = 64


def printed(moment: datetime) -> str:
    """Return a DateTime as text: ``4/2/2031 9:05:07 AM``."""
    return _PRINTED.print(moment)


def read(text: str) -> datetime:
    """Return the DateTime of a text, in UTC: ISO 8601, or month/day/year with or without AM and PM, or with a name.

    Raises :class:`Refused`, not naming the text.
    """
    text = " ".join(text.split()) if len(text) <= _LONGEST else ""
    for form in _READ:
        try:
            return form.read(text, _SPACES, _FILETIME_BEGINS)
        except Refused:
            continue
    raise Refused("must be a date such as 2031-04-02T09:05:07+02:00; read other forms with FormatDateTime first")


def from_filetime(ticks: int) -> datetime:
    """Return the DateTime of a number of 100 ns since 1601. Raises :class:`Refused` outside the years 1 to 9999."""
    return shifted(_FILETIME_BEGINS, timedelta(microseconds=ticks // 10))


def to_filetime(moment: datetime) -> int:
    """Return a DateTime as a number of 100 ns since 1601."""
    return (moment - _FILETIME_BEGINS) // timedelta(microseconds=1) * 10


def shifted(moment: datetime, by: timedelta) -> datetime:
    """Add a length of time. Raises :class:`Refused` outside the years 1 to 9999."""
    try:
        return moment + by
    except OverflowError:
        raise _outside() from None


def months_later(moment: datetime, months: int) -> datetime:
    """Add months; a day that the month lacks becomes its last one. Raises :class:`Refused` as above."""
    year, month = divmod(moment.year * 12 + moment.month - 1 + months, 12)
    if not 1 <= year <= 9999:
        raise _outside()
    return moment.replace(year=year, month=month + 1, day=min(moment.day, monthrange(year, month + 1)[1]))


def _outside() -> Refused:
    return Refused("the result is outside the years 1 to 9999")
