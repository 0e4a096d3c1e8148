"""The kinds of parameters: a function's type annotations say how its arguments are converted."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, StrEnum
from typing import Any, NewType

from . import values
from .context import Later
from .date_formats import InputFormat, OutputFormat
from .date_styles import Styles
from .patterns import Pattern, compile_pattern
from .problems import Refused

NonEmpty = NewType("NonEmpty", str)
"""A text of at least one character."""
Ordinal = NewType("Ordinal", int)
"""A place, counted from 1."""
FIRST = Ordinal(1)
Culture = NewType("Culture", str)
"""The language of a culture such as ``tr-TR``, in lower case."""
INVARIANT = Culture("")
Roles = NewType("Roles", list[dict[str, str]])
"""The value of ``[appRoleAssignments]``."""


class Interval(StrEnum):
    """A unit of time of the date functions."""

    YEAR = "yyyy"
    MONTH = "m"
    DAY = "d"
    WEEK = "ww"
    HOUR = "h"
    MINUTE = "n"
    SECOND = "s"


class CompareType(Enum):
    """How texts are compared."""

    vbTextCompare = "whatever the letter case"
    vbBinaryCompare = "exactly"


@dataclass(frozen=True, slots=True)
class Kind:
    """How an argument becomes what the function takes; ``convert`` raises :class:`Refused`, naming no value."""

    description: str
    convert: Callable[[Any], Any]


_CULTURE = re.compile(r"([A-Za-z]{2,3})(-[A-Za-z0-9]{2,8}){0,3}")


def _non_empty(value: Any) -> NonEmpty:
    text = values.text(value)
    if not text:
        raise Refused("must not be empty")
    return NonEmpty(text)


def _ordinal(value: Any) -> Ordinal:
    number = values.whole(value)
    if number < 1:
        raise Refused("counts from 1")
    return Ordinal(number)


def _culture(value: Any) -> Culture:
    text = values.text(value)
    match = _CULTURE.fullmatch(text)
    if text and match is None:
        raise Refused('must be the name of a culture, as in "tr-TR"')
    return Culture(match[1].lower() if match else "")


def _interval(value: Any) -> Interval:
    text = values.text(value)
    try:
        return Interval(text)
    except ValueError:
        raise Refused(f"must be one of {', '.join(Interval)}") from None


def _compare_type(value: Any) -> CompareType:
    if isinstance(value, CompareType):
        return value
    raise Refused("must be vbTextCompare or vbBinaryCompare, without quotes")


def _roles(value: Any) -> Roles:
    found = value if isinstance(value, list) else [value]
    return Roles([role if isinstance(role, dict) else {"value": values.text(role)} for role in found])


CONDITION = Kind("condition", values.truth)
LATER = Kind("value", lambda value: value)
ROLES = Kind("role assignments", _roles)
COMPARE_TYPE = Kind("enum", _compare_type)
PATTERN = Kind("regular expression", lambda value: compile_pattern(_non_empty(value)))

KINDS: dict[Any, Kind] = {
    Any: Kind("value", lambda value: value),
    bool: CONDITION,
    str: Kind("text", values.text),
    int: Kind("whole number", values.whole),
    datetime: Kind("date", values.moment),
    list[str]: Kind("values", values.texts),
    Later: LATER,
    NonEmpty: Kind("text", _non_empty),
    Ordinal: Kind("number from 1", _ordinal),
    Culture: Kind("culture", _culture),
    Roles: ROLES,
    Interval: Kind("interval", _interval),
    CompareType: COMPARE_TYPE,
    Pattern: PATTERN,
    InputFormat: Kind("date format", lambda value: InputFormat.of(_non_empty(value))),
    OutputFormat: Kind("date format", lambda value: OutputFormat.of(_non_empty(value))),
    Styles: Kind("date styles", lambda value: Styles.of(values.text(value))),
}
"""By the annotation of a parameter."""
