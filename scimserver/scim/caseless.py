"""The form in which texts are compared where letter case does not matter (RFC 7644 §5 and §7.8)."""

import unicodedata

_OTHER_WIDTHS = ("<wide>", "<narrow>")


def caseless(text: str) -> str:
    """Return the form in which texts that differ only in letter case, width or composition meet.

    Width mapping, case folding and NFC, as PRECIS prepares a user name (RFC 7613 §3.2.2).
    """
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFD", "".join(map(_usual_width, text)))
    return unicodedata.normalize("NFC", decomposed.casefold())


def _usual_width(character: str) -> str:
    """Map a fullwidth or halfwidth form to the character that it is a form of."""
    kind, _, code = unicodedata.decomposition(character).partition(" ")
    return chr(int(code, 16)) if kind in _OTHER_WIDTHS else character
