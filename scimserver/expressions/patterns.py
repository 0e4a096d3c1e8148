"""Regular expressions of .NET: compiled for Python's ``regex``, and used within bounds of size and time."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import regex

from .limits import MAX_PATTERN, MAX_REFERENCES, MAX_RESULT
from .problems import Refused
from .regex_syntax import translate

_REFERENCE = regex.compile(r"\$(?:(?P<sign>[$&`'+_])|(?P<number>[0-9]{1,9})|\{(?P<name>\w+)\})")


@dataclass(frozen=True, slots=True)
class _Reference:
    """A reference in a replacement: to a group by its name in the compiled pattern, or by a sign such as ``&``."""

    group: str | int = 0
    sign: str = ""

    def filled(self, match: regex.Match[str], text: str) -> str:
        match self.sign:
            case "$":
                return "$"
            case "`":
                return text[: match.start()]
            case "'":
                return text[match.end() :]
            case "_":
                return text
        return str(match[self.group] or "")


@dataclass(frozen=True, slots=True)
class Pattern:
    """A compiled regular expression. All methods take the seconds they may run and raise TimeoutError after them."""

    compiled: regex.Pattern[str]
    groups: dict[str, str]
    """The name of each group in ``compiled``, by its name and by its number in .NET."""

    def replace(self, text: str, replacement: str, seconds: float) -> str:
        """Replace every match; ``$1``, ``${name}`` and ``$&`` in the replacement stand for what matched."""
        parts = self._parts(replacement)
        made = _Made(text)
        for match in self._matches(text, seconds):
            made.skip(match.start(), match.end())
            for part in parts:
                made.add(part if isinstance(part, str) else part.filled(match, text))
        return made.whole()

    def replace_group(self, text: str, group: str, replacement: str, seconds: float) -> str:
        """Replace the text of one group in every match, as often as the group matched there."""
        name = self.group(group)
        made = _Made(text)
        for match in self._matches(text, seconds):
            for start, end in sorted(match.spans(name)):
                # A group inside a look-ahead may have matched behind the place where the next match begins.
                if start >= made.end:
                    made.skip(start, end)
                    made.add(replacement)
        return made.whole()

    def extract(self, text: str, group: str, seconds: float) -> str | None:
        """Return the text of one group in the first match, None without a match."""
        match = self.compiled.search(text, timeout=seconds)
        found: str | None = match[self.group(group)] if match else None
        return found

    def group(self, name: str) -> str:
        """Return the name of a group in ``compiled``. Raises :class:`Refused`."""
        if name not in self.groups:
            raise Refused(f"regexPattern has no group with this name{self._known()}")
        return self.groups[name]

    def _known(self) -> str:
        names = [name for name in self.groups if not name.isdecimal()]
        return f": it has {', '.join(names)}" if names else ": name one with (?<name>…)"

    def _matches(self, text: str, seconds: float) -> Iterator[regex.Match[str]]:
        """Yield all matches. The engine watches its own steps only, so the clock is read here too."""
        end = time.thread_time() + seconds
        for match in self.compiled.finditer(text, timeout=seconds):
            yield match
            if time.thread_time() > end:
                raise TimeoutError

    def _parts(self, replacement: str) -> list[str | _Reference]:
        """Cut a replacement into texts and references; a reference to no group is text, as in .NET."""
        parts, end = list[str | _Reference](), 0
        for found in _REFERENCE.finditer(replacement):
            reference = self._reference(found["sign"], found["name"] or (found["number"] or "").lstrip("0"))
            if reference is None:
                continue
            if len(parts) >= 2 * MAX_REFERENCES:
                raise Refused(f"replacementValue refers to groups more than {MAX_REFERENCES} times")
            parts += replacement[end : found.start()], reference
            end = found.end()
        return [*parts, replacement[end:]]

    def _reference(self, sign: str | None, group: str) -> _Reference | None:
        if sign == "+":
            last = max((int(name) for name in self.groups if name.isdecimal()), default=0)
            return _Reference(self.groups.get(str(last), 0))
        if sign:
            return _Reference(sign=sign)
        if group in ("", "0"):
            return _Reference()
        return _Reference(self.groups[group]) if group in self.groups else None


class _Made:
    """A text that is being put together from another; no longer than a result may be."""

    def __init__(self, text: str) -> None:
        self.end = 0
        """How far the other text has been used."""
        self._text = text
        self._parts: list[str] = []
        self._length = 0

    def skip(self, start: int, end: int) -> None:
        """Take over what stands before ``start``, and leave out what stands up to ``end``."""
        self.add(self._text[self.end : start])
        self.end = end

    def add(self, part: str) -> None:
        """Add a text. Raises :class:`Refused` if it is too long."""
        self._length += len(part)
        if self._length > MAX_RESULT:
            raise Refused(f"is longer than {MAX_RESULT:,} characters")
        self._parts.append(part)

    def whole(self) -> str:
        """Return all, with what is left of the other text."""
        return "".join(self._parts) + self._text[self.end :]


@lru_cache(maxsize=256)
def compile_pattern(text: str) -> Pattern:
    """Compile a regular expression of .NET. Raises :class:`Refused`, quoting only syntax."""
    if len(text) > MAX_PATTERN:
        raise Refused(f"must be a regular expression of at most {MAX_PATTERN} characters")
    translated, groups = translate(text)
    try:
        return Pattern(regex.compile(translated, regex.VERSION0, cache_pattern=False), groups)
    except regex.error as error:
        raise Refused(f"must be a regular expression of .NET: {error.msg}") from None
