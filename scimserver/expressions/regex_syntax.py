"""Translate a regular expression of .NET into one of Python's ``regex``.

Only what .NET has gets through, written out so that nothing keeps a second meaning: an element that the translator does
not know is refused by name. Every group gets a name, since .NET counts the named groups behind the others. Not
supported: balancing groups ``(?<a-b>…)`` and conditions that are patterns, ``(?(pattern)…|…)``.
"""

import re
from dataclasses import dataclass

from .limits import MAX_PATTERN_DEPTH, MAX_PATTERN_SIZE
from .problems import Refused
from .regex_classes import Reader, escaped, literal

_QUANTIFIER = re.compile(r"([*+?]|\{(\d{1,9})(,?)(\d{1,9})?\})(\??)", re.ASCII)
_OPTIONS = re.compile(r"\(\?([imnsx]*)(-[imnsx]*)?([:)])")
_NAMED = re.compile(r"\(\?(?:<(\w+)>|'(\w+)')")
_BALANCING = re.compile(r"\(\?[<'](\w+)?-\w*[>']")
_CONDITION = re.compile(r"\(\?\((\w+)\)")
_BACK = re.compile(r"\\(?:k<(\w+)>|k'(\w+)'|([1-9][0-9]{0,3}))")
_LOOKS = ("(?:", "(?=", "(?!", "(?<=", "(?<!", "(?>")
_PLACEHOLDER = re.compile("\0(\\w+)\0")


@dataclass(frozen=True, slots=True)
class _Options:
    """The inline options that are on."""

    letters: frozenset[str] = frozenset()

    def changed(self, on: str, off: str) -> "_Options":
        return _Options(self.letters - set(off) | set(on))

    def __contains__(self, letter: str) -> bool:
        return letter in self.letters


@dataclass(frozen=True, slots=True)
class _Piece:
    """A translated part, and how many elements it has once its repetitions are written out."""

    text: str
    size: int


def translate(text: str) -> tuple[str, dict[str, str]]:
    """Return the translated pattern, and the name in it of each group by name and number in .NET.

    Raises :class:`Refused`.
    """
    translator = _Translator(text)
    piece = translator.alternatives(_Options(), _Options(), 0)
    if not translator.at_end:
        raise translator.refused("a ) closes nothing: write \\) for the character")
    groups = translator.numbered()

    def resolved(match: re.Match[str]) -> str:
        if match[1] not in groups:
            raise Refused("must be a regular expression: it refers to a group that it does not have")
        return groups[match[1]]

    return _PLACEHOLDER.sub(resolved, piece.text), groups


