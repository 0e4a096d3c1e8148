"""What is wrong with an expression, or with one evaluation of it."""

_SHOWN = 72
_LONGEST_NAME = 60
_CONTROL = str.maketrans(dict.fromkeys([*map(chr, range(32)), "\x7f", "\x85", "\u2028", "\u2029"], " "))


class ExpressionProblem(ValueError):
    """An expression cannot be read, or cannot be evaluated for one source.

    ``message`` names the rule and the cure, never a value of the source; ``text`` is the expression and ``position``
    counts its characters from 0. ``str()`` adds a line of the expression and a caret below the place.
    """

    def __init__(self, message: str, text: str, position: int, *, exhausted: bool = False) -> None:
        super().__init__(message, text, position)
        self.message = message
        self.text = text
        self.position = position
        self.exhausted = exhausted
        """Whether time or work ran out: the same source may give a value another time."""

    def __str__(self) -> str:
        line, column = excerpt(self.text, self.position)
        return f"{self.message} (character {self.position + 1})\n  {line}\n  {' ' * column}^"


class Refused(Exception):
    """Why a value or a call is refused; whoever knows the place makes an :class:`ExpressionProblem` of it."""


class Exhausted(Refused):
    """The work or the time that was allowed is used up."""


def named(name: str) -> str:
    """Return a name of the expression so that it can stand in a message: on one line, and not too long."""
    line = name.translate(_CONTROL)
    return line if len(line) <= _LONGEST_NAME else f"{line[:_LONGEST_NAME]}…"


def excerpt(text: str, position: int) -> tuple[str, int]:
    """Return the part of the text around a position, on one line, and the position in it."""
    start = max(0, min(position - _SHOWN // 2, len(text) - _SHOWN))
    before, behind = "…" if start else "", "…" if start + _SHOWN < len(text) else ""
    line = text[start : start + _SHOWN].translate(_CONTROL)
    return f"{before}{line}{behind}", position - start + len(before)
