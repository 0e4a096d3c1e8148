"""What MongoDB can store, decided before the driver is asked, so that the text can name plugin and field.

Pure: knows the rules of BSON and of this product's documents, not the driver. Names with a dot or a leading ``$`` can
be stored by new servers but not be addressed in a query, which is as bad for the application that reads the document.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from math import isfinite
from typing import Any, cast

MAX_DEPTH = 64
"""Levels of lists and mappings; MongoDB itself ends at 100, and the document lies inside another one."""
MAX_BYTES = 1024 * 1024
"""Of one application document, roughly: UTF-8 of names and strings, and 8 bytes for every value."""
LONGEST_PLACE = 200
"""Characters of a field's path that are shown."""
_INT64 = 1 << 63
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_STAND_IN = "\u2024"
"""Looks like the dot for which it stands."""
_CONTAINERS = (dict, list)


class NotStorable(Exception):
    """A value that MongoDB cannot store; the text names the field and the rule, never the value."""

    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self.rule = rule
        self.path: list[str] = []

    def __str__(self) -> str:
        return f"`{self.place}` {self.rule}" if self.path else f"the document {self.rule}"

    @property
    def place(self) -> str | None:
        """Path of the field, such as ``badge.lines.0``; None for the document itself."""
        return clean(".".join(self.path), LONGEST_PLACE) or None


class Budget:
    """The bytes that may still be used; one budget serves all plugins that make one document."""

    __slots__ = ("left",)

    def __init__(self, size: int = MAX_BYTES) -> None:
        self.left = size

    def spend(self, size: int) -> None:
        """Take ``size`` bytes; raises NotStorable when there are not as many."""
        self.left -= size
        if self.left < 0:
            raise NotStorable(f"is larger than {MAX_BYTES} bytes together with what was mapped before it")


def storable(fields: object, budget: Budget | None = None) -> dict[str, Any]:
    """Return a copy of a mapping in the form in which MongoDB gives it back.

    Strings, booleans, 64-bit integers, finite floats, aware datetimes and None stay (datetimes lose what is below a
    millisecond); mappings become dicts; lists and tuples become lists.

    Raises:
        NotStorable: anything else, or a document that is too deep or too large.
    """
    if not issubclass(type(fields), Mapping):
        raise NotStorable(f"is a {type(fields).__name__}; expected a mapping of fields")
    return _mapping(cast(Mapping[Any, Any], fields), 0, budget or Budget())


def storable_settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy of a plugin's settings, JSON data, as :func:`storable` does; but their names may have dots.

    Settings are stored and read whole, and nobody looks for them by name; ``card.email`` is the name of a setting that
    makes a field within a field. The full-width dot is what dots are stored as.

    Raises:
        NotStorable: as there.
    """
    try:
        storable(_without_dots(settings))
    except NotStorable as problem:
        problem.path = [step.replace(_STAND_IN, ".") for step in problem.path]
        raise
    made: dict[str, Any] = plain_copy(settings)
    return made


def _without_dots(value: Any) -> Any:
    if isinstance(value, dict):
        if any("\uff0e" in name for name in value if isinstance(name, str)):
            raise NotStorable("has a field whose name has a full-width dot (U+FF0E); write a plain one")
        return {
            name.replace(".", _STAND_IN) if isinstance(name, str) else name: _without_dots(item)
            for name, item in value.items()
        }
    return [_without_dots(item) for item in value] if isinstance(value, list) else value


def plain_copy(value: Any) -> Any:
    """Return a deep copy of JSON-like data, some ten times as fast as :func:`copy.deepcopy`; scalars are shared."""
    if isinstance(value, dict):
        return {name: plain_copy(v) if isinstance(v, _CONTAINERS) else v for name, v in value.items()}
    if isinstance(value, list):
        return [plain_copy(v) if isinstance(v, _CONTAINERS) else v for v in value]
    return value


def _value(value: Any, depth: int, budget: Budget) -> Any:
    kind = type(value)
    if kind is str:
        budget.spend(8 + _utf8_length(value))
        return value
    budget.spend(8)
    if value is None or kind is bool:
        return value
    if kind is int:
        if not -_INT64 <= value < _INT64:
            raise NotStorable("does not fit 64 bits")
        return value
    if kind is float:
        # NaN is not equal to itself: the document would differ from itself in every comparison; JSON lacks it too.
        if not isfinite(value):
            raise NotStorable("is not a finite number")
        return value
    # By the type and not by `__class__`, which may say anything; what comes out is made of plain values alone.
    if issubclass(kind, datetime):
        return _instant(value)
    if issubclass(kind, Mapping):
        return _mapping(value, depth + 1, budget)
    if issubclass(kind, list | tuple):
        return _list(value, depth + 1, budget)
    raise NotStorable(f"is a {kind.__name__}, which MongoDB cannot store")


def _mapping(value: Mapping[Any, Any], depth: int, budget: Budget) -> dict[str, Any]:
    if depth > MAX_DEPTH:
        raise NotStorable(f"is nested more than {MAX_DEPTH} levels deep")
    made: dict[str, Any] = {}
    for name, item in value.items():
        if type(name) is not str or not name or name[0] == "$" or "." in name or "\0" in name:
            raise NotStorable(
                f"has a field named {name!r:.80}; a name is a text without dot or NUL and does not start with $"
            )
        try:
            budget.spend(_utf8_length(name))
            made[name] = _value(item, depth, budget)
        except NotStorable as problem:
            problem.path.insert(0, name)
            raise
    return made


def _list(value: list[Any] | tuple[Any, ...], depth: int, budget: Budget) -> list[Any]:
    if depth > MAX_DEPTH:
        raise NotStorable(f"is nested more than {MAX_DEPTH} levels deep")
    made: list[Any] = []
    for item in value:
        try:
            made.append(_value(item, depth, budget))
        except NotStorable as problem:
            problem.path.insert(0, str(len(made)))
            raise
    return made


def _instant(value: datetime) -> datetime:
    """Return a moment in UTC, to the millisecond, whichever subclass and time zone it had."""
    if value.utcoffset() is None:
        raise NotStorable("is a datetime without a time zone; give it one, for instance UTC")
    try:
        return _EPOCH + (value - _EPOCH) // _MILLISECOND * _MILLISECOND
    except OverflowError:
        raise NotStorable("is a moment outside the years 1 to 9999, in UTC") from None


def clean(text: str, longest: int) -> str:
    """Return a text as it can be sent and stored: without halves of surrogate pairs, and not longer than that."""
    return text[:longest].encode("utf-8", "replace").decode()


def _utf8_length(text: str) -> int:
    if text.isascii():
        return len(text)
    try:
        return len(text.encode())
    except UnicodeEncodeError:
        raise NotStorable("holds half of a surrogate pair, which is no valid text") from None
