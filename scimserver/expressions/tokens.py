"""Cut the text of an expression into tokens."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from .limits import MAX_NUMBER, MAX_TEXT
from .problems import ExpressionProblem

TokenKind = Literal["(", ")", ",", "name", "attribute", "string", "number", "operator", "end"]

_SPACE = re.compile(r"\s*")
_TOKEN = re.compile(
    r"""(?P<punctuation>[(),])
      | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
      | (?P<string>"(?:[^"\\]|\\["\\])*")
      | (?P<hexadecimal>&[Hh][0-9A-Fa-f]+)
      | (?P<number>-?[0-9]+)
      | (?P<operator><>|>=|<=|[=<>])""",
    re.VERBOSE,
)
_ESCAPED = re.compile(r'\\(["\\])')
_BAD_ESCAPE = re.compile(r'"(?:[^"\\]|\\["\\])*\\[^"\\]')
_NAME_STOP = re.compile(r'[\[\]"]')
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_CURES = {
    "'": "a text stands in double quotes",
    "“": "a text stands in straight double quotes",
    "”": "a text stands in straight double quotes",
    "&": "texts are joined with Join or Append; a hexadecimal number is written &H2A",
    "+": "there is no arithmetic; texts are joined with Join or Append",
    "-": "there is no arithmetic; a negative number is written -1",
    "*": "there is no arithmetic",
    "/": "there is no arithmetic",
    ".": "numbers are whole",
    "]": "no [ was opened here",
    ";": "arguments are separated by commas",
    "!": "“not equal” is written <>",
}


@dataclass(frozen=True, slots=True)
class Token:
    """One token; ``text`` of a string is its value, of a number its decimal digits, of an attribute its name."""

    kind: TokenKind
    text: str
    position: int


def tokenize(text: str) -> list[Token]:
    """Cut the text into tokens, the last of kind ``end``. Raises :class:`ExpressionProblem`."""
    if len(text) > MAX_TEXT:
        raise ExpressionProblem(f"the expression is longer than {MAX_TEXT:,} characters: split it", text, MAX_TEXT)
    return list(_tokens(text))


def _tokens(text: str) -> Iterator[Token]:
    position = _skipped(text, 0)
    while position < len(text):
        if text[position] == "[":
            end = _closing_bracket(text, position)
            yield Token("attribute", _attribute(text, position, end), position)
        else:
            match = _TOKEN.match(text, position)
            if match is None:
                raise _unreadable(text, position)
            yield _token(match, text)
            end = match.end()
        position = _skipped(text, end)
    yield Token("end", "", len(text))


def _skipped(text: str, position: int) -> int:
    match = _SPACE.match(text, position)
    return match.end() if match else position


def _token(match: re.Match[str], text: str) -> Token:
    found, position = match.group(), match.start()
    match match.lastgroup:
        case "punctuation":
            kinds: dict[str, TokenKind] = {"(": "(", ")": ")", ",": ","}
            return Token(kinds[found], found, position)
        case "string":
            return Token("string", _ESCAPED.sub(r"\1", found[1:-1]), position)
        case "hexadecimal":
            return _number(found[2:], 16, text, position)
        case "number":
            return _number(found, 10, text, position)
        case "operator":
            return Token("operator", found, position)
    return Token("name", found, position)


def _number(digits: str, base: int, text: str, position: int) -> Token:
    # 19 decimal or 16 hexadecimal digits hold every number allowed; more are not worth converting.
    significant = digits.lstrip("-0")
    number = int(digits, base) if len(significant) <= 19 else MAX_NUMBER + 1
    if abs(number) > MAX_NUMBER:
        raise ExpressionProblem(f"a number is at most {MAX_NUMBER}", text, position)
    return Token("number", str(number), position)


def _closing_bracket(text: str, start: int) -> int:
    """Return the position behind an attribute; brackets inside are balanced, and may hold quoted brackets."""
    depth, position = 0, start
    while stop := _NAME_STOP.search(text, position):
        position = stop.end()
        if stop.group() == "[":
            depth += 1
        elif stop.group() == "]":
            depth -= 1
            if depth == 0:
                return position
        elif depth > 1:
            quoted = _QUOTED.match(text, stop.start())
            if quoted is None:
                break
            position = quoted.end()
    raise ExpressionProblem("an attribute is not closed: end its name with ]", text, start)


def _attribute(text: str, start: int, end: int) -> str:
    name = text[start + 1 : end - 1].strip()
    if not name:
        raise ExpressionProblem("an attribute has no name: write it between the brackets, as in [city]", text, start)
    return name


def _unreadable(text: str, position: int) -> ExpressionProblem:
    if text[position] != '"':
        cure = _CURES.get(text[position], "expected a function, an [attribute], a text in double quotes or a number")
        return ExpressionProblem(f"{text[position]!r} is not part of the language: {cure}", text, position)
    if escape := _BAD_ESCAPE.match(text, position):
        return ExpressionProblem(
            'only \\\\ and \\" are escapes: write each backslash twice, as in "\\\\d+"', text, escape.end() - 2
        )
    return ExpressionProblem('a text is not closed: end it with a double quote (inside it write \\")', text, position)
