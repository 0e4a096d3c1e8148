"""Values as comparisons see them: instants, and the element view of a multi-valued attribute."""

import re
import unicodedata
from dataclasses import replace
from datetime import UTC, datetime

from ..schema.attributes import Attribute

_DATE_TIME = re.compile(
    r"(?P<date>\d{4}-\d{2}-\d{2})[Tt](?P<time>\d{2}:\d{2}:\d{2})(?:\.(?P<fraction>\d+))?(?P<offset>[Zz]|[+-]\d{2}:\d{2})?",
    re.ASCII,
)


_OTHER_WIDTHS = ("<wide>", "<narrow>")


def caseless(text: str) -> str:
    """Return the form in which texts that differ only in letter case, width or composition meet.

    The preparation of RFC 7644 §5 and §7.8: width mapping, case folding and NFC of PRECIS (RFC 7613 §3.2.2).
    """
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFD", "".join(map(_usual_width, text)))
    return unicodedata.normalize("NFC", decomposed.casefold())


def _usual_width(character: str) -> str:
    """Map a fullwidth or halfwidth form to the character that it is a form of."""
    kind, _, code = unicodedata.decomposition(character).partition(" ")
    return chr(int(code, 16)) if kind in _OTHER_WIDTHS else character


def parse_instant(text: str) -> datetime | None:
    """Read an xsd:dateTime (RFC 7643 §2.3.5) as an aware datetime in UTC, or None if it is not one.

    Fractions are cut to microseconds. A value without an offset, which xsd allows, is taken as UTC.
    """
    match = _DATE_TIME.fullmatch(text)
    if match is None:
        return None
    offset = match["offset"] or "Z"
    fraction = (match["fraction"] or "0")[:6].ljust(6, "0")
    try:
        instant = datetime.fromisoformat(f"{match['date']}T{match['time']}.{fraction}{offset.upper()}")
        return instant.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def format_instant(instant: datetime) -> str:
    """Print an aware datetime as xsd:dateTime in UTC, without a fraction where it is zero."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def sub_attribute(attribute: Attribute, name: str) -> Attribute | None:
    """Find a sub-attribute in any letter case.

    The elements of a simple multi-valued attribute are its ``value`` (RFC 7643 §2.4 gives ``value`` that meaning),
    so that ``tags[value eq "x"]`` can be asked too.
    """
    if attribute.multi_valued and attribute.type != "complex" and name.lower() == "value":
        return replace(attribute, name="value", multi_valued=False)
    return attribute.sub(name)
