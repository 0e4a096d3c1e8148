"""The types that a field may have, and how the value of an expression becomes one of them."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from math import isfinite
from typing import Any

from ..expressions.dates import read
from ..expressions.limits import MAX_NUMBER
from ..expressions.problems import Refused
from ..expressions.values import numeric
from ..expressions.values import text as as_text


class Unfit(Exception):
    """A value that does not fit the type of its field; the text says the rule and the cure, never the value."""


def converted(value: Any, kind: str) -> Any:
    """Return a value that is neither null nor empty in the type of its field.

    Raises :class:`Unfit`.
    """
    return KINDS[kind](value)


def nothing(value: Any) -> bool:
    """Tell whether a value is none: null, the empty text, or a list without elements."""
    return value is None or value == "" or value == []


def _one(value: Any) -> Any:
    """Return the only value of a list, or the value."""
    if not isinstance(value, list):
        return value
    if len(value) != 1:
        raise Unfit("has several values: pick one with Item, join them with Join, or make the field a list")
    return value[0]


def _string(value: Any) -> str:
    """A text. A number is written in digits, a boolean as ``True`` or ``False``, a date as ``4/2/2031 9:05:07 AM``."""
    return _text(_one(value))


def _number(value: Any) -> int | float:
    """A number, or a text that is one: digits with a sign before them give a whole number, with a point a fraction.

    Blanks around it do not count; a comma, a unit or an exponent make it a text that is no number. Whole numbers have
    64 bits.
    """
    number = numeric(_one(value))
    if number is None or not isfinite(number) or abs(number) > MAX_NUMBER:
        raise Unfit("is no number of 64 bits: digits, with a sign before and a point between them at most")
    return number


def _boolean(value: Any) -> bool:
    """True or False, or one of the texts ``true`` and ``false`` in any letter case; CBool makes one of a number."""
    one = _one(value)
    found = one if isinstance(one, bool) else {"true": True, "false": False}.get(str(one).strip().lower())
    if found is None:
        raise Unfit("is neither True nor False: make it one with Switch, IIF or CBool")
    return found


def _date(value: Any) -> datetime:
    """A moment, stored as a date of MongoDB, to the millisecond: the result of a date function, or a text as CDate
    reads it.

    An offset is reckoned into UTC; without one the text is in UTC, and a day begins at midnight.
    """
    one = _one(value)
    try:
        moment = one if isinstance(one, datetime) else read(_text(one))
    except Refused as refused:
        raise Unfit(f"is no date: it {refused}") from None
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000, tzinfo=moment.tzinfo or UTC)


def _list(value: Any) -> list[Any]:
    """A list: of one element, if the value is a single one."""
    return list(value) if isinstance(value, list) else [value]


def _text(value: Any) -> str:
    try:
        return as_text(value)
    except Refused as refused:
        raise Unfit(str(refused)) from None


KINDS: Mapping[str, Callable[[Any], Any]] = {
    "string": _string,
    "number": _number,
    "boolean": _boolean,
    "date": _date,
    "list": _list,
}
"""Type of a field → what converts a value to it; the docstrings are the manual."""
