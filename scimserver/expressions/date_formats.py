"""Custom and standard date formats of .NET, in the invariant culture: ``yyyy-MM-dd'T'HH:mm``.

An :class:`OutputFormat` prints a datetime, an :class:`InputFormat` reads one. A datetime without time zone is a date
whose place nobody told; an offset in the text moves it to UTC, as .NET does on a machine that keeps UTC.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache

from .date_styles import Styles
from .limits import MAX_FORMAT
from .problems import Refused

_MONTHS = "January February March April May June July August September October November December"
_DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday"
MONTHS = tuple(_MONTHS.split())
DAYS = tuple(_DAYS.split())

_STANDARD = {
    "d": "MM/dd/yyyy",
    "D": "dddd, dd MMMM yyyy",
    "f": "dddd, dd MMMM yyyy HH:mm",
    "F": "dddd, dd MMMM yyyy HH:mm:ss",
    "g": "MM/dd/yyyy HH:mm",
    "G": "MM/dd/yyyy HH:mm:ss",
    "m": "MMMM dd",
    "M": "MMMM dd",
    "o": "yyyy'-'MM'-'dd'T'HH':'mm':'ss'.'fffffffK",
    "O": "yyyy'-'MM'-'dd'T'HH':'mm':'ss'.'fffffffK",
    "r": "ddd, dd MMM yyyy HH':'mm':'ss 'GMT'",
    "R": "ddd, dd MMM yyyy HH':'mm':'ss 'GMT'",
    "s": "yyyy'-'MM'-'dd'T'HH':'mm':'ss",
    "t": "HH:mm",
    "T": "HH:mm:ss",
    "u": "yyyy'-'MM'-'dd HH':'mm':'ss'Z'",
    "U": "dddd, dd MMMM yyyy HH:mm:ss",
    "y": "yyyy MMMM",
    "Y": "yyyy MMMM",
}
_LONGEST = {"d": 4, "f": 7, "F": 7, "g": 2, "h": 2, "H": 2, "K": 1, "m": 2, "M": 4, "s": 2, "t": 2, "y": 5, "z": 3}
_LATEST_TWO_DIGIT_YEAR = 2049


@dataclass(frozen=True, slots=True)
class _Element:
    """``yyyy`` with its letter and length, or a literal text with the letter ""."""

    letter: str
    length: int
    literal: str = ""


def _elements(text: str) -> tuple[_Element, ...]:
    if len(text) > MAX_FORMAT:
        raise Refused(f"must be a date format of at most {MAX_FORMAT} characters")
    if len(text) == 1:
        if text not in _STANDARD:
            raise Refused("must be a date format: one letter alone stands for a standard format, and this for none")
        text = _STANDARD[text]
    return tuple(_cut(text))


def _cut(text: str) -> Iterator[_Element]:
    position = 0
    while position < len(text):
        char = text[position]
        if char in _LONGEST:
            run = len(text) - position - len(text[position:].lstrip(char))
            longest = _LONGEST[char]
            # More letters than an element has mean its longest form; only yyyyy counts digits.
            yield _Element(char, min(run, longest))
            if char in "fFK" and run > longest:
                raise Refused(f"must be a date format: {char} stands at most {longest} times in a row")
            position += run
        elif char in "\"'":
            end = text.find(char, position + 1)
            if end < 0:
                raise Refused("must be a date format: a quote is not closed")
            yield _Element("", 0, text[position + 1 : end])
            position = end + 1
        elif char in "\\%":
            if position + 1 == len(text):
                raise Refused(f"must be a date format: nothing follows {char}")
            if char == "\\":
                yield _Element("", 0, text[position + 1])
            position += 2 if char == "\\" else 1
        else:
            yield _Element("", 0, char)
            position += 1


# -- printing ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OutputFormat:
    """A format to print with."""

    elements: tuple[_Element, ...]

    @classmethod
    def of(cls, text: str) -> "OutputFormat":
        """Read a format. Raises :class:`Refused`."""
        return _output(text)

    def print(self, moment: datetime) -> str:
        """Return a date as text."""
        printed = ""
        for element in self.elements:
            part = _printed(element, moment)
            if not part and element.letter == "F" and printed.endswith("."):
                printed = printed[:-1]
            printed += part
        return printed


@lru_cache(maxsize=256)
def _output(text: str) -> OutputFormat:
    return OutputFormat(_elements(text))


def _printed(element: _Element, moment: datetime) -> str:
    length = element.length
    match element.letter:
        case "":
            return element.literal
        case "y":
            return str(moment.year % 100).zfill(length) if length < 3 else str(moment.year).zfill(length)
        case "M":
            return _named(MONTHS, moment.month - 1, length) or str(moment.month).zfill(length)
        case "d":
            return _named(DAYS, moment.weekday(), length) or str(moment.day).zfill(length)
        case "H":
            return str(moment.hour).zfill(length)
        case "h":
            return str(moment.hour % 12 or 12).zfill(length)
        case "m":
            return str(moment.minute).zfill(length)
        case "s":
            return str(moment.second).zfill(length)
        case "f":
            return f"{moment.microsecond:06}0"[:length]
        case "F":
            return f"{moment.microsecond:06}0"[:length].rstrip("0")
        case "t":
            return ("AM", "PM")[moment.hour >= 12][:length]
        case "g":
            return "A.D."
        case "K":
            return "Z" if moment.tzinfo else ""
    # Every date with a place is in UTC here, and a machine in UTC prints nothing else for the rest.
    return ("+0", "+00", "+00:00")[length - 1]


def _named(names: tuple[str, ...], number: int, length: int) -> str:
    """Return a name, short with three letters in the format, and nothing if the format asks for a number."""
    return "" if length < 3 else names[number] if length == 4 else names[number][:3]


# -- reading -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class InputFormat:
    """A format to read with. Texts are matched without going back, as .NET does: it takes linear time."""

    strict: re.Pattern[str]
    spaced: re.Pattern[str]
    """The same with blanks between any two elements."""
    letters: tuple[str, ...]
    """The element of each group of the patterns."""

    @classmethod
    def of(cls, text: str) -> "InputFormat":
        """Read a format. Raises :class:`Refused`."""
        return _input(text)

    def read(self, text: str, styles: Styles, now: datetime) -> datetime:
        """Return the date of a text; parts that the format lacks come from ``now``, or are the first of their kind.

        Raises :class:`Refused`, not naming the text.
        """
        pattern = self.spaced if styles.inner_white else self.strict
        match = pattern.fullmatch(styles.trimmed(text))
        found = dict[str, str]()
        if match is not None:
            for letter, part in zip(self.letters, match.groups(), strict=True):
                if part and found.setdefault(letter, part) != part:
                    match = None
        if match is None:
            raise Refused("the source does not match inputFormat")
        try:
            return _assembled(found, styles, now)
        except (ValueError, OverflowError):
            raise Refused("the source matches inputFormat and is no date of the calendar") from None


@lru_cache(maxsize=256)
def _input(text: str) -> InputFormat:
    elements = _elements(text)
    parts = [_pattern(element) for element in elements]
    letters = tuple(_role(element) for element in elements if element.letter)
    flags = re.IGNORECASE | re.ASCII
    return InputFormat(re.compile("".join(parts), flags), re.compile(r"\s*+".join(parts), flags), letters)


def _role(element: _Element) -> str:
    """Name what an element says: ``dd`` is a day and ``dddd`` a day of the week."""
    letter, length = element.letter, element.length
    if letter in "dM" and length > 2:
        return {"d": "weekday", "M": "month name"}[letter]
    if letter == "y" and length < 3:
        return "short year"
    return {"F": "f", "K": "z"}.get(letter, letter)


def _pattern(element: _Element) -> str:
    length = element.length
    match element.letter:
        case "":
            return re.escape(element.literal)
        case "y":
            return f"([0-9]{{{length}}})" if length != 1 else "([0-9]{1,2}+)"
        case "M" if length > 2:
            return _any_of(MONTHS, length)
        case "d" if length > 2:
            return _any_of(DAYS, length)
        case "f":
            return f"([0-9]{{{length}}})"
        case "F":
            return f"([0-9]{{0,{length}}}+)"
        case "t":
            return "([ap])" if length == 1 else "([ap]m)"
        case "g":
            return r"(a\.d\.|ad|)"
        case "K":
            return "(z|[-+][0-9]{2}:?[0-9]{2}|)"
        case "z":
            return "([-+][0-9]{1,2}+)" if length < 3 else "(z|[-+][0-9]{2}:?[0-9]{2})"
    return "([0-9]{2})" if length == 2 else "([0-9]{1,2}+)"


def _any_of(names: tuple[str, ...], length: int) -> str:
    return f"({'|'.join(name if length == 4 else name[:3] for name in names)})"


def _assembled(found: dict[str, str], styles: Styles, now: datetime) -> datetime:
    date = _date(found, styles, now)
    moment = datetime(*date, _hour(found), int(found.get("m", 0)), int(found.get("s", 0)), _fraction(found))
    if "weekday" in found and DAYS[moment.weekday()][:3].lower() != found["weekday"][:3].lower():
        raise ValueError
    if "z" in found:
        return moment.replace(tzinfo=_zone(found["z"])).astimezone(UTC)
    return moment.replace(tzinfo=UTC) if styles.assumed else moment


def _date(found: dict[str, str], styles: Styles, now: datetime) -> tuple[int, int, int]:
    day = int(found["d"]) if "d" in found else None
    month = int(found["M"]) if "M" in found else None
    if "month name" in found:
        month = [name[:3].lower() for name in MONTHS].index(found["month name"][:3].lower()) + 1
    year = int(found["y"]) if "y" in found else None
    if "short year" in found:
        year = _LATEST_TWO_DIGIT_YEAR - (_LATEST_TWO_DIGIT_YEAR - int(found["short year"])) % 100
    if day is month is year is None:
        return (1, 1, 1) if styles.no_current_date else (now.year, now.month, now.day)
    return year if year is not None else now.year, month or 1, day or 1


def _hour(found: dict[str, str]) -> int:
    if "H" in found:
        return int(found["H"])
    if "h" not in found:
        return 12 if found.get("t", "a")[0].lower() == "p" else 0
    hour = int(found["h"])
    if not 1 <= hour <= 12:
        raise ValueError
    return hour % 12 + 12 * (found.get("t", "a")[0].lower() == "p")


def _fraction(found: dict[str, str]) -> int:
    return int(found.get("f", "").ljust(6, "0")[:6])


def _zone(text: str) -> timezone:
    if text in ("z", "Z"):
        return UTC
    digits = text[1:].replace(":", "")
    hours, minutes = (int(digits[:-2]), int(digits[-2:])) if len(digits) == 4 else (int(digits), 0)
    if hours > 14 or minutes > 59:
        raise ValueError
    return timezone((1 if text[0] == "+" else -1) * timedelta(hours=hours, minutes=minutes))