class _Translator(Reader):
    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._unnamed = 0
        self._named: list[str] = []

    def numbered(self) -> dict[str, str]:
        """Return every group: the unnamed get the first numbers, the named follow; a number may itself be a name."""
        groups = {str(number): f"u{number}" for number in range(1, self._unnamed + 1)}
        following = self._unnamed
        for place, name in enumerate(self._named):
            if name.isdecimal():
                groups[name] = f"n{place}"
                continue
            following += 1
            while str(following) in self._named:
                following += 1
            groups[str(following)] = groups[name] = f"n{place}"
        return groups

    def alternatives(self, options: _Options, outer: _Options, depth: int) -> _Piece:
        """Translate up to the bracket that closes a group; options set in one branch hold in those behind it."""
        if depth > MAX_PATTERN_DEPTH:
            raise self.refused(f"groups are nested more than {MAX_PATTERN_DEPTH} deep")
        branches, size = list[str](), 1
        while True:
            branch, options = self._branch(options, outer, depth)
            branches.append(branch.text)
            size += branch.size
            if not self.taken("|"):
                return _Piece("|".join(branches), self._bounded(size))

    def _branch(self, options: _Options, outer: _Options, depth: int) -> tuple[_Piece, _Options]:
        text, size = "", 0
        # Letter case alone is left to the engine; the rest of the options is written out.
        switched = False
        while True:
            self._skip_blanks(options)
            if self.at_end or self.peek() in "|)":
                break
            change = _OPTIONS.match(self.text, self.at)
            if change and change[3] == ")":
                self.at = change.end()
                options = options.changed(change[1], change[2] or "")
                continue
            if switched != (("i" in options) != ("i" in outer)):
                text += ")" if switched else "(?i:" if "i" in options else "(?-i:"
                switched = not switched
            piece = self._repeated(self._atom(options, depth), options)
            text += piece.text
            size = self._bounded(size + piece.size)
        return _Piece(text + ")" * switched, size), options

    def _repeated(self, piece: _Piece, options: _Options) -> _Piece:
        self._skip_blanks(options)
        match = _QUANTIFIER.match(self.text, self.at)
        if match is None:
            return piece
        self.at = match.end()
        least, comma, most = match[2], match[3], match[4]
        if least and most and int(least) > int(most):
            raise self.refused("a repetition {n,m} has the larger number first")
        times = max(int(most or 0), int(least or 0), 1)
        quantifier = match[1] if least is None else f"{{{least}{comma}{most or ''}}}"
        self._skip_blanks(options)
        if _QUANTIFIER.match(self.text, self.at):
            raise self.refused("a repetition follows a repetition: put the first into (?:…)")
        return _Piece(f"{piece.text}{quantifier}{match[5]}", self._bounded(piece.size * times))

    def _atom(self, options: _Options, depth: int) -> _Piece:
        char = self.peek()
        if char == "(":
            return self._group(options, depth)
        if char == "[":
            return _Piece(self.char_class(), 1)
        if char == "\\":
            return _Piece(self._escape(), 1)
        if _QUANTIFIER.match(self.text, self.at):
            raise self.refused("a repetition has nothing before it")
        self.at += 1
        if char == ".":
            return _Piece("(?s:.)" if "s" in options else ".", 1)
        if char in "^$":
            return _Piece(f"(?m:{char})" if "m" in options else char, 1)
        return _Piece(literal(char), 1)

    def _escape(self) -> str:
        back = _BACK.match(self.text, self.at)
        if back:
            self.at = back.end()
            return f"(?P=\0{back[1] or back[2] or back[3]}\0)"
        following = self.text[self.at + 1 : self.at + 2]
        anchors = {"b": r"\b", "B": r"\B", "A": r"\A", "G": r"\G", "z": r"\Z", "Z": r"(?=\n?\Z)"}
        if following in anchors and following:
            self.at += 2
            return anchors[following]
        return escaped(self, in_class=False)

    def _group(self, options: _Options, depth: int) -> _Piece:
        opening, inner = self._opening(options)
        piece = self.alternatives(inner, options, depth + 1)
        if not self.taken(")"):
            raise self.refused("a ( is not closed: write \\( for the character")
        return _Piece(f"{opening}{piece.text})", piece.size)

    def _opening(self, options: _Options) -> tuple[str, _Options]:
        """Read the opening of a group; return it in the other syntax, and the options inside."""
        if not self.text.startswith("(?", self.at):
            self.at += 1
            if "n" in options:
                return "(?:", options
            self._unnamed += 1
            return f"(?P<u{self._unnamed}>", options
        if named := _NAMED.match(self.text, self.at):
            self.at = named.end()
            return f"(?P<n{self._place(named[1] or named[2])}>", options
        if condition := _CONDITION.match(self.text, self.at):
            self.at = condition.end()
            return f"(?(\0{condition[1]}\0)", options
        if change := _OPTIONS.match(self.text, self.at):
            self.at = change.end()
            inner = options.changed(change[1], change[2] or "")
            return "(?:", inner
        for look in _LOOKS:
            if self.taken(look):
                return look, options
        if _BALANCING.match(self.text, self.at):
            raise self.refused("balancing groups (?<a-b>…) are not supported")
        if self.text.startswith("(?P", self.at):
            raise self.refused("(?P…) is Python's syntax: .NET names a group with (?<name>…)")
        raise self.refused("(? opens no group that .NET has, or none that is supported here")

    def _place(self, name: str) -> int:
        if name.isdecimal() and (name.startswith("0") or len(name) > 4):
            raise self.refused("a group with a number for its name is (?<1>…) to (?<9999>…)")
        if name not in self._named:
            self._named.append(name)
        return self._named.index(name)

    def _skip_blanks(self, options: _Options) -> None:
        """Skip comments, and with the option x white space."""
        while not self.at_end:
            if self.text.startswith("(?#", self.at):
                end = self.text.find(")", self.at)
                if end < 0:
                    raise self.refused("a comment (?# is not closed")
                self.at = end + 1
            elif "x" in options and self.peek().isspace():
                self.at += 1
            elif "x" in options and self.peek() == "#":
                end = self.text.find("\n", self.at)
                self.at = len(self.text) if end < 0 else end + 1
            else:
                return

    def _bounded(self, size: int) -> int:
        if size > MAX_PATTERN_SIZE:
            raise self.refused(f"its repetitions written out have more than {MAX_PATTERN_SIZE:,} elements")
        return size
