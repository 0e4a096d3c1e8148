"""Letter case and diacritics as .NET and Microsoft's table have them, letter by letter."""

import re
import unicodedata

_TURKIC = ("tr", "az")
_TURKIC_LOWER = {"I": "ı", "İ": "i"}
_TURKIC_UPPER = {"i": "İ", "ı": "I"}
_INVARIANT = {"İ": "İ", "ı": "ı"}
"""The invariant culture leaves the Turkish letters alone."""

_SPECIAL = {"ß": "ss", "ẞ": "SS", "æ": "ae", "Æ": "AE", "ø": "oe", "Ø": "OE", "œ": "oe", "Œ": "OE"}
_SPECIAL |= {"ı": "i", "ł": "l", "Ł": "L"}
_LETTER_WITH_MARKS = re.compile(r"[^\W\d_][\u0300-\u036f]*")

_PARTING = frozenset(["Zs", "Zl", "Zp", "Cc", "Cf", "Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po", "Sm", "Sc", "Sk", "So"])
"""Unicode categories that part words."""


def lower(text: str, culture: str) -> str:
    """Return a text in lower case; ``culture`` is a language, "" for none."""
    if text.isascii() and culture not in _TURKIC:
        return text.lower()
    special = _TURKIC_LOWER if culture in _TURKIC else _INVARIANT
    return "".join(special.get(char) or _single(char, char.lower()) for char in text)


def upper(text: str, culture: str) -> str:
    """Return a text in upper case; ``culture`` is a language, "" for none."""
    if text.isascii() and culture not in _TURKIC:
        return text.upper()
    special = _TURKIC_UPPER if culture in _TURKIC else _INVARIANT
    return "".join(special.get(char) or _single(char, char.upper()) for char in text)


def _single(char: str, changed: str) -> str:
    """Return the changed letter unless it has become several: .NET maps one to one."""
    return changed if len(changed) == 1 else char


def title(text: str, separators: str) -> str:
    """Return a text with a capital at the beginning of each word; "" parts words by their Unicode categories."""
    made, begins = list[str](), True
    for char in lower(text, ""):
        parts = char in separators if separators else _parts(char) and (char != "'" or begins)
        if begins and not parts:
            made.append(upper(char, ""))
            # A digit does not begin a word of its own.
            begins = not separators and not char.isalpha()
        else:
            made.append(char)
            begins = parts
    return "".join(made)


def _parts(char: str) -> bool:
    return unicodedata.category(char) in _PARTING


def without_diacritics(text: str) -> str:
    """Return a text with plain Latin letters."""
    return text if text.isascii() else _LETTER_WITH_MARKS.sub(_plain, text)


def _plain(match: re.Match[str]) -> str:
    first = unicodedata.normalize("NFD", match[0])[0]
    if first in _SPECIAL:
        return _SPECIAL[first]
    return first if first.isascii() else match[0]
