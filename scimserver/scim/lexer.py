"""Cut a filter or path text into tokens, and show in an error text where the reader stopped."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

TokenKind = Literal["(", ")", "[", "]", "string", "word", "end"]

MAX_BYTES = 4096
"""Longest text accepted, in bytes of UTF-8."""

_TOKEN = re.compile(
    r'[ \t\r\n]*(?:(?P<punctuation>[()\[\]])|(?P<string>"(?:[^"\\]|\\.)*")|(?P<word>[^ \t\r\n()\[\]"]+))', re.DOTALL
)
_SPACE = " \t\r\n"
_SURROGATE = re.compile("[\ud800-\udfff]")
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_BARE_VALUE = re.compile(r"(\s(?:eq|ne|co|sw|ew|gt|ge|lt|le)\s+)[^\s()\[\]\"]+", re.IGNORECASE)
_HARMLESS = re.compile(
    r'type\s+eq\s+("(?:[^"\\]|\\.)*")|"[a-z][a-z0-9]*_[0-9A-Za-z]{22}"|"(?:true|false)"', re.IGNORECASE
)
_SHOWN = 60


class LexicalError(Exception):
    """The text cannot be cut into tokens; ``position`` counts characters from 0."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(message)
        self.position = position


@dataclass(frozen=True, slots=True)
class Token:
    """One token; ``text`` of a string is its decoded value, ``position`` counts characters from 0."""

    kind: TokenKind
    text: str
    position: int

    @property
    def keyword(self) -> str:
        """The word in lower case, empty for other tokens: operators match in any letter case."""
        return self.text.lower() if self.kind == "word" else ""


def tokenize(text: str) -> list[Token]:
    """Cut the text into tokens, the last of kind ``end``. Raises :class:`LexicalError`."""
    if len(text) > MAX_BYTES or len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise LexicalError(f"longer than {MAX_BYTES} bytes; ask for less at once", 0)
    return list(_tokens(text))


def excerpt(text: str, position: int) -> str:
    """Show the text up to the position, with ⟨here⟩ behind it. Values are masked: they may be personal."""
    before = _BARE_VALUE.sub(r'\1"…"', _STRING.sub('"…"', text[:position])).lstrip(_SPACE)
    if len(before) > _SHOWN:
        before = "…" + before[-_SHOWN:]
    return f"{before}⟨here⟩"


def masked(path: str) -> str:
    """Return a path without the values in its filter, which may be personal; labels, booleans and our ids stay."""
    if '"' not in path:
        return path
    kept = {match.end() for match in _HARMLESS.finditer(path)}
    return _STRING.sub(lambda string: string[0] if string.end() in kept else '"…"', path)


def _tokens(text: str) -> Iterator[Token]:
    position = 0
    end = len(text.rstrip(_SPACE))
    while position < end:
        match = _TOKEN.match(text, position)
        if match is None:
            start = text.index('"', position)
            raise LexicalError('a string is not closed; end it with a double quote (inside it write \\")', start)
        position = match.end()
        if word := match["word"]:
            yield Token("word", _scalar(word, match.start("word")), match.start("word"))
        elif string := match["string"]:
            yield Token("string", _decode(string, match.start("string")), match.start("string"))
        else:
            yield Token(_punctuation(match["punctuation"]), match["punctuation"], match.start("punctuation"))
    yield Token("end", "", len(text))


def _punctuation(char: str) -> TokenKind:
    kinds: dict[str, TokenKind] = {"(": "(", ")": ")", "[": "[", "]": "]"}
    return kinds[char]


def _decode(string: str, position: int) -> str:
    try:
        value = json.loads(string)
    except ValueError:
        raise LexicalError(
            "a string is not valid JSON; write \\\\ for a backslash and \\u00XX for a control character", position
        ) from None
    return _scalar(str(value), position)


def _scalar(value: str, position: int) -> str:
    """Refuse half of a surrogate pair: it is no character, and no database can store it."""
    if _SURROGATE.search(value):
        raise LexicalError("half of a surrogate pair is no character; write both halves or the character", position)
    return value
