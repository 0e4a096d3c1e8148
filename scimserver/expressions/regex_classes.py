"""Single characters and character classes of .NET's regular expressions, in the syntax of Python's ``regex``."""

import re

from .problems import Refused

_UNICODE = re.compile(r"\\([pP])\{(\w+(?:-\w+)*)\}")
_HEX = re.compile(r"\\(?:x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4}))")
_OCTAL = re.compile(r"\\(0[0-7]{0,2})")
_CONTROL = re.compile(r"\\c([A-Za-z])")
_PLAIN = {"t": "\t", "n": "\n", "r": "\r", "f": "\f", "v": "\v", "a": "\a", "e": "\x1b"}
_CATEGORY = re.compile("[LMNPSZC][a-z]?")


class Reader:
    """A place in a pattern that moves forward."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    @property
    def at_end(self) -> bool:
        """Whether nothing is left."""
        return self.at >= len(self.text)

    def peek(self) -> str:
        """Return the next character, "" at the end."""
        return self.text[self.at : self.at + 1]

    def taken(self, expected: str) -> bool:
        """Move behind a text if it comes next."""
        found = self.text.startswith(expected, self.at)
        self.at += len(expected) * found
        return found

    def refused(self, reason: str) -> Refused:
        """Return a refusal that tells the place in the pattern."""
        return Refused(f"must be a regular expression of .NET: {reason} (at its character {self.at + 1})")

    def char_class(self) -> str:
        """Translate a class from its opening bracket: ranges, sets, and a subtraction ``[a-z-[aeiou]]``."""
        self.at += 1
        negated = self.taken("^")
        items, without, first = list[str](), "", True
        while first or self.peek() != "]":
            if self.at_end:
                raise self.refused("a [ is not closed: write \\[ for the character")
            if not first and self.text.startswith("-[", self.at):
                self.at += 1
                without = self._subtracted()
                break
            items.append(self._class_item())
            first = False
        if not self.taken("]"):
            raise self.refused("a subtraction -[…] must be the last in a class")
        made = f"[{'^' * negated}{''.join(items)}]"
        return f"(?:(?!{without}){made})" if without else made

    def _subtracted(self, most: int = 5) -> str:
        nested = self.text.count("[", self.at)
        if nested > most:
            raise self.refused("a class has too many classes inside")
        return self.char_class()

    def _class_item(self) -> str:
        start = self._class_char()
        ranged = self.peek() == "-" and self.text[self.at + 1 : self.at + 2] not in ("]", "[", "")
        if not ranged:
            return start if len(start) > 1 else literal(start)
        if len(start) > 1:
            raise self.refused("a range begins with a set such as \\d")
        self.at += 1
        end = self._class_char()
        if len(end) > 1:
            raise self.refused("a range ends with a set such as \\d")
        if start > end:
            raise self.refused("a range has its ends the wrong way round")
        return f"{literal(start)}-{literal(end)}"

    def _class_char(self) -> str:
        """Return one character as it is, or a translated set, which is longer."""
        if self.peek() != "\\":
            self.at += 1
            return self.text[self.at - 1]
        if self.taken("\\b"):
            return "\b"
        return single(self) or escaped(self, in_class=True)


def literal(char: str) -> str:
    """Return a character so that it stands for itself, in a class and outside."""
    if char.isalnum() or char == "_" or ord(char) > 127:
        return char
    return "\\" + char if char.isprintable() else f"\\x{ord(char):02x}"


def single(reader: Reader) -> str:
    """Read an escape that stands for one character, "" if another kind follows."""
    for pattern, base in ((_HEX, 16), (_OCTAL, 8)):
        if match := pattern.match(reader.text, reader.at):
            reader.at = match.end()
            return chr(int(match[1] or match[2], base))
    if match := _CONTROL.match(reader.text, reader.at):
        reader.at = match.end()
        return chr(ord(match[1].upper()) - 64)
    following = reader.text[reader.at + 1 : reader.at + 2]
    if following in _PLAIN or (following and not (following.isalnum() or following == "_")):
        reader.at += 2
        return _PLAIN.get(following, following)
    return ""


def escaped(reader: Reader, *, in_class: bool) -> str:
    """Translate an escape that stands for a character or a set of them."""
    if char := single(reader):
        return literal(char)
    following = reader.text[reader.at + 1 : reader.at + 2]
    if following and following in "dDwWsS":
        reader.at += 2
        return f"\\{following}"
    if match := _UNICODE.match(reader.text, reader.at):
        reader.at = match.end()
        return f"\\{match[1]}{{{_property(match[2])}}}"
    if not following:
        raise reader.refused("nothing follows the last \\")
    raise reader.refused(f"\\{following} is no escape{' inside a class' if in_class else ''}")


def _property(name: str) -> str:
    """Return a category as it is, and a block such as IsCyrillic under its Unicode name."""
    return name if _CATEGORY.fullmatch(name) else f"Block={name.removeprefix('Is')}"
