"""Dates

A DateTime is in UTC. It is no text until something needs one: then, and as the result of the whole expression, it reads
``M/d/yyyy h:mm:ss tt``. Where a DateTime is wanted a text is read as CDate reads it.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from ..context import Context
from ..date_formats import InputFormat, OutputFormat
from ..date_styles import DEFAULT, Styles
from ..dates import from_filetime, months_later, shifted, to_filetime
from ..kinds import Interval
from ..problems import Refused
from ..registry import REQUIRED, always, function
from ..tree import Constant, Node

_LENGTHS = {
    Interval.DAY: timedelta(days=1),
    Interval.WEEK: timedelta(weeks=1),
    Interval.HOUR: timedelta(hours=1),
    Interval.MINUTE: timedelta(minutes=1),
    Interval.SECOND: timedelta(seconds=1),
}


@function("CDate(expression)")
def cdate(expression: datetime) -> datetime:
    """Return the DateTime of a text: ISO 8601 or month/day/year. An offset is reckoned into UTC. Null gives null.

    Example: ``CDate("2031-04-02+02:00")`` → ``"4/1/2031 10:00:00 PM"``
    """
    return expression


@function("Now()", varies=always)
def now(context: Context) -> datetime:
    """Return the present moment.

    Example: ``Now()`` → ``"4/2/2031 9:05:07 AM"``
    """
    return context.now


@function("DateAdd(interval, value, dateTime)")
def date_add(interval: Interval, value: int, date_time: datetime) -> datetime:
    """Add a number of intervals, or take them off if it is negative; a day that a month lacks becomes its last.

    Intervals: ``yyyy`` year, ``m`` month, ``d`` day, ``ww`` week, ``h`` hour, ``n`` minute, ``s`` second.

    Example: ``DateAdd("ww", -1, CDate("2031-04-02"))`` → ``"3/26/2031 12:00:00 AM"``
    Example: ``DateAdd("m", 1, CDate("2031-01-31"))`` → ``"2/28/2031 12:00:00 AM"``
    """
    if interval in (Interval.YEAR, Interval.MONTH):
        return months_later(date_time, value * (12 if interval is Interval.YEAR else 1))
    try:
        return shifted(date_time, value * _LENGTHS[interval])
    except OverflowError:
        raise Refused("the result is outside the years 1 to 9999") from None


@function("DateDiff(interval, date1, date2)")
def date_diff(interval: Interval, date1: datetime, date2: datetime) -> int:
    """Count the borders of intervals from date1 to date2, as VBA does (our assumption); negative if date2 is earlier.

    From 31 January to 1 February it is one month; weeks begin on Sunday. Intervals are those of DateAdd.

    Example: ``DateDiff("m", CDate("2031-01-31"), CDate("2031-02-01"))`` → ``1``
    Example: ``DateDiff("ww", CDate("2021-08-25"), CDate("2012-03-16"))`` → ``-493``
    """
    return _number(interval, date2) - _number(interval, date1)


def _number(interval: Interval, moment: datetime) -> int:
    """Number the interval of a moment."""
    if interval is Interval.YEAR:
        return moment.year
    if interval is Interval.MONTH:
        return moment.year * 12 + moment.month
    if interval is Interval.WEEK:
        # Day 1 of the calendar is a Monday.
        return moment.toordinal() // 7
    since = moment - datetime(1, 1, 1, tzinfo=moment.tzinfo)
    return since // _LENGTHS[interval]


def _completed_by_today(arguments: Sequence[Node]) -> bool:
    """Tell whether what is read may lack parts of a date, which are those of today then."""
    styles, form = arguments[1], arguments[2]
    if not isinstance(form, Constant):
        return True
    letters = set(InputFormat.of(str(form.value)).letters)
    if letters & {"y", "short year"}:
        return False
    no_current_date = isinstance(styles, Constant) and Styles.of(str(styles.value)).no_current_date
    return bool(letters & {"d", "M", "month name"}) or not no_current_date


@function("FormatDateTime(source, dateTimeStyles, inputFormat, outputFormat)", varies=_completed_by_today)
def format_date_time(
    context: Context,
    source: str,
    date_time_styles: Styles = DEFAULT,
    input_format: InputFormat = REQUIRED,
    output_format: OutputFormat = REQUIRED,
) -> str:
    """Read a date in one format of .NET and print it in another. Null gives null; a text that does not match fails.

    dateTimeStyles may be left out; then blanks around the date are allowed. A date with an offset is reckoned into
    UTC. Parts that inputFormat lacks are those of today, or the first month and day.

    Example: ``FormatDateTime([extensionAttribute1], , "yyyyMMdd'T'HHmm", "dd/MM/yyyy")`` → ``"02/04/2031"``
    """
    return output_format.print(input_format.read(source, date_time_styles, context.now))


@function("DateFromNum(value)")
def date_from_num(value: int) -> datetime:
    """Return the DateTime of a number of Active Directory: 100 nanoseconds since 1601. Null gives null.

    Example: ``DateFromNum(133801632000000000)`` → ``"1/1/2025 12:00:00 AM"``
    """
    return from_filetime(value)


@function("NumFromDate(value)")
def num_from_date(value: datetime) -> int:
    """Return the number that Active Directory has for a date; without an offset it is in UTC. Null gives null.

    Example: ``NumFromDate("2031-03-31 23:59:59+02:00")`` → ``135772343990000000``
    """
    return to_filetime(value)
