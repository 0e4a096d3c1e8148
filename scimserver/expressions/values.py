"""Values while an expression is evaluated: how one of the source is read, and how one kind becomes another."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from .dates import printed, read
from .limits import MAX_NUMBER, MAX_RESULT, MAX_VALUES
from .problems import Refused

Role = Mapping[str, Any]
Value = str | int | float | bool | datetime | list[Any] | None
"""What an attribute or a function may yield; a list holds texts, numbers or roles, at least one. None is null."""

ROLE_PARTS = ("id", "value", "displayName")
"""What the objects of ``[appRoleAssignments]`` have."""

_WHOLE = re.compile(r"\s*([-+]?[0-9]{1,19})\s*")
_NUMBER = re.compile(r"\s*[-+]?[0-9]{1,19}(\.[0-9]{1,19})?\s*")


def readable(raw: Any) -> Value:
    """Return a value of the source as functions take it: a null is left out of a list, an empty list is null.

    Raises :class:`Refused` for what is too large, or of a kind that the language has no word for.
    """
    if raw is None or isinstance(raw, str | bool):
        return bounded(raw)
    if isinstance(raw, int | float):
        return _number(raw)
    if isinstance(raw, datetime):
        return raw.replace(tzinfo=UTC) if raw.tzinfo is None else _in_utc(raw)
    if isinstance(raw, Mapping):
        return bounded([_role(raw)])
    if isinstance(raw, Sequence) and not isinstance(raw, bytes | bytearray | memoryview):
        if len(raw) > MAX_VALUES:
            raise Refused(f"has more than {MAX_VALUES:,} values")
        return bounded([_element(item) for item in raw if item is not None])
    raise Refused("holds a kind of value that no function takes")


def bounded(value: Value) -> Value:
    """Return a value, an empty list as null. Raises :class:`Refused` if it is larger than :mod:`.limits` allow."""
    if isinstance(value, list):
        if len(value) > MAX_VALUES:
            raise Refused(f"has more than {MAX_VALUES:,} values")
        if not value:
            return None
    elif isinstance(value, int) and abs(value) > MAX_NUMBER:
        raise Refused("is a number of more than 64 bits")
    if size(value) > MAX_RESULT:
        raise Refused(f"is longer than {MAX_RESULT:,} characters")
    return value


def size(value: Value) -> int:
    """Count the characters of a value."""
    if isinstance(value, str):
        return len(value)
    if isinstance(value, list):
        return sum(_element_size(item) for item in value)
    return 0


def _element_size(item: Any) -> int:
    if isinstance(item, Mapping):
        return sum(len(value) for value in item.values() if isinstance(value, str))
    return len(item) if isinstance(item, str) else 1


def _number(raw: int | float) -> int | float:
    # Written so that it holds for what is no number too.
    if not abs(raw) <= MAX_NUMBER:
        raise Refused("is a number of more than 64 bits")
    return int(raw) if isinstance(raw, int) else raw


def _in_utc(raw: datetime) -> datetime:
    try:
        return raw.astimezone(UTC)
    except (OverflowError, ValueError):
        raise Refused("is a date outside the years 1 to 9999") from None


def _element(raw: Any) -> Any:
    if isinstance(raw, Mapping):
        return _role(raw)
    value = readable(raw)
    if isinstance(value, list):
        raise Refused("holds a list inside a list")
    return value


def _role(raw: Role) -> dict[str, Any]:
    """Return what a role assignment consists of; what else an object holds no function can reach."""
    return {part: raw[part] for part in ROLE_PARTS if isinstance(raw.get(part), str)}


# -- from one kind to another ------------------------------------------------------------------------------------------


def text(value: Any) -> str:
    """Return one value as text: ``True``, ``-5``, ``4/2/2031 9:05:07 AM``. Several values are no text."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "True" if value else "False"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, datetime):
        return printed(value)
    if isinstance(value, list) and len(value) == 1:
        return text(value[0])
    if isinstance(value, list):
        raise Refused("must be one value, and there are several: pick one with Item, or join them with Join")
    raise Refused("must be a text, and it is an object: only the role functions take [appRoleAssignments]")


def texts(value: Any) -> list[str]:
    """Return every value as text; one value is a list of one."""
    return [text(item) for item in value] if isinstance(value, list) else [text(value)]


def whole(value: Any) -> int:
    """Return a whole number, also of its digits as text."""
    number = numeric(value)
    if number is None or number != int(number) or abs(number) > MAX_NUMBER:
        raise Refused("must be a whole number")
    return int(number)


def numeric(value: Any) -> int | float | None:
    """Return a number or the number that a text spells, None for anything else."""
    if isinstance(value, list) and len(value) == 1:
        return numeric(value[0])
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and _WHOLE.fullmatch(value):
        return int(value)
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        return float(value)
    return None


def moment(value: Any) -> datetime:
    """Return a DateTime, in UTC; a text is read as CDate reads it."""
    if isinstance(value, datetime):
        return value
    return read(text(value))


def truth(value: Any) -> bool:
    """Tell whether a value counts as true: True, "True" in any letter case, and any number but zero."""
    if value is None or isinstance(value, bool):
        return bool(value)
    number = numeric(value)
    return number != 0 if number is not None else text(value).lower() == "true"


def present(value: Any) -> bool:
    """Tell whether a value is neither null nor empty; blanks count."""
    return value is not None and value != ""
