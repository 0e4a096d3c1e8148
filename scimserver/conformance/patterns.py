"""The matching language of dialogues: what an expected header or body accepts (README.md has the rules).

A pattern is JSON. It is compared exactly, except that a text in angle brackets is a placeholder, ``{name}`` stands for
a value bound earlier, ``"...": true`` lets an object have further members, and ``{"<in any order>": […]}`` is a list
whose order does not matter.
"""

import base64
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

FURTHER_MEMBERS = "..."
ANY_ORDER = "<in any order>"
MISSING: Any = type("Missing", (), {"__repr__": lambda self: "nothing"})()
"""Stands for a member or header that is not there."""

_PLACEHOLDER = re.compile(r"<([a-z]+)(?::(.*)| containing (.*))?>", re.DOTALL)
_REFERENCE = re.compile(r"\{([a-z][a-z0-9_]*)\}")
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_ADDRESS = re.compile(r"(/.*?)((?<=/)<id(?::([a-z][a-z0-9_]*))?>)?", re.DOTALL)
_DATE_TIME = re.compile(r"-?\d{4,}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
_ETAG = re.compile(r'(W/)?"[\x21\x23-\x7e]*"')
_CURSOR = re.compile(r"[A-Za-z0-9._~-]+")

BOUND_BY_SERVER = "tenant_url"
"""A name that needs no binding: the SCIM base of the server under test, as the server writes it."""


class BadPattern(Exception):
    """A pattern that means nothing; the text says which and why."""


def is_date_time(value: Any) -> bool:
    """Tell whether this is an xsd:dateTime with date, time and offset (RFC 7643 §2.3.5)."""
    if not isinstance(value, str) or not _DATE_TIME.fullmatch(value):
        return False
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def is_etag(value: Any) -> bool:
    """Tell whether this is an entity tag, weak or strong (RFC 7232 §2.3)."""
    return isinstance(value, str) and _ETAG.fullmatch(value) is not None


def is_cursor(value: Any) -> bool:
    """Tell whether this is made of unreserved characters only (RFC 9865 §2)."""
    return isinstance(value, str) and _CURSOR.fullmatch(value) is not None


def is_base64(value: Any) -> bool:
    """Tell whether this is base64 with padding (RFC 7643 §2.3.6)."""
    try:
        return isinstance(value, str) and bool(
            base64.b64decode(value.replace("-", "+").replace("_", "/"), validate=True)
        )
    except ValueError:
        return False


def _filled_text(value: Any) -> bool:
    return isinstance(value, str) and value != ""


KINDS: Mapping[str, Callable[[Any], bool]] = {
    "any": lambda value: value is not None and value is not MISSING,
    "text": _filled_text,
    "id": _filled_text,
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "timestamp": is_date_time,
    "version": is_etag,
    "cursor": is_cursor,
    "absent": lambda value: value is MISSING,
    "url": _filled_text,
}
"""Kinds of placeholders, each with what it accepts; ``url`` and ``containing`` are compared besides."""

BINDING = frozenset({"id", "timestamp", "version", "cursor"})
"""Kinds that may bind a name: ``<id:ines>``."""


@dataclass(frozen=True, slots=True)
class Placeholder:
    """One placeholder: its kind, and what stands behind the colon or ``containing``."""

    kind: str
    name: str | None = None
    address: str | None = None
    open_end: bool = False
    """Whether one more segment follows the address."""
    part: str | None = None


def placeholder(text: str) -> Placeholder | None:
    """Read a text as a placeholder; None if it is an ordinary text.

    Raises:
        BadPattern: it looks like a placeholder and is none.
    """
    if not (text.startswith("<") and text.endswith(">")):
        return None
    match = _PLACEHOLDER.fullmatch(text)
    if match is None or match[1] not in KINDS:
        raise BadPattern(f"{text}: there is no such placeholder; there are {', '.join(f'<{kind}>' for kind in KINDS)}")
    kind, argument, part = match.groups()
    if part is not None and kind != "text":
        raise BadPattern(f"{text}: only <text containing …> looks inside")
    if kind == "url":
        address = _ADDRESS.fullmatch(argument or "")
        if address is None or "<" in address[1]:
            raise BadPattern(f"{text}: write <url:/path>, below the Tenant URL, or <url:/path/<id:name>>")
        return Placeholder(kind, name=address[3], address=address[1], open_end=address[2] is not None)
    if argument is not None and (kind not in BINDING or not _NAME.fullmatch(argument)):
        raise BadPattern(f"{text}: only {', '.join(sorted(BINDING))} bind a name, made of small letters and digits")
    return Placeholder(kind, name=argument, part=part)


def references(text: str) -> set[str]:
    """Return the names that a text uses as ``{name}``."""
    return set(_REFERENCE.findall(text))


def fill(text: str, names: Mapping[str, str]) -> str:
    """Put bound values in the place of ``{name}``; what an answer failed to bind stays as it is written."""
    return _REFERENCE.sub(lambda match: names.get(match[1], match[0]), text)


def texts(pattern: Any) -> Iterator[str]:
    """Yield every text of a pattern: values and member names."""
    if isinstance(pattern, str):
        yield pattern
    elif isinstance(pattern, list):
        for item in pattern:
            yield from texts(item)
    elif isinstance(pattern, dict):
        for name, item in pattern.items():
            yield name
            yield from texts(item)


def check(pattern: Any) -> tuple[list[str], set[str]]:
    """Return the names that a pattern binds, in order, and those that it uses.

    Raises:
        BadPattern: a placeholder, ``"..."`` or ``"<in any order>"`` is used wrongly.
    """
    bound: list[str] = []
    used: set[str] = set()
    _check(pattern, bound, used, ordered=True)
    return bound, used


def _check(pattern: Any, bound: list[str], used: set[str], *, ordered: bool) -> None:
    if isinstance(pattern, str):
        used |= references(pattern)
        held = placeholder(pattern)
        if held is not None and held.name is not None:
            if not ordered:
                raise BadPattern(f"{pattern}: nothing can be bound inside {ANY_ORDER}")
            bound.append(held.name)
    elif isinstance(pattern, list):
        for item in pattern:
            _check(item, bound, used, ordered=ordered)
    elif isinstance(pattern, dict):
        if ANY_ORDER in pattern and (len(pattern) > 1 or not isinstance(pattern[ANY_ORDER], list)):
            raise BadPattern(f"{ANY_ORDER} stands alone in its object and holds a list")
        if pattern.get(FURTHER_MEMBERS, True) is not True:
            raise BadPattern(f'"{FURTHER_MEMBERS}" is followed by true')
        for name, item in pattern.items():
            if name.startswith("<") and name != ANY_ORDER:
                raise BadPattern(f"{name}: a member's name is no placeholder")
            used |= references(name)
            _check(item, bound, used, ordered=ordered and name != ANY_ORDER)


def bind(pattern: Any, value: Any, names: dict[str, str]) -> None:
    """Add to ``names`` what a pattern binds in a value; what does not fit is left for :func:`differences`."""
    if isinstance(pattern, str):
        held = placeholder(pattern)
        if held is None or held.name is None or not KINDS[held.kind](value):
            return
        if held.address is None:
            names[held.name] = value
        else:
            names[held.name] = value.removeprefix(names[BOUND_BY_SERVER] + fill(held.address, names))
    elif isinstance(pattern, list) and isinstance(value, list):
        for expected, item in zip(pattern, value, strict=False):
            bind(expected, item, names)
    elif isinstance(pattern, dict) and isinstance(value, dict):
        for name, expected in pattern.items():
            bind(expected, value.get(name, MISSING), names)


def differences(pattern: Any, value: Any, names: Mapping[str, str], place: str) -> list[str]:
    """Return one line for each place where a value is not what the pattern says; an empty list if it fits."""
    if isinstance(pattern, str):
        return _text_differences(pattern, value, names, place)
    if value is MISSING:
        return [f"{place}: missing, expected {_shown(pattern)}"]
    if isinstance(pattern, dict):
        if ANY_ORDER in pattern:
            return _unordered_differences(pattern[ANY_ORDER], value, names, place)
        if not isinstance(value, dict):
            return [f"{place}: expected an object, got {_shown(value)}"]
        return _object_differences(pattern, value, names, place)
    if isinstance(pattern, list):
        if not isinstance(value, list):
            return [f"{place}: expected a list, got {_shown(value)}"]
        found = []
        if len(pattern) != len(value):
            found.append(f"{place}: expected {len(pattern)} entries, got {len(value)}: {_shown(value)}")
        for number, (expected, item) in enumerate(zip(pattern, value, strict=False)):
            found += differences(expected, item, names, f"{place}[{number}]")
        return found
    # True is 1 for Python and not for JSON; 1 and 1.0 are one number for both.
    same = pattern == value and isinstance(pattern, bool) == isinstance(value, bool)
    return [] if same else [f"{place}: expected {_shown(pattern)}, got {_shown(value)}"]


def _text_differences(pattern: str, value: Any, names: Mapping[str, str], place: str) -> list[str]:
    held = placeholder(pattern)
    if held is None:
        expected = fill(pattern, names)
        return [] if value == expected else [f"{place}: expected {_shown(expected)}, got {_shown(value)}"]
    if not KINDS[held.kind](value):
        return [f"{place}: expected {pattern}, got {_shown(value)}"]
    if held.address is not None:
        expected = names[BOUND_BY_SERVER] + fill(held.address, names)
        segment = value.removeprefix(expected) if held.open_end and value.startswith(expected) else ""
        fits = segment != "" and "/" not in segment if held.open_end else value == expected
        return [] if fits else [f"{place}: expected {expected}{'<id>' if held.open_end else ''}, got {_shown(value)}"]
    if held.part is not None and fill(held.part, names) not in value:
        return [f"{place}: expected {fill(pattern, names)}, got {_shown(value)}"]
    return []


def _object_differences(
    pattern: Mapping[str, Any], value: Mapping[str, Any], names: Mapping[str, str], place: str
) -> list[str]:
    found = []
    members = {fill(name, names): expected for name, expected in pattern.items() if name != FURTHER_MEMBERS}
    for name, expected in members.items():
        found += differences(expected, value.get(name, MISSING), names, f"{place}.{name}")
    if FURTHER_MEMBERS not in pattern:
        found += [
            f"{place}.{name}: not expected: {_shown(item)}" for name, item in value.items() if name not in members
        ]
    return found


def _unordered_differences(pattern: list[Any], value: Any, names: Mapping[str, str], place: str) -> list[str]:
    if not isinstance(value, list):
        return [f"{place}: expected a list, got {_shown(value)}"]
    left = list(value)
    found = []
    for expected in pattern:
        fitting = next((item for item in left if not differences(expected, item, names, place)), MISSING)
        if fitting is MISSING:
            found.append(f"{place}: nothing fits {_shown(expected)}")
        else:
            left.remove(fitting)
    return found + [f"{place}: not expected: {_shown(item)}" for item in left]


def _shown(value: Any) -> str:
    if value is MISSING:
        return "nothing"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 300 else f"{text[:297]}…"
